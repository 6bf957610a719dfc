"""A network that is trained on everything: every command says that it was not tested, and how to test it."""

from __future__ import annotations

import json

import numpy as np
import pytest

import wxb
from wxb.errors import WxbError


@pytest.fixture(params=["price", "town"])
def target(request, tmp_path):
    rng = np.random.default_rng(0)
    lines = [f"{size:.1f},{'Rome' if size < 60 else 'Oslo'},{3 * size:.0f}" for size in rng.uniform(30, 99, 200)]
    (tmp_path / "flats.csv").write_text("\n".join(["size,town,price", *lines]) + "\n")
    return request.param


@pytest.fixture
def trained(call, target):
    ended = call("train", "flats.csv", "--target", target, "--split", "0.9,0.1,0", "--epochs", 2, "--out", "run")
    assert ended.code == 0, ended.err
    return ended


def test_training_says_that_it_was_not_tested(call, trained, tmp_path):
    assert trained.out.splitlines()[0] == "test      not tested"
    assert "no test part" in trained.err
    run = wxb.Run.open(tmp_path / "run")
    assert (len(run.split.train), len(run.split.validation), len(run.split.test)) == (180, 20, 0)
    assert (run.summary.state, run.summary.test) == ("finished", None)


def test_the_report_says_that_it_was_not_tested_and_how_to_test_it(call, trained, tmp_path):
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert (report["test"], report["baselines"], report["mistakes"]) == (None, {}, [])
    assert report["warnings"][-1] == "not tested: the data have no test part"
    commands = [one["command"] for one in report["next"]]
    assert commands[:2] == ["wxb evaluate RUN FILE", "wxb train --config RUN/settings.toml --split 0.64,0.11,0.25"]
    assert not any("--seeds" in command for command in commands)
    text = (tmp_path / "run" / "report.md").read_text()
    assert text.startswith("# flats: not tested\n")
    assert "on the test examples" not in text
    page = (tmp_path / "run" / "report.html").read_text()
    assert "<title>flats: not tested</title>" in page
    assert "Where it fails" not in page
    lines = call("report", "run").out.splitlines()
    assert "test      not tested" in lines


def test_commands_on_runs_say_that_it_was_not_tested(call, trained, target, tmp_path):
    assert "not tested" in call("runs", ".").out
    assert json.loads(call("runs", ".", "--json").out)["runs"][0]["test"] is None
    assert call("runs", ".", "--table", "state,epochs").code == 0
    assert call("verify", "run").out.endswith("data unchanged\n")
    refused = call("evaluate", "run")
    assert (refused.code, refused.err.splitlines()[0]) == (2, "error: run was not tested: its data have no test part")
    assert call("evaluate", "run", "--part", "validation").out.startswith("valid.    ")
    assert call("evaluate", "run", "flats.csv", "--part", "all").code == 0
    call("train", "--config", "run/settings.toml", "--out", "other")
    compared = call("compare", "run", "other")
    assert (compared.code, compared.err.splitlines()[0]) == (
        2,
        "error: run was not tested: its data have no test part",
    )
    assert "not tested" in wxb.Run.open(tmp_path / "run")._repr_html_()


def test_a_mean_of_test_scores_needs_a_test_part(call, target, tmp_path):
    refused = call("train", "flats.csv", "--target", target, "--split", "0.9,0.1,0", "--seeds", 2)
    assert (refused.code, refused.err.splitlines()[-3]) == (
        2,
        "error: flats has no examples to test on: its test part is empty",
    )
    data = wxb.load_data(tmp_path / "flats.csv", target=target, split=(0.9, 0.1, 0))
    with pytest.raises(WxbError, match="flats has no examples to test on"):
        wxb.seeds(data, epochs=1)


def test_an_empty_list_of_test_rows_is_no_test_part(target, tmp_path):
    data = wxb.load_data(tmp_path / "flats.csv", target=target, split=(range(180), range(180, 200), []))
    run = wxb.train(data, epochs=1, out=tmp_path / "own", progress=False)
    assert run.summary.test is None
    assert run.load_data().fingerprint == data.fingerprint
    with pytest.raises(WxbError, match="was not tested"):
        run.evaluate()


def test_everything_can_be_trained_on_without_validation(call, target):
    ended = call("train", "flats.csv", "--target", target, "--split", "1,0,0", "--epochs", 1, "--out", "run", "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["test"] is None
