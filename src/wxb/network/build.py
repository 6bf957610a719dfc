"""From a plan to a module: raw examples in, logits out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor, nn

from wxb.errors import WxbError
from wxb.network.blocks import Items
from wxb.network.features import Designed
from wxb.network.heads import HEADS, Head
from wxb.network.memory import refuse_if_weights_too_large
from wxb.network.start import identify, initialize, spread, whiten
from wxb.notation import Network, Plan, plan, read
from wxb.notation.tree import Shape
from wxb.randomness import generator
from wxb.text import shape as shape_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.data.dataset import Dataset

    Numbers = NDArray[np.uint8] | NDArray[np.float32] | NDArray[np.int64]

NUMBERS_AT_ONCE = 2**20  # whose sums are taken at a time: they stay in the cache, and no second copy is needed
FITTED_ON = 10_000  # training examples, spread evenly, that designed features are fitted to and scaled by
FITTED_BYTES = 2**28  # that these take at most
FITTED_NUMBERS = 2**26  # but no more than give so many numbers: 256 MB


class Affinely(nn.Module):
    """Numbers moved and stretched, entry by entry; mean and std are buffers, part of what a run saves."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)


class Standardize(Affinely):
    """Examples as they are stored → (x − mean) / std."""

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, …) uint8 or float → the same shape, in the buffers' dtype (or a wider one of x)."""
        return (x - self.mean).div_(self.std)  # a byte less a float is a float, and new: one pass fewer


class Restore(Affinely):
    """Scores in standard deviations of the training targets → in the targets' own units, x · std + mean.

    Targets that are numbers may have any size (prices, years); a network learns best what is about 1.
    """

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, outputs) → the same shape, in the buffers' dtype."""
        return x.to(self.mean.dtype) * self.std + self.mean

    def standardized(self, head: Head) -> Head:
        """The head with its loss taken in standard deviations of the training targets."""

        def losses(logits: Tensor, targets: Tensor) -> Tensor:
            mean, std = self.mean.to(logits.device), self.std.to(logits.device)
            return head.losses((logits - mean) / std, (targets - mean) / std)

        return replace(head, losses=losses)


class Model(Items):
    """A network that takes examples as the data has them and gives logits.

    Its layers stand under the paths that its plan gives them: `dict(model.named_modules())["3.RES.1.CONV3-64"]`.
    """

    def __init__(self, plan: Plan, scale: Standardize, restore: Restore | None = None) -> None:
        super().__init__(plan.items)
        self.plan = plan
        self.head: Head = HEADS[plan.head] if restore is None else restore.standardized(HEADS[plan.head])
        self.scale = scale
        self.restore = restore
        self.mirror_average = False  # whether what is folded of it scores a picture together with its mirror image

    @property
    def designed(self) -> list[Designed]:
        """The designed features that the first layer is or joins; none where the network learns its own."""
        return [module for module in self.get_submodule(self.order[0]).modules() if isinstance(module, Designed)]

    def features(self, x: Tensor) -> Tensor:
        """What the first layer makes of raw examples: (batch, …) → (batch, …)."""
        return cast(Tensor, self.get_submodule(self.order[0])(self.scale(x)))

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, height, width) or (batch, features), uint8 or float → logits (batch, outputs)."""
        return self.behind(self.features(x))

    def behind(self, features: Tensor) -> Tensor:
        """What the layers behind the first make of its output: (batch, …) → logits (batch, outputs)."""
        logits = self.through(features, first=1)
        return logits if self.restore is None else self.restore(logits)


def build(
    network: str | Network | Plan,
    data: Dataset | None = None,
    *,
    input_shape: Shape | None = None,
    outputs: int | None = None,
    bindings: Mapping[str, int] | None = None,
    seed: int = 0,
    scale: str = "std",
    start: str = "random",
    first_layer: str = "learned",
    found: Mapping[str, Tensor] | None = None,
) -> Model:
    """The module of a network, for a data set or for an input shape and a number of outputs.

    With `data`, inputs are scaled by its training part: "std" to mean 0 and standard deviation 1 a channel or column,
    "range" to [0, 1], "none" not at all; without, bytes are taken to [0, 1] for "std" and "range". Designed features
    read the examples as they are; it is what they give that is scaled. Weights are drawn from (seed, path), codebooks
    from (seed, "codebook"). With `start="identity"` convolutions begin by passing their input on, with "spread" the
    units of the first layer begin by turning at places spread over the inputs, with
    `first_layer="whitened"` the first one's filters are found in the training part and not learned: `wxb.network.start`
    says how; `found` is the state_dict of a model that was built with the same arguments and may have learned since,
    whose filters are taken instead. Raises WxbError where network and data do not fit each other.
    """
    if not isinstance(network, Plan):
        tree = read(network) if isinstance(network, str) else network
        shape = data.shape if data is not None else input_shape
        outputs = data.outputs if data is not None else outputs
        if shape is None or outputs is None:
            raise WxbError(
                "a network needs data, or the shape of its input and the number of its outputs",
                fix="build(text, data), or build(text, input_shape=(3, 32, 32), outputs=10)",
            )
        network = plan(tree, tuple(shape), outputs, bindings)
    if data is not None:
        need_fit(network, data)
    refuse_if_weights_too_large(network)
    model = Model(network, input_scale(network.input, data, scale), target_scale(data))
    if model.designed:
        model.scale = input_scale(network.input, None, "none")
        if data is not None:
            fit_features(model, data, seed, scale)
    initialize(model, model.plan, seed)
    if start == "identity":
        identify(model, model.plan)
    elif start == "spread":
        spread(model, model.plan, seed)
    if first_layer == "whitened":
        whiten(model, model.plan, model.scale, data, found)
    # torch's stub of `to` does not know the memory format
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model


def need_fit(plan: Plan, data: Dataset) -> None:
    """Raises WxbError where the plan is for other examples, or its head cannot learn what the data has to tell."""
    if (plan.input, plan.outputs) != (data.shape, data.outputs):
        raise WxbError(
            f"the network takes {shape_text(plan.input)} and has {plan.outputs} outputs; "
            f"{data.name} has examples of {shape_text(data.shape)} and needs {data.outputs} outputs",
            fix="build(text, data) plans the network for the data",
        )
    tasks = HEADS[plan.head].tasks
    if data.task not in tasks:
        fitting = ", ".join(name for name, head in HEADS.items() if data.task in head.tasks)
        kinds = {"classes": "classes", "labels": "several yes/no labels an example", "numbers": "numbers"}
        raise WxbError(
            f"{plan.head} does not fit the data: its targets are {kinds[data.task]}",
            f"{plan.head} is for {' or '.join(kinds[task] for task in tasks)}",
            f"end the network in {fitting}",
        )


# --- scales ---------------------------------------------------------------------------------------------------------


def input_scale(shape: Shape, data: Dataset | None, scale: str) -> Standardize:
    """How examples are scaled: mean and std (channels, 1, 1) of pictures, (features,) of rows, float32."""
    per = (shape[0],) + (1,) * (len(shape) - 1)
    if data is None:
        bound = 255.0 if len(shape) == 3 and scale != "none" else 1.0
        return Standardize(torch.zeros(per), torch.full(per, bound))
    mean, std = np.zeros(shape[0]), np.ones(shape[0])
    if scale == "std":
        mean, std = moments(data.examples, data.split.train)
    elif scale == "range" and data.examples.dtype == np.uint8:
        std = np.full(shape[0], 255.0)
    elif scale == "range":
        mean, most = extremes(data.examples, data.split.train)
        std = _spread(most - mean, mean)
    return Standardize(_tensor(mean).view(per), _tensor(std).view(per))


def target_scale(data: Dataset | None) -> Restore | None:
    """Mean and standard deviation (outputs,) of targets that are numbers; None for classes and labels."""
    if data is None or data.task != "numbers":
        return None
    mean, std = moments(data.targets, data.split.train)
    return Restore(_tensor(mean), _tensor(std))


@torch.no_grad()
def fit_features(model: Model, data: Dataset, seed: int, scale: str) -> None:
    """Let the designed features of `model` learn from at most 10,000 training examples what they need to know of them,
    and scale what they give, as `scale` says. Raises WxbError where the examples are too few for that.
    """
    train = data.split.train
    bound = min(FITTED_ON, max(1, FITTED_BYTES // data.examples[:1].nbytes))
    examples = data.examples[train[:: -(-len(train) // bound)]]
    for feature in model.designed:
        feature.fit(examples, generator(seed, "codebook"))
        if scale == "none":
            continue
        rows = np.arange(len(examples))[:: -(-len(examples) * feature.mean.numel() // FITTED_NUMBERS)]
        chunks = (torch.from_numpy(np.ascontiguousarray(examples[chunk])) for chunk in _chunks(examples, rows))
        found = torch.cat([feature(chunk) for chunk in chunks]).numpy()
        if scale == "std":
            mean, std = moments(found, np.arange(len(found)))
        else:
            mean, most = extremes(found, np.arange(len(found)))
            std = _spread(most - mean, mean)
        feature.mean.copy_(_tensor(mean))
        feature.std.copy_(_tensor(std))


def moments(examples: Numbers, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each channel or column of these rows, in float64.

    The deviation of one that never changes is 1.
    """
    axes = (0, *range(2, examples.ndim))
    chunks = _chunks(examples, rows)
    places = len(rows) * int(np.prod(examples.shape[2:]))
    if examples.dtype == np.uint8:
        # sums of bytes and of their squares are whole numbers: the same however pixels lie in memory, in one pass
        total, squares = np.zeros((2, examples.shape[1]), dtype=object)
        for chunk in chunks:
            pixels = examples[chunk]
            total += pixels.sum(axes, dtype=np.int64)
            squares += np.square(pixels, dtype=np.uint16).sum(axes, dtype=np.int64)
        mean = (total / places).astype(np.float64)
        variance = ((places * squares - total**2) / places**2).astype(np.float64)
        return mean, _spread(np.sqrt(variance), mean)
    mean = sum(examples[chunk].sum(axes, dtype=np.float64) for chunk in chunks) / places
    centre = mean.reshape((-1,) + (1,) * (examples.ndim - 2))
    squares = sum(np.square(examples[chunk] - centre).sum(axes) for chunk in chunks)
    return mean, _spread(np.sqrt(squares / places), mean)


def extremes(examples: Numbers, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and greatest number of each channel or column of these rows, in float64."""
    axes = (0, *range(2, examples.ndim))
    chunks = _chunks(examples, rows)
    least = np.min([examples[chunk].min(axes) for chunk in chunks], axis=0)
    most = np.max([examples[chunk].max(axes) for chunk in chunks], axis=0)
    return least.astype(np.float64), most.astype(np.float64)


def _chunks(examples: Numbers, rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    step = max(1, NUMBERS_AT_ONCE // int(np.prod(examples.shape[1:])))
    return [rows[start : start + step] for start in range(0, len(rows), step)]


def _spread(width: NDArray[np.float64], centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """What to divide by: 1 where a channel or column never changes, but for the rounding of float32."""
    rounding = np.finfo(np.float32).eps * np.abs(centre)
    return np.where(width > rounding, width, 1.0)


def _tensor(values: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))
