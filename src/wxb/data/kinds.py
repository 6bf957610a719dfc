"""The kinds of input by name, and what follows from the shape of an example alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wxb.text import plural, shape

Shape = tuple[int, ...]

LARGEST = 1e30  # of examples; greater numbers stand for "no data", such as -3.4e38, and would end in NaN


@dataclass(frozen=True)
class Kind:
    """A kind of input. Another one adds an entry to `KINDS`, and its default networks to `wxb.learning.defaults`."""

    name: str
    axes: int  # of one example
    spatial: bool  # height and width: examples can be drawn, mirrored and moved, and their numbers have one unit
    bound: float  # the greatest value, if no data says more
    counted: Callable[[int, Shape], str]  # "1,797 pictures 1x8x8"


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("pictures", 3, True, 255.0, lambda number, sizes: f"{plural(number, 'picture')} {shape(sizes)}"),
        Kind("rows", 1, False, 1.0, lambda number, sizes: f"{plural(number, 'row')} of {plural(sizes[0], 'number')}"),
    )
}


def kind_of(sizes: Shape) -> Kind:
    """The kind of examples of this shape."""
    return next(kind for kind in KINDS.values() if kind.axes == len(sizes))
