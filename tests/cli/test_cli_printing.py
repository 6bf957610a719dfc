"""Names with control characters are printed as visible escapes, in every form of output."""

from __future__ import annotations

import csv
import json
import re
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.conftest import COMMAND, environment
from wxb.cli import printing
from wxb.cli.main import main
from wxb.text import LONGEST, OWN_ESCAPE, first_of, one_line, visible

BAD = "a\x1b[31mred\x1b]0;title\x07\x9b2J\u202eb"
SHOWN = r"a\x1b[31mred\x1b]0;title\x07\x9b2J\u202eb"
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@given(st.text())
def test_a_text_that_is_shown_acts_on_nothing_and_keeps_the_rest(text):
    assert not ACTING.search(visible(text))
    assert len(one_line(text).splitlines()) <= 1
    if not ACTING.search(text) and not re.search("[\xad\u200b\u200e\u200f\u2028\u2029\u2060\ufeff]", text):
        assert visible(text) == text


def test_only_our_own_codes_reach_a_terminal(capsys):
    printing.result(f"{printing.RED}{BAD}{printing.PLAIN}{OWN_ESCAPE}[2J")
    assert capsys.readouterr().out == f"\x1b[31m{SHOWN}\x1b[0m{OWN_ESCAPE}[2J\n"
    printing.remark(printing.ERASE, end="")
    assert capsys.readouterr().err == "\r\x1b[2K"


def test_a_line_break_in_a_name_does_not_break_a_table():
    assert printing.table([["name", "n"], ["a\nb", "1"]], numbers=[1]) == "name   n\na\\nb   1"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A table whose file, columns and classes have such names, and a folder of pictures like it."""
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    rows = np.random.default_rng(0).normal(size=(60, 1))
    lines = [f"{x[0]:.3f},{BAD if x[0] > 0 else '=1+1'}" for x in rows]
    (tmp_path / f"{BAD}.csv").write_text("\n".join([f"x{BAD},y", *lines]) + "\n")
    for kind in (0, 1):
        (tmp_path / "pictures" / f"{kind}{BAD}").mkdir(parents=True)
        for i in range(12):
            pixels = np.random.default_rng(i).integers(kind * 100, 100 + kind * 100, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pictures" / f"{kind}{BAD}" / f"{i}{BAD}.png")
    return tmp_path


def test_no_command_prints_a_name_that_acts_on_the_terminal(folder, capsys):
    table, run = f"{BAD}.csv", f"run{BAD}"
    for words in (
        ["data", table, "--target", "y"], ["data", "pictures"], ["data", BAD], ["show", BAD],
        ["train", table, "FC-4-RELU, SOFTMAX", "--target", "y", "--epochs", "1", "--threads", "1", "--out", run],
        ["train", "pictures", "FC-4-RELU, SOFTMAX", "--epochs", "1", "--threads", "1", "--out", "p"],
        ["report", run], ["report", run, "--markdown"], ["evaluate", run], ["evaluate", "p"], ["verify", run],
        ["predict", run, table], ["predict", run, table, "--csv"], ["predict", "p", "pictures"], ["runs", "."],
        ["runs", ".", "--table", "data,accuracy", "--csv"], ["compare", run, run], ["resume", run], ["cache", BAD],
    ):  # fmt: skip
        main(words)
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        assert not ACTING.search(said.out + said.err), words
    for name in ("report.md", "report.html"):
        assert not ACTING.search((Path(run) / name).read_text())


def test_json_holds_the_exact_names(folder, capsys):
    table = f"{BAD}.csv"
    main(["train", table, "SOFTMAX", "--target", "y", "--epochs", "1", "--threads", "1", "-q", "--out", "run"])
    capsys.readouterr()
    assert main(["predict", "run", table, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer["classes"]) == {BAD, "=1+1"}
    assert answer["predictions"][0]["file"] == table


@pytest.mark.parametrize(
    ("cell", "written"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("+x", "'+x"), ("-x", "'-x"), ("-1.5", "-1.5"), ("+3", "+3"), ("a=b", "a=b")],
)
def test_a_cell_that_a_spreadsheet_would_compute_is_a_text(cell, written, capsys):
    printing.result_csv([["name", "n"], [cell, -2]])
    assert list(csv.reader(capsys.readouterr().out.splitlines())) == [["name", "n"], [written, "-2"]]


@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], ["train", "--help"], ["networks"], ["schema", "train"], ["show", "lenet5"]]
)
def test_a_full_disk_at_standard_output_is_an_error_and_no_traceback(words):
    with open("/dev/full", "w") as full:
        ended = subprocess.run([*COMMAND, *words], stdout=full, stderr=subprocess.PIPE, text=True, env=environment())
    assert ended.returncode == 1
    assert ended.stderr == "error: standard output cannot be written: No space left on device\n"


def test_without_standard_input_nothing_is_deleted(folder):
    main(["train", "ring", "SOFTMAX", "--examples", "60", "--epochs", "1", "--threads", "1", "-q", "--out", "run"])
    command = f"exec {shlex.join(COMMAND)} runs --delete run <&-"
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=environment())
    assert ended.returncode == 2
    assert "there is no terminal to ask on" in ended.stderr
    assert Path("run/run.json").exists()


@pytest.mark.parametrize(
    ("names", "options", "text"),
    [
        ([], {}, ""),
        (["a"], {}, "a"),
        (["a", "b", "c"], {"most": 3}, "a, b, c"),
        (["a", "b", "c"], {"most": 2}, "a, b and 1 more"),
        (map(str, range(2_000)), {"most": 1}, "0 and 1,999 more"),
        (["a", "b", "c"], {"most": 2, "between": "\n  "}, "a\n  b\n  and 1 more"),
        (["a", "b"], {"of": 5}, "a, b and 3 more"),
        (["a" * 300], {}, "a" * (LONGEST - 1) + "…"),
    ],
)
def test_the_first_names_are_listed_and_the_others_counted(names, options, text):
    assert first_of(names, **options) == text
