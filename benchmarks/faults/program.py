"""A training of wxb that can be made with several seeds, and with one thing changed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wxb.data.dataset import Dataset
from wxb.doctor.case import Case
from wxb.trials.trial import Trial

WORST = -1.0  # the least that one example counts, as for the doctor


@dataclass(frozen=True, eq=False)
class Program:
    """Data, a network and settings; `honest` are the data that score, where those of the training are faulty."""

    data: Dataset
    network: str
    options: Mapping[str, Any] = field(default_factory=dict)
    honest: Dataset | None = None
    balanced: bool = False  # scored by the mean over classes
    leaky: bool = False  # validation shows more than is true: its gap is that between validation and test

    @property
    def case(self) -> Case:
        """What the doctor examines."""
        return Case(self.data, self.network, dict(self.options), {}, "data")

    def score(self, seed: int) -> tuple[float, float]:
        """The score on the test part after training with a seed, and the processor's seconds of the training."""
        began = time.process_time()
        trial = Trial(self.data, self.network, **{**self.options, "seed": seed})
        for _ in trial:
            pass
        seconds = time.process_time() - began
        return self.score_of(trial), seconds

    def claimed(self, seed: int) -> float:
        """The score on the validation part after training with a seed."""
        trial = Trial(self.data, self.network, **{**self.options, "seed": seed}).train()
        return float(np.maximum(np.nan_to_num(trial.each("validation"), nan=WORST), WORST).mean())

    def score_of(self, trial: Trial) -> float:
        """The score of a trained trial on the honest test part."""
        trial.data = self.honest or self.data
        each = np.maximum(np.nan_to_num(trial.each("test"), nan=WORST), WORST)
        if not self.balanced:
            return float(each.mean())
        classes = trial.data.targets[trial.data.split.test]
        return float(np.mean([each[classes == one].mean() for one in np.unique(classes)]))
