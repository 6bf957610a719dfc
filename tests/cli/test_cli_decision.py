"""`--optimize`: a threshold fitted to what was held out, stored, used by every command, said with what it changed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import f1_score

import wxb
from tests.cli.conftest import valid
from wxb.cli import results
from wxb.data import load_data
from wxb.runs.run import Run
from wxb.trials import Trial
from wxb.views.gallery.confusion import confusion

NETWORK = "FC-8-RELU, SOFTMAX"


def rare(rows: int = 600, classes: int = 2) -> pl.DataFrame:
    """A class of every seventh row or so that two numbers tell, not surely."""
    random = np.random.default_rng(0)
    x, z = random.normal(size=(2, rows))
    score = x + z + random.normal(size=rows)
    names = ("no", "yes", "certainly")[:classes]
    of = (score > 1.8).astype(int) + ((score > 2.6) if classes == 3 else 0)
    return pl.DataFrame({"x": x.round(4), "z": z.round(4), "y": np.array(names)[of]})


@pytest.fixture
def run(call):
    rare().write_csv("t.csv")
    ended = call("train", "t.csv", NETWORK, "--target", "y", "--optimize", "f1", "--epochs", 6, "--out", "run")
    assert ended.code == 0, ended.err
    return Run.open("run"), ended


def test_a_threshold_is_stored_said_and_used_by_every_command(call, run):
    opened, ended = run
    decision = opened.summary.decision
    assert (decision.optimize, decision.offsets[0], decision.examples) == ("f1", 0, len(opened.split.validation))
    assert "decided   Answers are decided for F1 of yes: yes from " in ended.out
    data = opened.load_data()
    rows = opened.split.test
    given = data.targets[rows]
    found = opened.evaluate()
    predicted = opened.predict(data.examples[rows])
    threshold = 1 / (1 + np.exp(decision.offsets[1]))
    np.testing.assert_array_equal(predicted.values, predicted.probabilities[:, 1] > threshold)
    f1 = f1_score(given, predicted.values)
    assert found.per_class[1].f1 == pytest.approx(f1)
    plain = f1_score(given, predicted.probabilities.argmax(1))
    report = opened.report
    assert report.decision.measures["f1"] == pytest.approx((plain, f1))
    assert report.decision.measures["accuracy"][1] == pytest.approx(found.accuracy)
    assert np.array(report.confusion).tolist() == [list(row) for row in found.confusion]
    assert f"yes from {100 * threshold:.1f} % on, else no" in opened.text("report.md")
    assert "the probabilities stay" in opened.text("report.html")
    evaluated = valid(call("evaluate", "run", "--json").json)
    assert evaluated["decision"]["offsets"] == list(decision.offsets)
    assert ("By so few examples" in ended.out) is (decision.examples < 200)
    assert ("no better than" in ended.out) is ("by its most probable answers" in ended.out)
    counts = confusion(opened)["counts"]
    np.testing.assert_array_equal(counts, found.confusion)
    answer = valid(json.loads(call("predict", "run", "t.csv", "--json").out))
    every = opened.predict("t.csv")
    assert [one["class"] for one in answer["predictions"]] == list(every.classes)
    assert answer["predictions"][0]["probability"] == pytest.approx(float(every.confidence[0]))
    assert call("compare", "run", "run").code == 0
    note = "answers are decided for f1 by thresholds, and need not be the most probable; wxb report run says them"
    assert note in answer["notes"]
    said = call("evaluate", "run")
    assert said.out.startswith(f"test      {100 * found.accuracy:.1f} %")
    assert note in " ".join(said.err.split())
    assert note in json.loads(call("evaluate", "run", "--json").out)["notes"]


def test_probabilities_and_what_is_learned_do_not_change(call, run):
    opened, _ = run
    plain = call("train", "t.csv", NETWORK, "--target", "y", "--epochs", 6, "--out", "plain")
    assert plain.code == 0, plain.err
    other = Run.open("plain")
    first, second = opened.predict("t.csv"), other.predict("t.csv")
    np.testing.assert_array_equal(first.probabilities, second.probabilities)
    assert (first.values != second.values).any()
    assert opened.evaluate().log_loss == other.evaluate().log_loss


def test_the_decision_is_the_best_on_what_was_held_out():
    data = load_data(rare(), target="y")
    for optimize in ("f1", "balanced", "accuracy"):
        trial = Trial(data, NETWORK, epochs=3, optimize=optimize).train()
        plain, decided = trial.score("validation", decided=False), trial.score("validation")
        value = {
            "f1": lambda one: one.per_class[1].f1,
            "balanced": lambda one: one.balanced_accuracy,
            "accuracy": lambda one: one.accuracy,
        }[optimize]
        assert value(decided) >= value(plain)
    assert Trial(data, NETWORK, epochs=1).train().decision is None


def test_a_bagged_network_is_decided_out_of_fold_and_three_classes_have_offsets(call):
    rare(300, 3).write_csv("three.csv")
    settings = ["--bagging", "--target", "y", "--optimize", "balanced", "--epochs", 2, "--out", "three"]
    ended = call("train", "three.csv", "TEAM-3x2(FC-8-RELU), SOFTMAX", *settings)
    assert ended.code == 0, ended.err
    run = Run.open("three")
    assert run.summary.decision.examples == len(run.split.learned)
    assert len(run.summary.decision.offsets) == 3
    said = " ".join(ended.out.split())
    assert "Answers are decided for balanced accuracy: the scores get certainly" in said
    assert "answered out of fold" in said
    assert run.report.decision.measures["balanced_accuracy"][1] == pytest.approx(run.evaluate().balanced_accuracy)


def test_labels_have_thresholds_of_their_own(call):
    frame = rare().with_columns(a=(pl.col("x") > 1).cast(pl.Int8), b=(pl.col("z") > 1.3).cast(pl.Int8)).drop("y")
    frame.write_csv("labels.csv")
    ended = call("train", "labels.csv", "FC-8-RELU, SIGMOIDS", "--target", "a,b", "--optimize", "f1", "--epochs", 2,
                 "--out", "labels")  # fmt: skip
    assert ended.code == 0, ended.err
    run = Run.open("labels")
    found = run.predict("labels.csv")
    thresholds = 1 / (1 + np.exp(run.summary.decision.offsets))
    np.testing.assert_array_equal(found.values, found.probabilities > thresholds)
    assert "decided for mean F1: a from" in " ".join(ended.out.split())


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            ["--target", "x", "--optimize", "f1"],
            "error: --optimize f1 decides between answers; the targets are",
        ),
        (["--target", "y", "--optimize", "f1", "--split", "0.8,0,0.2"], "error: --optimize f1 needs a validation part"),
        (["--target", "y", "--optimize", "f2"], "error: --optimize f2: expected none, accuracy, balanced or f1"),
    ],
)
def test_what_cannot_be_decided_is_refused(call, more, said):
    rare().write_csv("t.csv")
    ended = call("train", "t.csv", "FC-4-RELU, " + ("EUCLID" if "x" in more else "SOFTMAX"), *more)
    assert ended.code == 2
    assert ended.err.startswith(said)
    assert not Path("runs").exists()


def test_a_snapshot_answers_what_is_most_probable(call):
    rare().write_csv("t.csv")
    settings = ["--target", "y", "--optimize", "f1", "--epochs", 4, "--snapshots", 2, "--out", "kept"]
    ended = call("train", "t.csv", NETWORK, *settings)
    assert ended.code == 0, ended.err
    run = Run.open("kept")
    then, now = (one.predict("t.csv") for one in (run.at(run.snapshots[-1]), run))
    np.testing.assert_array_equal(then.values, then.probabilities.argmax(1))
    assert (now.values != now.probabilities.argmax(1)).any()


def test_a_resumed_training_is_decided_alike(call, run):
    opened, _ = run
    assert wxb.load_data("t.csv", target="y").fingerprint == opened.data.fingerprint
    again = call("train", "--config", "run/settings.toml", "--out", "again")
    assert again.code == 0, again.err
    assert Run.open("again").summary.decision == opened.summary.decision


def test_baselines_are_compared_with_the_most_probable_answers():
    test = {"examples": 50, "accuracy": 0.4, "interval": [0.3, 0.5], "loss": 0.5}
    better = results.test_lines("classification", test, {"majority": 0.6}, 0.8)
    assert "no better" not in better
    worse = results.test_lines("classification", test, {"majority": 0.6}, 0.5)
    assert "no better than majority by its most probable answers: 50.0 % against 60.0 %" in worse
