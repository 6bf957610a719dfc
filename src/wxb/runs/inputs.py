"""The examples in files, read in a thread while those before them are computed."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wxb.allocator import kept
from wxb.data.arrays import array_of, in_shape
from wxb.data.in_memory import ARRAYS as OF_ARRAYS
from wxb.data.kinds import kind_of
from wxb.data.known.ink import as_in_set
from wxb.data.known.sets import INK
from wxb.data.npy import MAGIC, read_npy
from wxb.data.pictures.refused import Refused, counted, listed
from wxb.data.pictures.tree import PICTURE_SUFFIXES, shown, walk
from wxb.data.pictures.tree import name_of as name_in
from wxb.data.tables.content import CERTAIN_SUFFIXES, as_utf8, is_stream, is_table, name_of, read_content, table_suffix
from wxb.data.tables.encoding import Prepared
from wxb.data.tables.frame import Frame, frame_of, frame_of_content, is_data_frame, read_frame
from wxb.data.tables.load import column_names, in_sentences
from wxb.data.tables.table import preparation_of, read_rows
from wxb.data.tables.tokens import SUFFIXES as CONLL
from wxb.data.tables.tokens import frame_of_sentences, is_conll, sentences_in, typed
from wxb.data.tabular import TEXT_SUFFIXES, is_text_name
from wxb.data.text_folder import frame_of_texts, text_of
from wxb.errors import WxbError
from wxb.paths import is_file, is_folder, obstacle
from wxb.runs.matching import levels_of, like_training, max_pixels_of
from wxb.runs.ranges import far_outside
from wxb.tasks.prediction import Prediction
from wxb.text import plural, utf8

if TYPE_CHECKING:
    from wxb.runs.files import RunFiles
    from wxb.runs.predict import Predictor

T = TypeVar("T")

AT_ONCE = 64  # examples per batch: few, so that reading and computing overlap in short lists too
BYTES_AT_ONCE = 2**26  # and fewer if they are large; two batches are held, however long the list is
ARRAY = ".npy"


@dataclass(frozen=True)
class Example:
    """The name of something that is predicted: a file, or a row of a file."""

    file: str
    row: int | None = None

    @property
    def name(self) -> str:
        """ "seven.png", "rows.npy 3"."""
        return self.file if self.row is None else f"{self.file} {self.row}"


@dataclass(frozen=True)
class Read:
    """The content of a file: examples (n, …) as the network takes them, and remarks on them."""

    values: NDArray[Any] | Prepared
    rows: bool = True  # whether each is a row of the file; a picture is the whole file
    notes: tuple[str, ...] = ()


@dataclass
class Batch:
    """Examples in the order of the files, and remarks on the files that were read for them."""

    examples: list[Example] = field(default_factory=list)
    values: list[NDArray[Any]] = field(default_factory=list)  # (n, …) each: those of `examples` in turn
    notes: list[str] = field(default_factory=list)
    problems: list[WxbError] = field(default_factory=list)  # one for each file without an example
    files: int = 0  # begun so far


def predict(predictor: Predictor, source: Any, max_pixels: int | None = None) -> Prediction:
    """Predict the content of a file, of all files of a folder or a list, of a data frame, or of an array.

    `max_pixels` bounds the pixels of a picture; by default that is the bound of training, if it is above the usual one.
    Raises WxbError if one of the files cannot be read or holds other examples than the network takes.
    """
    if isinstance(source, (str, os.PathLike)):
        return _of_files(predictor, files_of(source, texts=reads_texts(predictor.run)), max_pixels)
    if isinstance(source, (list, tuple)) and source and all(isinstance(one, (str, os.PathLike)) for one in source):
        return _of_files(predictor, files_of(*source, texts=reads_texts(predictor.run)), max_pixels)
    if isinstance(source, np.ndarray) or not is_data_frame(source):
        array = array_of(source, "examples")
        found = predictor.predict(array)
        if remarks := far_outside(predictor.run, in_shape(array, predictor.run.summary.input)):
            found = replace(found, notes=(*found.notes, *remarks))
        return found
    preparation = predictor.run.preparation
    if preparation is None:
        raise WxbError("a data frame; the network was not trained on a table")
    rows, notes = read_rows(in_sentences(frame_of(source), preparation), preparation)
    return replace(predictor.predict(rows), notes=(*predictor.notes, *notes))


def _of_files(predictor: Predictor, files: Files, max_pixels: int | None) -> Prediction:
    run = predictor.run
    parts, examples, notes = [], [], [*predictor.notes, *files.notes]
    with reading(files.paths, run, partial(read_file, max_pixels=max_pixels)) as coming:
        for batch in coming:
            if batch.problems:
                problem = batch.problems[0]
                raise WxbError(problem.what, problem.detail, problem.fix or expected(run))
            notes += batch.notes
            if batch.examples:
                found, problems = predicted(batch, predictor)
                if problems:
                    raise problems[0]
                examples += batch.examples
                parts += [] if found is None else [found]
    if not parts:
        raise WxbError("there is nothing to predict: the files have no rows")
    values, scores = (np.concatenate([getattr(part, name) for part in parts]) for name in ("values", "scores"))
    chances = [part.probabilities for part in parts if part.probabilities is not None]
    probabilities = np.concatenate(chances) if chances else None
    of = tuple(example.name for example in examples)
    return replace(parts[0], values=values, scores=scores, probabilities=probabilities, examples=of, notes=tuple(notes))


def predicted(batch: Batch, predictor: Predictor) -> tuple[Prediction | None, list[WxbError]]:
    """Predict a batch; examples without finite scores leave it, and are problems, one for each."""
    from wxb.learning.evaluate import NotFinite

    values = np.concatenate(batch.values)
    problems: list[WxbError] = []
    while len(values):
        try:
            return predictor.predict(values), problems
        except NotFinite as problem:
            kept = np.ones(len(values), dtype=bool)
            kept[problem.rows] = False
            what = "its scores are not finite numbers"
            problems += [
                WxbError(f"{batch.examples[row].name}: {what}", fix=problem.fix) for row in problem.rows.tolist()
            ]
            batch.examples = [one for one, keep in zip(batch.examples, kept, strict=True) if keep]
            values = values[kept]
    return None, problems


@dataclass(frozen=True)
class Files:
    """The files that are to be predicted, and remarks on what is passed over in folders."""

    paths: tuple[str, ...]
    notes: tuple[str, ...] = ()


def files_of(*sources: str | os.PathLike[str], texts: bool = False) -> Files:
    """The pictures, tables and arrays at any depth below folders, in natural order; other paths themselves.

    With `texts`, the texts instead. A folder without any of them stands for itself.
    """
    paths: list[str] = []
    notes: list[str] = []
    known_name = _is_text if texts else _has_known_name
    for source in sources:
        if not is_folder(source) or is_table(source):
            paths.append(os.fspath(source))
            continue
        folder = Path(source)
        entries = list(walk(folder))
        what = "text" if texts else "picture, table or array"
        known = [str(entry.path) for entry in entries if not entry.why and known_name(entry.path)]
        passed = [
            Refused(name_in(entry.path, folder) + "/" * entry.folder, entry.why or f"by its name no {what}")
            for entry in entries
            if entry.why or not known_name(entry.path)
        ]
        paths += known or [os.fspath(source)]
        if known and passed:
            notes.append(f"{shown(source)}: {counted(passed)} passed over\n{listed(passed)}")
    return Files(tuple(paths), tuple(notes))


def _is_text(file: Path) -> bool:
    return is_text_name(file.name)


def reads_texts(run: RunFiles) -> bool:
    """Whether a run was trained on a folder of text files, so that each file is an example."""
    source = str(run.data.source.get("source", ""))
    return run.data.table is not None and source != OF_ARRAYS and not is_table(source)


def reads_tokens(run: RunFiles) -> bool:
    """Whether a run was trained on sentences of tokens."""
    preparation = run.preparation
    return preparation is not None and preparation.vocabulary is not None and preparation.vocabulary.whole


def _is_other(path: Path) -> bool:
    """Whether a path is that of a table, an array or a folder by its name, and not of sentences."""
    return is_folder(path) or path.suffix.lower() == ARRAY or table_suffix(path) in CERTAIN_SUFFIXES


def _of_sentences(data: bytes, name: str, run: RunFiles, typed_in: bool) -> Read:
    """The sentences of a file with a token a line, or those that are typed in, one a line."""
    preparation = preparation_of(run.data.table)
    text = as_utf8(name, data)[0].decode()
    word, tag = column_names(preparation)
    if typed_in:
        frame = typed(text, name, word)
    else:
        frame = frame_of_sentences(name, sentences_in(text, name, tagged=False), word, tag)
    values, said = read_rows(frame, preparation)
    return Read(values, notes=tuple(f"{name}: {remark}" for remark in said))


def _has_known_name(file: Path) -> bool:
    return file.suffix.lower() in {*PICTURE_SUFFIXES, ARRAY} or table_suffix(file) in CERTAIN_SUFFIXES


def read_file(file: str, run: RunFiles, max_pixels: int | None = None) -> Read:
    """Read a picture as one example, and every row of an array or a table as one.

    Raises WxbError if the file is none of them, or its examples do not fit the network.
    """
    path = Path(file)
    if reads_tokens(run) and not _is_other(path):
        return _of_sentences(read_content(path)[0], file, run, typed_in=not is_conll(path))
    if is_stream(file):
        return read_bytes(read_content(path)[0], name_of(path), run, max_pixels)
    if not is_file(path) and not is_table(path):
        folder = "a folder without pictures, tables and arrays"
        raise WxbError(f"{file}: {folder if is_folder(path) else obstacle(path) or 'there is no such file'}")
    if reads_texts(run) and is_text_name(path.name):
        values, said = read_rows(frame_of_texts([text_of(path, file)], file), preparation_of(run.data.table))
        return Read(values, rows=False, notes=tuple(f"{file}: {remark}" for remark in said))
    if path.suffix.lower() == ARRAY:
        array = _read_array(path, file, run)
        return Read(array, notes=tuple(f"{file}: {remark}" for remark in far_outside(run, array)))
    if is_table(path) and (run.preparation is not None or table_suffix(path) in CERTAIN_SUFFIXES):
        return _of_table(lambda names: read_frame(path, names=names), file, run)
    picture, remarks = _read_picture(path, file, run, max_pixels or max_pixels_of(run))
    notes = tuple(f"{file}: {remark}" for remark in remarks)
    return Read(_fitting(picture[None], file, run), rows=False, notes=notes)


def read_bytes(data: bytes, name: str, run: RunFiles, max_pixels: int | None = None) -> Read:
    """Read the bytes of a picture, an array or a table, called `name` in messages. Raises WxbError as `read_file` does.

    What is no array is a table if the run was trained on one.
    """
    is_array = data.startswith(MAGIC)
    if reads_tokens(run) and not is_array:
        return _of_sentences(data, name, run, typed_in=b"\t" not in data)
    if run.preparation is not None and not is_array:
        return _of_table(lambda names: frame_of_content(name, data, names=names), name, run)
    with TemporaryDirectory() as folder:
        path = Path(folder) / ("stream" + ARRAY * is_array)
        path.write_bytes(data)
        try:
            return read_file(str(path), run, max_pixels)
        except WxbError as problem:
            raise WxbError(problem.what.replace(str(path), name), problem.detail, problem.fix) from problem


def expected(run: RunFiles) -> str:
    """What files the run's network takes."""
    shape = run.summary.input
    arrays = f"arrays of NumPy (.npy) of shape (n, {', '.join(map(str, shape))})"
    if reads_tokens(run):
        return f"text files with a sentence a line, or files with a token a line ({', '.join(CONLL)}), or tables"
    if reads_texts(run):
        return f"text files ({', '.join(TEXT_SUFFIXES)}), or tables with a column text"
    if run.data.table is not None:
        return "tables with the columns of training" + (f", or {arrays}" if kind_of(shape).scaled else "")
    return f"pictures, or {arrays}" if kind_of(shape).spatial and run.data.dtype == "uint8" else arrays


def _read_array(path: Path, file: str, run: RunFiles) -> NDArray[Any]:
    """The rows of an array (n, …), or the one of an array in the shape of an example."""
    array, preparation = in_shape(read_npy(path, file), run.summary.input), run.preparation
    shapes = [run.summary.input] + ([] if preparation is None else [(len(preparation.names),)])
    if array.shape not in shapes and array.shape[1:] not in shapes:
        expected = f"(n, {', '.join(map(str, run.summary.input))})"
        raise WxbError(f"{file}: an array of shape {array.shape}; expected {expected}")
    return _fitting(array, file, run)


def _of_table(read: Callable[[Sequence[str]], Frame], file: str, run: RunFiles) -> Read:
    """The rows of a table, which `read` opens with the names that the run expects in it."""
    preparation = run.preparation
    if preparation is None:
        raise WxbError(f"{file}: a table; the network was not trained on one")
    frame = in_sentences(read(preparation.all_names), preparation)
    rows, notes = read_rows(frame, preparation)
    said = tuple(f"{file}: {note}" for note in (*frame.notes, *notes))
    return Read(rows if isinstance(rows, Prepared) else _fitting(rows, file, run), notes=said)


def _read_picture(path: Path, file: str, run: RunFiles, max_pixels: int) -> tuple[NDArray[np.uint8], list[str]]:
    """A picture (channels, height, width) in the size, colours and values of the training data, and remarks on it."""
    from wxb.data.pictures.decoding import LeftOut, decode, read_header  # brings Pillow
    from wxb.data.pictures.levels import DEEP_COLOURS, Levels

    shape = run.summary.input
    if not kind_of(shape).spatial:
        kind = kind_of(shape)
        what = f"rows of {plural(shape[0], 'feature')}" if kind.scaled else kind.what
        raise WxbError(f"{file}: the network takes {what}, no pictures")
    if run.data.dtype != "uint8":
        raise WxbError(f"{file}: a picture of bytes; the network was trained on {run.data.dtype} arrays")
    channels, height, width = shape
    source = run.data.source
    full, ink = INK.get(str(source.get("source"))), bool(source.get("ink", False))
    try:
        header = read_header(path, max_pixels)
        if ink:  # its squares are made of the picture's own pixels
            height = width = min(header.height, header.width)
        fits = (header.height, header.width) == (height, width)
        if not fits and height != width:
            sizes = f"{header.height}x{header.width} pixels; the network takes {height}x{width}"
            raise WxbError(f"{file}: {sizes}")
        bounds = levels_of(run)
        levels = None if bounds is None else Levels(*bounds)
        side = None if fits else height
        picture, remark = decode(path, header, channels == 1, side, max_pixels, levels, of_run=True)
    except LeftOut as reason:
        raise WxbError(f"{file}: {reason.reason}" + (f" ({reason.more})" if reason.more else "")) from reason
    remarks = [remark] if remark else [DEEP_COLOURS] if header.deep_colours else []
    return as_in_set(picture[None], full, ink)[0] if full is not None else picture, remarks


def _fitting(array: NDArray[Any], file: str, run: RunFiles) -> NDArray[Any]:
    """The examples (n, …) as the network takes them. Raises WxbError, with the file's name, if it does not."""
    try:
        return like_training(run, array)
    except WxbError as problem:
        raise WxbError(f"{file}: {problem.what}", problem.detail, problem.fix) from problem


# --- many files -------------------------------------------------------------------------------------------------------


@contextmanager
def reading(
    files: Sequence[str], run: RunFiles, read: Callable[[str, RunFiles], Read] = read_file
) -> Iterator[Iterator[Batch]]:
    """The batches of files, each of which is read while the one before it is used."""
    pictures = kind_of(run.summary.input).spatial
    if pictures:
        from wxb.data.pictures.decoding import quiet_decoders  # brings Pillow
    with kept(), quiet_decoders() if pictures else nullcontext(), closing(ahead(batches(files, run, read))) as coming:
        yield coming


def batches(files: Sequence[str], run: RunFiles, read: Callable[[str, RunFiles], Read] = read_file) -> Iterator[Batch]:
    """The examples in files, in order. A file without any is a problem, and nothing else."""
    size = max(1, min(AT_ONCE, BYTES_AT_ONCE // (4 * prod(run.summary.input))))
    batch = Batch()
    for begun, file in enumerate(files, 1):
        batch.files = begun
        try:
            content = read(file, run)
        except WxbError as problem:
            batch.problems.append(problem)
        else:
            batch.notes.extend(content.notes)
            for start in range(0, len(content.values), size):
                part = content.values[start : start + size]
                batch.values.append(part)
                batch.examples.extend(
                    Example(utf8(file), start + row if content.rows else None) for row in range(len(part))
                )
                if len(batch.examples) >= size:
                    yield batch
                    batch = Batch(files=begun)
        if len(batch.problems) >= size:
            yield batch
            batch = Batch(files=begun)
    if batch.examples or batch.problems or batch.notes:
        yield batch


def ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """The same items; while the caller uses one, the next is made in a thread."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item
