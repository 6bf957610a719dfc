"""A linear network: scores Wx + b of its scaled input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from wxb.errors import WxbError
from wxb.network.build import Model
from wxb.views.subject import Subject
from wxb.views.view import Axis

MAPS = ("channel", "row", "column")


@dataclass(frozen=True, eq=False)
class Linear:
    """Weights (output, …) in the shape of the input, biases (output,), and the names of outputs and of inputs.

    Scores are weights · scaled input + biases; of numbers in the targets' own units.
    """

    weights: NDArray[np.float64]
    biases: NDArray[np.float64]
    outputs: tuple[str, ...]
    features: tuple[str, ...]  # of a table; else none

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes of the weights."""
        return (Axis("output", ticks=self.outputs), *self.inner)

    @property
    def inner(self) -> tuple[Axis, ...]:
        """The axes of an input."""
        if self.weights.ndim == 4:
            return tuple(map(Axis, MAPS))
        return (Axis("feature", ticks=self.features),)


def linear(seen: Subject) -> Linear:
    """The weights of a linear network. Raises WxbError for a module that is no single nn.Linear."""
    model = seen.model
    if not isinstance(model, Model):
        if not isinstance(model, nn.Linear):
            raise WxbError(f"{seen.name} is not linear", "expected a module nn.Linear, or a run of SOFTMAX alone")
        weights = model.weight.detach().double().numpy()
        names = tuple(str(place) for place in range(len(weights)))
        return Linear(weights, _biases(model), names, ())
    layer = cast(nn.Linear, model.places[0].layer)
    weights, biases = layer.weight.detach().double().numpy(), _biases(layer)
    if model.restore is not None:
        std, mean = model.restore.std.double().numpy(), model.restore.mean.double().numpy()
        weights, biases = weights * std[:, None], biases * std + mean
    features = () if seen.run is None or seen.run.preparation is None else seen.run.preparation.features
    return Linear(weights.reshape(len(weights), *model.plan.input), biases, seen.classes, features)


def scaled(seen: Subject, batch: Any) -> NDArray[np.float64]:
    """What the weights of a linear network weigh for a batch of one, in the shape of an input."""
    if not isinstance(seen.model, Model):
        return np.asarray(batch[0].double().numpy())
    with torch.no_grad():
        prepared = batch if seen.model.preparation is None else seen.model.preparation(batch)
        return np.asarray(seen.model.scale(prepared)[0].double().numpy())


def _biases(layer: nn.Linear) -> NDArray[np.float64]:
    return np.zeros(layer.out_features) if layer.bias is None else layer.bias.detach().double().numpy()
