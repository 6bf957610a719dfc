"""A new activation is one row in the notation and one module: every list and every battery takes it up by itself."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from docs.layer_tables import activation_row, layer_row, tables
from tests.network import test_network_folded as folding
from tests.network import test_network_layers as layers
from tests.network import test_network_memory as memory
from tests.network.test_network_layers import MAPS, VECTOR, Case
from wxb.errors import WxbError
from wxb.network.build import build
from wxb.network.layers import LAYERS as MODULES
from wxb.notation import plan, read
from wxb.notation.layers import LAYERS
from wxb.notation.layers.activation import activation
from wxb.notation.layers.kind import saves
from wxb.notation.table import rows
from wxb.notation.vocabulary import BLOCKS


class Cube(nn.Module):
    """z³."""

    def forward(self, z: Tensor) -> Tensor:
        """z: any shape → the same."""
        return z**3


@pytest.fixture(autouse=True)
def cube(monkeypatch):
    row = activation("z³", "3z²", saves(input=True), rectifies=False, aliases=("POWER",))
    monkeypatch.setitem(LAYERS, "CUBE", row)
    monkeypatch.setitem(MODULES, "CUBE", lambda layer: Cube())


def test_it_is_read_and_printed():
    network = read("conv-cube-pool-fc-cube*2, softmax")
    assert str(network) == "CONV3-32-CUBE-POOL2/2-FC-128-CUBE*2-FC-C, SOFTMAX"
    assert network.short() == "CONV-CUBE-POOL-FC-CUBE*2, SOFTMAX"
    assert read(str(network)) == read(network.short()) == network


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        ("FC-CUBEE, SVM", "CUBEE is not a layer; CUBE is", "FC-CUBE, SVM"),
        ("FC-POWER, SVM", "POWER is not a layer; CUBE is", "FC-CUBE, SVM"),
        ("FC-CUBE(0.1), SVM", "CUBE takes no number; write CUBE", "FC-CUBE, SVM"),
        ("FC-(), SVM", "expected a layer, found )", "the layers are " + " ".join((*LAYERS, "CUBE", *BLOCKS))),
    ],
)
def test_mistakes_know_it(text, what, fix):
    with pytest.raises(WxbError) as error:
        read(text)
    assert (error.value.what, error.value.fix) == (what, fix)


def test_it_keeps_shape_and_field_and_costs_nothing():
    conv, cube, *_ = plan(read("CONV5-6-CUBE, SVM"), (3, 8, 8), 2).items
    assert (cube.path, cube.input, cube.output) == ("2.CUBE", (6, 8, 8), (6, 8, 8))
    assert (cube.parameters, cube.multiply_adds) == (0, 0)
    assert (cube.receptive_field, cube.jump) == (conv.receptive_field, conv.jump)


def test_it_joins_the_row_of_the_layer_before():
    assert rows(plan(read("CONV5-6-CUBE, SVM"), (3, 8, 8), 2))[0].layer == "CONV5-6-CUBE"


@pytest.mark.parametrize("shape", [MAPS, VECTOR], ids=str)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "check",
    [layers.test_output_has_the_planned_shape, layers.test_gradients_are_the_numeric_ones],
    ids=lambda check: check.__name__,
)
def test_it_goes_through_the_battery_in_both_modes(check, shape, training):
    check(Case("CUBE", shape), training)


@pytest.mark.parametrize("shape", [MAPS, VECTOR], ids=str)
@pytest.mark.parametrize(
    "check",
    [
        layers.test_the_module_has_as_many_parameters_as_planned,
        layers.test_only_normalization_and_random_layers_tell_training_from_evaluation,
        layers.test_one_example_alone_is_computed_as_among_others,
        layers.test_one_example_alone_is_learned_from_but_where_it_has_no_variance,
    ],
    ids=lambda check: check.__name__,
)
def test_it_goes_through_the_battery(check, shape):
    check(Case("CUBE", shape))


@pytest.mark.parametrize("around", ["{}-FC-7-RELU", "{}-BN-TANH-FC-7-BN", "RES({}-RELU, {})-FC-4-TANH"])
def test_it_is_folded(around):
    folding.test_every_layer_gives_what_it_gave(Case("CUBE"), around)


def test_its_row_says_what_its_backward_pass_keeps():
    memory.test_activations_are_about_what_torch_keeps("CONV-16-CUBE-CONV-8, SVM")


@pytest.mark.parametrize(("rectifies", "variance"), [(False, 2 / (27 + 9 * 600)), (True, 2 / 27)])
def test_its_row_decides_how_the_weights_before_it_begin(monkeypatch, rectifies, variance):
    monkeypatch.setitem(LAYERS, "CUBE", activation("z³", "3z²", saves(input=True), rectifies=rectifies))
    model = build("CONV-600-BN-CUBE-GAP, SVM", input_shape=(3, 8, 8), outputs=2)
    weight = model.get_submodule("1.CONV3-600").weight
    assert float(weight.detach().var()) == pytest.approx(variance, rel=0.1)


def test_it_has_a_line_in_the_documentation():
    assert layer_row("CUBE") == "| `CUBE` |  | z³ |"
    assert activation_row("CUBE") == "| `CUBE` | z³ | 3z² |"
    assert layer_row("CUBE") in tables()["notation"]
    assert activation_row("CUBE") in tables()["layers"]


def test_a_network_of_it_learns():
    model = build("FC-8-CUBE, SOFTMAX", input_shape=(4,), outputs=3)
    model.head.loss(model(torch.randn(5, 4)), torch.tensor([0, 1, 2, 0, 1])).sum().backward()
    assert all(bool(parameter.grad.abs().sum() > 0) for parameter in model.parameters())
