"""The line that says how far training, or the prediction of many files, has come."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from wxb.cli import printing
from wxb.text import count, duration

if TYPE_CHECKING:
    from wxb.learning.loop import Record

CELLS = 20  # of the bar
REDRAW = 0.1  # seconds between two drawings
ERASE = "\r\x1b[2K"


class FileProgress:
    """How many files are done: a line that moves on a terminal, where their results go elsewhere and take long."""

    def __init__(self, files: int) -> None:
        self.files = files
        self.moving = sys.stderr.isatty() and not sys.stdout.isatty()
        self._began = self._drawn = time.monotonic()
        self._text = ""  # what stands on the screen

    def __enter__(self) -> FileProgress:
        return self

    def __exit__(self, *exception: object) -> None:
        self._draw("")

    def show(self, done: int) -> None:
        """Draws how far it is, where a second has passed and it is time to."""
        now = time.monotonic()
        if self.moving and now - self._began >= 1 and now - self._drawn >= REDRAW:
            left = (now - self._began) / done * (self.files - done)
            counted = f"{count(done)} of {count(self.files)}"
            text = f"{counted}  {bar(done / self.files)}  {duration(left)} left"
            self._draw(printing.labelled("files", text))
            self._drawn = now

    def remark(self, text: str) -> None:
        """A line of its own, above the one that moves."""
        drawn = self._text
        self._draw("")
        printing.remark(text)
        self._draw(drawn)

    def _draw(self, text: str) -> None:
        if text or self._text:
            width = printing.columns(sys.stderr)
            printing.remark(ERASE + (text if width is None else text[: width - 1]), end="")
        self._text = text


class Progress:
    """Shows records on standard error: nothing, a line an epoch, or one line that is drawn over and over."""

    def __init__(self, quiet: bool = False, moving: bool | None = None) -> None:
        """`moving` is whether one line moves; None: where standard error is a terminal."""
        self.quiet = quiet
        self.moving = sys.stderr.isatty() if moving is None else moving
        self._drawn = -REDRAW  # when, in seconds of the clock
        self._last: Record | None = None
        self._score = ""  # the last epoch's validation

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exception: object) -> None:
        self.end()

    def show(self, record: Record) -> None:
        """Draws the record, where it is time to."""
        if self.quiet:
            return
        self._last = record
        if record.validation is not None:
            self._score = f"validation {record.validation.text}"
        if not self.moving:
            if record.epoch_end:
                printing.remark(line(record, self._score))
        elif (now := time.monotonic()) - self._drawn >= REDRAW:
            self._draw(record)
            self._drawn = now

    def end(self) -> None:
        """Leaves the last record on the screen, and nothing more to draw."""
        if self.moving and self._last is not None:
            self._draw(self._last)
            printing.remark()
            self._last = None

    def _draw(self, record: Record) -> None:
        text = line(record, self._score, bar(record.step / record.steps))
        width = printing.columns(sys.stderr)
        printing.remark(ERASE + (text if width is None else text[: width - 1]), end="")


def line(record: Record, validation: str = "", drawn: str = "") -> str:
    """ "epoch     12 of 20  loss 0.041  validation 98.5 %  3.1 s left"."""
    loss = record.train_loss if record.train_loss is not None else record.loss
    left = record.seconds / record.step * (record.steps - record.step)
    time_left = f"{duration(left)} left" if left else duration(record.seconds)
    parts = (f"{record.epoch} of {record.epochs}", drawn, f"loss {loss:.3g}", validation, time_left)
    return printing.labelled("epoch", "  ".join(part for part in parts if part))


def bar(share: float) -> str:
    """Twenty cells, `share` of them full; of ASCII where the terminal has no blocks."""
    full, empty = "█", "░"
    try:
        (full + empty).encode(sys.stderr.encoding or "ascii")
    except UnicodeEncodeError:
        full, empty = "#", "."
    done = int(share * CELLS)
    return full * done + empty * (CELLS - done)
