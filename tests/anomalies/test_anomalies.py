"""Anomalies: what a network that has learned from normal examples finds odd, and how sure that is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text
from sklearn.metrics import roc_auc_score

import wxb
from wxb.anomalies import Detector, anomalies
from wxb.anomalies.written import draw, write
from wxb.data.dataset import Dataset
from wxb.errors import WxbError
from wxb.learning.machine import choose
from wxb.runs.run import Run
from wxb.trials import Trial

CPU = choose("cpu", "float32")


def without(data: Dataset, digit: int) -> Dataset:
    """The digits whose training and validation parts lack one of them."""
    kept = {name: rows[data.targets[rows] != digit] for name, rows in vars(data.split).items() if name != "how"}
    return replace(data, split=replace(data.split, train=kept["train"], validation=kept["validation"]))


@pytest.fixture(scope="module")
def normal(tmp_path_factory) -> tuple[Run, Path]:
    """A run on pictures of a bright square, in a folder; and another folder that also holds crosses."""
    from PIL import Image

    root = tmp_path_factory.mktemp("squares")
    random = np.random.default_rng(0)
    for number in range(240):
        picture = np.zeros((12, 12), np.uint8)
        row, column = random.integers(0, 6, 2)
        picture[row : row + 6, column : column + 6] = random.integers(180, 255)
        (root / "normal").mkdir(exist_ok=True)
        Image.fromarray(picture).save(root / "normal" / f"{number}.png")
    for number in range(20):
        picture = np.zeros((12, 12), np.uint8)
        if number < 10:
            picture[np.arange(12), np.arange(12)] = picture[np.arange(12), 11 - np.arange(12)] = 255
            picture[random.integers(0, 12)] = 200
        else:
            row, column = random.integers(0, 6, 2)
            picture[row : row + 6, column : column + 6] = random.integers(180, 255)
        folder = root / "new" / ("cross" if number < 10 else "square")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / f"{number}.png")
    data = wxb.load_data(root / "normal", task="reconstruction")
    return wxb.train(data, "FC-32-RELU-FC-6, SELF", epochs=30, out=root / "run"), root


def test_crosses_are_odd_among_squares(normal):
    run, root = normal
    new = wxb.load_data(root / "new", task="reconstruction")
    found = anomalies(run, new, rate=5, odd="cross")
    assert found.area > 0.95
    assert found.area == pytest.approx(roc_auc_score(found.truth, found.odd.score))
    first = [found.name(int(one)) for one in found.order[:8]]
    assert all(name.startswith("cross/") for name in first)
    assert found.alarms[found.truth].mean() > 0.8
    assert "row" in found.why(int(found.order[0]))


def test_the_test_part_of_the_run_is_looked_at_where_no_data_are_named(normal):
    found = anomalies(normal[0], rate=10)
    assert np.array_equal(found.rows, normal[0].split.test)
    assert found.alarms.mean() < 0.35  # of normal examples about a tenth


def test_the_threshold_is_exceeded_by_the_share_of_normal_examples_that_was_asked_for(normal):
    held = anomalies(normal[0], rate=20).detector
    assert (held.held > held.threshold(0.2)).mean() <= 0.2
    assert held.held[-1] == held.threshold(1 / (len(held.held) + 1))
    with pytest.raises(WxbError, match="tell no rate of false alarms below") as refused:
        held.threshold(0.0001)
    assert "`rate=" in refused.value.fix


def test_a_column_that_breaks_a_rule_is_named(tmp_path):
    random = np.random.default_rng(0)
    rows = [(t, 2 * t + 1, -t, 3 * t, 5 - t) + 0.05 * random.normal(size=5) for t in random.normal(size=400)]
    lines = [",".join(f"{one:.4f}" for one in row) for row in rows]
    (tmp_path / "table.csv").write_text("a,b,c,d,e\n" + "\n".join(lines) + "\n")
    (tmp_path / "new.csv").write_text("a,b,c,d,e\n" + "\n".join([*lines[:30], "0.5,2,-0.5,1.5,9"]) + "\n")
    data = wxb.load_data(tmp_path / "table.csv", task="reconstruction")
    run = wxb.train(data, "FC-1, SELF", epochs=60, out=tmp_path / "run")
    new = wxb.load_data(tmp_path / "new.csv", task="reconstruction")
    found = anomalies(run, new, rate=5)
    assert found.name(int(found.order[0])) == "row 30"
    assert found.alarms[found.order[0]]
    assert "e 9, expected" in found.why(int(found.order[0]))


def test_a_classifier_measures_the_distance_in_its_code():
    data = without(wxb.load_data("digits"), 0)
    trial = Trial(data, "FC-32-RELU, SOFTMAX", epochs=5).train()
    detector = Detector.fit(trial.model, CPU, data.examples, data.split.train, data.split.validation)
    found = detector.of(data.examples, data.split.test)
    assert found.error is None
    truth = data.targets[data.split.test] == 0
    assert roc_auc_score(truth, found.score) > 0.8


def test_distances_are_relative_to_those_of_the_nearest_codes():
    random = np.random.default_rng(0)
    dense, wide = 0.01 * random.normal(size=(300, 2)), 10 + random.normal(size=(300, 2))
    points = np.concatenate([dense, wide, [[0.1, 0.1], [10.1, 10.1]]]).astype(np.float32)
    data = wxb.load_data(points, task="reconstruction")
    trial = Trial(data, "FC-2, SELF", epochs=1)
    detector = Detector.fit(trial.model, CPU, data.examples, np.arange(600), np.arange(0, 600, 3))
    beside, within, *_ = detector.of(data.examples, np.array([600, 601])).distance
    assert beside > 4 * within
    assert 0.5 < np.median(detector.of(data.examples, np.arange(600)).distance) < 1.1


def test_copies_among_the_training_examples_do_not_make_their_neighbours_odd():
    random = np.random.default_rng(0)
    points = np.concatenate([np.repeat(random.normal(size=(20, 3)), 30, 0), random.normal(size=(200, 3))])
    data = wxb.load_data(points.astype(np.float32), task="reconstruction")
    trial = Trial(data, "FC-2, SELF", epochs=1)
    detector = Detector.fit(trial.model, CPU, data.examples, np.arange(700), np.arange(700, 800))
    assert detector.of(data.examples, np.arange(700, 800)).distance.max() < 100


def test_scores_are_those_of_the_same_examples_alone(normal):
    run, root = normal
    new = wxb.load_data(root / "new", task="reconstruction")
    every = anomalies(run, new, rate=5)
    some = every.detector.of(new.examples, np.array([3, 7]))
    np.testing.assert_allclose(some.score, every.odd.score[[3, 7]], rtol=1e-4)


def test_too_few_normal_examples_are_refused():
    data = wxb.load_data("digits")
    trial = Trial(data, "FC-8, SELF", epochs=1)
    with pytest.raises(WxbError, match="5 normal examples are held back"):
        Detector.fit(trial.model, CPU, data.examples, data.split.train, np.arange(5))


def test_classes_that_are_not_there_are_refused(normal):
    run, root = normal
    with pytest.raises(WxbError, match="crass is no class of new; cross is"):
        anomalies(run, wxb.load_data(root / "new", task="reconstruction"), odd="crass", rate=5)
    with pytest.raises(WxbError, match="has no classes"):
        anomalies(run, odd="cross", rate=5)


def test_a_file_s_name_is_no_formula_in_the_table(normal, tmp_path):
    run, root = normal
    new = wxb.load_data(root / "new", task="reconstruction")
    found = anomalies(run, replace(new, files=("=1+1.png", *new.files[1:])), rate=5)
    table, _ = write(found, tmp_path)
    assert "'=1+1.png" in [line.split(",")[0] for line in table.read_text().splitlines()]


def test_a_run_on_arrays_looks_at_other_arrays_where_those_of_training_are_given(tmp_path):
    x = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    learned = wxb.load_data(x, task="reconstruction")
    run = wxb.train(learned, "FC-2, SELF", epochs=1, out=tmp_path / "run")
    new = wxb.load_data(x[:50], task="reconstruction")
    assert len(anomalies(run, new, rate=5, learned=learned).order) == 50
    with pytest.raises(WxbError, match="which it does not keep") as refused:
        anomalies(run, new, rate=5)
    assert "learned=TRAINING_DATA" in refused.value.fix
    with pytest.raises(WxbError, match=r"is not the data that .* was trained on"):
        anomalies(run, new, rate=5, learned=new)


def test_as_many_digits_are_shown_as_tell_a_score_from_the_threshold(normal):
    found = anomalies(normal[0], rate=10)
    near = replace(found, threshold=float(found.odd.score[found.order[3]]) + 0.0004)
    assert near.decimals(10) > found.decimals(2) == 2
    places = near.decimals(10)
    shown = [round(float(one), places) for one in near.odd.score[near.order[:10]]]
    assert [one > round(near.threshold, places) for one in shown] == near.alarms[near.order[:10]].tolist()


def test_the_sheet_of_a_table_marks_alarms_and_names_each_row_once(tmp_path):
    random = np.random.default_rng(0)
    lines = [f"{one:.3f},{2 * one:.3f}" for one in random.normal(size=200)]
    (tmp_path / "table.csv").write_text("a,b\n" + "\n".join(lines))
    run = wxb.train(wxb.load_data(tmp_path / "table.csv", task="reconstruction"), "FC-1, SELF", epochs=5,
                    out=tmp_path / "run")  # fmt: skip
    found = anomalies(run, rate=10)
    drawn = [text.get_text() for text in draw(found).findobj(Text) if "row " in text.get_text()]
    assert len(drawn) == 20
    assert all(text.count("row ") == 1 for text in drawn)
    assert sum(" alarm," in text for text in drawn) == min(found.found, 20) > 0
