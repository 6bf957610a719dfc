"""The graph of a network and the weights of its layers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from wxb import views
from wxb.errors import WxbError
from wxb.network.build import build
from wxb.notation.named import NAMED


@pytest.mark.parametrize("name", ["lenet5", "vgg16", "resnet18", "googlenet", "allcnn-c"])
def test_the_counts_of_the_nodes_add_up_to_those_of_the_plan(name):
    model = build(name, input_shape=NAMED[name].input, outputs=10)
    view = views.graph(model)
    assert view["parameters"].sum() == model.plan.parameters
    assert view["multiply-adds"].sum() == model.plan.multiply_adds
    starts, ends = view["edges"].T
    assert (starts < ends).all()
    assert set(ends.tolist()) == set(range(1, len(view["layers"])))  # every node but the input takes something


def test_a_shortcut_and_branches_are_edges():
    model = build("CONV-4-RES(CONV-4-RELU)-CAT(CONV1-2, ID)-GAP, SOFTMAX", input_shape=(1, 8, 8), outputs=3)
    view = views.graph(model)
    assert view["layers"].tolist() == [
        "input", "CONV3-4", "CONV3-4-RELU", "RES: sum", "CONV1-2", "CAT: joined", "GAP", "FC-3",
    ]  # fmt: skip
    assert view["edges"].tolist() == [[0, 1], [1, 2], [2, 3], [1, 3], [3, 4], [4, 5], [3, 5], [5, 6], [6, 7]]
    assert view["outputs"].tolist()[1:6] == ["4x8x8"] * 3 + ["2x8x8", "6x8x8"]
    assert view["receptive fields"].tolist() == ["", "3", "5", "5", "5", "5", "all", "all"]


def test_a_module_s_graph_is_that_of_the_same_network_of_wxb():
    module = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )  # fmt: skip
    view = views.graph(module, torch.zeros(1, 1, 28, 28))
    assert view["parameters"].sum() == 61_706
    assert view["multiply-adds"].sum() == 416_520
    assert view["outputs"].tolist()[:3] == ["1x28x28", "6x28x28", "6x28x28"]
    with pytest.raises(WxbError, match="known only for a batch"):
        views.graph(module)


def test_filters_are_the_weights_of_the_first_layer_that_looks_at_maps():
    model = build("CONV-4-RELU-POOL-CONV5-6-RELU-FC-7-RELU, SOFTMAX", input_shape=(3, 8, 8), outputs=3)
    first = views.filters(model)
    assert np.array_equal(first["weights"], model.get_submodule("1.CONV3-4").weight.detach())
    assert np.array_equal(first["biases"], model.get_submodule("1.CONV3-4").bias.detach())
    assert views.filters(model, layer="4")["weights"].shape == (6, 4, 5, 5)
    behind = views.filters(model, layer="FC-7")["weights"]
    weight = model.get_submodule("6.FC-7").weight.detach().numpy()
    assert behind.shape == (7, 6, 4, 4)
    assert np.array_equal(behind[2, 3, 1], weight[2, 3 * 16 + 4 : 3 * 16 + 8])
    with pytest.raises(WxbError, match=r"^POOL2 is not a layer with weights over maps of this network"):
        views.filters(model, layer="POOL2")


def test_filters_of_a_network_for_rows_do_not_apply():
    model = build("FC-4-RELU, SOFTMAX", input_shape=(5,), outputs=3)
    with pytest.raises(WxbError, match=r"^filters is for pictures, and this"):
        views.filters(model)
    with pytest.raises(WxbError, match="no layer of Sequential looks at maps"):
        views.filters(nn.Sequential(nn.Linear(2, 2)))
