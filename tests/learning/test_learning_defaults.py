"""What is taken where nothing is chosen: networks by the size of pictures and the time, and their recipes."""

import numpy as np
import pytest

from wxb.data import load_data
from wxb.learning.candidate import candidate
from wxb.learning.defaults import default, headed, ladder
from wxb.notation import plan, read


def pictures(*shape):
    chance = np.random.default_rng(0)
    return load_data(chance.integers(0, 256, (40, *shape), dtype=np.uint8), np.arange(40) % 4)


@pytest.mark.parametrize(
    "shape",
    [(1, 8, 8), (1, 15, 28), (1, 28, 28), (3, 31, 40), (3, 32, 32), (1, 32, 32), (2, 48, 33), (3, 63, 63), (3, 64, 80)],
)
def test_every_default_network_fits_pictures_of_its_size_and_the_next_rung_is_more_work(shape):
    data = pictures(*shape)
    work = [candidate(data, rung, options={"device": "cpu"}).plan.multiply_adds for rung in ladder(data)]
    assert work == sorted(set(work))
    assert default(data) in ladder(data)


def test_pictures_from_32_pixels_on_begin_with_whitened_patches_and_the_identity():
    data = pictures(3, 32, 32)
    for rung in ladder(data):
        found = candidate(data, rung, options={"device": "cpu"})
        assert (found.recipe.first_layer, found.recipe.start) == ("whitened", "identity")
        assert not found.model.get_submodule(found.plan.items[0].path).weight.requires_grad


def test_what_is_asked_for_wins_over_the_rung_and_a_network_of_one_s_own_has_none_of_it():
    data = pictures(3, 32, 32)
    assert candidate(data, default(data), options={"learning_rate": 0.5}).recipe.learning_rate == 0.5
    own = candidate(data, "CONV-8-BN-RELU-GAP, SOFTMAX").recipe
    assert (own.first_layer, own.start, own.learning_rate) == ("learned", "random", 0.01)


def test_a_default_network_ends_in_the_head_that_the_data_asks_for():
    data = load_data(np.zeros((30, 3), np.float32) + np.arange(30)[:, None], np.arange(30, dtype=np.float32))
    assert plan(read(headed(default(data), data)), data.shape, data.outputs).head == "EUCLID"
