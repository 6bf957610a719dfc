"""Odd tables: dialects, encodings, ways to write a value, class names, columns that give the answer away."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.torture.odd import Check, Odd, either, read, refused

ROWS = 200
X = [f"{value:.3f}" for value in np.random.default_rng(0).normal(size=ROWS)]
Y = ["yes" if float(value) > 0 else "no" for value in X]
NUMBERS = [f"{10 * float(value) + 500:.2f}" for value in X]
EMOJI = "😀"


def text(head: str, *columns: Sequence[str], separator: str = ",", end: str = "\n") -> str:
    """A file of separated values."""
    return end.join([head, *(separator.join(row) for row in zip(*columns, strict=True))]) + end


def file(content: str | bytes, name: str = "t.csv", encoding: str = "utf-8") -> Callable[[Path], object]:
    """What writes a file."""
    raw = content if isinstance(content, bytes) else content.encode(encoding)
    return lambda folder: (folder / name).write_bytes(raw)


def every(number: int, usual: Sequence[str], odd: str) -> list[str]:
    """The values with every n-th replaced."""
    return [odd if place % number == number - 1 else value for place, value in enumerate(usual)]


def turns(*values: str) -> list[str]:
    """These values in turn."""
    return [values[place % len(values)] for place in range(ROWS)]


def odd(
    what: str, content: str | bytes, right: str, check: Check, *more: str, target: str = "y", name: str = "t.csv"
) -> Odd:
    """A table that is looked at."""
    targeted = ("--target", target) if target else ()
    return Odd(what, file(content, name), ("data", name, *targeted, "--json", *more), right, check)


def _written(frame: object, method: str) -> bytes:
    buffer = io.BytesIO()
    getattr(frame, method)(buffer)
    return buffer.getvalue()


def _parquet(column: object) -> bytes:
    import polars as pl

    return _written(pl.DataFrame({"x": [float(value) for value in X], "when": column, "y": Y}), "write_parquet")


def _zipped(content: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("t.csv", content)
    return buffer.getvalue()


PLAIN = text("x,n,y", X, NUMBERS, Y)
COMMENTS = ['say ""hi"", ok' if place % 2 else "fine" for place in range(ROWS)]
WHOLE = read(ROWS, classes=["no", "yes"])
IRIS = text("5.1,3.5,1.4,0.2,Iris-setosa", X, NUMBERS, X, NUMBERS, turns("Iris-setosa", "Iris-virginica"))
LATE = [str(1_600_000_000 + 3 * place) for place in range(ROWS)]
COUNTED = np.random.default_rng(1).permutation(ROWS)

DIALECTS = (
    odd("backslash before quotes, as Spark writes", text("x,c,y", X, ['"say \\"hi\\", ok"'] * ROWS, Y),
        "all rows", WHOLE),
    odd("doubled quotes", text("x,c,y", X, [f'"{one}"' for one in COMMENTS], Y), "all rows", WHOLE),
    odd("line breaks in quotes", text("x,c,y", X, ['"one\ntwo"'] * ROWS, Y), "all rows", WHOLE),
    odd("a quote within a value", text("x,c,y", X, ['5" pipe'] * ROWS, Y), "all rows, or refused with the line",
        either(WHOLE, refused("line"))),
    odd("a quote that is not closed", text("x,c,y", X, every(ROWS, ["a"] * ROWS, '"a'), Y), "refused with the line",
        refused("line")),
    odd("a quote that is not closed in the middle", text("x,c,y", X, every(100, ["a"] * ROWS, '"a'), Y),
        "refused with the line", refused("line")),
    odd("CR LF line ends", text("x,n,y", X, NUMBERS, Y, end="\r\n"), "all rows", WHOLE),
    odd("CR line ends", text("x,n,y", X, NUMBERS, Y, end="\r"), "all rows", WHOLE),
    odd("LF and CR LF line ends", PLAIN.replace("\n", "\r\n", 50), "all rows", WHOLE),
    odd("no line end after the last row", PLAIN.rstrip("\n"), "all rows", WHOLE),
    odd("blank lines among the rows", PLAIN.replace("\n", "\n\n", 50), "all rows", WHOLE),
    odd("UTF-8 with a byte order mark", b"\xef\xbb\xbf" + PLAIN.encode(), "all rows", WHOLE),
    odd("UTF-16", PLAIN.encode("utf-16"), "all rows with a note, or refused", either(WHOLE, refused("UTF-"))),
    odd("Latin-1 in the header", text("größe,n,y", X, NUMBERS, Y).encode("latin-1"), "read with a note, or refused",
        either(read(ROWS, "encoding", columns={"größe": "number"}), refused("UTF-8"))),
    odd("Windows-1252 in a class", text("x,n,y", X, NUMBERS, turns("Café", "Tee")).encode("cp1252"),
        "read with a note, or refused", either(read(ROWS, classes=["Café", "Tee"]), refused("UTF-8"))),
    odd("UTF-8 and Latin-1 in one file", text("x,c,y", X, turns("é"), Y).encode() + "1,é,yes\n".encode("latin-1"),
        "refused, or both read", either(refused("UTF-8"), read(ROWS + 1))),
    odd("semicolons", text("x;n;y", X, NUMBERS, Y, separator=";"), "all rows", WHOLE),
    odd("tabs in a .csv", text("x\tn\ty", X, NUMBERS, Y, separator="\t"), "all rows", WHOLE),
    odd("bars", text("x|n|y", X, NUMBERS, Y, separator="|"), "all rows", WHOLE),
    odd("sep=; in the first line, as Excel writes", "sep=;\n" + text("x;n;y", X, NUMBERS, Y, separator=";"),
        "all rows", WHOLE),
    odd("blanks between values", text("x n y", X, NUMBERS, Y, separator=" "), "all rows, or refused",
        either(WHOLE, refused("column"))),
    odd("a separator at the end of each line", "".join(f"{line},\n" for line in PLAIN.splitlines()), "all rows", WHOLE),
    odd("a row of too many values", PLAIN + "1,2,yes,4\n", "refused with the line", refused("line 202")),
    odd("a row of too few values", PLAIN + "1\n", "refused with the line, or noted",
        either(refused("line 202"), read(ROWS, "without y"))),
    odd("comment lines", "# made by a program\n" + PLAIN, "all rows, or refused", either(WHOLE, refused())),
    odd("an empty file", "", "refused", refused("empty")),
    odd("a header alone", "x,n,y\n", "refused", refused("row")),
    odd("a single row", "x,n,y\n1,2,yes\n", "refused", refused("row")),
    odd("NUL bytes", PLAIN.replace("yes", "y\0s"), "refused", refused()),
    odd("a picture called .csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "refused", refused()),
    odd("a gzipped table", gzip.compress(PLAIN.encode()), "all rows", WHOLE, name="t.csv.gz"),
    odd("a gzipped table called .csv", gzip.compress(PLAIN.encode()), "all rows, or refused",
        either(WHOLE, refused("gzip"))),
    odd("100 MB that gzip makes of 100 kB", gzip.compress(b"x,y\n" + b"1,2\n" * 25_000_000), "read, or refused",
        either(read(), refused()), name="t.csv.gz"),
    odd("a ZIP called .csv", _zipped(PLAIN), "refused as a ZIP", refused("zip")),
    odd("a value of 5 MB", text("x,c,y", X, every(ROWS, ["a"] * ROWS, "b" * 5_000_000), Y), "all rows", WHOLE),
    odd("3,000 columns", text(",".join([*(f"c{place}" for place in range(3000)), "y"]), *([X] * 3000), Y),
        "all rows", WHOLE),
    odd("an emoji in a name", text(f"{EMOJI},n,y", X, NUMBERS, Y), "all rows",
        read(ROWS, columns={EMOJI: "number"})),
    odd("two columns of one name", text("x,x,y", X, NUMBERS, Y), "read apart, or refused",
        either(read(ROWS), refused("x"))),
    odd("a second column of the target's name", text("x,y,y", X, Y, Y), "left out with a note, or refused",
        either(read(ROWS, "y", features=["x"]), refused("y"))),
    odd("a column without a name", text("x,,y", X, NUMBERS, Y), "all rows", WHOLE),
    odd("blanks around names", text(" x , n , y ", X, NUMBERS, Y), "all rows", WHOLE),
    odd("an escape sequence in a name", text("x\x1b[31m,n,y", X, NUMBERS, Y), "escaped where it is shown", WHOLE),
    odd("no header, all numbers", text("1,2,3", X, NUMBERS, turns("0", "1")), "read with a note, or refused",
        either(read(ROWS + 1, "header"), refused("first line")), target="column 3"),
    odd("no header, iris.data", IRIS, "151 rows with a note", read(ROWS + 1, "header"), target="column 5"),
    odd("columns called 1, 2, 3", text("1,2,3,y", X, NUMBERS, X, Y), "all rows", WHOLE),
)  # fmt: skip


def _number(what: str, values: Sequence[str], right: str, check: Check, separator: str = ",") -> Odd:
    quoted = [f'"{value}"' if separator in value else value for value in values]
    return odd(what, text(separator.join("xny"), X, quoted, Y, separator=separator), right, check)


NUMBER = read(ROWS, columns={"n": "number"})
LARGE = [f"{float(value) * 10:,.2f}" for value in NUMBERS]

VALUES = (
    _number("decimal commas", [value.replace(".", ",") for value in NUMBERS], "a number", NUMBER, ";"),
    _number("decimal commas in quotes", [value.replace(".", ",") for value in NUMBERS], "a number, or noted",
            either(NUMBER, read(ROWS, "n"))),
    _number("thousands with commas", LARGE, "a number, none dropped", NUMBER),
    _number("thousands with blanks", [value.replace(",", " ") for value in LARGE], "a number, none dropped", NUMBER),
    _number("thousands with apostrophes", [value.replace(",", "'") for value in LARGE], "a number", NUMBER),
    _number("thousands with dots, decimal commas",
            [value.replace(",", "_").replace(".", ",").replace("_", ".") for value in LARGE], "a number", NUMBER, ";"),
    _number("dollars", [f"${value}" for value in NUMBERS], "a number, or noted", either(NUMBER, read(ROWS, "n"))),
    _number("percent", [f"{value}%" for value in NUMBERS], "a number, or noted", either(NUMBER, read(ROWS, "n"))),
    _number("exponents", [f"{float(value):e}" for value in NUMBERS], "a number", NUMBER),
    _number("plus signs", [f"+{value}" for value in NUMBERS], "a number", NUMBER),
    _number("the minus sign of Unicode", ["\N{MINUS SIGN}" + value for value in NUMBERS], "a number, or noted",
            either(NUMBER, read(ROWS, "n"))),
    _number("no-break spaces", [f"\N{NO-BREAK SPACE}{value}" for value in NUMBERS], "a number", NUMBER),
    _number("infinities", every(20, NUMBERS, "inf"), "noted", read(ROWS, "n")),
    _number("numbers beyond float32", every(20, NUMBERS, "1e300"), "noted", read(ROWS, "n")),
    _number("-999 for missing", every(20, NUMBERS, "-999"), "a number", NUMBER),
    *(_number(f"{word} for missing", every(10, NUMBERS, word), "a number with missing ones",
              lambda answer: NUMBER(answer) and answer.content["columns"][1]["missing"] == ROWS // 10)
      for word in ("n/a", "None", "<NA>", "#N/A", "NaT", "null", "-", "?")),
    _number("a text among numbers", every(50, NUMBERS, "broken"), "noted with the count and an example",
            read(ROWS, "4", "broken")),
    _number("True and False", turns("True", "False"), "read", read(ROWS)),
    _number("TRUE, false and missing", turns("TRUE", "false", ""), "read", read(ROWS)),
    _number("time stamps", LATE, "read, or left out with a note", read(ROWS)),
    _number("dates, 2020-01-31", [f"20{10 + place % 10}-0{1 + place % 9}-1{place % 10}" for place in range(ROWS)],
            "features, or noted", either(read(ROWS, columns={"n": "date"}), read(ROWS, "n"))),
    _number("dates, 31.01.2020", [f"1{place % 10}.0{1 + place % 9}.20{10 + place % 10}" for place in range(ROWS)],
            "features, or noted", either(read(ROWS, columns={"n": "date"}), read(ROWS, "n"))),
    _number("a word in every row", [f"word{place}" for place in range(ROWS)], "left out with a note",
            read(ROWS, "n", columns={"n": "left out"})),
    _number("nothing in a column", [""] * ROWS, "left out with a note", read(ROWS, columns={"n": "left out"})),
    _number("one value in a column", ["7"] * ROWS, "left out with a note", read(ROWS, columns={"n": "left out"})),
    _number("formulas of a spreadsheet", ["=1+1"] * ROWS, "read as texts", read(ROWS)),
)  # fmt: skip


def _classes(what: str, values: Sequence[str], right: str, check: Check | None = None) -> Odd:
    named = read(ROWS, classes=sorted(set(values)), task="classification")
    return odd(what, text("x,n,y", X, NUMBERS, values), right, check or named)


CLASSES = (
    _classes("classes 01, 02, 10", turns("01", "02", "10"), "three classes of these names"),
    _classes("classes 007, 07, 7", turns("007", "07", "7"), "three classes of these names"),
    _classes("classes 1E2, 100", turns("1E2", "100"), "two classes of these names"),
    _classes("classes beyond 2⁵³", turns("9007199254740992", "9007199254740993"), "two classes of these names"),
    _classes("classes 1.0 and 2.0", turns("1.0", "2.0"), "two classes", read(ROWS, task="classification")),
    _classes("classes True and False", turns("True", "False"), "two classes", read(ROWS, task="classification")),
    _classes("Yes, yes", turns("Yes", "yes", "no"), "three classes of these names"),
    _classes("a blank after a class", turns("a ", "a", "b"), "two classes", read(ROWS, classes=["a", "b"])),
    _classes("é composed and decomposed", turns("caf\u00e9", "cafe\u0301", "tea"), "matched or noted",
             either(read(ROWS, classes=["café", "tea"]), read(ROWS, "alike"), read(ROWS, "same"))),
    _classes("digits and a class X", every(33, turns(*"0123456789"), "X"), "X is a class",
             lambda answer: answer.code == 0 and "X" in answer.content["classes"]),
    _classes("a class of one row", every(ROWS, turns("a", "b"), "c"), "seen, with its count",
             lambda answer: answer.code == 0 and answer.content["counts"].get("c") == 1),
    _classes("one class", ["a"] * ROWS, "refused", refused("one y")),
    _classes("a class for each row", [f"name{place}" for place in range(ROWS)], "refused", refused()),
    _classes("missing classes", every(10, turns("a", "b"), ""), "noted", read(ROWS * 9 // 10, "20")),
    _classes("None among the classes", every(10, turns("a", "b"), "None"), "missing with a note, or a class",
             either(read(ROWS * 9 // 10, "None"), read(ROWS, classes=["None", "a", "b"]), read(180, "20"))),
    _classes("an escape sequence in a class", turns("\x1b[31mred", "blue"), "escaped where it is shown"),
    _classes("markup in a class", turns("<script>alert(1)</script>", "b"), "escaped where it is shown"),
)  # fmt: skip


def _giving_away(what: str, name: str, values: Sequence[str], right: str = "left out or warned of") -> Odd:
    content = text(f"x,{name},y", X, values, turns("a", "b"))
    return odd(what, content, right, read(ROWS, name.strip() or "column"))


LEAKS = (
    _giving_away("an index after a shuffle", "Unnamed: 0", [str(place) for place in COUNTED]),
    _giving_away("an index of another name", "__index_level_0__", [str(place) for place in COUNTED]),
    _giving_away("an index without a name", "", [str(place) for place in COUNTED]),
    _giving_away("an id for each row", "customer_id", [str(7 * place + 3) for place in COUNTED]),
    _giving_away("a column that equals the target", "copy", turns("a", "b"), "warned of"),
    _giving_away("a number that tells the class", "code", turns("17", "23"), "warned of"),
)


def _parquets() -> tuple[Odd, ...]:
    import datetime

    import polars as pl

    days = [datetime.date(2020, 1, 1) + datetime.timedelta(days=7 * place) for place in range(ROWS)]
    whole = _parquet([float(value) for value in NUMBERS])
    either_way = either(read(ROWS, classes=["no", "yes"]), refused("when"))
    kinds = {
        "durations": pl.Series([datetime.timedelta(hours=place) for place in range(ROWS)]),
        "dates": pl.Series(days),
        "times with a zone": pl.Series(days).cast(pl.Datetime).dt.replace_time_zone("Europe/Berlin"),
        "decimals": pl.Series(NUMBERS).cast(pl.Float64).cast(pl.Decimal(10, 2)),
        "dictionary texts": pl.Series(turns("a", "b", "c")).cast(pl.Categorical),
        "lists": pl.Series([[1, 2]] * ROWS),
        "structs": pl.Series([{"a": 1}] * ROWS),
        "bytes": pl.Series([b"\xff\x00"] * ROWS),
        "whole numbers of 64 bits": pl.Series([2**62 + place for place in range(ROWS)]),
    }
    return (
        *(odd(f"Parquet: {what}", _parquet(column), "all rows", either_way, name="t.parquet")
          for what, column in kinds.items()),
        odd("Parquet cut short", whole[: len(whole) // 2], "refused", refused("Parquet"), name="t.parquet"),
        odd("Parquet with a flipped byte", bytes([*whole[:40], whole[40] ^ 255, *whole[41:]]), "read, or refused",
            either(read(), refused("Parquet")), name="t.parquet"),
        odd("Parquet with a damaged foot", whole[:-40] + bytes(32) + whole[-8:], "read, or refused",
            either(WHOLE, refused("Parquet")), name="t.parquet"),
        odd("a text called .parquet", PLAIN, "refused", refused("Parquet"), name="t.parquet"),
    )  # fmt: skip


def odds() -> tuple[Odd, ...]:
    """All odd tables."""
    return (*DIALECTS, *VALUES, *CLASSES, *LEAKS, *_parquets())
