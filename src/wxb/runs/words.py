"""The words that count for a class, as a report holds them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class WordFacts(Struct, frozen=True):
    """A word that speaks for a class, or raises a number."""

    word: str
    effect: Annotated[float, Meta(description="what the score loses without the word, mean of the texts with it")]
    texts: Annotated[int, Meta(ge=1, description="of those looked at that hold it")]
    column: str
