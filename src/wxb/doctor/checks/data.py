"""Faults of the data: labels, features, and how the examples are split."""

from __future__ import annotations

import numpy as np

from wxb.doctor.fault import Evidence, Fault, Remedy
from wxb.doctor.measures import Measures

RATIO = 100.0  # of the standard deviations of two columns, from which one hides the other
OFFSET = 10.0  # of a column's mean, in its standard deviations
TINY = 1e-2  # a standard deviation


def no_signal(found: Measures) -> Evidence | None:
    """Nothing predicts the targets better than a constant does."""
    references = found.references
    constant, error = references["constant"], found.base.error
    if "nearest neighbour" not in references or found.base.score > constant + 2 * error:
        return None
    best = max(references["nearest neighbour"], references["linear"])
    if best > constant + max(2 * error, 0.01):
        return None
    return {"network": found.base.score, "constant": constant, "best_baseline": best, "standard_error": error}


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
    ratio, offset = float(deviations.max() / deviations.min()), float((means / deviations).max())
    largest, least = float(deviations.max()), float(deviations.min())
    if ratio <= RATIO and offset <= OFFSET and least >= TINY and largest <= OFFSET:
        return None
    return {"deviation_ratio": ratio, "mean_in_deviations": offset, "least_deviation": least, "largest": largest}


def standardized(found: Measures) -> list[Remedy]:
    """Standardize by the training part."""
    return [{"normalize": "std"}]


def nothing(found: Measures) -> list[Remedy]:
    """No setting mends it."""
    return []


def rejoin(found: Measures) -> list[Remedy]:
    """The labels have to be looked at."""
    return [{"data": "join the labels to their examples again; features that predict nothing look the same"}]


FAULTS = (
    Fault("D1", "labels that nothing predicts: shuffled, or no signal", no_signal, rejoin, counted=True),
    Fault("D4", "inputs not scaled", not_scaled, standardized),
)
