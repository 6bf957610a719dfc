"""The numeric gradient check, for any module."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import wxb
from tests.doctor.test_doctor_examine import ENTROPY, Halved, X, Y, net
from wxb.doctor import check_gradients
from wxb.doctor.batches import Batch
from wxb.doctor.gradients import wrong_gradient

BATCH = Batch(X[:32], Y[:32])


@pytest.mark.parametrize(
    "model",
    [
        net(),
        net(nn.Tanh()),
        nn.Sequential(nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(144, 10)),
    ],
)
def test_a_right_gradient_is_the_numeric_one(model):
    before = [one.clone() for one in model.parameters()]
    compared = check_gradients(model, ENTROPY, BATCH)
    assert {one.parameter for one in compared} == {name for name, _ in model.named_parameters()}
    assert max(one.difference for one in compared) < 1e-4
    assert all(torch.equal(*pair) for pair in zip(before, model.parameters(), strict=True))


def test_a_network_of_wxb_is_checked_too():
    data = wxb.load_data("digits")
    model = wxb.build("CONV-4-BN-SILU-GAP, SOFTMAX", data)
    rows = data.split.train[:16]
    batch = Batch(torch.from_numpy(data.examples[rows]), torch.from_numpy(data.targets[rows]))
    compared = check_gradients(model, lambda logits, targets: model.head.loss(logits, targets).mean(), batch)
    assert max(one.difference for one in compared) < 1e-4


def test_half_of_a_gradient_is_told():
    torch.manual_seed(0)
    compared = check_gradients(Halved(), ENTROPY, BATCH)
    assert all(one.difference == pytest.approx(0.5, abs=1e-3) for one in compared)


def test_differences_that_rounding_decides_are_no_wrong_gradients():
    model = nn.Sequential(nn.Linear(1, 50), nn.Sigmoid(), nn.Linear(50, 50), nn.ELU(), nn.Linear(50, 1))
    x = torch.linspace(-100, 100, 64)[:, None]
    assert wrong_gradient(model, nn.MSELoss(), Batch(x, x**4)) is None
