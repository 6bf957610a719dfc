"""Results on a line: a test score, and the baselines beside it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from wxb.cli import printing
from wxb.text import NOT_TESTED

BETWEEN = "   "  # between a score and what it is compared with


def score_line(task: str, test: Mapping[str, Any]) -> str:
    """ "98.9 % [97.5, 99.5] of 449", or "R² 0.810 [0.790, 0.830], error 52.1 [50.2, 54.0] of 449"."""
    from wxb.tasks import TASKS

    return TASKS[task].line(test)


def scores(task: str, test: Mapping[str, Any] | None, baselines: Mapping[str, float]) -> list[str]:
    """The test score, then the baselines' scores, the best first."""
    from wxb.tasks import TASKS

    if test is None:
        return [NOT_TESTED]
    ranked = sorted(baselines.items(), key=lambda item: -item[1])
    measure = TASKS[task].measure
    return [score_line(task, test), *(f"{name} {measure.labelled(score)}" for name, score in ranked)]


def test_lines(
    task: str, test: Mapping[str, Any] | None, baselines: Mapping[str, float], undecided: float | None
) -> str:
    """The test score beside the baselines, and a second line if it is no better than they are.

    `undecided` is the score of the most probable answers, if others are given for the sake of another measure: the
    baselines are compared with it.
    """
    from wxb.tasks import TASKS

    width = printing.columns(sys.stdout)
    lines = [printing.labelled("test", BETWEEN.join(scores(task, test, baselines)), width)]
    measure = TASKS[task].measure
    if test is not None and baselines:
        own = test[measure.name] if undecided is None else undecided
        name, best = max(baselines.items(), key=lambda item: item[1])
        if best >= own:
            of = "" if undecided is None else " by its most probable answers"
            text = f"no better than {name}{of}: {measure.labelled(own)} against {measure.labelled(best)}"
            lines.append(printing.labelled("", text, width))
    return "\n".join(lines)


def seeds_line(task: str, together: Mapping[str, Any], seeds: int) -> str:
    """ "mean      98.4 % [98.1, 98.7] over 5 seeds, standard deviation 0.3 points"."""
    from wxb.tasks import TASKS

    measure = TASKS[task].measure
    mean, interval, deviation = measure.labelled(together["mean"]), together["interval"], together["std"]
    if interval is None:
        return printing.labelled("mean", f"{mean} of one seed")
    text = f"{mean} {measure.interval_text((interval[0], interval[1]))} over {seeds} seeds"
    text = f"{text}, standard deviation {measure.deviation_text(deviation)}"
    return printing.labelled("mean", text, printing.columns(sys.stdout))
