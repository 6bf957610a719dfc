"""Baselines: right on data whose answer is known, on the same test examples, the same twice, within their budget."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from tests.runs.small import three_blobs
from wxb.data import load_data
from wxb.data.dataset import Dataset
from wxb.statistics import wilson
from wxb.trials import baselines as module
from wxb.trials.baselines import Baseline, baselines


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
    linear = baselines(data)["linear"]
    train, test = data.split.train, data.split.test
    scaler = StandardScaler().fit(data.examples[train])
    reference = Ridge(alpha=penalty_of(linear)).fit(scaler.transform(data.examples[train]), data.targets[train])
    expected = reference.score(scaler.transform(data.examples[test]), data.targets[test])
    assert linear.score == pytest.approx(expected, abs=1e-4)


def penalty_of(baseline: Baseline) -> float:
    return float(baseline.about.split("L2 penalty ")[1].split(";")[0])


def faint_signals(examples: int = 600) -> Dataset:
    """Rows of 400 numbers, each of which differs a little between two classes: a tenth of its standard deviation."""
    rng = np.random.default_rng(0)
    targets = np.arange(examples) // 4 % 2
    points = rng.normal(size=(examples, 400)) + 0.1 * targets[:, None]
    return replace(three_blobs(examples), examples=points.astype(np.float32), targets=targets, classes=("no", "yes"))


def test_a_strong_penalty_is_chosen_where_every_column_tells_a_little():
    data = faint_signals()
    linear = baselines(data)["linear"]
    train, test = data.split.train, data.split.test
    scaler = StandardScaler().fit(data.examples[train])
    x, t = scaler.transform(data.examples[train]), scaler.transform(data.examples[test])
    weak = LogisticRegression(C=1, max_iter=1000).fit(x, data.targets[train]).score(t, data.targets[test])
    # one row of weights instead of two
    same = LogisticRegression(C=2 / penalty_of(linear), max_iter=1000).fit(x, data.targets[train])
    assert penalty_of(linear) >= 10
    assert linear.score > weak + 0.02
    assert linear.score == pytest.approx(same.score(t, data.targets[test]), abs=0.01)


def test_a_weak_penalty_is_chosen_where_a_column_tells_the_classes_apart():
    data = faint_signals()
    examples = np.hstack([data.examples, data.targets[:, None] * 10]).astype(np.float32)
    linear = baselines(replace(data, examples=examples))["linear"]
    assert penalty_of(linear) < 1
    assert linear.score > 0.9


def test_without_a_validation_part_a_fifth_of_the_training_part_chooses():
    data = faint_signals()
    split = replace(data.split, validation=data.split.validation[:0])
    assert penalty_of(baselines(replace(data, split=split))["linear"]) >= 10


def test_too_few_examples_to_choose_by_leave_the_usual_penalty():
    assert penalty_of(baselines(numbers(40))["linear"]) == 1


def test_a_table_is_fitted_as_it_stands_without_the_pieces_of_its_numbers(tmp_path):
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(2000, 2))
    colours = rng.integers(0, 3, 2000)
    logits = numbers @ [2, -1] + np.array([-1, 0, 1])[colours]
    said = rng.random(2000) < 1 / (1 + np.exp(-logits))
    lines = [
        f"{a:.6f},{b:.6f},{['red', 'green', 'blue'][c]},{'yes' if one else 'no'}"
        for (a, b), c, one in zip(numbers.tolist(), colours.tolist(), said.tolist(), strict=True)
    ]
    (tmp_path / "table.csv").write_text("\n".join(["a,b,colour,bought", *lines]) + "\n")
    data = load_data(tmp_path / "table.csv", target="bought")
    train, test = data.split.train, data.split.test
    scaled = np.hstack([(numbers - numbers[train].mean(0)) / numbers[train].std(0), np.eye(3)[colours]])
    linear = baselines(data)["linear"]
    reference = LogisticRegression(C=2 / penalty_of(linear)).fit(scaled[train], data.targets[train])
    assert data.shape[0] > 20  # pieces
    assert linear.score == pytest.approx(reference.score(scaled[test], data.targets[test]), abs=0.003)
    assert data.inputs.shape[1] == data.shape[0]  # the network's own features are what they were


def test_samples_follow_from_the_operations_allowed_and_are_said():
    data = digits_like()
    least = 64 * 100 * 25  # 25 references of 64 numbers for 100 test examples
    found = baselines(data, least=least)
    assert found["nearest neighbour"].about == "a sample of 25 of 250 training examples"
    assert "a sample of 6 of 250" in found["linear"].about
    more = baselines(data, operations=64 * 100 * 50 / module.SHARE, least=least)
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
