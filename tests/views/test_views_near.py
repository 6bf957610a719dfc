"""Tests of the range that a picture of values shows."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from wxb.views.drawing import near


@pytest.mark.parametrize(
    ("drawn", "shown"), [([-1000.0, 5.0], (-1.0, 4.0)), ([0.5, 1.5], (0.5, 1.5)), ([0.0, 1e9], (0.0, 4.0))]
)
def test_what_lies_far_from_the_values_given_is_not_shown(drawn, shown):
    axes = Figure().add_subplot()
    axes.set_ylim(*drawn)
    near(axes, np.array([0.0, 3.0, 1.0]), reach=1 / 3)
    assert axes.get_ylim() == pytest.approx(shown)


def test_values_that_are_all_equal_have_a_range_around_them():
    axes = Figure().add_subplot()
    axes.set_ylim(-50, 50)
    near(axes, np.full(4, 2.0))
    assert axes.get_ylim() == (1, 3)
