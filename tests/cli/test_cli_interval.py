"""Prediction intervals and sets on the command line: for people, as CSV and as JSON."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from tests.cli.conftest import valid
from wxb.runs.run import Run


@pytest.fixture
def flats(tmp_path, call):
    """Three runs on a table, in this folder: "price" predicts a number, "town" a class, "both" two numbers."""
    rng = np.random.default_rng(0)
    sizes = rng.uniform(30, 99, 300)
    towns = np.where(sizes + rng.normal(0, 20, 300) < 60, "Rome", "Oslo")
    prices = 3 * sizes + rng.normal(0, 10, 300)
    lines = [f"{size:.1f},{town},{price:.0f}" for size, town, price in zip(sizes, towns, prices, strict=True)]
    (tmp_path / "flats.csv").write_text("\n".join(["size,town,price", *lines]) + "\n")
    (tmp_path / "new.csv").write_text("\n".join(["size,town,price", *lines[:4]]) + "\n")
    about = ("--epochs", 3, "-q", "--threads", 1)
    for target, head in (("price", "EUCLID"), ("town", "SOFTMAX"), ("price,size", "EUCLID")):
        name = "both" if "," in target else target
        ended = call("train", "flats.csv", f"FC-4-RELU, {head}", "--target", target, "--out", name, *about)
        assert ended.code == 0, ended.err


def test_an_interval_stands_beside_each_number(call, flats):
    found = Run.open("price").predict("new.csv", interval=90)
    (low, high), value = found.intervals[2, 0].tolist(), float(found.values[2, 0])
    lines = call("predict", "price", "new.csv", "--interval", 90).out.splitlines()
    assert lines[0].split("  ")[0] == "file"
    assert lines[0].endswith("90 % interval")
    assert lines[3].split(maxsplit=3) == ["new.csv", "2", f"{value:.6g}", f"[{low:.6g}, {high:.6g}]"]
    (row,) = list(csv.DictReader(io.StringIO(call("predict", "price", "new.csv", "--interval", 90, "--csv").out)))[2:3]
    assert row == {"file": "new.csv", "row": "2", "value": str(value), "low": str(low), "high": str(high)}
    told = valid(call("predict", "price", "new.csv", "--interval", 90, "--json").json)
    assert told["level"] == 90
    assert told["predictions"][2] == {"file": "new.csv", "row": 2, "value": value, "interval": [low, high]}
    several = call("predict", "both", "new.csv", "--interval", 90, "--json").json
    assert list(valid(several)["predictions"][0]["interval"]) == ["price", "size"]
    shown = call("predict", "both", "new.csv", "--interval", 90).out.splitlines()[1]
    assert shown.count("price ") == shown.count("size ") == 2


def test_a_set_of_classes_stands_beside_each_class(call, flats):
    found = Run.open("town").predict("new.csv", interval=95)
    lines = call("predict", "town", "new.csv", "--interval", 95).out.splitlines()
    assert lines[0].split("  ")[-1].strip() == "95 % set"
    assert lines[1].endswith(", ".join(found.sets[0]))
    rows = list(csv.DictReader(io.StringIO(call("predict", "town", "new.csv", "--interval", 95, "--csv").out)))
    assert list(rows[0])[2:] == ["class", "probability", "set_Oslo", "set_Rome", "probability_Oslo", "probability_Rome"]
    told = valid(call("predict", "town", "new.csv", "--interval", 95, "--json").json)
    for row, one, names in zip(rows, told["predictions"], found.sets, strict=True):
        assert {name for name in ("Oslo", "Rome") if row[f"set_{name}"] == "1"} == set(names)
        assert tuple(one["set"]) == names
        assert names[0] == one["class"]


def test_without_an_interval_nothing_says_one(call, flats):
    told = valid(call("predict", "price", "new.csv", "--json").json)
    assert "level" not in told
    assert set(told["predictions"][0]) == {"file", "row", "value"}
    assert call("predict", "price", "new.csv", "--csv").out.startswith("file,row,value\n")
    assert "coverage" not in call("evaluate", "price").out
    assert "coverage" not in valid(call("evaluate", "price", "--json").json)


@pytest.mark.parametrize(("run", "what"), [("price", "90 % intervals, mean width "), ("town", "90 % sets, mean size ")])
def test_an_evaluation_says_how_many_hold_the_true_value(call, flats, run, what):
    (expected,) = Run.open(run).evaluate(interval=90).coverage
    lines = call("evaluate", run, "--interval", 90).out.splitlines()
    assert lines[1] == f"coverage  {expected.text}"
    assert what in lines[1]
    (told,) = valid(call("evaluate", run, "--interval", 90, "--json").json)["coverage"]
    assert (told["level"], told["share"]) == (90, expected.share)
    assert (told["mean_width"] is None) == (run == "town")
    assert call("evaluate", run, "flats.csv", "--interval", 90).out.splitlines()[1].startswith("coverage  ")


def test_each_of_several_targets_has_a_line(call, flats):
    lines = call("evaluate", "both", "--interval", 90).out.splitlines()
    assert [line.split(":")[0] for line in lines[1:3]] == ["coverage  price", "coverage  size"]


@pytest.mark.parametrize("command", [("predict", "price", "new.csv"), ("evaluate", "price")])
def test_a_level_that_cannot_be_is_refused_in_the_words_of_the_command_line(call, flats, command):
    ended = call(*command, "--interval", "0.9")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "error: --interval 0.9: expected a number from 1 to below 100\n  fix: --interval 90\n"
    ended = call(*command, "--interval", "99")
    assert ended.err.startswith(
        "error: price: a level of 99 % needs at least 99 validation examples; the run has 33\n"
        "  fix: --interval 97 or less, or train again with more validation examples\n"
    )
