"""Reading `run.json`: what a run is, in one small file that a list of runs reads without any other."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, cast

import msgspec

from wxb.errors import WxbError
from wxb.paths import exists, obstacle, quoted
from wxb.runs import version1
from wxb.runs.folder import PLAYING, SUMMARY, no_run
from wxb.runs.schema import FORMAT, Summary, Version
from wxb.storage import damaged, decode, digest, json_text, read
from wxb.tasks import TASKS


def read_summary(folder: Path) -> Summary:
    """Read `run.json` of a run's folder.

    Raises WxbError if there is no such folder or no run in it, or if the run is of a newer version or damaged.
    """
    path = folder / SUMMARY
    if not exists(path):
        if why := obstacle(path):
            raise WxbError(f"{path} cannot be read: {why}", fix="wxb runs lists the runs there are")
        if not exists(folder):
            raise WxbError(f"there is no run {folder}", fix="wxb runs lists those there are")
        if exists(folder / PLAYING):
            raise WxbError(
                f"{folder} has learned to play a game: it has no data, and this is about data",
                fix=f"wxb play {quoted(folder)} plays it, wxb report {quoted(folder)} tells how well",
            )
        raise no_run(folder, SUMMARY)
    data = read(path)
    version = version_of(path, data, FORMAT)
    summary = decode(path, data, Summary, version1.summary if version == 1 else None)
    task = TASKS.get(summary.task)
    if task is None:
        raise damaged(path, f"{summary.task} is not a kind of target", f"known: {', '.join(TASKS)}")
    if summary.test is not None and task.measure.name not in summary.test:
        raise damaged(path, f"its test score has no {task.measure.name}")
    need_seal(path, summary)
    return summary


class Sealed(Protocol):
    """What a run says of itself, whatever it learns from, with a checksum of all the other values."""

    checksum: str | None


def version_of(path: Path, data: bytes, newest: int) -> int:
    """The version of the format that a file of a run is in. Raises WxbError if it is newer than the `newest` known."""
    version = decode(path, data, Version)
    if version.format > newest:
        raise WxbError(
            f"{path.parent} was made by a newer wxb ({version.wxb})",
            f"its format is {version.format}; this wxb reads up to {newest}",
            "pip install --upgrade wxb",
        )
    return version.format


def sealed(about: Sealed) -> bytes:
    """Encode what a run says of itself as its file, with its checksum."""
    return json_text(_with_checksum(about, _checksum(about)))


def need_seal(path: Path, about: Sealed) -> None:
    """Raise WxbError if the checksum that was read from a file does not fit its content; a file may have none."""
    if about.checksum is not None and about.checksum != _checksum(about):
        raise damaged(path, "its checksum does not fit its content")


def _checksum(about: Sealed) -> str:
    return digest(msgspec.json.encode(_with_checksum(about, None)))


def _with_checksum(about: Sealed, checksum: str | None) -> msgspec.Struct:
    return msgspec.structs.replace(cast(msgspec.Struct, about), checksum=checksum)


def now() -> str:
    """Return the time as `run.json` has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
