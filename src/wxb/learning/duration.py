"""Where a training ends, and how that was changed on its way."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wxb.errors import WxbError


class Duration:
    """So many `planned` steps; each change (made, steps) says that from `made` steps on it was to end at `steps`.

    The schedule of the learning rate was planned for `planned` steps; after a change, what is left of it is spread over
    the steps that are left then.
    """

    def __init__(self, planned: int, changes: Iterable[tuple[int, int]] = ()) -> None:
        self.planned = planned
        self.changes: list[tuple[int, int]] = []
        for made, steps in changes:
            self.end_at(made, steps)

    @staticmethod
    def read(planned: int, text: str) -> Duration:
        """ "412:1180,800:1190": from 412 steps on 1,180 were to be made, from 800 on 1,190; "" for no change.

        Raises WxbError for anything else.
        """
        changes = []
        for word in text.split(",") if text else ():
            match = re.fullmatch(r"(\d{1,12}):(\d{1,12})", word.strip())
            if match is None:
                raise WxbError(
                    f"--replanned {text}: {word.strip() or 'nothing'} is no change of the end",
                    "expected STEP:STEPS, several with commas: from STEP on, training ends at STEPS",
                    "--replanned 412:1180",
                )
            changes.append((int(match[1]), int(match[2])))
        return Duration(planned, changes)

    def __str__(self) -> str:
        return ",".join(f"{made}:{steps}" for made, steps in self.changes)

    @property
    def steps(self) -> int:
        """At which step training ends, as far as is known."""
        return self.changes[-1][1] if self.changes else self.planned

    def end_at(self, made: int, steps: int) -> None:
        """Training, of which `made` steps are made, is to end at `steps`. Raises WxbError where that is not ahead."""
        last = self.changes[-1][0] if self.changes else 0
        if not last <= made < steps or made >= self.steps:
            raise WxbError(
                f"a training of {self.steps} steps cannot be told at step {made} to end at step {steps}",
                fix="changes in the order of their steps, each with an end behind it",
            )
        self.changes.append((made, steps))

    def at(self, step: int) -> float:
        """Which step of the planned course has the same learning rate as this `step` (1-based)."""
        place, since, end = 0.0, 0, self.planned
        for made, steps in self.changes:
            if step <= made:
                break
            place += (made - since) * (self.planned - place) / (end - since)
            since, end = made, steps
        return place + (step - since) * ((self.planned - place) / (end - since))
