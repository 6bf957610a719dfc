"""What training makes small: sums and means of losses, class weights, and penalties as their formulas have them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from wxb.data.dataset import Dataset, Split
from wxb.learning.objective import Objective, penalized
from wxb.learning.recipe import REDUCTIONS, Recipe
from wxb.network.build import Model, build

CLASSES = np.array([0] * 12 + [1] * 6 + [2] * 3, dtype=np.int64)
COUNTS = (12, 6, 3)


def model_for(text: str = "CONV-4-BN-RELU-FC-5-RELU, SOFTMAX", targets: int = 3) -> Model:
    """A network on pictures of 2x4x4, in float64, none of its tensors zero."""
    model = build(text, input_shape=(2, 4, 4), outputs=targets, seed=1).double()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1:
                parameter.uniform_(0.1, 1, generator=torch.Generator().manual_seed(2))
    return model


def objective(text: str = "SOFTMAX", targets=CLASSES, outputs: int = 3, **options) -> Objective:
    return Objective(model_for(text, outputs), Recipe(**options), targets)


def scores(n: int = len(CLASSES), targets: int = 3, seed: int = 0) -> Tensor:
    return torch.randn(n, targets, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def total(objective_: Objective, logits: Tensor, goals: Tensor) -> Tensor:
    """The data loss of a whole batch."""
    rows = torch.arange(len(goals))
    return objective_.data_loss(logits, rows, goals, objective_.size(rows, goals))


# --- mean, sum, parts ---


@pytest.mark.parametrize("head", ["SOFTMAX", "SVM", "EUCLID"])
def test_the_data_loss_is_the_mean_or_the_sum_of_the_example_losses(head):
    goals = torch.from_numpy(CLASSES)
    mean, added = (objective(head, reduction=reduction) for reduction in ("mean", "sum"))
    losses = mean.head.loss(scores(), goals)
    assert total(mean, scores(), goals).item() == pytest.approx(losses.mean().item(), rel=1e-12)
    assert total(added, scores(), goals).item() == pytest.approx(losses.sum().item(), rel=1e-12)


def test_the_sum_is_one_example_s_cost_after_the_other():
    goals = torch.from_numpy(CLASSES)
    added = objective(reduction="sum")
    alone = [total(added, scores()[i : i + 1], goals[i : i + 1]).item() for i in range(len(goals))]
    assert total(added, scores(), goals).item() == pytest.approx(math.fsum(alone), rel=1e-12)


@given(
    st.sampled_from(REDUCTIONS),
    st.sampled_from(("none", "balanced")),
    st.sampled_from((0.0, 0.1)),
    st.lists(st.integers(0, len(CLASSES)), max_size=4),
    st.integers(0, 1000),
)
def test_parts_of_a_batch_sum_up_to_it_however_it_is_cut(reduction, class_weight, smoothing, cuts, seed):
    whole = objective(reduction=reduction, class_weight=class_weight, label_smoothing=smoothing)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(CLASSES)))
    goals, logits = torch.from_numpy(CLASSES)[order], scores(seed=seed)
    parts = zip(goals.tensor_split(sorted(cuts)), logits.tensor_split(sorted(cuts)), strict=True)
    size = whole.size(order, goals)
    added = sum(whole.data_loss(part, order, goals_, size).item() for goals_, part in parts)
    assert added == pytest.approx(total(whole, logits, goals).item(), rel=1e-6)  # weights are float32


# --- class weights ---


def test_balanced_weights_are_n_over_classes_times_their_count():
    weights = objective(class_weight="balanced").class_weights
    assert weights is not None
    assert weights.tolist() == pytest.approx([21 / (3 * count) for count in COUNTS])
    assert float(weights[torch.from_numpy(CLASSES)].sum()) == pytest.approx(21)


def test_with_balanced_weights_every_class_weighs_the_same():
    balanced, goals = objective(class_weight="balanced"), torch.from_numpy(CLASSES)
    losses = balanced.head.loss(scores(), goals)
    each = [losses[goals == c].mean().item() for c in range(3)]
    assert total(balanced, scores(), goals).item() == pytest.approx(sum(each) / 3, rel=1e-6)


def test_a_class_without_training_examples_leaves_the_others_finite():
    weights = objective(targets=CLASSES[:18], class_weight="balanced").class_weights
    assert weights is not None
    assert weights.tolist() == pytest.approx([0.5, 1.0, 6.0])


def test_mixed_goals_weigh_by_their_shares_and_by_as_much_in_all():
    balanced, goals = objective(class_weight="balanced"), torch.from_numpy(CLASSES)
    one_hot = torch.nn.functional.one_hot(goals, 3).float()
    partners = torch.from_numpy(np.random.default_rng(0).permutation(21))
    mixed = 0.3 * one_hot + 0.7 * one_hot[partners]
    assert balanced.class_weights is not None
    expected = (balanced.head.loss(scores(), mixed) * (mixed @ balanced.class_weights)).sum() / 21
    assert total(balanced, scores(), mixed).item() == pytest.approx(expected.item(), rel=1e-6)
    # what a batch divides by is known from its targets, before they are mixed
    places = torch.arange(21)
    assert float(balanced.size(places, mixed)) == pytest.approx(float(balanced.size(places, goals)))


# --- label smoothing ---


def test_label_smoothing_is_part_of_the_data_loss():
    smoothed, goals = objective(label_smoothing=0.3), torch.from_numpy(CLASSES)
    shares = 0.7 * torch.nn.functional.one_hot(goals, 3).double() + 0.3 / 3
    expected = -(shares * scores().log_softmax(1)).sum(1).mean()
    assert total(smoothed, scores(), goals).item() == pytest.approx(expected.item(), rel=1e-12)


# --- penalties ---

DEEP = "CONV-4-BN-RELU-RES(CONV-6/2-BN)-FC-5-MAXOUT, SOFTMAX"
PENALTIES = {  # options, penalty and gradient of one weight
    "l2": ({"l2": 0.03}, lambda w: 0.03 * w**2, lambda w: 2 * 0.03 * w),
    "l1": ({"l1": 0.02}, lambda w: 0.02 * abs(w), lambda w: math.copysign(0.02, w)),
    "elastic": (
        {"l1": 0.02, "elastic_beta": 0.4},
        lambda w: 0.02 * (0.4 * w**2 + abs(w)),
        lambda w: 0.02 * (0.8 * w + math.copysign(1, w)),
    ),
    "both": (
        {"l1": 0.02, "l2": 0.03},
        lambda w: 0.03 * w**2 + 0.02 * abs(w),
        lambda w: 0.06 * w + math.copysign(0.02, w),
    ),
}


@pytest.mark.parametrize("name", PENALTIES)
def test_a_penalty_and_its_gradient_are_the_formula_s(name):
    options, formula, slope = PENALTIES[name]
    made = objective(DEEP, **options)
    assert made.penalizes
    made.penalty().backward()
    weights = penalized(made.model)
    values = [w for weight in weights for w in weight.detach().flatten().tolist()]
    assert made.penalty().item() == pytest.approx(math.fsum(formula(w) for w in values), rel=1e-12)
    gradients = torch.cat([weight.grad.flatten() for weight in weights]).tolist()
    assert gradients == pytest.approx([slope(w) for w in values], rel=1e-12)


@pytest.mark.parametrize("name", PENALTIES)
def test_biases_and_normalization_are_not_penalized(name):
    options, _, _ = PENALTIES[name]
    made = objective(DEEP, **options)
    made.penalty().backward()
    free = {name for name, parameter in made.model.named_parameters() if parameter.grad is None}
    ours = {name for name, _ in made.model.named_parameters()}
    assert free == {name for name in ours if name.endswith("bias") or ".BN." in name}
    assert {name.rsplit(".", 2)[1].split("-")[0] for name in ours - free} == {"CONV3", "CONV1", "FC"}


def test_a_weight_of_0_is_left_at_0_by_the_absolute_value():
    made = objective(l1=0.1)
    with torch.no_grad():
        made.weights[0].zero_()
    made.penalty().backward()
    assert not made.weights[0].grad.any()


def test_without_lambda_there_is_no_penalty():
    made = objective()
    assert not made.penalizes
    assert made.penalty().item() == 0


def test_the_penalty_of_a_batch_does_not_depend_on_its_size():
    """λΣW² is added once a step, to the mean as to the sum."""
    one, other = (objective(l2=0.1, reduction=reduction).penalty().item() for reduction in REDUCTIONS)
    assert one == other


def test_a_model_on_data_has_the_same_objective_as_one_on_shapes():
    rows = np.arange(len(CLASSES))
    data = Dataset(
        "made",
        np.ones((21, 2, 4, 4), np.uint8),
        CLASSES,
        "classification",
        ("a", "b", "c"),
        Split(rows, rows[:0], rows[:0], ""),
    )
    made = Objective(build("SOFTMAX", data, seed=1), Recipe(l2=0.1), data.targets)
    assert made.penalty().item() == pytest.approx(objective("SOFTMAX", l2=0.1).penalty().item(), rel=1e-6)


# --- sample weights ---


@pytest.mark.parametrize("head", ["SOFTMAX", "SVM", "EUCLID"])
@pytest.mark.parametrize("class_weight", ["none", "balanced"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_whole_weights_are_as_many_repeats_of_their_example_for_the_loss(head, class_weight, reduction):
    times = np.random.default_rng(3).integers(0, 4, len(CLASSES))
    times[[0, 12, 18]] = 2  # every class is there
    options = {"reduction": reduction, "class_weight": class_weight}
    model = model_for(head)
    weighted = Objective(model, Recipe(**options), CLASSES, sample_weights=times.astype(np.float64))
    repeated = Objective(model, Recipe(**options), np.repeat(CLASSES, times))
    logits = scores()
    first = total(weighted, logits, torch.from_numpy(CLASSES))
    again = logits.repeat_interleave(torch.from_numpy(times), 0)
    second = total(repeated, again, torch.from_numpy(np.repeat(CLASSES, times)))
    assert first.item() == pytest.approx(second.item(), rel=1e-6)


def test_whole_weights_are_repeats_in_bagging_too():
    folds = np.arange(len(CLASSES)) % 3
    times = np.random.default_rng(4).integers(1, 4, len(CLASSES))
    model = model_for("TEAM-3x2(FC-4-RELU), SOFTMAX")
    weighted = Objective(model, Recipe(), CLASSES, folds, times.astype(np.float64))
    repeated = Objective(model, Recipe(), np.repeat(CLASSES, times), np.repeat(folds, times))
    logits = torch.randn(len(CLASSES), 6, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    first = total(weighted, logits, torch.from_numpy(CLASSES))
    again = logits.repeat_interleave(torch.from_numpy(times), 0)
    second = total(repeated, again, torch.from_numpy(np.repeat(CLASSES, times)))
    assert first.item() == pytest.approx(second.item(), rel=1e-6)


def test_a_batch_without_weight_has_no_loss_and_light_batches_count_less():
    weights = np.where(np.arange(len(CLASSES)) < 7, 0.0, 1.0)
    weights[-1] = 0.001
    model = model_for("SOFTMAX")
    weighted = Objective(model, Recipe(), CLASSES, sample_weights=weights)
    goals = torch.from_numpy(CLASSES)

    def loss(rows: Tensor) -> float:
        return weighted.data_loss(scores()[rows], rows, goals[rows], weighted.size(rows, goals[rows])).item()

    assert loss(torch.arange(7)) == 0
    assert loss(torch.tensor([len(CLASSES) - 1])) < 0.01
