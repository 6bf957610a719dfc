"""The recipe that is taken where nothing is asked for."""

import numpy as np
import pytest

import wxb
from wxb.learning.defaults import RATES, recipe_for
from wxb.notation import plan, read

CHANCE = np.random.default_rng(0)


def recipe(network: str, shape: tuple[int, ...], **given: object) -> wxb.Recipe:
    data = wxb.load_data(CHANCE.normal(size=(40, *shape)).astype(np.float32), np.arange(40) % 2)
    return recipe_for(plan(read(network), data.shape, data.outputs), data, given)


@pytest.mark.parametrize(
    ("network", "shape", "rate"),
    [
        ("SOFTMAX", (3, 32, 32), 0.00033),
        ("SVM", (3, 32, 32), 0.00033),
        ("SOFTMAX", (1, 28, 28), 0.0013),
        ("SOFTMAX", (8, 8), RATES["adamw"]),  # 1/64 would be more
        ("HOG, SOFTMAX", (3, 48, 48), 0.0011),  # 25 blocks of 36 numbers, not the pixels
        ("FC-8-RELU, SOFTMAX", (3, 32, 32), RATES["adamw"]),
        ("CONV-GAP, SOFTMAX", (3, 32, 32), RATES["muon"]),
    ],
)
def test_a_linear_network_takes_steps_of_no_more_than_one_over_its_inputs(network, shape, rate):
    assert recipe(network, shape).learning_rate == rate


def test_only_adam_s_rate_depends_on_the_inputs():
    assert recipe("SOFTMAX", (3, 32, 32), optimizer="adam").learning_rate == 0.00033
    assert recipe("SOFTMAX", (3, 32, 32), optimizer="momentum").learning_rate == RATES["momentum"]


def test_a_rate_that_is_given_is_taken():
    assert recipe("SOFTMAX", (3, 32, 32), learning_rate=0.01).learning_rate == 0.01
