"""Packs: decoded pictures kept in the user's cache, a file a picture folder; what each is of, and which may stay.

A pack holds the pixels (n, height, width, channels) uint8 from its first byte on, so that they can be mapped into
memory; behind them JSON that says what they are, and at the very end how long that is and its checksum.
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

if TYPE_CHECKING:
    from filelock import BaseFileLock

FORM = 1  # of the file; another one is not read
SUFFIX = ".pixels"
PART = ".part"  # ending of a pack that is being written
SHARE = 0.25  # of the disk's free space, for all packs together; what they take already counts as free
TAIL = struct.Struct("<Q32s8s")  # bytes of the JSON, its blake3, and a mark
MARK = b"wxb pack"

_used_here: set[Path] = set()  # packs that this process has mapped


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a pack says of itself."""

    form: int
    decoders: str  # by which versions the pictures were decoded
    folder: str
    size: int | None  # asked for, as load_data has it
    max_pixels: int
    listing: str  # blake3 of the path, size and time of change of every file
    shape: tuple[int, int, int, int]  # (n, height, width, channels)
    gone: tuple[int, ...]  # which files of the listing are no example
    left_out: tuple[tuple[str, str, str], ...]  # those: name, why, what else there is to say
    copies: tuple[tuple[int, int], ...]  # (row, the first row with the same pixels)
    fingerprint: str  # of the data set
    pixels: str  # blake3 of the pixels
    written: int  # the file's time of change, in nanoseconds


@dataclass(frozen=True)
class Pack:
    """A pack that lies in the cache; `about` is None where it is damaged."""

    path: Path
    bytes: int
    used: float  # when it was last, as time.time() has it
    about: About | None


def folder() -> Path:
    """Where packs lie."""
    return cache_folder() / "pictures"


def read_about(path: Path) -> About | None:
    """What a pack says of itself; None where there is none, it is cut, or of another form."""
    try:
        with path.open("rb") as file:
            file.seek(-TAIL.size, os.SEEK_END)
            length, digest, mark = TAIL.unpack(file.read(TAIL.size))
            if mark != MARK:
                return None
            end = file.seek(-TAIL.size - length, os.SEEK_END)
            told = file.read(length)
        about = msgspec.json.decode(told, type=About)
    except (OSError, OverflowError, msgspec.DecodeError):
        return None
    count, height, width, channels = about.shape
    whole = blake3(told).digest() == digest and end == count * height * width * channels
    return about if whole and about.form == FORM else None


def tail(about: About) -> bytes:
    """What stands behind the pixels."""
    told = msgspec.json.encode(about)
    return told + TAIL.pack(len(told), blake3(told).digest(), MARK)


def packs() -> list[Pack]:
    """Every pack in the cache, the last used first."""
    found = []
    for path in folder().glob(f"*{SUFFIX}"):
        with suppress(OSError):  # another process has removed it
            size = path.stat().st_size
            found.append(Pack(path, size, last_used(path), read_about(path)))
    return sorted(found, key=lambda pack: (-pack.used, pack.path.name))


def of(folders: Sequence[Path] = ()) -> list[Pack]:
    """The packs of these picture folders, or all; the damaged ones whatever they were of."""
    named = {text(one) for one in folders}
    return [pack for pack in packs() if not named or pack.about is None or pack.about.folder in named]


def use(path: Path) -> None:
    """Notes that this process has mapped a pack, and when."""
    _used_here.add(path)
    with suppress(OSError):  # a cache that may only be read
        used(path).touch()


def last_used(path: Path) -> float:
    """When a pack was last used, or written. Raises OSError where it is not there."""
    with suppress(OSError):
        return used(path).stat().st_mtime
    return path.stat().st_mtime


def used(path: Path) -> Path:
    """The empty file whose time of change says when a pack was last used: systems keep no such time reliably."""
    return path.with_name(f".{path.name}.used")


def most() -> int:
    """Bytes that all packs together may take. Raises OSError where the cache cannot be made."""
    folder().mkdir(parents=True, exist_ok=True)
    return int(SHARE * (shutil.disk_usage(folder()).free + sum(pack.bytes for pack in packs())))


def make_room(needed: int) -> bool:
    """Whether a pack of so many bytes may be written; those unused for longest are removed for it, none that this
    process has mapped. Raises OSError where the cache cannot be made.
    """
    bound, there = most(), packs()
    taken = sum(pack.bytes for pack in there)
    removable = [pack for pack in reversed(there) if pack.path not in _used_here]
    if needed + taken - sum(pack.bytes for pack in removable) > bound:
        return False
    for pack in removable:
        if needed + taken <= bound:
            break
        taken -= pack.bytes if remove(pack.path) else 0
    return needed + taken <= bound


def remove(path: Path) -> bool:
    """Removes a pack, and what is left of one that was being written in its place; whether it is gone."""
    try:
        path.unlink(missing_ok=True)
        used(path).unlink(missing_ok=True)
    except OSError:  # in use, where the system does not let such files go
        return False
    with suppress(OSError):
        clear(path)
    return True


def clear(path: Path) -> None:
    """Removes the rest of a pack whose writing was killed; nothing where it is being written."""
    from filelock import Timeout

    with suppress(Timeout), lock(path).acquire(timeout=0):
        part(path).unlink(missing_ok=True)


def clean(folders: Sequence[Path] = (), older_than: float = 0.0) -> list[Pack]:
    """Removes those of `of(folders)` that were not used for `older_than` seconds, and gives them."""
    now = time.time()
    chosen = [pack for pack in of(folders) if now - pack.used >= older_than]
    for path in folder().glob(f".*{SUFFIX}{PART}"):
        with suppress(OSError):
            clear(path.with_name(path.name[1 : -len(PART)]))
    return [pack for pack in chosen if remove(pack.path)]


def part(path: Path) -> Path:
    """The file in which a pack is written."""
    return path.with_name(f".{path.name}{PART}")


def lock(path: Path) -> BaseFileLock:
    """Held while a pack is written: one process does, any others wait."""
    from filelock import FileLock

    return FileLock(path.with_name(f".{path.name}.lock"), is_singleton=False)


def text(path: Path) -> str:
    """A path in characters that JSON holds."""
    return os.fsencode(path).decode("utf-8", "replace")
