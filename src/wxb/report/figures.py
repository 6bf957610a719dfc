"""Figures of a report as SVG text. Colours are the page's variables, so that they follow light and dark.

Data is drawn in Okabe and Ito's colours, which the colour-blind can tell apart (Color Universal Design, 2008), values
in viridis (Smith and van der Walt, 2015).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np
from PIL import Image

from wxb.report.pictures import png_uri
from wxb.text import count, rounded

VIRIDIS = (
    "440154", "48186a", "472d7b", "424086", "3b528b", "33638d", "2c728e", "26828e", "21918c",
    "1fa088", "28ae80", "3fbc73", "5ec962", "84d44b", "addc30", "d8e219", "fde725",
)  # fmt: skip
MOST_CELLS = 24  # classes up to which the confusion matrix writes its numbers,
MOST_NAMES = 64  # and up to which it writes their names


@dataclass(frozen=True)
class Series:
    """A line of a curve: its name, its colour as a CSS variable's, and a value an epoch, None where there is none."""

    name: str
    colour: str  # "train", "validation"
    values: Sequence[float | None]


def viridis(share: float) -> tuple[int, int, int]:
    """The colour of a value in [0, 1], between seventeen of viridis' own."""
    place = min(max(share, 0.0), 1.0) * (len(VIRIDIS) - 1)
    low = min(int(place), len(VIRIDIS) - 2)
    ends = [[int(VIRIDIS[i][j : j + 2], 16) for j in (0, 2, 4)] for i in (low, low + 1)]
    red, green, blue = (round(a + (b - a) * (place - low)) for a, b in zip(*ends, strict=True))
    return red, green, blue


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """At most about `most` round numbers in [low, high], 1, 2 or 5 times a power of ten apart."""
    if not high > low:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 12) for i in range(first, math.floor(high / step + 1e-9) + 1)]


def tick_text(value: float) -> str:
    """A tick's number, short enough for the margin: "0.25", "400,000", "1.2 M", "-3 G"."""
    for limit, unit in ((1e15, ""), (1e9, " G"), (1e6, " M")):
        if abs(value) >= limit:
            return f"{value / limit:g}{unit}" if unit else f"{value:g}"
    return f"{value:,g}"


def _tick_width(low: float, high: float) -> int:
    """Pixels that the widest tick in [low, high] takes at most; one that is cut would read as another number."""
    return 8 * max(len(tick_text(value)) for value in ticks(low, high))


def svg(width: float, height: float, label: str, content: Sequence[str]) -> str:
    """The figure's frame; `label` says in words what it shows, for those who cannot see it."""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img" '
        f'aria-label="{escape(label)}">{"".join(content)}</svg>'
    )


def text(x: float, y: float, said: str, kind: str = "", anchor: str = "start") -> str:
    """Words at a place; `kind` is a class of the page's style."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(said)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def comparison(rows: Sequence[tuple[str, float, tuple[float, float], str]]) -> str:
    """Scores in [0, 1] as bars with their 95 % intervals, a row (name, score, interval, text); first the network's.

    Name and text stand above the bar, so that the figure is narrow enough for a phone.
    """
    width, high = 400, 46

    def x(value: float) -> float:
        return 1 + (width - 2) * min(max(value, 0.0), 1.0)

    parts = []
    for i, (name, score, (low, top), said) in enumerate(rows):
        y = i * high
        kind = "own" if i == 0 else "other"
        parts.append(text(1, y + 14, name, f"row {kind}"))
        parts.append(text(width, y + 14, said, f"row value {kind}", "end"))
        parts.append(f'<rect x="1" y="{y + 20}" width="{x(score) - 1:.1f}" height="18" rx="2" class="bar {kind}"/>')
        parts.append(line(x(low), y + 29, x(top), y + 29, "whisker"))
        parts += [line(x(end), y + 25, x(end), y + 33, "whisker") for end in (low, top)]
        parts.append(line(1, y + 18, 1, y + 40, "axis"))  # beside the bar only: it would cross the names
    label = "; ".join(f"{name} {said}" for name, _, _, said in rows)
    return svg(width, len(rows) * high + 2, label, parts)


def curves(title: str, series: Sequence[Series], unit: str = "", floor: float | None = None) -> str:
    """Values over epochs, from 1; `floor` is a value that the axis begins at. Empty where there is nothing to draw."""
    drawn = [one for one in series if any(_finite(value) for value in one.values)]
    if not drawn:
        return ""
    width, height, right, top, bottom = 436, 240, 84, 30, 38
    values = [float(value) for one in drawn for value in one.values if _finite(value) and value is not None]
    low = min(values) if floor is None else floor
    flat = max(values) - low <= 1e-9 * max(abs(low), 1e-300)
    high = low + max(1.0, abs(low)) if flat else max(values)
    left = max(46, 8 + _tick_width(low, high))
    epochs = max(len(one.values) for one in drawn)

    def x(epoch: float) -> float:
        return left + (width - left - right) * ((epoch - 1) / (epochs - 1) if epochs > 1 else 0.5)

    def y(value: float) -> float:
        return top + (height - top - bottom) * (1 - (value - low) / (high - low))

    parts = [text(left, 14, f"{title}{f', {unit}' if unit else ''}", "title")]
    for value in ticks(low, high):
        parts += [
            line(left, y(value), width - right, y(value), "grid"),
            text(left - 8, y(value) + 4, tick_text(value), "", "end"),
        ]
    for epoch in ticks(1, epochs, 6):
        if epoch == int(epoch):
            parts.append(text(x(epoch), height - bottom + 18, f"{epoch:g}", "", "middle"))
    parts.append(text((left + width - right) / 2, height - 4, "epoch", "", "middle"))
    ends = _apart([y(_last(one.values)) for one in drawn], 15, top, height - bottom)
    for one, end in zip(drawn, ends, strict=True):
        points = [(x(i + 1), y(value)) for i, value in enumerate(one.values) if value is not None and _finite(value)]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        last_x, last_y = points[-1]
        colour = f"var(--{one.colour})"
        parts.append(f'<polyline points="{path}" class="curve" style="stroke:{colour}"/>')
        parts.append(f'<circle cx="{last_x:.1f}" cy="{last_y:.1f}" r="3" style="fill:{colour}"/>')
        parts.append(f'<text x="{last_x + 9:.1f}" y="{end + 4:.1f}" style="fill:{colour}">{escape(one.name)}</text>')
    return svg(width, height, f"{title} over {epochs} epochs", parts)


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _last(values: Sequence[float | None]) -> float:
    return next(float(value) for value in reversed(values) if value is not None and _finite(value))


def _apart(places: list[float], least: float, top: float, bottom: float) -> list[float]:
    """Heights of labels near `places`, at least `least` apart, within [top, bottom] where they fit."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = list(places)
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + least)
    over = max(0.0, max(moved) - bottom)
    return [max(top, place - over) for place in moved]


def reliability(bins: Sequence[dict[str, float]]) -> str:
    """Accuracy against confidence, a dot a bin, its area by the number of examples; on the diagonal both agree."""
    if not bins:
        return ""
    size, left, top, bottom = 250, 52, 30, 38
    span = size - top - bottom
    most = max(bin["examples"] for bin in bins)

    def x(value: float) -> float:
        return left + span * value

    def y(value: float) -> float:
        return top + span * (1 - value)

    parts = [text(left, 14, "accuracy, by confidence", "title")]
    for value in (0, 0.25, 0.5, 0.75, 1):
        parts += [
            line(x(0), y(value), x(1), y(value), "grid"),
            text(left - 8, y(value) + 4, f"{100 * value:g}", "", "end"),
        ]
        if value != 0.25 and value != 0.75:
            parts.append(text(x(value), y(0) + 18, f"{100 * value:g}", "", "middle"))
    parts += [text(x(0.5), size - 4, "confidence, %", "", "middle"), line(x(0), y(0), x(1), y(1), "diagonal")]
    for bin in bins:
        radius = 2.5 + 7 * math.sqrt(bin["examples"] / most)
        confidence, accuracy = bin["confidence"], bin["accuracy"]
        said = f"{count(int(bin['examples']))} examples: {100 * confidence:.0f} % sure, {100 * accuracy:.0f} % right"
        parts.append(
            f'<circle cx="{x(confidence):.1f}" cy="{y(accuracy):.1f}" r="{radius:.1f}" class="dot">'
            f"<title>{escape(said)}</title></circle>"
        )
    return svg(left + span + 24, size, "how often predictions of a given confidence are right", parts)


def agreement(points: Sequence[Sequence[float]]) -> str:
    """Predicted numbers against given ones, a dot an example; on the diagonal both are the same."""
    if not points:
        return ""
    size, top, bottom = 320, 14, 42
    span = size - top - bottom
    values = [value for pair in points for value in pair]
    low, high = min(values), max(values)
    if not high > low:
        low, high = low - 1, high + 1
    left = max(58, 28 + _tick_width(low, high))  # beside the upright title

    def x(value: float) -> float:
        return left + span * (value - low) / (high - low)

    def y(value: float) -> float:
        return top + span * (1 - (value - low) / (high - low))

    parts = []
    for value in ticks(low, high):
        parts += [
            line(x(low), y(value), x(high), y(value), "grid"),
            text(left - 8, y(value) + 4, tick_text(value), "", "end"),
            text(x(value), y(low) + 18, tick_text(value), "", "middle"),
        ]
    parts += [
        line(x(low), y(low), x(high), y(high), "diagonal"),
        text(x((low + high) / 2), size - 4, "given", "title", "middle"),
        f'<text transform="translate(12 {y((low + high) / 2):.1f}) rotate(-90)" class="title" '
        'text-anchor="middle">predicted</text>',
    ]
    parts += [f'<circle cx="{x(given):.1f}" cy="{y(guess):.1f}" r="2.5" class="dot"/>' for given, guess in points]
    return svg(left + span + 24, size, "predicted numbers against given ones", parts)


def rises(columns: Sequence[tuple[str, float, tuple[float, float]]]) -> str:
    """How much the loss rises when each column (name, rise, interval) is shuffled: bars from 0 with 95 % intervals."""
    width, high = 400, 40
    ends = [value for _, rise, interval in columns for value in (rise, *interval)]
    low, top = min(0.0, *ends), max(0.0, *ends)
    span = (top - low) or 1.0

    def x(value: float) -> float:
        return 1 + (width - 2) * (value - low) / span

    parts = []
    for i, (name, rise, interval) in enumerate(columns):
        y = i * high
        parts.append(text(1, y + 13, name if len(name) <= 44 else f"{name[:43]}…", "row own"))
        parts.append(text(width, y + 13, f"{rounded(rise, 3)}", "row value own", "end"))
        start, length = min(x(0), x(rise)), abs(x(rise) - x(0))
        parts.append(f'<rect x="{start:.1f}" y="{y + 19}" width="{length:.1f}" height="12" rx="2" class="bar own"/>')
        parts.append(line(x(interval[0]), y + 25, x(interval[1]), y + 25, "whisker"))
    label = "; ".join(f"{name} {rounded(rise, 3)}" for name, rise, _ in columns)
    return svg(width, len(columns) * high + 2, label, parts)


def pair_map(points: Sequence[Sequence[float]], names: tuple[str, str]) -> str:
    """Examples of two classes as dots in two colours; one that is taken for the other class has a ring."""
    size, top = 300, 46
    xs, ys = ([point[place] for point in points] for place in (0, 1))
    span = max(max(xs) - min(xs), max(ys) - min(ys)) or 1.0
    scale = (size - 24) / span
    middle, high = (max(xs) + min(xs)) / 2, scale * (max(ys) - min(ys)) + 24
    colours = ("train", "validation")
    parts = []
    for place, (name, colour) in enumerate(zip(names, colours, strict=True)):
        short = name if len(name) <= 18 else f"{name[:17]}…"
        parts.append(f'<circle cx="{8 + 150 * place}" cy="12" r="4" style="fill:var(--{colour})"/>')
        parts.append(text(18 + 150 * place, 16, short))
    parts.append('<circle cx="8" cy="31" r="5" class="ring"/>')
    parts.append(text(18, 35, "taken for the other"))
    for x, y, which, wrong in points:
        cx, cy = size / 2 + scale * (x - middle), top + 12 + scale * (max(ys) - y)
        fill = f"fill:var(--{colours[int(which)]})"
        parts.append(f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="2.5" style="{fill}"/>')
        if wrong:
            parts.append(f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="5.5" class="ring"/>')
    return svg(size, top + high, f"test examples of {names[0]} and {names[1]}", parts)


def confusion(table: Sequence[Sequence[int]], names: Sequence[str]) -> str:
    """Counts, rows given and columns predicted; the colour is the share of the row. Many classes have no numbers."""
    total = len(names)
    if total > MOST_NAMES:
        return _dense_confusion(table)
    cell = 44 if total <= 12 else 32 if total <= MOST_CELLS else 16
    longest = max(len(name) for name in names)
    left, top = 34 + min(longest, 16) * 7.2, 40.0
    upright = longest * 7 > cell  # names too wide for their column stand upright
    top += min(longest, 16) * 6.4 if upright else 0
    parts = [
        text(left + total * cell / 2, 12, "predicted", "title", "middle"),
        f'<text transform="translate(12 {top + total * cell / 2:.1f}) rotate(-90)" class="title" '
        'text-anchor="middle">given</text>',
    ]
    for i, name in enumerate(names):
        short = name if len(name) <= 16 else f"{name[:15]}…"
        middle = i * cell + cell / 2
        parts.append(text(left - 8, top + middle + 4, short, "", "end"))
        if upright:
            parts.append(
                f'<text transform="translate({left + middle + 4:.1f} {top - 8:.1f}) rotate(-90)">{escape(short)}</text>'
            )
        else:
            parts.append(text(left + middle, top - 8, short, "", "middle"))
        row_sum = sum(table[i])
        for j, number in enumerate(table[i]):
            share = number / row_sum if row_sum else 0.0
            red, green, blue = viridis(share)
            x, y = left + j * cell, top + i * cell
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{cell - 1}" height="{cell - 1}" '
                f'fill="rgb({red} {green} {blue})">'
                f"<title>{escape(f'{name}, predicted as {names[j]}: {count(number)}')}</title></rect>"
            )
            if number and total <= MOST_CELLS:
                ink = "#000" if share > 0.6 else "#fff"
                parts.append(
                    f'<text x="{x + cell / 2 - 0.5:.1f}" y="{y + cell / 2 + 4:.1f}" class="cell" text-anchor="middle" '
                    f'style="fill:{ink}">{number}</text>'
                )
    return svg(left + total * cell + 4, top + total * cell + 4, "confusion matrix", parts)


def _dense_confusion(table: Sequence[Sequence[int]]) -> str:
    counts = np.asarray(table, np.float64)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    colours = np.array([viridis(i / 255) for i in range(256)], np.uint8)
    image = Image.fromarray(colours[(255 * shares).round().astype(int)])
    return (
        f'<figure class="dense"><img src="{png_uri(image)}" alt="confusion matrix of {len(table)} classes">'
        "<figcaption>rows: given, columns: predicted, from the first class on; colour: share of the row</figcaption>"
        "</figure>"
    )
