"""Faults of the labels: shuffled, moved, partly wrong, or too few."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Dataset
from wxb.doctor.doubling import fewer
from wxb.doctor.fault import DataChange, Evidence, Fault, Remedy, always
from wxb.doctor.measures import Measures
from wxb.doctor.proof import gain_of

NOISY = 0.1  # of the labels; classes that overlap are doubted too, so side runs have to tell
WRONG = 0.2  # of the labels at random, from which a network that learns them by heart suffers
BY_HEART = 0.05  # of the score on training examples and on others, which have as many wrong labels
REINDEXED = 0.3  # of the score, on training and on validation, and with the classes as given and as they fit
LEAST_HELD = 12  # validation examples, from which the order of the classes is told
FEW = 50  # training examples of a class
GAP = 0.15  # of the score on training and on validation examples
RISES = 0.03  # of the score, with twice the examples


def no_signal(found: Measures) -> Evidence | None:
    """Nothing predicts the targets better than a constant does."""
    references = found.references
    constant, error = references["constant"], found.base.error
    if "nearest neighbour" not in references or found.base.score > constant + 2 * error:
        return None
    best = max(references["nearest neighbour"], references["linear"])
    if best > constant + max(2 * error, 0.01) or moved(found) is not None:
        return None
    return {"validation_score": found.base.score, "constant": constant, "best_baseline": best, "standard_error": error}


def rejoin(found: Measures) -> list[Remedy]:
    """The labels have to be looked at."""
    return [{"data": "join the labels to their examples again; features that predict nothing look the same"}]


def noisy_labels(found: Measures) -> Evidence | None:
    """Labels that a simple model, which has not seen them, contradicts with confidence."""
    if not found.task.exclusive or not found.behind_perfect(NOISY):
        return None
    if wrong_by_heart(found):
        assert found.noise is not None
        noise = {"share_of_wrong_labels": found.noise.share, "wrong_labels_at_least": found.noise.least}
        return {**noise, "training_score": found.base.train, "validation_score": found.base.score}
    share = len(found.doubted) / max(1, len(found.neighbouring[0]))
    return {"share_of_doubted_labels": share, "doubted_labels": float(len(found.doubted))} if share > NOISY else None


def wrong_by_heart(found: Measures) -> bool:
    """Whether labels are wrong at random, and learned so well that this cannot but harm."""
    noise = found.noise if found.task.exclusive else None
    if noise is None or noise.least <= WRONG:
        return False
    return found.gap > BY_HEART and found.base.score < 1 - noise.share + 2 * found.base.error


def pruned(found: Measures) -> list[Remedy]:
    """Learn without the labels that are doubted."""
    rows = found.doubted

    def prune(data: Dataset) -> Dataset:
        return replace(data, split=replace(data.split, train=np.setdiff1d(data.split.train, rows)))

    text = f"leave out, or label again, the {len(rows):,} training examples whose labels are doubted"
    return [{"data": DataChange(text, prune)}]


def off_by_one(found: Measures) -> Evidence | None:
    """Labels that belong to the example before or behind."""
    references = found.references
    constant, error = references["constant"], found.base.error
    if "nearest neighbour" not in references:
        return None
    if max(references["nearest neighbour"], references["linear"]) > constant + max(5 * error, 0.1):
        return None
    way, score = max(((way, found.neighbour_of_rolled(way)) for way in (-1, 1)), key=lambda one: one[1])
    given = found.neighbour_of_rolled(0)  # of training examples too: those of validation may be wrong in another way
    if score < max(constant, given) + max(5 * error, 0.1):
        return None
    return {"rows_moved": float(way), "nearest_neighbour": score, "as_given": given}


def reindexed(found: Measures) -> Evidence | None:
    """Class numbers of validation that are others than those of training: one too high, or in another order."""
    if not found.task.exclusive or found.gap < REINDEXED or len(found.case.data.split.validation) < LEAST_HELD:
        return None
    wanted, answers, order = _reordered(found)
    given, again = float((wanted == answers).mean()), float((order[wanted] == answers).mean())
    if again < max(0.5, given + max(5 * found.base.error, REINDEXED)):
        return None
    changed = float((order != np.arange(len(order))).sum())
    return {"classes_moved": changed, "nearest_neighbour": again, "as_given": given}


def _reordered(found: Measures) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The classes of the validation examples, those of their nearest neighbours, and the order that fits them best."""
    from scipy.optimize import linear_sum_assignment

    classes, rows = found.case.data.outputs, found.case.data.split.validation  # without examples of the training part
    wanted, answers = (one.astype(np.int64) for one in found.neighbour_answers(rows))
    counts = np.zeros((classes, classes))
    np.add.at(counts, (wanted, answers), 1)
    order = np.asarray(linear_sum_assignment(counts + 1e-3 * np.eye(classes), maximize=True)[1], np.int64)
    return wanted, answers, order


def moved(found: Measures) -> Evidence | None:
    """Labels of another row, or numbers of other classes in validation than in training."""
    return off_by_one(found) or reindexed(found)


def moved_back(found: Measures) -> list[Remedy]:
    """Move the labels by a row, or give the classes their numbers."""
    if (evidence := off_by_one(found)) is not None:
        return rolled(int(evidence["rows_moved"]))
    _, _, order = _reordered(found)
    train = found.case.data.split.train

    def renumber(data: Dataset) -> Dataset:
        targets = data.targets.copy()
        others = np.setdiff1d(np.arange(len(targets)), train)
        targets[others] = order[targets[others].astype(np.int64)]
        return replace(data, targets=targets, known=None)

    pairs = ", ".join(f"{old} → {new}" for old, new in enumerate(order) if old != new)
    return [{"data": DataChange(f"give the classes of validation and test the numbers of training: {pairs}", renumber)}]


def rolled(way: int) -> list[Remedy]:
    """Move the labels by a row."""

    def roll(data: Dataset) -> Dataset:
        return replace(data, targets=np.roll(data.targets, way, axis=0), known=None)

    return [{"data": DataChange(f"move the labels by {way:+d} row", roll)}]


def too_few(found: Measures) -> Evidence | None:
    """Few examples of a class, learned by heart; the score rises with their number."""
    _, names = found.strata
    per_class = len(found.case.held.split.train) / max(1, len(names))
    if per_class >= FEW or found.gap < GAP:
        return None
    evidence = {
        "examples_per_class": per_class,
        "training_score": found.base.train,
        "validation_score": found.base.score,
    }
    if wrong_by_heart(found):
        return None
    return {**evidence, **_curve(found)}


def _curve(found: Measures) -> dict[str, float]:
    """What twice the examples gain, by side runs with half and with a quarter of them and as many steps.

    None are made where that does not help the nearest neighbour either.
    """
    quarter, half, whole = found.neighbour_curve
    if whole - quarter < 2 * RISES or whole <= half:
        return {}
    scores = []
    for share in (0.5, 0.25):
        remedy = {"data": fewer(share), "steps": found.base.dynamics.steps}
        cost = found.runs.cost(remedy, 1.0)
        if cost is None or not found.runs.affords(cost):
            break
        outcome = found.runs.run(remedy)
        if outcome is None or outcome.score >= found.base.score:
            break
        scores.append(outcome)
    if not scores:
        return {}
    gain = gain_of([scores[-1].both], [found.base.both])
    doublings = len(scores)
    return {
        "score_with_half": scores[0].score,
        "gain_of_a_doubling": gain.mean / doublings,
        "gain_at_least": gain.low / doublings,
    }


def rises(evidence: Evidence) -> bool:
    """Whether the score surely rises with the number of examples."""
    return evidence.get("gain_at_least", 0.0) > 0 and evidence["gain_of_a_doubling"] >= RISES


def more_data(found: Measures) -> list[Remedy]:
    """No setting mends it."""
    return [{"data": "more examples"}]


OF_ALL = (
    Fault("D3", "labels of the example before or behind, or of other classes", moved, moved_back),
    Fault("D1", "labels that nothing predicts: shuffled, or no signal", no_signal, rejoin, counted=always),
)
OF_SOME = (
    Fault(
        "D2", "labels partly wrong", noisy_labels, pruned,
        counted=lambda evidence: "share_of_wrong_labels" in evidence,
    ),
    Fault("D12", "too few examples", too_few, more_data, counted=rises, mends=False),
)  # fmt: skip
