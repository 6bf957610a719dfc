"""Drawing with matplotlib: one narrow sheet of panels, read on a phone as on paper, in light as in dark.

A sheet is as wide as a phone's screen is when its letters are still legible, and grows downwards. Data has the colours
of Okabe and Ito (Color Universal Design, 2008), which the colour-blind can tell apart.
"""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.text import one_line, rounded

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

BLACK, ORANGE, SKY, GREEN, BLUE, VERMILION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
GREY, BROWN = "#777777", "#8C564B"
COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, GREY, BROWN)  # of classes and curves
# written as these colours and no others, so that an SVG can tell them from data and change them in the dark
INK, QUIET, LINES, PAPER = "#1b1b1f", "#66666b", "#d9d9de", "#fffffe"
DARK = {INK: "#ececf0", QUIET: "#a3a3ab", LINES: "#3c3c44", PAPER: "#17171b"}

WIDTH = 4.8  # inches
MARGIN = 0.12
DOTS = 200  # per inch of a PNG, and of the pictures in an SVG
NAMES = 1.5  # inches for names at the left of bars and tables,
NAME = 23  # and the letters that fit in
LETTER = 0.058  # inches, of the size of such names, at most on average
LETTERS = 60, 90  # of the title and of the notes that fit a line
STYLE: Any = {
    "svg.hashsalt": "wxb",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same layout on every machine
    "font.size": 8,
    "text.parse_math": False,  # a class may be called $5
    "axes.titlesize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "grid.color": LINES,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "lines.linewidth": 1.5,
    "image.interpolation": "nearest",
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "figure.max_open_warning": 0,
}


NEEDED = "a figure needs matplotlib, which is not installed"
INSTALL = "pip install 'wxb[plots]'"


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


@contextmanager
def style() -> Iterator[None]:
    """The style of all views, in force inside `with`. Raises WxbError if matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError:
        raise WxbError(NEEDED, fix=INSTALL) from None
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # names may be written in any script
        yield


@dataclass(frozen=True)
class Panel:
    """A part of a sheet: its title above, and what draws it into axes of a height in inches."""

    title: str
    height: float
    draw: Callable[[Axes], None]
    left: float = 0.0  # inches for names and numbers beside the axes,
    bottom: float = 0.0  # below them
    top: float = 0.0  # and above them
    framed: bool = False  # whether the axes have lines and ticks
    width: float | None = None  # of the axes; else all there is


def sheet(title: str, panels: Sequence[Panel], notes: Sequence[str] = ()) -> Figure:
    """A figure with its title, panels one below the other, and notes."""
    from matplotlib.figure import Figure

    head = wrapped(title, LETTERS[0])
    foot = [line for note in notes for line in wrapped(note, LETTERS[1])]
    top = MARGIN + 0.17 * len(head) + 0.06
    height = top + sum(0.2 * bool(one.title) + one.top + one.height + one.bottom + 0.1 for one in panels)
    height += 0.15 * len(foot) + MARGIN
    figure = Figure(figsize=(WIDTH, height))

    def write(y: float, text: str, **options: Any) -> None:
        figure.text(MARGIN / WIDTH, 1 - y / height, text, va="top", **options)

    for place, line in enumerate(head):
        write(MARGIN + 0.17 * place, line, fontsize=9, fontweight="bold")
    y = top
    for one in panels:
        if one.title:
            write(y, one_line(one.title), fontsize=8)
            y += 0.2
        y += one.top
        wide = one.width or WIDTH - 2 * MARGIN - one.left
        bottom = 1 - (y + one.height) / height
        axes = figure.add_axes(((MARGIN + one.left) / WIDTH, bottom, wide / WIDTH, one.height / height))
        if not one.framed:
            axes.set_axis_off()
        one.draw(axes)
        y += one.height + one.bottom + 0.1
    for place, line in enumerate(foot):
        write(y + 0.15 * place, line, fontsize=7, color=QUIET)
    return figure


def wrapped(text: str, letters: int) -> list[str]:
    """Lines of at most so many letters; a percent sign stays with its number."""
    return textwrap.wrap(one_line(text).replace(" %", "\u00a0%"), letters, break_on_hyphens=False)


# --- values as colours ----------------------------------------------------------------------------------------------


def signed_colours() -> Colormap:
    """Orange below 0, white at 0, blue above it."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", ["#6b2f00", VERMILION, "#f7f7f7", BLUE, "#00304b"])


def value_colours() -> Colormap:
    """Viridis (Smith and van der Walt, 2015)."""
    import matplotlib

    return matplotlib.colormaps["viridis"]


def heat(axes: Axes, values: NDArray[Any], most: float | None = None, **options: Any) -> None:
    """Draw an array (rows, columns) as colours: from 0 to `most`, or symmetric about 0 if any value is negative.

    NaN leaves the paper blank.
    Values (rows, columns, 3 or 4) in [0, 1] are colours themselves.
    """
    if values.ndim == 3:
        axes.imshow(values, **options)
        return
    finite = values[np.isfinite(values)]
    most = most or (float(np.abs(finite).max()) if finite.size else 0.0) or 1.0
    if finite.size and finite.min() < 0:
        axes.imshow(values, cmap=signed_colours(), vmin=-most, vmax=most, **options)
    else:
        axes.imshow(values, cmap=value_colours(), vmin=0, vmax=most, **options)


def near(axes: Axes, given: NDArray[Any], reach: float = 0.5) -> None:
    """Show the values that are given and, above and below, at most `reach` of their range of what lies beyond.

    What a network says outside of its examples may be so far away that nothing else would be seen.
    """
    low, high = float(given.min()), float(given.max())
    more = reach * (high - low) or 1.0
    bottom, top = axes.get_ylim()
    axes.set_ylim(max(bottom, low - more), min(top, high + more))


def bars(axes: Axes, names: Sequence[str], values: NDArray[Any]) -> None:
    """A bar for each value from 0, its name at the left and its number beside it; blue above 0, orange below."""
    places = np.arange(len(names))
    axes.barh(places, values, color=[BLUE if value >= 0 else VERMILION for value in values], height=0.7)
    axes.axvline(0, color=QUIET, linewidth=0.8)
    axes.set_ylim(len(names) - 0.5, -0.5)
    numbers = [rounded(float(value), 3) for value in values]
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    # the longest number at either end has room beside its bar
    wide = WIDTH - 2 * MARGIN - NAMES
    before, after = (
        max((LETTER * (len(text) + 1) / wide for text in numbers if text.startswith("-") == below), default=0.0)
        for below in (True, False)
    )
    whole = ((high - low) or 1.0) / (1 - before - after)
    axes.set_xlim(low - before * whole, high + after * whole)
    for place, (name, value, number) in enumerate(zip(names, values, numbers, strict=True)):
        axes.annotate(middle_cut(name, NAME), (0, place), xycoords=("axes fraction", "data"), xytext=(-4, 0),
                      textcoords="offset points", ha="right", va="center", fontsize=7)  # fmt: skip
        side = "left" if value >= 0 else "right"
        axes.annotate(number, (value, place), xytext=(3 if value >= 0 else -3, 0),
                      textcoords="offset points", ha=side, va="center", fontsize=7)  # fmt: skip


def logarithmic(axes: Axes) -> None:
    """Make the vertical axis logarithmic, its powers of ten written as plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_yscale("log")
    low, high = axes.get_ylim()
    few = high < 100 * low
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def middle_cut(name: str, letters: int) -> str:
    """A name on one line in at most so many letters; of a longer one both ends, which tell it from its kin."""
    flat = one_line(name)
    if len(flat) <= letters:
        return flat
    end = (letters - 1) // 2
    return f"{flat[: letters - 1 - end]}…{flat[len(flat) - end :]}"


def tiles(pictures: NDArray[Any], columns: int, gap: int = 1) -> NDArray[Any]:
    """Pictures (n, height, width) or (n, height, width, 4) side by side in rows; gaps are NaN, or transparent."""
    count, high, wide, *colours = pictures.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    blank = 0.0 if colours else np.nan
    sheet = np.full((rows * (high + gap) - gap, columns * (wide + gap) - gap, *colours), blank)
    for place, picture in enumerate(pictures):
        y, x = place // columns * (high + gap), place % columns * (wide + gap)
        sheet[y : y + high, x : x + wide] = picture
    return sheet


def row_of(title: str, tiled: NDArray[Any], share: float, paint: Callable[[Axes], None]) -> Panel:
    """A panel for pictures that `tiles` joined, in a share of the width; `paint` draws them."""
    high, wide = tiled.shape[:2]
    width = (WIDTH - 2 * MARGIN) * min(1.0, share)
    return Panel(title, width * high / wide, paint, width=width)


def row_of_pictures(title: str, values: NDArray[Any], places: int) -> Panel:
    """Pictures (n, channels, height, width) as they look, side by side where there are so many places."""
    shown = np.stack([picture_of(one) for one in values])
    if shown.ndim == 4:  # colours, with opacity
        shown = np.concatenate([shown, np.ones((*shown.shape[:3], 1))], axis=3)
    tiled = tiles(shown, places, gap=gap_of(values))

    def paint(axes: Axes) -> None:
        axes.imshow(tiled, cmap="gray", vmin=0, vmax=1, aspect="auto")

    return row_of(title, tiled, len(values) / places, paint)


def row_of_differences(title: str, values: NDArray[Any], places: int) -> Panel:
    """Differences (n, channels, height, width), the mean over channels, side by side as `row_of_pictures` does."""
    tiled = tiles(values.mean(axis=1), places, gap=gap_of(values))
    return row_of(title, tiled, len(values) / places, lambda axes: heat(axes, tiled, aspect="auto"))


def gap_of(pictures: NDArray[Any]) -> int:
    """The pixels between pictures (…, width)."""
    return max(1, int(pictures.shape[-1]) // 14)


def coloured(weights: NDArray[Any]) -> NDArray[np.float64]:
    """Weights (3, height, width) as colours with opacity (height, width, 4); a weight of 0 is grey."""
    most = float(np.abs(weights).max()) or 1.0
    colours = np.moveaxis(0.5 + weights / (2 * most), 0, -1)
    return np.concatenate([colours, np.ones((*colours.shape[:2], 1))], axis=2)


def named_tiles(pictures: NDArray[Any], names: Sequence[str], columns: int) -> Panel:
    """Pictures (n, height, width) or (n, height, width, 4), each under its name; one scale of colours for all."""
    _, high, wide = pictures.shape[:3]
    columns = min(columns, max(len(pictures), 3))
    rows = -(-len(pictures) // columns)
    room = 0.22 * wide * columns / (WIDTH - 2 * MARGIN)  # for a name, in pixels
    most = float(np.abs(pictures).max()) if pictures.ndim == 3 else None
    letters = int(70 / columns)

    def paint(axes: Axes) -> None:
        for place, picture in enumerate(pictures):
            x, y = place % columns * wide * 1.08, place // columns * (high + room) + room
            heat(axes, picture, most, extent=(x, x + wide, y + high, y))
            name = one_line(str(names[place]))
            name = name if len(name) <= letters else f"{name[: letters - 1]}…"
            axes.text(x, y - 0.2 * room, name, fontsize=7)
        axes.set_xlim(0, columns * wide * 1.08)
        axes.set_ylim(rows * (high + room), 0)

    width = WIDTH - 2 * MARGIN
    return Panel("", width * rows * (high + room) / (columns * wide * 1.08), paint)


def picture_of(values: NDArray[Any], ends: tuple[float, float] | None = None) -> NDArray[np.float64]:
    """A picture (channels, height, width) as (height, width) in [0, 1], or as colours (height, width, 3).

    `ends` are black and white; else the greatest number is white, and the least is black, or 0 in pictures of bytes.
    """
    low, high = ends or (0.0 if values.dtype == np.uint8 else float(values.min()), float(values.max()))
    shares = (values.astype(np.float64) - low) / ((high - low) or 1.0)
    if len(values) == 3:
        return np.moveaxis(shares, 0, -1)
    return np.asarray(shares[0] if len(values) == 1 else shares.mean(0))


def show_picture(axes: Axes, values: NDArray[Any], ends: tuple[float, float] | None = None) -> None:
    """Draw a picture (channels, height, width): in its colours, or in greys; `ends` are those of `picture_of`."""
    axes.imshow(picture_of(values, ends), cmap="gray", vmin=0, vmax=1)
    axes.set_anchor("W")


def range_text(values: NDArray[Any]) -> str:
    """The least and the greatest value: "0 to 2.31"."""
    finite = values[np.isfinite(values)]
    return f"{rounded(float(finite.min()), 3)} to {rounded(float(finite.max()), 3)}" if finite.size else "no numbers"


def digits(value: float) -> str:
    """A number as people write it out: up to four digits after the point, none that are 0 at the end."""
    if value and (abs(value) < 1e-3 or abs(value) >= 1e6):
        return f"{value:.3g}"
    text = f"{value:.4f}" if abs(value) < 100 else f"{value:.2f}"
    text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


# --- files ----------------------------------------------------------------------------------------------------------


def png_of(figure: Figure) -> bytes:
    """The figure as a PNG; one that would be too high for matplotlib has fewer dots per inch."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    file = io.BytesIO()
    dots = min(DOTS, 60_000 / figure.get_size_inches()[1])
    with style():
        FigureCanvasAgg(figure).print_figure(file, format="png", dpi=dots, metadata={"Software": "wxb"})
    return file.getvalue()


def svg_of(figure: Figure) -> str:
    """The figure as one `<svg>` element; its ink, lines and paper have other colours in the dark."""
    file = io.StringIO()
    with style():
        figure.savefig(file, format="svg", dpi=DOTS, metadata={"Date": None, "Creator": None})
    drawn = file.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    names = {INK: "ink", QUIET: "quiet", LINES: "lines", PAPER: "paper"}
    for colour, name in names.items():
        drawn = drawn.replace(colour, f"var(--view-{name})")
    light = ";".join(f"--view-{name}:{colour}" for colour, name in names.items())
    dark = ";".join(f"--view-{name}:{DARK[colour]}" for colour, name in names.items())
    rules = f"svg.view{{{light}}}@media(prefers-color-scheme:dark){{svg.view{{{dark}}}}}"
    head, rest = drawn.split(">", 1)
    return f'{head} class="view"><style>{rules}</style>{_system_fonts(rest)}'


def _system_fonts(drawn: str) -> str:
    """Name the reader's own fonts after those of the layout."""
    drawn = drawn.replace("'DejaVu Sans Mono'", "'DejaVu Sans Mono', ui-monospace, monospace")
    return drawn.replace("'DejaVu Sans'", "'DejaVu Sans', system-ui, sans-serif")
