"""The duration of a training in steps, and how a moved end changes the learning rate."""

from __future__ import annotations

from collections.abc import Iterable

from wxb.errors import WxbError
from wxb.learning.events import End


class Duration:
    """The number of steps of a training.

    The schedule of the learning rate is made for `planned` steps. An `End` event moves the end: the part of the
    schedule that is left at that step is then spread over the steps that are left.
    """

    def __init__(self, planned: int, ends: Iterable[End] = ()) -> None:
        self.planned = planned
        self.ends: list[End] = []
        for end in ends:
            self.move_end(end)

    @property
    def steps(self) -> int:
        """The step after which training ends, as far as is known."""
        return self.ends[-1].end if self.ends else self.planned

    def move_end(self, event: End) -> None:
        """Move the end. Raises WxbError if the event comes before an earlier one, or after the end."""
        earliest = self.ends[-1].step if self.ends else 0
        if not earliest <= event.step < min(event.end, self.steps):
            raise WxbError(
                f"a training of {self.steps} steps cannot be told at step {event.step} to end at step {event.end}",
                fix="events in the order of their steps, each before the end that it moves and before the new one",
            )
        self.ends.append(event)

    def among(self, step: int, count: int) -> bool:
        """Whether `step` (from 0) is one of at most `count` steps that are spread evenly over the training.

        0 and the last step are two of them. Where an event moves the end, those after it are spread over what is left.
        """
        if step in (0, self.steps):
            return True
        before, now = (int(self.at(one) * (count - 1) / self.planned) for one in (step - 1, step))
        return before < now < count - 1

    def at(self, step: int) -> float:
        """The step of the planned schedule whose learning rate this `step` (1-based) has; may lie between two steps."""
        place, since, end = 0.0, 0, self.planned
        for event in self.ends:
            if step <= event.step:
                break
            place += (event.step - since) * (self.planned - place) / (end - since)
            since, end = event.step, event.end
        return place + (step - since) * ((self.planned - place) / (end - since))
