"""Proving a remedy: side runs with it, by successive halving, then on fresh seeds and other examples.

A remedy is chosen on one half of the validation examples with the case's own seed, and has to hold on the other half
with seeds that chose nothing. The significance of the choice is corrected for the number of remedies tried (S. Holm,
"A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979). Successive
halving: K. Jamieson, A. Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", 2016.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from wxb.doctor.fault import Evidence, Fault, Remedy, identity
from wxb.doctor.side import Outcome

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARES = (0.1, 0.25, 1.0)  # of the length of the training, in which remedies are tried
SHORT = SHARES[:-1]  # what they are first tried in
SEEDS = (1, 2)  # fresh ones, added to the case's own, that confirm
POINTS = 0.02  # the least gain that counts,
ERRORS = 2.0  # and at least so many standard errors of it,
CERTAIN = 3.0  # standard errors of a gain that only one seed shows
OF_ERROR = 0.1  # and this share of what the training gets wrong
LEVEL = 0.1  # of the intervals (90 %) and of the choice


@dataclass(frozen=True)
class Candidate:
    """A remedy for a fault whose symptom is there."""

    fault: Fault[Any]
    evidence: Evidence
    remedy: Remedy


@dataclass(frozen=True)
class Gain:
    """The gain of a remedy over pairs of side runs on the same examples.

    `low` and `high` are the ends of the interval that judges, which lie within ±2. An example whose target is far from
    all others can count less than −1, and the gain then be more than 2: `interval` holds it all the same.
    """

    mean: float
    low: float
    high: float
    before: float
    after: float
    seeds: int
    interval: tuple[float, float] = (math.nan, math.nan)  # of the gain, 90 %, as people read it

    @property
    def error(self) -> float:
        """The standard error of the mean."""
        return (self.high - self.low) / 2 / 1.645

    def matters(self) -> bool:
        """Whether the gain is large enough to matter."""
        return self.mean >= max(POINTS, OF_ERROR * (1 - self.before))

    def counts(self) -> bool:
        """Whether the gain is proved: its interval lies above 0, and it matters."""
        return self.low > 0 and self.mean >= ERRORS * self.error and self.matters()

    def beyond_doubt(self) -> bool:
        """Whether the gain of a single seed is so large that it needs no other seed."""
        return self.mean >= max(CERTAIN * self.error, 2 * POINTS) and self.matters()


def gain_of(
    before: Sequence[NDArray[np.float64]],
    after: Sequence[NDArray[np.float64]],
    weights: NDArray[np.float64] | None = None,
) -> Gain:
    """The gain from paired scores (n,) of the same examples, one pair for each seed.

    `weights` (n,) have the mean 1.

    Its 90 % interval adds the variance over examples and, of several seeds, that over seeds by Student's t.
    """
    from scipy.special import stdtrit

    if weights is not None:
        before, after = [one * weights for one in before], [one * weights for one in after]
    differences = np.array([b - a for a, b in zip(before, after, strict=True)])  # (seeds, n)
    by_example, by_seed = differences.mean(axis=0), differences.mean(axis=1)
    mean = float(by_example.mean())
    # an example that both get right says little: of n without any difference the next may still differ
    spread = max(float(by_example.var(ddof=1)) / len(by_example), 1 / len(by_example) ** 2)
    half = 1.645**2 * spread
    if len(by_seed) > 1:
        half += float(stdtrit(len(by_seed) - 1, 1 - LEVEL / 2)) ** 2 * float(by_seed.var(ddof=1)) / len(by_seed)
    half = math.sqrt(half)
    low, high = max(mean - half, -2.0), min(mean + half, 2.0)
    interval = mean - half, mean + half
    return Gain(mean, low, high, float(np.mean(before)), float(np.mean(after)), len(by_seed), interval)


def chance(gain: Gain) -> float:
    """The probability of a gain as large without any effect, one-sided, by the normal distribution."""
    return 0.5 * math.erfc(gain.mean / gain.error / math.sqrt(2))


@dataclass(frozen=True)
class Proved:
    """A candidate whose remedy is proved to help."""

    candidate: Candidate
    gain: Gain
    share: float  # of the training's length that the side runs had


class Runs(Protocol):
    """Side runs of a case, or of a plain module."""

    about: Fault[Any] | None

    @property
    def brief(self) -> bool:
        """Whether the training is no longer than short side runs."""

    def cost(self, remedy: Remedy, share: float, seed: int = 0) -> float | None:
        """What a run would cost, in trainings: nothing if it was made; None if it cannot be made."""

    def affords(self, *costs: float) -> bool:
        """Whether so much more fits into the budget."""

    def run(self, remedy: Remedy, share: float = 1.0, seed: int = 0) -> Outcome | None:
        """Train with a remedy, for a share of the length; None if that cannot be done."""


class Examined(Protocol):
    """What is known of the training that remedies are tried against."""

    @property
    def runs(self) -> Runs:
        """Its side runs."""

    @property
    def base(self) -> Outcome:
        """The training as it is."""

    @property
    def best_reference(self) -> float | None:
        """The score of the best baseline; None if there is none."""

    def class_weights(self, half: str) -> NDArray[np.float64] | None:
        """Weights of the examples of a half of validation whose mean score is that over classes."""


class Race:
    """Tries candidates against the training that is examined, until one is proved or the budget is spent."""

    def __init__(self, found: Examined, candidates: Sequence[Candidate]) -> None:
        self.found = found
        self.runs, self.base = found.runs, found.base
        by_remedy: dict[tuple[tuple[str, str], ...], Candidate] = {}
        for one in candidates:  # a remedy for two causes is tried for the first of them
            by_remedy.setdefault(identity(one.remedy), one)
        self.candidates = list(by_remedy.values())
        self.tried: set[int] = set()  # places of candidates with at least one side run

    def winner(self, shares: Sequence[float] = SHARES) -> Proved | None:
        """The candidate that is proved by side runs of these lengths, the one with the largest gain first.

        One that comes as far as the best baseline is not compared with those behind it.
        """
        brief = self.runs.brief  # a side run is as long as all of it, so that nothing is too late
        late = [place for place, one in enumerate(self.candidates) if one.fault.late and not brief]
        left = [place for place in range(len(self.candidates)) if place not in late]
        for share in shares:
            if share == 1:
                left += late
            able = [place for place in left if self.runs.cost(self.candidates[place].remedy, share) is not None]
            gains: dict[int, Gain] = {}
            for place in able:
                certain = [one for one in self._promising(gains) if gains[one].beyond_doubt()]
                gain = self._gain(place, share, certain)
                if gain is None:
                    continue
                gains[place] = gain
                if self._settles(place, gain) and (proved := self._confirmed(place, share)) is not None:
                    return proved
            for place in self._promising(gains):
                proved = self._confirmed(place, share)
                if proved is not None:
                    return proved
            best = sorted(gains, key=lambda place: -gains[place].mean)[: max(2, len(gains) // 2)]
            left = [*best, *(place for place in left if place not in able)]
        return None

    def _gain(self, place: int, share: float, certain: Sequence[int]) -> Gain | None:
        """The gain of a side run of this length over the whole training; None if it cannot be made or afforded.

        The budget has to leave what confirms the first of those that seem `certain` so far.
        """
        remedy = self.candidates[place].remedy
        kept = [cost for one in certain[:1] for cost in self._costs(one, share)]
        if not self.runs.affords(self.runs.cost(remedy, share) or 0.0, *kept):
            return None
        self.runs.about = self.candidates[place].fault
        outcome = self.runs.run(remedy, share)
        self.tried.add(place)
        if outcome is None:
            return None
        return gain_of([self.base.first], [outcome.first], self._weights(place, "validation"))

    def _settles(self, place: int, gain: Gain) -> bool:
        """Whether a gain counts after correction for all candidates, and comes as far as the best baseline."""
        reference = self.found.best_reference
        if reference is None or self.candidates[place].fault.balanced:
            return False
        counts = gain.matters() and chance(gain) <= LEVEL / len(self.candidates)
        return counts and gain.after >= reference - POINTS

    def _promising(self, gains: dict[int, Gain]) -> list[int]:
        """Those whose gain counts after Holm's correction; among gains within an error of the best, earlier first."""
        able = [place for place in gains if gains[place].matters()]
        ordered = sorted(able, key=lambda place: chance(gains[place]))
        kept = []
        for rank, place in enumerate(ordered):
            if chance(gains[place]) > LEVEL / (len(self.tried) - rank):
                break
            kept.append(place)
        if not kept:
            return []
        best = max(kept, key=lambda place: gains[place].mean)
        near = [place for place in kept if gains[place].mean >= gains[best].mean - gains[best].error]
        return sorted(near) + sorted((p for p in kept if p not in near), key=lambda place: -gains[place].mean)

    def _confirmed(self, place: int, share: float) -> Proved | None:
        """The candidate if it also gains on the other half of validation, with its own seed and with fresh ones.

        Shorter side runs have to beat the whole training: without the remedy they would hardly come as far as that.
        Those of full length are paired with as many of the training as it is.
        """
        candidate, paired = self.candidates[place], share == 1
        self.runs.about = candidate.fault
        chosen = self.runs.run(candidate.remedy, share)
        assert chosen is not None  # its gain was promising
        before, after = [self.base.second], [chosen.second]
        for seed in SEEDS if self.runs.affords(*self._costs(place, share)) else ():
            without = self.runs.run({}, share, seed) if paired else self.base
            with_it = self.runs.run(candidate.remedy, share, seed)
            if without is None or with_it is None:
                return None
            before.append(without.second)
            after.append(with_it.second)
        weights = self._weights(place, "test")
        gain = gain_of(before, after, weights)
        # seeds may gain very differently, each of them beyond doubt; one alone has to
        certain = all(gain_of([b], [a], weights).beyond_doubt() for b, a in zip(before, after, strict=True))
        proved = (certain and gain.low > 0) or (gain.counts() and len(after) > 1)
        return Proved(candidate, gain, share) if proved else None

    def _costs(self, place: int, share: float) -> list[float]:
        """What the side runs with fresh seeds would cost that confirm a candidate."""
        remedies = [self.candidates[place].remedy, *([{}] if share == 1 else [])]
        return [self.runs.cost(remedy, share, seed) or 0.0 for remedy in remedies for seed in SEEDS]

    def _weights(self, place: int, half: str) -> NDArray[np.float64] | None:
        """The weight of each example of a half of validation, if a fault is judged by the mean over classes."""
        return self.found.class_weights(half) if self.candidates[place].fault.balanced else None
