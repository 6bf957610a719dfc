"""Numbers near the limits, a constant test part, thousands of columns."""

import numpy as np
import polars as pl
import pytest

from tests.data.tables.columns import ROWS, numbers_of, said
from wxb.data import load_data
from wxb.errors import WxbError
from wxb.tasks.metrics import fit


def test_numbers_that_mark_missing_ones_near_the_limit_of_float32_are_missing_with_a_note(write):
    x = ["-3.4028235e38" if i % 10 == 3 else f"{i * 7 % 50 / 3:.2f}" for i in range(ROWS)]
    data = load_data(write({"x": x, "z": [f"{i % 7}.5" for i in range(ROWS)], "y": ["0", "1"] * 60}), target="y")
    assert np.isnan(numbers_of(data, "x")).sum() == 12
    assert (
        "x: 12 of 120 values are no numbers up to 1e+30, such as -3.4028235e38 (row 3), taken as missing" in data.notes
    )


def test_a_target_of_such_numbers_alone_is_refused(write):
    y = [f"{1 + i % 7}e38" for i in range(ROWS)]
    x = [f"{i * 7 % 50 / 3:.2f}" for i in range(ROWS)]
    assert "y: 120 of 120 values are no numbers up to 1e+30, such as 1e38 (row 0)" in said(
        write({"x": x, "y": y}), target="y"
    )


def test_the_score_of_a_constant_test_part_is_zero_or_one():
    given = np.full(30, 0.1)
    assert fit(given, given + 1e-3, 0).r2 == 0
    assert fit(given, given, 0).r2 == 1


def test_thousands_of_columns_and_names_are_read():
    random = np.random.default_rng(0)
    frame = pl.DataFrame({**{f"c{i}": random.normal(size=40) for i in range(1500)}, "y": [0, 1] * 20})
    assert load_data(frame, target="y").shape == (1500,)  # 20 s if every column looked through all
    names = pl.DataFrame({"x": random.normal(size=60_000), "y": [f"n{i}" for i in range(60_000)]})
    with pytest.raises(WxbError, match="y has 60,000 different values in 60,000 rows"):
        load_data(names, target="y")
