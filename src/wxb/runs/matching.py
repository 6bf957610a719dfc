"""Data in the form of a run's training data: its sizes, values, columns, codes and units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from wxb.data.arrays import array_of, in_shape, is_missing
from wxb.data.dataset import Dataset, offsets_of_targets
from wxb.data.kinds import LARGEST
from wxb.data.known.ink import as_in_set
from wxb.data.known.sets import INK, KNOWN
from wxb.data.load import MAX_PIXELS, load_data
from wxb.data.tables.content import TABLES, is_table
from wxb.data.tables.frame import is_data_frame
from wxb.data.tables.tokens import is_conll
from wxb.data.tabular import holds_texts
from wxb.data.tested import ALL
from wxb.data.toys import TOYS
from wxb.errors import WxbError
from wxb.paths import is_folder
from wxb.runs.ranges import refuse_bytes
from wxb.settings.setting import PartRows
from wxb.tasks import TASKS
from wxb.text import count, shape

if TYPE_CHECKING:
    from wxb.data.tables.encoding import Prepared
    from wxb.runs.files import RunFiles


def target_offsets(run: RunFiles) -> NDArray[np.float64]:
    """What is to be added in float64 to each number (outputs,) that the network predicts: mostly 0."""
    return offsets_of_targets(run.preparation, run.summary.classes)


def decision_of(run: RunFiles) -> NDArray[np.float64] | None:
    """The offsets (outputs,) by which a run's answers are decided; None if the most probable ones are.

    They were fitted to the final network: the answers at a snapshot are the most probable ones.
    """
    decision = run.summary.decision
    return None if decision is UNSET or run.step is not None else np.array(decision.offsets)


def like_training(run: RunFiles, array: NDArray[Any]) -> NDArray[Any]:
    """Return the array as examples (n, …) like those that the run was trained on; one example becomes a batch of one.

    Of a table they are rows (n, columns) float64, with NaN for what is missing and codes for texts, or the features
    that are made of them (n, features) float32. Raises WxbError for another shape, for NaN or infinite values in other
    data than rows, and for values that training's bytes cannot hold.
    """
    preparation = run.preparation
    array = in_shape(array_of(array, "examples"), run.summary.input)
    refuse_bytes(run, array)
    array = filled(run, array)
    if preparation is not None and preparation.texts:  # of rows, the network cannot know the texts
        sizes = (len(preparation.features),) if preparation.vocabulary is None else preparation.vocabulary.array
        return as_examples(array, sizes, run.data.dtype)
    if preparation is None or np.shape(array)[-1:] != (len(preparation.names),):
        return as_examples(array, run.summary.input, run.data.dtype)
    rows = _of_shape(array, (len(preparation.names),), "float64").astype(np.float64, copy=False)
    if (infinite := np.isinf(rows).any(axis=1)).any():
        raise _holding(infinite, "infinite values")
    # what was an array has no value for what is missing, unless `fill` said so
    if "fill" in run.data.source and (unknown := np.isnan(rows).any(axis=1)).any():
        raise _holding(unknown, "NaN")
    return rows


def filled(run: RunFiles, array: NDArray[Any]) -> NDArray[Any]:
    """The array with its missing values replaced as those of the run's array were, if they were."""
    instead = run.data.fill
    if instead is UNSET or array.dtype.kind != "f" or array.size % len(instead) or not is_missing(array).any():
        return array
    each = np.array(instead).reshape(run.summary.input)
    return np.where(is_missing(array), each, array) if array.shape[-each.ndim :] == each.shape else array


def _holding(wrong: Any, what: str) -> WxbError:
    rows = np.flatnonzero(wrong)
    hold = "example holds" if len(rows) == 1 else "examples hold"
    return WxbError(f"{count(len(rows))} {hold} {what}", f"the first is example {rows[0]}")


def as_examples(array: NDArray[Any], sizes: tuple[int, ...], dtype: str) -> NDArray[Any]:
    """The array as examples (n, *sizes) of `dtype`, "uint8" or "float32"; one example becomes a batch of one.

    Raises WxbError for another shape, for NaN or infinite values, and for values that bytes cannot hold, or that
    could be bytes or fractions: 0 and 1 in a type of floats or booleans.
    """
    given = _of_shape(array, sizes, dtype)
    if dtype == "uint8" and given.dtype == np.uint8:
        return given
    missing = is_missing(given)
    if missing.any():
        words = "NaN or infinite values" if not np.isfinite(given).all() else f"no data (values beyond {LARGEST:g})"
        raise _holding(missing.reshape(len(given), -1).any(axis=1), words)
    if dtype == "uint8":
        if given.size and not (np.all(given == np.floor(given)) and given.min() >= 0 and given.max() <= 255):
            raise WxbError(
                "the network was trained on bytes; the examples have other values",
                f"expected whole numbers from 0 to 255, got {given.min():g} to {given.max():g}",
                "bring them to 0–255: (255 * array).round() if they lie in 0–1",
            )
        if given.dtype.kind in "fb" and given.size and given.max() == 1:
            raise WxbError(
                "the network was trained on bytes; the examples are 0 and 1 without being bytes",
                f"a 1 of {given.dtype} could stand for the byte 1 or for the whole range, 255",
                "array.astype(np.uint8) for bytes, (255 * array).astype(np.uint8) for the whole range",
            )
        return np.ascontiguousarray(given, np.uint8)
    return np.ascontiguousarray(given, np.float32)


def _of_shape(array: NDArray[Any], sizes: tuple[int, ...], dtype: str) -> NDArray[Any]:
    """The array as numbers (n, *sizes). Raises WxbError if it is anything else."""
    given = np.asarray(array)
    if given.shape == sizes:
        given = given[None]
    if given.shape[1:] != sizes:
        raise WxbError(
            f"the examples are {shape(given.shape[1:]) or 'single numbers'}; the network takes {shape(sizes)}",
            f"expected an array of shape (n, {', '.join(map(str, sizes))}), got {given.shape}",
        )
    if given.dtype.kind not in "buif":
        raise WxbError(f"the examples are {given.dtype}; expected numbers ({dtype})")
    return given


def load_like(run: RunFiles, source: Any, **settings: Any) -> Dataset:
    """Load the data that `source` names, or a data frame, in the form of the run's data.

    `settings` are those of `load_data`.
    """
    itself = TASKS[run.summary.task].of_inputs
    if isinstance(source, np.ndarray) and itself:
        return labelled(run, source, None)
    if isinstance(source, np.ndarray):
        raise WxbError("an array of examples needs targets", fix="evaluate(examples, targets)")
    if not isinstance(source, (str, PathLike)):
        if run.data.table is None:
            raise WxbError("a data frame; the network was not trained on a table")
        settings |= {"task": run.summary.task} if itself else {}
        return load_data(source, **settings, like=run.data.table)
    return as_in_training(run, load_data(source, **settings_like(run, str(source), settings)))


def labelled(run: RunFiles, examples: Any, targets: Any) -> Dataset:
    """Examples and their targets in the form of the run's data; all of them are test."""
    if run.data.table is not None and is_data_frame(examples):
        return load_data(_with_targets(examples, run.data.table["targets"], targets), like=run.data.table)
    examples = in_shape(array_of(examples, "examples"), run.summary.input)
    refuse_bytes(run, examples)
    examples = filled(run, examples)
    every = PartRows((), (), tuple(range(len(examples))))
    if TASKS[run.summary.task].of_inputs:
        return load_data(examples, task=run.summary.task, split=every)
    return load_data(examples, targets, task=run.summary.task, classes=run.summary.classes, split=every)


def _with_targets(data: Any, columns: Sequence[Mapping[str, Any]], values: Any) -> Any:
    """A data frame with more columns, one for each column of `values`, (n,) or (n, columns); the names are given.

    Raises WxbError if there are not as many values as rows and names.
    """
    import narwhals as nw

    frame = nw.from_native(data, eager_only=True)
    added = array_of(values, "targets")
    added = added.reshape(len(added), -1) if added.ndim else added.reshape(1, 1)
    names = [str(column["name"]) for column in columns]
    if added.shape != (len(frame), len(names)):
        rows, wanted = count(len(frame)), ", ".join(names)
        raise WxbError(
            f"targets of shape {np.shape(values)} for {rows} rows", f"expected {wanted} for each of the {rows} rows"
        )
    series = [
        nw.new_series(name, column.tolist(), backend=frame.implementation)
        for name, column in zip(names, added.T, strict=True)
    ]
    return frame.with_columns(*series).to_native()


def settings_like(run: RunFiles, source: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that load other data in the form of the run's data.

    Rows of a table are prepared as its own were, and the pictures of a folder are brought to the size, the colours and
    the levels that the network takes, unless `size` says otherwise. A folder without parts of its own is not split.
    """
    need_kind(run, source)
    if TASKS[run.summary.task].of_inputs:
        settings = {**settings, "task": run.summary.task}
    if run.data.table is not None and (is_table(source) or is_conll(source)):
        if settings.get("split", ALL) != ALL:
            raise WxbError("`split`: of a table all rows are evaluated", fix="leave it out")
        return {**_without_targets(run, settings), "like": run.data.table}
    ink, sizes = bool(run.data.source.get("ink", False)), run.summary.input
    if source in KNOWN or source in TOYS or not is_folder(source):
        return {**settings, "ink": True} if ink and source in INK else dict(settings)
    like = {"channels": sizes[0], "levels": levels_of(run)} if len(sizes) == 3 and sizes[0] in (1, 3) else None
    if run.data.table is not None:
        return {**_without_targets(run, settings), "like": run.data.table}
    about = {"max_pixels": max_pixels_of(run), "like": like, "split": ALL}
    if len(sizes) == 3 and sizes[1] == sizes[2] and not ink:  # squares of ink are made of the pictures as they are
        about["size"] = sizes[1]
    return {**{name: value for name, value in about.items() if value is not None}, **settings}


def need_kind(run: RunFiles, source: str) -> None:
    """Raise WxbError if a source is of another kind than the run's data: pictures, texts or a table."""
    preparation, pictures = run.preparation, len(run.summary.input) == 3
    if source not in KNOWN and source not in TOYS and is_folder(source):
        texts = holds_texts(Path(source))
        given = "a folder of texts" if texts else "a folder of pictures"
        fits = preparation is not None and bool(preparation.texts) if texts else preparation is None
    else:
        given = "pictures" if source in KNOWN else "a table"
        fits = preparation is None if source in KNOWN else not (pictures and is_table(source))
    if fits or (preparation is None and not pictures):
        return
    of_texts = is_folder(str(run.data.source.get("source", "")))
    learned = "pictures" if preparation is None else "a folder of texts" if of_texts else "a table"
    wanted = {"pictures": "a folder of pictures", "a table": f"{TABLES} with its columns"}.get(learned, learned)
    raise WxbError(f"{run.path} was trained on {learned}; {source} is {given}", fix=wanted)


def levels_of(run: RunFiles) -> tuple[float, float] | None:
    """The levels of deep greys in the run's pictures (wxb/data/pictures/levels.py); None if it had none."""
    levels = run.data.levels
    return None if levels is UNSET else levels


def max_pixels_of(run: RunFiles) -> int:
    """The most pixels of a picture that is opened for a run: those of its training, if they are more than usual."""
    stored = run.data.source.get("max_pixels")
    return max(stored, MAX_PIXELS) if isinstance(stored, int) else MAX_PIXELS


def _without_targets(run: RunFiles, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without `target` and `task`, if they are those of the run, which says so already.

    Raises WxbError for others.
    """
    own = [target["name"] for target in (run.data.table or {})["targets"]]
    kept = dict(settings)
    target = kept.pop("target", None)
    if not own and target is not None:
        raise WxbError("the run predicts no column: its target is each row itself", fix="leave out `target`")
    names = own if target is None else target.split(",") if isinstance(target, str) else list(target)
    if target not in (None, *own[:1]) and [name.strip() for name in names] != own:
        raise WxbError(f"the run predicts {', '.join(own)}, not {', '.join(names)}", fix="leave out `target`")
    if kept.get("task", run.summary.task) != run.summary.task:
        raise WxbError(f"the run is for {run.summary.task}, not for {settings['task']}", fix="leave out `task`")
    if not TASKS[run.summary.task].of_inputs:  # of a table that is read again nothing else tells it
        kept.pop("task", None)
    return kept


def as_in_training(run: RunFiles, data: Dataset) -> Dataset:
    """Give pictures of handwriting from a folder the values and the ink of the set that the run was trained on."""
    name, ink = str(run.data.source.get("source")), bool(run.data.source.get("ink", False))
    if not data.files or name not in INK or data.shape[0] != 1:
        return data
    return replace(data, examples=as_in_set(data.examples.astype(np.uint8), INK[name], ink))


def examples_of(run: RunFiles, data: Dataset) -> NDArray[Any] | Prepared:
    """The examples of a data set as the run's network takes them; a table's columns and texts are matched by name.

    They are the features of its rows if a column is free text.
    """
    preparation = run.preparation
    if preparation is None or data.columns is None:
        return like_training(run, data.examples)
    from wxb.data.tables.inputs import prepared
    from wxb.data.tables.rows import matched

    rows = matched(data.name, data.examples, data.columns, preparation)
    return prepared(rows, preparation, data.columns.texts_as(preparation)) if preparation.texts else rows


def targets_of(run: RunFiles, data: Dataset) -> NDArray[Any]:
    """The targets of a data set as the run's network gives them: numbers less the run's offsets."""
    shift = data.target_offsets - target_offsets(run)
    return data.targets if not shift.any() else (data.targets + shift).astype(np.float32)
