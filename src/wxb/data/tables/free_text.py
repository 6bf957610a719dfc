"""A column of free text, and the terms that its texts become."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from math import log

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from wxb.data.tables.described import Described
from wxb.data.tables.words import pieces, words
from wxb.text import count

Rows = NDArray[np.int64]

LEAST_ROWS = 2  # training rows that a term must stand in: what stands in one alone is learned by heart
MOST_WORDS, MOST_PIECES = 4_000, 8_000  # terms of a column, those in most rows
WORDS_OF_TEXT = (
    5.0  # that begin with a letter, on average, from which a column holds texts rather than names or numbers of things
)


class FreeText(Described, frozen=True, tag="text"):
    """A column of free text: a feature per term of the training rows.

    Terms are words, and runs of 2 to 5 characters in them (`wxb.data.tables.words`), each with a weight of ln((1 + n) /
    (1 + rows with it)) + 1 for n training rows. A term that stands t times in a text counts (1 + ln t) times its weight
    there, and words and runs are each brought to length 1 (TF-IDF as scikit-learn's TfidfVectorizer computes it).
    """

    different: int  # texts in all rows
    average: float  # words of a text of the training rows
    words: tuple[str, ...]  # in the order of their rows, the most frequent first
    word_weights: tuple[float, ...]
    runs: tuple[str, ...]
    run_weights: tuple[float, ...]
    indicator: bool  # whether some training rows have none

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features: "text: free" for a word, "text: fre…" for a run of characters."""
        terms = tuple(f"{self.name}: {word}" for word in self.words)
        runs = tuple(f"{self.name}: …{run}…" for run in self.runs)
        return terms + runs + (f"{self.name} (missing)",) * self.indicator

    def facts(self) -> dict[str, object]:
        """The column as an object of JSON."""
        return super().facts() | {"different": self.different, "words": round(self.average, 1)}

    def holds(self) -> str:
        """Its content in a few words."""
        return f"texts of {self.average:.3g} words, {count(self.different)} different"


def is_text(texts: Sequence[str]) -> bool:
    """Whether these different values of a column are texts, by their words, rather than names or numbers of things."""
    sample = texts[:: max(1, len(texts) // 500)]
    found = sum(word[0].isalpha() for one in sample for word in words(one))
    return bool(sample) and found / len(sample) >= WORDS_OF_TEXT


def fit_text(name: str, texts: Sequence[str], codes: Rows, train: Rows) -> FreeText:
    """A column of free text fitted on its training rows; `codes` (n,) are the rows' places in `texts`, -1 for none."""
    own = codes[train]
    there = own[own >= 0]
    often = np.bincount(there, minlength=len(texts))
    read = {code: words(texts[code]) for code in np.flatnonzero(often).tolist()}
    of_words: Counter[str] = Counter()
    of_runs: Counter[str] = Counter()
    of_word = cache(pieces)
    for code, some in read.items():
        different, rows = set(some), int(often[code])
        for term in different:
            of_words[term] += rows
        for term in set().union(*map(of_word, different)):
            of_runs[term] += rows
    lengths = np.repeat([len(some) for some in read.values()], [often[code] for code in read])
    return FreeText(
        name,
        int((codes < 0).sum()),
        len(texts),
        float(lengths.mean()) if len(lengths) else 0.0,
        *_weighed(of_words, MOST_WORDS, len(there)),
        *_weighed(of_runs, MOST_PIECES, len(there)),
        0 < len(there) < len(train),
    )


def _weighed(often: Counter[str], most: int, rows: int) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The terms that stand in most rows, and the weight of each."""
    kept = sorted((term for term in often if often[term] >= LEAST_ROWS), key=lambda term: (-often[term], term))[:most]
    return tuple(kept), tuple(log((1 + rows) / (1 + often[term])) + 1 for term in kept)


class Bags:
    """The features of texts: of text i the `values` at `places` from `starts[i]` to `starts[i + 1]`; others are 0.

    An array (texts, width) of which only what is not 0 takes memory.
    """

    def __init__(self, width: int, texts: Iterable[tuple[NDArray[np.int64], NDArray[np.float64]]]) -> None:
        found = list(texts)
        self.width = width
        self.starts = np.concatenate([[0], np.cumsum([len(places) for places, _ in found])]).astype(np.int64)
        self.places = np.concatenate([np.zeros(0, np.int64), *(places for places, _ in found)])
        self.values = np.concatenate([np.zeros(0), *(values for _, values in found)]).astype(np.float32)

    def digests(self, codes: NDArray[np.float64]) -> list[bytes]:
        """A digest of the features of each text with these codes (n,), NaN for none; equal for equal features."""
        found = {}
        for code in np.unique(codes[~np.isnan(codes)]).astype(np.int64).tolist():
            own = slice(self.starts[code], self.starts[code + 1])
            found[code] = blake3(self.places[own].tobytes() + self.values[own].tobytes()).digest(16)
        return [b"" if code != code else found[int(code)] for code in codes.tolist()]

    def fill(self, out: NDArray[np.float32], codes: NDArray[np.float64]) -> None:
        """Write the features of the texts with these codes (n,), NaN for none, into `out` (n, width) of zeros."""
        rows = np.flatnonzero(~np.isnan(codes))
        some = codes[rows].astype(np.int64)
        lengths = self.starts[some + 1] - self.starts[some]
        first = np.repeat(self.starts[some] - (np.cumsum(lengths) - lengths), lengths)
        taken = first + np.arange(int(lengths.sum()))
        out[np.repeat(rows, lengths), self.places[taken]] = self.values[taken]


def bags(column: FreeText, texts: Sequence[str]) -> Bags:
    """The features of texts, without the one for missing texts: the weights of terms."""
    of_words = {word: place for place, word in enumerate(column.words)}
    of_runs = {run: place for place, run in enumerate(column.runs, len(of_words))}
    weights = np.array((*column.word_weights, *column.run_weights))

    @cache
    def runs_in(word: str) -> list[int]:
        return [of_runs[run] for run in pieces(word) if run in of_runs]

    def terms(text: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        some = words(text)
        whole = Counter(of_words[word] for word in some if word in of_words)
        runs = Counter(chain.from_iterable(map(runs_in, some)))
        blocks = [_block(whole, weights), _block(runs, weights)]
        places, values = (np.concatenate(part) for part in zip(*blocks, strict=True))
        return places, values

    return Bags(len(weights), map(terms, texts))


def _block(often: Counter[int], weights: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The places of the terms of a text, and their weights there, of length 1; `often` says how often each stands."""
    places = np.fromiter(often, np.int64, len(often))
    values = (1 + np.log(np.fromiter(often.values(), np.float64, len(often)))) * weights[places]
    return places, values / max(float(np.sqrt(values @ values)), 1e-12)
