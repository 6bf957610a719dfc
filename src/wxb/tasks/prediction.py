"""What a network predicts for examples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wxb import markup
from wxb.tasks.conformal import Limits
from wxb.text import plural

SHOWN = 6  # predictions in the repr


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(ABC):
    """Predictions for n examples, one per row.

    `values` is stored like the targets of a data set; `probabilities` (n, outputs) is None if the head has none.
    """

    names: tuple[str, ...]  # of all classes, labels or targets
    values: NDArray[Any]
    scores: NDArray[np.float32]  # logits (n, outputs)
    probabilities: NDArray[np.float32] | None = None
    examples: tuple[str, ...] = ()  # the file, or "file row", that each was read from; empty for arrays and data frames
    notes: tuple[str, ...] = ()  # what is strange about the examples
    limits: Limits | None = None  # of the intervals or sets, if they were asked for
    region: ClassVar[str] = "interval"  # what the limits give

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        shown = "; ".join(self.texts(place)[0] for place in range(min(SHOWN, len(self))))
        return f"{type(self).__name__}({shown}{'; …' if len(self) > SHOWN else ''})"

    def _repr_html_(self) -> str:
        names = self.examples or tuple(str(place) for place in range(len(self)))
        rows = [(name, *self.row(place)) for place, name in enumerate(names[: markup.MOST_ROWS])]
        title = plural(len(self), "prediction")
        head = ("example", *self.titles) if rows else ()
        return markup.shown(title, head, rows, self.notes, len(self))

    @property
    def confidence(self) -> NDArray[np.float64]:
        """How sure the network is of each prediction (n,), for ranking; zeros if nothing tells."""
        return np.zeros(len(self))

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """The heads of the columns in which CSV holds a prediction."""

    @abstractmethod
    def cells(self, place: int) -> list[Any]:
        """The prediction for one example, in these columns."""

    @abstractmethod
    def answer(self, place: int) -> dict[str, Any]:
        """The prediction for one example as an object of JSON."""

    @abstractmethod
    def texts(self, place: int) -> tuple[str, ...]:
        """The prediction for one example for people, and its probability where one number says it."""

    def within(self, place: int) -> str:
        """The interval or set of one example for people; `limits` are not None."""
        raise NotImplementedError

    def row(self, place: int) -> tuple[str, ...]:
        """The texts for one example, and its interval or set if there are limits."""
        return self.texts(place) if self.limits is None else (*self.texts(place), self.within(place))

    @property
    def titles(self) -> tuple[str, ...]:
        """The heads of the columns of `row`; there is at least one example."""
        heads = ("prediction", "probability")[: len(self.texts(0))]
        return heads if self.limits is None else (*heads, f"{self.limits.text} {self.region}")

    def probabilities_of(self, place: int) -> dict[str, float] | None:
        """The probability of each class or label of one example, by name."""
        if self.probabilities is None:
            return None
        return dict(zip(self.names, self.probabilities[place].tolist(), strict=True))
