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
    steps = optimizers(model, "1", Recipe(optimizer=name, learning_rate=0.02))
    losses = []
    for _ in range(150):
        loss = (model(inputs) - target).square().mean()
        losses.append(loss.item())
        model.zero_grad()
        loss.backward()
        for optimizer in steps:
            optimizer.step()
    assert losses[-1] < 0.3 * losses[0]


def test_every_parameter_has_one_optimizer():
    for name in OPTIMIZERS:
        model, _ = quadratic()
        owned = [
            p
            for o in optimizers(model, "1", Recipe(optimizer=name))
            for group in o.param_groups
            for p in group["params"]
        ]
        assert sorted(map(id, owned)) == sorted(map(id, model.parameters()))


def test_muon_takes_hidden_weights_and_leaves_biases_and_the_output_layer_to_adam():
    model, _ = quadratic()
    muon, adam = optimizers(model, "1", Recipe(optimizer="muon"))
    assert isinstance(muon, Muon)
    assert [p.shape for p in muon.param_groups[0]["params"]] == [(8, 4)]
    assert len(adam.param_groups[0]["params"]) == 3


@pytest.mark.parametrize("sizes", [(8, 8), (5, 40), (40, 5)])
def test_the_orthogonal_step_has_singular_values_near_one_and_the_gradient_s_directions(sizes):
    torch.manual_seed(1)
    matrix = torch.randn(sizes)
    values = torch.linalg.svdvals(orthogonal(matrix))
    assert values.min() > 0.5
    assert values.max() < 1.3
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    cosine = (orthogonal(matrix) * (u @ v)).sum() / (orthogonal(matrix).norm() * (u @ v).norm())
    assert cosine > 0.95


def test_decay_shrinks_weights_by_its_amount():
    weights = [torch.full((2, 2), 3.0)]
    decay(weights, 0.1)
    assert torch.allclose(weights[0], torch.full((2, 2), 2.7))
