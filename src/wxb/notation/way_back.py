"""The way back of an autoencoder: the layers that bring its code to the size of the input again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import prod

from .layers import family
from .tree import OUTPUTS as C
from .tree import Item, Layer, Planned, PlannedLayer, Shape, Variable, layers_of

OUTPUT = Layer("FC", width=Variable(C))


def code_of(items: Sequence[Planned]) -> int:
    """The place of the item whose output is the code: where fewest numbers pass between two layers with weights.

    Layers behind it that change neither the number of numbers nor have weights belong to it. Without two layers with
    weights it is the last item but one, or the only one.
    """
    weighty = [place for place, item in enumerate(items) if item.parameters and not _normalizes(item)]
    first, last = (weighty[0], weighty[-1]) if len(weighty) > 1 else (0, max(1, len(items) - 1))
    candidates = range(first, last) if last > first else range(first, first + 1)
    place = min(candidates, key=lambda one: prod(items[one].output))
    while place + 1 < last and items[place + 1].output == items[place].output and place + 1 not in weighty:
        place += 1
    return place


def _normalizes(item: Planned) -> bool:
    return family(item) == "normalization"


def complete(body: Sequence[Item], output: Shape, shape: Shape) -> bool:
    """Whether a body has a way back of its own, so that nothing is added: it has an UP, or ends in all numbers.

    An activation at the end gives no negative numbers, or none beyond 1: it ends no way back.
    """
    if any(isinstance(item, Layer) and item.name == "UP" for item in body):
        return True
    return output in (shape, (prod(shape),)) and family(body[-1]) != "activation"


def way_back(items: Sequence[Planned], shape: Shape) -> tuple[Layer, ...]:
    """The layers that follow a planned body whose last output is its code, up to the `shape` of the input.

    They mirror the body: its hidden FC from the last to the first, then for each size of its maps an UP and a CONV with
    the channels that this size began with. Maps that no whole factor relates are reached by one FC. What is no code,
    because fewer numbers pass before it, only gets an FC to all numbers.
    """
    shapes = [shape, *(item.output for item in items)]
    act = _activation(items)
    start = [act] if act and family(items[-1]) == "affine" else []
    if any(prod(one) < prod(shapes[-1]) for one in shapes[1:]) or len(shapes[-1]) > len(shape):
        return (*start, OUTPUT)
    widths = _hidden(items)
    back = [part for width in reversed(widths) for part in (Layer("FC", width=width), *([act] if act else []))]
    every = [one for one in shapes if len(one) == 3]
    if all(one == shape for one in every) and len(shapes[-1]) == 1:  # no layer looks at maps
        return (*back, OUTPUT)
    levels = _levels([next(group) for _, group in groupby(every, key=lambda one: one[1:])], shape)
    if levels is None:
        return (*back, OUTPUT)
    if len(shapes[-1]) == 1:  # from the vector to the smallest maps
        channels, *sides = every[-1]
        back += [Layer("UP", kernel=(sides[0], sides[1]), width=channels), *([act] if act else [])]
    for number, level in enumerate(levels, 1):
        back += level
        back += [act] if act and number < len(levels) else []
    if not levels:
        back.append(Layer("CONV", kernel=(3, 3), width=shape[0]))
    return tuple(back)


def _activation(items: Sequence[Planned]) -> Layer | None:
    """The last activation of a body, which its way back repeats; None for a linear one."""
    found = [layer for layer in layers_of(items) if family(layer) == "activation" and layer.name != "MAXOUT"]
    return Layer(found[-1].name, number=found[-1].number) if found else None


def _hidden(items: Sequence[Planned]) -> list[int]:
    """The widths of the hidden FC outside of blocks, without the one that gives the code."""
    weighty = [item for item in items if item.parameters and not _normalizes(item)]
    return [one.output[0] for one in weighty[:-1] if isinstance(one, PlannedLayer) and one.name == "FC"]


def _levels(maps: Sequence[Shape], shape: Shape) -> list[list[Layer]] | None:
    """The layers of each step from the smallest maps to those of the input; None if no whole factor relates them."""
    levels: list[list[Layer]] = []
    for (channels, *large), (_, *small) in zip(reversed(maps[:-1]), reversed(maps[1:]), strict=True):
        factors = [big // little for big, little in zip(large, small, strict=True)]
        missing = {big - factor * little for big, little, factor in zip(large, small, factors, strict=True)}
        if len(missing) > 1 or min(factors) < 1:
            return None
        (rest,) = missing
        width = shape[0] if len(levels) == len(maps) - 2 else channels
        up = [Layer("UP", kernel=(factors[0], factors[1]))] if max(factors) > 1 else []
        levels.append([*up, _enlarging(width, rest)])
    return levels


def _enlarging(width: int, rest: int) -> Layer:
    """A CONV that adds so many pixels to each side of its maps by its padding."""
    kernel = 2 if rest % 2 else 3
    padding = (rest + kernel - 1) // 2
    return Layer("CONV", kernel=(kernel, kernel), width=width, padding=padding if rest else None)
