"""IDX and CIFAR binary files: what was written is read, and nothing else is."""

import gzip
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from wxb.data.known import formats
from wxb.data.known.formats import CIFAR_ROW, opened, read_cifar, read_idx
from wxb.errors import WxbError


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def written(data: bytes) -> Path:
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(data)
    return Path(file.name)


def refused(data: bytes, dimensions: int) -> str:
    path = written(data)
    try:
        with pytest.raises(WxbError) as caught:
            read_idx(path, dimensions)
    finally:
        path.unlink()
    assert str(path) in caught.value.what
    return str(caught.value)


small = arrays.arrays(np.uint8, arrays.array_shapes(min_dims=1, max_dims=3, max_side=5))


@given(small, st.booleans())
def test_an_idx_file_reads_as_it_was_written(array, packed):
    path = written(gzip.compress(idx(array)) if packed else idx(array))
    try:
        assert np.array_equal(read_idx(path, array.ndim), array)
    finally:
        path.unlink()


@settings(max_examples=15)
@given(small, st.booleans())
def test_every_truncation_of_an_idx_file_is_refused(array, packed):
    whole = gzip.compress(idx(array)) if packed else idx(array)
    for length in range(len(whole)):
        refused(whole[:length], array.ndim)


@given(small, st.binary(min_size=1, max_size=4))
def test_an_idx_file_that_goes_on_is_refused(array, more):
    assert "is longer than it should be" in refused(idx(array) + more, array.ndim)


@pytest.mark.parametrize("packed", [False, True])
def test_a_truncated_file_is_named_with_what_is_missing(packed):
    data = idx(np.zeros((4, 7, 7), np.uint8))[:-50]
    text = refused(gzip.compress(data) if packed else data, 3)
    assert "is cut short\n  146 of 196 bytes are there" in text


def test_a_gzip_file_that_ends_early_is_cut_short():
    assert "is cut short\n  its gzip data end too early" in refused(gzip.compress(idx(np.zeros(900, np.uint8)))[:-9], 1)


def test_a_gzip_file_with_a_wrong_checksum_is_damaged():
    data = bytearray(gzip.compress(idx(np.arange(200, dtype=np.uint8))))
    data[-5] ^= 1
    assert "is damaged\n  gzip: CRC check failed" in refused(bytes(data), 1)


@pytest.mark.parametrize("begin", [b"\x00\x00\x08\x01", b"\x00\x00\x0d\x03", b"\x89PNG", b"\x01\x00\x08\x03"])
def test_other_magic_bytes_are_named(begin):
    text = refused(begin + bytes(100), 3)
    assert "is not an IDX file of 3 dimensions" in text
    assert f"it begins with {begin.hex(' ')}; expected 00 00 08 03" in text


def test_a_claim_of_terabytes_is_refused_before_reading():
    text = refused(struct.pack(">BBBB3I", 0, 0, 8, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1), 3)
    assert "claims 4294967295x4294967295x4294967295 numbers" in text


def test_a_small_file_that_unpacks_to_more_than_it_says_is_not_unpacked(monkeypatch):
    read = []
    exactly = formats.read_exactly
    monkeypatch.setattr(formats, "read_exactly", lambda f, n, p: (read.append(n), exactly(f, n, p))[1])
    text = refused(gzip.compress(idx(np.zeros(10, np.uint8)) + bytes(50_000_000)), 1)
    assert "is longer than it should be" in text
    assert read == [4, 4, 10]


def test_a_file_without_numbers_is_refused():
    assert "claims 0x28x28 numbers" in refused(struct.pack(">BBBB3I", 0, 0, 8, 3, 0, 28, 28), 3)


def test_a_folder_cannot_be_read(tmp_path):
    with pytest.raises(WxbError, match="cannot be read\n  Is a directory"):
        read_idx(tmp_path, 1)


def cifar(data: bytes, rows: int):
    path = written(data)
    try:
        with opened(path) as file:
            return read_cifar(file, path, rows)
    finally:
        path.unlink()


@settings(max_examples=25)
@given(st.integers(1, 3), st.integers(0, 2**32 - 1), st.booleans())
def test_a_cifar_file_reads_as_it_was_written(rows, seed, packed):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, rows, dtype=np.uint8)
    pictures = random.integers(0, 256, (rows, 3, 32, 32), dtype=np.uint8)
    data = b"".join(bytes([label]) + picture.tobytes() for label, picture in zip(labels, pictures, strict=True))
    found, classes = cifar(gzip.compress(data) if packed else data, rows)
    assert np.array_equal(found, pictures)
    assert np.array_equal(classes, labels)
    assert classes.dtype == np.int64


@given(st.integers(0, 2 * CIFAR_ROW - 1), st.booleans())
def test_every_truncation_of_a_cifar_file_is_refused(length, packed):
    data = bytes(length)
    with pytest.raises(WxbError, match="is cut short"):
        cifar(gzip.compress(data) if packed else data, 2)


def test_a_cifar_file_with_a_row_too_many_is_refused():
    with pytest.raises(WxbError, match="is longer than it should be\n  expected 6,146 bytes"):
        cifar(bytes(3 * CIFAR_ROW), 2)


def test_a_label_above_nine_is_out_of_range():
    data = bytearray(3 * CIFAR_ROW)
    data[CIFAR_ROW], data[2 * CIFAR_ROW] = 10, 255
    with pytest.raises(WxbError, match=r"2 of 3 labels are out of range\n  the first is 10 at row 1; expected 0 to 9"):
        cifar(bytes(data), 3)
