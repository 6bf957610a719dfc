import copy
import subprocess
import sys
from functools import partial

import pytest
import torch
from torch import nn

from wxb.learning.optimizers import Muon, decay, optimizers, orthogonal
from wxb.learning.recipe import OPTIMIZERS, Recipe


def quadratic() -> tuple[nn.Module, torch.Tensor]:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 3)), torch.randn(64, 4)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_lowers_a_simple_loss(name):
    model, inputs = quadratic()
    target = inputs @ torch.randn(4, 3)
    steps = optimizers(model, ["1"], Recipe(optimizer=name, learning_rate=0.02))
    losses = []
    for _ in range(150):
        loss = (model(inputs) - target).square().mean()
        losses.append(loss.item())
        model.zero_grad()
        loss.backward()
        for optimizer in steps:
            optimizer.step(torch.tensor(0.02))
    assert losses[-1] < 0.3 * losses[0]


TORCH_S_OWN = {
    "sgd": partial(torch.optim.SGD),
    "momentum": partial(torch.optim.SGD, momentum=0.9),
    "nesterov": partial(torch.optim.SGD, momentum=0.9, nesterov=True),
    "adagrad": partial(torch.optim.Adagrad),
    "rmsprop": partial(torch.optim.RMSprop, alpha=0.9),
    "adam": partial(torch.optim.Adam),
    "adamw": partial(torch.optim.AdamW, weight_decay=0.0),
}


@pytest.mark.parametrize("name", sorted(set(OPTIMIZERS) - {"muon"}))
def test_an_optimizer_makes_the_steps_of_torch_s_own(name):
    model, inputs = quadratic()
    twin = copy.deepcopy(model)
    (ours,) = optimizers(model, ["1"], Recipe(optimizer=name))
    theirs = TORCH_S_OWN[name](twin.parameters(), lr=0.02)
    for step in range(10):
        for network in (model, twin):
            network.zero_grad()
            network(inputs).square().mean().backward()
        ours.step(torch.tensor(0.02 if step < 5 else 0.01))
        theirs.param_groups[0]["lr"] = 0.02 if step < 5 else 0.01
        theirs.step()
    for own, other in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(own, other)


def test_a_parameter_without_a_gradient_stays():
    model, inputs = quadratic()
    model[0].requires_grad_(False)
    before = model[0].weight.clone()
    (steps,) = optimizers(model, ["1"], Recipe(optimizer="adam"))
    model(inputs).sum().backward()
    steps.step(torch.tensor(0.1))
    assert torch.equal(model[0].weight, before)
    assert len(steps.state) == 2


def test_training_does_not_load_torch_s_compiler():
    code = (
        "import sys, wxb; data = wxb.load_data('ring', examples=100)\n"
        "model = wxb.build('FC-4-RELU, SOFTMAX', data)\n"
        "for _ in wxb.learn(model, data, wxb.Recipe(epochs=1, optimizer='muon')): pass\n"
        "assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_parameter_has_one_optimizer():
    for name in OPTIMIZERS:
        model, _ = quadratic()
        owned = [p for optimizer in optimizers(model, ["1"], Recipe(optimizer=name)) for p in optimizer.parameters]
        assert sorted(map(id, owned)) == sorted(map(id, model.parameters()))


def test_muon_takes_hidden_weights_and_leaves_biases_and_the_output_layer_to_adam():
    model, _ = quadratic()
    muon, adam = optimizers(model, ["1"], Recipe(optimizer="muon"))
    assert isinstance(muon, Muon)
    assert [p.shape for p in muon.parameters] == [(8, 4)]
    assert len(adam.parameters) == 3


@pytest.mark.parametrize("sizes", [(8, 8), (5, 40), (40, 5)])
def test_the_orthogonal_step_has_singular_values_near_one_and_the_gradient_s_directions(sizes):
    torch.manual_seed(1)
    matrix = torch.randn(sizes)
    values = torch.linalg.svdvals(orthogonal(matrix))
    assert values.min() > 0.65
    assert values.max() < 1.25
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    cosine = (orthogonal(matrix) * (u @ v)).sum() / (orthogonal(matrix).norm() * (u @ v).norm())
    assert cosine > 0.95


def test_muon_moves_a_filter_bank_alike_whatever_way_it_lies_in_memory():
    moved = []
    for layout in (torch.contiguous_format, torch.channels_last):
        torch.manual_seed(2)
        filters = torch.nn.Parameter(torch.randn(6, 4, 3, 3).to(memory_format=layout))
        filters.grad = torch.randn(6, 4, 3, 3).to(memory_format=layout)
        Muon([filters], 0.9).step(torch.tensor(0.1))
        moved.append(filters.detach().contiguous())
    torch.testing.assert_close(*moved)


def test_decay_shrinks_weights_by_its_amount():
    weights = [torch.full((2, 2), 3.0)]
    decay(weights, torch.tensor(0.1))
    assert torch.allclose(weights[0], torch.full((2, 2), 2.7))
