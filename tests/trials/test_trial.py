"""A training that writes nothing."""

from __future__ import annotations

import pytest

import wxb
from wxb.errors import WxbError
from wxb.trials import Trial


@pytest.fixture(scope="module")
def ring():
    return wxb.load_data("ring", examples=300)


def test_a_trial_writes_nothing(ring, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trial = Trial(ring, "FC-8-RELU, SOFTMAX", epochs=2).train()
    assert trial.score("test").examples == len(ring.split.test)
    assert list(tmp_path.iterdir()) == []


def test_a_trial_trains_to_the_bits_of_a_run_with_the_same_settings(ring, tmp_path):
    trial = Trial(ring, "FC-8-RELU, SOFTMAX", epochs=2, seed=3).train()
    run = wxb.train(ring, "FC-8-RELU, SOFTMAX", epochs=2, seed=3, out=tmp_path / "run")
    weights = run.weights()
    state = trial.model.state_dict()
    assert set(weights) == set(state)
    assert all(weights[name].equal(state[name]) for name in weights)
    assert trial.score("test").summary() == run.evaluate().summary()


def test_a_score_on_a_sample_takes_examples_from_the_whole_part(ring):
    trial = Trial(ring, "SOFTMAX", epochs=1).train()
    assert trial.score("train", most=50).examples <= 50
    assert trial.score("train", most=10**6).examples == len(ring.split.train)


def test_a_trial_goes_on_from_an_earlier_state_to_the_same_bits(ring):
    options = {"epochs": 2}
    whole = Trial(ring, "FC-8-RELU-DROP(0.2), SOFTMAX", **options)
    states = [record.state() for record in whole]
    rest = Trial(ring, "FC-8-RELU-DROP(0.2), SOFTMAX", **options, state=states[0]).train()
    ends = whole.model.state_dict(), rest.model.state_dict()
    assert all(one.equal(other) for one, other in zip(ends[0].values(), ends[1].values(), strict=True))


def test_a_trial_needs_examples_to_learn_from_and_none_to_test_on():
    with pytest.raises(WxbError, match="its train part is empty"):
        Trial(wxb.load_data("ring", examples=100, split="0,0,1"))
    trial = Trial(wxb.load_data("ring", examples=100, split="0.9,0.1,0"), "FC-2-RELU, SOFTMAX", epochs=1)
    assert trial.checks.lines[-1] == "no test part"
    with pytest.raises(WxbError, match="no examples in its test part"):
        trial.train().score("test")
