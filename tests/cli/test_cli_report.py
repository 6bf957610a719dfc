"""What `wxb report` and the lines before training say of one, of none and of classes without a mistake."""

from __future__ import annotations

import pytest

from wxb.cli.report import weakest
from wxb.learning.checks import Checks
from wxb.runs.reported import ClassFacts


def facts(name: str, f1: float) -> ClassFacts:
    return ClassFacts(name=name, precision=f1, recall=f1, f1=f1, support=10)


def test_a_class_without_a_mistake_is_not_called_weak():
    assert weakest((facts("a", 1.0), facts("b", 0.9), facts("c", 1.0))) == "b (F1 90.0 %)"
    assert weakest((facts("a", 1.0), facts("b", 1.0))) == ""


@pytest.mark.parametrize(
    ("copies", "warning"),
    [
        (1, ["1 test example is in train too: it makes the test score too good"]),
        (2, ["2 test examples are in train too: they make the test score too good"]),
        (0, []),
    ],
)
def test_copies_in_the_test_part_are_counted_in_the_singular_and_the_plural(copies, warning):
    assert Checks(first_loss=1.0, expected_loss=None, copies_in_test=copies).warnings == warning
