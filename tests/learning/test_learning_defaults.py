"""What is taken where nothing is chosen: networks by the size of pictures and the time, and their recipes."""

import re

import numpy as np
import pytest

import wxb
from wxb.data import load_data
from wxb.errors import WxbError
from wxb.learning.defaults import RATES, default, headed, ladder
from wxb.learning.recipe import OPTIMIZERS, WITH_MOMENTUM, Recipe
from wxb.learning.setup import set_up
from wxb.notation import plan, read


def pictures(*shape, count=40):
    chance = np.random.default_rng(0)
    return load_data(chance.integers(0, 256, (count, *shape), dtype=np.uint8), np.arange(count) % 4)


@pytest.mark.parametrize(
    "shape",
    [(1, 8, 8), (1, 15, 28), (1, 28, 28), (3, 31, 40), (3, 32, 32), (1, 32, 32), (2, 48, 33), (3, 63, 63), (3, 64, 80)],
)
def test_every_default_network_fits_pictures_of_its_size_and_the_next_rung_is_more_work(shape):
    data = pictures(*shape)
    work = [set_up(data, rung, options={"device": "cpu"}).plan.multiply_adds for rung in ladder(data)]
    of_network = dict(zip((rung.network for rung in ladder(data)), work, strict=True))
    assert list(of_network.values()) == sorted(set(work))
    # a network that comes again, with other settings, does so at once and asks for more epochs
    steps = [(one, rung.least) for one, rung in zip(work, ladder(data), strict=True)]
    assert steps == sorted(set(steps))
    assert default(data) in ladder(data)


@pytest.mark.parametrize("shape", [(3, 16, 16), (3, 32, 32), (1, 32, 32), (3, 64, 64)])
def test_pictures_begin_with_whitened_patches_and_the_identity(shape):
    data = pictures(*shape)
    for rung in ladder(data):
        found = set_up(data, rung, options={"device": "cpu"})
        assert (found.recipe.first_layer, found.recipe.initialization) == ("whitened", "identity")
        assert not found.model.get_submodule(found.plan.items[0].path).weight.requires_grad


def test_the_first_layer_of_small_grey_pictures_is_learned():
    data = pictures(1, 28, 28)
    recipe = set_up(data, default(data), options={"device": "cpu"}).recipe
    assert (recipe.first_layer, recipe.initialization) == ("learned", "identity")


def test_the_largest_rung_has_large_batches_where_there_are_many_of_them():
    sizes = [
        set_up(data, ladder(data)[-1], options={"device": "cpu"}).recipe.batch_size
        for data in (pictures(3, 32, 32), pictures(1, 32, 32, count=40_000))
    ]
    assert sizes == [32, 1024]


def test_what_is_asked_for_wins_over_the_rung_and_a_network_of_one_s_own_has_none_of_it():
    data = pictures(3, 32, 32)
    assert set_up(data, default(data), options={"learning_rate": 0.5}).recipe.learning_rate == 0.5
    own = set_up(data, "CONV-8-BN-RELU-GAP, SOFTMAX").recipe
    assert (own.first_layer, own.initialization, own.learning_rate) == ("learned", "random", 0.01)


def test_a_default_network_ends_in_the_head_that_the_data_asks_for():
    data = load_data(np.zeros((30, 3), np.float32) + np.arange(30)[:, None], np.arange(30, dtype=np.float32))
    assert plan(read(headed(default(data), data)), data.shape, data.outputs).head == "EUCLID"


def table(tmp_path, rows, target):
    """A table of two numbers and a target."""
    chance = np.random.default_rng(0)
    x, y = chance.normal(size=(2, rows)).round(4)
    targets = x * y if target == "number" else np.where(x > y, "in", "out")
    lines = [f"{a},{b},{c}\n" for a, b, c in zip(x, y, targets, strict=True)]
    (tmp_path / "t.csv").write_text("x,y,z\n" + "".join(lines))
    return load_data(tmp_path / "t.csv", target="z")


@pytest.mark.parametrize(
    ("rows", "target", "network", "bagging", "epochs"),
    [
        (100, "number", "TEAM-5x8((FC-64-RELU)*2)", True, 200),
        (8_000, "class", "TEAM-5x8((FC-64-RELU-DROP(0.1))*2)", True, 66),
        (20_000, "number", "TEAM-5x4((FC-128-RELU)*3)", True, 26),
        (60_000, "class", "TEAM-5x4((FC-128-RELU-DROP(0.1))*3)", True, 8),
        (160_000, "number", "TEAM-8((FC-128-RELU)*3)", False, 8),
    ],
)
def test_a_table_gets_a_team_by_its_rows(tmp_path, rows, target, network, bagging, epochs):
    data = table(tmp_path, rows, target)
    found = set_up(data, default(data), options={"device": "cpu"})
    assert default(data).network == network
    assert (found.recipe.bagging, found.recipe.epochs) == (bagging, epochs)
    assert found.recipe.calibration == ("none" if target == "number" else "temperature")
    assert found.recipe.label_smoothing == (0.1 if target == "class" and rows < 10_000 else 0.0)
    work = [set_up(data, rung, options={"device": "cpu"}).plan.multiply_adds for rung in ladder(data)]
    assert work == sorted(set(work))


def test_labels_of_a_table_are_not_smoothed(tmp_path):
    rows = "".join(f"{i % 13},{i * i % 11},{int(i % 3 > 0)},{int(i % 5 > 0)}\n" for i in range(300))
    (tmp_path / "t.csv").write_text("x,y,red,round\n" + rows)
    data = load_data(tmp_path / "t.csv", target=["red", "round"])
    found = set_up(data, default(data), options={"device": "cpu"})
    assert (data.task, found.recipe.bagging, found.recipe.label_smoothing) == ("multilabel", True, 0.0)


def test_a_table_of_few_different_rows_gets_a_network_that_learns_from_them(tmp_path):
    (tmp_path / "t.csv").write_text("x,y,z\n" + "1,2,in\n2,1,out\n" * 40)
    data = load_data(tmp_path / "t.csv", target="z")
    found = set_up(data, default(data), options={"device": "cpu"})
    assert (default(data).network, found.recipe.bagging) == ("FC-64-RELU-FC-64-RELU", False)


@pytest.mark.parametrize("rate", [0, 0.0, -0.1, 1e308, float("nan"), float("inf")])
def test_a_rate_with_which_nothing_is_learned_is_refused(rate):
    data = load_data("ring", examples=100)
    refusal = (
        f"^{re.escape(f'`learning_rate={rate}`: expected a number above 0 and at most 1,000')}\n  fix: `learning_rate="
    )
    with pytest.raises(WxbError, match=refusal):
        set_up(data, "SOFTMAX", options={"learning_rate": rate})
    with pytest.raises(WxbError, match=refusal):
        Recipe(learning_rate=rate)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_momentum_is_refused_by_optimizers_that_have_none(optimizer):
    data = load_data("ring", examples=100)
    options = {"optimizer": optimizer, "momentum": 0.5}
    if optimizer in WITH_MOMENTUM:
        assert set_up(data, "SOFTMAX", options=options).recipe.momentum == 0.5
        return
    with pytest.raises(WxbError) as error:
        set_up(data, "SOFTMAX", options=options)
    assert str(error.value) == (
        f"`momentum` has no effect with the optimizer {optimizer}\n"
        "  only momentum, nesterov and muon use it\n"
        '  fix: `optimizer="nesterov"`, or leave `momentum` out'
    )
    with pytest.raises(WxbError, match=r"^`momentum` has no effect with the optimizer"):
        Recipe(**options)


def test_a_momentum_is_refused_where_the_default_optimizer_has_none():
    with pytest.raises(WxbError, match="`momentum` has no effect with the optimizer adamw"):
        set_up(load_data("ring", examples=100), "SOFTMAX", options={"momentum": 0.5})


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_rung_s_rate_and_momentum_are_muon_s_alone(optimizer):
    data = pictures(3, 32, 32)
    recipe = set_up(data, default(data), options={"optimizer": optimizer, "device": "cpu"}).recipe
    expected = (0.04, 0.8) if optimizer == "muon" else (RATES[optimizer], 0.9)
    assert (recipe.learning_rate, recipe.momentum) == expected
    assert recipe.first_layer == "whitened"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_settings_of_a_recipe_are_accepted_and_give_it_again(optimizer):
    data = load_data("ring", examples=100)
    recipe = set_up(data, "SOFTMAX", options={"optimizer": optimizer}).recipe
    assert ("momentum" in recipe.settings()) == (optimizer in WITH_MOMENTUM)
    assert set_up(data, "SOFTMAX", options=recipe.settings()).recipe == recipe


def rows(columns, examples=60, task="classification"):
    targets = np.arange(examples) % 2
    inputs = np.random.default_rng(0).normal(size=(examples, columns)).astype(np.float32)
    return load_data(inputs, targets if task == "classification" else targets.astype(np.float32))


@pytest.mark.parametrize(
    ("data", "network", "options", "initialization"),
    [
        (rows(10), "FC-8-RELU, SOFTMAX", {}, "spread-biases"),
        (rows(11), "FC-8-RELU, SOFTMAX", {}, "random"),
        (rows(2, 8000), "FC-8-RELU, SOFTMAX", {}, "random"),
        (rows(2, 8000, "regression"), "FC-8-RELU, EUCLID", {}, "spread-biases"),
        (rows(2), "FC-8-BN-RELU, SOFTMAX", {}, "random"),
        (rows(2), "SOFTMAX", {}, "random"),
        (rows(2), "FC-8-RELU, SOFTMAX", {"normalize": "range"}, "random"),
        (rows(2), "FC-8-RELU, SOFTMAX", {"initialization": "random"}, "random"),
        (pictures(1, 3, 3), "FC-8-RELU, SOFTMAX", {}, "random"),
    ],
)
def test_rows_of_few_standardized_numbers_begin_with_spread_biases(data, network, options, initialization):
    assert set_up(data, network, options=options).recipe.initialization == initialization


def test_a_wave_of_one_number_is_learned_from_few_rows(tmp_path):
    places = np.random.default_rng(0).uniform(-2.5, 2.5, (500, 1)).astype(np.float32)
    data = load_data(places, np.sin(3 * places[:, 0]))
    assert wxb.train(data, out=tmp_path / "run").report.test["r2"] > 0.97
