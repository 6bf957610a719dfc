"""Learning from reward: what a move is worth, the gradient, the clip, and a resume to the bit."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wxb.errors import WxbError
from wxb.learning.state import tensors
from wxb.play import experience
from wxb.play.games import GAMES
from wxb.play.learner import AT_ONCE, EPSILON, VALUE, Learner
from wxb.play.policy import drawn, greedy, policy
from wxb.play.run import PlayRun
from wxb.play.schema import PlaySettings
from wxb.play.training import Training, play
from wxb.play.verify import verify
from wxb.randomness import generator

TICTACTOE, CONNECT_FOUR = GAMES["tictactoe"], GAMES["connect4"]
NET = "FC-16-TANH, SOFTMAX"
SETTINGS = PlaySettings(
    seed=0, steps=12, batch_size=40, optimizer="adam", learning_rate=0.01, schedule="linear", clip=0.5, ppo=False,
    threads=1,
)  # fmt: skip


def learner(game=TICTACTOE, network=NET, **changed) -> Learner:
    return Learner(game, policy(network, game), msgspec.structs.replace(SETTINGS, **changed))


def played(game=TICTACTOE, games=30):
    made = policy(NET, game, seed=1)
    return made, experience.play(game, made, game.begin(games, 0), generator(0, "play"))


def test_the_first_probabilities_are_nearly_alike_and_never_of_an_illegal_move():
    table = CONNECT_FOUR.begin(64, 0)
    for _ in range(12):
        table.play(np.where(table.legal()[:, 3], 3, table.legal().argmax(1)))
    likely, values = policy("CONV3-8-RELU-FC-16-RELU, SOFTMAX", CONNECT_FOUR).probabilities(
        table.observe(), table.legal()
    )
    np.testing.assert_allclose(likely.sum(1), 1, rtol=1e-5)
    assert (likely[~table.legal()] == 0).all()
    assert likely[table.legal()].max() < 0.35
    assert (values == 0).all()  # the baseline knows nothing yet


@given(st.integers(0, 10_000))
@settings(max_examples=50, deadline=None)
def test_drawn_moves_have_a_probability(seed):
    chance = generator(seed, "test")
    likely = chance.random((50, 5)).astype(np.float32) * (chance.random((50, 5)) < 0.5)
    likely[:, 2] += 0.1
    likely /= likely.sum(1, keepdims=True)
    for uniform in (chance.random(50), np.zeros(50), np.full(50, np.nextafter(1, 0))):
        moves = drawn(likely, uniform)
        assert (likely[np.arange(50), moves] > 0).all()


def test_moves_are_drawn_by_their_probabilities():
    likely = np.tile(np.array([0.5, 0.0, 0.3, 0.2], np.float32), (20_000, 1))
    counts = np.bincount(drawn(likely, generator(0, "test").random(20_000)), minlength=4) / 20_000
    np.testing.assert_allclose(counts, likely[0], atol=0.015)


def test_a_winner_s_moves_are_worth_more_than_a_loser_s():
    """Without a baseline and with λ = 1 a move's worth is the game's end, seen by the player who moved."""
    game = replace(TICTACTOE, trace=1.0, opening=0)
    made = policy(NET, game, seed=1)
    found = experience.play(game, made, game.begin(200, 0), generator(0, "play"))
    assert set(np.unique(found.advantages)) == {-1.0, 0.0, 1.0}
    np.testing.assert_array_equal(found.advantages, found.returns)  # values are 0 at first
    assert 5 * 200 <= len(found.moves) <= 9 * 200


def test_advantages_are_those_of_the_definition():
    """Σ (sγλ)^k δ for one game, with values that are not 0."""
    game = replace(TICTACTOE, trace=0.7, discount=0.9, opening=0)
    made = policy(NET, game, seed=2)
    torch.nn.init.normal_(made.value.weight, std=0.5, generator=torch.Generator().manual_seed(0))
    found = experience.play(game, made, game.begin(1, 0), generator(4, "play"))
    values = made.probabilities(found.seen, found.legal)[1].astype(float)
    last = len(values) - 1
    following = [*values[1:], 0.0]
    rewards = [0.0] * last + [float(found.score)]
    deltas = [r - 0.9 * v1 - v0 for r, v1, v0 in zip(rewards, following, values, strict=True)]
    expected = [sum((-0.9 * 0.7) ** (k - t) * deltas[k] for k in range(t, last + 1)) for t in range(last + 1)]
    np.testing.assert_allclose(found.advantages, expected, atol=1e-5)
    np.testing.assert_allclose(found.returns, found.advantages + values, atol=1e-5)


def test_nothing_is_learned_from_an_opponent_s_moves():
    made = policy(NET, TICTACTOE, seed=1)
    sides = np.array([0] * 20 + [1] * 20 + [-1] * 20)
    found = experience.play(
        TICTACTOE, made, TICTACTOE.begin(60, 0), generator(0, "play"), policy(NET, TICTACTOE, seed=9), sides
    )
    stones = found.seen.reshape(len(found.seen), 2, 9).sum(2)
    even = stones[:, 0] == stones[:, 1]  # the player who began is to move
    whole = experience.play(TICTACTOE, made, TICTACTOE.begin(60, 0), generator(0, "play"))
    assert 0.5 < len(found.moves) / len(whole.moves) < 0.85
    assert even.any()
    assert not even.all()


@pytest.mark.parametrize("ppo", [False, True])
def test_the_gradient_is_the_numeric_one(ppo):
    taught = learner(ppo=ppo)
    made, found = played()
    taught.policy.double().load_state_dict(made.double().state_dict())
    rows = np.arange(0, len(found.moves), 3)
    moves = experience.tensors(found, rows)
    moves = tuple(one.double() if one.is_floating_point() else one for one in moves)
    bias = taught.policy.value.bias
    weight = next(p for name, p in taught.policy.named_parameters() if name.startswith("network.") and p.ndim == 2)

    def objective() -> torch.Tensor:
        loss, value, entropy = taught._losses(moves)
        return loss + VALUE * value - TICTACTOE.entropy * entropy

    for parameter, place in ((bias, (0,)), (weight, (3, 5)), (weight, (0, 0))):
        taught.policy.zero_grad()
        objective().backward()
        exact = parameter.grad[place].item()
        ends = []
        for shift in (1e-5, -1e-5):
            with torch.no_grad():
                parameter[place] += shift
                ends.append(objective().item())
                parameter[place] -= shift
        assert exact == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-4, abs=1e-7)


def test_ppo_stops_pulling_where_the_ratio_has_left_its_bounds():
    taught = learner(ppo=True)
    made, found = played()
    taught.policy.load_state_dict(made.state_dict())
    moves = list(experience.tensors(found, np.arange(len(found.moves))))
    moves[3] = moves[3] - 2 * EPSILON  # as if each move had become far more probable
    moves[4] = torch.ones_like(moves[4])  # and all of them good
    loss, _, _ = taught._losses(tuple(moves))
    taught.policy.zero_grad()
    loss.backward()
    assert all(p.grad is None or not p.grad.any() for p in taught.policy.parameters())


def test_a_gradient_in_parts_is_the_gradient(monkeypatch):
    def weights(at_once):
        monkeypatch.setattr("wxb.play.learner.AT_ONCE", at_once)
        taught = learner(optimizer="sgd", clip=0.0)
        list(zip(range(2), taught.learn(), strict=False))
        return tensors(taught.policy)

    whole, parts = weights(AT_ONCE), weights(50)
    for name in whole:
        torch.testing.assert_close(whole[name], parts[name], rtol=1e-4, atol=1e-6)


def test_a_policy_learns_what_is_rewarded():
    """After 15 steps of PPO few lines of play are lost in tic-tac-toe, from either side."""
    taught = learner(network=TICTACTOE.network, steps=15, batch_size=512, learning_rate=0.003, ppo=True)
    scores = [line.score for line in taught.learn() if line.score is not None]
    assert scores[0] < 0.85
    assert scores[-1] > 0.95


def test_plain_policy_gradient_learns_too():
    pytest.importorskip("gymnasium")
    taught = learner(GAMES["cartpole"], "FC-64-TANH, SOFTMAX", steps=20, batch_size=32, learning_rate=0.02)
    scores = [line.score for line in taught.learn()]
    assert scores[0] < 40
    assert scores[-1] > 150


def test_openings_are_by_chance_and_not_learned_from():
    """With openings of every length fewer moves are learned from, and the first stones lie anywhere."""
    made = policy(NET, TICTACTOE, seed=1)
    whole, cut = (
        experience.play(replace(TICTACTOE, opening=most), made, TICTACTOE.begin(400, 0), generator(0, "play"))
        for most in (0, 4)
    )
    stones = cut.seen.reshape(len(cut.seen), -1).sum(1)
    begun = (stones == 0).sum() / 400
    assert 0.4 < begun < 0.65
    assert (whole.seen.reshape(len(whole.seen), -1).sum(1) == 0).sum() == 400


def test_steps_are_the_same_again_and_another_seed_s_are_not():
    lines = [[line.loss for line in learner(seed=seed, steps=3).learn()] for seed in (0, 0, 1)]
    assert lines[0] == lines[1] != lines[2]


# --- networks that do not fit ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "what", "fix"),
    [
        ("FC-8-RELU, EUCLID", "EUCLID does not fit tictactoe", "end the network in SOFTMAX"),
        ("FC-8-RELU, SVM", "SVM does not fit tictactoe", "end the network in SOFTMAX"),
        ("CONV5-8p0, SOFTMAX", "CONV5-8p0 does not fit", ""),
        ("FC-8-BN-RELU, SOFTMAX", "BN has no place in a policy", "leave it out"),
        ("FC-8-RELU-DROP(0.5), SOFTMAX", "DROP has no place in a policy", "leave it out"),
        ("TEAM-4(FC-8-RELU), SOFTMAX", "a TEAM gives several answers", "without TEAM"),
        ("HOG-FC-8-RELU, SOFTMAX", "", ""),
    ],
)
def test_a_network_that_does_not_fit_is_refused(network, what, fix):
    with pytest.raises(WxbError) as error:
        policy(network, TICTACTOE)
    assert what in error.value.what
    assert fix in error.value.fix


@pytest.mark.parametrize(
    "network",
    ["SOFTMAX", "FC-8-TANH, SOFTMAX", "CONV3-8-RELU-CONV1-C-GAP, SOFTMAX", "CONV-4-RES(CONV-4-RELU)-FC-8-RELU, SOFTMAX",
     "(CONV-4-RELU)*N-GAP, SOFTMAX"],
)  # fmt: skip
def test_any_other_network_plays(network):
    made = policy(network, CONNECT_FOUR)
    table = CONNECT_FOUR.begin(5, 0)
    while len(table.live):
        table.play(greedy(made)(table, generator(0)))
    assert table.turn <= 42


# --- runs -----------------------------------------------------------------------------------------------------------

SMALL = {"steps": 12, "batch_size": 32, "threads": 1}


@given(stop=st.integers(1, 11), ppo=st.booleans())
@settings(max_examples=6, deadline=None)
def test_a_run_that_was_stopped_anywhere_ends_with_the_same_bits(stop, ppo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("resume")
    whole = play("tictactoe", NET, out=folder / "whole", ppo=ppo, **SMALL)
    training = Training("tictactoe", NET, SMALL, ppo=ppo, out=folder / "stopped")
    for line in training:
        if line.step == stop:
            break
    assert training.stop() == stop
    resumed = Training.resume(folder / "stopped")
    assert [line.step for line in resumed] == list(range(stop + 1, 13))
    run = resumed.finish()
    assert (run.path / "weights.safetensors").read_bytes() == (whole.path / "weights.safetensors").read_bytes()
    assert run.about.results == whole.about.results

    def timeless(one: PlayRun):
        return [msgspec.structs.replace(line, seconds=0) for line in one.history]

    assert timeless(run) == timeless(whole)
    assert verify(run.path).ok


def test_a_run_that_was_killed_goes_on_from_its_checkpoint(tmp_path, monkeypatch):
    whole = play("connect4", NET, out=tmp_path / "whole", **SMALL)
    monkeypatch.setattr("wxb.play.training.SAVE_EVERY", 0.0)
    training = Training("connect4", NET, SMALL, out=tmp_path / "killed")
    lines = iter(training)
    for _ in range(11):  # past the first snapshot of itself
        next(lines)
    training.close()  # as a kill leaves it: a line more than the checkpoint, and a torn one
    with (tmp_path / "killed" / "history.jsonl").open("ab") as file:
        file.write(b'{"step": 12, "ga')
    resumed = Training.resume(tmp_path / "killed")
    for _ in resumed:
        pass
    run = resumed.finish()
    assert (run.path / "weights.safetensors").read_bytes() == (whole.path / "weights.safetensors").read_bytes()


def test_a_loss_that_is_no_number_fails_the_run(tmp_path):
    training = Training(
        "tictactoe", NET, {**SMALL, "learning_rate": 1e3, "optimizer": "sgd", "clip": 0}, out=tmp_path / "x"
    )
    with torch.no_grad():
        training.learner.policy.value.bias.fill_(float("nan"))
    with pytest.raises(WxbError) as error:
        list(training)
    assert error.value.exit_code == 1
    assert "the loss was no finite number in step 1" in error.value.what
    assert PlayRun.open(tmp_path / "x").about.state == "failed"
    with pytest.raises(WxbError, match="has failed and would fail again"):
        Training.resume(tmp_path / "x")


@pytest.mark.parametrize("name", ["play.json", "weights.safetensors", "history.jsonl"])
def test_a_file_that_was_changed_is_noticed(name, tmp_path):
    run = play("tictactoe", NET, out=tmp_path / "run", **SMALL)
    path = run.path / name
    content = path.read_bytes()
    path.write_bytes(content.replace(b"tictactoe", b"tictactow") if name == "play.json" else content[:-3])
    found = verify(run.path)
    assert not found.ok
    assert name in found.differences[0]
    with pytest.raises(WxbError, match=r"changed after|damaged|is not a game"):
        read_all(run.path)


def read_all(path):
    run = PlayRun.open(path)
    return run.policy(), run.history


def test_a_stranger_in_the_folder_is_named(tmp_path):
    run = play("tictactoe", NET, out=tmp_path / "run", **SMALL)
    assert verify(run.path).ok
    (run.path / "notes.txt").write_text("mine")
    assert verify(run.path).differences == ("notes.txt does not belong to the run",)
