"""Mistakes in a text: where they are, and the error that shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..errors import WxbError
from ..text import shape as shape_text
from .tree import Item, Layer, Place, Shape

COLUMNS = 76  # of the text shown around a caret
MOST = 3  # mistakes reported together
TRAIL = 8  # shapes shown up to a layer that does not fit


class Mistake(NamedTuple):
    """One mistake. `edit` replaces the characters of a place, and the repaired text is the way out; else `fix` is."""

    what: str
    place: Place
    edit: tuple[Place, str] | None = None
    fix: str = ""


def error(text: str, mistakes: Sequence[Mistake]) -> WxbError:
    """One error for the first three mistakes, in the order of the text."""
    shown = sorted(mistakes, key=lambda mistake: mistake.place.start)[:MOST]
    together = all(mistake.edit for mistake in shown)  # one repaired text answers all of them
    lines: list[str] = []
    for number, mistake in enumerate(shown):
        if number:
            lines.append(f"also: {mistake.what}")
        lines += excerpt(text, mistake.place)
        if not together and number + 1 < len(shown):
            lines.append(f"fix: {_way_out(text, [mistake])}")
    fix = _way_out(text, shown if together else shown[-1:])
    found = WxbError(shown[0].what, "\n".join(lines), fix)
    found.places = tuple((mistake.place.start, mistake.place.end) for mistake in shown)
    return found


def misfit(text: str, place: Place | None, what: str, trail: Sequence[Shape] = (), fix: str = "") -> WxbError:
    """The error for a network that is well written and does not work; `trail` holds the shapes up to the place."""
    shapes = [shape_text(shape) for shape in trail]
    if len(shapes) > TRAIL:
        shapes[2 : 3 - TRAIL] = ["…"]
    note = " > ".join(shapes)
    if place is None or not text:
        return WxbError(what, note, fix)
    found = WxbError(what, "\n".join(excerpt(text, place, note)), fix)
    found.places = ((place.start, place.end),)
    return found


def excerpt(text: str, place: Place, note: str = "") -> list[str]:
    """The line that holds the place, shortened around it, and the line with the carets."""
    at = min(place.start, len(text))
    start = max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1
    stop = min((end for end in (text.find("\n", at), text.find("\r", at)) if end >= 0), default=len(text))
    left = start
    if stop - start > COLUMNS:
        left = max(start, min(at - COLUMNS // 2, stop - COLUMNS))
    right = min(stop, left + COLUMNS)
    before, after = ("…" if left > start else ""), ("…" if right < stop else "")
    # one column per character: tabs and unprintable characters would move the caret
    shown = "".join(c if c.isprintable() else " " for c in text[left:right])
    carets = "^" * max(1, min(place.end, right) - at)
    pointer = " " * (len(before) + at - left) + carets + (f" {note}" if note else "")
    return [before + shown + after, pointer]


def _way_out(text: str, mistakes: Sequence[Mistake]) -> str:
    edits = [mistake.edit for mistake in mistakes if mistake.edit]
    if not edits:
        return mistakes[-1].fix
    repaired = text
    for place, words in sorted(edits, key=lambda edit: edit[0].start, reverse=True):
        repaired = repaired[: place.start] + words + repaired[place.end :]
    if len(repaired) <= COLUMNS and repaired.isprintable():
        return repaired.strip()
    return "write " + " and ".join(f'"{words}"' for _, words in edits)


def one_vector(layer: Layer | None, before: Item | None, shape: Shape) -> tuple[Layer | None, str, str]:
    """The place, what, and the way out where a layer before TAGS reads one vector of a whole input of this shape."""
    if len(shape) != 2:
        what = "TAGS gives each word of a sentence its tag, and the data hold no sentences"
        return None, what, "SOFTMAX for classes, EUCLID for numbers"
    made = before.name if isinstance(before, Layer) else "what stands before"
    what = f"TAGS needs every word, and {made} makes one vector of the sentence"
    return before if isinstance(before, Layer) else layer, what, f"leave out {made}"
