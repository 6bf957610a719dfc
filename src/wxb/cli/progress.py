"""The progress of training, or of the prediction of many files, as a line on standard error."""

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


class MovingLine:
    """A line of a terminal's standard error that is drawn over and over."""

    def __init__(self) -> None:
        self._text = ""  # on the screen

    def draw(self, text: str) -> None:
        """Draw the text over the last one; an empty text erases it."""
        if text or self._text:
            width = printing.columns(sys.stderr)
            printing.remark(printing.ERASE + (text if width is None else text[: width - 1]), end="")
        self._text = text

    def remark(self, text: str) -> None:
        """Print a line above the moving one."""
        drawn = self._text
        self.draw("")
        printing.remark(text)
        self.draw(drawn)


class FileProgress:
    """How many files are done: a moving line on a terminal, if the results go elsewhere and take long."""

    def __init__(self, files: int) -> None:
        self.files = files
        self.moving = sys.stderr.isatty() and not sys.stdout.isatty()
        self._began = self._drawn = time.monotonic()
        self._line = MovingLine()
        self.remark = self._line.remark

    def __enter__(self) -> FileProgress:
        return self

    def __exit__(self, *exception: object) -> None:
        self._line.draw("")

    def show(self, done: int) -> None:
        """Draw how many files are done, after the first second and then ten times per second."""
        now = time.monotonic()
        if self.moving and now - self._began >= 1 and now - self._drawn >= REDRAW:
            left = (now - self._began) / done * (self.files - done)
            counted = f"{count(done)} of {count(self.files)}"
            text = f"{counted}  {bar(done / self.files)}  {duration(left)} left"
            self._line.draw(printing.labelled("files", text))
            self._drawn = now


class Progress:
    """Shows records on standard error: nothing, a line per epoch, or one moving line."""

    def __init__(self, quiet: bool = False, moving: bool | None = None) -> None:
        """`moving` is whether one line moves; None: if standard error is a terminal."""
        self.quiet = quiet
        self.moving = sys.stderr.isatty() if moving is None else moving
        self._drawn = -REDRAW  # time of the last drawing
        self._line = MovingLine()
        self.remark = self._line.remark
        self._last: Record | None = None
        self._score = ""  # the last epoch's validation

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exception: object) -> None:
        self.end()

    def show(self, record: Record) -> None:
        """Show a record: at the end of an epoch, or ten times per second."""
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
        """Leave the last record on the screen."""
        if self.moving and self._last is not None:
            self._draw(self._last)
            printing.remark()
            self._last = None

    def _draw(self, record: Record) -> None:
        self._line.draw(line(record, self._score, bar(record.step / record.steps)))


def line(record: Record, validation: str = "", drawn: str = "") -> str:
    """A record as "epoch     12 of 20  loss 0.041  validation 98.5 %  3.1 s left"."""
    loss = record.train_loss if record.train_loss is not None else record.loss
    left = record.seconds / record.step * (record.steps - record.step)
    time_left = f"{duration(left)} left" if left else duration(record.seconds)
    parts = (f"{record.epoch} of {record.epochs}", drawn, f"loss {loss:.3g}", validation, time_left)
    return printing.labelled("epoch", "  ".join(part for part in parts if part))


def bar(share: float) -> str:
    """Twenty cells, `share` of them full; in ASCII if the terminal has no blocks."""
    full, empty = "█", "░"
    try:
        (full + empty).encode(sys.stderr.encoding or "ascii")
    except UnicodeEncodeError:
        full, empty = "#", "."
    done = int(share * CELLS)
    return full * done + empty * (CELLS - done)
