"""Regression: every example has one or several numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.tasks.columns import TargetColumn, all_alike, check_names, numbers_of, whole_numbers_note
from wxb.tasks.conformal import Coverage, share_within
from wxb.tasks.evaluation import MISTAKES, Difference, Evaluation, Mistake, Score
from wxb.tasks.measure import Interval, Measure
from wxb.tasks.metrics import Fit, fit, mean
from wxb.tasks.paired import bootstrap
from wxb.tasks.prediction import Prediction
from wxb.tasks.task import Answers, Encoded, Floats, Paired, Targets, Task
from wxb.text import rounded

MOST_POINTS = 400  # of each target that an evaluation keeps
COULD_BE_CLASSES = 100  # different whole numbers that a person may have meant as classes,
COULD_BE_LABELS = 10  # or, in several columns, as labels

TINY = float(np.finfo(np.float32).tiny)  # below it float32 loses digits

R2 = Measure("r2", "R²", "score", "R²", "r2_interval", least=-math.inf)
RMSE = Measure("rmse", "root mean squared error", "amount", "error", "rmse_interval")
MAE = Measure("mae", "mean absolute error", "amount", "absolute error", "mae_interval")


@dataclass(frozen=True)
class RegressionScore(Score):
    """The error on the validation part, over all targets, in their units."""

    rmse: float
    measures: ClassVar[tuple[Measure, ...]] = (RMSE,)


@dataclass(frozen=True, repr=False)
class RegressionEvaluation(Evaluation):
    """Each target's fit, and of several targets the means, with bootstrapped intervals."""

    fit: Fit
    per_target: dict[str, Fit]
    points: dict[str, tuple[tuple[float, float], ...]]  # given and predicted, of some examples
    measure: ClassVar[Measure] = R2

    @property
    def score(self) -> float:
        return self.fit.r2

    def summary(self) -> dict[str, Any]:
        return {"examples": self.examples, "loss": self.loss, **_plain(self.fit), **self.counting()}

    def tables(self) -> dict[str, Any]:
        points = {name: [list(pair) for pair in pairs] for name, pairs in self.points.items()}
        return {"per_target": {name: _plain(one) for name, one in self.per_target.items()}, "points": points}


class RegressionPrediction(Prediction):
    """Predicted numbers; `values` (n, targets) are in the targets' units."""

    @property
    def intervals(self) -> NDArray[np.float64] | None:
        """The low and the high end of each prediction interval (n, targets, 2); None if none were asked for."""
        if self.limits is None:
            return None
        values, reach = self.values.astype(np.float64), self.limits.scores
        return np.stack([values - reach, values + reach], axis=2)

    @property
    def columns(self) -> tuple[str, ...]:
        ends = () if self.limits is None else ("low", "high")
        if len(self.names) == 1:
            return ("value", *ends)
        return (*(f"value_{name}" for name in self.names), *(f"{end}_{name}" for name in self.names for end in ends))

    def cells(self, place: int) -> list[Any]:
        return [*self.values[place].tolist(), *(end for interval in self._intervals(place) for end in interval)]

    def answer(self, place: int) -> dict[str, Any]:
        found = {"value": self._by_name(self.values[place].tolist())}
        return found if self.limits is None else {**found, "interval": self._by_name(self._intervals(place))}

    def within(self, place: int) -> str:
        texts = [f"[{low:.6g}, {high:.6g}]" for low, high in self._intervals(place)]
        return texts[0] if len(texts) == 1 else "  ".join(map(" ".join, zip(self.names, texts, strict=True)))

    def _intervals(self, place: int) -> list[list[float]]:
        """The low and the high end for each target of one example; empty without limits."""
        if self.limits is None:
            return []
        values, reach = self.values[place].astype(np.float64), self.limits.scores
        return [[float(value - far), float(value + far)] for value, far in zip(values, reach, strict=True)]

    def _by_name(self, ofs: list[Any]) -> Any:
        """What there is of each target, by its name; of a single one itself."""
        return ofs[0] if len(ofs) == 1 else dict(zip(self.names, ofs, strict=True))

    def texts(self, place: int) -> tuple[str, ...]:
        values = self.values[place].tolist()
        if len(values) == 1:
            return (f"{values[0]:.6g}",)
        return ("  ".join(f"{name} {value:.6g}" for name, value in zip(self.names, values, strict=True)),)


class Regression(Task):
    """Numbers, stored in their own units: (n, targets) float32."""

    name = "regression"
    word = "numbers"
    heads = ("EUCLID",)
    standardized = True
    baseline = "mean"
    linear = "ridge"
    noun = "target"
    kind = "numbers"
    worst = "The farthest off"
    changed = ("closer", "farther off")
    measures = (R2, RMSE, MAE)
    shown = 2
    validated = RegressionScore.measures

    def recognizes(self, array: NDArray[Any]) -> bool:
        """Floats that are not columns of 0 and 1."""
        return array.dtype.kind == "f" and not (array.ndim == 2 and bool(np.isin(array, (0, 1)).all()))

    def from_array(self, array: NDArray[Any], names: tuple[str, ...] | None) -> Encoded:
        """Numbers as float32, named as given, else "target", or "target 1", "target 2", …"""
        with np.errstate(over="ignore"):
            targets = array.reshape(len(array), -1).astype(np.float32)
        width = targets.shape[1]
        default = ("target",) if width == 1 else tuple(f"target {i + 1}" for i in range(width))
        notes: tuple[str, ...] = ()
        different = np.unique(targets) if width == 1 and array.dtype.kind == "f" else np.zeros(0)
        if 0 < len(different) <= 20 and (different == np.round(different)).all():
            notes = (
                "the targets are floats, so they are numbers to predict; targets.astype(int) makes classes of them",
            )
        named = check_names(names, width, "targets") or default
        refuse_tiny(array.reshape(targets.shape).astype(np.float64), named)
        return Encoded(targets, named, notes)

    def claims(self, columns: Sequence[TargetColumn]) -> bool:
        """Whatever is neither classes nor labels."""
        return True

    def from_columns(
        self, columns: Sequence[TargetColumn], names: tuple[str, ...] | None = None, guessed: bool = False
    ) -> Encoded:
        """Numbers named after their columns."""
        numbers = numbers_of(columns)
        offsets = tuple(column.offset for column in columns)
        refuse_tiny(numbers - np.array(offsets), [column.name for column in columns])
        values = (numbers - np.array(offsets)).astype(np.float32)
        notes: tuple[str, ...] = ()
        if names is None:
            for column, one in zip(columns, values.T, strict=True):
                if (one == one[0]).all():
                    raise all_alike(column, f"{one[0] + column.offset:g}")
        if guessed and len(columns) == 1:
            different = np.unique(numbers)
            if 1 < len(different) <= COULD_BE_CLASSES and (different == np.round(different)).all():
                notes = (whole_numbers_note(columns[0], len(different), "numbers", "classification", "classes"),)
        elif guessed:
            different = np.unique(numbers)
            if len(different) <= COULD_BE_LABELS and (different == np.round(different)).all():
                listed = ", ".join(f"{value:g}" for value in different)
                called = ", ".join(column.name for column in columns)
                notes = (f"{called} hold {listed}, taken as numbers; labels are 0 and 1",)
        return Encoded(values, tuple(column.name for column in columns), notes, offsets)

    def table(self, tables: Mapping[str, Any]) -> tuple[list[str], list[list[str]]] | None:
        fits = tables["per_target"].items()
        rows = [[name, *(measure.text(one[measure.name]) for measure in self.measures)] for name, one in fits]
        return [self.noun, "R²", "RMSE", "MAE"], rows

    def strengths(self, tables: Mapping[str, Any]) -> list[tuple[bool, float]]:
        """Targets sort by R²."""
        return [(False, one["r2"]) for one in tables["per_target"].values()]

    def text(self, target: Any, names: tuple[str, ...]) -> str:
        numbers = [f"{one:.4g}" for one in np.atleast_1d(target)]
        if len(names) == 1:
            return numbers[0]
        return ", ".join(f"{name} {one}" for name, one in zip(names, numbers, strict=True))

    def predict(self, scores: NDArray[Any]) -> NDArray[Any]:
        return scores

    def prediction(
        self, scores: NDArray[np.float32], probabilities: NDArray[np.float32] | None, names: tuple[str, ...]
    ) -> RegressionPrediction:
        return RegressionPrediction(names, scores, scores, probabilities)

    def no_limits(self, probabilities: bool) -> WxbError | None:
        return None

    def nonconformity(self, targets: Targets, prediction: Prediction) -> Floats:
        """|y - prediction|, in the targets' units (Lei et al. 2018, arXiv:1604.04173, section 2.2)."""
        return np.abs(prediction.values.astype(np.float64) - targets)

    def coverage(self, targets: Targets, prediction: Prediction) -> tuple[Coverage, ...]:
        if prediction.limits is None:
            return ()
        level, reach = prediction.limits.level, prediction.limits.scores
        within = self.nonconformity(targets, prediction) <= reach
        return tuple(
            Coverage(level, *share_within(within[:, i]), name=name, mean_width=2 * float(reach[i]))
            for i, name in enumerate(prediction.names)
        )

    def constant(
        self, targets: Targets, names: tuple[str, ...], weights: Floats | None = None
    ) -> tuple[NDArray[Any], str]:
        """The mean of each target."""
        means = targets.mean(axis=0) if weights is None else np.average(targets, axis=0, weights=weights)
        return np.asarray(means, targets.dtype), "always the mean of the training examples"

    def scored(
        self, targets: Targets, values: NDArray[Any], seed: int, weights: Floats | None = None
    ) -> tuple[float, Interval]:
        given, predicted = targets.astype(np.float64), values.astype(np.float64)
        fits = [fit(given[:, i], predicted[:, i], seed, weights) for i in range(given.shape[1])]
        low, high = np.mean([one.r2_interval for one in fits], axis=0)
        return float(np.mean([one.r2 for one in fits])), (float(low), float(high))

    def each(self, targets: Targets, values: NDArray[Any]) -> Floats:
        """1 − (error / standard deviation)² of each prediction, the mean over the targets: their mean is R²."""
        given = targets.astype(np.float64)
        spread = given.var(axis=0)
        squares = (given - values) ** 2 / np.where(spread > 0, spread, 1)
        return np.asarray((1 - squares).mean(axis=1), np.float64)

    def validate(
        self, scores: NDArray[np.float32], targets: Targets, loss: float, weights: Floats | None = None
    ) -> RegressionScore:
        error = math.sqrt(mean(np.square((scores - targets).astype(np.float64)), weights))
        return RegressionScore(len(targets), loss, error)

    def evaluate(self, answers: Answers) -> RegressionEvaluation:
        scores, given, names = answers.scores, answers.targets.astype(np.float64), answers.names
        per_target = {
            name: fit(given[:, i], scores[:, i], answers.seed, answers.weights) for i, name in enumerate(names)
        }
        std = given.std(axis=0)
        off = np.abs(scores - given) / np.where(std > 0, std, 1)  # in standard deviations of its target
        mistakes = []
        for place in np.argsort(-off.reshape(-1), kind="stable")[:MISTAKES]:
            i, j = divmod(int(place), len(names))
            label = f"{names[j]}: " if len(names) > 1 else ""
            texts = [f"{label}{rounded(value[i, j])}" for value in (given, scores)]
            mistakes.append(Mistake(int(answers.rows[i]), texts[0], texts[1], None))
        together = _mean_fit(list(per_target.values()))
        points = {name: _points(given[:, i], scores[:, i]) for i, name in enumerate(names)}
        return RegressionEvaluation(
            len(given),
            answers.loss,
            together.r2_interval,
            tuple(mistakes),
            together,
            per_target,
            points,
            weighted=answers.weights is not None,
        )

    def compare(self, targets: Targets, first: Prediction, second: Prediction, seed: int) -> Paired:
        given, before, after = (array.astype(np.float64) for array in (targets, first.values, second.values))
        differences = bootstrap(given, before, after, seed)
        std = np.where(given.std(axis=0) > 0, given.std(axis=0), 1)
        off_before, off_after = (np.linalg.norm((given - one) / std, axis=1) for one in (before, after))
        return Paired(
            {name: Difference(*one) for name, one in differences.items()},
            p=None,
            gain=np.sign(off_before - off_after),
            weight=np.abs(off_before - off_after),
        )


def _points(given: NDArray[np.float64], predicted: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    """Given and predicted number of at most `MOST_POINTS` examples, spread evenly over all."""
    finite = np.flatnonzero(np.isfinite(given) & np.isfinite(predicted))
    chosen = finite[:: max(1, -(-len(finite) // MOST_POINTS))]
    return tuple((float(given[place]), float(predicted[place])) for place in chosen)


def _plain(one: Fit) -> dict[str, Any]:
    return {key: [*value] if isinstance(value, tuple) else value for key, value in asdict(one).items()}


def _mean_fit(fits: list[Fit]) -> Fit:
    """The mean of each number over targets, as scikit-learn's "uniform_average"; so for the ends of its interval."""
    means: dict[str, Any] = {}
    for item in fields(Fit):
        found = np.mean([getattr(one, item.name) for one in fits], axis=0)
        means[item.name] = float(found) if found.ndim == 0 else (float(found[0]), float(found[1]))
    return Fit(**means)


def refuse_tiny(numbers: NDArray[np.float64], names: Sequence[str]) -> None:
    """Raise WxbError for numbers (n, targets) that differ, but by less than float32 holds precisely."""
    for name, values in zip(names, numbers.T, strict=True):
        spread = float(np.ptp(values)) if len(values) else 0.0
        if 0 < spread < TINY:
            raise WxbError(
                f"the values of {name} differ by less than {TINY:.2g}: they are too small for float32",
                f"they differ by at most {spread:g}",
                f"scale them, for example times 1e{round(-np.log10(spread))}",
            )
