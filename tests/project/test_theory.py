"""docs/theory.md is made of the stored results of the full lessons."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import lessons
from wxb.lessons import picture, universality
from wxb.lessons.lesson import TITLES, lesson

RESULTS = lessons.read()


def test_the_page_of_theory_is_made_of_the_results_that_lie_here():
    assert lessons.PAGE.read_text() == lessons.page(RESULTS)


def test_a_lesson_without_results_says_so():
    assert lessons.page({}).count("Not measured yet.") == len(TITLES)


@pytest.mark.parametrize("name", TITLES)
def test_every_lesson_has_its_picture_with_units_on_both_axes(name, tmp_path):
    figure = lesson(name).draw(RESULTS[name]["rows"])
    panels = [one for one in figure.axes if one.get_label() != "<colorbar>"]
    assert panels[0].get_ylabel()
    assert all(one.get_xlabel() for one in panels)
    picture.save(figure, tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_bytes() == (lessons.PICTURES / f"theory-{name}.svg").read_bytes()


def test_the_command_writes_results_and_picture(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr("wxb.lessons.lesson.Lesson.run", lambda *_, **__: iter([RESULTS["bias"]["rows"]]))
    lessons.main(["bias"], tmp_path / "results", tmp_path / "pictures")
    stored = json.loads((tmp_path / "results" / "bias.json").read_text())
    assert (stored["part"], stored["seeds"], stored["rows"]) == ("bias", [0, 1, 2], RESULTS["bias"]["rows"])
    assert set(RESULTS["bias"]["machine"]) <= set(stored["machine"])
    assert (tmp_path / "pictures" / "theory-bias.svg").is_file()
    assert "next: python -m benchmarks.lessons page" in capsys.readouterr().out


def test_the_page_says_how_long_the_lesson_took():
    machine = {**RESULTS["bias"]["machine"], "processor": "Example 9000", "commit": "abc1234"}
    section = lessons.section("bias", {**RESULTS["bias"], "machine": machine, "seconds": 150.0, "date": "2026-01-31"})
    assert "2026-01-31, Example 9000, 2 cores, 23.5 GiB" in section
    assert "at abc1234; 2.5 minutes for the full lesson." in section


def test_results_of_universality_meet_what_is_owed():
    rows = RESULTS["universality"]["rows"]
    lines = [name for name, function in universality.FUNCTIONS.items() if function.features == 1]
    assert len(lines) >= 5
    assert len({row["seed"] for row in rows}) >= 3
    assert all(universality.falls(rows, name)[0] >= universality.FALL for name in lines)
