"""Groups: no group stands in two parts or folds, and the classes keep their shares as nearly as whole groups allow."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from wxb.data import load_data
from wxb.data.dataset import PARTS
from wxb.data.folds import folds
from wxb.data.groups import allotted
from wxb.errors import WxbError
from wxb.learning.bagging import folds_of
from wxb.trials import Trial


def patients(rows=300, groups=40, seed=0) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    of = np.sort(random.integers(0, groups, rows))
    x = random.normal(size=rows)
    return pl.DataFrame(
        {
            "x": x,
            "z": random.normal(size=rows),
            "patient": [f"p{one}" for one in of],
            "y": np.where(x + (of % 3) > 1, "ill", "well"),
        }
    )


def parts_of(data) -> list[set[str]]:
    names = np.array(data.groups.names)[data.groups.of]
    return [set(names[data.split.part(part)].tolist()) for part in PARTS]


def need_apart(data) -> None:
    train, validation, test = parts_of(data)
    assert not train & validation
    assert not train & test
    assert not validation & test


def test_a_group_stands_in_one_part_and_the_data_line_counts_the_groups():
    data = load_data(patients(), target="y", group="patient")
    need_apart(data)
    assert data.features == ("x", "z")
    assert "stratified 0.64/0.11/0.25 in 40 groups of patient, seed 0" in str(data)
    shares = [len(data.split.part(part)) / 300 for part in PARTS]
    assert shares == pytest.approx([0.64, 0.11, 0.25], abs=0.03)
    of_class = [(data.targets[data.split.part(part)] == 0).mean() for part in PARTS]
    assert of_class == pytest.approx([(data.targets == 0).mean()] * 3, abs=0.08)


def test_groups_come_as_an_array_beside_arrays_and_frames():
    frame = patients()
    of = frame["patient"].to_numpy()
    first = load_data(frame.drop("patient"), target="y", group=of)
    second = load_data(frame.select("x", "z").to_numpy(), frame["y"].to_numpy(), group=of)
    for data in (first, second):
        need_apart(data)
        assert data.groups.called == "group"
        assert len(data.groups.names) == 40


def test_a_group_stands_in_one_fold_of_a_cross_validation_and_of_bagging():
    data = load_data(patients(), target="y", group="patient")
    seen = []
    for fold in folds(data, 4):
        need_apart(fold)
        seen.append(fold.split.test)
        assert "of 4 in 40 groups of patient" in fold.split.how
    assert sorted(np.concatenate(seen)) == list(range(300))
    trial = Trial(data, epochs=1)
    assert trial.recipe.bagging
    fold = folds_of(data, trial.plan, 0)
    groups = data.groups.of[data.split.learned]
    assert all(len(set(fold[groups == group])) == 1 for group in set(groups.tolist()))
    assert sorted(set(fold.tolist())) == [0, 1, 2, 3, 4]


def test_as_many_folds_as_groups_leave_each_out_once_and_bagging_gives_way():
    data = load_data(patients(60, 3), target="y", group="patient", split="0.5,0.2,0.3")
    for fold in folds(data, 3):
        need_apart(fold)
        assert len(parts_of(fold)[2]) == 1
        assert not Trial(fold, epochs=1).recipe.bagging


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 30), min_size=3, max_size=60),
    classes=st.integers(1, 5),
    shares=st.sampled_from([(0.64, 0.11, 0.25), (0.5, 0.0, 0.5), (0.2,) * 5, (0.9, 0.05, 0.05)]),
    seed=st.integers(0, 100),
)
def test_every_part_gets_whole_groups_and_none_stays_empty(sizes, classes, shares, seed):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    strata = np.random.default_rng(seed).integers(0, classes, len(groups))
    if len(sizes) < sum(share > 0 for share in shares):
        return
    part = allotted(strata, groups, shares, seed)
    assert all(len(set(part[groups == group])) == 1 for group in range(len(sizes)))
    assert set(part.tolist()) == {place for place, share in enumerate(shares) if share}
    np.testing.assert_array_equal(part, allotted(strata, groups, shares, seed))


def spread(strata, fold) -> float:
    """How far the classes' shares in folds are from even ones: the root mean square."""
    table = np.zeros((fold.max() + 1, strata.max() + 1))
    np.add.at(table, (fold, strata), 1)
    return float(np.sqrt(np.square(table / table.sum(0) - 1 / len(table)).mean()))


def test_folds_are_as_even_as_those_of_scikit_learn():
    mine, theirs = [], []
    for seed in range(10):
        random = np.random.default_rng(seed)
        groups = np.sort(random.integers(0, 60, 600))
        strata = np.minimum(random.poisson(0.3 + groups % 3), 3)
        mine.append(spread(strata, allotted(strata, groups, (0.2,) * 5, seed)))
        fold = np.empty(600, np.int64)
        splitter = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        for number, (_, test) in enumerate(splitter.split(groups, strata, groups)):
            fold[test] = number
        theirs.append(spread(strata, fold))
    assert np.mean(mine) <= np.mean(theirs) * 1.05


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"group": "one"}, "all rows are of one group, one here"),
        ({"group": "two"}, "there are 2 groups of two, fewer than the 3 parts (train, validation, test)"),
        ({"group": "gaps"}, "1 example has no gaps, the first in row 4"),
        ({"group": "nowhere"}, "the data frame has no column nowhere"),
        ({"group": "y"}, "`target` and `group` both name y"),
        (
            {"group": "patient", "split": (range(100), range(100, 150), range(150, 300))},
            "`split`: patient p15 stands in train and in validation",
        ),
    ],
)
def test_groups_that_cannot_be_kept_apart_are_refused(options, message):
    frame = patients().with_columns(
        one=pl.lit("here"),
        two=pl.when(pl.int_range(300) < 100).then(pl.lit("a")).otherwise(pl.lit("b")),
        gaps=pl.when(pl.int_range(300) == 4).then(None).otherwise(pl.col("patient")),
    )
    with pytest.raises(WxbError) as error:
        load_data(frame, target="y", **options)
    assert message in str(error.value)


def test_a_class_whose_groups_are_not_in_train_is_named():
    of = np.repeat(["a", "b", "c"], 20)
    data = load_data(np.random.default_rng(0).normal(size=(60, 2)), of, group=of)
    assert sum("no group with class" in note and "is in train: it is not learned" in note for note in data.notes) == 1


def test_two_groups_make_two_parts_and_no_more_folds():
    frame = patients().with_columns(two=pl.int_range(300) % 2)
    data = load_data(frame, target="y", group="two", split="0.75,0,0.25")
    need_apart(data)
    with pytest.raises(WxbError, match=r"2 groups of two, fewer than the 5 folds[^`]*`count=2`"):
        folds(data, 5)


def test_rows_of_groups_that_a_test_file_has_too_are_not_trained_on(tmp_path):
    frame = patients()
    frame.filter(pl.int_range(300) < 250).write_csv(tmp_path / "train.csv")
    frame.filter(pl.int_range(300) >= 240).write_csv(tmp_path / "test.csv")
    data = load_data(tmp_path / "train.csv", target="y", group="patient", test=tmp_path / "test.csv")
    need_apart(data)
    assert any("of groups that test has too (patient): not used" in note for note in data.notes)
    frame.drop("patient").write_csv(tmp_path / "other.csv")
    with pytest.raises(WxbError, match="other has no column patient, the groups of train"):
        load_data(tmp_path / "train.csv", target="y", group="patient", test=tmp_path / "other.csv")
