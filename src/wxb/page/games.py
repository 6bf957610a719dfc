"""The place Play of the page: the runs that play, a person's game against one, and a game to watch."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wxb.page.answer import answer, decoded, missing
from wxb.page.folder import Folder
from wxb.page.listed import Signature, plain, signature
from wxb.play.games import GAMES
from wxb.play.run import Found, PlayRun, found
from wxb.runs.folder import PLAYING, WEIGHTS

if TYPE_CHECKING:
    from wxb.play.policy import Policy

KEPT = 3  # runs whose policies are held
MOST_POINTS = 400  # of a learning curve


class Position(msgspec.Struct):
    """A game so far: the numbers of the actions taken, by either player in turn; and a seed, of a game with chance."""

    moves: list[int] = []
    seed: int = 0


class Games:
    """What the server answers of runs that play. One thread computes."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._thread = ThreadPoolExecutor(1, "game")
        self._players: OrderedDict[tuple[str, Signature], tuple[PlayRun, Policy]] = OrderedDict()

    def routes(self) -> list[Route]:
        """The addresses; a run of several seeds has its folder's name and its own."""
        return [
            Route("/api/games", self.all),
            Route("/api/games/{name:path}/position", self.position, methods=["POST"]),
            Route("/api/games/{name:path}", self.one),
        ]

    async def all(self, request: Request) -> Response:
        """The runs that play, newest first."""
        listed = await run_in_threadpool(found, [self.folder.path])
        return answer({"runs": [self._told(one) for one in listed]})

    async def one(self, request: Request) -> Response:
        """One run, with its learning curve."""
        return answer(await run_in_threadpool(self._one, request.path_params["name"]))

    def _one(self, name: str) -> dict[str, Any]:
        run = PlayRun.open(self.place(name))
        points = [(line.games, line.score) for line in run.history if line.score is not None]
        game = run.game
        return {
            **self._told(run),
            "curve": points[:: -(-len(points) // MOST_POINTS) or 1],
            "curve_name": game.score,
            "best": game.best,
            "goal": game.goal,
        }

    async def position(self, request: Request) -> Response:
        """What a game looks like after some moves, and what the run would do there."""
        sent = decoded(await request.body(), Position)
        name = request.path_params["name"]
        return answer(await asyncio.get_running_loop().run_in_executor(self._thread, self._position, name, sent))

    def _position(self, name: str, sent: Position) -> dict[str, Any]:
        run, policy = self._player(name)
        return run.game.position(policy, sent.moves, sent.seed)

    def _player(self, name: str) -> tuple[PlayRun, Policy]:
        path = self.place(name)
        key = (name, signature(path, (PLAYING, WEIGHTS)))
        if key not in self._players:
            import torch

            torch.set_num_threads(1)
            run = PlayRun.open(path)
            self._players[key] = (run, run.policy())
        self._players.move_to_end(key)
        while len(self._players) > KEPT:
            self._players.popitem(last=False)
        return self._players[key]

    def place(self, name: str) -> Path:
        """The folder of a run. Raises Refused if there is none of that name."""
        # compared with the names that the disk gives, so that no text of an address becomes a path
        for one in found([self.folder.path]):
            if self._name(one) == name:
                return one.path if isinstance(one, PlayRun) else one[0]
        raise missing(f"there is no run {name} that plays", "go back to the list")

    def _name(self, one: Found) -> str:
        path = one.path if isinstance(one, PlayRun) else one[0]
        return path.relative_to(self.folder.path).as_posix()

    def _told(self, one: Found) -> dict[str, Any]:
        """What the list says of a run; of one that cannot be read, why."""
        if not isinstance(one, PlayRun):
            return {"name": self._name(one), "state": "damaged", "problem": one[1]}
        about, game = one.about, GAMES[one.about.game]
        return {
            "name": self._name(one),
            "state": one.standing.state,
            "standing": str(one.standing),
            "game": about.game,
            "title": game.title,
            "network": about.network,
            "settings": plain(about.settings),
            "created": about.created,
            "results": [{"what": result.what, "text": game.sentence(result)} for result in about.results],
            "players": game.players,
            "shape": game.input,
            "actions": game.actions,
        }
