"""The forms of what is played with: classes of the plane, heights over it, or a curve over a line.

A form says what points are, what of the inputs is shown, and how the network's answers are told to the browser.
"""

from __future__ import annotations

import base64
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.data.toys import SIDE, TOYS, Function
from wxb.errors import WxbError
from wxb.tasks import TASKS
from wxb.text import count

if TYPE_CHECKING:
    from torch import Tensor

    from wxb.network.heads import Head

Point = tuple[float, float, str]  # both coordinates, and what the third column of a table has: a class or a height
Box = list[float]  # left, right, bottom, top
Floats = NDArray[np.float64]

CLASS, HEIGHT = "class", "height"  # the third column of a table of points
MOST_CLASSES = 8
ALONG = 201  # points of a curve


class Form(ABC):
    """One form."""

    name: str
    task: str
    features: int
    third: str  # the name of the third column of points; empty if there is none
    small: tuple[int, int]  # rows and columns of the inputs that every unit is asked for

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads that can learn it."""
        return TASKS[self.task].heads

    @abstractmethod
    def check(self, points: Sequence[Point]) -> None:
        """Raise WxbError for points that are not of this form."""

    def target(self, columns: tuple[str, str]) -> str:
        """The column that is learned."""
        return self.third

    @abstractmethod
    def box(self, inputs: Floats, targets: Floats, own: bool) -> Box:
        """What is shown: of toys (`own` is False) the same for all, else what is around the points."""

    @abstractmethod
    def inputs(self, box: Box, rows: int, columns: int) -> Floats:
        """The inputs (rows · columns, features) of a grid, row by row from the top."""

    @abstractmethod
    def grid(self, side: int) -> tuple[int, int]:
        """The rows and columns of the grid that the network is asked for, where a side of so many was wanted."""

    def answers(self, head: Head, logits: Tensor) -> dict[str, Any]:
        """What the network says of the grid, for the browser: by default the number at every point."""
        return {"heights": packed(logits[:, 0].float().nan_to_num().numpy())}


def _around(values: Floats) -> list[float]:
    """The ends of an axis around values."""
    low, high = float(values.min()), float(values.max())
    more = 0.1 * (high - low if high > low else 1.0)
    return [low - more, high + more]


class _OfPlane(Form):
    features = 2
    small = (22, 22)

    def box(self, inputs: Floats, targets: Floats, own: bool) -> Box:
        if own:
            return [*_around(inputs[:, 0]), *_around(inputs[:, 1])]
        reach = max(1.08 * SIDE, 1.05 * float(np.abs(inputs).max()))
        return [-reach, reach, -reach, reach]

    def inputs(self, box: Box, rows: int, columns: int) -> Floats:
        left, right, bottom, top = box
        x, y = np.meshgrid(np.linspace(left, right, columns), np.linspace(top, bottom, rows))
        return np.stack([x.ravel(), y.ravel()], 1)

    def grid(self, side: int) -> tuple[int, int]:
        return side, side


class Classes(_OfPlane):
    """Points of the plane in classes."""

    name, task, third = "classes", "classification", CLASS

    def check(self, points: Sequence[Point]) -> None:
        classes = {name for _, _, name in points}
        if not 1 < len(classes) <= MOST_CLASSES:
            raise WxbError(
                f"the points have {count(len(classes))} classes",
                f"expected 2 to {MOST_CLASSES}",
                "draw points of two classes",
            )

    def answers(self, head: Head, logits: Tensor) -> dict[str, Any]:
        """The class at every point, and how sure the network is of it, as bytes."""
        shares = head.probabilities(logits)
        if shares is not None:
            outputs = logits.shape[1]
            sure = (shares.amax(1) - 1 / outputs) / (1 - 1 / outputs)
        else:  # a margin of 1 is what these losses ask for
            best = logits.topk(2, 1).values
            sure = best[:, 0] - best[:, 1]
        certain = 255 * sure.nan_to_num().clamp(0, 1)
        return {"answers": packed(logits.argmax(1).byte().numpy()), "sure": packed(certain.byte().numpy())}


class Heights(_OfPlane):
    """A number over every point of the plane."""

    name, task, third = "heights", "regression", HEIGHT

    def check(self, points: Sequence[Point]) -> None:
        for _, _, height in points:
            try:
                finite = math.isfinite(float(height))
            except ValueError:
                finite = False
            if not finite:
                raise WxbError(f"the height {height[:40]} is no finite number")


class Curve(Form):
    """A number over every point of a line."""

    name, task, third = "curve", "regression", ""
    features = 1
    small = (1, 44)

    def check(self, points: Sequence[Point]) -> None:
        pass

    def target(self, columns: tuple[str, str]) -> str:
        return columns[1]

    def box(self, inputs: Floats, targets: Floats, own: bool) -> Box:
        across = _around(inputs) if own else [-1.08 * SIDE, 1.08 * SIDE]
        return [*across, *_around(targets)]

    def inputs(self, box: Box, rows: int, columns: int) -> Floats:
        return np.tile(np.linspace(box[0], box[1], columns), rows)[:, None]

    def grid(self, side: int) -> tuple[int, int]:
        return 1, ALONG


FORMS: dict[str, Form] = {form.name: form for form in (Classes(), Heights(), Curve())}


def of_toy(name: str) -> Form:
    """The form of a toy: a function of one number is a curve."""
    return FORMS["curve" if isinstance(TOYS[name], Function) else "classes"]


def packed(array: NDArray[Any]) -> str:
    """Bytes as text."""
    return base64.b64encode(array.tobytes()).decode()
