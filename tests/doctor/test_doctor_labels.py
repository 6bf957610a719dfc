"""What neighbours say about labels: noise is told from classes that overlap, and batches in order from mixed ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris, load_wine

import wxb
from wxb.doctor import labels
from wxb.doctor.case import Case
from wxb.doctor.diagnose import diagnose
from wxb.doctor.groups import hint, noise_in_groups
from wxb.doctor.measures import Measures
from wxb.doctor.side import SideRuns

X, Y = load_digits(return_X_y=True)
X = X.astype(np.float32)


def wrong(y, share, seed=0):
    draw = np.random.default_rng(seed)
    rows = draw.permutation(len(y))[: round(share * len(y))]
    changed = y.copy()
    changed[rows] = (y[rows] + draw.integers(1, y.max() + 1, len(rows))) % (y.max() + 1)
    return changed


def blobs(distance, classes=3, count=900):
    """Classes that overlap the more, the nearer they are."""
    draw = np.random.default_rng(0)
    y = np.arange(count) % classes
    angle = 2 * np.pi * y / classes
    centres = distance * np.stack([np.cos(angle), np.sin(angle)], 1)
    return (centres + draw.normal(size=(count, 2))).astype(np.float32), y


@pytest.mark.parametrize("share", [0.25, 0.35, 0.4])
def test_the_share_of_wrong_labels_is_told(share):
    found = labels.noise(wrong(Y, share), labels.neighbours(X), 10)
    assert found is not None
    assert abs(found.share - share) < 0.05
    assert found.least < found.share


@pytest.mark.parametrize("classes", [3, 4, 5, 8])
@pytest.mark.parametrize("distance", [0.5, 0.65, 1.0, 1.5, 2.0, 3.0, 4.0])
def test_classes_that_overlap_are_not_taken_for_wrong_labels(distance, classes):
    for count in (300, 900):
        x, y = blobs(distance, classes, count)
        found = labels.noise(y, labels.neighbours(x), classes)
        assert found is None or found.least < 0.1


def test_shuffled_labels_three_classes_and_few_examples_say_nothing():
    nearest = labels.neighbours(X)
    assert labels.noise(np.random.default_rng(0).permutation(Y), nearest, 10) is None
    assert labels.noise(wrong(Y % 3, 0.3), nearest, 3) is None
    assert labels.noise(Y[:150], labels.neighbours(X[:150]), 10) is None


@pytest.mark.parametrize("size", [4, 16, 64])
def test_batches_in_the_order_of_the_classes_are_told_from_mixed_ones(size):
    ordered = np.sort(Y)
    parts = [ordered[place : place + size] for place in range(0, 1024, size)]
    mixed = np.random.default_rng(0).permutation(ordered)
    assert labels.mixing(parts) < 0.3
    assert labels.mixing([mixed[place : place + size] for place in range(0, 1024, size)]) > 0.9
    assert labels.mixing(parts[:3]) == 1


def diagnosed(data, network="FC-64-RELU, SOFTMAX", **options):
    return diagnose(Case(data, network, {"epochs": 15, "learning_rate": 0.006, **options}, {}, "digits"))


def test_labels_that_are_wrong_at_random_and_learned_by_heart_are_counted():
    found = diagnosed(wxb.load_data(X[:1000], wrong(Y[:1000], 0.35)))
    assert [(one.code, one.severity, one.proof) for one in found.findings] == [("D2", "sick", None)]
    assert 0.3 < found.findings[0].evidence["share_of_wrong_labels"] < 0.42
    assert "leave out, or label again" in found.findings[0].remedy["data"]


def test_some_wrong_labels_leave_a_training_healthy():
    assert diagnosed(wxb.load_data(X[:1000], wrong(Y[:1000], 0.1))).healthy


def test_few_examples_are_counted_by_the_curve_of_side_runs():
    data = wxb.load_data(X, Y)
    few = replace(data, split=replace(data.split, train=data.split.train[:60]))
    (finding, *_) = diagnosed(few, epochs=40).findings
    assert (finding.code, finding.severity) == ("D12", "sick")
    assert finding.evidence["score_with_half"] < finding.evidence["validation_score"]


def test_a_rare_class_is_not_taken_for_labels_that_nothing_predicts():
    data = wxb.load_data("disc", examples=1000, seed=0)
    rows = np.sort(np.concatenate([np.flatnonzero(data.targets == 0), np.flatnonzero(data.targets == 1)[:20]]))
    found = diagnosed(wxb.load_data(data.examples[rows], data.targets[rows]), "FC-24-TANH, SOFTMAX", epochs=10)
    assert "D1" not in [one.code for one in found.findings]


@pytest.mark.parametrize("maker", [load_iris, load_wine])
def test_a_hint_is_seen_in_labels_of_few_examples_and_rarely_in_shuffled_ones(maker):
    x, y = maker(return_X_y=True)
    draw = np.random.default_rng(0)
    x = x.astype(np.float32)
    for _ in range(10):
        rows = draw.permutation(len(y))[:120]
        assert hint(x[rows], y[rows], 3)
    assert sum(hint(x, draw.permutation(y), 3) for _ in range(40)) < 20


def test_classes_that_are_numbered_otherwise_in_validation_are_numbered_back():
    data = wxb.load_data(X[:1000], Y[:1000])
    targets = data.targets.copy()
    held = data.split.validation
    targets[held] = (targets[held] + 1) % 10
    (finding,) = diagnosed(replace(data, targets=targets, known=None)).findings
    assert (finding.code, finding.severity) == ("D3", "sick")
    assert "1 → 0" in finding.remedy["data"]
    assert finding.proof.after > finding.proof.before + 0.2


def grouped(share, maker=load_wine, seed=0):
    x, y = maker(return_X_y=True)
    return x.astype(np.float32), wrong(y, share, seed)


@pytest.mark.parametrize("maker", [load_iris, load_wine])
def test_the_share_of_wrong_labels_of_three_separate_groups_is_told(maker):
    found = [noise_in_groups(*grouped(0.35, maker, seed), 3) for seed in range(5)]
    told = [one for one in found if one is not None]
    assert len(told) >= 3
    assert all(abs(one.share - 0.35) < 0.1 and 0.25 < one.least < one.share for one in told)
    assert all(noise_in_groups(*grouped(share, maker), 3) is None for share in (0, 0.1, 0.15))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("distance", [0.3, 0.65, 1.0, 1.5, 2.0, 3.0])
def test_two_or_three_classes_that_overlap_are_not_taken_for_wrong_labels(distance, classes):
    for count in (120, 300, 900):
        assert noise_in_groups(*blobs(distance, classes, count), classes) is None


@pytest.mark.parametrize("toy", ["spirals", "ring", "moons", "quadrants"])
def test_curved_borders_are_not_taken_for_wrong_labels(toy):
    for seed in range(3):
        data = wxb.load_data(toy, examples=200, seed=seed)
        x = np.asarray(data.inputs, np.float32)
        assert noise_in_groups(x, data.targets.astype(np.int64), 2) is None


def test_an_answer_that_is_uncertain_by_nature_is_not_taken_for_wrong_labels():
    draw = np.random.default_rng(0)
    for count in (120, 500):
        x = draw.normal(size=(count, 10)).astype(np.float32)
        y = (draw.random(count) < 1 / (1 + np.exp(-x.sum(axis=1) / 2))).astype(np.int64)
        assert noise_in_groups(x, y, 2) is None


def test_wrong_labels_of_three_classes_in_a_small_table_are_counted():
    (finding,) = diagnosed(wxb.load_data(*grouped(0.35, seed=2)), "FC-24-RELU, SOFTMAX", epochs=60).findings
    assert (finding.code, finding.severity) == ("D2", "sick")
    assert 0.3 < finding.evidence["share_of_wrong_labels"] < 0.45


def test_few_examples_with_a_small_gap_are_counted_where_the_curve_is_steep():
    data = wxb.load_data("spirals", examples=1000, seed=0)
    few = replace(data, split=replace(data.split, train=data.split.train[:60]))
    network, options = "FC-64-RELU-FC-64-RELU, SOFTMAX", {"epochs": 60, "batch_size": 64, "learning_rate": 0.01}
    (finding, *_) = diagnosed(few, network, **options).findings
    assert (finding.code, finding.severity) == ("D12", "sick")
    assert finding.evidence["training_score"] - finding.evidence["validation_score"] < 0.15
    assert diagnosed(data, network, **options).healthy


def test_inputs_that_are_not_scaled_come_before_too_few_examples():
    x = X[:1000].copy()
    x[:, 4::8] *= 1e3
    (finding, *_) = diagnosed(wxb.load_data(x, Y[:1000]), epochs=20, normalize="none").findings
    assert (finding.code, finding.severity) == ("D4", "sick")


def test_classes_of_few_validation_examples_are_counted_where_another_order_is_beyond_doubt():
    x, y = load_iris(return_X_y=True)
    data = wxb.load_data(x.astype(np.float32), y, seed=3000)
    targets = data.targets.copy()
    targets[data.split.train] = (targets[data.split.train] + 1) % 3
    found = diagnosed(replace(data, targets=targets, known=None), "FC-16-RELU, SOFTMAX", epochs=80, learning_rate=0.01)
    assert [(one.code, one.severity) for one in found.findings] == [("D3", "sick")]


def test_sentences_are_neighbours_by_their_words(tmp_path):
    draw = np.random.default_rng(0)
    rest = ["the", "a", "food", "place", "was", "it", "my", "we", "in", "with", "soup", "table", "window"]
    kinds = (["bad", "poor", "rude", "slow", "stale"], ["good", "fine", "nice", "great", "kind"])
    lines = []
    for n in range(300):
        words = [*draw.choice(rest, 8), *draw.choice(kinds[n % 2], 3)]
        lines.append(f"{' '.join(draw.permutation(words))},{n % 2}")
    (tmp_path / "reviews.csv").write_text("\n".join(["text,kind", *lines]) + "\n")
    data = wxb.load_data(tmp_path / "reviews.csv", target="kind", types="text=words", task="classification")
    case = Case(data, "EMBED-8-GAP, SOFTMAX", {}, {}, data.name)
    found = Measures(case, SideRuns(case, 0.0))
    assert len(found.doubted) <= 0.02 * len(found.neighbouring[0])
