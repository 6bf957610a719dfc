"""Texts with what each word does to the answer, and sentences with the tags of their words."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Dataset
from wxb.data.split import spread
from wxb.data.tables.rows import matched
from wxb.data.tables.window import parted
from wxb.errors import WxbError
from wxb.learning.machine import choose
from wxb.network.build import Model
from wxb.tasks import TASKS
from wxb.tasks.entities import OUTSIDE
from wxb.text import count, first_of, one_line, plural
from wxb.trials.telling import Texts
from wxb.views.answered import Answered, answered, model_of
from wxb.views.drawing import (
    BLUE,
    BROWN,
    GREEN,
    GREY,
    INK,
    MARGIN,
    PURPLE,
    QUIET,
    SKY,
    VERMILION,
    WIDTH,
    Panel,
    digits,
    sheet,
)
from wxb.views.outputs import output_of
from wxb.views.subject import Subject, subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EXAMPLES = 6  # that are shown
MOST = 150  # words of an example that are shown
FONT, SMALL = 7.0, 5.5  # points of a word, and of what stands below it
LETTER = 0.602 / 72  # inches of a letter for each point: the fixed width of the font
LINE, BELOW = 0.16, 0.11  # inches of a line, and of what stands below its words
STRONGEST = 0.55  # opacity behind the word with the greatest effect; more would hide it
SHADE = 0.3  # and behind a word with a tag
FIXED = "DejaVu Sans Mono"  # comes with matplotlib
TYPES = (BLUE, GREEN, PURPLE, SKY, GREY, BROWN)  # colours of types: not that of what is wrong


def words(
    of: Any, x: Any = None, *, part: str | None = None, example: int | None = None, output: str | None = None
) -> View:
    """Texts of a part with the effect of each word, or sentences with the given and the predicted tag of each word.

    `of` is a run, its folder, or a network of wxb with a data set `x`. Six examples are shown, as many of each class as
    far as possible; `example` is the number of the only one that is wanted. The effect of a word is what the score of
    an output, of a class above the mean of all classes, loses without the word. `output` names the output; by default
    it is the class that is predicted, the label with the greatest score, or the first number. A word that stands in a
    text several times is taken out everywhere, and each of its places has the whole effect.

    Arrays: "words" (example, place), empty behind the end of a text, and "rows" (example,), places in the data. Texts
    have "effects" (example, place), "columns" (example, place), names, and "outputs" (example,), names; sentences have
    "given" and "predicted" (example, place), and "tags", the names of all. Raises WxbError if there is no such example
    or output.
    """
    seen = subject(of, "words")
    model = model_of(seen, "words")
    data = seen.data(x)
    found = answered(seen, "words", data, part)
    places = _spread(data, found)
    if example is not None:
        places = np.array([seen.place(example, len(found.rows), f"the {found.part} part")])
    texts = _texts(seen, data)
    if TASKS[data.task].of_words:
        if output is not None:
            raise WxbError(
                f'`output="{output}"` is for texts, and a sentence has a tag for each word', fix="leave it out"
            )
        return _tagged(seen, data, found, places, texts)
    return _weighed(seen, model, data, found, places, texts, output)


def _spread(data: Dataset, found: Answered) -> NDArray[np.int64]:
    """Examples by their places in the part, as many of each class as far as possible."""
    strata, names = TASKS[data.task].strata(data.targets, data.classes)
    of_class = [np.flatnonzero(strata[found.rows] == number) for number in range(len(names))]
    of_class = [places for places in of_class if len(places)][:EXAMPLES]
    chosen = [spread(places, -(-EXAMPLES // len(of_class))) for places in of_class]
    turns = [place for turn in zip_longest(*chosen) for place in turn if place is not None]
    return np.sort(np.array(turns[:EXAMPLES]))


def _texts(seen: Subject, data: Dataset) -> Texts:
    """The rows of a data set as the network prepares them."""
    preparation = data.preparation if seen.run is None else seen.run.preparation
    assert preparation is not None
    assert data.columns is not None
    rows = data.examples if seen.run is None else matched(data.name, data.examples, data.columns, preparation)
    return Texts(rows, data.columns.texts_as(preparation), preparation, TASKS[data.task])


def _tagged(seen: Subject, data: Dataset, found: Answered, places: NDArray[np.int64], texts: Texts) -> View:
    """Sentences with their tags."""
    (column,) = texts.preparation.texts
    sentences = [
        [parted(word)[0] for word in texts.words_of(int(found.rows[place]), column)[:MOST]] for place in places
    ]
    given = [_names(found.targets[place], data.classes, len(one)) for place, one in zip(places, sentences, strict=True)]
    said = [
        _names(found.predicted.values[place], data.classes, len(one))
        for place, one in zip(places, sentences, strict=True)
    ]
    arrays = {
        "words": _padded(sentences, "words of the sentence"),
        "given": _padded(given, "the tag of each word in the data"),
        "predicted": _padded(said, "the tag that the network gives it"),
        "tags": Values(np.array(data.classes), (Axis("tag"),), "the names of all tags"),
    }
    facts = {}
    for place, number in enumerate(places.tolist()):
        right = sum(one == other for one, other in zip(given[place], said[place], strict=True))
        facts[f"example {place}"] = f"{found.part} {number}, {right} of {len(given[place])} tags right"
    notes = (
        "Below a word stands its predicted tag; in orange a wrong one, with the right one behind it.",
        "Boxes of one colour are of one type.",
    )
    return _view(seen, found, places, arrays, facts, notes)


def _names(numbers: NDArray[Any], names: Sequence[str], length: int) -> list[str]:
    return [names[int(number)] if number >= 0 else OUTSIDE for number in numbers[:length]]


def _weighed(
    seen: Subject,
    model: Model,
    data: Dataset,
    found: Answered,
    places: NDArray[np.int64],
    texts: Texts,
    output: str | None,
) -> View:
    """Texts with the effects of their words."""
    rows = found.rows[places]
    of_output = _outputs(data, found, places) if output is None else [output_of(output, data.classes)] * len(places)
    shown: list[list[str]] = [[] for _ in places]
    effects: list[list[float]] = [[] for _ in places]
    columns: list[list[str]] = [[] for _ in places]
    cpu = choose("cpu", "float32")
    for column in texts.preparation.texts:
        for place, row in enumerate(rows.tolist()):  # one after the other, so that none is left out for the others
            without = texts.without_each(model, cpu, np.array([row]), column)
            effect = dict(zip(without.words, without.lost[:, of_output[place]].tolist(), strict=True))
            some = texts.words_of(row, column)[: MOST - len(shown[place])]
            shown[place] += some
            effects[place] += [effect.get(word, 0.0) for word in some]
            columns[place] += [column.name] * len(some)
    length = max(1, *map(len, effects))
    lost = np.array([[*one, *[0.0] * (length - len(one))] for one in effects])
    names = np.array([data.classes[place] for place in of_output])
    example = Axis("example")
    arrays = {
        "words": _padded(shown, "words of the text"),
        "columns": _padded(columns, "the column that each word stands in"),
        "effects": Values(lost, (example, Axis("place")), "what the output's score loses without the word", "score"),
        "outputs": Values(names, (example,), "the output whose score it is"),
    }
    effect_on = "effects on" if TASKS[data.task].standardized else "words for"
    facts = {
        f"example {place}": f"{found.part} {number}, given {target}, predicted {said}; {effect_on} {names[place]}"
        for place, (number, target, said) in enumerate(_answers(data, found, places))
    }
    notes = _notes(data, texts, shown, float(np.abs(lost).max()))
    return _view(seen, found, places, arrays, facts, notes)


def _notes(data: Dataset, texts: Texts, shown: Sequence[Sequence[str]], most: float) -> list[str]:
    """What a reader of effects must know."""
    if TASKS[data.task].standardized:
        notes = [f"Blue words raise the number, orange ones lower it; the darkest by {digits(most)}."]
    else:
        notes = ["Blue words speak for the output, orange ones against it: its score would fall or rise without them."]
        notes.append(f"The darkest stand for {digits(most)} of the score.")
    if any(len(set(some)) < len(some) for some in shown):
        notes.append("A word that stands in a text several times is taken out everywhere.")
    if others := [column.name for column in texts.preparation.used if column not in texts.preparation.texts]:
        notes.append(f"Columns that are no texts are read too, and not shown: {first_of(others)}.")
    return notes


def _outputs(data: Dataset, found: Answered, places: NDArray[np.int64]) -> list[int]:
    """The output of each example that a reader asks about first."""
    if TASKS[data.task].standardized:
        return [0] * len(places)
    if TASKS[data.task].exclusive:
        return [int(found.predicted.values[place]) for place in places]
    return [int(place) for place in found.scores[places].argmax(axis=1)]


def _answers(data: Dataset, found: Answered, places: NDArray[np.int64]) -> list[tuple[int, str, str]]:
    """Number in the part, what is given and what is predicted, in words, of each example."""
    task, targets = TASKS[data.task], data.targets_in_units()[found.rows]
    answers = []
    for place in places.tolist():
        name, *more = found.predicted.texts(place)
        said = f"{name} ({more[0]})" if more and more[0] else name
        answers.append((place, task.text(targets[place], data.classes), said))
    return answers


def _padded(rows: Sequence[Sequence[str]], about: str) -> Values:
    """Texts (example, place), empty behind the end of a row."""
    length = max(1, *map(len, rows))
    return Values(
        np.array([[*one, *[""] * (length - len(one))] for one in rows]), (Axis("example"), Axis("place")), about
    )


def _view(
    seen: Subject,
    found: Answered,
    places: NDArray[np.int64],
    arrays: dict[str, Values],
    facts: dict[str, str],
    notes: Sequence[str],
) -> View:
    arrays["rows"] = Values(found.rows[places], (Axis("example"),), "places in the data")
    title = (
        f"{count(len(places))} of {count(len(found.rows))} {found.part} texts as {seen.name} reads them: {found.line}"
    )
    cut = [f"The first {MOST} words of a text are shown."] if arrays["words"].array.shape[1] == MOST else []
    return View("words", title, arrays, draw, {"test": found.line, **facts}, (*notes, *cut))


# --- drawing --------------------------------------------------------------------------------------------------------


def draw(view: View) -> Figure:
    """Each text with a colour behind its words."""
    panels = [
        _sentence(view, place) if "given" in view.arrays else _text(view, place) for place in range(len(view["rows"]))
    ]
    return sheet(view.title, panels, [*view.notes, *_without_glyphs(view)])


def _without_glyphs(view: View) -> list[str]:
    """A note on characters that the font of the figure lacks."""
    from matplotlib.font_manager import findfont, get_font

    font = get_font(findfont(FIXED))
    letters = set("".join(view["words"].ravel().tolist()))
    lacking = sum(not font.get_char_index(ord(letter)) for letter in letters)
    said = f"The font of a picture lacks {plural(lacking, 'character')}: an SVG has them in a browser, JSON too."
    return [said] if lacking else []


def _text(view: View, place: int) -> Panel:
    """A text whose words are coloured by their effects."""
    most = float(np.abs(view["effects"]).max()) or 1.0
    effects, columns = view["effects"][place] / most, view["columns"]
    several = len(set(columns.ravel().tolist()) - {""}) > 1
    shown: list[str] = []
    places: list[int | None] = []  # of each word; None of a column's name
    for at, word in enumerate(view["words"][place].tolist()):
        if not word:
            break
        if several and (at == 0 or columns[place][at] != columns[place][at - 1]):
            shown.append(f"{one_line(columns[place][at])}:")
            places.append(None)
        shown.append(one_line(word))
        places.append(at)
    if not shown:
        shown, places = ["(no text)"], [None]
    lines = _lines([_wide(word) for word in shown])

    def paint(axes: Axes, number: int, x: float, y: float) -> None:
        at = places[number]
        effect = float(effects[at]) if at is not None else 0.0
        colour = BLUE if effect > 0 else VERMILION
        _write(axes, shown[number], x, y, colour, STRONGEST * abs(effect), QUIET if at is None else None)

    return _flowed(str(view.facts[f"example {place}"]), lines, LINE, paint)


def _sentence(view: View, place: int) -> Panel:
    """A sentence whose words are coloured by their predicted tags."""
    length = int(np.count_nonzero(view["words"][place] != ""))
    some = [one_line(str(word)) for word in view["words"][place][:length]]
    given, said = (view[name][place][:length].tolist() for name in ("given", "predicted"))
    kinds = list(dict.fromkeys(_kind(name) for name in view["tags"].tolist() if name != OUTSIDE))
    below = [_below(*tags) for tags in zip(said, given, strict=True)]
    wide = [max(_wide(word), _wide(text, SMALL)) for word, text in zip(some, below, strict=True)]

    def paint(axes: Axes, at: int, x: float, y: float) -> None:
        tag = said[at]
        colour = TYPES[kinds.index(_kind(tag)) % len(TYPES)] if tag != OUTSIDE else QUIET
        _write(axes, some[at], x, y, colour, SHADE * (tag != OUTSIDE))
        wrong = tag != given[at]
        axes.text(x, y + LINE, below[at], fontsize=SMALL, family=FIXED, va="top", color=VERMILION if wrong else QUIET)

    return _flowed(str(view.facts[f"example {place}"]), _lines(wide), LINE + BELOW, paint)


def _kind(tag: str) -> str:
    """What a tag names: PER of B-PER."""
    return tag[2:] if tag[:2] in ("B-", "I-") else tag


def _below(said: str, given: str) -> str:
    """What stands below a word: its tag, none for O, and of a wrong one the right one too."""
    return f"{said} not {given}" if said != given else "" if said == OUTSIDE else said


def _wide(text: str, points: float = FONT) -> float:
    """The width of a text in inches; letters of East Asian scripts are twice as wide."""
    return LETTER * points * sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def _lines(widths: Sequence[float]) -> list[list[tuple[int, float]]]:
    """Words of such widths in lines: the number of each word and where it begins, in inches."""
    room, gap = WIDTH - 2 * MARGIN, LETTER * FONT
    lines: list[list[tuple[int, float]]] = [[]]
    x = 0.0
    for number, wide in enumerate(widths):
        if lines[-1] and x + wide > room:
            lines.append([])
            x = 0.0
        lines[-1].append((number, x))
        x += wide + gap
    return lines


def _flowed(
    title: str,
    lines: Sequence[Sequence[tuple[int, float]]],
    high: float,
    paint: Callable[[Axes, int, float, float], None],
) -> Panel:
    """A panel of lines of words, each drawn by `paint`(axes, number, x, y)."""

    def drawn(axes: Axes) -> None:
        axes.set_xlim(0, WIDTH - 2 * MARGIN)
        axes.set_ylim(high * len(lines), 0)
        for row, line in enumerate(lines):
            for number, x in line:
                paint(axes, number, x, high * row)

    return Panel(title, high * len(lines), drawn)


def _write(axes: Axes, word: str, x: float, y: float, colour: str, opacity: float, ink: str | None = None) -> None:
    """A word on a colour."""
    if opacity:
        axes.add_patch(_box(x, y, _wide(word), colour, opacity))
    axes.text(x, y + 0.7 * LINE, word, fontsize=FONT, family=FIXED, va="baseline", color=ink or INK)


def _box(x: float, y: float, wide: float, colour: str, opacity: float) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.01, y + 0.005), wide + 0.02, LINE - 0.01, facecolor=colour, alpha=opacity, linewidth=0)
