"""Strict readers of published file formats: IDX (MNIST), CIFAR's binary version and LIBSVM's text (USPS).

The sizes in a file's header are checked before memory is allocated. A wrong or damaged file, or a small gzip file that
unpacks to terabytes, raises a WxbError that names it.
"""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.text import count, shape

MOST_BYTES = 2**28  # of an unpacked IDX file; MNIST's largest has 47 MB
GROWN_FROM, MOST_GROWTH = 2**26, 100  # an IDX file of so many bytes is packed to at least a hundredth
IDX_UBYTE = 8  # the type code of unsigned bytes, the only type in MNIST and similar sets

CIFAR_SHAPE = (3, 32, 32)
CIFAR_PIXELS = 3 * 32 * 32  # red, green and blue planes
CIFAR_ROW = 1 + CIFAR_PIXELS  # of CIFAR-10: the class in one byte, then the pixels

MOST_TEXT = 2**24  # bytes of the digits of scikit-learn, unpacked: 0.5 MB
MOST_LINES, MOST_LINE = 100_000, 2**16  # of a file in LIBSVM's format, and bytes of one; USPS has 7,291 of 4,000 bytes


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Read the array of an IDX file of unsigned bytes with so many dimensions, gzipped or not.

    Format: http://yann.lecun.com/exdb/mnist: bytes 0, 0, type, number of dimensions; sizes as big-endian uint32; data.
    Raises WxbError if the file has another format, or is shorter or longer than its header says.
    """
    with opened(path) as file:
        magic = read_exactly(file, 4, path)
        if magic != bytes((0, 0, IDX_UBYTE, dimensions)):
            expected = bytes((0, 0, IDX_UBYTE, dimensions))
            raise WxbError(
                f"{path} is not an IDX file of {dimensions} dimension{'s' if dimensions > 1 else ''}",
                f"it begins with {magic.hex(' ')}; expected {expected.hex(' ')}",
                "get the file again from where the data set is published",
            )
        sizes = tuple(int(size) for size in np.frombuffer(read_exactly(file, 4 * dimensions, path), dtype=">u4"))
        length = int(np.prod(sizes, dtype=object))
        grown = length > GROWN_FROM and length > MOST_GROWTH * path.stat().st_size
        if length == 0 or length > MOST_BYTES or grown:
            raise WxbError(
                f"{path} claims {shape(sizes)} numbers",
                f"it is packed to {count(path.stat().st_size)} bytes; expected at most {MOST_GROWTH} times as many"
                if grown
                else f"expected at least one and at most {count(MOST_BYTES)} bytes",
                "get the file again from where the data set is published",
            )
        data = read_exactly(file, length, path)
        refuse_more(file, length, path)
    return np.frombuffer(data, dtype=np.uint8).reshape(sizes)


def read_cifar(
    file: IO[bytes], path: Path, rows: int, labels: int = 1, classes: int = 10
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read pictures (rows, 3, 32, 32) uint8 and classes (rows,) int64 from a file of CIFAR's binary version.

    Format: https://www.cs.toronto.edu/~kriz/cifar.html: rows of class bytes and 3,072 bytes of pixels; CIFAR-10 has one
    class byte; CIFAR-100 has two, the coarse class and the fine class, and the last one is returned. Messages name the
    file by `path`. Raises WxbError if the file is shorter or longer, or a class is not below `classes`.
    """
    row = labels + CIFAR_PIXELS
    data = np.frombuffer(read_exactly(file, rows * row, path), dtype=np.uint8).reshape(rows, row)
    refuse_more(file, rows * row, path)
    targets = data[:, labels - 1].astype(np.int64)
    check_labels(targets, classes, path)
    return data[:, labels:].reshape(rows, *CIFAR_SHAPE), targets


def read_libsvm(
    path: Path, features: int, span: tuple[float, float], labels: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Read rows (n, features) float32 and labels (n,) int64 from a file in LIBSVM's format, packed with bzip2 or not.

    Format: https://www.csie.ntu.edu.tw/~cjlin/libsvm: one line per example, "label index:value index:value …", with
    ascending indices from 1; other values are 0. Raises WxbError, with the line, if the file has another format, a
    value is outside `span`, or a label is outside `labels` (minimum and maximum).
    """
    rows: list[NDArray[np.float32]] = []
    targets: list[int] = []
    for number, line in enumerate(_lines(path), 1):
        try:
            label, values = _libsvm_line(line, features)
        except (ValueError, OverflowError):
            label, values = labels[0] - 1, np.empty(0, dtype=np.float32)
        # NaN compares false with both bounds
        if not (labels[0] <= label <= labels[1] and np.all((values >= span[0]) & (values <= span[1]))):
            raise WxbError(
                f"{path}: line {count(number)} is not in the format",
                f"expected a label from {labels[0]} to {labels[1]}, then index:value with indices from 1 to {features} "
                f"and values from {span[0]:g} to {span[1]:g}",
                "get the file again from where the data set is published",
            )
        rows.append(values)
        targets.append(label)
    if not rows:
        raise WxbError(f"{path} is empty", fix="get the file again from where the data set is published")
    return np.stack(rows), np.array(targets, dtype=np.int64)


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file in LIBSVM's format. Raises WxbError if there are too many, or one is too long."""
    with opened(path) as file:
        for _ in range(MOST_LINES):
            line = file.readline(MOST_LINE)
            if not line:
                return
            if len(line) == MOST_LINE:
                raise WxbError(
                    f"{path} is not in the format",
                    f"a line has more than {count(MOST_LINE)} bytes",
                    "get the file again from where the data set is published",
                )
            yield line
        if file.read(1):
            raise WxbError(
                f"{path} is longer than it should be",
                f"expected at most {count(MOST_LINES)} lines",
                "get the file again from where the data set is published",
            )


def _libsvm_line(line: bytes, features: int) -> tuple[int, NDArray[np.float32]]:
    """The label and the values of a line. Raises ValueError if it is not in the format."""
    label, *pairs = line.split()
    numbers = np.array(list(map(float, b" ".join(pairs).replace(b":", b" ").split()))).reshape(-1, 2)
    places = numbers[:, 0]
    if line.count(b":") != len(pairs) or len(numbers) != len(pairs):
        raise ValueError("no pairs of index and value")
    # NaN fails each of these comparisons
    if not (np.all((places >= 1) & (places <= features) & (places % 1 == 0)) and np.all(np.diff(places) >= 1)):
        raise ValueError("indices out of range or order")
    values = np.zeros(features, dtype=np.float32)
    values[places.astype(np.int64) - 1] = numbers[:, 1]
    return int(label), values


def check_labels(labels: NDArray[np.int64] | NDArray[np.uint8], classes: int, path: Path) -> None:
    """Raise WxbError if labels are not below `classes`, with their number, the first one and its row."""
    wrong = np.flatnonzero(labels >= classes)
    if len(wrong):
        raise WxbError(
            f"{path}: {count(len(wrong))} of {count(len(labels))} labels are out of range",
            f"the first is {labels[wrong[0]]} at row {count(int(wrong[0]))}; expected 0 to {classes - 1}",
            "get the file again from where the data set is published",
        )


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, unpacking it if it is gzip (it begins with 1f 8b) or bzip2 (BZh).

    Raises WxbError, also later in the context, if the file cannot be read or is damaged.
    """
    packing = ""
    try:
        with path.open("rb") as plain:
            magic = plain.read(3)
            plain.seek(0)
            if magic[:2] == b"\x1f\x8b":
                packing = "gzip"
                with gzip.GzipFile(fileobj=plain) as unpacked:
                    yield cast(IO[bytes], unpacked)
            elif magic == b"BZh":
                packing = "bzip2"
                with bz2.BZ2File(plain) as unpacked_bz2:
                    yield cast(IO[bytes], unpacked_bz2)
            else:
                yield plain
    except EOFError as error:
        raise _cut_short(path, f"its {packing} data end too early") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise WxbError(
            f"{path} is damaged", f"gzip: {error}", "get the file again from where the data set is published"
        ) from error
    except OSError as error:
        if packing == "bzip2" and error.errno is None:  # bz2 raises this for data that is not its format
            fix = "get the file again from where the data set is published"
            raise WxbError(f"{path} is damaged", f"bzip2: {error}", fix) from error
        raise WxbError(f"{path} cannot be read", error.strerror or str(error)) from error


def read_exactly(file: IO[bytes], length: int, path: Path) -> bytes:
    """Read the next `length` bytes. Raises WxbError if there are fewer."""
    data = file.read(length)
    if len(data) < length:
        raise _cut_short(path, f"{count(len(data))} of {count(length)} bytes are there")
    return data


def refuse_more(file: IO[bytes], length: int, path: Path) -> None:
    """Raise WxbError if the file continues after `length` bytes of data; this also checks gzip's checksum."""
    if file.read(1):
        raise WxbError(
            f"{path} is longer than it should be",
            f"expected {count(length)} bytes of data",
            "get the file again from where the data set is published",
        )


def _cut_short(path: Path, how: str) -> WxbError:
    return WxbError(f"{path} is cut short", how, "get the file again from where the data set is published")
