"""A training stopped at any step goes on from its state and ends with the bits of an undisturbed one."""

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wxb.data import load_data
from wxb.learning.loop import learn
from wxb.learning.machine import Machine
from wxb.learning.recipe import OPTIMIZERS, SCHEDULES, Recipe
from wxb.network.build import build

# two convolutions with what draws, what averages and what remembers; few examples, so that a step costs little
NETWORK = "CONV3-8-BN-RELU-POOL-RES(CONV3-8-BN-RELU)(0.7)-DROP(0.3)-GAP, SOFTMAX"
BUSY = Recipe(
    epochs=3, batch_size=20, augment="flip,shift-1", mixup=0.4, cutout=3, ema=0.9, label_smoothing=0.1, clip=1.0,
    weight_decay=0.01, l1=1e-5, elastic_beta=0.5, accumulate=2, keep="best", early_stopping=5, class_weight="balanced",
)  # fmt: skip
CPU = Machine("cpu", "float32", 1)


@pytest.fixture(scope="module")
def data():
    digits = load_data("digits")
    few = dataclasses.replace(
        digits.split,
        train=digits.split.train[:150],
        validation=digits.split.validation[:40],
        test=digits.split.test[:40],
    )
    return dataclasses.replace(digits, split=few)


def undisturbed(data, recipe):
    model = build(NETWORK, data, seed=recipe.seed)
    losses = [record.loss for record in learn(model, data, recipe, CPU)]
    return losses, model.state_dict()


def stopped_at(data, recipe, stops):
    """Trains in pieces: each on a new model, from the state that the piece before left."""
    state, losses = None, []
    for stop in [*stops, None]:
        model = build(NETWORK, data, seed=recipe.seed)
        for record in learn(model, data, recipe, CPU, state):
            losses.append(record.loss)
            if record.step == stop:
                state = record.state()
                break
    return losses, model.state_dict()


def assert_same_bits(one, other):
    assert one[0] == other[0]
    assert one[1].keys() == other[1].keys()
    for name, tensor in one[1].items():
        assert torch.equal(tensor, other[1][name]), name


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@settings(max_examples=4)
@given(stops=st.sets(st.integers(1, 11), max_size=2).map(sorted), seed=st.integers(0, 99))
def test_resuming_at_any_step_gives_the_bits_of_an_undisturbed_training(data, optimizer, stops, seed):
    recipe = dataclasses.replace(BUSY, optimizer=optimizer, seed=seed, learning_rate=0.01)
    assert_same_bits(undisturbed(data, recipe), stopped_at(data, recipe, stops))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_schedule_goes_on_where_it_was(data, schedule):
    recipe = dataclasses.replace(BUSY, schedule=schedule, warm_up=0.3)
    assert_same_bits(undisturbed(data, recipe), stopped_at(data, recipe, [5]))


def test_a_state_says_the_same_after_a_round_trip_through_a_file(data, tmp_path):
    from safetensors.torch import load_file, save_file

    recipe = dataclasses.replace(BUSY, optimizer="adamw")
    losses, weights = undisturbed(data, recipe)
    model = build(NETWORK, data)
    for record in learn(model, data, recipe, CPU):
        if record.step == 6:
            save_file(record.state(), tmp_path / "state.safetensors")
            break
    again = build(NETWORK, data)
    rest = [r.loss for r in learn(again, data, recipe, CPU, load_file(tmp_path / "state.safetensors"))]
    assert losses[6:] == rest
    assert all(torch.equal(weights[name], tensor) for name, tensor in again.state_dict().items())


def test_another_seed_gives_other_bits(data):
    one, _ = undisturbed(data, BUSY)
    other, _ = undisturbed(data, dataclasses.replace(BUSY, seed=1))
    assert one != other
