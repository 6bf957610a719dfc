"""What is said of a data set, and how its examples are drawn."""

import json

import numpy as np
import pytest

from wxb.data import load_data
from wxb.data.describe import describe, lines
from wxb.data.pictures.drawing import HALF, RAMP, draw_examples, draw_picture, grid
from wxb.errors import WxbError
from wxb.text import OWN_ESCAPE


def pictures(shape=(1, 4, 6), dtype=np.uint8, classes=("cat", "dog")):
    random = np.random.default_rng(0)
    examples = (random.random((40, *shape)) * 255).astype(dtype)
    return load_data(examples, np.arange(40) % len(classes), classes=classes, name="toy")


def test_the_description_is_plain_json_and_agrees_with_the_data():
    data = load_data("digits")
    found = json.loads(json.dumps(describe(data)))
    assert found["kind"] == "pictures"
    assert found["examples"] == 1797
    assert found["shape"] == [1, 8, 8]
    assert found["classes"] == list("0123456789")
    assert found["counts"] == {str(i): int((data.targets == i).sum()) for i in range(10)}
    assert found["splits"] == {"train": 1150, "validation": 198, "test": 449}
    assert {name: sum(part[name] for part in found["split_counts"].values()) for name in found["counts"]} == found[
        "counts"
    ]
    assert (found["values"]["min"], found["values"]["max"]) == (0, 16)
    assert found["values"]["mean"] == pytest.approx(data.examples.mean())
    assert found["values"]["std"] == pytest.approx(data.examples.std())
    assert found["fingerprint"] == data.fingerprint
    assert (found["task"], found["target_values"], found["notes"]) == ("classification", None, [])


def test_numbers_have_ranges_where_classes_have_counts():
    random = np.random.default_rng(0)
    data = load_data(random.normal(size=(30, 2)), np.linspace(0, 29, 30) / 10, classes=("price",))
    found = describe(data)
    assert found["counts"] is None
    assert found["split_counts"] == {"train": None, "validation": None, "test": None}
    assert found["target_values"]["price"] == pytest.approx(
        {"min": 0, "max": 2.9, "mean": 1.45, "std": 0.8655}, rel=1e-3
    )
    assert lines(data)[3].split() == ["target", "min", "max", "mean", "std"]
    assert lines(data)[4].split() == ["price", "0", "2.9", "1.45", "0.8655"]


def test_labels_are_counted_one_by_one():
    matrix = np.arange(30)[:, None] % np.array([2, 3]) == 0
    data = load_data(np.random.default_rng(0).normal(size=(30, 2)), matrix, classes=("even", "by three"))
    assert describe(data)["counts"] == {"even": 15, "by three": 10}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            load_data("digits"),
            "digits: 1,797 pictures 1x8x8 in 10 classes; train 1,150, validation 198, test 449 "
            "(stratified 0.64/0.11/0.25, seed 0)",
        ),
        (
            load_data("ring", examples=100),
            "ring: 100 rows of 2 features in 2 classes; train 64, validation 11, test 25 "
            "(stratified 0.64/0.11/0.25, seed 0)",
        ),
        (
            load_data(np.arange(40)[:, None], np.arange(40) / 7),
            "arrays: 40 rows of 1 feature with 1 target; train 26, validation 4, test 10 "
            "(random 0.64/0.11/0.25, seed 0)",
        ),
    ],
)
def test_a_data_set_in_one_line(data, expected):
    assert str(data) == expected


def test_the_table_has_a_line_a_class_and_the_notes_follow():
    data = pictures()
    text = lines(load_data(data.examples, data.targets, classes=("cat", "a dog"), name="toy"))
    assert text[1].startswith("values from 0 to 25")
    assert text[3:] == [
        "class  all  train  validation  test   share",
        "cat     20     13           2     5  50.0 %",
        "a dog   20     13           2     5  50.0 %",
    ]
    copies = load_data(np.concatenate([data.examples] * 2), np.concatenate([data.targets] * 2))
    assert lines(copies)[-2:] == ["", *copies.notes]


def test_a_character_is_one_column_and_two_rows():
    picture = np.zeros((1, 16, 16), np.uint8)
    picture[0, 4:6, 8] = 255
    picture[0, 7, 2] = 255
    drawn = draw_picture(picture, (0, 255))
    assert len(drawn) == 8
    assert drawn[2] == " " * 8 + RAMP[-1]
    assert drawn[3][2] in RAMP[4:6]
    assert "".join(drawn[i] for i in (0, 1, 4, 5, 6, 7)) == ""


@pytest.mark.parametrize(
    ("height", "width", "rows", "columns"),
    [(8, 8, 8, 16), (28, 28, 14, 28), (32, 32, 16, 32), (100, 64, 25, 32), (5, 3, 15, 18), (1, 40, 1, 32)],
)
def test_small_pictures_are_enlarged_and_large_ones_reduced(height, width, rows, columns):
    drawn = draw_picture(np.full((3, height, width), 255, np.uint8), (0, 255))
    assert len(drawn) == rows
    assert {len(row) for row in drawn} == {columns}


def test_a_reduced_picture_keeps_its_brightness():
    half = np.tile(np.array([0, 255], np.uint8), (1, 64, 32))
    assert {*"".join(draw_picture(half, (0, 255)))} <= {*RAMP[4:6]}


def test_colours_are_half_blocks_with_both_pixels():
    picture = np.zeros((3, 16, 16), np.uint8)
    picture[:, 0, 0], picture[:, 1, 0] = (255, 128, 0), (1, 2, 3)
    drawn = draw_picture(picture, (0, 255), colour=True)
    assert drawn[0].startswith(f"{OWN_ESCAPE}[38;2;255;128;0;48;2;1;2;3m{HALF}")
    assert drawn[0].count(HALF) == 16
    assert all(row.endswith(f"{OWN_ESCAPE}[0m") for row in drawn)


def test_examples_are_one_of_each_class_under_their_names():
    data = load_data("digits")
    drawn = draw_examples(data, most=4, width=40)
    assert drawn[0].split() == ["0", "1"]
    assert drawn[10].split() == ["2", "3"]
    assert max(len(row) for row in drawn) <= 40
    assert "\x1b" not in "".join(drawn)


def test_examples_of_vectors_are_numbers():
    assert draw_examples(load_data("ring"))[0].startswith("ring: ")


@pytest.mark.parametrize(
    ("channels", "heads"), [(1, []), (3, ["red", "green", "blue"]), (2, ["channel 0", "channel 1"])]
)
def test_the_grid_is_the_picture(channels, heads):
    data = pictures((channels, 4, 6))
    out = grid(data, 7)
    assert out[0] == f"example 7 of toy, dog, {channels}x4x6"
    assert [row for row in out[1:] if not row.strip()[0].isdigit()] == heads
    numbers = [[int(text) for text in row.split()] for row in out[1:] if row not in heads]
    assert np.array_equal(np.array(numbers).reshape(channels, 4, 6), data.examples[7])


def test_the_grid_of_a_large_picture_is_its_middle():
    data = pictures((1, 30, 40))
    out = grid(data, 0)
    assert out[0] == "example 0 of toy, cat, 1x30x40; rows 7 to 22, columns 8 to 31"
    numbers = np.array([row.split() for row in out[1:]]).astype(int)
    assert np.array_equal(numbers, data.examples[0, 0, 7:23, 8:32])


def test_the_grid_of_a_vector_is_its_numbers():
    data = load_data(np.arange(40)[:, None] + np.array([0.5, 100]), np.arange(40) % 2)
    assert grid(data, 3) == ["example 3 of arrays, 1, 2 features", "3.5 103"]


@pytest.mark.parametrize("number", [-1, 40])
def test_a_grid_of_an_example_that_is_not_there_is_refused(number):
    with pytest.raises(WxbError) as caught:
        grid(pictures(), number)
    assert str(caught.value) == f"toy has no example {number}\n  expected 0 to 39\n  fix: another number"
