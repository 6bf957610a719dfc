"""One method on one fold: predictions for the test part, and the seconds of the fit."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.peers.session import OF_THIS_PROJECT, last_line
from benchmarks.tables.measures import LEVEL
from benchmarks.tables.roster import METHODS, SCRIPTS, WXB
from wxb.data.dataset import Dataset
from wxb.errors import WxbError
from wxb.learning.evaluate import prediction
from wxb.learning.inference import logits
from wxb.settings import SETTINGS
from wxb.settings.table import unknown
from wxb.tasks import TASKS
from wxb.tasks.conformal import limits
from wxb.trials import Trial


class Failed(Exception):
    """A method that does not run on a fold, with the last line of what it said."""


@dataclass(frozen=True, eq=False)
class Answer:
    """Probabilities (n, classes), or numbers (n,), for the test part."""

    predicted: NDArray[np.float64]
    seconds: float
    coverage: float | None = None  # of prediction intervals or sets of `LEVEL`; None for a method without them


def is_method(name: str) -> bool:
    """Whether a word names a method."""
    return name in METHODS or name.partition(":")[0] == WXB


def arguments(method: str) -> dict[str, Any]:
    """What "wxb:NETWORK|epochs=30,batch_size=64" asks of a trial; "wxb" asks for nothing but the default.

    Raises WxbError for a setting that there is not, or that does not take its value.
    """
    network, _, listed = method.partition(":")[2].partition("|")
    options: dict[str, Any] = {"network": network.strip() or None}
    for option in filter(None, listed.split(",")):
        name, _, text = option.partition("=")
        if name.strip() not in SETTINGS:
            raise unknown(name.strip())
        setting = SETTINGS[name.strip()]
        truth = {"true": True, "false": False}.get(text.lower()) if setting.type is bool else None
        options[setting.name] = setting.read(text) if truth is None else truth
    return options


def wxb(fold: Dataset, method: str, seed: int) -> Answer:
    """Train wxb on a fold as `wxb.folds` does, and ask for the test part as `run.predict` does."""
    options = arguments(method)
    network = options.pop("network")
    began = time.perf_counter()
    trial = Trial(fold, network, **{"seed": seed, **options}).train()
    seconds = time.perf_counter() - began
    scores = logits(trial.model, fold.examples, trial.machine, rows=fold.split.test)
    found = prediction(scores, trial.model.head, fold.task, fold.classes, fold.target_offsets)
    covered = coverage(trial, scores)
    if fold.task == "regression":
        return Answer(found.values[:, 0].astype(np.float64), seconds, covered)
    if found.probabilities is None:
        raise Failed("a network without probabilities cannot be measured here; end it in SOFTMAX")
    return Answer(found.probabilities.astype(np.float64), seconds, covered)


def coverage(trial: Trial, scores: Tensor) -> float | None:
    """The share of the test part whose intervals or sets hold the true value; None if too few rows validate for them.

    `scores` (n, outputs) are the logits of the test part.
    """
    data, task = trial.data, TASKS[trial.data.task]
    validated = trial.nonconformity()
    if validated is None:
        return None
    try:
        its = limits(validated, LEVEL)
    except WxbError:
        return None
    found = replace(prediction(scores, trial.model.head, data.task, data.classes), limits=its)
    return task.coverage(data.targets[data.split.test], found)[0].share


def script(method: str, file: Path, seed: int, python: str) -> Answer:
    """Run the script of a method on the file of a fold. Raises Failed where it fails."""
    out = file.with_name("predicted.npz")
    out.unlink(missing_ok=True)
    environment = {name: value for name, value in os.environ.items() if name not in OF_THIS_PROJECT}
    command = [python, str(SCRIPTS / METHODS[method].script), "--fold", str(file), "--seed", str(seed)]
    ended = subprocess.run(
        [*command, "--out", str(out)], cwd=file.parent, env=environment, capture_output=True, text=True
    )
    if ended.returncode or not out.exists():
        raise Failed(last_line(ended.stderr))
    with np.load(out) as held:
        return Answer(held["predicted"], float(held["seconds"]))


def python_of(environment: str, folder: Path) -> str:
    """The interpreter of an environment. Raises SystemExit if it has not been made."""
    if environment == "wxb":
        return sys.executable
    path = folder / environment / "bin" / "python"
    if not path.exists():
        raise SystemExit(f"no {path}\nmake it: benchmarks/peers/environment.sh {folder} {environment}")
    return str(path)


def shown(measures: Mapping[str, float]) -> str:
    """Measures on a line: "accuracy 0.874, log_loss 0.28"."""
    return ", ".join(f"{name} {value:.4g}" for name, value in measures.items())
