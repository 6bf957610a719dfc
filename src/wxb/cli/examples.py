"""The examples that files hold, read in a thread while those before them are computed."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from wxb.errors import WxbError
from wxb.text import count

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wxb.runs.run import Run

T = TypeVar("T")

AT_ONCE = 64  # examples of a batch: few, so that reading and computing overlap in short lists too
BYTES_AT_ONCE = 2**26  # and fewer where they are large; two batches are held, whatever the list's length
STREAM = "-"  # what standard input is called
STREAMED = 2**30  # the most bytes that are read of it
NUMPY = b"\x93NUMPY"  # the first bytes of a .npy file


@dataclass(frozen=True)
class Example:
    """What one thing to predict is called: a file, or a row of a file."""

    file: str
    row: int | None

    @property
    def name(self) -> str:
        """ "seven.png", "rows.npy 3"."""
        return self.file if self.row is None else f"{self.file} {self.row}"


@dataclass(frozen=True)
class Read:
    """What a file holds: examples (n, …) as the network takes them, and remarks on it."""

    values: NDArray[np.generic]
    rows: bool = True  # whether they are rows of the file, not all of it
    notes: tuple[str, ...] = ()


@dataclass
class Batch:
    """Examples in the order of the files, and what is to be said of the files that were read for them."""

    examples: list[Example] = field(default_factory=list)
    values: list[NDArray[np.generic]] = field(default_factory=list)  # (n, …) each: those of `examples` in turn
    notes: list[str] = field(default_factory=list)
    problems: list[WxbError] = field(default_factory=list)  # a file that holds no example each, and why
    files: int = 0  # begun so far


def batches(files: Sequence[str], run: Run) -> Iterator[Batch]:
    """The examples in files, in order; a file that holds none is a problem, and nothing else."""
    size = max(1, min(AT_ONCE, BYTES_AT_ONCE // (4 * prod(run.summary.input))))
    batch = Batch()
    for begun, file in enumerate(files, 1):
        batch.files = begun
        try:
            found = read_file(file, run)
        except WxbError as problem:
            batch.problems.append(problem)
        else:
            batch.notes.extend(found.notes)
            for start in range(0, len(found.values), size):
                part = found.values[start : start + size]
                batch.values.append(part)
                batch.examples.extend(Example(file, start + row if found.rows else None) for row in range(len(part)))
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


def expected(run: Run) -> str:
    """What files the run's network takes."""
    shape = run.summary.input
    arrays = f"arrays of NumPy (.npy) of shape (n, {', '.join(map(str, shape))})"
    if run.data.table is not None:
        return f"tables with the columns of training, or {arrays}"
    return f"pictures, or {arrays}" if len(shape) == 3 and run.data.dtype == "uint8" else arrays


def read_file(file: str, run: Run) -> Read:
    """A picture as one example, an array or a table as one a row. Raises WxbError where the file is none of them, or
    does not fit.
    """
    from wxb.data.tables.frame import is_table

    if file == STREAM:
        return read_stream(run)
    path = Path(file)
    if not path.is_file():
        raise WxbError(f"{file}: " + ("a folder; expected files" if path.is_dir() else "there is no such file"))
    if path.suffix.lower() == ".npy":
        return read_array(file, run)
    if is_table(path):
        return read_rows(file, run)
    return Read(fitting(read_picture(file, run)[None], file, run), rows=False)


def read_stream(run: Run) -> Read:
    """What standard input holds, a picture or an array. Raises WxbError as `read_file`."""
    data = sys.stdin.buffer.read(STREAMED + 1) if sys.stdin is not None else b""
    if not data:
        raise WxbError("standard input is empty")
    if len(data) > STREAMED:
        raise WxbError(f"standard input has more than {count(STREAMED)} bytes")
    with TemporaryDirectory() as folder:
        path = Path(folder) / ("stream.npy" if data.startswith(NUMPY) else "stream")
        path.write_bytes(data)
        try:
            return read_file(str(path), run)
        except WxbError as problem:
            what = problem.what.replace(str(path), "standard input")
            raise WxbError(what, problem.detail, problem.fix) from problem


def read_array(file: str, run: Run) -> Read:
    """The rows of an array (n, *shape), or the one of an array of an example's shape."""
    import numpy as np

    from wxb.runs.inputs import preparation_of

    prepared, shape = preparation_of(run), run.summary.input
    try:
        array = np.load(file, allow_pickle=False)
    except (ValueError, OSError, EOFError) as problem:
        raise WxbError(f"{file}: no array of NumPy ({problem})") from problem
    if prepared is not None and array.shape[-1:] == (len(prepared.names),):
        shape = array.shape[-1:]
    if array.shape == shape:
        array = array[None]
    if array.shape[1:] != shape:
        expected = f"(n, {', '.join(map(str, shape))})"
        raise WxbError(f"{file}: an array of shape {array.shape}; expected {expected}")
    return Read(fitting(array, file, run))


def read_rows(file: str, run: Run) -> Read:
    """The rows of a table, prepared as those that the network was trained on; remarks say what those had not."""
    from wxb.data.tables import frame, table
    from wxb.runs.inputs import preparation_of

    prepared = preparation_of(run)
    if prepared is None:
        raise WxbError(f"{file}: a table; the network was not trained on one")
    examples, notes = table.read_rows(frame.read_frame(Path(file)), prepared)
    return Read(fitting(examples, file, run), notes=tuple(f"{file}: {note}" for note in notes))


def read_picture(file: str, run: Run) -> NDArray[np.uint8]:
    """A picture (channels, height, width) as the network takes it."""
    from wxb.data.known.ink import as_in_set
    from wxb.data.known.sets import INK
    from wxb.data.load import MAX_PIXELS
    from wxb.data.pictures.decoding import LeftOut, decode, read_header

    shape = run.summary.input
    if len(shape) != 3:
        raise WxbError(f"{file}: the network takes rows of {shape[0]} numbers, no pictures")
    if run.data.dtype != "uint8":
        raise WxbError(f"{file}: a picture of bytes; the network was trained on {run.data.dtype} arrays")
    channels, height, width = shape
    source = run.data.source
    full, ink = INK.get(str(source.get("source"))), bool(source.get("ink", False))
    try:
        header = read_header(Path(file), MAX_PIXELS)
        if ink:  # its squares are made of the picture's own pixels
            height = width = min(header.height, header.width)
        fits = (header.height, header.width) == (height, width)
        if not fits and height != width:
            sizes = f"{header.height}x{header.width} pixels; the network takes {height}x{width}"
            raise WxbError(f"{file}: {sizes}")
        picture = decode(Path(file), header, channels == 1, None if fits else height, MAX_PIXELS)
    except LeftOut as reason:
        raise WxbError(f"{file}: {reason.reason}" + (f" ({reason.more})" if reason.more else "")) from reason
    return as_in_set(picture[None], full, ink)[0] if full is not None else picture


def fitting(array: NDArray[np.generic], file: str, run: Run) -> NDArray[np.generic]:
    """The examples (n, …) as the network takes them. Raises WxbError, with the file's name, for values that it does
    not take.
    """
    from wxb.runs.inputs import like_training

    try:
        return like_training(run, array)
    except WxbError as problem:
        raise WxbError(f"{file}: {problem.what}", problem.detail, problem.fix) from problem
