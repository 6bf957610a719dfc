"""Columns of new rows that are written otherwise than those of training: read rightly, noted, or refused."""

import datetime

import numpy as np
import polars as pl
import pytest

import wxb
from wxb.data import load_data
from wxb.errors import WxbError

ROWS = 120
DAYS = [datetime.date(2023, 1, 1) + datetime.timedelta(days=9 * i) for i in range(ROWS)]
FORMS = {
    "ymd": "%Y-%m-%d", "dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y", "dotted": "%d.%m.%Y", "short dmy": "%d.%m.%y",
    "short mdy": "%m/%d/%y", "month": "%d %b %Y", "short month": "%d-%b-%y", "US month": "%B %d, %Y",
    "compact": "%Y%m%d",
}  # fmt: skip
CERTAIN = {"ymd", "month", "short month", "US month", "compact"}  # read whatever the order of a column
DAY_FIRST = {"dmy", "dotted", "short dmy"}
MONTH_FIRST = {"mdy", "short mdy"}


def table(values, column="day"):
    """A table of texts with a column of these, another, and a target."""
    n = len(values)
    content = {column: values, "x": [f"{i * 7 % 50 / 3:.2f}" for i in range(n)], "y": ["a", "b"] * (n // 2)}
    return pl.DataFrame(content, schema=dict.fromkeys(content, pl.String))


def dates(form):
    return [f"{day:{FORMS[form]}}" for day in DAYS]


def trained(values, column="day"):
    return load_data(table(values, column), target="y")


def said(data, values, column="day"):
    with pytest.raises(WxbError) as caught:
        load_data(values if isinstance(values, pl.DataFrame) else table(values, column), like=data.table)
    return str(caught.value)


def first_column(data):
    return data.examples[:, 0].tolist()


# --- dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("there", FORMS)
@pytest.mark.parametrize("form", sorted(set(FORMS) - {"compact"}))
def test_dates_in_another_form_are_read_rightly_or_refused(form, there):
    data = trained(dates(form))
    assert first_column(data) == [(day - datetime.date(1970, 1, 1)).days for day in DAYS]
    alike = next((group for group in (DAY_FIRST, MONTH_FIRST) if form in group), set())
    if there in CERTAIN | alike:
        other = load_data(table(dates(there)), like=data.table)
        assert first_column(other) == first_column(data)
        assert other.notes == ()
    else:
        assert said(data, dates(there)).startswith("day of the data frame is not written as in training")


def test_a_file_that_proves_another_order_is_refused_with_row_value_and_way_out():
    data = trained(dates("dmy"))
    values = ["03/04/2024", "04/05/2024", "12/31/2024", "05/06/2024"]
    assert said(data, values) == (
        "day of the data frame is not written as in training\n"
        "  day: training had dates such as 31/12/2024 (day, month, year); here 1 of 4 values can only be dates such as "
        "12/31/2024 (month, day, year): 12/31/2024 (row 2)\n"
        "  fix: dates such as 2024-12-31 in day, and nothing where the value is not known"
    )
    # many dates with one reading do not outvote what would be swapped
    assert "1 of 104 values can only be" in said(data, ["2024-12-30"] * 100 + values)


def test_isolated_dates_of_another_order_are_noted_where_the_others_prove_the_own_one():
    data = trained(dates("dmy"))
    new = load_data(table([*dates("dmy"), "12/31/2024", "04/05/2024"]), like=data.table)
    assert new.notes == ("day: 1 of 122 values is no date, such as 12/31/2024 (row 120); its median stands there",)
    assert new.examples[121, 0] == (datetime.date(2024, 5, 4) - datetime.date(1970, 1, 1)).days
    iso = trained(dates("ymd"))
    assert load_data(table([*dates("ymd"), "04/05/2024", "2024-05-04"]), like=iso.table).notes == (
        "day: 1 of 122 values is no date, such as 04/05/2024 (row 120); its median stands there",
    )


def test_dates_that_prove_no_order_are_read_as_in_training_with_a_note():
    for form, taken, day in (("dmy", "first", (2024, 4, 3)), ("mdy", "second", (2024, 3, 4))):
        data = trained(dates(form))
        new = load_data(table(["05/05/2024", "03/04/2024"]), like=data.table)
        assert new.examples[1, 0] == (datetime.date(*day) - datetime.date(1970, 1, 1)).days
        assert new.notes == (
            f"day: the day is taken to stand {taken}, as in training, which no date here proves: 03/04/2024 (row 1) is "
            f"{datetime.date(*day)}",
        )
    assert load_data(table(["05.05.2024", "03.04.2024"]), like=trained(dates("dotted")).table).notes == ()


def test_dates_to_train_on_that_prove_both_orders_are_refused():
    values = [f"{1 + i % 12:02}/{1 + i // 12:02}/2024" for i in range(108)]
    values += [f"{13 + i}/12/2024" for i in range(10)] + ["12/30/2024", "12/31/2024"]
    with pytest.raises(WxbError) as caught:
        trained(values)
    assert str(caught.value) == (
        "day of the data frame is written in two ways\n"
        "  10 of its values can only be dates such as 31/12/2024 (day, month, year), 2 only dates such as 12/31/2024 "
        "(month, day, year): 12/30/2024 (row 118)\n"
        '  fix: dates such as 2024-12-31; or leave the column out: `drop="day"`'
    )


def test_the_order_of_training_holds_in_evaluation_prediction_and_a_test_of_ones_own(tmp_path):
    for name, form in (("dmy", "dmy"), ("mdy", "mdy")):
        table(dates(form)).write_csv(tmp_path / f"{name}.csv")
    run = wxb.train(load_data(tmp_path / "dmy.csv", target="y"), "FC-4-RELU, SOFTMAX", epochs=1, out=tmp_path / "run")
    for reading in (
        lambda: run.evaluate(tmp_path / "mdy.csv"),
        lambda: run.predict(tmp_path / "mdy.csv"),
        lambda: run.predict(table(dates("mdy")).drop("y")),
        lambda: load_data(tmp_path / "dmy.csv", target="y", test=tmp_path / "mdy.csv"),
        lambda: run.evaluate(load_data(tmp_path / "mdy.csv", target="y")),
    ):
        with pytest.raises(WxbError, match="is not written as in training"):
            reading()
    assert run.evaluate(load_data(table(dates("ymd")), target="y")).examples == 30


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("02/27/2024 03:15 PM", "2024-02-27T15:15"), ("2/27/2024, 12:05:10 AM", "2024-02-27T00:05:10"),
        ("2/27/24 12:00 p.m.", "2024-02-27T12:00"), ("Tue, 27 Feb 2024 10:00:00 GMT", "2024-02-27T10:00"),
        ("Feb. 27, 2024 3:15pm", "2024-02-27T15:15"), ("27. February 2024", "2024-02-27"), ("27-FEB-99", "1999-02-27"),
        ("2/27/68", "2068-02-27"), ("2/27/69", "1969-02-27"), ("2024-02-27 10:00:00+01", "2024-02-27T09:00"),
    ],
)  # fmt: skip
def test_times_with_am_and_pm_names_of_months_and_short_years_are_read(text, moment):
    data = trained([*[f"{day:%m/%d/%Y}" for day in DAYS[:-1]], text])
    assert data.examples[-1, 0] == pytest.approx(np.datetime64(moment, "s").astype(float) / 86_400, abs=1e-9)
    assert data.columns.held[0].content == "dates"


@pytest.mark.parametrize("text", ["02/27/2024 13:15 PM", "02/27/2024 0:15 AM", "27 Fev 2024", "24-02-27", "1.2.3"])
def test_what_is_no_date_stays_missing(text):
    data = trained([*[f"{day:%m/%d/%Y}" for day in DAYS[:-1]], text])
    assert np.isnan(data.examples[-1, 0])
    assert f"day: 1 of 120 values is no date, such as {text} (row 119), taken as missing" in data.notes


def test_the_note_on_dates_shows_how_days_and_short_years_are_read():
    values = [*dates("dmy")[1:], "2024-12-31T10:00:00+00:00"]
    assert "read as numbers and dates: day (10/01/2023 is 2023-01-10)" in trained(values).notes
    assert (
        "read as numbers and dates: day (01.01.23 is 2023-01-01; two digits are a year from 1969 to 2068)"
        in trained(dates("short dmy")).notes
    )


def test_a_column_with_too_few_dates_or_numbers_names_the_way_to_take_it():
    some = [f"about {i}" if i % 4 == 0 else text for i, text in enumerate(dates("month"))]
    note = 'day: only 90 of 120 values are dates; `types="day=date"` takes the others as missing'
    assert note in trained(some).notes
    data = load_data(table(some), target="y", types="day=date")
    assert np.isnan(data.examples[:, 0]).sum() == 30
    numbers = [f"about {i}" if i % 4 == 0 else f"{i}.5" for i in range(ROWS)]
    assert (
        'size: only 90 of 120 values are numbers; `types="size=number"` takes the others as missing'
        in trained(numbers, "size").notes
    )


def test_dates_without_marks_are_dates_on_request_in_texts_and_data_frames():
    texts = table(dates("compact"))
    numbers = texts.with_columns(pl.col("day").cast(pl.Int64))
    assert load_data(numbers, target="y").columns.held[0].content == "numbers"
    found = [load_data(one, target="y", types="day=date") for one in (texts, numbers)]
    for data in found:
        assert first_column(data) == first_column(trained(dates("ymd")))
        for later in (texts, numbers):
            assert first_column(load_data(later, like=data.table)) == first_column(data)
    with pytest.raises(WxbError, match="no value of day is a date"):
        load_data(numbers.with_columns(day=1_700_000_000), target="y", types="day=date")


def test_clock_times_with_am_and_pm_are_seconds():
    values = [f"{1 + i % 12}:{i % 60:02} {'ap'[i % 2]}m" for i in range(ROWS)]
    values[:3] = ["12:00 AM", "12:30 PM", "3:15 PM"]
    assert first_column(trained(values))[:3] == [0, 45_000, 54_900]


# --- numbers ----------------------------------------------------------------------------------------------------------

NUMBERS = [1 + 89 * (i * 7 % 120) / 120 for i in range(ROWS)]


@pytest.mark.parametrize(
    ("trained_on", "new", "value"),
    [
        ("{:.1f}%", "{:.1f}", "1.0"), ("{:.1f}", "{:.1f}%", "1.0%"), ("{:.1f}", "${:.1f}", "$1.0"),
        ("${:.1f}", "{:.1f} €", "1.0 €"), ("{:.1f}", "00:00:{:02.0f}", "00:00:01"),
    ],
)  # fmt: skip
def test_numbers_in_another_unit_are_refused(trained_on, new, value):
    data = trained([trained_on.format(one) for one in NUMBERS], "share")
    message = said(data, [new.format(one) for one in NUMBERS], "share")
    assert message.startswith(
        "share of the data frame is not written as in training\n  share: training had numbers such as "
    )
    assert f"such as {value} (row 0)" in message


def test_decimal_commas_and_points_are_not_taken_for_each_other():
    points = [f"{one * 1000:.3f}" for one in NUMBERS]
    commas = [text.replace(".", ",") for text in points]
    assert "such as 1000,000 (row 0)" in said(trained(points, "size"), commas, "size")
    assert "such as 1000.000 (row 0)" in said(trained(commas, "size"), points, "size")
    # 1.250 alone would be a thousand and a quarter thousand
    grouped = trained(
        [f"{one * 1000:,.1f}".replace(",", " ").replace(".", ",").replace(" ", ".") for one in NUMBERS], "size"
    )
    assert "1 of 2 values are written otherwise, such as 12.5 (row 1)" in said(grouped, ["1.250", "12.5"], "size")


def test_a_currency_may_be_left_out_and_a_percent_sign_not_even_in_a_data_frame():
    dollars = trained([f"${one * 100:,.2f}" for one in NUMBERS], "price")
    bare = table([f"{one * 100:.2f}" for one in NUMBERS], "price")
    for new in (bare, bare.with_columns(pl.col("price").cast(pl.Float64))):
        other = load_data(new, like=dollars.table)
        assert first_column(other) == first_column(dollars)
        assert other.notes == ()
    percent = trained([f"{one:.1f}%" for one in NUMBERS], "share")
    fractions = table(["1"] * ROWS, "share").with_columns(share=pl.Series(np.array(NUMBERS) / 100))
    assert "120 of 120 values are none, such as 0.01 (row 0)" in said(percent, fractions, "share")
    with pytest.raises(WxbError, match="is not written as in training"):
        wxb.data.tables.rows.matched(
            "u", *(lambda one: (one.examples, one.columns))(load_data(fractions, target="y")), percent.preparation
        )


def test_a_column_is_refused_if_half_of_its_values_cannot_be_read():
    data = trained([f"{one:.2f}" for one in NUMBERS], "size")
    odd = ["2.5", "about 3", "", "4"]
    assert load_data(table(odd, "size"), like=data.table).notes[-1] == (
        "size: 1 of 3 values is no number, such as about 3 (row 1); its median stands there"
    )
    assert said(data, ["2.5", "about 3", "", ""], "size") == (
        "size of the data frame is not written as in training\n"
        "  size: training had numbers such as 1234.5; here 1 of 2 values are none, such as about 3 (row 1)\n"
        "  fix: numbers such as 1234.5 in size, and nothing where the value is not known"
    )
    assert load_data(table(["1e99", "-3.4e38"], "size"), like=data.table).notes[0].startswith("size: 2 of 2 values")


def test_a_target_of_numbers_that_is_written_otherwise_is_refused():
    content = table([f"{one:.2f}" for one in NUMBERS], "size")
    data = load_data(content, target="size")
    with pytest.raises(WxbError, match="size of the data frame is not written as in training"):
        load_data(content.with_columns(pl.col("size").str.replace(".", ",", literal=True)), like=data.table)


def test_dates_are_no_numbers_and_durations_no_bare_ones_in_data_frames():
    days = trained(dates("ymd"))
    assert "120 of 120 values are none, such as 1700000000 (row 0)" in said(
        days, table(dates("ymd")).with_columns(day=pl.lit(1_700_000_000))
    )
    seconds = trained([f"{one:.2f}" for one in NUMBERS], "size")
    took = table(["1"] * ROWS, "size").with_columns(size=pl.duration(seconds=pl.lit(3)))
    assert said(seconds, took, "size").startswith("size of the data frame is not written as in training")


# --- thousands or fractions -------------------------------------------------------------------------------------------

WHOLE = [1_000 + 397 * i for i in range(ROWS)]  # up to 48,243
THOUSANDS = {mark: [f"{number:,}".replace(",", mark) for number in WHOLE] for mark in ",."}


def beside(values, mark):
    """A table whose column x proves a decimal mark."""
    return table(values, "a").with_columns(pl.col("x").str.replace(".", mark, literal=True))


def alone(values):
    return table(values, "a").drop("x")


@pytest.mark.parametrize(("mark", "decimal"), [(".", ","), (",", ".")])
def test_marks_of_thousands_that_another_column_proves_are_not_read_as_decimal(mark, decimal):
    plain = load_data(beside([str(number) for number in WHOLE], decimal), target="y")
    assert load_data(beside(THOUSANDS[mark], decimal), target="y").examples[:, 0].tolist() == WHOLE
    if mark == ",":  # no number with a point
        assert "written in training" not in said(plain, beside(THOUSANDS[mark], decimal))
        return
    text = said(plain, beside(THOUSANDS[mark], decimal))
    assert "in which 1.000 (row 0) is 1; here x has a decimal comma (0,00), so that it is 1000" in text
    assert text.endswith("fix: write 1000, as in training")


def test_fractions_that_another_column_proves_are_not_read_as_thousands():
    data = load_data(beside([f"{number:,.1f}" for number in WHOLE], "."), target="y")
    text = said(data, beside(THOUSANDS[","], ","))
    assert "in which 1,000 (row 0) is 1000; here x has a decimal comma (0,00), so that it is 1" in text
    data = load_data(beside([f"{number / 3:.2f}".replace(".", ",") for number in WHOLE], ","), target="y")
    assert "write 1, as in training" in said(data, beside(THOUSANDS["."], "."))


@pytest.mark.parametrize("trained", [[str(number) for number in WHOLE], THOUSANDS[","]])
def test_numbers_that_only_as_thousands_are_like_those_of_training_are_refused(trained):
    data = load_data(alone(trained), target="y")
    assert data.examples[:, 0].tolist() == WHOLE
    text = said(data, alone(THOUSANDS["."][3:] + THOUSANDS["."][:3]))
    assert text.startswith("2.191 of a in the data frame (row 0) could be 2191 or 2.191\n")
    assert "training had whole numbers, 1000 to 48243; no column of the data frame tells" in text
    assert text.endswith("fix: write 2191 or, with one more digit, 2.1910")
    wide = [f"{value}0" for value in THOUSANDS["."]]
    assert load_data(alone(wide), like=data.table).examples[:, 0].tolist() == [number / 1000 for number in WHOLE]


def test_fractions_after_whole_numbers_are_read_with_a_note():
    data = load_data(alone([str(i % 20) for i in range(ROWS)]), target="y")
    other = load_data(alone([f"{i % 9 + 1}.125" for i in range(ROWS)]), like=data.table)
    assert other.examples[:2, 0].tolist() == [1.125, 2.125]
    assert other.notes == (
        "a: training had whole numbers, and no column here tells what the mark is in 1.125 (row 0) is 1.125",
    )
    assert load_data(alone(["1.125", "2.5"]), like=data.table).notes == ()


# --- durations --------------------------------------------------------------------------------------------------------

LONG = [f"1:{i % 60:02d}:11" for i in range(40)]
SHORT = [f"{i % 20 + 33}:29" for i in range(40)]


def clocked(*parts):
    values = [value for part in parts for value in part]
    return pl.DataFrame({"a": values, "y": [("u", "v", "v")[i % 3] for i in range(len(values))]})


def test_durations_of_two_parts_beside_three_with_few_hours_are_minutes_and_seconds():
    data = load_data(clocked(SHORT, LONG), target="y")
    assert data.examples[[0, 1, 40], 0].tolist() == [33 * 60 + 29, 34 * 60 + 29, 3611]
    assert data.notes[0] == "read as numbers and dates: a (33:29 is 2009)"
    assert load_data(clocked(["33:29", "5:00", "0:33:29"]), like=data.table).examples[:, 0].tolist() == [
        2009,
        300,
        2009,
    ]
    with pytest.raises(
        WxbError, match=r"two parts below an hour; here one is 75:00 \(row 1\)\n  fix: write 75:00:00 or"
    ):
        load_data(clocked(["33:29", "75:00", "1:00:00"]), like=data.table)


def test_times_of_the_day_with_and_without_seconds_are_hours_and_minutes():
    data = load_data(clocked([f"{i % 24}:30" for i in range(40)], [f"{i % 24}:30:15" for i in range(40)]), target="y")
    assert data.examples[[1, 41], 0].tolist() == [5400, 5415]
    assert data.notes[0].endswith("a (10:30 is 37800)")


def test_durations_that_could_be_hours_or_minutes_are_refused():
    long_ones = [f"{10 + i % 30}:00:00" for i in range(40)]
    with pytest.raises(
        WxbError, match="33:29 of a could be 33 hours or 33 minutes\n  beside 10:00:00\n  fix: write 33:29:00 or"
    ):
        load_data(clocked(SHORT, long_ones), target="y")
    assert load_data(clocked(SHORT, ["x"] * 60), target="y").notes  # not a column of durations


@pytest.mark.parametrize(
    ("trained", "new", "said"),
    [
        (SHORT, ["33:29", "0:33:29"], r"training had durations of two parts; here one is 0:33:29 \(row 1\)"),
        (LONG, ["1:00:11", "33:29"], r"training had durations of three parts; here one is 33:29 \(row 1\)"),
    ],
)
def test_durations_with_another_number_of_parts_than_in_training_are_refused(trained, new, said):
    data = load_data(clocked(trained), target="y")
    assert load_data(clocked(trained[:2]), like=data.table).examples[:, 0].tolist() == data.examples[:2, 0].tolist()
    with pytest.raises(WxbError, match=said):
        load_data(clocked(new), like=data.table)
    with pytest.raises(WxbError, match="a of frame is not written as in training"):
        wxb.train(data, "SOFTMAX", epochs=1, progress=False).evaluate(
            load_data(clocked(SHORT if trained is LONG else LONG), target="y")
        )


def test_times_of_the_day_may_come_with_seconds_after_training_without():
    times = [f"{7 + i % 16}:{(7 * i) % 60:02}" for i in range(60)]
    data = load_data(clocked(times), target="y")
    later = load_data(clocked(["8:30:15", "22:05:00"]), like=data.table)
    assert later.examples[:, 0].tolist() == [8 * 3600 + 30 * 60 + 15, 22 * 3600 + 300]
    with pytest.raises(WxbError, match="training had durations of two parts; here one is 0:03:45"):
        load_data(clocked(["0:03:45", "0:04:10"]), like=data.table)


def test_sixty_minutes_or_seconds_are_no_duration():
    data = load_data(clocked(LONG), target="y")
    later = load_data(
        clocked(["1:00:11", "1:59:59", "1:10:00", "0:00:00", "1:61:00", "25:60:00", "1:00:60"]), like=data.table
    )
    assert np.isnan(later.examples[:, 0]).tolist() == [False] * 4 + [True] * 3
    assert "3 of 7 values are no durations, such as 1:61:00 (row 4)" in later.notes[0]
