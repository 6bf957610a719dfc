"""Writers that are killed, and two that want one folder."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

import wxb
from tests.runs.small import SCORE, Epoch, reports, small_plan
from wxb import storage
from wxb.cli.main import main
from wxb.errors import WxbError
from wxb.runs import writer
from wxb.runs.files import RunFiles
from wxb.runs.folder import CHECKPOINT
from wxb.runs.manifest import strangers
from wxb.runs.removal import delete
from wxb.runs.run import Run
from wxb.runs.verify import verify
from wxb.runs.writer import Writer
from wxb.storage import LOCK, is_held
from wxb.training import Training

WRITER = """
import sys
from pathlib import Path
import torch
from tests.runs.small import Epoch, small_plan, three_blobs
from wxb.runs.writer import Writer

path = Path(sys.argv[1])
data = three_blobs()
if path.exists():
    run, checkpoint = Writer.resume(path, data)
    first = checkpoint.counters.step // 10 + 1 if checkpoint else 1
else:
    run, first = Writer.create(data, small_plan(data), {"seed": 0}, steps=10**6, out=path), 1
print("ready", flush=True)
for epoch in range(first, 10**5):
    run.save(Epoch(epoch))
"""


@contextmanager
def _writer(path: Path) -> Iterator[None]:
    """Another process saves into `path` as fast as it can, until it is killed at the end of the block."""
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root / "src"), str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.send_signal(signal.SIGKILL)


def test_a_writer_killed_at_any_moment_leaves_a_valid_run(tmp_path, data):
    path = tmp_path / "run"
    chance = random.Random(0)
    steps = 0
    for _ in range(8):
        with _writer(path):
            saved, more = steps, chance.randrange(20, 100)  # steps that are saved before the kill
            limit = time.monotonic() + 60
            while saved < steps + more and time.monotonic() < limit:  # a reader sees a valid run all the while
                run = Run.open(path)
                history = run.history
                assert run.summary.state == "running"
                assert [line.epoch for line in history] == list(range(1, len(history) + 1))
                checkpoint = run.checkpoint()
                saved = checkpoint.counters.step if checkpoint else 0
        run = Run.open(path)
        checkpoint = run.checkpoint()
        assert checkpoint is not None
        epoch = checkpoint.counters.epoch
        assert checkpoint.counters.step >= steps + more
        assert torch.equal(checkpoint.tensors["weight"], torch.full((40, 50), float(epoch)))
        assert len(run.history) in (epoch, epoch + 1)
        resumed, _ = Writer.resume(path, data)
        assert len(resumed.files.history) == epoch
        assert not list(path.glob(".*.part"))
        resumed.close()
        steps = checkpoint.counters.step
    assert steps > 0


def test_a_second_writer_is_refused_and_a_killed_one_blocks_nobody(tmp_path, data, settings):
    path = tmp_path / "run"
    with _writer(path):
        assert is_held(path)
        with pytest.raises(WxbError, match="another wxb is writing"):
            Writer.resume(path, data)
        with pytest.raises(WxbError, match="already holds a run"):
            Writer.create(data, small_plan(data), settings, steps=1, out=path)
    assert not is_held(path)
    assert Writer.resume(path, data)[1] is not None


def test_two_that_create_in_one_empty_folder_get_one_run(data, settings, tmp_path, monkeypatch):
    plan = small_plan(data)
    first = Writer.create(data, plan, settings, steps=1, out=tmp_path)
    # the second saw the folder while it was empty
    monkeypatch.setattr("wxb.runs.writer.own_folder", lambda path: path)
    with pytest.raises(WxbError, match="another wxb is writing"):
        Writer.create(data, plan, settings, steps=2, out=tmp_path)
    first.close()
    with pytest.raises(WxbError, match="already holds a run"):
        Writer.create(data, plan, settings, steps=2, out=tmp_path)
    assert Run.open(tmp_path).summary.steps.total == 1


def test_a_finish_cut_off_at_any_file_leaves_a_valid_run(run, data, monkeypatch):
    """The writer dies before each single replacement of a file in turn; what is left is resumed or finished."""
    run.save(Epoch(5))
    run.close()
    replaced = os.replace
    for survived in range(20):
        opened = Run.open(run.path)
        if opened.summary.state == "finished":
            break
        resumed, checkpoint = Writer.resume(run.path, data)
        assert checkpoint is not None
        left = survived

        def die(source: str, target: str) -> None:
            nonlocal left
            if left == 0:
                raise KeyboardInterrupt
            left -= 1
            replaced(source, target)

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", die)
            try:
                resumed.finish({"weight": torch.ones(3)}, SCORE, reports(resumed.files))
            except KeyboardInterrupt:
                assert Run.open(run.path).summary.state == "running"
                assert (run.path / CHECKPOINT).exists()
        resumed.close()
    assert Run.open(run.path).summary.state == "finished"
    assert survived == 7  # weights, three reports, manifest and run.json, then the look at the end
    assert Run.open(run.path).weights()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO])
def test_a_checkpoint_that_cannot_be_removed_is_told_and_goes_with_the_next_resume(
    number, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    remove = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.name == CHECKPOINT:
            raise OSError(number, os.strerror(number))
        remove(path, missing_ok)

    data = wxb.load_data("ring", examples=60)
    training = Training(data, "FC-4-RELU, SOFTMAX", options={"epochs": 2}, out="run")
    for record in training:
        if record.step == 1:
            training.run.save(record)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        assert training.finish().summary.state == "finished"
        why = f"the run has finished, but its checkpoint cannot be removed ({os.strerror(number)})"
        assert training.result["warnings"][-1] == f"{why}: rm run/{CHECKPOINT}"
        assert main(["resume", "run"]) == 2
        assert "cannot be removed" in capsys.readouterr().err
    assert Run.open("run").checkpoint() is None
    assert verify("run", data).ok
    assert main(["runs", "."]) == 0
    said = capsys.readouterr()
    assert said.err == "note      run has finished, and a checkpoint is left in it: wxb resume run removes it\n"
    assert main(["resume", "run"]) == 2
    assert "the checkpoint that was left in it has been removed" in capsys.readouterr().err
    assert not Path("run", CHECKPOINT).exists()
    assert main(["runs", "."]) == 0
    assert not capsys.readouterr().err


def test_the_command_says_that_a_checkpoint_could_not_be_removed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(writer, "without_checkpoint", lambda path: "the checkpoint is still there")
    assert main(["train", "ring", "FC-4-RELU, SOFTMAX", "--examples", "60", "--epochs", "1"]) == 0
    assert capsys.readouterr().err.endswith("\nnote      the checkpoint is still there\n")


def test_the_lock_file_is_no_content(run):
    run.close()
    assert not is_held(run.path)
    assert not [path for path in run.path.iterdir() if path.name.startswith(".") and path.name != LOCK]


def test_what_is_left_of_a_run_that_never_began_does_not_block_its_folder(data, settings, tmp_path, monkeypatch):
    write = storage.write

    def killed(path, content):
        if path.name == stop:
            path.with_name(f".{path.name}.0123456789abcdef.part").write_text("half")
            raise KeyboardInterrupt
        write(path, content)

    for stop in ("settings.toml", "data.json", "split.safetensors", "run.json"):
        out = tmp_path / stop
        with monkeypatch.context() as patched:
            patched.setattr(storage, "write", killed)
            with pytest.raises(KeyboardInterrupt):
                Writer.create(data, small_plan(data), settings, steps=50, out=out)
        assert Writer.create(data, small_plan(data), settings, steps=50, out=out).summary.state == "running"
        assert not [name for name in os.listdir(out) if name.endswith(".part")]


@pytest.mark.parametrize("name", ["settings.toml", "data.json", ".notes.part", ".tmpAb12Cd"])
def test_a_file_that_only_has_the_name_of_ours_is_left_as_it_is(name, data, settings, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / name).write_text("mine")
    with pytest.raises(WxbError, match="exists and is not empty"):
        Writer.create(data, small_plan(data), settings, steps=50, out=tmp_path / "own")
    assert (tmp_path / "own" / name).read_text() == "mine"


def test_leftovers_of_a_killed_writer_belong_to_the_run_and_go_with_it(finished):
    for name in (".checkpoint.safetensors.0123456789abcdef.part", ".tmpAb12Cd", "checkpoint.safetensors"):
        (finished.path / name).write_bytes(b"half")
    assert strangers(finished.path) == []
    delete(finished.path)
    assert not finished.path.exists()


@pytest.mark.parametrize("name", ["settings.toml", "environment.json", "data.json", "split.safetensors"])
def test_a_changed_file_of_an_unfinished_run_is_named_before_training_goes_on(name, run, data):
    run.save(Epoch(1))
    run.stop()
    content = (run.path / name).read_bytes()
    digit = max(place for place in range(len(content)) if content[place : place + 1] in (b"1", b"\x01"))
    (run.path / name).write_bytes(content[:digit] + bytes([content[digit] + 1]) + content[digit + 1 :])
    files = RunFiles.open(run.path)
    with pytest.raises(WxbError, match=rf"{name} is damaged"):
        _ = (files.settings, files.environment, files.data, files.split)


def test_a_changed_summary_is_named(run):
    run.stop()
    path = run.path / "run.json"
    path.write_text(path.read_text().replace("RELU", "TANH"))
    with pytest.raises(WxbError, match=r"run.json is damaged: its checksum does not fit its content"):
        RunFiles.open(run.path)


def test_a_changed_line_of_the_history_is_named_before_training_goes_on(run, data):
    run.save(Epoch(1))
    run.stop()
    path = run.path / "history.jsonl"
    path.write_text(path.read_text().replace('"train_loss":1.0', '"train_loss":2.0'))
    with pytest.raises(WxbError, match="not what it was when the checkpoint was written"):
        Writer.resume(run.path, data)


def test_settings_that_change_while_training_agree_with_run_json_whenever_the_process_dies(run, data, monkeypatch):
    write = storage.write
    for stop in range(4):
        calls = []

        def killed(path, content, calls=calls, stop=stop):
            if len(calls) == stop:
                raise KeyboardInterrupt
            calls.append(path.name)
            write(path, content)

        with monkeypatch.context() as patched:
            patched.setattr(storage, "write", killed)
            try:
                run.change({"events": [{"kind": "end", "step": 3, "end": 20 + stop}]}, 20 + stop)
            except KeyboardInterrupt:
                assert stop < 3
        assert RunFiles.open(run.path).settings["epochs"] == 5
    assert RunFiles.open(run.path).settings["events"] == [{"kind": "end", "step": 3, "end": 23}]


def test_a_folder_that_cannot_be_flushed_is_an_error(tmp_path, monkeypatch):
    def fail(descriptor):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(WxbError, match="cannot be written: Input/output error"):
        storage.sync_folder(tmp_path)


def test_a_run_whose_folder_cannot_be_listed_is_an_error(finished, monkeypatch):
    def refuse(folder):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(WxbError, match="cannot be read: Permission denied"):
        strangers(finished.path)
