"""The results of a run as one dict: `report.json`, from which the Markdown and the page are written."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import msgspec
import numpy as np

from wxb.data.dataset import Dataset
from wxb.learning.machine import choose
from wxb.network.build import Model
from wxb.notation import read
from wxb.report.inside import inside
from wxb.report.next_steps import next_steps
from wxb.report.pictures import picture
from wxb.report.sentences import (
    about_baselines,
    about_curves,
    about_decision,
    about_generalization,
    about_size,
    about_weights,
    warnings,
)
from wxb.runs.files import RunFiles
from wxb.tasks import TASKS
from wxb.tasks.decision import Decision
from wxb.tasks.evaluation import Evaluation, Mistake
from wxb.tasks.measure import Measure
from wxb.trials.baselines import Baseline
from wxb.trials.telling import telling

SCHEMA = "wxb/report/1"
ROWS_AT_ONCE = 256  # examples that are looked at together


def findings(
    run: RunFiles,
    data: Dataset,
    *,
    test: Evaluation | None,
    train: Evaluation | None = None,
    baselines: Mapping[str, Baseline] | None = None,
    seconds: Mapping[str, float] | None = None,
    epochs: int | None = None,
    notes: tuple[str, ...] = (),
    decision: Decision | None = None,
    plain: Evaluation | None = None,
    model: Model | None = None,
) -> dict[str, Any]:
    """Everything the report says about a trained run, as plain values.

    `test` is the evaluation of the kept weights on the test part, None if there is none, `train` the same on (a sample
    of) the training part; `seconds` are per stage, "train" among them; `epochs` is how many were made; `notes` are
    further warnings. `decision` says how answers are decided, and `plain` is the test's evaluation without it.
    `model` is the trained network, if what it has learned is to be shown.
    """
    about = run.summary
    settings = dict(run.settings)
    learned = len(data.split.learned if settings.get("bagging") else data.split.train)
    spent = {name: round(value, 3) for name, value in (seconds or {}).items()}
    made = len(run.history) if epochs is None else epochs
    white = _white(data) if data.spatial else 255.0
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "run": {"name": run.name, "wxb": about.wxb, "created": about.created},
        "data": msgspec.to_builtins(msgspec.structs.replace(run.data, targets_fingerprint=msgspec.UNSET)),
        "network": {
            "text": about.network,
            "short": read(about.network).short(),
            "head": about.head,
            "parameters": about.parameters,
            "multiply_adds": about.multiply_adds,
        },
        "task": about.task,
        "measure": TASKS[about.task].measure.name,
        "test": None if test is None else test.summary() | test.further(),
        "train": None if train is None else {"sample": train.examples < len(data.split.train), **train.summary()},
        "baselines": {name: dataclasses.asdict(one) for name, one in (baselines or {}).items()},
        "mistakes": [_mistake(mistake, data, white) for mistake in (test.mistakes if test else ())],
        "history": msgspec.to_builtins(run.history),
        "epochs": made,
        "seconds": spent,
        "examples_per_second": _rate(learned * made, spent.get("train")),
        "size": _size(about.parameters, learned, TASKS[about.task].measure, test),
        "settings": settings,
        "environment": msgspec.to_builtins(run.environment),
    }
    found |= test.tables() if test else {}
    if model is not None and data.has_text:
        words = telling(deepcopy(model).cpu().eval(), data, choose("cpu", "float32"))
        found |= {"words": msgspec.to_builtins(words)} if words else {}
    if decision is not None:
        measures = {} if test is None or plain is None else _both(plain, test, TASKS[about.task].exclusive)
        found["decision"] = {**dataclasses.asdict(decision), "measures": measures}
    found["sentences"] = {
        "baselines": about_baselines(found),
        "generalization": about_generalization(found),
        "size": about_size(found),
        "weights": about_weights(found) + about_beginning(run),
        "curves": about_curves(found),
        "decision": about_decision(found),
    }
    if model is not None:
        offsets = None if decision is None else np.array(decision.offsets)
        if shown := inside(model, data, test is not None, offsets, 3 * learned * made):
            found["inside"] = shown
    found["warnings"] = [*notes, *warnings(found)]
    found["next"] = next_steps(found, data)
    return found


def about_beginning(run: RunFiles) -> str:
    """What the network began with, if it was not random weights."""
    began = run.summary.pretrained
    if began is msgspec.UNSET:
        return ""
    layers = began.layers[0] if len(began.layers) == 1 else f"{began.layers[0]} to {began.layers[-1]}"
    how = "has kept" if run.settings.get("freeze") else "began with"
    return f" The network {how} the trained layers {layers} of {began.run} (weights {began.weights[:8]})."


def _both(plain: Evaluation, test: Evaluation, exclusive: bool) -> dict[str, tuple[float, float]]:
    """The measures that a decision changes, without and with it: the main one, balanced accuracy and F1."""
    each = []
    for one in (plain, test):
        further, f1 = one.further(), [label["f1"] for label in one.tables()["per_class"]]
        measures = {one.measure.name: one.score}
        measures |= {name: further[name] for name in ("balanced_accuracy",) if name in further}
        each.append({**measures, "f1": f1[1] if exclusive and len(f1) == 2 else sum(f1) / len(f1)})
    return {name: (value, each[1][name]) for name, value in each[0].items()}


def _mistake(mistake: Mistake, data: Dataset, white: float) -> dict[str, Any]:
    found: dict[str, Any] = dataclasses.asdict(mistake) | {"row": data.row_number(mistake.row)}
    if data.files:
        found["file"] = data.files[mistake.row]
    if data.spatial:
        found["picture"] = picture(data.examples[mistake.row], white)
    if data.columns is not None:
        found["values"] = data.columns.words(data.examples[mistake.row])
    return found


def _white(data: Dataset) -> float:
    """The value that is shown as white: 255 for bytes that use their range, else the greatest one."""
    greatest, train = 0.0, data.split.train
    for start in range(0, len(train), ROWS_AT_ONCE):
        greatest = max(greatest, float(np.max(data.examples[train[start : start + ROWS_AT_ONCE]])))
        if data.examples.dtype == np.uint8 and greatest > 64:
            return 255.0
    return greatest if len(train) else 255.0


def _rate(examples: int, seconds: float | None) -> float | None:
    return round(examples / seconds, 1) if seconds else None


def _size(parameters: int, examples: int, measure: Measure, test: Evaluation | None) -> dict[str, Any]:
    """Training examples that two rules of thumb ask for: 5 to 10 per weight; more than weights / (1 − accuracy)."""
    by_error = None
    if test is not None and measure.form == "share" and test.score < 1:
        by_error = round(parameters / (1 - test.score))
    return {
        "parameters": parameters,
        "examples": examples,
        "by_weights": [5 * parameters, 10 * parameters],
        "by_error": by_error,
    }
