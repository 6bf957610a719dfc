"""The settings `types` and `drop`."""

import numpy as np
import pytest

from tests.data.tables.columns import ROWS, said
from wxb.data import load_data


@pytest.fixture
def mixed(write):
    random = np.random.default_rng(0)
    return {
        "zip": [f"{i % 5 + 10}" for i in range(ROWS)],
        "x": [f"{value:.2f}" for value in random.normal(size=ROWS)],
        "note": [f"word {i // 3}" for i in range(ROWS)],
        "y": [f"{i % 2}" for i in range(ROWS)],
    }


def test_types_say_what_a_column_holds(write, mixed):
    path = write(mixed)
    types = {"zip": "category", "note": "category"}
    data = load_data(path, target="y", types=types)
    assert data.features[:6] == ("zip=10", "zip=11", "zip=12", "zip=13", "zip=14", "x")
    assert any(name.startswith("note=") for name in data.features)
    assert load_data(path, target="y", types="zip=category,note=category").fingerprint == data.fingerprint
    assert load_data(**data.source).fingerprint == data.fingerprint
    later = load_data(write({name: texts[:3] for name, texts in mixed.items()}, "u.csv"), like=data.table)
    assert np.array_equal(later.inputs[:], data.inputs[:3])
    assert [one.name for one in load_data(path, target="y", types={"zip": "text"}).preparation.texts] == ["zip"]
    assert load_data(path, target="zip", types={"zip": "number"}).task == "classification"
    assert said(path, target="y", types={"note": "number"}) == (
        '`types="note=number"`: no value of note is a number\n  such as word 0\n'
        "  fix: write them as 1234.5, or leave out the type"
    )
    assert said(path, target="y", types="zip=date").endswith(
        "  such as 10\n  fix: write them as 2024-12-31, 31 Dec 2024, 31.12.2024 or 12/31/2024, or leave out the type"
    )
    assert said(path, target="y", types="zip=number,zip=category").startswith("`types` says twice what a column holds")
    assert said(path, target="y", types="zip=category", drop="zip").startswith(
        "`types` says what zip holds, and `drop` leaves it out"
    )
    assert said(path, target="y", types={"zap": "number"}).startswith("t.csv has no column zap; zip is one")
    assert said(path, target="y", types={"zip": "colour"}).startswith("`types={'zip': 'colour'}`: expected columns and")


def test_dropped_columns_are_no_features_then_and_later(write, mixed):
    path = write(mixed)
    data = load_data(path, target="y", drop=["zip", "note"])
    assert data.features == ("x",)
    assert "2 columns left out: zip (dropped), note (dropped)" in data.notes
    assert load_data(path, target="y,", drop="zip,note,").fingerprint == data.fingerprint
    assert "which of its columns is to be predicted?" in said(path, target=",")
    assert load_data(**data.source).fingerprint == data.fingerprint
    later = load_data(write({"x": ["1.5"], "y": ["1"]}, "u.csv"), like=data.table)
    assert later.examples.tolist() == [[1.5]]
    assert said(path, target="y", drop="y").startswith("y is the target, and `drop` leaves it out")
    assert said(path, target="y", drop="zep").startswith("t.csv has no column zep; zip is one")
