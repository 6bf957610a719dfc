"""docs/theory.md is made of the stored results of the full lessons."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import figures, pages, results
from wxb.lessons import picture, universality
from wxb.lessons.lesson import TITLES, lesson

RESULTS = results.read("lesson")


def test_the_page_has_a_place_for_every_lesson_and_is_made_of_the_results_that_lie_here():
    text = (pages.DOCS / "theory.md").read_text()
    assert text == pages.filled(text, pages.read())
    assert [place["name"] for place in pages.PLACE.finditer(text)] == list(TITLES)


def test_a_lesson_without_results_says_so():
    assert pages.a_lesson("bias", {})[-1] == "Not measured yet."


@pytest.mark.parametrize("name", TITLES)
def test_every_lesson_has_its_picture_with_units_on_both_axes(name, tmp_path):
    figure = lesson(name).draw(RESULTS[name]["rows"])
    panels = [one for one in figure.axes if one.get_label() != "<colorbar>"]
    assert panels[0].get_ylabel()
    assert all(one.get_xlabel() for one in panels)
    picture.save(figure, tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_bytes() == (pages.PICTURES / f"theory-{name}.svg").read_bytes()


def test_a_full_lesson_is_taken_and_stored_like_a_figure(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr("wxb.lessons.lesson.Lesson.run", lambda *_, **__: iter([RESULTS["bias"]["rows"]]))
    file = figures.main(["bias", "--out", str(tmp_path / "bias.json")])
    stored = json.loads(file.read_text())
    assert (stored["figure"], stored["rows"]) == ("bias", RESULTS["bias"]["rows"])
    assert set(RESULTS["bias"]["machine"]) <= set(stored["machine"])
    assert pages.a_lesson("bias", {"bias": stored})[:-1] == pages.a_lesson("bias", RESULTS)[:-1]
    assert "next: python -m benchmarks.pages" in capsys.readouterr().out


def test_the_page_says_how_long_the_lesson_took():
    machine = {**RESULTS["bias"]["machine"], "processor": "Example 9000", "commit": "abc1234"}
    result = {**RESULTS["bias"], "machine": machine, "seconds": 150.0, "date": "2026-01-31"}
    last = pages.a_lesson("bias", {"bias": result})[-1]
    assert last.startswith("2026-01-31, Example 9000, 2 cores, 23.5 GiB")
    assert last.endswith("at abc1234; 2.5 minutes for the full lesson.")


def test_results_of_universality_meet_what_is_owed():
    rows = RESULTS["universality"]["rows"]
    lines = [name for name, function in universality.FUNCTIONS.items() if function.features == 1]
    assert len(lines) >= 5
    assert len({row["seed"] for row in rows}) >= 3
    assert all(universality.falls(rows, name)[0] >= universality.FALL for name in lines)
