"""The odd inputs of benchmarks/torture: a judge that can fail, and a stored table for each group."""

from __future__ import annotations

import json

import pytest

from benchmarks import results
from benchmarks.pages import odd_inputs
from benchmarks.torture.__main__ import GROUPS, tried
from benchmarks.torture.odd import QUOTED, Answer, read, refused
from benchmarks.torture.tables import DIALECTS, PLAIN, odd


def answer(code: int | None, out: str = "", errors: str = "") -> Answer:
    return Answer(code, out, errors, 0.1)


def test_a_refusal_is_told_by_its_code_and_words():
    right = refused("line 7")
    assert right(answer(2, errors="error: t.csv cannot be read as CSV\n  Line 7 has 4 values"))
    assert not right(answer(2, errors="error: t.csv cannot be read as CSV"))
    assert not right(answer(1, errors="line 7"))
    assert not right(answer(0, errors="line 7"))


def test_a_reading_is_told_by_its_count_its_notes_and_its_facts():
    columns = [{"name": "n", "kind": "left out"}]
    out = json.dumps({"examples": 3, "notes": ["1 column left out: n"], "classes": ["b", "a"], "columns": columns})
    assert read(3, "left out", classes=["a", "b"], columns={"n": "left out"})(answer(0, out))
    for other in (
        read(4),
        read(3, "dropped"),
        read(3, classes=["a"]),
        read(3, columns={"n": "number"}),
        read(3, columns={"m": "number"}),
    ):
        assert not other(answer(0, out))
    assert not read(3)(answer(1, out))


def test_a_crash_is_never_right(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "benchmarks.torture.odd.wxb", lambda *_, **__: answer(2, errors="Traceback (most recent call last)\n line 7")
    )
    assert not odd("odd", PLAIN, "refused", refused("line 7")).row(tmp_path)["as_it_should"]


@pytest.mark.parametrize("what", ["doubled quotes", "a picture called .csv"])
def test_an_odd_table_is_tried_with_the_real_command(what):
    (chosen,) = [one for one in DIALECTS if one.what == what]
    row = tried(chosen)
    assert row["as_it_should"]
    assert row["came"]


@pytest.mark.parametrize("length", range(140, 200))
def test_what_came_is_cut_after_a_word_and_never_within_code(length):
    text = (
        f'{"x" * (length - 40)} leave it out: `drop="a name"`; n alone tells y in all rows, and so on and so on and on'
    )
    came = answer(2, errors=f"error: {text}").came
    assert len(came) <= QUOTED + 2
    assert came.count("`") in (0, 2)
    assert f"exit 2: {text}".startswith(came.removesuffix(" …"))


def test_what_a_command_says_of_damage_is_what_came():
    assert answer(3, out="run is not as it was\nrun/run.json is damaged\n").came == (
        "exit 3: run is not as it was run/run.json is damaged"
    )
    assert answer(2, out="something", errors="note: x\nerror: no file\n").came == "exit 2: no file"


def test_a_wrong_row_is_marked_in_the_table():
    row = {"what": "a", "right": "read", "came": "exit 1"}
    stored = {**results.read("torture")["tables"], "rows": [{**row, "as_it_should": right} for right in (False, True)]}
    lines = odd_inputs("tables", {"tables": stored})
    assert lines[0] == "1 of 2 as they should be."
    assert lines[2:6] == ["| what | right | what came |", "| --- | --- | --- |", "| a | read | **wrong:** exit 1 |",
                          "| a | read | exit 1 |"]  # fmt: skip


def test_long_words_can_be_broken_in_the_table_and_code_stays_as_it_is():
    row = {"what": "short <b>", "right": "run/weights.safetensors", "came": f"`{'r' * 20}<` {'r' * 20}"}
    rows = [{**row, "as_it_should": True}]
    lines = odd_inputs("tables", {"tables": {**results.read("torture")["tables"], "rows": rows}})
    assert lines[4] == f"| short &lt;b&gt; | run/<wbr>weights.<wbr>safetensors | `{'r' * 20}<` {'r' * 16}<wbr>rrrr |"


def test_no_two_of_a_group_are_the_same():
    for name, odds in GROUPS.items():
        whats = [one.what for one in odds()]
        assert len(set(whats)) == len(whats), name
