"""The folder: what is in it, that it is written whole, and what is said where it is not."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open

from tests.runs.small import SCORE, Epoch, reports, small_plan, three_blobs
from wxb.data.dataset import Dataset
from wxb.errors import FAILED, WxbError
from wxb.runs import schema
from wxb.runs.folder import CHECKPOINT, KEPT, LOOK, MANIFEST, NOW
from wxb.runs.run import Run
from wxb.runs.writer import Writer
from wxb.storage import is_held

# --- begin -----------------------------------------------------------------------------------------------------------


def test_two_runs_never_share_a_folder(data: Dataset, settings: dict[str, Any], tmp_path: Path, monkeypatch):
    monkeypatch.setenv("WXB_RUNS", str(tmp_path / "all"))
    runs = [Writer.create(data, small_plan(data), settings, steps=1) for _ in range(30)]
    assert len({run.path for run in runs}) == 30
    assert all(run.path.parent == tmp_path / "all" and run.path.name.startswith("blobs-") for run in runs)


def test_runs_lie_under_the_working_directory_by_default(data, settings, tmp_path, monkeypatch):
    monkeypatch.delenv("WXB_RUNS", raising=False)
    monkeypatch.chdir(tmp_path)
    run = Writer.create(data, small_plan(data), settings, steps=1)
    assert run.path.parent == Path("runs")
    assert (tmp_path / "runs" / run.path.name / "run.json").is_file()


@pytest.mark.parametrize("name", ["../up", "a/b", "..", "", "/etc", "name with blanks", "é" * 300])
def test_a_data_set_with_any_name_gives_one_plain_folder(data, settings, tmp_path, monkeypatch, name):
    monkeypatch.setenv("WXB_RUNS", str(tmp_path))
    run = Writer.create(replace(data, name=name), small_plan(data), settings, steps=1)
    assert run.path.parent == tmp_path
    assert len(run.path.name) < 60


def test_an_existing_folder_with_something_in_it_is_refused_and_left_as_it_is(data, settings, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(WxbError, match="exists and is not empty") as caught:
        Writer.create(data, small_plan(data), settings, steps=1, out=tmp_path)
    assert "notes.txt" in str(caught.value)
    assert "`out`" in caught.value.fix
    assert os.listdir(tmp_path) == ["notes.txt"]


def test_an_existing_run_is_refused_as_out(run, data, settings):
    with pytest.raises(WxbError, match=r"already holds a run\n.*wxb resume"):
        Writer.create(data, small_plan(data), settings, steps=1, out=run.path)


def test_an_empty_folder_is_taken_as_out(data, settings, tmp_path):
    assert Writer.create(data, small_plan(data), settings, steps=1, out=tmp_path).path == tmp_path


def test_a_folder_that_cannot_be_made_is_said_with_a_way_out(data, settings, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WxbError, match="cannot be made: Not a directory") as caught:
        Writer.create(data, small_plan(data), settings, steps=1, out=tmp_path / "file" / "run")
    assert "`out`" in caught.value.fix
    assert caught.value.exit_code == FAILED


def test_a_folder_that_may_not_be_written_is_said_with_a_way_out(data, settings, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(WxbError, match="cannot be written: Permission denied") as caught:
        Writer.create(data, small_plan(data), settings, steps=1, out=tmp_path / "run")
    assert "`out`" in caught.value.fix


def test_settings_are_kept_as_flat_toml_that_reads_back(data, settings, tmp_path):
    given = {**settings, "split": (0.64, 0.11, 0.25), "shuffle": True, "clip": np.float64(0.5), "out": None}
    run = Writer.create(data, small_plan(data), given, steps=1, out=tmp_path / "run")
    stored = tomllib.loads((run.path / "settings.toml").read_text())
    assert stored == {**settings, "split": [0.64, 0.11, 0.25], "shuffle": True, "clip": 0.5}
    assert run.files.settings == stored


def test_a_new_run_says_what_it_is(run, data):
    opened = Run.open(run.path)
    assert opened.summary.state == "running"
    assert opened.summary.classes == ("up", "left", "right")
    assert opened.summary.input == (2,)
    assert opened.summary.steps.total == 50
    assert opened.data.counts == {"up": 40, "left": 40, "right": 40}
    assert opened.data.fingerprint == data.fingerprint
    assert opened.environment.versions["torch"] == torch.__version__
    assert np.array_equal(opened.split.test, data.split.test)
    assert opened.split.how == "every fourth row tests"


def test_what_a_person_may_read_is_text(finished):
    for name in (*KEPT, MANIFEST):
        if not name.endswith(".safetensors"):
            (finished.path / name).read_text(encoding="utf-8")
    with safe_open(finished.path / "weights.safetensors", framework="np") as file:
        assert list(file.keys()) == ["weight"]


# --- save and finish -------------------------------------------------------------------------------------------------


def test_a_checkpoint_comes_back_with_its_counters_and_history(run):
    for epoch in (1, 2, 3):
        run.save(Epoch(epoch))
    checkpoint = Run.open(run.path).checkpoint()
    assert checkpoint is not None
    assert checkpoint.counters == schema.Counters(step=30, epoch=3)
    assert torch.equal(checkpoint.tensors["weight"], torch.full((40, 50), 3.0))
    assert [line.epoch for line in Run.open(run.path).history] == [1, 2, 3]
    validation = {"examples": 15, "loss": 0.75, "accuracy": 0.5}
    assert Run.open(run.path).history[1] == schema.Epoch(2, 20, 0.01, 0.5, validation, 0.5)
    assert Run.open(run.path).summary.steps.done == 30


def test_a_record_within_an_epoch_adds_no_line(run):
    run.save(Epoch(1))
    run.save(Epoch(2, epoch_end=False))
    assert len(run.files.history) == 1
    assert run.files.checkpoint().counters.step == 17


def test_an_epoch_noted_before_is_not_noted_again(run):
    run.note(Epoch(1))
    run.save(Epoch(1))
    assert len(run.files.history) == 1


def test_tensors_may_be_read_by_whoever_may_read_the_texts(run):
    run.save(Epoch(1))
    assert (run.path / CHECKPOINT).stat().st_mode == (run.path / "run.json").stat().st_mode


def test_a_finished_run_keeps_no_checkpoint_and_knows_its_score(finished):
    assert not (finished.path / CHECKPOINT).exists()
    assert finished.summary.state == "finished"
    assert finished.summary.test == SCORE
    assert finished.report.test == SCORE
    assert sorted(finished.manifest) == sorted(KEPT)
    assert sorted(p.name for p in finished.path.iterdir() if not p.name.startswith(".")) == sorted([*KEPT, MANIFEST])


def test_a_run_that_is_not_finished_has_no_report_and_without_a_checkpoint_no_weights(run):
    run.note(Epoch(2))
    with pytest.raises(WxbError, match=r"has no report yet: it is running at step 20 of 50\n.*wait until it ends"):
        _ = run.files.report
    run.stop()
    nothing = r"has no weights yet: it was stopped before its first checkpoint\n.*wxb resume .*from the start"
    with pytest.raises(WxbError, match=nothing):
        Run.open(run.path).model()


def test_a_loss_that_json_has_no_number_for_leaves_a_run_that_opens(run):
    run.save(Epoch(5))
    run.finish({"weight": torch.ones(3)}, {**SCORE, "loss": float("inf")}, reports(run.files))
    assert Run.open(run.path).summary.test == {**SCORE, "loss": None}


@pytest.mark.parametrize("state", ["stopped", "failed"])
def test_a_run_that_ends_early_says_how(run, state):
    run.stop() if state == "stopped" else run.fail("the loss is NaN from step 12 on")
    opened = Run.open(run.path)
    assert opened.summary.state == state
    assert opened.summary.reason == (None if state == "stopped" else "the loss is NaN from step 12 on")


# --- the history ------------------------------------------------------------------------------------------------------


def test_thousands_of_epochs_write_little_more_than_their_lines(run):
    def written() -> int:
        counts = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
        return int(counts["wchar"])

    if not Path("/proc/self/io").exists():
        pytest.skip("only Linux counts what a process writes")
    before = written()
    for epoch in range(1, 4001):
        run.note(Epoch(epoch))
    size = (run.path / "history.jsonl").stat().st_size
    assert len(run.files.history) == 4000
    assert size <= written() - before < 1.2 * size + 100_000  # run.json too, once per second


@pytest.mark.parametrize("garbage", [b"\x00" * 99 + b"\n", b"no JSON\n", b'{"epoch": 0}\n'])
def test_what_a_power_cut_left_after_the_checkpoint_hinders_no_resume(run, data, garbage):
    for epoch in (1, 2):
        run.save(Epoch(epoch))
    run.close()
    path = run.path / "history.jsonl"
    path.write_bytes(path.read_bytes() + garbage)
    with pytest.raises(WxbError, match=r"history.jsonl is damaged"):
        _ = Run.open(run.path).history
    Writer.resume(run.path, data)
    assert [line.epoch for line in Run.open(run.path).history] == [1, 2]


@pytest.mark.parametrize("torn", [b'{"epoch":3,"st', b"\xff", b'{"epoch":3}'])
def test_a_torn_last_line_is_passed_over_and_dropped_by_resume(run, data, torn):
    for epoch in (1, 2):
        run.save(Epoch(epoch))
    run.close()
    path = run.path / "history.jsonl"
    path.write_bytes(path.read_bytes() + torn)
    assert [line.epoch for line in Run.open(run.path).history] == [1, 2]
    resumed, _ = Writer.resume(run.path, data)
    resumed.save(Epoch(3))
    assert [line.epoch for line in Run.open(run.path).history] == [1, 2, 3]


def test_the_history_is_on_the_disk_before_the_checkpoint_that_counts_it(run, monkeypatch):
    names = []
    fsync = os.fsync

    def note(file: int) -> None:
        names.append(Path(os.readlink(f"/proc/self/fd/{file}")).name)
        fsync(file)

    if not Path("/proc/self/fd").exists():
        pytest.skip("only Linux tells the name of an open file")
    run.note(Epoch(1))
    monkeypatch.setattr(os, "fsync", note)
    run.save(Epoch(2))
    assert names[0] == "history.jsonl"
    assert names[1].startswith(".checkpoint.safetensors")


def test_a_finished_run_is_on_the_disk_before_its_checkpoint_goes(run, monkeypatch):
    run.save(Epoch(5))
    calls = []
    fsync, unlink = os.fsync, Path.unlink

    def note(file: int) -> None:
        calls.append(Path(os.readlink(f"/proc/self/fd/{file}")).name)
        fsync(file)

    def remove(path: Path, missing_ok: bool = False) -> None:
        calls.append("gone: " + path.name)
        unlink(path, missing_ok)

    if not Path("/proc/self/fd").exists():
        pytest.skip("only Linux tells the name of an open file")
    monkeypatch.setattr(os, "fsync", note)
    monkeypatch.setattr(Path, "unlink", remove)
    run.finish({"weight": torch.ones(3)}, SCORE, reports(run.files))
    synced = [call for call in calls if not call.startswith(("gone: .", f"gone: {LOOK}", f"gone: {NOW}"))]
    assert synced[-2:] == [run.path.name, "gone: checkpoint.safetensors"]
    assert synced[-3].startswith(".run.json")


# --- the disk --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["replace", "fsync"])
def test_a_full_disk_leaves_the_checkpoint_before_it_whole(run, monkeypatch, where):
    run.save(Epoch(1))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, where, full)
        with pytest.raises(WxbError, match="the disk is full") as caught:
            run.save(Epoch(2))
    assert "what was saved before is whole: step 10" in caught.value.detail
    assert caught.value.exit_code == FAILED
    assert not list(run.path.glob("*.part")) + list(run.path.glob(".*.part"))
    run.close()
    assert Run.open(run.path).checkpoint().counters.step == 10
    _, checkpoint = Writer.resume(run.path, three_blobs())
    assert checkpoint.counters.step == 10
    assert [line.epoch for line in Run.open(run.path).history] == [1]


def test_a_full_disk_while_finishing_leaves_a_run_that_resumes(run, monkeypatch):
    run.save(Epoch(5))
    replaced = os.replace

    def full(source: str | Path, target: str | Path) -> None:
        if Path(target).name == MANIFEST:
            raise OSError(errno.ENOSPC, "No space left on device")
        replaced(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(WxbError, match=r"the disk is full: .*manifest.json was not saved"):
            run.finish({"weight": torch.ones(3)}, SCORE, reports(run.files))
    run.close()
    resumed, checkpoint = Writer.resume(run.path, three_blobs())
    assert checkpoint.counters.step == 50
    resumed.finish({"weight": torch.ones(3)}, SCORE, reports(run.files))
    assert Run.open(run.path).summary.state == "finished"


# --- damage ----------------------------------------------------------------------------------------------------------


def _use(run: Run, name: str) -> None:
    """Reads what the file `name` holds, as a user of the run would."""
    readers = {
        "settings.toml": lambda: run.settings,
        "environment.json": lambda: run.environment,
        "data.json": lambda: run.data,
        "split.safetensors": lambda: run.split,
        "history.jsonl": lambda: run.history,
        "weights.safetensors": run.weights,
        "report.json": lambda: run.report,
        "report.md": lambda: run.text("report.md"),
        "report.html": lambda: run.text("report.html"),
        "run.json": lambda: None,
        MANIFEST: lambda: run.settings,
    }
    readers[name]()


@pytest.mark.parametrize("name", [*KEPT, MANIFEST])
@pytest.mark.parametrize("damage", ["one byte", "cut short", "missing", "a folder"])
def test_a_damaged_file_of_a_finished_run_is_named(finished, name, damage):
    path = finished.path / name
    content = path.read_bytes()
    if damage == "one byte":
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    elif damage == "cut short":
        path.write_bytes(content[: len(content) // 2])
    else:
        path.unlink()
        if damage == "a folder":
            path.mkdir()
    with pytest.raises(WxbError) as caught:
        _use(Run.open(finished.path), name)
    assert name in caught.value.what


@pytest.mark.parametrize("part", [0.001, 0.3, 0.999])
@pytest.mark.parametrize("damage", ["one byte", "cut short"])
def test_a_damaged_checkpoint_is_named(run, part, damage):
    run.save(Epoch(1))
    path = run.path / CHECKPOINT
    content = path.read_bytes()
    place = int(part * len(content))
    cut = content[:place]
    path.write_bytes(cut if damage == "cut short" else cut + bytes([content[place] ^ 255]) + content[place + 1 :])
    with pytest.raises(WxbError, match=r"checkpoint.safetensors is damaged") as caught:
        Run.open(run.path).checkpoint()
    assert caught.value.exit_code == FAILED


@pytest.mark.parametrize("name", ["run.json", "settings.toml", "data.json", "environment.json", "history.jsonl"])
def test_a_broken_text_of_an_unfinished_run_is_named(run, name):
    run.save(Epoch(1))
    (run.path / name).write_text('{"format": \n')
    with pytest.raises(WxbError, match=f"{name} is damaged") as caught:
        _use(Run.open(run.path), name)
    assert caught.value.fix == "bring it back from a copy, or train again"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("data.json", "{}", "Object missing required field 'name'"),
        ("environment.json", '{"versions": {"torch": 2}}', r"Expected 'str', got 'int' - at '\$.versions\[...\]'"),
        ("history.jsonl", '{"epoch": 0}\n', r"Expected 'int' >= 1 - at '\$.epoch'"),
        ("run.json", '{"format": 2, "steps": []}', r"Expected 'object', got 'array' - at '\$.steps'"),
        ("settings.toml", "seed = 2026-01-01", "Expected .* got 'date'"),
    ],
)
def test_a_value_of_another_form_is_named_with_its_place(run, name, content, said):
    (run.path / name).write_text(content)
    place = ": line 1" if name == "history.jsonl" else ""
    with pytest.raises(WxbError, match=rf"{name} is damaged{place}\n  .*{said}"):
        _use(Run.open(run.path), name)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (Path.unlink, "is missing"),
        (lambda path: path.write_text(""), "is damaged: it has 0 of 2 epochs"),
        (lambda path: path.write_text("no JSON\n" * 2), "is damaged"),
    ],
    ids=["missing", "emptied", "overwritten"],
)
def test_a_damaged_history_is_named_before_training_goes_on(run, data, damage, said):
    for epoch in (1, 2):
        run.save(Epoch(epoch))
    run.stop()
    damage(run.path / "history.jsonl")
    with pytest.raises(WxbError, match=f"history.jsonl {said}") as caught:
        Writer.resume(run.path, data)
    assert caught.value.exit_code == FAILED
    assert not is_held(run.path)


def test_a_run_of_a_newer_version_is_refused(finished):
    path = finished.path / "run.json"
    path.write_text(json.dumps({"format": 7, "wxb": "9.1", "anything": ["else"]}))
    with pytest.raises(WxbError, match=r"made by a newer wxb \(9.1\)") as caught:
        Run.open(finished.path)
    assert "its format is 7; this wxb reads up to 2" in caught.value.detail
    assert "upgrade" in caught.value.fix


def test_a_folder_that_is_no_run_and_none_at_all_are_told_apart(tmp_path):
    with pytest.raises(WxbError, match=r"is no run: it has no run.json\n.*wxb runs"):
        Run.open(tmp_path)
    with pytest.raises(WxbError, match="there is no run"):
        Run.open(tmp_path / "nowhere")


def test_a_run_that_was_moved_opens(finished, tmp_path):
    shutil.move(finished.path, tmp_path / "elsewhere")
    assert Run.open(tmp_path / "elsewhere").weights()["weight"].tolist() == [1, 1, 1]


# --- resume ----------------------------------------------------------------------------------------------------------


def test_resume_goes_on_from_the_last_checkpoint_and_drops_later_history(run, data):
    run.save(Epoch(1))
    run.note(Epoch(2))
    run.close()
    resumed, checkpoint = Writer.resume(run.path, data)
    assert checkpoint.counters.step == 10
    assert [line.epoch for line in resumed.files.history] == [1]
    resumed.save(Epoch(2))
    assert [line.epoch for line in resumed.files.history] == [1, 2]


def test_resume_of_a_run_without_a_checkpoint_begins_anew(run, data):
    run.note(Epoch(1))
    run.stop()
    resumed, checkpoint = Writer.resume(run.path, data)
    assert checkpoint is None
    assert resumed.files.history == []
    assert Run.open(run.path).summary.state == "running"


def test_a_finished_run_has_nothing_to_resume(finished, data):
    with pytest.raises(WxbError, match=r"has finished; there is nothing to resume\n.*wxb train --config"):
        Writer.resume(finished.path, data)


def test_a_failed_run_is_not_resumed(run, data):
    run.save(Epoch(1))
    run.fail("the loss is NaN from step 12 on")
    with pytest.raises(WxbError, match="would fail again: the loss is NaN from step 12 on"):
        Writer.resume(run.path, data)


def _more(data: Dataset) -> Dataset:
    return three_blobs(123)


def _other_classes(data: Dataset) -> Dataset:
    return replace(data, classes=("up", "left", "down"))


def _other_order(data: Dataset) -> Dataset:
    return replace(data, classes=("left", "up", "right"))


def _other_counts(data: Dataset) -> Dataset:
    targets = data.targets.copy()
    targets[0] = 1
    return replace(data, targets=targets)


def _other_labels(data: Dataset) -> Dataset:
    targets = data.targets.copy()
    targets[[0, 1]] = targets[[1, 0]]
    return replace(data, targets=targets)


def _other_content(data: Dataset) -> Dataset:
    return replace(data, examples=data.examples + np.float32(1))


def _other_type(data: Dataset) -> Dataset:
    return replace(data, examples=data.examples.astype(np.uint8))


def _other_split(data: Dataset) -> Dataset:
    return replace(data, split=replace(data.split, test=data.split.test[1:], how="another"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_more, "examples: 120 then, 123 now"),
        (_other_classes, "classes gone: right\n.*classes new: down"),
        (_other_order, "the order of the classes"),
        (_other_counts, "up: 40 examples then, 39 now\n.*left: 40 examples then, 41 now"),
        (_other_labels, "the targets of some examples"),
        (_other_content, "the content of some examples"),
        (_other_type, "one example: 2 float32 then, 2 uint8 now"),
        (_other_split, "the split: every fourth row tests then, another now"),
    ],
)
def test_resume_after_the_data_changed_is_refused_with_what_changed(run, data, change, said):
    run.save(Epoch(1))
    run.stop()
    before = {path.name: path.read_bytes() for path in run.path.iterdir()}
    with pytest.raises(WxbError, match=f"the data has changed since(.|\n)*{said}"):
        Writer.resume(run.path, change(data))
    assert {path.name: path.read_bytes() for path in run.path.iterdir()} == before
    assert Writer.resume(run.path, data)[1] is not None
