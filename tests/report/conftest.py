"""Findings of runs of every task, with names that mean something to HTML and to Markdown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import wxb.notation
from tests.runs.small import Epoch, three_blobs
from wxb.data.dataset import Dataset
from wxb.learning.evaluate import evaluate
from wxb.network.heads import HEADS
from wxb.report import findings
from wxb.runs.writer import Writer
from wxb.trials.baselines import Baseline

NASTY = ('<script>alert("1")</script>', "a|b *c* `d` [e](f)", "Zürich & Köln")

CHEAP = {
    "majority": Baseline(0.33, (0.2, 0.5), "always <b>", 0.01, 0.33),
    "nearest neighbour": Baseline(0.6, (0.4, 0.75), "all 75 training examples", 0.02, 0.6),
}


def data_of(kind: str) -> Dataset:
    """Data of a kind: "pictures", "rows", "binary", "labels", "numbers"."""
    rng = np.random.default_rng(0)
    data = replace(three_blobs(), name="<i>blobs</i>", classes=NASTY, notes=("2 files left out: <x>.png",))
    if kind == "pictures":
        pictures = rng.integers(0, 256, (120, 3, 8, 8)).astype(np.uint8)
        return replace(data, examples=pictures, files=tuple(f"<dir>/{i}.png" for i in range(120)))
    if kind == "binary":
        return replace(data, targets=data.targets % 2, classes=NASTY[:2])
    if kind == "labels":
        return replace(data, targets=(rng.random((120, 3)) < 0.5).astype(np.float32), task="multilabel")
    if kind == "numbers":
        return replace(data, targets=rng.normal(size=(120, 3)).astype(np.float32), task="regression")
    return data


HEADS_OF = {"pictures": "SOFTMAX", "rows": "SVM", "binary": "SOFTMAX", "labels": "SIGMOIDS", "numbers": "EUCLID"}


@pytest.fixture
def found_of(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Findings of a run on data of a kind, whose network is right to an extent (0: not at all, 3: nearly always)."""

    def make(kind: str, skill: float = 1.5, train_skill: float = 1.5) -> dict[str, Any]:
        data, head = data_of(kind), HEADS_OF[kind]
        plan = wxb.notation.plan(wxb.notation.read(f"FC-8-RELU, {head}"), data.shape, data.outputs)
        run = Writer.create(
            data, plan, {"seed": 0, "keep": "last"}, steps=50, out=tmp_path / f"{kind}-{skill}-{train_skill}"
        )
        for epoch in range(1, 6):
            run.save(Epoch(epoch))

        def scored(part: str, skill: float) -> Any:
            targets = data.part(part)[1]
            noise = np.random.default_rng(1).normal(size=(len(targets), data.outputs)).astype(np.float32)
            goals = np.eye(data.outputs, dtype=np.float32)[targets] if data.task == "classification" else targets
            logits = torch.from_numpy(noise * (1 if data.task == "classification" else 1 / (1 + skill)) + skill * goals)
            return evaluate(logits, targets, HEADS[head], data.task, data.classes, getattr(data.split, part))

        return findings(
            run.files,
            data,
            test=scored("test", skill),
            train=scored("train", train_skill),
            baselines=CHEAP,
            seconds={"start": 0.5, "data": 0.1, "train": 2.0, "test": 0.1},
            notes=("the data has <2> copies",),
        )

    return make


KINDS = tuple(HEADS_OF)


@pytest.fixture(params=KINDS)
def found(request: pytest.FixtureRequest, found_of: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Findings of every kind in turn."""
    return found_of(request.param)
