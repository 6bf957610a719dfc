"""How good a network is on examples whose answers are known."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wxb.data.dataset import Dataset, match_classes
from wxb.errors import WxbError
from wxb.runs.inputs import examples_of, target_offsets, targets_of
from wxb.runs.predict import machine_of, trained
from wxb.runs.scores import (
    Bin,
    ClassScore,
    Fit,
    balanced_accuracy,
    calibration,
    class_score,
    class_scores,
    confusion,
    fit,
    log_loss,
    roc_area,
)
from wxb.text import rounded, wilson

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from wxb.network.heads import Head
    from wxb.runs.files import RunFiles

MISTAKES = 24  # the most confident ones that an evaluation keeps


@dataclass(frozen=True)
class Mistake:
    """An example that the network gets wrong."""

    row: int  # of the data set
    given: str
    predicted: str
    probability: float | None  # of what was predicted; None where the head has no probabilities


@dataclass(frozen=True)
class _Judged:
    """Of answers that are right or wrong. Fractions throughout; the interval is Wilson's, 95 %."""

    examples: int
    loss: float  # mean of the head's loss
    accuracy: float
    interval: tuple[float, float]

    @property
    def score(self) -> float:
        """The number that stands for all others: accuracy."""
        return self.accuracy

    def summary(self) -> dict[str, Any]:
        """The `test` object of `wxb train --json`."""
        return {"examples": self.examples, "loss": self.loss, "accuracy": self.accuracy, "interval": [*self.interval]}


@dataclass(frozen=True)
class ClassEvaluation(_Judged):
    """Of one class an example."""

    balanced_accuracy: float
    roc_area: float | None  # of two classes
    log_loss: float | None  # None, as calibration, where the head has no probabilities
    calibration_error: float | None
    calibration: tuple[Bin, ...]
    per_class: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]  # row: given, column: predicted
    mistakes: tuple[Mistake, ...]  # the most confident first
    task: str = "classes"


@dataclass(frozen=True)
class LabelEvaluation(_Judged):
    """Of independent yes/no labels. Accuracy is the share of examples all of whose labels are right."""

    label_accuracy: float  # share of single labels that are right
    per_class: tuple[ClassScore, ...]  # of each label's yes
    roc_areas: tuple[float | None, ...]  # of each label
    mistakes: tuple[Mistake, ...]  # single labels: "cat: yes" given, "cat: no" predicted
    task: str = "labels"


@dataclass(frozen=True)
class NumberEvaluation:
    """Of numbers: each target's fit, and of several the means; intervals are bootstrapped, 95 %."""

    examples: int
    loss: float
    fit: Fit
    per_target: dict[str, Fit]
    mistakes: tuple[Mistake, ...]  # the farthest off first
    task: str = "numbers"

    @property
    def score(self) -> float:
        """The number that stands for all others: R²."""
        return self.fit.r2

    @property
    def interval(self) -> tuple[float, float]:
        """Of R²."""
        return self.fit.r2_interval

    def summary(self) -> dict[str, Any]:
        """The `test` object of `wxb train --json`."""
        found = {key: [*value] if isinstance(value, tuple) else value for key, value in vars(self.fit).items()}
        return {"examples": self.examples, "loss": self.loss, **found}


Evaluation = ClassEvaluation | LabelEvaluation | NumberEvaluation


def evaluate(
    logits: torch.Tensor,
    targets: NDArray[Any],
    head: Head,
    task: str,
    names: tuple[str, ...],
    rows: NDArray[np.int64] | None = None,
    seed: int = 0,
    offsets: NDArray[np.float64] | float = 0.0,
) -> Evaluation:
    """What logits (n, outputs) of a model with this head are worth against `targets`, as the data set has them; n > 0.

    `task` is the data's: "classes", "labels", "numbers"; `rows` (n,) says where the examples stand in the data set, for
    the mistakes; `seed` is the bootstrap's; `offsets` (outputs,) bring numbers back to their own units. Raises WxbError
    if a score is NaN or infinite.
    """
    import torch

    rows = np.arange(len(targets)) if rows is None else rows
    if not bool(torch.isfinite(logits).all()):
        raise WxbError("the network's scores are not finite numbers", fix="train it again with a lower --learning-rate")
    loss = float(head.loss(logits, torch.from_numpy(targets)).double().mean())
    if task == "numbers":
        predicted = head.predict(logits).double().numpy()
        return _of_numbers(predicted, targets.astype(np.float64), names, rows, loss, seed, offsets)
    chances = head.probabilities(logits.double())
    probabilities = None if chances is None else chances.numpy()
    if task == "labels":
        predicted = head.predict(logits).numpy().astype(np.int64)
        return _of_labels(logits.double().numpy(), predicted, probabilities, targets, names, rows, loss)
    return _of_classes(logits.double().numpy(), probabilities, targets, names, rows, loss)


def _of_classes(
    scores: NDArray[np.float64],
    probabilities: NDArray[np.float64] | None,
    given: NDArray[np.int64],
    names: tuple[str, ...],
    rows: NDArray[np.int64],
    loss: float,
) -> ClassEvaluation:
    predicted = scores.argmax(axis=1)
    right = predicted == given
    table = confusion(given, predicted, len(names))
    per_class = class_scores(table, names)
    error, losses = None, None
    bins: tuple[Bin, ...] = ()
    if probabilities is not None:
        error, bins = calibration(probabilities[np.arange(len(given)), predicted], right)
        losses = log_loss(probabilities[np.arange(len(given)), given])
    return ClassEvaluation(
        examples=len(given),
        loss=loss,
        accuracy=float(right.mean()),
        interval=wilson(int(right.sum()), len(given)),
        balanced_accuracy=balanced_accuracy(per_class),
        roc_area=roc_area(given == 1, scores[:, 1] - scores[:, 0]) if len(names) == 2 else None,
        log_loss=losses,
        calibration_error=error,
        calibration=bins,
        per_class=per_class,
        confusion=tuple(tuple(int(cell) for cell in row) for row in table),
        mistakes=_class_mistakes(scores, probabilities, given, predicted, names, rows),
    )


def _class_mistakes(
    scores: NDArray[np.float64],
    probabilities: NDArray[np.float64] | None,
    given: NDArray[np.int64],
    predicted: NDArray[np.int64],
    names: tuple[str, ...],
    rows: NDArray[np.int64],
) -> tuple[Mistake, ...]:
    wrong = np.flatnonzero(predicted != given)
    if probabilities is None:  # no probabilities: by how far the wrong class is ahead of the given one
        confidence = scores[wrong, predicted[wrong]] - scores[wrong, given[wrong]]
    else:
        confidence = probabilities[wrong, predicted[wrong]]
    most = np.argsort(-confidence, kind="stable")[:MISTAKES]
    return tuple(
        Mistake(
            int(rows[wrong[i]]),
            names[given[wrong[i]]],
            names[predicted[wrong[i]]],
            None if probabilities is None else float(confidence[i]),
        )
        for i in most
    )


def _of_labels(
    scores: NDArray[np.float64],
    predicted: NDArray[np.int64],
    probabilities: NDArray[np.float64] | None,
    targets: NDArray[Any],
    names: tuple[str, ...],
    rows: NDArray[np.int64],
    loss: float,
) -> LabelEvaluation:
    given = targets > 0.5
    yes = predicted > 0.5
    all_right = (given == yes).all(axis=1)
    confidence = np.abs(scores) if probabilities is None else np.maximum(probabilities, 1 - probabilities)
    wrong = np.argwhere(given != yes)
    most = wrong[np.argsort(-confidence[given != yes], kind="stable")[:MISTAKES]]
    words = ("no", "yes")
    return LabelEvaluation(
        examples=len(given),
        loss=loss,
        accuracy=float(all_right.mean()),
        interval=wilson(int(all_right.sum()), len(given)),
        label_accuracy=float((given == yes).mean()),
        per_class=tuple(
            class_score(name, int((given[:, i] & yes[:, i]).sum()), int(yes[:, i].sum()), int(given[:, i].sum()))
            for i, name in enumerate(names)
        ),
        roc_areas=tuple(roc_area(given[:, i], scores[:, i]) for i in range(len(names))),
        mistakes=tuple(
            Mistake(
                int(rows[i]),
                f"{names[j]}: {words[int(given[i, j])]}",
                f"{names[j]}: {words[int(yes[i, j])]}",
                None if probabilities is None else float(confidence[i, j]),
            )
            for i, j in most
        ),
    )


def _of_numbers(
    predicted: NDArray[np.float64],
    given: NDArray[np.float64],
    names: tuple[str, ...],
    rows: NDArray[np.int64],
    loss: float,
    seed: int,
    offsets: NDArray[np.float64] | float,
) -> NumberEvaluation:
    per_target = {name: fit(given[:, i], predicted[:, i], seed) for i, name in enumerate(names)}
    spread = given.std(axis=0)
    off = np.abs(predicted - given) / np.where(spread > 0, spread, 1)  # in standard deviations of its target
    flat = np.argsort(-off.reshape(-1), kind="stable")[:MISTAKES]
    mistakes = []
    predicted, given = predicted + offsets, given + offsets
    for place in flat:
        i, j = divmod(int(place), len(names))
        label = f"{names[j]}: " if len(names) > 1 else ""
        said, answer = (f"{label}{rounded(value[i, j])}" for value in (given, predicted))
        mistakes.append(Mistake(int(rows[i]), said, answer, None))
    return NumberEvaluation(len(given), loss, _mean_fit(list(per_target.values())), per_target, tuple(mistakes))


def _mean_fit(fits: list[Fit]) -> Fit:
    """Each number the mean over targets, as scikit-learn's "uniform_average"; so are the ends of its interval."""
    means: dict[str, Any] = {}
    for item in dataclasses.fields(Fit):
        mean = np.mean([getattr(one, item.name) for one in fits], axis=0)
        means[item.name] = float(mean) if mean.ndim == 0 else (float(mean[0]), float(mean[1]))
    return Fit(**means)


def evaluate_run(run: RunFiles, data: Dataset, part: str | None = None) -> Evaluation:
    """A finished run's network on a part of `data`: by default on the test part of the run's own data, and on all
    examples of any other.

    Classes are matched by name. Raises WxbError where names, task or shapes differ, or the part has no examples.
    """
    from wxb.learning.inference import logits

    if data.task != run.summary.task:
        raise WxbError(f"{data.name} holds {data.task}; {run.path} was trained on {run.summary.task}")
    own = data.fingerprint == run.data.fingerprint
    matched = match_classes(data, run.summary.classes)
    if part is None:
        part = "test" if own else "all"
    split = run.split if own else matched.split
    rows = np.arange(len(matched.examples)) if part == "all" else getattr(split, part)
    if not len(rows):
        raise WxbError(f"{data.name} has no examples in its {part} part")
    examples = examples_of(run, matched)
    machine = machine_of(run)
    model = trained(run).to(machine.device)
    scores = logits(model, examples, machine, rows=rows)
    seed = run.seed
    targets = targets_of(run, matched)[rows]
    return evaluate(scores, targets, model.head, data.task, matched.classes, rows, seed, target_offsets(run))
