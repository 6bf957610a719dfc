"""All runs of a folder, the newest first, by their `run.json` alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wxb.errors import WxbError
from wxb.runs.files import is_held
from wxb.runs.folder import SUMMARY, root
from wxb.runs.summary import Summary, read_summary

SCORES = ("accuracy", "r2", "rmse", "mae", "loss")  # that a test score may have


@dataclass(frozen=True)
class Listed:
    """A run in a list; `problem` says why one cannot be read, and there is no summary then."""

    path: Path
    summary: Summary | None
    problem: str = ""

    @property
    def state(self) -> str:
        """As in `run.json`, but "stopped" where the process that wrote it is gone; "damaged" where nothing is known."""
        if self.summary is None:
            return "damaged"
        if self.summary.state == "running" and not is_held(self.path):
            return "stopped"
        return self.summary.state


def runs(folder: str | Path | None = None) -> list[Listed]:
    """The runs that lie directly in `folder` (WXB_RUNS, else `runs`); what is no run is passed over.

    Raises WxbError where a folder that was named is not there.
    """
    where = root() if folder is None else Path(folder)
    try:
        names = sorted(entry.name for entry in os.scandir(where))
    except (FileNotFoundError, NotADirectoryError):
        if folder is None:
            return []
        raise WxbError(f"there is no folder {where}", fix="wxb runs FOLDER lists the runs that lie in FOLDER") from None
    except OSError as error:
        raise WxbError(f"{where} cannot be read: {error.strerror}") from error
    found = [_listed(where / name) for name in names if os.path.exists(os.path.join(where, name, SUMMARY))]
    return sorted(found, key=lambda one: one.summary.created if one.summary else "", reverse=True)


def find(places: Sequence[str | Path]) -> list[Listed]:
    """The runs that `places` name, each a run or a folder of runs, in their order; without any, those of `runs()`.

    Raises WxbError as `runs`.
    """
    if not places:
        return runs()
    found = []
    for place in map(Path, places):
        found += [_listed(place)] if (place / SUMMARY).is_file() else runs(place)
    return found


def results(one: Listed) -> dict[str, Any]:
    """What a run is and what came out, by name; None for what it has not.

    Raises WxbError where the run cannot be read.
    """
    about = one.summary if one.summary is not None else read_summary(one.path)
    test = about.test or {}
    return {
        "data": about.data,
        "network": about.network,
        "state": one.state,
        "steps": about.steps.done,
        "parameters": about.parameters,
        "multiply_adds": about.multiply_adds,
        "created": about.created,
        "finished": about.finished,
        **{name: test.get(name) for name in SCORES},
    }


def _listed(path: Path) -> Listed:
    try:
        return Listed(path, read_summary(path))
    except WxbError as error:
        return Listed(path, None, error.what)
