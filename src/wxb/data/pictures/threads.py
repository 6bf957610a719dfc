"""Parallel application of a function to many items, with the results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

from wxb.hardware import cores

Item = TypeVar("Item")
Result = TypeVar("Result")
WAITING = 16  # pending results per core; bounds the memory for any number of items


def in_order(pool: Executor, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield the function's results in the order of the items. Items not yet begun are dropped when iteration ends."""
    most, waiting = WAITING * cores(), deque[Future[Result]]()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
