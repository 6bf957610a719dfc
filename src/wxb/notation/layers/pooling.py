"""Pooling: one number for each window of a map, or for a whole map."""

from __future__ import annotations

from math import prod

from ..tree import Layer, PlannedLayer, replace
from ..write import layer_text
from .kind import INT64, Kind, Problem, Saved, Signal, Site, saves
from .window import slide


def windows(site: Site) -> tuple[PlannedLayer, Signal]:
    """Each channel by itself."""
    site.need_maps()
    padding = site.layer.padding or 0
    return site.result(slide(site, (padding, padding), POOL))


def whole_maps(site: Site) -> tuple[PlannedLayer, Signal]:
    """A vector with one number per channel."""
    site.need_maps()
    planned = replace(site.planned, output=site.signal.shape[:1], receptive_field=site.signal.joined())
    return site.result(planned, places=(1, 1))


def saved_by_maximum(layer: PlannedLayer) -> Saved:
    """The input, and the place of each maximum."""
    return Saved(input=True, more=INT64 * prod(layer.output))


def problem(layer: Layer) -> Problem | None:
    """A stride that is missing, a padding that is too large."""
    kernel = layer.kernel or (2, 2)
    if kernel[0] != kernel[1] and layer.stride is None:
        repaired = layer_text(layer) + f"/{min(kernel)}"
        what = f"{layer.name} with a kernel that is not square needs its stride; write {repaired}"
        return Problem(what, repaired=repaired)
    if 2 * (layer.padding or 0) > min(kernel):
        what = f"the padding of a pooling is at most half its kernel, not {layer.padding}"
        return Problem(what, f"p{min(kernel) // 2} at most")
    return None


POOL = Kind(
    "pooling",
    "maximum of each window of 2×2; the stride is the kernel, no padding",
    windows,
    saved_by_maximum,
    kernel=2,
    suffixes="/PC",
    problem=problem,
    aliases=("MAXPOOL", "MAXPOOLING"),
)
AVGPOOL = Kind(
    "pooling",
    "average of each window of 2×2; pixels of the padding do not count",
    windows,
    saves(input=True),
    kernel=2,
    suffixes="/PC",
    problem=problem,
    aliases=("MEANPOOL", "AVERAGEPOOL"),
)
GAP = Kind("pooling", "global average: the mean of each map, as a vector", whole_maps)
GMP = Kind(
    "pooling",
    "global maximum: the greatest number of each map, as a vector",
    whole_maps,
    lambda layer: Saved(more=INT64 * prod(layer.output)),
)
POOLING = {"POOL": POOL, "AVGPOOL": AVGPOOL, "GAP": GAP, "GMP": GMP}
