"""The numbers that the lecture prints, digit by digit."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from wxb.network import Model, build
from wxb.network.heads import HEADS
from wxb.network.layers import bias_in_weights, with_one
from wxb.notation import plan, read


def put(model: Model, path: str, weight: list[list[float]], bias: list[float] | None = None) -> None:
    """Give the layer at `path` these weights; no bias leaves its zeros."""
    layer = model.get_submodule(path)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weight).view(layer.weight.shape))
        if bias is not None:
            layer.bias.copy_(torch.tensor(bias))


def loss(head: str, scores: list[float], true: int) -> float:
    """The head's loss of one example."""
    logits = torch.tensor([scores], dtype=torch.float64)
    return HEADS[head].loss(logits, torch.tensor([true])).item()


def printed(numbers: Tensor, decimals: int = 2) -> list[str]:
    return [f"{number:.{decimals}f}" for number in numbers.flatten().tolist()]


# --- C: the linear classifier ---

ROWS = [[0.2, -0.5, 0.1, 2.0, 1.1], [1.5, 1.3, 2.1, 0.0, 3.2], [0.0, 0.25, 0.2, -0.3, -1.2]]  # the bias comes last
PICTURE = torch.tensor([[[[56, 231], [24, 2]]]], dtype=torch.uint8)


def linear() -> Model:
    model = build("SOFTMAX", input_shape=(1, 2, 2), targets=3, scale="none")
    put(model, "1.FC-3", [row[:4] for row in ROWS], [row[4] for row in ROWS])
    return model


def test_a_linear_classifier_of_cifar_is_10x3072_times_3072_plus_10():
    layer = build("SOFTMAX", input_shape=(3, 32, 32), targets=10).get_submodule("1.FC-10")
    assert (tuple(layer.weight.shape), tuple(layer.bias.shape)) == ((10, 3072), (10,))


def test_the_picture_of_four_pixels_has_the_lecture_s_scores():
    scores = linear()(PICTURE)
    assert printed(scores[:, :2], 1) == ["-96.8", "437.9"]
    assert printed(scores[:, 2]) == ["60.75"]


def test_the_lecture_s_third_score_leaves_its_bias_out():
    model = linear()
    put(model, "1.FC-3", [row[:4] for row in ROWS], [0.0, 0.0, 0.0])
    assert printed(model(PICTURE)[:, 2]) == ["61.95"]


def test_bias_trick_gives_equal_scores_in_both_forms():
    x = PICTURE.flatten(1).double()
    rows = torch.tensor(ROWS, dtype=torch.float64)
    weight, bias = rows[:, :4], rows[:, 4]
    assert torch.equal(bias_in_weights(weight, bias), rows)
    assert with_one(x).tolist() == [[56, 231, 24, 2, 1]]
    one, other = x @ weight.T + bias, with_one(x) @ bias_in_weights(weight, bias).T
    torch.testing.assert_close(one, other, rtol=1e-14, atol=0)
    assert printed(other) == ["-96.80", "437.90", "60.75"]


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 4), st.integers(0, 1000))
def test_bias_trick_is_the_affine_map_for_any_weights(features, targets, batch, seed):
    generator = torch.Generator().manual_seed(seed)
    weight, bias, x = (
        torch.randn(shape, generator=generator, dtype=torch.float64)
        for shape in ((targets, features), (targets,), (batch, features))
    )
    joined = with_one(x) @ bias_in_weights(weight, bias).T
    torch.testing.assert_close(joined, torch.nn.functional.linear(x, weight, bias))


@given(st.floats(-100, 100), st.integers(0, 1000))
def test_predictions_are_linear_without_bias(factor, seed):
    model = build("FC-Cb0, SVM", input_shape=(12,), targets=3, seed=seed).double()
    x = torch.randn(2, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(model(factor * x), factor * model(x), rtol=1e-12, atol=1e-12)


def test_a_picture_half_as_bright_has_half_the_scores_without_bias():
    model = build("FC-Cb0, SOFTMAX", input_shape=(1, 2, 2), targets=3, scale="none")
    put(model, "1.FC-3", [row[:4] for row in ROWS])
    torch.testing.assert_close(model(PICTURE.float() / 2), model(PICTURE) / 2)


# --- D: losses ---

CAT = [-3.45, -8.87, 0.09, 2.9, 4.48, 8.02, 3.78, 1.06, -0.36, -0.72]
CAR = [-0.51, 6.04, 5.31, -4.22, -4.19, 3.58, 4.49, -4.37, -2.09, -2.93]
FROG = [3.42, 4.64, 2.65, 5.1, 2.64, 5.55, -4.34, -1.5, -4.79, 6.14]
TRUE = {"cat": 3, "automobile": 1, "frog": 6}


@pytest.mark.parametrize(
    ("head", "losses"), [("SVM", ["10.58", "0.27", "71.91"]), ("SOFTMAX", ["5.170", "0.577", "11.294"])]
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_losses_of_the_three_pictures_of_cifar(head, losses, dtype):
    scores = torch.tensor([CAT, CAR, FROG], dtype=dtype)
    found = HEADS[head].loss(scores, torch.tensor([*TRUE.values()]))
    decimals = len(losses[0].split(".")[1])
    assert printed(found, decimals) == losses


def test_the_data_set_s_loss_is_the_mean_of_its_examples():
    scores = torch.tensor([CAT, CAR, FROG], dtype=torch.float64)
    found = HEADS["SVM"].loss(scores, torch.tensor([*TRUE.values()])).mean()
    assert float(found) == pytest.approx((10.58 + 0.27 + 71.91) / 3, abs=1e-9)


def test_three_classes_go_from_scores_to_probabilities_to_the_loss():
    scores = torch.tensor([[3.2, 5.1, -1.7]], dtype=torch.float64)  # cat, car, frog
    unnormalized = scores.exp()
    assert [printed(unnormalized[:, 0], 1), printed(unnormalized[:, 1], 0), printed(unnormalized[:, 2])] == [
        ["24.5"],
        ["164"],
        ["0.18"],
    ]
    probabilities = HEADS["SOFTMAX"].probabilities(scores)
    assert probabilities is not None
    assert printed(probabilities) == ["0.13", "0.87", "0.00"]
    assert f"{loss('SOFTMAX', [3.2, 5.1, -1.7], 0):.2f}" == "2.04"
    assert f"{loss('SVM', [3.2, 5.1, -1.7], 0):.1f}" == "2.9"


@pytest.mark.parametrize("head", ["SVM", "SOFTMAX"])
def test_the_least_loss_is_zero_and_there_is_no_greatest(head):
    assert loss(head, [1000.0, 0.0, 0.0], 0) == 0
    assert loss(head, [-1e9, 0.0, 0.0], 0) >= 1e9


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_equal_scores_cost_the_logarithm_of_the_number_of_classes(classes):
    assert loss("SOFTMAX", [0.0] * classes, 1) == pytest.approx(-math.log(1 / classes), rel=1e-12)
    assert loss("SVM", [0.0] * classes, 1) == classes - 1


def test_the_logarithm_of_ten_is_about_2_3():
    assert f"{loss('SOFTMAX', [0.0] * 10, 4):.1f}" == "2.3"


@given(st.lists(st.floats(-15, 15), min_size=2, max_size=12))
def test_a_softmax_layer_gives_numbers_between_0_and_1_of_sum_1(scores):
    probabilities = HEADS["SOFTMAX"].probabilities(torch.tensor([scores], dtype=torch.float64))
    assert probabilities is not None
    assert bool((probabilities > 0).all())
    assert bool((probabilities < 1).all())
    assert float(probabilities.sum()) == pytest.approx(1, abs=1e-12)


# --- E: neurons ---


def test_a_neuron_is_a_weighted_sum_a_bias_and_an_activation():
    model = build("FC-C-SIGMOID, EUCLID", input_shape=(4,), targets=1).double()
    put(model, "1.FC-1", [[1.0, -2.0, 0.5, 3.0]], [-1.0])
    z = 1 * 2 - 2 * 1 + 0.5 * 4 + 3 * 0.25 - 1
    out = model(torch.tensor([[2.0, 1.0, 4.0, 0.25]], dtype=torch.float64))
    assert out.item() == pytest.approx(1 / (1 + math.exp(-z)), rel=1e-6)


def by_hand(layers: int) -> Model:
    """The lecture's sigmoid network of three layers of two neurons, or its first ones."""
    text = "-".join(["FC-2-SIGMOID"] * (layers - 1) + ["FC-C-SIGMOID"])
    model = build(f"{text}, EUCLID", input_shape=(2,), targets=2).double()
    weights = ([[1, -2], [-1, 1]], [[2, -1], [-2, -1]], [[3, -1], [-1, 4]])
    biases = ([1, 0], [0, 0], [-2, 2])
    for layer in range(layers):
        put(model, f"{2 * layer + 1}.FC-2", weights[layer], biases[layer])
    return model


def test_the_first_layer_by_hand_gives_0_98_and_0_12():
    assert printed(by_hand(1)(torch.tensor([[1.0, -1.0]]))) == ["0.98", "0.12"]


def test_three_layers_by_hand_are_a_function_of_vectors():
    out = by_hand(3)(torch.tensor([[1.0, -1.0], [0.0, 0.0]]))
    assert printed(out[0]) == ["0.62", "0.83"]
    assert printed(out[1]) == ["0.51", "0.85"]


def test_a_network_is_matrix_operations_on_a_whole_batch():
    model = by_hand(3)
    x = torch.randn(5, 2, dtype=torch.float64)
    a = x.T  # y = σ(W³ σ(W² σ(W¹ x + b¹) + b²) + b³), a column an example
    for path in ("1.FC-2", "3.FC-2", "5.FC-2"):
        layer = model.get_submodule(path)
        a = torch.sigmoid(layer.weight @ a + layer.bias[:, None])
    torch.testing.assert_close(model(x), a.T)
    torch.testing.assert_close(torch.cat([model(row[None]) for row in x]), a.T)


def test_backpropagation_by_hand_through_two_sigmoid_neurons():
    model = build("FC-1-SIGMOID-FC-C-SIGMOID, EUCLID", input_shape=(1,), targets=1).double()
    put(model, "1.FC-1", [[0.5]], [0.25])
    put(model, "3.FC-1", [[-1.5]], [0.75])
    x, target = 2.0, 1.0
    a1 = 1 / (1 + math.exp(-(0.5 * x + 0.25)))
    a2 = 1 / (1 + math.exp(-(-1.5 * a1 + 0.75)))
    at_output = 2 * (a2 - target) * a2 * (1 - a2)  # upstream times the sigmoid's own σ(1 − σ)
    at_hidden = at_output * -1.5 * a1 * (1 - a1)
    found = model.head.loss(model(torch.tensor([[x]])), torch.tensor([[target]])).sum()
    found.backward()
    first, second = model.get_submodule("1.FC-1"), model.get_submodule("3.FC-1")
    gradients = [first.weight.grad, first.bias.grad, second.weight.grad, second.bias.grad]
    expected = [at_hidden * x, at_hidden, at_output * a1, at_output]
    assert [gradient.item() for gradient in gradients] == pytest.approx(expected, rel=1e-12)


# --- G: convolution and pooling ---


def test_six_filters_of_5x5x3_on_32x32x3_give_28x28x6():
    model = build("CONV5-6p0-GAP, SOFTMAX", input_shape=(3, 32, 32), targets=10)
    conv = model.get_submodule("1.CONV5-6")
    assert conv.weight[0].shape == (3, 5, 5)
    assert conv(torch.rand(1, 3, 32, 32)).shape == (1, 6, 28, 28)


def test_five_filters_are_a_grid_of_neurons_five_of_which_look_at_each_place():
    conv = build("CONV5-5p0-GAP, SOFTMAX", input_shape=(3, 32, 32), targets=10).get_submodule("1.CONV5-5")
    x = torch.rand(1, 3, 32, 32, requires_grad=True)
    out = conv(x)
    assert out.shape == (1, 5, 28, 28)
    for neuron in range(5):
        (seen,) = torch.autograd.grad(out[0, neuron, 10, 20], x, retain_graph=True)
        field = torch.zeros(3, 32, 32, dtype=torch.bool)
        field[:, 10:15, 20:25] = True
        assert torch.equal(seen[0] != 0, field)


def test_filters_share_their_weights_over_all_places():
    planned = plan(read("CONV5-5p0-GAP, SOFTMAX"), (3, 32, 32), 10)
    assert planned.items[0].parameters == 5 * (5 * 5 * 3) + 5  # not 28 * 28 times as many
    conv = build(planned).get_submodule("1.CONV5-5").double()
    x = torch.rand(1, 3, 32, 32, dtype=torch.float64)
    moved = torch.roll(x, (2, 3), (2, 3))
    torch.testing.assert_close(conv(moved)[:, :, 2:, 3:], conv(x)[:, :, :-2, :-3])


def test_conv_is_the_correlation_and_a_flipped_filter_the_convolution_of_the_signal_books():
    conv = build("CONV3-1p0b0-GAP, SOFTMAX", input_shape=(1, 7, 9), targets=2).get_submodule("1.CONV3-1").double()
    f = torch.rand(7, 9, dtype=torch.float64)
    g = torch.rand(3, 3, dtype=torch.float64)
    convolution = np.zeros((5, 7))  # (f * g)[n] = Σ f[n − m] g[m], where f covers all of g
    for i, j in np.ndindex(5, 7):
        convolution[i, j] = sum(float(f[i + 2 - u, j + 2 - v] * g[u, v]) for u, v in np.ndindex(3, 3))
    with torch.no_grad():
        conv.weight[0, 0] = g.flip(0, 1)
        np.testing.assert_allclose(conv(f[None, None])[0, 0].numpy(), convolution)
        conv.weight[0, 0] = g
        assert not np.allclose(conv(f[None, None])[0, 0].numpy(), convolution)


def test_a_fully_connected_layer_is_a_convolution_over_the_whole_input():
    fc = build("FC-7-RELU, SVM", input_shape=(3, 5, 4), targets=2)
    conv = build("CONV5x4-7p0-RELU, SVM", input_shape=(3, 5, 4), targets=2)
    weights = fc.state_dict()
    conv.load_state_dict(
        {
            name.replace("FC-7", "CONV5x4-7"): tensor.view(7, 3, 5, 4) if name == "1.FC-7.weight" else tensor
            for name, tensor in weights.items()
        }
    )
    x = torch.randint(0, 256, (6, 3, 5, 4), dtype=torch.uint8)
    torch.testing.assert_close(fc(x), conv(x))


def test_max_pooling_of_the_lecture_s_4x4_grid():
    pool = build("POOL2/2, SVM", input_shape=(1, 4, 4), targets=2).get_submodule("1.POOL2")
    grid = torch.tensor([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]], dtype=torch.float32)
    assert pool(grid[None, None]).tolist() == [[[[6, 8], [3, 4]]]]
