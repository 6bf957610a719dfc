"""Deleting runs: only files that belong to a run go, and none of a run that is being written."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from wxb.errors import FAILED, WxbError
from wxb.paths import absolute, exists, is_folder, is_link, status
from wxb.runs.folder import PLAYING, SUMMARY
from wxb.runs.listing import Listed, runs
from wxb.runs.manifest import strangers
from wxb.runs.summary import read_summary
from wxb.storage import is_held
from wxb.text import first_of


def check(path: Path) -> None:
    """Raise WxbError if `path` is not the folder of a run that may be deleted.

    It must be a folder itself, not a link to one; it must hold a run that can be read, and nothing else; and no process
    may be writing it.
    """
    if is_link(path):
        raise WxbError(f"{path} is a link; nothing was deleted", fix=f"name the run itself: {os.path.realpath(path)}")
    if not exists(path / PLAYING):  # of such a run its own file says what it is
        read_summary(path)
    if others := strangers(path):
        raise WxbError(
            f"{path} holds more than a run; nothing was deleted", first_of(others, 3), "move it elsewhere first"
        )
    if is_held(path):
        raise WxbError(f"another wxb is writing {path}; nothing was deleted", fix="wait until it ends, or stop it")


def delete(path: Path) -> None:
    """Delete a run's folder; a link within it goes, what the link points to stays.

    Raises WxbError like `check`, and if the folder cannot be written.
    """
    check(path)
    try:
        # the summary goes last: what is interrupted is still a run, and can be deleted again
        last = path / (PLAYING if exists(path / PLAYING) else SUMMARY)
        for folder, folders, names in os.walk(path, topdown=False):
            for name in (*names, *folders):
                entry = Path(folder) / name
                if is_folder(entry) and not is_link(entry):
                    entry.rmdir()
                elif entry != last:
                    entry.unlink()
        last.unlink()
        Path(os.path.abspath(path)).rmdir()  # "." cannot be removed by that name
    except OSError as error:
        raise WxbError(f"{path} cannot be deleted: {error.strerror or error}", exit_code=FAILED) from error


def unfinished(folder: str | Path | None, older_than: float) -> list[Listed]:
    """Return the runs in `folder` that were stopped or have failed, unwritten for `older_than` seconds, newest first.

    Without `folder` they are those in WXB_RUNS, or in `runs`.
    """
    now = time.time()
    return [
        one
        for one in runs(folder)
        if one.state in ("stopped", "failed")
        and not is_link(one.path)
        and (about := status(one.path / SUMMARY)) is not None
        and now - about.st_mtime >= older_than
    ]


def distinct(paths: Sequence[str | Path]) -> list[Path]:
    """Return the paths, each folder once."""
    by_place: dict[str, Path] = {}
    for path in paths:
        by_place.setdefault(os.path.normpath(absolute(path)), Path(path))
    return list(by_place.values())
