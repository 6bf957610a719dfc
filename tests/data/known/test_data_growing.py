"""Small files that grow when they are unpacked, and odd archives: refused in bounded memory."""

import bz2
import gzip
import io
import struct
import tarfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxb.data.known import sets as known
from wxb.data.known.archive import members
from wxb.data.known.formats import read_idx
from wxb.errors import WxbError


def peak(call) -> int:
    """The most bytes that Python allocates meanwhile."""
    tracemalloc.start()
    try:
        with pytest.raises(WxbError):
            call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("content", [b"\n" * 20_000_000, b" " * 20_000_000, b"1 1:0.5\n" * 200_000])
def test_a_bzip2_file_that_grows_is_refused_early(tmp_path, content):
    for name in known.USPS_FILES:
        (tmp_path / name).write_bytes(bz2.compress(content))
    assert peak(lambda: known.usps(tmp_path)) < 200e6


def test_an_idx_file_that_grows_is_refused_by_its_header(tmp_path):
    header = struct.pack(">BBBB3I", 0, 0, 8, 3, 200_000, 28, 28)
    (tmp_path / "x.gz").write_bytes(gzip.compress(header + bytes(1_000_000)))
    with pytest.raises(WxbError, match="expected at most 100 times as many"):
        read_idx(tmp_path / "x.gz", 3)


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.type = size, kind
    return member.tobuf(tarfile.GNU_FORMAT)


def archived(*blocks: bytes) -> list[tuple[str, bytes]]:
    return [(name, file.read(100)) for name, file in members(io.BytesIO(b"".join(blocks)), Path("x.tar.gz"))]


def test_members_of_an_archive_are_read_or_passed_over():
    files = (header("a", 3), b"abc" + bytes(509), header("b/c", 600), b"x" * 600 + bytes(424), header("d", 0))
    assert archived(*files, bytes(1024)) == [("a", b"abc"), ("b/c", b"x" * 100), ("d", b"")]


def test_a_long_name_takes_no_memory(tmp_path):
    with gzip.open(tmp_path / known.CIFAR_ARCHIVE, "wb", 1) as file:
        file.write(header("././@LongLink", 2**28, tarfile.GNUTYPE_LONGNAME))
        for _ in range(2**28 // 2**20):
            file.write(bytes(2**20))
    assert peak(lambda: known.cifar10(tmp_path)) < 20e6


@pytest.mark.parametrize(
    "block", [header("a", 2**40), b"x" * 512, header("a", 5)[:300], header("a", 0)[:124] + b"\xff" * 388]
)
def test_odd_headers_are_refused(block):
    with pytest.raises(WxbError, match=r"x\.tar\.gz is damaged"):
        archived(block)


@given(st.binary(max_size=1500), st.integers(0, 511))
def test_any_bytes_are_an_archive_or_damaged(junk, place):
    whole = bytearray(header("a", 3) + b"abc" + bytes(509))
    whole[place : place + len(junk)] = junk
    outcome = "read"
    try:
        archived(bytes(whole))
    except WxbError as error:
        outcome = error.what
    assert outcome in ("read", "x.tar.gz is damaged")
