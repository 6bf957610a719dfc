"""A run that plays: its files read and checked, and its policy loaded."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wxb import storage
from wxb.errors import FAILED, WxbError
from wxb.paths import exists, is_folder, is_link, obstacle, status
from wxb.play.game import Game
from wxb.play.games import GAMES
from wxb.play.schema import FORMAT, Measured, Playing, StepLine
from wxb.runs.folder import ENVIRONMENT, HISTORY, PLAYING, WEIGHTS
from wxb.runs.journal import read_lines
from wxb.runs.manifest import read_manifest
from wxb.runs.schema import Environment
from wxb.runs.standing import Standing, standing, way_on
from wxb.runs.summary import need_seal, version_of
from wxb.storage import damaged, decode, file_digest, read, read_tensors

if TYPE_CHECKING:
    from wxb.play.policy import Policy

KEPT = (PLAYING, ENVIRONMENT, HISTORY, WEIGHTS)  # of every finished run


class PlayRun:
    """A training in its folder, opened with `PlayRun.open(path)` or returned by `play`."""

    def __init__(self, path: Path, about: Playing) -> None:
        self.path = path
        self.about = about

    def __repr__(self) -> str:
        return f"PlayRun({str(self.path)!r}, {self.standing.state})"

    @classmethod
    def open(cls, path: str | Path) -> PlayRun:
        """Open a run for reading. Raises WxbError if there is none, or it is damaged or of a newer version."""
        folder = Path(path)
        run = cls(folder, read_playing(folder))
        if run.about.state == "finished":
            run._need_unchanged(PLAYING)
        return run

    @property
    def game(self) -> Game:
        """What it plays. Raises WxbError if the game is not installed."""
        game = GAMES[self.about.game]
        game.need()
        return game

    @property
    def standing(self) -> Standing:
        """How far the run has come, and what it was saved at."""
        return standing(self.path, self.about)

    @property
    def history(self) -> list[StepLine]:
        """A line for each step."""
        if self.about.state == "finished":
            self._need_unchanged(HISTORY)
        return read_lines(self.path / HISTORY, read(self.path / HISTORY), StepLine)

    @property
    def environment(self) -> Environment:
        """Versions, processor, machine."""
        return decode(self.path / ENVIRONMENT, read(self.path / ENVIRONMENT), Environment)

    def need_finished(self, what: str) -> None:
        """Raise WxbError, with the way on, unless the run has finished."""
        if self.about.state != "finished":
            at = self.standing.sentence
            raise WxbError(f"{self.path} has no {what} yet: {at}", fix=way_on(self.path, self.about))

    def policy(self) -> Policy:
        """The policy that was learned. Raises WxbError if the run has not finished, or its weights have changed."""
        from wxb.play.learner import give  # here, so that a list of runs needs no torch
        from wxb.play.policy import policy

        self.need_finished("player")
        self._need_unchanged(WEIGHTS)
        made = policy(self.about.network, self.game, seed=self.about.settings.seed)
        tensors, _ = read_tensors(self.path / WEIGHTS)
        try:
            give(tensors, made)
        except WxbError as problem:
            raise damaged(self.path / WEIGHTS, problem.detail) from problem
        return made

    def measure(self) -> tuple[Measured, ...]:
        """How good the policy is, measured again on the same games."""
        from wxb.play.policy import greedy

        return self.game.measure(greedy(self.policy()), self.about.settings.seed)

    def _need_unchanged(self, name: str) -> None:
        path = self.path / name
        if file_digest(path) != read_manifest(self.path).get(name):
            raise WxbError(f"{path} was changed after the run had finished", fix=storage.BROUGHT_BACK, exit_code=FAILED)


Found = PlayRun | tuple[Path, str]  # the path of one that cannot be read, and why


def is_playing(path: str | Path) -> bool:
    """Whether a folder holds a run that plays."""
    return exists(Path(path) / PLAYING)


def read_playing(folder: Path) -> Playing:
    """Read `play.json`. Raises WxbError if there is none, or it is damaged or of a newer version."""
    path = folder / PLAYING
    if not exists(path):
        if why := obstacle(path):
            raise WxbError(f"{path} cannot be read: {why}", fix="wxb runs lists the runs there are")
        raise WxbError(f"{folder} is no run that plays: it has no {PLAYING}", fix="wxb runs lists those there are")
    data = read(path)
    version_of(path, data, FORMAT)
    about = decode(path, data, Playing)
    if about.game not in GAMES:
        raise damaged(path, f"{about.game} is not a game", f"known: {', '.join(GAMES)}")
    need_seal(path, about)
    return about


def found(places: Sequence[str | Path]) -> list[Found]:
    """The runs that play in folders, or in their folders of seeds, or that are named themselves; the newest first."""
    listed: list[Found] = []
    for place in map(Path, places):
        below = () if is_playing(place) or not is_folder(place) else (*place.glob("*"), *place.glob("*/seed-*"))
        for folder in sorted(one for one in (place, *below) if is_playing(one)):
            try:
                listed.append(PlayRun(folder, read_playing(folder)))
            except WxbError as problem:
                listed.append((folder, problem.what))
    return sorted(listed, key=lambda one: one.about.created if isinstance(one, PlayRun) else "", reverse=True)


def unfinished(places: Sequence[str | Path], older_than: float) -> list[PlayRun]:
    """Of the runs of `found` those that were stopped or have failed, unwritten for `older_than` seconds."""
    now = time.time()
    return [
        one
        for one in found(places)
        if isinstance(one, PlayRun)
        and one.standing.state in ("stopped", "failed")
        and not is_link(one.path)
        and (about := status(one.path / PLAYING)) is not None
        and now - about.st_mtime >= older_than
    ]
