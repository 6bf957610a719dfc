"""The layers of the notation as modules, one family per file; torch's own modules are used if they exist."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from wxb.network.layers.activation import ACTIVATIONS, IN_PLACE, Maxout
from wxb.network.layers.affine import AFFINE, Affine, Convolution, bias_in_weights, with_one
from wxb.network.layers.dropout import DROPOUT, Dropout, Random, set_generator
from wxb.network.layers.features import FEATURES, Designed
from wxb.network.layers.normalization import NORMALIZATION, LocalResponseNorm
from wxb.network.layers.pooling import POOLING
from wxb.network.layers.recurrent import RECURRENT, Recurrent
from wxb.network.layers.tokens import TOKENS, Embedding, Reading
from wxb.network.layers.upsampling import UPSAMPLING, Transposed
from wxb.notation.tree import PlannedLayer

__all__ = [
    "IN_PLACE",
    "LAYERS",
    "Affine",
    "Convolution",
    "Designed",
    "Dropout",
    "Embedding",
    "LocalResponseNorm",
    "Maxout",
    "Random",
    "Reading",
    "Recurrent",
    "Transposed",
    "bias_in_weights",
    "set_generator",
    "with_one",
]

# The weights of CONV and FC are undefined until `start.initialize` draws them. Designed features are fitted to the
# training part in `build`.
LAYERS: dict[str, Callable[[PlannedLayer], nn.Module]] = {
    **AFFINE,
    **RECURRENT,
    **POOLING,
    **UPSAMPLING,
    **ACTIVATIONS,
    **NORMALIZATION,
    **DROPOUT,
    **FEATURES,
    **TOKENS,
}
