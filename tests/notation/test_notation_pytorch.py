"""The PyTorch text of a network computes what the network computes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from wxb.network.build import build
from wxb.notation import plan, read
from wxb.notation.pytorch import pytorch


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("FC-8-RELU-DROP(0.5)-FC-6-TANH, SOFTMAX", (2,)),
        ("FC-8b0-BN-SILU-FC-5-ELU(0.5)-FC-4-LEAKY(0.2)-FC-3-GELU-FC-3-SIGMOID, SVM", (7,)),
        ("CONV5-6-BN-RELU-POOL-CONV3-8/2-TANH-AVGPOOL3-FC-9-RELU, SOFTMAX", (1, 28, 28)),
        ("CONV3x5-4-RELU-CONV3-8d2-RELU-POOL3/2c-GAP, SOFTMAX", (3, 16, 20)),
        ("FC-C, SOFTMAX", (1, 8, 8)),
    ],
)
def test_the_text_computes_the_same(text, shape):
    planned = plan(read(text), shape, 4)
    model = build(planned).eval()
    other = eval(pytorch(planned), {"nn": nn}).eval()
    for own, copy in zip(model.parameters(), other.parameters(), strict=True):
        assert own.shape == copy.shape
        with torch.no_grad():
            copy.copy_(own)
    x = torch.randn(3, *shape)
    with torch.no_grad():
        assert torch.allclose(model(x), other(model.scale(x)), atol=1e-5)


@pytest.mark.parametrize("text", ["RES(CONV-4-RELU-CONV-3)-FC-C, SOFTMAX", "TEAM-4(FC-8-RELU), SOFTMAX"])
def test_a_network_with_blocks_has_no_such_text(text):
    shape = (3, 8, 8) if text.startswith("RES") else (5,)
    assert pytorch(plan(read(text), shape, 4)) == ""
