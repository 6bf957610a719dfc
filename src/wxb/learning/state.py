"""The state of a training: all that continuing it takes, as tensors by name."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import torch
from torch import nn

from wxb.errors import FAILED, WxbError
from wxb.text import shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wxb.learning.optimizers import Optimizer
    from wxb.network.build import Model

State = dict[str, torch.Tensor]

COUNTERS = "counters"  # the name of the tensor that holds a Progress
PREPARATION = "preparation."  # the names of the tensors that prepare a table's rows begin so


class Misfit(WxbError):
    """Stored tensors are not those of the network or of its optimizer."""

    def __init__(self, how: str) -> None:
        super().__init__("the stored tensors do not fit the network", how, exit_code=FAILED)


def need(expected: Mapping[str, torch.Tensor], values: Mapping[str, torch.Tensor]) -> None:
    """Raise Misfit, with the name of a tensor, unless `values` has the names, shapes and dtypes of `expected`.

    Torch's operations do not check this themselves: they stretch a single number over a whole tensor, and the fused
    updates of optimizers write beyond the end of a tensor that is too small.
    """
    for name, tensor in expected.items():
        if name not in values:
            raise Misfit(f"{name} is missing")
        if (values[name].shape, values[name].dtype) != (tensor.shape, tensor.dtype):
            raise Misfit(f"{name}: expected {_form(tensor)}, got {_form(values[name])}")
    for name in values:
        if name not in expected:
            raise Misfit(f"{name} is not a tensor of the network or of its optimizer")


def _form(tensor: torch.Tensor) -> str:
    return f"{shape(tensor.shape) or 'one number'} {str(tensor.dtype).removeprefix('torch.')}"


@dataclass(frozen=True)
class Progress:
    """How far a training is, apart from its tensors."""

    done: int  # steps
    stale: int  # epochs since the best validation
    reached: bool  # whether validation has come to `until`
    micro_batches: int
    seconds: float
    best_value: float  # of validation; -inf before the first

    def tensor(self) -> torch.Tensor:
        """The progress as stored in a state, (6,) float64."""
        return torch.tensor(dataclasses.astuple(self), dtype=torch.float64)

    @classmethod
    def read(cls, state: State) -> Self:
        """Read the progress in a state. Raises Misfit if a value is out of its range."""
        count = len(dataclasses.fields(cls))
        need({COUNTERS: torch.empty(count, dtype=torch.float64)}, {k: v for k, v in state.items() if k == COUNTERS})
        values = state[COUNTERS].tolist()
        done, stale, reached, micro_batches, seconds, best_value = values
        whole = all(value.is_integer() and 0 <= value <= 2**53 for value in (done, stale, micro_batches))
        if (
            not whole
            or micro_batches < 1
            or reached not in (0, 1)
            or not 0 <= seconds < math.inf
            or math.isnan(best_value)
        ):
            raise Misfit(f"{COUNTERS}: not a number of steps, epochs, parts, seconds and a score: {values}")
        return cls(int(done), int(stale), bool(reached), int(micro_batches), seconds, best_value)


def tensors(model: nn.Module) -> State:
    """The model's own tensors, weights and buffers, by name."""
    return {name: tensor.detach() for name, tensor in model.state_dict(keep_vars=True).items()}


@torch.no_grad()
def put(model: nn.Module, values: State) -> None:
    """Copy values into the model's tensors, whose memory layout stays, and with it the bits of what follows."""
    for name, tensor in tensors(model).items():
        tensor.copy_(values[name])


def like(model: Model, values: State) -> State:
    """Copies of values, each in the memory layout of the model's tensor of that name."""
    layout = tensors(model)
    return {name: torch.empty_like(layout[name]).copy_(value) for name, value in values.items()}


def of_kind(state: State, kind: str) -> State:
    """The tensors of one kind: "model/1.CONV.weight" → "1.CONV.weight"."""
    return {name.removeprefix(kind + "/"): tensor for name, tensor in state.items() if name.startswith(kind + "/")}


def kept(state: State) -> State:
    """The weights that training would end with if it ended here: the best, the averaged, or the last ones."""
    return of_kind(state, "best") or of_kind(state, "average") or of_kind(state, "model")


def with_preparation(model: Model, state: State) -> State:
    """Add the preparation of a table's rows to a state of version 0.1, which does not hold it."""
    prepared = {name: tensor for name, tensor in tensors(model).items() if name.startswith(PREPARATION)}
    if any(name.partition("/")[2].startswith(PREPARATION) for name in state):
        return state
    kinds = {name.partition("/")[0] for name in state} & {"model", "average", "best"}
    return {f"{kind}/{name}": tensor for kind in kinds for name, tensor in prepared.items()} | state


def of_optimizers(model: nn.Module, optimizers: list[Optimizer]) -> State:
    """What optimizers remember, by parameter and then by its name."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return {
        f"{names[id(parameter)]}/{key}": value
        for optimizer in optimizers
        for parameter, values in optimizer.state.items()
        for key, value in values.items()
    }


def first_memory(model: nn.Module, optimizers: list[Optimizer]) -> State:
    """What optimizers remember after one step, by the names of `of_optimizers`: shapes and dtypes without values."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return {
        f"{names[id(parameter)]}/{key}": value
        for optimizer in optimizers
        for parameter in optimizer.parameters
        for key, value in optimizer.begin(torch.empty_like(parameter, device="meta")).items()
    }


def put_into_optimizers(model: nn.Module, optimizers: list[Optimizer], values: Mapping[str, torch.Tensor]) -> None:
    """Give optimizers what `of_optimizers` took from them."""
    parameters = dict(model.named_parameters())
    owner = {id(p): optimizer for optimizer in optimizers for p in optimizer.parameters}
    for name, value in values.items():
        of, key = name.rsplit("/", 1)
        parameter = parameters[of]
        like = parameter if value.shape == parameter.shape else value
        held = torch.empty_like(like, dtype=value.dtype, device=parameter.device)
        owner[id(parameter)].state.setdefault(parameter, {})[key] = held.copy_(value)
