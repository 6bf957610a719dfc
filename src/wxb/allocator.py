"""Memory that training, prediction and decoding free is kept for the next step, rather than given back to the system.

A step's large tensors are freed at its end and asked for again in the next, as a photo's pixels are. The C library
gives blocks of that size back to the system at once, and the system hands out fresh ones that it fills with zeros, page
by page, when they are first touched: on a CPU that took longer than many a layer's arithmetic.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

# glibc's malloc.h
TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD, MMAP_MAX, ARENA_MAX = -1, -2, -3, -4, -8
KEEP = {
    ARENA_MAX: 1,  # threads share one heap; those of their own could not hold large blocks
    MMAP_MAX: 0,  # large blocks come from the heap too
    TRIM_THRESHOLD: 2**31 - 1,  # as much may lie free at the heap's end
    TOP_PAD: 2**26,  # the heap grows by so many bytes more than is asked for
}
# The C library decides on ARENA_MAX once, so that stays. Its thresholds grow with the blocks that are freed, until
# someone sets one; these are what they come to after blocks of a photo's size, so that what follows is no slower than
# in a fresh process. Greater ones were seen to cost memory in a training that follows.
USUAL = {MMAP_MAX: 65536, TRIM_THRESHOLD: 2**21, TOP_PAD: 2**17, MMAP_THRESHOLD: 2**20}

_users = 0  # how many are inside `kept`


@contextmanager
def kept() -> Iterator[None]:
    """Inside, freed memory stays with the process; at the end of the outermost one, all that is free is given back.

    Does nothing if the C library is not glibc.
    """
    global _users
    library = _glibc()
    if library is None:
        yield
        return
    if _users == 0:
        _set(library, KEEP)
    _users += 1
    try:
        yield
    finally:
        _users -= 1
        if _users == 0:
            _set(library, USUAL)
            library.malloc_trim(0)


def _set(library: ctypes.CDLL, options: dict[int, int]) -> None:
    for option, value in options.items():
        library.mallopt(option, value)


def _glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
    return library if hasattr(library, "gnu_get_libc_version") else None
