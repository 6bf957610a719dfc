"""The choice of the layers' precision on this machine, by the CPU's instructions and the network's gradients."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import torch

from wxb.learning.machine import Machine

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset
    from wxb.network.build import Model

WORTH_IT = 4_000_000  # multiply-adds per example; below, conversion costs as much as bfloat16 saves
EXAMPLES = 64  # whose gradients are compared
AGREEMENT = 0.95  # least cosine between the gradients in both precisions; healthy networks have more than 0.98


def chosen(machine: Machine, model: Model, data: Dataset) -> Machine:
    """Resolve the precision "auto" of a machine for this network.

    The result is bfloat16 on a CPU that multiplies it in hardware (avx512_bf16 or AMX), for convolutional networks of
    at least four million multiply-adds whose gradient on some training examples agrees with the float32 gradient.
    Nothing is timed, so the same network on the same machine always gets the same precision.
    """
    convolutional = any(layer.name == "CONV" for layer in model.plan.layers)
    if machine.device != "cpu" or not convolutional or model.plan.multiply_adds < WORTH_IT or not multiplies_bfloat16():
        return machine
    half = dataclasses.replace(machine, precision="bfloat16")
    return half if agreement(model, data, machine, half) >= AGREEMENT else machine


def multiplies_bfloat16() -> bool:
    """Whether the CPU has bfloat16 instructions and oneDNN may use them (ONEDNN_MAX_CPU_ISA can forbid it)."""
    fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return bool(fast and torch.ops.mkldnn._is_mkldnn_bf16_supported())


def agreement(model: Model, data: Dataset, one: Machine, other: Machine) -> float:
    """The cosine between the gradients of the data loss in two precisions, on the first training examples.

    Weights and normalization statistics of the model do not change.
    """
    rows = data.split.train[:EXAMPLES]
    examples, targets = torch.from_numpy(data.examples[rows]), torch.from_numpy(data.targets[rows])
    if examples.ndim == 4:
        examples = examples.contiguous(memory_format=torch.channels_last)
    was_training = model.training
    model.eval()  # normalization by running statistics, nothing drawn at random
    gradients = []
    for machine in (one, other):
        with machine.in_force():
            with machine.autocast():
                logits = model(examples)
            loss = model.head.loss(logits.float(), targets).mean()
            parts = torch.autograd.grad(loss, [p for p in model.parameters() if p.requires_grad], allow_unused=True)
        gradients.append(torch.cat([g.flatten().double() for g in parts if g is not None]))
    model.train(was_training)
    return float(torch.cosine_similarity(gradients[0], gradients[1], dim=0))
