"""A table on the command line: described, learned from, and its run asked about new rows."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import wxb
from tests.cli.conftest import valid

ROWS = 120


def flats(rows: int = ROWS, seed: int = 0) -> pl.DataFrame:
    """Flats: the larger ones in Rome are dear."""
    random = np.random.default_rng(seed)
    size = random.uniform(20, 120, rows).round(1)
    town = np.array(["Rome", "Oslo", "Bonn"])[random.integers(0, 3, rows)]
    price = 3 * size + 50 * (town == "Rome") + random.normal(0, 1, rows)
    return pl.DataFrame(
        {
            "size": [None if i % 15 == 4 else float(value) for i, value in enumerate(size)],
            "town": town,
            "remark": [f"flat number {i}" for i in range(rows)],
            "price": price.round(2),
            "dear": np.where(price > 230, "yes", "no"),
        }
    )


@pytest.fixture
def table(call):
    """`flats.csv` in the working folder."""
    flats().write_csv("flats.csv")
    return Path("flats.csv")


def test_data_describes_the_columns(call, table):
    ended = call("data", table, "--target", "price")
    assert ended.code == 0, ended.err
    lines = ended.out.splitlines()
    assert lines[0].startswith("flats: 120 rows of 3 columns (7 features) with 1 target; train 77, ")
    start = lines.index(next(line for line in lines if line.startswith("column ")))
    assert [line.split()[:3] for line in lines[start : start + 5]] == [
        ["column", "kind", "missing"],
        ["size", "number", "8"],
        ["town", "category", "0"],
        ["remark", "left", "out"],
        ["dear", "category", "0"],
    ]
    assert lines[start + 2].endswith("Bonn, Oslo, Rome")
    found = valid(call("data", table, "--target", "price", "--json").json)
    assert [column["name"] for column in found["columns"]] == ["size", "town", "remark", "dear"]
    assert found["features"][:2] == ["size", "size (missing)"]


def test_a_table_without_a_target_lists_its_columns(call, table):
    ended = call("train", table)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "error: flats.csv is a table: which of its columns is to be predicted?\n"
        "  columns: size, town, remark, price, dear\n"
        "  fix: --target dear; a network that ends in SELF learns without a target\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--target", "prise"], "error: flats.csv has no column prise; price is one"),
        (
            ["--target", "dear", "--task", "class"],
            "error: --task class: expected classification, multilabel, regression, reconstruction or tags",
        ),
        (["--target", "price", "--target", "town"], "error: town of flats.csv holds texts, no numbers"),
        (["--target", "price", "--size", 8], "error: --size is for folders of pictures, not for "),
        (["--target", "price", "--pieces", 999], "error: --pieces 999: expected a whole number from 0 to 256"),
    ],
)
def test_a_mistake_about_a_table_is_said(call, table, words, said):
    ended = call("train", table, *words)
    assert ended.code == 2
    assert ended.err.startswith(said)


def test_a_target_for_what_is_no_table_is_refused(call):
    ended = call("train", "digits", "--target", "price")
    assert (
        ended.err == "error: --target is for tables, not for digits\n"
        "  expected a table (.csv, .tsv, .parquet, .data, .txt; also .gz)\n"
    )


def test_a_target_is_given_again_or_with_commas(call):
    columns = {"x": np.arange(60) * 1.5 % 7, "a": [0, 1] * 30, "b": [0, 0, 1] * 20}
    pl.DataFrame(columns).write_csv("t.csv")
    once = valid(call("data", "t.csv", "--target", "a,b", "--json").json)
    twice = valid(call("data", "t.csv", "--target", "a", "--target", "b", "--json").json)
    assert once == twice
    assert (once["task"], once["classes"]) == ("multilabel", ["a", "b"])


def test_a_run_on_a_table_prepares_new_rows_as_it_prepared_its_own(call, table):
    ended = call(
        "train", table, "FC-32-RELU, EUCLID", "--target", "price", "--epochs", 60, "--out", "run", "--json",
        "--threads", 1,
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert valid(ended.json)["test"]["r2"] > 0.8
    assert "1 column left out: remark (free text, 120 different in 120)" in ended.err
    stored = json.loads(Path("run/data.json").read_text())
    assert [column["name"] for column in stored["table"]["columns"]] == ["size", "town", "remark", "dear"]

    new = flats().drop("price").reverse().select("town", "dear", "size").with_columns(roof=pl.lit("red"))
    new.write_csv("new.csv")
    told = call("predict", "run", "new.csv", "--json")
    assert told.err == "note      new.csv: a column that training had not, not used: roof\n"
    values = [one["value"] for one in valid(told.json)["predictions"]]
    assert np.corrcoef(values, flats()["price"].reverse())[0, 1] > 0.9
    new.write_parquet("new.parquet")
    assert [one["value"] for one in call("predict", "run", "new.parquet", "--json").json["predictions"]] == values

    own = call("evaluate", "run", "--json").json["test"]
    assert own == ended.json["test"]
    assert call("evaluate", "run", table, "--json").json["test"] == own
    flats(40, seed=1).with_columns(price=pl.when(pl.col("size") > 100).then(None).otherwise("price")).write_csv(
        "other.csv"
    )
    other = call("evaluate", "run", "other.csv", "--json")
    lacking = int((flats(40, seed=1)["size"] > 100).sum())
    assert other.json["test"]["examples"] == 40 - lacking
    assert other.err.splitlines()[0] == f"note      {lacking} rows without price left out of 40"

    flats().drop("town").write_csv("less.csv")
    for command in ("predict", "evaluate"):
        refused = call(command, "run", "less.csv")
        assert refused.code == 2
        if command == "evaluate":
            assert refused.err.startswith("error: less.csv has no column town, which the run was trained on\n")
        else:
            assert "less.csv has no column town, which the run was trained on" in refused.err

    again = call("train", "--config", "run/settings.toml", "--out", "again", "--json", "--threads", 1)
    assert again.json["test"] == own


def test_classes_of_a_table_are_called_as_in_the_file(call, table):
    ended = call("train", table, "SOFTMAX", "--target", "dear", "--epochs", 3, "--out", "run", "-q")
    assert ended.code == 0, ended.err
    found = valid(call("predict", "run", table, "--json").json)
    assert found["classes"] == ["no", "yes"]
    assert {one["class"] for one in found["predictions"]} <= {"no", "yes"}
    assert [one["row"] for one in found["predictions"]] == list(range(ROWS))


def test_a_run_that_was_trained_on_no_table_refuses_one(call, table):
    call("train", "ring", "SOFTMAX", "--examples", 100, "--epochs", 1, "--out", "run", "-q")
    ended = call("predict", "run", table)
    assert ended.code == 2
    assert ended.err.startswith("error: flats.csv: a table; the network was not trained on one")


def test_reading_no_table_loads_no_polars(process):
    ended = process("data", "ring", "--examples", 100, more={"PYTHONPROFILEIMPORTTIME": "1"})
    assert ended.code == 0
    assert "numpy" in ended.err
    assert "polars" not in ended.err


# --- streams, parts and files without names ---------------------------------------------------------------------------


class Stream:
    """A standard input that holds these bytes."""

    def __init__(self, data):
        self.buffer = io.BytesIO(data)


def test_a_table_comes_from_standard_input_to_every_command(call, table, monkeypatch):
    def piped(*words):
        monkeypatch.setattr("sys.stdin", Stream(table.read_bytes()))
        ended = call(*words)
        assert ended.code == 0, ended.err
        return ended

    named = valid(call("data", table, "--target", "dear", "--json").json)
    read = valid(piped("data", "-", "--target", "dear", "--json").json)
    assert {**read, "name": named["name"]} == named
    piped("train", "-", "FC-8-RELU, SOFTMAX", "--target", "dear", "--epochs", "2", "--out", "run", "-q")
    scores = [
        valid(ended.json)["test"]
        for ended in (piped("evaluate", "run", "-", "--json"), call("evaluate", "run", table, "--json"))
    ]
    assert scores[0] == scores[1]
    asked = [valid(piped("predict", "run", "-", "--json").json), valid(call("predict", "run", table, "--json").json)]
    assert [one["class"] for one in asked[0]["predictions"]] == [one["class"] for one in asked[1]["predictions"]]
    assert {one["file"] for one in asked[0]["predictions"]} == {"-"}
    assert valid(piped("evaluate", "run", "--json").json)["test"]["examples"] == 30


def test_a_pipe_of_the_shell_is_read_once(call, table):
    call("train", table, "FC-8-RELU, SOFTMAX", "--target", "dear", "--epochs", "1", "--out", "run", "-q")

    def pipe():
        read, write = os.pipe()
        os.write(write, table.read_bytes())
        os.close(write)
        return f"/dev/fd/{read}"

    assert len(valid(call("predict", "run", pipe(), "--json").json)["predictions"]) == ROWS
    end = call("train", pipe(), "FC-8-RELU, SOFTMAX", "--target", "dear", "--epochs", "1", "--out", "piped", "-q")
    assert end.code == 0, end.err
    again = call("evaluate", "piped")
    assert again.code == 2
    assert again.err.startswith("error: the data of piped came through a pipe, /dev/fd/")


@pytest.mark.parametrize(
    "name", ["t.csv.gz", "t.csv.bz2", "t.csv.xz", "t.data", "t.txt", "t.tab", "t.parquet", "t.csv"]
)
def test_a_table_is_the_same_in_every_form(call, table, name):
    path, content = Path(name), table.read_bytes()
    if name == "t.parquet":  # a folder, as Spark writes it
        path.mkdir()
        (path / "_SUCCESS").touch()
        flats()[:50].write_parquet(path / "part-00000-a.snappy.parquet")
        flats()[50:].write_parquet(path / "part-00001-a.snappy.parquet")
    elif name == "t.csv":
        path.mkdir()
        (path / "_SUCCESS").touch()
        (path / ".part-00000.crc").write_bytes(b"\0")
        flats()[:50].write_csv(path / "part-00000.csv")
        flats()[50:].write_csv(path / "part-00001.csv")
    else:
        pack = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}.get(path.suffix, bytes)
        path.write_bytes(pack(content.replace(b",", b"\t") if path.suffix == ".tab" else content))
    plain, other = (valid(call("data", one, "--target", "dear", "--json").json) for one in (table, path))
    assert (other["fingerprint"], other["name"]) == (plain["fingerprint"], "t")
    call("train", path, "FC-8-RELU, SOFTMAX", "--target", "dear", "--epochs", "1", "--out", "run", "-q")
    assert len(valid(call("predict", "run", path, "--json").json)["predictions"]) == ROWS


def test_a_file_without_names_is_learned_from_and_asked_about(call):
    random = np.random.default_rng(0)
    lines = [f"{x:.2f},{y:.2f},{'Iris-a' if x > y else 'Iris-b'}" for x, y in random.normal(size=(100, 2))]
    Path("iris.data").write_text("\n".join(lines) + "\n\n")
    ended = call("train", "iris.data", "FC-8-RELU, SOFTMAX", "--target", "column 3", "--epochs", "1", "--out", "run")
    assert ended.code == 0, ended.err
    assert "the first line of iris.data holds values like the lines below" in " ".join(ended.err.split())
    assert valid(call("data", "iris.data", "--target", "column 3", "--json").json)["examples"] == 100
    assert valid(call("evaluate", "run", "iris.data", "--part", "all", "--json").json)["test"]["examples"] == 100
    for text in ("\n".join(lines), "\n".join(line.rsplit(",", 1)[0] for line in lines), lines[0]):
        Path("new.csv").write_text(text)
        asked = valid(call("predict", "run", "new.csv", "--json").json)["predictions"]
        assert [one["row"] for one in asked] == list(range(text.count("\n") + 1))
    Path("new.csv").write_text("# of today, by hand, in May, at noon\n" + "\n".join(lines))
    asked = call("predict", "run", "new.csv", "--csv")
    assert asked.err == "note      new.csv: 1 comment of new.csv passed over, after #\n"
    assert not call("data", "iris.data", "--no-header", "--target", "column 3").out.count("the first line")
    titled = call("data", "iris.data", "--header", "--target", lines[0].split(",")[2], "--json")
    assert valid(titled.json)["examples"] == 99
    lines = call("data", "iris.data", "--target", "species").err.splitlines()
    assert lines[2].startswith("  the first line of iris.data holds values like the lines below: it is taken as data")
    assert lines[3] == "  fix: one of the columns, such as column 3"


def test_a_file_without_names_that_lacks_a_column_in_front_is_refused(call):
    lines = [f"{i % 2},{i * 7 % 10}.5,{i * 3 % 11}" for i in range(60)]
    Path("wine.data").write_text("\n".join(lines))
    call("train", "wine.data", "FC-8-RELU, SOFTMAX", "--target", "column 1", "--epochs", "1", "--out", "run", "-q")
    Path("new.csv").write_text("\n".join(line.split(",", 1)[1] for line in lines))
    ended = call("predict", "run", "new.csv")
    assert ended.code == 2
    assert ended.err.startswith("error: new.csv has no names and 2 columns; the run was trained on 3")


def test_the_rows_of_a_report_and_a_comparison_are_those_of_the_file(call):
    random = np.random.default_rng(0)
    size = random.normal(size=200)
    label = np.where(size > 0, "p", "q")
    label[::3] = ""  # rows that are left out
    lines = [f"{x:.4f},{y}" for x, y in zip(size, label, strict=True)]
    wrong = 100  # the row that is given the other class
    lines[wrong] = lines[wrong].replace("p", "z").replace("q", "p").replace("z", "q")
    lines[50] += "\n"  # a blank line is no row
    Path("t.csv").write_text("\n".join(["x,y", *lines]))
    data = wxb.load_data("t.csv", target="y", split="0.5,0,0.5")
    assert data.row_numbers.tolist() == [number for number in range(200) if number % 3]
    assert [data.row_number(row) for row in (0, 1, 2)] == [1, 2, 4]
    in_test = {data.row_number(row): row for row in data.split.test}
    for out, network in (("run0", "FC-8-RELU, SOFTMAX"), ("run1", "SOFTMAX")):
        ended = call(
            "train", "t.csv", network, "--target", "y", "--split", "0.5,0,0.5", "--epochs", "20", "--out", out, "-q"
        )
        assert ended.code == 0, ended.err
    told = valid(call("report", "run0", "--json").json)
    assert told["mistakes"]
    for one in told["mistakes"]:
        assert one["row"] in in_test
        assert one["given"] == label[one["row"]] or one["row"] == wrong
    for pair in valid(call("compare", "run0", "run1", "--json").json)["pairs"]:
        for change in (*pair["now_right"], *pair["now_wrong"]):
            assert change["row"] in in_test
            assert change["given"] == label[change["row"]] or change["row"] == wrong


def test_data_shows_the_counts_of_a_class_of_one_row(call):
    rows = "".join(f"{i * 7 % 11}.5,{'c' if i == 3 else 'ab'[i % 2]}\n" for i in range(40))
    Path("t.csv").write_text("x,y\n" + rows)
    ended = call("data", "t.csv", "--target", "y", "--json")
    assert ended.code == 0, ended.err
    shown = json.loads(ended.out)
    assert shown["counts"] == {"a": 20, "b": 19, "c": 1}
    assert shown["notes"][0] == "class c cannot be split: 1 row; shown as one part"
    refused = call("train", "t.csv", "FC-4-RELU, SOFTMAX", "--target", "y")
    assert refused.code == 2
    assert "fix: add rows, or leave the class out: --missing c" in refused.err


def test_a_run_keeps_what_was_said_of_its_columns(call):
    rows = "".join(f"{i * 7 % 50 / 3 if i % 9 else -999:.2f},{i % 4},{i},{'ab'[i % 2]}\n" for i in range(120))
    Path("t.csv").write_text("x,k,z,y\n" + rows)
    words = ("--target", "y", "--drop", "z", "--types", "k=category", "--missing", "-999,unknown", "--epochs", "1")
    assert call("train", "t.csv", "FC-4-RELU, SOFTMAX", *words, "--out", "first").code == 0
    stored = Path("first/settings.toml").read_text()
    assert [line in stored for line in ('drop = "z"', 'types = "k=category"', 'missing = "-999,unknown"')] == [True] * 3
    assert call("train", "--config", "first/settings.toml", "--out", "again").code == 0
    assert Path("again/weights.safetensors").read_bytes() == Path("first/weights.safetensors").read_bytes()
    Path("new.csv").write_text("k,x\n3,unknown\n1,-999.0\n")
    predicted = call("predict", "first", "new.csv", "--json")
    assert predicted.code == 0, predicted.err
    assert "new.csv" not in predicted.err  # nothing is strange: training had missing numbers too
