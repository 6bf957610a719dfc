"""What a report shows of the inside of a network: filters, columns that matter, and the pair that is confused most."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import wxb
from wxb import views
from wxb.report.inside import inside

NASTY = ("<b>a</b>", "x|y", "z")


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    data = wxb.load_data("digits")
    run = wxb.train(
        data, "CONV5-6-RELU-POOL-FC-16-RELU, SOFTMAX", epochs=2, out=tmp_path_factory.mktemp("digits") / "run"
    )
    return run, data


def report_of(run):
    return json.loads((run.path / "report.json").read_text())


def test_the_worst_pair_is_that_with_the_most_mistakes_both_ways(digits):
    run, data = digits
    pair = report_of(run)["inside"]["pair"]
    counts = views.confusion(run, data)["counts"]
    both = counts + counts.T
    np.fill_diagonal(both, 0)
    first, second = (data.classes.index(name) for name in pair["classes"])
    assert both[first, second] == both.max() == pair["mistakes"]
    targets = data.targets[run.split.test]
    assert pair["examples"] == np.isin(targets, (first, second)).sum() == len(pair["points"])
    assert sum(which for _, _, which, _ in pair["points"]) == (targets == second).sum()
    assert sum(wrong for *_, wrong in pair["points"]) == pair["mistakes"]
    assert pair["layer"] == "5.RELU"
    first, second = pair["classes"]
    said = f"{first} and {second}: {pair['mistakes']} mistakes of {pair['examples']} test examples"
    assert said in (run.path / "report.html").read_text()
    assert said in (run.path / "report.md").read_text()


def test_filters_are_the_weights_of_the_first_layer_as_colours(digits):
    run, _ = digits
    filters = report_of(run)["inside"]["filters"]
    weights = views.filters(run)["weights"][:, 0]
    assert (filters["layer"], filters["units"], filters["shown"], filters["colours"]) == ("1.CONV5-6", 6, 6, False)
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(filters["picture"].split(",")[1]))))
    zoom = round(48 / 5)
    for unit in range(6):
        left = unit * (5 * zoom + 4) + zoom // 2
        for row, column in ((0, 0), (2, 4), (4, 1)):
            red, _, blue, alpha = picture[row * zoom + zoom // 2, left + column * zoom].astype(int)
            assert alpha == 255
            weight = weights[unit, row, column]
            if abs(weight) > 0.1 * abs(weights).max():
                assert (blue > red) == (weight > 0)
    assert picture[0, 5 * zoom + 1, 3] == 0
    assert "Weights of 1.CONV5-6, 6 units. Blue weights are above 0" in (run.path / "report.html").read_text()


def test_columns_that_matter_are_those_of_the_view(tmp_path):
    rng = np.random.default_rng(0)
    lines = [f"{a:.3f},{b:.3f},{'uv'[int(a > 0)]}" for a, b in rng.normal(size=(300, 2))]
    (tmp_path / "t.csv").write_text("\n".join(["<b>useful</b>,noise,kind", *lines]))
    data = wxb.load_data(tmp_path / "t.csv", target="kind")
    run = wxb.train(data, "FC-8-RELU, SOFTMAX", epochs=30, out=tmp_path / "run")
    found = report_of(run)["inside"]["importance"]
    assert [one["column"] for one in found["columns"]] == ["<b>useful</b>", "noise"]
    view = views.importance(run, data)
    assert found["columns"][0]["rise"] == pytest.approx(view["rises"][0], rel=0.2)
    low, high = found["columns"][0]["interval"]
    assert low < found["columns"][0]["rise"] < high
    assert found["examples"] == len(run.split.test)
    page = (run.path / "report.html").read_text()
    assert "<b>useful" not in page
    assert "&lt;b&gt;useful" in page


def test_a_report_stays_one_file_below_a_megabyte_with_many_classes_and_filters(tmp_path):
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 255, (1200, 3, 40, 40), dtype=np.uint8)
    data = wxb.load_data(pictures, np.arange(1200) % 60, classes=[f"{NASTY[0]} {place}" for place in range(60)])
    run = wxb.train(data, "CONV11-128-RELU-POOL-GAP, SOFTMAX", epochs=1, out=tmp_path / "run")
    page = (run.path / "report.html").read_text()
    assert len(page.encode()) < 10**6
    assert report_of(run)["inside"]["filters"]["shown"] == 64
    assert report_of(run)["inside"]["filters"]["colours"]
    assert "<b>a" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_what_does_not_apply_is_left_out(tmp_path):
    data = wxb.load_data("ring", examples=200)
    assert set(inside(wxb.build("FC-4-RELU, SOFTMAX", data), data, tested=False)) == set()
    found = inside(wxb.build("FC-4-RELU, SOFTMAX", data), data, tested=True)
    assert set(found) == {"importance", "pair"}
    numbers = wxb.load_data("sine", examples=200)
    assert set(inside(wxb.build("FC-4-RELU, EUCLID", numbers), numbers, tested=True)) == {"importance"}
    digits = wxb.load_data("digits")
    designed = wxb.build("HIST-FC-4-RELU, SOFTMAX", digits)
    assert set(inside(designed, digits, tested=False)) == set()


def test_a_network_is_left_as_it_was():
    data = wxb.load_data("digits")
    model = wxb.build("CONV-4-BN-RELU-DROP-GAP, SOFTMAX", data).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    inside(model, data, tested=True)
    assert model.training
    assert all(value.equal(before[name]) for name, value in model.state_dict().items())


def test_the_same_training_shows_the_same_inside(tmp_path):
    data = wxb.load_data("digits")
    runs = [wxb.train(data, "FC-8-RELU, SOFTMAX", epochs=1, out=tmp_path / name) for name in "ab"]
    assert report_of(runs[0])["inside"] == report_of(runs[1])["inside"]
    assert Path(runs[0].path / "report.html").exists()
