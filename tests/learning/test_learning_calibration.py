"""Temperature scaling: the temperature that fits held-out examples, as part of the output layer's weights."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from wxb.data import load_data
from wxb.errors import WxbError
from wxb.learning.calibration import divide_logits, temperature
from wxb.network.build import build
from wxb.network.heads import HEADS
from wxb.trials import Trial

SOFTMAX = HEADS["SOFTMAX"]


def sampled(count: int, sharpness: float, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits that are `sharpness` times too sharp for the classes drawn from them."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(size=(count, 3)) * 1.5
    shares = np.exp(honest) / np.exp(honest).sum(1, keepdims=True)
    classes = (shares.cumsum(1) > rng.random((count, 1))).argmax(1)
    return torch.from_numpy(sharpness * honest), torch.from_numpy(classes)


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_it_finds_how_much_too_sharp_the_logits_are(sharpness):
    logits, classes = sampled(20_000, sharpness)
    assert temperature(SOFTMAX, logits, classes) == pytest.approx(sharpness, rel=0.05)


def test_few_examples_that_are_all_right_do_not_make_it_certain():
    logits = torch.tensor([[2.0, 0.0]] * 10)
    assert temperature(SOFTMAX, logits, torch.zeros(10, dtype=torch.int64)) > 0.6
    many = torch.tensor([[2.0, 0.0]] * 10_000)
    assert temperature(SOFTMAX, many, torch.zeros(10_000, dtype=torch.int64)) < 0.3


@given(st.floats(0.2, 5), st.integers(0, 100))
def test_the_loss_is_least_at_the_temperature(sharpness, seed):
    logits, classes = sampled(300, sharpness, seed)
    found = temperature(SOFTMAX, logits, classes)

    def loss(by: float) -> float:
        return float(SOFTMAX.loss(logits / by, classes).sum()) + 5 * math.log(by) ** 2

    assert loss(found) <= min(loss(found * 1.02), loss(found / 1.02))


@pytest.mark.parametrize("text", ["FC-8-RELU", "TEAM-3x2(FC-8-RELU)", "FC-8-RELU-FC-Cb0"])
def test_dividing_the_logits_divides_those_of_every_member(text):
    model = build(f"{text}, SOFTMAX", input_shape=(4,), outputs=3).train()
    x = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    before = model(x).detach()
    divide_logits(model, 2.5)
    torch.testing.assert_close(model(x), before / 2.5)


def noisy(count: int = 400):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(count, 6)).astype(np.float32)
    return load_data(x, (x[:, 0] + 2 * rng.normal(size=count) > 0).astype(np.int64))


@pytest.mark.parametrize("text", ["FC-64-RELU-FC-64-RELU, SOFTMAX", "TEAM-4(FC-64-RELU-FC-64-RELU), SOFTMAX"])
def test_an_overfitted_network_gets_better_probabilities_and_the_same_answers(text):
    data, options = noisy(), {"epochs": 30, "batch_size": 16}
    plain, scaled = (Trial(data, text, calibration=how, **options).train() for how in ("none", "temperature"))
    before, after = plain.score("test"), scaled.score("test")
    assert after.log_loss < before.log_loss
    assert after.calibration_error < before.calibration_error
    if "TEAM" not in text:
        assert after.accuracy == before.accuracy


def test_a_head_without_probabilities_and_data_without_validation_are_refused():
    with pytest.raises(WxbError, match="is for probabilities; SVM has none"):
        Trial(noisy(), "SVM", calibration="temperature")
    rng = np.random.default_rng(0)
    data = load_data(rng.normal(size=(60, 3)).astype(np.float32), np.arange(60) % 2, split=(0.8, 0.0, 0.2))
    with pytest.raises(WxbError, match="needs a validation part"):
        Trial(data, "SOFTMAX", calibration="temperature")


@pytest.mark.parametrize("text", ["FC-C-BN", "FC-8-RELU-FC-C-TANH", "FC-C-RES(TANH)"])
def test_layers_behind_the_output_layer_that_would_not_pass_the_division_on_are_refused(text):
    with pytest.raises(WxbError, match="does not pass that division on"):
        Trial(noisy(), f"{text}, SOFTMAX", calibration="temperature")


def test_smoothed_logits_of_few_examples_get_a_temperature_well_below_1():
    x = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)
    x = x[np.abs(x[:, 0]) > 0.5]
    data = load_data(x, (x[:, 0] > 0).astype(np.int64))
    text, options = "FC-16-RELU, SOFTMAX", {"epochs": 60, "label_smoothing": 0.3}
    plain, scaled = (Trial(data, text, calibration=how, **options).train() for how in ("none", "temperature"))
    before, after = plain.score("test"), scaled.score("test")
    assert before.accuracy == after.accuracy > 0.9
    assert after.log_loss < before.log_loss / 3
