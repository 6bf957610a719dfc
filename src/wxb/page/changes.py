"""What the page changes in run folders: names, tags and notes; deleting, and bringing back."""

from __future__ import annotations

from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wxb.page.answer import answer, decoded
from wxb.page.folder import Folder
from wxb.runs import aside
from wxb.runs.label import Label, write_label

T = TypeVar("T")


class Changes:
    """The addresses under which runs are changed."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            Route("/api/runs/{name}/label", self.label, methods=["POST"]),
            Route("/api/runs/{name}/delete", self.delete, methods=["POST"]),
            Route("/api/deleted/{key}/bring-back", self.bring_back, methods=["POST"]),
            Route("/api/deleted/{key}/delete", self.remove, methods=["POST"]),
        ]

    async def label(self, request: Request) -> Response:
        """Give a run a name, tags and a note."""
        label = await sent(request, Label)
        await run_in_threadpool(lambda: write_label(self.folder.place(request.path_params["name"]), label))
        return answer(label)

    async def delete(self, request: Request) -> Response:
        """Set a run aside."""
        gone = await run_in_threadpool(lambda: aside.set_aside(self.folder.place(request.path_params["name"])))
        return answer(told(gone))

    async def bring_back(self, request: Request) -> Response:
        """Bring a run back that was set aside."""
        back = await run_in_threadpool(aside.bring_back, self.folder.path, request.path_params["key"])
        return answer({"name": back.name})

    async def remove(self, request: Request) -> Response:
        """Delete a run for good that was set aside."""
        await run_in_threadpool(aside.remove, self.folder.path, request.path_params["key"])
        return answer({})


def told(one: aside.Deleted) -> dict[str, Any]:
    """A run that lies aside, for the page."""
    return {"key": one.key, "name": one.name, "since": one.since}


async def sent(request: Request, kind: type[T]) -> T:
    """The body of a request as a value of a type. Raises Refused if it is none."""
    return decoded(await request.body(), kind)
