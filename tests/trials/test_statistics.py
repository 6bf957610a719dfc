"""Means over repeated trials."""

from __future__ import annotations

import pytest

from wxb.statistics import mean_of
from wxb.tasks import TASKS


def test_the_interval_of_a_mean_is_student_s():
    three = mean_of([0.98, 0.99, 1.0])
    half = 4.302653 * 0.01 / 3**0.5  # the 97.5 % quantile of t with two degrees of freedom
    assert three.mean == pytest.approx(0.99)
    assert three.std == pytest.approx(0.01)
    assert three.interval == pytest.approx((0.99 - half, 0.99 + half))


@pytest.mark.parametrize(
    ("task", "scores", "low", "high"),
    [
        ("classification", [0.99, 0.9], 0.37, 1),
        ("classification", [0.01, 0.1], 0, 0.63),
        ("multilabel", [0.99, 0.9], 0.37, 1),
        ("regression", [0.99, 0.9], 0.37, 1),
        ("regression", [-0.1, 0.3], -2.44, 1),
    ],
)
def test_the_interval_of_a_mean_stays_where_scores_can_be(task, scores, low, high):
    assert mean_of(scores, TASKS[task].measure.bounds).interval == pytest.approx((low, high), abs=0.01)


def test_scores_that_are_amounts_have_no_upper_bound():
    (error,) = [one for one in TASKS["regression"].measures if one.name == "rmse"]
    assert error.bounds == (0, float("inf"))


def test_one_score_has_a_mean_and_no_interval():
    assert mean_of([0.5]).mean == 0.5
    assert mean_of([0.5]).interval is None
