"""Ending on time: how long a step takes, and moving the end by the pace."""

import time
from types import SimpleNamespace

import pytest
import torch

from wxb.data import load_data
from wxb.learning.duration import Duration
from wxb.learning.machine import Machine
from wxb.learning.pace import Deadline, seconds_per_example, seconds_per_step
from wxb.learning.recipe import Recipe
from wxb.network.build import build

CPU = Machine("cpu", "float32", 1)


class Clock:
    """A clock that a test moves."""

    def __init__(self, monkeypatch):
        self.now = 100.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def ended_at(clock, planned, seconds, pace, kept=0.0, epoch=10**9, validation=0.0):
    """When a training was over that had `seconds`, and its duration.

    Its step number n takes pace(n) seconds, and each epoch's end `validation` more.
    """
    duration = Duration(planned)
    began = clock.now
    deadline = Deadline(began + seconds, kept)
    step = 0
    while step < duration.steps:
        step += 1
        epoch_end = step % epoch == 0
        clock.now += pace(step) + epoch_end * validation
        event = deadline.look(SimpleNamespace(step=step, steps=duration.steps, epoch_end=epoch_end))
        if event is not None:
            duration.move_end(event)
    return clock.now - began, duration


def test_an_end_that_the_pace_keeps_is_not_moved(clock):
    took, duration = ended_at(clock, 1000, 100, lambda step: 0.1)
    assert took == pytest.approx(100)
    assert duration.ends == []


@pytest.mark.parametrize("factor", [0.3, 0.7, 1.5, 4])
def test_a_wrong_guess_of_the_pace_is_made_good(clock, factor):
    took, duration = ended_at(clock, 1000, 100, lambda step: 0.1 * factor)
    assert took == pytest.approx(100, rel=0.02)
    assert duration.steps == pytest.approx(1000 / factor, rel=0.02)


def test_a_machine_that_slows_down_on_the_way_still_ends_on_time(clock):
    took, _ = ended_at(clock, 1000, 100, lambda step: 0.1 if step < 400 else 0.3)
    assert took == pytest.approx(100, rel=0.05)


@pytest.mark.parametrize("factor", [0.2, 1, 4])
def test_what_is_kept_free_for_scoring_follows_the_pace_too(clock, factor):
    took, _ = ended_at(clock, 900, 100, lambda step: 0.1 * factor, kept=100)
    assert took + 100 * 0.1 * factor == pytest.approx(100, rel=0.02)


@pytest.mark.parametrize("epoch", [90, 450, 880])
def test_a_validation_is_not_taken_for_a_slower_machine(clock, epoch):
    took, _ = ended_at(clock, 900, 100, lambda step: 0.1, kept=100, epoch=epoch, validation=2)
    assert 86 < took <= 92


@pytest.mark.parametrize("first", [0.05, 0.4, 2])
def test_slow_first_steps_are_not_taken_for_the_pace(clock, first):
    took, _ = ended_at(clock, 1000, 5, lambda step: first if step < 3 else 0.005, kept=200)
    assert took + 1 == pytest.approx(5, rel=0.05)


def test_validations_after_every_step_are_part_of_the_pace(clock):
    took, duration = ended_at(clock, 1000, 100, lambda step: 0.1, epoch=1, validation=0.1)
    assert took == pytest.approx(100, rel=0.02)
    assert duration.steps == pytest.approx(500, rel=0.02)


def test_when_the_time_is_over_one_more_step_is_the_last(clock):
    took, duration = ended_at(clock, 1000, 10, lambda step: 6.0)
    assert duration.steps == 2
    assert took == 12


def test_trying_a_step_leaves_the_model_as_it_was():
    data = load_data("digits")
    model = build("CONV-4-BN-RELU-GAP, SOFTMAX", data)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    assert seconds_per_step(model, data, Recipe(batch_size=64), CPU) > 0
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_scoring_an_example_is_timed_with_the_model_left_as_it_was():
    data = load_data("digits")
    model = build("CONV3-8-BN-RELU-GAP, SOFTMAX", data)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    step = seconds_per_step(model, data, Recipe(batch_size=64), CPU)
    assert 0 < seconds_per_example(model, data, CPU) < step
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert model.training
