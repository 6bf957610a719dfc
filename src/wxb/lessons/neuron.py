"""The simple neuron: it is taught patterns of 0 and 1, and answers any other by the nearest that it was taught.

In training mode patterns are taught to fire or not to fire. In using mode a taught pattern is answered as taught; any
other by the firing rule: the taught pattern nearest by Hamming distance decides, and where the nearest of both kinds
are as far, the answer is undecided (I. Aleksander, H. Morton, "An Introduction to Neural Computing", 1990).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wxb.errors import WxbError
from wxb.text import count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    # "110", rows as "111/010/010", or the same as numbers: [1, 1, 0], an array (rows, columns)
    Pattern = str | Sequence[int] | Sequence[Sequence[int]] | NDArray[Any]

MOST_INPUTS = 16  # of a truth table: 65,536 rows


@dataclass(frozen=True)
class Row:
    """A line of the truth table; True fires, False does not, None is undecided."""

    pattern: str
    before: bool | None  # as taught
    after: bool | None  # by the firing rule


@dataclass(frozen=True)
class Neuron:
    """What was taught; patterns as text, their rows apart by /. Made by `neuron`."""

    fire: tuple[str, ...]
    not_fire: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Rows of a pattern."""
        return self._example.count("/") + 1

    @property
    def inputs(self) -> int:
        """How many inputs the neuron has."""
        return len(self._example) - self.rows + 1

    @property
    def _example(self) -> str:
        return (*self.fire, *self.not_fire)[0]

    def taught(self, pattern: Pattern) -> bool | None:
        """What the pattern was taught to do; None where it was not taught. Raises WxbError where it does not fit."""
        text = self._fitting(pattern)
        return True if text in self.fire else False if text in self.not_fire else None

    def distances(self, pattern: Pattern) -> tuple[int | None, int | None]:
        """Hamming distance to the nearest pattern that fires, and to the nearest that does not; None: none is taught.

        Raises WxbError where the pattern does not fit.
        """
        bits = _bits(self._fitting(pattern))
        return _nearest(bits, self._fire_bits), _nearest(bits, self._not_fire_bits)

    def ask(self, pattern: Pattern) -> bool | None:
        """Whether the neuron fires: the answer of the firing rule. Raises WxbError where the pattern does not fit."""
        return _decide(*self.distances(pattern))

    def table(self) -> list[Row]:
        """The truth table, all 2^inputs patterns in the order of binary numbers.

        Raises WxbError for more than 16 inputs.
        """
        if self.inputs > MOST_INPUTS:
            raise WxbError(
                f"a truth table of {count(self.inputs)} inputs is too long to be read",
                f"expected at most {MOST_INPUTS} inputs, which are {count(2**MOST_INPUTS)} rows",
                "ask for single patterns: --ask PATTERN, in Python neuron.ask(pattern)",
            )
        fire, not_fire = self._fire_bits, self._not_fire_bits
        rows = []
        for bits in range(2**self.inputs):
            to_fire, to_not = _nearest(bits, fire), _nearest(bits, not_fire)
            before = True if to_fire == 0 else False if to_not == 0 else None
            rows.append(Row(self._text(bits), before, _decide(to_fire, to_not)))
        return rows

    @property
    def _fire_bits(self) -> list[int]:
        return [_bits(text) for text in self.fire]

    @property
    def _not_fire_bits(self) -> list[int]:
        return [_bits(text) for text in self.not_fire]

    def _text(self, bits: int) -> str:
        line = f"{bits:0{self.inputs}b}"
        width = self.inputs // self.rows
        return "/".join(line[start : start + width] for start in range(0, self.inputs, width))

    def _fitting(self, pattern: Pattern) -> str:
        text = as_text(pattern)
        need_like(text, self._example)
        return text


def neuron(fire: Iterable[Pattern] = (), not_fire: Iterable[Pattern] = ()) -> Neuron:
    """A neuron that was taught to fire at some patterns, and not to fire at others.

    neuron(["111", "101"], ["000", "001"]).ask("110") is True. A pattern is a text of 0 and 1, its rows apart by /, or
    numbers 0 and 1 in a list or an array. Raises WxbError where nothing is taught, a pattern holds anything else,
    two differ in their form, or one is taught both ways.
    """
    kinds = [tuple(dict.fromkeys(as_text(pattern) for pattern in kind)) for kind in (fire, not_fire)]
    taught = [*kinds[0], *kinds[1]]
    if not taught:
        raise WxbError("the neuron is taught nothing", fix="patterns to fire at, or not: --fire 111,101 --not 000,001")
    for text in taught[1:]:
        need_like(text, taught[0])
    if both := [text for text in kinds[0] if text in kinds[1]]:
        raise WxbError(f"{both[0]} is taught both to fire and not to fire", fix="one of both")
    return Neuron(*kinds)


def as_text(pattern: Pattern) -> str:
    """A pattern in its one spelling: "110", "111/010/010". Raises WxbError where it holds anything but 0 and 1."""
    if isinstance(pattern, str):
        text = pattern.strip()
    else:
        values: Any = pattern if isinstance(pattern, Sequence) else pattern.tolist()
        rows = values if values and isinstance(values[0], Sequence) else [values]
        text = "/".join("".join(str(int(one) if one in (0, 1) else one) for one in row) for row in rows)
    if not text:
        raise WxbError("a pattern is empty", _FORM)
    if strange := [sign for sign in text if sign not in "01/"]:
        raise WxbError(f"the pattern {text} holds {strange[0]!r}", _FORM)
    if len({len(row) for row in text.split("/")}) > 1:
        raise WxbError(f"the rows of the pattern {text} are not equally long", _FORM)
    if "" in text.split("/"):
        raise WxbError(f"the pattern {text} has an empty row", _FORM)
    return text


_FORM = "a pattern is made of 0 and 1, its rows apart by /: 110, 111/010/010"


def need_like(text: str, other: str) -> None:
    """Raises WxbError where two patterns differ in the number or the rows of their inputs."""
    if [len(row) for row in text.split("/")] != [len(row) for row in other.split("/")]:
        raise WxbError(f"the pattern {text} has {_form(text)}", f"expected {_form(other)}, as {other} has")


def _form(text: str) -> str:
    rows = text.split("/")
    inputs = len(rows) * len(rows[0])
    return f"{count(inputs)} input{'s'[: inputs != 1]}" + (f" in {len(rows)} rows" if len(rows) > 1 else "")


def _bits(text: str) -> int:
    return int(text.replace("/", ""), 2)


def _nearest(bits: int, taught: Iterable[int]) -> int | None:
    """Hamming distance to the nearest: how many inputs differ."""
    return min(((bits ^ other).bit_count() for other in taught), default=None)


def _decide(to_fire: int | None, to_not: int | None) -> bool | None:
    """The firing rule on the distances to the nearest of both kinds; a kind that was never taught is never nearer."""
    if to_fire == to_not:
        return None
    return to_not is None or (to_fire is not None and to_fire < to_not)
