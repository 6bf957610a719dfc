"""A data set from arrays of NumPy, or what becomes one: examples, targets, and a weight and a group for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wxb.data.arrays import (
    MISSING_FIX,
    array_of,
    check_lengths,
    fill_missing,
    offsets_of,
    read_examples,
    read_targets,
    refuse_missing,
)
from wxb.data.dataset import Dataset
from wxb.data.groups import groups_of_array
from wxb.data.itself import RECONSTRUCTION
from wxb.data.pictures.layout import ALL
from wxb.data.split import Fractions, divide_apart, divide_groups, own_split
from wxb.data.weights import weights_of_array
from wxb.errors import WxbError
from wxb.settings.setting import PartRows
from wxb.tasks import TASKS
from wxb.text import plural

ARRAYS = "arrays"  # the recorded source of arrays and data frames


def of_arrays(
    source: ArrayLike,
    targets: ArrayLike | None,
    classes: Sequence[str] | None,
    task: str | None,
    fractions: Fractions | PartRows,
    seed: int,
    fill: str,
    weight: ArrayLike | str | None = None,
    group: ArrayLike | str | None = None,
) -> Dataset:
    """A data set of examples (n, …) and their targets, with a weight and a group for each if they are given.

    Raises WxbError for anything that is not understood.
    """
    given = array_of(source, "examples")
    itself = task == RECONSTRUCTION
    if targets is None and not itself:
        raise WxbError(
            "an array of examples needs targets",
            "load_data(examples, targets)",
            'without labels: load_data(examples, task="reconstruction")',
        )
    task = None if itself else task  # that of the labels, if there are any
    if targets is None:  # all of one class
        targets, classes, task = np.zeros(len(given) if given.ndim else 0, np.int64), (ALL,), "classification"
    goals = array_of(targets, "targets")
    offsets = offsets_of(given)
    # whole numbers are classes if nothing else is said
    target_offsets = offsets_of(goals, "f" if task is None else "iuf") if task in (None, "regression") else None
    examples = read_examples(given if offsets is None else given - offsets)
    name, encoded = read_targets(goals if target_offsets is None else goals - target_offsets, classes, task)
    check_lengths(examples, encoded.targets)
    weights = None if weight is None else weights_of_array(_of_each(weight, "weight", len(examples)))
    groups = None if group is None else groups_of_array(_of_each(group, "group", len(examples)), "group")
    if fill == "none":
        refuse_missing(examples, "examples", MISSING_FIX)
    strata, stratum_names = TASKS[name].strata(encoded.targets, encoded.names)
    notes: tuple[str, ...] = ()
    if isinstance(fractions, PartRows):
        split = own_split(fractions, np.arange(len(examples)), groups)
    elif groups is not None:
        split, notes = divide_groups(strata, stratum_names, groups, fractions, seed)
    else:
        split, notes = divide_apart(examples, strata, stratum_names, fractions, seed)
    examples, instead, filled = fill_missing(examples, split.train, fill)
    notes = (*encoded.notes, *notes, *filled)
    if examples.ndim != 2 or (offsets is None and target_offsets is None):
        return Dataset(
            ARRAYS,
            examples,
            encoded.targets,
            name,
            encoded.names,
            split,
            notes=notes,
            fill=instead,
            weights=weights,
            groups=groups,
        )
    from wxb.data.tables.rows import columns_of

    rows = examples.astype(np.float64) + (0.0 if offsets is None else offsets)
    instead = None if instead is None else instead + (0.0 if offsets is None else offsets)
    columns = columns_of(rows, offsets, name, encoded.names, target_offsets)
    return Dataset(
        ARRAYS,
        rows,
        encoded.targets,
        name,
        encoded.names,
        split,
        notes=notes,
        columns=columns,
        fill=instead,
        weights=weights,
        groups=groups,
    )


def _of_each(values: ArrayLike | str, name: str, examples: int) -> NDArray[Any]:
    """One value for each example. Raises WxbError for a text, and for another number of values."""
    if isinstance(values, str):
        raise WxbError(
            f'`{name}="{values}"` names a column, and an array has none',
            fix="an array of one value for each example",
        )
    array = array_of(values, name)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 1 and len(array) != examples:
        raise WxbError(
            f"{plural(len(array), 'value')} of `{name}` for {plural(examples, 'example')}",
            "expected one for each",
        )
    return array
