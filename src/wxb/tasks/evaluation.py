"""Results of scoring: a quick score after every epoch, and a full evaluation at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from wxb.markup import shown
from wxb.tasks.conformal import Coverage
from wxb.tasks.measure import Interval, Measure
from wxb.text import count

MISTAKES = 24  # the most confident ones, which an evaluation keeps


@dataclass(frozen=True)
class Score:
    """How good a network is on the validation part. Each task adds its measures as fields."""

    examples: int
    loss: float  # mean data loss, without penalties
    measures: ClassVar[tuple[Measure, ...]] = ()

    @property
    def value(self) -> float:
        """The number that `until` asks for; greater is better."""
        return -self.loss

    @property
    def text(self) -> str:
        """The measures for people: "98.5 %", "R² 0.813, error 52.13"; the loss if there are none."""
        return ", ".join(one.labelled(getattr(self, one.name)) for one in self.measures) or f"loss {self.loss:.3g}"


@dataclass(frozen=True)
class Mistake:
    """An example that the network gets wrong."""

    row: int  # of the data set
    given: str
    predicted: str
    probability: float | None  # of what was predicted; None if the head has no probabilities


@dataclass(frozen=True, repr=False)
class Evaluation:
    """How good a network is on labelled examples. Each task adds its measures as fields; shares are fractions."""

    examples: int
    loss: float  # mean of the head's loss
    interval: Interval  # 95 % interval of `score`
    mistakes: tuple[Mistake, ...]  # the worst first, at most `MISTAKES`
    # of prediction intervals, one for each target, or of prediction sets; empty unless they were asked for
    coverage: tuple[Coverage, ...] = field(default=(), kw_only=True)
    notes: tuple[str, ...] = field(default=(), kw_only=True)  # what a person must know of the examples
    weighted: bool = field(default=False, kw_only=True)  # whether examples count by their weights
    measure: ClassVar[Measure]  # the task's main measure

    def __repr__(self) -> str:
        score = f"{self.measure.labelled(self.score)} {self.measure.interval_text(self.interval)}"
        return f"{type(self).__name__}({score} of {count(self.examples)}{', weighted' * self.weighted})"

    def _repr_html_(self) -> str:
        measured = [(name, f"{value:.4g}") for name, value in self.further().items() if value is not None]
        covered = [(f"coverage {one.name or ''}".rstrip(), one.text) for one in self.coverage]
        return shown(repr(self), notes=self.notes, rows=[("loss", f"{self.loss:.4g}"), *measured, *covered])

    @property
    def score(self) -> float:
        """The value of the main measure."""
        return float(getattr(self, self.measure.name))

    def summary(self) -> dict[str, Any]:
        """The `test` object of `wxb train --json`, of plain values."""
        main = {self.measure.name: self.score, self.measure.interval_key: [*self.interval]}
        return {"examples": self.examples, "loss": self.loss, **main, **self.counting()}

    def counting(self) -> dict[str, Any]:
        """That examples count by their weights, as a plain value; empty if all count the same."""
        return {"weighted": True} if self.weighted else {}

    def further(self) -> dict[str, Any]:
        """Measures beyond the summary, as plain values."""
        return {}

    def tables(self) -> dict[str, Any]:
        """Results per class, label or target, as plain values."""
        return {}


@dataclass(frozen=True)
class Difference:
    """How far a measure of the second network lies above the first's, with its 95 % interval."""

    value: float
    interval: Interval
