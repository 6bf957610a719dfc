"""Runs side by side: paired statistics, what changed, what differs, what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wxb
from wxb.errors import WxbError
from wxb.runs.compare import SHOWN, compare
from wxb.tasks.paired import bootstrap, mcnemar, newcombe

counts = st.integers(0, 300)


@pytest.mark.parametrize(("gained", "lost"), [(0, 0), (1, 0), (5, 5), (12, 1), (3, 9), (30, 12)])
def test_mcnemar_counts_every_change_that_is_as_uneven(gained, lost):
    changed = gained + lost
    as_uneven = sum(math.comb(changed, k) for k in range(changed + 1) if abs(2 * k - changed) >= abs(gained - lost))
    assert mcnemar(gained, lost) == pytest.approx(as_uneven / 2**changed)


def test_mcnemar_of_many_changes_is_a_probability():
    assert 0 < mcnemar(40_000, 39_000) < 0.001
    assert mcnemar(40_000, 40_000) == 1


# table III of Newcombe's paper, method 10: both, one alone, the other alone, neither
@pytest.mark.parametrize(
    ("table", "interval"),
    [
        ((36, 12, 2, 0), (0.0569, 0.3404)),
        ((20, 12, 2, 16), (0.0562, 0.3292)),
        ((18, 12, 2, 18), (0.0562, 0.3290)),
        ((36, 14, 0, 0), (0.1528, 0.4167)),
        ((35, 14, 0, 1), (0.1461, 0.4175)),
        ((18, 14, 0, 18), (0.1441, 0.3963)),
        ((2, 97, 1, 0), (0.8721, 0.9854)),
    ],
)
def test_newcombe_s_intervals_are_the_published_ones(table, interval):
    assert newcombe(*table) == pytest.approx(interval, abs=6e-5)


@given(counts, counts, counts, counts)
def test_newcombe_s_interval_holds_the_difference_and_turns_with_the_order(both, gained, lost, neither):
    if not both + gained + lost + neither:
        both = 1
    low, high = newcombe(both, gained, lost, neither)
    difference = (gained - lost) / (both + gained + lost + neither)
    assert -1 - 1e-9 <= low <= difference + 1e-9
    assert difference - 1e-9 <= high <= 1 + 1e-9
    assert newcombe(both, lost, gained, neither) == pytest.approx((-high, -low))


def test_the_bootstrap_is_paired_and_gives_the_same_bits_twice():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(400, 2))
    noise = rng.normal(size=(400, 2))
    first, second = truth + noise, truth + 0.9 * noise  # each error a tenth smaller
    found = bootstrap(truth, first, second, seed=3)
    assert found == bootstrap(truth, first, second, seed=3)
    rmse, (low, high) = found["rmse"]
    assert rmse == pytest.approx(-0.1 * np.sqrt((noise**2).mean(axis=0)).mean())
    assert low < rmse < high < -0.08  # unpaired it would hold 0
    r2, (low, high) = found["r2"]
    assert 0 < low < r2 < high
    assert bootstrap(truth, first, first, seed=3)["r2"] == (0, (0, 0))


def test_the_bootstrap_of_targets_that_are_all_alike_is_finite():
    flat = np.ones((20, 1))
    assert bootstrap(flat, flat, flat + 1, seed=0) == {"r2": (-1, (-1, -1)), "rmse": (1, (1, 1))}


@pytest.fixture(scope="module")
def ring():
    return wxb.load_data("ring", examples=300)


@pytest.fixture(scope="module")
def runs(ring, tmp_path_factory):
    """Three trainings on the ring: a line, a small network, and one with a head without probabilities."""
    out = tmp_path_factory.mktemp("runs")
    networks = {"line": "SOFTMAX", "small": "FC-32-RELU, SOFTMAX", "margin": "FC-32-RELU, SVM"}
    return [
        wxb.train(ring, network, epochs=2 if name == "line" else 20, learning_rate=0.05, out=out / name)
        for name, network in networks.items()
    ]


def test_runs_are_compared_on_the_same_examples_with_what_changed(runs, ring):
    found = compare(runs, ring)
    assert (found.data, found.task, found.examples) == ("ring", "classification", 75)
    assert [score.summary() for score in found.scores] == [run.evaluate(ring).summary() for run in runs]
    for run, pair in zip(runs[1:], found.pairs, strict=True):
        rows = ring.split.test
        x, y = ring.part("test")
        was, now = runs[0].predict(x).values == y, run.predict(x).values == y
        assert pair.better == (now & ~was).sum() > 0
        assert pair.worse == (was & ~now).sum()
        one = pair.differences["accuracy"]
        assert one.value == pytest.approx(now.mean() - was.mean())
        assert one.interval[0] < one.value < one.interval[1]
        assert pair.p == mcnemar(pair.better, pair.worse)
        assert len(pair.now_right) == min(SHOWN, pair.better)
        for change in (*pair.now_right, *pair.now_wrong):
            place = int(np.flatnonzero(rows == change.row)[0])
            assert change.given == ring.classes[y[place]]
            assert (change.first == change.given, change.other == change.given) == (was[place], now[place])
            assert change.file is None


def test_changes_come_with_the_most_confident_first(runs, ring):
    small, margin = compare(runs, ring).pairs
    chances = [change.probability for change in small.now_right]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] == pytest.approx(runs[1].predict(ring.examples[[small.now_right[0].row]]).probabilities.max())
    assert {change.probability for change in margin.now_right} == {None}


def test_settings_that_differ_are_named_with_each_run_s_value(runs, ring):
    settings = compare(runs, ring).settings
    assert settings["epochs"] == (2, 20, 20)
    assert {"data", "learning_rate"} & set(settings) == set()
    assert settings["network"] == tuple(run.summary.network for run in runs)


def test_a_run_is_no_better_than_itself(runs):
    found = compare([runs[1].path, str(runs[1].path)])  # the data is loaded again
    (pair,) = found.pairs
    assert (pair.better, pair.worse, pair.p, pair.now_right, pair.now_wrong) == (0, 0, 1, (), ())
    assert pair.differences["accuracy"].value == 0
    assert found.settings == {}


def test_labels_are_right_when_all_are(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2)).astype(np.float32)
    data = wxb.load_data(x, (x > 0).astype(np.float32), name="signs", classes=("right", "up"))
    assert data.task == "multilabel"
    runs = [wxb.train(data, "SIGMOIDS", epochs=epochs, out=tmp_path / str(epochs)) for epochs in (1, 15)]
    found = compare(runs, data)
    right = [(run.predict(data.part("test")[0]).values == data.part("test")[1]).all(axis=1) for run in runs]
    assert found.pairs[0].better == (right[1] & ~right[0]).sum() > 0
    change = found.pairs[0].now_right[0]
    assert change.other == change.given != change.first
    assert set(change.given.split(", ")) <= {"right", "up", "none"}


def test_numbers_are_compared_by_r2_and_error(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2)).astype(np.float32)
    data = wxb.load_data(x, x @ np.array([[2.0], [1.0]], np.float32), name="plane", classes=("height",))
    runs = [wxb.train(data, "EUCLID", epochs=epochs, out=tmp_path / str(epochs)) for epochs in (1, 15)]
    found = compare(runs, data)
    (pair,) = found.pairs
    scores = [run.evaluate(data).fit for run in runs]
    assert pair.p is None
    assert pair.differences["r2"].value == pytest.approx(scores[1].r2 - scores[0].r2, abs=1e-6)
    assert pair.differences["rmse"].value == pytest.approx(scores[1].rmse - scores[0].rmse, abs=1e-6)
    assert pair.differences["rmse"].interval[1] < 0
    assert pair.better + pair.worse == found.examples
    change = pair.now_right[0]
    given, first, other = (float(text) for text in (change.given, change.first, change.other))
    assert abs(other - given) < abs(first - given)
    assert change.probability is None


def test_one_run_is_compared_with_nothing(runs):
    with pytest.raises(WxbError, match="a comparison needs at least two runs"):
        compare(runs[:1])


def test_runs_of_other_data_are_refused_with_what_differs(runs, ring, tmp_path):
    other = wxb.train(wxb.load_data("quadrants", examples=200), "SOFTMAX", epochs=1, out=tmp_path / "other")
    with pytest.raises(WxbError) as refused:
        compare([runs[0], other], ring)
    lines = str(refused.value).splitlines()
    assert lines[0] == f"{runs[0].path} and {other.path} were not tested on the same examples"
    assert lines[1:3] == ["  data: ring; quadrants", "  examples: 300; 200"]


def test_runs_with_another_split_are_refused(runs, ring, tmp_path):
    moved = wxb.load_data("ring", examples=300, split=(0.5, 0.1, 0.4))
    other = wxb.train(moved, "SOFTMAX", epochs=1, out=tmp_path / "other")
    assert moved.fingerprint == ring.fingerprint
    with pytest.raises(WxbError, match=r"the split: stratified 0\.64/0\.11/0\.25, seed 0; stratified 0\.5/0\.1/0\.4"):
        compare([runs[0], other], ring)


def test_of_a_table_that_was_split_otherwise_the_split_is_named(tmp_path):
    rng = np.random.default_rng(0)
    table = tmp_path / "plane.csv"
    table.write_text("x,y\n" + "".join(f"{x:.3f},{2 * x:.3f}\n" for x in rng.normal(size=80)))
    runs = [
        wxb.train(wxb.load_data(table, target="y", seed=seed), "EUCLID", epochs=1, out=tmp_path / str(seed))
        for seed in (0, 1)
    ]
    with pytest.raises(WxbError) as refused:
        compare(runs)
    assert str(refused.value).splitlines()[1].startswith("  the split: ")


def test_data_that_has_changed_is_refused(runs):
    with pytest.raises(WxbError) as refused:
        compare(runs, wxb.load_data("ring", examples=200))
    assert str(refused.value).startswith(f"the data has changed since {runs[0].path} was trained\n  examples: 300 then")
