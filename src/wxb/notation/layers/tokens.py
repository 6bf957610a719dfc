"""Layers that read words: each place of a sentence becomes numbers. `wxb.network.layers.tokens` computes them."""

from __future__ import annotations

from ..tree import PlannedLayer, replace
from .kind import Kind, Saved, Signal, Site, saves

FIX = "EMBED-64 first in the network, or first in a branch of a CAT that is first"


def _sentence(site: Site) -> tuple[int, int]:
    """(words of the vocabulary, places) of the input. Raises WxbError unless the layer reads words."""
    if len(site.trail[0]) != 2:
        raise site.misfit(
            f"{site.layer.name} reads words, and the data hold no words", "FC or CONV, which read numbers"
        )
    if len(site.signal.shape) != 2:
        raise site.misfit(f"{site.layer.name} reads words, and what comes is no words any more", FIX)
    words, places = site.signal.shape
    return words, places


def embedded(site: Site) -> tuple[PlannedLayer, Signal]:
    """Maps of one column, a row for each place; a vector of numbers for each word of the vocabulary."""
    words, places = _sentence(site)
    planned = replace(site.planned, output=(site.width, places, 1), parameters=words * site.width)
    return site.result(planned)


def around(site: Site) -> tuple[PlannedLayer, Signal]:
    """Maps of one column, a row for each place, of so many features that are 0 or 1."""
    _, places = _sentence(site)
    side = 2 * WINDOW_SIDE + 1
    return site.result(replace(site.planned, output=(site.width, places, 1), receptive_field=(side, 1)))


def initial(layer: PlannedLayer, rectified: bool) -> float:
    """Standard deviation of the first numbers of a word."""
    return EMBED_STD


WINDOW_SIDE = 4  # words to the left and to the right that WINDOW looks at
EMBED_STD = 0.3
TOKENS = {
    "EMBED": Kind(
        "tokens",
        "words: 64 numbers for each word of the vocabulary, learned",
        embedded,
        saves(input=True),
        width=64,
        initial=initial,
        aliases=("EMBEDDING", "LOOKUP"),
    ),
    "WINDOW": Kind(
        "tokens",
        "designed feature: of each word the 4,096 most frequent of eight kinds of features: the word, those before and "
        "after it, its runs of characters, its tag, the tags around, its shape, the shapes around, and the words in a "
        "window of 4 to the left and to the right",
        around,
        lambda layer: Saved(),
        width=4096,
    ),
}
