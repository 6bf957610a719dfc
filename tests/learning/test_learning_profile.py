"""Where the time of a step goes."""

import torch

from wxb.data import load_data
from wxb.learning.machine import Machine
from wxb.learning.profile import matrix_rate, profile
from wxb.learning.recipe import Recipe
from wxb.network.build import build

CPU = Machine("cpu", "float32", 1)
NETWORK = "CONV-8-BN-RELU-RES(CONV-8-BN-RELU)-GAP-FC-8-RELU, SOFTMAX"


def test_every_layer_and_every_part_of_a_step_has_its_time_and_all_add_up_to_the_step():
    data = load_data("digits")
    model = build(NETWORK, data)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    recipe = Recipe(batch_size=32, optimizer="muon", augment="shift-1", cutout=2, accumulate=2, weight_decay=0.1)
    found = profile(model, data, recipe, CPU)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    kinds = [part.kind for part in found.parts]
    assert kinds == sorted(kinds, key=["data", "forward", "loss", "backward", "optimizer", "other"].index)
    forward = {part.name: part for part in found.parts if part.kind == "forward"}
    assert list(forward) == ["scale", *(layer.path for layer in model.plan.layers)]
    for layer in model.plan.layers:
        assert forward[layer.path].multiply_adds == 64 * layer.multiply_adds
    (backward,) = (part for part in found.parts if part.kind == "backward")
    assert backward.multiply_adds == 2 * 64 * model.plan.multiply_adds
    assert all(part.seconds > 0 for part in found.parts if part.kind != "other")
    assert 0.5 * found.seconds < sum(part.seconds for part in found.parts) < 1.5 * found.seconds
    assert found.share > 0


def test_the_rate_of_the_matrix_product_leaves_the_number_of_threads_as_it_was():
    before = torch.get_num_threads()
    assert matrix_rate(torch.float32, threads=2, size=64, repetitions=3) > 0
    assert torch.get_num_threads() == before
