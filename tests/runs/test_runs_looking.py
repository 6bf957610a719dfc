"""Who looks at a training sees its weights of now, and its bits stay what they were."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import wxb
from wxb.runs import looking
from wxb.runs.folder import LOOK, NOW
from wxb.runs.manifest import strangers
from wxb.training import Training

NETWORK = "FC-8-RELU, SOFTMAX"
SETTINGS = {"epochs": 5, "seed": 3}


@pytest.fixture
def at_once(monkeypatch):
    """Weights are written after every step that is asked for."""
    for name in ("LOOK_EVERY", "EVERY"):
        monkeypatch.setattr(looking, name, 0.0)
    monkeypatch.setattr(looking, "SHARE", 1e9)


def begun(out: Path) -> Training:
    data = wxb.load_data("ring", examples=200)
    return Training(data, NETWORK, options=SETTINGS, settings=data.source, out=out)


def test_a_training_that_is_looked_at_shows_every_step_and_keeps_its_bits(tmp_path, at_once):
    whole = wxb.train(wxb.load_data("ring", examples=200), NETWORK, **SETTINGS, out=tmp_path / "whole")
    training = begun(tmp_path / "seen")
    for record in training:
        found = looking.read_now(tmp_path / "seen")
        if record.step > 1:
            assert found is not None
            step, shown = found
            assert step == record.step
            assert all(torch.equal(shown[name], value) for name, value in training.trial.model.state_dict().items())
            assert strangers(tmp_path / "seen") == []
        looking.ask_to_look(tmp_path / "seen")
    training.finish()
    assert not (tmp_path / "seen" / NOW).exists()
    assert not (tmp_path / "seen" / LOOK).exists()
    assert (tmp_path / "seen" / "weights.safetensors").read_bytes() == (whole.path / "weights.safetensors").read_bytes()


def test_weights_are_written_for_nobody_and_for_no_request_from_before(tmp_path, at_once, monkeypatch):
    training = begun(tmp_path / "run")
    for record in training:
        if record.step == 5:
            looking.ask_to_look(tmp_path / "run")
        if record.step == 8:
            monkeypatch.setattr(looking, "FORGOTTEN", -1.0)  # who asked has gone since
            (tmp_path / "run" / NOW).unlink()
        assert (tmp_path / "run" / NOW).exists() == (5 < record.step < 8), record.step
        if record.step == 10:
            break
    training.stop()
    looking.ask_to_look(tmp_path / "run")
    wxb.resume(tmp_path / "run", wxb.load_data("ring", examples=200))
    assert not (tmp_path / "run" / LOOK).exists()


def test_writing_takes_a_small_share_of_the_time(tmp_path, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(looking.time, "monotonic", lambda: clock[0])
    written = []

    def slowly(path, tensors, metadata):
        clock[0] += 0.1
        written.append(clock[0])

    monkeypatch.setattr(looking, "write_tensors", slowly)
    looked = looking.Looked(tmp_path)
    while clock[0] < 200:
        looking.ask_to_look(tmp_path)
        looked.show(1, dict)
        clock[0] += 0.05
    assert len(written) * 0.1 <= 2 * looking.SHARE * 100
    assert len(written) >= 0.5 * looking.SHARE * 100 / 0.1


def test_a_disk_that_cannot_be_written_does_not_stop_a_training(tmp_path, at_once, monkeypatch):
    def full(path, tensors, metadata):
        raise wxb.WxbError("the disk is full")

    monkeypatch.setattr(looking, "write_tensors", full)
    training = begun(tmp_path / "run")
    for _ in training:
        looking.ask_to_look(tmp_path / "run")
    assert training.finish().summary.state == "finished"


def test_weights_that_were_changed_are_damaged(tmp_path):
    (tmp_path / NOW).write_bytes(b"no tensors")
    with pytest.raises(wxb.WxbError, match="damaged"):
        looking.read_now(tmp_path)
    assert looking.read_now(tmp_path / "elsewhere") is None
