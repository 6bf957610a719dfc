"""Names of classes: as in the file, and found however they are written."""

import numpy as np
import polars as pl
import pytest

from tests.data.tables.columns import ROWS, said
from wxb.data import load_data
from wxb.data.dataset import match_classes


@pytest.mark.parametrize(
    "names",
    [
        ("01", "02", "10"), ("007", "07", "7"), ("1E2", "100", "2E1"), ("9007199254740992", "9007199254740993"),
        ("1", "1.0", "2"), ("+1", "1"), ("1,000", "2,000"), ("5 %", "10 %"), ("0x1", "0x2"),
        ("Infinity", "1"), ("1e400", "2"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("task", [None, "classification"])
def test_a_class_is_called_as_in_the_file(write, names, task):
    content = {"x": [f"{i * 7 % 50 / 3:.2f}" for i in range(ROWS)], "y": [names[i % len(names)] for i in range(ROWS)]}
    data = load_data(write(content), target="y", task=task)
    assert sorted(data.classes) == sorted(names)
    assert [data.classes[number] for number in data.targets] == content["y"]


def test_numbers_beyond_float64_stay_apart_in_parquet_and_arrays(tmp_path):
    names = [2**53 + i % 3 for i in range(ROWS)]
    x = np.random.default_rng(0).normal(size=ROWS)
    frame = pl.DataFrame({"x": x, "y": names})
    expected = tuple(str(2**53 + i) for i in range(3))
    assert load_data(frame, target="y").classes == expected
    assert load_data(x[:, None], np.array(names)).classes == expected
    assert load_data(x[:, None], np.array(["01", "1", "1.0"] * 40)).classes == ("01", "1", "1.0")


def test_classes_of_whole_numbers_are_the_same_written_as_decimals(write):
    x = [f"{i * 7 % 50 / 3:.2f}" for i in range(ROWS)]
    data = load_data(write({"x": x, "y": [f"{i % 3}.0" for i in range(ROWS)]}), target="y")
    assert data.classes == ("0", "1", "2")
    other = load_data(write({"x": x, "y": [f"{i % 3}" for i in range(ROWS)]}, "u.csv"), like=data.table)
    assert np.array_equal(other.targets, data.targets)
    assert said(write({"x": x, "y": ["01"] * ROWS}, "v.csv"), like=data.table).startswith(
        "unknown class in y of v.csv: 01"
    )


def test_a_class_is_found_however_its_number_is_written(write):
    x = [f"{i * 7 % 50 / 3:.2f}" for i in range(ROWS)]
    own = [f"{i % 3 + 1}" if i % 4 else "A" for i in range(ROWS)]
    for decimals, other in (("", ".0"), (".0", ""), (".0", ".00")):
        k = [f"{name}{decimals}" if name != "A" else name for name in own]
        new = [f"{name}{other}" if name != "A" else name for name in own]
        data = load_data(write({"x": x, "k": k, "y": k}), target="y")
        assert data.classes == (f"1{decimals}", f"2{decimals}", f"3{decimals}", "A")
        path = write({"x": x, "k": new, "y": new}, "u.csv")
        for later in (load_data(path, like=data.table), match_classes(load_data(path, target="y"), data.classes)):
            assert np.array_equal(later.targets, data.targets)
            assert later.classes == data.classes
        assert np.array_equal(load_data(path, like=data.table).inputs[:], data.inputs[:])


def test_classes_of_whole_floats_are_called_as_whole_numbers_in_arrays_and_frames():
    x, y = np.random.default_rng(0).normal(size=(ROWS, 2)), np.arange(ROWS) % 3 + 1
    data = load_data(x, y)
    floats = load_data(x, y.astype(float), task="classification")
    assert floats.classes == data.classes == ("1", "2", "3")
    for later in (y.astype(float), np.array([f"{one}.0" for one in y])):
        again = load_data(x, later, task="classification", classes=data.classes)
        assert np.array_equal(again.targets, data.targets)
    frame = pl.DataFrame({"x": x[:, 0], "y": [None if i == 7 else float(one) for i, one in enumerate(y)]})
    assert load_data(frame, target="y").classes == data.classes


def test_classes_that_are_one_number_are_named_with_the_type_that_makes_one_of_them(write):
    content = {
        "x": [f"{i * 7 % 50 / 3:.2f}" for i in range(ROWS)],
        "y": [("1", "1.0", "2")[i % 3] for i in range(ROWS)],
    }
    path = write(content)
    note = 'y has classes that are the same number, 1 and 1.0; `types="y=number"` makes one of them'
    assert note in load_data(path, target="y").notes
    assert load_data(path, target="y", types="y=number").classes == ("1", "2")
    content["y"][0] = content["y"][1] = content["y"][2] = "A"
    assert "y has classes that are the same number, 1 and 1.0; written alike they are one" in (
        load_data(write(content), target="y").notes
    )
