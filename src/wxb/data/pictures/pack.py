"""Writing decoded pictures to a pack, and mapping a pack into memory."""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from wxb.data.copies import copies
from wxb.data.dataset import fingerprint
from wxb.data.pictures import cache as packs
from wxb.data.pictures.cache import About
from wxb.data.pictures.layout import File
from wxb.data.pictures.levels import Deep
from wxb.data.pictures.tree import below, shown
from wxb.paths import is_file

CHECKED = 2**30  # up to so many bytes of pixels each opening checks the checksum; larger packs only if modified


@dataclass(frozen=True)
class Wanted:
    """The required content of a pack: the current files of a picture folder, decoded with these settings."""

    folder: Path
    files: tuple[File, ...]
    size: int | None
    max_pixels: int
    decoders: str
    like: str = ""  # the colours and levels that were asked for; "" for those of the folder itself

    @property
    def path(self) -> Path:
        """The path of the pack, named after folder, size and max_pixels."""
        form = (self.size, self.max_pixels, *([self.like] if self.like else []))
        key = blake3(repr((os.fsencode(self.folder), *form)).encode()).hexdigest()[:16]
        name = "".join(letter if letter.isalnum() else "-" for letter in self.folder.name[:40])
        return packs.folder() / f"{name}-{key}{packs.SUFFIX}"

    @cached_property
    def listing(self) -> str:
        """blake3 (hex) of path, size, times and number on the disk (inode) of every file.

        The time of the last change of an entry (ctime) and the inode tell files apart that were exchanged, or written
        over, and then given the old modification time.
        """
        hasher = blake3()
        for file in self.files:
            try:
                status = os.stat(file.path)
                seen = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
            except OSError:
                seen = (-1, -1, -1, -1)
            hasher.update(repr((os.fsencode(below(file.path, self.folder)), seen)).encode())
        return hasher.hexdigest()

    def matches(self, about: About) -> bool:
        """Whether a pack has this content."""
        made = (about.folder, about.size, about.max_pixels, about.decoders, about.listing)
        return made == (shown(self.folder), self.size, self.max_pixels, self.decoders, self.listing)


class Damaged(Exception):
    """A pack whose content does not fit its checksums."""


def open_pack(wanted: Wanted) -> tuple[NDArray[np.uint8], About] | None:
    """Map the pictures (n, channels, height, width), channels last in memory, of a pack; returns its description too.

    Returns None if there is no pack, or the folder's content has changed since. Raises Damaged.
    """
    path = wanted.path
    about = packs.read_about(path)
    if about is None and is_file(path):
        raise Damaged
    if about is None or not wanted.matches(about):
        return None
    try:
        pictures = map_pixels(path, about.shape)
        if (pictures.nbytes <= CHECKED or path.stat().st_mtime_ns != about.written) and digest(
            path, about
        ) != about.pixels:
            raise Damaged
    except (OSError, ValueError):  # another process has removed it
        return None
    packs.use(path)
    return pictures.transpose(0, 3, 1, 2), about


def map_pixels(path: Path, shape: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """Map the pixels of a file for reading."""
    return np.memmap(path, np.uint8, "r", shape=shape)


def digest(path: Path, about: About) -> str:
    """blake3 (hex) of the pixels of a pack, computed by as many threads as there are cores."""
    hasher = blake3(max_threads=blake3.AUTO)
    hasher.update(map_pixels(path, about.shape).reshape(-1).data)
    return hasher.hexdigest()


class Writing:
    """A pack that is being written: other processes wait, and see it when it is complete or not at all.

        with Writing(wanted) as pack:
            pack.add(pixels)
            pictures, about = pack.finish(…)

    An earlier pack stays in place until then. Raises OSError if the cache cannot be written.
    """

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.path = wanted.path
        self.part = packs.part(self.path)
        self.hasher = blake3()
        self.count = 0
        self.form: tuple[int, int, int] = (0, 0, 0)
        self._stack = ExitStack()
        self._file: BinaryIO

    def __enter__(self) -> Writing:
        with ExitStack() as stack:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(packs.lock(self.path))
            stack.callback(self.part.unlink, missing_ok=True)
            self._file = stack.enter_context(self.part.open("wb"))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """Add the next picture (height, width, channels)."""
        height, width, channels = pixels.shape
        self.form = (height, width, channels)
        self.count += 1
        row = np.ascontiguousarray(pixels).reshape(-1).data
        self.hasher.update(row)
        self._file.write(row)

    def finish(
        self,
        gone: Sequence[int],
        left_out: Sequence[tuple[str, str, str]],
        classes: tuple[str, ...],
        targets: NDArray[np.int64],
        deep: Deep,
    ) -> tuple[NDArray[np.uint8], About]:
        """Move the pack to its place; returns its pictures and description as `open_pack` does."""
        shape = (self.count, *self.form)
        self._file.flush()
        pixels = map_pixels(self.part, shape)
        pictures = pixels.transpose(0, 3, 1, 2)
        with ThreadPoolExecutor() as pool:  # two passes over all pixels and the write to disk, in parallel
            stored = pool.submit(os.fsync, self._file.fileno())
            looking = pool.submit(copies, pixels)
            data_fingerprint = fingerprint("classification", classes, pictures, targets)
            first = looking.result()
            stored.result()
        wanted, written = self.wanted, time.time_ns()
        about = About(
            packs.FORM,
            wanted.decoders,
            shown(wanted.folder),
            wanted.size,
            wanted.max_pixels,
            wanted.listing,
            shape,
            tuple(gone),
            tuple(left_out),
            tuple((int(row), int(first[row])) for row in np.flatnonzero(first != np.arange(len(first)))),
            data_fingerprint,
            self.hasher.hexdigest(),
            written,
            deep,
        )
        del pixels, pictures  # some systems do not move a mapped file
        self._file.write(packs.tail(about))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        os.utime(self.part, ns=(written, written))
        os.replace(self.part, self.path)
        packs.use(self.path)
        return map_pixels(self.path, shape).transpose(0, 3, 1, 2), about


def is_mapped(array: NDArray[np.generic]) -> bool:
    """Whether an array's memory is a mapped file."""
    return _map(array) is not None


def read_ahead(examples: object, rows: NDArray[np.int64]) -> None:
    """Ask the system to read these rows of mapped examples into memory, while this process computes.

    Does nothing for examples that are not mapped.
    """
    mapped = _map(examples)
    if not isinstance(examples, np.ndarray) or mapped is None or not hasattr(mapped, "madvise"):
        return
    size = examples[:1].nbytes
    for row in rows.tolist():
        start = row * size // mmap.PAGESIZE * mmap.PAGESIZE
        mapped.madvise(mmap.MADV_WILLNEED, start, (row + 1) * size - start)


def _map(array: object) -> mmap.mmap | None:
    while isinstance(array, np.ndarray):
        array = array.base
    return array if isinstance(array, mmap.mmap) else None
