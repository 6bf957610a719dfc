"""Reading runs of format 1, made by wxb 0.1: the names, words and values that are different in format 2.

Each function takes what a file of format 1 holds and returns what a file of format 2 would. A value of another form
than format 1 has is left as it is, for the reader of format 2 to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from wxb.runs.folder import DATA, REPORTS, SUMMARY
from wxb.settings import RENAMED, RENAMED_VALUES

Values = dict[str, Any]

TASKS = {"classes": "classification", "labels": "multilabel", "numbers": "regression"}
KINDS = {"vectors": "rows"}


def summary(stored: Values) -> Values:
    """Convert `run.json`, whose `format` stays 1."""
    renamed = dict(stored)
    if "targets" in renamed:
        renamed["outputs"] = renamed.pop("targets")
    return _with_measures(_with_words(renamed))


def data(stored: Values) -> Values:
    """Convert `data.json`."""
    converted = _with_words(stored)
    if isinstance(source := converted.get("source"), dict):
        converted["source"] = settings(source)
    if isinstance(table := converted.get("table"), dict):
        converted["table"] = _with_words(table)
    return converted


def report(stored: Values) -> Values:
    """Convert `report.json`; its sentences stay."""
    converted = _with_words(stored)
    for name, convert in (("data", data), ("settings", settings)):
        if isinstance(value := converted.get(name), dict):
            converted[name] = convert(value)
    if isinstance(history := converted.get("history"), list):
        task = converted.get("task")
        converted["history"] = [epoch(line, task) if isinstance(line, dict) else line for line in history]
    return _with_measures(converted)


def epoch(stored: Values, task: object) -> Values:
    """Convert a line of `history.jsonl`, where both accuracies of labels had one name."""
    score = stored.get("validation")
    if task != "multilabel" or not isinstance(score, dict):
        return stored
    return {**stored, "validation": _renamed(score, "accuracy", "label_accuracy")}


def settings(stored: Values) -> Values:
    """Convert `settings.toml`, with what changed the training on its way as events."""
    converted: Values = {}
    stored = dict(stored)
    events: list[Values] = []
    if isinstance(parts := stored.get("accumulate"), int) and parts > 1:  # the parts of one batch
        stored["accumulate"] = 1
        events.append({"kind": "micro_batches", "step": 0, "count": parts})
    if isinstance(ends := stored.pop("replanned", ""), str):  # "412:1180,800:1190"
        events += [{"kind": "end", "step": int(a), "end": int(b)} for a, b in re.findall(r"(\d+):(\d+)", ends)]
    if events:
        stored["events"] = events
    if stored.get("steps"):
        stored.pop("epochs", None)  # the steps say how long
    for name, value in stored.items():
        words = TASKS if name == "task" else RENAMED_VALUES.get(name, {})
        converted[RENAMED.get(name, name)] = words.get(value, value) if isinstance(value, str) else value
    return converted


def _with_words(stored: Values) -> Values:
    """Return a copy with the words for kinds of target and of input."""
    converted = dict(stored)
    for name, words in (("task", TASKS), ("kind", KINDS)):
        if isinstance(value := converted.get(name), str):
            converted[name] = words.get(value, value)
    return converted


def _with_measures(stored: Values) -> Values:
    """Return a copy with the exact match of labels by its name, which was "accuracy" too."""
    if stored.get("task") != "multilabel":
        return stored
    converted = dict(stored)
    for name in ("test", "train"):
        if isinstance(score := converted.get(name), dict):
            converted[name] = _renamed(score, "accuracy", "exact_match")
    return converted | ({"measure": "exact_match"} if "measure" in converted else {})


def _renamed(stored: Values, old: str, new: str) -> Values:
    return {new if name == old else name: value for name, value in stored.items()}


READERS: dict[str, Callable[[Values], Values]] = {SUMMARY: summary, DATA: data, REPORTS[0]: report}
