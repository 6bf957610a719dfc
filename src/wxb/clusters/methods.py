"""Methods of clustering, by scikit-learn, and how the number of clusters is chosen."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wxb.data.split import spread
from wxb.errors import WxbError
from wxb.text import count

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

STARTS = 4  # of k-means, of which the best is kept
MOST_TRIED = 15  # clusters, where their number is chosen
TRIED_ON = 3_000  # points, spread evenly, that choose it
COMPONENTS = 30  # that a mixture and HDBSCAN see of more numbers: distances in many dimensions are all alike
LEAST_SHARE, LEAST = 0.005, 5  # of the points, and of them at least, in a cluster of HDBSCAN
MIXTURE = {"covariance_type": "diag", "reg_covar": 1e-3}


@dataclass(frozen=True, eq=False)
class Found:
    """The cluster of each point (n,), from 0, -1 for none; how far it is from the middle of its cluster (n,)."""

    labels: Ints
    distances: NDArray[np.float64]
    how: str  # "k-means, 10 clusters as asked"
    tried: dict[int, float]  # the score of each number of clusters that was tried: silhouette, or BIC
    score: str = ""  # what it is


def kmeans(values: Floats, k: int | None, seed: int) -> Found:
    """Lloyd's k-means, the best of four starts by k-means++ (Arthur, Vassilvitskii 2007).

    Without k, the number from 2 to 15 with the greatest mean silhouette (Rousseeuw 1987) on at most 3,000 points.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    def fit(some: Floats, clusters: int) -> Any:
        return KMeans(clusters, n_init=STARTS, random_state=seed).fit(some)

    tried: dict[int, float] = {}
    if k is None:
        some = values[spread(np.arange(len(values)), TRIED_ON)]
        for clusters in range(2, min(MOST_TRIED, different(some) - 1) + 1):
            tried[clusters] = float(silhouette_score(some, fit(some, clusters).labels_))
        chosen = max(tried, key=lambda one: tried[one], default=2)  # two different points are two clusters
    labels = fit(values, k or chosen).labels_.astype(np.int64)
    how = f"k-means, {count(k or chosen)} clusters {'as asked' if k else 'by silhouette'}"
    return Found(labels, from_middles(values, labels), how, tried, "silhouette")


def mixture(values: Floats, k: int | None, seed: int) -> Found:
    """A mixture of Gaussians with a variance for each number, fitted by expectation and maximization.

    Without k, the number from 1 to 15 with the least Bayesian information criterion (Schwarz 1978), on at most 3,000
    points. Of more than 30 numbers the principal components are seen.
    """
    from sklearn.mixture import GaussianMixture

    seen = components(values, seed)

    def fit(some: Floats, clusters: int) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a fit that has not converged is no worse than its start
            return GaussianMixture(clusters, random_state=seed, **MIXTURE).fit(some)

    tried: dict[int, float] = {}
    if k is None:
        some = seen[spread(np.arange(len(seen)), TRIED_ON)]
        for clusters in range(1, min(MOST_TRIED, different(some)) + 1):
            tried[clusters] = float(fit(some, clusters).bic(some))
        chosen = min(tried, key=lambda one: tried[one])
    labels = fit(seen, k or chosen).predict(seen).astype(np.int64)
    how = f"Gaussian mixture, {count(k or chosen)} clusters {'as asked' if k else 'by BIC'}{_reduced(values, seen)}"
    return Found(labels, from_middles(seen, labels), how, tried, "BIC")


def hdbscan(values: Floats, k: int | None, seed: int) -> Found:
    """HDBSCAN (Campello, Moulavi, Sander 2013): dense groups of any shape; what lies between is in no cluster.

    It finds how many there are. A cluster has at least a two-hundredth of the points, and 5. Of more than 30 numbers
    the principal components are seen. Raises WxbError if k is given.
    """
    from sklearn.cluster import HDBSCAN

    if k is not None:
        raise WxbError("hdbscan finds how many clusters there are", fix='leave out `k`, or `method="kmeans"`')
    seen = components(values, seed)
    least = max(LEAST, int(LEAST_SHARE * len(seen)))
    labels = HDBSCAN(min_cluster_size=least, copy=True).fit(seen).labels_.astype(np.int64)
    clusters, none = int(labels.max()) + 1, int((labels < 0).sum())
    how = f"HDBSCAN, {count(clusters)} clusters of at least {least}, {count(none)} in none{_reduced(values, seen)}"
    return Found(labels, from_middles(seen, labels), how, {})


METHODS: dict[str, Callable[[Floats, int | None, int], Found]] = {
    "kmeans": kmeans,
    "mixture": mixture,
    "hdbscan": hdbscan,
}


def check(values: Floats, k: int | None) -> None:
    """Raise WxbError if there are fewer different points than clusters, or than clustering takes."""
    there = different(values)
    if there < max(k or 2, 2):
        raise WxbError(
            f"{count(k)} clusters of {count(there)} different points" if k else "all examples are the same point",
            "expected at least one for each cluster",
            f"`k={there}`" if k and there > 1 else "examples that differ",
        )


def different(values: Floats) -> int:
    """How many different points there are."""
    return len(np.unique(values, axis=0))


def components(values: Floats, seed: int) -> Floats:
    """The first principal components of points of many numbers; the points themselves if they have few."""
    if values.shape[1] <= COMPONENTS:
        return values
    from sklearn.decomposition import PCA

    reduced = PCA(min(COMPONENTS, len(values) - 1), random_state=seed, svd_solver="randomized").fit_transform(values)
    return np.asarray(reduced, np.float32)


def _reduced(values: Floats, seen: Floats) -> str:
    return f", in {seen.shape[1]} principal components" if seen.shape[1] < values.shape[1] else ""


def from_middles(values: Floats, labels: Ints) -> NDArray[np.float64]:
    """The Euclidean distance of each point (n,) from the mean of its cluster; NaN in none."""
    distances = np.full(len(values), np.nan)
    for cluster in range(int(labels.max(initial=-1)) + 1):
        inside = labels == cluster
        if inside.any():
            distances[inside] = np.linalg.norm(values[inside] - values[inside].mean(axis=0), axis=1)
    return distances
