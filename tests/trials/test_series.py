"""Series of trials over seeds, folds and pairs."""

from __future__ import annotations

import numpy as np
import pytest

import wxb
from wxb.data.folds import folds as folds_of
from wxb.errors import WxbError
from wxb.trials import series
from wxb.trials.series import outcomes


@pytest.fixture(scope="module")
def ring():
    return wxb.load_data("ring", examples=200)


def test_five_seeds_are_one_call_and_write_nothing(ring, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    five = wxb.seeds(ring, "FC-4-RELU, SOFTMAX", 5, epochs=1, seed=7)
    assert [outcome.label for outcome in five.outcomes] == [f"seed {seed}" for seed in range(7, 12)]
    assert five.score.mean == pytest.approx(np.mean(five.scores))
    assert len(set(five.scores)) > 1
    assert list(tmp_path.iterdir()) == []


def test_a_seed_of_a_series_gives_the_score_of_a_run_with_that_seed(ring, tmp_path):
    second = wxb.seeds(ring, "FC-4-RELU, SOFTMAX", 2, epochs=1).outcomes[1]
    run = wxb.train(ring, "FC-4-RELU, SOFTMAX", epochs=1, seed=1, out=tmp_path / "run")
    assert second.test.summary() == run.evaluate().summary()


def test_every_example_is_tested_in_exactly_one_fold(ring):
    parts = folds_of(ring, 4)
    tested = np.concatenate([part.split.test for part in parts])
    assert sorted(tested) == list(range(200))
    for part in parts:
        rows = np.concatenate([part.split.train, part.split.validation, part.split.test])
        assert sorted(rows) == list(range(200))


def test_classes_have_the_same_share_in_every_fold(ring):
    for part in folds_of(ring, 5):
        counts = np.bincount(ring.targets[part.split.test], minlength=2)
        assert abs(counts[0] - counts[1]) <= 2


def test_copies_of_an_example_are_in_one_fold():
    examples = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    examples[40:] = examples[:20]
    data = wxb.load_data(examples, np.tile([0, 1], 30))
    for part in folds_of(data, 3):
        tested = set(part.split.test.tolist())
        assert all((row in tested) == (row + 40 in tested) for row in range(20))


def test_folds_are_the_same_for_the_same_seed_and_others_for_another(ring):
    first, again, other = (folds_of(ring, 3, seed)[0].split.test for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_cross_validation_trains_once_per_fold(ring):
    three = wxb.folds(ring, "FC-4-RELU, SOFTMAX", 3, epochs=1)
    assert [outcome.label for outcome in three.outcomes] == ["fold 1 of 3", "fold 2 of 3", "fold 3 of 3"]
    assert sum(outcome.test.examples for outcome in three.outcomes) == 200


def test_more_folds_than_different_examples_are_refused(ring):
    with pytest.raises(WxbError, match="ring has 200 different examples, fewer than 201 folds"):
        folds_of(ring, 201)


@pytest.mark.parametrize("count", [0, -1, "3", 2.5, True])
def test_a_series_needs_a_whole_number_of_trials(ring, count):
    for series_of in (wxb.seeds, wxb.folds):
        with pytest.raises(WxbError, match=r"`count=.*`: expected a whole number from"):
            series_of(ring, "SOFTMAX", count)
    with pytest.raises(WxbError, match=r"`count=.*`: expected a whole number from 1 to"):
        wxb.pairs(ring, {"network": "SOFTMAX"}, {"network": "SOFTMAX"}, count)


def test_one_fold_is_no_cross_validation(ring):
    with pytest.raises(WxbError, match="`count=1`: expected a whole number from 2 to"):
        wxb.folds(ring, "SOFTMAX", 1)


def test_a_pair_has_the_same_seed_on_both_sides(ring):
    same = wxb.pairs(ring, {"network": "SOFTMAX", "epochs": 1}, {"network": "SOFTMAX", "epochs": 1}, 3)
    assert same.first.scores == same.second.scores
    assert (same.difference.mean, same.difference.interval) == (0, (0, 0))


def test_a_series_ends_before_a_trial_that_its_time_does_not_hold(ring, monkeypatch):
    class Clock:
        now = 0.0

        @classmethod
        def monotonic(cls):
            cls.now += 1.0  # every look at the clock takes a second
            return cls.now

    monkeypatch.setattr(series, "clock", Clock)
    makers = [(f"{number}", lambda: wxb.Trial(ring, "SOFTMAX", epochs=1)) for number in range(5)]
    assert len(list(outcomes(makers, time=9.0))) == 2
    assert len(list(outcomes(makers, time=0.001))) == 1
    assert len(list(outcomes(makers))) == 5
