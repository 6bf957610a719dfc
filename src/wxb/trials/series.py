"""A series of trials: one training repeated over seeds or folds, or two trainings compared pair by pair."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Unpack

from wxb.data.dataset import Dataset, need_data
from wxb.data.folds import folds as folds_of
from wxb.errors import WxbError
from wxb.markup import shown
from wxb.notation import Network, read
from wxb.settings import RECIPE, SETTINGS, check_length, unknown
from wxb.settings.python import RecipeOptions, takes_settings
from wxb.settings.setting import Bounds, Setting, need
from wxb.statistics import Mean, mean_of
from wxb.tasks.evaluation import Evaluation
from wxb.text import plural
from wxb.trials.trial import Trial, need_examples

COUNT = Setting("count", int, 5, "Trials of a series", "series", Bounds(1, 100_000))


@dataclass(frozen=True)
class Outcome:
    """The result of one trial of a series."""

    label: str  # "seed 3", "fold 2 of 5"
    test: Evaluation
    steps: int
    seconds: float  # from the start of the trial to its test score


@dataclass(frozen=True)
class Series:
    """The outcomes of a series of trials, in their order."""

    outcomes: tuple[Outcome, ...]
    planned: int  # how many trials were asked for; a time limit may leave fewer outcomes

    @property
    def scores(self) -> tuple[float, ...]:
        """The test score of each trial: the main measure of the task, such as accuracy or R²."""
        return tuple(outcome.test.score for outcome in self.outcomes)

    @property
    def score(self) -> Mean:
        """The mean of the test scores, with the 95 % confidence interval of the mean."""
        return mean_of(self.scores, self.outcomes[0].test.measure.bounds)

    def __repr__(self) -> str:
        score, measure = self.score, self.outcomes[0].test.measure
        interval = "" if score.interval is None else f" {measure.interval_text(score.interval)}"
        done = len(self.outcomes)
        trials = plural(self.planned, "trial")
        of = trials if done == self.planned else f"{done:,} of {trials}, the time was over"
        return f"Series({measure.labelled(score.mean)}{interval} over {of})"

    def _repr_html_(self) -> str:
        measure = self.outcomes[0].test.measure
        rows = [(one.label, measure.text(one.test.score)) for one in self.outcomes]
        return shown(repr(self), ("training", measure.title), rows)


@dataclass(frozen=True)
class Pairs:
    """Two series with the same seeds, compared pair by pair."""

    first: Series
    second: Series

    @property
    def difference(self) -> Mean:
        """The mean of second − first over the pairs, with its 95 % confidence interval (paired Student's t)."""
        least, greatest = self.first.outcomes[0].test.measure.bounds
        differences = [b - a for a, b in zip(self.first.scores, self.second.scores, strict=True)]
        return mean_of(differences, (least - greatest, greatest - least))


@takes_settings
def seeds(
    data: Dataset,
    network: str | Network | None = None,
    count: int = 5,
    *,
    bindings: Mapping[str, int] | None = None,
    time: float | str | None = None,
    **options: Unpack[RecipeOptions],
) -> Series:
    """Train the same network `count` times with different seeds, and score each on the test part.

    The data and its split stay the same; weights, order and augmentation change with the seed. `seed` is the first
    seed. `time` limits the whole series, in seconds or as "10m": no trial begins that would likely exceed it, except
    the first. The other arguments are those of `wxb.train`. Nothing is written.
    """
    need_data(data)
    need_examples(data, "test")
    count = COUNT.validate(count)
    first = options.pop("seed", 0)
    arguments = {"network": network, "bindings": bindings, **options}
    makers = [(f"seed {seed}", _maker(data, {**arguments, "seed": seed})) for seed in range(first, first + count)]
    return Series(tuple(outcomes(makers, seconds_of(time))), count)


@takes_settings
def folds(
    data: Dataset,
    network: str | Network | None = None,
    count: int = 5,
    *,
    bindings: Mapping[str, int] | None = None,
    time: float | str | None = None,
    **options: Unpack[RecipeOptions],
) -> Series:
    """Cross-validate a network: train it `count` times, each time testing on another fold of the data.

    The data is read once; what is fitted to the training part is fitted anew for each fold. The arguments are those of
    `seeds`; see `wxb.data.folds` for how examples are dealt into folds.
    """
    parts = folds_of(data, count, options.get("seed", 0))
    arguments = {"network": network, "bindings": bindings, **options}
    makers = [(f"fold {number} of {count}", _maker(part, arguments)) for number, part in enumerate(parts, 1)]
    return Series(tuple(outcomes(makers, seconds_of(time))), count)


@takes_settings
def pairs(
    data: Dataset,
    first: Mapping[str, Any],
    second: Mapping[str, Any],
    count: int = 5,
    *,
    time: float | str | None = None,
) -> Pairs:
    """Train two networks or recipes `count` times each, in pairs with the same seed, and score them on the test part.

    `first` and `second` are arguments of `wxb.train`: {"network": "FC-64-RELU, SOFTMAX", "learning_rate": 0.01}. The
    pairs are trained one after the other, so that a `time` limit leaves whole pairs.
    """
    need_data(data)
    need_examples(data, "test")
    count = COUNT.validate(count)
    for name, arguments in (("first", first), ("second", second)):
        _check_arguments(name, arguments)
    makers = [
        (f"seed {seed}", _maker(data, {**arguments, "seed": seed}))
        for seed in range(count)
        for arguments in (first, second)
    ]
    done = tuple(outcomes(makers, seconds_of(time), together=2))
    return Pairs(Series(done[0::2], count), Series(done[1::2], count))


def outcomes(
    trials: Sequence[tuple[str, Callable[[], Trial]]], time: float | None = None, together: int = 1
) -> Iterator[Outcome]:
    """Train and score each trial, and yield its outcome; a trial is (label, function that sets it up).

    With a `time` limit in seconds the series ends before a group of `together` trials that would exceed the limit if it
    took as long as the longest group so far. The first group is always trained.
    """
    began = clock.monotonic()
    longest = 0.0
    for start in range(0, len(trials), together):
        group_began = clock.monotonic()
        if time is not None and start and group_began - began + longest > time:
            return
        for label, make in trials[start : start + together]:
            trial_began = clock.monotonic()
            trial = make().train()
            test = trial.score("test")
            yield Outcome(label, test, trial.record.step if trial.record else 0, clock.monotonic() - trial_began)
        longest = max(longest, clock.monotonic() - group_began)


def _maker(data: Dataset, arguments: Mapping[str, Any]) -> Callable[[], Trial]:
    """What sets up a trial with arguments of `wxb.train`."""
    options = dict(arguments)
    network, bindings = options.pop("network", None), options.pop("bindings", None)
    return lambda: Trial(data, network, bindings=bindings, **options)


def seconds_of(time: float | str | None) -> float | None:
    """A limit of time in seconds."""
    seconds: float | None = None if time is None else SETTINGS["time"].validate(time)
    return seconds


def _check_arguments(name: str, arguments: Mapping[str, Any]) -> None:
    """Raise WxbError for what is no dict of arguments of a trial, before the first one is trained."""
    need(name, arguments, Mapping, 'arguments of `train`, such as {"network": "SOFTMAX", "epochs": 5}')
    for key, value in arguments.items():
        if key == "seed":
            raise WxbError(f"{name}: the seeds are 0, 1, 2, … for both", fix="leave `seed` out")
        if key in RECIPE:
            if not (value is None and RECIPE[key].fitted):
                RECIPE[key].validate(value)
        elif key not in ("network", "bindings"):
            raise unknown(key, [*RECIPE, "network", "bindings"])
    check_length(arguments)
    if isinstance(network := arguments.get("network"), str):
        read(network)
