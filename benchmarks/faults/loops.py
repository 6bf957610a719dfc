"""Programs of plain PyTorch that are written out: a model, a loss, batches, an optimizer and what a step does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

Loader = list[tuple[Tensor, Tensor]]


@dataclass
class Program:
    """Model, loss, batches in their order, and optimizer; `loop` is the inside of a loop that is not the usual one."""

    model: nn.Module
    loss_fn: nn.Module
    loader: Loader
    optimizer: torch.optim.Optimizer
    epochs: int
    loop: Callable[[Program, Tensor, Tensor], None] | None = None


def dealt(x: Any, y: Any, size: int) -> Loader:
    """Batches in an order that is drawn."""
    order = torch.from_numpy(np.random.default_rng(0).permutation(len(x)))
    x, y = torch.as_tensor(np.asarray(x, np.float32))[order], torch.as_tensor(np.asarray(y))[order]
    return list(zip(x.split(size), y.split(size), strict=True))


def net(*layers: nn.Module, start: float | None = None) -> nn.Sequential:
    """A sequence with a seed; `start` is the deviation of normal weights."""
    model = nn.Sequential(*layers)
    torch.manual_seed(0)
    for one in model.modules():
        if isinstance(one, nn.Linear | nn.Conv2d):
            one.reset_parameters()
            if start is not None:
                nn.init.normal_(one.weight, std=start)
    return model


def digits(scale: float = 16.0) -> tuple[Any, Any]:
    """Pictures of digits as rows, divided by `scale`."""
    x, y = load_digits(return_X_y=True)
    return x / scale, y


def numbers(y: Any) -> Any:
    """Targets of a loss over numbers: one column."""
    return np.asarray(y, np.float32).reshape(len(y), -1)


def adam(model: nn.Module, rate: float = 1e-3) -> torch.optim.Optimizer:
    """Adam over all parameters."""
    return torch.optim.Adam(model.parameters(), rate)


def sgd(model: nn.Module, rate: float, momentum: float = 0.0) -> torch.optim.Optimizer:
    """Gradient descent over all parameters."""
    return torch.optim.SGD(model.parameters(), rate, momentum=momentum)


def image_net() -> tuple[nn.Sequential, Loader]:
    """A small network of convolutions, and batches of digits."""
    x, y = digits()
    model = net(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128, 10)
    )
    return model, dealt(x.reshape(-1, 1, 8, 8), y, 64)
