"""Planes in the space of a network's weights: two weights, two random directions, or the path of a training."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wxb.errors import WxbError, nearest
from wxb.network.build import Model
from wxb.randomness import generator

CHOSEN = re.compile(r"(?P<name>[^\[\]]+)\[(?P<places>\d+(?:,\d+)*)\]")
MARGIN = 0.3  # beyond a path, as a share of its extent

Weights = dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class Directions:
    """The weights at a place (a, b): origin + a · first + b · second; all other tensors stay.

    `origin`, `first` and `second` have the tensors that change, by name. `low` and `high` are the ends of both axes,
    and `at` what is added to a place to read it: the values of two weights.
    """

    names: tuple[str, str]
    origin: Weights
    first: Weights
    second: Weights
    low: tuple[float, float]
    high: tuple[float, float]
    at: tuple[float, float] = (0.0, 0.0)
    path: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))  # places of snapshots
    off: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))  # distance of each from the plane
    away: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))  # distance of each from the last

    def axes(self, grid: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """So many places along each axis."""
        xs, ys = (np.linspace(low, high, grid) for low, high in zip(self.low, self.high, strict=True))
        return xs, ys


def two_weights(model: Model, given: str) -> Directions:
    """The plane of two weights by their names. Raises WxbError if there is no such weight."""
    words = given.split()
    if len(words) != 2:
        raise WxbError(f'`weights="{given}"`: expected two weights', fix=_example(model))
    known = {name: value.detach() for name, value in model.named_parameters()}
    single, at, reach = [], [], []
    for word in words:
        match = CHOSEN.fullmatch(word)
        if match is None or match["name"] not in known:
            like = nearest(match["name"] if match else word, known)
            raise WxbError(f"{word} is no weight" + (f"; {like}[…] is" if like else ""), fix=_example(model))
        value, places = known[match["name"]], tuple(map(int, match["places"].split(",")))
        if len(places) != value.ndim or any(place >= size for place, size in zip(places, value.shape, strict=True)):
            shape = ", ".join(map(str, value.shape))
            raise WxbError(f"there is no {word}: {match['name']} has the shape ({shape})", fix=_example(model))
        direction = torch.zeros_like(value)
        direction[places] = 1
        single.append({match["name"]: direction})
        at.append(float(value[places]))
        reach.append(3 * max(float(value.square().mean().sqrt()), abs(float(value[places])), 0.1))
    if words[0] == words[1]:
        raise WxbError(f"{words[0]} is named twice", fix=_example(model))
    first, second = (_filled(one, {**single[0], **single[1]}) for one in single)
    low, high = (-reach[0], -reach[1]), (reach[0], reach[1])
    return Directions((words[0], words[1]), _origin(model, first), first, second, low, high, (at[0], at[1]))


def random(model: Model) -> Directions:
    """Two random directions, normalized filter by filter; biases and the scales of normalization stay.

    Li et al. 2018, arXiv:1712.09913, section 4: each filter or unit of a direction has the norm of that of the network.
    """
    found: list[Weights] = []
    for axis in (0, 1):
        rng = generator(0, f"direction {axis} of the loss surface")
        direction = {}
        for name, value in model.named_parameters():
            if value.ndim > 1:
                drawn = torch.from_numpy(rng.standard_normal(tuple(value.shape))).to(value.dtype)
                sizes = value.detach().flatten(1).norm(dim=1) / drawn.flatten(1).norm(dim=1).clamp_min(1e-12)
                direction[name] = drawn * sizes.view(-1, *(1,) * (value.ndim - 1))
        found.append(direction)
    names = ("first direction", "second direction")
    return Directions(names, _origin(model, found[0]), found[0], found[1], (-1.0, -1.0), (1.0, 1.0))


def along_path(model: Model, snapshots: Sequence[Mapping[str, Tensor]]) -> Directions:
    """The plane through the last snapshot that comes closest to all of them, by the squares of their distances.

    Its directions are the first two right singular vectors of the differences to the last snapshot, over all learned
    weights: Li et al. 2018, section 7. They are orthogonal and of length 1, so that distances on the plane are those of
    the weights. Raises WxbError if the snapshots lie on a line.
    """
    learned = [name for name, value in model.named_parameters() if value.requires_grad]
    flat = torch.stack([torch.cat([one[name].flatten().double() for name in learned]) for one in snapshots])
    apart = (flat - flat[-1])[:-1]
    if len(apart) < 2:
        raise WxbError(
            f"a plane takes three snapshots, and there are {len(snapshots)}", fix="train again with `snapshots=40`"
        )
    # of a few snapshots and many weights: the eigenvectors of the small matrix of products
    values, vectors = torch.linalg.eigh(apart @ apart.T)
    if float(values[-2]) <= 1e-12 * max(float(values[-1]), 1e-300):
        raise WxbError("the snapshots lie on a line, and give no plane", fix="train again with `snapshots=40`")
    axes = [vectors[:, -place] @ apart / values[-place].sqrt() for place in (1, 2)]
    # singular vectors have no sign: the path begins at the lower left
    axes = [-axis if float(apart[0] @ axis) > 0 else axis for axis in axes]
    path = torch.stack([(flat - flat[-1]) @ axis for axis in axes], 1).numpy()
    away = (flat - flat[-1]).norm(dim=1).numpy()
    off = np.sqrt(np.maximum(away**2 - (path**2).sum(1), 0.0))
    extent = np.maximum(np.ptp(path, axis=0), 1e-12)
    low, high = path.min(0) - MARGIN * extent, path.max(0) + MARGIN * extent
    shapes = {name: snapshots[-1][name] for name in learned}
    first, second = (_shaped(axis, shapes) for axis in axes)
    origin = {name: value.clone() for name, value in shapes.items()}
    ends = (float(low[0]), float(low[1])), (float(high[0]), float(high[1]))
    names = ("first component of the path", "second component of the path")
    return Directions(names, origin, first, second, *ends, path=path, off=off, away=away)


def _origin(model: Model, changed: Mapping[str, Tensor]) -> Weights:
    return {name: value.detach().clone() for name, value in model.named_parameters() if name in changed}


def _filled(one: Weights, both: Weights) -> Weights:
    """A direction with zeros for the tensors that only the other one changes."""
    return {name: one[name] if name in one else torch.zeros_like(value) for name, value in both.items()}


def _shaped(flat: Tensor, like: Mapping[str, Tensor]) -> Weights:
    parts = flat.split([value.numel() for value in like.values()])
    return {
        name: part.reshape(value.shape).to(value.dtype) for (name, value), part in zip(like.items(), parts, strict=True)
    }


def _example(model: Model) -> str:
    name, value = next((name, value) for name, value in model.named_parameters() if value.ndim > 1)
    zeros = ",".join("0" * value.ndim)
    last = ",".join(["0"] * (value.ndim - 1) + ["1" if value.shape[-1] > 1 else "0"])
    return f'`weights="{name}[{zeros}] {name}[{last}]"`'
