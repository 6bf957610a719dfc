"""Prediction intervals and sets: limits by hand, coverage on made-up data, and what a run keeps for them."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file

import wxb
from tests.runs.test_run_use import done, numbers_data
from wxb.data import load_data
from wxb.data.split import PartRows
from wxb.errors import WxbError
from wxb.learning.bagging import folds_of
from wxb.learning.inference import out_of_fold
from wxb.learning.machine import choose
from wxb.runs.folder import NONCONFORMITY
from wxb.runs.manifest import manifest_text, read_manifest, strangers
from wxb.runs.run import Run
from wxb.runs.verify import verify
from wxb.storage import write_tensors
from wxb.tasks import TASKS
from wxb.tasks.classification import ClassificationPrediction
from wxb.tasks.conformal import Limits, limits
from wxb.training import Training
from wxb.trials import Trial

LEVEL = 90
VALIDATING, TESTED = 1_000, 4_000


def parts(train: int, validation: int, test: int) -> PartRows:
    rows = [*range(train + validation + test)]
    return PartRows(tuple(rows[:train]), tuple(rows[train : train + validation]), tuple(rows[train + validation :]))


def numbers(test: int = TESTED, targets: int = 1) -> wxb.Dataset:
    """Numbers with noise, the second target's ten times as large."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300 + VALIDATING + test, 2)).astype(np.float32)
    noise = rng.standard_t(4, size=(len(x), targets)) * [1, 10][:targets]
    y = (x[:, :1] + noise).astype(np.float32)
    return wxb.load_data(x, y, split=parts(300, VALIDATING, test))


def classes(test: int = TESTED) -> wxb.Dataset:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300 + VALIDATING + test, 2)).astype(np.float32)
    y = (x + rng.gumbel(size=x.shape)).argmax(1) + (x[:, 0] + rng.logistic(size=len(x)) > 2)
    return wxb.load_data(x, y, split=parts(300, VALIDATING, test))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("intervals")


@pytest.fixture(scope="module")
def of_numbers(folder) -> Run:
    return wxb.train(numbers(), "FC-8-RELU, EUCLID", epochs=3, keep="last", threads=1, out=folder / "numbers")


@pytest.fixture(scope="module")
def of_classes(folder) -> Run:
    return wxb.train(classes(), "FC-8-RELU, SOFTMAX", epochs=3, keep="last", threads=1, out=folder / "classes")


# --- the limit ------------------------------------------------------------------------------------------------------


def test_the_limit_is_the_score_of_that_rank_among_one_more():
    scores = np.array([[7.0, 70], [1, 10], [9, 90], [3, 30], [5, 50], [2, 20], [8, 80], [4, 40], [6, 60]])
    assert limits(scores, 90.0).scores.tolist() == [9, 90]  # rank 10 · 0.9 = 9, not 10: 90 % is exact
    assert limits(scores, 80.0).scores.tolist() == [8, 80]
    assert limits(scores, 81.0).scores.tolist() == [9, 90]
    assert limits(scores, 50.0).scores.tolist() == [5, 50]
    assert limits(scores, 1.0).scores.tolist() == [1, 10]


@given(st.integers(1, 300), st.integers(10, 999))
def test_a_level_is_refused_just_where_the_scores_are_too_few(n, tenths):
    level, scores = tenths / 10, np.arange(1.0, n + 1)[:, None]
    rank = -(-(n + 1) * tenths // 1000)  # in whole numbers
    if rank <= n:
        assert limits(scores, level).scores.tolist() == [rank]
        return
    with pytest.raises(WxbError) as refused:
        limits(scores, level)
    needed = int(refused.value.what.split("at least ")[1].split()[0].replace(",", ""))
    assert -(-(needed + 1) * tenths // 1000) <= needed
    assert -(-needed * tenths // 1000) > needed - 1
    offered = float(refused.value.fix.split("=")[1].split("`")[0])
    assert limits(scores, offered).scores.tolist() == [n] or offered < 1


def test_a_set_holds_the_classes_above_the_limit_and_never_nothing():
    shares = np.array([[0.7, 0.2, 0.1], [0.4, 0.35, 0.25], [0.1, 0.45, 0.45]], np.float32)
    found = ClassificationPrediction(("a", "b", "c"), shares.argmax(1), np.log(shares), shares)
    assert found.sets is None
    assert replace(found, limits=Limits(90, np.array([0.7]))).sets == (("a",), ("a", "b"), ("b", "c"))
    small = replace(found, limits=Limits(20, np.array([0.2])))
    assert small.sets == (("a",), ("a",), ("b",))
    (told,) = TASKS["classification"].coverage(np.array([0, 1, 1]), small)
    assert (told.share, told.mean_size) == (2 / 3, 1)
    assert small.cells(1) == ["a", pytest.approx(0.4), 1, 0, 0]
    assert small.row(0) == ("a", "70.0 %", "a")
    assert small.titles == ("prediction", "probability", "20 % set")


# --- coverage -------------------------------------------------------------------------------------------------------


def bounds(tested: int) -> tuple[float, float]:
    """Where the share lies in all but one of some 10,000 draws, over validation and test examples.

    Given the validation examples the coverage is Beta(rank, n + 1 - rank) distributed (Vovk 2012, arXiv:1209.2673), and
    of it the share is binomial.
    """
    p = LEVEL / 100
    deviation = math.sqrt(p * (1 - p) * (1 / VALIDATING + 1 / tested))
    return p - 4 * deviation, p + 4 * deviation


@pytest.mark.parametrize("kind", ["of_numbers", "of_classes"])
def test_intervals_and_sets_hold_as_many_as_their_level_says(kind, request):
    run, data = request.getfixturevalue(kind), numbers() if kind == "of_numbers" else classes()
    (told,) = run.evaluate(data, interval=LEVEL).coverage
    low, high = bounds(TESTED)
    assert low < told.share < high
    assert told.interval[0] < told.share < told.interval[1]
    assert run.evaluate(data).coverage == ()
    (wider,) = run.evaluate(data, interval=99).coverage
    assert wider.share > told.share


def test_with_bagging_every_example_counts_out_of_fold(folder):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(1_000 + TESTED, 2)).astype(np.float32)
    y = (x[:, :1] + rng.normal(size=(len(x), 1))).astype(np.float32)
    data = wxb.load_data(x, y, split=parts(800, 200, TESTED))
    run = wxb.train(
        data, "TEAM-4x2(FC-64-RELU), EUCLID", bagging=True, epochs=40, batch_size=32, learning_rate=0.01, threads=1,
        out=folder / "bagged",
    )  # fmt: skip
    assert load_file(run.path / NONCONFORMITY)["scores"].shape == (1_000, 1)
    (told,) = run.evaluate(data, interval=LEVEL).coverage
    low, high = bounds(TESTED)
    assert low < told.share < high
    (of_validation,) = run.evaluate(data, part="validation", interval=LEVEL).coverage
    of_all = load_file(run.path / NONCONFORMITY)["scores"] <= of_validation.mean_width / 2
    assert of_all.sum() == 901  # ⌈1,001 · 0.9⌉


def test_each_target_has_an_interval_of_its_own(folder):
    data = numbers(test=500, targets=2)
    run = wxb.train(data, "FC-8-RELU, EUCLID", epochs=3, threads=1, out=folder / "two")
    first, second = run.evaluate(data, interval=LEVEL).coverage
    assert (first.name, second.name) == ("target 1", "target 2")
    assert second.mean_width > 5 * first.mean_width
    found = run.predict(data.examples[:3], interval=LEVEL)
    assert found.intervals.shape == (3, 2, 2)
    assert found.columns == ("value_target 1", "value_target 2", "low_target 1", "high_target 1", "low_target 2", "high_target 2")  # fmt: skip # noqa: E501
    assert found.cells(1)[2:] == found.intervals[1].reshape(-1).tolist()
    assert found.answer(1)["interval"] == dict(zip(data.classes, found.intervals[1].tolist(), strict=True))


def test_an_interval_is_the_prediction_and_the_limit_on_both_sides(of_numbers):
    rows = numbers().examples[:5]
    found = of_numbers.predict(rows, interval=LEVEL)
    scores = np.sort(load_file(of_numbers.path / NONCONFORMITY)["scores"][:, 0])
    limit = scores[901 - 1]  # ⌈1,001 · 0.9⌉
    assert np.allclose(found.intervals[:, 0, 0], found.values[:, 0] - limit)
    assert np.allclose(found.intervals[:, 0, 1], found.values[:, 0] + limit)
    assert of_numbers.predict(rows).intervals is None
    assert "90 % interval" in found._repr_html_()


# --- what a run keeps -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "network", "settings"),
    [
        (numbers, "FC-4-RELU, EUCLID", {}),
        (classes, "FC-4-RELU, SOFTMAX", {"calibration": "temperature"}),
        (classes, "TEAM-3x2(FC-4-RELU), SOFTMAX", {"bagging": True}),
    ],
)
def test_the_scores_of_a_run_are_those_that_its_weights_give_again(data, network, settings, tmp_path):
    loaded = data(test=50)
    run = wxb.train(loaded, network, epochs=2, threads=1, out=tmp_path / "run", **settings)
    kept = load_file(run.path / NONCONFORMITY)["scores"]
    trial = Trial(loaded, network, epochs=2, threads=1, **settings)
    trial.model.load_state_dict(run.model().state_dict())
    trial.model.eval()
    assert np.array_equal(trial.nonconformity(), kept)
    assert len(kept) == VALIDATING + (300 if settings.get("bagging") else 0)
    assert (np.diff(kept, axis=0) >= 0).all()


def test_the_scores_are_those_of_the_validation_part(of_numbers, of_classes):
    for run, data in ((of_numbers, numbers()), (of_classes, classes())):
        examples, targets = data.part("validation")
        found = run.predict(examples)
        if run is of_numbers:
            scores = np.abs(found.values - targets)
        else:
            scores = 1 - found.probabilities[np.arange(len(targets)), targets][:, None]
        assert np.allclose(np.sort(scores, axis=0), load_file(run.path / NONCONFORMITY)["scores"], atol=1e-6)


def test_with_bagging_the_scores_are_those_of_the_groups_that_did_not_learn_from_the_example(tmp_path):
    data = numbers(test=50)
    run = wxb.train(data, "TEAM-3x2(FC-16-RELU), EUCLID", bagging=True, epochs=20, threads=1, out=tmp_path / "run")
    model, rows = run.model(), data.split.learned
    folds = folds_of(data, model.plan, run.seed)
    held_out = out_of_fold(model, data.examples, choose("cpu", "float32", 1), rows, folds).numpy()
    kept = load_file(run.path / NONCONFORMITY)["scores"]
    assert np.allclose(np.sort(np.abs(held_out - data.targets[rows]), axis=0), kept, atol=1e-5)
    of_all = run.predict(data.examples[rows]).values
    assert not np.allclose(np.sort(np.abs(of_all - data.targets[rows]), axis=0), kept, atol=1e-3)


def test_the_scores_belong_to_the_run(of_classes, tmp_path):
    copy = shutil.copytree(of_classes.path, tmp_path / "copy")
    assert NONCONFORMITY in read_manifest(copy)
    assert verify(copy).ok
    assert strangers(copy) == []
    (copy / NONCONFORMITY).write_bytes((copy / NONCONFORMITY).read_bytes()[:-1] + b"\1")
    assert verify(copy).differences == (f"{NONCONFORMITY} is not what it was when the run finished",)
    with pytest.raises(WxbError, match=f"{NONCONFORMITY} was changed after the run had finished"):
        Run.open(copy).predict(np.zeros((1, 2), np.float32), interval=LEVEL)
    (copy / NONCONFORMITY).unlink()
    assert verify(copy).differences == (f"{NONCONFORMITY} is missing",)


def test_scores_that_are_not_those_of_the_network_are_refused(of_classes, tmp_path):
    import torch

    from wxb.storage import file_digest

    copy = shutil.copytree(of_classes.path, tmp_path / "copy")
    for scores in (
        {"scores": torch.zeros(50, 2, dtype=torch.float64)},
        {"others": torch.zeros(50, 1, dtype=torch.float64)},
    ):
        write_tensors(copy / NONCONFORMITY, scores, {})
        digests = {**read_manifest(copy), NONCONFORMITY: file_digest(copy / NONCONFORMITY)}
        (copy / "manifest.json").write_bytes(manifest_text(digests))
        with pytest.raises(WxbError, match=f"{NONCONFORMITY} is damaged: its scores are not those of the network"):
            Run.open(copy).predict(np.zeros((1, 2), np.float32), interval=LEVEL)


# --- refusals -------------------------------------------------------------------------------------------------------


def refused(run: Run, level: object = LEVEL) -> WxbError:
    with pytest.raises(WxbError) as error:
        run.predict(np.zeros((1, run.summary.input[0]), np.float32), interval=level)
    with pytest.raises(WxbError) as same:
        run.evaluate(np.zeros((1, run.summary.input[0]), np.float32), np.zeros(1), interval=level)
    assert str(same.value) == str(error.value)
    return error.value


def test_a_run_that_keeps_no_scores_says_how_to_get_them(tmp_path):
    old, _ = done(numbers_data(), tmp_path / "old", "FC-8-RELU, EUCLID")
    problem = refused(old)
    assert problem.what.startswith(f"{old.path} keeps no nonconformity scores")
    assert problem.fix == f"train again: wxb train --config {old.path / 'settings.toml'}"
    (old.path / NONCONFORMITY).write_bytes(b"of another run")
    assert refused(Run.open(old.path)).what == problem.what
    assert strangers(old.path) == [NONCONFORMITY]


def test_a_run_that_has_not_finished_has_no_intervals_and_its_scores_are_no_stranger(tmp_path):
    training = Training(wxb.load_data("ring", examples=100), "SOFTMAX", options={"epochs": 3}, out=tmp_path / "run")
    next(iter(training))
    training.stop()
    run = Run.open(tmp_path / "run")
    assert refused(run).what.startswith(f"{run.path} has no nonconformity scores yet: it was stopped at step 1 of ")
    (run.path / NONCONFORMITY).write_bytes(b"written before a kill")
    assert strangers(run.path) == []


def test_a_run_without_a_validation_part_says_so(tmp_path):
    data = wxb.load_data("ring", examples=100, split=(0.8, 0, 0.2))
    run = wxb.train(data, "SOFTMAX", epochs=1, out=tmp_path / "run")
    assert not (run.path / NONCONFORMITY).exists()
    problem = refused(run)
    assert problem.what == f"{run.path} has no prediction intervals or sets: no example validated it"
    assert problem.fix.startswith("train again with a validation part: `split=")


def test_too_few_examples_for_a_level_are_an_error_with_the_number_needed(tmp_path):
    data = wxb.load_data("ring", examples=40, split=(0.6, 0.2, 0.2))
    run = wxb.train(data, "SOFTMAX", epochs=1, out=tmp_path / "run")
    problem = refused(run)
    assert problem.what == f"{run.path}: a level of 90 % needs at least 9 validation examples; the run has 8"
    assert problem.fix == "`interval=88.8` or less, or train again with more validation examples"
    assert run.predict(data.examples[:1], interval=88.8).sets


@pytest.mark.parametrize("level", [0.9, 100, 0, -5, "90", True, float("nan"), None.__class__])
def test_a_level_that_is_no_share_in_per_cent_is_refused(of_classes, level):
    assert "expected a number from 1 to below 100" in refused(of_classes, level).what


def test_labels_and_heads_without_probabilities_are_refused(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 2)).astype(np.float32)
    labels = wxb.load_data(x, (x > 0).astype(int))
    run = wxb.train(labels, "SIGMOIDS", epochs=1, out=tmp_path / "labels")
    assert not (run.path / NONCONFORMITY).exists()
    with pytest.raises(WxbError, match="no prediction intervals or sets for labels"):
        run.predict(x[:2], interval=LEVEL)
    margins = wxb.train(wxb.load_data(x, (x[:, 0] > 0).astype(int)), "SVM", epochs=1, out=tmp_path / "margins")
    assert refused(margins).fix == "train a network that ends in SOFTMAX"


# --- files ----------------------------------------------------------------------------------------------------------


def test_the_predictions_of_files_have_the_same_intervals(of_numbers, of_classes, tmp_path):
    rows = numbers().examples[:150]
    np.save(tmp_path / "x.npy", rows)
    found, whole = (of_numbers.predict(one, interval=LEVEL) for one in (tmp_path / "x.npy", rows))
    assert np.allclose(found.intervals, whole.intervals)
    found, whole = (of_classes.predict(one, interval=LEVEL) for one in (tmp_path / "x.npy", rows))
    assert found.sets == whole.sets


# --- what the coverage on other parts says ---


def test_a_note_says_where_coverage_says_nothing_of_new_examples(tmp_path):
    data = load_data("sine", examples=400)
    run = wxb.train(data, "FC-8-RELU, EUCLID", epochs=2, out=tmp_path / "run", progress=False)
    assert run.evaluate(interval=80).notes == ()
    assert run.evaluate(part="validation").notes == ()
    (said,) = run.evaluate(part="validation", interval=80).notes
    assert said.startswith("the intervals were fitted to these examples")
    (said,) = run.evaluate(part="train", interval=80).notes
    assert said.startswith("the network has learned from examples of this part")


def test_a_bagged_run_calls_its_examples_out_of_fold(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("x,y\n" + "\n".join(f"{i % 17},{3 * (i % 17)}.5" for i in range(60)))
    run = wxb.train(load_data(table, target="y"), epochs=1, out=tmp_path / "run", progress=False)
    with pytest.raises(WxbError, match=r"needs at least 99 examples answered out of fold; the run has 4\d"):
        run.predict(table, interval=99)
    (said,) = run.evaluate(part="validation", interval=80).notes
    assert "all examples of train and validation, out of fold" in said


def test_a_trial_tells_the_coverage_that_its_run_does(tmp_path):
    data = load_data("sine", examples=400)
    run = wxb.train(data, "FC-8-RELU, EUCLID", epochs=2, out=tmp_path / "run", progress=False)
    trial = Trial(data, "FC-8-RELU, EUCLID", epochs=2).train()
    assert trial.score("test", interval=80).coverage == run.evaluate(interval=80).coverage
    assert trial.score("test").coverage == ()
    with pytest.raises(WxbError, match="needs at least 999 validation examples"):
        trial.score("test", interval=99.9)
    with pytest.raises(WxbError, match="prediction sets need probabilities"):
        Trial(load_data("ring", examples=200), "FC-4-RELU, SVM", epochs=1).train().score("test", interval=80)
