"""One setting: what values it takes, and the error for any other.

A message names a setting as Python writes it, between backticks: `learning_rate=0`. The command line and settings files
spell the same message in their own way with `spell`.
"""

from __future__ import annotations

import math
import operator
import os
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from wxb.errors import WxbError, nearest
from wxb.text import shortened

MARKED = re.compile(r"`(\w+)(?:=([^`]*))?`")
LONGEST = 60  # characters of a value that a message shows
MISFITS = (AttributeError, TypeError, ValueError, OverflowError)  # of a value in another form


@dataclass(frozen=True)
class Bounds:
    """The finite range of a number."""

    least: float
    most: float
    above: bool = False  # `least` itself is excluded
    below: bool = False  # `most` itself is excluded

    def __contains__(self, value: float) -> bool:
        enough = value > self.least if self.above else value >= self.least
        return enough and (value < self.most if self.below else value <= self.most)

    def __str__(self) -> str:
        if self.above:
            return f"above {self.least:,} and {'below' if self.below else 'at most'} {self.most:,}"
        return f"{self.least:,} to {'below ' * self.below}{self.most:,}"


@dataclass(frozen=True)
class Form:
    """A value with a form of its own, such as "flip,shift-2"."""

    read: Callable[[Any], Any]  # raises ValueError or TypeError for a value of another form
    expected: str  # "three shares that sum to 1"
    example: str


@dataclass(frozen=True)
class Setting:
    """One setting of training, data or run."""

    name: str
    type: type
    default: Any  # None: not set
    help: str  # a short phrase, without a full stop
    section: str
    bounds: Bounds | None = None
    choices: tuple[str, ...] = ()
    form: Form | None = None
    fitted: bool = False  # if not given, `train` chooses a value that fits the network and the data
    option: bool = True  # whether the command line has it; Python and settings files have every setting
    several: bool = False  # whether the command line takes it more than once
    example: float | None = None  # a number that a message proposes; else one that is nearest

    def validate(self, value: object) -> Any:
        """`value` in the setting's own type. Raises WxbError for a value that the setting does not take."""
        try:
            return self._convert(value)
        except MISFITS:
            raise self._refusal(value) from None

    def read(self, text: str) -> Any:
        """The value that a text stands for, as on the command line. Raises WxbError as `validate` does."""
        try:
            return self._convert(self.type(text) if self.type in (int, float) and self.form is None else text)
        except MISFITS:
            raise self._refusal(text) from None

    @property
    def expected(self) -> str:
        """What values the setting takes: "a whole number from 1 to 1,000"."""
        if self.form is not None:
            return self.form.expected
        if self.bounds is not None:
            start = "" if self.bounds.above else "from "
            return f"{'a whole number' if self.type is int else 'a number'} {start}{self.bounds}"
        if self.choices:
            return f"{', '.join(self.choices[:-1])} or {self.choices[-1]}"
        return f"{named(self.name, True)} or {named(self.name, False)}" if self.type is bool else "a text"

    def _convert(self, value: Any) -> Any:
        if self.form is not None:
            return self.form.read(value)
        if self.type is bool or self.type is str:
            if not isinstance(value, self.type) or (self.choices and value not in self.choices) or value == "":
                raise ValueError
            return value
        if isinstance(value, bool) or not isinstance(value, Integral if self.type is int else Real):
            raise TypeError
        number = self.type(value)
        if self.bounds is not None and number not in self.bounds:
            raise ValueError
        return number

    def _refusal(self, value: object) -> WxbError:
        what = f"{named(self.name, value)}: expected {self.expected}"
        like = nearest(value, self.choices) if isinstance(value, str) else None
        fits = like if like is not None else self._fitting(value)
        return WxbError(what, fix="" if fits is None else named(self.name, fits))

    def _fitting(self, value: object) -> Any:
        """A value that the setting takes in place of another: its default, else the nearest; None if none is known."""
        if self.form is not None:
            return self.form.example
        if self.choices or self.bounds is None:
            return self.default if self.default in self.choices else None
        if self.example is not None:
            return self.example
        if self.default is not None and self.default in self.bounds:
            return self.default
        try:
            number = float(value) if isinstance(value, (str, int, float)) else math.nan
        except (ValueError, OverflowError):
            return None
        nearest_one = self.bounds.least if number < self.bounds.least else self.bounds.most
        return None if math.isnan(number) or nearest_one not in self.bounds else self.type(nearest_one)


def named(name: str, value: object) -> str:
    """A setting and its value in a message: "`learning_rate=0`", "`optimizer="adam"`"."""
    try:
        text = f'"{value}"' if isinstance(value, str) else repr(value)
    except ValueError:  # Python writes no number of more than 4,300 digits
        text = "a number of thousands of digits"
    plain = re.sub(r"[\s`]+", " ", text)
    return f"`{name}={shortened(plain, LONGEST)}`"


def need(name: str, value: object, kinds: type | tuple[type, ...], expected: str, fix: str = "") -> None:
    """Raise WxbError unless the value of an argument that is no setting is of one of these types."""
    if not isinstance(value, kinds):
        raise WxbError(f"{named(name, value)}: expected {expected}", fix=fix)


def spell(text: str, names: Container[str], spelling: Callable[[str, str | None], str]) -> str:
    """A message with every marked setting of `names` spelled by `spelling(name, value)`; the value may be None."""
    return MARKED.sub(lambda found: spelling(found[1], found[2]) if found[1] in names else found[0], text)


# --- values with a form of their own ----------------------------------------------------------------------------------


def _augmentation(value: str) -> str:
    if value != "none":
        words = [word.strip() for word in value.split(",")]
        if not all(re.fullmatch(r"flip|shift-\d{1,3}", word) for word in words):
            raise ValueError
    return value


def _device(value: str) -> str:
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d{1,3})?", value):
        raise ValueError
    return value


OWN_ROWS = "rows of one's own"  # what settings of a run say of them; its folder has the numbers


@dataclass(frozen=True)
class PartRows:
    """A split by the numbers of its rows, which Python can give instead of shares."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]
    of_examples: bool = False  # counted are the examples of the data set, not the rows of its source

    def __str__(self) -> str:
        return OWN_ROWS


def _shares(value: Any) -> tuple[float, float, float] | PartRows:
    """Shares of train, validation and test; a single number is the share of train, and the rest is halved.

    Three lists or arrays are the numbers of the rows of each part.
    """
    if isinstance(value, PartRows):
        return value
    if isinstance(value, bool):
        raise TypeError
    if not isinstance(value, (str, Real)) and all(hasattr(part, "__len__") for part in value):
        train_rows, validation_rows, test_rows = (tuple(map(_whole, part)) for part in value)
        return PartRows(train_rows, validation_rows, test_rows)
    numbers = value.split(",") if isinstance(value, str) else value
    if isinstance(numbers, Real) or (isinstance(numbers, list) and len(numbers) == 1):
        train = float(numbers[0] if isinstance(numbers, list) else numbers)
        numbers = (train, (1 - train) / 2, (1 - train) / 2)
    train, validation, test = (float(share) for share in numbers)
    if not all(0 <= share <= 1 for share in (train, validation, test)) or abs(train + validation + test - 1) > 1e-6:
        raise ValueError
    return train, validation, test


def _whole(value: Any) -> int:
    if isinstance(value, (bool, str)):
        raise TypeError
    return operator.index(value)


def _seconds(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, Real):
        seconds = float(value)
    else:
        match = re.fullmatch(r"(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9}(?:\.\d+)?)s?)?", value.strip().lower())
        parts = [float(part or 0) for part in match.groups()] if match else [0.0]
        seconds = sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    if seconds not in Bounds(0, YEAR, above=True):
        raise ValueError
    return seconds


def _texts(value: Any) -> str | list[str]:
    if isinstance(value, str):
        if not value:
            raise ValueError
        return value
    texts = list(value)
    if not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError
    return texts


def _kinds(value: Any) -> str:
    """What columns hold, as "a=category,b=date"; a name may contain commas and equals signs."""
    if isinstance(value, Mapping):
        value = [f"{column}={kind}" for column, kind in value.items()]
    text = value if isinstance(value, str) else ",".join(value)
    if not re.fullmatch(rf"({COLUMN_KIND}(,|$))+", text, re.DOTALL):
        raise ValueError
    return text


def kinds_of(text: str) -> list[tuple[str, str]]:
    """The columns in a value of the setting `types`, and the kind of each."""
    return [(match[1].strip(), match[2]) for match in re.finditer(rf"{COLUMN_KIND}(?:,|$)", text, re.DOTALL)]


def _column(value: Any) -> Any:
    """The name of a column, or one value for each example."""
    if isinstance(value, str):
        if not value:
            raise ValueError
    elif isinstance(value, (bytes, Mapping)) or not len(value):
        raise TypeError
    return value


def _path(value: Any) -> str:
    path = os.fspath(value)
    if not isinstance(path, str):
        raise TypeError
    if not path:
        raise ValueError
    return path


def _run_folder(value: Any) -> str:
    """The folder of a run: a path, or an object that has one, as `Run` does; None is the text for none."""
    if value is None:
        return PRETRAINED.example
    if getattr(value, "step", None) is not None:
        raise ValueError  # a snapshot, which the path alone does not name
    return _path(getattr(value, "path", value))


def _path_or_frame(value: Any) -> Any:
    return value if hasattr(value, "columns") else _path(value)


COLUMN_KIND = "(.+?)=(category|number|date|text|words|window)"
YEAR = 365 * 24 * 3600  # seconds
AUGMENTATION = Form(_augmentation, "none, flip, shift-N or flip,shift-N, with N pixels below 1,000", "flip,shift-2")
DEVICE = Form(_device, "auto, cpu, cuda, cuda:1 or mps", "auto")
SHARES = Form(_shares, "three shares from 0 to 1 with the sum 1: train, validation, test", "0.64,0.11,0.25")
TIME = Form(_seconds, "a time of up to a year, such as 30s, 10m or 1h30m; a number alone is seconds", "10m")
TEXTS = Form(_texts, "a text, or a list of texts", "a,b")
KINDS = Form(_kinds, "columns and what they hold, category, number, date, text, words or window", "a=category,b=date")
COLUMN = Form(_column, "the name of a column; in Python also one value for each example", "column")
PRETRAINED = Form(_run_folder, "the folder of a run, or none", "none")
PATH = Form(_path, "a path", "folder")
TABLE = Form(_path_or_frame, "the path of a table or folder, or a data frame", "test.csv")
