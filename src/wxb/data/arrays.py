"""A pair of NumPy arrays as examples and targets, checked before anything is learned from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wxb.data.pictures.layout import natural
from wxb.errors import WxbError
from wxb.text import count

Examples = NDArray[np.uint8] | NDArray[np.float32]
Targets = NDArray[np.int64] | NDArray[np.float32]

WHOLE_NUMBERS = "iu"  # kinds of dtype: signed and unsigned
TEXTS = "US"
MISSING_FIX = '`fill="median"`, the median of the training part, or `fill="zero"`'


@dataclass(frozen=True, eq=False)
class Labels:
    """Targets as a Dataset has them, with their task and names."""

    targets: Targets
    task: str
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()


def read_examples(array: ArrayLike) -> Examples:
    """Pictures (n, channels, height, width) uint8 or float32, or vectors (n, features) float32; always a copy.

    Taken: (n, features); (n, height, width), one channel; (n, channels, height, width); (n, height, width, 1 or 3).
    Where the last two both fit, channels come first. Whole numbers other than uint8, bool and float become float32.
    Raises WxbError for other shapes and dtypes, nothing in them, or numbers too large for float32.
    """
    try:
        given = np.asarray(array)
    except ValueError as error:
        raise WxbError("the examples are not one array", f"NumPy says: {error}", "examples of one shape") from error
    if given.ndim not in (2, 3, 4):
        raise WxbError(
            f"examples of shape {given.shape} are neither vectors nor pictures",
            "expected (n, features), (n, height, width), (n, channels, height, width) or (n, height, width, channels)",
            "examples.reshape(len(examples), -1) makes vectors",
        )
    if 0 in given.shape:
        raise WxbError(f"examples of shape {given.shape} have nothing in them", "expected at least one number in each")
    if given.dtype.kind not in "biuf":
        raise WxbError(
            f"examples of dtype {given.dtype} are not numbers", "expected uint8, float32, or what converts to float32"
        )
    if given.ndim == 3:
        given = given[:, None]
    elif given.ndim == 4 and given.shape[3] in (1, 3) and given.shape[1] not in (1, 3):
        given = given.transpose(0, 3, 1, 2)
    if given.dtype == np.uint8 and given.ndim == 4:
        return np.array(given, order="C")
    with np.errstate(over="ignore", invalid="ignore"):
        examples = np.array(given, dtype=np.float32, order="C")
    if given.dtype.kind == "f" and given.dtype.itemsize > 4:
        large = np.isinf(examples) & np.isfinite(given)
        if large.any():
            raise WxbError(
                f"{_some(int(large.sum()), 'value')} of the examples {_are(int(large.sum()))} too large for float32",
                f"the first is {given[large][0]:g} at {_place(large)}; expected at most 3.4e38",
                "divide the examples by a constant",
            )
    return examples


def read_targets(array: ArrayLike, classes: Sequence[str] | None = None) -> Labels:
    """Targets for a task that their dtype and shape say:

    - whole numbers or texts (n,): classes, named after what stands there, in natural order; bool: False, True;
    - 0 and 1 (n, labels), of any dtype: labels, independent of each other;
    - float (n,) or (n, targets): numbers.

    `classes` names the classes, labels or numbers. Class numbers that are not all names in it are places in it.
    Raises WxbError for anything else, for NaN or infinite numbers, and for classes that are not in `classes`.
    """
    try:
        given = np.asarray(array)
    except ValueError as error:
        raise WxbError("the targets are not one array", f"NumPy says: {error}", "one target an example") from error
    names = None if classes is None else tuple(str(name) for name in classes)
    if names is not None and len(set(names)) < len(names):
        raise WxbError("a class name stands twice in classes", f"given: {', '.join(names)}")
    if given.dtype.kind == "O" and given.size and all(isinstance(value, str) for value in given.flat):
        given = given.astype(str)
    if given.ndim not in (1, 2) or 0 in given.shape or given.dtype.kind not in "biuf" + TEXTS:
        raise WxbError(
            f"targets of shape {given.shape} and dtype {given.dtype} are not understood",
            "expected (n,) whole numbers or texts for classes, (n, labels) of 0 and 1, or (n,) or (n, targets) floats",
        )
    if given.dtype.kind == "f":
        refuse_missing(given, "targets", "leave these examples out")
    if given.ndim == 2 and given.dtype.kind in "biuf" and np.isin(given, (0, 1)).all():
        return _labels(given, names)
    if given.dtype.kind == "f":
        return _numbers(given, names)
    if given.ndim == 2 and given.shape[1] > 1:
        raise WxbError(
            f"targets of shape {given.shape} and dtype {given.dtype} are not understood",
            "a matrix of whole numbers is labels only where all are 0 or 1",
            "targets.astype(float) makes numbers of them",
        )
    return _classes(given.reshape(-1), names)


def check_lengths(examples: Examples, targets: Targets) -> None:
    """Raises WxbError unless there are as many targets as examples."""
    if len(examples) != len(targets):
        raise WxbError(
            f"{_some(len(examples), 'example')} and {_some(len(targets), 'target')}", "expected one target an example"
        )


def refuse_missing(array: NDArray[np.generic], what: str, fix: str) -> None:
    """Raises WxbError where values are NaN or infinite, with how many, in how many rows, and where the first stands."""
    if array.dtype.kind != "f":
        return
    missing = ~np.isfinite(array)
    if missing.any():
        nan, rows = int(np.isnan(array).sum()), int(missing.reshape(len(array), -1).any(axis=1).sum())
        number = int(missing.sum())
        kinds = [f"{count(nan)} NaN"] * (nan > 0) + [f"{count(number - nan)} infinite"] * (number > nan)
        raise WxbError(
            f"{_some(number, 'value')} of the {what} {_are(number)} NaN or infinite",
            f"{', '.join(kinds)}, in {count(rows)} of {count(len(array))} rows; the first at {_place(missing)}",
            fix,
        )


def fill_missing(examples: Examples, train: NDArray[np.int64], fill: str) -> tuple[Examples, tuple[str, ...]]:
    """NaN and infinite values replaced, feature by feature, and a note that says so.

    `fill`: "median", that of the training rows `train` (0 where they know none); "zero"; "none" raises WxbError where a
    value is missing.
    """
    if fill == "none":
        refuse_missing(examples, "examples", MISSING_FIX)
        return examples, ()
    if examples.dtype == np.uint8:
        return examples, ()
    flat = np.array(examples, dtype=np.float32).reshape(len(examples), -1)
    missing = ~np.isfinite(flat)
    for column in np.flatnonzero(missing.any(axis=0)):
        known = flat[train, column]
        known = known[np.isfinite(known)]
        flat[missing[:, column], column] = np.median(known) if fill == "median" and len(known) else 0.0
    if not missing.any():
        return examples, ()
    source = "the training part's median of their feature" if fill == "median" else "zero"
    note = f"{_some(int(missing.sum()), 'missing value')} filled with {source}"
    return flat.reshape(examples.shape), (note,)


def _labels(given: NDArray[np.generic], names: tuple[str, ...] | None) -> Labels:
    names = _check_names(names, given.shape[1], "labels") or tuple(f"label {i + 1}" for i in range(given.shape[1]))
    notes: tuple[str, ...] = ()
    if given.shape[1] > 1 and (given.astype(np.int64).sum(axis=1) == 1).all():
        notes = ("every example has exactly one of the labels; targets.argmax(axis=1) makes classes of them",)
    return Labels(given.astype(np.float32), "labels", names, notes)


def _numbers(given: NDArray[np.generic], names: tuple[str, ...] | None) -> Labels:
    with np.errstate(over="ignore"):
        targets = given.reshape(len(given), -1).astype(np.float32)
    refuse_missing(targets, "targets (as float32)", "divide the targets by a constant")
    width = targets.shape[1]
    default = ("target",) if width == 1 else tuple(f"target {i + 1}" for i in range(width))
    notes: tuple[str, ...] = ()
    if width == 1 and len(distinct := np.unique(targets)) <= 20 and (distinct == np.round(distinct)).all():
        notes = ("the targets are floats, so they are numbers to predict; targets.astype(int) makes classes of them",)
    return Labels(targets, "numbers", _check_names(names, width, "targets") or default, notes)


def _check_names(names: tuple[str, ...] | None, width: int, what: str) -> tuple[str, ...] | None:
    if names is not None and len(names) != width:
        raise WxbError(f"{len(names)} names for {width} {what}", f"given: {', '.join(names)}", "one name a column")
    return names


def _classes(given: NDArray[np.generic], names: tuple[str, ...] | None) -> Labels:
    found, numbers = np.unique(given, return_inverse=True)
    texts = [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in found]
    if names is None:
        if given.dtype.kind == "b":
            texts, numbers = ["False", "True"], given.astype(np.int64)
        if len(texts) < 2:
            raise WxbError(
                f"all examples are of one class, {texts[0]}", "expected at least two", "examples of a second class"
            )
        if len(texts) > max(2, len(given) / 2):
            raise WxbError(
                f"{count(len(texts))} classes in {count(len(given))} examples",
                "a class needs several examples",
                "targets.astype(float), where they are numbers to predict" * (given.dtype.kind in WHOLE_NUMBERS),
            )
        if given.dtype.kind in TEXTS:
            names = tuple(sorted(texts, key=natural))
            places = np.array([names.index(text) for text in texts])
        else:  # NumPy has sorted the numbers
            names, places = tuple(texts), np.arange(len(texts))
    elif set(texts) <= set(names):
        places = np.array([names.index(text) for text in texts])
    elif given.dtype.kind in WHOLE_NUMBERS:
        _refuse_out_of_range(given.astype(np.int64), names)
        places = found.astype(np.int64)
    else:
        unknown = [text for text in texts if text not in names]
        raise WxbError(
            f"unknown class{'es' * (len(unknown) > 1)} in the targets: {', '.join(unknown[:10])}",
            f"expected {', '.join(names[:20])}{' …' * (len(names) > 20)}",
        )
    return Labels(places[numbers.reshape(-1)].astype(np.int64), "classes", names)


def _refuse_out_of_range(targets: NDArray[np.int64], names: tuple[str, ...]) -> None:
    wrong = np.flatnonzero((targets < 0) | (targets >= len(names)))
    if len(wrong):
        raise WxbError(
            f"{count(len(wrong))} of {_some(len(targets), 'label')} {_are(len(wrong))} out of range",
            f"the first is {targets[wrong[0]]} at row {count(int(wrong[0]))}; expected 0 to {len(names) - 1}, "
            f"{len(names)} classes: {', '.join(names[:10])}{' …' * (len(names) > 10)}",
        )


def _place(where: NDArray[np.bool_]) -> str:
    """The first True, as "row 5" or "row 5, feature 2" or "row 5, pixel 0, 3, 4" (channel, row, column)."""
    row, *rest = (int(index) for index in np.argwhere(where)[0])
    if not rest:
        return f"row {row}"
    return f"row {row}, {'feature' if len(rest) == 1 else 'pixel'} {', '.join(str(index) for index in rest)}"


def _some(number: int, noun: str) -> str:
    return f"{count(number)} {noun}{'s' * (number != 1)}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
