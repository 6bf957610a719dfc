"""Tests of the quick copy of a network."""

from __future__ import annotations

import pytest
import torch

import wxb
from wxb.views.quick import Pairs, TanhBySigmoid, quick


@pytest.mark.parametrize("pool", ["POOL2", "AVGPOOL2"])
@pytest.mark.parametrize("activation", ["TANH", "RELU", "SIGMOID"])
def test_a_quick_copy_gives_the_scores_of_the_network(activation, pool):
    model = wxb.build(f"CONV3-4-{activation}-{pool}-FC-6-{activation}, SOFTMAX", input_shape=(1, 8, 8), outputs=3)
    model.eval()
    copy = quick(model)
    kinds = {type(one) for one in copy.modules()}
    assert Pairs in kinds
    assert (TanhBySigmoid in kinds) is (activation == "TANH")
    with torch.no_grad():
        x = 3 * torch.randn(20, 1, 8, 8, generator=torch.Generator().manual_seed(0))
        torch.testing.assert_close(copy.after_preparation(x), model.after_preparation(x), rtol=1e-5, atol=1e-5)


def test_tanh_by_sigmoid_is_tanh_over_the_whole_line_and_leaves_its_input_alone():
    x = torch.cat([torch.linspace(-20, 20, 4001), torch.tensor([0.0, 1e-8, -1e-4, 90.0, -90.0, torch.inf, -torch.inf])])
    before = x.clone()
    found = TanhBySigmoid()(x)
    assert torch.equal(x, before)
    assert float((found - torch.tanh(x.double())).abs().max()) < 2e-7
