"""`wxb compare`: what it prints, its JSON, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import wxb
from tests.cli.conftest import valid


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A line and a small network on 300 points of the ring."""
    out = tmp_path_factory.mktemp("runs")
    data = wxb.load_data("ring", examples=300)
    return [
        str(wxb.train(data, network, epochs=epochs, learning_rate=0.05, out=out / name).path)
        for name, network, epochs in (("line", "SOFTMAX", 2), ("small", "FC-32-RELU, SOFTMAX", 20))
    ]


def test_compare_says_how_far_and_what_changed_and_which_settings(runs, call):
    ended = call("compare", *runs)
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == "data      ring: the same 75 test examples"
    assert lines[1].split("   ")[-1] == "against the first"
    assert " points [" in lines[3]
    assert lines[3].endswith(": more than chance")
    assert any(line.startswith(f"{runs[1]} against {runs[0]}: ") for line in lines)
    assert any(line.startswith("now right ") for line in lines)
    assert [line.split() for line in lines if line.startswith("epochs")] == [["epochs", "2", "20"]]


def test_compare_has_json(runs, call):
    found = valid(call("compare", *runs, runs[0], "--json").json)
    assert [one["run"] for one in found["runs"]] == [*runs, runs[0]]
    better, same = found["pairs"]
    assert better["differences"]["accuracy"]["value"] > 0
    assert better["against"] == runs[0]
    assert (same["p"], same["better"], same["worse"], same["now_right"]) == (1, 0, 0, [])
    assert found["settings"]["epochs"] == [2, 20, 2]


def test_the_same_settings_are_said_to_be_the_same(runs, call):
    assert call("compare", runs[0], runs[0]).out.splitlines()[-1] == "settings  the same"


def test_pictures_are_named_by_their_files(call, tmp_path):
    rng = np.random.default_rng(0)
    for name, level in (("dark", 60), ("light", 190)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(20):
            pixels = rng.normal(level, 40, (8, 8)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    data = wxb.load_data(str(tmp_path / "photos"))
    for name, epochs in (("one", 1), ("more", 20)):
        wxb.train(data, "SOFTMAX", epochs=epochs, learning_rate=0.001 if epochs == 1 else 0.1, seed=0, out=name)
    (pair,) = valid(call("compare", "one", "more", "--json").json)["pairs"]
    changed = [*pair["now_right"], *pair["now_wrong"]]
    assert all(change["file"] == data.files[change["row"]] for change in changed)
    assert len(changed) == pair["better"] + pair["worse"]


def test_numbers_have_their_own_line(call, tmp_path):
    from wxb.cli.compare import difference_line
    from wxb.runs.compare import Difference, Pair

    differences = {"r2": Difference(0.1, (0.05, 0.15)), "rmse": Difference(-2.5, (-3, -2))}
    pair = Pair(tmp_path, differences, None, 5, 3, (), ())
    assert difference_line("regression", pair) == "R² +0.100 [0.050, 0.150], error -2.5 [-3, -2]"
    assert difference_line("regression", None) == ""


@pytest.mark.parametrize(
    ("p", "said"),
    [(0.0001, "p < 0.001: more than chance"), (0.049, "p = 0.049: more than"), (0.05, "p = 0.05: no more than chance")],
)
def test_chance_is_said_in_words(p, said, tmp_path):
    from wxb.cli.compare import difference_line
    from wxb.runs.compare import Difference, Pair

    pair = Pair(tmp_path, {"accuracy": Difference(-0.013, (-0.03, 0.004))}, p, 5, 3, (), ())
    assert difference_line("classification", pair).startswith(f"-1.3 points [-3.0, 0.4], {said}")


def test_mistakes_are_said(runs, call):
    ended = call("compare", runs[0])
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "error: a comparison needs at least two runs\n  fix: wxb compare RUN RUN; wxb runs lists them\n"
    )
    assert call("compare", runs[0], "nowhere").err.startswith("error: there is no run nowhere\n")
