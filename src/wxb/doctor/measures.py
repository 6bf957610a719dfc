"""The measurements of a case: each is computed once, when a check first asks for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from wxb.data.dataset import Dataset, Split
from wxb.data.split import thinned
from wxb.data.tables.sentences import Sentences
from wxb.doctor import labels
from wxb.doctor.case import Case
from wxb.doctor.doubling import fewer
from wxb.doctor.groups import MOST as MOST_GROUPED
from wxb.doctor.groups import linear_signal, noise_in_groups
from wxb.doctor.side import WORST, Outcome, SideRuns, full_steps
from wxb.errors import WxbError
from wxb.learning.defaults import recipe_for
from wxb.learning.recipe import Recipe
from wxb.notation import Plan
from wxb.notation.layers import family
from wxb.notation.tree import PlannedLayer
from wxb.tasks import TASKS
from wxb.tasks.task import Task
from wxb.trials.baselines import Baseline, baselines

if TYPE_CHECKING:
    from numpy.typing import NDArray

FAR_BEHIND = 0.05  # of a baseline
# multiply-adds that a baseline may take: a share of those of a training, but at least and at most so many
OF_TRAINING, LEAST_OF_BASELINE, MOST_OF_BASELINE = 0.05, 2e8, 5e9
LOOKED_AT = 5_000  # training examples whose numbers are looked at, spread evenly
LEAST_LOOKED_AT, MOST_NUMBERS = 200, 2e7  # of large examples, and of their numbers in all
LOOKED_AT_PICTURES = 200
MOST_NEIGHBOURED = 2_000  # training examples whose neighbours are found
MOST_WORDS = 1_000  # by which sentences are compared


class Measures:
    """What is known of a case."""

    def __init__(
        self, case: Case, runs: SideRuns, base: Outcome | None = None, references: dict[str, float] | None = None
    ) -> None:
        """`base` and `references` are those of a training that was made; without them they are made when needed."""
        self.case = case
        self.runs = runs
        if base is not None:
            self.base = base
        if references is not None:
            self.references = references

    # --- settings and network ---------------------------------------------------------------------------------------

    @property
    def recipe(self) -> Recipe:
        """The settings."""
        return self.case.recipe

    @property
    def usual(self) -> Recipe:
        """The settings that wxb would choose."""
        return self.case.usual

    @property
    def plan(self) -> Plan:
        """The network."""
        return self.case.plan

    @property
    def task(self) -> Task:
        """The kind of target."""
        return TASKS[self.case.data.task]

    def unusual(self, *names: str) -> dict[str, Any]:
        """The usual values of those settings whose values are others."""
        return {
            name: getattr(self.usual, name) for name in names if getattr(self.usual, name) != getattr(self.recipe, name)
        }

    @cached_property
    def usual_rate(self) -> float:
        """The learning rate that wxb would choose for this network, its data and this optimizer."""
        return recipe_for(self.plan, self.case.data, {"optimizer": self.recipe.optimizer}).learning_rate

    @cached_property
    def weighted(self) -> list[PlannedLayer]:
        """The CONV and FC layers, in the order of their paths."""
        return [layer for layer in self.plan.layers if family(layer) == "affine"]

    def layers(self, *families: str) -> list[PlannedLayer]:
        """The layers of some families, such as "activation"."""
        return [layer for layer in self.plan.layers if family(layer) in families]

    # --- the training -----------------------------------------------------------------------------------------------

    @cached_property
    def base(self) -> Outcome:
        """The training as it is, in full length. Raises WxbError if it cannot be made."""
        found = self.runs.run({})
        if found is None:
            raise WxbError("the training to examine cannot be made")
        return found

    @property
    def gap(self) -> float:
        """How far the score on training examples lies above that on validation."""
        return self.base.train - self.base.score

    # --- baselines --------------------------------------------------------------------------------------------------

    @cached_property
    def references(self) -> dict[str, float]:
        """The scores of the baselines on validation: "constant", "nearest neighbour", "linear"."""
        held = self.case.held.split
        rows = np.sort(np.concatenate([held.validation, held.test]))
        data = replace(self.case.held, split=Split(held.train, rows[:0], rows, "baselines on validation"))
        work = self.runs.work
        least = min(MOST_OF_BASELINE, max(LEAST_OF_BASELINE, OF_TRAINING * work))
        found = baselines(data, operations=work, seed=self.recipe.seed, least=least)
        return named({name: comparable(one, data) for name, one in found.items()}, data)

    @property
    def best_reference(self) -> float:
        """The score of the best baseline."""
        return max(self.references.values())

    def behind(self, score: float, errors: float = 2.0) -> bool:
        """Whether the training lies below a score by more than so many standard errors and 2 points."""
        return score - self.base.score > max(0.02, errors * self.base.error)

    def behind_perfect(self, share: float) -> bool:
        """Whether at least such a share of the validation examples is wrong."""
        return 1 - self.base.score > share

    @cached_property
    def balanced_score(self) -> float:
        """The mean over classes of the score on validation."""
        held = self.case.held.split
        strata, scores = self.strata[0], np.concatenate([self.base.first, self.base.second])
        classes = strata[np.concatenate([held.validation, held.test])]
        return float(np.mean([scores[classes == one].mean() for one in np.unique(classes)]))

    def class_weights(self, half: str) -> NDArray[np.float64]:
        """Weights of the examples of "validation" or "test" of the held data whose mean score is that over classes."""
        classes = self.strata[0][self.case.held.split.part(half)]
        names, which, counts = np.unique(classes, return_inverse=True, return_counts=True)
        return np.asarray(len(classes) / (len(names) * counts[which]))

    @property
    def steps_over_usual(self) -> float:
        """The steps of the training over those that wxb would choose for its batches."""
        usual = replace(self.case, options={**self.case.options, "epochs": self.usual.epochs, "steps": 0})
        return self.base.dynamics.steps / max(1, full_steps(usual))

    @property
    def far_behind(self) -> bool:
        """Whether the training is no better than a constant, or a baseline is far better."""
        constant = self.references.get("constant", -math.inf)
        hopeless = self.base.score <= constant + 2 * self.base.error
        return hopeless or self.best_reference - self.base.score > max(FAR_BEHIND, 4 * self.base.error)

    # --- data -------------------------------------------------------------------------------------------------------

    @cached_property
    def rows_of_sample(self) -> NDArray[np.int64]:
        """Training examples that are looked at."""
        return thinned(self.case.held.split.train, self._most)

    @property
    def _most(self) -> int:
        """How many examples are looked at: fewer of large ones, so that their numbers fit into the memory."""
        return max(LEAST_LOOKED_AT, min(LOOKED_AT, int(MOST_NUMBERS / math.prod(self.case.data.shape))))

    @cached_property
    def pictures(self) -> NDArray[np.float64]:
        """Some training pictures (n, channels, height, width)."""
        return np.asarray(self.case.data.inputs[self.rows_of_sample[:LOOKED_AT_PICTURES]], np.float64)

    @cached_property
    def sample(self) -> NDArray[np.float64]:
        """Training examples as the network's text takes them: (n, features) or (n, channels · height · width)."""
        some = self.case.data.inputs[self.rows_of_sample]
        return np.asarray(some, np.float64).reshape(len(some), -1)

    @cached_property
    def moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation of each number of the sample."""
        return self.sample.mean(axis=0), self.sample.std(axis=0)

    @cached_property
    def copies(self) -> NDArray[np.int64]:
        """The first row with the same numbers as each example."""
        return self.case.data.copies

    @cached_property
    def strata(self) -> tuple[NDArray[np.int64], list[str]]:
        """The class of each example, and the names; of other targets a single one."""
        return self.task.strata(self.case.data.targets, self.case.data.classes)

    def shares(self, part: str) -> NDArray[np.float64]:
        """The share of each class in a part of the data as it is split."""
        strata, names = self.strata
        counted = np.bincount(strata[self.case.data.split.part(part)], minlength=len(names))
        return np.asarray(counted / max(1, counted.sum()))

    @cached_property
    def drift(self) -> tuple[float, int]:
        """How far the mean of a number differs between training and validation, in deviations; and which."""
        means, deviations = self.moments
        rows = self.case.data.split.validation
        if not len(rows):
            return 0.0, 0
        theirs = np.asarray(self.case.data.inputs[rows[:LOOKED_AT]], np.float64).reshape(min(len(rows), LOOKED_AT), -1)
        if self.case.data.spatial:  # a pixel alone says little: channels
            channels = self.case.data.shape[0]
            means, deviations = (
                one.reshape(channels, -1).mean(axis=1) for one in (means, np.sqrt(deviations**2 + 1e-12))
            )
            their_means = theirs.mean(axis=0).reshape(channels, -1).mean(axis=1)
        else:
            their_means = theirs.mean(axis=0)
        shift = np.abs(their_means - means) / np.where(deviations > 0, deviations, 1)
        return float(shift.max()), int(shift.argmax())

    # --- labels -----------------------------------------------------------------------------------------------------

    @cached_property
    def neighbouring(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of some training examples (n,), and the places among them of each one's neighbours (n, 10)."""
        rows, data = thinned(self.rows_of_sample, MOST_NEIGHBOURED), self.case.data
        return rows, labels.neighbours(flat(data, rows), shared_unit=data.spatial or isinstance(data.inputs, Sentences))

    def neighbour_answers(self, wanted: NDArray[np.int64], share: float = 1.0) -> tuple[NDArray[Any], NDArray[Any]]:
        """The targets of some examples, and those of each one's nearest neighbour in a share of the training part."""
        data = self.case.data
        rows = thinned(fewer(share).apply(self.case.held).split.train, self._most)
        wanted = thinned(wanted, self._most)
        train, there = (flat(data, some) for some in (rows, wanted))
        mean, deviation = train.mean(axis=0), train.std(axis=0)
        train, there = ((one - mean) / np.where(deviation > 0, deviation, 1) for one in (train, there))
        nearest = (there @ train.T - (train**2).sum(axis=1) / 2).argmax(axis=1)
        return data.targets[wanted], data.targets[rows[nearest]]

    @cached_property
    def neighbour_curve(self) -> tuple[float, float, float]:
        """The scores of the nearest neighbour on validation, with a quarter, half and all of the training examples."""
        held = self.case.held.split
        wanted = np.concatenate([held.validation, held.test])
        quarter, half, whole = (
            float(np.maximum(self.task.each(*self.neighbour_answers(wanted, share)), WORST).mean())
            for share in (0.25, 0.5, 1.0)
        )
        return quarter, half, whole

    def neighbour_of_rolled(self, way: int) -> float:
        """The score of the mean or the majority of the ten neighbours, with targets that are moved by a row."""
        rows, nearest = self.neighbouring
        targets = np.roll(self.case.data.targets, way, axis=0)[rows]
        if self.task.exclusive:
            votes = np.stack([(targets[nearest] == one).mean(axis=1) for one in range(self.case.data.outputs)], axis=1)
            return float((votes.argmax(axis=1) == targets).mean())
        return float(self.task.each(targets, targets[nearest].mean(axis=1)).mean())

    @cached_property
    def doubted(self) -> NDArray[np.int64]:
        """Training rows whose labels their neighbours contradict, as `labels.doubted`."""
        rows, nearest = self.neighbouring
        return rows[labels.doubted(self.case.data.targets[rows].astype(np.int64), nearest, self.case.data.outputs)]

    @cached_property
    def noise(self) -> labels.Noise | None:
        """The share of labels that are wrong at random: as `labels.noise`; of two or three classes as in `groups`."""
        data = self.case.data
        if data.outputs < labels.LEAST_CLASSES:
            return noise_in_groups(*self._labelled, data.outputs)
        rows, nearest = self.neighbouring
        return labels.noise(data.targets[rows].astype(np.int64), nearest, data.outputs)

    @cached_property
    def linear_signal(self) -> bool:
        """Whether a linear model, left without each example in turn, surely tells classes, as `linear_signal`."""
        return self.task.exclusive and linear_signal(*self._labelled, self.case.data.outputs)

    @cached_property
    def _labelled(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Examples (n, features) and classes (n,) of training and validation, at most 1,000."""
        data = self.case.data
        rows = thinned(np.sort(np.concatenate([data.split.train, data.split.validation])), MOST_GROUPED)
        return flat(data, rows), data.targets[rows].astype(np.int64)

    @cached_property
    def mixing(self) -> float:
        """How well batches in the order of the file mix the classes, as `labels.mixing`; 1 of other targets."""
        strata, names = self.strata
        order = strata[self.case.held.split.train]
        if len(names) < 2:
            return 1.0
        size = min(self.recipe.batch_size, len(order))
        return labels.mixing(np.array_split(order, max(1, len(order) // size)))


def flat(data: Dataset, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Examples (n, features) as numbers that can be compared: of sentences how often frequent words stand there."""
    if isinstance(data.inputs, Sentences):
        return np.asarray(data.inputs.counts(rows)[:, :MOST_WORDS].toarray(), np.float32)
    return np.asarray(data.inputs[rows], np.float32).reshape(len(rows), -1)


def comparable(baseline: Baseline, data: Dataset) -> float:
    """The score of a baseline as that of a network is measured here: of tags the share of words that are right."""
    return baseline.each if TASKS[data.task].of_words else baseline.score


def named(scores: Mapping[str, float], data: Dataset) -> dict[str, float]:
    """The scores of baselines by name, that of the constant as "constant"."""
    constant = TASKS[data.task].baseline
    return {"constant" if name == constant else name: score for name, score in scores.items()}
