"""The layers of the notation, one family a file; `wxb.network.layers` computes them.

Everything that wxb knows about a layer without torch is its row here: its syntax and defaults, its shape rule and
counts, what its backward pass reads, how its weights begin, and its line in the documentation.
"""

from __future__ import annotations

from ..tree import Item, Layer, Planned, PlannedLayer
from .activation import ACTIVATIONS
from .affine import AFFINE
from .dropout import DROPOUT
from .features import FEATURES
from .kind import Family, Kind
from .normalization import NORMALIZATION
from .pooling import POOLING
from .recurrent import RECURRENT
from .tokens import TOKENS
from .upsampling import UPSAMPLING

__all__ = ["LAYERS", "Kind", "family"]

LAYERS: dict[str, Kind] = {
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


def family(item: Item | Planned | None) -> Family | None:
    """The family of a layer; None for anything else."""
    return LAYERS[item.name].family if isinstance(item, Layer | PlannedLayer) else None
