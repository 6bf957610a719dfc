"""Reading `run.json`: what a run is, in one small file that a list of runs reads without any other."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

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
    version = decode(path, data, Version)
    if version.format > FORMAT:
        raise WxbError(
            f"{folder} was made by a newer wxb ({version.wxb})",
            f"its format is {version.format}; this wxb reads up to {FORMAT}",
            "pip install --upgrade wxb",
        )
    summary = decode(path, data, Summary, version1.summary if version.format == 1 else None)
    task = TASKS.get(summary.task)
    if task is None:
        raise damaged(path, f"{summary.task} is not a kind of target", f"known: {', '.join(TASKS)}")
    if summary.test is not None and task.measure.name not in summary.test:
        raise damaged(path, f"its test score has no {task.measure.name}")
    if summary.checksum is not None and summary.checksum != _checksum(summary):
        raise damaged(path, "its checksum does not fit its content")
    return summary


def sealed(summary: Summary) -> bytes:
    """Encode a summary as `run.json`, with its checksum."""
    return json_text(msgspec.structs.replace(summary, checksum=_checksum(summary)))


def _checksum(summary: Summary) -> str:
    return digest(msgspec.json.encode(msgspec.structs.replace(summary, checksum=None)))


def now() -> str:
    """Return the time as `run.json` has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
