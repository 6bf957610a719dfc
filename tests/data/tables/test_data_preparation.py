"""Rows of a table as they stand, and the preparation that is fitted on their training part."""

from __future__ import annotations

import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import wxb
from wxb.data import load_data
from wxb.data.folds import folds
from wxb.data.tables import frame, load
from wxb.data.tables.columns import Category, Number, Preparation, offset_of
from wxb.data.tables.encoding import Prepared, encoding
from wxb.network import preparation as network

ROWS = 400


@pytest.fixture
def table(tmp_path) -> Path:
    """A table of numbers, some missing, and texts, some rare."""
    random = np.random.default_rng(0)
    size = random.uniform(20, 120, ROWS)
    town = [
        ("Rome", "Oslo", "Bonn", f"village {i}")[i % 10 if i % 10 < 3 else (3 if i % 50 == 9 else i % 3)]
        for i in range(ROWS)
    ]
    content = {
        "size": [None if i % 15 == 4 else value for i, value in enumerate(size.tolist())],
        "town": [None if i % 11 == 3 else value for i, value in enumerate(town)],
        "price": (3 * size + 50 * (np.array(town) == "Rome")).tolist(),
    }
    path = tmp_path / "flats.csv"
    pl.DataFrame(content).write_csv(path)
    return path


# --- rows and preparation apart ---------------------------------------------------------------------------------------


def test_rows_are_held_as_they_stand_in_the_table(table):
    data = load_data(table, target="price")
    stored = pl.read_csv(table)
    assert data.examples.shape == (ROWS, 2)
    assert np.array_equal(data.examples[:, 0], stored["size"].to_numpy(), equal_nan=True)
    assert [column.name for column in data.columns.held] == ["size", "town"]
    assert np.isnan(data.examples[3, 1])


def test_a_fold_is_prepared_by_its_own_training_part(table):
    data = load_data(table, target="price")
    for fold in folds(data):
        (size,) = [column for column in fold.preparation.columns if column.name == "size"]
        assert size.median == np.nanmedian(data.examples[fold.split.train, 0])
        assert fold.examples is data.examples
    assert len({fold.preparation.columns[0].median for fold in folds(data)}) > 1


def test_five_folds_read_the_file_once(table, tmp_path, monkeypatch):
    opened = []
    reading = load.read_frame
    monkeypatch.setattr(load, "read_frame", lambda path, *options: opened.append(path) or reading(path, *options))
    data = load_data(table, target="price")
    for number, fold in enumerate(folds(data)):
        run = wxb.train(fold, "FC-4-RELU, EUCLID", epochs=1, out=tmp_path / f"{number}")
        assert run.evaluate(fold).examples == len(fold.split.test)
    assert opened == [table]


def test_an_unfitted_preparation_costs_no_second_fit_when_the_data_gets_another_name(table):
    data = load_data(table, target="price", name="flats and houses")
    assert data.preparation is replace(data, name="other").preparation


# --- the network's preparation is the same arithmetic -----------------------------------------------------------------


numbers = st.floats(-1e30, 1e30, allow_nan=False)
columns = st.one_of(
    st.builds(
        lambda edges, median, changes, offset: Number("n", 0, 0, 1, median, changes, True, tuple(edges), offset),
        st.lists(numbers, min_size=3, max_size=6, unique=True).map(sorted),
        numbers,
        st.booleans(),
        numbers,
    ),
    st.builds(
        lambda codes, other, missing: Category("c", 0, 9, tuple(map(str, codes)), other, missing, tuple(codes)),
        st.lists(st.integers(0, 20), min_size=1, max_size=6, unique=True).map(sorted),
        st.booleans(),
        st.booleans(),
    ),
)


@given(st.lists(columns, min_size=1, max_size=4), st.lists(st.one_of(numbers, st.just(np.nan)), min_size=8, max_size=8))
def test_network_and_data_prepare_rows_to_the_same_bits(fitted, values):
    named = tuple(type(one)(*(f"{i}" if f == "name" else getattr(one, f) for f in one.__struct_fields__))
                  for i, one in enumerate(fitted))  # fmt: skip
    prepared = Preparation((), "numbers", (), named)
    rows = np.array([values[: len(named)], np.round(np.abs(values[-len(named) :])) % 21])
    features = network.Preparation(prepared)(torch.from_numpy(rows))
    assert features.dtype == torch.float32
    assert features.numpy().tobytes() == Prepared(rows, encoding(prepared))[:].tobytes()


def test_a_model_takes_rows_and_gives_what_it_gives_for_their_features(table):
    data = load_data(table, target="price")
    model = wxb.build("FC-8-RELU, EUCLID", data).eval()
    rows = torch.from_numpy(data.examples)
    assert model.plan.input == data.shape == (len(data.features),)
    assert torch.equal(model(rows), model.after_preparation(torch.from_numpy(data.inputs[:])))


def test_a_preparation_keeps_its_precision_whatever_the_model_computes_in(table):
    model = wxb.build("FC-8-RELU, EUCLID", load_data(table, target="price")).half().to(torch.bfloat16)
    assert model.preparation.low.dtype == torch.float64
    assert next(model.parameters()).dtype == torch.bfloat16


def test_features_that_are_computed_batch_by_batch_give_the_same_weights(table, tmp_path, monkeypatch):
    data = load_data(table, target="price")
    held = wxb.train(data, "FC-8-RELU, EUCLID", epochs=2, out=tmp_path / "held").weights()
    monkeypatch.setattr("wxb.learning.feed.HELD_FEATURES", 0)
    streamed = wxb.train(data, "FC-8-RELU, EUCLID", epochs=2, out=tmp_path / "streamed").weights()
    assert all(torch.equal(held[name], streamed[name]) for name in held)


def test_a_weights_file_holds_the_preparation(table, tmp_path):
    data = load_data(table, target="price")
    run = wxb.train(data, "FC-8-RELU, EUCLID", epochs=1, out=tmp_path / "run")
    weights = run.weights()
    low = encoding(data.preparation).low
    assert np.array_equal(weights["preparation.low"].numpy(), low)
    assert np.array_equal(run.model().preparation.low.numpy(), low)


# --- runs of version 0.1 ----------------------------------------------------------------------------------------------


def test_a_preparation_of_version_0_1_is_read():
    stored = {
        "targets": [{"name": "y", "form": "number"}],
        "task": "numbers",
        "classes": ["y"],
        "columns": [
            {"kind": "left out", "name": "id", "missing": 0, "why": "an identifier"},
            {"kind": "number", "name": "x", "missing": 1, "low": 0, "high": 3, "median": 2.0, "changes": True,
             "indicator": True, "edges": [0.0, 1.0, 3.0]},
            {"kind": "category", "name": "k", "missing": 0, "different": 3, "values": ["a", "b"], "other": True,
             "indicator": False},
        ],
    }  # fmt: skip
    from wxb.data.tables.table import preparation_of, read_rows

    prepared = preparation_of(stored)
    assert prepared.features == ("x", "x 0 to 1", "x 1 to 3", "x (missing)", "k=a", "k=b", "k (other)")
    new = pl.DataFrame({"k": ["b", "c", "a"], "x": [0.5, 2.0, None]})
    rows, _ = read_rows(frame.frame_of(new), prepared)
    assert Prepared(rows, encoding(prepared))[:].tolist() == [
        [0.5, 0.5, 0, 0, 0, 1, 0],
        [2, 1, 0.5, 0, 0, 0, 1],
        [2, 1, 0.5, 1, 1, 0, 0],
    ]


# --- precision --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arrays", [False, True])
@pytest.mark.parametrize("constant", [2_450_000.0, 1.7e9])
@pytest.mark.parametrize("column", ["x", "y"])
def test_a_constant_that_is_added_to_a_feature_or_a_target_changes_no_score(tmp_path, column, constant, arrays):
    x = np.random.default_rng(0).integers(0, 2**16, 600) / 2**16  # exact beside the constant in float64
    content = {"x": x, "y": np.round(np.sin(6 * x) * 2**16) / 2**16}
    scores = []
    for name, more in (("plain", 0.0), ("moved", constant)):
        path = tmp_path / f"{name}.csv"
        moved = {**content, column: content[column] + more}
        pl.DataFrame(moved).write_csv(path)
        data = load_data(moved["x"][:, None], moved["y"]) if arrays else load_data(path, target="y")
        run = wxb.train(data, "FC-32-TANH, EUCLID", epochs=80 if arrays else 20, out=tmp_path / name)
        scores.append(run.evaluate(data).fit.r2)
        rows = data.split.test
        off = run.predict(data.examples[rows]).values[:, 0] - moved["y"][rows]
        assert 1 - off @ off / moved["y"][rows].var() / len(rows) == pytest.approx(scores[-1], abs=1e-4)
        assert run.report.test["r2"] == scores[-1]
    assert scores[0] > 0.8
    assert scores[1] == pytest.approx(scores[0], abs=2e-3)


def test_predicted_dates_are_as_precise_as_float64(tmp_path):
    x = np.linspace(0, 1, 400)
    path = tmp_path / "dates.csv"
    pl.DataFrame({"x": x[np.random.default_rng(0).permutation(400)]}).with_columns(
        date=2_450_000 + pl.col("x") / 2
    ).write_csv(path)
    data = load_data(path, target="date")
    run = wxb.train(data, "FC-32-TANH, EUCLID", epochs=60, out=tmp_path / "run")
    rows = data.split.test
    predicted = run.predict(data.examples[rows]).values[:, 0]
    assert predicted.dtype == np.float64
    assert np.abs(predicted - (2_450_000 + data.examples[rows, 0] / 2)).max() < 0.1
    assert all(mistake.given.startswith("2") for mistake in run.evaluate().mistakes)


@pytest.mark.parametrize(
    ("values", "moved"),
    [
        (2_450_000 + np.linspace(0, 1, 100), True),
        (1.7e9 + np.linspace(0, 86_400, 100), True),
        (np.arange(1950.0, 2020), False),
        (np.linspace(-124, -114, 100), False),
        (np.linspace(0, 1e9, 100), False),
        (np.full(10, 2_450_000.1), False),
        (np.zeros(0), False),
    ],
)
def test_an_offset_is_subtracted_where_float32_would_lose_much(values, moved):
    assert (offset_of(values) != 0) == moved


def test_arrays_that_float32_holds_stay_float32_without_a_preparation():
    x = np.random.default_rng(0).normal(size=(60, 3))
    data = load_data(x, np.arange(60) % 2)
    assert data.examples.dtype == np.float32
    assert data.preparation is None


# --- memory -----------------------------------------------------------------------------------------------------------

PEAK = """
import resource, sys
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
import wxb
from wxb.data import load_data
before = peak()
data = load_data(sys.argv[1], target="y")
assert data.shape[0] > 500
print(peak() - before)
"""


def large(path: Path, rows: int) -> Path:
    """A table of 15 columns, of which 11 are decimal numbers, 2 texts and 1 whole numbers."""
    random = np.random.default_rng(0)
    decimals = {f"x{i}": random.normal(50, 10, rows).round(2) for i in range(11)}
    texts = {f"k{i}": np.array(["red", "green", "blue", "black"])[random.integers(0, 4, rows)] for i in range(2)}
    whole = {"age": random.integers(0, 100, rows), "y": random.normal(0, 5, rows).round(2)}
    pl.DataFrame({**decimals, **texts, **whole}).write_csv(path)
    return path


def peak_mib(path: Path) -> float:
    """The most memory that reading a table takes, beyond what the import of wxb takes, in MiB."""
    ended = subprocess.run([sys.executable, "-c", PEAK, path], capture_output=True, text=True, check=True)
    return float(ended.stdout)


@pytest.mark.skipif(not hasattr(resource, "RUSAGE_SELF"), reason="the system does not say how much memory was used")
def test_reading_a_table_takes_memory_for_its_rows_and_not_for_its_features(tmp_path):
    # 60,000 rows have 177 MB of features; polars and its threads take some 80 MB whatever the table
    assert peak_mib(large(tmp_path / "t.csv", 60_000)) < 130


@pytest.mark.slow
def test_a_table_of_300_000_rows_is_read_in_less_than_200_mib(tmp_path):
    path = large(tmp_path / "t.csv", 300_000)
    assert path.stat().st_size > 22_600_000
    assert peak_mib(path) < 200
