"""The files of a gzipped tar archive, read one after the other: nothing is unpacked, and no header asks for memory."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from wxb.errors import WxbError
from wxb.text import count

BLOCK = 512  # bytes of a header; the content of a file is padded to a multiple
MOST_BYTES = 2**29  # of an unpacked archive; CIFAR's have 184 MB
PIECE = 2**16  # bytes passed over at once


def members(file: IO[bytes], path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the name and the content of each plain file in an archive; read the content before asking for the next.

    Long names and extended headers (formats GNU and pax) are passed over: they belong to files whose names need them.
    Raises WxbError, naming `path`, if a header is damaged, or the archive is longer than MOST_BYTES.
    """
    done = 0
    while True:
        header = file.read(BLOCK)
        if not header.strip(b"\0"):  # the end of the archive, or of the file
            return
        try:
            member = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        except (tarfile.TarError, ValueError) as error:
            raise _damaged(path, str(error)) from error
        padded = -(-member.size // BLOCK) * BLOCK
        done += BLOCK + padded
        if member.size < 0 or done > MOST_BYTES:
            raise _damaged(path, f"it claims {count(done)} bytes; expected at most {count(MOST_BYTES)}")
        content = Member(file, member.size)
        if member.isreg():
            yield member.name, cast(IO[bytes], content)
        content.rest = padded - (member.size - content.rest)
        while content.read(PIECE):
            pass


class Member(io.RawIOBase):
    """The next `rest` bytes of a file."""

    def __init__(self, file: IO[bytes], rest: int) -> None:
        self._file = file
        self.rest = rest

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes, or fewer at the end."""
        data = self._file.read(self.rest if size < 0 else min(size, self.rest))
        self.rest -= len(data)
        return data


def _damaged(path: Path, how: str) -> WxbError:
    return WxbError(f"{path} is damaged", how, "get the file again from where the data set is published")
