"""`wxb view`: the list of views, their files, and what it says of mistakes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import wxb
from tests.cli.conftest import valid
from wxb.cli.view import file_name
from wxb.runs.manifest import strangers


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A finished run on pictures."""
    data = wxb.load_data("digits")
    return wxb.train(data, "CONV-4-RELU-GAP, SOFTMAX", epochs=1, out=tmp_path_factory.mktemp("made") / "run").path


@pytest.fixture
def run(call, made):
    """The path of a copy of it, below the folder that `call` works in."""
    shutil.copytree(made, Path("run"))
    return "run"


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """A finished run on points."""
    data = wxb.load_data("ring", examples=100)
    return wxb.train(data, "FC-4-RELU, SOFTMAX", epochs=1, out=tmp_path_factory.mktemp("made") / "rows").path


def test_the_list_has_a_command_for_each_view_that_applies(run, call, rows):
    listed = call("view", run).out
    assert "wxb view run maps" in listed
    assert "activation maps" in listed
    of_rows = call("view", rows).out
    assert "filters is for pictures, and this network takes rows of numbers." in of_rows
    assert f"wxb view {rows} filters" not in of_rows
    answer = valid(call("view", rows, "--json").json)
    by_name = {one["view"]: one for one in answer["views"]}
    assert by_name["maps"]["command"] == f"wxb view {rows} maps"
    assert by_name["filters"]["command"] is None


def test_a_view_is_drawn_into_the_run_s_folder_which_stays_a_valid_run(run, call):
    ended = call("view", run, "maps", "--example", 2)
    assert ended.code == 0
    assert ended.out.endswith("file      run/views/maps-example-2.png\n")
    with Image.open("run/views/maps-example-2.png") as picture:
        assert picture.width == 960
    assert call("view", run, "graph").code == 0
    assert strangers(Path(run)) == []
    assert call("verify", run).code == 0
    assert call("runs", "--delete", run, "--yes").code == 0
    assert not Path(run).exists()


def test_pictures_of_other_options_lie_beside_each_other(run, call):
    asked = [(), ("--example", 1), ("--layer", "CONV3-4"), ("--example", 1, "--layer", "CONV3-4"), ("--part", "train")]
    files = [valid(call("view", run, "maps", *words, "--json").json)["file"] for words in asked]
    assert len(set(files)) == len(asked)
    assert all(Path(file).is_file() for file in files)
    assert strangers(Path(run)) == []


@pytest.mark.parametrize("text", ["../../etc/passwd", "a/b", "x" * 300, "ä,ö", "", "con:"])
def test_no_option_leads_a_picture_out_of_its_folder(text):
    name = file_name("confusion", {"cell": text})
    assert Path(name).name == name
    assert name.startswith("confusion-")
    assert len(name) < 130


def test_a_file_of_one_s_own_among_the_views_is_not_deleted(run, call):
    call("view", run, "graph")
    Path("run/views/notes.txt").write_text("mine")
    assert strangers(Path(run)) == ["views/notes.txt"]
    assert call("runs", "--delete", run, "--yes").code == 2
    assert Path("run/views/notes.txt").exists()


@pytest.mark.parametrize("suffix", ["svg", "html", "npz", "json"])
def test_a_view_is_written_where_out_says(suffix, run, call):
    answer = valid(call("view", run, "filters", "--out", f"view.{suffix}", "--json").json)
    assert answer["file"] == f"view.{suffix}"
    assert answer["arrays"]["weights"]["shape"] == [4, 1, 3, 3]
    assert Path(f"view.{suffix}").stat().st_size > 300
    assert not Path("run/views").exists()
    if suffix == "json":
        assert np.array(json.loads(Path("view.json").read_text())["arrays"]["weights"]["values"]).shape == (4, 1, 3, 3)


def test_a_picture_of_one_s_own_is_looked_at(run, call):
    Image.fromarray(np.full((8, 8), 7, np.uint8)).save("mine.png")
    answer = call("view", run, "maps", "--file", "mine.png", "--json").json
    assert answer["facts"]["example"] == "mine.png"
    assert "given" not in answer["facts"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mapz"], "error: mapz is not a view; maps is\n  fix: one of graph"),
        (
            ["maps", "--layer", "CONV9"],
            "error: CONV9 is not a layer of this network; 1.CONV3-4 is\n  there are scale, 1",
        ),
        (["filters", "--example", "3"], "error: filters takes no --example\n  it takes --layer, --at\n"),
        (["graph", "--layer", "3"], "error: graph takes no --layer\n"),
        (["maps", "--example", "9999"], "error: there is no example 9999: the test part has 449 examples\n"),
        (["maps", "--part", "tests"], "error: --part tests: expected train, validation, test\n  fix: --part test\n"),
        (["maps", "--file", "mine.png", "--part", "test"], "error: --part test is for a data set\n"),
        (["maps", "--file", "gone.png"], "error: gone.png: there is no such file\n"),
        (["maps", "--out", "maps.pdf"], "error: maps.pdf is not the name of a view's file\n"),
        (["--example", "3"], "error: --example without WHAT: which view?\n  fix: wxb view run lists them\n"),
    ],
)
def test_a_mistake_is_answered_with_a_way_out(words, said, run, call):
    Image.fromarray(np.full((8, 8), 7, np.uint8)).save("mine.png")
    ended = call("view", run, *words)
    assert ended.err.startswith(said)
    assert (ended.code, ended.out) == (2, "")


def test_a_view_that_does_not_apply_says_why(rows, call):
    ended = call("view", rows, "filters")
    assert ended.code == 2
    assert ended.err.startswith(
        "error: filters is for pictures, and this network takes rows of numbers\n  fix: one of "
    )


def test_a_run_without_weights_and_what_is_no_run_are_refused(run, call):
    assert call("view", "gone").code == 2
    Path("run/weights.safetensors").write_bytes(b"cut short")
    ended = call("view", run, "maps")
    assert (ended.code, ended.out) == (1, "")
    assert "was changed after the run had finished, or was cut short" in ended.err


def test_the_folder_of_the_data_may_be_named(run, call):
    assert call("view", run, "confusion", "--data-dir", "elsewhere").code == 0  # digits come with scikit-learn
    ended = call("view", run, "confusion", "--file", "mine.png")
    assert ended.err.startswith("error: confusion takes no --file\n  it takes --part, --cell, --at\n")
