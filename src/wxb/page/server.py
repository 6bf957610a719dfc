"""The server of the page: one process, which listens on this computer alone."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Router, request_response
from starlette.types import ASGIApp

from wxb.errors import WxbError
from wxb.page import built
from wxb.page.changes import Changes
from wxb.page.doctor import Doctor
from wxb.page.folder import Folder, folder_of
from wxb.page.games import Games
from wxb.page.guard import Guard
from wxb.page.networks import Networks
from wxb.page.playground import Playground
from wxb.page.runs import Runs
from wxb.page.tour import routes as tour_routes
from wxb.page.trainings import Trainings
from wxb.paths import exists
from wxb.runs import aside
from wxb.runs.folder import PLAYING, root

HOST = "127.0.0.1"
PORT = 7860  # and the free ones after it, unless a port was asked for
TRIED = 50
LESS_URGENT = 5  # steps of niceness below a training


def app(folder: Folder, port: int, token: str) -> ASGIApp:
    """The whole server for a folder of runs, as an ASGI application behind its guard."""
    trainings = Trainings(folder)
    # every other address is the page's own; Starlette's pages for errors are not used
    routes = [
        *Runs(folder).routes(),
        *Changes(folder).routes(),
        *Networks(folder).routes(),
        *trainings.routes(),
        *Doctor(folder, trainings).routes(),
        *Games(folder).routes(),
        *Playground(folder, trainings).routes(),
        *tour_routes(),
    ]
    router = Router(routes, redirect_slashes=False, default=request_response(built.show))
    return Guard(GZipMiddleware(router, minimum_size=1000), (f"{HOST}:{port}", f"localhost:{port}"), token)


def serve(place: Path | None, port: int | None, browser: bool, tell: Callable[[str], None]) -> None:
    """Serve the page for the runs in a folder, or for a run, until the process is told to end.

    `tell` is given the address, that of the newest run unless one is named; `browser` opens it. Raises WxbError if the
    page was not built, if there is no such folder, or if the port is taken.
    """
    built.files()
    plays = place is not None and exists(place / PLAYING)
    folder, opened = folder_of(root() if place is None else place)
    if place is not None and not folder.path.exists():
        raise WxbError(f"there is no folder {place}", fix="wxb page FOLDER shows the runs that lie in FOLDER")
    aside.remove_old(folder.path)
    opened = opened or folder.newest()
    with listening(port) as found:
        number = found.getsockname()[1]
        token = secrets.token_urlsafe(24)
        address = f"http://{HOST}:{number}/{'play' if plays else 'runs'}{f'/{opened}' if opened else ''}#token={token}"
        with contextlib.suppress(OSError, AttributeError):
            os.nice(LESS_URGENT)  # a training beside it goes first
        tell(address)
        if browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        config = uvicorn.Config(
            app(folder, number, token), log_level="error", access_log=False, lifespan="off", ws="none",
            server_header=False, timeout_graceful_shutdown=1,
        )  # fmt: skip
        uvicorn.Server(config).run([found])


def listening(port: int | None) -> socket.socket:
    """A socket that listens on the port, or on the first free one. Raises WxbError if there is none."""
    tried = range(PORT, PORT + TRIED) if port is None else (port,)
    for number in tried:
        # named as TCP, since asyncio sends without delay on such sockets only: else each answer waits 40 ms
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind((HOST, number))
            found.listen()
        except OSError as error:
            found.close()
            problem = error
            continue
        return found
    raise WxbError(
        f"port {tried[0]} cannot be used: {problem.strerror or problem}",
        fix="another one: wxb page --port 0 takes any free one",
    )
