"""Scores of a trained network for many examples, in evaluation mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from wxb.learning.machine import Machine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.network.build import Model

BATCH = 512  # examples at a time: large enough for the matrix product, small enough for any picture


def logits(
    model: Model, examples: NDArray[np.uint8] | NDArray[np.float32], machine: Machine, batch_size: int = BATCH
) -> torch.Tensor:
    """Logits (n, targets) float32 on the CPU of raw examples (n, …); the model is left in the mode that it was in."""
    was_training = model.training
    model.eval()
    out = torch.empty(len(examples), model.plan.targets)
    with torch.inference_mode(), machine.in_force(), machine.autocast():
        for start in range(0, len(examples), batch_size):
            batch = torch.from_numpy(np.ascontiguousarray(examples[start : start + batch_size])).to(machine.device)
            if batch.ndim == 4:
                batch = batch.contiguous(memory_format=torch.channels_last)
            out[start : start + batch_size] = model(batch).float()
    model.train(was_training)
    return out
