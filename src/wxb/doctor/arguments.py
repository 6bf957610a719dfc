"""Arguments that are no model, no loss or no optimizer, said in words."""

from __future__ import annotations

import torch
from torch import nn


def mistaken(model: object, loss_fn: object, optimizer: object, needed: bool = True) -> list[str]:
    """What is wrong: "the optimizer is missing: a torch.optim.Optimizer is needed"; empty if nothing is.

    `loss_fn` may be None, and so may `optimizer` unless it is `needed`. What has groups of parameters passes as one.
    """
    named = [
        ("model", model, isinstance(model, nn.Module), "torch.nn.Module"),
        ("loss", loss_fn, loss_fn is None or callable(loss_fn), "function of outputs and targets"),
        (
            "optimizer", optimizer,
            _is_optimizer(optimizer) or (optimizer is None and not needed), "torch.optim.Optimizer",
        ),
    ]  # fmt: skip
    return [f"the {name} is {_text(value)}: a {kind} is needed" for name, value, fits, kind in named if not fits]


def _is_optimizer(value: object) -> bool:
    return isinstance(value, torch.optim.Optimizer) or hasattr(value, "param_groups")


def _text(value: object) -> str:
    if value is None:
        return "missing"
    return f"the class {value.__name__}" if isinstance(value, type) else f"of type {type(value).__name__}"
