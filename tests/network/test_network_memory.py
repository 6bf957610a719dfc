"""What training takes of memory, held against what torch keeps; and the refusal of what does not fit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from wxb.errors import WxbError
from wxb.learning.optimizers import optimizers
from wxb.learning.recipe import OPTIMIZERS, Recipe
from wxb.network import build, memory
from wxb.network.layers import LAYERS
from wxb.notation import plan, read
from wxb.notation.tree import Plan

MIB = 2**20
BATCH = 8


def planned(text: str, shape: tuple[int, ...] = (4, 8, 8), targets: int = 3) -> Plan:
    return plan(read(text), shape, targets)


def kept(plan_: Plan) -> int:
    """Bytes of the tensors that torch keeps for the backward pass of a batch, beside weights and buffers."""
    model = build(plan_, scale="none")
    own = {tensor.untyped_storage().data_ptr() for tensor in model.state_dict().values()}
    storages: dict[int, torch.UntypedStorage] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            storages[storage.data_ptr()] = storage
        return tensor

    x = torch.randn(BATCH, *plan_.input).contiguous()
    if x.ndim == 4:
        x = x.contiguous(memory_format=torch.channels_last)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        logits = model(x)
    del logits
    return sum(storage.nbytes() for storage in storages.values())


NETWORKS = [
    "SOFTMAX",
    "FC-64-RELU-FC-32-TANH, SVM",
    "(CONV-16-BN-RELU)*2-POOL-CONV-32-RELU-GAP, SOFTMAX",
    "CONV5-6-TANH-AVGPOOL-CONV5-16p1-SIGMOID-FC-20-RELU, SOFTMAX",
    "CONV-16-LEAKY-CONV-16-ELU-CONV-16-GELU-CONV-16-SILU-CONV-8, SVM",
    "CONV-16-MAXOUT3-CONV-8-LRN-POOL-FC-32-MAXOUT-DROP, SVM",
    "CONV-16-BN-RELU-(RES(CONV-16-BN-RELU-CONV-16-BN)-RELU)*3-RES(CONV-32/2-BN-RELU-CONV-32-BN)-RELU-GAP, SVM",
    "CONV-16-RELU-CAT(ID, CONV1-8-RELU, POOL3/1p1-CONV1-8-RELU)-CAT(ID, BN-RELU-CONV-8)-GAP, SOFTMAX",
    "RES(CONV-4-RELU-CONV-8, PAD)-RELU-DROP(0.2)-FC-16-RELU, SOFTMAX",
]


@pytest.mark.parametrize("text", NETWORKS)
def test_activations_are_about_what_torch_keeps(text):
    plan_ = planned(text)
    largest = max(memory._size(layer.input) + memory._size(layer.output) for layer in plan_.layers)
    estimated = memory.estimate(plan_, BATCH, "sgd").activations - BATCH * largest
    assert estimated == pytest.approx(kept(plan_), rel=0.05)
