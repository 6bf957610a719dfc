"""Tables in files."""

import polars as pl
import pytest


@pytest.fixture
def write(tmp_path):
    """`write({"a": ["1", "2"]})`: a CSV file of these texts, separated by `separator`."""

    def written(content, name="t.csv", separator=","):
        path = tmp_path / name
        pl.DataFrame(content).write_csv(path, separator=separator)
        return path

    return written
