"""Reconstruction: the target of each example is the example itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.randomness import generator
from wxb.tasks.columns import TargetColumn
from wxb.tasks.evaluation import MISTAKES, Difference, Evaluation, Mistake, Score
from wxb.tasks.measure import Interval, Measure
from wxb.tasks.metrics import mean
from wxb.tasks.prediction import Prediction
from wxb.tasks.task import Answers, Encoded, Floats, Paired, Targets, Task
from wxb.text import count, rounded

NUMBERS_AT_ONCE = 256  # of each example, so that no copy of all in float64 is made
FEW = 8  # numbers of an example that a line shows

EXPLAINED = Measure(
    "explained_variance", "explained variance", "score", "explained", "explained_variance_interval", least=-math.inf
)
RMSE = Measure("rmse", "root mean squared error", "amount", "error")


@dataclass(frozen=True)
class ReconstructionScore(Score):
    """The error on the validation part."""

    rmse: float
    measures: ClassVar[tuple[Measure, ...]] = (RMSE,)


@dataclass(frozen=True, repr=False)
class ReconstructionEvaluation(Evaluation):
    """The share of the variance that is reconstructed, with a bootstrapped interval, and the error."""

    explained_variance: float
    rmse: float
    per_feature: dict[str, float]  # explained variance of each, of examples whose numbers have names
    measure: ClassVar[Measure] = EXPLAINED

    def summary(self) -> dict[str, Any]:
        return {**super().summary(), "rmse": self.rmse}

    def tables(self) -> dict[str, Any]:
        return {"per_feature": dict(self.per_feature)} if self.per_feature else {}


class ReconstructionPrediction(Prediction):
    """Reconstructed examples; `values` (n, numbers) are in the examples' units, maps channel by channel."""

    @property
    def columns(self) -> tuple[str, ...]:
        return self.names or tuple(f"number {place}" for place in range(1, self.values.shape[1] + 1))

    def cells(self, place: int) -> list[Any]:
        cells: list[Any] = self.values[place].tolist()
        return cells

    def answer(self, place: int) -> dict[str, Any]:
        values = self.values[place].tolist()
        return {"value": dict(zip(self.names, values, strict=True)) if self.names else values}

    def texts(self, place: int) -> tuple[str, ...]:
        return (TASK.text(self.values[place], self.names),)


class Reconstruction(Task):
    """Examples that are their own targets, stored flat, (n, numbers), uint8 or float32 as they are.

    Bytes, such as pixels, are all in one unit, and errors count by their size. Other numbers, such as the columns of a
    table, have units of their own: errors of each count in its standard deviations.
    """

    name = word = "reconstruction"
    heads = ("SELF",)
    of_inputs = True
    baseline = "mean"
    linear = "pca"
    noun = "feature"
    kind = "the examples themselves"
    worst = "The worst reconstructed"
    changed = ("closer", "farther off")
    measures = (EXPLAINED, RMSE)
    shown = 2
    validated = ReconstructionScore.measures

    def recognizes(self, array: NDArray[Any]) -> bool:
        return False

    def from_array(self, array: NDArray[Any], names: tuple[str, ...] | None) -> Encoded:
        raise WxbError(
            "the target of a reconstruction is the example itself",
            "an array of targets was given too",
            'load_data(examples, task="reconstruction")',
        )

    def claims(self, columns: Sequence[TargetColumn]) -> bool:
        return False

    def from_columns(
        self, columns: Sequence[TargetColumn], names: tuple[str, ...] | None = None, guessed: bool = False
    ) -> Encoded:
        raise NotImplementedError  # its targets are no columns

    def about(self, number: int) -> str:
        return "without labels"

    def text(self, target: Any, names: tuple[str, ...]) -> str:
        if not names:
            return f"{count(len(target))} numbers, mean {np.mean(target):.4g}"
        shown = [f"{name} {value:.4g}" for name, value in zip(names[:FEW], target[:FEW], strict=True)]
        return "  ".join([*shown, *([f"and {count(len(names) - FEW)} more"] if len(names) > FEW else [])])

    def predict(self, scores: NDArray[Any]) -> NDArray[Any]:
        return scores

    def prediction(
        self, scores: NDArray[np.float32], probabilities: NDArray[np.float32] | None, names: tuple[str, ...]
    ) -> ReconstructionPrediction:
        return ReconstructionPrediction(names, scores, scores, probabilities)

    def constant(
        self, targets: Targets, names: tuple[str, ...], weights: Floats | None = None
    ) -> tuple[NDArray[Any], str]:
        """The mean example."""
        return np.average(targets, axis=0, weights=weights), "always the mean of the training examples"

    def scored(
        self, targets: Targets, values: NDArray[Any], seed: int, weights: Floats | None = None
    ) -> tuple[float, Interval]:
        errors, variances = parts_of(targets, values, weights)
        return explained(errors, variances, weights), bootstrapped(errors, variances, seed, weights)

    def each(self, targets: Targets, values: NDArray[Any]) -> Floats:
        """1 − error / variance, the variance being that of the mean example: their mean is what is explained."""
        errors, variances = parts_of(targets, values)
        return 1 - errors / (variances.mean() or 1.0)

    def validate(
        self, scores: NDArray[np.float32], targets: Targets, loss: float, weights: Floats | None = None
    ) -> ReconstructionScore:
        errors, _ = parts_of(targets, scores, weights)
        return ReconstructionScore(len(targets), loss, math.sqrt(mean(errors, weights)))

    def evaluate(self, answers: Answers) -> ReconstructionEvaluation:
        targets, values, names, weights = answers.targets, answers.scores, answers.names, answers.weights
        errors, variances = parts_of(targets, values, weights)
        score = explained(errors, variances, weights)
        interval = bootstrapped(errors, variances, answers.seed, weights)
        rmse = math.sqrt(mean(errors, weights))
        worst = np.argsort(-errors, kind="stable")[:MISTAKES]
        mistakes = tuple(self._mistake(answers, int(place), errors) for place in worst)
        return ReconstructionEvaluation(
            len(targets), answers.loss, interval, mistakes, score, rmse, by_feature(targets, values, names, weights),
            weighted=weights is not None,
        )  # fmt: skip

    def _mistake(self, answers: Answers, place: int, errors: Floats) -> Mistake:
        given, found, names = answers.targets[place], answers.scores[place], answers.names
        row, size = int(answers.rows[place]), math.sqrt(errors[place])
        if not names:
            return Mistake(row, self.text(given, names), f"error {rounded(size)}", None)
        std = answers.targets.std(axis=0)
        worst = int(np.argmax(np.abs(found - given) / np.where(std > 0, std, 1)))
        texts = [f"{names[worst]} {rounded(float(values[worst]))}" for values in (given, found)]
        return Mistake(row, texts[0], texts[1], None)

    def table(self, tables: Mapping[str, Any]) -> tuple[list[str], list[list[str]]] | None:
        if "per_feature" not in tables:
            return None
        return [self.noun, "explained"], [[name, EXPLAINED.text(one)] for name, one in tables["per_feature"].items()]

    def strengths(self, tables: Mapping[str, Any]) -> list[tuple[bool, float]]:
        """Features sort by what is explained of them."""
        return [(False, one) for one in tables["per_feature"].values()]

    def compare(self, targets: Targets, first: Prediction, second: Prediction, seed: int) -> Paired:
        before, variances = parts_of(targets, first.values)
        after, _ = parts_of(targets, second.values)
        gain = before - after
        gap = 1 - explained(gain, variances)
        low, high = (1 - one for one in reversed(bootstrapped(gain, variances, seed)))
        return Paired({"explained_variance": Difference(gap, (low, high))}, None, np.sign(gain), np.abs(gain))


TASK = Reconstruction()


def parts_of(targets: Targets, values: NDArray[Any], weights: Floats | None = None) -> tuple[Floats, Floats]:
    """The mean squared error of each example (n,), and its mean squared distance from the mean example (n,).

    Of bytes in their own units, of other numbers in standard deviations of these examples; numbers that are always the
    same have none and count nothing.
    """
    errors, distances = np.zeros(len(targets)), np.zeros(len(targets))
    for start in range(0, targets.shape[1], NUMBERS_AT_ONCE):
        given = targets[:, start : start + NUMBERS_AT_ONCE].astype(np.float64)
        from_mean = np.square(given - np.average(given, axis=0, weights=weights))
        off = np.square(given - values[:, start : start + NUMBERS_AT_ONCE])
        if targets.dtype != np.uint8:
            variance = np.average(from_mean, axis=0, weights=weights)
            share = np.where(variance > 0, 1 / np.where(variance > 0, variance, 1), 0)
            from_mean, off = from_mean * share, off * share
        errors += off.sum(axis=1)
        distances += from_mean.sum(axis=1)
    return errors / targets.shape[1], distances / targets.shape[1]


def explained(errors: Floats, distances: Floats, weights: Floats | None = None) -> float:
    """The share of the variance that is reconstructed, 1 − Σe/Σd; of examples that are all alike 1 if they are met."""
    error, distance = mean(errors, weights), mean(distances, weights)
    return 1 - error / distance if distance > 0 else float(error == 0)


def bootstrapped(errors: Floats, distances: Floats, seed: int, weights: Floats | None = None) -> Interval:
    """The 95 % interval of `explained`: a percentile bootstrap over examples (Efron 1979)."""
    draw = generator(seed, "bootstrap")
    resamples = int(np.clip(20_000_000 // max(1, len(errors)), 200, 1000))
    drawn = []
    for _ in range(resamples):
        rows = draw.integers(0, len(errors), len(errors))
        drawn.append(explained(errors[rows], distances[rows], None if weights is None else weights[rows]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def by_feature(
    targets: Targets, values: NDArray[Any], names: tuple[str, ...], weights: Floats | None = None
) -> dict[str, float]:
    """What is explained of each number by its name; empty without names."""
    found = {}
    for place, name in enumerate(names):
        given = targets[:, place].astype(np.float64)
        distances = np.square(given - np.average(given, weights=weights))
        found[name] = explained(np.square(given - values[:, place]), distances, weights)
    return found
