"""Training small networks on one thread, and an initialization for inputs of one or two numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

import wxb
from wxb.data.dataset import Dataset
from wxb.learning.inference import logits
from wxb.learning.machine import Machine
from wxb.network.build import Model
from wxb.randomness import generator

Numbers = NDArray[np.float64]
ONE_THREAD = Machine("cpu", "float32", 1)  # these networks are too small to gain from a second thread


def examples(x: ArrayLike, y: ArrayLike) -> Dataset:
    """A data set of numbers (n, features) and (n,) or (n, targets), all of them in the training part."""
    return wxb.load_data(x, y, split=(1, 0, 0))


def train(model: Model, data: Dataset, steps: int, **settings: Any) -> int:
    """Train for about `steps` steps, rounded to whole epochs, and return how many were made.

    The optimizer is Adam, its rate rises over a tenth of the steps and falls linearly to zero; `settings` (of
    `wxb.Recipe`) override this.
    """
    chosen: dict[str, Any] = {
        "batch_size": 64, "optimizer": "adam", "learning_rate": 0.01, "schedule": "linear", "warm_up": 0.1, **settings,
    }  # fmt: skip
    steps_per_epoch = -(-len(data.split.train) // chosen["batch_size"])
    recipe = wxb.Recipe(epochs=max(1, round(steps / steps_per_epoch)), **chosen)
    return max(record.step for record in wxb.learn(model, data, recipe, ONE_THREAD))


@torch.no_grad()
def spread(model: Model, data: Dataset, seed: int, slope: float) -> None:
    """Initialize the first layer so that its units turn at places spread over the training examples.

    Biases of 0 let all units of one number turn at the same place, the mean. Here unit i is w_i·(x − x_i), where x_i
    is a random example and w_i has a random direction and a length uniform in [slope/2, 3·slope/2]; x is in standard
    deviations. After Nguyen, Widrow 1990, "Improving the learning speed of 2-layer neural networks".
    """
    layer = model.get_submodule(model.plan.items[0].path)
    assert isinstance(layer, torch.nn.Linear)
    random = generator(seed, "spread")
    rows = torch.from_numpy(data.part("train")[0])
    places = model.scale(rows)[random.integers(len(rows), size=layer.out_features)].double().numpy()
    directions = random.standard_normal(places.shape)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    weights = slope * random.uniform(0.5, 1.5, (len(places), 1)) * directions
    layer.weight.copy_(torch.from_numpy(weights))
    layer.bias.copy_(torch.from_numpy(-(weights * places).sum(1)))


def predictions(model: Model, x: Numbers) -> Numbers:
    """The model's outputs for x (n, features): (n, targets), in the targets' units."""
    return logits(model, x.astype(np.float32), ONE_THREAD).double().numpy()


def hidden(model: Model, x: Numbers) -> Numbers:
    """The units of a network with a single layer of TANH for x (n, features): (n, width), float64."""
    layer = model.get_submodule(model.plan.items[0].path)
    with torch.no_grad():
        units: torch.Tensor = layer(model.scale(torch.from_numpy(x.astype(np.float32)))).tanh()
    return units.double().numpy()


def rmse(model: Model, data: Dataset, part: str) -> float:
    """Root mean squared error on a part of the data, in the targets' units."""
    x, y = data.part(part)
    return float(np.sqrt(np.mean((predictions(model, x.astype(np.float64)) - y) ** 2)))
