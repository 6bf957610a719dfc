"""Watching a training: what is read, and that reading changes nothing."""

import math

import pytest
import torch

from wxb.data import load_data
from wxb.learning.loop import learn
from wxb.learning.machine import Machine
from wxb.learning.recipe import Recipe
from wxb.learning.watch import WATCHED
from wxb.network.build import build

CPU = Machine("cpu", "float32", 1)
NETWORK = "CONV-4-BN-RELU-RES(CONV-4-BN-RELU)(0.8)-GAP-FC-8-RELU, SOFTMAX"
RECIPE = Recipe(epochs=1, steps=3, batch_size=50, clip=0.01, mixup=0.2, ema=0.9)


@pytest.fixture(scope="module")
def digits():
    return load_data("digits")


def trained(data, **watched):
    model = build(NETWORK, data)
    return model, list(learn(model, data, RECIPE, CPU, **watched))


def test_a_watched_training_has_the_bits_of_one_that_is_not(digits):
    plain, records = trained(digits)
    watched, read = trained(digits, watch=WATCHED)
    assert [record.loss for record in read] == [record.loss for record in records]
    for name, tensor in plain.state_dict().items():
        assert torch.equal(tensor, watched.state_dict()[name]), name
    assert all(record.reading is None for record in records)


def test_layers_are_watched_only_while_training(digits):
    model, _ = trained(digits, watch=WATCHED)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules()
                   if not isinstance(module, torch.nn.BatchNorm2d))  # fmt: skip


def test_activations_are_those_of_the_whole_step(digits):
    model = build("FC-8-RELU, SOFTMAX", digits)
    recipe = Recipe(epochs=1, steps=1, batch_size=50, accumulate=2)
    shown = []
    for path in ("1.FC-8", "2.RELU"):
        model.get_submodule(path).register_forward_hook(lambda m, i, output: shown.append(output.detach().clone()))
    (record,) = learn(model, digits, recipe, CPU, watch=["activations"])
    layers = {"1.FC-8": torch.cat(shown[0::2]), "2.RELU": torch.cat(shown[1::2])}
    for path, numbers in layers.items():
        read = record.reading.activations[path]
        assert numbers.numel() in range(92 * 8, 101 * 8)
        assert read.mean == pytest.approx(float(numbers.mean()), rel=1e-4)
        assert read.std == pytest.approx(float(numbers.std(correction=0)), rel=1e-4)
        assert read.zeros == pytest.approx(float((numbers == 0).float().mean()))
    assert record.reading.activations["2.RELU"].zeros > 0.2 > record.reading.activations["1.FC-8"].zeros
    assert record.reading.seconds == record.reading.gradients == {}


def test_gradients_are_read_before_they_are_clipped(digits):
    _, records = trained(digits, watch=["gradients"])
    for record in records:
        norms = record.reading.gradients
        assert set(norms) == {name for name, _ in build(NETWORK, digits).named_parameters()}
        assert math.hypot(*norms.values()) > RECIPE.clip


def test_each_layer_s_seconds_are_read_and_lie_within_those_of_the_gradients(digits):
    model, records = trained(digits, watch=["seconds"])
    for record in records:
        seconds = record.reading.seconds
        forward = {name for part, name in seconds if part == "forward"}
        assert forward == {"scale", *(layer.path for layer in model.plan.layers)}
        inside = sum(value for (part, _), value in seconds.items() if part in ("data", "forward", "loss"))
        assert 0 < inside < seconds["backward", "backward"] < record.seconds


def test_what_cannot_be_watched_is_said(digits):
    with pytest.raises(ValueError, match="cannot watch weather; seconds, activations, gradients can be watched"):
        trained(digits, watch=["weather"])
