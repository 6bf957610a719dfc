"""The arithmetic of a unit: the lecture's numbers by hand, and every kind of layer against torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from tests.network.test_network_worked_examples import BIASES, PICTURE, WEIGHTS, network
from wxb import views
from wxb.errors import WxbError
from wxb.network.build import build
from wxb.views.gallery.unit import arithmetic, weighs
from wxb.views.layers import passed
from wxb.views.place import cut, fields, place_of
from wxb.views.subject import subject


def test_the_lecture_s_picture_of_2x2_has_its_scores():
    model = network("SOFTMAX", (1, 2, 2), 3, weights=WEIGHTS, biases=BIASES)
    for number, (score, bias) in enumerate([(-96.8, 1.1), (437.9, 3.2), (60.75, -1.2)]):
        view = views.unit(model, PICTURE, unit=number)
        assert view["inputs"].reshape(-1).tolist() == [56, 231, 24, 2]
        assert view["weights"].reshape(-1).tolist() == WEIGHTS[number]
        assert view["after"].tolist() == pytest.approx([score], abs=1e-9)
        assert view.facts["bias"] == bias
    assert "-96.8." in views.unit(model, PICTURE, unit=0).svg()
    assert views.unit(model, PICTURE).facts["unit"] == 1


def test_the_lecture_s_network_of_three_layers_of_two_sigmoids():
    text = "FC-2-SIGMOID-FC-2-SIGMOID-FC-2-SIGMOID, EUCLID"
    # the last SIGMOID stands before the outputs of the head: an FC that passes them on
    model = network(
        text, (2,), 2, w1=[1, -2, -1, 1], b1=[1, 0], w2=[2, -1, -2, -1], b2=[0, 0], w3=[3, -1, -1, 4], b3=[-2, 2],
        w4=[1, 0, 0, 1], b4=[0, 0],
    )  # fmt: skip
    x = torch.tensor([[1.0, -1.0]], dtype=torch.float64)
    first = [views.unit(model, x, layer="1", unit=number)["after"] for number in (0, 1)]
    assert [values[0] for values in first] == [4, -2]
    assert [f"{values[1]:.2f}" for values in first] == ["0.98", "0.12"]
    last = [views.unit(model, x, layer="5", unit=number)["after"][1] for number in (0, 1)]
    assert [f"{value:.2f}" for value in last] == ["0.62", "0.83"]
    zero = [views.unit(model, 0 * x, layer="5", unit=number)["after"][1] for number in (0, 1)]
    assert [f"{value:.2f}" for value in zero] == ["0.51", "0.85"]


def test_the_lecture_s_pooling_takes_6_8_3_4():
    model = build("POOL, SOFTMAX", input_shape=(1, 4, 4), outputs=2, normalize="none")
    x = np.array([[[[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]], np.float32)
    places = {(0, 0): 6, (0, 1): 8, (1, 0): 3, (1, 1): 4}
    for (row, column), greatest in places.items():
        view = views.unit(model, x, layer="POOL2", place=f"{row},{column}")
        assert view["after"][0] == greatest
        assert view["products"].max() == greatest
        assert view["weights"].sum() == 1
        assert view["box"].tolist() == [2 * row, 2 * column, 2 * row + 2, 2 * column + 2]
    assert views.unit(model, x, layer="POOL2").facts["column"] == 1  # where it is greatest


LAYERS = {
    "CONV": nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2, bias=True),
    "dilated": nn.Conv2d(4, 5, (3, 2), padding=(2, 1), dilation=2, bias=False),
    "POOL": nn.MaxPool2d(3, 2, padding=1),
    "AVGPOOL": nn.AvgPool2d(3, 2, padding=1, count_include_pad=False),
    "mean with padding": nn.AvgPool2d(3, 2, padding=1),
}


@pytest.mark.parametrize("kind", LAYERS)
def test_the_terms_add_up_to_what_torch_gives_at_every_place(kind):
    module = nn.Sequential(LAYERS[kind])
    x = torch.randn(1, 4, 9, 8, generator=torch.Generator().manual_seed(1))
    one = passed(subject(module, "unit"), x)["0"]
    assert weighs(one)
    for unit, row, column in np.ndindex(*one.output.shape[1:]):
        terms = arithmetic(one, unit, (row, column))
        assert terms.value == pytest.approx(float(one.output[0, unit, row, column]), abs=1e-5)
        assert (terms.inputs * terms.weights).sum() + (terms.bias or 0) == pytest.approx(terms.value)


def test_what_follows_a_unit_is_its_normalization_and_activation():
    model = build("CONV-4-BN-RELU-POOL-FC-5-TANH, SOFTMAX", input_shape=(1, 8, 8), outputs=3)
    x = np.random.default_rng(0).integers(0, 255, (1, 1, 8, 8), dtype=np.uint8)
    maps = views.maps(model, x)
    view = views.unit(model, x, layer="1", unit=2, place="3,4")
    assert view.arrays["after"].axes[0].ticks == ("1.CONV3-4", "2.BN", "3.RELU")
    expected = [maps[name][2, 3, 4] for name in ("1.CONV3-4", "2.BN", "3.RELU")]
    assert view["after"] == pytest.approx(expected, abs=1e-5)
    assert views.unit(model, x, layer="FC-5", unit=0).arrays["after"].axes[0].ticks == ("5.FC-5", "6.TANH")


@pytest.mark.parametrize(
    "text",
    [
        "CONV3-2-AVGPOOL-CONV5-3p0-AVGPOOL3, SOFTMAX",
        "CONV3x5-2/2-RES(CONV3-2-CONV3-2)-RES(CONV3-4/2)-CONV2-2p0, SOFTMAX",
        "CAT(CONV1-2, CONV3-2, CONV5-2)-CONV3-2/2-AVGPOOL, SOFTMAX",
    ],
)
def test_the_field_of_a_place_is_what_its_gradient_reaches(text):
    model = build(text, input_shape=(1, 24, 24), outputs=2, normalize="none").double().eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.uniform_(0.1, 1, generator=generator)  # no gradient cancels another
    x = torch.rand(1, 1, 24, 24, dtype=torch.float64, generator=generator, requires_grad=True)
    seen = {}
    for path in fields(model.plan):
        model.get_submodule(path).register_forward_hook(
            lambda module, taken, output, path=path: seen.setdefault(path, output)
        )
    model(x)
    assert len(seen) >= 3
    for path, field in fields(model.plan).items():
        place = (seen[path].shape[2] // 2, seen[path].shape[3] // 2)
        (gradient,) = torch.autograd.grad(seen[path][0, :, place[0], place[1]].sum(), x, retain_graph=True)
        rows, columns = np.nonzero(gradient[0, 0].numpy())
        top, left, bottom, right = field.box(place)
        assert (rows.min(), columns.min()) == (max(0, top), max(0, left)), path
        assert (rows.max() + 1, columns.max() + 1) == (min(24, bottom), min(24, right)), path


def test_the_field_behind_a_pooling_begins_where_its_windows_do():
    plan = build("CONV3-2-POOL-CONV3-2-POOL, SOFTMAX", input_shape=(1, 16, 16), outputs=2).plan
    found = fields(plan)
    assert found["2.POOL2"].box((0, 0)) == (-1, -1, 3, 3)
    assert found["3.CONV3-2"].box((1, 1)) == (-1, -1, 7, 7)
    assert found["4.POOL2"].box((1, 0)) == (1, -3, 11, 7)


def test_a_cut_beyond_the_border_is_0():
    picture = np.arange(9).reshape(1, 3, 3)
    assert cut(picture, (-1, 1, 2, 4)).tolist() == [[[0, 0, 0], [1, 2, 0], [4, 5, 0]]]


def test_strange_units_places_and_layers_are_refused():
    model = build("CONV-4-RELU-GAP, SOFTMAX", input_shape=(1, 8, 8), outputs=3)
    x = np.zeros((1, 1, 8, 8), np.uint8)
    for given, said in [
        ({"unit": 4}, "there is no unit 4: the layer has 4 units\n  fix: a number from 0 to 3"),
        ({"place": "8,0"}, "there is no place 8,0 in 8 rows and 8 columns\n  fix: a row up to 7 and a column up to 7"),
        ({"place": "8"}, '`place="8"`: expected a row and a column\n  fix: `place="3,14"`'),
        ({"layer": "FC-3", "place": "1,1"}, "a feature has no place"),
        ({"layer": "RELU"}, "RELU is not a layer that weighs its inputs of this network"),
    ]:
        with pytest.raises(WxbError) as refused:
            views.unit(model, x, **given)
        assert str(refused.value).startswith(said)
    assert place_of((2, 3), 4, 4) == place_of("2x3", 4, 4) == (2, 3)
