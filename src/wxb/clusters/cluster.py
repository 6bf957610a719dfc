"""Clustering: which examples are alike, what sets each group apart, and how it agrees with labels that are known."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.clusters import methods
from wxb.clusters.points import Points, points_of
from wxb.data.dataset import PARTS, Dataset
from wxb.errors import WxbError, nearest
from wxb.runs.run import Run
from wxb.settings.setting import Bounds, Setting
from wxb.tasks import TASKS
from wxb.text import count, percent, plural

if TYPE_CHECKING:
    from wxb.data.dataset import Labels

K = Setting("k", int, None, "Number of clusters", "cluster", Bounds(2, 1_000))
MOST = Setting("most", int, None, "Examples to look at", "cluster", Bounds(2, 10**9))
PART = Setting("part", str, "all", "Part of the data", "cluster", choices=("all", *PARTS))
SEED = Setting("seed", int, 0, "Seed of the starts", "cluster", Bounds(0, 2**32 - 1))
APART = 3  # columns that are named for what sets a cluster apart,
FAR = 0.5  # if their means are so many standard deviations off


@dataclass(frozen=True)
class Group:
    """A cluster: its number from 0, the places of its points from its middle outwards, and what is known of it."""

    number: int
    members: NDArray[np.int64]
    apart: tuple[tuple[str, float], ...]  # columns whose mean is farthest from that of all, in standard deviations
    label: str = ""  # the most frequent label,
    share: float = 0.0  # and its share of the cluster

    @property
    def sentence(self) -> str:
        """What the cluster is like: "7 in 94.1 %", "alcohol +1.3, pH -0.8"; empty if nothing tells."""
        said = [f"{self.label} in {percent(self.share)}"] if self.label else []
        said += [", ".join(f"{name} {far:+.1f}" for name, far in self.apart)] if self.apart else []
        return "; ".join(said)


@dataclass(frozen=True, eq=False, repr=False)
class Clustering:
    """The clusters of a data set's examples.

    `labels` (n,) are their numbers from 0, the largest cluster first, -1 for an example in none; `rows` (n,) are the
    examples' places in `data`; `distances` (n,) are those from the middle of the cluster. `agreement` is the adjusted
    Rand index with the classes that the examples are labelled with (Hubert, Arabie 1985), None without classes.
    """

    points: Points
    labels: NDArray[np.int64]
    distances: NDArray[np.float64]
    groups: tuple[Group, ...]
    how: str
    tried: dict[int, float]
    score: str
    silhouette: float | None
    agreement: float | None

    def __repr__(self) -> str:
        return f"Clustering({self.data.name}: {self.how}; {self.about})"

    @property
    def data(self) -> Dataset:
        """The data set."""
        return self.points.data

    @property
    def rows(self) -> NDArray[np.int64]:
        """The examples' places in the data set (n,)."""
        return self.points.rows

    @property
    def about(self) -> str:
        """How good the clusters are, as far as that can be told."""
        said = [] if self.silhouette is None else [f"silhouette {self.silhouette:.3f}"]
        said += [] if self.agreement is None else [f"agreement with labels (ARI) {self.agreement:.3f}"]
        return ", ".join(said) or "nothing tells how good they are"


def cluster(
    of: Run | Dataset | str | PathLike[str],
    data: Dataset | None = None,
    *,
    k: int | None = None,
    method: str = "kmeans",
    on: str | None = None,
    part: str = "all",
    most: int | None = None,
    seed: int = 0,
) -> Clustering:
    """Group the examples of a data set, or of a run's data by the run's network, so that those in a group are alike.

    `of` is a run, its folder, or a data set; `data` is another data set for the run's network. `method` is "kmeans",
    "mixture" (of Gaussians) or "hdbscan"; without `k` the number of clusters is chosen: by silhouette, by the Bayesian
    information criterion, or by density. `on` is "code", "numbers" or a designed feature ("HOG"); by default the code
    of a run and the numbers of a data set. At most `most` examples of the `part` are taken, spread evenly.

    The same arguments give the same clusters. Raises WxbError for a wrong value, and for examples that are all alike.
    """
    if method not in methods.METHODS:
        like = nearest(method, methods.METHODS)
        raise WxbError(
            f"{method} is not a method of clustering" + (f"; {like} is" if like else ""),
            fix=f"one of {', '.join(methods.METHODS)}",
        )
    k = None if k is None else K.validate(k)
    most = None if most is None else MOST.validate(most)
    part, seed = PART.validate(part), SEED.validate(seed)
    opened = Run.open(str(of)) if isinstance(of, (str, PathLike)) else of
    points = points_of(opened, data, on, part, most)
    methods.check(points.values, k)
    found = methods.METHODS[method](points.values, k, seed)
    labels = _by_size(found.labels)
    told = _classes(points)
    return Clustering(
        points,
        labels,
        found.distances,
        tuple(_group(points, labels, found.distances, number, told) for number in range(int(labels.max()) + 1)),
        f"{found.how}, on {points.about}",
        found.tried,
        found.score,
        _silhouette(points.values, labels),
        None if told is None else _agreement(told.targets[points.rows], labels),
    )


def _by_size(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same clusters, numbered from the largest; of equal ones the first in the data comes first."""
    there = [int(one) for one in dict.fromkeys(labels[labels >= 0].tolist())]
    ranked = sorted(there, key=lambda one: -int((labels == one).sum()))
    renamed = np.full(len(labels), -1, np.int64)
    for rank, number in enumerate(ranked):
        renamed[labels == number] = rank
    return renamed


def _classes(points: Points) -> Labels | None:
    """The classes of the examples, if they are labelled with classes."""
    told = points.data.labels or (points.data.told if not TASKS[points.data.task].of_inputs else None)
    return told if told is not None and TASKS[told.task].exclusive else None


def _silhouette(values: NDArray[np.float32], labels: NDArray[np.int64]) -> float | None:
    """The mean silhouette of at most 3,000 points in clusters; None with fewer than two clusters."""
    from sklearn.metrics import silhouette_score

    from wxb.data.split import spread

    inside = spread(np.flatnonzero(labels >= 0), methods.TRIED_ON) if (labels >= 0).any() else np.zeros(0, np.int64)
    clusters = len(np.unique(labels[inside]))
    if not 2 <= clusters < len(inside):
        return None
    return float(silhouette_score(values[inside], labels[inside]))


def _agreement(given: NDArray[Any], labels: NDArray[np.int64]) -> float:
    """The adjusted Rand index; each example in no cluster is one of its own."""
    from sklearn.metrics import adjusted_rand_score

    alone = np.where(labels < 0, labels.max() + 1 + np.arange(len(labels)), labels)
    return float(adjusted_rand_score(given, alone))


def _group(
    points: Points,
    labels: NDArray[np.int64],
    distances: NDArray[np.float64],
    number: int,
    told: Labels | None,
) -> Group:
    members = np.flatnonzero(labels == number)
    members = members[np.argsort(distances[members], kind="stable")]
    label, share = "", 0.0
    if told is not None:
        often = np.bincount(told.targets[points.rows[members]].astype(np.int64), minlength=len(told.names))
        label, share = told.names[int(often.argmax())], float(often.max() / len(members))
    return Group(number, members, _apart(points, members), label, share)


def _apart(points: Points, members: NDArray[np.int64]) -> tuple[tuple[str, float], ...]:
    """The features of a table whose mean in the cluster is farthest from that of all, with how far."""
    names = points.data.features
    if not names or points.data.has_text:
        return ()
    values = np.asarray(points.data.inputs[points.rows], np.float64)
    std = values.std(axis=0)
    far = (values[members].mean(axis=0) - values.mean(axis=0)) / np.where(std > 0, std, 1)
    order = np.argsort(-np.abs(far), kind="stable")[:APART]
    return tuple((names[place], float(far[place])) for place in order if abs(far[place]) >= FAR)


def lines(found: Clustering) -> list[tuple[str, str]]:
    """What was done and how good it is, as (label, text)."""
    task = plural(len(found.rows), "example")
    chosen = [f"{k}: {value:.4g}" for k, value in found.tried.items()]
    return [
        ("data", f"{found.data.name}, {task}"),
        ("clusters", found.how),
        *([("tried", f"{found.score} by number of clusters: {', '.join(chosen)}")] if chosen else []),
        ("quality", found.about),
        *([("none", f"{count(int((found.labels < 0).sum()))} in no cluster")] if (found.labels < 0).any() else []),
    ]
