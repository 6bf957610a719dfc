"""Files of separated values: every dialect is read to the texts that stand in it, or refused with line and column."""

import base64
import bz2
import csv
import gzip
import io
import lzma
import re

import polars as pl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from wxb.data.tables import separated
from wxb.data.tables.content import as_utf8, read_content
from wxb.data.tables.dialect import Dialect, Malformed, read
from wxb.data.tables.header import told_apart
from wxb.data.tables.separated import open_separated
from wxb.data.tables.zstandard import MAGIC, most_unpacked
from wxb.errors import WxbError


def rows(data, suffix="", **options):
    """The names of a text's columns, and its rows; "" where there is no value."""
    table = open_separated("t.csv", data.encode() if isinstance(data, str) else data, suffix, **options)
    columns = [series.to_list() for series in table.read(range(len(table.names)))]
    return table.names, [tuple(text or "" for text in row) for row in zip(*columns, strict=True)]


def refusal(data, **options):
    with pytest.raises(WxbError) as caught:
        rows(data, **options)
    return caught.value.what, caught.value.detail


NAMES = ("x", "t", "y")
WANTED = [("1", 'say "a, b"', "p"), ("2", "plain", "q"), ("3", "two\nlines", "p")]


@pytest.mark.parametrize(
    "text",
    [
        'x,t,y\n1,"say ""a, b""",p\n2,plain,q\n3,"two\nlines",p\n',
        '"x","t","y"\n"1","say ""a, b""","p"\n"2","plain","q"\n"3","two\nlines","p"',
        'x,t,y\n1,"say \\"a, b\\"",p\n2,plain,q\n3,"two\nlines",p\n',
        'x;t;y\n1;say "a, b";p\n2;plain;q\n3;"two\nlines";p\n',
        'x\tt\ty\n1\tsay "a, b"\tp\n2\tplain\tq\n3\t"two\nlines"\tp\n',
        'x|t|y\n1|"say ""a, b"""|p\n2|plain|q\n3|"two\nlines"|p\n',
        'x, t, y\n1, "say ""a, b""", p\n2, "plain", q\n3, "two\nlines", p\n',
        'sep=;\nx;t;y\n1;"say ""a, b""";p\n2;plain;q\n3;"two\nlines";p\n',
        '# made by hand\n\nx,t,y\n1,"say ""a, b""",p\n\n2,plain,q\n  \n# the end, or nearly\n3,"two\nlines",p\n\n\n',
        'x,t,y,\n1,"say ""a, b""",p,\n2,plain,q,,,\n3,"two\nlines",p\n',
        'x,t,y\n1,"say \\"a, b\\"",p\n2,plain,q\n3,two\\\nlines,p\n',
    ],
)
def test_the_dialects_of_one_table_give_the_same_texts(text):
    names, found = rows(text)
    assert (names[:3], [row[:3] for row in found]) == (NAMES, WANTED)
    assert all(not any(row[3:]) for row in found)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read(end):
    assert rows(end.join(["x,y", "1,a", "2,b", "", "3,a"])) == (("x", "y"), [("1", "a"), ("2", "b"), ("3", "a")])
    quoted = rows(end.join(["x,y", '1,"a"', f'2,"b{end}c"', "3,a"]))
    assert quoted == (("x", "y"), [("1", "a"), ("2", f"b{end}c"), ("3", "a")])


def test_line_ends_may_be_mixed():
    assert rows("x,y\r\n1,a\n2,b\r3,a") == (("x", "y"), [("1", "a"), ("2", "b"), ("3", "a")])
    assert rows('x,y\r\n1,"a"\n2,b\r3,a') == (("x", "y"), [("1", "a"), ("2", "b"), ("3", "a")])


def test_single_quotes_surround_values_only_where_all_of_them_are_closed():
    assert rows("x,t\n1,'a, b'\n2,'it''s'\n")[1] == [("1", "a, b"), ("2", "it's")]
    assert open_separated("t.csv", b"x,t\n1,'a, b'\n").notes == (
        "values of t.csv in single quotes are read without them",
    )
    assert open_separated("t.csv", b"x,t\n1,don't\n").notes == ()
    assert rows("x,t\n1,'tis late\n2,don't\n")[1] == [("1", "'tis late"), ("2", "don't")]


def test_a_quote_inside_a_value_is_a_part_of_it():
    assert rows('x,t\n1,5" pipe\n2,a "b" c\n')[1] == [("1", '5" pipe'), ("2", 'a "b" c')]
    assert rows('x\tt\n1\t"Hello there\n2\tHi\n')[1] == [("1", '"Hello there'), ("2", "Hi")]


def test_a_backslash_at_the_end_of_a_quoted_value_is_a_backslash():
    assert rows('x,t\n1,"C:\\dir\\"\n2,"b"\n')[1] == [("1", "C:\\dir\\"), ("2", "b")]


def test_escaped_separators_of_a_database_are_read():
    assert rows("x\tt\n1\ta\\\tb\n2\tc\\\\d\n3\t\\N\n")[1] == [("1", "a\tb"), ("2", "c\\d"), ("3", "\\N")]


def test_blanks_separate_where_nothing_else_does():
    text = "18.0   8  307.0\n  15.0   8  350.0  \n18.0\t8 318.0\n"
    assert rows(text)[1] == [("18.0", "8", "307.0"), ("15.0", "8", "350.0"), ("18.0", "8", "318.0")]
    assert rows('x  t\n1 "a b"\n2  c\n') == (("x", "t"), [("1", "a b"), ("2", "c")])


def test_a_comma_that_stands_only_in_numbers_separates_nothing():
    assert rows("5,05;3,2;1,1\n4,1;2,2;0,5\n")[1] == [("5,05", "3,2", "1,1"), ("4,1", "2,2", "0,5")]


def test_a_column_alone_needs_no_separator():
    assert rows('x\n1\n\n2\n""\n   \n3\n') == (("x",), [("1",), ("",), ("2",), ("",), ("",), ("3",)])


def test_a_number_sign_begins_a_comment_only_where_the_line_has_another_length():
    assert rows("#,name,x\n1,a,2\n#3,b,4\n# by, hand\n") == (("#", "name", "x"), [("1", "a", "2"), ("#3", "b", "4")])
    table = open_separated("t.csv", b"# by hand\nx,y\n1,2\n")
    assert table.notes == ("1 comment of t.csv passed over, after #",)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x,y\n1,2\n3,4,5\n", "line 3, column 5: 3 values, but line 1 has 2"),
        ("x,y\n1,2\n\n3\n", "line 4, column 2: 1 value, but line 1 has 2"),
        ('x,y\n1,2\n3,"4\n5,6\n', 'line 3, column 3: a quote (") that is never closed'),
        ('x,y\n1,"a"\n3,"4\n5,6\n', 'line 3, column 3: a quote (") that is never closed'),
        ('x,y\n1,"a" b\n2,"c"\n', 'line 2, column 6: more text follows a closing quote (")'),
        ('x,y\n1,"a\n2,b"c\n3,"d"\n', 'line 3, column 5: more text follows a closing quote (")'),
        ('x,t,y\n1,a,p\n2,"5 in,q\n3,b,p\n4,5",q\n5,"c, d",p\n6,e,q\n7,f,p\n',
         "line 3, column 1: a quote makes one row of 3 lines, each of which looks like a row"),
        ("','\n", "line 1, column 1: an apostrophe could be a part of a value, or a quote around several"),
        ("x,y\n# a\n1,\"b\n", 'line 3, column 3: a quote (") that is never closed'),
    ],
)  # fmt: skip
def test_what_has_no_one_reading_is_refused_with_its_place(text, why):
    assert refusal(text) == ("t.csv cannot be read as CSV", why)


def test_a_quote_in_a_text_between_tabs_is_a_part_of_it_if_no_value_is_quoted():
    text = 'x\tt\ty\n1\ta\tp\n2\t"5 in\tq\n3\tb\tp\n4\t5"\tq\n5\tc\tp\n6\te\tq\n7\tf\tp\n'
    assert rows(text)[1][1:4] == [("2", '"5 in', "q"), ("3", "b", "p"), ("4", '5"', "q")]
    assert (
        refusal(text.replace("e", '"e"'))[1]
        == "line 3, column 1: a quote makes one row of 3 lines, each of which looks like a row"
    )


def test_an_empty_text_is_refused():
    for data in ("", "\n\n", "  ", "\ufeff"):
        assert refusal(data) == ("t.csv cannot be read as CSV", "it is empty")


# --- any table -------------------------------------------------------------------------------------------------------


def words(separators):
    return st.text(st.sampled_from("aböß東 1.5\"'\\\n\r#-" + separators), max_size=6).map(str.strip)


def tables(separators, most=4):
    return st.integers(1, most).flatmap(
        lambda wide: st.lists(st.tuples(*[words(separators)] * wide), min_size=1, max_size=6)
    )


DIALECTS = {
    "doubled quotes": {"doublequote": True},
    "all quoted": {"quoting": csv.QUOTE_ALL},
    "escaped quotes": {"quoting": csv.QUOTE_ALL, "doublequote": False, "escapechar": "\\"},
}


def without_single_quotes(table):
    """A table without the single quotes around values, if all are closed: single quotes are quotes, too."""
    begun = [value for row in table for value in row if value.startswith("'")]
    if not all(re.fullmatch("'(?:[^']|'')*'", value) for value in begun):
        return table
    return [tuple(v[1:-1].replace("''", "'").strip() if v in begun else v for v in row) for row in table]


@settings(max_examples=300, deadline=None)
@given(
    table_and_separator=st.sampled_from(",;\t|").flatmap(lambda one: st.tuples(tables(one), st.just(one))),
    how=st.sampled_from(sorted(DIALECTS)),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    titled=st.booleans(),
)
@example(([("''",), ("'a'",)], ","), "doubled quotes", "\n", "utf-8", True)
@example(([('"\r#',)], ","), "escaped quotes", "\n", "utf-8", False)  # the rest of the value looks like a comment
def test_any_table_is_read_back_or_refused_with_its_place(table_and_separator, how, end, encoding, titled):
    table, separator = table_and_separator
    written = io.StringIO(newline="")
    names = tuple(f"name-{place}" for place in range(len(table[0])))
    assume(len(names) > 1 or not any(" " in value for (value,) in table))  # blanks separate where nothing else does
    if how == "doubled quotes" and any(line in value for row in table for value in row for line in "\n\r"):
        how = "all quoted"  # csv quotes only those of its own line end
    if how == "escaped quotes":  # without an escaped quote, nothing tells that \\\\ is one backslash
        table = [tuple(value.replace("\\", "/") for value in row) for row in table]
    writer = csv.writer(written, delimiter=separator, lineterminator=end, **DIALECTS[how])
    writer.writerows([names, *table] if titled else table)
    try:
        found = rows(written.getvalue().encode(encoding), header=titled)
    except WxbError as caught:
        problem = caught.detail
    else:
        problem = ""
        assert len(found[0]) == len(names)
        assert found[1] == (table if '"' in written.getvalue() else without_single_quotes(table))
    assert not problem or "line " in problem or problem == "it is empty"


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(*[words(",;\t|")] * 3), min_size=2, max_size=8), st.sampled_from(",;\t|"), st.integers(1, 40))
def test_polars_and_the_exact_reader_agree(table, separator, block):
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(table)
    before, separated.BLOCK = separated.BLOCK, block
    try:
        text = open_separated("t.csv", b"sep=" + separator.encode() + b"\n" + written.getvalue().encode(), header=False)
        columns = [series.fill_null("").to_list() for series in text.read(range(3))]
    except WxbError as problem:
        assume("looks like a row" not in problem.detail)
        raise
    finally:
        separated.BLOCK = before
    exact, _ = read(written.getvalue(), Dialect(separator))
    assert list(zip(*columns, strict=True)) == [tuple(one.fields) for one in exact] == table


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab1,;\"'\\\n\r #\t"), max_size=40))
def test_rows_are_never_fewer_than_lines_without_a_quote_or_a_word(text):
    try:
        table = open_separated("t.csv", text.encode(), header=False)
        found = [series.to_list() for series in table.read(range(len(table.names)))]
    except WxbError:
        return
    assert {len(column) for column in found} == {table.rows}
    if not set("\"'\\") & set(text) and not table.notes[:-1]:
        lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
        assert table.rows >= len([line for line in lines if not line.startswith("#")])


# --- the names -------------------------------------------------------------------------------------------------------

IRIS = "5.1,3.5,1.4,0.2,Iris-setosa\n4.9,3.0,1.4,0.2,Iris-setosa\n7.0,3.2,4.7,1.4,Iris-versicolor\n"
WINE = "1,14.23,1.71,2.43\n1,13.2,1.78,2.14\n2,12.37,.94,1.36\n"
CARS = "vhigh,vhigh,2,small,unacc\nvhigh,vhigh,2,med,unacc\nlow,high,4,small,acc\nlow,vhigh,4,small,unacc\n"
ADULT = "39, State-gov, 77516, Male, <=50K\n50, ?, 83311, Male, <=50K\n38, Private, 215646, Female, >50K\n"
AUTOS = "3,?,alfa-romero,gas,13495\n3,?,alfa-romero,gas,16500\n1,164,audi,gas,13950\n"


@pytest.mark.parametrize("text", [IRIS, WINE, CARS, ADULT, AUTOS, "1,2\n3,4\n"])
def test_a_first_line_of_values_is_a_row_and_that_is_said(text):
    names, found = rows(text)
    assert names == tuple(f"column {place}" for place in range(1, len(names) + 1))
    assert len(found) == text.count("\n")
    (note,) = open_separated("iris.data", text.encode()).notes
    assert note.startswith("the first line of iris.data holds values like the lines below: it is taken as data")


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("x,y\n1,2\n3,4\n", True),
        ("x1,2nd,y\n1,a,2\n3,a,4\n", True),
        (",0,1,2,target\n0,5.5,1.5,2.5,a\n1,4.5,1,2,b\n", False),
        ("country,2019,2020,2021\nA,1.5,2,3\nB,4,5,6\n", False),
        ("0,1,2,3\n0.5,1.5,2.5,3.5\n1,4.5,1,2\n", False),
        ("kind,town\na,Rome\nb,Rome\na,Oslo\nb,Oslo\n", True),
        ("kind,town\na,Rome\n", False),
        ("x,y\n", False),
    ],
)
def test_a_first_line_of_names_names_the_columns_and_doubt_is_said(text, sure):
    table = open_separated("t.csv", text.encode())
    assert table.names[-1] == text.split("\n")[0].split(",")[-1]
    assert [note.startswith("the first line of t.csv is taken as the columns' names") for note in table.notes] == (
        [] if sure else [True]
    )


def test_header_decides_and_so_do_the_names_that_are_expected():
    assert rows(IRIS, header=True)[0] == ("5.1", "3.5", "1.4", "0.2", "Iris-setosa")
    assert rows("x,y\n1,2\n", header=False)[1] == [("x", "y"), ("1", "2")]
    assert rows("1,2\n5,6\n", names=("1", "2", "y")) == (("1", "2"), [("5", "6")])
    assert rows("1,2\n5,6\n", names=("column 1", "column 2"))[1] == [("1", "2"), ("5", "6")]
    assert rows("1,2\n5,6\n", names=("a", "b")) == (("1", "2"), [("5", "6")])


def test_equal_names_are_told_apart():
    assert told_apart([" x", "y", "x", "", "x", "x (2)"]) == (
        ("x", "y", "x (3)", "column 4", "x (4)", "x (2)"),
        {"x (3)": "x", "x (4)": "x"},
    )
    table = open_separated("t.csv", b"x,y,x\n1,2,3\n")
    assert table.names == ("x", "y", "x (2)")
    assert table.notes == ("x stands again in the first line of t.csv and is called x (2)",)


# --- the encoding ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_what_an_encoding_says_of_itself_is_read_and_named(encoding):
    text = "größe,ort\n" + "".join(f"{number},Köln\n" for number in range(50))
    data, notes = as_utf8("t.csv", text.encode(encoding))
    assert data.decode() == text
    name = encoding.upper()[:6]
    assert notes == (() if name.startswith("UTF-8") else (f"t.csv is read as {name}",))


@pytest.mark.parametrize(
    ("data", "what", "detail"),
    [
        ("x,größe\n1,2\n".encode("latin-1"), "t.csv is not in UTF-8",
         "line 1, column 5 holds the byte 0xf6; in Windows-1252 (Latin-1) it would read x,größe"),
        ("x,y\n1,a\n2,Köln\n".encode("cp1252"), "t.csv is not in UTF-8",
         "line 3, column 4 holds the byte 0xf6; in Windows-1252 (Latin-1) it would read 2,Köln"),
        ("x,y\n1,Köln\n".encode() + "2,Köln\n".encode("cp1252"), "t.csv mixes encodings",
         "line 3, column 4 holds the byte 0xf6, which is no UTF-8, but line 2 is in UTF-8"),
        (b"x,y\n1,\x81\n", "t.csv is not in UTF-8", "line 2, column 3 holds the byte 0x81"),
        (b"x,y\n1,2\0\n", "t.csv cannot be read as CSV", "it is no text: line 2, column 4 holds a zero byte"),
    ],
)  # fmt: skip
def test_another_encoding_is_refused_with_its_place(data, what, detail):
    assert refusal(data) == (what, detail)


def test_the_way_out_of_latin_1_is_a_command():
    with pytest.raises(WxbError, match=r"iconv -f WINDOWS-1252 -t UTF-8 t\.csv > t-utf8\.csv"):
        rows("x,größe\n1,2\n".encode("latin-1"))
    with pytest.raises(WxbError, match=r"iconv -f WINDOWS-1252 -t UTF-8 'my t\.csv' > 'my t-utf8\.csv'"):
        as_utf8("my t.csv", "x,größe\n1,2\n".encode("latin-1"))


# --- the content of a file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_packed_files_are_unpacked_and_bounded(tmp_path, monkeypatch, suffix, pack):
    path = tmp_path / f"t.csv.{suffix}"
    path.write_bytes(pack(b"x,y\n" + b"1,2\n" * 10_000))
    assert read_content(path) == [b"x,y\n" + b"1,2\n" * 10_000]
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(WxbError, match=f"t.csv.{suffix} cannot be unpacked"):
        read_content(path)
    path.write_bytes(pack(bytes(10_000_000)))
    monkeypatch.setattr("wxb.data.tables.content.memory", lambda: 10_000_000)
    with pytest.raises(WxbError, match=f"t.csv.{suffix} does not fit into memory"):
        read_content(path)


ZSTANDARD = {  # made by zstd 1.5
    "x,y\n1,2\n and so on, 10,000 rows": "KLUv/QRofQAAOHgseQoxLDIBADoc+jUCyb0KNA==",
    "lines in quotes, no end": "KLUv/QRoeQAAeCx5CjEsImEKYiIKMixjX+00xg==",
    "lines of Windows": "KLUv/QRoeQAAeCx5DQoxLCJhDQpiIg0KadAn5Q==",
    "lines of old Macs": "KLUv/QRoYQAAeCx5DTEsMg0zLDQN0ZIexw==",
    "UTF-16": "KLUv/QRokQAA//54ACwAeQAKADEALADpAAoAwvEB9A==",
    "Latin-1": "KLUv/QRoQQAAeCx5CjEs6Qo4g900",
}


def zstandard(tmp_path, name):
    path = tmp_path / "t.csv.zst"
    path.write_bytes(base64.b64decode(ZSTANDARD[name]))
    return path


def test_a_file_packed_by_zstandard_is_unpacked_and_bounded(tmp_path, monkeypatch):
    path = zstandard(tmp_path, "x,y\n1,2\n and so on, 10,000 rows")
    assert read_content(path) == [b"x,y\n" + b"1,2\n" * 10_000]
    whole = path.read_bytes()
    for damaged in (whole[:-6], whole[:4], whole[:12] + b"?" + whole[13:], whole[:-1] + b"?", whole + b"more"):
        path.write_bytes(damaged)
        with pytest.raises(WxbError, match=r"t\.csv\.zst cannot be unpacked"):
            read_content(path)
    path.write_bytes(whole)
    monkeypatch.setattr("wxb.data.tables.content.memory", lambda: 2 * len(b"1,2\n") * 10_000)
    with pytest.raises(WxbError, match=r"t\.csv\.zst does not fit into memory"):
        read_content(path)


def frame(*blocks, header=b"\x00\x38", end=b""):
    """A frame of Zstandard with these blocks, of (type, size, content); its first byte says what the header holds."""
    last = [False] * (len(blocks) - 1) + [True]
    headers = [
        (is_last | kind << 1 | size << 3).to_bytes(3, "little")
        for is_last, (kind, size, _) in zip(last, blocks, strict=True)
    ]
    bodies = [head + content for head, (_, _, content) in zip(headers, blocks, strict=True)]
    return MAGIC + header + b"".join(bodies) + end


REPEATED = (1, 2**17, b"a")


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (frame(*[REPEATED] * 3), 3 * 2**17),
        (frame((0, 4, b"x,y\n"), REPEATED), 4 + 2**17),
        (frame((2, 9, bytes(9)), (0, 2, b"1\n")), 2**17 + 2),
        (frame((0, 4, b"x,y\n"), header=b"\x20\x04") * 2, 8),
        (frame((0, 2, b"x\n"), header=b"\xa4" + bytes(4), end=bytes(4)) + frame((0, 3, b"y,\n")), 5),
        (b"\x50\x2a\x4d\x18\x03\0\0\0abc" + frame((0, 4, b"x,y\n")), 4),
        (frame((0, 4, b"x,y\n"))[:-2], 4),
        (MAGIC, 0),
        (b"", 0),
    ],
)
def test_the_headers_of_zstandard_bound_what_is_unpacked(data, size):
    assert most_unpacked(data) == size


def test_the_frames_of_the_tests_are_those_that_are_unpacked(tmp_path):
    path = tmp_path / "t.csv.zst"
    path.write_bytes(frame((0, 4, b"x,y\n"), header=b"\x20\x04") + frame((0, 4, b"1,2\n"), (1, 5, b"3")))
    assert read_content(path) == [b"x,y\n1,2\n33333\n"]


def test_one_huge_line_that_zstandard_packed_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = tmp_path / "t.csv.zst"
    path.write_bytes(frame(*[REPEATED] * 3_000))
    assert path.stat().st_size < 13_000
    monkeypatch.setattr("wxb.data.tables.content.memory", lambda: 2**30)
    monkeypatch.setattr(pl, "scan_lines", lambda *_: pytest.fail("it is unpacked"))
    message = (
        r"t\.csv\.zst does not fit into memory while it is unpacked\n  its text may take 0\.4 GiB; 0\.1 GiB are for"
    )
    with pytest.raises(WxbError, match=message):
        read_content(path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lines in quotes, no end", [("1", "a\nb"), ("2", "c")]),
        ("lines of Windows", [("1", "a\nb")]),
        ("lines of old Macs", [("1", "2"), ("3", "4")]),
    ],
)
def test_lines_that_zstandard_packed_are_the_rows_of_the_table(tmp_path, name, expected):
    (content,) = read_content(zstandard(tmp_path, name))
    assert rows(content) == (("x", "y"), expected)


@pytest.mark.parametrize("name", ["UTF-16", "Latin-1"])
def test_a_text_packed_by_zstandard_that_is_not_utf_8_is_to_be_unpacked_first(tmp_path, name):
    with pytest.raises(WxbError, match=r"its text is not UTF-8\n  fix: unpack it \(zstd -d t\.csv\.zst\)"):
        read_content(zstandard(tmp_path, name))


def test_a_malformed_place_names_line_and_column():
    assert str(Malformed(1_200, 3, "odd")) == "line 1,200, column 3: odd"
