"""Published file formats, read strictly: IDX (MNIST) and the CIFAR-10 binary version.

What a file claims is checked before anything of that size is read, so that a wrong or damaged file, or a small gzip
file that unpacks to terabytes, ends in a WxbError that names it.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.numbers import count, shape

MOST_BYTES = 2**30  # of one IDX file, unpacked; MNIST's largest has 47 MB
IDX_UBYTE = 8  # the type byte of unsigned bytes, the only one that MNIST and its kin use

CIFAR_SHAPE = (3, 32, 32)
CIFAR_ROW = 1 + 3 * 32 * 32  # a byte for the class, then red, green and blue planes


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The array of an IDX file of unsigned bytes with so many dimensions, gzipped (by its first bytes) or not.

    Format: http://yann.lecun.com/exdb/mnist: bytes 0, 0, type, number of dimensions; sizes as big-endian uint32; data.
    Raises WxbError where the file is anything else, shorter or longer.
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
        if length == 0 or length > MOST_BYTES:
            raise WxbError(
                f"{path} claims {shape(sizes)} numbers",
                f"expected at least one and at most {count(MOST_BYTES)} bytes",
                "get the file again from where the data set is published",
            )
        data = read_exactly(file, length, path)
        refuse_more(file, length, path)
    return np.frombuffer(data, dtype=np.uint8).reshape(sizes)


def read_cifar(file: IO[bytes], path: Path, rows: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures (rows, 3, 32, 32) uint8 and classes (rows,) int64 of a batch of CIFAR-10's binary version.

    Format: https://www.cs.toronto.edu/~kriz/cifar.html: rows of a class byte (0–9) and 3,072 bytes of pixels. `path` is
    what messages call the file. Raises WxbError where the file is shorter or longer, or a class is above 9.
    """
    data = np.frombuffer(read_exactly(file, rows * CIFAR_ROW, path), dtype=np.uint8).reshape(rows, CIFAR_ROW)
    refuse_more(file, rows * CIFAR_ROW, path)
    labels = data[:, 0].astype(np.int64)
    check_labels(labels, 10, path)
    return data[:, 1:].reshape(rows, *CIFAR_SHAPE), labels


def check_labels(labels: NDArray[np.int64] | NDArray[np.uint8], classes: int, path: Path) -> None:
    """Raises WxbError where a label is not below `classes`, with how many, the first and its row."""
    wrong = np.flatnonzero(labels >= classes)
    if len(wrong):
        raise WxbError(
            f"{path}: {count(len(wrong))} of {count(len(labels))} labels are out of range",
            f"the first is {labels[wrong[0]]} at row {count(int(wrong[0]))}; expected 0 to {classes - 1}",
            "get the file again from where the data set is published",
        )


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """A file for reading, unpacked on the way if it is gzip (it begins with 1f 8b).

    Raises WxbError where it cannot be opened or, also while it is being read, is damaged.
    """
    try:
        with path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            if packed:
                with gzip.GzipFile(fileobj=plain) as unpacked:
                    yield cast(IO[bytes], unpacked)
            else:
                yield plain
    except EOFError as error:
        raise _cut_short(path, "its gzip data end too early") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise WxbError(
            f"{path} is damaged", f"gzip: {error}", "get the file again from where the data set is published"
        ) from error
    except OSError as error:
        raise WxbError(f"{path} cannot be read", error.strerror or str(error)) from error


def read_exactly(file: IO[bytes], length: int, path: Path) -> bytes:
    """The next `length` bytes. Raises WxbError where there are fewer."""
    data = file.read(length)
    if len(data) < length:
        raise _cut_short(path, f"{count(len(data))} bytes are there where {count(length)} should be")
    return data


def refuse_more(file: IO[bytes], length: int, path: Path) -> None:
    """Raises WxbError where the file goes on after `length` bytes of data; reads gzip's checksum on the way."""
    if file.read(1):
        raise WxbError(
            f"{path} is longer than it should be",
            f"expected {count(length)} bytes of data",
            "get the file again from where the data set is published",
        )


def _cut_short(path: Path, how: str) -> WxbError:
    return WxbError(f"{path} is cut short", how, "get the file again from where the data set is published")
