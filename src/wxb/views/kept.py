"""Rows of a long computation, kept in the folder of a run, so that what was interrupted goes on from there."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from wxb import storage
from wxb.errors import WxbError
from wxb.paths import exists
from wxb.runs.folder import VIEWS
from wxb.runs.run import Run

KEY = 16  # hexadecimal digits of a key in a file's name; VIEW knows the form


class Row(Struct, frozen=True):
    """A line of the file: the number of a row, its values, and their digest."""

    row: int
    values: list[float | None]  # None: no finite number
    digest: str


class KeptRows:
    """Rows of one computation, in a file that is named after the digest of all that decides them.

    Each row is appended when it is complete. A line that is torn or changed counts as missing. Without a run, or in a
    folder that cannot be written, nothing is kept.
    """

    def __init__(self, run: Run | None, name: str, key: str) -> None:
        self.path: Path | None = None if run is None else run.path / VIEWS / f"{name}-{key[:KEY]}.jsonl"

    def read(self, length: int) -> dict[int, NDArray[np.float64]]:
        """The rows that are there, of so many values each, by their numbers."""
        if self.path is None or not exists(self.path):
            return {}
        found = {}
        for line in storage.read(self.path).splitlines():
            try:
                one = msgspec.json.decode(line, type=Row)
            except ValueError:  # torn by a kill
                continue
            if len(one.values) == length and one.digest == _digest(one.row, one.values):
                found[one.row] = np.array([np.inf if value is None else value for value in one.values])
        return found

    def add(self, number: int, values: NDArray[np.float64]) -> None:
        """Keep a row; if it cannot be written, nothing more is kept."""
        if self.path is None:
            return
        listed = [float(value) if np.isfinite(value) else None for value in values]
        line = msgspec.json.encode(Row(number, listed, _digest(number, listed)))
        try:
            self.path.parent.mkdir(exist_ok=True)
            # after a line that was torn, on a line of its own
            storage.append(self.path, b"\n" + line + b"\n", sync=False)
        except (OSError, WxbError):
            self.path = None


def _digest(row: int, values: list[float | None]) -> str:
    return storage.digest(msgspec.json.encode([row, values]))[:KEY]
