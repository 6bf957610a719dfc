"""Events: what changes a training after it has begun, each with the step from which it takes effect.

The events of a training, together with its settings, say all that decides its weights. They are written into the run,
and a training that is given them repeats them at the same steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from wxb.errors import WxbError

Count = Annotated[int, Meta(ge=0, le=2**53)]
Positive = Annotated[int, Meta(ge=1, le=2**53)]


class End(Struct, frozen=True, tag_field="kind", tag="end"):
    """Training ends after `end` steps; the rest of the schedule is spread over the steps from `step` to there."""

    step: Count  # updates made before the event takes effect
    end: Positive


class MicroBatches(Struct, frozen=True, tag_field="kind", tag="micro_batches"):
    """The examples of each step are computed in `count` micro-batches, because the memory does not hold more."""

    step: Count
    count: Positive


class Change(Struct, frozen=True, tag_field="kind", tag="change"):
    """A setting has another value from `step` on: one of those that a step reads anew, and no memory depends on."""

    step: Count
    setting: Literal["learning_rate", "l2", "l1"]
    value: Annotated[float, Meta(ge=0, le=1e6)]


Event = End | MicroBatches | Change


def read_events(tables: Any) -> tuple[Event, ...]:
    """The events of `[[events]]` tables, in the order of their steps.

    Raises WxbError, naming the wrong value, if one of the tables is not an event.
    """
    try:
        return ordered(msgspec.convert(tables, tuple[Event, ...]))
    except msgspec.ValidationError as error:
        raise WxbError(
            "the events are not those of a training",
            str(error).replace("$", "events", 1),
            '[[events]] with kind = "end", step and end; kind = "micro_batches", step and count; '
            'or kind = "change", step, setting and value',
        ) from error


def event_tables(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Events as the tables that `read_events` reads."""
    tables: list[dict[str, Any]] = msgspec.to_builtins(list(events))
    return tables


def ordered(events: Iterable[Event]) -> tuple[Event, ...]:
    """Events in the order of their steps; those of one step stay in the order given."""
    return tuple(sorted(events, key=lambda event: event.step))


def micro_batches_at(step: int, events: Sequence[Event], accumulate: int) -> int:
    """The number of micro-batches after `step` updates: that of the last cut, or one per accumulated batch."""
    counts = [event.count for event in ordered(events) if isinstance(event, MicroBatches) and event.step <= step]
    return counts[-1] if counts else accumulate
