"""A run with `snapshots`: which weights it keeps, that its training stays the same, and what damage to them says."""

import os
import shutil
import subprocess
import sys
from collections import namedtuple

import pytest
import torch

import wxb
from wxb.cli.main import main
from wxb.errors import MISTAKE, WxbError
from wxb.learning.loop import learn
from wxb.learning.machine import choose
from wxb.network.build import build
from wxb.runs import snapshots
from wxb.runs.run import Run
from wxb.runs.verify import verify
from wxb.training import Training, resume

NETWORK = "CONV-4-BN-RELU-POOL-GAP, SOFTMAX"
OPTIONS = {"epochs": 2, "batch_size": 150, "threads": 1}  # eight steps an epoch
ASKED = 5
STEPS = (0, 4, 8, 12, 16)


@pytest.fixture(scope="module")
def digits():
    return wxb.load_data("digits")


@pytest.fixture(scope="module")
def made(digits, tmp_path_factory):
    return wxb.train(digits, NETWORK, **OPTIONS, snapshots=ASKED, out=tmp_path_factory.mktemp("made") / "run")


@pytest.fixture
def run(made, tmp_path):
    """A copy of the run that a test may damage."""
    return Run.open(shutil.copytree(made.path, tmp_path / "copy"))


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def stopped_at(step, data, out):
    training = Training(data, NETWORK, options=OPTIONS, snapshots=ASKED, out=out)
    for record in training:
        if record.step == step:
            training.stop()
            break
    return Run.open(out)


def test_snapshots_are_the_network_s_tensors_after_their_steps(digits, made):
    recipe = Training(digits, NETWORK, options=OPTIONS).trial.recipe
    model = build(NETWORK, digits)
    assert made.snapshots == STEPS
    assert equal(made.at(0).weights(), model.state_dict())
    for record in learn(model, digits, recipe, made_on(made)):
        if record.step in STEPS:
            assert equal(made.at(record.step).weights(), model.state_dict())
    assert equal(made.at(16).weights(), made.weights())
    assert not torch.equal(made.at(4).weights()["2.BN.running_mean"], made.at(8).weights()["2.BN.running_mean"])


def made_on(run):
    return choose("cpu", "float32", run.environment.machine.threads)


def test_the_training_has_the_bits_of_one_without_snapshots(digits, made, tmp_path):
    plain = wxb.train(digits, NETWORK, **OPTIONS, out=tmp_path / "plain")
    assert (plain.path / "weights.safetensors").read_bytes() == (made.path / "weights.safetensors").read_bytes()
    assert plain.snapshots == ()
    assert not (plain.path / "snapshots").exists()


@pytest.mark.parametrize("step", [1, 8, 13])
def test_stopped_and_resumed_it_has_the_same_snapshots(digits, made, tmp_path, step):
    stopped = stopped_at(step, digits, tmp_path / "parts")
    assert stopped.snapshots == tuple(one for one in STEPS if one <= step)
    assert equal(stopped.at(0).weights(), made.at(0).weights())
    # what a process wrote after its last checkpoint, and what it was writing when it was killed
    shutil.copy(made.path / "snapshots" / "step-4.safetensors", stopped.path / "snapshots" / "step-15.safetensors")
    (stopped.path / "snapshots" / ".step-16.safetensors.0123456789abcdef.part").write_bytes(b"half")
    resumed = resume(stopped.path, digits)
    names = sorted(os.listdir(made.path / "snapshots"))
    assert sorted(os.listdir(resumed.path / "snapshots")) == names
    for name in names:
        ours, theirs = (one.path / "snapshots" / name for one in (resumed, made))
        assert ours.read_bytes() == theirs.read_bytes()
    assert verify(resumed.path, digits).ok


def test_a_training_that_ends_early_keeps_its_last_step(digits, tmp_path):
    run = wxb.train(
        digits,
        NETWORK,
        epochs=40,
        batch_size=150,
        learning_rate=1e-9,
        early_stopping=1,
        snapshots=3,
        out=tmp_path / "run",
    )
    assert run.summary.steps.done < run.summary.steps.total
    assert run.snapshots == (0, run.summary.steps.done)


def test_the_network_at_a_snapshot_predicts_and_is_scored_by_itself(digits, made):
    begun, ended = made.at(0), made.at(16)
    assert begun.evaluate(digits).accuracy < 0.3
    assert ended.evaluate(digits).accuracy == made.evaluate(digits).accuracy
    assert begun.predict(digits.examples[:2]).notes == ("the network is that of step 0 of 16",)
    assert repr(begun).endswith("finished, at step 0)")
    with pytest.raises(WxbError, match="has intervals for its final network"):
        begun.predict(digits.examples[:2], interval=90)


def test_a_step_without_a_snapshot_is_refused_with_the_nearest(made):
    with pytest.raises(WxbError, match="has no snapshot of step 7; the nearest is of step 8") as error:
        made.at(7)
    assert error.value.fix == "`at=8`"
    with pytest.raises(WxbError, match="`at=-1`"):
        made.at(-1)


def test_a_run_without_snapshots_says_how_to_get_them(digits, tmp_path):
    run = wxb.train(digits, "SOFTMAX", epochs=1, out=tmp_path / "run")
    with pytest.raises(WxbError, match="has no snapshots") as error:
        run.at(0)
    assert error.value.fix.startswith(f"wxb train --config {run.path}/settings.toml --snapshots 40")


@pytest.mark.parametrize("bytes_kept", [0, 8, 400])
def test_a_snapshot_that_was_cut_short_is_named(run, bytes_kept):
    file = run.path / "snapshots" / "step-8.safetensors"
    file.write_bytes(file.read_bytes()[:bytes_kept])
    with pytest.raises(WxbError, match=r"step-8.safetensors was changed after the run had finished, or was cut short"):
        run.at(8).weights()
    assert verify(run.path).differences == ("snapshots/step-8.safetensors is not what it was when the run finished",)
    assert run.at(4).model()


def test_a_missing_snapshot_is_named(run):
    (run.path / "snapshots" / "step-8.safetensors").unlink()
    with pytest.raises(WxbError, match=r"step-8.safetensors is missing"):
        run.at(8).weights()
    assert verify(run.path).differences == ("snapshots/step-8.safetensors is missing",)


def test_before_the_end_a_damaged_snapshot_is_named_too(digits, tmp_path):
    stopped = stopped_at(9, digits, tmp_path / "parts")
    files = [stopped.path / "snapshots" / f"step-{step}.safetensors" for step in (4, 8)]
    files[0].write_bytes(files[0].read_bytes()[:-4])
    with pytest.raises(WxbError, match=r"step-4.safetensors is damaged: cut short"):
        stopped.at(4).weights()
    shutil.copy(stopped.path / "snapshots" / "step-0.safetensors", files[1])
    with pytest.raises(WxbError, match=r"step-8.safetensors is damaged: it is of another step"):
        stopped.at(8).weights()


def test_a_file_that_is_no_snapshot_does_not_belong_to_the_run(digits, run, tmp_path):
    (run.path / "snapshots" / "step-9.safetensors").write_bytes(b"")
    (run.path / "snapshots" / "notes.txt").write_text("mine")
    others = (
        "snapshots/notes.txt does not belong to the run",
        "snapshots/step-9.safetensors does not belong to the run",
    )
    assert verify(run.path).differences == others
    assert main(["runs", "--delete", str(run.path), "--yes"]) == MISTAKE
    stopped = stopped_at(9, digits, tmp_path / "parts")
    assert main(["runs", "--delete", str(stopped.path), "--yes"]) == 0
    assert not stopped.path.exists()


def test_their_size_is_said_before(digits, tmp_path):
    training = Training(digits, NETWORK, options=OPTIONS, snapshots=40, out=tmp_path / "run")
    each = sum(tensor.numel() * tensor.element_size() for tensor in training.trial.model.state_dict().values())
    assert dict(training.lines())["snapshots"] == f"17 of {each / 1024:.1f} KiB each, {17 * each / 1024:.1f} KiB in all"


def test_snapshots_that_would_fill_the_disk_are_refused_before_anything_is_written(digits, tmp_path, monkeypatch):
    Usage = namedtuple("Usage", "total used free")
    monkeypatch.setattr(snapshots.shutil, "disk_usage", lambda path: Usage(10**6, 0, 10_000))
    with pytest.raises(WxbError, match=r"17 snapshots take .* KiB, more than half of the free space") as error:
        wxb.train(digits, NETWORK, **OPTIONS, snapshots=40, out=tmp_path / "run")
    fitting = int(error.value.fix.removeprefix("`snapshots=").removesuffix("`"))
    assert 2 <= fitting < 17
    assert not (tmp_path / "run").exists()
    Training(digits, NETWORK, options=OPTIONS, snapshots=fitting, out=tmp_path / "run")


def test_on_the_command_line_a_view_is_shown_at_a_snapshot(run, monkeypatch):
    monkeypatch.chdir(run.path.parent)
    shown = subprocess.run(
        [sys.executable, "-m", "wxb", "view", "copy", "filters", "--at", "4"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "in copy at step 4" in shown.stdout
    assert (run.path / "views" / "filters-step-4.png").exists()
    assert verify(run.path).ok


def test_the_command_names_the_nearest_snapshot_and_lists_them_all(run, capsys):
    path = str(run.path)
    assert main(["view", path, "maps", "--at", "5"]) == MISTAKE
    said = capsys.readouterr().err
    assert "has no snapshot of step 5; the nearest is of step 4" in said
    assert "fix: --at 4" in said
    assert main(["view", path, "curves", "--at", "4"]) == MISTAKE
    assert "curves takes no --at" in capsys.readouterr().err
    assert main(["view", path]) == 0
    assert "--at STEP shows a view at one of the steps 0, 4, 8, 12, 16" in capsys.readouterr().out
