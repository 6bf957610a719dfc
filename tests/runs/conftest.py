"""Runs at their beginning and at their end."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.runs.small import NETWORK, SCORE, Epoch, reports, small_plan, three_blobs
from wxb.data.dataset import Dataset
from wxb.runs.run import Run
from wxb.runs.writer import Writer


@pytest.fixture
def data() -> Dataset:
    return three_blobs()


@pytest.fixture
def settings() -> dict[str, object]:
    return {"data": "blobs", "network": NETWORK, "seed": 0, "epochs": 5, "learning_rate": 0.01, "normalize": "none"}


@pytest.fixture
def run(data: Dataset, settings: dict[str, object], tmp_path: Path) -> Writer:
    """A run that has just begun, in tmp_path/run."""
    return Writer.create(data, small_plan(data), settings, steps=50, out=tmp_path / "run")


@pytest.fixture
def finished(run: Writer) -> Run:
    """A run that has finished, with weights that are of no use."""
    for epoch in range(1, 6):
        run.save(Epoch(epoch))
    run.finish({"weight": torch.ones(3)}, SCORE, reports(run.files))
    return Run.open(run.path)
