"""TEAM: members that share weights, each trained with its own loss, and averaged for prediction."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import wxb
from tests.network.test_network_layers import drawn, numeric_gradient
from wxb.cli.main import main
from wxb.data import load_data
from wxb.learning.feed import Feed
from wxb.learning.loop import learn
from wxb.learning.recipe import Recipe
from wxb.network.blocks import Team
from wxb.network.build import Model, build
from wxb.network.folded import fold
from wxb.network.heads import HEADS as HEADS_OF
from wxb.notation import plan, read
from wxb.runs.run import Run
from wxb.trials import Trial

ROWS, MAPS = (5,), (3, 6, 6)
TEXTS = [
    ("TEAM-4((FC-6-TANH)*2), {}", ROWS),
    ("TEAM-3(FC-C), {}", ROWS),
    ("FC-6-RELU-BN-TEAM-2(FC-4-RELU-FC-Cb0), {}", ROWS),
    ("TEAM-2(RES(FC-5-TANH)-CAT(ID, FC-2)-BN-RELU), {}", ROWS),
    ("TEAM-3(CONV-4-BN-RELU-POOL-FC-6-TANH), {}", MAPS),
    ("CONV-4-RELU-POOL-TEAM-3(FC-6-TANH), {}", MAPS),
    ("CONV-4-RELU-TEAM-2(POOL), {}", MAPS),
    ("TEAM-1(FC-4-RELU), {}", ROWS),
    ("TEAM-3x2((FC-6-TANH)*2), {}", ROWS),
    ("CONV-4-RELU-TEAM-2x1(CONV-4-BN-RELU-POOL-FC-5-TANH), {}", MAPS),
]
HEADS = ("SOFTMAX", "SVM", "EUCLID", "SIGMOIDS")
each_text = pytest.mark.parametrize(("text", "shape"), TEXTS)


def made(text: str, shape: tuple[int, ...], head: str = "SOFTMAX") -> Model:
    return drawn(build(text.format(head), input_shape=shape, outputs=3).double()).eval()


def inputs(shape: tuple[int, ...], count: int = 4) -> torch.Tensor:
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def team_of(model: Model) -> Team:
    return next(module for module in model.modules() if isinstance(module, Team))


@each_text
def test_it_has_the_planned_parameters_and_multiply_adds(text, shape):
    planned = plan(read(text.format("SOFTMAX")), shape, 3)
    model = build(planned)
    assert sum(parameter.numel() for parameter in model.parameters()) == planned.parameters
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(torch.randn(2, *shape))
    assert counter.get_total_flops() == 2 * 2 * planned.multiply_adds


def test_counts_are_those_of_the_layers_by_hand():
    planned = plan(read("TEAM-16(FC-64-RELU), SOFTMAX"), (10,), 3)
    assert planned.parameters == 16 * 10 + (10 * 64 + 64) + 16 * (64 * 3 + 3)
    assert planned.multiply_adds == 16 * (10 * 64 + 64 * 3)


def test_a_member_is_a_plain_network_on_multiplied_inputs_with_its_own_output_layer():
    model = made("TEAM-4((FC-6-TANH)*2), {}", ROWS)
    team, x = team_of(model), inputs(ROWS)
    factors, output = team.factors.view(4, 5), model.get_submodule("1.TEAM.1.5.FC-3")
    members = model.train()(x)
    assert members.shape == (4, 4, 3)
    for member in range(4):
        plain = made("(FC-6-TANH)*2, {}", ROWS)
        with torch.no_grad():
            for mine, theirs in (("1.FC-6", "1.TEAM.1.1.FC-6"), ("3.FC-6", "1.TEAM.1.3.FC-6")):
                plain.get_submodule(mine).load_state_dict(model.get_submodule(theirs).state_dict())
            plain.get_submodule("5.FC-3").weight.copy_(output.weight[member])
            plain.get_submodule("5.FC-3").bias.copy_(output.bias[member])
        plain.scale = model.scale
        scaled = model.scale(x) * factors[member]
        torch.testing.assert_close(members[:, member], plain.after_features(plain.places[0].layer(scaled)))


@pytest.mark.parametrize("head", HEADS)
@each_text
def test_the_prediction_is_the_mean_of_the_members(text, shape, head):
    model, x = made(text, shape, head), inputs(shape)
    through = model.places[-1].layer.eval()
    kept: list[torch.Tensor] = []
    through.register_forward_hook(lambda module, given, out: kept.append(out))
    logits = model(x)
    (members,) = kept
    assert logits.shape == (4, 3)
    if head == "SOFTMAX":
        torch.testing.assert_close(logits.softmax(1), members.softmax(2).mean(1))
    elif head == "SIGMOIDS":
        torch.testing.assert_close(logits.sigmoid(), members.sigmoid().mean(1))
    else:
        torch.testing.assert_close(logits, members.mean(1))


def test_certain_members_are_averaged_without_overflow():
    model = build("TEAM-2(FC-C), SIGMOIDS", input_shape=(1,), outputs=1)
    members = torch.tensor([[[500.0], [500.0]], [[-500.0], [-500.0]]])
    assert torch.isfinite(HEADS_OF["SOFTMAX"].averaged(torch.tensor([[[500.0, 0.0], [0.0, 500.0]]]))).all()
    torch.testing.assert_close(model.head.averaged(members)[:, 0], torch.tensor([500.0, -500.0]))


@pytest.mark.parametrize("head", HEADS)
@each_text
def test_the_folded_team_gives_the_same_logits(text, shape, head):
    model, x = made(text, shape, head), inputs(shape)
    with torch.no_grad():
        expected = model(x)
        size = max(1.0, float(expected.abs().max()))
        assert (fold(model, torch.float64)(x) - expected).abs().max() <= 1e-6 * size


@each_text
def test_gradients_are_the_numeric_ones(text, shape):
    smooth = text.replace("RELU", "TANH").replace("-POOL", "-AVGPOOL").replace("(POOL", "(AVGPOOL")
    model, x = made(smooth, shape).train(), inputs(shape)
    direction = torch.randn(4, model(x).shape[1], 3, generator=torch.Generator().manual_seed(1), dtype=x.dtype)

    def value() -> torch.Tensor:
        return (model(x) * direction).sum()

    value().backward()
    for name, parameter in model.named_parameters():
        with torch.no_grad():
            numeric = numeric_gradient(value, parameter, 1e-3)
        difference = (parameter.grad - numeric).norm() / max(float(numeric.norm()), 1e-3)
        assert difference <= 1e-5, f"{name}: {float(difference):.1e}"


@pytest.mark.parametrize("text", ["TEAM-3x2((FC-6-TANH)*2), SOFTMAX", "TEAM-3(FC-7b0-RELU), SOFTMAX"])
def test_training_on_many_rows_computes_what_evaluation_does(text):
    model = build(plan(read(text), (5,), 2)).double()
    rows = torch.randn(9, 5, dtype=torch.float64)
    found = []
    for training in (True, False):
        model.zero_grad()
        team = model.train(training).places[-1].layer
        logits = team(rows)
        logits.square().sum().backward()
        found.append([logits.detach(), *(parameter.grad for parameter in team.parameters())])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


def test_hooks_see_in_training_what_each_group_computes():
    model = build(plan(read("TEAM-3x2((FC-6-TANH-DROP(0))*2), SOFTMAX"), (5,), 2)).double()
    team, rows = model.places[-1].layer, torch.randn(9, 5, dtype=torch.float64)
    seen = []
    for training in (True, False):
        found = {}
        layers = {path: layer for path, layer in team.named_modules() if not list(layer.children())}
        names = {layer: path for path, layer in layers.items()}

        def keep(layer, given, out, found=found, names=names):
            found[names[layer]] = given[0].clone(), out.clone()

        handles = [layer.register_forward_hook(keep) for layer in layers.values()]
        team.train(training)(rows)
        for handle in handles:
            handle.remove()
        seen.append(found)
    together, apart = seen
    assert len(together) == 21
    assert together.keys() == apart.keys()
    for path, (given, out) in together.items():
        torch.testing.assert_close(out, apart[path][1])
        if not path.endswith("1.FC-6"):  # of the first layers, the inputs of a group lie before the factors
            torch.testing.assert_close(given, apart[path][0])


def test_watched_groups_learn_the_same_bits():
    data, bits = xor(), []
    for watched in ((), ("seconds", "activations", "layers")):
        model = build("TEAM-3x2(FC-8-RELU-DROP(0.3)), SOFTMAX", data)
        records = list(learn(model, data, Recipe(steps=5, batch_size=32), watch=watched))
        bits.append([parameter.detach().clone() for parameter in model.parameters()])
        assert all((record.reading is None) == (not watched) for record in records)
    assert all(torch.equal(one, other) for one, other in zip(*bits, strict=True))


def test_members_differ_by_signs_that_the_seed_decides():
    factors = [
        team_of(build("TEAM-8(FC-4-RELU), SVM", input_shape=(6,), outputs=2, seed=seed)).factors for seed in (0, 0, 1)
    ]
    assert torch.equal(factors[0], factors[1])
    assert not torch.equal(factors[0], factors[2])
    assert set(factors[0].tolist()) == {-1.0, 1.0}
    assert (team_of(build("TEAM-1(FC-4-RELU), SVM", input_shape=(6,), outputs=2)).factors == 1).all()


def xor(count: int = 400):
    x = np.random.default_rng(0).normal(size=(count, 4)).astype(np.float32)
    return load_data(x, (x[:, 0] * x[:, 1] > 0).astype(np.int64))


def test_every_member_has_a_loss_of_its_own():
    data = xor()
    recipe = Recipe(steps=1, batch_size=8, optimizer="sgd", learning_rate=0.1, schedule="constant", warm_up=0.0)
    model = build("TEAM-3(FC-4-TANH), SOFTMAX", data)
    twin = build("TEAM-3(FC-4-TANH), SOFTMAX", data)
    (record,) = learn(model, data, recipe)
    feed = Feed(data.examples, data.split.train, 8, "cpu", 0)
    feed.start(1)
    rows = feed.rows(0)
    logits = twin.train()(feed.inputs(rows))
    targets = torch.from_numpy(data.targets[data.split.train])[rows]
    losses = [torch.nn.functional.cross_entropy(logits[:, member], targets) for member in range(3)]
    assert record.loss == pytest.approx(float(sum(losses).detach()) / 3, rel=1e-6)


def test_weight_decay_leaves_the_factors_alone():
    data = xor()
    recipe = Recipe(steps=3, batch_size=8, optimizer="sgd", learning_rate=1e-9, weight_decay=0.5)
    model = build("TEAM-3(FC-4-TANH), SOFTMAX", data)
    before = team_of(model).factors.clone()
    list(learn(model, data, recipe))
    torch.testing.assert_close(team_of(model).factors, before, rtol=0, atol=1e-6)


def test_micro_batches_give_the_gradient_of_the_whole_batch_with_dropout():
    data = xor()
    text, options = "TEAM-3(FC-8-RELU-DROP(0.3)), SOFTMAX", {"epochs": 2, "optimizer": "sgd", "learning_rate": 0.1}
    whole = Trial(data, text, batch_size=32, **options).train()
    parts = Trial(data, text, batch_size=8, accumulate=4, **options).train()
    for mine, theirs in zip(whole.model.parameters(), parts.model.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)


def test_a_team_learns_what_a_single_member_learns_less_well():
    data = xor(1_000)
    losses = {
        text: np.mean(
            [Trial(data, f"{text}, SOFTMAX", epochs=20, seed=seed).train().score("test").loss for seed in range(3)]
        )
        for text in ("TEAM-8((FC-32-RELU)*2)", "(FC-32-RELU)*2")
    }
    assert losses["TEAM-8((FC-32-RELU)*2)"] < losses["(FC-32-RELU)*2"]


def test_it_is_continued_to_the_same_bits():
    data, text, options = xor(), "TEAM-3(FC-8-RELU-DROP(0.3)), SOFTMAX", {"epochs": 3}
    whole = Trial(data, text, **options).train()
    for record in Trial(data, text, **options):
        if record.step == 10:
            state = record.state()
            break
    rest = Trial(data, text, state=state, **options).train()
    for mine, theirs in zip(whole.model.parameters(), rest.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_a_run_of_a_team_is_trained_reopened_and_verified(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = xor()
    run = wxb.train(data, "TEAM-4((FC-16-RELU)*2), SOFTMAX", out="run", epochs=3)
    opened = Run.open("run")
    assert opened.summary.network == "TEAM-4((FC-16-RELU)*2-FC-C), SOFTMAX"
    before, after = run.predict(data.examples[:5]), opened.predict(data.examples[:5])
    assert np.array_equal(before.probabilities, after.probabilities)
    assert np.allclose(after.probabilities.sum(1), 1)
    assert main(["verify", "run"]) == 0
    assert main(["report", "run", "--json"]) == 0
