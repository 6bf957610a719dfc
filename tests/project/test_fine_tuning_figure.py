"""The figure of fine-tuning: what is learned first and then, and how gains are told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import wxb
from benchmarks.figure import Scope
from benchmarks.fine_tuning import WAYS, chosen
from benchmarks.owed import FIGURES

FIGURE = FIGURES["fine-tuning"]


def test_few_examples_of_some_classes_are_learned_and_all_of_them_tested():
    digits = wxb.load_data("digits")
    few = chosen(digits, range(5, 10), 10, seed=1)
    assert np.bincount(few.targets[few.split.train]).tolist() == [10] * 5
    assert len(few.split.test) == np.isin(digits.targets[digits.split.test], range(5, 10)).sum()
    again, other = chosen(digits, range(5, 10), 10, seed=1), chosen(digits, range(5, 10), 10, seed=2)
    assert np.array_equal(few.examples, again.examples)
    assert not np.array_equal(few.examples, other.examples)
    first = chosen(digits, range(5))
    assert set(first.targets.tolist()) == set(range(5))


def test_gains_are_paired_by_seed():
    row = {"what": "x", "size": 10, "seeds": [0, 1], "scratch": [0.8, 0.9], "tuned": [0.85, 0.95], "frozen": [0.7, 0.8]}
    (_, (_, size, scratch, tuned, frozen)) = FIGURE.table([row])
    assert (size, scratch) == ("10", "85.0 %")
    assert tuned == "90.0 %, +5.0 [+5.0, +5.0]"
    assert frozen.startswith("75.0 %, -10.0")


def test_it_is_measured_on_small_data_too():
    figure = replace(FIGURE, data="digits", network="FC-16-RELU, SOFTMAX", sizes=(5,))
    (row,) = figure.measure(Scope(seeds=2))
    assert all(len(row[way]) == 2 and min(row[way]) > 0.2 for way in WAYS)
