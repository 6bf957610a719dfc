"""The progress of training, or of the prediction of many files: a line on standard error, or in a notebook."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from html import escape
from typing import IO, TYPE_CHECKING, Any, Protocol

from wxb.text import OWN_ESCAPE, count, duration, visible

if TYPE_CHECKING:
    from wxb.learning.loop import Record

LABEL = 10  # columns of the left column that says what a line is about
CELLS = 20  # of the bar
REDRAW = 0.1  # seconds between two drawings
ERASE = f"{OWN_ESCAPE}[2K"  # deletes the line and returns to its beginning
_OWN = re.compile(rf"{OWN_ESCAPE}(\[[0-9;]*m|\[2K|\[\d+A)")


def safe(text: str) -> str:
    """Return a text as it is written: control characters in names become visible, and wxb's own codes take effect."""
    return _OWN.sub(lambda own: ("\r" if own[1] == "[2K" else "") + "\x1b" + own[1], visible(text))


def remark(text: str = "", end: str = "\n") -> None:
    """Print progress, a warning or an error on standard error; it is lost if that is closed."""
    try:
        sys.stderr.write(safe(text + end))
        sys.stderr.flush()
    except OSError:
        # the stream would fail again when Python closes it
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115


def columns(stream: IO[str]) -> int | None:
    """Return the width of the terminal; None if the stream is not one, and lines may have any length."""
    return shutil.get_terminal_size().columns if stream.isatty() else None


class Line(Protocol):
    """A line that is drawn over and over."""

    def draw(self, text: str) -> None:
        """Draw the text over the last one; an empty text erases it."""

    def remark(self, text: str) -> None:
        """Show a line above the moving one."""

    def end(self) -> None:
        """Leave the line as it is."""


class NotebookLine:
    """A line below a cell of a notebook; `display` is IPython's."""

    def __init__(self, display: Any) -> None:
        self._display = display
        self._handle: Any = None  # of the line, once it is drawn

    def draw(self, text: str) -> None:
        """Draw the text over the last one."""
        shown = {"text/plain": text, "text/html": f"<pre>{escape(text)}</pre>"}
        if self._handle is None:
            self._handle = self._display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)

    def remark(self, text: str) -> None:
        """Show a line of its own; the moving one goes on below it."""
        self._handle = None
        self.draw(text)
        self._handle = None

    def end(self) -> None:
        """Leave the line as it is."""


class MovingLine:
    """A line of a terminal's standard error that is drawn over and over."""

    def __init__(self) -> None:
        self._text = ""  # on the screen

    def draw(self, text: str) -> None:
        """Draw the text over the last one; an empty text erases it."""
        if text or self._text:
            width = columns(sys.stderr)
            remark(ERASE + (text if width is None else text[: width - 1]), end="")
        self._text = text

    def remark(self, text: str) -> None:
        """Print a line above the moving one."""
        drawn = self._text
        self.draw("")
        remark(text)
        self.draw(drawn)

    def end(self) -> None:
        """Go on below the line."""
        remark()


class PartProgress:
    """How many parts of a work are done: a line that moves, if the work takes long."""

    def __init__(self, label: str, parts: int, moving: bool, line: Line | None = None) -> None:
        self.label = label
        self.parts = parts
        self.moving = moving
        self._began = self._drawn = time.monotonic()
        self._line: Line = MovingLine() if line is None else line
        self.remark = self._line.remark

    def __enter__(self) -> PartProgress:
        return self

    def __exit__(self, *exception: object) -> None:
        self._line.draw("")

    def show(self, done: int) -> None:
        """Draw how many parts are done, after the first second and then ten times per second."""
        now = time.monotonic()
        if self.moving and now - self._began >= 1 and now - self._drawn >= REDRAW:
            left = (now - self._began) / done * (self.parts - done)
            counted = f"{count(done)} of {count(self.parts)}"
            text = f"{counted}  {bar(done / self.parts)}  {duration(left)} left"
            self._line.draw(labelled(self.label, text))
            self._drawn = now


def of_files(files: int) -> PartProgress:
    """The progress of many files: on a terminal, if the results go elsewhere."""
    return PartProgress("files", files, sys.stderr.isatty() and not sys.stdout.isatty())


def of_parts(label: str, parts: int) -> PartProgress:
    """The progress of a long view: on a terminal, or below the cell of a notebook."""
    line = notebook_line()
    return PartProgress(label, parts, sys.stderr.isatty() or line is not None, line)


class Progress:
    """Shows records: nothing, a line per epoch on standard error, or one line that moves there or in a notebook."""

    def __init__(self, quiet: bool = False, moving: bool | None = None, line: Line | None = None) -> None:
        """`moving` is whether one line moves; None: if standard error is a terminal. `line` is another line to move."""
        self.quiet = quiet
        self.moving = sys.stderr.isatty() or line is not None if moving is None else moving
        self._drawn = -REDRAW  # time of the last drawing
        self._line: Line = MovingLine() if line is None else line
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
                remark(line(record, self._score))
        elif (now := time.monotonic()) - self._drawn >= REDRAW:
            self._draw(record)
            self._drawn = now

    def end(self) -> None:
        """Leave the last record on the screen."""
        if self.moving and self._last is not None:
            self._draw(self._last)
            self._line.end()
            self._last = None

    def _draw(self, record: Record) -> None:
        self._line.draw(line(record, self._score, bar(record.step / record.steps)))


def notebook_line() -> NotebookLine | None:
    """A line below the notebook's cell that is running; None outside of notebooks."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if ipython is None or not hasattr(shell, "kernel"):  # the shell of a terminal has no kernel
        return None
    from importlib import import_module

    return NotebookLine(import_module("IPython.display").display)


def of_training(shown: bool | None) -> Progress:
    """The progress of `wxb.train`: shown or not; None shows it on a terminal and in a notebook."""
    line = None if shown is False else notebook_line()
    quiet = not (sys.stderr.isatty() or line is not None) if shown is None else not shown
    return Progress(quiet, line=line)


def labelled(label: str, text: str) -> str:
    """A line with its label in the left column."""
    return f"{label:<{LABEL}}{text}".rstrip()


def line(record: Record, validation: str = "", drawn: str = "") -> str:
    """A record as "epoch     12 of 20  loss 0.041  validation 98.5 %  3.1 s left".

    The time is "at most" so long if training may end before.
    """
    loss = record.train_loss if record.train_loss is not None else record.loss
    left = record.seconds / record.step * (record.steps - record.step)
    time_left = f"{'at most ' * record.open_end}{duration(left)} left" if left else duration(record.seconds)
    parts = (f"{record.epoch} of {record.epochs}", drawn, f"loss {loss:.3g}", validation, time_left)
    return labelled("epoch", "  ".join(part for part in parts if part))


def bar(share: float) -> str:
    """Twenty cells, `share` of them full; in ASCII if the terminal has no blocks."""
    full, empty = "█", "░"
    try:
        (full + empty).encode(sys.stderr.encoding or "ascii")
    except UnicodeEncodeError:
        full, empty = "#", "."
    done = int(share * CELLS)
    return full * done + empty * (CELLS - done)
