"""Backpropagation by hand: forward, backward, local gradients; and what a gradient says of where a neuron looks."""

from __future__ import annotations

import math

import pytest
import torch

from wxb.network.build import Model, build


def put(model: Model, path: str, weight: float, bias: float) -> None:
    """Give the layer of one neuron at `path` these."""
    layer = model.get_submodule(path)
    with torch.no_grad():
        layer.weight.fill_(weight)
        layer.bias.fill_(bias)


def test_two_sigmoid_neurons_have_the_gradients_of_the_chain_rule_by_hand():
    model = build("FC-1-SIGMOID-FC-C-SIGMOID, EUCLID", input_shape=(1,), outputs=1).double()
    put(model, "1.FC-1", 0.5, 0.25)
    put(model, "3.FC-1", -1.5, 0.75)
    x, target = 2.0, 1.0
    # forward
    a1 = 1 / (1 + math.exp(-(0.5 * x + 0.25)))
    a2 = 1 / (1 + math.exp(-(-1.5 * a1 + 0.75)))
    # backward: what comes from above, times the sigmoid's local gradient σ(1 − σ)
    at_output = 2 * (a2 - target) * a2 * (1 - a2)
    at_hidden = at_output * -1.5 * a1 * (1 - a1)

    logits = model(torch.tensor([[x]], dtype=torch.float64))
    model.head.loss(logits, torch.tensor([[target]], dtype=torch.float64)).sum().backward()
    gradients = [parameter.grad.item() for parameter in model.parameters()]
    assert gradients == pytest.approx([at_hidden * x, at_hidden, at_output * a1, at_output], rel=1e-12)


def test_five_filters_are_a_grid_of_neurons_five_of_which_look_at_each_place():
    conv = build("CONV5-5p0-GAP, SOFTMAX", input_shape=(3, 32, 32), outputs=10).get_submodule("1.CONV5-5")
    x = torch.rand(1, 3, 32, 32, requires_grad=True)
    out = conv(x)
    assert out.shape == (1, 5, 28, 28)
    field = torch.zeros(3, 32, 32, dtype=torch.bool)
    field[:, 10:15, 20:25] = True
    for neuron in range(5):
        (seen,) = torch.autograd.grad(out[0, neuron, 10, 20], x, retain_graph=True)
        assert torch.equal(seen[0] != 0, field)
