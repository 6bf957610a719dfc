"""Recurrent layers: one place of a sequence after the other, in both directions."""

from __future__ import annotations

from math import prod

from ..tree import PlannedLayer, replace
from .kind import FLOAT32, Kind, Saved, Signal, Site

GATES = 3  # of a GRU: reset, update, new
KEPT = 7  # numbers that a unit of a GRU keeps at each place: its gates, what they were made of, its state before


def recurrent(site: Site) -> tuple[PlannedLayer, Signal]:
    """A GRU in both directions, half of the width each: gates from what comes in and from the state before."""
    if len(site.trail[0]) == 1 or (len(site.trail[0]) == 3 and site.signal.shape[-1] != 1):
        what = f"{site.word} reads one place of a sentence after the other, and the data hold no words"
        raise site.misfit(what, "FC for data that are vectors, CONV for maps")
    site.need_maps()
    channels, places, columns = site.signal.shape
    if columns != 1:
        what = f"{site.word} reads a sequence, and its input has {columns} columns"
        raise site.misfit(what, "EMBED-64 first, which makes one column of a sentence")
    if site.width % 2:
        what = f"the width of {site.word} is odd: half of it is for each direction"
        raise site.misfit(what, f"RNN-{site.width + 1}")
    units = site.width // 2
    products = 2 * GATES * units * (channels + units)
    planned = replace(
        site.planned,
        output=(site.width, places, 1),
        parameters=products + 2 * 2 * GATES * units,  # torch's GRU has two biases for each gate
        multiply_adds=products * places,
        bias=True,
        receptive_field=site.signal.joined(),
    )
    return site.result(planned)


def saved(layer: PlannedLayer) -> Saved:
    """The input, the output, and the gates of every unit at every place."""
    return Saved(input=True, output=True, more=FLOAT32 * KEPT * prod(layer.output))


def initial(layer: PlannedLayer, rectified: bool) -> float:
    """Standard deviation of the first weights: of numbers evenly spread within ±1/√units, as is usual for a GRU."""
    return float((1 / (3 * (layer.output[0] // 2))) ** 0.5)


RECURRENT = {
    "RNN": Kind(
        "recurrent",
        "recurrent: a GRU (Cho et al. 2014) along a sequence in both directions, 32 units each, 64 numbers a place",
        recurrent,
        saved,
        width=64,
        initial=initial,
        aliases=("GRU", "LSTM", "BIGRU", "RECURRENT"),
    )
}
