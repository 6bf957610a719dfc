"""Trainings that the page starts and stops: processes of their own, which go on when the page ends."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wxb.data.toys import TOYS
from wxb.errors import WxbError
from wxb.page.answer import answer
from wxb.page.changes import sent
from wxb.page.folder import Folder
from wxb.page.play import MOST_NETWORK
from wxb.paths import exists
from wxb.runs.files import RunFiles
from wxb.runs.folder import SETTINGS
from wxb.runs.standing import standing, way_on
from wxb.runs.stopping import ask_to_stop
from wxb.runs.summary import read_summary
from wxb.runs.writer import need_resumable
from wxb.settings import LENGTH, RECIPE
from wxb.settings import SETTINGS as KNOWN

MOST_SAID = 20_000  # bytes of what a training said that are shown
NETWORK, INK = "network", "ink"
PACKAGED = (*TOYS, "digits")


@dataclass
class Started:
    """A training that this page started, and what it said."""

    process: subprocess.Popen[bytes]
    said: int  # descriptor of a file without a name, open as long as the page is

    @property
    def problem(self) -> str:
        """What it said last, if it has ended with a mistake; empty if it goes on or ended well."""
        if self.process.poll() in (None, 0):
            return ""
        return os.pread(self.said, MOST_SAID, 0).decode(errors="replace").strip()


class Fork(msgspec.Struct):
    """The settings of a new training that are other than those of the run that it is made from, as texts."""

    settings: dict[str, str] = {}


class Trained(msgspec.Struct, forbid_unknown_fields=True):
    """A training of packaged data: the network, empty for that of the data, and settings as texts."""

    source: str
    network: str = ""
    settings: dict[str, str] = {}


class Trainings:
    """The addresses under which trainings are started and stopped."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._started: dict[str, Started] = {}

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            Route("/api/runs/{name}/stop", self.stop, methods=["POST"]),
            Route("/api/runs/{name}/resume", self.resume, methods=["POST"]),
            Route("/api/runs/{name}/fork", self.fork, methods=["POST"]),
            Route("/api/train", self.train, methods=["POST"]),
            Route("/api/trainings/{name}", self.started),
        ]

    async def stop(self, request: Request) -> Response:
        """Ask a training to save and stop, whoever started it."""
        await run_in_threadpool(self._stop, self.folder.place(request.path_params["name"]))
        return answer({})

    def _stop(self, path: Path) -> None:
        at = standing(path, read_summary(path))
        if at.state != "running":
            raise WxbError(f"{path.name} does not train: {at.sentence}", fix=way_on(path, read_summary(path)))
        ask_to_stop(path)

    async def resume(self, request: Request) -> Response:
        """Go on with a run that was stopped."""
        path = self.folder.place(request.path_params["name"])
        need_resumable(path, read_summary(path))
        await run_in_threadpool(self.start, path.name, ["resume", str(path)])
        return answer({"name": path.name})

    async def fork(self, request: Request) -> Response:
        """Train anew with the settings of a run, some of them changed."""
        asked = await sent(request, Fork)
        path = self.folder.place(request.path_params["name"])
        return answer({"name": await run_in_threadpool(self._fork, path, asked.settings)})

    def _fork(self, path: Path, changed: Mapping[str, str]) -> str:
        stored = RunFiles.open(path).settings
        words = ["train", "--config", str(path / SETTINGS)]
        for name, text in changed.items():
            if name not in RECIPE and name not in LENGTH and name != NETWORK:
                raise WxbError(f"{name[:40]} is no setting that a new training can change")
            if name != NETWORK:
                words.append(option(name, text))
        name = self.free(path.name)
        words += ["--out", str(self.folder.path / name)]
        if NETWORK in changed:
            words += ["--", str(stored["data"]), changed[NETWORK]]
        self.start(name, words)
        return name

    async def train(self, request: Request) -> Response:
        """Train a new run on data that come with wxb."""
        asked = await sent(request, Trained)
        return answer({"name": await run_in_threadpool(self._train, asked)})

    def _train(self, asked: Trained) -> str:
        if asked.source not in PACKAGED:
            raise WxbError(f"{asked.source[:40]} does not come with wxb", f"expected {', '.join(PACKAGED)}")
        if len(asked.network) > MOST_NETWORK:
            raise WxbError("the text of the network is too long", f"at most {MOST_NETWORK} characters")
        words = ["train"]
        for name, text in asked.settings.items():
            if name not in RECIPE and name not in LENGTH and name != INK:
                raise WxbError(f"{name[:40]} is no setting that a training from here can have")
            words.append(option(name, text))
        name = self.free(asked.source)
        words += ["--out", str(self.folder.path / name), "--", asked.source]
        self.start(name, [*words, asked.network] if asked.network else words)
        return name

    def free(self, like: str) -> str:
        """A name that no run has: that of another run with other digits."""
        stem = re.sub(r"-[0-9a-f]{4}$", "", like)
        while exists(self.folder.path / (name := f"{stem}-{secrets.token_hex(2)}")):
            continue
        return name

    def start(self, name: str, words: list[str]) -> None:
        """Start a command in a session of its own, which neither the end of the page nor Ctrl-C there reaches."""
        said, path = tempfile.mkstemp()
        os.unlink(path)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "wxb", words[0], "--quiet", *words[1:]],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100"}, start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=process.wait, daemon=True).start()  # it leaves no zombie when nobody asks for it
        self._started[name] = Started(process, said)

    async def started(self, request: Request) -> Response:
        """How a training that this page started goes on."""
        name = request.path_params["name"]
        one = self._started.get(name)
        if one is None:
            return answer({"known": False})
        there = await run_in_threadpool(lambda: name in self.folder.names())
        return answer({"known": True, "there": there, "alive": one.process.poll() is None, "problem": one.problem})


def option(name: str, text: str) -> str:
    """A setting as one word of the command line. Raises WxbError for a value that it does not take."""
    flag = name.replace("_", "-")
    if KNOWN[name].type is bool:
        return f"--{flag}" if KNOWN[name].validate(text.lower() == "true") else f"--no-{flag}"
    KNOWN[name].read(text)
    return f"--{flag}={text}"
