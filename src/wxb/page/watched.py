"""`wxb.show_page`: any module of torch in the browser, from a script or a notebook, while its own loop trains it.

The page looks at a copy of the module, which is made anew whenever the loop says so. What goes wrong here is logged,
and never raised in the loop.
"""

from __future__ import annotations

import copy
import logging
import random
import secrets
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np
import torch
import uvicorn
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Router, request_response
from torch import Tensor, nn

from wxb.data.arrays import array_of
from wxb.errors import WxbError
from wxb.page import built
from wxb.page.foreign import Foreign, Looked
from wxb.page.guard import Guard
from wxb.page.server import HOST, listening

LOG = logging.getLogger("wxb.page")
MOST_EXAMPLES = 64
STARTS_WITHIN = 10.0  # seconds

Method = TypeVar("Method", bound=Callable[..., None])


def harmless(method: Method) -> Method:
    """A method whose faults are logged and kept as `problem`, and never raised."""

    @wraps(method)
    def careful(self: Shown, *values: Any, **named: Any) -> None:
        try:
            method(self, *values, **named)
        except Exception as problem:
            self.problem = problem
            LOG.warning("the page goes on without this: %s", problem, exc_info=not isinstance(problem, WxbError))

    return cast(Method, careful)


class Shown:
    """A module that is shown: `address` is where, None if it could not be; `problem` is the last fault, if any.

    `update` has the page show the module as it is now. `close` ends the page; it ends with the process too.
    """

    def __init__(self, model: Any, examples: Any, port: int | None, browser: bool) -> None:
        self.address: str | None = None
        self.problem: Exception | None = None
        self._model = model
        self._looked = Looked()
        self._server: uvicorn.Server | None = None
        self._open(examples, port, browser)

    def __repr__(self) -> str:
        return f"Shown({self.address or f'not shown: {self.problem}'})"

    def _repr_html_(self) -> str:
        from html import escape

        if self.address is None:
            return f"<p>not shown: {escape(str(self.problem))}</p>"
        return f'<p><a href="{escape(self.address)}" target="_blank">{escape(type(self._model).__name__)}</a></p>'

    @harmless
    def _open(self, examples: Any, port: int | None, browser: bool) -> None:
        if not isinstance(self._model, nn.Module):
            raise WxbError(f"{type(self._model).__name__} is no module of torch", fix="wxb.show_page(model, loader)")
        built.files()
        with _undisturbed():
            self._looked.batch = first_batch(examples)
        self._looked.name = type(self._model).__name__
        self._take()
        found = listening(port)
        number = found.getsockname()[1]
        token = secrets.token_urlsafe(24)
        routes = Foreign(self._looked).routes()
        router = Router(routes, redirect_slashes=False, default=request_response(built.show))
        app = Guard(GZipMiddleware(router, minimum_size=1000), (f"{HOST}:{number}", f"localhost:{number}"), token)
        config = uvicorn.Config(
            app, log_level="critical", access_log=False, lifespan="off", ws="none", server_header=False,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        threading.Thread(target=self._server.run, args=([found],), name="wxb page", daemon=True).start()
        end = time.monotonic() + STARTS_WITHIN
        while not self._server.started and time.monotonic() < end:
            time.sleep(0.01)
        self.address = f"http://{HOST}:{number}/model#token={token}"
        if browser:
            threading.Thread(target=webbrowser.open, args=(self.address,), daemon=True).start()

    @harmless
    def update(self, **numbers: float) -> None:
        """Show the module as it is now; `numbers`, such as loss=0.3, become points of curves."""
        self._looked.note({name: float(value) for name, value in numbers.items()})
        if self._looked.seen:  # the copies that nobody has looked at are not made anew
            self._take()

    def _take(self) -> None:
        """Copy the module: on the CPU, in evaluation mode, and without what is called when it computes."""
        with torch.no_grad(), _undisturbed():
            taken = copy.deepcopy(self._model).cpu().eval()
        for module in taken.modules():
            for name in vars(module):
                if name.endswith("_hooks") and hasattr(vars(module)[name], "clear"):
                    vars(module)[name].clear()
        self._looked.take(taken)

    @harmless
    def close(self) -> None:
        """End the page."""
        if self._server is not None:
            self._server.should_exit = True


def show_page(model: nn.Module, examples: Any, *, port: int | None = None, browser: bool = True) -> Shown:
    """Show any module of torch in the browser: its layers, and what they make of examples.

        page = wxb.show_page(model, loader)
        for step, batch in enumerate(loader):
            ...
            page.update(loss=loss)

    `examples` are what the module takes: a loader or another collection of batches, of which the first is looked at, or
    a batch; of a batch of pairs the first of each pair, examples and targets, is taken, and of a mapping all of it. The
    page shows a copy of the module, and a new one after each `update`, if somebody looks. It is served on this computer
    alone, on `port` or the first free one from 7860, in a thread of this process. Nothing that goes wrong in it is
    raised: it is logged by the logger "wxb.page", and kept as `problem`.
    """
    return Shown(model, examples, port, browser)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Leave the generators of Python, NumPy and torch as they are: a loader draws from them."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])


def first_batch(examples: Any) -> Any:
    """The examples of a batch, of a loader's first batch: an array (n, …), or a mapping of them.

    Raises WxbError for what is neither, and for an iterator, which would lose its first batch.
    """
    found = examples
    if not isinstance(found, (Tensor, np.ndarray, Mapping, tuple, list)):
        try:
            batches = iter(found)
        except TypeError as problem:
            raise WxbError(
                f"{type(found).__name__} is no batch of examples", fix="wxb.show_page(model, loader)"
            ) from problem
        if batches is found:
            raise WxbError("an iterator would lose its first batch", fix="the loader itself, or a batch")
        found = next(batches, None)
    while isinstance(found, (tuple, list)) and found and not np.isscalar(found[0]):
        found = found[0]  # a list of batches, a batch of pairs
    if isinstance(found, Mapping):
        return {name: _some(value) for name, value in found.items()}
    array = array_of(found, "examples")
    if array.ndim < 2:
        raise WxbError(f"an array of shape {array.shape} is no batch of examples", fix="examples (n, …)")
    return np.array(array[:MOST_EXAMPLES])


def _some(value: Any) -> Any:
    return value.detach().cpu()[:MOST_EXAMPLES].clone() if isinstance(value, Tensor) and value.ndim else value
