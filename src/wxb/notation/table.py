"""The rows that `wxb show` prints and writes as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..text import shape as shape_text
from .layers import LAYERS, family
from .planned import Plan
from .tree import Layer, Planned, PlannedConcat, PlannedLayer, PlannedResidual, PlannedTeam, Shape
from .vocabulary import BLOCKS
from .write import layer_text, longest_repeat, number_text, recurrences, team_text

FOLLOWERS = ("activation", "normalization", "dropout")  # families that share the row of the layer before


@dataclass(frozen=True)
class Row:
    """One line: a layer with what follows it on the same shape, a block, or a repeated group with its count.

    Parameters and multiply-adds of all rows add up to those of the plan. `receptive_field` is "5", "6, every 2" if
    neighbouring outputs are 2 pixels apart, "3x5" if the axes differ, or "all".
    """

    layer: str
    output: Shape
    parameters: int
    multiply_adds: int
    receptive_field: str


def rows(plan: Plan, flat: bool = False) -> list[Row]:
    """The rows of a plan in the order of its layers; `flat` opens blocks and folds no repeats."""
    if flat:
        lines = [row for name, items in _ways(plan.items, "") for row in _lines(items, plan.input, name)]
        return lines + [_factors(item) for item in plan.items if isinstance(item, PlannedTeam)]
    return _folded(_lines(plan.items, plan.input, ""))


def _lines(items: Sequence[Planned], whole: Shape, name: str) -> list[Row]:
    """One row per item; an activation, normalization or dropout joins the row before."""
    lines: list[Row] = []
    before_it: Planned | None = None
    for item in items:
        row = Row(f"{name}{_text(item)}", item.output, item.parameters, item.multiply_adds, _field(item, whole))
        # not after a CAT: a row of equal blocks would fall apart if something follows the last of them only
        if family(item) in FOLLOWERS and before_it is not None and not isinstance(before_it, PlannedConcat):
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


def _factors(team: PlannedTeam) -> Row:
    """The factors by which the members of a team multiply its input."""
    parameters = team.parameters - sum(item.parameters for group in team.groups for item in group)
    return Row(f"{team.path} factors", team.input, parameters, 0, "")


def _ways(items: Sequence[Planned], name: str) -> Iterator[tuple[str, Sequence[Planned]]]:
    """Every stretch of plain layers, also inside blocks, with the path of the block around it."""
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
            case PlannedTeam():
                for number, group in enumerate(item.groups, 1):
                    yield from _ways(group, f"{item.path}.{number} ")
    yield name, stretch


def _folded(lines: Sequence[Row]) -> list[Row]:
    """Fold repeated stretches into one row: plain layers if their shapes repeat as well, blocks of any shapes."""
    symbols: dict[object, str] = {}
    keys = [row.layer if row.layer.startswith(BLOCKS) else (row.layer, row.output) for row in lines]
    line = "".join(symbols.setdefault(key, chr(0x10000 + len(symbols))) for key in keys)
    again = recurrences(line)
    result: list[Row] = []
    at = 0
    while at < len(lines):
        length, times = longest_repeat(line, at, len(line), again[at])
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
    """An item in the notation: with the sizes that were decided, without defaults that anyone knows."""
    match item:
        case PlannedLayer():
            return _layer_text(item)
        case PlannedResidual():
            second = ", PAD" if item.pad else f", {_sequence(item.shortcut)}" if item.shortcut else ""
            survival = "" if item.survival == 1 else f"({number_text(item.survival)})"
            return f"RES({_sequence(item.arm)}{second}){survival}"
        case PlannedConcat():
            return f"CAT({', '.join(_sequence(branch) or 'ID' for branch in item.branches)})"
        case PlannedTeam():
            return team_text(item.members, len(item.groups), _sequence(item.groups[0]))


def _sequence(items: Sequence[Planned]) -> str:
    return "-".join(_text(item) for item in items)


def _layer_text(item: PlannedLayer) -> str:
    kind, segment = LAYERS[item.name], item.path.rpartition(".")[2]
    if kind.family == "pooling" and item.kernel == (kind.kernel,) * 2:
        segment = item.name
    layer = Layer(
        segment,
        stride=None if item.stride == kind.default_stride(item.kernel) else item.stride,
        padding=None if item.padding == kind.default_padding(item.kernel, item.dilation) else item.padding[0],
        groups=None if item.groups == 1 or item.name == "FC" else item.groups,
        dilation=None if item.dilation == 1 else item.dilation,
        ceil=item.ceil,
        number=None if item.number == kind.number else item.number,
    )
    return layer_text(layer)


def _field(item: Planned, whole: Shape) -> str:
    sides = (*whole[1:], 1)[:2] if len(whole) > 1 else (1, *whole)
    field, jump = item.receptive_field, item.jump
    if len(item.output) == 1:
        if field[0] >= sides[0] and field[1] >= sides[1]:
            return "all"
        return _sides(field)
    return _sides(field) + (f", every {_sides(jump)}" if jump != (1, 1) else "")


def _sides(sides: tuple[int, int]) -> str:
    return str(sides[0]) if sides[0] == sides[1] else shape_text(sides)
