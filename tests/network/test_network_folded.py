"""Folded networks against the ones they were folded from: every layer kind, small named networks, generated ones."""

from __future__ import annotations

import copy
from unittest.mock import patch

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.network.test_network_agreement import texts
from tests.network.test_network_layers import CASES, MAPS, Case, drawn
from wxb.errors import WxbError
from wxb.network.build import Model, Restore, Standardize, build
from wxb.network.folded import fold
from wxb.notation.named import NAMED

SMALL_NAMED = [name for name in NAMED if NAMED[name].input[1] <= 32]


def made(text: str, shape: tuple[int, ...], mean: float = 100.0, std: float = 60.0) -> Model:
    """A model in float64 whose every number is drawn, scales of normalization of either sign among them."""
    model = drawn(build(text, input_shape=shape, outputs=3).double()).eval()
    per = model.scale.mean.shape
    model.scale = Standardize(
        torch.linspace(mean, 1.2 * mean, shape[0], dtype=torch.float64).view(per),
        torch.linspace(std, 1.1 * std, shape[0], dtype=torch.float64).view(per),
    )
    return model


def examples(shape: tuple[int, ...], count: int = 3) -> Tensor:
    """Bytes."""
    return torch.randint(0, 256, (count, *shape), generator=torch.Generator().manual_seed(3), dtype=torch.uint8)


@torch.no_grad()
def check(model: Model, x: Tensor) -> None:
    """In float64 to 1e-9 of the largest logit, in float32 to 2e-4 of it: layers multiply what float32 rounds away."""
    expected = model(x)
    size = max(1.0, float(expected.abs().max()))
    given_before = x.clone()
    assert (fold(model, torch.float64)(x) - expected).abs().max() <= 1e-9 * size
    single = copy.deepcopy(model).float()
    assert (fold(single)(x) - expected).abs().max() <= 2e-4 * size
    assert torch.equal(x, given_before)


def norms(model: Model, x: Tensor) -> int:
    """How many normalizations the folded model still computes."""
    with patch("torch.nn.functional.batch_norm", wraps=nn.functional.batch_norm) as computed, torch.no_grad():
        fold(model, torch.float64)(x)
    return computed.call_count


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("around", ["{}-FC-7-RELU", "{}-BN-TANH-FC-7-BN", "RES({}-RELU, {})-FC-4-TANH"])
def test_every_layer_gives_what_it_gave(case: Case, around: str):
    check(made(f"{around.format(case.text, case.text)}, SOFTMAX", case.shape), examples(case.shape))


@pytest.mark.parametrize("name", SMALL_NAMED)
def test_named_networks_give_what_they_gave(name):
    shape = NAMED[name].input
    model = build(name, input_shape=shape, outputs=10).double().eval()  # drawn weights would overflow in 110 layers
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            drawn(module)
    check(model, examples(shape, 2))


@settings(max_examples=40)
@given(texts(), st.sampled_from([0.0, 100.0, 5000.0]))
def test_generated_networks_give_what_they_gave(text, mean):
    try:
        model = made(text, (4, 12, 11), mean)
    except WxbError:
        assume(False)
    check(model, examples((4, 12, 11)))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("CONV3-4-BN-RELU-CONV3-4b0-BN-GAP-FC-4-BN-TANH", 0),
        ("CONV3-4-DROP(0.5)-BN-RELU", 0),
        ("RES(CONV3-4-BN-RELU-CONV3-4-BN, CONV1-4-BN)(0.5)-RELU-CAT(CONV3-2-BN, CONV1-2-BN)", 0),
        ("CONV3-4-RELU-BN", 1),
        ("BN-CONV3-4", 1),
        ("RES(CONV3-4)-BN-FC-4-TANH", 1),
        ("CONV3-4-POOL-BN", 1),
    ],
)
def test_a_normalization_goes_into_the_product_that_it_directly_follows(text, left):
    assert norms(made(f"{text}, SOFTMAX", MAPS), examples(MAPS)) == left


@pytest.mark.parametrize(("sign", "left"), [(1, 0), (-1, 1)])
def test_a_normalization_behind_maxout_is_folded_where_no_factor_is_negative(sign, left):
    model = made("CONV3-4-MAXOUT3-BN-RELU, SOFTMAX", MAPS)
    norm = next(module for module in model.modules() if isinstance(module, nn.BatchNorm2d))
    with torch.no_grad():
        norm.weight.abs_()
        norm.weight[1] *= sign
    check(model, examples(MAPS))
    assert norms(model, examples(MAPS)) == left


@pytest.mark.parametrize(
    ("text", "mean", "steps"),
    [
        ("CONV3-4p0", 100.0, 2),  # CONV, and the FC that gives the logits
        ("CONV3-4", 0.0, 2),
        ("CONV3-4", 100.0, 3),  # zeros stand for the mean around the picture
        ("CONV3-4p0", 5000.0, 3),  # far from 0 in standard deviations
        ("POOL-CONV3-4", 100.0, 4),
    ],
)
def test_the_scale_goes_into_the_first_product_where_that_is_exact(text, mean, steps):
    model = made(f"{text}, SOFTMAX", MAPS, mean)
    assert len(fold(model, torch.float64).steps) == steps
    check(model, examples(MAPS))


def test_numbers_far_from_zero_keep_their_digits():
    model = made("FC-8-TANH, SOFTMAX", (2,), 1e6, 1.0)
    x = 1e6 + torch.randn(50, 2, dtype=torch.float64).float()
    with torch.no_grad():
        assert (fold(copy.deepcopy(model).float())(x) - model(x)).abs().max() < 1e-4


@pytest.mark.parametrize(
    "text", ["RELU", "RES(RELU-FC-4)-TANH", "CAT(ID, TANH)-TANH", "DROP(0.5)-ELU", "RES(DROP)-RES(TANH)"]
)
def test_nothing_is_computed_in_numbers_that_somebody_else_reads(text):
    model = made(f"{text}, SOFTMAX", (4,), 0.0, 1.0)
    x = torch.randn(5, 4, dtype=torch.float64)
    check(model, x)


def test_the_model_stays_as_it_is_and_in_its_mode():
    model = made("CONV3-4-BN-DROP(0.5)-RELU, SOFTMAX", MAPS).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    folded = fold(model, torch.float64)
    found = folded(examples(MAPS))
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    with torch.no_grad():
        assert torch.allclose(found, model.eval()(examples(MAPS)), rtol=0, atol=1e-9)
        assert torch.equal(folded(examples(MAPS)), found)


def test_behind_the_first_item_it_is_what_the_model_makes_of_features():
    model = made("CONV3-4-BN-RELU, SOFTMAX", MAPS)
    with torch.no_grad():
        features = model.features(examples(MAPS))
        expected = model.after_features(features)
        assert torch.allclose(fold(model, torch.float64, first=1)(features), expected, rtol=0, atol=1e-9)


def test_targets_that_are_numbers_come_in_their_own_units():
    model = made("FC-4-BN-TANH, EUCLID", (3,))
    model.restore = Restore(torch.tensor([1e4] * 3, dtype=torch.float64), torch.tensor([50.0] * 3, dtype=torch.float64))
    check(model, examples((3,)))


@pytest.mark.parametrize(
    "text", ["CONV3-8-BN-RELU-RES(CONV3-8-BN-RELU-CONV3-8-BN)-RELU-LRN-POOL-FC-8-BN-RELU", "lenet5", "resnet20"]
)
def test_in_bfloat16_it_agrees_with_float32_as_autocast_does(text):
    shape = NAMED[text].input if text in NAMED else (3, 12, 12)
    torch.manual_seed(0)
    model = build(text if text in NAMED else f"{text}, SOFTMAX", input_shape=shape, outputs=10).eval()
    x = examples(shape, 16)
    with torch.inference_mode():
        expected = model(x)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            automatic = model(x).float()
        found = fold(model, torch.bfloat16)(x)
    assert found.dtype == torch.float32
    size = float(expected.abs().max())
    assert float((found - expected).abs().max()) <= 2 * float((automatic - expected).abs().max()) + 0.02 * size


def test_mirror_averaging_gives_the_mean_of_a_picture_s_scores_and_its_mirror_image_s():
    model = build("CONV-4-BN-RELU-POOL-FC-8-RELU, SOFTMAX", input_shape=(3, 8, 8), outputs=3).eval()
    x = torch.randint(0, 256, (5, 3, 8, 8), dtype=torch.uint8)
    alone = fold(model)
    expected = (alone(x) + alone(x.flip(3))) / 2
    model.flip_average = True
    found = fold(model)(x)
    assert torch.equal(found, expected)
    assert torch.allclose(found, fold(model)(x.flip(3)))
    assert not torch.allclose(found, alone(x))
