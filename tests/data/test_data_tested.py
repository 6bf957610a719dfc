"""A test part of one's own: a second table or folder, read as the data to train on are."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from PIL import Image

import wxb
from wxb.errors import WxbError


def table(path, rows, seed, more=()):
    rng = np.random.default_rng(seed)
    lines = [
        f"{size:.4f};1.{euros},50;{rng.choice(['Bern', 'Genf'])};{'small' if euros < 500 else 'large'}"
        for size, euros in zip(rng.normal(size=rows), rng.integers(100, 999, rows), strict=True)
    ]
    path.write_text("\n".join(["size;price;town;kind", *lines, *more]) + "\n")
    return path


def pictures(folder, classes, seed, grey=True, side=8, keep=()):
    rng = np.random.default_rng(seed)
    for name, many in classes.items():
        (folder / name).mkdir(parents=True)
        for number in range(many):
            shape = (side, side) if grey else (side, side, 3)
            Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)).save(folder / name / f"{number}.png")
    for name, image in keep:
        Image.fromarray(image).save(folder / name / "kept.png")
    return folder


@pytest.fixture
def tables(tmp_path):
    table(tmp_path / "own.csv", 200, 0)
    table(tmp_path / "later.csv", 50, 1, ["0.5;2.000,25;Zug;small"])
    return tmp_path


def test_all_rows_of_the_test_table_are_test_and_the_others_are_split_in_proportion(tables):
    data = wxb.load_data(tables / "own.csv", target="kind", test=tables / "later.csv", split=(0.6, 0.2, 0.2))
    np.testing.assert_array_equal(data.split.test, np.arange(200, 251))
    assert (len(data.split.train), len(data.split.validation)) == (150, 50)
    np.testing.assert_array_equal(np.sort(np.concatenate([data.split.train, data.split.validation])), np.arange(200))
    assert data.split.how == "stratified 0.75/0.25/0, seed 0; later as test"
    assert data.row_number(200) == 0  # of the test table


def test_the_test_table_is_read_by_the_forms_and_values_of_training(tables):
    data = wxb.load_data(tables / "own.csv", target="kind", test=tables / "later.csv")
    price, town = (data.examples[-1][place] for place in (1, 2))
    assert price == 2000.25  # a decimal comma, as in the table to train on
    assert town == -1
    assert "later: town: 1 of values that training had none of (Zug 1)" in data.notes
    places = [place for place, name in enumerate(data.features) if name.startswith("town=")]
    assert data.inputs[-1:][0, places].tolist() == [0.0, 0.0]


def test_the_preparation_knows_nothing_of_the_test_table(tables):
    alone = wxb.load_data(tables / "own.csv", target="kind", split=(0.64 / 0.75, 0.11 / 0.75, 0))
    tested = wxb.load_data(tables / "own.csv", target="kind", test=tables / "later.csv")
    np.testing.assert_array_equal(tested.split.train, alone.split.train)
    np.testing.assert_array_equal(tested.inputs[:200], alone.inputs[:200])


def test_the_fingerprint_covers_both_tables(tables):
    data = wxb.load_data(tables / "own.csv", target="kind", test=tables / "later.csv")
    table(tables / "later.csv", 50, 1, ["0.5;2.000,26;Zug;small"])
    assert wxb.load_data(tables / "own.csv", target="kind", test=tables / "later.csv").fingerprint != data.fingerprint


def test_data_frames_have_a_test_frame(tables):
    own, later = (pl.DataFrame({"x": np.arange(n) % 17.0, "y": np.arange(n) % 17 * 2.5}) for n in (100, 30))
    data = wxb.load_data(own, target="y", test=later)
    assert (len(data.split.train) + len(data.split.validation), len(data.split.test)) == (100, 30)
    with pytest.raises(WxbError, match=r"expected a data frame, as the data frame is"):
        wxb.load_data(own, target="y", test=tables / "later.csv")


def test_rows_of_ones_own_leave_the_test_part_to_the_file(tables):
    split = (range(150), range(150, 200), [])
    data = wxb.load_data(tables / "own.csv", target="kind", test=tables / "later.csv", split=split)
    assert [len(data.split.part(name)) for name in ("train", "validation", "test")] == [150, 50, 51]
    with pytest.raises(WxbError, match="`split` has rows for the test part, and `test` is all of it"):
        wxb.load_data(
            tables / "own.csv", target="kind", test=tables / "later.csv", split=(range(150), [], range(150, 200))
        )


@pytest.mark.parametrize(
    ("source", "about", "message"),
    [
        ("digits", {}, "`test` is for tables and folders of pictures, not for digits"),
        ("ring", {}, "`test` is for tables and folders of pictures, not for ring"),
        ("own.csv", {"target": "kind", "test": "."}, "expected the path of a table, as own.csv is"),
    ],
)
def test_a_test_part_that_does_not_fit_the_data_is_refused(tables, monkeypatch, source, about, message):
    monkeypatch.chdir(tables)
    with pytest.raises(WxbError) as refusal:
        wxb.load_data(source, **{"test": "later.csv", **about})
    assert message in str(refusal.value)


def test_a_folder_is_tested_on_another_in_its_size_and_colours(tmp_path):
    own = pictures(tmp_path / "own", {"cat": 20, "dog": 20}, 0, side=16)
    later = pictures(tmp_path / "later", {"dog": 1, "cat": 3}, 1, grey=False, side=40)
    data = wxb.load_data(own, test=later)
    assert data.shape == (1, 16, 16)
    np.testing.assert_array_equal(data.targets[data.split.test], [0, 0, 0, 1])
    assert data.files[-1] == "later/dog/0.png"
    assert (len(data.split.train), len(data.split.validation)) == (34, 6)


def test_pictures_that_are_copies_of_a_test_picture_are_not_trained_on(tmp_path):
    own = pictures(tmp_path / "own", {"cat": 20, "dog": 20}, 0)
    copy = np.asarray(Image.open(own / "cat" / "3.png"))
    later = pictures(tmp_path / "later", {"cat": 5, "dog": 5}, 1, keep=[("cat", copy)])
    data = wxb.load_data(own, test=later)
    trained = [data.files[row] for row in (*data.split.train, *data.split.validation)]
    assert len(trained) == 39
    assert "cat/3.png" not in trained
    assert "1 picture of own is a copy of one in later: not used" in data.notes


def test_the_val_of_a_folder_is_validation_if_the_test_part_is_another_folder(tmp_path):
    own = tmp_path / "own"
    pictures(own / "train", {"cat": 10, "dog": 10}, 0)
    pictures(own / "val", {"cat": 4, "dog": 4}, 1)
    later = pictures(tmp_path / "later", {"cat": 5, "dog": 5}, 2)
    data = wxb.load_data(own, test=later)
    assert [len(data.split.part(name)) for name in ("train", "validation", "test")] == [20, 8, 10]
    pictures(own / "test", {"cat": 4, "dog": 4}, 3)
    with pytest.raises(WxbError, match="own has a test part of its own"):
        wxb.load_data(own, test=later)


def test_classes_that_the_test_folder_lacks_are_named(tmp_path):
    own = pictures(tmp_path / "own", {"cat": 10, "dog": 10}, 0)
    with pytest.raises(WxbError, match="not in later: dog"):
        wxb.load_data(own, test=pictures(tmp_path / "later", {"cat": 5, "cow": 5}, 2))
