"""Remarks on how the columns of a table are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wxb.data.tables.choices import KEPT
from wxb.text import count, first_of


def forms(examples: Sequence[str]) -> tuple[str, ...]:
    """The remark on how columns are read, by an example of each; an empty one needs no word."""
    shown = [example for example in examples if example]
    return (f"read as numbers and dates: {first_of(shown)}",) if shown else ()


def missing_words(words: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
    """The remark on words that are taken for none in columns of texts, by column."""
    if not words:
        return ()
    listed = [
        f"{name} ({', '.join(f'{count(often)} {word}' for word, often in of_it.items())})"
        for name, of_it in words.items()
    ]
    first = next(word for of_it in words.values() for word in of_it)
    return (f'taken as missing: {first_of(listed)}; if {first} is a value: `missing="{first}{KEPT}"`',)


def doubts(name: str, doubts: Sequence[str]) -> tuple[str, ...]:
    """The remark on numbers that could have another decimal mark; an empty doubt is none."""
    shown = [doubt for doubt in doubts if doubt]
    what = f"no column of {name} tells whether a mark is decimal or separates thousands in {first_of(shown)}"
    return (f"{what}; to be sure, write them as 1234.5",) if shown else ()
