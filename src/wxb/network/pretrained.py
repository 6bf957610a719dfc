"""Pretrained weights: a trained network, and the layers that another network begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from wxb.data.in_memory import ARRAYS
from wxb.data.split import thinned
from wxb.errors import WxbError
from wxb.network.moments import moments
from wxb.notation import Network, Plan
from wxb.notation.expand import OUTPUT
from wxb.notation.layers import family
from wxb.notation.tree import Layer, Planned, PlannedTeam, Team, layers_of, replace
from wxb.notation.vocabulary import SELF
from wxb.notation.way_back import code_of
from wxb.paths import absolute
from wxb.tasks import TASKS
from wxb.text import count, plural, rounded
from wxb.text import shape as shape_text

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset
    from wxb.network.build import Model

SHIFTED, TIMES = 1.0, 2.0  # of a standard deviation, from which inputs are on another scale
LOOKED_AT = 2_000  # training examples
SCALE = "scale."  # the names of the tensors that scale the inputs begin so
BYTES, NUMBERS = "bytes", "floats"


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A trained network whose body, the layers before its output layer, another network begins with.

    The body of a network that ends in SELF reaches up to its code.
    """

    name: str  # for messages: the folder of the run
    plan: Plan
    tensors: Mapping[str, torch.Tensor]  # weights and buffers by name, those of the scale of its inputs among them
    normalize: str  # the setting that its inputs were scaled by
    kind: str  # of its inputs: "pictures", "rows"
    bytes: bool  # whether they were stored as bytes
    digest: str = ""  # of the file of the weights
    origin: tuple[str, int] = (ARRAYS, 0)  # where its data came from, and how many examples they are
    fingerprint: str = ""  # of its data
    learned: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))  # rows of its data

    def notes(self, data: Dataset) -> tuple[str, ...]:
        """What a user must know: that it learned from test examples of the data, or from inputs on another scale."""
        return tuple(filter(None, (self._knows(data), self._scaled_otherwise(data))))

    def _knows(self, data: Dataset) -> str:
        source, test = str(data.source.get("source", ARRAYS)), data.split.test
        arrays = source == ARRAYS and data.fingerprint == self.fingerprint
        if not arrays and (source == ARRAYS or (source, len(data.targets)) != self.origin):
            return ""
        known = int(np.isin(test, self.learned).sum())
        if not known:
            return ""
        labels = " (without labels)" if self.plan.head == SELF else ""
        return (
            f"{self.name} learned from {count(known)} of the {plural(len(test), 'test example')}{labels}, so that the "
            "test score may be too good: its own `seed` and `split` keep its test part apart"
        )

    def _scaled_otherwise(self, data: Dataset) -> str:
        train = thinned(data.split.train, LOOKED_AT)
        if self.normalize != "std" or not len(train):
            return ""
        mean, std = (self.tensors[SCALE + name].double().flatten().numpy() for name in ("mean", "std"))
        new_mean, new_std = moments(data.inputs, train)
        if len(mean) != len(new_mean):  # designed features are scaled, not the inputs
            return ""
        shift, times = float(np.median(np.abs(new_mean - mean) / std)), float(np.median(new_std / std))
        if shift <= SHIFTED and 1 / TIMES <= times <= TIMES:
            return ""
        return (
            f"the inputs are on another scale than those of {self.name}: their mean lies {rounded(shift)} of its "
            f"standard deviations away, and theirs is {rounded(times)} times as large; its weights expect numbers "
            "like its own"
        )

    def need_like(self, data: Dataset) -> None:
        """Raise WxbError unless the data have inputs as the network learned from."""
        if data.columns is not None:
            what, by = ("texts", "words") if data.kind == "sentences" else ("tables", "columns")
            raise WxbError(
                f"`pretrained` is not for {what}, such as {data.name}",
                f"each is prepared by its own {by}, so the first layer would read others than in {self.name}",
                "leave `pretrained` out",
            )
        if (data.kind, data.shape) != (self.kind, self.plan.input):
            raise WxbError(
                f"{self.name} learned from other inputs than {data.name} has",
                f"expected {self.kind} {shape_text(self.plan.input)}, found {data.kind} {shape_text(data.shape)}",
                self._way_to_shape(data),
            )
        stored = data.examples.dtype.kind == "u"
        if stored != self.bytes:
            expected, found = (BYTES if one else NUMBERS for one in (self.bytes, stored))
            raise WxbError(
                f"{self.name} learned from numbers of another kind than {data.name} has",
                f"expected {expected}, found {found}; the inputs are scaled as they were for {self.name}",
                "store them alike: pictures as bytes from 0 to 255" if self.bytes else "convert them to floats",
            )

    def _way_to_shape(self, data: Dataset) -> str:
        shape = self.plan.input
        if data.kind == self.kind == "pictures" and data.shape[0] == shape[0] and shape[1] == shape[2]:
            return f"pictures of a folder are scaled by `size={shape[1]}`; else a run on inputs of this shape"
        return f"a run that learned from {data.kind} {shape_text(data.shape)}"

    def options(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of a training that begins with these weights: inputs are scaled as the weights expect, and the
        path is absolute, so that a run's settings mean the same from another working directory.

        Raises WxbError if another scale was asked for.
        """
        normalize = asked.get("normalize", self.normalize)
        if normalize != self.normalize:
            raise WxbError(
                f'`normalize="{normalize}"` contradicts `pretrained`',
                f'inputs are scaled as they were for {self.name}, by `normalize="{self.normalize}"` and its numbers',
                "leave `normalize` out",
            )
        return {**asked, "pretrained": str(absolute(self.name)), "normalize": self.normalize}

    def network(self, data: Dataset) -> Network:
        """The body before an output layer for the data, and the head, or another if that cannot learn the targets."""
        heads = TASKS[data.task].heads
        head = self.plan.head if self.plan.head in heads else heads[0]
        tree = self.plan.network.body
        kept = len(body(self.plan))
        if head == SELF:
            return Network(tree[:kept], head)
        if self.plan.head == SELF:
            return Network((*tree[:kept], OUTPUT), head)
        last = self.plan.items[-1]
        if isinstance(last, PlannedTeam) and isinstance(team := tree[-1], Team):
            place = last.groups[0].index(self.plan.output_layer)
            return Network((*tree[:-1], replace(team, items=_with_outputs(team.items, place))), head)
        return Network(_with_outputs(tree, kept), head)

    def layers(self, planned: Plan) -> tuple[str, ...]:
        """The paths of the items of a network that begin with these weights.

        One of the two bodies must begin with the other. Raises WxbError if they do not.
        """
        own, other = body(self.plan), body(planned)
        common = 0
        for mine, theirs in zip(own, other, strict=False):
            if _without_outputs(mine) != _without_outputs(theirs):
                break
            common += 1
        if common < min(len(own), len(other)) or not any(item.parameters or _fitted(item) for item in own[:common]):
            raise self._apart(planned, common)
        return tuple(item.path for item in own[:common])

    def _apart(self, planned: Plan, common: int) -> WxbError:
        """The error for a network that does not begin with the body."""
        own = self.plan.network
        if not body(self.plan):
            return WxbError(
                f"{self.name} has no layer to begin with: its network is {own.short()}",
                "only the layers before the output layer are taken",
                "a run whose network has hidden layers",
            )
        part = body(planned)
        here = part[common].path if common < len(part) else "its output layer"
        shorter = Network((*own.body[: len(body(self.plan))], OUTPUT), planned.head)
        return WxbError(
            f"the network does not begin with that of {self.name}: they part at {here}",
            f"{self.name}: {own.short()}\nthis network: {planned.network.short()}",
            f'leave the network out, or write further layers before FC-C: "{shorter.short()}"',
        )

    def begin(self, model: Model, layers: tuple[str, ...]) -> None:
        """Copy the weights and buffers of `layers`, and the scale of the inputs, into a model."""
        own = model.state_dict(keep_vars=True)
        with torch.no_grad():
            for name in (*transferred(model, layers), *(name for name in own if name.startswith(SCALE))):
                own[name].copy_(self.tensors[name])


def body(planned: Plan) -> tuple[Planned, ...]:
    """The items before the output layer; before SELF those up to the code; a TEAM, which holds it, is the last."""
    if planned.head == SELF:
        return planned.items[: code_of(planned.items) + 1]
    if isinstance(planned.items[-1], PlannedTeam):
        return planned.items
    return planned.items[: planned.items.index(planned.output_layer)]


def transferred(model: Model, layers: tuple[str, ...]) -> list[str]:
    """The names of the tensors in `layers`, without those of the output layers, which a TEAM has inside."""
    fresh = tuple(f"{layer.path}." for layer in model.plan.output_layers)
    inside = tuple(f"{path}." for path in layers)
    return [name for name in model.state_dict() if name.startswith(inside) and not name.startswith(fresh)]


def beginning(planned: Plan, layers: tuple[str, ...], frozen: bool) -> str:
    """What is new in a network and what begins with pretrained weights: "11.FC-5 is new, 1.CONV3-32 to 10.GAP …"."""
    if not layers:
        return ""
    outputs = {layer.path for layer in planned.output_layers}
    inside = tuple(f"{path}." for path in layers)
    new = [
        layer.path
        for layer in planned.layers
        if layer.parameters and (layer.path in outputs or not f"{layer.path}.".startswith(inside))
    ]
    if len(layers) == 1:
        span, how = layers[0], "keeps" if frozen else "begins with"
    else:
        span, how = f"{layers[0]} to {layers[-1]}", "keep" if frozen else "begin with"
    return f"{', '.join(new)} {'is' if len(new) == 1 else 'are'} new, {span} {how} the weights"


def freeze(model: Model, layers: tuple[str, ...]) -> None:
    """Keep `layers` as they are in training: no gradient, running statistics that stay, no dropout."""
    names = set(transferred(model, layers))
    for name, parameter in model.named_parameters():
        if name in names:
            parameter.requires_grad_(False)
    model.frozen = layers
    model.train(model.training)


def _with_outputs(items: tuple[Any, ...], place: int) -> tuple[Any, ...]:
    """The items with the output layer at `place` as wide as there are outputs."""
    layer = items[place]
    assert isinstance(layer, Layer)
    return (*items[:place], replace(layer, width=OUTPUT.width), *items[place + 1 :])


def _without_outputs(item: Planned) -> Planned:
    """A TEAM without its output layers; any other item as it is."""
    if not isinstance(item, PlannedTeam):
        return item
    groups = tuple(group[:-1] for group in item.groups)
    return replace(item, groups=groups, output=(), parameters=0, multiply_adds=0)


def _fitted(item: Planned) -> bool:
    """Whether an item without weights holds what was fitted to examples, as BOW does."""
    return any(family(layer) == "feature" for layer in layers_of((item,)))
