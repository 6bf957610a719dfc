"""A detector of anomalies: how odd an example is, measured against examples that are normal."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from wxb.data.split import spread
from wxb.errors import WxbError
from wxb.learning.inference import codes, logits
from wxb.learning.machine import Machine
from wxb.notation.vocabulary import SELF
from wxb.text import count, percent

if TYPE_CHECKING:
    from wxb.data.dataset import Examples, Inputs
    from wxb.network.build import Model

NEIGHBOURS = 5  # nearest codes whose distances are averaged,
REMEMBERED = 5_000  # of at most so many training examples, spread evenly
FLOOR = 0.1  # of the median own distance, at least that of a code among near copies of itself
TINY = 1e-12  # added before a logarithm

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Odd:
    """How odd examples are: `score` (n,), and what it is made of.

    `error` (n,) is the mean squared error of the reconstruction, in the loss's units; None unless the network ends in
    SELF. `distance` (n,) is the mean distance to the five nearest codes of training, as a multiple of what it is for
    these codes themselves: 1 is as near as they are to theirs. `made` (n, numbers) is the reconstruction.
    """

    score: Floats
    error: Floats | None
    distance: Floats
    made: NDArray[np.float32] | None


@dataclass(frozen=True, eq=False)
class Detector:
    """A network with what it takes to say how odd an example is.

    The score is the mean of log error and log distance, each in standard deviations of the held-back normal examples,
    so that 0 is as odd as these are on average. Distances are relative to the density around, as in the local outlier
    factor (Breunig et al. 2000), since simple examples lie closer to each other than others do.
    """

    model: Model
    machine: Machine
    known: Floats  # different codes of training examples, in standard deviations
    own: Floats  # the log of the mean distance of each to its nearest ones
    mean: Floats
    std: Floats
    centres: Floats  # of log error and log distance of the held-back examples,
    spreads: Floats  # and their standard deviations
    held: Floats  # the scores of the held-back examples, ascending

    @classmethod
    def fit(cls, model: Model, machine: Machine, examples: Examples | Inputs, train: Rows, held: Rows) -> Detector:
        """The detector of a model: it remembers the codes of `train`, and how odd the rows `held` are that are normal.

        Raises WxbError if fewer than 10 examples are held back.
        """
        if len(held) < 10:
            raise WxbError(
                f"{count(len(held))} normal examples are held back: too few to say what is odd",
                "expected at least 10 in the validation or the test part",
                "more data, or a larger share for validation",
            )
        known = codes(model, examples, machine, spread(train, REMEMBERED)).astype(np.float64)
        mean, std = known.mean(axis=0), known.std(axis=0)
        std = np.where(std > 0, std, 1.0)
        known = np.unique((known - mean) / std, axis=0)
        blank = np.zeros(2)
        raw = cls(model, machine, known, _own(known), mean, std, blank, blank + 1, blank)
        logs = raw.logs(*raw.measured(examples, held)[:2])
        spreads = logs.std(axis=1)
        fitted = cls(
            model, machine, known, raw.own, mean, std, logs.mean(axis=1), np.where(spreads > 0, spreads, 1.0), blank
        )
        return cls(**{**vars(fitted), "held": np.sort(fitted.combined(logs))})

    def of(self, examples: Examples | Inputs, rows: Rows) -> Odd:
        """How odd some examples are."""
        error, distance, made = self.measured(examples, rows)
        return Odd(self.combined(self.logs(error, distance)), error, distance, made)

    @property
    def least_rate(self) -> float:
        """The least rate of false alarms, as a share, that the held-back examples can tell."""
        return 1 / (len(self.held) + 1)

    def threshold(self, rate: float) -> float:
        """The score above which a share of at most `rate` of normal examples lies.

        It is the ⌈(n + 1)(1 − rate)⌉-th smallest of the n held-back scores, so that a further normal example is above
        it with a probability of at most `rate` (Vovk, Gammerman, Shafer 2005). Raises WxbError if they are too few.
        """
        place = math.ceil((len(self.held) + 1) * (1 - rate))
        if place > len(self.held):
            least = self.least_rate
            raise WxbError(
                f"{count(len(self.held))} normal examples are held back: they tell no rate of false alarms below "
                f"{percent(least)}",
                f"asked for {percent(rate)}",
                f"`rate={math.ceil(1000 * least) / 10:g}`, or a larger share for validation",
            )
        return float(self.held[place - 1])

    def measured(
        self, examples: Examples | Inputs, rows: Rows
    ) -> tuple[Floats | None, Floats, NDArray[np.float32] | None]:
        """The error (n,) and the reconstruction of a network with SELF, and the distance (n,)."""
        code = (codes(self.model, examples, self.machine, rows).astype(np.float64) - self.mean) / self.std
        distances, places = _nearest(code, self.known, NEIGHBOURS)
        distance = np.exp(np.log(distances + TINY) - self.own[places].mean(axis=1))
        if self.model.plan.head != SELF:
            return None, distance, None
        made = logits(self.model, examples, self.machine, rows=rows)
        given = torch.from_numpy(np.ascontiguousarray(self.model.inputs(examples)[rows]).reshape(len(rows), -1))
        head = self.model.to("cpu").head
        error = head.loss(made, given).double().numpy()
        self.model.to(self.machine.device)
        return error, distance, made.numpy()

    def logs(self, error: Floats | None, distance: Floats) -> Floats:
        """Log error, where there is one, and log distance (1 or 2, n)."""
        return np.stack([np.log(one + TINY) for one in (error, distance) if one is not None])

    def combined(self, logs: Floats) -> Floats:
        """The score (n,) of logs (1 or 2, n)."""
        places = slice(0, len(logs))
        scores: Floats = ((logs - self.centres[places, None]) / self.spreads[places, None]).mean(axis=0)
        return scores


def _own(known: Floats) -> Floats:
    """The log of the mean distance (n,) of each of the known codes to its nearest other ones."""
    if len(known) == 1:
        return np.zeros(1)
    distances = _nearest(known, known, NEIGHBOURS + 1)[0] * (1 + 1 / min(NEIGHBOURS, len(known) - 1))  # not to itself
    found: Floats = np.log(np.maximum(distances, FLOOR * np.median(distances)) + TINY)
    return found


def _nearest(code: Floats, known: Floats, most: int) -> tuple[Floats, Rows]:
    """The mean Euclidean distance of each code (n,) to the nearest of the known ones, and their places (n, most)."""
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=min(most, len(known))).fit(known)
    distances, places = near.kneighbors(code)
    return distances.mean(axis=1), places
