"""The layers of a network by name, and what each of them takes and gives for an input."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from wxb.errors import WxbError, nearest
from wxb.network.layers.affine import AffineEach
from wxb.views.subject import Subject, tensor_in

PREPARING = ("preparation", "scale")  # modules before the first layer
OUTPUT = "output"  # what a network gives at its end, if that is not just what its last layer gives


@dataclass(frozen=True, eq=False)
class Passed:
    """A layer's part in a forward pass: its module, and copies of what it took and gave."""

    name: str
    module: nn.Module
    input: Tensor | None
    output: Tensor


def passed(subject: Subject, batch: Any, only: str | None = None) -> dict[str, Passed]:
    """What every layer took and gave for a batch, in the order of computing, by the path of its module.

    A module that is used again has " (2)" after its name. A module made of others counts if it gives something else
    than its last layer: a residual block its sum, a concatenation the joined maps. Copies are made at once, because the
    next layer may overwrite them in place. `only` is the path of the one layer that is wanted.
    """
    found: dict[str, Passed] = {}
    with _recording(subject.model, found, only), torch.no_grad():
        subject(batch)
    return found


@contextmanager
def _recording(model: nn.Module, found: dict[str, Passed], only: str | None) -> Iterator[None]:
    last: list[Tensor | None] = [None]
    taken: dict[int, Tensor | None] = {}

    def before(module: nn.Module, values: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        value = tensor_in(values)
        if value is None:
            value = tensor_in(named)
        taken[id(module)] = None if value is None else value.detach().clone()

    def after(module: nn.Module, values: tuple[Any, ...], given: Any) -> None:
        output = tensor_in(given)
        made_of_others = any(True for _ in module.children())
        if output is None or (made_of_others and output is last[0]):
            return
        last[0] = output
        name, times = names[id(module)], 1
        while (key := name if times == 1 else f"{name} ({times})") in found:
            times += 1
        found[key] = Passed(key, module, taken.get(id(module)), output.detach().clone())

    names = {id(module): name or OUTPUT for name, module in model.named_modules()}
    handles = []
    for name, module in model.named_modules():
        if only is None or name == only:
            handles.append(module.register_forward_pre_hook(before, with_kwargs=True))
            handles.append(module.register_forward_hook(after))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def hidden(found: Mapping[str, Passed]) -> str:
    """The layer whose features the last FC weighs; of a network of one layer, that layer, of a TEAM its first group."""
    names = of_one_group([name for name in found if name not in PREPARING]) or list(found)
    weighing = [place for place, name in enumerate(names) if isinstance(found[name].module, (nn.Linear, AffineEach))]
    return names[max(0, max(weighing, default=0) - 1)]


IN_A_GROUP = re.compile(r"(?:^|\.)TEAM\.(\d+)\.")


def single(found: Mapping[str, Passed]) -> dict[str, Passed]:
    """The layers that give maps or features of one example for a batch of one: none of a TEAM, nor what comes of it."""
    team = next((place for place, name in enumerate(found) if group_of(name)), len(found))
    return {name: one for name, one in list(found.items())[:team] if len(one.output) == 1 and one.output.ndim in (2, 4)}


def need_single(name: str, found: Mapping[str, Passed]) -> None:
    """Raise WxbError if a name is that of a layer in a TEAM."""
    try:
        full = named(name, found)
    except WxbError:  # other errors are those of the caller
        return
    if group_of(full) or full.endswith("TEAM"):
        others = ", ".join(one for one in single(found) if one not in PREPARING)
        raise WxbError(
            f"{full} has no single units: the members of a TEAM compute theirs side by side", fix=f"one of {others}"
        )


def group_of(name: str) -> str:
    """The number of the group of a TEAM that a layer stands in; empty if it stands in none."""
    found = IN_A_GROUP.search(name)
    return found[1] if found else ""


def of_one_group(names: Sequence[str]) -> list[str]:
    """The layers without those of a TEAM's further groups."""
    return [name for name in names if group_of(name) in ("", "1")]


def group_text(chosen: Sequence[str], names: Sequence[str]) -> str:
    """Which group the layers chosen of all layers stand in: "group 1 of 5"; empty if there is no TEAM of groups."""
    groups = max((int(group_of(name) or 0) for name in names), default=0)
    group = next((group_of(name) for name in chosen if group_of(name)), "")
    return f"group {group} of {groups}" if group and groups > 1 else ""


def named(name: str, known: Mapping[str, Any] | list[str], what: str = "a layer") -> str:
    """The full path of a layer: of itself, or of the end or the beginning of it that no other has ("3", "CONV3-64").

    Raises WxbError, with the nearest, if there is none or if there are several.
    """
    names, word = list(known), name.lower()
    for one in names:
        if one.lower() == word:
            return one
    begun = [one for one in names if one.lower().startswith(f"{word}.")]
    ends = begun or [one for one in names if one.lower().endswith(f".{word}")]
    shortest = min(ends, key=len, default="")
    if ends and all(one.startswith(shortest) for one in ends):  # one layer, or a block and the layers in it
        return shortest
    if ends:
        raise WxbError(f"{name} is {len(ends)} layers: {', '.join(ends[:4])}", fix=f'`layer="{ends[0]}"`')
    like = nearest(name, names) or nearest(name, [one.rpartition(".")[2] for one in names])
    full = next((one for one in names if like and one.endswith(like)), None)
    listed = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
    raise WxbError(
        f"{name} is not {what} of this network" + (f"; {full} is" if full else ""),
        f"there are {listed}",
    )
