"""The doctor on a run's page: `wxb doctor RUN` in a process of its own, and what it found."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wxb.errors import DONE, FOUND, WxbError
from wxb.page.answer import answer
from wxb.page.folder import Folder

MOST_SAID = 4_000_000  # bytes of an answer
AT_ONCE = 2  # examinations
COMMAND = (sys.executable, "-m", "wxb", "doctor")


@dataclass
class Examination:
    """A process that examines a run, and the files without names that hold what it says."""

    process: subprocess.Popen[bytes]
    answer: int
    said: int

    def told(self) -> dict[str, Any]:
        """Where it stands, and what was found or went wrong."""
        code = self.process.poll()
        if code is None:
            return {"state": "working"}
        if code in (DONE, FOUND):
            found = msgspec.json.decode(os.pread(self.answer, MOST_SAID, 0))
            return {"state": "done", "found": found}
        return {"state": "failed", "problem": os.pread(self.said, MOST_SAID, 0).decode(errors="replace").strip()}


class Doctor:
    """The addresses of the doctor. What was found is held as long as the page is served."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._known: dict[str, Examination] = {}

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            Route("/api/runs/{name}/doctor", self.look),
            Route("/api/runs/{name}/doctor", self.examine, methods=["POST"]),
        ]

    async def look(self, request: Request) -> Response:
        """What was found."""
        path = self.folder.place(request.path_params["name"])
        one = self._known.get(path.name)
        return answer({"state": "none"} if one is None else await run_in_threadpool(one.told))

    async def examine(self, request: Request) -> Response:
        """Examine a run. Raises WxbError if as many are being examined as may be."""
        name = self.folder.place(request.path_params["name"]).name
        await run_in_threadpool(self._examine, name)
        return answer({})

    def _examine(self, name: str) -> None:
        working = [other for other, one in self._known.items() if one.process.poll() is None]
        if name in working:
            return
        if len(working) >= AT_ONCE:
            raise WxbError(f"{' and '.join(working)} are being examined", fix="wait until one of them is done")
        files = []
        for _ in range(2):
            number, path = tempfile.mkstemp()
            os.unlink(path)
            files.append(number)
        process = subprocess.Popen(
            [*COMMAND, str(self.folder.path / name), "--json", "--quiet"],
            stdin=subprocess.DEVNULL, stdout=files[0], stderr=files[1],
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100"},
        )  # fmt: skip
        threading.Thread(target=process.wait, daemon=True).start()
        before = self._known.get(name)
        self._known[name] = Examination(process, *files)
        if before is not None:
            os.close(before.answer)
            os.close(before.said)
