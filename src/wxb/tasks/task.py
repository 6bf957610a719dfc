"""A kind of target, and everything in wxb that depends on it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.tasks.columns import TargetColumn
from wxb.tasks.conformal import Coverage
from wxb.tasks.evaluation import Difference, Evaluation, Score
from wxb.tasks.measure import Interval, Measure
from wxb.tasks.prediction import Prediction
from wxb.text import count, percent, plural

Targets = NDArray[np.int64] | NDArray[np.float32]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Encoded:
    """Targets as a data set stores them, with the names of their classes, labels or columns."""

    targets: Targets
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    offsets: tuple[float, ...] = ()  # subtracted from the columns of numbers in float64; empty if there are none


@dataclass(frozen=True, eq=False)
class Answers:
    """A network's answers to labelled examples."""

    scores: Floats  # logits (n, outputs)
    probabilities: Floats | None  # (n, outputs)
    targets: Targets  # as a data set stores them
    names: tuple[str, ...]  # of classes, labels or targets
    rows: Ints  # (n,): the examples' places in the data set
    loss: float  # mean of the head's loss
    seed: int  # of bootstrapped intervals
    weights: Floats | None = None  # (n,), each above 0: how much an example counts; None if all count the same
    offsets: Floats | None = None  # (outputs,), added to the scores before an answer is decided; None for none

    @property
    def decided(self) -> Floats:
        """The scores that decide."""
        return self.scores if self.offsets is None else self.scores + self.offsets


@dataclass(frozen=True, eq=False)
class Paired:
    """Two networks' predictions for the same examples, compared: the second against the first."""

    differences: dict[str, Difference]  # by measure
    p: float | None  # of McNemar's exact test; None if predictions are not right or wrong
    gain: Floats  # (n,): above 0 where the second is better, below 0 where it is worse
    weight: Floats  # (n,): how much a change matters, to rank changes


class Task(ABC):
    """A kind of target. One object per kind; `wxb.tasks.TASKS` holds them by name."""

    name: ClassVar[str]
    word: ClassVar[str]  # what fingerprints of data call it; never changes, so that fingerprints stay equal
    heads: ClassVar[tuple[str, ...]]  # that can learn it, the default first
    of_inputs: ClassVar[bool] = False  # whether the targets are the inputs themselves, flat
    of_words: ClassVar[bool] = False  # whether each word of a sentence has a target
    standardized: ClassVar[bool] = False  # whether the loss sees targets in standard deviations of the training part
    baseline: ClassVar[str] = "constant"  # name of the constant baseline
    linear: ClassVar[Literal["softmax", "sigmoid", "ridge", "pca"]]  # the linear baseline

    noun: ClassVar[str]  # what `names` are: "class", "label", "target"
    counted: ClassVar[str] = ""  # what `counts` counts, if it is not the noun
    kind: ClassVar[str]  # what the targets are, in an error: "classes"
    worst: ClassVar[str] = "The most confident mistakes"  # the report's title for mistakes
    changed: ClassVar[tuple[str, str]] = ("now right", "now wrong")  # what a better and a worse prediction is called
    measures: ClassVar[tuple[Measure, ...]]  # of an evaluation, the main one first
    shown: ClassVar[int] = 1  # how many of the measures a line of the terminal shows
    validated: ClassVar[tuple[Measure, ...]]  # of a validation score
    exclusive: ClassVar[bool] = False  # whether each example has one of the names and no other
    decides: ClassVar[bool] = False  # whether an answer is decided by scores, so that `optimize` can say for what
    reachable: ClassVar[bool] = False  # whether validation has an accuracy that `until` can ask for

    def of(self, names: tuple[str, ...]) -> Task:
        """The kind of target for data with these names; here the same whatever they are."""
        return self

    # --- targets ----------------------------------------------------------------------------------------------------

    @abstractmethod
    def recognizes(self, array: NDArray[Any]) -> bool:
        """Whether an array of targets, (n,) or (n, k), is of this kind if nobody says of which."""

    @abstractmethod
    def from_array(self, array: NDArray[Any], names: tuple[str, ...] | None) -> Encoded:
        """Targets from an array, with the names given or found. Raises WxbError if it does not fit."""

    @abstractmethod
    def claims(self, columns: Sequence[TargetColumn]) -> bool:
        """Whether columns of a table are of this kind if nobody says of which."""

    @abstractmethod
    def from_columns(
        self, columns: Sequence[TargetColumn], names: tuple[str, ...] | None = None, guessed: bool = False
    ) -> Encoded:
        """Targets from columns of a table: new ones, or with the `names` of a trained run.

        Raises WxbError if they do not fit, and for new ones if all rows have the same target.
        """

    def strata(self, targets: Targets, names: tuple[str, ...]) -> tuple[Ints, list[str]]:
        """The stratum of each example (n,), a place in the list of their names; here a single one."""
        return np.zeros(len(targets), dtype=np.int64), ["all"]

    def counts(self, targets: Targets, names: tuple[str, ...]) -> dict[str, int] | None:
        """How many examples have each class or label; None if there is nothing to count."""
        return None

    def reordered(self, targets: Targets, places: Ints) -> Targets:
        """The targets after name i has moved to places[i]; here the columns move."""
        columns: Targets = targets[:, np.argsort(places)].astype(np.float32, order="C")
        return columns

    def samples(self, targets: Targets, names: tuple[str, ...]) -> Ints:
        """The places of a few examples that show what the data is like."""
        return np.arange(min(5, len(targets)))

    def columns(self, targets: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
        """What each column of the stored targets is: a label or a target; the table's column, if it has classes."""
        return names

    @abstractmethod
    def text(self, target: Any, names: tuple[str, ...]) -> str:
        """A target, or a prediction, of one example in words."""

    # --- predictions and their scores -------------------------------------------------------------------------------

    @abstractmethod
    def predict(self, scores: NDArray[Any]) -> NDArray[Any]:
        """What logits (n, outputs) predict, stored like targets."""

    @abstractmethod
    def prediction(
        self, scores: NDArray[np.float32], probabilities: NDArray[np.float32] | None, names: tuple[str, ...]
    ) -> Prediction:
        """What logits (n, outputs) predict, for users."""

    @abstractmethod
    def constant(
        self, targets: Targets, names: tuple[str, ...], weights: Floats | None = None
    ) -> tuple[NDArray[Any], str]:
        """The best constant prediction for these training targets, stored like one target, and what it is."""

    @abstractmethod
    def scored(
        self, targets: Targets, values: NDArray[Any], seed: int, weights: Floats | None = None
    ) -> tuple[float, Interval]:
        """The main measure of predictions, with its 95 % interval; `weights` (n,) say how much each counts."""

    def each(self, targets: Targets, values: NDArray[Any]) -> Floats:
        """How good each of n > 0 predictions is (n,), so that their mean is the main measure; here 1 if it is right."""
        return np.asarray((targets == values).reshape(len(targets), -1).all(1), np.float64)

    @abstractmethod
    def validate(
        self, scores: NDArray[np.float32], targets: Targets, loss: float, weights: Floats | None = None
    ) -> Score:
        """The quick score after an epoch, from logits (n, outputs)."""

    @abstractmethod
    def evaluate(self, answers: Answers) -> Evaluation:
        """The full evaluation of a network's answers."""

    @abstractmethod
    def compare(self, targets: Targets, first: Prediction, second: Prediction, seed: int) -> Paired:
        """The second network's predictions against the first's, for the same examples."""

    def decision(self, optimize: str, scores: Floats, targets: Targets, weights: Floats | None) -> Floats:
        """The offsets (outputs,) of scores (n, outputs) that are best for a measure (wxb.tasks.decision)."""
        raise NotImplementedError

    # --- prediction intervals and sets ------------------------------------------------------------------------------

    def no_limits(self, probabilities: bool) -> WxbError | None:
        """Why a network, with `probabilities` or without, has no prediction intervals or sets; None if it has."""
        return WxbError(
            f"there are no prediction intervals or sets for {self.word}",
            "intervals are for numbers, sets for classes",
            "leave out `interval`",
        )

    def nonconformity(self, targets: Targets, prediction: Prediction) -> Floats:
        """How far each target is from what is predicted: (n, targets), or (n, 1) of classes. See `no_limits`."""
        raise NotImplementedError

    def coverage(self, targets: Targets, prediction: Prediction) -> tuple[Coverage, ...]:
        """How often the intervals or sets of a prediction with `limits` hold the targets. See `no_limits`."""
        raise NotImplementedError

    # --- words ------------------------------------------------------------------------------------------------------

    def table(self, tables: Mapping[str, Any]) -> tuple[list[str], list[list[str]]] | None:
        """Head and rows, as texts, of an evaluation's results per class, label or target; None if it has none."""
        if "per_class" not in tables:
            return None
        shares = ("precision", "recall", "f1")
        rows = [
            [one["name"], *(percent(one[share]) for share in shares), count(one["support"])]
            for one in tables["per_class"]
        ]
        return [self.noun, "precision", "recall", "F1", "examples"], rows

    def strengths(self, tables: Mapping[str, Any]) -> list[tuple[bool, float]]:
        """What sorts the rows of `table` from the weakest on; classes without examples, which have no score, are last.

        Classification and multilabel targets sort by F1.
        """
        return [(one["support"] == 0, one["f1"]) for one in tables["per_class"]]

    @property
    def measure(self) -> Measure:
        """The main measure: that of the baselines and of the report's title."""
        return self.measures[0]

    def about(self, number: int) -> str:
        """How many classes, labels or targets there are: "in 10 classes", "with 1 target"."""
        return f"with {plural(number, self.noun)}"

    def line(self, test: Mapping[str, Any]) -> str:
        """A `test` object on a line: "98.9 % [97.5, 99.5] of 449"."""
        parts = []
        for measure in (one for one in self.measures[: self.shown] if one.name in test):
            interval = test.get(measure.interval_key)
            parts.append(measure.labelled(test[measure.name]))
            if interval is not None:
                parts[-1] += f" {measure.interval_text((interval[0], interval[1]))}"
        return f"{', '.join(parts)} of {count(test['examples'])}{', weighted' * bool(test.get('weighted'))}"
