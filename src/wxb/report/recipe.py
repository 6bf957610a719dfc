"""The recipe for learning as a tree of questions, with where a run stands in it, as SVG text.

Does it do well on the training examples? If not: another network, another rate, longer training. Then on the test
examples? If not: more data, regularization, early stopping. The order of the questions is that of lectures.
"""

from __future__ import annotations

from typing import Any

from wxb.report.figures import line, svg, text
from wxb.report.sentences import overfits, underfits

Found = dict[str, Any]

QUESTIONS = ("Good on training examples?", "Good on test examples?")
ENDS = (
    ("no: a larger network,", "another rate, more epochs"),
    ("no: more data, penalties,", "dropout, an earlier stop"),
    ("done",),
)
WIDTH, HIGH, STEP = 400, 44, 66  # of the figure, of a box, from one question to the next
ASKED, ANSWERED = 194, 184  # widths of the boxes


def standing(found: Found) -> int | None:
    """Where a run stands: 0 underfits, 1 overfits, 2 is done; None without a test or a training score."""
    if found["test"] is None or found["train"] is None:
        return None
    if underfits(found):
        return 0
    return 1 if overfits(found) else 2


def recipe(found: Found) -> str:
    """The tree, with the end at which the run stands marked; empty for a run without a test."""
    here = standing(found)
    if here is None:
        return ""
    parts = []
    for place, asked in enumerate(QUESTIONS):
        y = 1 + place * STEP
        reached = place <= min(here, 1)
        parts += _box(1, y, ASKED, (asked,), "way" if reached else "")
        parts.append(
            line(1 + ASKED, y + HIGH / 2, WIDTH - ANSWERED - 1, y + HIGH / 2, "way" if here == place else "axis")
        )
        parts += _box(WIDTH - ANSWERED - 1, y, ANSWERED, ENDS[place], "here" if here == place else "")
        x = 1 + ASKED / 2
        parts.append(line(x, y + HIGH, x, y + STEP, "way" if here > place else "axis"))
        parts.append(text(x + 6, y + HIGH + 15, "yes", "soft"))
    parts += _box(1, 1 + 2 * STEP, ASKED, ENDS[2], "here" if here == 2 else "")
    label = f"the recipe for learning; this run stands at: {' '.join(ENDS[here])}"
    return svg(WIDTH, 2 * STEP + HIGH + 2, label, parts)


def in_words(found: Found) -> str:
    """The questions up to where the run stands, each with its answer; empty for a run without a test."""
    here = standing(found)
    if here is None:
        return ""
    asked = [f"{asked} Yes." for asked in QUESTIONS[:here]]
    if here < 2:
        asked.append(f"{QUESTIONS[here]} No{' '.join(ENDS[here]).removeprefix('no')}.")
    return " ".join(asked)


def _box(x: float, y: float, width: float, said: tuple[str, ...], kind: str) -> list[str]:
    """A box with one or two lines in its middle."""
    first = y + HIGH / 2 + 4 - 8 * (len(said) - 1)
    return [
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{HIGH}" rx="4" class="question {kind}"/>',
        *(text(x + width / 2, first + 16 * row, one, "answer", "middle") for row, one in enumerate(said)),
    ]
