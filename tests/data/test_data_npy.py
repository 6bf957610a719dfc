"""Arrays of NumPy whose header is cut, lies, or is no header at all are refused, and nothing else is raised."""

from __future__ import annotations

import io
import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wxb.data.npy import read_npy
from wxb.errors import WxbError


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


GOOD = saved(np.arange(12.0).reshape(3, 4))


def with_header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode("latin-1") + bytes(96)


@pytest.mark.parametrize(
    "text",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), ", "{", "(" * 9000, "'''", "\\", "\x00", "-" * 5000,
        "{'descr': '|O', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-12,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({'9' * 5000},)}}",
    ],
)  # fmt: skip
def test_a_header_that_lies_or_does_not_end_is_refused(text, tmp_path):
    (tmp_path / "x.npy").write_bytes(with_header(text))
    with pytest.raises(WxbError, match=r"x\.npy: (no array of NumPy|cut short)"):
        read_npy(tmp_path / "x.npy")


def test_an_archive_of_arrays_called_npy_is_refused(tmp_path):
    file = io.BytesIO()
    np.savez(file, a=np.arange(3))
    (tmp_path / "x.npy").write_bytes(file.getvalue())
    with pytest.raises(WxbError, match=r"x\.npy: no array of NumPy"):
        read_npy(tmp_path / "x.npy")


@pytest.mark.filterwarnings("ignore:Reading .*additional header parsing:UserWarning")
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 127), st.integers(0, 255)), min_size=1, max_size=4),
    length=st.integers(0, len(GOOD)),
)
def test_a_changed_header_is_an_array_or_an_error(changes, length, tmp_path):
    content = bytearray(GOOD)
    for place, byte in changes:
        content[place] = byte
    (tmp_path / "x.npy").write_bytes(content[:length] if length < 64 else content)
    with suppress(WxbError):
        assert read_npy(tmp_path / "x.npy").nbytes == 96
