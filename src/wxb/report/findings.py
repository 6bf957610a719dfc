"""What came out of a run, as one dict: `report.json`, and all that the Markdown and the page say."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from wxb.data.dataset import Dataset
from wxb.notation import read
from wxb.report.pictures import picture
from wxb.report.sentences import about_baselines, about_generalization, about_size, about_weights, warnings
from wxb.runs.baselines import Baseline
from wxb.runs.evaluate import ClassEvaluation, Evaluation, LabelEvaluation, NumberEvaluation
from wxb.runs.files import RunFiles
from wxb.runs.folder import RUN

SCHEMA = "wxb/report/1"
ROWS_AT_ONCE = 256  # examples that are looked at together


def findings(
    run: RunFiles,
    data: Dataset,
    *,
    test: Evaluation,
    train: Evaluation | None = None,
    baselines: Mapping[str, Baseline] | None = None,
    seconds: Mapping[str, float] | None = None,
    epochs: int | None = None,
    notes: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Everything the report says of a trained run, plain values only.

    `test` is the evaluation of the kept weights on the test part, `train` the same on (a sample of) the training part;
    `seconds` by stage, "train" among them; `epochs` were made; `notes` are warnings from elsewhere.
    """
    about = run.summary
    settings = dict(run.settings)
    spent = {name: round(value, 3) for name, value in (seconds or {}).items()}
    made = len(run.history) if epochs is None else epochs
    white = _white(data) if data.kind == "pictures" else 255.0
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
        "measure": "r2" if about.task == "numbers" else "accuracy",
        "test": test.summary() | _more(test),
        "train": None if train is None else {"sample": train.examples < len(data.split.train), **train.summary()},
        "baselines": {name: dataclasses.asdict(one) for name, one in (baselines or {}).items()},
        "mistakes": [_mistake(mistake, data, white) for mistake in test.mistakes],
        "history": msgspec.to_builtins(run.history),
        "epochs": made,
        "seconds": spent,
        "examples_per_second": _rate(len(data.split.train) * made, spent.get("train")),
        "size": _size(about.parameters, len(data.split.train), test),
        "settings": settings,
        "environment": msgspec.to_builtins(run.environment),
    }
    found |= _tables(test)
    found["sentences"] = {
        "baselines": about_baselines(found),
        "generalization": about_generalization(found),
        "size": about_size(found),
        "weights": about_weights(found),
    }
    found["warnings"] = [*notes, *warnings(found)]
    found["next"] = _next(data)
    return found


def _more(test: Evaluation) -> dict[str, Any]:
    """Scores beyond the summary."""
    if isinstance(test, ClassEvaluation):
        return {
            "balanced_accuracy": test.balanced_accuracy,
            "roc_area": test.roc_area,
            "log_loss": test.log_loss,
            "calibration_error": test.calibration_error,
        }
    if isinstance(test, LabelEvaluation):
        return {"label_accuracy": test.label_accuracy}
    return {}


def _tables(test: Evaluation) -> dict[str, Any]:
    """What is told class by class, label by label, target by target."""
    if isinstance(test, NumberEvaluation):
        return {"per_target": {name: _plain(dataclasses.asdict(one)) for name, one in test.per_target.items()}}
    per_class = [dataclasses.asdict(score) for score in test.per_class]
    if isinstance(test, LabelEvaluation):
        for score, area in zip(per_class, test.roc_areas, strict=True):
            score["roc_area"] = area
        return {"per_class": per_class}
    return {
        "per_class": per_class,
        "confusion": [list(row) for row in test.confusion],
        "calibration": [dataclasses.asdict(bin) for bin in test.calibration],
    }


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    return {key: list(item) if isinstance(item, tuple) else item for key, item in value.items()}


def _mistake(mistake: Any, data: Dataset, white: float) -> dict[str, Any]:
    found: dict[str, Any] = dataclasses.asdict(mistake)
    if data.files:
        found["file"] = data.files[mistake.row]
    if data.kind == "pictures":
        found["picture"] = picture(data.examples[mistake.row], white)
    return found


def _white(data: Dataset) -> float:
    """The value that is shown white: 255 for bytes that use their range, else the greatest there is."""
    greatest, train = 0.0, data.split.train
    for start in range(0, len(train), ROWS_AT_ONCE):
        greatest = max(greatest, float(np.max(data.examples[train[start : start + ROWS_AT_ONCE]])))
        if data.examples.dtype == np.uint8 and greatest > 64:
            return 255.0
    return greatest if len(train) else 255.0


def _rate(examples: int, seconds: float | None) -> float | None:
    return round(examples / seconds, 1) if seconds else None


def _size(parameters: int, examples: int, test: Evaluation) -> dict[str, Any]:
    """Training examples that two rules of thumb ask for: 5 to 10 a weight; more than weights / (1 − accuracy)."""
    by_error = None
    if not isinstance(test, NumberEvaluation) and test.accuracy < 1:
        by_error = round(parameters / (1 - test.accuracy))
    return {
        "parameters": parameters,
        "examples": examples,
        "by_weights": [5 * parameters, 10 * parameters],
        "by_error": by_error,
    }


def _next(data: Dataset) -> list[dict[str, str]]:
    """Commands that go on from here, and what each is for; RUN stands for the run's folder."""
    found = [
        {"command": f"wxb train --config {RUN}/settings.toml --seeds 5", "what": "how much of the score is luck"},
        {"command": f"wxb verify {RUN}", "what": "is the run still what it was"},
    ]
    if data.kind == "pictures":
        found.insert(0, {"command": f"wxb predict {RUN} FILE…", "what": "what it says of your own pictures"})
    elif data.table is not None:
        found.insert(0, {"command": f"wxb predict {RUN} TABLE.csv", "what": "what it says of other rows"})
    return found
