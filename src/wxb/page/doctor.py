"""The doctor on a run's page: a process of its own examines the run, says what it does, and what it found."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wxb.errors import WxbError
from wxb.page.answer import answer, missing, whole_number
from wxb.page.folder import Folder
from wxb.page.trainings import Trainings

AT_ONCE = 2  # examinations
MOST_RUNS = 200  # side runs that are told
COMMAND = (sys.executable, "-P", "-m", "wxb.page.examined")
WORKING, DONE, FAILED, STOPPED = "working", "done", "failed", "stopped"


class Examination:
    """A process that examines a run, and what it said."""

    def __init__(self, run: Path) -> None:
        self.state = WORKING
        self.doing: dict[str, Any] | None = None
        self.ran: list[dict[str, Any]] = []
        self.found: dict[str, Any] | None = None
        self.problem: dict[str, str] | None = None
        self._began, self._took = time.monotonic(), 0.0
        self._process = subprocess.Popen(
            [*COMMAND, str(run)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "NO_COLOR": "1"}, start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        said = self._process.stdout
        assert said is not None
        with said:
            for line in said:
                self._hear(msgspec.json.decode(line))
        self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._took = time.monotonic() - self._began
        if self.state == WORKING:
            if self.found is not None:
                self.state = DONE
            else:
                self.state = FAILED
                ended = {"what": "the examination ended without an answer", "expected": "", "fix": ""}
                self.problem = self.problem or {**ended, "fix": "the terminal of wxb page shows why"}

    def _hear(self, message: dict[str, Any]) -> None:
        kind = message.pop("kind")
        if kind == "doing":
            self.doing = message
        elif kind == "ran":
            self.ran = [*self.ran, message][-MOST_RUNS:]
        elif kind == "found":
            self.found = message
        else:
            self.problem = message

    @property
    def works(self) -> bool:
        """Whether it still examines."""
        return self.state == WORKING

    def stop(self) -> None:
        """End the process; nothing of it is left."""
        if self.works:
            self.state = STOPPED
            self._process.kill()

    def told(self) -> dict[str, Any]:
        """Where it stands, and what was found or went wrong."""
        seconds = self._took or time.monotonic() - self._began
        return {
            "state": self.state, "seconds": round(seconds, 1), "doing": self.doing, "ran": self.ran,
            "found": self.found, "problem": self.problem,
        }  # fmt: skip


class Doctor:
    """The addresses of the doctor. What was found is held as long as the page is served."""

    def __init__(self, folder: Folder, trainings: Trainings) -> None:
        self.folder = folder
        self.trainings = trainings
        self._known: dict[str, Examination] = {}

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            Route("/api/runs/{name}/doctor", self.look),
            Route("/api/runs/{name}/doctor", self.examine, methods=["POST"]),
            Route("/api/runs/{name}/doctor/stop", self.stop, methods=["POST"]),
            Route("/api/runs/{name}/doctor/train/{place}", self.train, methods=["POST"]),
        ]

    async def look(self, request: Request) -> Response:
        """What is done, and what was found."""
        one = self._known.get(self.folder.place(request.path_params["name"]).name)
        return answer({"state": "none"} if one is None else one.told())

    async def examine(self, request: Request) -> Response:
        """Examine a run. Raises WxbError if as many are being examined as may be."""
        path = self.folder.place(request.path_params["name"])
        await run_in_threadpool(self._examine, path)
        return answer({})

    def _examine(self, path: Path) -> None:
        working = [other for other, one in self._known.items() if one.works]
        if path.name in working:
            return
        if len(working) >= AT_ONCE:
            raise WxbError(
                f"{' and '.join(working)} are being examined", fix="wait until one of them is done, or stop one"
            )
        self._known[path.name] = Examination(path)

    async def stop(self, request: Request) -> Response:
        """Stop examining a run."""
        one = self._known.get(self.folder.place(request.path_params["name"]).name)
        if one is not None:
            one.stop()
        return answer({})

    async def train(self, request: Request) -> Response:
        """Train a new run with the remedy of the finding at a place, by the command of its proof."""
        path, place = (
            self.folder.place(request.path_params["name"]),
            whole_number("place", request.path_params["place"]),
        )
        return answer({"name": await run_in_threadpool(self._train, path, place)})

    def _train(self, path: Path, place: int) -> str:
        one = self._known.get(path.name)
        findings = one.found["findings"] if one is not None and one.found is not None else []
        proof = findings[place]["proof"] if place < len(findings) else None
        if proof is None:
            raise missing(f"no remedy of {path.name} is proved at place {place}", "let the doctor examine it")
        _, verb, *words = shlex.split(proof["command"])
        name = self.trainings.free(path.name)
        self.trainings.start(name, [verb, "--out", str(self.folder.path / name), *words])
        return name
