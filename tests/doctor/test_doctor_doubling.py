"""What twice as much would gain: the law holds for powers, and nothing is promised that the side runs do not show."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wxb
from wxb.doctor.case import Case
from wxb.doctor.doubling import doublings, next_gain
from wxb.doctor.finding import Doubling
from wxb.doctor.side import SideRuns


@given(st.floats(0.05, 1.0), st.floats(0.2, 1.0), st.floats(0.0, 0.3))
def test_a_power_law_with_a_floor_is_continued(scale, power, floor):
    def score(amount):
        return 1 - (scale * amount**-power + floor)

    expected = score(8) - score(4)
    assert next_gain(score(1), score(2), score(4)) == pytest.approx(expected, abs=1e-9)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_no_gain_is_larger_than_the_last_or_than_half_of_the_error(quarter, half, whole):
    gain = next_gain(quarter, half, whole)
    assert gain <= max(whole - half, 0) + 1e-12 or gain == whole - half
    assert gain <= (1 - whole) / 2 + 1e-12


@pytest.mark.parametrize(("half", "pays"), [(0.93, True), (0.905, True), (0.8, False)])
def test_scores_that_fall_before_they_rise_are_not_continued(half, pays):
    assert Doubling("width", (8, 16, 32), (0.91, half, 0.97), 0.02, (0.01, 0.03), 1).pays is pays


def test_a_training_far_too_short_is_said_to_gain_from_epochs_and_a_saturated_one_from_nothing():
    short = Case(
        wxb.load_data("moons", examples=800),
        "FC-32-RELU-FC-16-RELU, SOFTMAX",
        {"epochs": 4, "batch_size": 128},
        {},
        "moons",
    )
    found = {one.of: one for one in doublings(short, SideRuns(short, 0.0))}
    assert found["epochs"].pays
    assert found["epochs"].amounts == (1, 2, 4)
    done = Case(short.data, "FC-32-RELU, SOFTMAX", {"epochs": 40, "learning_rate": 0.03}, {}, "moons")
    assert not any(one.pays for one in doublings(done, SideRuns(done, 0.0)))


def test_fewer_examples_are_among_more_and_no_test_example_is_used():
    case = Case(wxb.load_data("moons", examples=400), "SOFTMAX", {"epochs": 4}, {}, "moons")
    runs = SideRuns(case, 3.0)
    seen = []
    real = runs.run
    runs.run = lambda remedy, share=1.0, seed=0: (
        seen.append(case.with_remedy(remedy).held.split.train if remedy else case.held.split.train)
        or real(remedy, share, seed)
    )
    found = doublings(case, runs)
    assert [one.of for one in found] == ["examples", "epochs"]  # nothing has a width that is written
    sizes = sorted({len(rows) for rows in seen})
    assert sizes[-1] == 4 * sizes[0] == 2 * sizes[1]
    assert set(seen[0]) < set(seen[1]) < set(seen[2])
    assert not np.isin(np.concatenate(seen), case.data.split.test).any()


def test_more_seeds_are_taken_where_the_budget_allows():
    case = Case(wxb.load_data("moons", examples=300), "SOFTMAX", {"epochs": 4}, {}, "moons")
    assert [one.seeds for one in doublings(case, SideRuns(case, 0.0))] == [1, 1]
    assert [one.seeds for one in doublings(case, SideRuns(case, 50.0))] == [3, 3]
