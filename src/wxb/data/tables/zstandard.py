"""Texts that Zstandard packed, whose size is known to be bounded before they are unpacked."""

from __future__ import annotations

import io
from collections.abc import Iterator

MAGIC = b"\x28\xb5\x2f\xfd"
SKIPPABLE = b"\x2a\x4d\x18"  # from the second byte on, of a frame without content
LARGEST_BLOCK = 2**17  # bytes, unpacked
RAW, REPEATED = 0, 1  # types of a block; the others are compressed


def most_unpacked(data: bytes) -> int:
    """At most how many bytes are unpacked, by the headers of the blocks (RFC 8878, section 3.1.1.2)."""
    return sum(_blocks(data))


def _blocks(data: bytes) -> Iterator[int]:
    """At most how many bytes each block of each frame has, as far as the frames are whole."""
    place = 0
    while place < len(data):
        if data[place + 1 : place + 4] == SKIPPABLE:
            place += 8 + int.from_bytes(data[place + 4 : place + 8], "little")
            continue
        if data[place : place + 4] != MAGIC or place + 4 >= len(data):
            return
        described = data[place + 4]
        single = described >> 5 & 1
        of_content = (single, 2, 4, 8)[described >> 6]
        of_dictionary = (0, 1, 2, 4)[described & 3]
        place += 5 + (1 - single) + of_dictionary + of_content
        last = False
        while not last and place + 3 <= len(data):
            header = int.from_bytes(data[place : place + 3], "little")
            last, kind, size = bool(header & 1), header >> 1 & 3, header >> 3
            yield size if kind in (RAW, REPEATED) else LARGEST_BLOCK
            place += 3 + (1 if kind == REPEATED else size)
        place += 4 * (described >> 2 & 1)  # a checksum


def unpacked(data: bytes) -> bytes:
    """The text, line by line: polars can unpack that, Python can from 3.14 on.

    Lines end in a line feed then, also within quotes. Raises what polars does for damaged files, and for a text that is
    not UTF-8.
    """
    import polars as pl

    text = io.BytesIO()
    pl.scan_lines(io.BytesIO(data)).sink_csv(text, include_header=False, quote_style="never")
    return text.getvalue()
