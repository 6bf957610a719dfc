"""What means the same is read alike: in files and data frames, in training and in new rows; or it is refused."""

import numpy as np
import polars as pl
import pytest

import wxb
from wxb.data import load_data
from wxb.data.tables.separated import open_separated
from wxb.errors import WxbError

NUMBERS = np.random.default_rng(0).normal(size=60).round(2)
LINES = [f"{number},{'np'[int(number > 0)]}" for number in NUMBERS]


def written(path, *lines):
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run on one column of numbers."""
    folder = tmp_path_factory.mktemp("one")
    data = load_data(written(folder / "one.csv", "x,y", *LINES), target="y")
    return wxb.train(data, "SOFTMAX", epochs=1, out=folder / "run")


def test_a_data_frame_is_read_as_its_own_csv(tmp_path):
    texts = {"town": ["Rome ", "Rome", " Oslo", ""] * 10, "y": ["a ", "a", "b", ""] * 10}
    frame = pl.DataFrame({"x": range(40), **texts})
    frame.write_csv(tmp_path / "f.csv")
    frame.write_parquet(tmp_path / "f.parquet")
    every = [frame, frame.to_pandas(), frame.with_columns(pl.col("town").cast(pl.Categorical))]
    read = [load_data(one, target="y") for one in (*every, tmp_path / "f.csv", tmp_path / "f.parquet")]
    assert len({data.fingerprint for data in read}) == 1
    for data in read:
        assert data.classes == ("a", "b")
        assert data.features == ("town=Oslo", "town=Rome")
        assert "10 rows without y left out of 40" in data.notes


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x\n1.5\n\n15\n", ["1.5", None, "15"]),
        ("x\r\n1.5\r\n \r\n\r\n15\r\n\r\n\r\n", ["1.5", None, None, "15"]),
        ('"x"\n"1.5"\n\n"15"\n\n', ["1.5", None, "15"]),
        ("'x'\n'1.5'\n\n'15'\n\n", ["1.5", None, "15"]),
        ("\n\nx\n1.5\n\n# no value\n15", ["1.5", None, "# no value", "15"]),
        ("x\n1.5\n15\n\n", ["1.5", "15"]),
        ("x,y\n1.5,1\n\n15,2\n", ["1.5", "15"]),
    ],
)
def test_a_blank_line_of_a_single_column_is_a_row_without_a_value(text, values):
    table = open_separated("t.csv", text.encode())
    assert (table.rows, table.read([0])[0].to_list()) == (len(values), values)


def test_there_is_an_answer_for_each_line_of_a_single_column(run, tmp_path):
    found = run.predict(written(tmp_path / "o.csv", "x", "1.5", "", "15"))
    assert np.array_equal(found.scores[[0, 2]], run.predict(written(tmp_path / "p.csv", "x", "1.5", "15")).scores)
    assert len(found) == 3
    assert "o.csv: x: 1 missing, which training had none of; its median stands there" in found.notes[0]


def test_numbers_below_zero_are_read_however_training_wrote_them(run, tmp_path):
    forms = ("{}", "({:.2f})", "{:.2f}-", "−{:.2f}")
    new = [forms[i % 4].format(-one if i % 4 else one) if one < 0 else f"{one}" for i, one in enumerate(NUMBERS)]
    found = run.predict(written(tmp_path / "o.csv", "x", *new))
    plain = run.predict(written(tmp_path / "p.csv", "x", *(f"{one}" for one in NUMBERS)))
    assert found.notes == ()
    assert np.array_equal(found.scores, plain.scores)
    for form in forms[1:]:
        old = load_data(pl.DataFrame({"x": [form.format(5), "6"] * 30, "y": ["a", "b", "b"] * 20}), target="y")
        assert old.examples[:2, 0].tolist() == [-5, 6]
        later = load_data(pl.DataFrame({"x": [one.format(5) for one in forms], "y": ["a"] * 4}), like=old.table)
        assert later.examples[:, 0].tolist() == [5, -5, -5, -5]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            ["Sales", "x,y"],
            r"line 2, column 3: 2 values, but line 1 has 1\n  fix: if line 1 is a title, delete it or begin",
        ),
        (["Sales,", "x,y"], r"has no column y.*\n(.*\n)+  fix: delete the lines above the names: y stands in row 0"),
        (["Sales,", "by town,", "x,y"], "delete the lines above the names: y stands in row 1"),
        (["Sales", "x;y"], "delete the lines above the names: y stands in row 0"),
    ],
)
def test_a_title_above_the_names_is_named_as_what_to_delete(run, tmp_path, lines, said):
    rows = [line.replace(",", lines[-1][1]) for line in LINES]
    path = written(tmp_path / "t.csv", *lines, *rows)
    with pytest.raises(WxbError, match=said):
        load_data(path, target="y")
    with pytest.raises(WxbError, match=said.replace("column y", "column x").replace("y stands", "x stands")):
        run.predict(path)
    data = load_data(written(tmp_path / "u.csv", lines[-1], *rows), target="y")
    assert len(data.examples) == 60
    if len(lines) == 2 and "," not in lines[0]:
        data = load_data(written(tmp_path / "v.csv", f"# {lines[0]}", *lines[1:], *rows), target="y")
        assert data.notes[-1].startswith("1 comment of v.csv passed over") or len(data.examples) == 60


def test_header_is_a_way_out_only_where_it_helps(tmp_path):
    numbers = [f"{i},{i * 3 % 7}" for i in range(30)]
    with pytest.raises(WxbError, match=r"column 9\n  columns(.*\n)+  fix: `header=False`"):
        load_data(written(tmp_path / "t.csv", "a,b", "a,b", "c,a"), target="column 9")
    with pytest.raises(WxbError, match="fix: `header=True`"):
        load_data(written(tmp_path / "t.csv", "7,3", *numbers), target="3")
    with pytest.raises(WxbError) as caught:
        load_data(written(tmp_path / "t.csv", *numbers), target="z")
    assert str(caught.value).endswith("fix: one of the columns, such as column 2")


@pytest.mark.parametrize("value", [b"a", (1, 2), [1], {"a": 1}])
def test_a_target_of_a_type_that_is_not_read_is_named(value):
    import pandas as pd

    frame = pd.DataFrame({"x": range(40), "y": [value] * 40})
    with pytest.raises(
        WxbError, match=r"the target y of the data frame holds lists, structures or bytes\n  fix: a number or"
    ):
        load_data(frame, target="y")
    data = load_data(pd.DataFrame({"x": range(40), "y": ["a", "b"] * 20}), target="y")
    with pytest.raises(WxbError, match=r"y of the data frame holds lists, structures or bytes"):
        load_data(frame, like=data.table)


def test_times_with_a_zone_after_dates_without_times_are_noted():
    days = [f"2021-03-{i % 28 + 1:02d}" for i in range(60)]
    data = load_data(pl.DataFrame({"d": days, "y": ["a", "b", "b"] * 20}), target="y")
    later = load_data(pl.DataFrame({"d": ["2021-03-04T10:00Z", "2021-03-05"], "y": ["a", "b"]}), like=data.table)
    assert later.notes == (
        "d: its times have a zone, training had no times, and are read in UTC: "
        "2021-03-04T10:00Z (row 0) is 2021-03-04 10:00",
    )
    assert (
        load_data(pl.DataFrame({"d": ["2021-03-04T10:00", "2021-03-05"], "y": ["a", "b"]}), like=data.table).notes == ()
    )
