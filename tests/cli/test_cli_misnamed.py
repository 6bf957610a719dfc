"""Words that name something else than a command takes: the message says what they name, and its way out works."""

from __future__ import annotations

import random
import shlex
from pathlib import Path

import pytest

WORDS = {
    "spam": ["win", "free", "prize", "money", "now", "call", "claim", "urgent"],
    "ham": ["see", "you", "home", "later", "dinner", "love", "ok", "thanks"],
}


@pytest.fixture
def runs(call):
    """A run that plays, two of one series and a run on data, in runs/."""
    short = ("FC-8-RELU, SOFTMAX", "--steps", 1, "--batch-size", 8, "--threads", 1, "-q")
    assert call("play", "tictactoe", *short, "--out", "runs/t1").code == 0
    assert call("play", "tictactoe", *short, "--seeds", 2, "--out", "runs/two").code == 0
    made = call("train", "ring", "FC-8-RELU, SOFTMAX", "--examples", 100, "--epochs", 1, "--out", "runs/data", "-q")
    assert made.code == 0
    return call


@pytest.fixture
def texts(tmp_path):
    """A table of messages in the folder of the call."""
    drawn = random.Random(1)
    rows = [f"{kind},{' '.join(drawn.choices(WORDS[kind], k=8))}" for kind in ("spam", "ham") * 150]
    (tmp_path / "sms.csv").write_text("\n".join(["type,text", *rows]) + "\n")


def test_a_run_is_no_data_and_stays_what_it_is(runs):
    for command in ("cluster", "doctor", "train", "data"):
        refused = runs(command, "runs/t1")
        assert refused.code == 2
        assert "runs/t1 has learned to play a game: it has no data" in refused.err
        assert "remove it" not in refused.err
    assert "runs/data is a run, and data is expected" in runs("train", "runs/data").err
    assert "runs/two holds runs, and data is expected: seed-0 and seed-1" in runs("cluster", "runs/two").err
    assert "runs holds runs, and data is expected: data and t1" in runs("train", "runs").err


def test_a_run_that_is_not_there_is_no_data_set(runs):
    for command in ("cluster", "doctor"):
        refused = runs(command, "runs/nope")
        assert refused.err.startswith("error: there is no run runs/nope\n")
        near = runs(command, "runs/dta")
        assert f"fix: wxb {command} runs/data" in near.err


def test_a_folder_of_runs_names_them(runs):
    for command in ("play", "verify", "resume", "view"):
        refused = runs(command, "runs/two")
        assert refused.code == 2
        assert "runs/two is no run: it holds seed-0 and seed-1" in refused.err
        assert "runs/two/seed-0" in refused.err
    assert "fix: wxb play runs/two/seed-0" in runs("play", "runs/two").err


def test_seeds_tell_what_is_meant_by_a_share_and_one_step_is_one(runs):
    told = runs("report", "runs/two").out
    assert "first, whatever the other does: won " in told
    assert told.count("not lost ") == 3
    assert "1 step: 8 games, " in runs("report", "runs/t1").out


def test_a_missing_argument_is_named_without_the_brackets_of_usage(call):
    refused = call("export", "runs/t1")
    assert refused.err == "error: FORM is missing\n  fix: wxb export RUN html\n"
    for command in ("export", "view", "compare", "anomalies", "cluster", "verify"):
        assert not set("[]{}") & set(call(command).err), command


@pytest.mark.parametrize("text", ["FC-8", "(FC-8)*2", "FC-C", "CONV3-8-RELU", "FC-8-RELU"])
def test_the_head_that_is_proposed_makes_a_network_that_fits(call, text):
    refused = call("show", text, "--input", "1x8x8")
    assert "the network has no head" in refused.err
    proposed = refused.err.split("fix: ")[1].strip()
    assert call("show", proposed).code == 0


def test_a_file_that_is_not_there_is_said_with_the_one_beside_it(call, texts):
    for command in ("train", "doctor", "cluster", "data"):
        refused = call(command, "sms.cvs")
        assert refused.err == "error: there is no sms.cvs; sms.csv lies in its place\n  fix: sms.csv\n"
    assert "fix: --target type\n" in call("train", "sms.csv", "--target", "tpye").err
    assert "fix: --drop text\n" in call("train", "sms.csv", "--target", "type", "--drop", "txet").err


def test_texts_are_odd_by_distance_where_nothing_is_reconstructed(call, texts):
    trained = call("train", "sms.csv", "FC-8-RELU, SOFTMAX", "--target", "type", "--epochs", 2, "--out", "run", "-q")
    assert trained.code == 0, trained.err
    for words in (("run",), ("run", "sms.csv", "--odd", "spam", "--out", "odd")):
        found = call("anomalies", *words)
        assert found.code == 0, found.err
        assert "distance in the code, against 33 normal examples" in found.out
        assert "from the nearest codes" in found.out
    assert Path("odd/anomalies.csv").is_file()
    assert "without a target free text has no numbers to go by" in call("cluster", "sms.csv").err


def test_a_number_out_of_range_has_one_within_as_the_way_out(call):
    for words in ("--seed -1", "--batch-size 0", "--seeds 0", "--seeds 5000"):
        refused = call("play", "tictactoe", *shlex.split(words))
        assert refused.code == 2
        way_out = refused.err.split("fix: ")[1].split()
        assert way_out[0] == words.split()[0]
    assert "fix: --seeds 1000\n" in refused.err


@pytest.mark.parametrize(
    ("words", "way_out"),
    [
        ("cluster digits --k 1", "--k 2"),
        ("cluster digits --method zzz", "--method kmeans"),
        ("runs --clean --older-than soon", "--older-than 7d"),
        ("train digits --optimize f2", "--optimize none"),
        ("train digits --learning-rate -1", "--learning-rate"),
    ],
)
def test_a_value_that_an_option_does_not_take_has_a_way_out(call, words, way_out):
    refused = call(*words.split())
    assert refused.code == 2
    assert f"fix: {way_out}" in refused.err


def test_two_different_points_are_two_clusters(call):
    Path("two.csv").write_text("a,b\n" + "1,2\n3,5\n" * 20)
    assert "k-means, 2 clusters" in call("cluster", "two.csv").out


def test_stopped_runs_that_play_are_cleaned(runs):
    from wxb.play.training import Training

    training = Training("tictactoe", "FC-8-RELU, SOFTMAX", {"steps": 5, "batch_size": 2, "threads": 1}, out="runs/off")
    next(iter(training))
    training.stop()
    cleaned = runs("runs", "runs", "--clean", "--older-than", "0m", "--yes")
    assert cleaned.out == "deleted runs/off\n"
    assert not Path("runs/off").exists()
    assert Path("runs/t1").is_dir()


def test_an_interrupt_before_a_resumed_run_goes_on_says_the_step_and_the_way_on(runs, monkeypatch):
    from wxb.play.training import Training

    training = Training("tictactoe", "FC-8-RELU, SOFTMAX", {"steps": 5, "batch_size": 2, "threads": 1}, out="runs/off")
    next(iter(training))
    training.stop()

    def interrupted(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(Training, "resume", interrupted)
    stopped = runs("resume", "runs/off")
    assert stopped.code == 130
    assert stopped.err == "stopped at step 1, as it was saved; wxb resume runs/off\n"
