"""Where training ends, and how a moved end changes the learning rate."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxb.errors import WxbError
from wxb.learning.duration import Duration
from wxb.learning.events import End
from wxb.learning.schedules import factor


@given(st.integers(1, 10_000), st.data())
def test_without_an_event_every_step_is_its_own(planned, data):
    step = data.draw(st.integers(1, planned))
    duration = Duration(planned)
    assert duration.steps == planned
    assert duration.at(step) == step


@st.composite
def durations(draw):
    duration = Duration(draw(st.integers(2, 1000)))
    for _ in range(draw(st.integers(0, 4))):
        last = duration.ends[-1].step if duration.ends else 0
        if last >= duration.steps - 1:
            break
        step = draw(st.integers(last, duration.steps - 1))
        duration.move_end(End(step, draw(st.integers(step + 1, step + 1000))))
    return duration


@given(durations())
def test_the_whole_schedule_is_run_whatever_the_end_becomes(duration):
    places = [duration.at(step) for step in range(1, duration.steps + 1)]
    assert places == sorted(places)
    assert places[-1] == pytest.approx(duration.planned)
    last = factor("linear", 0.2, places[-1], duration.planned)
    assert last == pytest.approx(factor("linear", 0.2, duration.planned, duration.planned))


@given(durations())
def test_the_events_repeat_the_duration(duration):
    again = Duration(duration.planned, duration.ends)
    assert [again.at(step) for step in range(1, again.steps + 1)] == [
        duration.at(step) for step in range(1, duration.steps + 1)
    ]


def test_an_event_leaves_the_steps_before_it_as_they_were():
    duration = Duration(100, [End(50, 75)])
    assert [duration.at(step) for step in (1, 50, 51, 75)] == [1, 50, 52, 100]


@pytest.mark.parametrize(("step", "end"), [(10, 10), (10, 5), (100, 200), (120, 130)])
def test_an_end_that_is_not_ahead_is_refused(step, end):
    with pytest.raises(WxbError, match=f"a training of 100 steps cannot be told at step {step} to end at step {end}"):
        Duration(100, [End(step, end)])


def test_events_in_the_wrong_order_are_refused():
    with pytest.raises(WxbError, match="cannot be told at step 20"):
        Duration(100, [End(40, 90), End(20, 80)])


@given(durations(), st.integers(2, 200))
def test_steps_spread_over_a_training_are_at_most_as_many_as_asked_for(duration, count):
    chosen = [step for step in range(duration.steps + 1) if duration.among(step, count)]
    assert chosen[0] == 0
    assert chosen[-1] == duration.steps
    assert len(chosen) <= count


@given(st.integers(1, 2000), st.integers(2, 200))
def test_they_are_evenly_spread(planned, count):
    duration = Duration(planned)
    chosen = [step for step in range(planned + 1) if duration.among(step, count)]
    assert len(chosen) == min(count, planned + 1)
    gaps = {after - before for before, after in pairwise(chosen)}
    assert max(gaps) - min(gaps) <= 1


@given(durations(), st.integers(2, 50), st.data())
def test_an_event_leaves_the_steps_chosen_before_it_as_they_were(duration, count, data):
    """A training that is resumed knows the events that came after its checkpoint."""
    known = data.draw(st.integers(0, len(duration.ends)))
    before = Duration(duration.planned, duration.ends[:known])
    until = duration.ends[known].step if known < len(duration.ends) else duration.steps
    assert [before.among(step, count) for step in range(until)] == [
        duration.among(step, count) for step in range(until)
    ]
