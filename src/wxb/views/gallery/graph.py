"""The layers of a network and how they are joined, with shapes, weights, multiply-adds and receptive fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from wxb.errors import WxbError
from wxb.notation.layers import family
from wxb.notation.table import FOLLOWERS
from wxb.notation.tree import Planned, PlannedConcat, PlannedLayer, PlannedResidual, PlannedTeam, Shape
from wxb.text import count, large
from wxb.text import shape as shape_text
from wxb.views import layers
from wxb.views.drawing import BLUE, INK, LINES, QUIET, SKY, Panel, sheet
from wxb.views.subject import Subject, subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from wxb.notation import Plan

ROW = 0.21  # inches
MOST_ROWS = 1200
COLUMNS = 2.55, 3.4, 4.0, 4.56  # right ends, in inches, of the output's shape, weights, multiply-adds, receptive field
LETTERS = 26


@dataclass(frozen=True)
class Node:
    """A layer with the activation, normalization and dropout that follow it, or the place where branches meet."""

    layer: str
    output: Shape
    parameters: int
    multiply_adds: int
    receptive_field: str
    before: tuple[int, ...] = field(default=())  # places of the nodes whose outputs it takes
    depth: int = 0  # how many blocks it stands in
    paths: tuple[str, ...] = ()  # of the layer and of those that follow it, by which the other views name them


def graph(of: Any, x: Any = None) -> View:
    """The layers of a network in the order of computing, and which takes the output of which.

    `of` is a run, its folder, or a module of torch, which needs a batch `x` of examples to know its shapes; its
    branches are not known, nor are its receptive fields.

    Arrays: "layers", "outputs" and "receptive fields" as texts, "parameters" and "multiply-adds" of each node (node,),
    and "edges" (edge, 2): the nodes from and to which a tensor goes. Node 0 is the input. Raises WxbError if a module
    is given without `x`.
    """
    seen = subject(of, "graph")
    nodes = planned(seen.plan) if seen.plan is not None else nodes_of(seen, x)
    edges = np.array([(one, place) for place, node in enumerate(nodes) for one in node.before], np.int64).reshape(-1, 2)
    axis = (Axis("node"),)
    arrays = {
        "layers": Values(np.array([node.layer for node in nodes]), axis, "the layer"),
        "outputs": Values(np.array([shape_text(node.output) for node in nodes]), axis, "shape of what it gives"),
        "parameters": Values(np.array([node.parameters for node in nodes]), axis, "weights and biases", "numbers"),
        "multiply-adds": Values(
            np.array([node.multiply_adds for node in nodes]), axis, "products of one example", "products"
        ),
        "receptive fields": Values(
            np.array([node.receptive_field for node in nodes]), axis, "what one output sees", "pixels"
        ),
        "depths": Values(np.array([node.depth for node in nodes]), axis, "how many blocks it stands in", "blocks"),
        "edges": Values(edges, (Axis("edge"), Axis("end", ticks=("from", "to"))), "from which node to which"),
    }
    total = sum(node.parameters for node in nodes)
    products = sum(node.multiply_adds for node in nodes)
    facts = {"parameters": total, "multiply-adds": products}
    title = f"{seen.name}: {count(total)} parameters, {large(products)} multiply-adds"
    return View("graph", title, arrays, draw, facts)


# --- nodes of a plan -------------------------------------------------------------------------------------------------


def planned(plan: Plan) -> list[Node]:
    """The nodes of a plan, in the order of computing; the first is the input."""
    nodes = [Node("input", plan.input, 0, 0, "")]
    _walk(plan.items, nodes, 0, 0, plan.input)
    return nodes


def _walk(items: Sequence[Planned], nodes: list[Node], source: int, depth: int, whole: Shape) -> int:
    """Add the nodes of a sequence that takes the output of node `source`; the place of its last node."""
    plain = False
    for item in items:
        match item:
            case PlannedLayer():
                if plain and family(item) in FOLLOWERS:
                    nodes[source] = _followed(nodes[source], item)
                else:
                    nodes.append(_node(item, item.path.rpartition(".")[2], (source,), depth, whole))
                plain = True
            case PlannedResidual():
                arm = _walk(item.arm, nodes, source, depth + 1, whole)
                short = _walk(item.shortcut, nodes, source, depth + 1, whole)
                nodes.append(
                    replace(_node(item, "RES: sum", (arm, short), depth, whole), parameters=0, multiply_adds=0)
                )
                plain = False
            case PlannedConcat():
                ends = tuple(_walk(branch, nodes, source, depth + 1, whole) for branch in item.branches)
                nodes.append(replace(_node(item, "CAT: joined", ends, depth, whole), parameters=0, multiply_adds=0))
                plain = False
            case PlannedTeam():
                factors = item.parameters - sum(one.parameters for group in item.groups for one in group)
                size = f"{len(item.groups)}x{item.members}" if len(item.groups) > 1 else item.members
                nodes.append(Node(f"TEAM-{size}: factors", item.input, factors, 0, "", (source,), depth))
                spread = len(nodes) - 1
                last_ones = [_walk(group, nodes, spread, depth + 1, whole) for group in item.groups]
                if len(last_ones) > 1:
                    nodes.append(Node("TEAM: averaged", item.output, 0, 0, "all", tuple(last_ones), depth))
                plain = False
        source = len(nodes) - 1
    return source


def _node(item: Planned, name: str, before: tuple[int, ...], depth: int, whole: Shape) -> Node:
    return Node(
        name,
        item.output,
        item.parameters,
        item.multiply_adds,
        _field(item, whole),
        tuple(dict.fromkeys(before)),
        depth,
        (item.path,),
    )


def _followed(node: Node, item: PlannedLayer) -> Node:
    return replace(
        node,
        layer=f"{node.layer}-{item.path.rpartition('.')[2]}",
        paths=(*node.paths, item.path),
        parameters=node.parameters + item.parameters,
        multiply_adds=node.multiply_adds + item.multiply_adds,
    )


def _field(item: Planned, whole: Shape) -> str:
    sides = whole[1:] if len(whole) == 3 else (1, *whole)
    field = item.receptive_field
    if len(item.output) == 1 and field[0] >= sides[0] and field[1] >= sides[1]:
        return "all"
    return str(field[0]) if field[0] == field[1] else shape_text(field)


# --- nodes of a module -----------------------------------------------------------------------------------------------


def nodes_of(seen: Subject, x: Any) -> list[Node]:
    """The nodes of a module, in the order of computing. Raises WxbError without examples `x`, which give the shapes."""
    if x is None:
        raise WxbError(
            f"the shapes of {seen.name} are known only for a batch of examples", fix="wxb.views.graph(model, x)"
        )
    found = layers.passed(seen, seen.example(x).batch)
    first = next(iter(found.values()), None)
    given = () if first is None or first.input is None else tuple(first.input.shape[1:])
    nodes = [Node("input", given, 0, 0, "")]
    counted: set[int] = set()
    for name, one in found.items():
        own = [parameter for parameter in one.module.parameters(recurse=False) if id(parameter) not in counted]
        counted.update(map(id, own))
        weight = getattr(one.module, "weight", None)
        output = tuple(one.output.shape[1:])
        # a filter is used at every place of its map, a row of a matrix once for every token
        products = 0
        if weight is not None and weight.ndim >= 2 and type(one.module).__name__ != "Embedding":
            places = np.prod(output[1:]) if weight.ndim > 2 else np.prod(output[:-1])
            products = int(weight.numel() * places)
        parameters = sum(parameter.numel() for parameter in own)
        nodes.append(Node(name, output, parameters, products, "", (len(nodes) - 1,)))
    return nodes


# --- drawing ---------------------------------------------------------------------------------------------------------


def draw(view: View) -> Figure:
    """A row for each node; a line at the left leads past the rows that a tensor does not go through."""
    rows = len(view["layers"])
    if rows > MOST_ROWS:
        raise WxbError(f"a figure of {count(rows)} layers would be too high", fix="the arrays, as .json or .npz")
    arcs = _lanes([(int(a), int(b)) for a, b in view["edges"] if b != a + 1])
    left = 0.12 * (1 + max((lane for *_, lane in arcs), default=-1)) + 0.1
    fields = any(view["receptive fields"])
    products = view["multiply-adds"]
    most = max(int(products.max()), 1)

    def paint(axes: Axes) -> None:
        axes.set_xlim(0, 4.56)
        axes.set_ylim(rows + 0.5, -1.5)
        heads = ("output", "weights", "products") + (("sees",) if fields else ())
        for head, x in zip(heads, COLUMNS, strict=False):
            axes.text(x, -1, head, ha="right", va="center", fontsize=7, color=QUIET)
        for row in range(rows):
            _row(axes, view, row, left, products[row] / most)
        for start, end in view["edges"].tolist():
            if end == start + 1:
                axes.plot([left - 0.05] * 2, [start + 0.28, end - 0.28], color=QUIET, linewidth=0.8)
        for start, end, lane in arcs:
            x = left - 0.05 - 0.12 * (lane + 1)
            axes.plot([left - 0.05, x, x, left - 0.05], [start, start, end, end], color=BLUE, linewidth=1)

    notes = ["The bar behind a layer is its share of the greatest number of multiply-adds (products)."]
    if arcs:
        notes.append("A blue line goes past layers: a shortcut, or the way to another branch.")
    return sheet(view.title, [Panel("", ROW * (rows + 2), paint)], [*view.notes, *notes])


def _row(axes: Axes, view: View, row: int, left: float, share: float) -> None:
    depth = int(view["depths"][row])
    start = left + 0.1 * min(depth, 4)
    name = str(view["layers"][row])
    room = max(8, int((COLUMNS[0] - 0.62 - start) / 0.069))
    short = name if len(name) <= room else f"{name[: room // 2]}…{name[len(name) - (room - room // 2 - 1) :]}"
    axes.barh(row, 4.56 - start, left=start, height=0.82, color=LINES, alpha=0.35, linewidth=0)
    axes.barh(row, (4.56 - start) * share, left=start, height=0.82, color=SKY, alpha=0.45, linewidth=0)
    axes.plot([left - 0.05], [row], marker="o", markersize=3.5, color=INK)
    axes.text(start + 0.05, row, short, va="center", fontsize=7.5)
    cells = [str(view["outputs"][row])]
    cells += [large(int(view[what][row])) if view[what][row] else "" for what in ("parameters", "multiply-adds")]
    cells.append(str(view["receptive fields"][row]))
    for text, x in zip(cells, COLUMNS, strict=True):
        axes.text(x, row, text, ha="right", va="center", fontsize=7.5)


def _lanes(edges: Sequence[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """Each edge with a lane, so that no two that overlap share one; short ones are nearest to the rows."""
    taken: list[list[tuple[int, int]]] = []
    placed = []
    for start, end in sorted(edges, key=lambda edge: edge[1] - edge[0]):
        lane = next(
            (lane for lane, others in enumerate(taken) if all(end <= a or start >= b for a, b in others)), len(taken)
        )
        if lane == len(taken):
            taken.append([])
        taken[lane].append((start, end))
        placed.append((start, end, lane))
    return placed
