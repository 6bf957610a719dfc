"""Where training ends, and what a change of that on the way does to the learning rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxb.errors import WxbError
from wxb.learning.duration import Duration
from wxb.learning.schedules import factor


@given(st.integers(1, 10_000), st.data())
def test_without_a_change_every_step_is_its_own(planned, data):
    step = data.draw(st.integers(1, planned))
    course = Duration(planned)
    assert course.steps == planned
    assert course.at(step) == step


@st.composite
def courses(draw):
    course = Duration(draw(st.integers(2, 1000)))
    for _ in range(draw(st.integers(0, 4))):
        last = course.changes[-1][0] if course.changes else 0
        if last >= course.steps - 1:
            break
        made = draw(st.integers(last, course.steps - 1))
        course.end_at(made, draw(st.integers(made + 1, made + 1000)))
    return course


@given(courses())
def test_the_whole_schedule_is_run_whatever_the_end_becomes(course):
    places = [course.at(step) for step in range(1, course.steps + 1)]
    assert places == sorted(places)
    assert places[-1] == pytest.approx(course.planned)
    last = factor("linear", 0.2, places[-1], course.planned)
    assert last == pytest.approx(factor("linear", 0.2, course.planned, course.planned))


@given(courses())
def test_what_was_written_down_is_the_same_course(course):
    again = Duration.read(course.planned, str(course))
    assert again.changes == course.changes
    assert [again.at(step) for step in range(1, course.steps + 1)] == [
        course.at(step) for step in range(1, course.steps + 1)
    ]


def test_a_change_leaves_the_steps_before_it_as_they_were():
    course = Duration(100)
    course.end_at(50, 75)
    assert [course.at(step) for step in (1, 50, 51, 75)] == [1, 50, 52, 100]
    assert str(course) == "50:75"


@pytest.mark.parametrize(("made", "steps"), [(10, 10), (10, 5), (100, 200), (120, 130)])
def test_an_end_that_is_not_ahead_is_refused(made, steps):
    with pytest.raises(WxbError, match=f"a training of 100 steps cannot be told at step {made} to end at step {steps}"):
        Duration(100).end_at(made, steps)


@pytest.mark.parametrize("text", ["412", "a:b", "1:2:3", "4:9,", "-1:5"])
def test_a_text_that_is_no_change_is_refused(text):
    with pytest.raises(WxbError, match="is no change of the end"):
        Duration.read(10, text)
