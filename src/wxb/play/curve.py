"""The learning curve of a game: the score over the games played, of one seed or of several with an interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wxb.play.game import Game
from wxb.play.schema import StepLine
from wxb.statistics import mean_of
from wxb.text import count, plural
from wxb.views.drawing import BLUE, LINES, QUIET, Panel, sheet, svg_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Numbers = NDArray[np.float64]


def curve(game: Game, runs: Mapping[int, Sequence[StepLine]]) -> str:
    """The learning curve of runs by their seeds as an SVG that follows light and dark.

    Raises WxbError if matplotlib is not installed.
    """
    from wxb.views.drawing import style

    with style():
        return svg_of(figure(game, runs))


def figure(game: Game, runs: Mapping[int, Sequence[StepLine]]) -> Figure:
    """The curve as a figure; call it in the drawing's `style`."""
    notes = [f"The line at {game.shown(game.goal)} is where the game counts as learned."]
    if len(runs) > 1:
        notes.insert(0, "The mean of the seeds with its 95 % interval, and each seed as a thin line.")
    title = f"Learning {game.title}" + (f", {plural(len(runs), 'seed')}" if len(runs) > 1 else "")
    panel = Panel(game.score, 2.2, partial(_draw, game=game, runs=runs), left=0.5, bottom=0.4, framed=True)
    return sheet(title, [panel], notes)


def points(runs: Mapping[int, Sequence[StepLine]]) -> tuple[Numbers, Numbers]:
    """Games played (points,) and scores (runs, points) at the points that all of these runs have."""
    by_run = [{line.games: line.score for line in lines if line.score is not None} for lines in runs.values()]
    games = sorted(set.intersection(*(set(one) for one in by_run))) if by_run else []
    return np.array(games, float), np.array([[one[at] for at in games] for one in by_run], float)


def _draw(axes: Axes, game: Game, runs: Mapping[int, Sequence[StepLine]]) -> None:
    games, scores = points(runs)
    if len(runs) > 1:
        means = [mean_of(column.tolist()) for column in scores.T]
        low, high = (np.clip([(one.interval or (one.mean, one.mean))[end] for one in means], 0, game.best)
                     for end in (0, 1))  # fmt: skip
        axes.plot(games, scores.T, color=BLUE, linewidth=0.6, alpha=0.5)
        axes.fill_between(games, low, high, color=BLUE, alpha=0.2, linewidth=0)
        axes.plot(games, [one.mean for one in means], color=BLUE)
    else:
        axes.plot(games, scores.T, color=BLUE)
    axes.axhline(game.goal, color=QUIET, linewidth=0.8, linestyle="--")
    axes.set_ylim(0, game.best * 1.04)
    axes.grid(axis="y", color=LINES, linewidth=0.5)
    axes.set_xlabel("games played")
    axes.xaxis.set_major_formatter(lambda value, place: count(int(value)))
    axes.yaxis.set_major_formatter(lambda value, place: game.shown(value))
