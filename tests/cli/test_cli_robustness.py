"""`wxb view RUN robustness`: its table, its file, and what it says where it does not apply."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import wxb
from tests.cli.conftest import valid
from wxb.runs.manifest import strangers
from wxb.views.changes import CHANGES


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A finished run on pictures."""
    data = wxb.load_data("digits")
    return wxb.train(data, "CONV-4-RELU-GAP, SOFTMAX", epochs=1, out=tmp_path_factory.mktemp("made") / "small").path


def test_the_command_prints_its_table_and_the_same_bits_again(made, process, tmp_path):
    first, second = (process("view", made, "robustness", "--out", f"{name}.npz") for name in "ab")
    assert (first.code, first.err) == (0, "")
    assert first.out.replace("a.npz", "b.npz") == second.out
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    lines = first.out.splitlines()
    assert lines[0].startswith("view      How robust small is: ")
    assert lines[0].endswith(" of 449 test examples")
    assert " hurts most, with " in lines[1]
    head = next(place for place, line in enumerate(lines) if line.startswith("change "))
    assert [line.split()[0] for line in lines[head + 1 : head + 1 + len(CHANGES)]] == list(CHANGES)
    assert lines[-1] == "file      a.npz"


def test_the_table_is_in_the_json(made, call):
    answer = valid(call("view", made, "robustness", "--part", "validation", "--out", "view.svg", "--json").json)
    assert [row[0] for row in answer["table"]] == ["change", *CHANGES]
    assert answer["facts"]["part"] == "validation"
    assert answer["arrays"]["scores"]["shape"] == [len(CHANGES), 5]
    assert Path("view.svg").read_text().startswith("<svg")
    assert valid(call("view", made, "graph", "--out", "graph.svg", "--json").json)["table"] == []


def test_rows_of_numbers_are_refused_with_a_way_out(call):
    assert call("train", "ring", "FC-4-RELU, SOFTMAX", "--examples", 100, "--epochs", 1, "--out", "rows").code == 0
    ended = call("view", "rows", "robustness")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: robustness is for pictures, and this network takes rows of numbers\n  fix: one")


def test_the_report_says_what_was_seen_on_request(made, call):
    shutil.copytree(made, "run")
    before = call("report", "run").out
    assert "robustness" not in before
    asked = call("view", "run", "robustness", "--part", "train", "--json").json
    assert call("report", "run").out == before
    asked = call("view", "run", "robustness", "--json").json
    said = call("report", "run").out
    assert f"view      robustness: {asked['notes'][0]}\n" in said
    assert said.replace(f"view      robustness: {asked['notes'][0]}\n", "") == before
    assert strangers(Path("run")) == []
    assert call("verify", "run").code == 0
    for damage in ("{", "{}", ""):
        Path("run/views/robustness.json").write_text(damage)
        assert call("report", "run").out == before
    assert call("runs", "--delete", "run", "--yes").code == 0
    assert not Path("run").exists()
