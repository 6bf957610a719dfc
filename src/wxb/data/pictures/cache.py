"""The cache of decoded pictures: one file per picture folder, called a pack, and the removal of old packs.

A pack begins with the pixels (n, height, width, channels) uint8, so that they can be mapped into memory. A JSON
description follows, and then its length and checksum.
"""

from __future__ import annotations

import os
import shutil
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from blake3 import blake3

from wxb.data.known.search import cache_folder
from wxb.data.pictures.levels import Deep
from wxb.data.pictures.tree import shown

if TYPE_CHECKING:
    from filelock import BaseFileLock

FORM = 1  # version of the file format; others are not read
SUFFIX = ".pixels"
PART = ".part"  # suffix of a pack that is being written
SHARE = 0.25  # of the disk's free space that all packs together may take; their own space counts as free
TAIL = struct.Struct("<Q32s8s")  # length of the JSON in bytes, its blake3, and a mark
MARK = b"wxb pack"

_used_here: set[Path] = set()  # packs that this process has mapped into memory


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The description of a pack, stored in it."""

    form: int
    decoders: str  # versions of the libraries that decoded the pictures
    folder: str
    size: int | None  # settings of load_data
    max_pixels: int
    listing: str  # blake3 of the path, size, times and number on the disk of every file
    shape: tuple[int, int, int, int]  # (n, height, width, channels)
    gone: tuple[int, ...]  # positions in the listing of files that are no example
    left_out: tuple[tuple[str, str, str], ...]  # these files: name, reason, details
    copies: tuple[tuple[int, int], ...]  # (row, the first row with the same pixels)
    fingerprint: str  # of the data set
    pixels: str  # blake3 of the pixels
    written: int  # the file's modification time, in nanoseconds
    deep: Deep = Deep()


@dataclass(frozen=True)
class Pack:
    """A pack in the cache; `about` is None if it is damaged."""

    path: Path
    bytes: int
    used: float  # time.time() of its last use
    about: About | None


def folder() -> Path:
    """The folder of all packs."""
    return cache_folder() / "pictures"


def read_about(path: Path) -> About | None:
    """Read the description of a pack; None if there is no pack, it is truncated, or it has another format."""
    try:
        with path.open("rb") as file:
            file.seek(-TAIL.size, os.SEEK_END)
            length, digest, mark = TAIL.unpack(file.read(TAIL.size))
            if mark != MARK:
                return None
            end = file.seek(-TAIL.size - length, os.SEEK_END)
            description = file.read(length)
        if blake3(description).digest() != digest:
            return None
        about = msgspec.json.decode(description, type=About)
    except (OSError, OverflowError, ValueError):  # ValueError: of msgspec, and of bytes that are no UTF-8
        return None
    count, height, width, channels = about.shape
    return about if end == count * height * width * channels and about.form == FORM else None


def tail(about: About) -> bytes:
    """The bytes after the pixels."""
    description = msgspec.json.encode(about)
    return description + TAIL.pack(len(description), blake3(description).digest(), MARK)


def packs() -> list[Pack]:
    """All packs in the cache, the most recently used first."""
    present = []
    for path in folder().glob(f"*{SUFFIX}"):
        with suppress(OSError):  # another process has removed it
            size = path.stat().st_size
            present.append(Pack(path, size, last_used(path), read_about(path)))
    return sorted(present, key=lambda pack: (-pack.used, pack.path.name))


def of(folders: Sequence[Path] = ()) -> list[Pack]:
    """The packs of these picture folders, or all packs; damaged ones are always included."""
    named = {shown(one) for one in folders}
    return [pack for pack in packs() if not named or pack.about is None or pack.about.folder in named]


def use(path: Path) -> None:
    """Record that this process has mapped a pack, and the time."""
    _used_here.add(path)
    with suppress(OSError):  # a read-only cache
        used(path).touch()


def last_used(path: Path) -> float:
    """The time of a pack's last use, or of its writing. Raises OSError if there is no pack."""
    with suppress(OSError):
        return used(path).stat().st_mtime
    return path.stat().st_mtime


def used(path: Path) -> Path:
    """The empty file whose modification time is a pack's last use; systems do not record access times reliably."""
    return path.with_name(f".{path.name}.used")


def most() -> int:
    """The bytes that all packs may take together. Raises OSError if the cache cannot be created."""
    folder().mkdir(parents=True, exist_ok=True)
    return int(SHARE * (shutil.disk_usage(folder()).free + sum(pack.bytes for pack in packs())))


def make_room(needed: int) -> bool:
    """Make room for a pack of so many bytes, and return whether it may be written.

    The packs unused for longest are removed, but none that this process has mapped. Raises OSError if the cache cannot
    be created.
    """
    bound, present = most(), packs()
    taken = sum(pack.bytes for pack in present)
    removable = [pack for pack in reversed(present) if pack.path not in _used_here]
    if needed + taken - sum(pack.bytes for pack in removable) > bound:
        return False
    for pack in removable:
        if needed + taken <= bound:
            break
        taken -= pack.bytes if remove(pack.path) else 0
    return needed + taken <= bound


def remove(path: Path) -> bool:
    """Remove a pack and any unfinished one in its place; return whether it is gone."""
    try:
        path.unlink(missing_ok=True)
        used(path).unlink(missing_ok=True)
    except OSError:  # some systems do not remove files that are in use
        return False
    with suppress(OSError):
        clear(path)
    return True


def clear(path: Path) -> None:
    """Remove an unfinished pack, unless a process is still writing it."""
    from filelock import Timeout

    with suppress(Timeout), lock(path).acquire(timeout=0):
        part(path).unlink(missing_ok=True)


def clean(folders: Sequence[Path] = (), older_than: float = 0.0) -> list[Pack]:
    """Remove the packs of `of(folders)` that were not used for `older_than` seconds, and return them."""
    now = time.time()
    chosen = [pack for pack in of(folders) if now - pack.used >= older_than]
    for path in folder().glob(f".*{SUFFIX}{PART}"):
        with suppress(OSError):
            clear(path.with_name(path.name[1 : -len(PART)]))
    return [pack for pack in chosen if remove(pack.path)]


def part(path: Path) -> Path:
    """The file that a pack is written to until it is finished."""
    return path.with_name(f".{path.name}{PART}")


def lock(path: Path) -> BaseFileLock:
    """The lock that a process holds while it writes a pack; others wait for it."""
    from filelock import FileLock

    return FileLock(path.with_name(f".{path.name}.lock"), is_singleton=False)
