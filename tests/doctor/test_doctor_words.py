"""The line of the doctor at the end of a training."""

from __future__ import annotations

import numpy as np

import wxb
from wxb.doctor.finding import Finding
from wxb.doctor.measures import comparable
from wxb.doctor.trained import Follower
from wxb.doctor.words import suspected_line
from wxb.trials import Trial
from wxb.trials.baselines import baselines

FOUND = Finding("T1", "learning rate too high", "suspected", {"rate": 9.0}, {"learning_rate": 0.1})


def test_a_training_far_behind_a_baseline_is_not_called_healthy():
    assert suspected_line(None, False, "runs/a") == ("doctor", "healthy")
    assert suspected_line(None, True, "runs/a")[1].startswith("no cause seen, but the training is far behind")
    assert suspected_line(FOUND, False, "runs/a")[1].startswith("suspected: learning rate too high (T1)")


def test_a_constant_that_is_better_puts_a_training_far_behind(monkeypatch):
    rows = np.random.default_rng(0).normal(size=(400, 2)).astype(np.float32)
    data = wxb.load_data(rows, (rows.sum(1) > 0).astype(np.int64))
    monkeypatch.setattr("wxb.doctor.trained.suspect", lambda measures: None)
    behind = []
    for found in (0.4, 2.0):  # what the majority reaches; no share is 2, and no network reaches it
        trial = Trial(data, "FC-8-RELU, SOFTMAX", epochs=40)
        follower = Follower(trial)
        for record in trial:
            follower.follow(record)
        scores = {name: one.score for name, one in baselines(data, seed=0).items()}
        follower.look({**scores, "majority": found})
        assert follower.remarks == ()
        behind.append(follower.far_behind)
    assert behind == [False, True]


def test_tags_no_better_than_one_tag_for_all_words_are_not_healthy():
    data = wxb.load_data("names", examples=150)
    trial = Trial(data, "EMBED-8-RNN-8, TAGS", epochs=1, learning_rate=1e-5)
    follower = Follower(trial)
    for record in trial:
        follower.follow(record)
    follower.look({name: comparable(one, data) for name, one in baselines(data, seed=0).items()})
    assert follower.remarks == ()
    assert follower.finding is not None or follower.far_behind
