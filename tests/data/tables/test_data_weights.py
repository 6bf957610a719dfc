"""Sample weights: how they are read, what they count in scores, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from wxb.data import load_data
from wxb.data.folds import folds
from wxb.errors import WxbError
from wxb.tasks import TASKS
from wxb.tasks.metrics import share
from wxb.tasks.task import Answers
from wxb.trials import Trial

ROWS = 90


def table(weights=None, rows=ROWS) -> pl.DataFrame:
    random = np.random.default_rng(0)
    x = random.normal(size=rows)
    return pl.DataFrame(
        {
            "w": np.arange(rows) % 4 if weights is None else weights,
            "x": x,
            "z": random.normal(size=rows),
            "y": np.where(x > 0.2, "yes", "no"),
        }
    )


def said(error: pytest.ExceptionInfo[WxbError]) -> str:
    return str(error.value)


def test_a_column_of_weights_is_no_feature_and_new_tables_need_not_have_it(tmp_path):
    table().write_csv(tmp_path / "t.csv")
    data = load_data(tmp_path / "t.csv", target="y", weight="w")
    np.testing.assert_array_equal(data.weights, np.arange(ROWS) % 4)
    assert data.features == ("x", "z")
    assert "weighted by w" in str(data)
    assert [column.kind for column in data.preparation.columns] == ["weight", "number", "number"]
    assert not any("left out" in note for note in data.notes)
    table().drop("w").write_csv(tmp_path / "new.csv")
    other = load_data(tmp_path / "new.csv", like=data.table)
    assert other.weights is None
    np.testing.assert_array_equal(load_data(tmp_path / "t.csv", like=data.table).weights, data.weights)


def test_weights_come_as_an_array_beside_arrays_and_frames():
    frame, weights = table().drop("w"), np.arange(ROWS) % 4
    for data in (
        load_data(frame, target="y", weight=weights),
        load_data(frame, target="y", weight=pl.Series(weights)),
        load_data(frame.select("x", "z").to_numpy(), frame["y"].to_numpy(), weight=weights.tolist()),
    ):
        np.testing.assert_array_equal(data.weights, weights)
        assert data.weight_name == "weight"


def test_weights_follow_their_rows_where_rows_without_a_target_are_left_out():
    frame = table().with_columns(y=pl.when(pl.int_range(ROWS) % 9 == 2).then(None).otherwise("y"))
    data = load_data(frame, target="y", weight="w")
    np.testing.assert_array_equal(data.weights, np.arange(ROWS)[data.row_numbers] % 4)
    assert len(data.weights) == ROWS - 10


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.where(np.arange(ROWS) == 7, -1.5, 1), "1 weight of w of the data frame is negative, the first in row 7"),
        ([None if i in (3, 5) else 1.0 for i in range(ROWS)], "are no number up to 1e+30, the first in row 3"),
        (np.zeros(ROWS), "all weights of w of the data frame are 0"),
        (["much", "little"] * (ROWS // 2), "w of the data frame holds no numbers, and so no weights"),
        (["1"] * (ROWS - 1) + ["x"], "w: 1 of 90 values is no number, such as x (row 89)"),
    ],
)
def test_what_is_no_weight_is_refused(weights, message):
    with pytest.raises(WxbError) as error:
        load_data(table(weights), target="y", weight="w")
    assert message in said(error)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weight": "v"}, "the data frame has no column v"),
        ({"weight": "y"}, "`target` and `weight` both name y"),
        ({"weight": "w", "drop": "w"}, "`drop` and `weight` both name w"),
        ({"weight": "w", "group": "w"}, "`weight` and `group` both name w"),
        ({"weight": [1.0] * 5}, "`weight` of shape (5,) for 90 rows"),
    ],
)
def test_a_column_that_cannot_be_the_weight_is_named(options, message):
    with pytest.raises(WxbError) as error:
        load_data(table(), target="y", **options)
    assert message in said(error)


def test_a_weight_is_for_tables_and_arrays():
    with pytest.raises(WxbError, match="`weight` is for tables, not for digits"):
        load_data("digits", weight="w")
    with pytest.raises(WxbError, match='`weight="w"` names a column, and an array has none'):
        load_data(np.zeros((20, 2)), [0, 1] * 10, weight="w")
    with pytest.raises(WxbError, match="3 values of `weight` for 20 examples"):
        load_data(np.zeros((20, 2)), [0, 1] * 10, weight=[1, 2, 3])


def test_a_part_whose_weights_are_all_0_is_refused_before_training():
    data = load_data(table(), target="y", weight="w")
    weights = data.weights.copy()
    weights[data.split.test] = 0
    with pytest.raises(WxbError, match="all weights of w in the test part of frame are 0"):
        Trial(replace(data, weights=weights), "SOFTMAX", epochs=1)


@pytest.mark.parametrize("factor", [1e-300, 1e-20, 1e20])
def test_only_the_proportions_of_weights_count(factor):
    data = load_data(table(), target="y", weight="w")
    scaled = replace(data, weights=data.weights * factor)
    first, second = (Trial(one, "FC-4-RELU, SOFTMAX", epochs=2).train().score() for one in (data, scaled))
    assert first.accuracy == pytest.approx(second.accuracy)
    assert first.interval == pytest.approx(second.interval)
    assert first.loss == pytest.approx(second.loss, rel=1e-5)
    for wrong in ([1e300] * ROWS, [np.inf] + [1.0] * (ROWS - 1)):
        with pytest.raises(WxbError, match=r"of the array (is|are) no number up to 1e\+30, the first in row 0"):
            load_data(np.zeros((ROWS, 2)), [0, 1] * (ROWS // 2), weight=wrong)


def test_folds_keep_the_weights_and_the_fingerprint_holds_them():
    data = load_data(table(), target="y", weight="w")
    assert all(fold.weights is data.weights for fold in folds(data, 3))
    assert data.fingerprint != replace(data, weights=data.weights + 1).fingerprint != replace(data).fingerprint


# --- scores -----------------------------------------------------------------------------------------------------------


def answers(task, weights, repeats=1):
    """Answers to 60 examples of three classes, labels or targets, each repeated."""
    random = np.random.default_rng(1)
    scores = random.normal(size=(60, 3)).round(1)
    targets = {
        "classification": random.integers(0, 3, 60),
        "multilabel": random.integers(0, 2, (60, 3)).astype(np.float32),
        "regression": (scores + random.normal(size=(60, 3))).astype(np.float32),
    }[task]
    odds = np.exp(scores)
    chances = {"classification": odds / odds.sum(1, keepdims=True), "multilabel": odds / (1 + odds)}.get(task)
    each = [None if one is None else np.repeat(one, repeats, axis=0) for one in (scores, chances, targets)]
    return Answers(*each, ("a", "b", "c"), np.arange(len(each[0])), 0.5, 0, weights)


@pytest.mark.parametrize("task", ["classification", "multilabel", "regression"])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_whole_weights_score_as_repeated_examples(task, seed):
    counts = np.random.default_rng(seed).integers(1, 5, 60)
    found = TASKS[task].evaluate(answers(task, counts.astype(np.float64)))
    repeated = TASKS[task].evaluate(answers(task, None, counts))
    assert found.weighted
    assert found.summary()["weighted"] is True
    assert not repeated.weighted
    assert "weighted" not in repeated.summary()
    left_out = ("examples", "weighted", "support")
    for one, other in ((found.summary(), repeated.summary()), (found.further(), repeated.further())):
        for name in one.keys() - {*left_out, *(name for name in one if "interval" in name)}:
            assert one[name] == (None if other[name] is None else pytest.approx(other[name], rel=1e-9)), name
    classes = zip(found.tables().get("per_class", ()), repeated.tables().get("per_class", ()), strict=True)
    for one, other in classes:
        assert {name: value for name, value in one.items() if name not in left_out} == pytest.approx(
            {name: value for name, value in other.items() if name not in left_out}
        )


def test_weighted_scores_of_classes_are_those_of_scikit_learn():
    weights = np.random.default_rng(2).exponential(size=60)
    given = answers("classification", weights)
    found = TASKS["classification"].evaluate(given)
    said = given.scores.argmax(1)
    assert found.accuracy == pytest.approx(sklearn.accuracy_score(given.targets, said, sample_weight=weights))
    assert found.balanced_accuracy == pytest.approx(
        sklearn.balanced_accuracy_score(given.targets, said, sample_weight=weights)
    )
    assert found.log_loss == pytest.approx(sklearn.log_loss(given.targets, given.probabilities, sample_weight=weights))
    labels = answers("multilabel", weights)
    areas = TASKS["multilabel"].evaluate(labels).roc_areas
    for i, area in enumerate(areas):
        own = sklearn.roc_auc_score(labels.targets[:, i], labels.scores[:, i], sample_weight=weights)
        assert area == pytest.approx(own)
    numbers = answers("regression", weights)
    fit = TASKS["regression"].evaluate(numbers).per_target["b"]
    of = (numbers.targets[:, 1], numbers.scores[:, 1])
    assert fit.r2 == pytest.approx(sklearn.r2_score(*of, sample_weight=weights))
    assert fit.mae == pytest.approx(sklearn.mean_absolute_error(*of, sample_weight=weights))


def test_the_interval_of_a_weighted_share_is_that_of_fewer_examples():
    right = np.arange(100) % 4 > 0
    plain = share(right)
    assert share(right, np.full(100, 2.5)) == (pytest.approx(plain[0]), pytest.approx(plain[1]))
    uneven = np.where(np.arange(100) < 10, 9.0, 0.1)
    low, high = share(right, uneven)[1]
    assert high - low > 2 * (plain[1][1] - plain[1][0])
    assert share(np.ones(5, bool), np.array([0.1, 0.2, 0.3, 0.7, 1.1]))[0] == pytest.approx(1)
