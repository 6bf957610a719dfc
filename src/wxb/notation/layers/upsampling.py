"""Upsampling: maps of more places, the way back from what poolings and strides made smaller."""

from __future__ import annotations

from math import prod

from ..tree import PlannedLayer, replace
from .kind import Kind, Saved, Signal, Site, pair, size


def enlarge(site: Site) -> tuple[PlannedLayer, Signal]:
    """Height and width times the kernel; a vector counts as maps of one place.

    Neighbouring outputs lie closer by the same factor, at least one pixel apart.
    """
    channels, *places = (*site.signal.shape, 1, 1)[:3]
    tall, wide = site.planned.kernel
    weights = 0 if site.layer.width is None else channels * site.width * tall * wide
    output = (site.width if weights else channels, places[0] * tall, places[1] * wide)
    planned = replace(
        site.planned,
        stride=1,
        bias=weights > 0,
        output=output,
        parameters=weights + (output[0] if weights else 0),
        multiply_adds=weights * prod(places),
        jump=pair(max(1, jump // side) for jump, side in zip(site.signal.jump, (tall, wide), strict=True)),
    )
    return site.result(planned)


def saved(layer: PlannedLayer) -> Saved:
    """The input, if there are filters; a repeated number is kept by nothing."""
    return Saved(input=layer.parameters > 0, more=size(layer.input) if layer.parameters and layer.input[1:] else 0)


def initial(layer: PlannedLayer, rectified: bool) -> float:
    """Standard deviation of the first weights, as of an affine layer: each output reads one place of all channels."""
    fan_in, fan_out = layer.input[0], layer.output[0] * prod(layer.kernel)
    return float((2 / fan_in if rectified else 2 / (fan_in + fan_out)) ** 0.5)


UPSAMPLING = {
    "UP": Kind(
        "upsampling",
        "each number repeated in a window of 2×2 (nearest neighbour); `UP2-16`: 16 filters of 2×2 with a stride of 2, "
        "transposed",
        enlarge,
        saved,
        kernel=2,
        filters=True,
        initial=initial,
        aliases=("UPSAMPLE", "UPSAMPLING", "CONVTRANSPOSE", "DECONV"),
    )
}
