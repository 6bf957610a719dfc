"""Runs deleted and set in a table; predictions as CSV and of standard input."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import wxb
from tests.cli.conftest import valid
from wxb.errors import WxbError
from wxb.runs.manifest import strangers
from wxb.runs.removal import check, delete, distinct, unfinished
from wxb.storage import hold


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run on the ring."""
    data = wxb.load_data("ring", examples=200)
    return wxb.train(data, "FC-8-RELU, SOFTMAX", epochs=2, out=tmp_path_factory.mktemp("made") / "run").path


@pytest.fixture
def three(call, finished):
    """runs/a, runs/b, runs/c: copies of a finished run, below the folder that `call` works in."""
    for name in "abc":
        shutil.copytree(finished, Path("runs") / name)
    return [Path("runs") / name for name in "abc"]


def with_state(summary: Path, state: str) -> None:
    """Write another state into a run.json, without its checksum."""
    summary.write_text(json.dumps({**json.loads(summary.read_text()), "state": state, "checksum": None}))


def stop(run: Path, days_ago: float = 0) -> None:
    """Makes a run one that was stopped so many days ago."""
    summary = run / "run.json"
    with_state(summary, "stopped")
    when = time.time() - 86400 * days_ago
    os.utime(summary, (when, when))


class Terminal(io.StringIO):
    """Standard input of a person who types."""

    def isatty(self) -> bool:
        return True


# --- delete ----------------------------------------------------------------------------------------------------------


def test_named_runs_are_deleted_and_no_others(three, call):
    ended = call("runs", "--delete", "runs/a", "runs/c", "runs/a/", "--yes")
    assert (ended.code, ended.out, ended.err) == (0, "deleted runs/a\ndeleted runs/c\n", "")
    assert os.listdir("runs") == ["b"]
    assert valid(call("runs", "--delete", "runs/b", "-y", "--json").json)["deleted"] == ["runs/b"]
    assert os.listdir("runs") == []


def test_every_file_of_a_run_is_known_to_be_its_own(three):
    assert strangers(three[0]) == []
    (three[0] / ".weights.safetensors.0123456789abcdef.part").write_text("killed while it was written")
    delete(three[0])
    assert not three[0].exists()


@pytest.mark.parametrize(
    ("typed", "gone"), [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_a_person_is_asked(typed, gone, three, call, monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    ended = call("runs", "--delete", "runs/a")
    assert ended.code == 0
    assert "delete 1 run? [y/N]" in ended.err
    assert ended.err.startswith("runs/a ")
    assert three[0].exists() is not gone
    assert ended.out == ("deleted runs/a\n" if gone else "")
    assert ended.err.endswith("nothing was deleted\n") is not gone


def test_where_nobody_can_be_asked_nothing_is_deleted(three, call, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    ended = call("runs", "--delete", "runs/a")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith(
        "error: nothing was deleted: there is no terminal to ask on\n  fix: --yes deletes without asking\n"
    )
    assert three[0].exists()


def test_what_is_no_run_is_not_deleted_nor_anything_named_with_it(three, call):
    Path("photos").mkdir()
    Path("photos/one.jpg").write_text("dear")
    ended = call("runs", "--delete", "runs/a", "photos", "--yes")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: photos is no run: it has no run.json\n")
    assert three[0].exists()
    assert Path("photos/one.jpg").exists()
    assert call("runs", "--delete", "runs", "--yes").err.startswith("error: runs is no run")
    assert call("runs", "--delete", "nowhere", "--yes").err.startswith("error: there is no run nowhere\n")
    assert call("runs", "--delete", "--yes").err.startswith("error: --delete names no run\n")


@pytest.mark.parametrize("kind", ["file", "folder", "link", "run"])
def test_a_run_with_anything_else_in_its_folder_is_kept(kind, three, call):
    strange = three[0] / ("weights.safetensors" if kind == "folder" else "other")
    if kind == "file":
        strange.write_text("dear")
    elif kind == "folder":
        strange.unlink()
        strange.mkdir()
    elif kind == "link":
        strange.symlink_to(three[1].absolute())
    else:
        shutil.copytree(three[1], strange)
    ended = call("runs", "--delete", "runs/a", "--yes")
    assert ended.code == 2
    assert ended.err.startswith(f"error: runs/a holds more than a run; nothing was deleted\n  {strange.name}\n")
    assert (three[0] / "run.json").exists()


def test_links_are_not_followed(three, call):
    Path("elsewhere").symlink_to(three[0].absolute())
    ended = call("runs", "--delete", "elsewhere", "--yes")
    assert ended.code == 2
    assert ended.err.startswith("error: elsewhere is a link; nothing was deleted\n")
    assert three[0].exists()
    dear = Path("dear.html")
    shutil.move(three[1] / "report.html", dear)
    (three[1] / "report.html").symlink_to(dear.absolute())
    assert call("runs", "--delete", "runs/b", "--yes").code == 0
    assert dear.exists()
    assert not three[1].exists()


def test_a_run_that_is_being_written_is_kept(three, call):
    lock = hold(three[0])
    try:
        ended = call("runs", "--delete", "runs/b", "runs/a", "--yes")
    finally:
        lock.release()
    assert ended.code == 2
    assert ended.err.startswith("error: another wxb is writing runs/a; nothing was deleted\n")
    assert three[0].exists()
    assert three[1].exists()


def test_a_run_one_stands_in_is_deleted_by_its_dot(three, monkeypatch):
    above = Path.cwd()
    monkeypatch.chdir(three[0])
    delete(Path("."))
    assert not (above / three[0]).exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to the superuser")
def test_a_folder_that_may_not_be_written_is_said(three):
    three[0].chmod(0o555)
    with pytest.raises(WxbError, match="runs/a cannot be deleted: Permission denied"):
        delete(three[0])
    three[0].chmod(0o755)


def test_paths_of_one_folder_are_one():
    assert distinct(["a", "./a", "a/", "b"]) == [Path("a"), Path("b")]


# --- clean -----------------------------------------------------------------------------------------------------------


def test_clean_deletes_what_was_stopped_long_ago(three, call):
    stop(three[0], days_ago=8)
    stop(three[1], days_ago=6)
    ended = call("runs", "--clean", "--yes")
    assert (ended.code, ended.out) == (0, "deleted runs/a\n")
    assert sorted(os.listdir("runs")) == ["b", "c"]
    assert call("runs", "--clean", "--yes").err == "there is nothing to clean\n"
    assert call("runs", "--clean", "--older-than", "5d", "--yes", "runs").out == "deleted runs/b\n"
    assert os.listdir("runs") == ["c"]
    assert valid(call("runs", "--clean", "--yes", "--json").json)["deleted"] == []


@pytest.mark.parametrize(
    ("age", "days", "gone"), [("90m", 0.06, False), ("90m", 0.07, True), ("36h", 1.6, True), ("0d", 0, True)]
)
def test_ages_are_minutes_hours_or_days(age, days, gone, three, call):
    stop(three[0], days_ago=days)
    call("runs", "--clean", "--older-than", age, "--yes")
    assert three[0].exists() is not gone


def test_clean_lists_what_goes_and_asks(three, call, monkeypatch):
    stop(three[0], days_ago=8)
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    ended = call("runs", "--clean")
    assert ended.err.startswith("runs/a   ring ")
    assert "stopped before its first checkpoint" in ended.err
    assert three[0].exists()


def test_clean_passes_over_what_it_may_not_delete(three, call):
    for run in three[:2]:
        stop(run, days_ago=8)
    (three[0] / "notes.txt").write_text("dear")
    ended = call("runs", "--clean", "--yes")
    assert ended.out == "deleted runs/b\n"
    assert ended.err.startswith("runs/a holds more than a run; nothing was deleted\n  notes.txt\n")


def test_finished_running_and_linked_runs_are_no_rest(three):
    stop(three[0], days_ago=8)
    Path("runs/link").symlink_to(three[0].absolute())
    assert [one.path for one in unfinished(None, 0)] == [three[0]]
    lock = hold(three[0])
    summary = three[0] / "run.json"
    with_state(summary, "running")
    try:
        assert unfinished("runs", 0) == []
    finally:
        lock.release()
    assert [one.path for one in unfinished("runs", 0)] == [three[0]]  # its process is gone


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--delete", "--clean"], "error: --delete and --clean do not go together\n"),
        (["--table", "epochs", "--delete"], "error: --table and --delete do not go together\n"),
        (["--older-than", "7d"], "error: --older-than is for --clean\n"),
        (
            ["--clean", "--older-than", "7"],
            "error: --older-than 7: expected a time such as 7d, 12h or 30m\n  fix: --older-than 7d\n",
        ),
        (["--clean", "--older-than", "-1d"], "error: --older-than -1d: expected a time"),
        (["--yes"], "error: --yes is for --delete and --clean\n"),
        (["--csv"], "error: --csv is for --table\n"),
        (["--table", "epochs", "--csv", "--json"], "error: --csv and --json are two forms of one thing\n"),
    ],
    ids=" ".join,
)
def test_options_that_do_not_go_together_are_said(words, said, call):
    ended = call("runs", *words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(said)


# --- table -----------------------------------------------------------------------------------------------------------


def test_settings_and_results_stand_in_one_table(three, call):
    ended = call("runs", *three[:2], "--table", "accuracy,epochs,learning-rate,network")
    head, first, second = (line.split("   ") for line in ended.out.splitlines())
    assert [cell.strip() for cell in head if cell] == ["run", "accuracy", "epochs", "learning_rate", "network"]
    assert first[0].strip() == "runs/a"
    assert second[0].strip() == "runs/b"
    assert " %" in ended.out
    assert "FC-8-RELU-FC-C, SOFTMAX" in ended.out


def test_a_table_has_csv_and_json_with_plain_numbers(three, call):
    words = ("runs", "runs", "--table", "accuracy,epochs,r2,network")
    rows = list(csv.DictReader(io.StringIO(call(*words, "--csv").out)))
    accuracy = wxb.Run.open(three[0]).summary.test["accuracy"]
    assert [row["run"] for row in rows] == ["runs/a", "runs/b", "runs/c"]
    assert float(rows[0]["accuracy"]) == accuracy
    assert (rows[0]["epochs"], rows[0]["r2"], rows[0]["network"]) == ("2", "", "FC-8-RELU-FC-C, SOFTMAX")
    found = valid(call(*words, "--json").json)
    assert found["columns"] == ["accuracy", "epochs", "r2", "network"]
    assert found["runs"][0]["values"] == {
        "accuracy": accuracy, "epochs": 2, "r2": None, "network": "FC-8-RELU-FC-C, SOFTMAX"
    }  # fmt: skip


def test_unfinished_and_damaged_runs_leave_cells_empty(three, call):
    stop(three[0])
    (three[1] / "run.json").write_text("{")
    ended = call("runs", *three, "--table", "state,epochs", "--csv")
    assert ended.out.splitlines()[1:] == ["runs/a,stopped,2", "runs/b,,", "runs/c,finished,2"]
    assert ended.err.startswith("runs/b is left empty: runs/b/run.json is damaged")


def test_a_column_that_no_run_knows_names_the_nearest(three, call):
    ended = call("runs", "--table", "acuracy")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: acuracy is not a setting or result of a run; accuracy is\n  known: data, ")


def test_a_list_takes_runs_and_folders(three, call):
    found = valid(call("runs", "runs/b", "runs", "--json").json)["runs"]
    assert [one["run"] for one in found] == ["runs/b", "runs/a", "runs/b", "runs/c"]


# --- predict ---------------------------------------------------------------------------------------------------------


def test_predictions_of_classes_are_csv(finished, call):
    points = np.array([[0, 0], [0, 1.5]], np.float32)
    np.save("rows.npy", points)
    ended = call("predict", finished, "--csv", "rows.npy")
    assert (ended.code, ended.err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(ended.out)))
    expected = wxb.Run.open(finished).predict(points)
    assert list(rows[0]) == ["file", "row", "class", "probability", *(f"probability_{name}" for name in expected.names)]
    for place, row in enumerate(rows):
        assert (row["file"], row["row"], row["class"]) == ("rows.npy", str(place), expected.classes[place])
        chances = [float(row[f"probability_{name}"]) for name in expected.names]
        assert chances == pytest.approx(expected.probabilities[place].tolist())
        assert float(row["probability"]) == max(chances)
    assert call("predict", finished, "rows.npy", "--csv", "--json").code == 2


@pytest.mark.parametrize(
    ("targets", "network", "head"),
    [
        ([[0, 1], [1, 1]], "SIGMOIDS", "label_x,label_y,probability_x,probability_y"),
        ([[0.5], [2]], "EUCLID", "value"),
        ([[0.5, 1], [2, 3.5]], "EUCLID", "value_x,value_y"),
        ([0, 1], "SVM", "class,probability"),
    ],
    ids=["labels", "a number", "numbers", "no probabilities"],
)
def test_predictions_of_every_kind_are_csv(targets, network, head, call):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype(np.float32)
    y = np.tile(np.array(targets), (30, 1) if np.ndim(targets) > 1 else 30)
    data = wxb.load_data(x, y if y.dtype.kind == "i" and y.ndim == 1 else y.astype(np.float32))
    names = ("x", "y")[: len(data.classes)]
    data = wxb.load_data(x, data.targets, classes=names)
    wxb.train(data, network, epochs=1, out="made")
    np.save("rows.npy", x[:3])
    lines = call("predict", "made", "rows.npy", "--csv").out.splitlines()
    assert lines[0] == f"file,row,{head}"
    assert len(lines) == 4
    assert all(len(line.split(",")) == len(lines[0].split(",")) for line in lines)
    if network == "SVM":
        assert lines[1].endswith(",")  # no probability


class Stream:
    """Standard input that holds bytes."""

    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def test_an_array_comes_from_standard_input(finished, call, monkeypatch):
    np.save("rows.npy", np.array([[0, 0], [0, 1.5]], np.float32))
    monkeypatch.setattr("sys.stdin", Stream(Path("rows.npy").read_bytes()))
    piped = valid(call("predict", finished, "-", "--json").json)["predictions"]
    named = valid(call("predict", finished, "rows.npy", "--json").json)["predictions"]
    assert [one["file"] for one in piped] == ["-", "-"]
    assert [{**one, "file": "rows.npy"} for one in piped] == named


def test_a_picture_comes_from_standard_input(call, monkeypatch):
    rng = np.random.default_rng(0)
    data = wxb.load_data(rng.integers(0, 256, (40, 1, 8, 8)).astype(np.uint8), np.arange(40) % 2)
    wxb.train(data, "SOFTMAX", epochs=1, out="made")
    Image.fromarray(data.examples[0, 0]).save("one.png")
    monkeypatch.setattr("sys.stdin", Stream(Path("one.png").read_bytes()))
    (piped,) = valid(call("predict", "made", "-", "--json").json)["predictions"]
    (named,) = valid(call("predict", "made", "one.png", "--json").json)["predictions"]
    assert piped == {**named, "file": "-"}
    monkeypatch.setattr("sys.stdin", Stream(b"neither of them"))
    assert call("predict", "made", "-").err.startswith("error: standard input: not a picture\n")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "error: standard input is empty\n"),
        (b"\x93NUMPY\x01", "error: standard input: no array of NumPy ("),
        (b"words", "error: standard input: the network takes rows of 2 features, no pictures\n"),
    ],
    ids=["nothing", "cut short", "words"],
)
def test_a_standard_input_that_holds_no_example_is_said(data, said, finished, call, monkeypatch):
    monkeypatch.setattr("sys.stdin", Stream(data))
    ended = call("predict", finished, "-")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(said)


def test_standard_input_has_a_bound(finished, call, monkeypatch):
    monkeypatch.setattr("wxb.data.tables.content.memory", lambda: 200)
    monkeypatch.setattr("sys.stdin", Stream(b"x" * 200))
    assert call("predict", finished, "-").err.startswith("error: standard input does not fit into memory\n")


def test_checking_deletes_nothing(three):
    before = sorted(os.listdir(three[0]))
    check(three[0])
    assert sorted(os.listdir(three[0])) == before
