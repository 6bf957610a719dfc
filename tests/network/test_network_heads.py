"""Every head through one battery, and each loss against its formula in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from wxb.errors import WxbError
from wxb.learning.evaluate import prediction
from wxb.network.heads import HEADS
from wxb.notation.vocabulary import HEADS as WORDS
from wxb.tasks import TASKS

SCORES = torch.tensor([[1.2, -0.7, 0.4], [-2.1, 0.3, 0.9], [0.05, 0.15, -1.4], [3.0, 2.5, 0.5]], dtype=torch.float64)
CLASSES = torch.tensor([0, 2, 1, 1])
SHARES = torch.tensor([[0.7, 0.3, 0.0], [0.0, 0.0, 1.0], [0.2, 0.5, 0.3], [0.0, 1.0, 0.0]], dtype=torch.float64)
LABELS = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]])
NUMBERS = torch.tensor([[0.5, -0.5, 2.0], [1.0, 1.0, 1.0], [0.0, 0.0, -3.0], [3.0, 2.5, 0.5]])


BYTES = torch.tensor([[0, 1, 2], [3, 0, 1], [1, 1, 1], [2, 0, 0]], dtype=torch.uint8)


def softmax(scores: list[float], target: list[float]) -> float:
    total = sum(math.exp(s) for s in scores)
    return sum(-t * math.log(math.exp(s) / total) for s, t in zip(scores, target, strict=True))


def svm(scores: list[float], target: list[float]) -> float:
    def of(true: int) -> float:
        return sum(max(0, s - scores[true] + 1) for j, s in enumerate(scores) if j != true)

    return sum(t * of(true) for true, t in enumerate(target))


def euclid(scores: list[float], target: list[float]) -> float:
    return sum((s - t) ** 2 for s, t in zip(scores, target, strict=True))


def sigmoids(scores: list[float], target: list[float]) -> float:
    yes = [1 / (1 + math.exp(-s)) for s in scores]
    return -sum(t * math.log(y) + (1 - t) * math.log(1 - y) for y, t in zip(yes, target, strict=True)) / len(scores)


FORMULAS: dict[str, Callable[[list[float], list[float]], float]] = {
    "SOFTMAX": softmax,
    "SVM": svm,
    "EUCLID": euclid,
    "SIGMOIDS": sigmoids,
    "SELF": lambda scores, target: euclid(scores, target) / len(scores),
}
TARGETS: dict[str, tuple[Tensor, ...]] = {  # the forms that a head takes
    "SOFTMAX": (CLASSES, SHARES),
    "SVM": (CLASSES, SHARES),
    "EUCLID": (NUMBERS, CLASSES, SHARES),
    "SIGMOIDS": (LABELS, SHARES),
    "SELF": (NUMBERS, BYTES),
}
EACH = [
    pytest.param(name, targets, id=f"{name}-{n}") for name, forms in TARGETS.items() for n, targets in enumerate(forms)
]
each_head = pytest.mark.parametrize(("name", "targets"), EACH)


def rows(targets: Tensor) -> list[list[float]]:
    """Targets as a number for every score."""
    if targets.ndim == 1:
        targets = torch.nn.functional.one_hot(targets, 3)
    return targets.double().tolist()


def test_no_head_of_the_notation_is_forgotten():
    assert set(HEADS) == set(WORDS) == {*TARGETS, "TAGS"} == {*FORMULAS, "TAGS"}  # TAGS: test_tasks_tags


@each_head
def test_the_loss_of_each_example_is_the_formula(name, targets):
    found = HEADS[name].loss(SCORES, targets)
    expected = [FORMULAS[name](s, t) for s, t in zip(SCORES.tolist(), rows(targets), strict=True)]
    assert found.shape == (4,)
    assert found.tolist() == pytest.approx(expected, rel=1e-12, abs=1e-15)


@each_head
def test_the_gradient_of_the_loss_is_the_numeric_one(name, targets):
    scores = SCORES.clone().requires_grad_()
    weights = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)
    (gradient,) = torch.autograd.grad((HEADS[name].loss(scores, targets) * weights).sum(), scores)
    numeric = torch.zeros_like(SCORES)
    step = 1e-3
    for i in range(4):
        for j in range(3):
            moved = torch.zeros_like(SCORES)
            moved[i, j] = step

            def value(times: int, moved: Tensor = moved) -> Tensor:
                return (HEADS[name].loss(SCORES + times * moved, targets) * weights).sum()

            numeric[i, j] = (8 * (value(1) - value(-1)) - (value(2) - value(-2))) / (12 * step)
    assert float((gradient - numeric).norm() / numeric.norm()) <= 1e-7


@each_head
def test_one_example_alone_costs_what_it_costs_among_others(name, targets):
    whole = HEADS[name].loss(SCORES, targets)
    assert torch.equal(HEADS[name].loss(SCORES[2:3], targets[2:3]), whole[2:3])


@each_head
def test_float32_scores_have_float32_losses(name, targets):
    found = HEADS[name].loss(SCORES.float(), targets)
    torch.testing.assert_close(found, HEADS[name].loss(SCORES, targets).float())


@pytest.mark.parametrize("name", ["SOFTMAX", "SVM", "EUCLID"])
def test_class_numbers_cost_what_their_one_hot_rows_cost(name):
    one_hot = torch.nn.functional.one_hot(CLASSES, 3).double()
    torch.testing.assert_close(HEADS[name].loss(SCORES, CLASSES), HEADS[name].loss(SCORES, one_hot))


@pytest.mark.parametrize("name", TARGETS)
def test_losses_stay_finite_for_scores_far_apart(name):
    scores = torch.tensor([[1e4, -1e4, 0.0]], requires_grad=True)
    targets = torch.tensor([1]) if "classification" in HEADS[name].tasks else torch.tensor([[0.0, 1.0, 1.0]])
    found = HEADS[name].loss(scores, targets)
    (gradient,) = torch.autograd.grad(found.sum(), scores)
    assert bool(found.isfinite().all())
    assert bool(gradient.isfinite().all())
    assert float(gradient.abs().sum()) > 0


# --- label smoothing ---


def test_label_smoothing_moves_a_share_to_all_classes_equally():
    found = HEADS["SOFTMAX"].loss(SCORES, CLASSES, label_smoothing=0.3)
    expected = []
    for s, t in zip(SCORES.tolist(), rows(CLASSES), strict=True):
        expected.append(softmax(s, [0.7 * share + 0.1 for share in t]))
    assert found.tolist() == pytest.approx(expected, rel=1e-12)


def test_label_smoothing_of_shares_is_that_of_their_classes():
    found = HEADS["SOFTMAX"].loss(SCORES, SHARES, label_smoothing=0.3)
    each = [HEADS["SOFTMAX"].loss(SCORES, torch.full((4,), c), label_smoothing=0.3) for c in range(3)]
    torch.testing.assert_close(found, (torch.stack(each, 1) * SHARES).sum(1))


@pytest.mark.parametrize("name", [name for name in TARGETS if name != "SOFTMAX"])
def test_label_smoothing_is_refused_where_there_are_no_probabilities(name):
    with pytest.raises(WxbError) as error:
        HEADS[name].loss(SCORES, TARGETS[name][0], label_smoothing=0.1)
    assert str(error.value) == (
        f"`label_smoothing` is for SOFTMAX; {name} has no probabilities to smooth\n  fix: `label_smoothing=0`"
    )


# --- probabilities ---


def test_only_softmax_and_sigmoids_have_probabilities():
    found = [name for name, head in HEADS.items() if head.probabilities(SCORES) is not None]
    assert found == ["SOFTMAX", "SIGMOIDS", "TAGS"]


@given(st.lists(st.floats(-30, 30), min_size=3, max_size=3), st.integers(0, 2))
def test_the_loss_of_softmax_is_minus_the_logarithm_of_its_probability(scores, true):
    logits = torch.tensor([scores], dtype=torch.float64)
    probabilities = HEADS["SOFTMAX"].probabilities(logits)
    assert probabilities is not None
    assert HEADS["SOFTMAX"].loss(logits, torch.tensor([true])).item() == pytest.approx(
        -math.log(probabilities[0, true].item()), rel=1e-9, abs=1e-12
    )


@pytest.mark.parametrize("name", TASKS["classification"].heads)
def test_the_class_with_the_greatest_score_is_predicted(name):
    predicted = prediction(SCORES, HEADS[name], "classification", ("a", "b", "c"))
    assert predicted.values.tolist() == [0, 2, 1, 0]
    assert predicted.classes == ("a", "c", "b", "a")


def test_a_label_is_predicted_if_its_probability_is_above_a_half():
    predicted = prediction(SCORES, HEADS["SIGMOIDS"], "multilabel", ("a", "b", "c"))
    assert np.array_equal(predicted.values, predicted.probabilities > 0.5)
    assert predicted.values.dtype == np.int64


def test_numbers_are_predicted_as_they_are():
    predicted = prediction(SCORES, HEADS["EUCLID"], "regression", ("a", "b", "c"))
    assert np.array_equal(predicted.values, SCORES.float().numpy())


def test_every_head_can_learn_some_kind_of_target_and_every_kind_has_a_head():
    assert all(head.tasks for head in HEADS.values())
    assert all(name in HEADS for task in TASKS.values() for name in task.heads)
