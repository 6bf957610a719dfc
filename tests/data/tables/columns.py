"""Columns of texts, and what is read from them: what the tests of tables have in common."""

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
