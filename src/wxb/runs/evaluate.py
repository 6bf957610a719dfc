"""Evaluate a run's network on labelled data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from wxb.data.dataset import PART, PARTS, Dataset, match_classes, need_data
from wxb.data.itself import of_itself
from wxb.data.weights import nothing_counts
from wxb.errors import WxbError
from wxb.runs.matching import decision_of, examples_of, target_offsets, targets_of
from wxb.runs.predict import machine_of, trained
from wxb.tasks import TASKS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from wxb.data.dataset import Examples, Inputs
    from wxb.learning.machine import Machine
    from wxb.network.build import Model
    from wxb.network.heads import Head
    from wxb.runs.files import RunFiles
    from wxb.tasks.conformal import Limits
    from wxb.tasks.evaluation import Evaluation

PART_OR_ALL = replace(PART, choices=(*PARTS, "all"))


def part_of(run: RunFiles, data: Dataset, part: str | None) -> str:
    """The part that is evaluated if `part` may be None: "test" of a run's own data, "all" of any other."""
    if part is not None:
        return str(PART_OR_ALL.validate(part))
    return "test" if data.fingerprint == run.data.fingerprint else "all"


def evaluate_run(run: RunFiles, data: Dataset, part: str | None = None, limits: Limits | None = None) -> Evaluation:
    """A finished run's network on a part of `data`: by default the test part of its own data, or all of other data.

    `part` is "train", "validation", "test" or "all". `limits` are those of intervals or sets whose coverage is told.

    Classes are matched by name. Raises WxbError if names, task or shapes differ, or if the part has no examples.
    """
    from wxb.learning.evaluate import prediction

    need_data(data)
    data = of_itself(data) if TASKS[run.summary.task].of_inputs else data
    part = part_of(run, data, part)
    if data.task != run.summary.task:
        raise WxbError(f"{data.name} is for {data.task}; {run.path} was trained for {run.summary.task}")
    own = data.fingerprint == run.data.fingerprint
    matched = match_classes(data, run.summary.classes)
    split = run.split if own else matched.split
    rows = np.arange(len(matched.examples)) if part == "all" else split.part(part)
    if own and part == "test" and not len(rows):
        raise WxbError(
            f"{run.path} was not tested: its data have no test part",
            f"split: {split.how}",
            'wxb evaluate RUN FILE, with examples that it has not seen; or `part="validation"`',
        )
    if not len(rows):
        raise WxbError(f"{data.name} has no examples in its {part} part")
    scores, head, evaluation = evaluate_rows(run, matched, rows, own and part == "validation")
    if limits is None:
        return evaluation
    found = replace(prediction(scores, head, data.task, run.summary.classes, decision=decision_of(run)), limits=limits)
    return replace(evaluation, coverage=TASKS[data.task].coverage(targets_of(run, matched)[rows], found))


def evaluate_rows(
    run: RunFiles, data: Dataset, rows: NDArray[np.int64], validates: bool = False
) -> tuple[Tensor, Head, Evaluation]:
    """The logits of a finished run's network on some rows of `data`, its head, and the evaluation of the logits.

    The classes of `data` are those of the run, in the same order. `validates` is whether the rows are the validation
    part of the run's own data; with bagging they are answered by those who have not learned from them.
    """
    from wxb.learning.evaluate import evaluate

    machine = machine_of(run)
    model = trained(run).to(machine.device)
    scores = logits_of(run, model, data, examples_of(run, data), machine, rows, validates)
    targets, offsets = targets_of(run, data)[rows], target_offsets(run)
    weights = data.weights_of(rows)
    if weights is not None and not weights.any():
        raise nothing_counts(f"all weights of {data.weight_name} in {data.name} are 0")
    evaluation = evaluate(
        scores, targets, model.head, data.task, data.classes, rows, run.seed, offsets, weights, decision_of(run)
    )
    return scores, model.head, evaluation


def logits_of(
    run: RunFiles,
    model: Model,
    data: Dataset,
    examples: Examples | Inputs,
    machine: Machine,
    rows: NDArray[np.int64],
    validates: bool,
) -> Tensor:
    """The logits (n, outputs) of a run's network for some rows of `data`, whose examples are `examples`.

    `validates` is that of `evaluate_rows`.
    """
    from wxb.learning.bagging import validation_logits
    from wxb.learning.inference import logits

    if validates and run.settings.get("bagging"):
        return validation_logits(model, replace(data, split=run.split), examples, machine, run.seed, rows)
    return logits(model, examples, machine, rows=rows)
