"""Planes of inputs: all of data of one or two features, or the plane through three examples."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wxb.data.dataset import Dataset
from wxb.data.split import spread
from wxb.errors import WxbError
from wxb.network.build import Model
from wxb.views.quick import quick
from wxb.views.subject import Subject, as_batch

SIDE = 121  # points of each axis
MARGIN = 0.12  # beyond the outermost examples, as a share of the width
SHOWN = 1_000  # examples, spread evenly
AT_ONCE = 256  # inputs: few enough for the caches


@dataclass(frozen=True, eq=False)
class Plane:
    """Inputs at places (u, v): origin + u · first + v · second, and where examples lie in it.

    `axes` are the places along each axis; a line has one axis and no second direction.
    """

    origin: NDArray[np.float64]
    directions: tuple[NDArray[np.float64], ...]
    axes: tuple[NDArray[np.float64], ...]
    names: tuple[str, ...]
    examples: NDArray[np.float64]  # (n, axes): places
    rows: NDArray[np.int64]  # (n,): of the examples, in the data

    def inputs(self) -> NDArray[np.float64]:
        """The inputs (rows, columns, …) of a plane, row v and column u, or (points, …) of a line."""
        grids = np.meshgrid(*self.axes, indexing="ij")
        total = self.origin + sum(
            grid.reshape(*grid.shape, *(1,) * self.origin.ndim) * direction
            for grid, direction in zip(grids, self.directions, strict=True)
        )
        return np.asarray(np.swapaxes(total, 0, 1) if len(self.axes) == 2 else total)


def whole(seen: Subject, data: Dataset, rows: NDArray[np.int64]) -> Plane:
    """All of data of one or two features, as far as its examples reach and a little beyond."""
    chosen = spread(rows, SHOWN)
    points = prepared(seen, seen.examples(data)[chosen]).double().numpy()
    names = data.features or (("x", "y") if points.shape[1] == 2 else ("x",))
    axes = tuple(_reach(column, 401 if points.shape[1] == 1 else SIDE) for column in points.T)
    directions = tuple(np.eye(points.shape[1]))
    return Plane(np.zeros(points.shape[1]), directions, axes, names, points, chosen)


def through(seen: Subject, data: Dataset, rows: NDArray[np.int64], given: str | None) -> Plane:
    """The plane through three examples; without `given`, the first of three classes that the network tells apart.

    `given` names them by their numbers in the part: "0,5,9". Raises WxbError if they lie on a line.
    """
    examples = seen.examples(data)
    places = _numbers(given, len(rows)) if given is not None else _different(seen, examples, rows)
    corners = prepared(seen, examples[rows[places]]).double().numpy()
    first, second = corners[1] - corners[0], corners[2] - corners[0]
    length = float(np.linalg.norm(first))
    across = second - first * float((second * first).sum()) / (length**2 or 1.0)
    height = float(np.linalg.norm(across))
    if length == 0 or height < 1e-6 * length:
        raise WxbError(f"examples {', '.join(map(str, places))} lie on a line", fix="three others with `examples`")
    directions = first / length, across / height
    at = np.array([[0.0, 0.0], [length, 0.0], [float((second * directions[0]).sum()), height]])
    axes = tuple(_reach(column, SIDE, 0.35) for column in at.T)
    return Plane(corners[0], directions, axes, ("along", "across"), at, rows[places])


def _different(seen: Subject, examples: NDArray[Any], rows: NDArray[np.int64]) -> list[int]:
    """The numbers of three examples with different predictions; of others that are different, where there are none."""
    some = rows[: min(len(rows), 200)]
    with torch.no_grad():
        scores = seen.scores(prepared(seen, examples[some]))
    said = scores.argmax(1).tolist() if scores.shape[1] > 1 else (scores[:, 0] > scores[:, 0].median()).tolist()
    places = [said.index(one) for one in dict.fromkeys(said)][:3]
    return places + [place for place in range(len(some)) if place not in places][: 3 - len(places)]


def _numbers(given: str, examples: int) -> list[int]:
    words = re.split(r"[, ]+", given.strip())
    if len(words) != 3 or not all(word.isascii() and word.isdigit() and len(word) < 10 for word in words):
        raise WxbError(f'`examples="{given}"`: expected three numbers of examples', fix='`examples="0,5,9"`')
    places = [int(word) for word in words]
    if max(places) >= examples:
        raise WxbError(f"there is no example {max(places)}: the part has {examples}", fix='`examples="0,1,2"`')
    return places


def _reach(values: NDArray[np.float64], points: int, margin: float = MARGIN) -> NDArray[np.float64]:
    low, high = float(values.min()), float(values.max())
    more = margin * (high - low) or 1.0
    return np.linspace(low - more, high + more, points)


def prepared(seen: Subject, examples: NDArray[Any]) -> Tensor:
    """Examples as float inputs of the first layer, before they are scaled; of a table its features."""
    batch = as_batch(examples)
    if isinstance(seen.model, Model) and seen.model.preparation is not None:
        return cast(Tensor, seen.model.preparation(batch))
    return batch if batch.dtype == torch.float64 else batch.float()


def scores(seen: Subject, inputs: NDArray[np.float64]) -> NDArray[np.float32]:
    """The network's scores (…, outputs) for inputs (…, *shape of an example)."""
    shape = inputs.shape[-len(seen.plan.input) :] if seen.plan is not None else inputs.shape[-1:]
    flat = torch.from_numpy(inputs.reshape(-1, *shape)).float()
    if isinstance(seen.model, Model):
        seen = replace(seen, model=quick(seen.model))
    with torch.no_grad():
        found = [seen.scores(flat[start : start + AT_ONCE]) for start in range(0, len(flat), AT_ONCE)]
    values = torch.cat(found).float().numpy()
    return values.reshape(*inputs.shape[: inputs.ndim - len(shape)], -1)
