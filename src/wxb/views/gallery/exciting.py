"""The examples that excite the units of a layer most, and the place in each that does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from wxb.data.dataset import Dataset
from wxb.data.split import spread
from wxb.errors import WxbError
from wxb.tasks import TASKS
from wxb.text import count, plural
from wxb.views import layers
from wxb.views.drawing import Panel, digits, picture_of, sheet, tiles
from wxb.views.place import Field, cut, fields
from wxb.views.subject import Subject, as_batch, subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EXAMPLES = 2_000  # that are looked through, spread evenly over the part
AT_ONCE = 100
BEST = 8  # examples of a unit
UNITS = 16  # that are drawn, if none is named


def exciting(
    of: Any,
    x: Any = None,
    *,
    part: str | None = None,
    layer: str | None = None,
    unit: int | None = None,
) -> View:
    """The eight examples of a part that excite each unit of a layer most, and what the unit sees of each.

    `of` is a run, its folder, or a module with a data set or an array `x`. At most 2,000 examples are looked through,
    spread evenly over the part. `layer` is by default the last one of maps, else the last hidden layer. `unit` is the
    only one that is wanted.

    Arrays: "values" (unit, rank), what the unit gives; "rows" (unit, rank), the place of the example in the data;
    "places" (unit, rank, 2), the row and the column of the map; "seen" (unit, rank, channel, row, column), the part of
    the picture that the unit sees there, or (unit, rank, feature) the example. Raises WxbError if there is no such
    layer or unit.
    """
    seen = subject(of, "exciting")
    examples, rows, targets, where = _sample(seen, x, part)
    first = layers.passed(seen, as_batch(examples[:1]))
    candidates = layers.single(first)
    if not candidates:
        raise WxbError(f"no layer of {seen.name} gives maps or features of single examples")
    if layer is not None:
        layers.need_single(layer, first)
    name = _default(candidates) if layer is None else layers.named(layer, candidates)
    units = first[name].output.shape[1]
    if unit is not None and not 0 <= unit < units:
        raise WxbError(
            f"there is no unit {unit}: {name} has {plural(units, 'unit')}", fix=f"a number from 0 to {units - 1}"
        )
    chosen = np.arange(units) if unit is None else np.array([unit])
    values, best, places = _strongest(seen, examples, name, chosen)
    patches = _patches(seen, examples, name, best, places)
    ticks = Axis("unit", ticks=tuple(str(one) for one in chosen))
    rank = Axis("rank")
    arrays = {
        "values": Values(values, (ticks, rank), f"what the units of {name} give", "activation"),
        "rows": Values(rows[best], (ticks, rank), "the example's place in the data"),
        "places": Values(places, (ticks, rank, Axis("axis", ticks=("row", "column"))), "place in the map"),
    }
    own = ("channel", "row", "column") if patches.ndim == 5 else ("feature",)
    arrays["seen"] = Values(patches, (ticks, rank, *map(Axis, own)), "what the unit sees of the example")
    if targets is not None:
        arrays["given"] = Values(targets[best], (ticks, rank), "what the example is")
    title = f"What excites the units of {name} in {seen.name} most, of {count(len(examples))} {where}"
    return View("exciting", title, arrays, draw, {"layer": name, "examples": len(examples)})


def _sample(
    seen: Subject, x: Any, part: str | None
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.str_] | None, str]:
    """Examples as the network takes them, their places in the data, what they are, and words for them."""
    if x is not None and not isinstance(x, Dataset):
        examples = seen.array(x)
        chosen = spread(np.arange(len(examples)), EXAMPLES)
        return examples[chosen], chosen, None, "examples"
    data = seen.data(x)
    rows, part = seen.rows(data, part)
    chosen = spread(rows, EXAMPLES)
    units = data.targets_in_units()
    words = np.array([TASKS[data.task].text(units[row], data.classes) for row in chosen])
    return seen.examples(data)[chosen], chosen, words, f"examples of the {part} part"


def _default(candidates: dict[str, layers.Passed]) -> str:
    """The last layer of maps; without any, that whose features the last layer with weights weighs."""
    maps = [
        name
        for name, one in candidates.items()
        if name not in layers.PREPARING and one.output.ndim == 4 and max(one.output.shape[2:]) > 1
    ]
    return maps[-1] if maps else layers.hidden(candidates)


def _strongest(
    seen: Subject, examples: NDArray[Any], name: str, units: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """The greatest values of each unit, the examples that have them, and the places in their maps."""
    tops, spots = [], []
    only = name.partition(" (")[0]
    for start in range(0, len(examples), AT_ONCE):
        output = layers.passed(seen, as_batch(examples[start : start + AT_ONCE]), only)[name].output.float()
        flat = output.flatten(2) if output.ndim == 4 else output[..., None]
        top, spot = flat[:, torch.from_numpy(units)].max(2)
        wide = output.shape[3] if output.ndim == 4 else 1
        tops.append(top.numpy())
        spots.append(torch.stack([spot // wide, spot % wide], 2).numpy())
    values, places = np.concatenate(tops), np.concatenate(spots)  # (examples, units), (examples, units, 2)
    best = np.argsort(-values, axis=0, kind="stable")[:BEST].T
    across = np.arange(len(units))[:, None]
    return values[best, across], best, places[best, across]


def _patches(
    seen: Subject, examples: NDArray[Any], name: str, best: NDArray[np.int64], places: NDArray[np.int64]
) -> NDArray[Any]:
    if examples.ndim != 4:
        return examples[best]
    known = fields(seen.plan) if seen.plan is not None else {}
    high, wide = examples.shape[2:]
    field = known.get(name, Field((0, 0), (0, 0), (high, wide)))
    if field.size[0] >= high and field.size[1] >= wide:  # it may see all of it
        return examples[best]
    return np.array([
        [cut(examples[row], field.box((place[0], place[1]))) for row, place in zip(some, where.tolist(), strict=True)]
        for some, where in zip(best, places, strict=True)
    ])  # fmt: skip


def draw(view: View) -> Figure:
    """A row of pictures for each unit, the strongest first; rows of numbers are written out."""
    seen, values = view["seen"], view["values"]
    names = view.arrays["values"].axes[0].ticks
    notes = list(view.notes)
    if len(seen) > UNITS:
        notes.append(f"The first {UNITS} of {len(seen)} units are drawn.")
    panels = []
    for place in range(min(len(seen), UNITS)):
        said = f"unit {names[place]}, {digits(float(values[place, 0]))} to {digits(float(values[place, -1]))}"
        if "given" in view.arrays:
            said += f": {', '.join(dict.fromkeys(view['given'][place].tolist()))}"
        said = said if len(said) <= 70 else f"{said[:69]}…"
        panels.append(_pictures(said, seen[place]) if seen.ndim == 5 else _rows(said, view, place))
    if seen.ndim == 5:
        notes.append("A picture is the part that the unit sees; it may reach beyond the border, which is black.")
    return sheet(view.title, panels, notes)


def _pictures(said: str, pictures: NDArray[Any]) -> Panel:
    shown = np.stack([picture_of(one) for one in pictures])
    if shown.ndim == 4:
        shown = np.concatenate([shown, np.ones((*shown.shape[:3], 1))], axis=3)
    tiled = tiles(shown, BEST, max(1, shown.shape[1] // 12))
    width = 4.56 * min(1.0, len(shown) / BEST)

    def paint(axes: Axes) -> None:
        axes.imshow(tiled, cmap="gray", vmin=0, vmax=1, aspect="auto")

    return Panel(said, width * tiled.shape[0] / tiled.shape[1], paint, width=width)


def _rows(said: str, view: View, place: int) -> Panel:
    """The three strongest examples, each with its first numbers."""
    rows, seen, values = view["rows"][place], view["seen"][place], view["values"][place]

    def paint(axes: Axes) -> None:
        axes.set_xlim(0, 1)
        axes.set_ylim(len(lines) - 0.5, -0.5)
        for line, text in enumerate(lines):
            axes.text(0, line, text, va="center", fontsize=7)

    lines = []
    for rank in range(min(3, len(rows))):
        numbers = ", ".join(digits(float(value)) for value in seen[rank][:6])
        more = ", …" if len(seen[rank]) > 6 else ""
        lines.append(f"{digits(float(values[rank]))}   row {rows[rank]}: {numbers}{more}")
    return Panel(said, 0.16 * len(lines), paint)
