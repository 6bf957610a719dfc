"""docs/coverage.md keeps its word: what is said to work has a test that exists, what has none says "not yet"."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "coverage.md"
ROW = re.compile(r"^\| ([A-H]\d+) \|(.*)\|(.*)\|(.*)\|$", re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
NOT_YET = "not yet"


def rows() -> dict[str, tuple[str, str, str]]:
    """What, how a person reaches it, and tests of every row, by its id."""
    found = ROW.findall(PAGE.read_text())
    assert len({row[0] for row in found}) == len(found), "an id stands twice"
    return {row[0]: (row[1].strip(), row[2].strip(), row[3].strip()) for row in found}


def names_of_tests(path: Path) -> set[str]:
    """Names of the test functions of a file."""
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def what_is_wrong(row: tuple[str, str, str]) -> list[str]:
    """Why a row does not keep its word: no test, or tests that are not there."""
    _, reached_by, tests = row
    if tests == NOT_YET:
        return ["not yet, but reached by something"] if reached_by else []
    named = NAMED.findall(tests)
    wrong = [] if named else ["names no test"]
    wrong += [] if reached_by else ["says not how a person reaches it"]
    for file, name in named:
        path = ROOT / "tests" / file
        if not path.is_file() or name not in names_of_tests(path):
            wrong.append(f"no test {file}::{name}")
    return wrong


@pytest.mark.parametrize("row", rows())
def test_a_row_that_works_names_tests_that_exist(row):
    assert what_is_wrong(rows()[row]) == []


def test_every_row_of_the_source_stands_in_the_table():
    counts = {"A": 8, "B": 3, "C": 7, "D": 7, "E": 7, "F": 5, "G": 13, "H": 2}
    first = {"C": 0, "E": 0}
    expected = [f"{part}{n + first.get(part, 1)}" for part, count in counts.items() for n in range(count)]
    assert list(rows()) == expected


def test_a_row_without_a_test_or_with_one_that_is_gone_is_noticed():
    assert what_is_wrong(("x", "`wxb train`", "")) == ["names no test"]
    assert what_is_wrong(("x", "`wxb train`", "`project/test_coverage.py::test_gone`")) == [
        "no test project/test_coverage.py::test_gone"
    ]
    assert what_is_wrong(("x", "", NOT_YET)) == []
    assert what_is_wrong(("x", "`wxb train`", NOT_YET)) == ["not yet, but reached by something"]
