"""The words that count: what the scores of a network lose if a word is taken out of a text.

This asks the network itself, whatever its layers are, and a word counts with all that is made of it: its term, the runs
of characters in it, its place in the order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Dataset
from wxb.data.split import thinned
from wxb.data.tables.free_text import FreeText
from wxb.data.tables.inputs import prepared
from wxb.data.tables.vocabulary import Words
from wxb.data.tables.words import words
from wxb.learning.inference import logits
from wxb.tasks import TASKS
from wxb.tasks.task import Task

if TYPE_CHECKING:
    from wxb.data.tables.columns import Preparation
    from wxb.learning.machine import Machine
    from wxb.network.build import Model

MOST_TEXTS, MOST_VARIANTS = 400, 6_000  # that are looked at, evenly over the classes; texts without one of their words
MOST_WORDS = 200  # different ones of a text that are taken out
LEAST_TEXTS = 3  # that hold a word; what a single one shows may be chance
SHOWN = 10  # words of a class

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Telling:
    """A word that speaks for a class, or raises a number."""

    word: str
    effect: float  # what the score loses without the word, as the mean of the texts with it
    texts: int  # of those looked at that hold it
    column: str


@dataclass(frozen=True, eq=False)
class Texts:
    """Rows of a table with columns of text: numbers (n, columns), of a text its place in `texts`, by column."""

    rows: NDArray[Any]
    texts: Mapping[str, Sequence[str]]
    preparation: Preparation
    task: Task

    def words_of(self, row: int, column: FreeText | Words) -> list[str]:
        """The words of a row's text in a column; none where there is no text."""
        code = self.rows[row, self.preparation.names.index(column.name)]
        if code != code:  # NaN
            return []
        text = self.texts[column.name][int(code)]
        return words(text) if isinstance(column, FreeText) else column.words_of(text)

    def scores(
        self, model: Model, machine: Machine, rows: NDArray[Any], texts: Mapping[str, Sequence[str]]
    ) -> NDArray[np.float64]:
        """What a network gives for rows (n, columns): (n, outputs)."""
        return logits(model, prepared(rows, self.preparation, texts), machine).numpy().astype(np.float64)

    def without_each(self, model: Model, machine: Machine, rows: Rows, column: FreeText | Words) -> Without:
        """What the scores of some rows lose without each word of their texts.

        A word that stands in a text several times is taken out everywhere. Of a text at most 200 different words are
        taken out; the last rows are left out if there are more than 6,000 texts without one of their words.
        """
        between = " " if isinstance(column, FreeText) else column.between
        of_row: list[int] = []
        taken: list[str] = []
        variants: list[str] = []
        for row in rows.tolist():
            some = self.words_of(row, column)
            different = list(dict.fromkeys(some))[:MOST_WORDS]
            if len(variants) + len(different) > MOST_VARIANTS:
                break
            for word in different:
                of_row.append(row)
                taken.append(word)
                variants.append(between.join(one for one in some if one != word))
        places = np.array(of_row, np.int64)
        if not variants:
            return Without(places, (), np.empty((0, model.plan.outputs)))
        changed = self.rows[places].astype(np.float64)
        changed[:, self.preparation.names.index(column.name)] = np.arange(len(variants))
        originals, which = np.unique(places, return_inverse=True)
        whole = self.scores(model, machine, self.rows[originals], self.texts)[which]
        lost = whole - self.scores(model, machine, changed, {**self.texts, column.name: tuple(variants)})
        if lost.shape[1] > 1 and not self.task.standardized:
            lost -= lost.mean(axis=1, keepdims=True)
        return Without(places, tuple(taken), lost)


@dataclass(frozen=True, eq=False)
class Without:
    """What the scores of texts lose without each of their words: n pairs of a row and a word of its text."""

    rows: Rows  # (n,)
    words: tuple[str, ...]  # (n,)
    lost: NDArray[np.float64]  # (n, outputs), of classes above the mean of all


def telling(model: Model, data: Dataset, machine: Machine) -> dict[str, tuple[Telling, ...]]:
    """The words that speak most for each class, label or target, by its name; empty without free text.

    The effect of a word on a class is what its score, above the mean of all classes, loses without the word, as the
    mean of the test texts (else those of training) that hold it, which are at least three. The words are in the order
    of their effects times the square root of the number of these texts: what few texts show is less sure.
    """
    preparation, columns = data.preparation, data.columns
    if preparation is None or columns is None or TASKS[data.task].of_words:
        return {}
    rows, read = _chosen(data), Texts(data.examples, columns.texts, preparation, TASKS[data.task])
    found: dict[str, list[Telling]] = defaultdict(list)
    for column in preparation.texts:
        without = read.without_each(model, machine, rows, column)
        for name, facts in _means(without, data.classes, column.name).items():
            found[name] += facts
    return {name: _first(found[name]) for name in data.classes if found[name]}


def _first(facts: list[Telling]) -> tuple[Telling, ...]:
    return tuple(sorted(facts, key=lambda one: (-one.effect * one.texts**0.5, one.word))[:SHOWN])


def _chosen(data: Dataset) -> Rows:
    """Test rows, as many of each class as far as there are some."""
    rows = data.split.test if len(data.split.test) else data.split.train
    strata, names = TASKS[data.task].strata(data.targets, data.classes)
    each = max(1, MOST_TEXTS // len(names))
    parts = (rows[strata[rows] == stratum] for stratum in range(len(names)))
    return np.sort(np.concatenate([thinned(part, each) for part in parts]))[:MOST_TEXTS]


def _means(without: Without, names: Sequence[str], column: str) -> dict[str, list[Telling]]:
    """The words with a positive effect in the mean of their texts, by class."""
    by_word = defaultdict(list)
    for variant, word in enumerate(without.words):
        by_word[word].append(variant)
    found: dict[str, list[Telling]] = defaultdict(list)
    for word, variants in by_word.items():
        if len(variants) < LEAST_TEXTS:
            continue
        for name, effect in zip(names, without.lost[variants].mean(axis=0).tolist(), strict=True):
            if effect > 0:
                found[name].append(Telling(word, round(effect, 4), len(variants), column))
    return found
