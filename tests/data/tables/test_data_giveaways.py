"""Columns that tell rows apart, and columns that give the answer away."""

import numpy as np
import pytest

from tests.data.tables.columns import ROWS
from wxb.data import load_data
from wxb.data.describe import describe


@pytest.mark.parametrize(
    ("name", "start", "order", "kept", "why"),
    [
        ("n", 0, "shuffled", "all", "numbers the rows"),
        ("n", 1, "shuffled", "all", "numbers the rows"),
        ("n", 0, "sorted", "some targets", "numbers the rows"),
        ("n", 5, "sorted", "some targets", "numbers the rows"),
        ("n", 1, "shuffled", "some targets", "numbers the rows"),
        ("Unnamed: 0", 0, "shuffled", "some rows", "an index"),
        ("index", 7, "shuffled", "some rows", "an index"),
        ("__index_level_0__", 0, "shuffled", "some rows", "an index"),
        ("No", 1, "sorted", "some rows", "an index"),
        ("n", 0, "shuffled", "few rows", None),
        ("n", 1000, "shuffled", "all", None),
    ],
)
def test_row_numbers_are_left_out_in_any_order(write, name, start, order, kept, why):
    random = np.random.default_rng(0)
    numbers = start + np.arange(ROWS)
    if order == "shuffled":
        numbers = random.permutation(numbers)
    y = [f"{value:.3f}" for value in random.normal(size=ROWS)]
    if kept == "some targets":
        y = ["" if i % 5 == 2 else value for i, value in enumerate(y)]
    rows = np.flatnonzero(random.random(ROWS) < {"some rows": 0.8, "few rows": 0.3}.get(kept, 1))
    content = {name: [str(numbers[i]) for i in rows], "x": [f"{i % 17}.5" for i in rows], "y": [y[i] for i in rows]}
    found = {one["name"]: one.get("why") for one in describe(load_data(write(content), target="y"))["columns"]}
    assert found == {name: why, "x": None}


def test_a_type_keeps_a_column_that_looks_like_row_numbers(write):
    content = {"n": [str(i) for i in range(ROWS)], "x": [f"{i % 17}.5" for i in range(ROWS)], "y": ["0", "1"] * 60}
    assert load_data(write(content), target="y", types={"n": "number"}).features == ("n", "x")


@pytest.mark.parametrize(
    ("column", "tells"),
    [
        (lambda y, noise: [f"{'ab'[one]}" for one in y], True),
        (lambda y, noise: [f"{one + abs(extra) / 99:.4f}" for one, extra in zip(y, noise, strict=True)], True),
        (lambda y, noise: [f"{one + extra:.4f}" for one, extra in zip(y, noise, strict=True)], False),
        (lambda y, noise: [f"{'ab'[one if i else 1 - one]}" for i, one in enumerate(y)], False),
    ],
)
def test_a_column_that_alone_tells_the_class_is_named(write, column, tells):
    random = np.random.default_rng(0)
    y, noise = random.integers(0, 2, ROWS), random.normal(size=ROWS)
    content = {
        "x": [f"{value:.3f}" for value in random.normal(size=ROWS)],
        "my key": column(y, noise),
        "y": y.astype(str),
    }
    notes = load_data(write(content), target="y").notes
    note = "my key alone tells y in all 120 rows that have it; if it is not known for new rows, leave it out: "
    assert (f'{note}`drop="my key"`' in notes) == tells
    assert not any("x alone" in one for one in notes)
    assert not any("alone tells" in one for one in load_data(write(content), target="y", drop=["my key"]).notes)


MANY = 3_000
EVEN, NEAR, NOISE = np.random.default_rng(0).permutation(MANY) / MANY, *np.random.default_rng(1).normal(size=(2, MANY))
ODD = np.arange(MANY) % 101 == 7  # rows in which a rule fails
FIVE = (np.arange(MANY) % 5).astype(str)


@pytest.mark.parametrize(
    ("x", "y", "score"),
    [
        (NEAR, NEAR + 0.1 * NOISE, "R² 0.9"),
        (EVEN, (EVEN - 0.5) ** 2 + 0.005 * NOISE, "R² 0.9"),
        (EVEN, np.where((EVEN > 0.3) ^ ODD, "a", "b"), "balanced accuracy 0.9"),
        (np.char.add("t", FIVE), np.char.add("k", np.where(ODD, "1", FIVE)), "balanced accuracy 0.9"),
        (NEAR, NEAR + 0.4 * NOISE, ""),
        (NEAR, np.where(NEAR + 0.2 * NOISE > 0, "a", "b"), ""),
        (EVEN, np.where(ODD, "a", "b"), ""),  # all but a hundredth of the rows are of one class
    ],
)
def test_a_column_that_alone_predicts_nearly_all_is_named_and_a_strong_one_is_not(write, x, y, score):
    data = load_data(write({"x": x, "z": NOISE[::-1], "y": y}), target="y")
    notes = [note for note in data.notes if "alone" in note]
    if score:
        (note,) = notes
        assert note.startswith(f"x alone predicts y: {score}")
        assert note.endswith('on held-out training rows; if it is not known for new rows, leave it out: `drop="x"`')
    else:
        assert notes == []


def test_of_many_columns_that_predict_the_target_three_are_named_and_the_others_counted(write):
    content = {f"x{i}": NEAR + 0.05 * np.roll(NOISE, i) for i in range(9)}
    notes = load_data(write({**content, "y": NEAR}), target="y").notes
    assert [note.split(":")[0] for note in notes] == [
        "x0 alone predicts y", "x1 alone predicts y", "x2 alone predicts y",
        "6 more columns alone predict a target as well",
    ]  # fmt: skip


def test_a_column_that_is_a_multiple_of_the_target_is_named(write):
    random = np.random.default_rng(0)
    y = random.normal(size=ROWS)
    content = {"x": random.normal(size=ROWS), "euros": 1.1 * y + 3, "near": y + 0.01 * random.normal(size=ROWS), "y": y}
    notes = load_data(write(content), target="y").notes
    assert [one.split()[0] for one in notes if "alone tells y" in one] == ["euros"]


def test_no_two_features_have_one_name(write):
    content = {"t": ["a", "b"] * 60, "t=a": [f"{i * 7 % 50 / 3:.2f}" for i in range(ROWS)], "y": ["0", "0", "1"] * 40}
    assert load_data(write(content), target="y").features == ("t=a", "t=b", "t=a (2)")
