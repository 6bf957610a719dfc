"""The words that count: what the scores of a network lose if a word is taken out of a text.

This asks the network itself, whatever its layers are, and a word counts with all that is made of it: its term, the runs
of characters in it, its place in the order.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
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


def telling(model: Model, data: Dataset, machine: Machine) -> dict[str, tuple[Telling, ...]]:
    """The words that speak most for each class, label or target, by its name; empty without free text.

    The effect of a word on a class is what its score, above the mean of all classes, loses without the word, as the
    mean of the test texts (else those of training) that hold it, which are at least three. The words are in the order
    of their effects times the square root of the number of these texts: what few texts show is less sure.
    """
    preparation, columns = data.preparation, data.columns
    if preparation is None or columns is None or TASKS[data.task].of_words:
        return {}
    rows = _chosen(data)
    found: dict[str, list[Telling]] = defaultdict(list)
    for column in preparation.texts:
        for name, facts in _of_column(model, data, machine, rows, column).items():
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


def _of_column(
    model: Model, data: Dataset, machine: Machine, rows: Rows, column: FreeText | Words
) -> dict[str, list[Telling]]:
    """The words of one column with a positive effect, by class."""
    assert data.preparation is not None
    assert data.columns is not None
    place = data.preparation.names.index(column.name)
    texts = data.columns.texts[column.name]
    read, between = (words, " ") if isinstance(column, FreeText) else (column.words_of, column.between)
    of_row: list[int] = []
    taken: list[str] = []
    variants: list[str] = []
    for row in rows.tolist():
        code = data.examples[row, place]
        some = read(texts[int(code)]) if code == code else []  # NaN: there is no text
        different = list(dict.fromkeys(some))[:MOST_WORDS]
        if len(variants) + len(different) > MOST_VARIANTS:
            break
        for word in different:
            of_row.append(row)
            taken.append(word)
            variants.append(between.join(one for one in some if one != word))
    if not variants:
        return {}
    places = np.array(of_row)
    changed = data.examples[places].astype(np.float64)
    changed[:, place] = np.arange(len(variants))
    without = prepared(changed, data.preparation, {**data.columns.texts, column.name: tuple(variants)})
    originals, which = np.unique(places, return_inverse=True)
    whole = logits(model, data.inputs, machine, rows=originals).numpy().astype(np.float64)[which]
    lost = whole - logits(model, without, machine).numpy().astype(np.float64)
    if lost.shape[1] > 1 and not TASKS[data.task].standardized:
        lost -= lost.mean(axis=1, keepdims=True)
    by_word = defaultdict(list)
    for variant, word in enumerate(taken):
        by_word[word].append(variant)
    found: dict[str, list[Telling]] = defaultdict(list)
    for word, some_variants in by_word.items():
        if len(some_variants) < LEAST_TEXTS:
            continue
        for name, effect in zip(data.classes, lost[some_variants].mean(axis=0).tolist(), strict=True):
            if effect > 0:
                found[name].append(Telling(word, round(effect, 4), len(some_variants), column.name))
    return found
