"""How a result is said in a line: a test score, and what is cheap beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wxb import numbers
from wxb.cli import printing

BETWEEN = "   "  # between a score and what it is compared to


def score_line(test: Mapping[str, Any]) -> str:
    """ "98.9 % [97.5, 99.5] of 449", or of numbers "R² 0.81 [0.79, 0.83], error 52.1 [50.2, 54.0] of 449"."""
    of = f"of {numbers.count(test['examples'])}"
    if "accuracy" in test:
        return f"{numbers.percent(test['accuracy'])} {numbers.percent_interval(tuple(test['interval']))} {of}"
    r2, rmse = (
        f"{test[name]:.3g} [{test[f'{name}_interval'][0]:.3g}, {test[f'{name}_interval'][1]:.3g}]"
        for name in ("r2", "rmse")
    )
    return f"R² {r2}, error {rmse} {of}"


def test_lines(test: Mapping[str, Any], baselines: Mapping[str, float]) -> str:
    """The test score beside the baselines, the best first; says so in words where it is not better than they are."""
    classes = "accuracy" in test
    own = test["accuracy"] if classes else test["r2"]

    def shown(score: float) -> str:
        return numbers.percent(score) if classes else f"R² {score:.3g}"

    ranked = sorted(baselines.items(), key=lambda item: -item[1])
    parts = [score_line(test), *(f"{name} {shown(score)}" for name, score in ranked)]
    lines = [printing.labelled("test", BETWEEN.join(parts))]
    if ranked and ranked[0][1] >= own:
        name, score = ranked[0]
        how = "as good as" if score == own else "not as good as"
        lines.append(printing.labelled("", f"{how} the cheap {name}: {shown(own)} against {shown(score)}"))
    return "\n".join(lines)
