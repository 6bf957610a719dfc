"""The sentences of a report, which say in words what its numbers show."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from wxb.data.kinds import columns_used, counted
from wxb.runs.folder import RUN
from wxb.tasks import TASKS
from wxb.tasks.measure import Interval, Measure
from wxb.text import NOT_TESTED, count, first_of, large, percent, plural

Found = dict[str, Any]

FEW = 20  # test examples of a class below which its scores say little
NAMED = 5  # classes in a warning
FEW_TO_DECIDE = 200  # examples that thresholds are fitted to
WIDE = 0.1  # width of the test score's interval from which it is called wide
MISCALIBRATED = 0.05  # calibration error from which it is said
CALIBRATABLE = 100  # test examples below which the calibration error is mostly noise

MOST_RESULTS = 100  # classes, labels or targets whose results are shown
MOST_COLUMNS = 8  # of a row that is shown among the mistakes
LATE = 0.8  # share of the epochs by which the best one must have been for training to have gone on too long,
RISEN = 1.05  # and by what factor the validation loss has risen since
FALLEN = 0.95  # factor of the validation loss over the last fifth of the epochs from which it "still falls"

UNTESTED = "The network was not tested: nothing shows how good it is on examples that it has not seen."
ABOUT_RUN = f"{RUN} is the folder that this report lies in."


def measure_of(found: Found) -> Measure:
    """The main measure of the report's task."""
    return TASKS[found["task"]].measure


def test_score(found: Found) -> tuple[float, Interval]:
    """The test's score and its interval."""
    return _score(found["test"], measure_of(found))


def headline(found: Found) -> str:
    """The test's score in words: "98.9 %", "R² 0.813", or that there is none."""
    return NOT_TESTED if found["test"] is None else measure_of(found).labelled(test_score(found)[0])


def _score(scores: Found, measure: Measure) -> tuple[float, Interval]:
    low, high = scores[measure.interval_key]
    return float(scores[measure.name]), (low, high)


def about_data(found: Found) -> str:
    """The data and its split: "1,797 pictures 1x8x8 in 10 classes; train 1,150, validation 198, test 449 (…)"."""
    data = found["data"]
    parts = ", ".join(f"{name} {count(data['split'][name])}" for name in ("train", "validation", "test"))
    about = TASKS[found["task"]].about(len(data["classes"]))
    examples = counted(data["examples"], tuple(data["shape"]), columns_used(data["table"]))
    weighted = f", weighted by {data['weight']}" if "weight" in data else ""
    return f"{examples} {about}{weighted}; {parts} ({data['split']['how']})"


def columns_shown(found: Found) -> list[str]:
    """The columns of a table that its mistakes are shown with; none for other data."""
    return list(found["mistakes"][0].get("values", {}))[:MOST_COLUMNS] if found["mistakes"] else []


def words_shown(found: Found, before: int) -> set[int]:
    """Which columns of the table of mistakes hold words: row, given and predicted of the `before` ones, and texts."""
    rows = [one.get("values", {}) for one in found["mistakes"]]
    texts = {
        place
        for place, name in enumerate(columns_shown(found), before)
        if not all(_is_number(row[name]) for row in rows if row[name])
    }
    return {0, 1, 2} | texts


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def telling_words(found: Found) -> tuple[str, list[str], list[list[str]]] | None:
    """A sentence, head and rows of the words that count for each class, label or target; None without texts."""
    if not (words := found.get("words")):
        return None
    several = len({one["column"] for some in words.values() for one in some}) > 1
    rows = [
        [name, ", ".join(f"{one['column']}: {one['word']}" if several else one["word"] for one in some)]
        for name, some in list(words.items())[:MOST_RESULTS]
    ]
    said = (
        "The score of a class, or a predicted number, falls most where one of these words is taken out of a test text; "
        "the first word counts most."
    )
    return said, [TASKS[found["task"]].noun, "words that count"], rows


def results_shown(found: Found) -> tuple[list[str], list[list[str]], str] | None:
    """Head and rows of the results per class, label or target, and a sentence if they are not all of them.

    Of many classes these are the most confused ones, of many labels or targets the first.
    """
    table = TASKS[found["task"]].table(found)
    if table is None:
        return None
    head, rows = table
    if len(rows) <= MOST_RESULTS:
        return head, rows, ""
    chosen = set(found.get("confusion_classes", ()))
    shown = [row for row in rows if not chosen or row[0] in chosen][:MOST_RESULTS]
    of_all = f"{len(shown)} of {count(len(rows))}"
    cut = f"The {of_all} with the most mistakes" if chosen else f"The first {of_all}"
    return head, shown, f"{cut}; report.json has all of them."


def about_confusion(found: Found) -> str:
    """Which classes the confusion matrix shows; empty if all."""
    if "confusion_classes" not in found:
        return ""
    classes = plural(len(found["data"]["classes"]), "class", "classes")
    return f"The {len(found['confusion_classes'])} of {classes} with the most mistakes."


def measured(found: Found) -> list[tuple[str, str]]:
    """Title and text of the loss and of every measure of the test, with its interval."""
    test = found["test"]
    if test is None:
        return []
    rows = [("loss", f"{test['loss']:.4f}")]
    for measure in TASKS[found["task"]].measures:
        if test.get(measure.name) is not None:
            interval = test.get(measure.interval_key)
            text = measure.text(test[measure.name])
            rows.append((measure.title, f"{text}  {measure.interval_text(tuple(interval))}" if interval else text))
    return rows


def tested(found: Found) -> str:
    """What the test's measures are about: "on 449 test examples"."""
    test = found["test"]
    return f"on {plural(test['examples'], 'test example')}" + f", weighted by {found['data'].get('weight')}" * bool(
        test.get("weighted")
    )


def best_baseline(found: Found) -> tuple[str, float] | None:
    """Name and score of the best baseline."""
    scores = {name: float(one["score"]) for name, one in found["baselines"].items()}
    return max(scores.items(), key=lambda item: item[1]) if scores else None


def about_baselines(found: Found) -> str:
    """Compare the network with the baselines."""
    if (best := best_baseline(found)) is None:
        return ""
    measure, (score, interval) = measure_of(found), test_score(found)
    beside = f"{best[0]}, the best baseline ({measure.text(best[1])})"
    if score <= best[1]:
        return f"The network is no better than {beside}."
    ahead = measure.gap_text(score - best[1])
    if interval[0] <= best[1]:
        return f"The network is {ahead} ahead of {beside}, which chance alone may explain."
    return f"The network is {ahead} ahead of {beside}, more than chance explains."


def about_generalization(found: Found) -> str:
    """Training against test, and whether that is overfitting or underfitting."""
    if found["test"] is None:
        return UNTESTED
    if found["train"] is None:
        return ""
    measure = measure_of(found)
    (seen, seen_interval), (unseen, unseen_interval) = _score(found["train"], measure), test_score(found)
    what = "a sample of the training examples" if found["train"]["sample"] else "the training examples"
    title = measure.title[0].upper() + measure.title[1:]
    begin = f"{title} is {measure.text(seen)} on {what} and {measure.text(unseen)} on the test examples"
    if (best := best_baseline(found)) is not None and underfits(found):
        return f"{begin}: it underfits, since {best[0]} answers even the unseen test examples better."
    if seen_interval[0] > unseen_interval[1]:
        gap = f"gap of {measure.gap_text(seen - unseen)} is larger than chance explains"
        if still_falls(found):
            return f"{begin}. The {gap}, but what it learns still carries over: validation loss was still falling."
        return f"{begin}: it overfits. The {gap}."
    if unseen_interval[0] > seen_interval[1]:
        return f"{begin}: {measure.gap_text(unseen - seen)} better on the test, more than chance explains."
    return f"{begin}: no further apart than chance explains."


def underfits(found: Found) -> bool:
    """Whether the network does worse on its training examples than a baseline on the test, beyond both intervals."""
    if found["train"] is None or not found["baselines"]:
        return False
    _, seen_interval = _score(found["train"], measure_of(found))
    best = max(found["baselines"].values(), key=lambda one: float(one["score"]))
    return bool(seen_interval[1] < best["interval"][0])


def overfits(found: Found) -> bool:
    """Whether the training score lies above the test score, beyond both intervals, and training longer is no help.

    As long as the validation loss falls, a gap is no reason to hold the network back.
    """
    if found["train"] is None or found["test"] is None or still_falls(found):
        return False
    return _score(found["train"], measure_of(found))[1][0] > test_score(found)[1][1]


def about_size(found: Found) -> str:
    """Weights against training examples, by two rules of thumb."""
    size = found["size"]
    low, high = size["by_weights"]
    text = (
        f"{plural(size['parameters'], 'parameter')} learn from {plural(size['examples'], 'training example')}. "
        f"One rule of thumb asks for 5 to 10 examples per parameter, {_about(low)} to {_about(high)}"
    )
    if size["by_error"] is not None:
        measure, (score, _) = measure_of(found), test_score(found)
        reached = f"the {measure.title} a = {measure.text(score)} reached"
        text += f"; another, N > |W|/(1 − a) at {reached}, for {_about(size['by_error'])}"
    judge = "a test" if found["test"] is None else "the test score"
    met = size["examples"] >= low and (size["by_error"] is None or size["examples"] > size["by_error"])
    if met:
        return f"{text}. There are enough by both." if size["by_error"] is not None else f"{text}. There are enough."
    return f"{text}. Networks often do well with fewer; {judge}, not the rule, says whether this one does."


def _about(number: int) -> str:
    """A large count to three digits: 97810 -> "97,800", 4.2e9 -> "4.2 G"."""
    return count(int(float(f"{number:.3g}"))) if number < 1e7 else large(number)


def validation_losses(found: Found) -> list[float]:
    """The validation loss of every epoch; empty if one is missing."""
    scores = [line.get("validation") or {} for line in found["history"]]
    return [float(one["loss"]) for one in scores] if all(one.get("loss") is not None for one in scores) else []


def best_epoch(found: Found) -> int | None:
    """The epoch (from 1) of the lowest validation loss, if the loss has plainly risen since then; else None."""
    losses = validation_losses(found)
    if not losses:
        return None
    best = min(range(len(losses)), key=losses.__getitem__)
    late = best + 1 <= LATE * len(losses)
    return best + 1 if late and losses[-1] > RISEN * losses[best] else None


def still_falls(found: Found) -> bool:
    """Whether the validation loss was lowest in the last epoch, and has plainly fallen over the last fifth of them."""
    losses = validation_losses(found)
    before = len(losses) - 1 - max(1, len(losses) // 5)
    return before >= 0 and losses[-1] == min(losses) and losses[-1] < FALLEN * losses[before]


def about_curves(found: Found) -> str:
    """What the validation loss over the epochs says."""
    losses = validation_losses(found)
    if (best := best_epoch(found)) is not None:
        levels = f"{losses[best - 1]:.3g}; {losses[-1]:.3g} at the end"
        text = f"Validation loss was lowest in epoch {best} of {len(losses)} ({levels}): "
        kept = found["settings"].get("keep") == "best"
        return text + ("its weights were kept." if kept else "what training learned later did not carry over.")
    if still_falls(found):
        after = plural(len(losses), "epoch")
        return f"Validation loss was still falling after {after}, to {losses[-1]:.3g}: more epochs may help."
    return ""


def about_decision(found: Found) -> str:
    """How answers are decided, and what the test's measures were without that; empty if the most probable is taken."""
    decision = found.get("decision")
    if decision is None:
        return ""
    names, task = found["data"]["classes"], TASKS[found["task"]]
    offsets, two = decision["offsets"], task.exclusive and len(found["data"]["classes"]) == 2
    of = f"F1 of {names[1]}" if two else "mean F1"
    words = {"f1": of, "balanced": "balanced accuracy", "accuracy": "accuracy"}
    if two or not task.exclusive:
        thresholds = [(name, 1 / (1 + math.exp(min(offset, 700)))) for name, offset in zip(names, offsets, strict=True)]
        listed = first_of([f"{name} from {percent(share)} on" for name, share in thresholds[1 if two else 0 :]], NAMED)
        text = f"Answers are decided for {words[decision['optimize']]}: {listed}"
        text += f", else {names[0]}" if two else ""
    else:
        listed = first_of([f"{name} {offset:+.2f}" for name, offset in zip(names, offsets, strict=True)], NAMED)
        text = f"Answers are decided for {words[decision['optimize']]}: the scores get {listed}"
    how = "answered out of fold" if found["settings"].get("bagging") else "of the validation part"
    text += f" (fitted to {plural(decision['examples'], 'example')} {how}; the probabilities stay)."
    text += " By so few examples it is known roughly." if decision["examples"] < FEW_TO_DECIDE else ""
    titles = {"f1": of, "balanced_accuracy": "balanced accuracy", task.measure.name: task.measure.title}
    compared = [
        f"{titles[name]} is {percent(after)} ({percent(before)} without)"
        for name, (before, after) in decision["measures"].items()
    ]
    return f"{text} On the test examples {', '.join(compared)}." if compared else text


def about_weights(found: Found) -> str:
    """Which weights the report is about, and how their probabilities and validation came about."""
    settings = found["settings"]
    if settings.get("keep") == "best":
        text = "The report is about the weights that were best in validation."
    else:
        averaged = ", averaged over the last steps" if settings.get("ema") else ""
        text = f"The report is about the weights at the end of training{averaged}."
    if settings.get("calibration") == "temperature":
        text += " Their logits were divided by a temperature, so that the probabilities fit the validation."
    if found["test"] is not None and found["test"].get("weighted"):
        text += f" All scores are weighted by {found['data'].get('weight')}; counts are of examples."
    if settings.get("bagging"):
        text += (
            f" The {count(found['size']['examples'])} examples of train and validation were dealt into "
            "folds, and each group of the TEAM learned from all folds but one (bagging). The validation score is that "
            "of all these examples, each answered by the group that did not learn from it."
        )
    return text


def warnings(found: Found) -> list[str]:
    """Warnings that a person must not overlook."""
    if found["test"] is None:
        return [f"{NOT_TESTED}: the data have no test part"]
    listed = []
    measure, (score, interval) = measure_of(found), test_score(found)
    best = best_baseline(found)
    if best is not None and score <= best[1]:
        listed.append(f"no better than {best[0]} ({measure.text(score)} against {measure.text(best[1])})")
    if best is not None and underfits(found):
        listed.append(f"it underfits: {best[0]} answers the test better than the network its own training examples")
    elif overfits(found):
        seen = _score(found["train"], measure)[0]
        listed.append(f"it overfits: {measure.text(seen)} in training against {measure.text(score)} in test")
    if interval[1] - interval[0] > WIDE:
        examples = plural(found["test"]["examples"], "test example")
        listed.append(f"{examples}: the score is no surer than {measure.interval_text(interval)}")
    listed += _class_warnings(found)
    error = found["test"].get("calibration_error")
    if error is not None and error > MISCALIBRATED and found["test"]["examples"] >= CALIBRATABLE:
        direction = _direction(found)
        lower = any(found["settings"].get(name) for name in ("label_smoothing", "mixup"))  # is what they ask for
        if direction != "too low" or not lower or found["settings"].get("calibration") == "temperature":
            listed.append(f"its probabilities are {direction} by {100 * error:.1f} points on average")
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
        listed.append(f"never found in the test: {first_of(never, NAMED)}")
    if few:
        listed.append(f"fewer than {FEW} test examples, so that single scores say little: {first_of(few, NAMED)}")
    return listed


def about_pair(pair: Mapping[str, Any]) -> str:
    """What the map of the pair of classes that is confused most shows."""
    first, second = pair["classes"]
    return (
        f"{first} and {second}: {plural(pair['mistakes'], 'mistake')} of {plural(pair['examples'], 'test example')}, "
        f"{percent(pair['explained'])} of the variance of {pair['layer']} on the map."
    )


def about_filters(filters: Mapping[str, Any]) -> str:
    """What the picture of the filters shows."""
    shown = plural(filters["units"], "unit")
    cut = f", the first {filters['shown']} of {shown}" if filters["shown"] < filters["units"] else f", {shown}"
    how = (
        "Red, green and blue are the weights of the channels, grey where they are 0."
        if filters["colours"]
        else "Blue weights are above 0, orange ones below it."
    )
    return f"Weights of {filters['layer']}{cut}. {how}"


def about_importance(importance: Mapping[str, Any]) -> str:
    """How the importance of the columns was measured."""
    shown, every = len(importance["columns"]), importance["of"]
    cut = f" The first {shown} of {every} columns." if shown < every else ""
    return (
        f"Rise of the loss when a column is shuffled among {plural(importance['examples'], 'test example')}, with its "
        f"95 % interval.{cut} wxb view RUN importance takes more examples."
    )
