"""The simple neuron: it is taught patterns of 0 and 1, and answers others like the nearest taught pattern.

In training mode patterns are taught to fire or not to fire. In using mode a taught pattern is answered as taught. Any
other is answered by the firing rule: the nearest taught pattern by Hamming distance decides, and the answer is
undecided if the nearest of both kinds are equally far (I. Aleksander, H. Morton, "An Introduction to Neural Computing",
1990).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wxb.errors import WxbError
from wxb.settings.setting import named
from wxb.text import count, plural

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
    """The taught patterns, as texts with / between rows. Made by `neuron`.

    Methods raise WxbError for a pattern of another form.
    """

    fire: tuple[str, ...]
    not_fire: tuple[str, ...]

    @property
    def rows(self) -> int:
        """The number of rows of a pattern."""
        return (*self.fire, *self.not_fire)[0].count("/") + 1

    @property
    def inputs(self) -> int:
        """The number of inputs."""
        return len((*self.fire, *self.not_fire)[0]) - self.rows + 1

    def taught(self, pattern: Pattern) -> bool | None:
        """Whether the pattern was taught to fire; None if it was not taught."""
        text = self._fitting(pattern)
        return True if text in self.fire else False if text in self.not_fire else None

    def distances(self, pattern: Pattern) -> tuple[int | None, int | None]:
        """Hamming distances to the nearest pattern that fires and the nearest that does not; None: none is taught."""
        bits = _bits(self._fitting(pattern))
        return _nearest(bits, map(_bits, self.fire)), _nearest(bits, map(_bits, self.not_fire))

    def ask(self, pattern: Pattern) -> bool | None:
        """Whether the neuron fires by the firing rule; None if it is undecided."""
        return _decide(*self.distances(pattern))

    def table(self) -> list[Row]:
        """The truth table of all 2^inputs patterns, in binary order. Raises WxbError for more than 16 inputs."""
        if self.inputs > MOST_INPUTS:
            raise WxbError(
                f"a truth table of {count(self.inputs)} inputs is too long to be read",
                f"expected at most {MOST_INPUTS} inputs, which are {count(2**MOST_INPUTS)} rows",
                "ask for single patterns",
            )
        fire, not_fire = (list(map(_bits, kind)) for kind in (self.fire, self.not_fire))
        width, rows = self.inputs // self.rows, []
        for bits in range(2**self.inputs):
            to_fire, to_not = _nearest(bits, fire), _nearest(bits, not_fire)
            line = f"{bits:0{self.inputs}b}"
            text = "/".join(line[start : start + width] for start in range(0, self.inputs, width))
            before = True if to_fire == 0 else False if to_not == 0 else None
            rows.append(Row(text, before, _decide(to_fire, to_not)))
        return rows

    def _fitting(self, pattern: Pattern) -> str:
        text = as_text(pattern)
        need_like(text, (*self.fire, *self.not_fire)[0])
        return text


def neuron(fire: Iterable[Pattern] = (), not_fire: Iterable[Pattern] = ()) -> Neuron:
    """A neuron that was taught to fire at some patterns, and not to fire at others.

    neuron(["111", "101"], ["000", "001"]).ask("110") is True. A pattern is a text of 0 and 1, its rows apart by /, or
    numbers 0 and 1 in a list or an array. Raises WxbError if nothing is taught, a pattern holds anything else, two
    differ in their form, or one is taught both ways.
    """
    for name, kind in (("fire", fire), ("not_fire", not_fire)):
        if isinstance(kind, str) or not isinstance(kind, Iterable):
            raise WxbError(f"{named(name, kind)}: expected a list of patterns", _FORM)
    kinds = [tuple(dict.fromkeys(as_text(pattern) for pattern in kind)) for kind in (fire, not_fire)]
    taught = [*kinds[0], *kinds[1]]
    if not taught:
        raise WxbError("the neuron is taught nothing", fix="patterns to fire at, or not to fire at")
    for text in taught[1:]:
        need_like(text, taught[0])
    if both := [text for text in kinds[0] if text in kinds[1]]:
        raise WxbError(f"{both[0]} is taught both to fire and not to fire", fix="one of both")
    return Neuron(*kinds)


def as_text(pattern: Pattern) -> str:
    """A pattern as text: "110", "111/010/010". Raises WxbError if it holds anything but 0 and 1."""
    if isinstance(pattern, str):
        text = pattern.strip()
    else:
        values: Any = pattern.tolist() if hasattr(pattern, "tolist") else pattern
        nested = isinstance(values, Sequence) and len(values) > 0 and isinstance(values[0], Sequence)
        rows = values if nested else [values]
        if not all(isinstance(row, Sequence) for row in rows):
            raise WxbError(f"{named('pattern', pattern)}: expected a pattern", _FORM)
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
    """Raise WxbError if two patterns differ in the number or the rows of their inputs."""
    if [len(row) for row in text.split("/")] != [len(row) for row in other.split("/")]:
        raise WxbError(f"the pattern {text} has {_form(text)}", f"expected {_form(other)}, as {other} has")


def _form(text: str) -> str:
    rows = text.split("/")
    inputs = len(rows) * len(rows[0])
    return plural(inputs, "input") + (f" in {len(rows)} rows" if len(rows) > 1 else "")


def _bits(text: str) -> int:
    return int(text.replace("/", ""), 2)


def _nearest(bits: int, taught: Iterable[int]) -> int | None:
    """Hamming distance to the nearest pattern, the number of inputs that differ."""
    return min(((bits ^ other).bit_count() for other in taught), default=None)


def _decide(to_fire: int | None, to_not: int | None) -> bool | None:
    """The firing rule for the distances to the nearest of both kinds; a kind that was not taught is never nearer."""
    if to_fire == to_not:
        return None
    return to_not is None or (to_fire is not None and to_fire < to_not)
