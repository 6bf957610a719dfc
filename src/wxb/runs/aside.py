"""Deleted runs that can be brought back: they lie aside for a week, in a folder beside the others."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from wxb.errors import FAILED, WxbError
from wxb.paths import exists, status
from wxb.runs import removal

ASIDE = ".deleted"  # in a folder of runs
KEPT = 7 * 86400.0  # seconds


@dataclass(frozen=True)
class Deleted:
    """A run that lies aside."""

    path: Path  # where it lies, in a folder of its own
    since: float  # seconds since 1970

    @property
    def key(self) -> str:
        """The name of the folder of its own: two runs of the same name can have been deleted."""
        return self.path.parent.name

    @property
    def name(self) -> str:
        """The name that it had."""
        return self.path.name


def set_aside(run: Path) -> Deleted:
    """Move a run aside, in one step. Raises WxbError like `removal.check`, and if the folder cannot be written."""
    removal.check(run)
    own = run.parent / ASIDE / secrets.token_hex(8)
    try:
        own.mkdir(parents=True)
        os.rename(run, own / run.name)
    except OSError as error:
        raise WxbError(f"{run} cannot be deleted: {error.strerror or error}", exit_code=FAILED) from error
    return Deleted(own / run.name, time.time())


def deleted(folder: Path) -> list[Deleted]:
    """The runs of a folder that lie aside, the last one that was deleted first."""
    found = []
    for own in _entries(folder / ASIDE):
        about = status(own)
        found += [Deleted(run, about.st_mtime) for run in _entries(own) if about is not None]
    return sorted(found, key=lambda one: one.since, reverse=True)


def bring_back(folder: Path, key: str) -> Path:
    """Move a run back under its name; return where it is. Raises WxbError if there is none, or if its name is taken."""
    one = _of_key(folder, key)
    back = folder / one.name
    if exists(back):
        raise WxbError(f"{back} exists; nothing was brought back", fix="rename or delete that one first")
    try:
        os.rename(one.path, back)
        one.path.parent.rmdir()
    except OSError as error:
        raise WxbError(f"{back} cannot be written: {error.strerror or error}", exit_code=FAILED) from error
    return back


def remove(folder: Path, key: str) -> None:
    """Delete a run that lies aside for good. Raises WxbError if there is none, and like `removal.delete`."""
    one = _of_key(folder, key)
    removal.delete(one.path)
    one.path.parent.rmdir()


def remove_old(folder: Path) -> None:
    """Delete for good what has been lying aside for a week. What cannot be deleted stays."""
    for one in deleted(folder):
        if time.time() - one.since > KEPT:
            try:
                remove(folder, one.key)
            except (WxbError, OSError):
                continue


def _of_key(folder: Path, key: str) -> Deleted:
    one = next((one for one in deleted(folder) if one.key == key), None)
    if one is None:
        raise WxbError("this run does not lie aside any more", fix="look at the list again")
    return one


def _entries(folder: Path) -> list[Path]:
    """The folders in a folder, without links; none if it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
