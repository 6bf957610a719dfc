"""Means over repeated trials."""

from __future__ import annotations

import pytest

from wxb.statistics import mean_of


def test_the_interval_of_a_mean_is_student_s():
    three = mean_of([0.98, 0.99, 1.0])
    half = 4.302653 * 0.01 / 3**0.5  # the 97.5 % quantile of t with two degrees of freedom
    assert three.mean == pytest.approx(0.99)
    assert three.std == pytest.approx(0.01)
    assert three.interval == pytest.approx((0.99 - half, 0.99 + half))


def test_one_score_has_a_mean_and_no_interval():
    assert mean_of([0.5]).mean == 0.5
    assert mean_of([0.5]).interval is None
