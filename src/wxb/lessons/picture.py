"""Pictures with matplotlib that come out the same each time, in colours that colour-blind people can tell apart."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wxb import storage
from wxb.errors import WxbError
from wxb.paths import absolute, is_folder
from wxb.views.drawing import BLACK, BLUE, COLOURS, GREEN, GREY, ORANGE, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "BLACK", "BLUE", "COLOURS", "GREEN", "GREY", "ORANGE", "VERMILION",
    "band", "check", "label", "legend", "panels", "save", "style",
]  # fmt: skip
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
FORMATS = (".svg", ".png", ".pdf")


def style() -> AbstractContextManager[None]:
    """The style of all pictures, in force inside `with`. Raises WxbError if matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError:
        raise WxbError("a picture needs matplotlib, which is not installed", fix="pip install 'wxb[plots]'") from None
    return matplotlib.rc_context(STYLE)


def panels(columns: int, width: float = 8.0, height: float = 3.2, **options: Any) -> tuple[Figure, list[Axes]]:
    """A figure of `width`·`height` inches with its panels side by side."""
    with style():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
        axes = figure.subplots(1, columns, squeeze=False, **options)
    return figure, list(axes[0])


def label(axes: Axes, title: str, x: str, y: str) -> None:
    """Set the title of a panel and the names of its axes, each with its unit."""
    with style():
        axes.set_title(title, loc="left")
        axes.set_xlabel(x)
        axes.set_ylabel(y)


def legend(of: Axes | Figure, **options: Any) -> None:
    """Add the legend of a panel or of the whole figure."""
    with style():
        of.legend(**options)


def band(
    axes: Axes,
    x: Sequence[float],
    runs: Sequence[Sequence[float]],
    colour: str,
    name: str,
    middle: Callable[[Sequence[float]], float] = lambda run: sum(run) / len(run),
    **line: Any,
) -> None:
    """Draw the mean over the runs (their values for each x) as a line, and least to greatest as a band."""
    axes.fill_between(x, [min(run) for run in runs], [max(run) for run in runs], color=colour, alpha=0.15, linewidth=0)
    axes.plot(x, [middle(run) for run in runs], color=colour, label=name, **{"marker": "o", **line})


def check(path: Path) -> None:
    """Raise WxbError if no picture can be written to a file of this name, or in its folder."""
    if path.suffix.lower() not in FORMATS:
        raise WxbError(f"{path.name} is not the name of a picture", fix=f"a name that ends in {', '.join(FORMATS)}")
    folder = absolute(path).parent
    if not is_folder(folder):
        raise WxbError(f"{path} cannot be written: there is no folder {folder}", fix="a name in a folder that exists")
    if is_folder(path) or not os.access(folder, os.W_OK):
        raise WxbError(f"{path} cannot be written: {'it is a folder' if is_folder(path) else f'{folder} is read-only'}")
    style()


def save(figure: Figure, path: Path) -> None:
    """Write the figure in the format that the file's name ends in, atomically; as SVG without date and version."""
    check(path)
    form = path.suffix.lower()
    metadata: dict[str, None] = {"Date": None, "Creator": None} if form == ".svg" else {}
    with style(), storage.replacing(path) as file:
        figure.savefig(file, format=form[1:], metadata=metadata)
