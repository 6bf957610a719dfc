"""A table of text in several files: each column is the same in every part, or the part is refused."""

import polars as pl
import pytest

from wxb.data.tables.frame import read_frame
from wxb.data.tables.parts import open_parts
from wxb.errors import WxbError


def joined(*parts, **options):
    """The names of a table in parts, its rows, and the remarks on it."""
    named = [
        (f"part-{place}.csv", part if isinstance(part, bytes) else part.encode()) for place, part in enumerate(parts)
    ]
    table = open_parts("t.csv", named, **options)
    columns = [series.to_list() for series in table.read(range(len(table.names)))]
    assert table.rows == len(columns[0])
    return table.names, list(zip(*columns, strict=True)), table.notes


@pytest.mark.parametrize(
    "part",
    [
        "z,x\n4,3\n",
        '"z","x"\n4,3\n',
        "\ufeffz,x\n4,3\n",
        "Z,X\n4,3\n",
        " z , x \r\n4,3\r\n",
        "x,z\n3,4\n",
        "x\u200b,z\n3,4\n",
        "# by another\nz,x\n4,3\n",
        "x,z\n3,4\n".encode("utf-16"),
    ],
)
def test_columns_of_a_part_are_found_by_their_names(part):
    names, rows, _ = joined("x,z\n1,2\n", part)
    assert (names, rows) == (("x", "z"), [("1", "2"), ("3", "4")])


def test_texts_in_another_order_are_found_by_their_names_as_well():
    assert joined("town,kind\nRome,a\nOslo,b\n", "kind,town\na,Oslo\n") == (
        ("town", "kind"),
        [("Rome", "a"), ("Oslo", "b"), ("Oslo", "a")],
        (),
    )
    told = joined("town,kind\nRome,a\n", "kind,town\na,Oslo\n", header=True)
    assert told[1] == [("Rome", "a"), ("Oslo", "a")]


def test_some_columns_are_read_in_the_order_that_is_asked_for():
    table = open_parts("t.csv", [("a", b"x,y,z\n1,2,3\n"), ("b", b"z,x,y\n6,4,5\n")])
    assert [series.to_list() for series in table.read([2, 0])] == [["3", "6"], ["1", "4"]]


def test_parts_without_names_are_rows_and_that_is_said():
    assert joined("x,y\n1,2\n", "", "x,y\n3,4") == (("x", "y"), [("1", "2"), ("3", "4")], ())
    names, rows, notes = joined("x,y\n1,2\n", "3,4\n", "x,y\n")
    assert (names, rows) == (("x", "y"), [("1", "2"), ("3", "4")])
    assert notes == ("only t.csv/part-0.csv has a line of names, not t.csv/part-1.csv",)
    assert joined("1,2\n", "3,4\n")[:2] == (("column 1", "column 2"), [("1", "2"), ("3", "4")])
    assert joined("x,y\n", "3,4\n")[:2] == (("x", "y"), [("3", "4")])
    names, rows, _ = joined("0,1\n1,1\n", "0,1\n1,0\n")
    assert (names, len(rows)) == (("column 1", "column 2"), 4)
    assert joined("x,y\n1,2\n", "x,y\n3,4\n", header=False)[1][2] == ("x", "y")


def test_a_part_of_other_columns_is_refused():
    with pytest.raises(
        WxbError, match=r"part-1\.csv begins with other names than t\.csv/part-0\.csv\n.*: x, z\n.*: x, q"
    ):
        joined("x,z\n1,2\n", "x,q\n3,4\n")
    with pytest.raises(WxbError, match=r"part-0\.csv: x, z\n.*part-1\.csv: a, b"):
        joined("x,z\n1,2\n", "a,b\n3,4\n")
    with pytest.raises(WxbError, match=r"part-0\.csv: no names\n.*part-1\.csv: x, z"):
        joined("1,2\n5,6\n", "x,z\n3,4\n")
    with pytest.raises(WxbError, match=r"part-1\.csv has 3 columns, t\.csv/part-0\.csv 2"):
        joined("x,z\n1,2\n", "3,4,5\n")
    with pytest.raises(WxbError, match="line 2, column"):
        joined("x,z\n1,2\n", "x,z\n3\n")


def test_a_run_finds_its_columns_in_parts(tmp_path):
    folder = tmp_path / "t.csv"
    folder.mkdir()
    (folder / "part-0.csv").write_text("z,x\n1,2\n")
    (folder / "part-1.csv").write_text("x,z\n4,3\n")
    frame = read_frame(folder, names=("x", "y"))
    assert frame.series("x").to_list() == ["2", "4"]
    assert frame.series("z").to_list() == ["1", "3"]


# --- Parquet ----------------------------------------------------------------------------------------------------------


def parquet(folder, *parts):
    home = folder / "t.parquet"
    home.mkdir()
    for place, part in enumerate(parts):
        pl.DataFrame(part).write_parquet(home / f"part-{place}.parquet")
    return home


def test_whole_numbers_and_fractions_in_parts_are_one_column(tmp_path):
    frame = read_frame(parquet(tmp_path, {"x": [1, 2], "z": ["a", "b"]}, {"z": ["c"], "x": [0.5]}))
    assert (frame.columns, len(frame)) == (("x", "z"), 3)
    assert frame.series("x").to_list() == [1, 2, 0.5]
    assert frame.series("z").to_list() == ["a", "b", "c"]


def test_parts_of_other_columns_or_kinds_of_values_are_named(tmp_path):
    with pytest.raises(
        WxbError, match=r"part-1\.parquet of t\.parquet has other columns than part-0\.parquet\n.*0.*: z\n.*1.*: q"
    ):
        read_frame(parquet(tmp_path, {"x": [1], "z": [2]}, {"x": [1], "q": [2]}))
    (tmp_path / "other").mkdir()
    with pytest.raises(
        WxbError, match=r"x of t\.parquet holds String in part-1\.parquet, Int64 in part-0\.parquet\n  fix: one type"
    ):
        read_frame(parquet(tmp_path / "other", {"x": [1]}, {"x": ["a"]}))
