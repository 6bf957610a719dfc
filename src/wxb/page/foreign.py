"""What the server answers of a module that wxb has not built: its layers as a map, and the views that apply to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wxb.page.answer import answer
from wxb.page.networks import FIGURE, OF_PATHS, asked_of, plain_view, shown_by
from wxb.page.runs import LOOK_EVERY, events
from wxb.views.table import VIEWS

T = TypeVar("T")

OFFERED = ("maps", "filters", "unit", "grid", "saliency", "exciting")  # views of a bare module
OF_PICTURES = ("grid", "saliency", "exciting")
MOST_POINTS = 2_000  # of a curve


class Looked:
    """The copy of a module that is looked at, its examples, and the numbers that its loop has told."""

    def __init__(self) -> None:
        self.name = ""
        self.batch: Any = None
        self.model: Any = None
        self.copies = 0
        self.seen = False  # whether somebody has looked at the copy
        self.updates = 0
        self.curves: dict[str, list[tuple[int, float]]] = {}
        self._lock = threading.Lock()

    def take(self, model: Any) -> None:
        """Show another copy."""
        self.model, self.seen = model, False
        self.copies += 1

    def note(self, numbers: dict[str, float]) -> None:
        """Add a point to each curve; of long ones every second point is kept."""
        with self._lock:
            self.updates += 1
            for name, value in numbers.items():
                points = self.curves.setdefault(name, [])
                points.append((self.updates, value))
                if len(points) > MOST_POINTS:
                    points[:] = [*points[:-1:2], points[-1]]

    def told(self) -> dict[str, Any]:
        """The numbers of the loop."""
        with self._lock:
            curves = {name: [*points] for name, points in self.curves.items()}
        return {"name": self.name, "updates": self.updates, "curves": curves}

    @property
    def pictures(self) -> bool:
        """Whether the examples are pictures."""
        return isinstance(self.batch, np.ndarray) and self.batch.ndim == 4 and self.batch.shape[1] in (1, 3)


class Foreign:
    """The addresses of a module. One thread computes, so that the loop beside it keeps the other cores."""

    def __init__(self, looked: Looked) -> None:
        self.looked = looked
        self._thread = ThreadPoolExecutor(1, "wxb page")

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            Route("/api/model", self.about),
            Route("/api/model/live", self.live),
            Route("/api/model/network", self.network),
            Route("/api/model/views/{view}", self.view),
            Route("/api/model/figures/{view}", self.figure),
        ]

    async def computed(self, work: Callable[[], T]) -> T:
        """Do the work in the one thread that computes."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def about(self, request: Request) -> Response:
        """The module's name, and the curves."""
        return answer(self.looked.told())

    async def live(self, request: Request) -> Response:
        """Word of each update."""
        self.looked.seen = True
        return events(request, lambda: (self.looked.copies, self.looked.updates), LOOK_EVERY)

    async def network(self, request: Request) -> Response:
        """The layers, and the views that apply."""
        return answer(await self.computed(self._network))

    def _network(self) -> dict[str, Any]:
        from wxb.views.gallery.graph import nodes_of
        from wxb.views.subject import subject

        looked = self.looked
        looked.seen = True
        nodes = [msgspec.to_builtins(one) for one in nodes_of(subject(looked.model, "graph"), looked.batch)]
        for node in nodes[1:]:
            node["paths"] = (node["layer"],)
        views = [name for name in OFFERED if looked.pictures or name not in OF_PICTURES]
        options = {name: [one for one in VIEWS[name].options if one not in (*OF_PATHS, "part")] for name in views}
        return {
            "nodes": nodes,
            "views": [{"name": name, "about": VIEWS[name].about, "options": options[name]} for name in views],
            "snapshots": [],
            "pictures": looked.pictures,
            "columns": [],
            "weights": True,
        }

    async def view(self, request: Request) -> Response:
        """A view as arrays."""
        return answer(await self.computed(lambda: plain_view(self._view(request))))

    async def figure(self, request: Request) -> Response:
        """A view as a figure."""
        drawn = await self.computed(lambda: self._view(request).svg())
        return Response(drawn, media_type="image/svg+xml", headers=FIGURE)

    def _view(self, request: Request) -> Any:
        view, asked = asked_of(request, OFFERED)
        self.looked.seen = True
        return shown_by(view, self.looked.model, asked, lambda: self.looked.batch)
