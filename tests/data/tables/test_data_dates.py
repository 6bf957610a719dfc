"""Dates, times of the day and durations."""

import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.data.tables.columns import ROWS, numbers_of, read
from wxb.data import load_data
from wxb.data.describe import describe
from wxb.data.tables import calendar
from wxb.data.tables.written import Written


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
