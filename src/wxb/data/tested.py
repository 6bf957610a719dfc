"""A test part of one's own: other data, read as those to train on were, all of whose examples are test."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wxb.data.copies import copies
from wxb.data.dataset import Dataset, Split, match_classes
from wxb.data.groups import Groups
from wxb.data.split import Fractions, Rows
from wxb.errors import WxbError
from wxb.settings.setting import SHARES, PartRows, named
from wxb.text import plural, shape

ALL = (0.0, 0.0, 1.0)  # the split of data that are all test


def without_test(fractions: Fractions | PartRows) -> Fractions | PartRows:
    """The split of the data to train on: the same proportion of train and validation, and no test part.

    Raises WxbError if the split has rows for the test part, or none for train and validation.
    """
    if isinstance(fractions, PartRows):
        if fractions.test and not fractions.of_examples:
            raise WxbError("`split` has rows for the test part, and `test` is all of it", fix="no rows for test: []")
        return replace(fractions, test=())
    train, validation, _ = fractions
    if train + validation == 0:
        raise WxbError("`split` leaves nothing to train on", fix=named("split", SHARES.example))
    return train / (train + validation), validation / (train + validation), 0.0


def form_of(data: Dataset, max_pixels: int, cache: bool) -> dict[str, Any]:
    """The settings that read another folder of pictures as `data` was read."""
    channels, height, width = data.shape
    form = {
        "split": ALL,
        "max_pixels": max_pixels,
        "cache": cache,
        "like": {"channels": channels, "levels": data.levels},
    }
    return {**form, "size": height} if height == width else form


def tested_on(data: Dataset, tests: Dataset) -> Dataset:
    """`data` with all examples of `tests` as its test part; pictures that are copies of these are not trained on.

    Raises WxbError if `data` has a test part already, or if classes or sizes differ.
    """
    if len(data.split.test):
        raise WxbError(f"{data.name} has a test part of its own: {data.split.how}", fix="leave out `test`")
    tests = match_classes(tests, data.classes)
    if tests.examples.shape[1:] != data.examples.shape[1:]:
        sizes = f"{shape(tests.examples.shape[1:])}; those of {data.name} are {shape(data.examples.shape[1:])}"
        raise WxbError(f"the pictures of {tests.name} are {sizes}", fix="`size=64` brings all to one size")
    train, validation, first = data.split.train, data.split.validation, len(data.examples)
    weights, groups = _both_weights(data, tests), _both_groups(data, tests)
    columns, added = data.columns, tests.examples
    if columns is not None and tests.columns is not None:
        columns, added = columns.with_texts(tests.columns, added)
    examples = np.concatenate([data.examples, added])
    notes = [*data.notes, *(f"{tests.name}: {note}" for note in tests.notes)]
    if data.columns is None:
        same = copies(examples)
        # the first of equal pictures stands for all: one of `data`, if there is any
        train, validation, left_out = _without(np.isin(same[:first], same[first:]), train, validation)
        if left_out:
            are = "is a copy" if left_out == 1 else "are copies"
            notes.append(f"{plural(left_out, 'picture')} of {data.name} {are} of one in {tests.name}: not used")
    if groups is not None:
        train, validation, left_out = _without(np.isin(groups.of[:first], groups.of[first:]), train, validation)
        if left_out:
            rows = f"{plural(left_out, 'row')} of {data.name}"
            notes.append(f"{rows} of groups that {tests.name} has too ({groups.called}): not used")
    numbers = None
    if data.row_numbers is not None and tests.row_numbers is not None:
        numbers = np.concatenate([data.row_numbers, tests.row_numbers])
    how = f"{data.split.how}; {tests.name} as test"
    return replace(
        data,
        examples=examples,
        columns=columns,
        targets=np.concatenate([data.targets, tests.targets]),
        split=Split(train, validation, np.arange(first, len(examples)), how),
        files=(*data.files, *(f"{tests.name}/{file}" for file in tests.files)),
        notes=tuple(notes),
        known=None,
        row_numbers=numbers,
        weights=weights,
        groups=groups,
        labels=None,
    )


def _without(known: NDArray[np.bool_], train: Rows, validation: Rows) -> tuple[Rows, Rows, int]:
    """The rows of both parts that are not `known` (n,), and how many are left out."""
    kept_train, kept_validation = train[~known[train]], validation[~known[validation]]
    return kept_train, kept_validation, len(train) + len(validation) - len(kept_train) - len(kept_validation)


def _both_weights(data: Dataset, tests: Dataset) -> NDArray[np.float64] | None:
    """The weights of all examples. Raises WxbError if those of `tests` are missing."""
    if data.weights is None:
        return None
    if tests.weights is None:
        raise WxbError(
            f"{tests.name} has no column {data.weight_name}, the weights of {data.name}",
            fix="a `test` with that column",
        )
    return np.concatenate([data.weights, tests.weights])


def _both_groups(data: Dataset, tests: Dataset) -> Groups | None:
    """The groups of all examples, matched by name. Raises WxbError if those of `tests` are missing."""
    if data.groups is None:
        return None
    if tests.groups is None:
        raise WxbError(
            f"{tests.name} has no column {data.groups.called}, the groups of {data.name}",
            fix="a `test` with that column",
        )
    names = tuple(dict.fromkeys((*data.groups.names, *tests.groups.names)))
    places = {name: place for place, name in enumerate(names)}
    theirs = np.array([places[name] for name in tests.groups.names])[tests.groups.of]
    return Groups(np.concatenate([data.groups.of, theirs]), names, data.groups.called)
