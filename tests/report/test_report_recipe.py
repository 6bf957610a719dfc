"""The recipe for learning as a picture: the run stands at one end of it."""

from __future__ import annotations

import pytest

from wxb.report.recipe import ENDS, in_words, recipe, standing

WELL = {"accuracy": 0.95, "accuracy_interval": [0.94, 0.96], "interval": [0.94, 0.96], "examples": 400, "sample": False}
BADLY = {**WELL, "accuracy": 0.6, "accuracy_interval": [0.55, 0.65], "interval": [0.55, 0.65]}
BASELINES = {"linear": {"score": 0.9, "interval": [0.88, 0.92], "about": "", "seconds": 0.1}}


def found(train, test):
    return {
        "task": "classification", "measure": "accuracy", "train": train, "test": test, "baselines": BASELINES,
        "history": [], "epochs": 3, "settings": {},
    }  # fmt: skip


@pytest.mark.parametrize(("train", "test", "here"), [(BADLY, BADLY, 0), (WELL, BADLY, 1), (WELL, WELL, 2)])
def test_the_run_stands_at_one_end(train, test, here):
    said = found(train, test)
    assert standing(said) == here
    drawn = recipe(said)
    assert drawn.count('class="question here"') == 1
    assert " ".join(ENDS[here]) in drawn
    assert in_words(said).count("Yes.") == here


def test_without_a_test_there_is_no_picture():
    assert recipe(found(WELL, None)) == ""
    assert in_words(found(WELL, None)) == ""
