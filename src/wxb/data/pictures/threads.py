"""A function on many things by several threads, the results in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

from wxb.hardware import cores

Given = TypeVar("Given")
Found = TypeVar("Found")
WAITING = 16  # results a core that wait to be taken at most: however many things there are, memory is bounded


def in_order(pool: Executor, function: Callable[[Given], Found], things: Iterable[Given]) -> Iterator[Found]:
    """The function's results, in the order of the things; what was not begun when nobody wants more is not."""
    most, waiting = WAITING * cores(), deque[Future[Found]]()
    try:
        for thing in things:
            waiting.append(pool.submit(function, thing))
            if len(waiting) >= most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
