"""What is suspected of a training that was made, by what it showed while it went: no side run, no second training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wxb.doctor.case import Case
from wxb.doctor.diagnose import suspect
from wxb.doctor.dynamics import Seen
from wxb.doctor.facts import facts_of
from wxb.doctor.finding import Finding
from wxb.doctor.measures import Measures, named
from wxb.doctor.side import TRAIN_SAMPLE, WATCHED, Outcome, SideRuns, scores

if TYPE_CHECKING:
    from wxb.learning.loop import Record
    from wxb.trials.trial import Trial

STEPS_PER_READING = 40  # at least: reading a step takes about half the time of one
MOST_SCORED = 2_000  # test examples


def readings(steps: int) -> int:
    """The number of steps of a training that are read."""
    return max(2, min(WATCHED, steps // STEPS_PER_READING))


class Follower:
    """Follows a trial record by record, and looks at it when it has ended.

    Attributes: `finding` (the most likely cause; None if none is seen), `far_behind` (whether no cause is seen although
    the training is far behind a baseline), `remarks` (of the doctor itself).
    """

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        if trial.watch is None:
            trial.watch = readings(trial.steps)
        self.finding: Finding | None = None
        self.far_behind = False
        self.remarks: tuple[str, ...] = ()
        self.seen = Seen(trial.model)
        self.train_losses: list[float] = []
        self.validation_losses: list[float] = []

    def follow(self, record: Record) -> None:
        """Keep what a step read; nothing is computed, and the device is not waited for."""
        if record.reading is not None:
            self.seen.take(record.step, record.batch_loss, record.reading.found, record.reading.paths)
        self.seen.steps = record.step
        if record.train_loss is not None:
            self.train_losses.append(record.train_loss)
        if record.validation is not None:
            self.validation_losses.append(record.validation.loss)

    def look(self, baselines: Mapping[str, float]) -> None:
        """Find what is suspected beside the scores of `baselines` on test; nothing is raised."""
        try:
            self.finding = self.suspected(baselines)
        except Exception as problem:  # the training is whole, whatever is wrong with the doctor
            self.remarks = (f"the doctor could not look at this training: {problem!r}",)

    @property
    def facts(self) -> dict[str, Any] | None:
        """The finding as plain values; None if none is seen."""
        return None if self.finding is None else facts_of(self.finding)

    def suspected(self, baselines: Mapping[str, float]) -> Finding | None:
        """The most likely cause, or None if none is seen, beside the scores of `baselines` on test.

        The test part chooses nothing here: it only says whether the training is far behind.
        """
        trial, data = self.trial, self.trial.data
        references = named(baselines, data)
        if not references or not self.train_losses:
            return None
        found, train = scores(trial, "test", MOST_SCORED), scores(trial, "train", TRAIN_SAMPLE)
        case = Case(data, str(trial.plan.network), trial.recipe.settings(), {}, data.name)
        base = Outcome(
            found, found[:0], float(train.mean()), self.seen.dynamics(trial.recipe.clip), tuple(self.train_losses),
            tuple(self.validation_losses), (), trial.checks.first_loss, trial.checks.expected_loss, 1.0,
        )  # fmt: skip
        measures = Measures(case, SideRuns(case, 0.0), base, references)
        finding = suspect(measures)
        self.far_behind = finding is None and measures.far_behind
        return finding
