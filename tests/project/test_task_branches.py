"""How often the product asks which kind of target it has: outside wxb.tasks hardly ever, since its object knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import wxb

TASKS = {"classification", "multilabel", "regression", "classes", "labels", "numbers"}  # of today, and of version 0.1
MEASURES = {"accuracy", "exact_match", "label_accuracy", "r2", "rmse", "mae"}
KEYS = MEASURES | {"per_class", "per_target", "confusion", "labels", "value", "class", "interval", "r2_interval"}
ARRAYS = {"targets", "goals", "labels"}
KINDS = ("Class", "Classification", "Label", "Multilabel", "Number", "Regression")
TYPES = {kind + what for kind in KINDS for what in ("Evaluation", "Prediction", "Score")}


def names(node: ast.AST) -> set[str]:
    """The names, attributes and literal keys within a node."""
    found = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            found.add(one.id)
        elif isinstance(one, ast.Attribute):
            found.add(one.attr)
        elif isinstance(one, ast.Subscript) and isinstance(one.slice, ast.Constant):
            found.add(str(one.slice.value))
    return found


def branches(tree: ast.AST) -> Iterator[int]:
    """The line of each place that depends on the kind of target.

    A comparison with a task's or a measure's name or among tasks; a look for a key that only some kinds have; shape or
    dtype of targets standing for their kind; a field that is None for some kinds; isinstance on a type of one kind; a
    dict by tasks; a match on a task.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides, asked = [node.left, *node.comparators], node.ops[0]
            words = {one.value for side in sides for one in ast.walk(side) if isinstance(one, ast.Constant)}
            told = set().union(*(names(side) for side in sides)) & {"task", "tasks", "measure", "by_class", "chosen"}
            member, equal = isinstance(asked, ast.In | ast.NotIn), isinstance(asked, ast.Eq | ast.NotEq)
            of_type = any(
                isinstance(side, ast.Attribute) and side.attr in ("ndim", "dtype") and names(side.value) & ARRAYS
                for side in sides
            )
            known = isinstance(asked, ast.Is | ast.IsNot) and isinstance(node.left, ast.Attribute)
            if (
                (told and words & TASKS)
                or (equal and any(isinstance(side, ast.Constant) and side.value in MEASURES for side in sides))
                or (member and isinstance(node.left, ast.Constant) and node.left.value in KEYS)
                or (member and names(node.comparators[0]) & {"task", "tasks"} and "heads" not in names(node))
                or of_type
                or (known and node.left.attr in MEASURES | {"numbers"})
            ):
                yield node.lineno
        elif isinstance(node, ast.Dict):
            keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
            if len(keys & TASKS) > 1 and keys <= TASKS and keys != {"classes", "labels"}:
                yield node.lineno
        elif isinstance(node, ast.Call):
            function = node.func
            if (isinstance(function, ast.Name) and function.id == "isinstance" and names(node.args[1]) & TYPES) or (
                isinstance(function, ast.Attribute)
                and (
                    (function.attr == "is_floating_point" and names(function.value) & ARRAYS)
                    or (function.attr == "get" and {getattr(one, "value", "") for one in node.args[:1]} & KEYS)
                )
            ):
                yield node.lineno
        elif isinstance(node, ast.Match) and names(node.subject) & {"task", "tasks"}:
            yield node.lineno


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ('x = 1 if data.task == "classes" else 2', 1),
        ('if found["task"] != "regression": pass', 1),
        ('what = {"classes": 1, "labels": 2, "numbers": 3}[task]', 1),
        ("if isinstance(found, LabelEvaluation): pass", 1),
        ('if measure == "r2": pass', 1),
        ('if "per_target" in found or found.get("confusion"): pass', 2),
        ("if targets.ndim != 1 or goals.dtype == torch.int64: pass", 2),
        ("if score.accuracy is not None: pass", 1),
        ("match task:\n    case _: pass", 1),
        ("line = TASKS[data.task].line(test)", 0),
    ],
)
def test_a_branch_on_the_task_is_counted(code, count):
    assert len(list(branches(ast.parse(code)))) == count


def test_at_most_fifteen_branches_on_the_task_lie_outside_its_room():
    # version 0.1, before tasks were objects, has 116 in 32 files by this count
    package = Path(wxb.__file__).parent
    found = [
        f"{path.relative_to(package)}:{line}"
        for path in sorted(package.rglob("*.py"))
        if path.parent.name != "tasks"
        for line in branches(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert len(found) <= 15, "\n".join(found)
