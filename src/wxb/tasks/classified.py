"""What a network predicts in classification: a class, its probability, and a set of classes if one is asked for."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wxb.tasks.prediction import Prediction
from wxb.text import first_of, percent


class ClassificationPrediction(Prediction):
    """Predicted classes; `values` holds their numbers."""

    region: ClassVar[str] = "set"

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.names[number] for number in self.values)

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The probability of the predicted class, or its lead over the second."""
        if self.probabilities is not None:
            return np.asarray(self.probabilities[np.arange(len(self)), self.values], np.float64)
        ordered = np.sort(self.scores.astype(np.float64), axis=1)
        return np.asarray(ordered[:, -1] - ordered[:, -2], np.float64)

    @property
    def sets(self) -> tuple[tuple[str, ...], ...] | None:
        """The classes of each prediction set, the most likely first; None if none were asked for."""
        return None if self.limits is None else tuple(self._set(place) for place in range(len(self)))

    @property
    def columns(self) -> tuple[str, ...]:
        return ("class", "probability", *(() if self.limits is None else (f"set_{name}" for name in self.names)))

    def cells(self, place: int) -> list[Any]:
        return [self.names[self.values[place]], self._probability(place), *map(int, self._members(place))]

    def answer(self, place: int) -> dict[str, Any]:
        found = {"class": self.names[self.values[place]], "probability": self._probability(place)}
        if self.limits is not None:
            found["set"] = list(self._set(place))
        return {**found, "probabilities": self.probabilities_of(place)}

    def texts(self, place: int) -> tuple[str, ...]:
        probability = self._probability(place)
        return (self.names[self.values[place]], "" if probability is None else percent(probability))

    def within(self, place: int) -> str:
        return first_of(self._set(place))

    def _members(self, place: int) -> NDArray[np.bool_]:
        """Whether each class is in the prediction set of one example; empty without limits."""
        if self.limits is None:
            return np.zeros(0, bool)
        members: NDArray[np.bool_] = in_sets(self, slice(place, place + 1))[0]
        return members

    def _set(self, place: int) -> tuple[str, ...]:
        """The classes in the prediction set of one example, the most likely first."""
        members, scores = self._members(place), self.scores[place]
        return tuple(self.names[number] for number in np.argsort(-scores, kind="stable") if members[number])

    def _probability(self, place: int) -> float | None:
        """The probability of the predicted class."""
        return None if self.probabilities is None else float(self.probabilities[place, self.values[place]])


def in_sets(prediction: Prediction, rows: slice = slice(None)) -> NDArray[np.bool_]:
    """Whether each class is in the prediction set of each example, (n, classes); there are limits and probabilities.

    A set holds the classes whose probability is at least 1 less the limit (Sadinle, Lei, Wasserman 2019,
    arXiv:1609.00451), and always the most likely one: an empty set would say nothing. Thresholds by which answers are
    decided do not change it.
    """
    assert prediction.limits is not None
    assert prediction.probabilities is not None
    within = np.asarray(1 - prediction.probabilities[rows].astype(np.float64) <= prediction.limits.scores)
    within[np.arange(len(within)), prediction.probabilities[rows].argmax(axis=1)] = True
    return within
