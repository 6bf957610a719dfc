"""Remedies are chosen, confirmed and given up by their side runs, whose outcomes are made up here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wxb
from tests.doctor.test_doctor_checks import outcome
from wxb.doctor.case import Case
from wxb.doctor.fault import Fault
from wxb.doctor.proof import SEEDS, Candidate, Race, gain_of
from wxb.doctor.side import SideRuns

EXAMPLES = 200  # in each half of validation
BASE = 0.5
HOPEFUL = Fault("T1", "made up", lambda found: {}, lambda found: [])


@dataclass
class Made:
    """Side runs that come to given scores by remedy and seed, each a share of its full length."""

    scores: dict[str, tuple[float, ...]]
    budget: float = 3.0
    price: float = 1.0
    best_reference: float | None = 0.9
    spent: float = 0.0
    asked: list[tuple[str, float, int]] = field(default_factory=list)
    apart: int = 0  # examples by which those that a remedy answers are moved
    brief: bool = False
    about: object = None

    def cost(self, remedy, share, seed=0):
        return 0.0 if (remedy.get("is", ""), share, seed) in self.asked else share * self.price

    def affords(self, *costs):
        return self.spent + sum(costs) <= self.budget + 1e-9

    def run(self, remedy, share=1.0, seed=0):
        name = remedy.get("is", "")
        self.spent += self.cost(remedy, share, seed)
        self.asked.append((name, share, seed))
        made = outcome(self.scores[name][seed] if name else BASE, count=EXAMPLES)
        right = np.roll(made.first, self.apart if name else 0)
        return replace(made, first=right, second=right)

    # what is known of the training
    @property
    def runs(self):
        return self

    @property
    def base(self):
        return outcome(BASE, count=EXAMPLES)

    def class_weights(self, half):
        return None


def race(made):
    return Race(made, [Candidate(HOPEFUL, {}, {"is": name}) for name in made.scores])


def test_a_remedy_that_comes_as_far_as_the_best_baseline_ends_the_race():
    made = Made({"weak": (0.52,) * 3, "cure": (0.95,) * 3, "other": (0.96,) * 3})
    proved = race(made).winner()
    assert proved is not None
    assert proved.candidate.remedy == {"is": "cure"}
    assert {name for name, _, _ in made.asked} == {"weak", "cure"}


def test_without_a_baseline_all_are_compared():
    made = Made({"cure": (0.8,) * 3, "better": (0.98,) * 3}, best_reference=None)
    proved = race(made).winner()
    assert proved is not None
    assert proved.candidate.remedy == {"is": "better"}


@pytest.mark.parametrize(
    ("gains", "counts"),
    [
        ((0.7, 0.97, 0.99), True),  # very different, each beyond doubt
        ((0.7, 0.5, 0.99), False),  # one gains nothing
        ((0.6, 0.6, 0.6), True),
        ((0.53, 0.53, 0.53), False),  # less than a tenth of the error
    ],
)
def test_seeds_may_gain_differently_if_each_gains_beyond_doubt(gains, counts):
    assert (race(Made({"remedy": gains}, budget=9)).winner() is not None) is counts


def test_what_the_best_so_far_needs_is_not_spent_on_others():
    # after two tries of 0.1 each, the two fresh seeds of the first need what is left
    made = Made({"cure": (0.8,) * 3, "other": (0.5,) * 3}, budget=0.35)
    proved = race(made).winner()
    assert proved is not None
    assert proved.gain.seeds == 1 + len(SEEDS)
    assert [name for name, _, _ in made.asked].count("other") == 0


def test_one_seed_alone_has_to_gain_beyond_doubt():
    likely = {"remedy": (0.62,) * 3}  # by more than two standard errors, but not by three
    assert race(Made(likely, budget=0.15, apart=100)).winner() is None
    assert race(Made(likely, budget=9, apart=100)).winner() is not None
    assert race(Made({"remedy": (0.8,) * 3}, budget=0.15, apart=100)).winner() is not None


def test_a_gain_over_a_network_far_below_minus_one_lies_in_its_interval():
    draw = np.random.default_rng(0)
    before, after = -1.0 - draw.exponential(2.0, 300), draw.normal(0.5, 0.1, 300)
    gain = gain_of([before], [after])
    assert gain.mean > 2
    assert gain.interval[0] < gain.after - gain.before < gain.interval[1]
    assert np.isclose(gain.mean, np.mean(gain.interval))


@given(
    scores=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=5),
    budget=st.floats(0.1, 4.0),
    price=st.floats(0.1, 3.0),
    reference=st.none() | st.floats(0.0, 1.0),
)
def test_no_more_than_the_budget_is_spent_and_what_is_proved_gains(scores, budget, price, reference):
    made = Made({str(place): (one,) * 3 for place, one in enumerate(scores)}, budget, price, reference)
    proved = race(made).winner()
    assert made.spent <= budget + 1e-6
    if proved is not None:
        assert proved.gain.mean >= 0.02
        assert proved.gain.low > 0
        assert np.isclose(proved.gain.after, made.base.second.mean() + proved.gain.mean)


@pytest.fixture(scope="module")
def runs():
    case = Case(wxb.load_data("ring", examples=400), "FC-4-RELU, SOFTMAX", {"epochs": 20, "batch_size": 32})
    return SideRuns(case, 9.0)


def test_the_same_side_run_is_made_once_whatever_its_whole_length_would_be(runs):
    long, longer = {"epochs": 200}, {"epochs": 400}
    first = runs.run(long, 0.2)
    spent = runs.spent
    assert runs.cost(longer, 0.1) == 0.0
    assert runs.run(longer, 0.1) is first
    assert runs.spent == spent
    assert runs.run(longer, 0.2) is not first


def test_a_longer_training_is_not_tried_by_side_runs_that_are_no_longer(runs):
    assert runs.cost({"epochs": 40}, 0.25) is None
    assert runs.cost({"epochs": 40}, 1.0) is not None
    assert runs.cost({"epochs": 200}, 0.25) is not None
