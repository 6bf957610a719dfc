"""A function that yields its progress, as one that only returns its result."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def run_to_end(
    steps: Callable[Parameters, Generator[object, None, Result]], name: str, returns: type[Result]
) -> Callable[Parameters, Result]:
    """A function with the parameters of `steps` that runs the generator to the end and returns its value."""

    @wraps(steps)
    def run(*values: Parameters.args, **options: Parameters.kwargs) -> Result:
        generator = steps(*values, **options)
        while True:
            try:
                next(generator)
            except StopIteration as end:
                result: Result = end.value
                return result

    run.__name__ = run.__qualname__ = name
    run.__annotations__ = {**steps.__annotations__, "return": returns.__name__}
    run.__signature__ = signature(steps).replace(return_annotation=returns.__name__)  # type: ignore[attr-defined]
    return run
