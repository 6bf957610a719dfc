"""The form of events: what is written is read again, and what is no event is refused."""

import tomllib

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from wxb.errors import WxbError
from wxb.learning.events import Change, End, MicroBatches, event_tables, micro_batches_at, ordered, read_events

EVENTS = (
    st.builds(End, st.integers(0, 10**6), st.integers(1, 10**6))
    | st.builds(MicroBatches, st.integers(0, 10**6), st.integers(1, 10**4))
    | st.builds(Change, st.integers(0, 10**6), st.sampled_from(("learning_rate", "l2", "l1")), st.floats(0, 10**6))
)


@given(st.lists(EVENTS, max_size=5))
def test_events_survive_toml(events):
    text = tomli_w.dumps({"events": event_tables(events)})
    assert read_events(tomllib.loads(text)["events"]) == ordered(events)


def test_events_are_tables_tagged_by_kind():
    assert event_tables([End(412, 1180), MicroBatches(4, 2)]) == [
        {"kind": "end", "step": 412, "end": 1180},
        {"kind": "micro_batches", "step": 4, "count": 2},
    ]


@pytest.mark.parametrize(
    ("tables", "place"),
    [
        ([{"kind": "end", "step": 4}], "`end` - at `events[0]`"),
        ([{"kind": "end", "step": 4, "end": 9}, {"kind": "pause", "step": 4}], "at `events[1].kind`"),
        ([{"kind": "micro_batches", "step": -1, "count": 2}], "at `events[0].step`"),
        ([{"kind": "micro_batches", "step": 0, "count": "2"}], "at `events[0].count`"),
        ([{"kind": "change", "step": 0, "setting": "seed", "value": 1.0}], "at `events[0].setting`"),
        ([{"kind": "change", "step": 0, "setting": "l2", "value": -1.0}], "at `events[0].value`"),
        ("412:1180", "got `str`"),
    ],
)
def test_what_is_no_event_is_refused_with_its_place(tables, place):
    with pytest.raises(WxbError, match="the events are not those of a training") as error:
        read_events(tables)
    assert place in error.value.detail


def test_the_number_of_micro_batches_is_that_of_the_last_cut():
    events = [MicroBatches(7, 8), End(3, 20), MicroBatches(2, 4)]
    assert [micro_batches_at(step, events, 1) for step in (0, 2, 6, 7)] == [1, 4, 4, 8]
