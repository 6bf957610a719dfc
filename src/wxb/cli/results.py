"""How a result is said in a line: a test score, and what is cheap beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wxb.cli import printing
from wxb.text import count, percent, percent_interval, rounded

BETWEEN = "   "  # between a score and what it is compared to


def score_line(test: Mapping[str, Any]) -> str:
    """ "98.9 % [97.5, 99.5] of 449", or of numbers "R² 0.81 [0.79, 0.83], error 52.1 [50.2, 54.0] of 449"."""
    of = f"of {count(test['examples'])}"
    if "accuracy" in test:
        return f"{percent(test['accuracy'])} {percent_interval(tuple(test['interval']))} {of}"
    r2, rmse = (
        "{} [{}, {}]".format(*(rounded(value, 3) for value in (test[name], *test[f"{name}_interval"])))
        for name in ("r2", "rmse")
    )
    return f"R² {r2}, error {rmse} {of}"


def scores(test: Mapping[str, Any], baselines: Mapping[str, float]) -> list[str]:
    """The test score, then the baselines' scores, the best first."""
    ranked = sorted(baselines.items(), key=lambda item: -item[1])
    return [score_line(test), *(f"{name} {short_score(score, test)}" for name, score in ranked)]


def test_lines(test: Mapping[str, Any], baselines: Mapping[str, float]) -> str:
    """The test score beside the baselines; says so in words where it is no better than they are."""
    lines = [printing.labelled("test", BETWEEN.join(scores(test, baselines)))]
    own = test["accuracy"] if "accuracy" in test else test["r2"]
    if baselines:
        name, best = max(baselines.items(), key=lambda item: item[1])
        if best >= own:
            said = f"no better than {name}: {short_score(own, test)} against {short_score(best, test)}"
            lines.append(printing.labelled("", said))
    return "\n".join(lines)


def short_score(score: float, test: Mapping[str, Any]) -> str:
    """A score of the kind that `test` has: "98.9 %", "R² 0.813"."""
    return percent(score) if "accuracy" in test else f"R² {score:.3g}"


def seeds_line(together: Mapping[str, Any], seeds: int) -> str:
    """ "mean      98.4 % [98.1, 98.7] over 5 seeds, standard deviation 0.3 points"."""
    classes = together["measure"] == "accuracy"
    mean, interval, deviation = together["mean"], together["interval"], together["std"]
    if interval is None:
        return printing.labelled("mean", f"{percent(mean) if classes else f'R² {mean:.3g}'} of one seed")
    if classes:
        text = f"{percent(mean)} {percent_interval(tuple(interval))} over {seeds} seeds"
        return printing.labelled("mean", f"{text}, standard deviation {100 * deviation:.2g} points")
    text = f"R² {mean:.3g} [{interval[0]:.3g}, {interval[1]:.3g}] over {seeds} seeds"
    return printing.labelled("mean", f"{text}, standard deviation {deviation:.2g}")
