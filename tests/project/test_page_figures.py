"""The figure of the page beside other programs."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from benchmarks.figure import Scope
from benchmarks.page import others
from benchmarks.page.others import PROGRAMS, SCRIPTS, Others, answers


def test_programs_are_compared_by_their_medians():
    rows = [{"what": "Trackio", "values": {"list": [3.0, 1.0, 2.0], "zoom": [0.5, 0.3, 0.4]}}]
    head, line = Others().table(rows)
    assert head[0] == "program"
    assert line == ("Trackio", "2 s", "0.4 s")


def test_without_the_environment_of_the_others_there_is_no_row_of_them(monkeypatch):
    monkeypatch.setattr(others, "PYTHON", Path("/no/such/python"))
    monkeypatch.setattr(others, "browsing", lambda: nullcontext(None))
    monkeypatch.setattr(Others, "_row", lambda self, program, repetitions, browser: {"what": program.what})
    assert Others().measure(Scope()) == [{"what": "wxb page"}]


def test_each_other_program_has_its_script():
    for program in PROGRAMS:
        assert not program.script or (SCRIPTS / program.script).is_file()


def test_a_server_that_never_answers_ends_the_wait(monkeypatch):
    monkeypatch.setattr(others, "WAIT", 0)
    with pytest.raises(OSError, match="refused"):
        answers("http://127.0.0.1:1/")
