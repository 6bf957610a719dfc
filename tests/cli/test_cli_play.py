"""`wxb play`: what it learns, what it writes, a person's game, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, environment, valid

SMALL = ("FC-16-RELU, SOFTMAX", "--steps", 6, "--batch-size", 32, "--threads", 1)


@pytest.fixture(scope="module")
def learned(tmp_path_factory) -> Path:
    """The run of a short training, made by the real command."""
    folder = tmp_path_factory.mktemp("learned")
    words = ["play", "tictactoe", *map(str, SMALL), "--out", "run"]
    ended = subprocess.run(
        [*COMMAND, *words], cwd=folder, env=environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "result    first, whatever the other does: won " in ended.stdout
    assert "run       run    next: wxb play run" in ended.stdout
    assert ended.stderr.splitlines()[0] == "game      tictactoe: tic-tac-toe, 9 actions"
    return folder / "run"


@pytest.fixture
def run(learned, tmp_path) -> Path:
    return Path(shutil.copytree(learned, tmp_path / "run"))


def test_cart_and_pole_is_learned_reported_verified_and_listed(process, tmp_path):
    pytest.importorskip("gymnasium")
    ended = process("play", "cartpole", "FC-64-TANH, SOFTMAX", "--steps", 25, "--out", "runs/cart", "--json")
    assert ended.code == 0, ended.err
    found = valid(ended.json)
    (result,) = found["results"]
    assert result["games"] == 100
    assert result["value"] > 100  # chance stands for about 22 moves
    assert process("verify", "runs/cart").out == (
        "runs/cart is as it was: 6 files, weights fit the network, games played again\n"
    )
    report = process("report", "runs/cart")
    assert f"mean return {result['value']:.1f}" in report.out
    assert "policy gradient with a baseline, 25 steps: 800 games" in report.out
    assert "</svg>" in (tmp_path / "runs/cart/curve.svg").read_text()
    assert re.search(r"runs/cart +cartpole +100 games: \d+", process("runs").out)
    shown = process("play", "runs/cart")
    assert shown.code == 0, shown.err
    assert re.search(r"the pole stood for \d+ moves", shown.out)


def test_connect_four_is_learned_by_a_network_of_convolutions(process):
    ended = process(
        "play", "connect4", "CONV3-8-RELU-FC-32-RELU, SOFTMAX", "--ppo", "--steps", 3, "--batch-size", 64, "--out", "c",
        "--json", "--quiet",
    )  # fmt: skip
    assert (ended.code, ended.err) == (0, "")
    found = valid(ended.json)
    assert found["settings"]["ppo"] is True
    assert [one["what"] for one in found["results"]] == [
        "against a random player",
        "against minimax of depth 2, looking as far ahead",
        "against minimax of depth 2",
    ]
    assert all(one["won"] + one["drawn"] + one["lost"] == 1000 for one in found["results"])


def test_seeds_make_a_run_each_and_one_curve_with_an_interval(call):
    ended = call("play", "tictactoe", *SMALL, "--seeds", 2, "--seed", 3, "--out", "both", "--json")
    assert ended.code == 0, ended.err
    found = valid(ended.json)
    assert [one["run"] for one in found["runs"]] == ["both/seed-4", "both/seed-3"] or [
        one["settings"]["seed"] for one in sorted(found["runs"], key=lambda one: one["run"])
    ] == [3, 4]
    assert found["curve"] == "both/curve.svg"
    values = [one["results"][0]["value"] for one in found["runs"]]
    assert found["results"][0]["mean"] == pytest.approx(sum(values) / 2)
    again = call("report", "both")
    assert again.code == 0, again.err
    assert "2 runs in both" in again.out
    assert valid(call("report", "both", "--json").json)["curve"] == "both/curve.svg"
    more = call("play", "tictactoe", *SMALL, "--seeds", 1, "--seed", 5, "--out", "both", "--json")
    assert len(more.json["runs"]) == 3
    assert len(valid(call("runs", "both", "--json").json)["plays"]) == 3


def test_a_run_is_listed_and_told_apart_from_runs_on_data(call, run):
    assert (
        call("train", "ring", "FC-8-RELU, SOFTMAX", "--examples", 100, "--epochs", 1, "--out", "data", "-q").code == 0
    )
    listed = valid(call("runs", ".", "--json").json)
    assert [one["run"] for one in listed["runs"]] == ["data"]
    assert [(one["run"], one["state"], one["game"]) for one in listed["plays"]] == [("run", "finished", "tictactoe")]
    assert "tictactoe" in call("runs", run).out
    for words in (
        ["predict", "run", "x.csv"],
        ["evaluate", "run"],
        ["view", "run", "filters"],
        ["export", "run", "html"],
    ):
        refused = call(*words)
        assert refused.code == 2, words
        assert "run has learned to play a game: it has no data, and this is about data" in refused.err
        assert "wxb play run plays it" in refused.err
    other = call("play", "data")
    assert (other.code, "data has learned from data and plays nothing" in other.err) == (2, True)


def test_a_report_tells_of_the_game_and_json_holds_it(call, run):
    report = call("report", run)
    assert report.code == 0, report.err
    assert "tic-tac-toe" in report.out
    assert "curve.svg" in report.out
    assert valid(call("report", run, "--json").json)["game"] == "tictactoe"
    assert valid(call("verify", run, "--json").json)["ok"] is True


def test_a_run_is_deleted_with_its_files_and_nothing_else(call, run):
    (run / "notes.txt").write_text("mine")
    refused = call("runs", "--delete", run, "--yes")
    assert (refused.code, "holds more than a run; nothing was deleted" in refused.err) == (2, True)
    (run / "notes.txt").unlink()
    assert call("runs", "--delete", run, "--yes").out == f"deleted {run}\n"
    assert not run.exists()


# --- a person's game ------------------------------------------------------------------------------------------------


def typed(run: Path, text: str, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "play", run.name, *more], cwd=run.parent, env=environment(), input=text, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_person_plays_to_the_end(run):
    ended = typed(run, "\n".join("123456789" * 3))
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("tic-tac-toe: you are X, who begins; q leaves\n\n1 2 3\n4 5 6\n7 8 9\n")
    assert ended.stdout.splitlines()[-1] in ("you have won", "the run has won", "a draw")


def test_the_run_begins_where_it_is_asked_to(run):
    ended = typed(run, "q\n", "--second")
    lines = ended.stdout.splitlines()
    assert lines[0] == "tic-tac-toe: you are O, who moves second; q leaves"
    assert lines[2].startswith("the run takes ")
    assert lines[-1].endswith("the game was left")


def test_an_illegal_move_is_said_and_asked_again_and_nothing_is_lost(run):
    ended = typed(run, "0\nfoo\n\n5\n5\nq\n")
    assert ended.returncode == 0, ended.stderr
    assert "0 is no move: type one of 1, 2, 3" in ended.stdout
    assert "foo is no move" in ended.stdout
    assert "nothing is no move" in ended.stdout
    assert "5 is taken" in ended.stdout
    assert "Traceback" not in ended.stderr


def test_a_game_ends_where_nothing_more_is_typed(run):
    ended = typed(run, "5\n")
    assert ended.returncode == 0
    assert ended.stdout.endswith("the game was left\n")


# --- mistakes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "what", "fix"),
    [
        (["play"], "GAME is missing", "wxb play tictactoe"),
        (["play", "cartpol"], "cartpol is neither a game nor a run; cartpole is a game", "wxb play cartpole"),
        (["play", "tictactoe", "FC-8-RELU, EUCLID"], "EUCLID does not fit tictactoe", "end the network in SOFTMAX"),
        (["play", "tictactoe", "CONV7-8p0, SOFTMAX"], "CONV7-8p0 does not fit", "padding"),
        (["play", "tictactoe", "FC-8-RELUU, SOFTMAX"], "RELUU", "RELU"),
        (["play", "tictactoe", "--steps", "0"], "--steps 0: expected at least one step", "--steps 100"),
        (["play", "tictactoe", "--seeds", "0"], "--seeds 0", ""),
        (["play", "tictactoe", "--second"], "--second is for playing against a run", "wxb play RUN --second"),
        (["play", "run", "--steps", "3"], "run has learned already, and --steps is for learning", "wxb play run"),
        (["play", "run", "SOFTMAX"], "run has learned already", "wxb play run"),
        (["play", "tictactoe", "--out", "run"], "run already holds a run", ""),
        (["resume", "run"], "run has finished; there is nothing to resume", "wxb play run"),
        (["resume", "run", "--page"], "--page follows a training on data", "wxb resume run"),
        (["report", "run", "--markdown"], "no report as Markdown", "wxb report run"),
    ],
)
def test_a_mistake_is_a_sentence_with_a_way_out(call, run, words, what, fix):
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    ended = call(*words)
    assert (ended.code, ended.out) == (2, "")
    assert what in ended.err
    assert fix in ended.err
    assert {path.name: path.read_bytes() for path in run.iterdir() if path.name != ".lock"} == {
        name: content for name, content in before.items() if name != ".lock"
    }


def test_a_game_that_is_not_installed_says_what_to_do(call, monkeypatch):
    monkeypatch.setattr("wxb.play.cartpole.find_spec", lambda name: None)
    ended = call("play", "cartpole")
    assert ended.code == 2
    assert "cartpole is a game of Gymnasium, which is not installed" in ended.err
    assert "fix: pip install 'wxb[play]'" in ended.err


def test_a_broken_run_is_a_sentence(call, run):
    (run / "weights.safetensors").write_bytes(b"cut")
    ended = call("play", run)
    assert ended.code == 1
    assert "weights.safetensors was changed after the run had finished" in ended.err
    (run / "play.json").write_text("{")
    for words in (["play", run], ["report", run], ["resume", run]):
        assert (call(*words).code, "play.json is damaged" in call(*words).err) == (1, True)
    assert call("verify", run).code == 3
    listed = valid(call("runs", run.parent, "--json").json)["plays"]
    assert [one["state"] for one in listed] == ["damaged"]
    assert "damaged" in call("runs", run.parent).out


# --- signals --------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="signals of a POSIX system")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_the_run_and_a_resume_ends_with_the_same_bits(number, code, call, tmp_path):
    words = ("play", "tictactoe", "FC-16-RELU, SOFTMAX", "--steps", "40", "--batch-size", "512", "--threads", "1")
    process = subprocess.Popen(
        [*COMMAND, *words, "--out", "stopped"], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("step"):
            break
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    match = re.fullmatch(r"stopped after step (\d+), saved; wxb resume stopped", err.splitlines()[-1])
    assert match, err
    assert json.loads((tmp_path / "stopped/play.json").read_text())["state"] == "stopped"
    listed = call("runs", ".")
    assert f"stopped at step {match[1]} of 40" in listed.out
    refused = call("play", "stopped")
    assert (refused.code, "wxb resume stopped" in refused.err) == (2, True)
    resumed = call("resume", "stopped", "--json")
    assert resumed.code == 0, resumed.err
    valid(resumed.json)
    assert call(*words, "--out", "whole", "-q").code == 0
    assert Path("stopped/weights.safetensors").read_bytes() == Path("whole/weights.safetensors").read_bytes()


def test_a_game_per_step_is_enough_whatever_is_left_of_it_to_learn_from(call):
    for ppo in ("--no-ppo", "--ppo"):
        for seed in range(4):
            words = ("FC-8-RELU, SOFTMAX", "--steps", 12, "--batch-size", 1, "--threads", 1, "--seed", seed, "-q", ppo)
            ended = call("play", "tictactoe", *words, "--out", f"one{ppo}{seed}")
            assert ended.code == 0, ended.err
