"""The numeric gradient check: a sample of every parameter against differences of the loss, in float64 on the CPU.

(L(θ + ε) − L(θ − ε)) / 2ε, with an error of order ε² (CS231n, "Gradient checks"). Where the two sides of θ have other
slopes, at the kink of a ReLU, the difference says nothing, and that number is left out.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from wxb.doctor.batches import Batch, Loss, loss_of, moved, outputs_of
from wxb.randomness import generator

SAMPLED = 3  # numbers of each parameter
EXAMPLES = 16  # of the batch
STEP = 1e-5
WRONG = 1e-2  # relative difference; float64 leaves 1e-6
LEAST = 1e-7  # of a gradient, below which rounding decides
ROUNDING = 2.2e-16  # of a float64, relatively,
BEYOND_ROUNDING = 1e3  # and so many times more that a difference has to be
MOST_PARAMETERS = 400  # numbers in all: each takes two passes


@dataclass(frozen=True)
class Compared:
    """The gradient of one number of a parameter, by backpropagation and by differences."""

    parameter: str
    place: int
    backward: float
    numeric: float

    @property
    def difference(self) -> float:
        """|difference| over the larger of the two."""
        return abs(self.backward - self.numeric) / max(abs(self.backward), abs(self.numeric), LEAST)


def check_gradients(model: nn.Module, loss_fn: Loss | None, batch: Batch, seed: int = 0) -> tuple[Compared, ...]:
    """Compare the gradients of a sample of every parameter of any module; a copy in float64 and evaluation mode.

    Raises what the module or the loss raises in float64.
    """
    copied = copy.deepcopy(model).cpu().double().eval()
    small = _as_double(_first(batch, EXAMPLES))
    names = {name: one for name, one in copied.named_parameters() if one.requires_grad}

    def loss() -> Tensor:
        return loss_of(loss_fn, outputs_of(copied, small), small)

    copied.zero_grad(set_to_none=True)
    with torch.enable_grad():
        loss().backward()
    found = []
    each = max(1, min(SAMPLED, MOST_PARAMETERS // max(1, len(names))))
    for name, one in names.items():
        places = generator(seed, "gradients", name).choice(one.numel(), min(each, one.numel()), replace=False)
        for place in places:
            compared = _compared(name, one, int(place), loss)
            if compared is not None:
                found.append(compared)
    return tuple(found)


@torch.no_grad()
def _compared(name: str, parameter: nn.Parameter, place: int, loss: object) -> Compared | None:
    assert callable(loss)
    flat = parameter.view(-1) if parameter.is_contiguous() else parameter.reshape(-1)
    was = float(flat[place])
    values = {}
    middle = float(loss())
    for way in (-1, 1):
        flat[place] = was + way * STEP
        values[way] = float(loss())
    flat[place] = was
    before, behind = (middle - values[-1]) / STEP, (values[1] - middle) / STEP
    numeric = (values[1] - values[-1]) / (2 * STEP)
    if abs(before - behind) > WRONG * max(abs(before), abs(behind), LEAST * 100):  # a kink lies between
        return None
    # of a large loss, differences are left with what rounding leaves
    if max(abs(before), abs(behind)) < BEYOND_ROUNDING * ROUNDING * abs(middle) / STEP:
        return None
    backward = 0.0 if parameter.grad is None else float(parameter.grad.reshape(-1)[place])
    return Compared(name, place, backward, numeric)


def wrong_gradient(model: nn.Module, loss_fn: Loss | None, batch: Batch) -> tuple[str, Mapping[str, float]] | None:
    """The parameter whose gradient is most wrong, and the numbers; None if all are right, or cannot be checked."""
    try:
        compared = check_gradients(model, loss_fn, batch)
    except Exception:  # not every module works in float64, on the CPU or in evaluation mode
        return None
    large = [one for one in compared if max(abs(one.backward), abs(one.numeric)) > 100 * LEAST]
    wrong = [one for one in large if one.difference > WRONG]
    if len(wrong) < 2:  # one may lie at a kink
        return None
    worst = max(wrong, key=lambda one: one.difference)
    return worst.parameter, {"backward": worst.backward, "numeric": worst.numeric, "wrong": float(len(wrong))}


def _first(batch: Batch, count: int) -> Batch:
    def cut(value: object) -> object:
        if isinstance(value, Tensor):
            return value[:count] if value.ndim else value
        if isinstance(value, Mapping):
            return {name: cut(one) for name, one in value.items()}
        if isinstance(value, tuple | list):
            return type(value)(cut(one) for one in value)
        return value

    return Batch(cut(batch.inputs), cut(batch.targets))


def _as_double(batch: Batch) -> Batch:
    def double(value: object) -> object:
        if isinstance(value, Tensor):
            return value.double() if value.is_floating_point() else value
        if isinstance(value, Mapping):
            return {name: double(one) for name, one in value.items()}
        if isinstance(value, tuple | list):
            return type(value)(double(one) for one in value)
        return value

    cpu = torch.device("cpu")
    return Batch(double(moved(batch.inputs, cpu)), double(moved(batch.targets, cpu)))
