"""The lecture's worked examples with its own digits: linear scores, losses, a network by hand, convolution, pooling."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from wxb.network.build import Model, build
from wxb.network.heads import HEADS
from wxb.network.layers import bias_in_weights, with_one


@pytest.fixture(autouse=True)
def seed():
    """Numbers that a test draws are the same each time."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def network(text: str, shape: tuple[int, ...], outputs: int, **tensors: list) -> Model:
    """A network that takes its numbers as they are, in float64; `tensors` replace its own in their order."""
    model = build(text, input_shape=shape, outputs=outputs, normalize="none").double().eval()
    put(model, list(tensors.values()))
    return model


def put(model: Model, tensors: list) -> None:
    with torch.no_grad():
        for parameter, values in zip(model.parameters(), tensors, strict=True):
            parameter.copy_(torch.tensor(values, dtype=torch.float64).view(parameter.shape))


# --- the linear classifier ---

WEIGHTS = [[0.2, -0.5, 0.1, 2.0], [1.5, 1.3, 2.1, 0.0], [0, 0.25, 0.2, -0.3]]
BIASES = [1.1, 3.2, -1.2]
PICTURE = torch.tensor([[[[56.0, 231], [24, 2]]]], dtype=torch.float64)  # stretched row by row


@pytest.mark.parametrize("head", ["SOFTMAX", "SVM"])
def test_a_picture_of_2x2_has_the_scores_that_the_lecture_computes(head):
    model = network(head, (1, 2, 2), 3, weights=WEIGHTS, biases=BIASES)
    # the third is printed as 61.95 there: that leaves its bias of -1.2 out
    assert model(PICTURE)[0].tolist() == pytest.approx([-96.8, 437.9, 60.75], abs=1e-9)
    assert float(model(PICTURE)[0, 2].detach()) + 1.2 == pytest.approx(61.95, abs=1e-9)
    assert model.task.predict(model(PICTURE).detach().numpy()).tolist() == [1]


def test_the_scores_of_bytes_are_those_of_the_same_numbers():
    model = network("SVM", (1, 2, 2), 3, weights=WEIGHTS, biases=BIASES)
    assert torch.equal(model(PICTURE.to(torch.uint8)), model(PICTURE))


def test_a_linear_classifier_of_cifar_pictures_has_ten_times_3072_weights():
    model = build("SOFTMAX", input_shape=(3, 32, 32), outputs=10)
    assert [tuple(parameter.shape) for parameter in model.parameters()] == [(10, 3072), (10,)]
    assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 10)


def test_the_bias_trick_gives_equal_scores():
    weights, biases = torch.tensor(WEIGHTS, dtype=torch.float64), torch.tensor(BIASES, dtype=torch.float64)
    joined, rows = bias_in_weights(weights, biases), with_one(PICTURE.flatten(1))
    assert joined.tolist()[0] == pytest.approx([0.2, -0.5, 0.1, 2.0, 1.1])
    assert rows.tolist() == [[56, 231, 24, 2, 1]]
    model = network("SOFTMAX", (1, 2, 2), 3, weights=WEIGHTS, biases=BIASES)
    assert (rows @ joined.T)[0].tolist() == pytest.approx([-96.8, 437.9, 60.75], abs=1e-9)
    assert torch.allclose(rows @ joined.T, model(PICTURE), rtol=1e-14, atol=0)


def test_the_bias_trick_holds_for_a_network_without_bias_on_one_more_feature():
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(7, 5, generator=generator, dtype=torch.float64)
    weights = torch.randn(3, 5, generator=generator, dtype=torch.float64)
    biases = torch.randn(3, generator=generator, dtype=torch.float64)
    usual, tricked = (
        network("FC-C, SVM", (5,), 3, w=[0.0] * 15, b=[0.0] * 3),
        build("FC-Cb0, SVM", input_shape=(6,), outputs=3, normalize="none").double(),
    )
    put(usual, [weights.tolist(), biases.tolist()])
    put(tricked, [bias_in_weights(weights, biases).tolist()])
    assert torch.allclose(usual(x), tricked(with_one(x)), rtol=1e-13, atol=1e-13)


@given(st.floats(-100, 100), st.integers(0, 2**32))
def test_scores_without_bias_are_linear_in_the_picture(factor, seed):
    model = build("FC-Cb0, SVM", input_shape=(3, 4, 4), outputs=5, normalize="none", seed=3).double()
    x, y = torch.randn(2, 2, 3, 4, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    assert torch.allclose(model(factor * x), factor * model(x), rtol=1e-10, atol=1e-12)
    assert torch.allclose(model(x + y), model(x) + model(y), rtol=1e-10, atol=1e-12)


def test_a_bias_breaks_that_linearity():
    model = network("SVM", (1, 2, 2), 3, weights=WEIGHTS, biases=BIASES)
    assert not torch.allclose(model(0.5 * PICTURE), 0.5 * model(PICTURE))


# --- losses ---

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
SCORES = {  # of ten classes, of pictures of these three
    "cat": [-3.45, -8.87, 0.09, 2.9, 4.48, 8.02, 3.78, 1.06, -0.36, -0.72],
    "automobile": [-0.51, 6.04, 5.31, -4.22, -4.19, 3.58, 4.49, -4.37, -2.09, -2.93],
    "frog": [3.42, 4.64, 2.65, 5.1, 2.64, 5.55, -4.34, -1.5, -4.79, 6.14],
}


def loss(head: str, scores: list[float], target: int) -> float:
    logits = torch.tensor([scores], dtype=torch.float64)
    return float(HEADS[head].loss(logits, torch.tensor([target])))


@pytest.mark.parametrize(
    ("name", "svm", "softmax"), [("cat", 10.58, 5.170), ("automobile", 0.27, 0.577), ("frog", 71.91, 11.294)]
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_losses_of_the_lecture_s_three_pictures(name, svm, softmax, dtype):
    logits, target = torch.tensor([SCORES[name]], dtype=dtype), CLASSES.index(name)
    found = {head: HEADS[head].loss(logits, torch.tensor([target])).item() for head in ("SVM", "SOFTMAX")}
    assert round(found["SVM"], 2) == svm
    assert round(found["SOFTMAX"], 3) == softmax
    by_hand = sum(max(0, score - SCORES[name][target] + 1) for j, score in enumerate(SCORES[name]) if j != target)
    assert found["SVM"] == pytest.approx(by_hand, rel=1e-5)


def test_the_loss_of_a_data_set_is_the_mean_over_its_examples():
    logits = torch.tensor(list(SCORES.values()), dtype=torch.float64)
    targets = torch.tensor([CLASSES.index(name) for name in SCORES])
    assert float(HEADS["SVM"].loss(logits, targets).mean()) == pytest.approx((10.58 + 0.27 + 71.91) / 3)
    assert round(float(HEADS["SOFTMAX"].loss(logits, targets).mean()), 3) == 5.681


def test_three_scores_of_a_cat_become_probabilities_and_a_loss():
    scores = [3.2, 5.1, -1.7]  # cat, car, frog
    logits = torch.tensor([scores], dtype=torch.float64)
    powers, chances = logits.exp()[0].tolist(), HEADS["SOFTMAX"].probabilities(logits)[0].tolist()
    assert [float(f"{power:.3g}") for power in powers] == [24.5, 164, 0.183]  # the source cuts the last one: 0.18
    assert [f"{chance:.2f}" for chance in chances] == ["0.13", "0.87", "0.00"]
    assert chances == pytest.approx([power / sum(powers) for power in powers])
    assert round(loss("SOFTMAX", scores, 0), 2) == 2.04
    assert loss("SVM", scores, 0) == pytest.approx(2.9)


def test_losses_are_at_least_0_and_without_a_greatest():
    for head in ("SOFTMAX", "SVM"):
        assert loss(head, [1000.0, 0, 0], 0) == 0
        assert loss(head, [0.0, 1e6, 0], 0) >= 1e6


def test_equal_scores_cost_the_logarithm_of_the_number_of_classes():
    assert loss("SOFTMAX", [0.0] * 10, 7) == pytest.approx(math.log(10))
    assert f"{math.log(10):.1f}" == "2.3"
    assert loss("SVM", [0.0] * 10, 7) == 9  # C - 1: the margin of every other class


def test_a_loss_is_finite_where_the_probability_is_too_small_for_float32():
    logits = torch.tensor([[0.0, 200.0]])
    assert HEADS["SOFTMAX"].probabilities(logits)[0, 0] == 0
    assert float(HEADS["SOFTMAX"].loss(logits, torch.tensor([0]))) == 200


@given(st.lists(st.floats(-15, 15), min_size=2, max_size=10))
def test_a_softmax_lies_between_0_and_1_and_sums_to_1(scores):
    chances = HEADS["SOFTMAX"].probabilities(torch.tensor([scores], dtype=torch.float64))[0]
    assert bool((chances > 0).all())
    assert bool((chances < 1).all())
    assert float(chances.sum()) == pytest.approx(1, abs=1e-12)
    order = torch.tensor(scores, dtype=torch.float64).argsort()
    assert bool((chances[order].diff() >= 0).all())


# --- neurons ---


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def test_a_neuron_weighs_its_inputs_adds_its_bias_and_activates():
    neuron = network("FC-C-SIGMOID, EUCLID", (2,), 1, weights=[[1.0, -2]], bias=[1.0])
    (activation,) = neuron(torch.tensor([[1.0, -1]], dtype=torch.float64))[0].tolist()
    assert activation == pytest.approx(sigmoid(1 * 1 + -2 * -1 + 1))
    assert f"{activation:.2f}" == "0.98"


def test_a_layer_of_two_neurons_by_hand():
    layer = network("FC-C-SIGMOID, EUCLID", (2,), 2, weights=[[1.0, -2], [-1, 1]], bias=[1.0, 0])
    y = layer(torch.tensor([[1.0, -1]], dtype=torch.float64))[0].tolist()
    assert [f"{value:.2f}" for value in y] == ["0.98", "0.12"]
    assert y == pytest.approx([sigmoid(4), sigmoid(-2)])


@pytest.mark.parametrize(("x", "y"), [((1.0, -1.0), ["0.62", "0.83"]), ((0.0, 0.0), ["0.51", "0.85"])])
def test_three_layers_of_two_sigmoids_by_hand(x, y):
    model = network(
        "(FC-2-SIGMOID)*2-FC-C-SIGMOID, EUCLID", (2,), 2,
        w1=[[1.0, -2], [-1, 1]], b1=[1.0, 0], w2=[[2.0, -1], [-2, -1]], b2=[0.0, 0], w3=[[3.0, -1], [-1, 4]],
        b3=[-2.0, 2],
    )  # fmt: skip
    assert [f"{value:.2f}" for value in model(torch.tensor([x], dtype=torch.float64))[0].tolist()] == y


def test_layers_are_matrix_operations_on_a_whole_batch_at_once():
    model = build("FC-4-SIGMOID-FC-C-SIGMOID, EUCLID", input_shape=(3,), outputs=2, normalize="none", seed=5).double()
    (w1, b1, w2, b2), x = model.parameters(), torch.randn(6, 3, dtype=torch.float64)
    with torch.no_grad():
        b1.normal_()
        b2.normal_()
    formula = torch.sigmoid(w2 @ torch.sigmoid(w1 @ x.T + b1[:, None]) + b2[:, None]).T
    assert torch.allclose(model(x), formula, rtol=1e-12, atol=0)
    assert torch.allclose(model(x), torch.cat([model(row[None]) for row in x]), rtol=1e-12, atol=0)


def test_backpropagation_by_hand_through_two_neurons():
    model = network("FC-1-SIGMOID-FC-C-SIGMOID, EUCLID", (1,), 1, w1=[[0.5]], b1=[0.25], w2=[[-1.5]], b2=[0.75])
    x, target = 2.0, 1.0
    a1 = sigmoid(0.5 * x + 0.25)
    a2 = sigmoid(-1.5 * a1 + 0.75)
    at_output = 2 * (a2 - target) * a2 * (1 - a2)  # the loss's slope times the sigmoid's own, σ(1 - σ)
    at_hidden = at_output * -1.5 * a1 * (1 - a1)
    scores = model(torch.tensor([[x]], dtype=torch.float64))
    model.head.loss(scores, torch.tensor([[target]])).sum().backward()
    gradients = [parameter.grad.item() for parameter in model.parameters()]
    assert gradients == pytest.approx([at_hidden * x, at_hidden, at_output * a1, at_output], rel=1e-12)


# --- convolution and pooling ---


def correlation(x: Tensor, filters: Tensor, biases: Tensor) -> Tensor:
    """Σ over channels, rows and columns of what a filter covers, at every place: the definition, without padding."""
    number, _, height, width = filters.shape
    rows, columns = x.shape[1] - height + 1, x.shape[2] - width + 1
    out = torch.empty(number, rows, columns, dtype=x.dtype)
    for f in range(number):
        for i in range(rows):
            for j in range(columns):
                out[f, i, j] = (x[:, i : i + height, j : j + width] * filters[f]).sum() + biases[f]
    return out


@pytest.mark.parametrize("filters", [6, 5])
def test_filters_of_5x5x3_on_32x32x3_give_a_map_of_28x28_each(filters):
    model = build(f"CONV5-{filters}p0, SVM", input_shape=(3, 32, 32), outputs=10)
    layer = model.get_submodule(f"1.CONV5-{filters}")
    assert tuple(layer.weight.shape) == (filters, 3, 5, 5)
    assert layer(torch.zeros(1, 3, 32, 32)).shape == (1, filters, 28, 28)
    # neurons at one place look at the same 5x5x3; each has its own weights, shared with its whole map
    assert model.plan.items[0].receptive_field == (5, 5)
    assert model.plan.items[0].parameters == filters * (5 * 5 * 3 + 1)


def test_five_neurons_look_at_each_place_and_at_nothing_else():
    conv = build("CONV5-5p0, SVM", input_shape=(3, 32, 32), outputs=10).get_submodule("1.CONV5-5")
    x = torch.rand(1, 3, 32, 32, requires_grad=True)
    out = conv(x)
    field = torch.zeros(3, 32, 32, dtype=torch.bool)
    field[:, 10:15, 20:25] = True
    for neuron in range(5):
        (gradient,) = torch.autograd.grad(out[0, neuron, 10, 20], x, retain_graph=True)
        assert torch.equal(gradient[0] != 0, field)


def test_a_convolution_layer_is_the_correlation_of_its_definition():
    model = build("CONV3x2-4p0, SVM", input_shape=(3, 6, 5), outputs=2, normalize="none").double()
    layer = model.get_submodule("1.CONV3x2-4")
    with torch.no_grad():
        layer.bias.normal_()
    x = torch.randn(2, 3, 6, 5, dtype=torch.float64)
    expected = torch.stack([correlation(picture, layer.weight, layer.bias) for picture in x])
    assert torch.allclose(layer(x), expected, rtol=1e-12, atol=1e-12)


def test_the_signal_books_convolution_is_a_correlation_with_the_filter_turned_by_half():
    layer = build("CONV3-1p0b0, SVM", input_shape=(1, 5, 5), outputs=2).double().get_submodule("1.CONV3-1")
    g, x = layer.weight[0, 0].detach(), torch.randn(5, 5, dtype=torch.float64)

    def convolved(i: int, j: int) -> Tensor:
        """(x * g)(i, j) = Σ x(i − a, j − b) g(a, b)"""
        return sum(x[i - a, j - b] * g[a, b] for a in range(3) for b in range(3))

    expected = torch.stack([torch.stack([convolved(i, j) for j in range(2, 5)]) for i in range(2, 5)])
    with torch.no_grad():
        assert not torch.allclose(layer(x[None, None])[0, 0], expected)
        layer.weight.copy_(g.flip(0, 1)[None, None])
        assert torch.allclose(layer(x[None, None])[0, 0], expected, rtol=1e-12, atol=1e-12)


def test_a_moved_picture_gives_moved_maps():
    layer = build("CONV5-6p0, SVM", input_shape=(3, 12, 12), outputs=2).get_submodule("1.CONV5-6")
    x = torch.randn(1, 3, 13, 12)
    assert torch.allclose(layer(x)[:, :, 1:], layer(x[:, :, 1:]), atol=1e-5)


def test_a_fully_connected_layer_is_a_convolution_over_the_whole_input():
    fc = build("FC-7-RELU, SVM", input_shape=(3, 5, 4), outputs=2).double().get_submodule("1.FC-7")
    conv = build("CONV5x4-7p0-RELU, SVM", input_shape=(3, 5, 4), outputs=2).double().get_submodule("1.CONV5x4-7")
    with torch.no_grad():
        fc.bias.normal_()
        conv.weight.copy_(fc.weight.view(7, 3, 5, 4))
        conv.bias.copy_(fc.bias)
    x = torch.randn(3, 3, 5, 4, dtype=torch.float64)
    assert conv(x).shape == (3, 7, 1, 1)
    assert torch.allclose(fc(x), conv(x).flatten(1), rtol=1e-12, atol=1e-12)


def test_max_pooling_of_2x2_takes_6_8_3_4():
    pooling = build("POOL, SVM", input_shape=(1, 4, 4), outputs=2).get_submodule("1.POOL2")
    x = torch.tensor([[[[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]])
    assert pooling(x)[0, 0].tolist() == [[6, 8], [3, 4]]
