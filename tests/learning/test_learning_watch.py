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
    assert record.reading.seconds == record.reading.layers == {}


def test_gradients_are_read_before_they_are_clipped(digits):
    model, records = trained(digits, watch=["layers"])
    for record in records:
        norms = {
            path: one.gradient_norm for path, one in record.reading.layers.items() if one.gradient_norm is not None
        }
        assert list(norms) == [name.removesuffix(".weight") for name, _ in model.named_parameters() if "weight" in name]
        assert math.hypot(*norms.values()) > RECIPE.clip


def test_updates_and_gradients_of_a_step_are_those_of_its_weights(digits):
    """With plain descent, the change of the weights is the rate times their gradient."""
    model = build("FC-8-RELU, SOFTMAX", digits)
    recipe = Recipe(epochs=1, steps=1, optimizer="sgd", learning_rate=0.1, schedule="constant", warm_up=0)
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    (record,) = learn(model, digits, recipe, CPU, watch=["layers"])
    for path in ("1.FC-8", "3.FC-10"):
        weight, was = model.get_submodule(path).weight, before[f"{path}.weight"]
        read = record.reading.layers[path]
        assert read.gradient_norm == pytest.approx(float(weight.grad.norm()), rel=1e-5)
        assert read.update_ratio == pytest.approx(float((weight.detach() - was).norm() / was.norm()), rel=1e-4)
        assert read.update_ratio == pytest.approx(0.1 * read.gradient_norm / float(was.norm()), rel=1e-3)


@pytest.mark.parametrize("accumulate", [1, 3])
def test_dead_units_and_saturated_outputs_are_those_that_hooks_see(digits, accumulate):
    text = "CONV-8-RELU-GAP-FC-8-TANH-FC-8-SIGMOID-FC-8-RELU, SOFTMAX"
    model = build(text, digits)
    with torch.no_grad():
        model.get_submodule("1.CONV3-8").bias[:3] = -100
        model.get_submodule("4.FC-8").weight *= 30
        model.get_submodule("6.FC-8").weight *= 30
        model.get_submodule("8.FC-8").bias[:6] = -100
    recipe = Recipe(epochs=1, steps=1, batch_size=60 // accumulate, accumulate=accumulate)
    shown = {"2.RELU": [], "5.TANH": [], "7.SIGMOID": [], "9.RELU": []}
    for path, outputs in shown.items():
        model.get_submodule(path).register_forward_hook(lambda m, i, out, to=outputs: to.append(out.detach().double()))
    (record,) = learn(model, digits, recipe, CPU, watch=["layers"])
    maps, tanh, sigmoid, relu = (torch.cat(outputs) for outputs in shown.values())
    assert len(shown["2.RELU"]) == accumulate
    layers = record.reading.layers
    assert layers["2.RELU"].dead == int((maps == 0).all(3).all(2).all(0).sum()) / 8 >= 3 / 8
    assert layers["9.RELU"].dead == int((relu == 0).all(0).sum()) / 8 >= 6 / 8
    assert layers["5.TANH"].saturated == pytest.approx(float((1 - tanh**2 < 0.1).double().mean()), abs=2e-3)
    slope = 4 * sigmoid * (1 - sigmoid)
    assert layers["7.SIGMOID"].saturated == pytest.approx(float((slope < 0.1).double().mean()), abs=2e-3)
    assert 0.1 < layers["5.TANH"].saturated < 1
    assert 0.1 < layers["7.SIGMOID"].saturated < 1


@pytest.mark.parametrize("network", ["TEAM-2x3(FC-8-RELU), SOFTMAX", "CAT(CONV1-4, CONV3-4)-RELU-GAP, SVM", "SOFTMAX"])
def test_every_layer_with_weights_is_read(digits, network):
    model = build(network, digits)
    (record,) = learn(model, digits, Recipe(steps=1), CPU, watch=["layers"])
    layers = record.reading.layers
    assert {path for path, one in layers.items() if one.update_ratio} == {
        layer.path for layer in model.plan.layers if layer.name in ("FC", "CONV")
    }
    for layer in model.plan.layers:
        assert (layer.name == "RELU") == (layer.path in layers and layers[layer.path].dead is not None)


@pytest.mark.parametrize(("steps", "watched"), [(30, 4), (30, 2), (3, 5)])
def test_some_steps_are_watched_from_the_first_to_the_last(digits, steps, watched):
    model = build("FC-4-RELU, SOFTMAX", digits)
    records = list(learn(model, digits, Recipe(steps=steps, batch_size=20), CPU, watch=["layers"], watched=watched))
    read = [record.step for record in records if record.reading is not None]
    assert read == {(30, 4): [1, 10, 20, 30], (30, 2): [1, 30], (3, 5): [1, 2, 3]}[steps, watched]


def test_the_last_record_says_that_it_is_the_last(digits):
    for recipe in (Recipe(steps=5), Recipe(epochs=2), Recipe(epochs=20, learning_rate=1e-9, early_stopping=2)):
        records = list(learn(build("FC-4-RELU, SOFTMAX", digits), digits, recipe, CPU))
        assert [record.last for record in records] == [False] * (len(records) - 1) + [True]


def test_each_layer_s_seconds_are_read_and_lie_within_those_of_the_gradients(digits):
    model, records = trained(digits, watch=["seconds"])
    for record in records:
        seconds = record.reading.seconds
        forward = {name for part, name in seconds if part == "forward"}
        assert forward == {"scale", *(layer.path for layer in model.plan.layers)}
        inside = sum(value for (part, _), value in seconds.items() if part in ("data", "forward", "loss"))
        assert 0 < inside < seconds["backward", "backward"] < record.seconds


def test_what_cannot_be_watched_is_said(digits):
    with pytest.raises(ValueError, match="cannot watch weather; seconds, activations, layers can be watched"):
        trained(digits, watch=["weather"])
