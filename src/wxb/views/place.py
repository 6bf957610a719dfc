"""Places in pictures and maps: as words of a command, and as the part of the input that a place of a map sees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.notation import Plan
from wxb.notation.tree import Planned, PlannedConcat, PlannedLayer, PlannedResidual, PlannedTeam

Pair = tuple[int, int]


def place_of(given: str | Sequence[int], high: int, wide: int) -> Pair:
    """A place as numbers: "3,14" is row 3, column 14, from 0. Raises WxbError if there is no such place."""
    words = re.split(r"[,x ]+", given.strip()) if isinstance(given, str) else [str(one) for one in given]
    if len(words) != 2 or not all(word.isascii() and word.isdigit() and len(word) < 10 for word in words):
        raise WxbError(f'`place="{given}"`: expected a row and a column', fix='`place="3,14"`')
    row, column = int(words[0]), int(words[1])
    if row >= high or column >= wide:
        raise WxbError(
            f"there is no place {row},{column} in {high} rows and {wide} columns",
            fix=f"a row up to {high - 1} and a column up to {wide - 1}",
        )
    return row, column


@dataclass(frozen=True)
class Field:
    """What the places of a layer's maps see of the input: place i sees `size` pixels from `start` + i · `jump` on."""

    start: Pair
    jump: Pair
    size: Pair

    def box(self, place: Pair) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of what a place sees, in pixels; beyond the border of the input too."""
        top, left = (self.start[axis] + place[axis] * self.jump[axis] for axis in (0, 1))
        return top, left, top + self.size[0], left + self.size[1]


def fields(plan: Plan) -> dict[str, Field]:
    """The fields of all layers and blocks whose outputs are maps, by their paths.

    Padding moves the start: start −= padding · jump of the input (doi:10.23915/distill.00021). Of a block it is the
    start of its arm, or of its branch with the largest field.
    """
    return dict(_walk(plan.items, (0, 0)))


def _walk(items: Sequence[Planned], start: Pair, jump: Pair = (1, 1)) -> Iterator[tuple[str, Field]]:
    for item in items:
        inner: list[tuple[str, Field]] = []
        match item:
            case PlannedLayer():
                start = (start[0] - item.padding[0] * jump[0], start[1] - item.padding[1] * jump[1])
            case PlannedResidual():
                arm = list(_walk(item.arm, start, jump))
                inner = [*arm, *_walk(item.shortcut, start, jump)]
                start = arm[-1][1].start if arm else start
            case PlannedConcat():
                branches = [list(_walk(branch, start, jump)) for branch in item.branches]
                inner = [one for branch in branches for one in branch]
                ends = [branch[-1][1] for branch in branches if branch]
                start = max(ends, key=lambda field: field.size).start if ends else start
            case PlannedTeam():
                inner = [one for group in item.groups for one in _walk(group, start, jump)]
        jump = item.jump
        yield from inner
        if len(item.output) == 3:
            yield item.path, Field(start, jump, item.receptive_field)


def cut(values: NDArray[Any], box: tuple[int, int, int, int]) -> NDArray[Any]:
    """The part (channels, height, width) of a picture in a box; what lies beyond its border is 0."""
    top, left, bottom, right = box
    _, high, wide = values.shape
    part = np.zeros((len(values), bottom - top, right - left), values.dtype)
    inside = values[:, max(0, top) : min(high, bottom), max(0, left) : min(wide, right)]
    y, x = max(0, -top), max(0, -left)
    part[:, y : y + inside.shape[1], x : x + inside.shape[2]] = inside
    return part
