"""Weights before the first step that are not drawn: the identity, and whitened patches."""

import numpy as np
import pytest
import torch

from wxb.data import load_data
from wxb.data.dataset import Dataset, Split
from wxb.errors import WxbError
from wxb.network.build import build


@pytest.fixture(scope="module")
def photos() -> Dataset:
    """Smooth pictures: neighbouring pixels are alike, as in photographs."""
    chance = np.random.default_rng(0)
    coarse = torch.from_numpy(chance.normal(128, 50, (200, 3, 6, 6)).astype(np.float32))
    examples = torch.nn.functional.interpolate(coarse, size=16, mode="bilinear").clamp(0, 255).byte().numpy()
    rows = np.arange(200)
    split = Split(rows[:150], rows[150:170], rows[170:], "by hand")
    return Dataset("made", examples, rows % 4, "classification", ("a", "b", "c", "d"), split)


def test_convolutions_at_top_level_begin_by_passing_their_input_on(photos):
    model = build("CONV3-8-CONV5-12-RES(CONV3-12)-CONV3-4/2-GAP, SOFTMAX", photos, initialization="identity")
    x = torch.randn(2, 3, 16, 16)
    first = model.get_submodule("1.CONV3-8")
    assert torch.allclose(first(x)[:, :3], x)
    maps = torch.randn(2, 8, 16, 16)
    assert torch.allclose(model.get_submodule("2.CONV5-12")(maps)[:, :8], maps)
    drawn = build("CONV3-8-CONV5-12-RES(CONV3-12)-CONV3-4/2-GAP, SOFTMAX", photos)
    for path in ("3.RES.1.CONV3-12", "4.CONV3-4"):  # an arm, and maps of another size
        assert torch.equal(model.get_submodule(path).weight, drawn.get_submodule(path).weight)
    assert torch.equal(first.weight[3:], drawn.get_submodule("1.CONV3-8").weight[3:])


def test_whitened_patches_are_not_correlated_and_have_variance_one(photos):
    model = build("CONV2-24p0-RELU-GAP, SOFTMAX", photos, first_layer="whitened")
    layer = model.get_submodule("1.CONV2-24")
    scaled = model.scale(torch.from_numpy(photos.examples[photos.split.train]))
    patches = torch.nn.functional.unfold(scaled, 2, stride=2).transpose(1, 2).flatten(0, 1)
    found = patches @ layer.weight.flatten(1).T
    correlation = found.T @ found / len(found)
    variances = torch.linalg.eigvalsh(patches.T @ patches / len(patches)).flip(0)
    expected = variances / (variances + 5e-4)
    assert torch.allclose(correlation[:12, :12], torch.diag(expected), atol=1e-3)
    assert torch.equal(layer.weight[12:], -layer.weight[:12])
    assert not layer.weight.requires_grad
    assert not layer.bias.requires_grad


def test_whitened_filters_and_their_biases_stay(photos):
    import wxb

    model = build(
        "CONV4-32/2-RELU-CONV-8-BN-RELU-GAP, SOFTMAX", photos, first_layer="whitened", initialization="identity"
    )
    layer = model.get_submodule("1.CONV4-32")
    before = layer.weight.clone(), layer.bias.clone()
    recipe = wxb.Recipe(epochs=1, batch_size=50, optimizer="muon", weight_decay=0.1, ema=0.9)
    for _ in wxb.learn(model, photos, recipe):
        pass
    assert torch.equal(layer.weight, before[0])
    assert torch.equal(layer.bias, before[1])


@pytest.mark.parametrize(
    ("network", "what"),
    [
        (
            "FC-8-RELU, SOFTMAX",
            '`first_layer="whitened"` needs a network that begins with CONV and is built for a data set',
        ),
        ("CONV3-7-RELU-GAP, SOFTMAX", "needs an even number of filters, at most 54; 1.CONV3-7 has 7"),
        ("CONV3-64-RELU-GAP, SOFTMAX", "needs an even number of filters, at most 54; 1.CONV3-64 has 64"),
    ],
)
def test_a_network_whose_first_layer_cannot_be_whitened_is_refused(photos, network, what):
    with pytest.raises(WxbError, match=what):
        build(network, photos, first_layer="whitened")


def test_without_data_there_is_nothing_to_whiten_by():
    with pytest.raises(WxbError, match="this one begins with CONV and has no data"):
        build("CONV2-24-GAP, SOFTMAX", input_shape=(3, 8, 8), outputs=2, first_layer="whitened")


def test_grey_pictures_are_whitened_too():
    model = build("CONV3-16-RELU-GAP, SOFTMAX", load_data("digits"), first_layer="whitened")
    assert torch.isfinite(model.get_submodule("1.CONV3-16").weight).all()


def test_units_that_are_spread_turn_at_places_all_over_the_inputs():
    places = np.random.default_rng(0).uniform(0, 100, (400, 1)).astype(np.float32)
    data = load_data(places, places[:, 0])
    network = "FC-400-RELU-FC-8-RELU, EUCLID"
    drawn, spread = build(network, data, seed=3), build(network, data, seed=3, initialization="spread-biases")
    first = spread.get_submodule("1.FC-400")
    assert torch.equal(first.weight, drawn.get_submodule("1.FC-400").weight)
    turns = (-first.bias / first.weight[:, 0]).detach().sort().values
    assert -(3**0.5) <= turns[0] < -1.6
    assert 1.6 < turns[-1] <= 3**0.5
    expected = torch.linspace(-(3**0.5), 3**0.5, 400)
    assert (turns - expected).abs().max() < 0.3
    assert not spread.get_submodule("3.FC-8").bias.any()
    again = build(network, data, seed=3, initialization="spread-biases")
    other = build(network, data, seed=4, initialization="spread-biases")
    assert torch.equal(again.get_submodule("1.FC-400").bias, first.bias)
    assert not torch.equal(other.get_submodule("1.FC-400").bias, first.bias)


@pytest.mark.parametrize("network", ["SOFTMAX", "CONV-8-GAP, SOFTMAX", "FC-8b0-RELU, SOFTMAX", "RES(FC-64), SOFTMAX"])
def test_without_biases_in_a_hidden_first_layer_there_is_nothing_to_spread(network):
    with pytest.raises(
        WxbError, match='`initialization="spread-biases"` is for networks that begin with a hidden layer FC'
    ):
        build(network, load_data("digits"), initialization="spread-biases")
