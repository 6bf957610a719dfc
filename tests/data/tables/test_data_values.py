"""What the texts of a column mean: numbers in every form, booleans, dates, missing values, names of classes."""

import datetime
from contextlib import suppress

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import wxb
from wxb.data import load_data
from wxb.data.dataset import match_classes
from wxb.data.describe import describe
from wxb.data.tables import calendar
from wxb.data.tables.encoding import Prepared, encoding
from wxb.data.tables.frame import frame_of
from wxb.data.tables.table import preparation_of, read_rows
from wxb.data.tables.values import Values
from wxb.data.tables.written import DAYS, DURATIONS, LIKE, MARKS, TIME, Written, written_in
from wxb.errors import WxbError
from wxb.tasks.metrics import fit

ROWS = 120


def column(*texts, separator=""):
    return Values("x", pl.Series(texts, dtype=pl.String), separator=separator)


def read(*texts, separator=""):
    """The form of a column of texts, and its numbers."""
    values = column(*texts, separator=separator)
    form = values.form()
    return form, values.numbers(form.written).tolist()


@pytest.fixture
def write(tmp_path):
    """`write({"a": ["1", "2"]})`: a CSV file of these texts, separated by `separator`."""

    def written(content, name="t.csv", separator=","):
        path = tmp_path / name
        pl.DataFrame(content).write_csv(path, separator=separator)
        return path

    return written


def said(path, **options):
    with pytest.raises(WxbError) as caught:
        load_data(path, **options)
    return str(caught.value)


def numbers_of(data, name):
    return data.examples[:, [column.name for column in data.columns.held].index(name)]


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (("1", "-2.5", "1e3"), (1, -2.5, 1000)),
        (("1,234.5", "99"), (1234.5, 99)),
        (("1,234,567", "890"), (1_234_567, 890)),
        (("1.234,5", "99,25"), (1234.5, 99.25)),
        (("1 234", "-56"), (1234, -56)),
        (("1\u202f234,5", "56"), (1234.5, 56)),
        (("1'234.5", "56"), (1234.5, 56)),
        (("5,05", "12,1"), (5.05, 12.1)),
        (("0,125", "1,250"), (0.125, 1.25)),
        (("$1,234.50", "-$5", "$ 7"), (1234.5, -5, 7)),
        (("5 %", "12.5%"), (5, 12.5)),
        (("1.234,50 €", "−5 €"), (1234.5, -5)),
        (("EUR 1,000", "EUR 5"), (1000, 5)),
        (("(1,234.00)", "5.50", "(7)"), (-1234, 5.5, -7)),
        (("($1,234)", "$5", "$ (6)"), (-1234, 5, -6)),
        (("(1.234,5 €)", "99,25 €"), (-1234.5, 99.25)),
        (("1234-", "5", "6.5-"), (-1234, 5, -6.5)),
        (("12,34,567", "1,234", "12"), (1_234_567, 1234, 12)),
        (("01:02:03", "0:30"), (3723, 1800)),
        (("PT59S", "-P1DT2H"), (59, -93_600)),
        (("2 days 00:00:01", "-1 days +23:59:59"), (172_801, -1)),
    ],
)
def test_numbers_are_read_in_the_form_that_the_column_has(texts, numbers):
    form, found = read(*texts)
    assert form.kind == "number"
    assert found == pytest.approx(numbers, abs=1e-9)


@pytest.mark.parametrize(
    ("texts", "separator", "numbers"),
    [
        (("1,234", "5,678"), ",", (1234, 5678)),
        (("1,234", "5,678"), ";", (1.234, 5.678)),
        (("1,234", "567"), ";", (1234, 567)),
        (("1.234", "567"), ",", (1.234, 567)),
        (("1.234", "567"), ";", (1234, 567)),
        (("1.234", "5.678"), ";", (1.234, 5.678)),
    ],
)
def test_the_separator_of_the_file_decides_between_thousands_and_decimals(texts, separator, numbers):
    assert read(*texts, separator=separator)[1] == list(numbers)


@pytest.mark.parametrize(
    "texts",
    [("x10", "x9"), ("1-2", "3-4"), ("$5", "€5"), ("1,2,3", "4,5,6"), ("3 kg", "2 m"), ("(3)", "(4)"), ("3-", "4-")],
)
def test_other_texts_are_no_numbers(texts):
    assert read(*texts)[0].kind == "text"


def test_a_number_in_parentheses_far_down_is_below_zero():
    form, found = read(*[f"{i}.5" for i in range(1, 400)], "(7)")
    assert form.written.negative == "()"
    assert found[-1] == -7
    assert found[:2] == [1.5, 2.5]


EITHER = [f"{1 + i % 9},{100 + 7 * i}" for i in range(ROWS)]  # 1,100 …
COMMAS, POINTS = [f"{i},5" for i in range(ROWS)], [f"{i}.5" for i in range(ROWS)]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("x", "z", "first"),
    [
        (EITHER, COMMAS, 1.1),
        (EITHER, POINTS, 1100),
        ([text.replace(",", ".") for text in EITHER], COMMAS, 1100),
        ([text.replace(",", ".") for text in EITHER], POINTS, 1.1),
        (EITHER, [f"1,{100 + i},000" for i in range(ROWS)], 1100),
        ([f"${text}" for text in EITHER], [f"{text} €" for text in COMMAS], 1.1),
        (EITHER, ["unknown"] * 50 + COMMAS[50:], 1.1),
    ],
)
@pytest.mark.parametrize("which", ["x", "y"])
def test_the_decimal_mark_that_one_column_proves_is_that_of_the_file(write, separator, x, z, first, which):
    classes = ["a", "b"] * (ROWS // 2)
    columns = {"x": x, "z": z, "y": classes} if which == "x" else {"z": z, "x": classes, "y": x}
    options = {} if which == "x" else {"task": "regression"}
    data = load_data(write(columns, separator=separator), target="y", **options)
    found = numbers_of(data, "x") if which == "x" else data.targets_in_units()[:, 0]
    assert found[0] == pytest.approx(first, rel=1e-6)
    assert not any("no column" in note for note in data.notes)


@pytest.mark.parametrize(
    ("x", "separator", "first"),
    [(EITHER, ",", 1100), (EITHER, ";", 1.1), ([text.replace(",", ".") for text in EITHER], ";", 1.1)],
)
def test_a_mark_that_nothing_proves_is_said_with_the_number_of_values_and_an_example(write, x, separator, first):
    data = load_data(write({"x": x, "y": ["a", "b"] * (ROWS // 2)}, separator=separator), target="y")
    assert numbers_of(data, "x")[0] == first
    (note,) = [note for note in data.notes if "no column" in note]
    assert note == (
        "no column of t.csv tells whether a mark is decimal or separates thousands in x (120 values such as "
        f"{x[0]}, read as {first:g}); to be sure, write them as 1234.5"
    )


def test_a_point_beside_no_comma_is_decimal_without_a_word(write):
    x = [text.replace(",", ".") for text in EITHER]
    assert load_data(write({"x": x, "y": ["a", "b"] * (ROWS // 2)}), target="y").notes == ()


def test_columns_that_contradict_each_other_about_the_decimal_mark_are_refused(write):
    path = write({"x": EITHER, "commas": COMMAS, "points": POINTS, "y": ["a", "b"] * (ROWS // 2)})
    message = said(path, target="y")
    assert "1,100 of x could be 1100 or 1.100" in message
    assert "commas has a decimal comma (0,5), but points has a decimal point (0.5)" in message
    assert '`drop="x"`' in message
    data = load_data(path, target="y", drop="x")
    assert data.examples[1].tolist() == [1.5, 1.5]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["$1,{}", "1,{}"], "numbers written in several ways: write them alike to use them, such as $1,100 and 1,101"),
        (["1{} kg"], "numbers written with something else: write them alone to use them, such as 1100 kg"),
    ],
)
def test_what_keeps_a_column_from_being_numbers_is_said(write, texts, said):
    x = [texts[i % len(texts)].format(100 + i) for i in range(ROWS)]
    z = [i * i for i in range(ROWS)]
    data = load_data(write({"x": x, "z": z, "y": ["a", "b"] * (ROWS // 2)}), target="y")
    assert data.notes == (f"1 column left out: x (free text, 120 different in 120; {said})",)


@given(
    st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=20),
    st.sampled_from(MARKS),
    st.sampled_from(["", "$", "%"]),
)
def test_a_column_is_read_to_the_numbers_it_was_written_from(numbers, marks, unit):
    decimal, thousands = marks
    texts = [f"{number:,.2f}".replace(",", "t").replace(".", decimal).replace("t", thousands) for number in numbers]
    texts = pl.Series([f"{text}{unit}" for text in texts])
    written = written_in(texts.unique(), ";" if decimal == "," else ",")
    assert written.read(texts).tolist() == [float(number) for number in numbers]


FORMS = [("date", day + TIME) for days in DAYS.values() for day in days] + [("duration", form) for form in DURATIONS]


@given(st.sampled_from(FORMS).flatmap(lambda form: st.tuples(st.just(form[0]), st.from_regex(form[1], fullmatch=True))))
def test_a_text_in_the_form_of_a_date_or_a_duration_is_tried_as_one(text):
    assert pl.Series([text[1]]).str.contains(LIKE[text[0]]).all()


def test_columns_of_words_and_codes_are_not_read_in_every_form(write, monkeypatch):
    tried = []
    read = Written.read
    monkeypatch.setattr(Written, "read", lambda self, texts: [tried.append(self), read(self, texts)][1])
    content = {f"x{i}": [("A12", "B7", "green", "May")[j * (i + 1) % 4] for j in range(ROWS)] for i in range(10)}
    load_data(write({**content, "y": [j % 2 for j in range(ROWS)]}), target="y")
    assert len([one for one in tried if one != Written()]) == 0
    assert len(tried) < 5 * 11


def test_a_number_that_one_form_reads_is_not_read_in_another():
    written = Written(decimal=".", thousands=",")
    assert np.isnan(written.read(pl.Series(["1,23", "1,2345", "1.2.3", "1,234.5.6", ""]))).all()


def test_the_form_of_numbers_is_said_with_an_example(write):
    price = [f"{900.5 + 7 * i:,.2f}" for i in range(ROWS)]
    data = load_data(write({"x": [f"{i % 9},5" for i in range(ROWS)], "price": price}), target="price")
    assert "read as numbers and dates: price (1,005.50 is 1005.5)" in data.notes
    assert "read as numbers and dates: x (0,5 is 0.5)" in data.notes
    assert np.array_equal(data.targets[:, 0], np.float32(900.5 + 7 * np.arange(ROWS)))
    assert len(data.examples) == ROWS


def test_what_is_no_number_is_counted_with_an_example_and_its_row(write):
    x = [f"{i * 1.5}" for i in range(ROWS)]
    x[7], x[30], x[50] = "n/a", "about 3", "1e99"
    y = [f"{i % 7 + i / 11:.3f}" for i in range(ROWS)]
    y[40] = "call us"
    notes = load_data(write({"x": x, "z": y[::-1], "y": y}), target="y").notes
    assert "x: 2 of 118 values are no numbers, such as about 3 (row 30), taken as missing" in notes
    assert "y: 1 of 120 values is no number, such as call us (row 40); its row is left out" in notes
    assert not any("without y" in note for note in notes)


def test_texts_among_digits_are_classes_of_a_target(write):
    content = {
        "x": [f"{i * 7 % 50 / 3:.2f}" for i in range(400)],
        "code": ["X" if i % 33 == 0 else str(i % 4) for i in range(400)],
    }
    data = load_data(write(content), target="code")
    assert data.classes == ("0", "1", "2", "3", "X")
    assert describe(data)["counts"]["X"] == 13
    assert len(data.examples) == 400


# --- missing values ---------------------------------------------------------------------------------------------------


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


# --- booleans ---------------------------------------------------------------------------------------------------------


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


# --- names of classes -------------------------------------------------------------------------------------------------


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


# --- dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (("1970-01-01", "2024-02-29"), (0, 19782)),
        (("1970-01-02T12:00:00Z", "1970-01-01 06:00"), (1.5, 0.25)),
        (("1970-01-01T00:00:00+06:00", "1970-01-01T00:00:00-0600"), (-0.25, 0.25)),
        (("31.12.1969", "01.02.1970"), (-1, 31)),
        (("12/31/1969", "02/01/1970"), (-1, 31)),
        (("31/12/1969", "01/02/1970"), (-1, 31)),
        (("1970/1/2", "1970/01/03"), (1, 2)),
        (("1970-02", "1970-03"), (31, 59)),
    ],
)
def test_dates_are_days_since_1970(texts, days):
    form, found = read(*texts)
    assert (form.kind, form.written.style) == ("number", "date")
    assert found == list(days)


@pytest.mark.parametrize(
    "text", ["2023-02-29", "2023-13-01", "2023-00-10", "32.01.2023", "2023-01-01 25:00", "2023-1-1x"]
)
def test_what_is_in_no_calendar_is_no_date(text):
    assert read(text)[0].kind == "text"


@given(st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31)))
@example(datetime.datetime(2000, 2, 29, 23, 59, 59))
def test_the_calendar_agrees_with_that_of_python(moment):
    days = Written("date").read(pl.Series([moment.isoformat()]))
    year, month = calendar.year_and_month(days)
    found = (year[0], month[0], calendar.weekday(days)[0])
    assert found == (moment.year, moment.month, moment.weekday())
    assert days[0] == pytest.approx((moment - datetime.datetime(1970, 1, 1)) / datetime.timedelta(days=1), abs=1e-9)
    assert calendar.hour(days.round(6))[0] == pytest.approx(moment.hour, abs=1)


@pytest.mark.parametrize("form", ["csv", "parquet", "dotted"])
def test_a_date_becomes_its_days_year_month_and_weekday(tmp_path, form):
    days = [datetime.date(2023, 1, 1) + datetime.timedelta(days=9 * i) for i in range(ROWS)]
    content = {
        "day": days if form != "dotted" else [f"{day:%d.%m.%Y}" for day in days],
        "y": [i % 2 for i in range(ROWS)],
    }
    path = tmp_path / f"t.{'parquet' if form == 'parquet' else 'csv'}"
    frame = pl.DataFrame(content)
    frame.write_parquet(path) if form == "parquet" else frame.write_csv(path)
    data = load_data(path, target="y")
    assert data.features == ("day", "day (year)", "day (month)", "day (weekday)")
    values = data.inputs[:]
    assert np.array_equal(values[:, 1:], [[day.year, day.month, day.weekday()] for day in days])
    assert np.array_equal(np.diff(values[:, 0]), np.full(ROWS - 1, 9))
    (about,) = describe(data)["columns"]
    assert (about["kind"], about["min"], about["max"]) == ("date", "2023-01-01", str(days[-1]))
    later = load_data(pl.DataFrame({"day": ["2023-01-10"], "y": [1]}), like=data.table)
    assert np.array_equal(later.inputs[:], values[1:2])


def test_the_hour_is_a_feature_of_times_and_seconds_stay_apart(write):
    start = datetime.datetime(2024, 1, 1)
    moments = [start + datetime.timedelta(hours=i) for i in range(ROWS)]
    data = load_data(
        write({"t": [f"{one:%Y-%m-%d %H:%M:%S}" for one in moments], "y": [i % 2 for i in range(ROWS)]}), target="y"
    )
    assert data.features == ("t", "t (weekday)", "t (hour)")
    assert data.inputs[:][:, 2].tolist() == [one.hour for one in moments]
    near = [f"{start + datetime.timedelta(seconds=i * i):%Y-%m-%dT%H:%M:%S}" for i in range(ROWS)]
    features = load_data(write({"t": near, "y": [i % 2 for i in range(ROWS)]}), target="y").inputs[:]
    assert len(np.unique(features[:, 0])) == ROWS


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_durations_are_seconds(tmp_path, suffix):
    took = [datetime.timedelta(seconds=7 * i % 60) for i in range(ROWS)]
    frame = pl.DataFrame({"took": took, "y": [i % 2 for i in range(ROWS)]})
    path = tmp_path / f"t.{suffix}"
    if suffix == "parquet":
        frame.write_parquet(path)
    else:
        frame.with_columns(pl.col("took").dt.to_string("iso")).write_csv(path)
    assert numbers_of(load_data(path, target="y"), "took").tolist() == [one.total_seconds() for one in took]


# --- rows that come later ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run on columns of every kind, with missing, rare and odd values."""
    random = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("run")
    content = {
        "price": [f"{value:,.2f}" for value in random.uniform(100, 5000, 300)],
        "day": [
            f"{datetime.date(2020, 1, 1) + datetime.timedelta(days=int(i)):%d.%m.%Y}"
            for i in random.integers(0, 900, 300)
        ],
        "flag": [str(value) for value in random.random(300) < 0.5],
        "town": random.choice(["Rome", "Oslo", ""], 300).tolist(),
        "sign": random.choice(["+", "-"], 300).tolist(),
        "size": [f"{value:.1f}" for value in random.uniform(0, 20, 300)],
        "kind": random.choice(["01", "1", "1.0"], 300).tolist(),
    }
    content["town"][:3] = ["Bari", "Bonn", "Brno"]
    content["size"][5] = ""
    pl.DataFrame(content).write_csv(folder / "t.csv")
    data = load_data(folder / "t.csv", target="kind")
    return wxb.train(data, "FC-8-RELU, SOFTMAX", epochs=2, out=folder / "run")


CELLS = {
    "price": ["1,234.50", "99", "n/a", "1.234,5"], "day": ["02.01.2021", "2021-01-02", "", "never"],
    "flag": ["True", "yes", "0", "maybe", "unknown"], "town": ["Rome", "Oslo", "Bari", "", "ROME"],
    "sign": ["+", "-", ".", "*"], "size": ["3.5", "1e30", "-", "3,5", "True"],
}  # fmt: skip


@given(
    st.lists(
        st.fixed_dictionaries({name: st.sampled_from(cells) for name, cells in CELLS.items()}), min_size=2, max_size=5
    )
)
def test_a_row_is_read_alike_whatever_file_it_stands_in(run, rows):
    prepared = preparation_of(run.data.table)
    clear = [{name: cells[0] for name, cells in CELLS.items()}] * 100  # so that no value is one of many odd ones
    together = read_rows(frame_of(pl.DataFrame([*rows, *clear])), prepared)[0]
    for place, row in enumerate(rows):
        with suppress(WxbError):
            alone = read_rows(frame_of(pl.DataFrame([row])), prepared)[0]
            assert np.array_equal(alone[0], together[place], equal_nan=True)
    assert np.isfinite(Prepared(together, encoding(prepared))[:]).all()


def test_class_names_survive_from_training_to_the_report(run, tmp_path):
    assert run.data.classes == ("01", "1", "1.0")
    content = {name: [cells[0]] * 3 for name, cells in CELLS.items()}
    pl.DataFrame({**content, "kind": ["01", "1", "1.0"]}).write_csv(tmp_path / "u.csv")
    data = load_data(tmp_path / "u.csv", like=run.data.table)
    assert data.targets.tolist() == [0, 1, 2]
    assert [one.name for one in run.evaluate(data).per_class] == ["01", "1", "1.0"]
    assert set(run.predict(tmp_path / "u.csv").classes) <= {"1", "01", "1.0"}
    assert [one.name for one in run.report.per_class] == ["01", "1", "1.0"]


@pytest.mark.parametrize(
    ("name", "cells", "note"),
    [
        (
            "size",
            ["3.5", "2.5 C", "4"],
            "size: 1 of 3 values is no number, such as 2.5 C (row 1); its median stands there",
        ),
        (
            "size",
            ["1e6", "3", "4"],
            "size: 1 far outside of the range that training had, …",
        ),
        (
            "town",
            ["ROME", "ROME", "OSLO"],
            "town: 3 of values that training had none of (ROME 2, OSLO 1); they count as other",
        ),
        ("flag", ["", "True", "False"], "flag: 1 missing, which training had none of"),
        (
            "day",
            ["02.01.2021", "31.02.2021", "2021-01-03"],
            "day: 1 of 3 values is no date, such as 31.02.2021 (row 1); its median stands there",
        ),
        ("town", ["Bari", "Rome", ""], None),
        ("size", ["3.5", "", "-"], None),
    ],
)
def test_strange_values_are_noted_with_their_number(run, name, cells, note):
    content = {key: [values[0]] * 3 for key, values in CELLS.items()} | {name: cells}
    notes = [one for one in run.predict(pl.DataFrame(content)).notes if one.startswith(f"{name}:")]
    if note and note.endswith("…"):
        assert [one[: len(note) - 1] for one in notes] == [note[:-1]]
    else:
        assert notes == ([note] if note else [])


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def mixed(write):
    random = np.random.default_rng(0)
    return {
        "zip": [f"{i % 5 + 10}" for i in range(ROWS)],
        "x": [f"{value:.2f}" for value in random.normal(size=ROWS)],
        "note": [f"word {i // 3}" for i in range(ROWS)],
        "y": [f"{i % 2}" for i in range(ROWS)],
    }


def test_types_say_what_a_column_holds(write, mixed):
    path = write(mixed)
    types = {"zip": "category", "note": "category"}
    data = load_data(path, target="y", types=types)
    assert data.features[:6] == ("zip=10", "zip=11", "zip=12", "zip=13", "zip=14", "x")
    assert any(name.startswith("note=") for name in data.features)
    assert load_data(path, target="y", types="zip=category,note=category").fingerprint == data.fingerprint
    assert load_data(**data.source).fingerprint == data.fingerprint
    later = load_data(write({name: texts[:3] for name, texts in mixed.items()}, "u.csv"), like=data.table)
    assert np.array_equal(later.inputs[:], data.inputs[:3])
    assert load_data(path, target="y", types={"zip": "text"}).features[:6] == data.features[:6]
    assert load_data(path, target="zip", types={"zip": "number"}).task == "classification"
    assert said(path, target="y", types={"note": "number"}) == (
        '`types="note=number"`: no value of note is a number\n  such as word 0\n'
        "  fix: write them as 1234.5, or leave out the type"
    )
    assert said(path, target="y", types="zip=date").endswith(
        "  such as 10\n  fix: write them as 2024-12-31, 31 Dec 2024, 31.12.2024 or 12/31/2024, or leave out the type"
    )
    assert said(path, target="y", types="zip=number,zip=category").startswith("`types` says twice what a column holds")
    assert said(path, target="y", types="zip=category", drop="zip").startswith(
        "`types` says what zip holds, and `drop` leaves it out"
    )
    assert said(path, target="y", types={"zap": "number"}).startswith("t.csv has no column zap; zip is one")
    assert said(path, target="y", types={"zip": "colour"}).startswith("`types={'zip': 'colour'}`: expected columns and")


def test_dropped_columns_are_no_features_then_and_later(write, mixed):
    path = write(mixed)
    data = load_data(path, target="y", drop=["zip", "note"])
    assert data.features == ("x",)
    assert "2 columns left out: zip (dropped), note (dropped)" in data.notes
    assert load_data(path, target="y,", drop="zip,note,").fingerprint == data.fingerprint
    assert "which of its columns is to be predicted?" in said(path, target=",")
    assert load_data(**data.source).fingerprint == data.fingerprint
    later = load_data(write({"x": ["1.5"], "y": ["1"]}, "u.csv"), like=data.table)
    assert later.examples.tolist() == [[1.5]]
    assert said(path, target="y", drop="y").startswith("y is the target, and `drop` leaves it out")
    assert said(path, target="y", drop="zep").startswith("t.csv has no column zep; zip is one")


# --- columns that tell rows apart, and columns that give the answer away ----------------------------------------------


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


# --- extremes ---------------------------------------------------------------------------------------------------------


def test_numbers_that_mark_missing_ones_near_the_limit_of_float32_are_missing_with_a_note(write):
    x = ["-3.4028235e38" if i % 10 == 3 else f"{i * 7 % 50 / 3:.2f}" for i in range(ROWS)]
    data = load_data(write({"x": x, "z": [f"{i % 7}.5" for i in range(ROWS)], "y": ["0", "1"] * 60}), target="y")
    assert np.isnan(numbers_of(data, "x")).sum() == 12
    assert (
        "x: 12 of 120 values are no numbers up to 1e+30, such as -3.4028235e38 (row 3), taken as missing" in data.notes
    )


def test_a_target_of_such_numbers_alone_is_refused(write):
    y = [f"{1 + i % 7}e38" for i in range(ROWS)]
    x = [f"{i * 7 % 50 / 3:.2f}" for i in range(ROWS)]
    assert "y: 120 of 120 values are no numbers up to 1e+30, such as 1e38 (row 0)" in said(
        write({"x": x, "y": y}), target="y"
    )


def test_the_score_of_a_constant_test_part_is_zero_or_one():
    given = np.full(30, 0.1)
    assert fit(given, given + 1e-3, 0).r2 == 0
    assert fit(given, given, 0).r2 == 1


def test_thousands_of_columns_and_names_are_read():
    random = np.random.default_rng(0)
    frame = pl.DataFrame({**{f"c{i}": random.normal(size=40) for i in range(1500)}, "y": [0, 1] * 20})
    assert load_data(frame, target="y").shape == (1500,)  # 20 s if every column looked through all
    names = pl.DataFrame({"x": random.normal(size=60_000), "y": [f"n{i}" for i in range(60_000)]})
    with pytest.raises(WxbError, match="y has 60,000 different values in 60,000 rows"):
        load_data(names, target="y")
