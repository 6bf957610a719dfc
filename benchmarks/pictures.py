"""Figures as SVG that is the same each time: Okabe and Ito's colours on white, so that both kinds of page carry it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Color Universal Design, Okabe and Ito 2008, without the yellow that white swallows
BLACK, ORANGE, SKY, GREEN, BLUE, VERMILION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK)
GREY = "#777777"
BROWN = "#8C564B"
STYLE: Any = {
    "svg.hashsalt": "wxb",
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same outlines on every machine
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E4E4E4",
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.5,
    "lines.markersize": 4,
}


def panels(columns: int, width: float = 8.0, height: float = 3.2, **options: Any) -> tuple[Figure, list[Axes]]:
    """A figure of `width`·`height` inches with its panels side by side."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
        axes = figure.subplots(1, columns, squeeze=False, **options)
    return figure, list(axes[0])


def label(axes: Axes, title: str, x: str, y: str) -> None:
    """Title and axes, each with its unit."""
    with matplotlib.rc_context(STYLE):
        axes.set_title(title, loc="left")
        axes.set_xlabel(x)
        axes.set_ylabel(y)


def legend(of: Axes | Figure, **options: Any) -> None:
    """The legend of a panel or of the whole figure, in the figures' style."""
    with matplotlib.rc_context(STYLE):
        of.legend(**options)


def band(axes: Axes, x: Sequence[float], runs: Sequence[Sequence[float]], colour: str, name: str, **line: Any) -> None:
    """The mean over the runs (a sequence of values at each x) as a line, from the least to the greatest as a band."""
    axes.fill_between(x, [min(run) for run in runs], [max(run) for run in runs], color=colour, alpha=0.15, linewidth=0)
    axes.plot(x, [sum(run) / len(run) for run in runs], color=colour, label=name, **{"marker": "o", **line})


def save(figure: Figure, path: Path) -> None:
    """Write the figure as SVG without date or version, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    os.close(handle)
    with matplotlib.rc_context(STYLE):
        figure.savefig(name, format="svg", metadata={"Date": None, "Creator": None})
    os.chmod(name, 0o644)
    os.replace(name, path)
