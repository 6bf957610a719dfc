"""The places Runs and Run of the page: the list, one run, its curves, its report, and word when anything changes."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from wxb.page import changes
from wxb.page.answer import Refused, answer
from wxb.page.curves import Curves
from wxb.page.folder import Folder, inside
from wxb.page.listed import Listing, facts, moving, plain, progress, signature
from wxb.runs import aside
from wxb.runs.folder import LABEL, SUMMARY
from wxb.runs.summary import read_summary
from wxb.storage import SMALL, read
from wxb.tasks import TASKS

BUCKETS = 600  # of a curve, unless the page asks for others
MOST_BUCKETS = 4000
LOOK_EVERY = 0.7  # seconds between looks at a run that is watched; each look slows a training beside it
LIST_EVERY = 1.0  # the same for the list of runs
ALIVE_EVERY = 15.0  # seconds after which something is sent, so that a lost connection is noticed
MOST_COMPARED = 8
KEPT_CURVES = 16  # runs whose histories are held
# a report is a page of its own, written by wxb from names that it escapes; here it may not even run a script
REPORT = {
    "content-security-policy": (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    )
}


class Runs:
    """What the server answers of the runs in a folder."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.listing = Listing(folder)
        self._curves: OrderedDict[str, Curves] = OrderedDict()

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            Route("/api/runs", self.all),
            Route("/api/runs/live", self.live_all),
            Route("/api/runs/{name}", self.one),
            Route("/api/runs/{name}/curves", self.curves),
            Route("/api/runs/{name}/live", self.live),
            Route("/api/runs/{name}/report", self.report),
            Route("/api/compare", self.compare),
        ]

    async def all(self, request: Request) -> Response:
        """The runs, newest first."""
        return answer(await run_in_threadpool(self._all))

    def _all(self) -> dict[str, Any]:
        gone = [changes.told(one) for one in aside.deleted(self.folder.path)]
        return {"folder": str(self.folder.path), "runs": self.listing(), "deleted": gone}

    async def one(self, request: Request) -> Response:
        """One run: what the list says, its data, and its machine."""
        return answer(await run_in_threadpool(self._one, request.path_params["name"]))

    def _one(self, name: str) -> dict[str, Any]:
        path = self.folder.place(name)
        told = {**facts(path), **progress(path)}
        if told["state"] == "damaged":
            return told
        files = self.folder.run(name)
        return {**told, "data_facts": plain(files.data), "environment": plain(files.environment), "path": str(path)}

    async def curves(self, request: Request) -> Response:
        """The curves between two steps: `from`, `to` and `buckets` of the query."""
        query = request.query_params
        first, last = step(query.get("from")), step(query.get("to"))
        buckets = max(1, min(MOST_BUCKETS, int(step(query.get("buckets")) or BUCKETS)))
        return answer(await run_in_threadpool(self._between, request.path_params["name"], first, last, buckets))

    def _between(self, name: str, first: float | None, last: float | None, buckets: int) -> dict[str, Any]:
        found = self.history(name)
        found.look()
        return found.between(first, last, buckets)

    def history(self, name: str) -> Curves:
        """The history of a run, as far as it was read."""
        path = self.folder.place(name)
        if name not in self._curves:
            about = read_summary(path)
            self._curves[name] = Curves(path, about.task, about.format)
        self._curves.move_to_end(name)
        while len(self._curves) > KEPT_CURVES:
            self._curves.popitem(last=False)
        return self._curves[name]

    async def report(self, request: Request) -> Response:
        """The report of a finished run, as the page that lies in its folder."""
        path = self.folder.place(request.path_params["name"])
        self.folder.run(path.name).need_finished("report")
        page = await run_in_threadpool(read, inside(path, "report.html"), SMALL)
        return Response(page, media_type="text/html", headers=REPORT)

    async def compare(self, request: Request) -> Response:
        """Each finished run against the first, on the same test examples: what `wxb compare` finds."""
        places = [self.folder.place(name) for name in request.query_params.getlist("run")[:MOST_COMPARED]]
        return answer(await run_in_threadpool(compared, places))

    async def live(self, request: Request) -> Response:
        """A line of text for each change of a run, as server-sent events, until the browser leaves."""
        path = self.folder.place(request.path_params["name"])
        return events(request, lambda: moving(path), LOOK_EVERY)

    async def live_all(self, request: Request) -> Response:
        """A line of text whenever any run changes, comes or goes."""

        def seen() -> tuple[object, ...]:
            names = self.folder.names()
            gone = tuple(one.key for one in aside.deleted(self.folder.path))
            return (*((name, signature(self.folder.path / name, (SUMMARY, LABEL))) for name in names), gone)

        return events(request, seen, LIST_EVERY)


def compared(places: list[Path]) -> dict[str, Any]:
    """The paired differences of runs against the first. Raises WxbError if they were not tested alike."""
    from wxb.runs.compare import compare  # brings torch

    found = compare(places)
    measures = {one.name: one for one in TASKS[found.task].measures}
    pairs = [
        {
            "name": pair.run.name,
            "differences": [
                measures[name].difference_text(one.value, one.interval) for name, one in pair.differences.items()
            ],
            "better": pair.better,
            "worse": pair.worse,
            "p": pair.p,
        }
        for pair in found.pairs
    ]
    return {"examples": found.examples, "first": places[0].name, "pairs": pairs}


def events(request: Request, seen: Any, every: float) -> Response:
    """Server-sent events: "changed" whenever what is seen differs from what was seen before."""

    async def told() -> AsyncIterator[str]:
        before, quiet = None, 0.0
        while not await request.is_disconnected():
            now = await run_in_threadpool(seen)
            if now != before:
                before, quiet = now, 0.0
                yield "data: changed\n\n"
            elif quiet >= ALIVE_EVERY:
                quiet = 0.0
                yield ": alive\n\n"
            await asyncio.sleep(every)
            quiet += every

    return StreamingResponse(told(), media_type="text/event-stream")


def step(text: str | None) -> float | None:
    """A number of the query. Raises Refused if it is none."""
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < 2**53:
        raise Refused(400, "a number was expected", "from, to and buckets are numbers")
    return value
