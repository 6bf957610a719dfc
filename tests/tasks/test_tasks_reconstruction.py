"""Learning without labels: networks that learn their input, on every kind of data."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import wxb
from wxb.cli.main import main
from wxb.errors import WxbError
from wxb.learning.inference import codes
from wxb.learning.machine import choose
from wxb.network.build import build
from wxb.runs.run import Run
from wxb.runs.verify import verify
from wxb.tasks.reconstruction import TASK, by_feature, explained, parts_of
from wxb.training import Training, resume
from wxb.trials import Trial

SMALL = "FC-32-RELU-FC-8, SELF"


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    """A folder of 40 pictures of a square, without classes."""
    folder = tmp_path / "flat"
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(40):
        picture = np.zeros((16, 16), np.uint8)
        row, column = random.integers(0, 8, 2)
        picture[row : row + 8, column : column + 8] = random.integers(100, 255)
        Image.fromarray(picture).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table whose third column is the sum of two others, with a category, a gap and a kind."""
    random = np.random.default_rng(0)
    first, second = random.normal(size=(2, 300))
    lines = ["a,b,sum,colour,kind"]
    for place, (one, other) in enumerate(zip(first, second, strict=True)):
        gap = "" if place % 50 == 0 else f"{one:.4f}"
        colour, kind = ("red", "blue")[int(one > 0)], ("p", "q")[int(other > 0)]
        lines.append(f"{gap},{other:.4f},{one + other:.4f},{colour},{kind}")
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_targets_are_the_examples_and_the_labels_stay_beside():
    data = wxb.load_data("digits", task="reconstruction")
    plain = wxb.load_data("digits")
    assert np.array_equal(data.targets, plain.examples.reshape(len(plain.examples), -1))
    assert data.outputs == 64
    assert np.array_equal(data.labels.targets, plain.targets)
    assert np.array_equal(data.told.targets, plain.targets)
    assert np.array_equal(data.split.test, plain.split.test)
    assert str(data).startswith("digits: 1,797 pictures 1x8x8 without labels")


def test_a_run_learns_saves_reports_and_answers(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "digits", SMALL, "--epochs", "3", "--out", "run", "--quiet"]) == 0
    assert "explained 0." in capsys.readouterr().out
    run = Run.open("run")
    assert run.summary.network == "FC-32-RELU-FC-8-FC-32-RELU-FC-C, SELF"
    assert run.summary.outputs == 64
    assert run.report.test["explained_variance"] > 0.2
    assert set(run.report.baselines) == {"mean", "nearest neighbour", "linear"}
    assert "8 principal components" in run.report.baselines["linear"].about
    assert run.evaluate().summary() == run.report.test
    assert run.evaluate(wxb.load_data("digits"), "test").explained_variance == run.report.test["explained_variance"]
    assert verify("run").differences == ()
    predicted = run.predict(wxb.load_data("digits").examples[:2])
    assert predicted.values.shape == (2, 64)
    assert 0 < predicted.values.mean() < 16
    assert "without labels" in run.text("report.html")
    assert main(["report", "run"]) == main(["evaluate", "run"]) == main(["view", "run"]) == 0
    assert main(["view", "run", "reconstruction", "--out", "out.png"]) == 0
    assert main(["compare", "run", "run"]) == 0


def test_a_stopped_run_resumes_to_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = wxb.load_data("digits", task="reconstruction")
    network = "DROP(0.2)-CONV-4-RELU-POOL-FC-6, SELF"
    whole = wxb.train(data, network, epochs=2, out="whole")
    training = Training(data, network, options={"epochs": 2}, out="stopped")
    for record in training:
        if record.step == 20:
            training.stop()
            break
    resumed = resume("stopped", data)
    for name, tensor in whole.weights().items():
        assert torch.equal(tensor, resumed.weights()[name])


def test_a_folder_without_classes_is_learned_from(flat, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "flat", "CONV-4-RELU-POOL-FC-4, SELF", "--epochs", "2", "--out", "run"]) == 0
    assert "flat: 40 pictures 1x16x16 without labels" in capsys.readouterr().err
    assert main(["evaluate", "run", "flat"]) == main(["predict", "run", "flat"]) == 0
    assert Run.open("run").unchanged_data().labels is None
    with pytest.raises(WxbError, match="not a folder of class folders"):
        wxb.load_data(flat)


def test_folders_of_classes_keep_their_labels_and_parts_need_none(flat, tmp_path):
    classes = tmp_path / "classes"
    for number, picture in enumerate(sorted(flat.iterdir())):
        to = classes / ("even" if number % 2 else "odd") / picture.name
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(picture.read_bytes())
    assert wxb.load_data(classes, task="reconstruction").labels.names == ("even", "odd")
    parts = tmp_path / "parts"
    for number, picture in enumerate(sorted(flat.iterdir())):
        to = parts / ("train" if number < 30 else "test") / picture.name
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(picture.read_bytes())
    split = wxb.load_data(parts, task="reconstruction").split
    assert (len(split.train) + len(split.validation), len(split.test)) == (30, 10)


def test_a_table_without_a_target_is_learned_from_column_by_column(table, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["train", "table.csv", "FC-32-RELU-FC-3, SELF", "--drop", "kind", "--epochs", "20", "--out", "run"]
    assert main([*command, "--quiet"]) == 0
    run = Run.open("run")
    assert run.summary.classes == ("a", "a (missing)", "b", "sum", "colour=blue", "colour=red")
    assert run.report.test["explained_variance"] > 0.3
    assert "sum" in run.text("report.md")
    assert main(["evaluate", "run", "table.csv"]) == main(["predict", "run", "table.csv", "--csv"]) == 0
    assert "file,row,a,a (missing),b,sum" in capsys.readouterr().out
    predicted = run.predict(table)
    assert predicted.values.shape == (300, 6)


def test_the_target_of_a_table_is_its_label_and_no_feature(table):
    data = wxb.load_data(table, target="kind", task="reconstruction")
    assert data.labels.names == ("p", "q")
    assert not any("kind" in name for name in data.features)
    assert data.preparation.all_names == ("a", "b", "sum", "colour", "kind")
    again = wxb.load_data(table, like=data.table, task="reconstruction")
    assert np.array_equal(again.targets, data.targets)


def test_arrays_need_no_targets():
    rows = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    trial = Trial(wxb.load_data(rows, task="reconstruction"), "FC-2, SELF", epochs=1).train()
    assert trial.score("test").examples == 15
    with pytest.raises(WxbError, match="needs targets") as refused:
        wxb.load_data(rows)
    assert "reconstruction" in refused.value.fix


def test_a_linear_autoencoder_comes_as_near_as_principal_components():
    random = np.random.default_rng(0)
    rows = (random.normal(size=(600, 2)) @ random.normal(size=(2, 6))).astype(np.float32)
    trial = Trial(wxb.load_data(rows, task="reconstruction"), "FC-2, SELF", epochs=60, weight_decay=0.0).train()
    assert trial.score("test").explained_variance > 0.99


def test_what_drops_out_at_the_input_is_to_be_made_again():
    """The loss compares with the whole input, not with what DROP left of it."""
    trial = Trial(wxb.load_data("digits"), "DROP(0.9)-FC-4, SELF", epochs=1, normalize="none", shuffle=False)
    step = next(iter(trial)).step
    assert step == 1
    assert trial.record.loss > 20  # of pixels from 0 to 16, mean square 60


def test_shifted_pictures_are_to_come_out_shifted():
    data = wxb.load_data("digits", task="reconstruction")
    from wxb.learning.augment import Augment
    from wxb.learning.loop import Loop
    from wxb.learning.watch import Watch

    trial = Trial(data, SMALL, augment="shift-2", cutout=4)
    loop = Loop(trial.model, data, trial.recipe, trial.machine, (), Watch(trial.model, "cpu", ()))
    loop.step.start(1)
    assert Augment.read("shift-2").shift == 2
    rows = loop.step.feed.rows(0)
    inputs, targets = loop.step._examples(rows, rows, 0, None)
    assert (inputs.flatten(1) != targets).any()  # the square that is cut out
    whole = torch.from_numpy(data.targets[data.split.train[rows.numpy()]])
    assert (targets != whole).any()  # the shift


def test_the_code_is_the_output_of_its_layer():
    data = wxb.load_data("digits", task="reconstruction")
    model = build(SMALL, data).eval()
    x = torch.from_numpy(data.examples[:3])
    with torch.no_grad():
        by_hand = model.get_submodule("3.FC-8")(model.get_submodule("1.FC-32")(model.scale(x)).relu())
    np.testing.assert_allclose(codes(model, data.examples, choose("cpu", "float32"), np.arange(3)), by_hand, atol=1e-5)


def test_explained_variance_is_scikit_learn_s_for_pixels_and_columns():
    from sklearn.metrics import r2_score

    random = np.random.default_rng(0)
    rows = random.normal(size=(50, 4)).astype(np.float32) * [1, 10, 100, 0]
    made = rows + random.normal(size=rows.shape)
    ours = explained(*parts_of(rows[:, :3].astype(np.float32), made[:, :3]))
    assert ours == pytest.approx(r2_score(rows[:, :3], made[:, :3], multioutput="uniform_average"), abs=1e-5)
    pixels = random.integers(0, 255, (50, 6)).astype(np.uint8)
    made = pixels + 20 * random.normal(size=pixels.shape)
    weighted = r2_score(pixels, made, multioutput="variance_weighted")
    assert explained(*parts_of(pixels, made)) == pytest.approx(weighted)
    first = by_feature(pixels, made, ("one", "two"))["one"]
    assert first == pytest.approx(r2_score(pixels[:, 0], made[:, 0]))


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["digits", "FC-8, SELF", "--mixup", "0.2"], "--mixup mixes targets, and SELF learns the examples"),
        (["digits", "SOFTMAX", "--task", "reconstruction"], "SOFTMAX does not fit the data"),
        (["digits", "FC-8, SELF", "--class-weight", "balanced"], "needs classes"),
        (["digits", "FC-8, SELF", "--until", "0.5"], "asks for an accuracy"),
        (["texts.csv", "FC-8, SELF"], "without a target free text has no numbers to go by"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(arguments, what, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    texts = "\n".join(f'"a sentence of several words, number {number}",{number % 7}' for number in range(80))
    Path("texts.csv").write_text(f"text,size\n{texts}\n")
    assert main(["train", *arguments]) == 2
    assert what in capsys.readouterr().err
    assert not Path("runs").exists()


def test_the_command_prints_the_way_back(tmp_path):
    command = [sys.executable, "-m", "wxb", "train", "digits", "CONV-4-RELU-POOL, SELF", "--epochs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert "CONV-4-RELU-POOL-UP-CONV-1, SELF" in done.stderr


def test_a_line_shows_the_first_columns_by_name_and_says_how_many_more_there_are():
    names = tuple("abcdefghijk")
    assert TASK.text(np.arange(3.0), names[:3]) == "a 0  b 1  c 2"
    assert TASK.text(np.arange(11.0), names).endswith("g 6  h 7  and 3 more")
    assert TASK.text(np.arange(64.0), ()) == "64 numbers, mean 31.5"
