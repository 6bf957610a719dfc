"""`wxb train --pretrained`, as a person types it."""

from __future__ import annotations

import tomllib

import pytest

DIGITS = ("train", "digits", "FC-12-RELU-FC-8-RELU, SOFTMAX", "--steps", 20, "--out", "runs/first")
MOVED = ("train", "digits", "--pretrained", "runs/first", "--freeze", "--steps", 20)


def test_a_network_moves_to_another_task_by_the_real_command(process, tmp_path):
    assert process(*DIGITS).code == 0
    moved = process(*MOVED, "--out", "runs/moved")
    assert moved.code == 0
    said = " ".join(moved.err.split())
    assert "begins 5.FC-10 is new, 1.FC-12 to 4.RELU keep the weights of runs/first" in said
    settings = tomllib.loads((tmp_path / "runs/moved/settings.toml").read_text())
    assert (settings["pretrained"], settings["freeze"]) == (str(tmp_path / "runs/first"), True)
    again = process("train", "--config", "runs/moved/settings.toml", "--out", "runs/again")
    assert again.code == 0
    one, other = (tmp_path / f"runs/{name}/weights.safetensors" for name in ("moved", "again"))
    assert one.read_bytes() == other.read_bytes()
    for command in ("verify", "evaluate", "report"):
        assert process(command, "runs/moved").code == 0


@pytest.fixture
def first(call):
    assert call(*DIGITS, "--quiet").code == 0


@pytest.mark.usefixtures("first")
def test_every_seed_begins_with_the_weights(call):
    ended = call(*MOVED, "--seeds", 2, "--json")
    assert ended.code == 0
    assert len(ended.json["runs"]) == 2


@pytest.mark.usefixtures("first")
def test_the_doctor_s_side_runs_begin_with_the_weights_and_it_says_if_they_are_gone(call, tmp_path):
    assert call(*MOVED, "--out", "runs/moved").code == 0
    assert call("doctor", "runs/moved").code in (0, 3)
    (tmp_path / "runs/first").rename(tmp_path / "runs/other")
    gone = call("doctor", "runs/moved")
    assert gone.code == 2
    assert "runs/moved begins with the weights of" in gone.err
    assert f"make a link: ln -s NEW-PLACE {tmp_path / 'runs/first'}; or begin with others" in gone.err
    assert "--pretrained RUN" in gone.err
    (tmp_path / "runs/first").symlink_to(tmp_path / "runs/other")
    assert call("doctor", "runs/moved").code in (0, 3)
    assert call("doctor", "digits", "--pretrained", "runs/other", "--steps", 20).code in (0, 3)


@pytest.mark.usefixtures("first")
def test_settings_whose_pretrained_run_has_other_weights_by_now_are_followed_with_a_note(call, tmp_path):
    assert call(*MOVED, "--out", "runs/moved").code == 0
    settings = ("train", "--config", "runs/moved/settings.toml")
    same = call(*settings, "--out", "runs/same")
    assert "other weights" not in same.err
    (tmp_path / "runs/first").rename(tmp_path / "runs/before")
    assert call(*DIGITS, "--seed", 1, "--quiet").code == 0
    other = call(*settings, "--out", "runs/another", "--json").json
    assert any("runs/first has other weights now" in note for note in other["warnings"])
    several = call(*settings, "--seeds", 2, "--out", "runs/several", "--json").json
    assert all(any("other weights now" in note for note in run["warnings"]) for run in several["runs"])
    named = call(*settings, "--pretrained", "runs/first", "--out", "runs/named")
    assert "other weights" not in named.err
    copy = tmp_path / "settings.toml"  # beside which there is no run to compare with
    copy.write_bytes((tmp_path / "runs/moved/settings.toml").read_bytes())
    alone = call("train", "--config", "settings.toml", "--out", "runs/alone")
    assert (alone.code, "other weights" in alone.err) == (0, False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--pretrained", "runs/none"), "there is no run runs/none"),
        (("--freeze",), "--freeze needs --pretrained"),
        (("--pretrained", "runs/first", "--normalize", "none"), "--normalize none contradicts --pretrained"),
        (("--pretrained", "runs/first", "--first-layer", "whitened"), "both say how the first layer begins"),
    ],
)
@pytest.mark.usefixtures("first")
def test_a_mistake_is_told_in_the_words_of_the_command_line(call, words, said):
    ended = call("train", "digits", *words)
    assert ended.code == 2
    assert said in ended.err
    assert "fix: " in ended.err


def test_a_run_that_plays_has_nothing_to_begin_with(call, tmp_path):
    assert call("play", "tictactoe", "--steps", 2, "--out", "runs/game").code == 0
    ended = call("train", "digits", "--pretrained", "runs/game")
    assert ended.code == 2
    assert "has learned to play a game" in ended.err
