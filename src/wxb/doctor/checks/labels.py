"""Faults of the labels: shuffled, moved, partly wrong, or too few."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Dataset
from wxb.doctor.checks.training import rate_too_low, too_short
from wxb.doctor.doubling import fewer
from wxb.doctor.fault import DataChange, Evidence, Fault, Remedy, always
from wxb.doctor.labels import LEAST_OF_A_CLASS
from wxb.doctor.measures import FAR_BEHIND, Measures
from wxb.doctor.proof import gain_of

ROOM = 0.1  # above the score of a constant: of a rare class nearly all other answers are right
NOISY = 0.1  # of the labels; classes that overlap are doubted too, so side runs have to tell
WRONG = 0.2  # of the labels at random, from which a network that learns them by heart suffers
BY_HEART = 0.05  # of the score on training examples and on others, which have as many wrong labels
REINDEXED = 0.3  # of the score, on training and on validation, and with the classes as given and as they fit
BEYOND_DOUBT = 0.6  # of it, which proves another order where there are
LEAST_HELD, FEW_HELD = 12, 60  # validation examples: enough to see the order of the classes, too few for side runs
FEW = 50  # training examples of a class
GAP = 0.15  # of the score on training and on validation examples,
SMALL_GAP = 0.05  # or at least this one, where the score rises steeply with the number of examples:
RISES = 0.03  # of the score, with twice the examples,
STEEP, STILL_STEEP = 0.1, 0.05  # with each doubling, and with the last one


def no_signal(found: Measures) -> Evidence | None:
    """Nothing predicts the targets better than a constant does."""
    references = found.references
    constant, error = references["constant"], found.base.error
    if "nearest neighbour" not in references or found.base.score > constant + 2 * error or not untold(constant, error):
        return None
    best = max(references["nearest neighbour"], references["linear"])
    if best > constant + max(2 * error, 0.01) or moved(found) is not None:
        return None
    if found.linear_signal:
        return None
    return {"validation_score": found.base.score, "constant": constant, "best_baseline": best, "standard_error": error}


def untold(constant: float, error: float) -> bool:
    """Whether a constant leaves so much to learn that a network which learns nothing tells something of the labels."""
    return 1 - constant > max(ROOM, 5 * error)


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
    if unlearned(found):
        return None
    looked_at = found.neighbouring[0]
    if np.bincount(found.case.data.targets[looked_at].astype(np.int64)).min() < LEAST_OF_A_CLASS:
        return None
    share = len(found.doubted) / max(1, len(looked_at))
    return {"share_of_doubted_labels": share, "doubted_labels": float(len(found.doubted))} if share > NOISY else None


def unlearned(found: Measures) -> bool:
    """Whether training examples are learned worse than a baseline answers others, or no better for want of time.

    What a training has not learned says nothing of its labels.
    """
    if found.base.train < found.best_reference - FAR_BEHIND:
        return True
    return found.gap <= BY_HEART and (too_short(found) is not None or rate_too_low(found) is not None)


def wrong_by_heart(found: Measures) -> bool:
    """Whether labels are wrong at random, and learned so well that this cannot but harm."""
    if not found.task.exclusive or found.gap <= BY_HEART:
        return False
    noise = found.noise
    return noise is not None and noise.least > WRONG and found.base.score < 1 - noise.share + 2 * found.base.error


def pruned(found: Measures) -> list[Remedy]:
    """Learn without the labels that are doubted."""
    rows = found.doubted

    def prune(data: Dataset) -> Dataset:
        return replace(data, split=replace(data.split, train=np.setdiff1d(data.split.train, rows)))

    text = f"leave out, or label again, the {len(rows):,} training examples whose labels are doubted"
    names = [found.case.data.called(row) for row in rows.tolist()]
    return [{"data": DataChange(text, prune, names)}]


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
    evidence = {"classes_moved": changed, "nearest_neighbour": again, "as_given": given}
    return {**evidence, "validation_examples": float(len(wanted))}


def beyond_doubt(evidence: Evidence) -> bool:
    """Whether the classes have another order, by so few examples that no side run could prove it."""
    if "classes_moved" not in evidence or evidence["validation_examples"] >= FEW_HELD:
        return False
    return evidence["nearest_neighbour"] - evidence["as_given"] >= BEYOND_DOUBT


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
    """Move the labels by a row: 1 is down, -1 is up."""

    def roll(data: Dataset) -> Dataset:
        return replace(data, targets=np.roll(data.targets, way, axis=0), known=None)

    where, taken = ("down", "before") if way > 0 else ("up", "after")
    return [{"data": DataChange(f"move the labels {where} by a row: a row gets the label of the row {taken} it", roll)}]


def too_few(found: Measures) -> Evidence | None:
    """Few examples of a class, which are learned better than others are answered."""
    _, names = found.strata
    per_class = len(found.case.held.split.train) / max(1, len(names))
    if per_class >= FEW or found.gap < SMALL_GAP:
        return None
    quarter, half, whole = found.neighbour_curve
    if whole - quarter < (2 * RISES if found.gap >= GAP else 1.5 * STEEP) or whole <= half or wrong_by_heart(found):
        return None
    return {
        "examples_per_class": per_class,
        "training_score": found.base.train,
        "validation_score": found.base.score,
    }


def risen(found: Measures, evidence: Evidence) -> Evidence | None:
    """What the score gained with more examples; None if it did not, or not steeply where the gap is small."""
    curve = _curve(found)
    if found.gap < GAP and not steep(found.base.score, curve):
        return None
    return {**evidence, **curve}


def steep(score: float, curve: Mapping[str, float]) -> bool:
    """Whether the score surely rose by much with each doubling of the examples, and still does."""
    if curve.get("gain_at_least", 0.0) <= 0 or curve["gain_of_a_doubling"] < STEEP:
        return False
    return score - curve["score_with_half"] >= STILL_STEEP


def _curve(found: Measures) -> dict[str, float]:
    """What twice the examples gain, by side runs with half and with a quarter of them and as many steps."""
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
    Fault(
        "D3",
        "labels of the example before or behind, or of other classes",
        moved,
        moved_back,
        counted=beyond_doubt,
    ),
    Fault("D1", "labels that nothing predicts: shuffled, or no signal", no_signal, rejoin, counted=always),
)
OF_SOME = (
    Fault("D12", "too few examples", too_few, more_data, counted=rises, mends=False, curve=risen),
    Fault(
        "D2", "labels partly wrong", noisy_labels, pruned,
        counted=lambda evidence: "share_of_wrong_labels" in evidence,
    ),
)  # fmt: skip
