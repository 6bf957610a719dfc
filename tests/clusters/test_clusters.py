"""Clusters without labels: of data, of a run's code, and the tables that a person can name them in."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

import wxb
from wxb.clusters import cluster
from wxb.clusters.cluster import _by_size
from wxb.clusters.methods import check, from_middles
from wxb.errors import WxbError


@pytest.fixture
def blobs():
    """150 points in three round groups of 90, 40 and 20, labelled, in a mixed order."""
    random = np.random.default_rng(0)
    classes = random.permutation(np.repeat([0, 1, 2], [90, 40, 20]))
    middles = np.array([[0, 0, 0], [8, 0, 0], [0, 8, 0]])
    return wxb.load_data((middles[classes] + random.normal(size=(150, 3))).astype(np.float32), classes)


@pytest.mark.parametrize("method", ["kmeans", "mixture", "hdbscan"])
def test_round_groups_are_found_and_counted_without_being_told(method, blobs):
    found = cluster(blobs, method=method)
    sizes = [len(one.members) for one in found.groups]
    assert len(sizes) == 3
    assert sizes == sorted(sizes, reverse=True)
    assert found.agreement > (0.6 if method == "hdbscan" else 0.95)
    assert [one.label for one in found.groups] == ["0", "1", "2"]
    again = cluster(blobs, method=method)
    assert np.array_equal(found.labels, again.labels)


def test_k_means_and_its_scores_are_scikit_learn_s(blobs):
    found = cluster(blobs, k=4, seed=3)
    fitted = KMeans(4, n_init=4, random_state=3).fit(found.points.values)
    assert adjusted_rand_score(fitted.labels_, found.labels) == 1
    assert found.agreement == pytest.approx(adjusted_rand_score(blobs.targets, found.labels))
    assert found.silhouette == pytest.approx(silhouette_score(found.points.values, found.labels), abs=1e-6)


def test_the_number_of_clusters_is_that_of_the_best_silhouette(blobs):
    found = cluster(blobs)
    assert max(found.tried, key=found.tried.get) == 3
    assert len(found.groups) == 3


def test_members_stand_from_the_middle_outwards(blobs):
    found = cluster(blobs, k=3)
    for group in found.groups:
        assert (np.diff(found.distances[group.members]) >= 0).all()
        inside = found.points.values[group.members]
        assert found.distances[group.members[0]] == pytest.approx(
            np.linalg.norm(inside[0] - inside.mean(axis=0)), rel=1e-5
        )


def test_clusters_are_numbered_by_their_size_and_distances_of_none_are_missing():
    labels = np.array([5, 5, 2, 2, 2, -1, 7])
    assert _by_size(labels).tolist() == [1, 1, 0, 0, 0, -1, 2]
    distances = from_middles(np.arange(7, dtype=np.float32)[:, None], _by_size(labels))
    assert np.isnan(distances[5])
    assert distances[:2].tolist() == [0.5, 0.5]


def test_a_run_clusters_its_data_by_its_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = wxb.train(wxb.load_data("digits"), "FC-32-RELU-FC-6, SELF", epochs=2, out="run")
    found = cluster("run", k=10, part="test")
    assert found.points.values.shape == (449, 6)
    assert found.points.about == "the code of run, 6 numbers"
    assert 0 < found.agreement < 1
    other = cluster(run, wxb.load_data("digits"), k=10, most=100)
    assert len(other.rows) == 100
    classifier = wxb.train(wxb.load_data("digits"), "FC-12-RELU, SOFTMAX", epochs=1, out="classes")
    assert cluster(classifier, k=10, most=200).points.values.shape == (200, 12)


def test_a_table_says_what_sets_its_clusters_apart(tmp_path):
    random = np.random.default_rng(0)
    lines = ["size,weight,colour"]
    for number in range(120):
        large = number % 3 == 0
        lines.append(f"{random.normal() + 9 * large:.3f},{random.normal():.3f},{('red', 'blue')[large]}")
    (tmp_path / "table.csv").write_text("\n".join(lines) + "\n")
    found = cluster(wxb.load_data(tmp_path / "table.csv", task="reconstruction"), k=2)
    assert [len(one.members) for one in found.groups] == [80, 40]
    named = {name.partition("=")[0] for name, _ in found.groups[1].apart}
    assert named == {"size", "colour"}
    assert dict(found.groups[1].apart)["size"] > 1
    assert found.agreement is None


def test_designed_features_are_clustered_too():
    pictures = np.random.default_rng(0).integers(0, 255, (60, 1, 16, 16), dtype=np.uint8)
    found = cluster(wxb.load_data(pictures, task="reconstruction"), on="hog", k=3)
    assert found.points.about == "HOG, 36 numbers"


def test_examples_that_are_all_alike_are_refused():
    with pytest.raises(WxbError, match="all examples are the same point"):
        check(np.ones((30, 4), np.float32), None)
