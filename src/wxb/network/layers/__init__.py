"""The layers of the notation as modules, one family a file; torch's own wherever it has one."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from wxb.network.layers.activation import ACTIVATIONS, IN_PLACE, Maxout
from wxb.network.layers.affine import AFFINE, Affine, Convolution, bias_in_weights, with_one
from wxb.network.layers.dropout import DROPOUT, Dropout, Random, set_generator
from wxb.network.layers.features import FEATURES, Designed
from wxb.network.layers.normalization import NORMALIZATION, LocalResponseNorm
from wxb.network.layers.pooling import POOLING
from wxb.notation.tree import PlannedLayer

__all__ = [
    "IN_PLACE",
    "LAYERS",
    "Affine",
    "Convolution",
    "Designed",
    "Dropout",
    "LocalResponseNorm",
    "Maxout",
    "Random",
    "bias_in_weights",
    "set_generator",
    "with_one",
]

# Weights of CONV and FC hold anything until `start.initialize` draws them. What a designed feature needs to know about
# the training part, it learns in `build`.
LAYERS: dict[str, Callable[[PlannedLayer], nn.Module]] = {
    **AFFINE,
    **POOLING,
    **ACTIVATIONS,
    **NORMALIZATION,
    **DROPOUT,
    **FEATURES,
}
