"""A run that was stopped answers with the network of its last checkpoint, and says so."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import wxb
from wxb.cli.main import main
from wxb.errors import WxbError
from wxb.training import Training, resume

NOTE = "has not finished: its network is that of the last checkpoint"


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
    assert prediction.notes == (f"{path} {NOTE}",)
    assert run.evaluate(ring).accuracy == whole.evaluate(ring).accuracy
    assert whole.predict(rows).notes == ()


def test_the_commands_say_that_a_run_has_not_finished(ring, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    _, rows = stopped(ring, Path("run"), 3)
    np.save("rows.npy", rows)
    for words in (["predict", "run", "rows.npy", "--json"], ["evaluate", "run", "--json"]):
        assert main(words) == 0
        said = capsys.readouterr()
        assert json.loads(said.out)["notes"] == [f"run {NOTE}"]
        assert said.err.startswith(f"note      run {NOTE}\n")


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
