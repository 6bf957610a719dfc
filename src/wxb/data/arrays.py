"""Examples and targets from NumPy arrays, checked before training."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wxb.data.kinds import LARGEST
from wxb.data.tables.columns import offset_of
from wxb.errors import WxbError
from wxb.tasks import TASKS, need_task
from wxb.tasks.task import Encoded, Targets
from wxb.text import count, plural

Examples = NDArray[np.uint8] | NDArray[np.float32]

MISSING_FIX = '`fill="median"`, the median of the training part, or `fill="zero"`'


def array_of(value: Any, what: str) -> NDArray[Any]:
    """What people give as an array, as one of NumPy: a tensor without its gradient, masked numbers as NaN.

    `what` is what they are, "examples" or "targets". Raises WxbError for sparse ones, for masked texts and targets, and
    for what has not one shape.
    """
    torch = sys.modules.get("torch")  # whoever has a tensor has imported it
    try:
        if torch is not None and isinstance(value, torch.Tensor):
            if value.layout is not torch.strided or value.is_nested:
                raise WxbError(f"the {what} are a sparse or a nested tensor", fix=f"{what}.to_dense()")
            plain = value.detach().cpu().resolve_conj().resolve_neg()
            return np.asarray((plain.float() if plain.dtype == torch.bfloat16 else plain).numpy())
        if hasattr(value, "nnz") and hasattr(value, "toarray"):
            raise WxbError(f"the {what} are a sparse matrix", fix=f"{what}.toarray()")
        if isinstance(value, np.ma.MaskedArray):
            return _unmasked(value, what)
        if isinstance(value, (list, tuple)) and any(hasattr(one, "mask") or hasattr(one, "layout") for one in value):
            value = [array_of(one, what) for one in value]
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:
        each = "examples of one shape" if what == "examples" else "one target per example"
        raise WxbError(f"the {what} are not one array", f"NumPy says: {error}", each) from error


def _unmasked(array: np.ma.MaskedArray[Any, Any], what: str) -> NDArray[Any]:
    masked = int(np.ma.getmaskarray(array).sum())
    if not masked:
        return np.asarray(array.data)
    if what == "targets" or array.dtype.kind not in "biuf":
        raise WxbError(f"{plural(masked, 'value')} of the {what} {_are(masked)} masked", fix="leave these examples out")
    numbers = array.data if array.dtype.kind == "f" else array.data.astype(np.float64)
    return np.where(np.ma.getmaskarray(array), np.nan, numbers)


def in_shape(array: NDArray[Any], sizes: tuple[int, ...]) -> NDArray[Any]:
    """Pictures with their channels last, or without one, as examples (n, *sizes), as `read_examples` takes them.

    A single picture becomes a batch of one. Other arrays stay as they are.
    """
    channels, *sides = sizes
    if len(sizes) < 3 or array.shape == sizes or array.shape[1:] == sizes:
        return array
    last = (*sides, channels)
    if array.shape == last or (channels == 1 and array.shape == (*sides,)):
        array = array[None]
    if array.shape[1:] == last:
        return array.transpose(0, 3, 1, 2)
    return array[:, None] if channels == 1 and array.shape[1:] == (*sides,) else array


def read_examples(array: ArrayLike) -> Examples:
    """Copy an array to pictures (n, channels, height, width) uint8 or float32, or to rows (n, features) float32.

    Accepted shapes are (n, features); (n, height, width), with one channel; (n, channels, height, width); and
    (n, height, width, 1 or 3). If the last two both fit, channels come first. Integers other than uint8, booleans and
    floats become float32. Raises WxbError for other shapes and dtypes, empty arrays, and numbers too large for float32.
    """
    values = array_of(array, "examples")
    if values.ndim not in (2, 3, 4):
        raise WxbError(
            f"examples of shape {values.shape} are neither rows nor pictures",
            "expected (n, features), (n, height, width), (n, channels, height, width) or (n, height, width, channels)",
            "examples.reshape(len(examples), -1) makes rows of numbers",
        )
    if 0 in values.shape:
        raise WxbError(f"examples of shape {values.shape} have nothing in them", "expected at least one number in each")
    if values.dtype.kind not in "biuf":
        raise WxbError(
            f"examples of dtype {values.dtype} are not numbers", "expected uint8, float32, or what converts to float32"
        )
    if values.ndim == 3:
        values = values[:, None]
    elif values.ndim == 4 and values.shape[3] in (1, 3) and values.shape[1] not in (1, 3):
        values = values.transpose(0, 3, 1, 2)
    if values.dtype == np.uint8 and values.ndim == 4:
        return np.array(values, order="C")
    with np.errstate(over="ignore", invalid="ignore"):
        examples = np.array(values, dtype=np.float32, order="C")
    if values.dtype.kind == "f" and values.dtype.itemsize > 4:
        large = np.isinf(examples) & np.isfinite(values)
        if large.any():
            raise WxbError(
                f"{plural(int(large.sum()), 'value')} of the examples {_are(int(large.sum()))} too large for float32",
                f"the first is {values[large][0]:g} at {_place(large)}; expected at most 3.4e38",
                "divide the examples by a constant",
            )
    return examples


def read_targets(array: ArrayLike, names: Sequence[str] | None = None, task: str | None = None) -> tuple[str, Encoded]:
    """Encode targets as a data set stores them, and return the name of the task with them.

    If `task` is None, it is inferred from dtype and shape:

    - integers or texts (n,): classification, with classes named after the values, in natural order; booleans are the
      classes False and True;
    - 0 and 1 (n, labels), of any dtype: multilabel, with independent labels;
    - floats (n,) or (n, targets): regression.

    `names` are the names of the classes, labels or targets. Class numbers that are not all in `names` are indices into
    it. Raises WxbError for anything else, for NaN or infinite numbers, and for classes that are not in `names`.
    """
    targets = array_of(array, "targets")
    class_names = None if names is None else tuple(str(name) for name in names)
    if class_names is not None and len(set(class_names)) < len(class_names):
        raise WxbError("a class name stands twice in classes", f"given: {', '.join(class_names)}")
    if targets.dtype.kind == "O" and targets.size and all(isinstance(value, str) for value in targets.flat):
        targets = targets.astype(str)
    what = f"targets of shape {targets.shape} and dtype {targets.dtype} are not understood"
    if targets.ndim not in (1, 2) or 0 in targets.shape or targets.dtype.kind not in "biufUS":
        raise WxbError(
            what,
            "expected (n,) whole numbers or texts for classes, (n, labels) of 0 and 1, or (n,) or (n, targets) floats",
        )
    refuse_missing(targets, "targets", "leave these examples out")
    chosen = next((one for one in TASKS.values() if one.recognizes(targets)), None) if task is None else need_task(task)
    if chosen is None:
        raise WxbError(
            what,
            "a matrix of whole numbers is labels only if all are 0 or 1",
            "targets.astype(float) makes numbers of them",
        )
    encoded = chosen.from_array(targets, class_names)
    refuse_missing(encoded.targets, "targets (as float32)", "divide the targets by a constant")
    return chosen.name, encoded


def offsets_of(array: ArrayLike, kinds: str = "iuf") -> NDArray[np.float64] | None:
    """The offsets to subtract from numbers (n,) or (n, columns) before they become float32; None if all are 0.

    `kinds` are those of the dtypes that count as numbers.
    """
    numbers = np.asarray(array)
    if numbers.ndim not in (1, 2) or numbers.dtype.kind not in kinds or not numbers.size:
        return None
    wide = numbers.reshape(len(numbers), -1).astype(np.float64)
    offsets = np.array([offset_of(column[~is_missing(column)]) for column in wide.T])
    return offsets if offsets.any() else None


def check_lengths(examples: Examples, targets: Targets) -> None:
    """Raise WxbError unless there are as many targets as examples."""
    if len(examples) != len(targets):
        raise WxbError(
            f"{plural(len(examples), 'example')} and {plural(len(targets), 'target')}",
            "expected one target per example",
        )


def is_missing(array: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Which values of examples are NaN, infinite, or so large that they stand for "no data"."""
    return np.asarray(~(np.abs(array) <= LARGEST))


def refuse_missing(array: NDArray[np.generic], what: str, fix: str) -> None:
    """Raise WxbError if values are missing (`is_missing`), with their number, their rows and the place of the first.

    Of `what` "targets", which are not in float32 yet, only NaN and infinite values are.
    """
    if array.dtype.kind != "f":
        return
    missing = ~np.isfinite(array) if what == "targets" else is_missing(array)
    if missing.any():
        number, rows = int(missing.sum()), int(missing.reshape(len(array), -1).any(axis=1).sum())
        nan, infinite = int(np.isnan(array).sum()), int(np.isinf(array).sum())
        kinds = ((nan, "NaN"), (infinite, "infinite"), (number - nan - infinite, f"beyond {LARGEST:g}"))
        words = "NaN, infinite or no data" if number > nan + infinite else "NaN or infinite"
        raise WxbError(
            f"{plural(number, 'value')} of the {what} {_are(number)} {words}",
            f"{', '.join(f'{count(many)} {kind}' for many, kind in kinds if many)}, "
            f"in {count(rows)} of {count(len(array))} rows; the first at {_place(missing)}",
            fix,
        )


def fill_missing(
    examples: Examples, train: NDArray[np.int64], fill: str
) -> tuple[Examples, NDArray[np.float64] | None, tuple[str, ...]]:
    """Replace missing values (`is_missing`), feature by feature; returns what replaces each (features,), and a note.

    `fill` is "median", the feature's median over the rows `train` (0 if all its values there are missing); "zero"; or
    "none", which raises WxbError if a value is missing.
    """
    if fill == "none":
        refuse_missing(examples, "examples", MISSING_FIX)
        return examples, None, ()
    if examples.dtype == np.uint8:
        return examples, None, ()
    flat = np.array(examples, dtype=np.float32).reshape(len(examples), -1)
    missing = is_missing(flat)
    instead = np.zeros(flat.shape[1])
    if fill == "median":
        for column in range(flat.shape[1]):
            known = flat[train, column]
            known = known[~is_missing(known)]
            instead[column] = np.median(known) if len(known) else 0.0
    if not missing.any():
        return examples, instead, ()
    flat = np.where(missing, instead.astype(np.float32), flat)
    source = "the training part's median of their feature" if fill == "median" else "zero"
    note = f"{plural(int(missing.sum()), 'missing value')} filled with {source}"
    return flat.reshape(examples.shape), instead, (note,)


def _place(where: NDArray[np.bool_]) -> str:
    """The place of the first True: "row 5", "row 5, feature 2" or "row 5, pixel 0, 3, 4" (channel, row, column)."""
    row, *rest = (int(index) for index in np.argwhere(where)[0])
    if not rest:
        return f"row {row}"
    return f"row {row}, {'feature' if len(rest) == 1 else 'pixel'} {', '.join(str(index) for index in rest)}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
