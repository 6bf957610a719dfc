"""Columns of texts, and what is read from them: what the tests of tables have in common."""

import numpy as np
import polars as pl
import pytest

from wxb.data import load_data
from wxb.data.tables.values import Values
from wxb.errors import WxbError

ROWS = 120


def column(*texts, separator=""):
    return Values("x", pl.Series(texts, dtype=pl.String), separator=separator)


def read(*texts, separator=""):
    """The form of a column of texts, and its numbers."""
    values = column(*texts, separator=separator)
    form = values.form()
    return form, values.numbers(form.written).tolist()


def said(path, **options):
    with pytest.raises(WxbError) as caught:
        load_data(path, **options)
    return str(caught.value)


def numbers_of(data, name):
    return data.examples[:, [column.name for column in data.columns.held].index(name)]


def every_kind(rows=60):
    """A table with a column of every kind."""
    random = np.random.default_rng(0)
    size = random.normal(50, 10, rows).round(2)
    return {
        "id": [1000 + 7 * i for i in range(rows)],
        "row": list(range(rows)),
        "size": [None if i % 10 == 3 else size[i] for i in range(rows)],
        "town": [("Rome", "Oslo", "Bonn")[i % 3] if i % 7 else None for i in range(rows)],
        "garden": [i % 4 == 0 for i in range(rows)],
        "story": [f"a house, number {i * i}" for i in range(rows)],
        "land": ["here"] * rows,
        "nothing": [None] * rows,
        "price": (3.5 * size + np.arange(rows) % 3).round(3).tolist(),
        "sold": ["no" if i % 3 else "yes" for i in range(rows)],
    }
