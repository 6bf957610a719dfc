"""Rows that come after training, read alike whatever file they stand in."""

import datetime
from contextlib import suppress

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wxb
from wxb.data import load_data
from wxb.data.tables.encoding import Prepared, encoding
from wxb.data.tables.frame import frame_of
from wxb.data.tables.table import preparation_of, read_rows
from wxb.errors import WxbError


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run on columns of every kind, with missing, rare and odd values."""
    random = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("run")
    content = {
        "price": [f"{value:,.2f}" for value in random.uniform(100, 5000, 300)],
        "day": [
            f"{datetime.date(2020, 1, 1) + datetime.timedelta(days=int(i)):%d.%m.%Y}"
            for i in random.integers(0, 900, 300)
        ],
        "flag": [str(value) for value in random.random(300) < 0.5],
        "town": random.choice(["Rome", "Oslo", ""], 300).tolist(),
        "sign": random.choice(["+", "-"], 300).tolist(),
        "size": [f"{value:.1f}" for value in random.uniform(0, 20, 300)],
        "kind": random.choice(["01", "1", "1.0"], 300).tolist(),
    }
    content["town"][:3] = ["Bari", "Bonn", "Brno"]
    content["size"][5] = ""
    pl.DataFrame(content).write_csv(folder / "t.csv")
    data = load_data(folder / "t.csv", target="kind")
    return wxb.train(data, "FC-8-RELU, SOFTMAX", epochs=2, out=folder / "run")


CELLS = {
    "price": ["1,234.50", "99", "n/a", "1.234,5"], "day": ["02.01.2021", "2021-01-02", "", "never"],
    "flag": ["True", "yes", "0", "maybe", "unknown"], "town": ["Rome", "Oslo", "Bari", "", "ROME"],
    "sign": ["+", "-", ".", "*"], "size": ["3.5", "1e30", "-", "3,5", "True"],
}  # fmt: skip


@given(
    st.lists(
        st.fixed_dictionaries({name: st.sampled_from(cells) for name, cells in CELLS.items()}), min_size=2, max_size=5
    )
)
def test_a_row_is_read_alike_whatever_file_it_stands_in(run, rows):
    prepared = preparation_of(run.data.table)
    clear = [{name: cells[0] for name, cells in CELLS.items()}] * 100  # so that no value is one of many odd ones
    together = read_rows(frame_of(pl.DataFrame([*rows, *clear])), prepared)[0]
    for place, row in enumerate(rows):
        with suppress(WxbError):
            alone = read_rows(frame_of(pl.DataFrame([row])), prepared)[0]
            assert np.array_equal(alone[0], together[place], equal_nan=True)
    assert np.isfinite(Prepared(together, encoding(prepared))[:]).all()


def test_class_names_survive_from_training_to_the_report(run, tmp_path):
    assert run.data.classes == ("01", "1", "1.0")
    content = {name: [cells[0]] * 3 for name, cells in CELLS.items()}
    pl.DataFrame({**content, "kind": ["01", "1", "1.0"]}).write_csv(tmp_path / "u.csv")
    data = load_data(tmp_path / "u.csv", like=run.data.table)
    assert data.targets.tolist() == [0, 1, 2]
    assert [one.name for one in run.evaluate(data).per_class] == ["01", "1", "1.0"]
    assert set(run.predict(tmp_path / "u.csv").classes) <= {"1", "01", "1.0"}
    assert [one.name for one in run.report.per_class] == ["01", "1", "1.0"]


@pytest.mark.parametrize(
    ("name", "cells", "note"),
    [
        (
            "size",
            ["3.5", "2.5 C", "4"],
            "size: 1 of 3 values is no number, such as 2.5 C (row 1); its median stands there",
        ),
        (
            "size",
            ["1e6", "3", "4"],
            "size: 1 far outside of the range that training had, …",
        ),
        (
            "town",
            ["ROME", "ROME", "OSLO"],
            "town: 3 of values that training had none of (ROME 2, OSLO 1); they count as other",
        ),
        ("flag", ["", "True", "False"], "flag: 1 missing, which training had none of"),
        (
            "day",
            ["02.01.2021", "31.02.2021", "2021-01-03"],
            "day: 1 of 3 values is no date, such as 31.02.2021 (row 1); its median stands there",
        ),
        ("town", ["Bari", "Rome", ""], None),
        ("size", ["3.5", "", "-"], None),
    ],
)
def test_strange_values_are_noted_with_their_number(run, name, cells, note):
    content = {key: [values[0]] * 3 for key, values in CELLS.items()} | {name: cells}
    notes = [one for one in run.predict(pl.DataFrame(content)).notes if one.startswith(f"{name}:")]
    if note and note.endswith("…"):
        assert [one[: len(note) - 1] for one in notes] == [note[:-1]]
    else:
        assert notes == ([note] if note else [])
