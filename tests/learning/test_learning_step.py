"""A step: the gradient of the whole batch, however it is computed."""

import dataclasses

import numpy as np
import pytest
import torch

from wxb.data import load_data
from wxb.learning.events import MicroBatches
from wxb.learning.loop import learn
from wxb.learning.machine import Machine
from wxb.learning.recipe import Recipe
from wxb.network.build import build

CPU = Machine("cpu", "float32", 1)
PLAIN = "CONV-8-TANH-POOL-FC-16-TANH, SOFTMAX"
DROPPING = "CONV-8-RELU-DROP(0.3)-RES(CONV-8-TANH-CONV-8)(0.6)-POOL-FC-16-TANH-DROP(0.5), SOFTMAX"
RECIPE = Recipe(epochs=1, steps=1, batch_size=53, optimizer="sgd", learning_rate=0.1)


@pytest.fixture(scope="module")
def digits():
    return load_data("digits")


def gradients(data, network, recipe, count, epoch=0):
    """The loss and the gradients of a step whose batch is computed in `count` micro-batches."""
    model = build(network, data)
    (record,) = learn(model, data, recipe, CPU, events=[MicroBatches(0, count)])
    return record.loss, {name: p.grad for name, p in model.named_parameters()}, model


@pytest.mark.parametrize("count", [2, 5])
@pytest.mark.parametrize(
    ("network", "settings"),
    [
        (PLAIN, {}),
        (PLAIN, {"mixup": 0.4}),
        (DROPPING, {}),
        (PLAIN, {"cutout": 3, "augment": "flip,shift-1"}),
        (PLAIN, {"class_weight": "balanced", "label_smoothing": 0.1}),
        (PLAIN, {"reduction": "sum", "l2": 0.01}),
        (
            DROPPING,
            {"mixup": 0.4, "cutout": 3, "augment": "flip,shift-1", "class_weight": "balanced", "label_smoothing": 0.1},
        ),
        ("FC-16-RELU-DROP(0.5), SVM", {"mixup": 1.0}),
    ],
)
def test_micro_batches_give_the_gradient_of_the_whole_batch(digits, network, settings, count):
    recipe = dataclasses.replace(RECIPE, **settings)
    loss, whole, _ = gradients(digits, network, recipe, 1)
    parts_loss, parts, _ = gradients(digits, network, recipe, count)
    assert parts_loss == pytest.approx(loss, rel=1e-5)
    for name, gradient in whole.items():
        assert float(gradient.abs().max()) > 0
        torch.testing.assert_close(parts[name], gradient, rtol=1e-4, atol=1e-5 * float(gradient.abs().max()))


@pytest.mark.parametrize(("targets", "head"), [("numbers", "EUCLID"), ("labels", "SIGMOIDS")])
def test_micro_batches_mix_targets_of_every_kind_with_those_of_the_whole_batch(targets, head):
    chance = np.random.default_rng(0)
    rows = chance.normal(size=(60, 4)).astype(np.float32)
    wanted = rows[:, :2] if targets == "numbers" else (rows[:, :2] > 0)
    data = load_data(rows, wanted.astype(np.float32 if targets == "numbers" else bool))
    recipe = dataclasses.replace(RECIPE, batch_size=30, mixup=0.5)
    _, whole, _ = gradients(data, f"FC-8-TANH-DROP(0.2), {head}", recipe, 1)
    _, parts, _ = gradients(data, f"FC-8-TANH-DROP(0.2), {head}", recipe, 4)
    for name, gradient in whole.items():
        torch.testing.assert_close(parts[name], gradient, rtol=1e-4, atol=1e-6)


def test_micro_batches_of_mapped_examples_are_mixed_with_partners_from_the_whole_batch(digits, monkeypatch):
    recipe = dataclasses.replace(RECIPE, mixup=0.4)
    _, held, _ = gradients(digits, PLAIN, recipe, 5)
    monkeypatch.setattr("wxb.learning.feed.has_room", lambda *_: False)
    _, sent, _ = gradients(digits, PLAIN, recipe, 5)
    assert all(torch.equal(held[name], sent[name]) for name in held)


def test_batch_normalization_sees_one_micro_batch_at_a_time(digits):
    _, whole, one = gradients(digits, "CONV-4-BN-RELU-GAP, SOFTMAX", RECIPE, 1)
    _, parts, two = gradients(digits, "CONV-4-BN-RELU-GAP, SOFTMAX", RECIPE, 2)
    name = "1.CONV3-4.weight"
    assert not torch.allclose(parts[name], whole[name], rtol=1e-3)
    assert [int(model.get_buffer("2.BN.num_batches_tracked")) for model in (one, two)] == [1, 2]


def test_masks_are_drawn_anew_for_each_step_and_let_go_after_it(digits):
    from wxb.network.layers import Dropout

    model = build("FC-16-TANH-DROP(0.5), SOFTMAX", digits)
    (layer,) = (module for module in model.modules() if isinstance(module, Dropout))
    masks = []
    layer.register_forward_hook(lambda module, inputs, output: masks.append(output.detach() == 0))
    recipe = dataclasses.replace(RECIPE, steps=2)
    for _ in learn(model, digits, recipe, CPU, events=[MicroBatches(0, 2)]):
        assert layer._whole is None
    first, second = torch.cat(masks[:2]), torch.cat(masks[2:])
    assert not torch.equal(first[: len(second)], second[: len(first)])
    assert not torch.equal(masks[0], masks[1][: len(masks[0])])
