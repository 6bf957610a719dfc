"""The default on tables that are odd: each is learned with a sane score, or refused with a way out."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest

import wxb
from wxb.errors import WxbError
from wxb.trials import Trial

ROWS = 120
chance = np.random.default_rng(0)
x = chance.normal(size=(ROWS, 3)).round(3)
sides = np.where(x[:, 0] + x[:, 1] > 0, "yes", "no")
amounts = (2 * x[:, 0] + x[:, 1]).round(3)
wide = chance.normal(size=(40, 100)).round(3)

LEARNED = {
    "one feature": ({"a": x[:, 0], "y": sides}, 1),
    "one feature that is 0 or 1": ({"a": (x[:, 0] > 0).astype(int), "y": sides}, 1),
    "one number from one": ({"a": x[:, 0], "y": amounts}, 1),
    "more columns than rows": ({**{f"c{i}": wide[:, i] for i in range(100)}, "y": np.arange(40) % 2}, 100),
    "a column without values": ({"a": x[:, 0], "b": [None] * ROWS, "c": x[:, 2], "y": sides}, 2),
    "an amount that is 0 in most rows": ({"a": np.where(x[:, 0] > 1, x[:, 0], 0), "y": amounts}, 1),
    "the same value in every row but one": ({"a": [1, *[0] * (ROWS - 1)], "b": x[:, 0], "y": sides}, None),
    "a number that is huge once": ({"a": [1e20, *x[1:, 0]], "b": x[:, 1], "y": amounts}, None),
    "values that only single rows have": (
        {"a": x[:, 0], "k": ["x"] * 100 + [f"only {i}" for i in range(20)], "y": sides},
        None,
    ),
    "two different rows": ({"a": [1, 2] * 40, "b": [2, 1] * 40, "y": ["in", "out"] * 40}, 2),
    "a class of two rows": ({"a": x[:, 0], "b": x[:, 1], "y": ["rare", "rare", *sides[2:]]}, None),
}
REFUSED = {
    "a class with one row": ({"a": x[:, 0], "y": ["maybe", *sides[1:]]}, "class maybe cannot be split: 1 row"),
    "a constant class": ({"a": x[:, 0], "y": ["same"] * ROWS}, "have one y, same"),
    "a constant number": ({"a": x[:, 0], "y": [5.5] * ROWS}, "have one y, 5.5"),
    "columns without values": ({"a": [None] * ROWS, "y": sides}, "has no column to learn y from"),
}


def written(tmp_path, columns):
    path = tmp_path / "t.csv"
    pl.DataFrame({name: pl.Series(name, list(values), strict=False) for name, values in columns.items()}).write_csv(
        path
    )
    return path


@pytest.mark.parametrize("what", LEARNED)
def test_it_is_learned_with_finite_scores(tmp_path, what):
    columns, features = LEARNED[what]
    data = wxb.load_data(written(tmp_path, columns), target="y")
    if features is not None:
        assert len(data.features) == features
    assert np.isfinite(Trial(data, epochs=2, threads=1).train().score("test").loss)


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_with_a_way_out(tmp_path, what):
    columns, words = REFUSED[what]
    with pytest.raises(WxbError, match=re.escape(words)) as error:
        wxb.load_data(written(tmp_path, columns), target="y")
    assert error.value.fix


def test_a_category_that_only_the_test_part_has_is_answered(tmp_path):
    data = wxb.load_data(written(tmp_path, {"a": x[:, 0], "k": ["p", "q"] * 60, "y": sides}), target="y")
    columns = {"a": x[:, 0], "k": ["p", "q"] * 60, "y": sides}
    for row in data.split.test:
        columns["k"][row] = "new"
    again = wxb.load_data(written(tmp_path, columns), target="y")
    assert np.array_equal(again.split.test, data.split.test)
    assert again.features == ("a", "k=p", "k=q")
    score = Trial(again, epochs=8, threads=1).train().score("test")
    assert score.accuracy > 0.6
