"""Runs that are deleted: only what is a run's goes, and nothing that is being written."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from wxb.errors import FAILED, WxbError
from wxb.runs.files import LOCK, PART, is_held
from wxb.runs.folder import CHECKPOINT, KEPT, MANIFEST, SUMMARY
from wxb.runs.listing import Listed, runs
from wxb.runs.summary import read_summary

OWN = {*KEPT, MANIFEST, CHECKPOINT, LOCK}  # names of a run's files


def check(path: Path) -> None:
    """Raises WxbError where `path` is not the folder of a run that may be deleted.

    It must be a folder itself, no link to one; hold a run that can be read, and nothing else; and nobody may write it.
    """
    if path.is_symlink():
        raise WxbError(f"{path} is a link; nothing was deleted", fix=f"name the run itself: {os.path.realpath(path)}")
    read_summary(path)
    if others := [entry.name for entry in os.scandir(path) if not _is_own(entry)]:
        named = ", ".join(sorted(others)[:3]) + (" …" if len(others) > 3 else "")
        raise WxbError(f"{path} holds more than a run; nothing was deleted", named, "move it elsewhere first")
    if is_held(path):
        raise WxbError(f"another wxb is writing {path}; nothing was deleted", fix="wait until it ends, or stop it")


def delete(path: Path) -> None:
    """Deletes a run's folder; a link within goes, what it points to stays. Raises WxbError as `check`, and where the
    folder cannot be written.
    """
    check(path)
    # the summary goes last: what is interrupted is still a run, and can be deleted again
    names = sorted((entry.name for entry in os.scandir(path)), key=lambda name: (name == SUMMARY, name))
    try:
        for name in names:
            (path / name).unlink()
        Path(os.path.abspath(path)).rmdir()  # "." cannot be removed by that name
    except OSError as error:
        raise WxbError(f"{path} cannot be deleted: {error.strerror or error}", exit_code=FAILED) from error


def unfinished(folder: str | Path | None, older_than: float) -> list[Listed]:
    """The runs in `folder` (WXB_RUNS, else `runs`) that were stopped or have failed, and that nothing was written to
    for `older_than` seconds; the newest first.
    """
    now = time.time()
    return [
        one
        for one in runs(folder)
        if one.state in ("stopped", "failed")
        and not one.path.is_symlink()
        and now - (one.path / SUMMARY).stat().st_mtime >= older_than
    ]


def distinct(paths: Sequence[str | Path]) -> list[Path]:
    """The paths, each folder once."""
    found: dict[str, Path] = {}
    for path in paths:
        found.setdefault(os.path.abspath(path), Path(path))
    return list(found.values())


def _is_own(entry: os.DirEntry[str]) -> bool:
    """Whether an entry of a run's folder is one of its files, or the rest of one that was being written."""
    part = entry.name.startswith(".") and entry.name.endswith(PART)
    return (entry.name in OWN or part) and not entry.is_dir(follow_symlinks=False)
