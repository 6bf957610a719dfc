"""Numbers in every form: marks, signs, units, and what is no number."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.tables.columns import ROWS, numbers_of, read, said
from wxb.data import load_data
from wxb.data.describe import describe
from wxb.data.tables.written import DAYS, DURATIONS, LIKE, MARKS, TIME, Written, written_in


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
