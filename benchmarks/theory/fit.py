"""Fitting small networks to functions: training with wxb's own loop on one thread, and a start for one number.

`wxb.build` sets all biases to 0 unless it is asked for another start. In one dimension every unit of the first layer
then turns at the same place, the mean of the examples, and training has to move them apart. `spread` lets them turn at
places spread over the examples, as Nguyen and Widrow (1990, "Improving the learning speed of 2-layer neural networks")
do.
"""

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
ONE_THREAD = Machine("cpu", "float32", 1)  # these networks are too small for a second one


def examples(x: ArrayLike, y: ArrayLike) -> Dataset:
    """Numbers (n, features) and (n,) or (n, targets) as data that is all training part."""
    return wxb.load_data(x, y, split=(1, 0, 0))


def train(model: Model, data: Dataset, steps: int, **settings: Any) -> int:
    """Train for about `steps` steps, whole epochs, and return how many there were.

    Adam with a rate that rises over a tenth of the steps and falls linearly to zero, unless `settings` (fields of
    `wxb.Recipe`) say otherwise.
    """
    chosen: dict[str, Any] = {
        "batch_size": 64, "optimizer": "adam", "learning_rate": 0.01, "schedule": "linear", "warm_up": 0.1, **settings,
    }  # fmt: skip
    per_epoch = -(-len(data.split.train) // chosen["batch_size"])
    recipe = wxb.Recipe(epochs=max(1, round(steps / per_epoch)), **chosen)
    done = 0
    for record in wxb.learn(model, data, recipe, ONE_THREAD):
        done = record.step
    return done


@torch.no_grad()
def spread(model: Model, data: Dataset, seed: int, slope: float) -> None:
    """Let each unit of the first layer turn at a training example, steeply and in a direction of its own.

    Unit i is w_i·(x − x_i) with x_i an example drawn at random, w_i in a random direction and of a length uniform in
    [slope/2, 3·slope/2]; x as the network scales it, in standard deviations.
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
    """What the model makes of x (n, features): (n, targets), in the targets' units."""
    return logits(model, x.astype(np.float32), ONE_THREAD).double().numpy()


def hidden(model: Model, x: Numbers) -> Numbers:
    """What the output layer is given for x (n, features): (n, width), float64."""
    seen: list[torch.Tensor] = []
    layer = model.get_submodule(model.plan.output_layer.path)
    hook = layer.register_forward_pre_hook(lambda _, given: seen.append(given[0].double()))
    model.eval()
    try:
        with torch.no_grad():  # the module itself: what predicts fast has no hooks
            model(torch.from_numpy(x.astype(np.float32)))
    finally:
        hook.remove()
    return torch.cat(seen).numpy()


def rmse(model: Model, data: Dataset, part: str) -> float:
    """Root of the mean squared error on a part of the data, in the targets' units."""
    x, y = data.part(part)
    return float(np.sqrt(np.mean((predictions(model, x.astype(np.float64)) - y) ** 2)))
