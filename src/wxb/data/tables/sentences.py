"""The rows of a table as sentences of numbered words, for networks that read words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wxb.data.tables.columns import Category, Number, Preparation
from wxb.data.tables.encoding import Prepared, encoding
from wxb.data.tables.vocabulary import (
    FIRST,
    NONE,
    OTHER,
    Reader,
    Vocabulary,
    Words,
    fit_vocabulary,
    piece_of,
    sentences_of,
    value_of,
    words_at,
)
from wxb.data.tables.window import MOST_OF_WORD, features_of, parted
from wxb.errors import WxbError
from wxb.text import count


class Sentences(Prepared):
    """Sentences (n, channels, places) float32, made whenever some are asked for; see `wxb.network.layers.tokens`.

    `Prepared.rows` are those of the table, whose words are numbered once.
    """

    ndim = 3

    def __init__(self, rows: NDArray[Any], preparation: Preparation, texts: Mapping[str, Sequence[str]]) -> None:
        super().__init__(rows, encoding(preparation))
        assert preparation.vocabulary is not None
        self.vocabulary: Vocabulary = preparation.vocabulary
        number = {word: place for place, word in enumerate(self.vocabulary.words, FIRST)}
        feature = {name: place for place, name in enumerate(self.vocabulary.features, 1)}
        self.lengths = np.zeros(len(rows), np.int64)
        self.cut = 0  # sentences of which only the first words are read
        words: list[int] = []
        features: list[list[int]] = []
        for row, sentence in enumerate(spoken(rows, preparation, texts)):
            if self.vocabulary.whole and len(sentence) > self.vocabulary.places:
                raise too_long(row, len(sentence), self.vocabulary.places)
            self.cut += len(sentence) > self.vocabulary.places
            kept = sentence[: self.vocabulary.places] or [""]
            self.lengths[row] = len(kept)
            words += [number.get(parted(word)[0], OTHER) for word in kept]
            if feature:
                known = ([feature[name] for name in some if name in feature] for some in features_of(kept))
                features += [sorted(some)[:MOST_OF_WORD] for some in known]
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)]).astype(np.int64)
        self.words = np.array(words, np.int64)
        self.features = np.zeros((len(words) if feature else 0, max(map(len, features), default=0)), np.int32)
        for place, some in enumerate(features):
            self.features[place, : len(some)] = some

    @property
    def channels(self) -> int:
        """The word, and its features for WINDOW."""
        return self.vocabulary.array[0]

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, channels, places)."""
        return len(self.rows), self.channels, self.vocabulary.places

    @property
    def nbytes(self) -> int:
        """Bytes of all sentences together."""
        return 4 * int(np.prod(self.shape))

    def __getitem__(self, rows: Any) -> NDArray[np.float32]:
        """These sentences: (n, channels, places), or (channels, places) of a single one."""
        chosen = np.arange(len(self.rows))[rows]
        if chosen.ndim == 0:
            return np.asarray(self[[int(chosen)]][0], np.float32)
        out = np.full((len(chosen), self.channels, self.vocabulary.places), NONE, np.float32)
        lengths = self.lengths[chosen]
        row = np.repeat(np.arange(len(chosen)), lengths)
        place = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        taken = np.repeat(self.starts[chosen], lengths) + place
        out[row, 0, place] = self.words[taken]
        if len(self.features):
            out[row, 1 : 1 + self.features.shape[1], place] = self.features[taken]
        return out

    def counts(self, rows: NDArray[np.int64]) -> Any:
        """The words of these rows as a sparse array (n, words) of SciPy: 1 + ln(times) of each, brought to length 1."""
        from scipy.sparse import csr_array

        lengths = self.lengths[rows]
        place = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        words = self.words[np.repeat(self.starts[rows], lengths) + place] - OTHER
        ends = np.concatenate([[0], np.cumsum(lengths)])
        made = csr_array((np.ones(len(words)), words, ends), shape=(len(rows), self.vocabulary.shape[0]))
        made.sum_duplicates()
        made.data = 1 + np.log(made.data)
        norm = np.sqrt(made.multiply(made).sum(axis=1))
        made.data /= np.repeat(norm, np.diff(made.indptr))
        return made

    def most_frequent(self, rows: NDArray[np.int64], targets: NDArray[np.int64], among: int) -> NDArray[np.int64]:
        """The target that each number of a word has most often in these rows, (numbers,); targets are (rows, places).

        A word that none of them has gets the target that is most frequent of all.
        """
        row, place = np.nonzero(targets >= 0)
        words = self[rows][:, 0].astype(np.int64)[row, place]
        often = np.zeros((self.vocabulary.shape[0] + OTHER, among), np.int64)
        np.add.at(often, (words, targets[row, place]), 1)
        best: NDArray[np.int64] = np.where(often.any(axis=1), often.argmax(axis=1), often.sum(axis=0).argmax())
        return best


def too_long(row: int, words: int, most: int) -> WxbError:
    """The error for a sentence that has more words than the network reads."""
    return WxbError(
        f"sentence {count(row)} (from 0) has {count(words)} words; the network reads at most {count(most)}",
        "that is twice as many as the longest sentence of training had",
        "split it into sentences",
    )


def spoken(rows: NDArray[Any], preparation: Preparation, texts: Mapping[str, Sequence[str]]) -> Sequence[list[str]]:
    """The words of each row. `texts` are those that the numbers of a column of words stand for, by its name."""
    places = {name: place for place, name in enumerate(preparation.names)}
    readers: list[tuple[int, Reader]] = []
    for column in sorted(preparation.used, key=lambda one: isinstance(one, Words)):
        if isinstance(column, Number):
            read = piece_of(column.name, column.edges, column.median)
        elif isinstance(column, Category):
            read = value_of(column.name, column.code)
        elif isinstance(column, Words):
            read = words_at(column, texts[column.name])
        else:
            continue
        readers.append((places[column.name], read))
    return list(sentences_of(rows, readers))


def with_vocabulary(
    preparation: Preparation, rows: NDArray[Any], train: NDArray[np.int64], texts: Mapping[str, Sequence[str]]
) -> Preparation:
    """The preparation with the vocabulary of its training rows, if it has columns of words."""
    import msgspec

    own = [column for column in preparation.used if isinstance(column, Words)]
    if not own:
        return preparation
    whole, window = any(bool(column.tokens) for column in own), any(column.window for column in own)
    vocabulary = fit_vocabulary(spoken(rows, preparation, texts), train, whole, window)
    return msgspec.structs.replace(preparation, vocabulary=vocabulary)
