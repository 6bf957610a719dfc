"""Tables: how files are read, what is predicted, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.data.tables.columns import every_kind, said
from tests.learning.test_learning_resume import CPU
from wxb.data import load_data
from wxb.data.dataset import Split
from wxb.data.describe import describe, lines
from wxb.errors import WxbError
from wxb.learning.checks import check
from wxb.network.build import build

ROWS = len(every_kind()["id"])


@pytest.fixture
def write(tmp_path):
    """`write("t.csv", {"a": [1, 2]})`, or a text; the path."""

    def written(name, content):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content)
        elif name.endswith(".parquet"):
            pl.DataFrame(content).write_parquet(path)
        else:
            pl.DataFrame(content).write_csv(path, separator="\t" if name.endswith(".tsv") else ",")
        return path

    return written


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_a_table_is_the_same_data_in_every_format(write, suffix):
    first = load_data(write("t.csv", every_kind()), target="price")
    other = load_data(write(f"u.{suffix}", every_kind()), target="price")
    assert other.fingerprint == first.fingerprint
    assert (other.features, other.task, other.name) == (first.features, "regression", "u")


def test_a_data_frame_is_the_same_data_as_its_file(write):
    path = write("t.parquet", every_kind())
    frame = pl.read_parquet(path)
    data = load_data(frame, target="price")
    assert data.fingerprint == load_data(path, target="price").fingerprint
    assert (data.name, data.source["source"]) == ("frame", "arrays")
    assert load_data(frame, like=data.table).fingerprint == data.fingerprint
    assert said(frame).startswith("the data frame is a table: which of its columns is to be predicted?")


def test_what_tells_nothing_is_left_out_with_a_note(write):
    data = load_data(write("t.csv", every_kind()), target="price")
    assert data.notes[0] == (
        "5 columns left out: id (an identifier), row (numbers the rows), story (free text, 60 different in 60), "
        "land (always here), nothing (empty)"
    )


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_that_of_the_first_line(write, separator):
    text = "\n".join(
        separator.join(row) for row in [["a", "the b", "c"], *([str(i), str(i * i), "7"] for i in range(9))]
    )
    data = load_data(write("t.csv", text), target="a", task="regression")
    assert data.features == ("the b",)
    assert np.array_equal(data.inputs[:][:, 0], np.arange(9) ** 2)


@pytest.mark.parametrize("word", ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "?", "inf", "1e99", '"  "'])
def test_words_for_nothing_and_numbers_beyond_float32_are_missing(write, word):
    values = [word if i == 4 else str(i * 1.5 + (i % 3)) for i in range(40)]
    data = load_data(write("t.csv", "x,y\n" + "".join(f"{v},{i % 2}\n" for i, v in enumerate(values))), target="y")
    assert describe(data)["columns"][0]["missing"] == 1
    assert np.isnan(data.examples[4, 0])
    assert np.isfinite(data.inputs[:]).all()


def test_a_table_of_one_column_besides_the_target_that_counts_is_kept(write):
    data = load_data(write("t.csv", {"x": list(range(50)), "y": np.sin(np.arange(50) / 9).tolist()}), target="y")
    assert data.features == ("x",)


def test_whole_numbers_that_are_no_identifier_stay(write):
    area = [40 + i * 3 for i in np.random.default_rng(0).permutation(50).tolist()]
    content = {"area": area, "other": [0.5, 1.5] * 25, "y": [1, 2] * 25}
    assert load_data(write("t.csv", content), target="y").features == ("area", "other")


# --- what is predicted ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "task", "classes", "note"),
    [
        (["b", "a"], "classification", ("a", "b"), None),
        (["x10", "x9"], "classification", ("x9", "x10"), None),
        ([True, False], "classification", ("false", "true"), None),
        (
            [0, 1],
            "classification",
            ("0", "1"),
            'y has 2 different whole numbers, taken as classes; `task="regression"` takes them ',
        ),
        ([3, 10, 4, 7], "classification", ("3", "4", "7", "10"), "y has 4 different whole numbers, taken as classes"),
        ([1.0, 2.0], "classification", ("1", "2"), "y has 2 different whole numbers"),
        ([0.5, 1.5], "regression", ("y",), None),
        (
            list(range(30)),
            "regression",
            ("y",),
            'y has 30 different whole numbers, taken as numbers; `task="classification"`',
        ),
    ],
)
def test_the_task_is_guessed_from_the_target(write, values, task, classes, note):
    targets = [values[i % len(values)] for i in range(60)]
    data = load_data(write("t.csv", {"x": (np.arange(60) * 1.5 % 7).tolist(), "y": targets}), target="y")
    assert (data.task, data.classes) == (task, classes)
    assert [line.startswith(note) for line in data.notes if "taken as" in line] == ([True] if note else [])
    if task == "classification":
        names = [data.classes[number] for number in data.targets]
        assert names == [f"{value}".lower().removesuffix(".0") for value in targets]
        assert data.split.how.startswith("stratified")
    else:
        assert np.array_equal(data.targets[:, 0], np.array(targets, np.float32))


def test_a_wrong_guess_is_put_right(write):
    path = write("t.csv", {"x": (np.arange(60) * 1.5 % 7).tolist(), "y": [i % 30 for i in range(60)], "z": [0, 1] * 30})
    assert load_data(path, target="z", task="regression").task == "regression"
    assert load_data(path, target="y", task="classification").outputs == 30
    assert said(path, target="z", task="label") == (
        '`task="label"`: expected classification, multilabel, regression, reconstruction or tags\n'
        '  fix: `task="multilabel"`'
    )


def test_several_targets_are_labels_or_numbers(write):
    content = {
        "x": (np.arange(60) * 1.5 % 7).tolist(),
        "a": [0, 1] * 30,
        "b": [True, False, False] * 20,
        "c": [0.5, 2] * 30,
    }
    path = write("t.csv", content)
    labels = load_data(path, target="a,b")
    assert (labels.task, labels.classes) == ("multilabel", ("a", "b"))
    assert np.array_equal(labels.targets, np.stack([content["a"], content["b"]], axis=1))
    assert labels.features == ("x", "c")
    assert 'a, b hold 0 and 1, taken as labels; `task="regression"` takes them as numbers' in labels.notes
    assert load_data(path, target=["a", "b"], task="regression").task == "regression"
    numbers = load_data(path, target=("c", "a"))
    assert (numbers.task, numbers.classes) == ("regression", ("c", "a"))
    assert said(path, target="a,b", task="classification").startswith(
        '`task="classification"` is for one column, not for a, b'
    )


def test_a_column_with_a_comma_in_its_name_is_one_target(write):
    path = write("t.csv", {"x": [0.5, 1.5, 4] * 20, "a,b": ["yes", "no"] * 30})
    data = load_data(path, target="a,b")
    assert data.classes == ("no", "yes")
    assert load_data(**data.source).fingerprint == data.fingerprint


def test_copies_are_rows_that_are_equal_in_all_columns_used_when_they_are_split_and_when_they_are_checked(write):
    rows = 120
    content = {
        "x": [i if i < 80 else 5 for i in range(rows)],
        "town": ["Rome" if i < 80 else f"place {i}" for i in range(rows)],  # rare ones become one feature
        "y": [i % 2 for i in range(rows)],
    }
    data = load_data(write("t.csv", content), target="y")
    assert len(np.unique(data.inputs[80:], axis=0)) == 1
    assert data.copies.tolist() == list(range(rows))
    assert not any("copies" in note for note in data.notes)
    assert check(build("SOFTMAX", data), data, CPU).copies_in_test == 0
    content["x"][:20], content["town"][:20] = content["x"][20:40], content["town"][20:40]
    data = load_data(write("t.csv", content), target="y")
    assert data.copies[20:40].tolist() == list(range(20))
    assert data.notes[-1].startswith("20 rows are copies of another; ")
    assert check(build("SOFTMAX", data), data, CPU).copies_in_test == 0
    halves = replace(data, split=Split(np.arange(20), np.arange(40, 80), np.arange(20, 40), "by hand"))
    assert check(build("SOFTMAX", halves), halves, CPU).copies_in_test == 20


def test_rows_without_a_target_are_left_out_with_a_note(write):
    content = every_kind()
    content["sold"] = [None if i in (3, 5) else value for i, value in enumerate(content["sold"])]
    data = load_data(write("t.csv", content), target="sold")
    assert data.notes[0] == "2 rows without sold left out of 60"
    assert len(data.examples) == 58


def test_the_source_reads_the_same_table_again(write):
    first = load_data(write("t.csv", every_kind()), target=["price", "size"], pieces=4, seed=3)
    again = load_data(**first.source)
    assert (again.fingerprint, again.table) == (first.fingerprint, first.table)


# --- rows that come later ---------------------------------------------------------------------------------------------


def test_rows_of_another_file_are_prepared_as_those_of_the_first(write):
    data = load_data(write("t.csv", every_kind()), target="price")
    shuffled = dict(reversed(every_kind().items()))
    other = load_data(write("u.csv", shuffled), like=data.table)
    assert other.fingerprint == data.fingerprint
    assert (len(other.split.train), len(other.split.test)) == (0, ROWS)
    few = {name: values[7:9] for name, values in every_kind().items()}
    assert np.array_equal(load_data(write("v.csv", few), like=data.table).inputs[:], data.inputs[7:9])


def test_a_column_that_is_missing_is_named_and_more_are_noted(write):
    data = load_data(write("t.csv", every_kind()), target="price")
    content = every_kind()
    content["sizes"] = content.pop("size")
    assert said(write("u.csv", content), like=data.table).splitlines()[0] == (
        "u.csv has no column size, which the run was trained on; sizes is one"
    )
    more = load_data(write("v.csv", {**every_kind(), "roof": ["red"] * ROWS}), like=data.table)
    assert more.notes == ("a column that training had not, not used: roof",)


def test_values_that_training_had_not_are_noted(write):
    content = every_kind()
    data = load_data(write("t.csv", content), target="price")
    content["garden"] = ["perhaps", *map(str, content["garden"][1:])]
    notes = load_data(write("u.csv", content), like=data.table).notes
    assert notes == ("garden: 1 of values that training had none of (perhaps 1)",)


def test_a_column_of_which_training_had_no_value_is_refused(write):
    content = every_kind()
    data = load_data(write("t.csv", content), target="price")
    content["garden"] = ["perhaps"] * ROWS
    assert said(write("u.csv", content), like=data.table) == (
        "garden of u.csv has none of the values that training had\n"
        "  garden: training had false, true; here all 60 values are others: perhaps\n"
        "  fix: the values of training in garden, and nothing where the value is not known"
    )


def test_a_class_that_the_run_has_not_is_refused(write):
    data = load_data(write("t.csv", every_kind()), target="sold")
    content = every_kind()
    content["sold"][0] = "perhaps"
    assert said(write("u.csv", content), like=data.table) == (
        "unknown class in sold of u.csv: perhaps\n  expected no, yes"
    )
    assert said(write("u.csv", every_kind()), like=data.table, target="sold").startswith(
        "the run says how a table is read"
    )
    assert said(write("u.csv", every_kind()), like={"a": 1}).startswith("this is no preparation of a table")


# --- what is refused --------------------------------------------------------------------------------------------------

SMALL = "x,kind,y\n1.5,a,0\n2.5,b,1\n4.5,a,1\n0.5,b,0\n9,a,1\n8,b,0\n"


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        (SMALL, None,
         "t.csv is a table: which of its columns is to be predicted?\n  columns: x, kind, y\n  "
         "fix: `target=\"y\"`; a network that ends in SELF learns without a target"),
        (SMALL, "kin", "t.csv has no column kin; kind is one\n  columns: x, kind, y"),
        (SMALL, "qqqq", "t.csv has no column qqqq\n  columns: x, kind, y"),
        (SMALL, "y,y", "`target` names a column twice: y, y"),
        (SMALL, "x,kind,y", "`target` names all columns: none is left to predict from\n  columns: x, kind, y"),
        (SMALL, "x,kind", "kind of t.csv holds texts, no numbers\n  several columns are predicted if all"),
        ("x,y\n1,a\n2,a\n3.5,a\n", "y", "all rows of t.csv have one y, a\n  expected at least two different ones"),
        ("x,y\n1,1\n2,1\n3.5,1\n", "y", "all rows of t.csv have one y, 1\n  expected at least two different ones"),
        ("x,y\n1,.5\n2,.5\n3.5,.5\n", "y", "all rows of t.csv have one y, 0.5\n  expected at least two different ones"),
        ("x,y\n1,a\n", "y", "t.csv has 1 row with y\n  expected at least two, one to train and one to test"),
        ("x,y\n", "y", "t.csv has 0 rows with y"),
        ("x,y\n1,\n2,\n", "y", "t.csv has 0 rows with y"),
        ("x,y\n1,a\n2,b\n3,c\n4,d\n5,e\n", "y", "y has 5 different values in 5 rows\n  a class needs several rows"),
        ("x,y\n1,a\n2,a\n5,a\n7,b\n", "y", "class b cannot be split: 1 row\n"),
        ("x,y\nred,1\nblue,0\ngreen,1\npink,0\n", "y",
         "t.csv has no column to learn y from\n  x: free text, 4 different in 4\n  fix: a column of numbers"),
        ("", "y", "t.csv cannot be read as CSV\n  it is empty\n"),
        ("x,y\n1,2\n3,4,5\n", "y", "t.csv cannot be read as CSV\n  line 3, column 5: 3 values, but line 1 has 2\n"),
        (b"x,y\n\xe9t\xe9,1\n", "y", "t.csv is not in UTF-8\n  line 2, column 1 holds the byte 0xe9; in Windows-1252 "),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "y", "t.csv cannot be read as CSV\n  it is no text"),
        ("1,2\n3,4\n5,6\n", "y", "t.csv has no column y\n  columns: column 1, column 2\n  the first line of t.csv"),
    ],
)  # fmt: skip
def test_a_table_that_makes_no_sense_is_refused(write, text, target, message):
    assert said(write("t.csv", text), target=target).startswith(message)


def test_a_text_is_no_number_even_if_asked_for(write):
    assert said(write("t.csv", SMALL), target="kind", task="regression").startswith(
        "kind of t.csv holds texts, no numbers"
    )


def test_columns_beyond_the_tenth_are_counted_in_remarks(write):
    names = [f"x{i}" for i in range(14)]
    lines = [",".join(["?1" if i == 3 else f"{i * (k + 2) % 90 / 7:.2f}" for k in range(14)]) for i in range(60)]
    data = load_data(
        write("t.csv", "\n".join([",".join([*names, "y"]), *(f"{line},{i % 2}" for i, line in enumerate(lines))])),
        target="y",
    )
    assert sum("1 of 60 values is no number" in note for note in data.notes) == 10
    assert "4 more columns with such values" in data.notes


DAYS = [f"2024-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(200)]
NO_DATE = (
    "\n  numbers or classes are predicted; a date is a class if it stands in several rows\n  fix: write numbers in day,"
)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "day"}, "day of t.parquet holds dates, 84 different in 150 rows"),
        ({"target": "day", "task": "regression"}, "day of t.parquet holds dates, no numbers"),
        ({"target": ["day", "x"]}, "day of t.parquet holds dates, no numbers"),
    ],
)
@pytest.mark.parametrize("typed", [False, True])
def test_a_date_is_no_target_and_the_error_says_what_is(tmp_path, options, message, typed):
    x = [i % 7 / 2 for i in range(150)]
    frame = pl.DataFrame({"x": x, "z": x[::-1], "day": DAYS[:150]})
    frame.with_columns(pl.col("day").str.to_date() if typed else pl.col("day")).write_parquet(tmp_path / "t.parquet")
    assert said(tmp_path / "t.parquet", **options).startswith(message + NO_DATE)


def test_days_are_numbers_to_predict_and_few_dates_are_classes(write):
    lines = [f"{i % 7 / 2},{19_700 + i * 7 % 1_000},{DAYS[i % 3]}" for i in range(150)]
    path = write("t.csv", "\n".join(["x,day,when", *lines]))
    assert load_data(path, target="day").task == "regression"
    assert load_data(path, target="when").classes == ("2024-01-01", "2024-02-02", "2024-03-03")


def test_a_split_without_a_training_part_is_refused(write):
    assert said(write("t.csv", every_kind()), target="price", split="0,0,1").startswith(
        "the columns of t.csv are prepared by their training part, and the split leaves none\n"
    )


def test_a_file_that_is_no_parquet_or_not_there_is_said(write, tmp_path):
    assert said(write("t.parquet", "x,y\n1,2\n"), target="y").startswith("t.parquet cannot be read as Parquet\n")
    assert said(tmp_path / "none.csv", target="y").startswith("there is no file ")


def test_a_parquet_file_that_ends_the_process_that_reads_it_is_refused(write, monkeypatch):
    path = write("t.parquet", every_kind())
    monkeypatch.setattr("wxb.data.tables.parquet.TRIAL", "import os; os.abort()")
    assert said(path, target="price").startswith("t.parquet cannot be read as Parquet\n  it is damaged\n")


def test_a_panic_of_the_reader_is_an_error_of_the_file(write, monkeypatch):
    def panics(*words, **options):
        raise pl.exceptions.PanicException("the end is before the start")

    path = write("t.parquet", every_kind())
    monkeypatch.setattr("polars.read_parquet", panics)
    assert said(path, target="price").startswith("t.parquet cannot be read as Parquet\n  the end is before the start\n")


def test_a_damaged_parquet_file_is_read_or_refused(write):
    whole = write("t.parquet", every_kind()).read_bytes()
    random = np.random.default_rng(1)
    answers = []
    for _ in range(8):
        damaged = bytearray(whole)
        for place in random.integers(4, len(whole) - 4, 3):
            damaged[place] ^= 1 << random.integers(8)
        try:
            answers.append(load_data(write("t.parquet", bytes(damaged)), target="price").name)
        except WxbError as problem:
            answers.append(problem.what)
    assert "t.parquet cannot be read as Parquet" in answers


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_table_that_does_not_fit_into_memory_is_refused_before_it_is_read(write, monkeypatch, suffix):
    path = write(f"t.{suffix}", every_kind())
    monkeypatch.setattr("wxb.data.tables.content.memory", lambda: 8_000)
    assert said(path, target="price").startswith(
        f"t.{suffix} does not fit into memory\n  60 rows of 10 columns take 0.0 GiB; at most 0.0 GiB are for them\n"
    )


@pytest.mark.parametrize(
    ("option", "value"), [("target", "y"), ("task", "classification"), ("pieces", 3), ("like", {})]
)
def test_settings_of_tables_are_for_tables(option, value):
    assert said("digits", **{option: value}).startswith(f"`{option}` is for tables, not for digits")


# --- what is said of them ---------------------------------------------------------------------------------------------


def test_the_description_has_a_line_a_column(write):
    data = load_data(write("t.csv", every_kind()), target="price")
    found = json.loads(json.dumps(describe(data)))
    assert found["features"] == list(data.features)
    by_name = {column["name"]: column for column in found["columns"]}
    assert list(by_name) == [name for name in every_kind() if name != "price"]
    assert by_name["size"]["kind"] == "number"
    assert by_name["size"]["missing"] == 6
    sizes = [size for size in every_kind()["size"] if size is not None]
    assert (by_name["size"]["min"], by_name["size"]["max"]) == (min(sizes), max(sizes))
    assert by_name["town"]["values"] == ["Bonn", "Oslo", "Rome"]
    assert by_name["story"]["why"] == "free text, 60 different in 60"
    text = lines(data)
    start = text.index(next(line for line in text if line.startswith("column ")))
    assert [line.split()[0] for line in text[start : start + 10]] == ["column", *by_name]
    assert text[start + 4].split() == ["town", "category", "9", "Bonn,", "Oslo,", "Rome"]


def test_data_that_are_no_table_have_no_columns():
    found = describe(load_data("ring", examples=50))
    assert (found["features"], found["columns"]) == ([], None)


def test_the_real_tables(real_data):
    tables = real_data / "tables"
    if not tables.is_dir():
        pytest.skip("no folder tables/ among the real data")
    houses = load_data(tables / "housing.csv", target="median_house_value", pieces=0)
    assert (houses.task, houses.shape, len(houses.examples)) == ("regression", (14,), 20_640)
    missing = {column["name"]: column["missing"] for column in describe(houses)["columns"]}
    assert missing["total_bedrooms"] == 207
    assert sum(missing.values()) == 207
    titanic = load_data(tables / "titanic.csv", target="Survived")
    assert titanic.classes == ("0", "1")
    kinds = {column["name"]: column["kind"] for column in describe(titanic)["columns"]}
    assert [name for name, kind in kinds.items() if kind == "left out"] == ["PassengerId", "Name", "Ticket", "Cabin"]
    assert [name for name, kind in kinds.items() if kind == "category"] == ["Sex", "Embarked"]
