"""What an open page takes of a training beside it, and whether the weights stay the same."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import blake3

from benchmarks.page.browser import browsing, serving
from benchmarks.page.folders import NETWORK
from wxb.runs.folder import SUMMARY, WEIGHTS
from wxb.runs.run import Run

EPOCHS = 200


def slowed(repetitions: int) -> dict[str, list[float]]:
    """Seconds of a training without and with a page open on it, in turns, and how many trainings had other weights."""
    found: dict[str, list[float]] = {"without": [], "with": [], "other weights": []}
    hashes: list[str] = []
    with tempfile.TemporaryDirectory() as folder, browsing() as browser:
        runs = Path(folder) / "runs"
        runs.mkdir()
        with serving(runs) as server:
            for repetition in range(-1, repetitions):  # the first one warms up
                for name in ("without", "with"):
                    path = runs / f"{name}-{repetition + 1}"
                    seconds = trained(path, browser if name == "with" else None, server.address)
                    if repetition >= 0:
                        found[name].append(seconds)
                        hashes.append(blake3.blake3((path / WEIGHTS).read_bytes()).hexdigest())
    found["other weights"] = [float(len(set(hashes)) - 1)]
    return found


def trained(path: Path, browser: Any, address: str) -> float:
    """Train into a folder, with a window open on it if there is a browser; the seconds of the training."""
    words = ["train", "digits", NETWORK, "--epochs", str(EPOCHS), "--out", str(path), "--quiet"]
    window = None if browser is None else browser.new_page()
    with subprocess.Popen([sys.executable, "-m", "wxb", *words], stdout=subprocess.DEVNULL) as trainer:
        if window is not None:
            while not (path / SUMMARY).exists():
                window.wait_for_timeout(20)
            window.goto(f"{address}/runs/{path.name}")
            while trainer.poll() is None:
                window.wait_for_timeout(100)  # which lets the browser go on
            window.close()
    return Run.open(path).history[-1].seconds
