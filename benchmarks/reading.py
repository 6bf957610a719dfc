"""Photos per second from JPEG files to batches: wxb in its first and later epochs, and Pillow in a DataLoader.

Only reading is measured; no network sees the batches.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

import wxb
from benchmarks import timing
from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table, lines
from benchmarks.photos import HEIGHT, WIDTH, make
from wxb.allocator import kept
from wxb.data.pictures import cache as packs
from wxb.data.pictures.decoding import decode, read_header
from wxb.learning.feed import Feed

BATCH_SIZE = 64
WORKERS = 2
COMPARED = 50  # photos whose pixels are compared


@dataclass(frozen=True)
class Side:
    """Photos scaled to some pixels on a side; bounds are multiples of the rate of Pillow in a DataLoader."""

    side: int
    first: Bound | None = None
    later: Bound | None = None

    @property
    def what(self) -> str:
        """The name of its line."""
        return f"{self.side} px"


@dataclass(frozen=True)
class Reading(Figure):
    """The figure of all sides."""

    rows: tuple[Side, ...]
    photos: int = 1000
    repetitions: int = 3

    def measure(self, scope: Scope) -> Rows:
        """Every side, with photos made for the figure."""
        with tempfile.TemporaryDirectory() as place, cache_in(Path(place) / "cache"):
            folder = Path(place) / "photos"
            files = make(folder, self.photos)
            return [measure(folder, files, one.side, scope.repetitions or self.repetitions) for one in self.rows]

    def table(self, rows: Rows) -> Table:
        """Photos per second; ratios are of medians."""
        head = (
            "side", "Pillow in a DataLoader", "wxb, first epoch", "wxb, later epochs", "first / Pillow",
            "later / Pillow", "pixels differ by", "owed",
        )  # fmt: skip
        return [head, *lines(self.rows, [{**row, "what": f"{row['side']} px"} for row in rows], line)]


def line(one: Side, row: Row) -> Cells:
    """The line of a side."""
    rates = [row["photos_a_second"][name] for name in ("Pillow", "first", "later")]
    pillow, *ours = map(statistics.median, rates)
    ratios = [rate / pillow for rate in ours]
    bounds = zip((one.first, one.later), ratios, strict=True)
    owed = "; ".join(verdict(bound, ratio) for bound, ratio in bounds if bound)
    cells = (*(middle(values, 0) for values in rates), *(f"{ratio:.2f}×" for ratio in ratios))
    return (one.what, *cells, f"{row['pixels_differ']:.2f} of 255", owed)


@contextmanager
def cache_in(folder: Path) -> Iterator[None]:
    """Let wxb keep decoded pictures in this folder inside `with`."""
    before = os.environ.get("WXB_CACHE")
    os.environ["WXB_CACHE"] = str(folder)
    try:
        yield
    finally:
        del os.environ["WXB_CACHE"]
        if before is not None:
            os.environ["WXB_CACHE"] = before


def measure(folder: Path, files: list[Path], side: int, repetitions: int) -> Row:
    """Photos per second of each way at each repetition, in turn."""
    batches: list[Feed] = []

    def rate(name: str, work: Callable[[], object]) -> float:
        value = round(len(files) / timing.seconds(work), 1)
        print(f"  {side} px, {name}: {value:,.0f} photos/s", file=sys.stderr)
        return value

    def first() -> float:
        packs.clean()
        batches.clear()
        return rate("first", lambda: batches.append(first_epoch(folder, side)))

    ways: dict[str, Callable[[], float]] = {
        "Pillow": lambda: rate("Pillow", partial(through_dataloader, files, side)),
        "first": first,
        "later": lambda: rate("later", lambda: epoch(batches[0], 2)),
    }
    rates = timing.in_turn(ways, repetitions)
    off = []
    for file in files[:COMPARED]:
        pixels, _ = decode(file, read_header(file, HEIGHT * WIDTH), False, side, HEIGHT * WIDTH)
        off.append(np.abs(pixels.astype(np.int16) - decoded_in_full(file, side)).mean())
    return {
        "side": side,
        "photos": len(files),
        "bytes": round(statistics.mean(file.stat().st_size for file in files)),
        "batch_size": BATCH_SIZE,
        "photos_a_second": rates,
        "pixels_differ": round(float(np.mean(off)), 3),
    }


def first_epoch(folder: Path, side: int) -> Feed:
    """Read a folder for the first time and all batches of an epoch; return the feed for later epochs."""
    data = wxb.load_data(folder, size=side)
    batches = Feed(data.inputs, np.arange(len(data.examples)), BATCH_SIZE, "cpu", seed=0)
    epoch(batches, 1)
    return batches


def epoch(batches: Feed, number: int) -> None:
    """Read every batch of an epoch like a training, with its memory kept."""
    batches.start(number)
    with kept():
        for index in range(len(batches)):
            batches.inputs(batches.rows(index))


def decoded_in_full(file: Path, side: int) -> NDArray[np.uint8]:
    """The middle square (3, side, side) like that of `decode`, but from all pixels of the file."""
    with Image.open(file) as opened:
        picture = opened.convert("RGB")
    shorter = min(picture.size)
    left, top = ((length - shorter) // 2 for length in picture.size)
    small = picture.resize((side, side), Image.Resampling.BILINEAR, box=(left, top, left + shorter, top + shorter))
    return np.asarray(small).transpose(2, 0, 1)


class Photos(torch.utils.data.Dataset[tuple[torch.Tensor, int]]):
    """Photos as people read them: every pixel decoded, the shorter side scaled, the middle cropped."""

    def __init__(self, files: list[Path], side: int) -> None:
        self.files = files
        self.side = side

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        file = self.files[index]
        with Image.open(file) as opened:
            picture = opened.convert("RGB")
        scale = self.side / min(picture.size)
        width, height = (round(length * scale) for length in picture.size)
        picture = picture.resize((width, height), Image.Resampling.BILINEAR)
        left, top = (width - self.side) // 2, (height - self.side) // 2
        picture = picture.crop((left, top, left + self.side, top + self.side))
        return torch.from_numpy(np.array(picture)).permute(2, 0, 1), int(file.parent.name == "b")


def through_dataloader(files: list[Path], side: int) -> None:
    """Read every batch of an epoch of a DataLoader with workers."""
    loader = torch.utils.data.DataLoader(Photos(files, side), BATCH_SIZE, shuffle=True, num_workers=WORKERS)
    for _ in loader:
        pass
