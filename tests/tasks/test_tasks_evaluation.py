"""Evaluations, against scikit-learn and against cases worked by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from wxb.errors import WxbError
from wxb.learning.evaluate import evaluate
from wxb.network.heads import HEADS
from wxb.statistics import wilson
from wxb.tasks.classification import ClassificationEvaluation
from wxb.tasks.metrics import calibration, fit, roc_area
from wxb.tasks.multilabel import MultilabelEvaluation
from wxb.tasks.regression import RegressionEvaluation

NAMES = ("ant", "bee", "cat", "dog")


def classes(
    examples: int = 200, count: int = 4, seed: int = 0, head: str = "SOFTMAX"
) -> tuple[ClassificationEvaluation, dict]:
    """An evaluation of scores that know something, and what it was made of."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, count, examples)
    logits = rng.normal(size=(examples, count)).astype(np.float32)
    logits[np.arange(examples), targets] += 1.5
    rows = np.arange(examples) + 1000
    found = evaluate(torch.from_numpy(logits), targets, HEADS[head], "classification", NAMES[:count], rows)
    assert isinstance(found, ClassificationEvaluation)
    return found, {"targets": targets, "logits": logits, "predicted": logits.argmax(axis=1)}


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("seed", range(3))
def test_scores_of_classes_equal_scikit_learns(count, seed):
    found, made = classes(count=count, seed=seed)
    targets, predicted = made["targets"], made["predicted"]
    probabilities = torch.from_numpy(made["logits"]).double().softmax(dim=1).numpy()
    assert found.accuracy == metrics.accuracy_score(targets, predicted)
    assert found.balanced_accuracy == pytest.approx(metrics.balanced_accuracy_score(targets, predicted))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(targets, predicted, zero_division=0)
    for i, score in enumerate(found.per_class):
        assert (score.name, score.support) == (NAMES[i], support[i])
        assert (score.precision, score.recall, score.f1) == pytest.approx((precision[i], recall[i], f1[i]))
    assert np.array_equal(found.confusion, metrics.confusion_matrix(targets, predicted))
    assert found.log_loss == pytest.approx(metrics.log_loss(targets, probabilities))
    assert found.loss == pytest.approx(found.log_loss, rel=1e-5)
    if count == 2:
        assert found.roc_area == pytest.approx(metrics.roc_auc_score(targets, probabilities[:, 1]))
    else:
        assert found.roc_area is None


def test_accuracy_has_wilsons_interval():
    found, made = classes()
    right = int((made["targets"] == made["predicted"]).sum())
    assert found.interval == wilson(right, 200)
    assert found.summary() == {
        "examples": 200,
        "loss": found.loss,
        "accuracy": right / 200,
        "interval": list(found.interval),
    }


def test_mistakes_are_the_most_confident_first_and_name_their_rows():
    found, made = classes()
    probabilities = torch.from_numpy(made["logits"]).double().softmax(dim=1).numpy()
    chances = [mistake.probability for mistake in found.mistakes]
    assert chances == sorted(chances, reverse=True)
    wrong = made["targets"] != made["predicted"]
    assert chances[0] == probabilities.max(axis=1)[wrong].max()
    for mistake in found.mistakes:
        i = mistake.row - 1000
        assert mistake.given == NAMES[made["targets"][i]]
        assert mistake.predicted == NAMES[made["predicted"][i]]
        assert mistake.given != mistake.predicted


def test_a_head_without_probabilities_has_no_calibration_but_mistakes():
    found, _ = classes(head="SVM")
    assert found.calibration_error is None
    assert found.log_loss is None
    assert found.mistakes
    assert all(mistake.probability is None for mistake in found.mistakes)


def test_a_class_without_examples_does_not_count_in_the_balanced_accuracy():
    logits = torch.tensor([[2.0, 1, 0], [0.0, 1, 2]])
    found = evaluate(logits, np.array([0, 1]), HEADS["SOFTMAX"], "classification", NAMES[:3])
    assert found.balanced_accuracy == 0.5
    assert [score.support for score in found.per_class] == [1, 1, 0]
    assert found.per_class[2].precision == 0


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_scores_that_are_not_finite_are_refused(value):
    with pytest.raises(WxbError, match="scores are not finite"):
        evaluate(torch.tensor([[1.0, value]]), np.array([0]), HEADS["SOFTMAX"], "classification", NAMES[:2])


# --- single scores ----------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=2, max_size=60))
@settings(max_examples=200)
def test_the_roc_area_equals_scikit_learns_with_ties(pairs):
    positive = np.array([pair[0] for pair in pairs])
    values = np.array([pair[1] for pair in pairs], np.float64)
    if positive.all() or not positive.any():
        assert roc_area(positive, values) is None
    else:
        assert roc_area(positive, values) == pytest.approx(metrics.roc_auc_score(positive, values))


def test_the_calibration_error_of_a_case_by_hand():
    # two of three right at 0.95 (bin (14/15, 1]), none of one at 0.5 (bin (7/15, 8/15])
    error, bins = calibration(np.array([0.95, 0.95, 0.95, 0.5]), np.array([True, True, False, False]))
    assert error == pytest.approx(3 / 4 * abs(2 / 3 - 0.95) + 1 / 4 * 0.5)
    assert [(bin.examples, bin.accuracy) for bin in bins] == [(1, 0.0), (3, pytest.approx(2 / 3))]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80))
def test_calibration_counts_every_example_once(pairs):
    confidence = np.array([pair[0] for pair in pairs])
    error, bins = calibration(confidence, np.array([pair[1] for pair in pairs]))
    assert sum(bin.examples for bin in bins) == len(pairs)
    assert 0 <= error <= 1
    for bin in bins:
        assert bin.low - 1e-9 <= bin.confidence <= bin.high + 1e-9


# --- labels and numbers -----------------------------------------------------------------------------------------------


def test_scores_of_labels_equal_scikit_learns():
    rng = np.random.default_rng(0)
    targets = (rng.random((150, 3)) < 0.4).astype(np.float32)
    logits = (rng.normal(size=(150, 3)) + 2 * targets - 1).astype(np.float32)
    found = evaluate(torch.from_numpy(logits), targets, HEADS["SIGMOIDS"], "multilabel", NAMES[:3])
    assert isinstance(found, MultilabelEvaluation)
    predicted = logits > 0
    assert found.exact_match == pytest.approx(metrics.accuracy_score(targets > 0, predicted))
    assert found.label_accuracy == pytest.approx(1 - metrics.hamming_loss(targets > 0, predicted))
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(targets > 0, predicted)
    for i, score in enumerate(found.per_class):
        assert (score.precision, score.recall, score.f1) == pytest.approx((precision[i], recall[i], f1[i]))
        assert found.roc_areas[i] == pytest.approx(metrics.roc_auc_score(targets[:, i], logits[:, i]))
    first = found.mistakes[0]
    label = first.given.split(":")[0]
    assert {first.given, first.predicted} == {f"{label}: yes", f"{label}: no"}


def test_scores_of_numbers_equal_scikit_learns():
    rng = np.random.default_rng(0)
    targets = rng.normal(size=(300, 2)).astype(np.float32) * [1, 100]
    predicted = (targets + rng.normal(size=(300, 2)) * [0.3, 50]).astype(np.float32)
    targets = targets.astype(np.float32)
    found = evaluate(torch.from_numpy(predicted), targets, HEADS["EUCLID"], "regression", ("width", "price"))
    assert isinstance(found, RegressionEvaluation)
    assert found.fit.r2 == pytest.approx(metrics.r2_score(targets, predicted))
    assert found.fit.rmse == pytest.approx(metrics.root_mean_squared_error(targets, predicted))
    assert found.fit.mae == pytest.approx(metrics.mean_absolute_error(targets, predicted))
    assert found.per_target["price"].rmse == pytest.approx(
        metrics.root_mean_squared_error(targets[:, 1], predicted[:, 1])
    )
    assert {"examples", "loss", "r2", "r2_interval", "rmse", "rmse_interval"} <= set(found.summary())
    assert found.mistakes[0].given.split(":")[0] in ("width", "price")


def test_intervals_of_numbers_hold_the_score_and_are_the_same_again():
    rng = np.random.default_rng(1)
    given = rng.normal(size=400)
    predicted = given + rng.normal(size=400) * 0.5
    found = fit(given, predicted, seed=3)
    for name in ("r2", "rmse", "mae"):
        low, high = getattr(found, f"{name}_interval")
        assert low < getattr(found, name) < high
    assert fit(given, predicted, seed=3) == found
    assert fit(given, predicted, seed=4) != found


def test_the_interval_of_the_error_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(2)
    covered = 0
    for seed in range(60):
        errors = rng.normal(size=200)
        low, high = fit(errors, np.zeros(200), seed).rmse_interval
        covered += low <= 1 <= high
    assert covered >= 50  # 57 expected; fewer than 50 has a probability below 0.1 %


@pytest.mark.parametrize(("predicted", "r2"), [(5.0, 1.0), (4.0, 0.0)])
def test_targets_that_are_all_alike_have_a_finite_score(predicted, r2):
    assert fit(np.full(10, 5.0), np.full(10, predicted), seed=0).r2 == r2


def test_evaluations_are_plain_data():
    found, _ = classes()
    assert dataclasses.asdict(found)["confusion"][0][0] == found.confusion[0][0]


def many_classes(examples: int = 3000, count: int = 3000) -> tuple[ClassificationEvaluation, np.ndarray, np.ndarray]:
    """An example a class, all right but those of the first 125 classes, which are taken for the class 5 later."""
    targets = np.arange(examples) % count
    predicted = np.where(targets < 125, (targets + 5) % count, targets)
    logits = np.zeros((examples, count), np.float32)
    logits[np.arange(examples), predicted] = 2
    names = tuple(f"class {number}" for number in range(count))
    found = evaluate(torch.from_numpy(logits), targets, HEADS["SOFTMAX"], "classification", names)
    assert isinstance(found, ClassificationEvaluation)
    return found, targets, predicted


def test_of_many_classes_the_confusion_is_that_of_the_hundred_with_the_most_mistakes():
    found, targets, predicted = many_classes()
    # 5 to 124 have two mistakes each, one as the class given and one as the class predicted; 0 to 4 and 125 to 129 one
    assert found.confusion_classes == tuple(f"class {number}" for number in range(5, 105))
    whole = metrics.confusion_matrix(targets, predicted)
    assert np.array_equal(found.confusion, whole[5:105, 5:105])
    assert found.tables()["confusion_classes"] == list(found.confusion_classes)


def test_of_many_classes_every_one_has_its_scores():
    found, targets, predicted = many_classes()
    precision, recall, f1, support = metrics.precision_recall_fscore_support(targets, predicted, zero_division=0)
    expected = np.stack([precision, recall, f1, support], axis=1)
    scores = [(one.precision, one.recall, one.f1, one.support) for one in found.per_class]
    assert np.allclose(scores, expected)


def test_a_hundred_classes_have_their_whole_confusion():
    targets = np.arange(300) % 100
    logits = torch.nn.functional.one_hot(torch.from_numpy(targets), 100).float()
    found = evaluate(logits, targets, HEADS["SOFTMAX"], "classification", tuple(map(str, range(100))))
    assert np.array_equal(found.tables()["confusion"], 3 * np.eye(100))
    assert "confusion_classes" not in found.tables()


@pytest.mark.parametrize("head", ["SOFTMAX", "SVM"])
def test_scores_in_several_pieces_are_evaluated_as_in_one(head, monkeypatch):
    whole, _ = classes(head=head)
    monkeypatch.setattr("wxb.learning.evaluate.SCORES_AT_ONCE", 50)
    pieces, _ = classes(head=head)
    assert pieces.loss == whole.loss
    assert [one.row for one in pieces.mistakes] == [one.row for one in whole.mistakes]
    assert (whole.log_loss is None) == (head == "SVM")
    assert pieces.log_loss == (whole.log_loss and pytest.approx(whole.log_loss, rel=1e-6))
