"""Kinds of input: what an example is called, and what follows from its shape."""

from __future__ import annotations

import pytest

from wxb.data import load_data
from wxb.data.kinds import KINDS, columns_used, counted, kind_of


@pytest.mark.parametrize(
    ("kind", "number", "shape", "text"),
    [
        ("pictures", 1797, (1, 8, 8), "1,797 pictures 1x8x8"),
        ("pictures", 1, (3, 32, 32), "1 picture 3x32x32"),
        ("rows", 506, (13,), "506 rows of 13 features"),
        ("rows", 1, (1,), "1 row of 1 feature"),
    ],
)
def test_examples_are_counted_by_their_name(kind, number, shape, text):
    assert KINDS[kind].counted(number, shape) == text
    assert kind_of(shape) is KINDS[kind]


def test_rows_of_a_table_are_counted_by_their_columns():
    assert counted(120, (7,), 2) == "120 rows of 2 columns (7 features)"
    assert counted(1, (1,), 1) == "1 row of 1 column"
    table = {"columns": [{"kind": "number"}, {"kind": "left out"}, {"kind": "category"}]}
    assert columns_used(table) == 2
    assert columns_used(None) is None
    assert columns_used({}) is None
    assert columns_used({"columns": [1, {"kind": "number"}]}) == 1


def test_a_data_set_knows_its_kind_by_the_shape_of_an_example():
    assert (load_data("digits").kind, load_data("digits").spatial) == ("pictures", True)
    assert (load_data("ring", examples=40).kind, load_data("ring", examples=40).spatial) == ("rows", False)
