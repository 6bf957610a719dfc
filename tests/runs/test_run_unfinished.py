"""A run that was stopped answers with the network of its last checkpoint, and says so."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

import wxb
from tests.runs.small import Epoch
from wxb.cli.main import main
from wxb.errors import WxbError
from wxb.learning.loop import StateGone
from wxb.runs.folder import CHECKPOINT
from wxb.runs.run import Run
from wxb.runs.summary import read_summary
from wxb.runs.writer import Writer
from wxb.training import Training, resume

NOTE = "has not finished: its network is that of its last checkpoint, step {} of 24"


@pytest.fixture(scope="module")
def ring():
    return wxb.load_data("ring", examples=120)


def stopped(data, path: Path, step: int, **options) -> tuple[Path, np.ndarray]:
    """A run stopped after a step, and the scores of its network for the test examples."""
    training = Training(data, "FC-4-RELU, SOFTMAX", options={"steps": 24, "threads": 1, **options}, out=path)
    for record in training:
        if record.step == step:
            training.stop()
            break
    return path, data.examples[data.split.test]


@pytest.mark.parametrize("options", [{"keep": "last"}, {"keep": "last", "ema": 0.9}, {"keep": "best"}])
def test_a_stopped_run_predicts_as_if_it_had_ended_there(options, ring, tmp_path):
    options |= {"batch_size": 30, "schedule": "constant", "warm_up": 0.0}
    whole = wxb.train(ring, "FC-4-RELU, SOFTMAX", steps=6, threads=1, out=tmp_path / "whole", **options)
    path, rows = stopped(ring, tmp_path / "stopped", 6, **options)
    run = wxb.Run.open(path)
    prediction = run.predict(rows)
    assert np.array_equal(prediction.scores, whole.predict(rows).scores)
    assert prediction.notes == (f"{path} {NOTE.format(6)}",)
    assert run.evaluate(ring).accuracy == whole.evaluate(ring).accuracy
    assert whole.predict(rows).notes == ()


def test_the_commands_say_that_a_run_has_not_finished(ring, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    _, rows = stopped(ring, Path("run"), 3)
    np.save("rows.npy", rows)
    for words in (["predict", "run", "rows.npy", "--json"], ["evaluate", "run", "--json"]):
        assert main(words) == 0
        said = capsys.readouterr()
        assert json.loads(said.out)["notes"] == [f"run {NOTE.format(3)}"]
        assert said.err.startswith(f"note      run {NOTE.format(3)}\n")


def test_a_stopped_run_is_still_resumed_and_has_no_results_to_compare(ring, tmp_path):
    path, _ = stopped(ring, tmp_path / "run", 3)
    wxb.Run.open(path).evaluate(ring)
    with pytest.raises(WxbError, match="has no results yet"):
        wxb.compare([path, path], ring)
    finished = resume(path, ring)
    assert finished.notes == ()
    assert wxb.compare([path, path], ring).scores[0].accuracy == finished.evaluate(ring).accuracy


def test_a_failed_run_answers_nothing_and_is_not_told_to_resume(ring, tmp_path):
    with pytest.raises(WxbError, match="training broke down"):
        wxb.train(
            ring,
            "FC-4-RELU, SOFTMAX",
            epochs=99,
            optimizer="sgd",
            learning_rate=1000,
            weight_decay=1,
            threads=1,
            out=tmp_path / "run",
        )
    with pytest.raises(WxbError, match="has no weights yet") as refused:
        wxb.Run.open(tmp_path / "run").model()
    assert "resume" not in refused.value.fix


def killed(run: Writer) -> Path:
    """The folder of a run as `kill -9` leaves it."""
    run.close()
    return run.path


def said_of(folder: Path, capsys) -> dict[str, str]:
    """What the commands say of a run."""
    said = {}
    for words in (
        ["runs", "."],
        ["runs", ".", "--table", "state,steps", "--csv"],
        ["predict", "run", "rows.npy"],
        ["evaluate", "run"],
        ["report", "run"],
        ["verify", "run"],
    ):
        main(words)
        out, err = capsys.readouterr()
        said[" ".join(words[:1] + words[2:3])] = out + err
    return said


def test_a_run_killed_before_its_first_checkpoint_holds_nothing_for_any_command(run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for epoch in (1, 2, 3):
        run.note(Epoch(epoch))
    run._write_summary()
    assert read_summary(killed(run)).steps.done == 30  # that is how far it came, and none of it is left
    np.save("rows.npy", np.zeros((1, 2), np.float32))
    said = said_of(run.path, capsys)
    words = "it was stopped before its first checkpoint"
    assert "stopped before its first checkpoint" in said["runs"]
    assert said["runs --table"] == "run,state,steps\nrun,stopped,0\n"
    assert (
        said["predict rows.npy"]
        == f"error: run has no weights yet: {words}\n  fix: wxb resume run, which begins from the start\n"
    )
    assert said["evaluate"].endswith(
        f"error: run has no weights yet: {words}\n  fix: wxb resume run, which begins from the start\n"
    )
    assert f"run has no report yet: {words}" in said["report"]
    assert f"run has not finished: {words}" in said["verify"]
    assert repr(Run.open("run")) == "Run('run', stopped)"
    assert "run, stopped before its first checkpoint" in Run.open("run")._repr_html_()


def test_a_run_killed_after_a_checkpoint_holds_that_for_every_command(run, data, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run.save(Epoch(2))
    run.note(Epoch(3))
    run._write_summary()
    assert read_summary(killed(run)).steps.done == 30
    said = said_of(run.path, capsys)
    assert "stopped at step 20 of 50" in said["runs"]
    assert said["runs --table"] == "run,state,steps\nrun,stopped,20\n"
    assert "run has no report yet: it was stopped at step 20 of 50" in said["report"]
    assert Run.open("run").notes == ("run has not finished: its network is that of its last checkpoint, step 20 of 50",)
    assert Writer.resume("run", data)[1].counters.step == 20


def test_a_damaged_checkpoint_is_said_to_be_damaged(run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run.save(Epoch(2))
    (killed(run) / CHECKPOINT).write_bytes(b"no tensors")
    said = said_of(run.path, capsys)
    assert "stopped, its checkpoint is damaged" in said["runs"]
    assert said["runs --table"] == "run,state,steps\nrun,stopped,\n"
    assert "its checkpoint is damaged" in said["report"]


def test_a_training_interrupted_within_a_step_stops_at_its_checkpoint(ring, tmp_path):
    training = Training(ring, "FC-4-RELU, SOFTMAX", options={"steps": 24, "threads": 1}, out=tmp_path / "run")
    for record in training:
        if record.step == 3:
            training.run.save(record)
        if record.step == 12:
            break
    training.trial.record = dataclasses.replace(record, take_state=gone)
    assert training.stop() == 3
    assert str(wxb.Run.open(tmp_path / "run").standing) == "stopped at step 3 of 24"


def gone(step: int) -> None:
    raise StateGone("training has gone on")
