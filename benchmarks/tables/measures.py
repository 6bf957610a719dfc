"""Measures of predictions for the rows of a test part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

LEAST = 1e-7  # a probability below it counts as this in the log loss: a 0 would be infinitely wrong
BINS = 15
LEVEL = 90.0  # of prediction intervals and sets, in per cent

Probabilities = NDArray[np.float64]  # (n, classes)


@dataclass(frozen=True)
class Measure:
    """A measure by its title; `less` is better where it says so, and `percent` shows it in hundredths."""

    title: str
    less: bool = False
    percent: bool = False

    def better(self, difference: float) -> float:
        """A difference, above 0 where it is one to the better."""
        return -difference if self.less else difference


MEASURES: dict[str, Measure] = {
    "accuracy": Measure("accuracy", percent=True),
    "auc": Measure("area under the ROC curve"),
    "log_loss": Measure("log loss", less=True),
    "ece": Measure("calibration error", less=True, percent=True),
    "r2": Measure("R²"),
    "rmse": Measure("root mean squared error", less=True),
    "coverage": Measure("coverage", percent=True),  # of intervals and sets of LEVEL, which only wxb gives
}
MAIN = {"classification": "accuracy", "regression": "r2"}
OF_TASK = {
    "classification": ("accuracy", "auc", "log_loss", "ece", "coverage"),
    "regression": ("r2", "rmse", "coverage"),
}


def measures(task: str, predicted: NDArray[Any], targets: NDArray[Any]) -> dict[str, float]:
    """All measures of probabilities (n, classes), or of numbers (n,), for targets (n,), with six digits."""
    found = of_classes(predicted, targets) if task == "classification" else of_numbers(predicted, targets)
    return {name: float(f"{value:.6g}") for name, value in found.items()}


def of_classes(probabilities: Probabilities, targets: NDArray[np.int64]) -> dict[str, float]:
    """Accuracy, log loss, calibration error, and the area under the ROC curve where there are two classes."""
    right = probabilities.argmax(axis=1) == targets
    own = probabilities[np.arange(len(targets)), targets]
    found = {
        "accuracy": float(right.mean()),
        "log_loss": float(-np.log(own.clip(LEAST, 1.0)).mean()),
        "ece": calibration_error(probabilities.max(axis=1), right),
    }
    if probabilities.shape[1] == 2 and len(np.unique(targets)) == 2:
        found["auc"] = float(roc_auc_score(targets, probabilities[:, 1]))
    return found


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Expected calibration error: how far the share of right answers is from the mean confidence.

    `confidence` (n,) are the probabilities of the answers, `right` (n,) whether they are. The rows are sorted by
    confidence and cut into 15 bins of the same size; the distances in the bins are averaged.
    """
    order = np.argsort(confidence, kind="stable")
    bins = [some for some in np.array_split(order, BINS) if len(some)]
    distances = [abs(confidence[some].mean() - right[some].mean()) * len(some) for some in bins]
    return float(sum(distances) / len(confidence))


def of_numbers(predicted: NDArray[np.float64], targets: NDArray[np.float64]) -> dict[str, float]:
    """R² and the root of the mean squared error."""
    error = float(np.square(predicted - targets).mean())
    return {"r2": 1 - error / float(targets.var()), "rmse": error**0.5}
