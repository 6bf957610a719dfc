"""What a network answers to the examples of a part of a data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from wxb.data.dataset import Dataset
from wxb.errors import WxbError
from wxb.learning.evaluate import evaluate, need_finite, prediction
from wxb.learning.inference import logits
from wxb.learning.machine import choose
from wxb.network.build import Model
from wxb.runs.evaluate import logits_of
from wxb.runs.matching import decision_of, target_offsets
from wxb.tasks import TASKS
from wxb.tasks.evaluation import Evaluation
from wxb.tasks.prediction import Prediction
from wxb.views.subject import Subject

if TYPE_CHECKING:
    from wxb.data.dataset import Examples, Inputs


@dataclass(frozen=True, eq=False)
class Answered:
    """A network's scores (n, outputs) for n rows of a data set, what they predict, and how good that is."""

    rows: NDArray[np.int64]
    part: str
    scores: NDArray[np.float32]
    predicted: Prediction
    targets: NDArray[Any]
    evaluation: Evaluation
    line: str  # that evaluation: "98.9 % [97.5, 99.5] of 449"


def model_of(seen: Subject, view: str) -> Model:
    """The network of wxb that a view is for. Raises WxbError for a bare module, whose scores have no known meaning."""
    if not isinstance(seen.model, Model):
        raise WxbError(f"{view} needs a network of wxb, whose head says what its scores mean", fix="a run")
    return seen.model


def answered(seen: Subject, view: str, x: Any = None, part: str | None = None) -> Answered:
    """The answers to a part of the data: by default the test part."""
    model = model_of(seen, view)
    if x is not None and not isinstance(x, Dataset):
        raise WxbError(f"{view} needs examples with targets, a data set", fix="wxb.load_data(examples, targets)")
    data = seen.data(x)
    rows, part = seen.rows(data, part)
    return answers(seen, model, data, seen.examples(data), rows, part)


def answers(
    seen: Subject, model: Model, data: Dataset, examples: Examples | Inputs, rows: NDArray[np.int64], part: str
) -> Answered:
    """The answers to some rows (n,) of a part of the data, whose examples are `examples`."""
    cpu = choose("cpu", "float32")
    offsets: NDArray[np.float64] | float = 0.0
    seed = 0
    if seen.run is None:
        found = logits(model, examples, cpu, rows=rows)
    else:
        validates = part == "validation" and data.fingerprint == seen.run.data.fingerprint
        found = logits_of(seen.run, model, data, examples, cpu, rows, validates)
        offsets, seed = target_offsets(seen.run), seen.run.seed
    need_finite([found])
    targets = seen.targets(data)[rows]
    weights, decision = data.weights_of(rows), None if seen.run is None else decision_of(seen.run)
    evaluation = evaluate(found, targets, model.head, data.task, data.classes, rows, seed, offsets, weights, decision)
    predicted = prediction(found, model.head, data.task, data.classes, offsets, decision)
    line = TASKS[data.task].line(evaluation.summary())
    return Answered(rows, part, found.numpy(), predicted, targets, evaluation, line)


def losses(model: Model, scores: NDArray[np.float32], targets: NDArray[Any]) -> NDArray[np.float64]:
    """The head's loss of each example (n,)."""
    return np.asarray(model.head.loss(torch.from_numpy(scores), torch.from_numpy(targets)).double().numpy())
