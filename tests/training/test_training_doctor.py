"""The doctor in `train`: one word for a training that is well, one suspected cause else, and not a bit changed."""

from __future__ import annotations

import pytest
import torch

import wxb
from wxb.doctor.trained import Follower, readings
from wxb.training import Training
from wxb.trials.trial import Trial

NETWORK = "FC-32-RELU-FC-32-RELU, SOFTMAX"


@pytest.fixture(scope="module")
def ring():
    return wxb.load_data("ring", examples=1200)


def finished(data, network, out, **options):
    training = Training(data, network, options={"threads": 1, **options}, out=out)
    for _ in training:
        pass
    training.finish()
    return training


def test_following_changes_no_bit(ring, tmp_path):
    options = {"epochs": 8, "ema": 0.9, "clip": 0.5, "mixup": 0.1}
    followed = finished(ring, NETWORK, tmp_path / "run", **options)
    assert followed.trial.watch
    alone = Trial(ring, NETWORK, threads=1, **options).train()
    theirs = alone.model.state_dict()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in followed.trial.model.state_dict().items())
    assert not (tmp_path / "run" / "watched.jsonl").exists()


def test_a_training_that_is_well_is_not_blamed(ring, tmp_path):
    training = finished(ring, NETWORK, tmp_path / "run", epochs=25, learning_rate=0.01)
    assert training.doctor.finding is None
    assert training.result["doctor"] is None


@pytest.mark.parametrize(
    ("network", "options", "code"),
    [
        (NETWORK, {"learning_rate": 30.0}, "T1"),
        (NETWORK, {"learning_rate": 1e-6}, "T2"),
        ("FC-16-FC-16-FC-C, SOFTMAX", {"learning_rate": 0.01}, "N2"),
        (NETWORK, {"weight_decay": 100.0}, "T5"),
        ("SOFTMAX", {}, "N9"),
    ],
)
def test_the_cause_is_suspected_with_numbers(ring, tmp_path, network, options, code):
    training = finished(ring, network, tmp_path / "run", epochs=8, **options)
    finding = training.doctor.finding
    assert finding is not None
    assert (finding.code, finding.severity, finding.proof) == (code, "suspected", None)
    assert finding.evidence
    assert training.result["doctor"]["code"] == code


def test_a_fault_of_the_doctor_ends_no_training(ring, tmp_path, monkeypatch):
    def broken(self, baselines):
        raise KeyError("no")

    monkeypatch.setattr(Follower, "suspected", broken)
    training = finished(ring, "SOFTMAX", tmp_path / "run", epochs=1)
    assert training.remarks == ("the doctor could not look at this training: KeyError('no')",)


def test_few_steps_of_a_training_are_read():
    assert [readings(steps) for steps in (1, 100, 400, 100_000)] == [2, 2, 10, 16]
