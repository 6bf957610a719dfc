"""Trainings that diverge and predictions beyond all bounds: what every command says is valid JSON and true."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wxb
from tests.cli.conftest import valid
from wxb.cli.main import main
from wxb.errors import WxbError
from wxb.runs.folder import MANIFEST, WEIGHTS
from wxb.runs.manifest import manifest_text, read_manifest
from wxb.storage import file_digest, read_tensors, write, write_tensors

BEYOND = "its scores are not finite numbers"


def strict(text: str) -> dict[str, Any]:
    """The JSON of a command, in which NaN and Infinity, that JSON does not know, are errors."""

    def refuse(name: str) -> float:
        raise AssertionError(f"{name} is no JSON")

    return valid(json.loads(text, parse_constant=refuse))


def answer(words: list[str], capsys, code: int = 0) -> dict[str, Any]:
    """The JSON of a command that ends with this code."""
    capsys.readouterr()
    assert main([*words, "--json"]) == code
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return strict(said.out)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Tables of numbers, of classes and of labels, as they are and beyond all bounds."""
    home = tmp_path_factory.mktemp("diverging")
    rows = np.random.default_rng(0).normal(size=(120, 2))
    for name, scale in (("plain", 1.0), ("far", 1e29)):
        for target, values in {
            "number": [f"{scale * (a + b):.6g}" for a, b in rows],
            "class": ["up" if a > 0 else "down" for a, _ in rows],
            "labels": [f"{int(a > 0)},{int(b > 0)}" for a, b in rows],
        }.items():
            lines = [f"{scale * a:.6g},{scale * b:.6g},{value}" for (a, b), value in zip(rows, values, strict=True)]
            head = "a,b,y,z" if target == "labels" else "a,b,y"
            (home / f"{target}-{name}.csv").write_text("\n".join([head, *lines]) + "\n")
    return home


HEADS = {"number": "EUCLID", "class": "SOFTMAX", "labels": "SIGMOIDS"}
MEASURES = {"number": "r2", "class": "accuracy", "labels": "exact_match"}


@pytest.fixture(scope="module", params=HEADS)
def kind(request, folder) -> str:
    """A kind of target, with a run on it in a folder of its name."""
    kind, target = request.param, "y,z" if request.param == "labels" else "y"
    table = folder / f"{kind}-plain.csv"
    words = ["train", str(table), f"FC-8-RELU, {HEADS[kind]}", "--target", target, "--epochs", "2"]
    assert main([*words, "--out", str(folder / kind), "--quiet"]) == 0
    return kind


def test_a_loss_that_is_no_number_ends_the_training_and_is_said_by_every_command(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    network = "FC-8-RELU-FC-8-RELU, EUCLID"
    words = ["train", str(folder / "number-plain.csv"), network, "--target", "y", "--optimizer", "sgd"]
    words += ["--learning-rate", "1000", "--schedule", "constant", "--warm-up", "0", "--epochs", "30", "--out", "run"]
    assert main([*words, "--json"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "error: training broke down: the loss was no finite number in epoch 1" in said.err
    (listed,) = answer(["runs", "."], capsys)["runs"]
    assert (listed["state"], listed["test"]) == ("failed", None)
    table = answer(["runs", ".", "--table", "state,loss,r2"], capsys)
    assert table["runs"][0]["values"] == {"state": "failed", "loss": None, "r2": None}
    for words in (["evaluate", "run"], ["predict", "run", str(folder / "number-plain.csv")], ["report", "run"]):
        assert main([*words, "--json"]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert "run has no" in said.err
        assert "it has failed at step" in said.err
    for line in Path("run/history.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_predictions_beyond_all_bounds_are_left_out_by_name(kind, folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    grown(folder / kind, tmp_path / "run")
    np.save("rows.npy", np.array([[1e30, 1e30], [0.1, 0.2], [-1e30, 1e30]]))
    found = answer(["predict", "run", "rows.npy"], capsys, code=2)
    assert [one["row"] for one in found["predictions"]] == [1]
    assert found["left_out"] == [f"rows.npy 0: {BEYOND}", f"rows.npy 2: {BEYOND}"]
    assert main(["predict", "run", "rows.npy", "--csv"]) == 2
    said = capsys.readouterr()
    assert said.out.splitlines()[1].startswith("rows.npy,1,")
    assert len(said.out.splitlines()) == 2
    assert "error: 2 examples cannot be predicted" in said.err
    np.save("none.npy", np.array([[1e30, 1e30]]))
    assert main(["predict", "run", "none.npy", "--json"]) == 2
    assert capsys.readouterr().out == ""
    run = wxb.Run.open("run")
    with pytest.raises(WxbError, match=f"none.npy 0: {BEYOND}"):
        run.predict("none.npy")
    with pytest.raises(WxbError, match=r"those of 1 of 1 example, the first is example 0"):
        run.predict(np.load("none.npy"))


def test_the_first_predictions_beyond_all_bounds_are_named_and_the_others_counted(
    kind, folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    grown(folder / kind, tmp_path / "run")
    np.save("rows.npy", np.array([[1e30, 1e30]] * 2_000 + [[0.1, 0.2]]))
    found = answer(["predict", "run", "rows.npy"], capsys, code=2)
    assert len(found["left_out"]) == 2_000
    assert main(["predict", "run", "rows.npy"]) == 2
    left = [line for line in capsys.readouterr().err.splitlines() if line.startswith("left out")]
    assert left == [*(f"left out  rows.npy {row}: {BEYOND}" for row in range(10)), "left out  and 1,990 more examples"]


def test_an_evaluation_beyond_all_bounds_is_refused_with_its_examples(kind, folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    grown(folder / kind, tmp_path / "run")
    capsys.readouterr()
    assert main(["evaluate", "run", str(folder / f"{kind}-far.csv"), "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    words = r"the network's scores are not finite numbers\n  those of \d+ of 120 examples, the first is example \d+\n"
    assert re.search(words, said.err)


def test_targets_whose_squares_are_beyond_float32_have_a_loss(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["train", str(folder / "number-plain.csv"), "FC-8-RELU, EUCLID", "--target", "y", "--epochs", "2"]
    trained = answer([*words, "--out", "run"], capsys)
    assert MEASURES["number"] in trained["test"]
    Path("far.csv").write_text("a,b,y\n0.1,0.2,1e30\n0.3,0.2,-1e30\n")
    score = answer(["evaluate", "run", "far.csv"], capsys)["test"]
    assert score["rmse"] == pytest.approx(1e30)
    std = float(np.std(wxb.load_data(folder / "number-plain.csv", target="y").targets))
    assert score["loss"] == pytest.approx((1e30 / std) ** 2, rel=0.3)


def grown(source: Path, run: Path) -> None:
    """A copy of a run whose weights are 1e5 times as large, as one that diverged would have them."""
    shutil.copytree(source, run)
    tensors, about = read_tensors(run / WEIGHTS)
    larger = {name: 1e5 * one if name.endswith(("weight", "bias")) else one for name, one in tensors.items()}
    write_tensors(run / WEIGHTS, larger, about)
    write(run / MANIFEST, manifest_text({**read_manifest(run), WEIGHTS: file_digest(run / WEIGHTS)}))
