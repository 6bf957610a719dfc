"""scikit-learn's estimators on the same split and the same scaled inputs as a network of wxb."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import wxb
from benchmarks.bounds import Bound
from benchmarks.figure import Row, Scope
from wxb.data.dataset import Dataset
from wxb.network.build import input_scale


@dataclass(frozen=True)
class Estimator:
    """An estimator to compare with: `make` takes a seed; the data are a name, or a `file` and its `target`."""

    what: str
    make: Callable[[int], Any]
    data: str = ""
    file: str = ""  # below the shared folder
    target: str | None = None
    bound: Bound | None = None
    seconds: Bound | None = None

    def measure(self, seeds: int, score: str, scope: Scope) -> Row:
        """Fit with seeds 0 to seeds - 1; accuracies are fractions, seconds are those of the fit."""
        scores, seconds = [], []
        for seed in range(seeds):
            source = scope.shared / self.file if self.file else self.data
            data = wxb.load_data(source, target=self.target, seed=seed)
            estimator = self.make(seed)
            start = time.perf_counter()
            estimator.fit(*part(data, "train"))
            seconds.append(round(time.perf_counter() - start, 2))
            scores.append(float(estimator.score(*part(data, "test"))))
            print(f"  {self.what}, seed {seed}: {scores[-1]:.4f} in {seconds[-1]:.1f} s", file=sys.stderr)
        return {
            "what": self.what,
            "command": " ".join(repr(estimator).split()),
            "seeds": list(range(seeds)),
            score: scores,
            "seconds": seconds,
            "told": [],
        }


def part(data: Dataset, name: str) -> tuple[NDArray[np.float32], NDArray[Any]]:
    """Examples (n, numbers), scaled like the inputs of a network, and targets (n,) of a part of the data."""
    rows = getattr(data.split, name)
    targets = data.targets[rows]
    with torch.no_grad():
        scaled = input_scale(data.shape, data, "std")(torch.from_numpy(data.inputs[rows])).flatten(1)
    return np.asarray(scaled.numpy(), np.float32), targets if targets.ndim == 1 else targets[:, 0]
