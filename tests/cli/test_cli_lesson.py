"""`wxb lesson`: the list, a lesson on the terminal, as JSON and as a picture."""

from __future__ import annotations

import pytest

from tests.cli.conftest import valid
from wxb.lessons import transfer
from wxb.lessons.lesson import TITLES, Lesson


def test_lessons_are_listed(call):
    ended = call("lesson")
    assert ended.code == 0
    assert ended.out.splitlines()[1] == "bias           The bias trick"
    assert len(ended.out.splitlines()) == 1 + len(TITLES)
    assert valid(call("lesson", "--json").json) == {"schema": "wxb/lesson/1", "lessons": TITLES, "result": None}


def test_a_lesson_trains_and_says_what_it_shows(process):
    ended = process("lesson", "bias", "--out", "bias.svg")
    assert ended.code == 0
    assert ended.out.startswith("The bias trick\n\nThe lecture flattens a picture")
    assert "the worst of 1 seed.\nclassifier   largest score" in ended.out
    assert "1,797 of 1,797" in ended.out
    assert ended.out.endswith("but for rounding.\n\npicture   bias.svg\n")
    assert ended.err.startswith("training  1 of 1")


def test_the_help_says_how_often_a_seed_draws_in_the_lesson_transfer(call):
    assert f"in the lesson transfer {transfer.PAIRS} times" in " ".join(call("lesson", "--help").out.split())


def test_a_lesson_as_json_holds_what_was_measured(call, tmp_path):
    result = valid(call("lesson", "bias", "--seeds", "2", "--json", "-q", "--out", "b.png").json)["result"]
    assert (result["name"], result["full"], result["seeds"], result["picture"]) == ("bias", False, [0, 1], "b.png")
    assert [row["seed"] for row in result["rows"]] == [0, 1]
    assert result["tables"][0]["head"][0] == "classifier"
    assert (tmp_path / "b.png").is_file()


@pytest.mark.parametrize("name", sorted(set(TITLES) - {"bias"}))
@pytest.mark.slow
def test_every_short_lesson_ends_with_tables_findings_and_a_picture(name, call, tmp_path):
    ended = call("lesson", name, "--json", "-q", "--out", "one.svg")
    assert ended.code == 0
    result = valid(ended.json)["result"]
    assert all(len(row) == len(table["head"]) for table in result["tables"] for row in table["rows"])
    assert "none" not in result["findings"] or name in ("universality", "reduction")
    assert (tmp_path / "one.svg").is_file()


def test_a_lesson_that_there_is_not_is_refused_before_anything_is_trained(call):
    ended = call("lesson", "capacities")
    assert (ended.code, ended.err) == (
        2, "error: no lesson is called capacities; capacity is one\n  fix: wxb lesson lists all\n",
    )  # fmt: skip
    ended = call("lesson", "bias", "--out", "bias.txt")
    assert (ended.code, ended.out) == (2, "")
    assert "bias.txt is not the name of a picture" in ended.err


def test_a_picture_that_cannot_be_written_is_refused_before_anything_is_trained(call, tmp_path):
    (tmp_path / "folder.svg").mkdir()
    for out, why in (("none/bias.svg", f"there is no folder {tmp_path}/none"), ("folder.svg", "it is a folder")):
        ended = call("lesson", "bias", "--out", out)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith(f"error: {out} cannot be written: {why}\n")


def test_options_of_a_lesson_without_its_name_are_refused(call):
    ended = call("lesson", "--out", "bias.svg", "--full")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "error: --full and --out without a NAME: which lesson?\n  fix: wxb lesson lists all\n"


def test_a_lesson_can_be_interrupted(call, monkeypatch):
    def run(*_):
        yield []
        raise KeyboardInterrupt

    monkeypatch.setattr(Lesson, "run", run)
    ended = call("lesson", "capacity")
    assert ended.code == 130
    assert ended.err.startswith("training  1 of 4")
    assert ended.err.endswith("stopped\n")
