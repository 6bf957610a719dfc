"""Missing values: the words for none, and further ones on request."""

import numpy as np
import polars as pl
import pytest

from tests.data.tables.columns import ROWS, numbers_of, said
from wxb.data import load_data
from wxb.data.describe import describe


@pytest.mark.parametrize("word", ["n/a", "None", "<NA>", "#N/A", "NaT", "-", ".", "--", "\\N", "#DIV/0!"])
def test_words_for_missing_are_neither_numbers_nor_texts_nor_classes(write, word):
    lost = [i % 10 == 3 for i in range(ROWS)]
    content = {
        "x": [word if gone else f"{i * 7 % 50 / 3:.2f}" for i, gone in enumerate(lost)],
        "town": [word if gone else ("Rome", "Oslo")[i % 2] for i, gone in enumerate(lost)],
        "y": [word if i == 5 else ("yes", "no")[i % 3 == 0] for i in range(ROWS)],
    }
    data = load_data(write(content), target="y")
    assert (data.classes, len(data.examples)) == (("no", "yes"), ROWS - 1)
    assert [one["missing"] for one in describe(data)["columns"]] == [12, 12]
    assert "town (missing)" in data.features
    (note,) = [note for note in data.notes if "without y" in note]
    assert note.startswith(f"1 row without y left out of 120: 1 {word}")


def test_a_word_that_stands_for_none_is_counted_by_column_and_kept_as_a_value_on_request(write):
    words = ["NA", "Rome", "Oslo", "None", ""]
    content = {
        "x": ["NA" if i % 40 == 9 else f"{i * 7 % 50 / 3:.2f}" for i in range(ROWS)],
        "town": [words[i % 5] for i in range(ROWS)],
        "y": [("a", "b", "None", "NA")[i % 4] if i % 30 else "" for i in range(ROWS)],
    }
    path = write(content)
    data = load_data(path, target="y")
    assert data.classes == ("a", "b")
    assert data.notes[:2] == (
        '62 rows without y left out of 120: 30 NA, 28 None, 4 empty; if NA is a class: `missing="NA=value"`',
        'taken as missing: town (12 None, 10 NA); if None is a value: `missing="None=value"`',
    )
    kept = load_data(path, target="y", missing="NA=value,None=value")
    assert kept.classes == ("a", "b", "NA", "None")
    assert kept.notes[0] == "4 rows without y left out of 120"
    assert kept.features == ("x", "x (missing)", "town=NA", "town=None", "town=Oslo", "town=Rome", "town (missing)")
    assert int(np.isnan(numbers_of(kept, "x")).sum()) == 3  # of numbers it is missing
    few = write({"x": ["NA", "1"], "town": ["NA", "None"], "y": ["NA", "None"]}, "few.csv")
    later = load_data(few, like=kept.table)
    assert later.targets.tolist() == [2, 3]
    assert later.inputs[:][:, 2:4].tolist() == [[1, 0], [0, 1]]
    assert load_data(**kept.source).fingerprint == kept.fingerprint


def test_a_class_that_is_taken_for_missing_is_named_where_no_other_is_left(write):
    path = write({"x": [f"{i * i}" for i in range(ROWS)], "y": ["None", "Rome"] * (ROWS // 2)})
    assert 'if None is a class: `missing="None=value"`' in said(path, target="y")
    assert load_data(path, target="y", missing="None=value").classes == ("None", "Rome")


def test_a_word_that_stands_for_itself_needs_not_be_kept(write):
    path = write({"x": ["1", "2", "3"], "y": ["a", "b", "a"]})
    assert "unknown stands for itself" in said(path, target="y", missing="unknown=value")


def test_a_dash_beside_a_plus_is_a_value(write):
    content = {"x": [f"{i * 7 % 50 / 3:.2f}" for i in range(ROWS)], "s": ["+-"[i % 3 == 0] for i in range(ROWS)],
               "y": ["+-"[i % 2] for i in range(ROWS)]}  # fmt: skip
    data = load_data(write(content), target="y")
    assert data.classes == ("+", "-")
    assert "s=-" in data.features
    few = {name: texts[1:2] for name, texts in content.items()}
    other = load_data(write(few, "few.csv"), like=data.table)
    assert other.targets.tolist() == [1]
    assert np.array_equal(other.inputs[:], data.inputs[1:2])


@pytest.mark.parametrize("zone", ["+02:00", " +0200", "Z"])
def test_times_with_a_zone_beside_times_of_training_without_one_are_noted(write, zone):
    local = [f"2024-07-{i % 28 + 1:02d}T{i % 24:02d}:30" for i in range(ROWS)]
    y = [f"{i % 2}" for i in range(ROWS)]
    plain, zoned = write({"t": local, "y": y}), write({"t": [f"{time}{zone}" for time in local], "y": y}, "zoned.csv")
    hour = "00:30" if zone == "Z" else "22:30"
    day = "2024-07-01" if zone == "Z" else "2024-06-30"

    def noted(path, run):
        return [note for note in load_data(path, like=run.table).notes if "zone" in note]

    runs = [load_data(path, target="y") for path in (plain, zoned)]
    assert noted(plain, runs[0]) == noted(zoned, runs[1]) == []
    assert noted(zoned, runs[0]) == [
        "t: its times have a zone, those of training had none, and are read in UTC: "
        f"{local[0]}{zone} (row 0) is {day} {hour}"
    ]
    assert noted(plain, runs[1]) == [
        "t: its times have no zone, those of training had one, and are taken for UTC: "
        f"{local[0]} (row 0) is 2024-07-01 00:30"
    ]
    days = write({"t": [time[:10] for time in local], "y": y}, "days.csv")
    assert noted(days, runs[0]) == noted(days, runs[1]) == []  # days without times


def test_data_frames_with_a_zone_are_noted_as_files_are(write):
    times = pl.datetime_range(pl.datetime(2024, 7, 1), pl.datetime(2024, 7, 5), "1h", eager=True)[:ROWS]
    y = [i % 2 for i in range(len(times))]
    run = load_data(pl.DataFrame({"t": times, "y": y}), target="y")
    zoned = load_data(pl.DataFrame({"t": times.dt.replace_time_zone("Europe/Berlin"), "y": y}), like=run.table)
    (note,) = (note for note in zoned.notes if "zone" in note)
    assert note.endswith("is 2024-06-30 22:00")


def test_an_added_word_for_none_that_no_value_is_is_noted(write):
    content = {
        "x": ["-999.0" if i % 9 == 4 else f"{i % 5}" for i in range(ROWS)],
        "town": ["gone" if i % 7 == 3 else ("Rome", "Oslo")[i % 2] for i in range(ROWS)],
        "y": ["lost" if i == 8 else f"{i % 3}" for i in range(ROWS)],
    }
    path = write(content)

    def noted(words):
        return [note for note in load_data(path, target="y", missing=words).notes if "no value that is read" in note]

    assert noted("-999,gone,lost,NA") == []  # a number, a text, one beside the target, and what is none anyway
    assert noted("-99,Gone,lost") == ['`missing="-99,Gone"`: no value that is read is -99 or Gone']


def test_further_words_and_numbers_are_missing_on_request_then_and_later(write):
    x = ["-999" if i % 10 == 3 else f"{i * 7 % 50 / 3:.2f}" for i in range(ROWS)]
    town = ["unknown" if i % 7 == 2 else ("Rome", "Oslo")[i % 2] for i in range(ROWS)]
    content = {"x": x, "town": town, "y": [f"{i % 2}" for i in range(ROWS)]}
    data = load_data(write(content), target="y", missing="-999,unknown")
    assert [one["missing"] for one in describe(data)["columns"]] == [12, 17]
    assert data.features == ("x", "x (missing)", "town=Oslo", "town=Rome", "town (missing)")
    later = load_data(write({"x": ["-999.0"], "town": ["unknown"], "y": ["1"]}, "u.csv"), like=data.table)
    assert np.isnan(later.examples).all()
    assert load_data(**data.source).fingerprint == data.fingerprint
    numbers = pl.DataFrame(
        {"x": [-999.0 if text == "-999" else float(text) for text in x], "town": town, "y": [0, 1] * 60}
    )
    assert np.array_equal(
        numbers_of(load_data(numbers, target="y", missing=["-999", "unknown"]), "x"),
        numbers_of(data, "x"),
        equal_nan=True,
    )
