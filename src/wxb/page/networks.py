"""What is inside a run's network: its layers as a map, its views as arrays or figures, its answer to an example."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from inspect import signature as parameters_of
from typing import Any, TypeVar

import msgspec
import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wxb.data.tables.free_text import FreeText
from wxb.data.tables.vocabulary import Words
from wxb.errors import WxbError
from wxb.page.answer import Refused, answer, whole_number
from wxb.page.asked import said
from wxb.page.folder import Folder
from wxb.page.inside import Inside, has_weights, run_at
from wxb.page.listed import signature
from wxb.page.numbers import rounded
from wxb.paths import exists
from wxb.runs.folder import CHECKPOINT, NOW, WEIGHTS
from wxb.runs.inputs import reads_tokens
from wxb.runs.looking import ask_to_look
from wxb.runs.run import Run
from wxb.runs.standing import standing
from wxb.runs.summary import read_summary
from wxb.views.options import OPTIONS
from wxb.views.table import VIEWS, about_run, entry, offered

T = TypeVar("T")

KEPT = 3  # runs whose networks are held
MOST_CELLS = 2_000_000  # numbers of a view that are sent
FIGURE = {"content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"}
OF_PATHS = ("x", "against")  # options that name files, which no address may


class Networks:
    """What the server answers of networks. One thread computes, so that a training beside it keeps the other cores."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._thread = ThreadPoolExecutor(1, "network")
        self._inside: OrderedDict[tuple[Any, ...], Inside] = OrderedDict()

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            Route("/api/runs/{name}/network", self.network),
            Route("/api/runs/{name}/views/{view}", self.view),
            Route("/api/runs/{name}/figures/{view}", self.figure),
            Route("/api/runs/{name}/layers", self.layers),
            Route("/api/runs/{name}/look", self.look, methods=["POST"]),
            Route("/api/runs/{name}/ask", self.ask, methods=["POST"]),
            Route("/api/runs/{name}/ink", self.ink),
        ]

    async def computed(self, work: Callable[[], T]) -> T:
        """Do the work in the one thread that computes."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def inside(self, name: str, at: int | None = None, now: bool = False) -> Inside:
        """The network of a run, after a step if it has a snapshot of it. Called in the one thread alone.

        `now` asks for that of a training that goes on, as it is now, if it shows that.
        """
        path = self.folder.place(name)
        now = now and exists(path / NOW)
        key = (name, at, signature(path, (WEIGHTS, CHECKPOINT, *([NOW] if now else ()))))
        if key not in self._inside:
            import torch

            torch.set_num_threads(1)
            run = Run.open(path)
            before = next((one for (other, *_), one in self._inside.items() if other == name), None)
            self._inside[key] = Inside(run_at(run, at, now), before)
        self._inside.move_to_end(key)
        while len(self._inside) > KEPT:
            self._inside.popitem(last=False)
        return self._inside[key]

    async def network(self, request: Request) -> Response:
        """The layers, how they are joined, and the views that apply."""
        return answer(await self.computed(lambda: self._network(request.path_params["name"])))

    def _network(self, name: str) -> dict[str, Any]:
        from wxb.views.gallery.graph import planned

        run = Run.open(self.folder.place(name))
        about = about_run(run)
        options = {view: [one for one in VIEWS[view].options if one not in OF_PATHS] for view in VIEWS}
        views = [
            {"name": view, "about": VIEWS[view].about, "options": options[view]}
            for view, why in offered(about).items()
            if not why
        ]  # fmt: skip
        table = run.preparation
        return {
            "nodes": [msgspec.to_builtins(one) for one in planned(about.plan)],
            "views": views,
            "snapshots": run.snapshots,
            "pictures": about.pictures,
            "columns": [] if table is None else list(table.names),
            "texts": [] if table is None else [one.name for one in table.columns if isinstance(one, FreeText | Words)],
            "sentences": reads_tokens(run),
            "weights": has_weights(run),
        }

    async def ink(self, request: Request) -> Response:
        """The greys of paper and ink in the run's own pictures; meanwhile its network is made ready to answer."""
        name = request.path_params["name"]
        found = await self.computed(lambda: ink(self.inside(name).data.examples))
        self._thread.submit(lambda: self.inside(name).make_ready())
        return answer(found)

    async def view(self, request: Request) -> Response:
        """A view as arrays."""
        return answer(await self.computed(lambda: plain_view(self._view(request))))

    async def layers(self, request: Request) -> Response:
        """Every layer at once, for a test example: maps, weights, and the gradients of both."""
        name, query = request.path_params["name"], request.query_params
        example = whole_number("example", query.get("example", "0"))
        at = whole_number("at", query["at"]) if "at" in query else None
        now = "now" in query
        return answer(await self.computed(lambda: self._layers(name, example, at, now)))

    def _layers(self, name: str, example: int, at: int | None, now: bool) -> dict[str, Any]:
        from wxb.page.layers import layers  # brings torch

        inside = self.inside(name, at, now)
        return layers(inside.run, inside.subject, inside.data, example)

    async def look(self, request: Request) -> Response:
        """Ask a training to show its network of now for some seconds; tells whether it does."""
        path = self.folder.place(request.path_params["name"])
        if await run_in_threadpool(lambda: standing(path, read_summary(path)).state) != "running":
            return answer({"shown": False})
        await run_in_threadpool(ask_to_look, path)
        return answer({"shown": exists(path / NOW)})

    async def figure(self, request: Request) -> Response:
        """A view as a figure, whose ink follows light and dark."""
        drawn = await self.computed(lambda: self._view(request).svg())
        return Response(drawn, media_type="image/svg+xml", headers=FIGURE)

    def _view(self, request: Request) -> Any:
        view, asked = asked_of(request, VIEWS)
        inside = self.inside(request.path_params["name"], asked.pop("at", None))
        return shown_by(view, inside.run, asked, lambda: inside.data)

    async def ask(self, request: Request) -> Response:
        """What the network says of an example: a picture's bytes, or its values, or a row of a table as JSON.

        With `layers` in the query, what every layer makes of it too.
        """
        body = await request.body()
        plain = request.headers.get("content-type", "").startswith("application/json")
        whole = "layers" in request.query_params
        at = request.query_params.get("at")
        step = None if at is None else whole_number("at", at)
        return answer(
            await self.computed(lambda: said(self.inside(request.path_params["name"], step), body, plain, whole))
        )


def ink(examples: Any) -> dict[str, float]:
    """The value of paper, which most of the border has, and of ink, which lies farthest from it; of some examples."""
    some = np.asarray(examples[:500], np.float64)
    border = np.concatenate([some[..., 0, :].ravel(), some[..., -1, :].ravel()])
    paper = float(np.median(border))
    low, high = float(some.min()), float(some.max())
    return {"paper": paper, "ink": high if high - paper >= paper - low else low}


def asked_of(request: Request, known: Collection[str]) -> tuple[str, dict[str, Any]]:
    """The view that an address names, and its options. Raises Refused for a view that is not among the known ones."""
    view = request.path_params["view"]
    if view not in known:
        raise Refused(404, f"{view[:40]} is not a view that applies here", f"one of {', '.join(known)}")
    return view, options_of(view, dict(request.query_params))


def shown_by(view: str, of: Any, asked: Mapping[str, Any], examples: Callable[[], Any]) -> Any:
    """A view of a run or a module; `examples` gives what it looks at, if it looks at any."""
    from wxb import views

    show = getattr(views, view)
    more = {"x": examples()} if "x" in parameters_of(show).parameters else {}
    return show(of, **asked, **more)


def options_of(view: str, query: dict[str, str]) -> dict[str, Any]:
    """The options of a view from the query. Raises Refused for those that it does not take."""
    takes = [*entry(view).options, "at"]
    asked: dict[str, Any] = {}
    for name, text in query.items():
        if name not in takes or name in OF_PATHS:
            raise Refused(
                400,
                f"{view} takes no {name[:40]}",
                f"it takes {', '.join(one for one in takes if one not in OF_PATHS)}",
            )
        option = OPTIONS[name]
        if option.choices and text not in option.choices:
            raise Refused(400, f"{name} is {text[:40]}", f"one of {', '.join(option.choices)}")
        asked[name] = whole_number(name, text) if option.type is int else text
    return asked


# --- asking ----------------------------------------------------------------------------------------------------------


def plain_view(view: Any) -> dict[str, Any]:
    """A view as plain values for JSON. Raises WxbError if it has too many numbers to be drawn."""
    cells = sum(one.array.size for one in view.arrays.values())
    if cells > MOST_CELLS:
        raise WxbError(
            f"this view has {cells:,} numbers, too many to draw here",
            fix=f"one layer, or wxb view RUN {view.name} --out FILE.npz",
        )
    told: dict[str, Any] = view.plain_facts()
    told["arrays"] = {
        name: {**about, "values": rounded(view[name]) if view[name].dtype.kind == "f" else view[name].tolist()}
        for name, about in view.described().items()
    }
    return told
