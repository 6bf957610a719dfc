"""`wxb anomalies`: what it prints and writes, and what it refuses."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import wxb
from tests.cli.conftest import valid


@pytest.fixture
def run(call):
    """A run on digits, in the folder of the call."""
    assert call("train", "digits", "FC-32-RELU-FC-8, SELF", "--epochs", "3", "--out", "run", "-q").code == 0
    return call


def test_the_oddest_come_first_and_all_are_written(run):
    ended = run("anomalies", "run", "--rate", "5")
    assert ended.code == 0, ended.err
    assert "against 198 normal examples that were held back" in ended.out
    rows = list(csv.DictReader(Path("anomalies/run/anomalies.csv").read_text().splitlines()))
    assert len(rows) == 449
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert Path("anomalies/run/anomalies.png").read_bytes().startswith(b"\x89PNG")
    assert run("verify", "run").code == 0


def test_without_matplotlib_the_table_is_written(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    ended = run("anomalies", "run")
    assert ended.code == 0, ended.err
    assert "a figure needs matplotlib, which is not installed: pip install 'wxb[plots]'" in " ".join(ended.out.split())
    assert [file.name for file in Path("anomalies/run").iterdir()] == ["anomalies.csv"]


def test_other_data_and_the_truth_are_taken(run):
    found = valid(run("anomalies", "run", "digits", "--odd", "0,1", "--json", "--out", "odd").json)
    assert found["examples"] == 1797
    assert 0 < found["area"] < 1
    assert found["alarms"] == sum(
        row["alarm"] == "yes" for row in csv.DictReader(Path("odd/anomalies.csv").read_text().splitlines())
    )


def test_each_example_says_what_is_odd_and_the_truth_is_doubted_where_the_network_learned_otherwise(run):
    ended = run("anomalies", "run", "digits", "--odd", "0,1", "--rate", "5", "--out", "odd")
    assert "0, 1: learned in training, so the network takes this for normal" in ended.out
    rows = list(csv.DictReader(Path("odd/anomalies.csv").read_text().splitlines()))
    assert {row["alarm"] for row in rows} == {"yes", "no"}
    assert all(row["what is odd"] for row in rows)


def test_few_examples_held_back_tell_a_larger_rate_which_is_said(call):
    words = ["train", "digits", "FC-8, SELF", "--epochs", "1", "--split", "0.5,0.02,0.48", "--out", "few", "-q"]
    assert call(*words).code == 0
    found = valid(call("anomalies", "few", "--json").json)
    assert found["rate"] > 1
    assert f"tell no rate of false alarms below {found['rate']:.3g} %" in found["notes"][0]
    assert call("anomalies", "few", "--rate", "1").code == 2


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["nothing"], "there is no run nothing"),
        (["run", "--rate", "0.1"], "tell no rate of false alarms below 0.5 %"),
        (["run", "--rate", "90"], "--rate 90"),
        (["run", "--odd", "eleven"], "eleven is no class of digits"),
        (["run", "ring"], "the network takes 1x8x8"),
    ],
)
def test_a_mistake_is_a_sentence(run, arguments, what):
    ended = run("anomalies", *arguments)
    assert ended.code == 2
    assert what in ended.err
    assert "Traceback" not in ended.err


@pytest.fixture
def table(call):
    """A run on a table of three columns, c of them a category, in the folder of the call."""
    random = np.random.default_rng(0)
    rows = [f"{x:.4f},{2 * x + 0.05 * random.normal():.4f},cls{int(x > 0)}" for x in random.normal(size=200)]
    Path("table.csv").write_text("\n".join(["a,b,c", *rows]))
    Path("odd.csv").write_text("\n".join(["a,b,c", *rows[:20], "0.5,9,cls1", "1.5,3,cls0"]))
    assert call("train", "table.csv", "FC-2, SELF", "--epochs", "20", "--out", "run", "-q").code == 0
    return call


def test_a_category_is_told_by_its_value(table):
    oddest = valid(table("anomalies", "run", "odd.csv", "--json").json)["oddest"]
    why = {one["example"]: one["why"] for one in oddest}
    assert "b 9, expected" in why["row 20"]
    assert "c is cls0, which was not expected" in why["row 21"]
    assert not any("c=" in text for text in why.values())


def test_a_table_of_one_row_needs_nothing_to_learn_from(table):
    Path("one.csv").write_text("c,b,a\ncls0,9,0.5\n")
    assert valid(table("anomalies", "run", "one.csv", "--json").json)["examples"] == 1


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["pics"], "run was trained on a table; pics is a folder of pictures"),
        (["texts"], "run was trained on a table; texts is a folder of texts"),
        (["digits"], "run was trained on a table; digits is pictures"),
        (["odd.csv", "--target", "c", "--odd", "cls1"], "the run has learned from the column c"),
        (["other.csv"], "other.csv has no columns a, b, c, which the run was trained on"),
        (["other.csv", "--target", "y"], "other.csv has no columns a, b, c, which the run was trained on"),
        (["pics/0.png"], "pics/0.png: the network takes rows of"),
        (["rows.npy"], "rows.npy: an array of shape (3, 7); expected (n, 4)"),
        (["pics/0.png", "--target", "y"], "--target is for a folder, a table or a known set, not for pics/0.png"),
    ],
)
def test_data_that_do_not_fit_a_table_are_named_by_what_they_are(table, arguments, what):
    Path("pics").mkdir()
    Path("texts").mkdir()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save("pics/0.png")
    Path("texts/0.txt").write_text("a text")
    Path("other.csv").write_text("x,y\n1,2\n2,3\n4,4\n")
    np.save("rows.npy", np.zeros((3, 7)))
    ended = table("anomalies", "run", *arguments)
    assert ended.code == 2
    assert what in ended.err


def test_a_single_picture_is_looked_at_as_predict_reads_it(run):
    cross = np.zeros((16, 16), np.uint8)
    cross[np.arange(16), np.arange(16)] = cross[np.arange(16), 15 - np.arange(16)] = 255
    Image.fromarray(cross).save("cross.png")
    found = valid(run("anomalies", "run", "cross.png", "--json").json)
    assert (found["data"], found["examples"]) == ("cross.png", 1)
    assert found["oddest"][0]["example"] == "cross.png"
    assert found["oddest"][0]["alarm"]
    assert "data      cross.png, 1 example\n" in run("anomalies", "run", "cross.png").out


def test_an_array_has_the_scores_of_the_same_examples_of_the_set(run):
    whole = {
        row["example"]: row for row in valid(run("anomalies", "run", "digits", "--json", "--out", "all").json)["oddest"]
    }
    rows = [int(name.removeprefix("row ")) for name in whole]
    np.save("rows.npy", wxb.load_data("digits").examples[rows])
    found = valid(run("anomalies", "run", "rows.npy", "--json").json)
    scores = {rows[int(one["example"].removeprefix("row "))]: one["score"] for one in found["oddest"]}
    assert scores == {row: pytest.approx(whole[f"row {row}"]["score"], rel=1e-5) for row in rows}


def test_an_array_of_the_rows_of_a_table_is_looked_at(table):
    np.save("rows.npy", np.array([[0.5, 1.0, 1.0], [0.5, 9.0, 1.0]]))
    found = valid(table("anomalies", "run", "rows.npy", "--json").json)
    assert found["examples"] == 2
    assert found["oddest"][0]["example"] == "row 1"
    assert "b 9, expected" in found["oddest"][0]["why"]
    np.save("far.npy", np.array([[0.5, 1e6, 1.0]]))
    assert "note      far.npy: " in table("anomalies", "run", "far.npy").out


def test_a_file_of_nothing_known_says_what_is_expected(run):
    Path("note.xyz").write_text("a note")
    ended = run("anomalies", "run", "note.xyz")
    assert ended.code == 2
    assert "pictures, or arrays of NumPy (.npy) of shape (n, 1, 8, 8)" in ended.err


def test_a_table_is_no_data_of_a_run_on_pictures(run):
    Path("table.csv").write_text("x,y\n1,2\n2,3\n4,4\n")
    assert "run was trained on pictures; table.csv is a table" in run("anomalies", "run", "table.csv").err


def test_ctrl_c_before_anything_is_written_says_so(run, monkeypatch):
    def stop(*given, **named):
        raise KeyboardInterrupt

    said = "stopped; nothing was written\n"
    monkeypatch.setattr("wxb.anomalies.detector.Detector.fit", stop)
    ended = run("anomalies", "run")
    assert (ended.code, ended.err) == (130, said)
    monkeypatch.setattr("wxb.doctor.diagnose.diagnose", stop)
    ended = run("doctor", "run")
    assert (ended.code, ended.err) == (130, said)
    monkeypatch.setattr("wxb.doctor.mending.mended", stop)
    ended = run("train", "ring", "FC-2, SOFTMAX", "--fix", "--out", "fixed", "-q")
    assert (ended.code, ended.err) == (130, said)
    assert not Path("fixed").exists()
