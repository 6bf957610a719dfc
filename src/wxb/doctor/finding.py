"""Findings of the doctor: what is wrong, the evidence in numbers, the remedy as settings, and the proof."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from wxb.doctor.fault import DataChange

SICK: Final = "sick"
WEAK: Final = "weak"
SUSPECTED: Final = "suspected"
Severity = Literal["sick", "weak", "suspected"]
HANDFUL, BY_HEART = 32, 0.98  # examples that are learned alone, and the score from which they are learned by heart
LEAST_GAIN = 0.01  # of twice as much, that pays unless it is within the noise


@dataclass(frozen=True)
class Proof:
    """Side runs with the remedy and without it, scored on validation examples: pairs, if they are of full length.

    Shorter ones are compared with the whole training as it is. Scores are of the task's main measure, such as accuracy
    (a fraction) or R².
    """

    before: float
    after: float
    interval: tuple[float, float]  # of the gain, 90 %
    seeds: int  # side runs with the remedy
    command: str  # that repeats the training with the remedy
    share: float = 1.0  # of the length of the training, that these side runs have


@dataclass(frozen=True)
class Finding:
    """One cause: `sick` if it is proved, `weak` if no remedy is proved, `suspected` if nothing was tried."""

    code: str  # "T1", as in docs/doctor.md
    cause: str  # "learning rate too high"
    severity: Severity
    evidence: Mapping[str, float]
    remedy: Mapping[str, Any]  # settings of `train`; `network` or `data` for a changed line or file
    proof: Proof | None = None
    rank: int = 1  # 1 is the most likely cause
    examples: tuple[str, ...] = ()  # files or rows of the training examples that the remedy is about


@dataclass(frozen=True)
class Diagnosis:
    """The findings, the most likely first, and the codes of causes that could not be tried within the budget."""

    findings: tuple[Finding, ...]
    untried: tuple[str, ...] = ()
    cost: float = 0.0  # of all side runs, in trainings
    scores: Mapping[str, float] = field(default_factory=dict)  # of "network" and its baselines, on validation
    far_behind: bool = False  # no better than a constant, or far below a baseline
    handful: float | None = None  # the score on 32 examples that were learned alone, where no cause is proved
    train: float | None = None  # the score on training examples
    stands: str = ""  # at which answer to the recipe's questions: "nothing", "slowly", "over", "good"

    @property
    def healthy(self) -> bool:
        """Whether no cause is proved, and the training is not far behind its baselines."""
        return not self.far_behind and not any(one.severity == SICK for one in self.findings)


@dataclass(frozen=True)
class Doubling:
    """What one kind of more would gain."""

    of: str  # "examples", "epochs", "width"
    amounts: tuple[float, float, float]  # a quarter, half, and all
    scores: tuple[float, float, float]  # on validation, the mean over the seeds
    gain: float  # that twice as much is expected to bring
    interval: tuple[float, float]  # 90 %
    seeds: int

    @property
    def pays(self) -> bool:
        """Whether a gain is expected that is not within the noise, and at least a point.

        Not where half falls further below a quarter than all rises above it: no law continues such scores.
        """
        quarter, half, whole = self.scores
        return self.gain >= LEAST_GAIN and self.interval[0] > 0 and whole - quarter >= quarter - half


def examples_of(remedy: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the examples that a change of the data is about; none of another remedy."""
    change = remedy.get("data")
    return change.examples if isinstance(change, DataChange) else ()


def ranked_findings(findings: list[Finding]) -> list[Finding]:
    """The findings with their ranks, and the numbers of their evidence that are finite."""
    return [
        replace(one, rank=rank, evidence={name: value for name, value in one.evidence.items() if math.isfinite(value)})
        for rank, one in enumerate(findings, 1)
    ]
