"""The curves of a run: its history read as it grows, and thinned to what a screen shows without losing an extreme."""

from __future__ import annotations

import os
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.runs.folder import HISTORY
from wxb.runs.journal import whole_lines
from wxb.runs.schema import Epoch
from wxb.runs.version1 import epoch as of_version1
from wxb.storage import understanding

PIECE = 1 << 22  # bytes of the history that are decoded at once
BLOCK = 256  # points whose least and greatest values are kept beside them
STEP = "step"
FIXED = ("train_loss", "learning_rate", "epoch", "seconds")
LEFT_OUT = ("examples",)  # of a validation score: no curve


@dataclass
class Series:
    """Values by place in the history, with the least and the greatest of each whole block of them."""

    values: array[float] = field(default_factory=lambda: array("d"))
    least: array[float] = field(default_factory=lambda: array("d"))
    greatest: array[float] = field(default_factory=lambda: array("d"))

    def grow(self) -> None:
        """Take up the blocks that have become whole."""
        done = len(self.least)
        whole = len(self.values) // BLOCK
        if whole > done:
            new = np.frombuffer(self.values)[done * BLOCK : whole * BLOCK].reshape(-1, BLOCK).copy()
            self.least.frombytes(np.fmin.reduce(new, axis=1).tobytes())
            self.greatest.frombytes(np.fmax.reduce(new, axis=1).tobytes())

    def extremes(self, edges: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The least and the greatest value between each two edges (n + 1,) → (n,); NaN where there is none."""
        values = np.frombuffer(self.values).copy() if len(self.values) < 2 * BLOCK else np.frombuffer(self.values)
        wide = (edges[-1] - edges[0]) // max(len(edges) - 1, 1)
        if wide < 4 * BLOCK:
            starts = edges[:-1]
            part = values[: edges[-1]]
            return np.fmin.reduceat(part, starts), np.fmax.reduceat(part, starts)
        # the blocks inside of each bucket, then the points before the first and after the last of them
        first, last = -(-edges[:-1] // BLOCK), edges[1:] // BLOCK
        low, high = np.empty(len(first)), np.empty(len(first))
        least, greatest = np.frombuffer(self.least), np.frombuffer(self.greatest)
        for place, (a, b) in enumerate(zip(first, last, strict=True)):
            before, after = values[edges[place] : a * BLOCK], values[b * BLOCK : edges[place + 1]]
            low[place] = np.fmin.reduce(np.concatenate([before, least[a:b], after]), initial=np.nan)
            high[place] = np.fmax.reduce(np.concatenate([before, greatest[a:b], after]), initial=np.nan)
        return low, high


class Curves:
    """The history of one run, read on from where the last look ended."""

    def __init__(self, run: Path, task: str, of_format: int) -> None:
        self.path = run / HISTORY
        self._older = (lambda line: of_version1(line, task)) if of_format == 1 else None
        self._clear()

    def _clear(self) -> None:
        self.series: dict[str, Series] = {STEP: Series()}
        self._read = 0  # bytes of the file
        self._file: tuple[int, int] = (0, 0)  # device and inode of what was read

    def __len__(self) -> int:
        """How many points there are."""
        return len(self.series[STEP].values)

    def look(self) -> None:
        """Read what was appended since the last look; all of it if the file was replaced, as a resume does.

        Raises WxbError if a line is damaged; the lines before it are kept.
        """
        try:
            with self.path.open("rb") as file:
                about = os.fstat(file.fileno())
                if (about.st_dev, about.st_ino) != self._file or about.st_size < self._read:
                    self._clear()
                    self._file = (about.st_dev, about.st_ino)
                file.seek(self._read)
                rest = b""
                while piece := file.read(PIECE):
                    piece = rest + piece
                    end = piece.rfind(b"\n") + 1
                    if end:
                        self._take(piece[:end])
                        self._read += end
                    rest = piece[end:]
        except FileNotFoundError:
            self._clear()
        except OSError as error:
            raise WxbError(f"{self.path} cannot be read: {error.strerror or error}", fix="make it readable") from error

    def _take(self, text: bytes) -> None:
        with understanding(self.path):
            epochs = (
                DECODER.decode_lines(text)
                if self._older is None
                else [msgspec.convert(self._older(msgspec.json.decode(line)), Epoch) for line in whole_lines(text)]
            )
        before = len(self)
        self.series[STEP].values.extend(float(one.step) for one in epochs)
        columns: dict[str, list[float]] = {name: [number(getattr(one, name)) for one in epochs] for name in FIXED}
        names = dict.fromkeys(name for one in epochs for name in one.validation or ())
        for name in names:
            if name not in LEFT_OUT:
                columns[f"validation_{name}"] = [number((one.validation or {}).get(name)) for one in epochs]
        for name, values in columns.items():
            if name not in self.series:
                self.series[name] = Series(array("d", [np.nan]) * before)
            self.series[name].values.extend(values)
        for one in self.series.values():
            one.values.extend([np.nan] * (len(self) - len(one.values)))
            one.grow()

    def between(self, first: float | None, last: float | None, buckets: int) -> dict[str, Any]:
        """The curves between two steps, in at most `buckets` buckets: of each the least and the greatest value.

        The first and last point outside of the range are in it too, so that a line leaves the picture at its sides.
        Where there are no more points than buckets they stand for themselves, and the two are equal.
        """
        steps = np.frombuffer(self.series[STEP].values).copy() if len(self) else np.empty(0)
        if not len(steps):
            return {"points": 0, "whole": True, "first": None, "last": None, "step": [], "series": {}}
        begin = 0 if first is None else max(0, int(np.searchsorted(steps, first, "left")) - 1)
        end = len(steps) if last is None else min(len(steps), int(np.searchsorted(steps, last, "right")) + 1)
        end = max(end, begin + 1)
        count = min(buckets, end - begin)
        edges = np.linspace(begin, end, count + 1).astype(np.int64)
        whole = count == end - begin
        middle = steps[edges[:-1]] if whole else (steps[edges[:-1]] + steps[edges[1:] - 1]) / 2
        series = {}
        for name, one in self.series.items():
            if name != STEP:
                low, high = one.extremes(edges)
                series[name] = {"min": plain(low), "max": plain(high)}
        return {
            "points": len(steps),
            "whole": whole,
            "first": float(steps[0]),
            "last": float(steps[-1]),
            "step": plain(middle),
            "series": series,
        }


DECODER = msgspec.json.Decoder(Epoch)


def number(value: float | None) -> float:
    """A number, or NaN for none."""
    return np.nan if value is None else float(value)


def plain(values: NDArray[np.float64]) -> list[float | None]:
    """Numbers for JSON, which has none that are not finite; with seven digits, more than a screen can show."""
    return [float(f"{one:.7g}") if np.isfinite(one) else None for one in values.tolist()]
