"""How far a run has come, and where a resume begins: what every command says of a run that has not finished."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from wxb.errors import WxbError
from wxb.paths import quoted
from wxb.runs.journal import Journal
from wxb.runs.schema import State, Steps
from wxb.storage import is_held
from wxb.text import count


class Summary(Protocol):
    """What every run says of itself, whatever it learns from."""

    state: State
    steps: Steps


@dataclass(frozen=True)
class Standing:
    """How far a run has come."""

    state: State  # that of `run.json`, but "stopped" if its process is gone
    step: int | None  # the last one made; of a stopped run that of its checkpoint, 0 without one, None if it is damaged
    steps: int

    def __str__(self) -> str:
        """ "stopped at step 3,000 of 5,000"."""
        if self.state == "finished":
            return "finished"
        if self.state == "stopped" and not self.step:
            return "stopped before its first checkpoint" if self.step == 0 else "stopped, its checkpoint is damaged"
        return f"{self.state} at step {count(self.step or 0)} of {count(self.steps)}"

    @property
    def sentence(self) -> str:
        """ "it was stopped at step 3,000 of 5,000"."""
        verb = {"running": "is", "stopped": "was", "failed": "has", "finished": "has"}[self.state]
        return f"it {verb} {self}"


def standing(folder: Path, summary: Summary) -> Standing:
    """Return how far the run in a folder has come; of a stopped one, this reads the head of its checkpoint too."""
    steps = summary.steps
    state = "stopped" if summary.state == "running" and not is_held(folder) else summary.state
    return Standing(state, saved(folder) if state == "stopped" else steps.done, steps.total)


def saved(folder: Path) -> int | None:
    """Return the step of the checkpoint in a folder: 0 if there is none, None if its head is damaged."""
    try:
        return Journal(folder).saved()
    except WxbError:
        return None


def way_on(path: Path, summary: Summary) -> str:
    """Return what to do about a run that has not finished: wait, resume it, or train again if it failed."""
    if summary.state == "failed":
        return "train again with other settings, for example a lower `learning_rate`"
    at = standing(path, summary)
    if at.state == "running":
        return "wait until it ends"
    start = ", which begins from the start" if at.step == 0 else ""
    return f"wxb resume {quoted(path)}{start}"
