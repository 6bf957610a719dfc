"""Runs of format 1, which wxb 0.1 made: they are opened, used and resumed as when they were made.

`version-1/` holds three finished runs, one that was stopped after step 8 of 18, and what the same wxb made of it when
it resumed it.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from wxb.cli.main import main
from wxb.hardware import processor
from wxb.runs import version1
from wxb.runs.compare import compare
from wxb.runs.listing import runs
from wxb.runs.run import Run
from wxb.runs.schema import FORMAT
from wxb.runs.verify import verify
from wxb.runs.writer import Writer
from wxb.training import resume

FINISHED = ("classification", "multilabel", "regression")
EXAMPLES = {
    "classification": np.array([[0, 0], [1, 1.5], [-2, 0.5]], np.float32),
    "multilabel": np.array([[0, 0, 0], [1, -1, 0.5], [-2, 0.5, 2]], np.float32),
    "regression": np.linspace(0, 1, 27, dtype=np.float32).reshape(3, 9),
}
PREDICTED = {  # by the wxb that made them
    "classification": [[0.50009042, 0.49990952], [0.47585350, 0.52414656], [0.47627461, 0.52372539]],
    "multilabel": [[0.50073838, 0.49653553], [0.48101473, 0.50481170], [0.47002381, 0.49476495]],
    "regression": [[162479.9375], [166571.953125], [172592.546875]],
}


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of all, and the working directory: tables are named relative to it."""
    shutil.copytree(Path(__file__).parent / "version-1", tmp_path / "old")
    monkeypatch.chdir(tmp_path / "old")
    return tmp_path / "old"


def assert_same_weights(old: Path, trained: Path, stored: str) -> None:
    """Check for the stored bits on the processor that made them; another one's kernels sum in another order."""
    expected, weights = (load_file(folder / "weights.safetensors") for folder in (old / stored, trained))
    assert weights.keys() == expected.keys()
    assert list(expected)
    made_on = json.loads((old / "stopped" / "environment.json").read_text())["processor"]
    tolerance = 0 if processor() == made_on else 1e-5
    for name, tensor in expected.items():
        torch.testing.assert_close(weights[name], tensor, rtol=tolerance, atol=tolerance)


def test_they_are_listed(old):
    listed = {one.path.name: one for one in runs(old)}
    states = {name: one.state for name, one in listed.items()}
    assert states == {**dict.fromkeys(FINISHED, "finished"), "stopped": "stopped"}
    assert listed["regression"].summary.test["rmse"] == pytest.approx(58531.944)
    assert listed["stopped"].summary.steps.done == 8


@pytest.mark.parametrize("name", [*FINISHED, "stopped"])
def test_every_file_is_read_in_the_words_of_today(old, name):
    run = Run.open(old / name)
    assert run.summary.outputs == len(run.summary.classes) == len(run.data.classes)
    assert run.data.task == run.summary.task
    assert [line.epoch for line in run.history] == list(range(1, len(run.history) + 1))
    assert run.environment.machine.threads == 1
    assert run.split.test.max() < run.data.examples
    assert run.settings["seed"] == run.seed == 0


@pytest.mark.parametrize("name", FINISHED)
def test_reports_are_shown(old, name, capsys):
    assert main(["report", name]) == 0
    shown = capsys.readouterr().out
    assert "next      wxb " in shown
    assert f"wxb verify {name}" in shown
    assert main(["report", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["run"] == {
        "name": name, "wxb": "0.1.0", "created": Run.open(name).summary.created, "path": name,
    }  # fmt: skip


@pytest.mark.parametrize("name", FINISHED)
def test_predictions_are_what_they_were(old, name):
    found = Run.open(old / name).predict(EXAMPLES[name])
    values = found.values if found.probabilities is None else found.probabilities
    assert np.allclose(values, PREDICTED[name], rtol=1e-6)


@pytest.mark.parametrize("name", FINISHED)
def test_scores_are_what_they_were_and_the_run_verifies(old, name):
    run = Run.open(old / name)
    found = verify(run.path, run.load_data())
    assert found.differences == ()
    assert "test score computed again" in found.checked
    assert run.evaluate().summary()["loss"] == pytest.approx(run.summary.test["loss"], rel=1e-6)


@pytest.mark.parametrize("name", FINISHED)
def test_they_are_compared(old, name):
    shutil.copytree(old / name, old / "other")
    found = compare([old / name, old / "other"])
    assert found.pairs[0].better == found.pairs[0].worse == 0
    assert found.settings == {}


def test_a_stopped_run_is_resumed_to_the_bits_of_the_wxb_that_began_it(old):
    run = resume(old / "stopped", Run.open(old / "stopped").load_data())
    assert_same_weights(old, run.path, "resumed")
    lines = [json.loads(line) for line in (old / "resumed" / "history.jsonl").read_text().splitlines()]
    assert [line.train_loss for line in run.history] == pytest.approx([line["train_loss"] for line in lines], rel=1e-5)
    assert run.summary.format == json.loads((run.path / "run.json").read_text())["format"] == FORMAT
    assert verify(run.path, run.load_data()).ok


def test_a_resume_that_is_killed_while_it_converts_leaves_a_run_that_resumes(old, monkeypatch):
    data = Run.open(old / "stopped").load_data()
    settings = Run.open(old / "stopped").settings

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "_write_summary", die)
        with pytest.raises(KeyboardInterrupt):
            Writer.resume(old / "stopped", data)
    assert Run.open(old / "stopped").settings == settings
    assert resume(old / "stopped", data).summary.state == "finished"


@pytest.mark.parametrize(("settings", "weights"), [("replanned", "replanned"), ("stopped", "resumed")])
def test_their_settings_train_to_the_same_bits_again(old, settings, weights):
    assert main(["train", "--config", str(old / settings / "settings.toml"), "--out", "again", "-q"]) == 0
    assert_same_weights(old, old / "again", weights)


def test_moved_ends_and_parts_of_a_batch_are_events():
    stored = {"epochs": 4, "accumulate": 2, "replanned": "412:1180, 800:1190", "batch_size": 32}
    assert version1.settings(stored) == {
        "epochs": 4,
        "accumulate": 1,
        "batch_size": 32,
        "events": [
            {"kind": "micro_batches", "step": 0, "count": 2},
            {"kind": "end", "step": 412, "end": 1180},
            {"kind": "end", "step": 800, "end": 1190},
        ],
    }
    assert version1.settings({"accumulate": 1, "replanned": ""}) == {"accumulate": 1}
