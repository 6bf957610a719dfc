"""The sentences of a report: what its numbers say, and no more than they say."""

from __future__ import annotations

from typing import Any

from wxb.data.split import plural
from wxb.runs.folder import RUN
from wxb.text import count, examples, large, percent, percent_interval

Found = dict[str, Any]

FEW = 20  # test examples of a class below which its scores say little
WIDE = 0.1  # width of the test score's interval from which it is called wide
MISCALIBRATED = 0.05  # calibration error from which it is said
CALIBRATABLE = 100  # test examples below which the calibration error is mostly noise

ABOUT_RUN = f"{RUN} is the folder that this report lies in."


def score_text(value: float, measure: str) -> str:
    """An accuracy as "98.9 %", an R² as "0.813"."""
    return percent(value) if measure == "accuracy" else f"{value:.3f}"


def interval_text(interval: list[float] | tuple[float, float], measure: str) -> str:
    """An accuracy's as "[97.5, 99.5]", an R²'s as "[0.790, 0.835]"."""
    low, high = interval
    return percent_interval((low, high)) if measure == "accuracy" else f"[{low:.3f}, {high:.3f}]"


def gap_text(gap: float, measure: str) -> str:
    """A difference of two scores: "2.4 points", "0.031"."""
    return f"{100 * gap:.1f} points" if measure == "accuracy" else f"{gap:.3f}"


def test_score(found: Found) -> tuple[float, list[float]]:
    """The test's score and its interval."""
    return _score(found["test"], found["measure"])


def _score(scores: Found, measure: str) -> tuple[float, list[float]]:
    interval = scores["r2_interval"] if measure == "r2" else scores["interval"]
    return float(scores[measure]), list(interval)


def about_examples(found: Found) -> str:
    """What was learned from: "1,797 pictures 1x8x8 in 10 classes", "506 rows of 13 numbers with 1 target"."""
    data = found["data"]
    outputs = len(data["classes"])
    of_task = {
        "classes": f"in {count(outputs)} classes",
        "labels": f"with {plural(outputs, 'label')}",
        "numbers": f"with {plural(outputs, 'target')}",
    }
    return f"{examples(data['examples'], data['kind'], tuple(data['shape']))} {of_task[found['task']]}"


def best_baseline(found: Found) -> tuple[str, float] | None:
    """Name and score of the best baseline."""
    scores = {name: float(one["score"]) for name, one in found["baselines"].items()}
    return max(scores.items(), key=lambda item: item[1]) if scores else None


def about_baselines(found: Found) -> str:
    """The network beside what is cheap."""
    best = best_baseline(found)
    if best is None:
        return ""
    measure, (score, interval) = found["measure"], test_score(found)
    beside = f"{best[0]}, the best baseline ({score_text(best[1], measure)})"
    if score <= best[1]:
        return f"The network is no better than {beside}."
    ahead = gap_text(score - best[1], measure)
    if interval[0] <= best[1]:
        return f"The network is {ahead} ahead of {beside}; a difference that chance alone may make."
    return f"The network is {ahead} ahead of {beside}; more than chance makes."


def about_generalization(found: Found) -> str:
    """Training against test, and whether that is overfitting or underfitting."""
    if found["train"] is None:
        return ""
    measure = found["measure"]
    (seen, seen_interval), (unseen, unseen_interval) = _score(found["train"], measure), test_score(found)
    what = "a sample of the training examples" if found["train"]["sample"] else "the training examples"
    begin = f"{score_text(seen, measure)} of {what} and {score_text(unseen, measure)} of the test examples are right"
    if measure == "r2":
        begin = f"R² is {score_text(seen, measure)} on {what} and {score_text(unseen, measure)} on the test examples"
    best = best_baseline(found)
    if best is not None and underfits(found):
        return f"{begin}: it underfits, since {best[0]} answers even the unseen test examples better."
    if seen_interval[0] > unseen_interval[1]:
        gap = gap_text(seen - unseen, measure)
        return f"{begin}: it overfits, {gap} are lost on examples that it has not seen, more than chance makes."
    return f"{begin}: no more apart than chance makes."


def underfits(found: Found) -> bool:
    """Whether the network does worse on its training examples than a baseline on the test, beyond both intervals."""
    if found["train"] is None or not found["baselines"]:
        return False
    _, seen_interval = _score(found["train"], found["measure"])
    best = max(found["baselines"].values(), key=lambda one: float(one["score"]))
    return bool(seen_interval[1] < best["interval"][0])


def overfits(found: Found) -> bool:
    """Whether the training score lies above the test score, beyond both intervals."""
    if found["train"] is None:
        return False
    return _score(found["train"], found["measure"])[1][0] > test_score(found)[1][1]


def about_size(found: Found) -> str:
    """Weights against training examples, by two rules of thumb."""
    size = found["size"]
    low, high = size["by_weights"]
    text = (
        f"{count(size['parameters'])} parameters learn from {count(size['examples'])} training examples. "
        f"One rule of thumb asks for 5 to 10 examples a parameter, {_about(low)} to {_about(high)}"
    )
    if size["by_error"] is not None:
        accuracy = percent(found["test"]["accuracy"])
        text += f"; another, N > |W|/(1 − a) at the accuracy a = {accuracy} reached, for {_about(size['by_error'])}"
    met = size["examples"] >= low and (size["by_error"] is None or size["examples"] > size["by_error"])
    if met:
        return f"{text}. There are enough by both." if size["by_error"] is not None else f"{text}. There are enough."
    return f"{text}. Networks often do well with fewer; the test score, not the rule, says whether this one does."


def _about(number: int) -> str:
    """A large count to three digits: 97810 -> "97,800", 4.2e9 -> "4.2 G"."""
    return count(int(float(f"{number:.3g}"))) if number < 1e7 else large(number)


def about_weights(found: Found) -> str:
    """Which weights the report is about."""
    settings = found["settings"]
    if settings.get("keep") == "best":
        return "The report is about the weights that were best in validation."
    averaged = ", averaged over the last steps" if settings.get("ema") else ""
    return f"The report is about the weights at the end of training{averaged}."


def warnings(found: Found) -> list[str]:
    """What a person must not overlook."""
    listed = []
    measure, (score, interval) = found["measure"], test_score(found)
    best = best_baseline(found)
    if best is not None and score <= best[1]:
        listed.append(f"no better than {best[0]} ({score_text(score, measure)} against {score_text(best[1], measure)})")
    if best is not None and underfits(found):
        listed.append(f"it underfits: {best[0]} answers the test better than the network its own training examples")
    elif overfits(found):
        seen = _score(found["train"], measure)[0]
        listed.append(
            f"it overfits: {score_text(seen, measure)} in training against {score_text(score, measure)} in test"
        )
    if interval[1] - interval[0] > WIDE:
        examples = count(found["test"]["examples"])
        listed.append(f"{examples} test examples: the score is no surer than {interval_text(interval, measure)}")
    listed += _class_warnings(found)
    error = found["test"].get("calibration_error")
    if error is not None and error > MISCALIBRATED and found["test"]["examples"] >= CALIBRATABLE:
        direction = _direction(found)
        softened = found["settings"].get("label_smoothing") or found["settings"].get("mixup")
        if not (direction == "too low" and softened):  # lower probabilities are what was asked for
            listed.append(f"its probabilities are {direction} by {gap_text(error, 'accuracy')} on average")
    return listed


def _direction(found: Found) -> str:
    """Whether probabilities are too high or too low; "off" where both happen."""
    bins = found["calibration"]
    excess = sum(bin["examples"] * (bin["confidence"] - bin["accuracy"]) for bin in bins) / found["test"]["examples"]
    if abs(excess) < 0.8 * found["test"]["calibration_error"]:
        return "off"
    return "too high" if excess > 0 else "too low"


def _class_warnings(found: Found) -> list[str]:
    per_class = found.get("per_class", [])
    never = [one["name"] for one in per_class if one["support"] and one["recall"] == 0]
    few = [one["name"] for one in per_class if one["support"] < FEW]
    listed = []
    if never:
        listed.append(f"never found in the test: {_names(never)}")
    if few:
        listed.append(f"fewer than {FEW} test examples, so that single scores say little: {_names(few)}")
    return listed


def _names(names: list[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
