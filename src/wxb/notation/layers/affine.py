"""Layers with weights: a product with a matrix, over all numbers of an example or over a window of maps."""

from __future__ import annotations

from math import prod

from ..tree import PlannedLayer, replace
from .kind import Kind, Saved, Signal, Site, saves, size
from .window import slide


def convolution(site: Site) -> tuple[PlannedLayer, Signal]:
    """kernel x (input channels of a group) x width products at each place."""
    site.need_maps()
    planned, layer, width = site.planned, site.layer, site.width
    channels, groups = planned.input[0], planned.groups
    if channels % groups or width % groups:
        what = f"its input has {channels} channels" if channels % groups else f"its width is {width}"
        divisor = next(divisor for divisor in range(groups, 0, -1) if channels % divisor == width % divisor == 0)
        raise site.misfit(f"{site.word} does not fit: {what}, which {groups} does not divide", f"g{divisor}")
    padding = CONV.default_padding(planned.kernel, planned.dilation)
    if layer.padding is not None:
        padding = (layer.padding, layer.padding)
    planned = slide(site, padding, CONV)
    filters = width * planned.pieces
    weights = prod(planned.kernel) * (channels // groups) * filters
    places = planned.output[1:]
    return site.result(
        replace(
            planned,
            output=(filters, *places),
            parameters=weights + (filters if planned.bias else 0),
            multiply_adds=weights * prod(places),
        )
    )


def fully_connected(site: Site) -> tuple[PlannedLayer, Signal]:
    """(numbers of an example) x width products."""
    units = site.width * site.planned.pieces
    weights = prod(site.signal.shape) * units
    planned = replace(
        site.planned,
        output=(units,),
        parameters=weights + (units if site.planned.bias else 0),
        multiply_adds=weights,
        receptive_field=site.signal.joined(),
    )
    return site.result(planned, places=(1, 1))


def saved_when_flattened(layer: PlannedLayer) -> Saved:
    """The input, or a copy of it: to flatten maps in channels-last order means to copy them."""
    copied = prod(layer.input[1:]) > 1
    return Saved(more=size(layer.input)) if copied else Saved(input=True)


def initial(layer: PlannedLayer, rectified: bool) -> float:
    """Standard deviation of the first weights.

    √(2 / fan-in) before a ReLU or a relative of one (He et al. 2015, equation 10), else √(2 / (fan-in + fan-out))
    (Glorot, Bengio 2010, equation 12).
    """
    if layer.name == "FC":
        fan_in, fan_out = prod(layer.input), layer.output[0]
    else:
        window = prod(layer.kernel)
        fan_in, fan_out = layer.input[0] // layer.groups * window, layer.output[0] // layer.groups * window
    variance = 2 / fan_in if rectified else 2 / (fan_in + fan_out)
    return float(variance**0.5)


CONV = Kind(
    "affine",
    "convolution: 32 filters of 3×3, the running width; stride 1, padding that keeps the size",
    convolution,
    saves(input=True),
    kernel=3,
    width=32,
    suffixes="/PGDB",
    initial=initial,
    aliases=("CONVOLUTION",),
)
FC = Kind(
    "affine",
    "affine layer: 128 units, each on all numbers of an example; flattens maps",
    fully_connected,
    saved_when_flattened,
    width=128,
    suffixes="B",
    initial=initial,
    aliases=("LINEAR", "DENSE", "AFFINE"),
)
AFFINE = {"CONV": CONV, "FC": FC}
