"""A run that plays: its files read and checked, its policy loaded, and whether it is still what it was."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from wxb import storage
from wxb.errors import FAILED, WxbError
from wxb.paths import exists, is_file, obstacle
from wxb.play.game import Game
from wxb.play.games import GAMES
from wxb.play.learner import give
from wxb.play.policy import Policy, greedy, policy
from wxb.play.schema import FORMAT, Measured, Playing, StepLine
from wxb.runs.environment import environment
from wxb.runs.folder import CHECKPOINT, ENVIRONMENT, HISTORY, LABEL, MANIFEST, PLAYING, STOP, WEIGHTS
from wxb.runs.journal import read_lines
from wxb.runs.manifest import read_manifest
from wxb.runs.schema import Environment, Version
from wxb.runs.standing import Standing, standing, way_on
from wxb.runs.verify import Verification
from wxb.storage import LOCK, damaged, decode, digest, file_digest, is_leftover, json_text, read, read_tensors

CURVE = "curve.svg"
KEPT = (PLAYING, ENVIRONMENT, HISTORY, WEIGHTS)  # of every finished run
OWN = (*KEPT, MANIFEST, CHECKPOINT, CURVE, LOCK, LABEL, STOP)


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
    version = decode(path, data, Version)
    if version.format > FORMAT:
        raise WxbError(
            f"{folder} was made by a newer wxb ({version.wxb})",
            f"its format is {version.format}; this wxb reads up to {FORMAT}",
            "pip install --upgrade wxb",
        )
    about = decode(path, data, Playing)
    if about.game not in GAMES:
        raise damaged(path, f"{about.game} is not a game", f"known: {', '.join(GAMES)}")
    if about.checksum is not None and about.checksum != _checksum(about):
        raise damaged(path, "its checksum does not fit its content")
    return about


def sealed(about: Playing) -> bytes:
    """Encode `play.json` with its checksum."""
    return json_text(msgspec.structs.replace(about, checksum=_checksum(about)))


def _checksum(about: Playing) -> str:
    return digest(msgspec.json.encode(msgspec.structs.replace(about, checksum=None)))


def found(places: Sequence[str | Path]) -> list[Found]:
    """The runs that play in folders, or in their folders of seeds, or that are named themselves; the newest first."""
    listed: list[Found] = []
    for place in map(Path, places):
        below = () if is_playing(place) else (*place.glob("*"), *place.glob("*/seed-*"))
        for folder in sorted(one for one in (place, *below) if is_playing(one)):
            try:
                listed.append(PlayRun(folder, read_playing(folder)))
            except WxbError as problem:
                listed.append((folder, problem.what))
    return sorted(listed, key=lambda one: one.about.created if isinstance(one, PlayRun) else "", reverse=True)


def verify(path: str | Path) -> Verification:
    """Compare a finished run with its manifest, and its results with those of its games played again.

    Raises WxbError if the folder holds no run, or one of a newer version, or one that has not finished.
    """
    folder = Path(path)
    try:
        about = read_playing(folder)
    except WxbError as problem:
        if not exists(folder / MANIFEST) or "newer" in problem.what:
            raise
        return Verification((problem.what,), ())
    run = PlayRun(folder, about)
    if about.state != "finished":
        raise WxbError(
            f"{folder} has not finished: {run.standing.sentence}", "a finished run can be verified",
            way_on(folder, about),
        )  # fmt: skip
    try:
        manifest = read_manifest(folder)
    except WxbError as problem:
        return Verification((problem.what,), ())
    differences = []
    for name in dict.fromkeys((*KEPT, *manifest)):
        if not is_file(folder / name):
            differences.append(f"{name} is missing")
        elif file_digest(folder / name) != manifest.get(name):
            differences.append(f"{name} is not what it was when the run finished")
    differences += [f"{name} does not belong to the run" for name in strangers(folder)]
    checked = [f"{len(manifest) + 1} files"]
    if not differences:
        try:
            differences += _other_results(run)
            checked += ["weights fit the network", "games played again"]
        except WxbError as problem:
            differences.append(str(problem))
    return Verification(tuple(differences), tuple(checked))


def strangers(folder: Path) -> list[str]:
    """The names of what lies in a run's folder and does not belong to the run."""
    return sorted(one.name for one in folder.iterdir() if one.name not in OWN and not is_leftover(one.name))


def _other_results(run: PlayRun) -> list[str]:
    """What the policy now plays otherwise, on the processor and with the versions that it was measured with."""
    again, there, here = run.measure(), run.environment, environment({})
    if there.versions != here.versions or there.processor != here.processor:
        return []  # other rounding may choose other moves
    return [
        f"{one.what}: {one.value:.4f} stored, {two.value:.4f} now"
        for one, two in zip(run.about.results, again, strict=True)
        if one != two
    ]
