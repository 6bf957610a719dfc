"""The rows that `wxb show` prints, and puts into its JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..text import shape as shape_text
from .tree import Layer, Plan, Planned, PlannedConcat, PlannedLayer, PlannedResidual, Shape
from .vocabulary import ACTIVATIONS, BLOCKS, LAYERS, POOLING
from .write import layer_text, longest_repeat, number_text

FOLLOWERS = frozenset((*ACTIVATIONS, "BN", "LRN", "DROP", "MAXOUT"))


@dataclass(frozen=True)
class Row:
    """One line: one layer and what follows it on the same shape, a block, or a repeated group with its count.

    The parameters and the multiply-adds of all rows add up to the plan's. `receptive_field` is "5", "6, every 2"
    where neighbouring outputs are that many pixels apart, "3x5" where the axes differ, or "all".
    """

    layer: str
    output: Shape
    parameters: int
    multiply_adds: int
    receptive_field: str

    def as_dict(self) -> dict[str, object]:
        """The row as `wxb show --json` has it."""
        return {**vars(self), "output": list(self.output)}


def rows(plan: Plan, flat: bool = False) -> list[Row]:
    """The rows of a plan, from the input's first reader to the last layer; `flat` opens blocks and repeats nothing."""
    if flat:
        return [row for name, items in _ways(plan.items, "") for row in _lines(items, plan.input, name)]
    return _folded(_lines(plan.items, plan.input, ""))


def _lines(items: Sequence[Planned], whole: Shape, name: str) -> list[Row]:
    """A row for each item; what keeps the shape joins the row before."""
    lines: list[Row] = []
    before_it: Planned | None = None
    for item in items:
        row = Row(f"{name}{_text(item)}", item.output, item.parameters, item.multiply_adds, _field(item, whole))
        follows = isinstance(item, PlannedLayer) and item.name in FOLLOWERS
        # not behind a CAT: a row of equal blocks would fall apart where only the last is followed by something
        if follows and before_it is not None and not isinstance(before_it, PlannedConcat):
            before = lines[-1]
            row = replace(
                row,
                layer=f"{before.layer}-{_text(item)}",
                parameters=before.parameters + row.parameters,
                multiply_adds=before.multiply_adds + row.multiply_adds,
            )
            lines[-1] = row
        else:
            lines.append(row)
        before_it = item
    return lines


def _ways(items: Sequence[Planned], name: str) -> Iterator[tuple[str, Sequence[Planned]]]:
    """Every stretch of plain layers, also inside blocks, with the path of the block that it stands in."""
    stretch: list[Planned] = []
    for item in items:
        if isinstance(item, PlannedLayer):
            stretch.append(item)
            continue
        yield name, stretch
        stretch = []
        match item:
            case PlannedResidual():
                yield from _ways(item.arm, f"{item.path} ")
                yield from _ways(item.shortcut, f"{item.path}.shortcut ")
            case PlannedConcat():
                for number, branch in enumerate(item.branches, 1):
                    yield from _ways(branch, f"{item.path}.{number} ")
    yield name, stretch


def _folded(lines: Sequence[Row]) -> list[Row]:
    """Repeated stretches as one row: plain layers where shapes repeat as well, blocks whatever their shapes."""
    symbols: dict[object, str] = {}
    keys = [row.layer if row.layer.startswith(BLOCKS) else (row.layer, row.output) for row in lines]
    line = "".join(symbols.setdefault(key, chr(0x10000 + len(symbols))) for key in keys)
    result: list[Row] = []
    at = 0
    while at < len(lines):
        length, times = longest_repeat(line, at, len(line))
        covered = lines[at : at + length * times]
        if times == 1:
            result += covered
        else:
            once = "-".join(row.layer for row in covered[:length])
            block = length == 1 and once.startswith(BLOCKS) and once.endswith(")")
            last = covered[-1]
            result.append(
                Row(
                    f"{once}*{times}" if block else f"({once})*{times}",
                    last.output,
                    sum(row.parameters for row in covered),
                    sum(row.multiply_adds for row in covered),
                    last.receptive_field,
                )
            )
        at += length * times
    return result


def _text(item: Planned) -> str:
    """An item as the notation has it, with the sizes that were decided and without defaults that anyone knows."""
    match item:
        case PlannedLayer():
            return _layer_text(item)
        case PlannedResidual():
            second = ", PAD" if item.pad else f", {_sequence(item.shortcut)}" if item.shortcut else ""
            survival = "" if item.survival == 1 else f"({number_text(item.survival)})"
            return f"RES({_sequence(item.arm)}{second}){survival}"
        case PlannedConcat():
            return f"CAT({', '.join(_sequence(branch) or 'ID' for branch in item.branches)})"


def _sequence(items: Sequence[Planned]) -> str:
    return "-".join(_text(item) for item in items)


def _layer_text(item: PlannedLayer) -> str:
    segment = item.path.rpartition(".")[2]
    layer = Layer(segment)
    if item.name in POOLING:
        square = item.kernel[0] == item.kernel[1]
        known = item.kernel == (LAYERS[item.name].kernel,) * 2
        layer = Layer(
            item.name,
            kernel=None if known else item.kernel,
            stride=None if square and item.stride == item.kernel[0] else item.stride,
            padding=item.padding[0] or None,
            ceil=item.ceil,
        )
    elif item.name == "CONV":
        same = tuple(item.dilation * (size - 1) // 2 for size in item.kernel)
        layer = Layer(
            segment,
            stride=None if item.stride == 1 else item.stride,
            padding=None if item.padding == same else item.padding[0],
            groups=None if item.groups == 1 else item.groups,
            dilation=None if item.dilation == 1 else item.dilation,
        )
    elif item.number is not None and item.number != LAYERS[item.name].number:
        layer = Layer(segment, number=item.number)
    return layer_text(layer)


def _field(item: Planned, whole: Shape) -> str:
    sides = whole[1:] if len(whole) == 3 else (1, *whole)
    field, jump = item.receptive_field, item.jump
    if len(item.output) == 1:
        if field[0] >= sides[0] and field[1] >= sides[1]:
            return "all"
        return _sides(field)
    return _sides(field) + (f", every {_sides(jump)}" if jump != (1, 1) else "")


def _sides(sides: tuple[int, int]) -> str:
    return str(sides[0]) if sides[0] == sides[1] else shape_text(sides)
