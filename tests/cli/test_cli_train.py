"""`wxb train` and the commands on the run that it leaves, as processes and within this one."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import COMMAND, Ended, environment, valid
from wxb import Run, load_data, train

SMALL = ("digits", "FC-32-RELU, SOFTMAX", "--epochs", 3, "--threads", 1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> tuple[Ended, Path]:
    """How a small training ended, and its run."""
    folder = tmp_path_factory.mktemp("trained")
    words = ["train", *map(str, SMALL), "--out", "run", "--json"]
    ended = subprocess.run(
        [*COMMAND, *words], cwd=folder, env=environment(), capture_output=True, text=True, timeout=120, check=False
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr), folder / "run"


@pytest.fixture
def run(trained, tmp_path) -> Path:
    """A copy of that run, to do with as one likes."""
    return Path(shutil.copytree(trained[1], tmp_path / "copy"))


def test_train_prints_one_object_and_its_progress_apart(trained):
    ended, run = trained
    assert ended.code == 0, ended.err
    found = valid(ended.json)
    assert found["run"] == "run"
    assert found["epochs"] == 3
    assert found["steps"] == 3 * 36
    assert found["test"]["examples"] == 449
    low, high = found["test"]["interval"]
    assert low < found["test"]["accuracy"] < high
    assert found["parameters"] == 64 * 32 + 32 + 32 * 10 + 10
    assert found["test"]["accuracy"] > 0.8
    stages = [found["seconds"][stage] for stage in found["seconds"] if stage != "total"]
    assert sum(stages) <= found["seconds"]["total"] + 0.01
    assert (run / "report.html").is_file()


def test_a_pipe_gets_a_line_an_epoch_under_a_head_and_no_movement(trained):
    lines = trained[0].err.splitlines()
    assert [line.split()[0] for line in lines] == ["data", "network", "machine", "before"] + ["epoch"] * 3
    assert lines[0].startswith("data      digits: 1,797 pictures 1x8x8 in 10 classes; train 1,150, ")
    assert re.fullmatch(r"epoch     1 of 3  loss \d\S*  validation \d+\.\d %  \S+ s left", lines[4])
    assert re.fullmatch(r"epoch     3 of 3  loss \d\S*  validation \d+\.\d %  \S+ s", lines[6])
    assert "\x1b" not in trained[0].err
    assert "\r" not in trained[0].err


def test_the_settings_of_a_run_run_again_with_the_same_bits(trained, call):
    ended = call("train", "--config", trained[1] / "settings.toml", "--out", "again", "-q")
    assert ended.code == 0, ended.err
    assert weights(Path("again")) == weights(trained[1])
    assert ended.err == ""
    first, *words, last = ended.out.splitlines()
    assert re.match(r"test      \d+\.\d % \[\d+\.\d, \d+\.\d\] of 449   nearest neighbour ", first)
    assert re.match(r" {10}no better than nearest neighbour: \d+\.\d % against \d+\.\d %", words[0])
    assert last == "run       again    next: wxb report again"


@pytest.mark.parametrize(
    "loaded",
    [
        {"examples": 200, "split": (0.5, 0.25, 0.25), "seed": 3, "name": "mine"},
        {"examples": 200, "split": 0.6, "noise": 0.1},
        {"examples": 200, "split": "0.5,0.2,0.3", "classes": ["rest", "ring"], "seed": 1},
    ],
    ids=lambda loaded: str(loaded["split"]),
)
def test_the_settings_of_a_run_made_in_python_train_it_again_to_the_same_bits(loaded, tmp_path, call):
    data = load_data("ring", **loaded)
    run = train(data, "FC-8-RELU, SOFTMAX", out=tmp_path / "run", epochs=2, seed=1, threads=1)
    ended = call("train", "--config", run.path / "settings.toml", "--out", "again", "-q")
    assert ended.code == 0, ended.err
    assert weights(Path("again")) == weights(run.path)
    again = Run.open("again")
    assert (again.data.fingerprint, again.data.name) == (run.data.fingerprint, data.name)
    assert again.split.test.tolist() == data.split.test.tolist()
    assert again.settings == run.settings


def test_the_momentum_of_a_settings_file_goes_with_its_optimizer(tmp_path, call):
    settings = tmp_path / "settings.toml"
    settings.write_text('data = "ring"\nnetwork = "SOFTMAX"\noptimizer = "nesterov"\nmomentum = 0.8\nexamples = 100\n')
    own = call("train", "--config", settings, "--dry-run", "--json")
    assert (own.json["recipe"]["optimizer"], own.json["recipe"]["momentum"]) == ("nesterov", 0.8)
    other = call("train", "--config", settings, "--optimizer", "sgd", "--dry-run", "--json")
    assert other.code == 0, other.err
    assert "momentum" not in other.json["recipe"]


def weights(run: Path) -> dict[str, bytes]:
    from safetensors.numpy import load_file

    return {name: values.tobytes() for name, values in load_file(run / "weights.safetensors").items()}


@pytest.mark.parametrize("words", [["report", "--markdown"], ["report"], ["evaluate"], ["predict", "none.png"]])
def test_a_run_without_its_files_is_no_bug(words, run, call):
    for name in ("report.md", "report.json", "data.json", "settings.toml"):
        (run / name).unlink()
    ended = call(words[0], run, *words[1:])
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"error: {run}/")
    assert ended.err.endswith(".json is missing\n  fix: bring it back from a copy, or train again\n")


def test_a_run_is_not_written_over(call, run):
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    ended = call("train", *SMALL, "--out", run)
    assert ended.code == 2
    assert f"error: {run} already holds a run" in ended.err
    assert {path.name: path.read_bytes() for path in run.iterdir() if path.name in before} == before


def test_a_folder_that_is_not_empty_is_not_written_into(call):
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("mine")
    ended = call("train", *SMALL, "--out", "mine")
    assert ended.code == 2
    assert "error: mine exists and is not empty\n" in ended.err
    assert [path.name for path in Path("mine").iterdir() if not path.name.startswith(".")] == ["notes.txt"]


def test_a_folder_that_cannot_be_made_is_said(call):
    Path("file").write_text("")
    ended = call("train", *SMALL, "--out", "file/run")
    assert ended.code == 1
    assert "error: file/run cannot be made" in ended.err


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ("CONV7-8p0-CONV7-8p0-RELU, SOFTMAX", "error: CONV7-8p0 does not fit"),
        ("FC-12, SOFTMAX", "error: "),
        ("FC-99999999-RELU-FC-99999999-RELU, SOFTMAX", "error: "),
    ],
)
def test_a_network_that_does_not_fit_data_or_memory_is_refused(network, said, call):
    ended = call("train", "digits", network)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert not Path("runs").exists()


def test_profile_says_where_a_step_s_time_goes_and_writes_nothing(call):
    ended = call("train", *SMALL, "--profile")
    assert ended.code == 0, ended.err
    lines = ended.out.splitlines()
    parts = [line.split()[0] for line in lines[2:-1]]
    assert parts == ["data", "scale", "1.FC-32", "2.RELU", "3.FC-10", "loss", "backward", "optimizer", "other", "step"]
    assert "32 examples per step" in lines[-1]
    found = valid(call("train", *SMALL, "--profile", "--json").json)
    assert [part["name"] for part in found["parts"]] == parts[:-1]
    assert not Path("runs").exists()


@pytest.mark.parametrize("flag", ["--dry-run", "--profile"])
def test_what_is_about_one_training_goes_not_with_several(call, flag):
    ended = call("train", *SMALL, "--seeds", 2, flag)
    assert ended.code == 2
    assert f"{flag} is about one training, --seeds makes several" in ended.err


def test_a_stream_is_not_read_for_several_seeds(call):
    ended = call("train", "-", "SOFTMAX", "--target", "y", "--seeds", 2)
    assert (ended.code, ended.err) == (
        2,
        "error: a stream is read once, and --seeds reads the data for each seed\n  fix: save it as a file\n",
    )


def test_all_flags_that_clash_are_named(call):
    ended = call("train", *SMALL, "--seeds", 2, "--dry-run", "--profile")
    assert "--dry-run and --profile are about one training, --seeds makes several" in ended.err
    ended = call("train", *SMALL, "--dry-run", "--profile")
    assert (ended.code, "--dry-run and --profile are two different looks at a training" in ended.err) == (2, True)


def test_dry_run_shows_what_would_be_done_and_writes_nothing(call):
    ended = call("train", *SMALL, "--dry-run")
    assert (ended.code, ended.err) == (0, "")
    for expected in (
        "data      digits",
        "network   FC-32-RELU, SOFTMAX",
        "FC-32-RELU   32",
        "--epochs 3",
        "--no-shuffle",
    ):
        assert (expected in ended.out) == (expected != "--no-shuffle")
    found = valid(call("train", *SMALL, "--dry-run", "--json").json)
    assert found["recipe"]["epochs"] == 3
    assert list(Path.cwd().iterdir()) == []


def test_a_training_that_breaks_down_fails(call):
    words = (
        "ring",
        "FC-8-RELU, SOFTMAX",
        "--examples",
        200,
        "--optimizer",
        "sgd",
        "--learning-rate",
        1e3,
        "--l2",
        1e3,
        "--threads",
        1,
    )
    ended = call("train", *words, "--out", "broken", "--json")
    assert (ended.code, ended.out) == (1, "")
    assert "error: training broke down" in ended.err
    assert "--learning-rate" in ended.err
    assert json.loads(Path("broken/run.json").read_text())["state"] == "failed"


def test_seeds_make_a_run_each_and_a_mean(call):
    words = ("ring", "FC-8-RELU, SOFTMAX", "--examples", 200, "--epochs", 2, "--threads", 1)
    ended = call("train", *words, "--seeds", 2, "--seed", 5, "--out", "both", "--json")
    assert ended.code == 0, ended.err
    found = valid(ended.json)
    assert [one["run"] for one in found["runs"]] == ["both/seed-5", "both/seed-6"]
    scores = [one["test"]["accuracy"] for one in found["runs"]]
    assert found["score"]["mean"] == pytest.approx(sum(scores) / 2)
    alone = call("train", *words, "--seed", 6, "--out", "alone", "-q", "--json")
    assert alone.json["test"] == found["runs"][1]["test"]
    into_a_run = call("train", *words, "--seeds", 2, "--out", "both/seed-5")
    assert into_a_run.code == 2
    assert into_a_run.err.startswith("error: both/seed-5 already holds a run\n")
    spoken = call("train", *words, "--seeds", 2, "-q")
    assert re.search(r"^mean      \d+\.\d % \[.*\] over 2 seeds, standard deviation ", spoken.out, re.MULTILINE)


# --- signals ---------------------------------------------------------------------------------------------------------

LONG = ("train", "ring", "FC-16-RELU-FC-16-RELU, SOFTMAX", "--examples", "640", "--batch-size", "8", "--threads", "1")


def started(folder: Path, *words: str) -> subprocess.Popen[str]:
    """A training that has ended its first epoch."""
    process = subprocess.Popen(
        [*COMMAND, *words], cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("epoch"):
            return process
    raise AssertionError(f"ended with {process.wait()} before its first epoch")


@pytest.mark.skipif(os.name == "nt", reason="signals of a POSIX system")
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_lets_the_step_finish_and_saves_it(name, code, tmp_path, call):
    number = getattr(signal, name)
    if signal.getsignal(number) == signal.SIG_IGN:
        pytest.skip("the tests run where this signal is ignored, as under nohup")
    process = started(tmp_path, *LONG, "--epochs", "2000", "--out", "stopped", "--json")
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    last = err.splitlines()[-1]
    match = re.fullmatch(r"stopped after step (\d+), saved; wxb resume stopped", last)
    assert match, err
    (listed,) = valid(call("runs", ".", "--json").json)["runs"]
    assert (listed["state"], listed["finished"]) == ("stopped", None)
    assert json.loads((tmp_path / "stopped" / "run.json").read_text())["steps"]["done"] == int(match[1])
    refused = call("report", "stopped")
    assert refused.code == 2
    assert "wxb resume stopped" in refused.err


@pytest.mark.skipif(os.name == "nt", reason="signals of a POSIX system")
def test_a_stopped_training_resumed_ends_with_the_bits_of_an_undisturbed_one(tmp_path, call):
    words = (*LONG, "--epochs", "40", "--seed", "3")
    process = started(tmp_path, *words, "--out", "stopped")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert call(*words, "--out", "whole", "-q").code == 0
    resumed = call("resume", "stopped", "--json")
    assert resumed.code == 0, resumed.err
    assert valid(resumed.json)["epochs"] == 40
    assert weights(tmp_path / "stopped") == weights(tmp_path / "whole")
    again = call("resume", "stopped")
    assert again.code == 2
    assert again.err.startswith("error: stopped has finished; there is nothing to resume\n")


@pytest.mark.skipif(os.name == "nt", reason="signals of a POSIX system")
def test_two_devices_train_stop_and_resume(tmp_path, call):
    network = ("train", "ring", "FC-16-RELU, SOFTMAX", "--examples", "640", "--threads", "1")
    words = (*network, "--batch-size", "32", "--epochs", "30", "--devices", "2")
    process = started(tmp_path, *words, "--out", "stopped")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    whole = call(*words, "--out", "whole")
    assert whole.code == 0
    assert re.search(r"machine +2 devices, each with 1 thread, float32", whole.err)
    assert call("resume", "stopped", "-q").code == 0
    assert weights(tmp_path / "stopped") == weights(tmp_path / "whole")


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="a process tells of its children in /proc")
def test_a_run_whose_device_was_killed_is_resumed(tmp_path, call):
    words = ("train", "ring", "FC-16-RELU, SOFTMAX", "--examples", "640", "--epochs", "4000", "--devices", "2")
    process = started(tmp_path, *words, "--out", "run")
    (other,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(other), signal.SIGKILL)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "error: device 2 of 2 has stopped\n  it was killed by signal 9\n" in err
    assert "fix: train again with --devices 1, if its memory was too small; or wxb resume run\n" in err
    (listed,) = call("runs", ".", "--json").json["runs"]
    assert listed["state"] == "stopped"


@pytest.mark.skipif(os.name == "nt", reason="signals of a POSIX system")
def test_a_second_signal_ends_at_once(tmp_path, call):
    process = started(tmp_path, *LONG, "--epochs", "2000", "--out", "stopped")
    for _ in range(50):  # the second may find the first being saved, or not yet seen
        process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert time.monotonic() - began < 10
    assert "Traceback" not in err
    assert call("runs", ".", "--json").json["runs"][0]["state"] == "stopped"


@pytest.mark.skipif(os.name == "nt", reason="signals of a POSIX system")
def test_a_folder_has_one_writer_and_a_resume_needs_the_same_data(tmp_path, call):
    process = started(tmp_path, *LONG, "--epochs", "2000", "--out", "stopped")
    for words in ([*LONG, "--out", "stopped"], ["resume", "stopped"]):  # while the first still writes
        second = call(*words)
        assert (second.code, second.out) == (2, "")
        assert "already holds a run" in second.err or "another wxb is writing stopped" in second.err
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    facts = json.loads((tmp_path / "stopped" / "data.json").read_text())
    facts["source"]["examples"] = 600
    (tmp_path / "stopped" / "data.json").write_text(json.dumps(facts))
    about = json.loads((tmp_path / "stopped" / "run.json").read_text())
    (tmp_path / "stopped" / "run.json").write_text(json.dumps({**about, "checksum": None, "files": {}}))
    ended = call("resume", "stopped")
    assert ended.code == 2
    assert ended.err.startswith("error: the data has changed since stopped began; it cannot be resumed\n")
    assert "640" in ended.err
    assert "600" in ended.err


@pytest.mark.skipif(os.name == "nt", reason="limits of a POSIX system")
def test_a_file_that_cannot_be_written_is_said_and_leaves_a_run_that_can_be_resumed(tmp_path, call):
    words = ("train", "digits", "FC-256-RELU, SOFTMAX", "--epochs", "1", "--threads", "1", "--out", "run")
    limited = f"ulimit -f 32; exec {shlex.join([*COMMAND, *words])}"  # no file above 32 KiB; the weights need 75
    ended = subprocess.run(
        ["bash", "-c", limited],
        cwd=tmp_path, env=environment(PYTHONDONTWRITEBYTECODE="1"), capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.search(
        r"^error: .*run/weights\.safetensors (was not saved|cannot be written)", ended.stderr, re.MULTILINE
    )
    assert "Traceback" not in ended.stderr
    resumed = call("resume", "run", "--json")
    assert resumed.code == 0, resumed.err
    assert call("verify", "run").code == 0


# --- what a run is for -----------------------------------------------------------------------------------------------


def test_evaluate_gives_the_score_of_the_training_again(trained, call):
    ended, run = trained
    found = valid(call("evaluate", run, "--json").json)
    assert found["test"]["accuracy"] == ended.json["test"]["accuracy"]
    assert np.array(found["confusion"]).sum() == 449
    other = valid(call("evaluate", run, "digits", "--part", "validation", "--json").json)
    assert other["test"]["examples"] == 198
    spoken = call("evaluate", run).out
    assert spoken.startswith("test      ")
    assert "class   precision   recall" in re.sub(" {3,}", "   ", spoken)


def test_evaluate_refuses_data_of_another_shape_or_with_other_classes(trained, call):
    ended = call("evaluate", trained[1], "ring")
    assert ended.code == 2
    assert ended.err.startswith("error: the classes of ring are not the expected ones\n")
    Path("t.csv").write_text("x,y\n" + "".join(f"{i * 0.3},{i * 0.7}\n" for i in range(40)))
    ended = call("evaluate", trained[1], "t.csv", "--target", "y")
    assert ended.code == 2
    assert ended.err == (
        f"error: {trained[1]} was trained on pictures; t.csv is a table\n  fix: a folder of pictures\n"
    )


def test_predict_knows_pictures_and_rows(trained, call):
    digits = load_data("digits")
    Image.fromarray((digits.examples[0, 0] * (255 / 16)).round().astype(np.uint8)).save("zero.png")
    np.save("rows.npy", digits.examples[:3])
    found = valid(call("predict", trained[1], "zero.png", "rows.npy", "--json").json)["predictions"]
    assert [(one["file"], one.get("row")) for one in found] == [
        ("zero.png", None), ("rows.npy", 0), ("rows.npy", 1), ("rows.npy", 2),
    ]  # fmt: skip
    assert found[0]["class"] == found[1]["class"]
    assert found[0]["probability"] == found[1]["probability"]  # ink is counted to 16 again
    assert found[0]["probability"] == max(found[0]["probabilities"].values())
    assert sum(found[0]["probabilities"].values()) == pytest.approx(1)
    spoken = call("predict", trained[1], "zero.png").out.splitlines()
    assert spoken[0].split() == ["file", "prediction", "probability"]
    assert spoken[1].split()[:2] == ["zero.png", found[0]["class"]]


def test_pictures_become_ink_as_the_training_data_did(call):
    words = ("digits", "FC-32-RELU, SOFTMAX", "--epochs", 2, "--threads", 1, "--ink", "--out", "inked", "-q")
    assert call("train", *words).code == 0
    digits, ink = load_data("digits"), load_data("digits", ink=True)
    rows = digits.split.test[:40]
    np.save("rows.npy", ink.examples[rows])
    expected = call("predict", "inked", "rows.npy", "--json").json["predictions"]
    right = sum(one["class"] == ink.classes[ink.targets[row]] for one, row in zip(expected, rows, strict=True))
    for larger in (1, 3):
        names = []
        for row in rows:
            of_class = Path(f"scans-{larger}") / ink.classes[ink.targets[row]]
            of_class.mkdir(parents=True, exist_ok=True)
            names.append(of_class / f"{row}.png")
            picture = (digits.examples[row, 0] * (255 / 16)).round().astype(np.uint8)
            Image.fromarray(picture.repeat(larger, 0).repeat(larger, 1)).save(names[-1])
        found = call("predict", "inked", *names, "--json").json["predictions"]
        assert [one["probabilities"] for one in found] == [one["probabilities"] for one in expected]
        folder = call("evaluate", "inked", f"scans-{larger}", "--json").json
        assert folder["test"]["accuracy"] == right / len(rows)
    assert call("evaluate", "inked", "digits", "--json").json["test"]["accuracy"] > 0.8  # without --ink


def test_a_picture_is_not_guessed_into_the_numbers_of_arrays(call):
    examples = np.random.default_rng(0).random((60, 1, 8, 8), dtype=np.float32)
    train(load_data(examples, np.arange(60) % 2), "FC-4-RELU, SOFTMAX", epochs=1, out="run")
    Image.fromarray(np.zeros((8, 8), np.uint8)).save("zero.png")
    ended = call("predict", "run", "zero.png")
    assert ended.code == 2
    assert ended.err.startswith("error: zero.png: a picture of bytes; the network was trained on float32 arrays\n")


def test_predict_names_every_file_that_it_cannot_read(trained, call):
    Path("notes.txt").write_text("no picture")
    Path("cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    np.save("other.npy", np.zeros((2, 3)))
    Path("folder").mkdir()
    files = ["notes.txt", "cut.png", "none.png", "other.npy", "folder"]
    ended = call("predict", trained[1], *files)
    assert (ended.code, ended.out) == (2, "")
    lines = ended.err.splitlines()
    assert lines[-2] == "error: 5 of 5 files cannot be predicted"
    assert [line.removeprefix("left out").split(":")[0].strip() for line in lines[:5]] == files
    assert lines[2] == "left out  none.png: there is no such file"
    assert lines[3] == "left out  other.npy: an array of shape (2, 3); expected (n, 1, 8, 8)"
    one = call("predict", trained[1], "notes.txt")
    fix = "pictures, or arrays of NumPy (.npy) of shape (n, 1, 8, 8)"
    assert one.err == f"error: notes.txt: not a picture\n  fix: {fix}\n"


def test_an_array_of_objects_is_never_unpickled(trained, call):
    np.save("odd.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    ended = call("predict", trained[1], "odd.npy")
    assert ended.code == 2
    assert ended.err.startswith("error: odd.npy: no array of NumPy")


def test_report_says_the_essence_and_where_the_page_is(trained, call):
    ended, run = trained
    said = call("report", run)
    assert said.code == 0
    labels = [line[:10].strip() for line in said.out.splitlines()]
    for label in ("data", "network", "test", "weakest", "trust", "next", "page"):
        assert label in labels
    assert said.out.splitlines()[-1] == f"page      {run / 'report.html'}"
    assert call("report", run, "--markdown").out == (run / "report.md").read_text()
    found = valid(call("report", run, "--json").json)
    assert found["test"]["accuracy"] == ended.json["test"]["accuracy"]


def test_a_report_goes_with_its_run_when_the_folder_is_moved(trained, run, call):
    for name in ("report.md", "report.html", "report.json"):
        assert str(trained[1]) not in (run / name).read_text()
        assert "wxb verify RUN" in (run / name).read_text()
    found = valid(call("report", run, "--json").json)
    assert found["run"]["path"] == str(run)
    assert f"wxb verify {run}" in [one["command"] for one in found["next"]]
    assert f"wxb predict {run} FILE…" in call("report", run).out


def test_runs_lists_the_newest_first_and_damaged_ones_as_such(trained, call, run):
    (run / "run.json").write_text("{")
    shutil.copytree(trained[1], run.parent / "whole")
    found = valid(call("runs", run.parent, "--json").json)["runs"]
    assert {Path(one["run"]).name: one["state"] for one in found} == {"copy": "damaged", "whole": "finished"}
    spoken = call("runs", run.parent).out
    assert spoken.splitlines()[0].split() == ["run", "data", "test", "finished", "network"]
    assert "damaged" in spoken


def test_runs_of_an_empty_place_say_so_and_print_nothing(call):
    ended = call("runs")
    assert (ended.code, ended.out, ended.err) == (0, "", "no runs in runs; wxb train makes one\n")
    assert valid(call("runs", "--json").json)["runs"] == []
    missing = call("runs", "nowhere")
    assert missing.code == 2
    assert missing.err.startswith("error: there is no folder nowhere\n")


def test_verify_finds_nothing_on_a_whole_run(trained, call):
    ended = call("verify", trained[1])
    assert (ended.code, ended.err) == (0, "")
    assert "test score computed again" in ended.out
    found = valid(call("verify", trained[1], "--json").json)
    assert (found["ok"], found["differences"]) == (True, [])


@pytest.mark.parametrize("name", ["weights.safetensors", "report.md", "settings.toml", "history.jsonl"])
def test_verify_names_the_file_that_was_tampered_with(name, run, call):
    content = bytearray((run / name).read_bytes())
    content[len(content) // 2] ^= 1
    (run / name).write_bytes(content)
    ended = call("verify", run, "--json")
    assert ended.code == 3
    found = valid(ended.json)
    assert not found["ok"]
    assert any(name in difference for difference in found["differences"])
    assert name in call("verify", run).out


def test_a_truncated_run_is_refused_with_the_file(run, call):
    path = run / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    for words in (["evaluate", run], ["predict", run, "x.npy"]):
        np.save("x.npy", np.zeros((1, 1, 8, 8), np.uint8))
        ended = call(*words)
        assert (ended.code, ended.out) == (1, "")
        assert "weights.safetensors" in ended.err
        assert "Traceback" not in ended.err


def test_a_run_of_a_newer_version_is_refused(run, call):
    about = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**about, "format": 999, "wxb": "9.9"}))
    for command in ("report", "evaluate", "verify", "resume"):
        ended = call(command, run)
        assert (ended.code, ended.out) == (2, "")
        assert "was made by a newer wxb (9.9)" in ended.err


@pytest.mark.parametrize("command", ["report", "evaluate", "verify", "resume"])
def test_no_run_is_said(command, call):
    ended = call(command, "nowhere")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: there is no run nowhere\n")


def test_a_run_lies_in_runs_or_where_the_environment_says(call, monkeypatch):
    words = ("train", "ring", "FC-4-RELU, SOFTMAX", "--examples", 100, "--epochs", 1, "--threads", 1, "-q", "--json")
    assert re.fullmatch(r"runs/ring-[0-9a-f]{4}", call(*words).json["run"])
    monkeypatch.setenv("WXB_RUNS", "elsewhere")
    assert call(*words).json["run"].startswith("elsewhere/ring-")


def test_a_folder_of_pictures_goes_all_the_way(call):
    rng = np.random.default_rng(0)
    for name, level in (("dark", 60), ("light", 190)):
        Path("photos", name).mkdir(parents=True)
        for number in range(20):
            pixels = rng.integers(level - 50, level + 50, (12, 12), dtype=np.uint8)
            Image.fromarray(pixels).save(f"photos/{name}/{number}.png")
    Path("photos/dark/notes.txt").write_text("no picture")
    trained = call("train", "photos", "FC-8-RELU, SOFTMAX", "--epochs", 5, "--threads", 1, "--out", "run", "--json")
    assert trained.code == 0, trained.err
    assert "notes.txt" in trained.err
    Path("elsewhere").mkdir()
    os.chdir("elsewhere")  # a run finds its data from any folder
    found = valid(call("evaluate", "../run", "--json").json)
    assert found["test"] == trained.json["test"]
    assert call("verify", "../run").code == 0
    large = Image.fromarray(rng.integers(140, 240, (100, 140, 3), dtype=np.uint8))
    large.save("large.jpg")
    assert valid(call("predict", "../run", "large.jpg", "--json").json)["predictions"][0]["class"] == "light"


@pytest.mark.parametrize(
    ("word", "fix"), [("epochs=3", "--epochs 3"), ("learning-rate=0.1", "--learning-rate 0.1"), ("SEED=1", "--seed 1")]
)
def test_an_option_written_like_a_variable_is_shown_as_an_option(call, word, fix):
    ended = call("train", "digits", word)
    assert ended.code == 2
    assert "is an option, not a variable of the network" in ended.err
    assert ended.err.rstrip().endswith(f"fix: {fix}")
