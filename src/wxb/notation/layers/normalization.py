"""Normalization: over a batch, over neighbouring channels."""

from __future__ import annotations

from ..tree import PlannedLayer, replace
from .kind import Kind, Saved, Signal, Site, saves, size

LRN_STEPS = 3  # maps that LRN keeps between its input and its output: squares, their mean, its power


def batch(site: Site) -> tuple[PlannedLayer, Signal]:
    """A scale and a shift per channel."""
    return site.result(replace(site.planned, parameters=2 * site.signal.shape[0]))


def maps(site: Site) -> tuple[PlannedLayer, Signal]:
    """The same shape, of maps only."""
    site.need_maps()
    return site.result(site.planned)


def saved_by_lrn(layer: PlannedLayer) -> Saved:
    """The input and the steps on the way to the output."""
    return Saved(input=True, more=LRN_STEPS * size(layer.output))


NORMALIZATION = {
    "BN": Kind("normalization", "batch normalization", batch, saves(input=True), aliases=("BATCHNORM",)),
    "LRN": Kind(
        "normalization",
        "local response normalization of 2012: n = 5, α = 10⁻⁴, β = 0.75, k = 2",
        maps,
        saved_by_lrn,
    ),
}
