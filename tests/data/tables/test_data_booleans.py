"""Booleans, read by their meaning."""

import numpy as np
import polars as pl
import pytest

from tests.data.tables.columns import ROWS, numbers_of, said
from wxb.data import load_data


@pytest.fixture
def truths(write):
    content = {"x": [f"{i * 7 % 50 / 3:.2f}" for i in range(ROWS)], "member": [str(i % 3 == 0) for i in range(ROWS)],
               "y": [str(i % 2 == 0) for i in range(ROWS)]}  # fmt: skip
    return load_data(write(content), target="y")


@pytest.mark.parametrize(
    "words", [("False", "True"), ("false", "TRUE"), ("0", "1"), ("no", "yes"), ("f", "T"), ("off", "on")]
)
def test_booleans_are_read_by_their_meaning(truths, write, words):
    content = {"x": ["1.5"] * 4, "member": [words[i % 2] for i in range(4)], "y": [words[i > 1] for i in range(4)]}
    data = load_data(write(content, "u.csv"), like=truths.table)
    assert data.targets.tolist() == [0, 0, 1, 1]
    assert numbers_of(data, "member").tolist() == [0, 1, 0, 1]
    assert data.notes == ()


def test_a_label_that_is_no_boolean_is_refused_and_a_feature_noted(truths, write):
    content = {"x": ["1.5"] * 3, "member": ["True", "maybe", "False"], "y": ["True", "False", "perhaps"]}
    assert said(write(content, "u.csv"), like=truths.table) == (
        "unknown class in y of u.csv: perhaps\n  expected false, true"
    )
    content["y"][2] = "True"
    data = load_data(write(content, "u.csv"), like=truths.table)
    assert data.notes == ("member: 1 of values that training had none of (maybe 1)",)
    assert data.targets.tolist() == [1, 0, 1]


def test_a_label_of_several_that_is_no_boolean_is_refused(write):
    content = {"x": [f"{i * 7 % 50 / 3:.2f}" for i in range(ROWS)], "a": [str(i % 2 == 0) for i in range(ROWS)],
               "b": [str(i % 3 == 0) for i in range(ROWS)]}  # fmt: skip
    data = load_data(write(content), target="a,b")
    content["a"][4] = "unsure"
    assert said(write(content, "u.csv"), like=data.table) == (
        "unknown value in a of u.csv: unsure\n  expected false, true"
    )


@pytest.mark.parametrize("words", [("0", "1"), ("0.0", "1.0"), ("no", "yes"), ("F", "T")])
def test_classes_and_columns_of_two_words_are_read_from_booleans(write, words):
    x = [f"{i * 7 % 50 / 3:.2f}" for i in range(ROWS)]
    content = {"x": x, "k": [words[i % 3 == 0] for i in range(ROWS)], "y": [words[i % 2] for i in range(ROWS)]}
    data = load_data(write(content), target="y")
    for no, yes in (("False", "True"), ("n", "Y"), ("0", "1"), ("0.0", "1.0")):
        new = {"x": x[:6], "k": [yes, no, no] * 2, "y": [no, yes] * 3}
        other = load_data(write(new, "u.csv"), like=data.table)
        assert other.targets.tolist() == [0, 1] * 3
        assert np.array_equal(other.inputs[:], data.inputs[:6])
        assert other.notes == ()


@pytest.mark.parametrize("words", [("False", "True"), ("no", "yes"), ("0.0", "1.0")])
def test_labels_of_0_and_1_are_read_from_other_words(write, words):
    content = {"x": [f"{i * 7 % 50 / 3:.2f}" for i in range(ROWS)], "a": [str(i % 2) for i in range(ROWS)],
               "b": [str(int(i % 3 == 0)) for i in range(ROWS)]}  # fmt: skip
    data = load_data(write(content), target="a,b")
    new = {**content, **{name: [words[int(one)] for one in content[name]] for name in "ab"}}
    other = load_data(write(new, "u.csv"), like=data.table)
    assert np.array_equal(other.targets, data.targets)
    assert other.notes == ()


def test_words_are_no_numbers_of_a_column_that_has_others_than_0_and_1(write):
    content = {"k": [f"{i % 3}" for i in range(ROWS)], "x": ["1.5", "2"] * 60, "y": ["a", "b"] * 60}
    data = load_data(write(content), target="y")
    content["k"] = ["True", "False"] * 60
    assert said(write(content, "u.csv"), like=data.table).startswith("k of u.csv is not written as in training")
    typed = pl.DataFrame({**content, "k": [True, False] * 60})
    assert said(typed, like=data.table).startswith("k of the data frame is not written as in training")


def test_booleans_among_other_texts_are_texts(write):
    y = [("True", "False", "unknown")[i % 3] for i in range(ROWS)]
    assert load_data(write({"x": [f"{i * 7 % 50 / 3}" for i in range(ROWS)], "y": y}), target="y").classes == (
        "False", "True", "unknown",
    )  # fmt: skip
