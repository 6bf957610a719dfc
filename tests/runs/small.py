"""Small data, a small network and small trainings' records, made by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

import wxb.notation
from wxb.data.dataset import Dataset, Split
from wxb.notation import Plan
from wxb.runs.files import RunFiles
from wxb.runs.reported import Report, ReportNetwork, ReportRun, Sentences, SizeFacts
from wxb.storage import json_text

NETWORK = "FC-8-RELU-FC-3, SOFTMAX"


def three_blobs(examples: int = 120, seed: int = 0) -> Dataset:
    """Three classes around three points of the plane; every fourth example tests, every eighth from 1 on validates."""
    rng = np.random.default_rng(seed)
    targets = np.arange(examples) % 3
    centres = np.array([[0, 3], [-3, -2], [3, -2]])
    points = (centres[targets] + rng.normal(size=(examples, 2))).astype(np.float32)
    rows = np.arange(examples)
    split = Split(
        rows[(rows % 4 != 0) & (rows % 8 != 1)], rows[rows % 8 == 1], rows[rows % 4 == 0], "every fourth row tests"
    )
    return Dataset("blobs", points, targets, "classification", ("up", "left", "right"), split, {"source": "blobs"})


def table_of_sums(folder: Path) -> Path:
    """Write table.csv, 60 rows of two numbers and their sum, into a folder; return its path."""
    rows = np.random.default_rng(0).normal(size=(60, 2))
    lines = [f"{x:.3f},{y:.3f},{x + y:.3f}" for x, y in rows]
    path = folder / "table.csv"
    path.write_text("\n".join(["a,b,sum", *lines]) + "\n")
    return path


SCORE = {"examples": 30, "loss": 0.5, "accuracy": 0.9, "interval": [0.74, 0.97]}


def reports(run: RunFiles) -> dict[str, str | bytes]:
    """The files of a report that says as little as one can."""
    about = run.summary
    network = ReportNetwork(about.network, about.network, about.head, about.parameters, about.multiply_adds)
    report = Report(
        run=ReportRun(run.name, about.wxb, about.created),
        data=run.data,
        network=network,
        task=about.task,
        measure="accuracy",
        test=SCORE,
        train=None,
        baselines={},
        mistakes=(),
        history=tuple(run.history),
        epochs=len(run.history),
        seconds={},
        examples_per_second=None,
        size=SizeFacts(about.parameters, run.data.split.train, (0, 0), None),
        settings=run.settings,
        environment=run.environment,
        sentences=Sentences("", "", "", ""),
        warnings=(),
        next=(),
    )
    return {"report.json": json_text(report), "report.md": "text", "report.html": "<p>text"}


def small_plan(data: Dataset) -> Plan:
    return wxb.notation.plan(wxb.notation.read(NETWORK), data.shape, data.outputs)


@dataclass
class Epoch:
    """A record that ends an epoch, as training gives it."""

    epoch: int
    steps_an_epoch: int = 10
    epoch_end: bool = True

    @property
    def step(self) -> int:
        return self.epoch * self.steps_an_epoch - (0 if self.epoch_end else 3)

    learning_rate: float = 0.01
    seconds: float = 0.5

    @property
    def train_loss(self) -> float | None:
        return 1 / self.epoch if self.epoch_end else None

    @property
    def validation(self) -> dict[str, float] | None:
        return {"examples": 15, "loss": 1.5 / self.epoch, "accuracy": 0.5} if self.epoch_end else None

    def state(self) -> dict[str, torch.Tensor]:
        return {"weight": torch.full((40, 50), float(self.epoch)), "step": torch.tensor(self.step)}
