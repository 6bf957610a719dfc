"""What the page says of a run in a list, and where it stands: read from the run's folder, and only when it changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from wxb.errors import WxbError
from wxb.page.folder import Folder
from wxb.paths import status
from wxb.runs.files import RunFiles
from wxb.runs.folder import CHECKPOINT, HISTORY, LABEL, SETTINGS, SUMMARY
from wxb.runs.label import read_label
from wxb.runs.standing import standing
from wxb.runs.summary import read_summary
from wxb.storage import is_held
from wxb.tasks import TASKS

Signature = tuple[object, ...]
SEEN = (SUMMARY, SETTINGS, LABEL)


class Listing:
    """The runs of a folder as the page lists them; what was read is kept until the run's files change."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._known: dict[str, tuple[Signature, dict[str, Any]]] = {}

    def __call__(self) -> list[dict[str, Any]]:
        """Every run, newest first."""
        names = self.folder.names()
        self._known = {name: one for name, one in self._known.items() if name in set(names)}
        return sorted((self.one(name) for name in names), key=lambda one: one["created"] or "", reverse=True)

    def one(self, name: str) -> dict[str, Any]:
        """One run of the folder."""
        path = self.folder.path / name
        found = signature(path, SEEN)
        known = self._known.get(name)
        if known is None or known[0] != found:
            known = self._known[name] = (found, facts(path))
        told = known[1]
        # whether its process is alive is in no file
        return {**told, **progress(path)} if told["state"] == "running" else told


def signature(path: Path, names: tuple[str, ...]) -> Signature:
    """What changes with the files of these names: their inodes, times and sizes."""
    found = (status(path / name) for name in names)
    return tuple(one and (one.st_ino, one.st_mtime_ns, one.st_size) for one in found)


def facts(path: Path) -> dict[str, Any]:
    """What the list says of a run; of one that cannot be read, why."""
    try:
        about = read_summary(path)
    except WxbError as problem:
        return {
            "name": path.name, "state": "damaged", "problem": problem.what, "created": None, "expected": problem.detail,
            "fix": problem.fix,
        }  # fmt: skip
    measure = TASKS[about.task].measure
    score = None if about.test is None else about.test.get(measure.name)
    interval = None if about.test is None else about.test.get(measure.interval_key or "interval")
    return {
        "name": path.name,
        "state": about.state,
        "problem": about.reason or "",
        "data": about.data,
        "task": about.task,
        "network": about.network,
        "parameters": about.parameters,
        "multiply_adds": about.multiply_adds,
        "created": about.created,
        "finished": about.finished,
        "step": about.steps.done,
        "steps": about.steps.total,
        "measure": measure.name,
        "form": measure.form,
        "score_label": measure.label,
        "score": score,
        "interval": interval,
        "test": about.test,
        "input": about.input,
        "classes": about.classes,
        "settings": settings(path),
        "label": read_label(path),
    }


def progress(path: Path) -> dict[str, Any]:
    """How far a run has come, and whether a process is at work on it; nothing of one that cannot be read."""
    try:
        found = standing(path, read_summary(path))
    except WxbError:
        return {}
    return {"state": found.state, "step": found.step, "steps": found.steps, "told": str(found)}


def settings(path: Path) -> dict[str, Any]:
    """The settings of a run, without what changed it on its way; none if they cannot be read."""
    try:
        read = RunFiles(path, read_summary(path)).settings
    except WxbError:
        return {}
    return {name: value for name, value in read.items() if name != "events"}


def moving(path: Path) -> Signature:
    """What changes when a run gets further, is taken up, or ends."""
    return (*signature(path, (SUMMARY, HISTORY, CHECKPOINT)), is_held(path))


def plain(value: object) -> Any:
    """A value of a run's files as plain ones for JSON."""
    return msgspec.to_builtins(value)
