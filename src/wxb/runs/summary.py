"""`run.json`: what a run is, in one small file that a list of runs reads without any other."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from wxb.errors import WxbError
from wxb.runs.files import damaged
from wxb.runs.folder import SUMMARY

FORMAT = 1  # of the run folder; a run with a greater one is refused
NOTATION = 1  # version of the notation that canonical texts are written in
State = Literal["running", "stopped", "finished", "failed"]


class Steps(msgspec.Struct):
    """How far training has come; the checkpoint may lie before it."""

    done: int = 0
    total: int = 0


class Summary(msgspec.Struct):
    """What `run.json` holds. Times are UTC, ISO 8601 to the second."""

    format: int
    wxb: str  # version that made the run
    notation: int  # version of the notation that `network` is written in
    state: State
    name: str
    data: str
    task: str  # "classes", "labels", "numbers"
    network: str  # canonical text
    head: str
    input: tuple[int, ...]  # shape of one example
    targets: int
    classes: tuple[str, ...]  # names of the classes, labels or numbers
    parameters: int
    multiply_adds: int  # of one example
    created: str
    finished: str | None = None
    steps: Steps = msgspec.field(default_factory=Steps)
    test: dict[str, object] | None = None  # the `test` object of `wxb train --json`
    reason: str | None = None  # of a failed run: what ended it


class _Format(msgspec.Struct):
    format: int
    wxb: str = "a newer wxb"


def read_summary(folder: Path) -> Summary:
    """Reads `run.json` of a run's folder.

    Raises WxbError where there is no such folder, no run in it, a run of a newer version, or a damaged file.
    """
    path = folder / SUMMARY
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        if not folder.exists():
            raise WxbError(f"there is no run {folder}", fix="wxb runs lists those there are") from None
        raise WxbError(f"{folder} is no run: it has no {SUMMARY}", fix="wxb runs lists those there are") from None
    except OSError as error:
        raise WxbError(f"{path} cannot be read: {error.strerror}") from error
    try:
        version = msgspec.json.decode(data, type=_Format)
        if version.format > FORMAT:
            raise WxbError(
                f"{folder} was made by a newer wxb ({version.wxb})",
                f"its format is {version.format}; this wxb reads up to {FORMAT}",
                "pip install --upgrade wxb",
            )
        return msgspec.json.decode(data, type=Summary)
    except msgspec.DecodeError as error:
        raise damaged(path, detail=str(error)) from error


def now() -> str:
    """The time as `run.json` has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
