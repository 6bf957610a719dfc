"""Baselines: right on data whose answer is known, on the same test examples, the same twice, within their budget."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from tests.runs.small import three_blobs
from wxb.data.dataset import Dataset
from wxb.statistics import wilson
from wxb.trials import baselines as module
from wxb.trials.baselines import baselines


def digits_like(examples: int = 400, side: int = 8) -> Dataset:
    """Pictures of bytes in four classes: a bright quarter each, with noise."""
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 4, examples)
    pictures = rng.integers(0, 120, (examples, 1, side, side))
    half = side // 2
    for picture, target in zip(pictures, targets, strict=True):
        row, column = divmod(int(target), 2)
        picture[0, row * half : (row + 1) * half, column * half : (column + 1) * half] += 60
    split = replace(three_blobs(examples).split, how="every fourth row tests")
    return Dataset("quarters", pictures.astype(np.uint8), targets, "classification", ("a", "b", "c", "d"), split)


def numbers(examples: int = 200) -> Dataset:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(examples, 5)).astype(np.float32) * [1, 10, 100, 0.1, 1]
    targets = (
        points @ np.array([[1, 0], [0.2, 1], [0.01, 0], [5, 1], [0, 0]]) + 3 + rng.normal(size=(examples, 2)) * 0.1
    )
    data = three_blobs(examples)
    return replace(
        data,
        examples=points.astype(np.float32),
        targets=targets.astype(np.float32),
        task="regression",
        classes=("x", "y"),
    )


def labels(examples: int = 200) -> Dataset:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(examples, 4)).astype(np.float32)
    targets = (points[:, :3] + 0.3 * rng.normal(size=(examples, 3)) > 0.2).astype(np.float32)
    return replace(three_blobs(examples), examples=points, targets=targets, task="multilabel", classes=("p", "q", "r"))


MADE = {"rows": three_blobs, "pictures": digits_like, "numbers": numbers, "labels": labels}


@pytest.mark.parametrize("kind", MADE)
def test_every_task_has_three_baselines_that_are_the_same_twice(kind):
    data = MADE[kind]()
    first, second = baselines(data, seed=1), baselines(data, seed=1)
    assert list(first) == ["mean" if kind == "numbers" else "majority", "nearest neighbour", "linear"]
    for name, found in first.items():
        assert replace(found, seconds=0) == replace(second[name], seconds=0)
        assert found.interval[0] <= found.score <= found.interval[1]
    assert first["linear"].score > next(iter(first.values())).score


def test_the_majority_is_counted_in_training_and_scored_in_the_test():
    data = three_blobs()
    targets = data.targets.copy()
    targets[data.split.train[:30]] = 1
    targets[data.split.test] = 2
    targets[data.split.test[:12]] = 1
    found = baselines(replace(data, targets=targets))["majority"]
    assert (found.score, found.about) == (12 / 30, "always left")
    assert found.interval == wilson(12, 30)


def test_the_nearest_neighbour_equals_scikit_learns():
    data = digits_like()
    flat = data.examples.reshape(len(data.examples), -1).astype(np.float64)
    train, test = data.split.train, data.split.test
    reference = KNeighborsClassifier(1, algorithm="brute").fit(flat[train], data.targets[train])
    assert baselines(data)["nearest neighbour"].score == reference.score(flat[test], data.targets[test])


def test_the_linear_model_comes_as_far_as_scikit_learns():
    data = digits_like()
    flat = data.examples.reshape(len(data.examples), -1) / 255
    train, test = data.split.train, data.split.test
    scaled = (flat - flat[train].mean(axis=0)) / np.sqrt(flat[train].var(axis=0).mean())
    reference = LogisticRegression(max_iter=1000).fit(scaled[train], data.targets[train])
    assert baselines(data)["linear"].score == pytest.approx(reference.score(scaled[test], data.targets[test]), abs=0.03)


@pytest.mark.parametrize("examples", [200, 8])
def test_ridge_equals_scikit_learns_with_more_and_with_fewer_examples_than_features(examples):
    data = numbers(examples)
    train, test = data.split.train, data.split.test
    scaler = StandardScaler().fit(data.examples[train])
    reference = Ridge(alpha=1.0).fit(scaler.transform(data.examples[train]), data.targets[train])
    expected = reference.score(scaler.transform(data.examples[test]), data.targets[test])
    assert baselines(data)["linear"].score == pytest.approx(expected, abs=1e-4)


def test_samples_follow_from_the_operations_allowed_and_are_said(monkeypatch):
    data = digits_like()
    monkeypatch.setattr(module, "LEAST", 64 * 100 * 25)  # 25 references of 64 numbers for 100 test examples
    found = baselines(data)
    assert found["nearest neighbour"].about == "a sample of 25 of 250 training examples"
    assert "a sample of 6 of 250" in found["linear"].about
    more = baselines(data, operations=64 * 100 * 50 / module.SHARE)
    assert more["nearest neighbour"].about == "a sample of 50 of 250 training examples"


def test_large_pictures_are_shrunk_before_they_are_compared():
    data = digits_like(side=96)
    assert module._features(data) == 32 * 32
    assert baselines(data)["linear"].score > 0.9


def test_a_constant_feature_does_no_harm():
    data = three_blobs()
    found = baselines(replace(data, examples=np.hstack([data.examples, np.ones((120, 1), np.float32)])))
    assert found["linear"].score > 0.9


def test_without_test_examples_there_are_no_baselines():
    data = three_blobs()
    assert baselines(replace(data, split=replace(data.split, test=np.array([], np.int64)))) == {}


def test_a_single_training_example_is_said_in_the_singular():
    data = three_blobs()
    one = replace(data.split, train=data.split.train[:1])
    assert baselines(replace(data, split=one))["nearest neighbour"].about == "all 1 training example"
