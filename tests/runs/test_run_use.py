"""A finished run in use: its network, predictions, evaluations, verification, and the list it stands in."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from tests.runs.small import NETWORK, SCORE, reports, small_plan, three_blobs
from wxb.data import load_data
from wxb.data.dataset import Dataset
from wxb.errors import WxbError
from wxb.learning.evaluate import evaluate
from wxb.learning.inference import logits
from wxb.learning.machine import Machine
from wxb.network.build import build
from wxb.runs.folder import KEPT, MANIFEST
from wxb.runs.listing import runs
from wxb.runs.manifest import manifest_text
from wxb.runs.removal import delete
from wxb.runs.run import Run
from wxb.runs.summary import sealed
from wxb.runs.verify import verify
from wxb.runs.writer import Writer
from wxb.storage import digest

MACHINE = Machine("cpu", "float32", 1)


def numbers_data() -> Dataset:
    data = three_blobs()
    prices = (1000 + 50 * data.examples[:, :1]).astype(np.float32)
    return replace(data, targets=prices, task="regression", classes=("price",))


def done(data: Dataset, path: Path, network: str = NETWORK) -> tuple[Run, torch.nn.Module]:
    """A finished run of an untrained network, and the model that was saved in it."""
    import wxb.notation

    plan = wxb.notation.plan(wxb.notation.read(network), data.shape, data.outputs)
    model = build(plan, data).eval()
    run = Writer.create(data, plan, {"seed": 0}, steps=1, out=path, machine=dataclasses.asdict(MACHINE))
    examples, targets = data.part("test")
    scores = logits(model, examples, MACHINE)
    test = evaluate(scores, targets, model.head, data.task, data.classes, data.split.test)
    run.finish(model.state_dict(), test.summary(), reports(run.files))
    return Run.open(path), model


@pytest.fixture
def used(data: Dataset, tmp_path: Path) -> tuple[Run, torch.nn.Module]:
    return done(data, tmp_path / "used")


# --- model and predictions --------------------------------------------------------------------------------------------


def test_the_model_of_a_run_gives_the_bits_that_were_saved(used, data):
    run, model = used
    assert torch.equal(logits(run.model(), data.examples, MACHINE), logits(model, data.examples, MACHINE))


def test_predictions_are_classes_with_their_probabilities(used, data):
    run, model = used
    found = run.predict(data.examples[:5])
    expected = logits(model, data.examples[:5], MACHINE)
    assert len(found) == 5
    assert found.classes == tuple(data.classes[i] for i in expected.argmax(dim=1))
    assert np.allclose(found.probabilities, expected.softmax(dim=1))
    assert np.allclose(found.probabilities.sum(axis=1), 1)


def test_one_example_alone_is_a_batch_of_one(used, data):
    assert used[0].predict(data.examples[3]).classes == used[0].predict(data.examples[3:4]).classes


def test_a_run_loads_its_network_once_for_all_predictions(used, data):
    first = used[0].predict(data.examples)
    (used[0].path / "weights.safetensors").unlink()
    assert np.array_equal(used[0].predict(data.examples).probabilities, first.probabilities)


def test_many_examples_are_what_they_are_alone_and_none_are_none(used, data):
    many = np.tile(data.examples, (20, 1))
    found = used[0].predict(many)
    assert len(found) == len(many)
    assert found.classes[: len(data.examples)] == used[0].predict(data.examples).classes
    assert np.allclose(found.probabilities[-3:], used[0].predict(data.examples[-3:]).probabilities, atol=1e-6)
    assert len(used[0].predict(data.examples[:0])) == 0


def test_the_examples_stay_as_they_are(data, tmp_path):
    run, _ = done(data, tmp_path / "rectified", "RELU-FC-4-RELU, SOFTMAX")
    before = data.examples.copy()
    run.predict(data.examples)
    assert np.array_equal(data.examples, before)
    before.setflags(write=False)  # as pictures are that Pillow has read
    assert np.array_equal(run.predict(before).values, run.predict(data.examples).values)


def test_numbers_come_in_their_own_units(tmp_path):
    data = numbers_data()
    run, model = done(data, tmp_path / "numbers", "FC-4-RELU, EUCLID")
    found = run.predict(data.examples[:7])
    assert found.values.shape == (7, 1)
    assert np.array_equal(found.values, logits(model, data.examples[:7], MACHINE).numpy())
    assert 500 < found.values.mean() < 1500
    assert not hasattr(found, "classes")
    assert run.evaluate(data).summary() == run.summary.test


def test_labels_come_as_zeros_and_ones(tmp_path):
    data = three_blobs()
    labels = np.stack([data.targets == 0, data.targets < 2], axis=1).astype(np.float32)
    run, _ = done(
        replace(data, targets=labels, task="multilabel", classes=("top", "not right")),
        tmp_path / "l",
        "FC-4-RELU, SIGMOIDS",
    )
    found = run.predict(data.examples)
    assert found.values.shape == (120, 2)
    assert np.array_equal(found.values, found.probabilities > 0.5)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((4, 3), np.float32), r"the examples are 3; the network takes 2\n.*shape \(n, 2\), got \(4, 3\)"),
        (np.zeros((), np.float32), "single numbers"),
        (np.array([["a", "b"]]), "expected numbers"),
        (np.array([[1.0, 2.0], [np.nan, 1.0]]), r"1 example holds NaN or infinite values\n.*example 1"),
    ],
)
def test_examples_that_do_not_fit_are_refused(used, array, said):
    with pytest.raises(WxbError, match=said):
        used[0].predict(array)


def test_a_network_of_bytes_takes_whole_numbers_and_refuses_shares(tmp_path):
    data = three_blobs()
    pictures = np.random.default_rng(0).integers(0, 256, (120, 1, 6, 6)).astype(np.uint8)
    run, _ = done(replace(data, examples=pictures), tmp_path / "bytes", "CONV-4-RELU-GAP, SOFTMAX")
    assert run.predict(pictures[:3].astype(np.float64)).classes == run.predict(pictures[:3]).classes
    with pytest.raises(WxbError, match=r"trained on bytes(.|\n)*from 0 to 255, got 0 to 0.5(.|\n)*255 \* array"):
        run.predict(np.linspace(0, 0.5, 36).reshape(1, 6, 6))
    ink = (pictures[:3] > 127).astype(np.uint8)
    assert len(run.predict(ink).classes) == 3
    for dtype in (np.float32, np.bool_):  # a 1 could be the byte, or white
        with pytest.raises(WxbError, match=r"0 and 1 without being bytes"):
            run.predict(ink.astype(dtype))


def test_weights_that_do_not_fit_the_network_are_said(run):
    run.finish({"weight": torch.ones(3)}, SCORE, reports(run.files))
    with pytest.raises(WxbError, match=r"weights.safetensors does not fit the network of run.json"):
        Run.open(run.path).model()


# --- evaluation -------------------------------------------------------------------------------------------------------


def test_the_test_score_computed_anew_is_the_stored_one(used, data):
    assert used[0].evaluate(data).summary() == used[0].summary.test


def test_other_data_is_evaluated_whole_and_a_part_where_asked(used, data):
    other = three_blobs(60, seed=5)
    assert used[0].evaluate(other).examples == 60
    assert used[0].evaluate(other, "test").examples == 15
    assert used[0].evaluate(data, "train").examples == len(data.split.train)


def test_without_data_the_runs_own_is_loaded_again(tmp_path):
    data = load_data("ring", examples=80, noise=0.1, seed=3)
    run, _ = done(data, tmp_path / "ring", "FC-4-RELU, SOFTMAX")
    assert run.load_data().fingerprint == data.fingerprint
    assert run.evaluate().summary() == run.summary.test


def test_arrays_cannot_be_loaded_again(tmp_path):
    examples = three_blobs()
    data = load_data(examples.examples, examples.targets)
    run, _ = done(data, tmp_path / "arrays")
    assert run.evaluate(data).examples == len(data.split.test)
    with pytest.raises(WxbError, match=r"was trained on arrays(.|\n)*evaluate\(data\)"):
        run.evaluate()


def test_classes_in_another_order_are_matched_by_name(used, data):
    order = [2, 0, 1]
    other = replace(data, classes=tuple(data.classes[i] for i in order), targets=np.argsort(order)[data.targets])
    found = used[0].evaluate(other, "all")
    assert found.confusion == used[0].evaluate(data, "all").confusion


def test_other_classes_another_task_and_an_empty_part_are_refused(used, data):
    with pytest.raises(WxbError, match="not the expected ones"):
        used[0].evaluate(replace(data, classes=("up", "left", "down")))
    with pytest.raises(WxbError, match=r"is for regression; .* was trained for classification"):
        used[0].evaluate(numbers_data())
    empty = replace(data, examples=data.examples + 1, split=replace(data.split, test=data.split.test[:0]))
    with pytest.raises(WxbError, match="no examples in its test part"):
        used[0].evaluate(empty, "test")


# --- verify -----------------------------------------------------------------------------------------------------------


def test_a_run_that_nothing_happened_to_verifies(used, data):
    found = verify(used[0].path, data)
    assert found.ok
    assert found.checked == ("11 files", "weights fit the network", "test score computed again")


@pytest.mark.parametrize("name", [*KEPT, MANIFEST])
@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_verify_names_the_file_that_differs(used, name, damage):
    path = used[0].path / name
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes() + b" ")
    found = verify(used[0].path)
    assert not found.ok
    assert any(name in line for line in found.differences)


def test_verify_lists_every_difference(used):
    for name in ("settings.toml", "report.md"):
        (used[0].path / name).write_text("other")
    (used[0].path / "notes.txt").write_text("mine")
    assert verify(used[0].path).differences == (
        "settings.toml is not what it was when the run finished",
        "report.md is not what it was when the run finished",
        "notes.txt does not belong to the run",
    )


def with_view(run: Run) -> Path:
    """Give a run one more file, as its manifest has it."""
    view = run.path / "views" / "filters.svg"
    view.parent.mkdir()
    view.write_text("<svg/>")
    digests = {**run.manifest, "views/filters.svg": digest(b"<svg/>")}
    (run.path / MANIFEST).write_bytes(manifest_text(digests))
    return view


def test_the_manifest_decides_what_belongs_to_a_run(used, data):
    view = with_view(used[0])
    assert verify(used[0].path, data).checked[0] == "12 files"
    assert verify(used[0].path, data).ok
    (view.parent / "notes.txt").write_text("mine")
    assert verify(used[0].path).differences == ("views/notes.txt does not belong to the run",)
    with pytest.raises(WxbError, match=r"holds more than a run; nothing was deleted\n  views/notes.txt"):
        delete(used[0].path)
    (view.parent / "notes.txt").unlink()
    view.write_text("<svg>")
    assert verify(used[0].path).differences == ("views/filters.svg is not what it was when the run finished",)
    delete(used[0].path)
    assert not used[0].path.exists()


@pytest.mark.parametrize("name", ["../other", "/etc/passwd", "a/../../b", "", "a\\b", "C:x", "a//b", "./a"])
def test_a_manifest_that_names_anything_outside_is_damaged(used, name):
    (used[0].path / MANIFEST).write_bytes(manifest_text({**used[0].manifest, name: digest(b"")}))
    with pytest.raises(WxbError, match=r"manifest.json is damaged: .* is not a file in the run's folder"):
        _ = Run.open(used[0].path).manifest


def test_a_score_of_another_machine_may_differ_a_little(used, data, monkeypatch):
    run, _ = used
    score = {**run.summary.test, "accuracy": run.summary.test["accuracy"] + 0.001}
    stored = msgspec.structs.replace(run.summary, test=score)
    (run.path / "run.json").write_bytes(sealed(stored))
    (run.path / MANIFEST).write_bytes(manifest_text({**run.manifest, "run.json": digest(sealed(stored))}))
    assert [line[:13] for line in verify(run.path, data).differences] == ["test accuracy"]
    facts = (run.path / "environment.json").read_text().replace('"device": "cpu"', '"device": "cuda"')
    (run.path / "environment.json").write_text(facts)
    digests = {**Run.open(run.path).manifest, "environment.json": digest(facts.encode())}
    (run.path / MANIFEST).write_bytes(manifest_text(digests))
    assert verify(run.path, data).ok  # a GPU rounds differently from this CPU


def test_verify_says_where_data_or_score_are_not_what_they_were(used, data, tmp_path):
    run, model = used
    changed = verify(run.path, three_blobs(123))
    assert changed.differences == ("the data is not what it was: examples: 120 then, 123 now", *changed.differences[1:])
    again = Writer.create(data, small_plan(data), {"seed": 0}, steps=1, out=tmp_path / "lied")
    again.finish(model.state_dict(), {**run.summary.test, "accuracy": 0.123}, reports(again.files))
    found = verify(tmp_path / "lied", data)
    assert [line for line in found.differences if line.startswith("test accuracy: 0.1230 stored")]


def test_a_run_that_has_not_finished_cannot_be_verified(run):
    with pytest.raises(WxbError, match=r"has not finished: it is running at step 0 of 50(.|\n)*wait until it ends"):
        verify(run.path)
    run.stop()
    with pytest.raises(WxbError, match=r"has not finished: it was stopped before(.|\n)*wxb resume"):
        verify(run.path)


# --- the list ---------------------------------------------------------------------------------------------------------


def test_runs_are_listed_the_newest_first_with_their_states(finished, run, data, settings, tmp_path):
    running = Writer.create(data, small_plan(data), settings, steps=9, out=tmp_path / "running")
    killed = Writer.create(data, small_plan(data), settings, steps=9, out=tmp_path / "killed")
    killed.close()
    shutil.copytree(finished.path, tmp_path / "damaged")
    (tmp_path / "damaged" / "run.json").write_text("{")
    (tmp_path / "no run").mkdir()
    (tmp_path / "a file").write_text("")
    found = {one.path.name: one for one in runs(tmp_path)}
    assert {name: one.state for name, one in found.items()} == {
        "run": "finished",
        "running": "running",
        "killed": "stopped",
        "damaged": "damaged",
    }
    assert "run.json is damaged" in found["damaged"].problem
    assert found["run"].summary.test == SCORE
    times = [one.summary.created for one in runs(tmp_path) if one.summary]
    assert times == sorted(times, reverse=True)
    running.close()


def test_no_runs_at_all_is_an_empty_list_and_a_missing_folder_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert runs() == []
    with pytest.raises(WxbError, match="there is no folder nowhere"):
        runs("nowhere")


def test_a_thousand_runs_are_listed_within_a_second_and_without_torch(finished, root):
    folder = finished.path.parent / "many"
    summary = msgspec.json.encode(finished.summary)
    for i in range(1000):
        (folder / f"digits-{i:04x}").mkdir(parents=True)
        (folder / f"digits-{i:04x}" / "run.json").write_bytes(summary)
    began = time.process_time()
    assert len(runs(folder)) == 1000
    assert time.process_time() - began < 1
    script = "import sys; from wxb.runs.listing import runs; print(len(runs(sys.argv[1])), 'torch' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    printed = subprocess.check_output([sys.executable, "-c", script, str(folder)], text=True, env=environment)
    assert printed == "1000 False\n"


def test_opening_a_run_and_reading_its_report_needs_no_torch(finished, root):
    script = "import sys; from wxb.runs.run import Run; r = Run.open(sys.argv[1]); r.report, r.history, r.split; "
    script += "print('torch' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    printed = subprocess.check_output([sys.executable, "-c", script, str(finished.path)], text=True, env=environment)
    assert printed == "False\n"
