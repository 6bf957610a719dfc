"""Columns whose words a network learns itself, and the vocabulary that gives each word a number.

A row is a sentence of words: first a word for each number, category and date, such as "colour=red" or "age 30 to 40",
then the words of its texts. A word that stands in few training rows, and one that training has not seen, share the
number of `OTHER`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from wxb.data.tables.described import Described
from wxb.data.tables.window import MOST_OF_WORD, features_of, parted
from wxb.data.tables.words import words
from wxb.tasks.tags import BETWEEN
from wxb.text import count

NONE, OTHER, FIRST = 0, 1, 2  # numbers of no word, of one that is not in the vocabulary, and of its first
LEAST_ROWS, MOST_LEAST = 2, 10  # training rows that a word must stand in, by how much is left for `OTHER`
SEEN, MUCH = 0.02, 0.1  # share of the training words that `OTHER` must stand for, to be learned, and may
MOST_WORDS = 20_000  # of a vocabulary, those in most rows
MOST_FEATURES = 16_384  # of WINDOW
MOST_PLACES = 256  # words of a text that a network reads
LEAST_PLACES = 8
MORE = 2  # times as many words as the longest sentence of training may a sentence of tokens have


class Words(Described, frozen=True, tag="words"):
    """A column of texts, or of sentences of tokens, whose words are learned."""

    different: int  # texts in all rows
    average: float  # words of a text
    # the columns of words, parts of speech and sentences of a table of tokens; empty for texts. The words of a sentence
    # are given, with `BETWEEN` between them, and their capitals count
    tokens: tuple[str, ...] = ()
    window: bool = False  # whether the features that WINDOW reads are there

    def facts(self) -> dict[str, object]:
        """The column as an object of JSON."""
        return super().facts() | {"different": self.different, "words": round(self.average, 1)}

    def holds(self) -> str:
        """Its content in a few words."""
        return f"texts of {self.average:.3g} words, {count(self.different)} different"

    @property
    def between(self) -> str:
        """What stands between its words."""
        return BETWEEN if self.tokens else " "

    def words_of(self, text: str) -> list[str]:
        """The words of one of its texts."""
        return text.split(BETWEEN) if self.tokens else words(text)


class Vocabulary(msgspec.Struct, frozen=True):
    """The words that have a number of their own, and how many places a sentence has."""

    words: tuple[str, ...]  # in the order of their numbers, the most frequent first
    places: int
    features: tuple[str, ...] = ()  # of WINDOW, the most frequent first
    whole: bool = False  # whether a longer sentence is an error, since each of its words has a tag

    @property
    def shape(self) -> tuple[int, int]:
        """(words with numbers, places): the shape of an example for a network."""
        return len(self.words) + 1, self.places

    @property
    def array(self) -> tuple[int, int]:
        """(channels, places): the shape of the array that holds an example, its words and their features for WINDOW."""
        return 1 + (MOST_OF_WORD if self.features else 0), self.places


def fit_words(
    name: str, texts: Sequence[str], codes: NDArray[np.int64], tokens: tuple[str, ...], window: bool
) -> Words:
    """A column of words; `codes` (n,) are the rows' places in `texts`, -1 for none."""
    column = Words(name, int((codes < 0).sum()), len(texts), 0.0, tokens, window)
    lengths = [len(column.words_of(text)) for text in texts]
    return msgspec.structs.replace(column, average=float(np.mean(lengths)) if lengths else 0.0)


def fit_vocabulary(sentences: Sequence[list[str]], train: NDArray[np.int64], whole: bool, window: bool) -> Vocabulary:
    """The vocabulary of the training rows; the number of places is that of the longest of all rows.

    Of sentences of tokens, which are read `whole`, there is room for longer ones.
    """
    often: Counter[str] = Counter()  # rows that a word stands in,
    tokens: Counter[str] = Counter()  # and how often it stands there
    features: Counter[str] = Counter()
    for row in train.tolist():
        some = [parted(token)[0] for token in sentences[row]]
        often.update(set(some))
        tokens.update(some)
        if window:
            features.update(feature for some in features_of(sentences[row]) for feature in some)
    longest = max(map(len, sentences), default=0)
    places = MORE * longest if whole else min(longest, MOST_PLACES)
    return Vocabulary(
        _frequent(often, MOST_WORDS, _least(often, tokens)),
        max(places, LEAST_PLACES),
        _frequent(features, MOST_FEATURES, LEAST_ROWS),
        whole,
    )


def _least(often: Counter[str], tokens: Counter[str]) -> int:
    """The rows that a word must stand in: two, and more where `OTHER` would be too rare in training to be learned.

    In many sentences of few different words every word stands in two rows. The network would then meet `OTHER` for the
    first time where it is asked about new words.
    """
    for least in range(LEAST_ROWS, MOST_LEAST + 1):
        share = sum(tokens[one] for one in often if often[one] < least) / (tokens.total() or 1)
        if share >= SEEN:
            return least if share <= MUCH else max(least - 1, LEAST_ROWS)
    return MOST_LEAST


def _frequent(often: Counter[str], most: int, least: int) -> tuple[str, ...]:
    kept = sorted((one for one in often if often[one] >= least), key=lambda one: (-often[one], one))
    return tuple(kept[:most])


Reader = Callable[[float], Sequence[str]]  # of the number that a row has in a column


def piece_of(name: str, edges: Sequence[float], median: float) -> Reader:
    """A number as a word that names the piece between two edges in which it lies."""
    bounds = list(edges[1:-1]) or [median]
    names = [f"{name} {low:g} to {high:g}" for low, high in pairwise(edges)] or [f"{name} below", f"{name} above"]
    return lambda value: [f"{name} (missing)" if value != value else names[bisect_right(bounds, value)]]


def value_of(name: str, codes: Mapping[str, int]) -> Reader:
    """A category as a word."""
    known = {code: f"{name}={value}" for value, code in codes.items()}
    return lambda value: [f"{name} (missing)" if value != value else known.get(int(value), f"{name} (other)")]


def words_at(column: Words, texts: Sequence[str]) -> Reader:
    """The words of a text."""
    known: dict[float, list[str]] = {}

    def read(value: float) -> list[str]:
        if value != value:
            return [f"{column.name} (missing)"]
        if value not in known:
            known[value] = column.words_of(texts[int(value)])
        return known[value]

    return read


def sentences_of(rows: NDArray[np.float64], readers: Sequence[tuple[int, Reader]]) -> Iterator[list[str]]:
    """The words of each row (columns,), by the place and the reader of each column."""
    for row in rows:
        yield [word for place, read in readers for word in read(float(row[place]))]


def as_read(text: str) -> str:
    """A text of a table for people: of a sentence of tokens its words with blanks between them."""
    return " ".join(parted(token)[0] for token in text.split(BETWEEN))
