"""The loss surface of a training that is played with, and its path on it, computed in short stretches of time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wxb.data.dataset import Dataset
from wxb.data.split import spread
from wxb.errors import WxbError
from wxb.network.build import Model
from wxb.views.directions import MARGIN, Directions, Weights, along_path, two_weights
from wxb.views.landscape import Landscape
from wxb.views.plane import prepared
from wxb.views.subject import Subject

SIDE = 25  # places of each axis
EXAMPLES = 200  # of the training part, spread evenly
MOST_WEIGHTS = 2_000  # learned numbers of a network whose surface is drawn
LEAST_PLACES = 8  # of a path that gives a plane: that of fewer is left with the next step
MOST_PLACES = 120  # of a path; of a longer one every second is kept
AT_ONCE = 5  # places between looks at the clock
GROWN = 1.1  # a surface is drawn again when a training that goes on has come so many times as far
ALONG = "path"  # the plane that comes closest to the path; two weights are named


class Surface:
    """The mean loss of training examples, without penalties, over a plane of weights.

    The plane is that of the path so far, or of two weights. A surface that is complete stays until the next one is:
    one is computed after the other while the training goes on.
    """

    def __init__(self, model: Model, seen: Subject, data: Dataset) -> None:
        rows = spread(data.split.part("train"), EXAMPLES)
        self.model = model
        self.inputs = prepared(seen, seen.examples(data)[rows])
        self.targets = torch.from_numpy(np.asarray(seen.targets(data)[rows]))
        self.learned = {name: value for name, value in model.named_parameters() if value.requires_grad}
        self.asked = ""
        self.why = ""  # there is no surface
        self.shown: Directions | None = None  # the plane of the surface that is complete
        self._path: list[tuple[int, Weights]] = []
        self._computing: Iterator[dict[str, Any] | None] | None = None
        self._begun = -1  # the step at which the newest surface was begun

    def names(self) -> list[str]:
        """The weights that a plane can be made of, by name: none of a network that is too large."""
        if self.too_large:
            return []
        return [
            f"{name}[{','.join(map(str, place))}]"
            for name, value in self.learned.items()
            for place in np.ndindex(*value.shape)
        ]

    @property
    def too_large(self) -> bool:
        """Whether the network has too many weights for a surface beside its training."""
        return sum(value.numel() for value in self.learned.values()) > MOST_WEIGHTS

    def ask(self, plane: str) -> None:
        """Draw the surface over a plane: "path", two weights by their names, or none. Raises WxbError."""
        if plane and self.too_large:
            raise WxbError("the network is too large for a surface beside its training", f"at most {MOST_WEIGHTS:,}")
        if plane not in ("", ALONG):
            two_weights(self.model, plane)
        self.asked, self.shown, self.why = plane, None, ""
        self._computing, self._begun = None, -1

    def note(self, step: int) -> None:
        """Add the weights of now to the path."""
        if self.too_large or (self._path and self._path[-1][0] == step):
            return
        self._path.append((step, {name: value.detach().clone() for name, value in self.learned.items()}))
        if len(self._path) > MOST_PLACES:
            self._path = [*self._path[:-1:2], self._path[-1]]

    def due(self, running: bool) -> bool:
        """Whether there is something to compute, while the training goes on or stands still."""
        if not (self.asked and self._path):
            return False
        return self._computing is not None or self._path[-1][0] > self._begun * (GROWN if running else 1)

    def work(self, seconds: float, running: bool) -> dict[str, Any] | None:
        """Compute for so long, and return the surface once it is complete."""
        end = time.perf_counter() + seconds
        while self.due(running) and time.perf_counter() < end:
            if self._computing is None:
                self._begun = self._path[-1][0]
                self._computing = self._rows()
            try:
                found = next(self._computing)
            except StopIteration:
                self._computing = None
                continue
            if found is not None:
                self._computing = None
                return found
        return None

    def _rows(self) -> Iterator[dict[str, Any] | None]:
        """Compute the surface, a few places at a time; the last value is the surface."""
        plane = self._plane()
        if plane is None:
            return
        landscape = Landscape(self.model, self.inputs, self.targets, plane)
        xs, ys = plane.axes(SIDE)
        losses = np.zeros((SIDE, SIDE))
        for number, y in enumerate(ys):
            for start in range(0, SIDE, AT_ONCE):
                some = slice(start, start + AT_ONCE)
                losses[number, some] = landscape.row(xs[some], float(y))
                yield None
        self.shown = plane
        yield {
            "kind": "surface",
            "plane": self.asked,
            "names": plane.names,
            "x": [float(xs[0] + plane.at[0]), float(xs[-1] + plane.at[0])],
            "y": [float(ys[0] + plane.at[1]), float(ys[-1] + plane.at[1])],
            "side": SIDE,
            "losses": [[float(f"{one:.5g}") for one in row] for row in np.nan_to_num(losses, posinf=1e30)],
            "examples": landscape.examples,
        }

    def _plane(self) -> Directions | None:
        if self.asked == ALONG:
            self.why = "the path gives a plane after a few more steps"
            if len(self._path) < LEAST_PLACES:
                return None
            try:
                plane = along_path(self.model, [weights for _, weights in self._path])
            except WxbError:  # the path is a line
                return None
            self.why = ""
            return plane
        plane = two_weights(self.model, self.asked)
        path = self._places(plane)
        extent = MARGIN * np.maximum(np.ptp(path, axis=0), 1e-12)
        low, high = path.min(0) - extent, path.max(0) + extent
        low, high = np.minimum(low, plane.low), np.maximum(high, plane.high)
        return replace(plane, low=tuple(low.tolist()), high=tuple(high.tolist()))

    def _places(self, plane: Directions) -> NDArray[np.float64]:
        """The places of the path on a plane (n, 2), without what is added to read them."""
        names = [*plane.origin]
        axes = torch.stack([_flat(plane.first, names), _flat(plane.second, names)], 1)
        lengths = axes.square().sum(0)
        moved = torch.stack([_flat(one, names) for _, one in self._path]) - _flat(plane.origin, names)
        return ((moved @ axes) / lengths).numpy()

    def path(self) -> list[list[float]]:
        """The places of the path on the surface that is shown, as its axes are read, with their steps."""
        if self.shown is None:
            return []
        places = self._places(self.shown) + np.asarray(self.shown.at)
        return [
            [step, float(f"{x:.5g}"), float(f"{y:.5g}")]
            for (step, _), (x, y) in zip(self._path, places.tolist(), strict=True)
        ]


def _flat(weights: Weights, names: list[str]) -> Tensor:
    return torch.cat([weights[name].flatten().double() for name in names])
