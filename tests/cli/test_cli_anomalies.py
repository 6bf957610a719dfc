"""`wxb anomalies`: what it prints and writes, and what it refuses."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.cli.conftest import valid


@pytest.fixture
def run(call):
    """A run on digits, in the folder of the call."""
    assert call("train", "digits", "FC-32-RELU-FC-8, SELF", "--epochs", "3", "--out", "run", "-q").code == 0
    return call


def test_the_oddest_come_first_and_all_are_written(run):
    ended = run("anomalies", "run", "--rate", "5")
    assert ended.code == 0, ended.err
    assert "against 198 normal examples that were held back" in ended.out
    rows = list(csv.DictReader(Path("anomalies/run/anomalies.csv").read_text().splitlines()))
    assert len(rows) == 449
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert Path("anomalies/run/anomalies.png").read_bytes().startswith(b"\x89PNG")
    assert run("verify", "run").code == 0


def test_other_data_and_the_truth_are_taken(run):
    found = valid(run("anomalies", "run", "digits", "--odd", "0,1", "--json", "--out", "odd").json)
    assert found["examples"] == 1797
    assert 0 < found["area"] < 1
    assert found["alarms"] == sum(
        row["alarm"] == "yes" for row in csv.DictReader(Path("odd/anomalies.csv").read_text().splitlines())
    )


def test_each_alarm_says_what_is_odd_and_the_truth_is_doubted_where_the_network_learned_otherwise(run):
    ended = run("anomalies", "run", "digits", "--odd", "0,1", "--rate", "5", "--out", "odd")
    assert "0, 1: learned in training, so the network takes this for normal" in ended.out
    rows = list(csv.DictReader(Path("odd/anomalies.csv").read_text().splitlines()))
    assert all((row["alarm"] == "yes") is bool(row["what is odd"]) for row in rows)


def test_few_examples_held_back_tell_a_larger_rate_which_is_said(call):
    words = ["train", "digits", "FC-8, SELF", "--epochs", "1", "--split", "0.5,0.02,0.48", "--out", "few", "-q"]
    assert call(*words).code == 0
    found = valid(call("anomalies", "few", "--json").json)
    assert found["rate"] > 1
    assert f"tell no rate of false alarms below {found['rate']:.3g} %" in found["notes"][0]
    assert call("anomalies", "few", "--rate", "1").code == 2


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["nothing"], "there is no run nothing"),
        (["run", "--rate", "0.1"], "tell no rate of false alarms below 0.5 %"),
        (["run", "--rate", "90"], "--rate 90"),
        (["run", "--odd", "eleven"], "eleven is no class of digits"),
        (["run", "ring"], "the network takes 1x8x8"),
    ],
)
def test_a_mistake_is_a_sentence(run, arguments, what):
    ended = run("anomalies", *arguments)
    assert ended.code == 2
    assert what in ended.err
    assert "Traceback" not in ended.err
