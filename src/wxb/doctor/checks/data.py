"""Faults of the data: labels, features, and how the examples are split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Dataset
from wxb.doctor.columns import correlated, labels_alone, shifted_channels
from wxb.doctor.fault import DataChange, Evidence, Fault, Remedy
from wxb.doctor.measures import Measures

RATIO = 100.0  # of the standard deviations of two columns, from which one hides the other
OFFSET = 10.0  # of a column's mean, in its standard deviations
TINY = 1e-2  # a standard deviation
LEAKED = 0.01  # of the validation examples, that are in the training part too
NOISY = 0.1  # of the labels; classes that overlap are doubted too, so side runs have to tell
DRIFT = 0.5  # of a column's mean between training and validation, in standard deviations
RARE = 0.1  # share of the rarest class
FEW = 50  # training examples of a class
GAP = 0.15  # of the score on training and on validation examples
UNLIKELY = 1e-6
LEARNED = 0.9  # a score that may come from a single column


def nothing(found: Measures) -> list[Remedy]:
    """No setting mends it."""
    return []


# --- labels ----------------------------------------------------------------------------------------------------------


def no_signal(found: Measures) -> Evidence | None:
    """Nothing predicts the targets better than a constant does."""
    references = found.references
    constant, error = references["constant"], found.base.error
    if "nearest neighbour" not in references or found.base.score > constant + 2 * error:
        return None
    best = max(references["nearest neighbour"], references["linear"])
    if best > constant + max(2 * error, 0.01) or off_by_one(found) is not None:
        return None
    return {"network": found.base.score, "constant": constant, "best_baseline": best, "standard_error": error}


def rejoin(found: Measures) -> list[Remedy]:
    """The labels have to be looked at."""
    return [{"data": "join the labels to their examples again; features that predict nothing look the same"}]


def noisy_labels(found: Measures) -> Evidence | None:
    """Labels that a simple model, which has not seen them, contradicts with confidence."""
    if not found.task.exclusive or not found.behind_perfect(NOISY):
        return None
    share = len(found.doubted) / max(1, len(found.neighbouring[0]))
    return {"doubted_share": share, "doubted": float(len(found.doubted))} if share > NOISY else None


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
    return {"places": float(way), "nearest_neighbour": score, "as_given": given}


def rolled(found: Measures) -> list[Remedy]:
    """Move the labels by a place."""
    evidence = off_by_one(found)
    assert evidence is not None
    way = int(evidence["places"])

    def roll(data: Dataset) -> Dataset:
        return replace(data, targets=np.roll(data.targets, way, axis=0), known=None)

    return [{"data": DataChange(f"move the labels by {way:+d} row", roll)}]


# --- features --------------------------------------------------------------------------------------------------------


def not_scaled(found: Measures) -> Evidence | None:
    """Inputs that reach the network as they are, in very different sizes."""
    if found.recipe.normalize != "none":
        return None
    means, deviations = found.moments
    moving = deviations > 0
    if not moving.any():
        return None
    means, deviations = np.abs(means[moving]), deviations[moving]
    if found.case.data.spatial:  # pixels share a unit
        means, deviations = means.mean(keepdims=True), np.sqrt(np.square(deviations).mean(keepdims=True))
    # beside the median: a pixel that hardly ever changes hides nothing
    usual, largest = float(np.median(deviations)), float(deviations.max())
    offset = float(np.median(means / deviations))
    if largest <= RATIO * usual and offset <= OFFSET and usual >= TINY and largest <= OFFSET:
        return None
    return {"largest_deviation": largest, "median_deviation": usual, "mean_in_deviations": offset}


def standardized(found: Measures) -> list[Remedy]:
    """Standardize by the training part."""
    return [{"normalize": "std"}]


def useless_columns(found: Measures) -> Evidence | None:
    """Columns that never change or repeat another one, in a network that does worse than a baseline."""
    if found.case.data.spatial or not found.behind(found.best_reference):
        return None
    constant = int((found.moments[1] == 0).sum())
    double = len(correlated(found.sample))
    return {"constant": float(constant), "double": float(double)} if constant + double else None


def without_useless(found: Measures) -> list[Remedy]:
    """Leave them out."""
    places = np.union1d(np.flatnonzero(found.moments[1] == 0), correlated(found.sample)).astype(np.int64)
    return without(found, places)


def without(found: Measures, places: NDArray[np.int64]) -> list[Remedy]:
    """Leave columns out: by name in a table, else as constants."""
    data = found.case.data
    if data.columns is not None:
        return []  # features of a table are not its columns
    if len(places) >= data.shape[0]:
        return []

    def clear(data: Dataset) -> Dataset:
        examples = data.examples.copy()
        examples[:, places] = 0
        return replace(data, examples=examples, known=None)

    names = ", ".join(str(place) for place in places[:5]) + (", …" if len(places) > 5 else "")
    return [{"data": DataChange(f"leave out the features {names}", clear)}]


def not_finite(found: Measures) -> Evidence | None:
    """Inputs that are NaN or infinite."""
    count = int((~np.isfinite(found.sample)).sum())
    return {"not_finite": float(count), "looked_at": float(found.sample.size)} if count else None


def filled(found: Measures) -> list[Remedy]:
    """The median of the column."""
    return [{"fill": "median"}]


def target_in_features(found: Measures) -> Evidence | None:
    """A column that has one value for each class, or is the target on another scale."""
    if found.case.data.spatial or found.case.data.shape[0] < 2:
        return None
    train = found.rows_of_sample
    score, place = labels_alone(found.sample, found.case.data.targets[train], found.task.exclusive)
    if place is None or found.base.score < LEARNED:
        return None
    return {"column": float(place), "score_alone": score, "network": found.base.score}


def without_target(found: Measures) -> list[Remedy]:
    """Drop the column, unless it is known when one predicts."""
    evidence = target_in_features(found)
    assert evidence is not None
    place = int(evidence["column"])
    names = found.case.data.features
    if names and found.case.data.columns is not None:
        column = names[place]
        return [{"drop": column}]
    return [{"data": f"leave out feature {place}, unless it is known before the target is"}]


def drifted(found: Measures) -> Evidence | None:
    """Validation examples prepared in another way than those of training."""
    if found.gap < GAP:
        return None
    shift, place = found.drift
    if shift < DRIFT + 5 / len(found.case.data.split.validation) ** 0.5:
        return None
    return {
        "shift_in_deviations": shift,
        "column": float(place),
        "train": found.base.train,
        "network": found.base.score,
    }


def alike(found: Measures) -> list[Remedy]:
    """Prepare them as in training: the same mean and deviation of each number."""
    if found.case.data.columns is not None:
        return []
    train = found.case.data.split.train

    def prepare(data: Dataset) -> Dataset:
        examples = np.asarray(data.examples, np.float32).copy()
        others = np.setdiff1d(np.arange(len(examples)), train)
        axes = (0, *range(2, examples.ndim))
        mean, deviation = examples[train].mean(axes, keepdims=True), examples[train].std(axes, keepdims=True)
        theirs = examples[others]
        spread = theirs.std(axes, keepdims=True)
        examples[others] = (theirs - theirs.mean(axes, keepdims=True)) / np.where(spread > 0, spread, 1)
        examples[others] = examples[others] * deviation + mean
        return replace(data, examples=examples, known=None)

    return [{"data": DataChange("prepare validation and test examples as those of training", prepare)}]


def torn_channels(found: Measures) -> Evidence | None:
    """Pictures read in the wrong order of memory: neighbouring pixels have nothing to do with each other."""
    if not found.case.data.spatial:
        return None
    now, again = shifted_channels(found.pictures)
    if not (now < 0.5 and again > 0.8):
        return None
    return {"neighbours": now, "neighbours_read_again": again}


def reread(found: Measures) -> list[Remedy]:
    """Read the same numbers with channels last."""

    def change(data: Dataset) -> Dataset:
        count, channels, height, width = data.examples.shape
        last = np.ascontiguousarray(data.examples).reshape(count, height, width, channels)
        return replace(data, examples=np.ascontiguousarray(last.transpose(0, 3, 1, 2)), known=None)

    return [{"data": DataChange("read the pictures as height x width x channels", change)}]


# --- split -----------------------------------------------------------------------------------------------------------


def leaked(found: Measures) -> Evidence | None:
    """Validation examples that are in the training part too, and are scored better than the others."""
    held = found.case.held.split
    seen = np.isin(found.copies[np.concatenate([held.validation, held.test])], found.copies[held.train])
    if not LEAKED < seen.mean() < 1:
        return None
    scores = np.concatenate([found.base.first, found.base.second])
    others = scores[~seen]
    error = (scores[seen].var() / seen.sum() + others.var() / len(others)) ** 0.5
    drop = float(scores.mean() - others.mean())
    if scores[seen].mean() - others.mean() <= 2 * error or drop <= 0.01:
        return None
    return {"copies_share": float(seen.mean()), "network": float(scores.mean()), "without_copies": float(others.mean())}


def regroup(found: Measures) -> list[Remedy]:
    """Split again."""
    return [{"data": "split again with copies in one part, as wxb splits data that come without a test part"}]


def rare_class(found: Measures) -> Evidence | None:
    """A class so rare that the network leaves it out."""
    if not found.task.exclusive or len(found.strata[1]) < 2:
        return None
    shares = found.shares("train")
    rarest = float(shares[shares > 0].min())
    balanced, plain = found.balanced_score, found.base.score
    if rarest >= RARE or plain - balanced < 0.1 or plain > found.references["constant"] + 2 * found.base.error:
        return None
    return {"rarest_class": rarest, "balanced_accuracy": balanced, "accuracy": plain}


def weighted(found: Measures) -> list[Remedy]:
    """Weigh every class the same."""
    return [{"class_weight": "balanced"}]


def not_shuffled(found: Measures) -> Evidence | None:
    """Classes whose shares differ between the parts beyond chance, unless whole groups make them differ."""
    from scipy.stats import chi2

    strata, names = found.strata
    split = found.case.data.split
    if len(names) < 2 or not len(split.validation) or found.case.data.groups is not None:
        return None
    counted = np.array([np.bincount(strata[part], minlength=len(names)) for part in (split.train, split.validation)])
    counted = counted[:, counted.sum(0) > 0]
    expected = counted.sum(1, keepdims=True) * counted.sum(0) / counted.sum()
    usable = expected.min(0) >= 1
    statistic = float((((counted - expected) ** 2 / expected)[:, usable]).sum())
    p = float(chi2.sf(statistic, max(1, usable.sum() - 1)))
    # of a class with fewer than 5 expected examples, chance may leave out all: then there are too few examples
    absent = int(((counted[0] == 0) & (expected[0] >= 5)).sum())
    if p >= UNLIKELY and not absent:
        return None
    return {"chi_squared": statistic, "p": p, "absent_classes": float(absent)}


def shuffled(found: Measures) -> list[Remedy]:
    """Split again by chance, by class."""
    return [{"split": (0.64, 0.11, 0.25)}]


def too_few(found: Measures) -> Evidence | None:
    """Few examples of a class, all of them learned by heart."""
    _, names = found.strata
    per_class = len(found.case.held.split.train) / max(1, len(names))
    if per_class >= FEW or found.base.train < 0.95 or found.gap < GAP:
        return None
    return {"examples_per_class": per_class, "train": found.base.train, "network": found.base.score}


def more_data(found: Measures) -> list[Remedy]:
    """No setting mends it."""
    return [{"data": "more examples"}]


FAULTS = (
    Fault("D9", "inputs that are no finite numbers", not_finite, filled, counted=True),
    Fault("D14", "a split that is not shuffled", not_shuffled, shuffled, counted=True),
    Fault("D3", "labels of the example before or behind", off_by_one, rolled),
    Fault("D1", "labels that nothing predicts: shuffled, or no signal", no_signal, rejoin, counted=True),
    Fault("D6", "validation examples that are in the training part", leaked, regroup, counted=True),
    Fault("D7", "the target among the features", target_in_features, without_target, counted=True),
    Fault("D11", "pictures read in the wrong order", torn_channels, reread),
    Fault("D10", "validation prepared otherwise than training", drifted, alike),
    Fault("D4", "inputs not scaled", not_scaled, standardized),
    Fault("D2", "labels partly wrong", noisy_labels, pruned),
    Fault("D8", "a rare class that is left out", rare_class, weighted, balanced=True),
    Fault("D5", "constant or double columns", useless_columns, without_useless),
    Fault("D12", "too few examples", too_few, more_data, mends=False),
)
