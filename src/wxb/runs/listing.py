"""Listing the runs of a folder, newest first, from their `run.json` alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from wxb.errors import WxbError
from wxb.paths import exists
from wxb.runs.folder import CHECKPOINT, SUMMARY, root
from wxb.runs.schema import State, Summary
from wxb.runs.standing import Standing, standing
from wxb.runs.summary import read_summary

SCORES = ("accuracy", "exact_match", "label_accuracy", "r2", "rmse", "mae", "loss")  # always named, if only by None


@dataclass(frozen=True)
class Listed:
    """A run in a list: its summary, or the `problem` that prevents reading it."""

    path: Path
    summary: Summary | None
    problem: str = ""

    @property
    def state(self) -> State | Literal["damaged"]:
        """The state in `run.json`, except "stopped" if its process is gone, and "damaged" if it cannot be read."""
        return "damaged" if self.standing is None else self.standing.state

    @property
    def has_leftover(self) -> bool:
        """Whether a checkpoint is left in a finished run, because it could not be removed or the process was killed."""
        return self.state == "finished" and exists(self.path / CHECKPOINT)

    @cached_property
    def standing(self) -> Standing | None:
        """How far the run has come; None if it cannot be read."""
        return None if self.summary is None else standing(self.path, self.summary)


def runs(folder: str | Path | None = None) -> list[Listed]:
    """Return the runs directly in `folder` (default: WXB_RUNS, or `runs`), ignoring everything else there.

    Raises WxbError if a folder was named that does not exist.
    """
    where = root() if folder is None else Path(folder)
    try:
        names = sorted(entry.name for entry in os.scandir(where))
    except (FileNotFoundError, NotADirectoryError):
        if folder is None:
            return []
        raise WxbError(f"there is no folder {where}", fix="wxb runs FOLDER lists the runs that lie in FOLDER") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise WxbError(f"{where} cannot be read: {why}", fix="wxb runs FOLDER lists the runs in FOLDER") from error
    listed = [_listed(where / name) for name in names if exists(os.path.join(where, name, SUMMARY))]
    return sorted(listed, key=lambda one: one.summary.created if one.summary else "", reverse=True)


def find(places: Sequence[str | Path]) -> list[Listed]:
    """Return the runs named by `places`, each a run or a folder of runs; without places, those of `runs()`.

    Raises WxbError like `runs`.
    """
    if not places:
        return runs()
    listed = []
    for place in map(Path, places):
        listed += [_listed(place)] if exists(place / SUMMARY) else runs(place)
    return listed


def results(one: Listed) -> dict[str, Any]:
    """Return the facts and scores of a run by name; None for those it does not have.

    Raises WxbError if the run cannot be read.
    """
    about = one.summary if one.summary is not None else read_summary(one.path)
    test, at = about.test or {}, standing(one.path, about)
    return {
        "data": about.data,
        "network": about.network,
        "state": at.state,
        "steps": at.step,
        "parameters": about.parameters,
        "multiply_adds": about.multiply_adds,
        "created": about.created,
        "finished": about.finished,
        **dict.fromkeys(SCORES),
        **{name: value for name, value in test.items() if isinstance(value, float)},
    }


def _listed(path: Path) -> Listed:
    try:
        return Listed(path, read_summary(path))
    except WxbError as error:
        return Listed(path, None, error.what)
