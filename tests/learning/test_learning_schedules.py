import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxb.learning.recipe import SCHEDULES
from wxb.learning.schedules import AFTER_WARM_UP, factor


def run(schedule: str, warm_up: float, steps: int) -> list[float]:
    return [factor(schedule, warm_up, step, steps) for step in range(1, steps + 1)]


def test_every_schedule_of_the_recipe_exists():
    assert set(AFTER_WARM_UP) == set(SCHEDULES)


@pytest.mark.parametrize("schedule", SCHEDULES)
@given(warm_up=st.floats(0, 1), steps=st.integers(1, 300))
def test_factors_are_above_zero_and_at_most_one(schedule, warm_up, steps):
    assert all(0 < value <= 1 for value in run(schedule, warm_up, steps))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_peak_is_reached_at_the_end_of_the_warm_up(schedule):
    factors = run(schedule, 0.2, 100)
    assert factors[19] == pytest.approx(1)
    assert factors[:20] == sorted(factors[:20])
    assert factors[20:] == sorted(factors[20:], reverse=True)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_without_warm_up_the_first_step_has_the_peak(schedule):
    assert run(schedule, 0, 10)[0] == 1


def test_constant_stays():
    assert set(run("constant", 0, 50)) == {1.0}


def test_linear_falls_by_equal_steps_to_one_step_above_zero():
    assert run("linear", 0, 4) == pytest.approx([1, 3 / 4, 2 / 4, 1 / 4])


def test_linear_warm_up_rises_by_equal_steps():
    assert run("linear", 0.5, 8)[:4] == pytest.approx([1 / 4, 2 / 4, 3 / 4, 1])


def test_cosine_is_half_way_down_in_the_middle():
    assert run("cosine", 0, 100)[50] == pytest.approx(0.5)


def test_step_falls_to_a_tenth_at_half_and_to_a_hundredth_at_three_quarters():
    factors = run("step", 0, 100)
    assert [factors[i] for i in (0, 49, 50, 74, 75, 99)] == [1, 1, 0.1, 0.1, 0.01, 0.01]


def test_one_cycle_rises_from_a_twenty_fifth():
    factors = run("one-cycle", 0.3, 1000)
    assert factors[0] == pytest.approx(1 / 25, rel=0.01)
    assert factors[-1] < 1e-4
