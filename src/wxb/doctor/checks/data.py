"""Faults of the data: features, and how the examples are split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Dataset
from wxb.doctor.columns import correlated, labels_alone, shifted_channels
from wxb.doctor.fault import DataChange, Evidence, Fault, Remedy, always, never
from wxb.doctor.measures import Measures

RATIO = 100.0  # of the standard deviations of two columns, from which one hides the other
OFFSET = 10.0  # of a column's mean, in its standard deviations
TINY = 1e-2  # a standard deviation
LEAKED = 0.01  # of the validation examples, that are in the training part too
FLATTERED = 0.02  # of the score, by them
DRIFT = 0.5  # of a column's mean between training and validation, in standard deviations
RARE = 0.1  # share of the rarest class
FAR_OFF = 2.0  # the same, where the gap of the scores is small
GAP, SMALL_GAP = 0.15, 0.05  # of the score on training and on validation examples
UNLIKELY = 1e-6
LEARNED = 0.9  # a score that may come from a single column


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
    return {
        "largest_standard_deviation": largest,
        "median_standard_deviation": usual,
        "mean_over_standard_deviation": offset,
    }


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
    """Leave features of arrays out, as constants."""
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
    return {"not_finite": float(count), "numbers_checked": float(found.sample.size)} if count else None


def filled(found: Measures) -> list[Remedy]:
    """The median of the column."""
    return [{"fill": "median"}]


def target_in_features(found: Measures) -> Evidence | None:
    """A column that has one value for each class, or is the target on another scale."""
    if found.case.data.spatial or found.case.data.shape[0] < 2:
        return None
    score, place = _alone(found)
    if place is None or found.base.score < LEARNED:
        return None
    return {**_number(found, place), "score_of_column_alone": score, "validation_score": found.base.score}


def _alone(found: Measures) -> tuple[float, int | None]:
    return labels_alone(found.sample, found.case.data.targets[found.rows_of_sample], found.task.exclusive)


def _number(found: Measures, place: int) -> dict[str, float]:
    """The number of what an input comes from: a column of a table, from 1; a channel or a feature, from 0."""
    column = found.case.data.column_of(place)
    if column is not None:
        return {"column": float(column[1])}
    return {"channel" if found.case.data.spatial else "feature": float(place)}


def without_target(found: Measures) -> list[Remedy]:
    """Drop the column, unless it is known when one predicts."""
    _, place = _alone(found)
    assert place is not None
    column = found.case.data.column_of(place)
    if column is not None:
        return [{"drop": column[0]}]
    return [{"data": f"leave out feature {place}, unless it is known before the target is"}]


def drifted(found: Measures) -> Evidence | None:
    """Validation examples prepared in another way than those of training."""
    if found.gap < SMALL_GAP:
        return None
    shift, place = found.drift
    least = DRIFT if found.gap >= GAP else FAR_OFF
    if shift < least + 5 / len(found.case.data.split.validation) ** 0.5:
        return None
    return {
        "mean_shift_in_standard_deviations": shift,
        **_number(found, place),
        "training_score": found.base.train,
        "validation_score": found.base.score,
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
    return {"correlation_of_neighbouring_pixels": now, "correlation_read_channels_last": again}


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
    rows = np.concatenate([held.validation, held.test])
    seen = np.isin(found.copies[rows], found.copies[held.train])
    own = np.isin(rows, found.case.data.split.validation)  # without training examples that fill it up
    if not own.any() or not (seen[own].mean() > LEAKED and seen.mean() < 1):
        return None
    scores = np.concatenate([found.base.first, found.base.second])
    others = scores[~seen]
    error = (scores[seen].var() / seen.sum() + others.var() / len(others)) ** 0.5
    drop = float(scores[own].mean() - others.mean())
    if scores[seen].mean() - others.mean() <= 2 * error or drop <= FLATTERED:
        return None
    return {
        "share_of_copies": float(seen[own].mean()),
        "validation_score": float(scores[own].mean()),
        "score_without_copies": float(others.mean()),
    }


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
    return {"share_of_rarest_class": rarest, "balanced_accuracy": balanced, "accuracy": plain}


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


COUNTED = (
    Fault("D9", "inputs that are no finite numbers", not_finite, filled, counted=always),
    Fault("D14", "a split that is not shuffled", not_shuffled, shuffled, counted=always),
)
FEATURES = (
    Fault("D6", "validation examples that are in the training part", leaked, regroup, counted=always, flatters=True),
    Fault("D7", "the target among the features", target_in_features, without_target, counted=always, flatters=True),
    Fault("D11", "pictures read in the wrong order", torn_channels, reread),
    Fault("D10", "validation prepared otherwise than training", drifted, alike),
    Fault("D4", "inputs not scaled", not_scaled, standardized),
)
RARE_CLASS = (Fault("D8", "a rare class that is left out", rare_class, weighted, balanced=True),)
COLUMNS = (
    # no fault by itself: only a proof names it
    Fault("D5", "constant or double columns", useless_columns, without_useless, likely=never),
)
