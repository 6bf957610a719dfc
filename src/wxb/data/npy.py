"""NumPy's .npy files, read strictly: what a header claims is compared with the file before memory is asked for."""

from __future__ import annotations

from math import prod
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.text import count

HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
# what NumPy raises for a header that is no Python literal, or that lies
UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    OSError,
    EOFError,
    SyntaxError,
    TokenError,
    RecursionError,
    MemoryError,
)
MAGIC = npy.MAGIC_PREFIX  # the first bytes of a file


def read_npy(path: Path, name: str = "") -> NDArray[Any]:
    """The array in a file, called `name` in messages; by default its path.

    Raises WxbError if it is no such file, holds Python objects, or is shorter or longer than its header says.
    """
    name = name or str(path)
    try:
        with path.open("rb") as file:
            version = npy.read_magic(file)
            if version not in HEADERS:
                raise ValueError(f"version {version[0]}.{version[1]} of the format")
            shape, _, dtype = HEADERS[version](file)
            claimed, there = prod(shape) * dtype.itemsize, path.stat().st_size - file.tell()
            if dtype.hasobject or min(shape, default=0) < 0:
                raise ValueError(f"{dtype} of shape {shape}")
            if claimed != there:
                raise WxbError(
                    f"{name}: {'cut short' if there < claimed else 'longer than it should be'}",
                    f"its header claims {count(claimed)} bytes of numbers; there are {count(there)}",
                    "save the array again",
                )
            file.seek(0)
            return np.asarray(np.load(file, allow_pickle=False))
    except UNREADABLE as problem:
        raise WxbError(f"{name}: no array of NumPy ({problem})") from problem
