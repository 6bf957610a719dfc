"""What is told of runs that play: of one, and of several seeds in one folder with their learning curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wxb import storage
from wxb.errors import FAILED, WxbError
from wxb.notation import read
from wxb.paths import quoted
from wxb.play.curve import curve
from wxb.play.game import Game
from wxb.play.run import PlayRun, found
from wxb.runs.folder import CURVE
from wxb.statistics import Mean, mean_of
from wxb.text import count, duration, plural


def lines(run: PlayRun) -> list[tuple[str, str]]:
    """A finished run as (label, text): the game, the network, how it learned, and how good it is."""
    run.need_finished("report")
    about, last = run.about, run.history[-1]
    settings, game = about.settings, run.game
    how = "PPO" if settings.ppo else "policy gradient with a baseline"
    learned = f"{how}, {plural(settings.steps, 'step')}: {plural(last.games, 'game')}, {plural(last.moves, 'move')}"
    return [
        ("game", game.title),
        ("network", f"{read(about.network).short()}   {count(about.parameters)} parameters with the baseline"),
        ("learned", f"{learned}, {duration(last.seconds)}"),
        *((one.what, game.sentence(one)) for one in about.results),
    ]


@dataclass(frozen=True)
class Seeds:
    """The finished runs of a folder, all of one game, and what they are together."""

    folder: Path
    runs: tuple[PlayRun, ...]
    results: dict[str, Mean]  # over the seeds, by what was measured
    shares: dict[str, dict[str, Mean]]  # the same in the game's own words: "won", "not lost"
    picture: Path | None
    remarks: tuple[str, ...] = ()


def seeds_drawn(folder: Path) -> Seeds:
    """Read the runs in a folder, and draw their learning curve into it.

    Raises WxbError if there is none, if one of them is damaged, or if they play different games.
    """
    runs = tuple(one for one in _readable(folder) if one.about.state == "finished")
    if not runs:
        raise WxbError(f"{folder} holds no finished run that plays", fix="wxb runs lists the runs there are")
    games = {run.about.game for run in runs}
    if len(games) > 1:
        raise WxbError(f"{folder} holds runs of {' and '.join(sorted(games))}", "a curve is of one game")
    game = runs[0].game
    results: dict[str, list[float]] = {}
    shares: dict[str, dict[str, list[float]]] = {}
    for run in runs:
        for one in run.about.results:
            results.setdefault(one.what, []).append(one.value)
            for name, value in game.shares(one).items():
                shares.setdefault(one.what, {}).setdefault(name, []).append(value)
    means = {what: mean_of(values, (0, game.best)) for what, values in results.items()}
    by_share = {
        what: {name: mean_of(values, (0, game.best)) for name, values in named.items()}
        for what, named in shares.items()
    }
    picture, remarks = folder / CURVE, ()
    try:
        storage.write(picture, curve(game, {run.about.settings.seed: run.history for run in runs}))
    except WxbError as problem:
        if problem.exit_code == FAILED:
            raise
        return Seeds(
            folder, runs, means, by_share, None, (f"the learning curve was not drawn: {problem.what}; {problem.fix}",)
        )
    return Seeds(folder, runs, means, by_share, picture, remarks)


def _readable(folder: Path) -> Sequence[PlayRun]:
    runs = []
    for one in found([folder]):
        if not isinstance(one, PlayRun):
            raise WxbError(one[1], exit_code=FAILED)
        runs.append(PlayRun.open(one.path))
    return runs


def seeds_lines(drawn: Seeds) -> list[tuple[str, str]]:
    """The seeds together as (label, text)."""
    game = drawn.runs[0].game
    told = [("game", game.title), ("seeds", plural(len(drawn.runs), "run") + f" in {quoted(drawn.folder)}")]
    for what, shares in drawn.shares.items():
        told.append((what, ", ".join(f"{name} {_between(game, mean)}" for name, mean in shares.items())))
    return told


def _between(game: Game, mean: Mean) -> str:
    interval = "" if mean.interval is None else f" [{', '.join(map(game.shown, mean.interval))}]"
    return game.shown(mean.mean) + interval
