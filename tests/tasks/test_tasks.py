"""The kinds of target: what each says of itself, and that its measures have one name everywhere."""

from __future__ import annotations

import json

import numpy as np
import pytest

import wxb
from wxb.cli.main import main
from wxb.errors import WxbError
from wxb.settings import SETTINGS
from wxb.tasks import TASKS, need_task


def test_the_setting_offers_every_task():
    assert SETTINGS["task"].choices == tuple(TASKS)


def test_a_misspelt_task_is_met_with_the_nearest():
    with pytest.raises(WxbError, match="classifcation is not a task; classification is\n  known: classification, "):
        need_task("classifcation")


@pytest.mark.parametrize(
    ("task", "number", "text"),
    [
        ("classification", 10, "in 10 classes"),
        ("multilabel", 1, "with 1 label"),
        ("multilabel", 1200, "with 1,200 labels"),
        ("regression", 1, "with 1 target"),
        ("regression", 2, "with 2 targets"),
    ],
)
def test_outputs_are_counted_in_words(task, number, text):
    assert TASKS[task].about(number) == text


@pytest.mark.parametrize(
    ("task", "test", "line"),
    [
        ("classification", {"accuracy": 0.989, "interval": [0.975, 0.995]}, "98.9 % [97.5, 99.5] of 449"),
        (
            "multilabel",
            {"exact_match": 0.5, "interval": [0.45, 0.55], "label_accuracy": 0.896},
            "exact match 50.0 % [45.0, 55.0], label accuracy 89.6 % of 449",
        ),
        (
            "regression",
            {"r2": 0.813, "r2_interval": [0.79, 0.835], "rmse": 52.13, "rmse_interval": [50.2, 54.0]},
            "R² 0.813 [0.790, 0.835], error 52.13 [50.2, 54] of 449",
        ),
    ],
)
def test_a_test_score_is_told_with_its_intervals(task, test, line):
    assert TASKS[task].line({"examples": 449, **test}) == line


def test_exact_match_and_label_accuracy_have_their_names_everywhere(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    labels = np.stack([rows[:, 0] > 0, rows[:, 1] > 0, rows.sum(1) > 0], axis=1)
    data = wxb.load_data(rows, labels)
    run = wxb.train(data, "FC-8-RELU, SIGMOIDS", epochs=3, out="run")
    evaluation = run.evaluate(data)
    right = run.predict(data.part("test")[0]).values == data.part("test")[1]
    assert evaluation.exact_match == pytest.approx(right.all(axis=1).mean())
    assert evaluation.label_accuracy == pytest.approx(right.mean())
    names = {"exact_match", "label_accuracy"}
    assert names <= run.history[-1].validation.keys()
    assert names <= run.report.test.keys()
    assert "accuracy" not in run.history[-1].validation.keys() | run.report.test.keys()
    assert run.report.measure == "exact_match"
    for text in (run.text("report.md"), run.text("report.html")):
        assert "exact match" in text
        assert "label accuracy" in text
    capsys.readouterr()
    assert main(["report", "run"]) == main(["runs", "."]) == 0
    line = f"exact match {100 * evaluation.exact_match:.1f} %"
    assert capsys.readouterr().out.count(line) == 2
    assert main(["report", "run", "--json"]) == 0
    assert names <= json.loads(capsys.readouterr().out)["test"].keys()


def test_the_best_epoch_of_labels_is_chosen_by_the_accuracy_of_single_labels():
    scores = np.array([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]], np.float32)
    targets = np.array([[1, 1], [1, 1], [1, 1], [1, 1]], np.float32)
    score = TASKS["multilabel"].validate(scores, targets, loss=0.3)
    assert (score.label_accuracy, score.exact_match, score.value) == (0.75, 0.5, 0.75)
    assert score.text == "label accuracy 75.0 %, exact match 50.0 %"


def test_a_score_that_rounds_to_zero_has_no_sign():
    measure = TASKS["regression"].measure
    assert measure.labelled(-0.0004) == "R² 0.000"
    assert measure.interval_text((-0.0012, -0.0003)) == "[-0.001, 0.000]"
