"""The state of a training: all that continuing it takes, as tensors by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wxb.learning.optimizers import Optimizer
    from wxb.network.build import Model

State = dict[str, torch.Tensor]


def tensors(model: Model) -> State:
    """The model's own tensors, weights and buffers, by name."""
    return {name: tensor.detach() for name, tensor in model.state_dict(keep_vars=True).items()}


@torch.no_grad()
def put(model: Model, values: State) -> None:
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


def with_preparation(model: Model, state: State) -> State:
    """Add the preparation of a table's rows to a state of version 0.1, which does not hold it."""
    prepared = {name: tensor for name, tensor in tensors(model).items() if name.startswith("preparation.")}
    kinds = {name.partition("/")[0] for name in state} & {"model", "average", "best"}
    return {f"{kind}/{name}": tensor for kind in kinds for name, tensor in prepared.items()} | state


def steps_done(state: State) -> int:
    """The step that a state was taken at."""
    return int(state["counters"][0])


def of_optimizers(model: Model, optimizers: list[Optimizer]) -> State:
    """What optimizers remember, by parameter and then by its name."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return {
        f"{names[id(parameter)]}/{key}": value
        for optimizer in optimizers
        for parameter, values in optimizer.state.items()
        for key, value in values.items()
    }


def put_into_optimizers(model: Model, optimizers: list[Optimizer], values: Mapping[str, torch.Tensor]) -> None:
    """Give optimizers what `of_optimizers` took from them."""
    parameters = dict(model.named_parameters())
    owner = {id(p): optimizer for optimizer in optimizers for p in optimizer.parameters}
    for name, value in values.items():
        of, key = name.rsplit("/", 1)
        parameter = parameters[of]
        like = parameter if value.shape == parameter.shape else value
        held = torch.empty_like(like, dtype=value.dtype, device=parameter.device)
        owner[id(parameter)].state.setdefault(parameter, {})[key] = held.copy_(value)
