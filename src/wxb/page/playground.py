"""The playground: what it asks of the server. What trains is a process of its own, one for each window that plays."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from wxb.data.toys import TOYS
from wxb.errors import WxbError
from wxb.page.answer import Refused, answer, missing, whole_number
from wxb.page.changes import sent
from wxb.page.folder import Folder
from wxb.page.forms import FORMS, of_toy
from wxb.page.meaning import meaning, words
from wxb.page.play import CHOSEN, LIVE, MOST_NETWORK, POINTS, Play
from wxb.page.trainings import Trainings
from wxb.runs.folder import settings_text
from wxb.settings import RECIPE
from wxb.storage import write

MOST_PLAYING = 3  # processes; the one that was left alone longest makes room
LOOK_EVERY = 0.02  # seconds between looks for a new frame
LEFT_ALONE = 2.0  # seconds without a window after which a training pauses,
FORGOTTEN = 600.0  # and after which it ends
ALIVE_EVERY = 15.0


class Ordered(msgspec.Struct, forbid_unknown_fields=True):
    """What a window orders: to run, to pause, to take a step, or to change something."""

    do: str
    setting: str = ""
    value: float = 0.0


class Saved(msgspec.Struct, forbid_unknown_fields=True):
    """What becomes a run: what is played, the steps it has come, and what was changed on the way."""

    play: Play
    steps: int
    events: list[dict[str, Any]] = []


class Playing:
    """The process behind one window, and the newest that it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.windows = 0
        self.seen = time.monotonic()
        self.begun = b""  # the newest message of each kind, as a line of JSON
        self.frame = b""
        self.surface = b""
        self.mistake = b""
        self.number = 0  # of messages so far
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "wxb.page.live"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1"}, start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        said = self._process.stdout
        assert said is not None
        with said:
            for line in said:
                if line.startswith(b'{"kind":"frame"'):
                    self.frame = line
                elif line.startswith(b'{"kind":"begun"'):
                    self.begun, self.frame, self.surface, self.mistake = line, b"", b"", b""
                elif line.startswith(b'{"kind":"surface"'):
                    self.surface = line
                else:
                    self.mistake = line
                self.number += 1
        self._process.wait()

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def tell(self, **what: Any) -> None:
        """Tell the process something. Raises WxbError if it has ended."""
        line = msgspec.json.encode({name: value for name, value in what.items() if value is not None})
        try:
            with self._lock:
                assert self._process.stdin is not None
                self._process.stdin.write(line + b"\n")
                self._process.stdin.flush()
        except (OSError, ValueError) as problem:
            raise WxbError("the training of the playground has ended", fix="begin again") from problem

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        with self._lock, contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()


class Playground:
    """The addresses of the playground."""

    def __init__(self, folder: Folder, trainings: Trainings) -> None:
        self.folder = folder
        self.trainings = trainings
        self._playing: dict[str, Playing] = {}
        self._made = ""  # the folder of the files that processes read; it goes with the page

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            Route("/api/notation", self.notation),
            Route("/api/playground", self.about),
            Route("/api/playground/open", self.open, methods=["POST"]),
            Route("/api/playground/save", self.save, methods=["POST"]),
            Route("/api/playground/{key}/begin", self.begin, methods=["POST"]),
            Route("/api/playground/{key}/do", self.order, methods=["POST"]),
            Route("/api/playground/{key}/live", self.live),
        ]

    async def about(self, request: Request) -> Response:
        """The toys, and the settings with their choices."""
        settings = [
            {
                "name": name,
                "default": RECIPE[name].default,
                "choices": list(RECIPE[name].choices),
                "help": RECIPE[name].help,
                "live": name in LIVE,
            }
            for name in CHOSEN
        ]
        toys = [{"name": name, "form": of_toy(name).name} for name in TOYS]
        heads = {name: form.heads for name, form in FORMS.items()}
        return answer({"toys": toys, "heads": heads, "words": words(), "settings": settings})

    async def notation(self, request: Request) -> Response:
        """What a network's text means: its layers, its counts, and the PyTorch of it; or its mistake.

        A text that is half written is no failure of the request.
        """
        query = request.query_params
        text = query.get("text", "")[: MOST_NETWORK + 1]
        form = FORMS.get(query.get("form", "classes"))
        outputs = whole_number("outputs", query.get("outputs", "2"))
        if form is None or not 0 < outputs < 10**6:
            raise Refused(400, "there are no such data", f"a form of {', '.join(FORMS)}, and 1 output or more")
        try:
            return answer(await run_in_threadpool(lambda: meaning(text, form, outputs)))
        except WxbError as problem:
            told = {"what": problem.what, "expected": problem.detail, "fix": problem.fix, "places": problem.places}
            return answer({"mistake": told})

    async def open(self, request: Request) -> Response:
        """Start a process for a window."""
        return answer({"key": await run_in_threadpool(self._open)})

    def _open(self) -> str:
        self._tidy(MOST_PLAYING - 1)
        key = secrets.token_urlsafe(9)
        self._playing[key] = Playing(Path(self._files()))
        return key

    def _files(self) -> str:
        if not self._made:
            self._made = tempfile.mkdtemp(prefix="wxb-playground-")
            weakref.finalize(self, shutil.rmtree, self._made, ignore_errors=True)
        return self._made

    def _tidy(self, most: int) -> None:
        """End the processes that nobody watches any more, and so many that `most` are left."""
        now = time.monotonic()
        order = sorted(self._playing, key=lambda key: (self._playing[key].windows > 0, self._playing[key].seen))
        for place, key in enumerate(order):
            one = self._playing[key]
            forgotten = not one.windows and now - one.seen > FORGOTTEN
            if not one.alive or forgotten or len(order) - place > most:
                one.end()
                del self._playing[key]

    def playing(self, request: Request) -> Playing:
        """The process that an address names. Raises Refused if there is none."""
        found = self._playing.get(request.path_params["key"])
        if found is None or not found.alive:
            raise missing("the training of this window has ended", "begin again")
        return found

    async def begin(self, request: Request) -> Response:
        """Begin with data, a network and settings."""
        play, one = await sent(request, Play), self.playing(request)
        play.checked()
        await run_in_threadpool(lambda: one.tell(do="begin", play=msgspec.to_builtins(play), folder=str(one.folder)))
        return answer({})

    async def order(self, request: Request) -> Response:
        """Run, pause, take a step, or change something."""
        ordered, one = await sent(request, Ordered), self.playing(request)
        if ordered.do not in ("run", "pause", "step", "change", "grid", "pace", "surface"):
            raise Refused(400, f"{ordered.do[:40]} is nothing that can be done")
        if ordered.do == "change" and ordered.setting not in LIVE:
            raise Refused(400, f"{ordered.setting[:40]} cannot change while it trains", f"only {', '.join(LIVE)}")
        await run_in_threadpool(lambda: one.tell(do=ordered.do, setting=ordered.setting, value=ordered.value))
        return answer({})

    async def live(self, request: Request) -> Response:
        """What the process says, as server-sent events, the newest frame only, until the browser leaves."""
        one = self.playing(request)

        async def told() -> AsyncIterator[bytes]:
            before, quiet, sent_already = -1, 0.0, [b""] * 4
            one.windows += 1
            try:
                while one.alive and not await request.is_disconnected():
                    if one.number == before:
                        await asyncio.sleep(LOOK_EVERY)
                        quiet += LOOK_EVERY
                        if quiet > ALIVE_EVERY:
                            quiet = 0.0
                            yield b": alive\n\n"
                        continue
                    before, quiet = one.number, 0.0
                    for place, line in enumerate((one.begun, one.mistake, one.surface, one.frame)):
                        if line and line is not sent_already[place]:
                            yield b"data: " + line + b"\n"
                        sent_already[place] = line
            finally:
                one.windows -= 1
                one.seen = time.monotonic()
                threading.Timer(LEFT_ALONE, self._leave, (one,)).start()

        return StreamingResponse(told(), media_type="text/event-stream")

    def _leave(self, one: Playing) -> None:
        """Pause a training that no window watches."""
        if not one.windows and one.alive:
            with contextlib.suppress(WxbError):
                one.tell(do="pause")

    async def save(self, request: Request) -> Response:
        """Make a run of what was played: the same training again, in a process of its own, with the same bits."""
        return answer({"name": await run_in_threadpool(self._save, await sent(request, Saved))})

    def _save(self, saved: Saved) -> str:
        from wxb.learning.events import event_tables, read_events

        if not 1 <= saved.steps <= 10**7:
            raise WxbError("there is nothing to save yet", fix="train for a step at least")
        settings = saved.play.checked()
        about = saved.play.about_data(self.folder.path / POINTS)
        events = [one for one in read_events(saved.events) if one.step < saved.steps]
        content = {**about, "network": saved.play.network, **settings, "steps": saved.steps}
        content |= {"bagging": False, "calibration": "none"}
        if events:
            content["events"] = event_tables(events)
        name = self.trainings.free(saved.play.data)
        path = Path(self._files()) / f"{name}.toml"
        write(path, settings_text(content))
        self.trainings.start(name, ["train", "--config", str(path), "--out", str(self.folder.path / name)])
        return name
