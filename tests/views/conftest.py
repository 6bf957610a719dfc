"""Runs of every kind of network and data, each trained for an epoch on a few examples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import wxb
from wxb.data.dataset import Dataset
from wxb.data.itself import of_itself
from wxb.runs.run import Run

NETWORKS = {
    "linear": ("pictures", "SOFTMAX"),
    "fc": ("pictures", "FC-8-RELU-FC-6-TANH, SVM"),
    "conv": ("pictures", "CONV-4-BN-RELU-POOL-CONV-6-RELU-DROP-FC-8-RELU, SOFTMAX"),
    "residual": ("pictures", "CONV-4-RES(CONV-4-BN-RELU-CONV-4)-RELU-RES(CONV-8-RELU, PAD)-GAP, SOFTMAX"),
    "branches": ("colours", "CAT(CONV1-2, CONV3-3, ID)-RELU-AVGPOOL-CONV5-6-MAXOUT-GAP, SOFTMAX"),
    "designed": ("colours", "HOG-FC-6-RELU, SOFTMAX"),
    "words": ("colours", "CAT(PIXELS, HIST), SOFTMAX"),
    "team": ("pictures", "TEAM-3(FC-8-RELU), SOFTMAX"),
    "groups": ("pictures", "CONV-4-RELU-POOL-TEAM-2x3(FC-6-RELU), SOFTMAX"),
    "plane": ("plane", "FC-2-SIGMOID-FC-6-RELU, SOFTMAX"),
    "line": ("line", "FC-8-RELU, EUCLID"),
    "table": ("table", "FC-8-RELU, SOFTMAX"),
    "numbers": ("numbers", "FC-8-ELU, EUCLID"),
    "labels": ("labels", "FC-8-LEAKY, SIGMOIDS"),
    "two": ("two", "SOFTMAX"),
    "self": ("pictures", "CONV-4-RELU-POOL-FC-6, SELF"),
    "columns": ("table", "FC-8-RELU-FC-2, SELF"),
    "texts": ("texts", "EMBED-8-CONV3x1-8-RELU-GMP, SOFTMAX"),
    "tags": ("tags", "CAT(WINDOW-64, EMBED-8-RNN-8), TAGS"),
}


def table(folder: Path) -> Path:
    """Write table.csv: 120 rows of a number, a category with gaps, a date, and a class called $x$ or <b>."""
    rng = np.random.default_rng(0)
    lines = ["size,colour,day,kind"]
    for place in range(120):
        size = rng.normal()
        colour = ("red", "green", "")[place % 3]
        kind = "$x$" if size + 0.3 * rng.normal() > 0 else "<b>"
        lines.append(f"{size:.3f},{colour},2024-01-{place % 28 + 1:02d},{kind}")
    path = folder / "table.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def data(kind: str, folder: Path) -> Dataset:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(120, 5)).astype(np.float32)
    match kind:
        case "pictures":
            return wxb.load_data("digits")
        case "colours":
            pictures = rng.integers(0, 255, (90, 3, 16, 16), dtype=np.uint8)
            return wxb.load_data(pictures, np.arange(90) % 3, classes=["sea", "sky", "sun"])
        case "plane":
            return wxb.load_data("ring", examples=120)
        case "line":
            return wxb.load_data("sine", examples=80)
        case "texts":
            lines = [f"{'good' if n % 2 else 'bad'} day {n % 7},{'yes' if n % 2 else 'no'}" for n in range(120)]
            path = folder / "texts.csv"
            path.write_text("\n".join(["text,kind", *lines]) + "\n")
            return wxb.load_data(path, target="kind", types="text=words")
        case "tags":
            return wxb.load_data("names", examples=150, types="word=window")
        case "table":
            return wxb.load_data(table(folder), target="kind")
        case "numbers":
            return wxb.load_data(rows, np.stack([rows.sum(1) * 1000, rows[:, 0]], 1))
        case "labels":
            return wxb.load_data(rows, (rows[:, :3] > 0).astype(np.int64), task="multilabel")
        case _:
            return wxb.load_data(rows, (rows[:, 0] > 0).astype(np.int64))


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Run, Dataset]]:
    """A run and its data by the name of its network in `NETWORKS`, made when it is asked for."""

    class Trained(dict):
        def __missing__(self, name: str) -> tuple[Run, Dataset]:
            kind, network = NETWORKS[name]
            folder = tmp_path_factory.mktemp(name)
            made = data(kind, folder)
            made = of_itself(made) if network.endswith("SELF") else made
            self[name] = wxb.train(made, network, epochs=1, out=folder / "run"), made
            return self[name]

    return Trained()
