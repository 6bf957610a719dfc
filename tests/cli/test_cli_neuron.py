"""`wxb neuron`: truth tables and answers."""

from __future__ import annotations

import pytest

from tests.cli.conftest import valid

TAUGHT = ("neuron", "--fire", "111,101", "--not", "000,001")

TABLE = """\
X1   X2   X3   taught   rule
0    0    0    0        0
0    0    1    0        0
0    1    0    0/1      0
0    1    1    0/1      0/1
1    0    0    0/1      0/1
1    0    1    1        1
1    1    0    0/1      1
1    1    1    1        1
"""


def test_the_lecture_s_truth_table_before_and_after_the_firing_rule(call):
    ended = call(*TAUGHT)
    assert (ended.code, ended.out, ended.err) == (0, TABLE, "")


def test_patterns_come_apart_by_commas_or_one_by_one(call):
    assert call("neuron", "--fire", "111", "--fire", "101", "--not", "000", "--not", "001").out == TABLE


def test_t_is_told_from_h(call):
    letters = ("--fire", "111/010/010", "--not", "101/111/101")
    ended = call("neuron", *letters, "--ask", "110/010/010,101/111/100,111/011/111")
    assert [line.split() for line in ended.out.splitlines()[1:]] == [
        ["110/010/010", "1", "1", "7"],
        ["101/111/100", "0", "5", "1"],
        ["111/011/111", "0/1", "3", "3"],
    ]
    assert call("neuron", *letters).out.splitlines()[0].split()[:9] == [
        f"X{row}{column}" for row in (1, 2, 3) for column in (1, 2, 3)
    ]


def test_json_holds_the_table(call):
    found = valid(call(*TAUGHT, "--json").json)
    assert found["table"][6] == {"pattern": "110", "taught": None, "rule": 1}
    assert found["table"][3]["rule"] is None
    assert (found["inputs"], found["fire"], found["answers"]) == (3, ["111", "101"], None)


def test_json_holds_the_answers_that_were_asked_for(call):
    found = valid(call(*TAUGHT, "--ask", "110,000", "--json").json)
    assert found["table"] is None
    assert found["answers"] == [
        {"pattern": "110", "taught": None, "rule": 1, "distance_to_fire": 1, "distance_to_not_fire": 2},
        {"pattern": "000", "taught": 0, "rule": 0, "distance_to_fire": 2, "distance_to_not_fire": 0},
    ]
    alone = valid(call("neuron", "--fire", "11", "--ask", "00", "--json").json)
    assert alone["answers"][0]["distance_to_not_fire"] is None


def test_who_was_never_taught_the_other_kind_says_none(call):
    assert call("neuron", "--not", "11", "--ask", "00").out.splitlines()[1].split() == ["00", "0", "none", "2"]


def test_more_inputs_than_a_table_has_room_for_can_be_asked(call):
    wide = ("neuron", "--fire", "1" * 17, "--not", "0" * 17)
    ended = call(*wide)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: a truth table of 17 inputs is too long to be read\n")
    assert call(*wide, "--ask", "1" * 9 + "0" * 8).out.splitlines()[1].split()[1:] == ["1", "8", "9"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "error: the neuron is taught nothing\n  fix: patterns to fire at, or not to fire at\n"),
        (["--fire", "111", "--not", "00"], "error: the pattern 00 has 2 inputs\n  expected 3 inputs, as 111 has\n"),
        (["--fire", "111", "--ask", "1111"], "error: the pattern 1111 has 4 inputs\n"),
        (["--fire", "11", "--not", "11"], "error: 11 is taught both to fire and not to fire\n  fix: one of both\n"),
        (["--fire", "1x"], "error: the pattern 1x holds 'x'\n"),
        (["--fire", "11,"], "error: a pattern is empty\n"),
    ],
    ids=" ".join,
)
def test_mistakes_are_said(words, said, call):
    ended = call("neuron", *words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(said)
