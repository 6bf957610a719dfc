"""Multilabel classification: every example has any number of independent labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.tasks.columns import TargetColumn, all_alike, check_names, numbers_of
from wxb.tasks.decision import for_labels
from wxb.tasks.evaluation import MISTAKES, Evaluation, Mistake, Score
from wxb.tasks.measure import Interval, Measure
from wxb.tasks.metrics import ClassScore, class_score, mean, roc_area, share
from wxb.tasks.paired import compare_right
from wxb.tasks.prediction import Prediction
from wxb.tasks.task import Answers, Encoded, Floats, Ints, Paired, Targets, Task

EXACT_MATCH = Measure("exact_match", "exact match", label="exact match", interval_key="interval")
LABEL_ACCURACY = Measure("label_accuracy", "label accuracy", label="label accuracy")
ANSWERS = ("no", "yes")


@dataclass(frozen=True)
class MultilabelScore(Score):
    """Both accuracies on the validation part."""

    label_accuracy: float  # share of single labels that are right
    exact_match: float  # share of examples all of whose labels are right
    measures: ClassVar[tuple[Measure, ...]] = (LABEL_ACCURACY, EXACT_MATCH)

    @property
    def value(self) -> float:
        """Label accuracy, which changes in smaller steps than the exact match."""
        return self.label_accuracy


@dataclass(frozen=True, repr=False)
class MultilabelEvaluation(Evaluation):
    """Exact match with Wilson's interval, label accuracy, and scores per label."""

    exact_match: float  # share of examples all of whose labels are right
    label_accuracy: float  # share of single labels that are right
    per_class: tuple[ClassScore, ...]  # of each label's yes
    roc_areas: tuple[float | None, ...]  # of each label
    measure: ClassVar[Measure] = EXACT_MATCH

    def summary(self) -> dict[str, Any]:
        return {**super().summary(), "label_accuracy": self.label_accuracy}

    def tables(self) -> dict[str, Any]:
        scores = zip(self.per_class, self.roc_areas, strict=True)
        return {"per_class": [{**asdict(score), "roc_area": area} for score, area in scores]}


class MultilabelPrediction(Prediction):
    """Predicted labels; `values` (n, labels) holds 1 where a label holds, else 0."""

    @property
    def labels(self) -> tuple[tuple[str, ...], ...]:
        return tuple(self._holding(place) for place in range(len(self)))

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The probability of the least certain label's answer, or the least score."""
        shares = self.probabilities
        sure = np.abs(self.scores) if shares is None else np.where(self.values, shares, 1 - shares)
        return np.asarray(sure.min(axis=1), np.float64)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(f"label_{name}" for name in self.names)

    def cells(self, place: int) -> list[Any]:
        return [int(one) for one in self.values[place]]

    def answer(self, place: int) -> dict[str, Any]:
        return {"labels": list(self._holding(place)), "probabilities": self.probabilities_of(place)}

    def texts(self, place: int) -> tuple[str, ...]:
        return (", ".join(self._holding(place)) or "none",)

    def _holding(self, place: int) -> tuple[str, ...]:
        return tuple(name for name, one in zip(self.names, self.values[place], strict=True) if one)


class Multilabel(Task):
    """Independent yes/no labels, stored as 0 and 1: (n, labels) float32."""

    name = "multilabel"
    word = "labels"
    heads = ("SIGMOIDS",)
    baseline = "majority"
    linear = "sigmoid"
    noun = "label"
    kind = "several yes/no labels per example"
    measures = (EXACT_MATCH, LABEL_ACCURACY)
    shown = 2
    decides = True
    validated = MultilabelScore.measures
    reachable = True

    def recognizes(self, array: NDArray[Any]) -> bool:
        """Columns that hold only 0 and 1, of any dtype."""
        return array.ndim == 2 and array.dtype.kind in "biuf" and bool(np.isin(array, (0, 1)).all())

    def from_array(self, array: NDArray[Any], names: tuple[str, ...] | None) -> Encoded:
        """Labels named as given, else "label 1", "label 2", …"""
        if not self.recognizes(array):
            raise WxbError("the targets are no labels", "expected (n, labels) of 0 and 1")
        names = check_names(names, array.shape[1], "labels") or tuple(f"label {i + 1}" for i in range(array.shape[1]))
        notes: tuple[str, ...] = ()
        if array.shape[1] > 1 and (array.astype(np.int64).sum(axis=1) == 1).all():
            notes = ("every example has exactly one of the labels; targets.argmax(axis=1) makes classes of them",)
        return Encoded(array.astype(np.float32), names, notes)

    def claims(self, columns: Sequence[TargetColumn]) -> bool:
        """Several columns that hold only 0 and 1, or booleans."""
        zeros_and_ones = (column.numbers is not None and np.isin(column.numbers, (0, 1)).all() for column in columns)
        return len(columns) > 1 and all(zeros_and_ones)

    def from_columns(
        self, columns: Sequence[TargetColumn], names: tuple[str, ...] | None = None, guessed: bool = False
    ) -> Encoded:
        """Labels named after their columns."""
        values, found = numbers_of(columns), tuple(column.name for column in columns)
        if not np.isin(values, (0, 1)).all():
            raise WxbError(f"{', '.join(found)} of {columns[0].table} hold other numbers than 0 and 1: no labels")
        if names is None:
            for column, one in zip(columns, values.T, strict=True):
                if (one == one[0]).all():
                    raise all_alike(column, f"{one[0]:g}")
        note = f'{", ".join(found)} hold 0 and 1, taken as labels; `task="regression"` takes them as numbers'
        return Encoded(values.astype(np.float32), found, (note,) * guessed)

    def counts(self, targets: Targets, names: tuple[str, ...]) -> dict[str, int] | None:
        return {name: int(number) for name, number in zip(names, targets.sum(axis=0), strict=True)}

    def samples(self, targets: Targets, names: tuple[str, ...]) -> Ints:
        return np.arange(min(len(names), len(targets)))

    def text(self, target: Any, names: tuple[str, ...]) -> str:
        return ", ".join(name for name, one in zip(names, target, strict=True) if one > 0.5) or "none"

    def predict(self, scores: NDArray[Any]) -> NDArray[Any]:
        return (scores > 0).astype(np.int64)

    def prediction(
        self, scores: NDArray[np.float32], probabilities: NDArray[np.float32] | None, names: tuple[str, ...]
    ) -> MultilabelPrediction:
        return MultilabelPrediction(names, self.predict(scores), scores, probabilities)

    def constant(
        self, targets: Targets, names: tuple[str, ...], weights: Floats | None = None
    ) -> tuple[NDArray[Any], str]:
        """The more frequent answer to each label."""
        return np.average(targets, axis=0, weights=weights) > 0.5, "each label's more frequent answer"

    def scored(
        self, targets: Targets, values: NDArray[Any], seed: int, weights: Floats | None = None
    ) -> tuple[float, Interval]:
        return share((values == targets).all(axis=1), weights)

    def validate(
        self, scores: NDArray[np.float32], targets: Targets, loss: float, weights: Floats | None = None
    ) -> MultilabelScore:
        right = self.predict(scores) == targets
        return MultilabelScore(len(targets), loss, mean(right, weights), mean(right.all(axis=1), weights))

    def evaluate(self, answers: Answers) -> MultilabelEvaluation:
        scores, probabilities, names = answers.scores, answers.probabilities, answers.names
        given, yes = answers.targets > 0.5, self.predict(answers.decided) > 0.5
        weights = answers.weights
        exact, interval = share((given == yes).all(axis=1), weights)
        counts = np.ones(len(given)) if weights is None else weights
        hits, said, there = ((counts @ one).tolist() for one in (given & yes, yes, given))
        confidence = np.abs(scores) if probabilities is None else np.where(yes, probabilities, 1 - probabilities)
        wrong = np.argwhere(given != yes)
        most = wrong[np.argsort(-confidence[given != yes], kind="stable")[:MISTAKES]]
        return MultilabelEvaluation(
            examples=len(given),
            loss=answers.loss,
            mistakes=tuple(
                Mistake(
                    int(answers.rows[i]),
                    f"{names[j]}: {ANSWERS[int(given[i, j])]}",
                    f"{names[j]}: {ANSWERS[int(yes[i, j])]}",
                    None if probabilities is None else float(confidence[i, j]),
                )
                for i, j in most
            ),
            exact_match=exact,
            interval=interval,
            weighted=weights is not None,
            label_accuracy=mean(given == yes, weights),
            per_class=tuple(
                class_score(name, hits[i], said[i], there[i], int(given[:, i].sum())) for i, name in enumerate(names)
            ),
            roc_areas=tuple(roc_area(given[:, i], scores[:, i], weights) for i in range(len(names))),
        )

    def decision(self, optimize: str, scores: Floats, targets: Targets, weights: Floats | None) -> Floats:
        return for_labels(optimize, scores, targets.astype(np.float32), weights)

    def compare(self, targets: Targets, first: Prediction, second: Prediction, seed: int) -> Paired:
        given = targets > 0.5
        right = [np.asarray((one.values == given).all(axis=1)) for one in (first, second)]
        return compare_right("exact_match", right[0], right[1], second.confidence)
