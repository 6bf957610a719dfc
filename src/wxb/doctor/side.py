"""Side runs: short trainings that share the data in memory, begin with the same weights, and see the same batches."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from wxb.data.split import thinned
from wxb.doctor.case import Case
from wxb.doctor.doing import Doing, Tell, ignore
from wxb.doctor.dynamics import Dynamics, Seen
from wxb.doctor.fault import Fault, Found, Remedy, identity
from wxb.doctor.words import remedy_text
from wxb.errors import WxbError
from wxb.learning.bagging import learned
from wxb.learning.loop import duration_of
from wxb.tasks import TASKS
from wxb.trials.trial import Trial

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_STEPS = 60  # of a side run, unless the training has fewer
TRAIN_SAMPLE = 1_000  # training examples whose score is compared with validation
WATCHED = 16  # steps that are read
LEAST_WORK = 4e8  # multiply-adds that a training counts as at least, when side runs are measured in trainings
OVERHEAD = 3e6  # multiply-adds that take about the time of a step's fixed work
WORST = -1.0  # the least that one example counts, or what a constant comes to: a prediction may be off by any factor
MOST_AVERAGED = 5_000  # training examples of which the constant is made


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a side run gave. Scores are of the task's main measure, each example's as in `scores`."""

    first: NDArray[np.float64]  # of each example in the first half of validation: what chooses remedies
    second: NDArray[np.float64]  # in the second half: what confirms them
    train: float  # mean over a sample of the training examples
    dynamics: Dynamics
    train_losses: tuple[float, ...]  # by epoch
    validation_losses: tuple[float, ...]
    values: tuple[float, ...]  # of the first half, by epoch
    first_loss: float  # before the first step
    expected_loss: float | None
    cost: float  # in trainings of the case examined

    @property
    def both(self) -> NDArray[np.float64]:
        """The scores of the examples in both halves of validation."""
        return np.concatenate([self.first, self.second])

    @property
    def score(self) -> float:
        """The mean over both halves of validation."""
        return float(self.both.mean())

    @property
    def error(self) -> float:
        """The standard error of `score`."""
        return float(self.both.std(ddof=1) / math.sqrt(len(self.both)))


class SideRuns:
    """The side runs of one diagnosis, and what they cost: 1 is the training that is examined."""

    def __init__(self, case: Case, budget: float, tell: Tell = ignore) -> None:
        """`tell` is told what is done at the moment."""
        self.case = case
        self.budget = budget
        self.tell = tell
        self.about: Fault[Any] | None = None  # what the next side runs are for
        self.mended = ""  # the remedies that the case has already, in words
        self.spent = 0.0
        self._planned = full_steps(case)
        self._share = 1.0  # of the planned steps that the training made: fewer with early stopping
        self._done: dict[tuple[Any, ...], Outcome | None] = {}
        self._last: tuple[object, Case] | None = None  # the last remedy, and the case with it
        self._unit = self._planned * _work(case)  # of the training that is 1: as it was planned, until it is made
        self._unit_is_known = False

    def following(self, remedy: Remedy) -> SideRuns:
        """The side runs of the case with a remedy, within what is left of the budget."""
        runs = SideRuns(self.case.with_remedy(remedy), self.budget, self.tell)
        runs.mended = " ".join(filter(None, (self.mended, remedy_text(remedy))))
        runs.spent, runs._unit, runs._unit_is_known = self.spent, self._unit, True
        return runs

    @property
    def brief(self) -> bool:
        """Whether the training is hardly longer than the shortest side run."""
        return self._planned <= 2 * LEAST_STEPS

    @property
    def work(self) -> float:
        """What the training takes, in multiply-adds."""
        return self._unit

    def cost(self, remedy: Remedy, share: float, seed: int = 0) -> float | None:
        """What a run with a remedy, of this share of its length, would cost: nothing if it was made.

        None if it does not fit the data, or if the remedy is a longer training and the run would be no longer than the
        one that is examined.
        """
        try:
            if self._key(remedy, share, seed) in self._done:
                return 0.0
            case = self._changed(remedy)
            if {"epochs", "steps"} & set(remedy) and share < 1 and self._steps(case, share) <= self._planned:
                return None
            return self._cost(case, share)
        except WxbError:
            return None

    def _changed(self, remedy: Remedy) -> Case:
        """The case with a remedy; the last one is kept, since a change of the data copies them."""
        if not remedy:
            return self.case
        key = identity(remedy)
        if self._last is None or self._last[0] != key:
            self._last = key, self.case.with_remedy(remedy)
        return self._last[1]

    def _cost(self, case: Case, share: float) -> float:
        return self._steps(case, share) * _work(case) / max(LEAST_WORK, self._unit)

    def affords(self, *costs: float) -> bool:
        """Whether so much more fits into the budget."""
        return self.spent + sum(costs) <= self.budget + 1e-9

    def _steps(self, case: Case, share: float) -> int:
        whole = max(1, round(full_steps(case) * self._share))
        return min(whole, max(LEAST_STEPS, round(share * whole)))

    def run(self, remedy: Remedy, share: float = 1.0, seed: int = 0) -> Outcome | None:
        """Train the case with a remedy, for a share of its length, with the case's seed plus `seed`.

        None if network, settings and data do not fit each other. The same run is made once.
        """
        doing = replace(self._doing(remedy), share=share, seed=seed)
        try:
            key = self._key(remedy, share, seed)
            if key not in self._done:
                self._done[key] = None
                self._done[key] = self._train(self._changed(remedy), share, seed, doing)
        except WxbError:
            return None
        return self._done[key]

    def _key(self, remedy: Remedy, share: float, seed: int) -> tuple[object, ...]:
        """What tells side runs apart: those of a share are told by their steps, whatever the whole length would be."""
        told = dict(remedy)
        if share < 1:
            told.pop("epochs", None)
            told["steps"] = self._steps(self._changed(remedy), share)
        return identity(told), share < 1, seed

    def looked_for(self, faults: Iterable[Fault[Found]]) -> Iterator[Fault[Found]]:
        """The faults, each told before it is looked for."""
        for fault in faults:
            self.about = fault
            self.tell(self._doing({}))
            yield fault
        self.about = None

    def _doing(self, remedy: Remedy) -> Doing:
        code, cause = (self.about.code, self.about.cause) if self.about is not None else ("", "")
        words = " ".join(filter(None, (self.mended, remedy_text(remedy))))
        return Doing(code, cause, words, self.spent, self.budget)

    def _train(self, case: Case, share: float, seed: int, doing: Doing) -> Outcome:
        options = {**case.options, "seed": case.recipe.seed + seed}
        cost = self._cost(case, share)
        if share < 1:
            options |= {"steps": self._steps(case, share)}
            options.pop("epochs", None)
        trial = Trial(case.held, case.network, bindings=case.bindings, watch=WATCHED, **options)
        seen = Seen(trial.model)
        train_losses, validation_losses, values = [], [], []
        for record in trial:
            taken = cost * record.step / record.steps
            self.tell(replace(doing, spent=self.spent + taken, step=record.step, steps=record.steps))
            if record.reading is not None:
                seen.take(record.step, record.batch_loss, record.reading.found, record.reading.paths)
            if record.train_loss is not None:
                train_losses.append(record.train_loss)
            if record.validation is not None:
                validation_losses.append(record.validation.loss)
                values.append(record.validation.value)
        if share == 1 and not seed and case is self.case and trial.record is not None:
            self._share = trial.record.step / self._planned
            if not self._unit_is_known:
                self._unit, self._unit_is_known = trial.record.step * _work(case), True
            cost = self._cost(case, share)
        self.spent += cost
        first, second, train = (
            scores(trial, part, most) for part, most in (("validation", None), ("test", None), ("train", TRAIN_SAMPLE))
        )
        outcome = Outcome(
            first, second, float(train.mean()), seen.dynamics(trial.recipe.clip),
            tuple(train_losses), tuple(validation_losses), tuple(values),
            trial.checks.first_loss, trial.checks.expected_loss, cost,
        )  # fmt: skip
        self.tell(replace(doing, spent=self.spent, score=outcome.score))
        return outcome


def scores(trial: Trial, part: str, most: int | None = None) -> NDArray[np.float64]:
    """How good a trial is on each example of a part (n,), as `Trial.each`, but no worse than the least that counts.

    That is -1, or what a constant comes to if this is less, so that a network that gives a constant is scored as one.
    """
    data, task = trial.data, TASKS[trial.data.task]
    rows = data.split.part(part)
    rows = rows if most is None else thinned(rows, most)
    least = np.full(len(rows), WORST)
    if task.measure.least < WORST:
        answer, _ = task.constant(data.targets[thinned(data.split.train, MOST_AVERAGED)], data.classes)
        least = np.minimum(least, task.each(data.targets[rows], np.repeat(answer[None], len(rows), axis=0)))
    found = trial.each(part, most)
    return np.asarray(np.maximum(np.where(np.isnan(found), least, found), least), np.float64)


def full_steps(case: Case) -> int:
    """The steps of the whole training of a case, as far as is known before it."""
    return duration_of(case.recipe, len(learned(case.held, case.recipe))).steps


def _work(case: Case) -> float:
    """What a step of a case takes, in multiply-adds."""
    batch = min(case.recipe.batch_size * case.recipe.accumulate, len(case.held.split.train))
    return 3.0 * case.plan.multiply_adds * batch + OVERHEAD
