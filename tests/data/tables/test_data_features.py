"""What the columns of a table become: the features of numbers and of categories, fitted on the training part."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.tables.columns import every_kind, said
from wxb.data import load_data
from wxb.data.tables.columns import (
    Category,
    Number,
    Preparation,
    default_pieces,
    edges_of,
    fit_category,
    fit_number,
    read_plain,
)
from wxb.data.tables.encoding import Prepared, encoding
from wxb.data.tables.values import Texts


def encoded(column, values):
    """What a column makes of its values (n,): the features (n, features)."""
    rows = np.asarray(values, dtype=np.float64)[:, None]
    return Prepared(rows, encoding(Preparation((), "numbers", (), (column,))))[:]


def coded(column, texts):
    """Texts as the rows of a data set have them, by the codes that a fitted column knows."""
    known = {**dict.fromkeys(texts, -1), **column.code, None: np.nan}
    return [known[text] for text in texts]


def test_columns_become_features_under_their_names(write):
    data = load_data(write(every_kind()), target="price")
    assert data.features == (
        "size", "size (missing)", "town=Bonn", "town=Oslo", "town=Rome", "town (missing)",
        "garden=false", "garden=true", "sold=no", "sold=yes",
    )  # fmt: skip
    assert data.shape == (10,)
    features = data.inputs[:]
    assert features.dtype == np.float32
    table = every_kind()
    place = {name: features[:, i] for i, name in enumerate(data.features)}
    absent = np.array([value is None for value in table["size"]])
    assert np.array_equal(place["size (missing)"], absent)
    given_sizes = np.array([value for value in table["size"] if value is not None], np.float32)
    assert np.array_equal(place["size"][~absent], given_sizes)
    assert np.array_equal(place["town=Rome"], [town == "Rome" for town in table["town"]])
    assert np.array_equal(place["town (missing)"], [town is None for town in table["town"]])
    assert np.array_equal(place["garden=true"], table["garden"])


def test_the_median_is_that_of_the_training_rows():
    numbers = np.array([1.0, 2.0, 30.0, np.nan, 500.0])
    found = fit_number("x", numbers, np.array([0, 1, 2, 3]))
    assert (found.median, found.low, found.high, found.missing) == (2.0, 1.0, 500.0, 1)
    assert found.features == ("x", "x (missing)")
    assert encoded(found, numbers).tolist() == [[1, 0], [2, 0], [30, 0], [2, 1], [500, 0]]


def test_other_rows_change_no_feature_of_the_training_rows(write):
    first = load_data(write(every_kind()), target="price")
    changed = every_kind()
    for row in first.split.test:
        changed["size"][row] = 1e6 + row
        changed["town"][row] = "Atlantis"
    again = load_data(write(changed, "u.csv"), target="price")
    assert np.array_equal(again.split.train, first.split.train)
    train = first.split.train
    assert again.features == first.features
    assert np.array_equal(again.inputs[train], first.inputs[train])


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=2, max_size=50), st.integers(0, 8))
def test_numbers_in_pieces_are_finite_monotone_and_complete(values, pieces):
    numbers = np.array([np.nan if value is None else value for value in values])
    found = fit_number("x", numbers, np.arange(len(numbers)), pieces)
    if not isinstance(found, Number):
        return
    features = encoded(found, np.sort(numbers))
    assert features.shape == (len(values), len(found.features))
    assert np.isfinite(features).all()
    known = np.isfinite(np.sort(numbers))
    parts = features[known, found.changes : found.changes + max(len(found.edges) - 1, 0)]
    assert ((parts >= 0) & (parts <= 1)).all()
    assert (np.diff(parts, axis=0) >= 0).all()


skewed = st.lists(st.one_of(st.just(0.0), st.floats(-1e6, 1e6), st.integers(0, 5).map(float)), min_size=2, max_size=400)


@given(skewed, st.integers(1, 60))
def test_edges_span_the_numbers_and_are_about_as_many_as_asked_for(numbers, pieces):
    known = np.array(numbers)
    edges = edges_of(known, pieces)
    assert np.array_equal(edges, np.unique(edges))
    assert edges[0] == known.min()
    assert edges[-1] == known.max()
    assert len(edges) <= pieces + 4


@given(skewed, st.integers(2, 60))
def test_a_number_that_fills_a_piece_alone_is_an_edge(numbers, pieces):
    known = np.array(numbers)
    values, counts = np.unique(known, return_counts=True)
    assert set(values[counts > len(known) / pieces]) <= set(edges_of(known, pieces))


def test_the_rows_beside_a_frequent_number_share_its_pieces():
    gains = np.concatenate([np.zeros(9_000), np.arange(1.0, 1_001)])
    edges = edges_of(gains, 48)
    assert edges.tolist() == pytest.approx([0, 1, *np.quantile(np.arange(1.0, 1_001), np.linspace(0, 1, 34))[1:]])
    assert edges_of(np.arange(101.0), 4).tolist() == [0, 25, 50, 75, 100]
    assert edges_of(np.zeros(9), 4).tolist() == [0]
    assert not len(edges_of(gains, 0))


def test_a_piece_rises_between_its_edges():
    numbers = np.arange(101.0)
    found = fit_number("x", numbers, np.arange(101), 4)
    assert found.edges == (0, 25, 50, 75, 100)
    assert found.features == ("x", "x 0 to 25", "x 25 to 50", "x 50 to 75", "x 75 to 100")
    assert encoded(found, [-5.0, 30.0, 200.0]).tolist() == [
        [-5, 0, 0, 0, 0],
        [30, 1, np.float32(0.2), 0, 0],
        [200, 1, 1, 1, 1],
    ]


@pytest.mark.parametrize(("rows", "pieces"), [(10, 0), (199, 0), (200, 2), (570, 5), (1600, 16), (10**6, 96)])
def test_many_rows_give_many_pieces(rows, pieces):
    assert default_pieces(rows) == pieces


def test_pieces_are_asked_for_or_refused(write):
    path = write({"x": (np.arange(1000) ** 2 % 977).tolist(), "y": [0, 1] * 500})
    assert len(load_data(path, target="y", pieces=0).features) == 1
    assert len(load_data(path, target="y", pieces=3).features) == 4
    assert len(load_data(path, target="y").features) == 7
    refused = said(path, target="y", pieces=1000)
    assert refused == "`pieces=1000`: expected a whole number from 0 to 256\n  fix: `pieces=256`"


def test_rare_values_are_other_and_so_is_what_training_has_not_seen():
    values = ("a", "b", "c", "d")
    codes = np.array([0] * 40 + [1] * 40 + [2] * 1 + [-1] * 3 + [3] * 9)
    found = fit_category("k", Texts(values, codes), np.arange(84))  # d stands in no training row
    assert found.features == ("k=a", "k=b", "k (other)", "k (missing)")
    new = encoded(found, coded(found, ["b", "new", "c", None]))
    assert new.tolist() == [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]]


def test_what_was_not_seen_is_0_where_training_had_no_other():
    found = fit_category("k", Texts(("a", "b"), np.array([0, 1] * 20)), np.arange(40))
    assert isinstance(found, Category)
    assert found.features == ("k=a", "k=b")
    assert encoded(found, coded(found, ["new", None, "b"])).tolist() == [[0, 0], [0, 0], [0, 1]]


def test_the_preparation_is_plain_and_comes_back(write):
    data = load_data(write(every_kind()), target="price")
    again = read_plain(json.loads(json.dumps(data.table)))
    assert again.plain() == data.table
    assert again.features == data.features
