"""Building a module that maps raw examples to logits, from a network, its plan and data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor, nn

from wxb.data.dataset import need_data
from wxb.data.kinds import kind_of
from wxb.data.tables.encoding import TERM, Prepared
from wxb.errors import WxbError
from wxb.network.blocks import Chain
from wxb.network.heads import HEADS, Head
from wxb.network.layers import Designed, Reading
from wxb.network.memory import refuse_if_weights_too_large
from wxb.network.moments import chunks, fitted_scale, moments
from wxb.network.preparation import Preparation
from wxb.network.start import identify, initialize, spread, whiten
from wxb.notation import Network, Plan, plan, read
from wxb.notation.layers import LAYERS
from wxb.notation.tree import Shape
from wxb.notation.vocabulary import SELF
from wxb.randomness import generator
from wxb.settings.python import takes_settings
from wxb.tasks import TASKS
from wxb.text import shape as shape_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.data.dataset import Dataset, Examples, Inputs

# The largest standard deviation of numbers from 0 to 1. Divided by its own, a feature that is 0 or 1 in few rows would
# weigh most, and a network would learn these rows by heart.
SHARE_STD = 0.5
FITTED_ON = 10_000  # training examples, spread evenly, that designed features and their scale are fitted to,
FITTED_BYTES = 2**28  # the most bytes of these examples,
FITTED_NUMBERS = 2**26  # and the most numbers of their features: 256 MB


class Affinely(nn.Module):
    """A scale and a shift of each number; mean and std are buffers, so they are saved with a run."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)


class Standardize(Affinely):
    """Standardize stored examples: (x − mean) / std."""

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, …) uint8 or float → the same shape, in the wider of the buffers' dtype and that of x."""
        return (x - self.mean).div_(self.std)  # the difference is a new tensor, so the division can overwrite it


class Restore(Affinely):
    """Convert scores from standard deviations of the training targets to the targets' own units: x · std + mean.

    Regression targets may have any size (prices, years); networks learn targets of about 1 best.
    """

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, outputs) → the same shape, in the buffers' dtype."""
        return x.to(self.mean.dtype) * self.std + self.mean

    def standardized(self, head: Head) -> Head:
        """The head with its loss computed in standard deviations of the training targets."""
        return replace(head, losses=partial(self._losses, head))

    def _losses(self, head: Head, logits: Tensor, targets: Tensor) -> Tensor:
        mean, std = self.mean.to(logits.device), self.std.to(logits.device)
        return head.losses((logits - mean) / std, (targets - mean) / std)


class Model(Chain):
    """A network that maps examples as the data stores them to logits.

    The layers are submodules under their planned paths: `model.get_submodule("3.RES.1.CONV3-64")`. A model can be
    pickled and copied like any module.
    """

    def __init__(
        self,
        plan: Plan,
        scale: Standardize,
        restore: Restore | None = None,
        preparation: Preparation | None = None,
        task: str | None = None,
    ) -> None:
        super().__init__(plan.items)
        self.plan = plan
        self.preparation = preparation
        self.task = TASKS[HEADS[plan.head].tasks[0] if task is None else task]
        self.scale = scale
        self.restore = restore
        least = least_places(plan)
        for module in self.modules():
            if isinstance(module, Reading):
                module.least = least
        self.frozen: tuple[str, ...] = ()  # paths of items that stay in evaluation mode, also in training
        self.flip_average = False  # whether the folded form averages the scores of a picture and its mirror image

    def train(self, mode: bool = True) -> Model:
        """Set training or evaluation mode; frozen items stay in evaluation mode."""
        super().train(mode)
        for path in self.frozen:
            self.get_submodule(path).eval()
        return self

    @property
    def head(self) -> Head:
        """The head, which computes losses and probabilities from the logits."""
        head = HEADS[self.plan.head]
        return head if self.restore is None else self.restore.standardized(head)

    @property
    def reads_words(self) -> bool:
        """Whether its inputs are sentences, whose batches are as long as their longest one."""
        return len(self.plan.input) == 2

    @property
    def designed(self) -> list[Designed]:
        """The designed features in the first layer; empty if the network learns its own."""
        return [module for module in self.places[0].modules() if isinstance(module, Designed)]

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, height, width), (batch, features), or rows (batch, columns) of a table → logits."""
        return self.after_preparation(x if self.preparation is None else self.preparation(x).to(self.scale.mean.device))

    def inputs(self, examples: Examples | Inputs) -> Inputs:
        """Convert examples (n, …) to the input of `after_preparation`; what was converted stays as it is."""
        if self.preparation is None or isinstance(examples, Prepared):
            return cast("Inputs", examples)
        return self.preparation.of(examples)

    def after_preparation(self, x: Tensor) -> Tensor:
        """The logits for prepared inputs in the plan's input shape: (batch, …) → (batch, outputs)."""
        return self.after_features(self.features(x))

    def features(self, x: Tensor) -> Tensor:
        """The output of the first layer for prepared inputs: (batch, …) → (batch, …)."""
        return cast(Tensor, self.places[0].layer(self.scale(x)))

    def after_features(self, features: Tensor) -> Tensor:
        """The logits for outputs of the first layer: (batch, …) → (batch, outputs).

        Those of a TEAM are (batch, members, outputs) in training, and averaged in evaluation.
        """
        return self.onwards(features, 1)

    def onwards(self, x: Tensor, first: int) -> Tensor:
        """The logits for inputs of item `first` of the network, from 0: (batch, …) → (batch, outputs)."""
        logits = self.through(x, first)
        head = HEADS[self.plan.head]
        if logits.ndim == 4:
            logits = head.flat(logits, self.plan.input)
        if logits.ndim == 3 and not self.training and not head.of_places:
            logits = head.averaged(logits)
        return logits if self.restore is None else cast(Tensor, self.restore(logits))


@takes_settings
def build(
    network: str | Network | Plan,
    data: Dataset | None = None,
    *,
    input_shape: Shape | None = None,
    outputs: int | None = None,
    bindings: Mapping[str, int] | None = None,
    seed: int = 0,
    normalize: str = "std",
    initialization: str = "random",
    first_layer: str = "learned",
    state: Mapping[str, Tensor] | None = None,
) -> Model:
    """Build the module of a network, for a data set or for an input shape and a number of outputs.

    `normalize` selects how inputs are scaled, by the training part of `data`: "std" to mean 0 and standard deviation 1
    per channel or column, "range" to [0, 1], "none" not at all. Without data, "std" and "range" scale bytes to [0, 1].
    Designed features read unscaled examples, and their output is scaled instead.

    Weights are drawn from (seed, path), codebooks from (seed, "codebook"). With `initialization="identity"`
    convolutions start as the identity; with "spread-biases" the kinks of the first layer's units are spread over the
    inputs; with `first_layer="whitened"` the filters of the first convolution are computed from the training part and
    not learned (`wxb.network.start`). `state` is the state_dict of a model that begins with the same layers, whose
    filters and designed features are used instead of computing them again. Raises WxbError if network and data do
    not fit each other.
    """
    if data is not None:
        need_data(data)
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
    refuse_if_weights_too_large(network, smaller="" if data is None else data.smaller)
    fitted = None if data is None else data.preparation
    preparation = None if fitted is None else Preparation(fitted)
    task = None if data is None else data.task
    scale = input_scale(network.input, data, normalize)
    restore = as_inputs(scale, network) if network.head == SELF else target_scale(data)
    model = Model(network, scale, restore, preparation, task)
    model.task = model.task.of(() if data is None else data.classes)
    if model.designed:
        model.scale = input_scale(network.input, None, "none")
        if data is not None and not put_features(model, state or {}):
            fit_features(model, data, seed, normalize)
    initialize(model, model.plan, seed)
    if initialization == "identity":
        identify(model, model.plan)
    elif initialization == "spread-biases":
        spread(model, model.plan, seed)
    if first_layer == "whitened":
        whiten(model, model.plan, model.scale, data, state)
    # torch's stub of `to` does not know the memory format
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model


def least_places(plan: Plan) -> int:
    """How many places of a sentence a network computes at least; 0 for other data.

    It is all of them before an FC, which reads so many, and where a layer gives fewer: which windows hang over the end
    of a sentence would depend on the others in its batch.
    """
    if len(plan.input) != 2:
        return 0
    fixed = any(
        (layer.name == "FC" and layer.tokens) or (LAYERS[layer.name].slides and layer.output[1:] != layer.input[1:])
        for layer in plan.layers
    )
    return plan.input[1] if fixed else 1


def need_fit(plan: Plan, data: Dataset) -> None:
    """Raise WxbError if the plan's shapes are not those of the data, or its head cannot learn the data's targets."""
    if (plan.input, plan.outputs) != (data.shape, data.outputs):
        raise WxbError(
            f"the network takes {shape_text(plan.input)} and has {plan.outputs} outputs; "
            f"{data.name} has examples of {shape_text(data.shape)} and needs {data.outputs} outputs",
            fix="build(text, data) plans the network for the data",
        )
    need_head(plan.head, data)


def need_head(head: str, data: Dataset) -> None:
    """Raise WxbError if a head cannot learn the data's targets."""
    task = TASKS[data.task]
    if head not in task.heads:
        raise WxbError(
            f"{head} does not fit the data: its targets are {task.kind}",
            f"{head} is for {' or '.join(TASKS[name].kind for name in HEADS[head].tasks)}",
            f"end the network in {', '.join(task.heads)}",
        )


# --- scales ---------------------------------------------------------------------------------------------------------


def input_scale(shape: Shape, data: Dataset | None, normalize: str) -> Standardize:
    """The scale of examples: mean and std (channels, 1, 1) for pictures, (features,) for rows, float32.

    The pieces and categories of a table, from 0 to 1, have `SHARE_STD` in place of their standard deviation.
    """
    if not kind_of(shape).scaled:
        return Standardize(torch.zeros(1, 1), torch.ones(1, 1))
    per = (shape[0],) + (1,) * (len(shape) - 1)
    if data is None:
        bound = 1.0 if normalize == "none" else kind_of(shape).bound
        return Standardize(torch.zeros(per), torch.full(per, bound))
    if normalize == "none":
        mean, std = np.zeros(shape[0]), np.ones(shape[0])
    elif normalize == "range" and data.inputs.dtype == np.uint8:
        mean, std = np.zeros(shape[0]), np.full(shape[0], 255.0)
    elif isinstance(data.inputs, Prepared) and data.has_text:  # what is not a text is scaled
        mean, std = np.zeros(shape[0]), np.ones(shape[0])
        others = data.inputs.how.kind != TERM
        if others.any():
            numbers = Prepared(data.inputs.rows, data.inputs.without_texts)
            mean[others], std[others] = fitted_scale(numbers, data.split.train, normalize)
            if normalize == "std":
                std = np.where(data.inputs.shares, SHARE_STD, std)
    else:
        mean, std = fitted_scale(data.inputs, data.split.train, normalize)
        if normalize == "std" and isinstance(data.inputs, Prepared):
            std = np.where(data.inputs.shares, SHARE_STD, std)
    return Standardize(_tensor(mean).view(per), _tensor(std).view(per))


def as_inputs(scale: Standardize, plan: Plan) -> Restore:
    """The scale of what SELF reconstructs, (numbers,): that of the inputs, for each of their numbers."""
    mean, std = (each.expand(plan.input).reshape(-1).clone() for each in (scale.mean, scale.std))
    return Restore(mean, std)


def target_scale(data: Dataset | None) -> Restore | None:
    """The scale (targets,) of the training part's targets if the task standardizes them, else None."""
    if data is None or not TASKS[data.task].standardized:
        return None
    mean, std = moments(data.targets, data.split.train)
    return Restore(_tensor(mean), _tensor(std))


@torch.no_grad()
def put_features(model: Model, state: Mapping[str, Tensor]) -> bool:
    """Take the designed features of `model` from a state; False if they are not in it."""
    first = f"{model.plan.items[0].path}."
    own = {name: tensor for name, tensor in model.state_dict(keep_vars=True).items() if name.startswith(first)}
    held = all(name in state and state[name].shape == tensor.shape for name, tensor in own.items())
    if held:
        for name, tensor in own.items():
            tensor.copy_(state[name])
    return held


@torch.no_grad()
def fit_features(model: Model, data: Dataset, seed: int, normalize: str) -> None:
    """Fit the designed features of `model` to at most 10,000 training examples, and scale their output.

    Raises WxbError if the examples are too few.
    """
    train = data.split.train
    bound = min(FITTED_ON, max(1, FITTED_BYTES // data.inputs[:1].nbytes))
    examples = data.inputs[train[:: -(-len(train) // bound)]]
    for feature in model.designed:
        feature.fit(examples, generator(seed, "codebook"))
        if normalize == "none":
            continue
        rows = np.arange(len(examples))[:: -(-len(examples) * feature.mean.numel() // FITTED_NUMBERS)]
        parts = (torch.from_numpy(np.ascontiguousarray(examples[chunk])) for chunk in chunks(examples, rows))
        values = torch.cat([feature(part) for part in parts]).numpy()
        mean, std = fitted_scale(values, np.arange(len(values)), normalize)
        feature.mean.copy_(_tensor(mean))
        feature.std.copy_(_tensor(std))


def _tensor(values: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))
