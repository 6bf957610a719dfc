"""Reports of many classes: bounded in size, with the classes that matter, and a sentence about the others."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

import wxb
from tests.runs.small import three_blobs
from wxb.trials import trial


def of_many(classes: int, tmp_path) -> wxb.Run:
    examples = 2 * classes
    targets = np.repeat(np.arange(classes), 2)
    rows = np.arange(examples)
    split = replace(three_blobs().split, train=rows[::2], validation=rows[:0], test=rows[1::2])
    points = np.stack([targets / classes, targets % 7], axis=1).astype(np.float32)
    data = replace(
        three_blobs(), examples=points, targets=targets, classes=tuple(f"c{i}" for i in range(classes)), split=split
    )
    return wxb.train(data, "FC-4-RELU, SOFTMAX", epochs=1, out=tmp_path / "run", progress=False)


def test_a_report_of_a_thousand_classes_shows_the_hundred_with_the_most_mistakes(tmp_path):
    run = of_many(1000, tmp_path)
    report = json.loads((run.path / "report.json").read_text())
    assert np.shape(report["confusion"]) == (100, 100)
    assert len(report["confusion_classes"]) == 100
    assert len(report["per_class"]) == 1000
    assert sum((run.path / f"report.{kind}").stat().st_size for kind in ("json", "md", "html")) < 400_000
    for kind in ("md", "html"):
        text = (run.path / f"report.{kind}").read_text()
        assert "The 100 of 1,000 with the most mistakes; report.json has all of them." in text
    rows = [line for line in (run.path / "report.md").read_text().splitlines() if line.startswith("| c")]
    shown = [row.split(" ")[1] for row in rows if row.count("|") == 6]
    assert [name for name in shown if name != "class"] == report["confusion_classes"]
    assert "The 100 of 1,000 classes with the most mistakes." in (run.path / "report.html").read_text()


def test_the_memory_of_a_large_test_is_told_before_training():
    data = three_blobs()
    assert trial.about_size(data) == ()
    rows = np.arange(20_000)
    large = replace(data, classes=tuple(map(str, rows)), split=replace(data.split, test=rows))
    assert trial.about_size(large) == (
        "20,000 classes and 20,000 test examples: the test takes about 4.5 GiB of memory",
    )
