"""Accuracies: the real command, one process a seed, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.owed import Training


def measure(training: Training, seeds: int, options: tuple[str, ...] = ()) -> dict[str, object]:
    """Train with seeds 0 to seeds - 1; accuracies are fractions, seconds are those of the whole process."""
    accuracies, seconds, told = [], [], []
    for seed in range(seeds):
        answer, took = train((*training.arguments, *options), seed)
        accuracies.append(answer["test"]["accuracy"])
        seconds.append(round(took, 2))
        told.append({key: value for key, value in answer.items() if key != "run"})
        print(f"  {training.what}, seed {seed}: {100 * accuracies[-1]:.2f} % in {took:.1f} s", file=sys.stderr)
    return {
        "what": training.what,
        "command": " ".join(("wxb train", *map(quoted, training.arguments))),
        "options": list(options),
        "seeds": list(range(seeds)),
        "accuracy": accuracies,
        "seconds": seconds,
        "told": told,
    }


def train(arguments: tuple[str, ...], seed: int) -> tuple[dict[str, Any], float]:
    """What `wxb train … --json` says, and the seconds of its process; a command that fails ends the measurement."""
    command = [sys.executable, "-m", "wxb", "train", *arguments, "--seed", str(seed), "--json", "-q"]
    environment = {name: value for name, value in os.environ.items() if name != "WXB_RUNS"}
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        took = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout), took


def data_folder(given: str | None) -> Path | None:
    """The folder of real data: what was given, WXB_DATA, or none."""
    folder = given or os.environ.get("WXB_DATA")
    return Path(folder).resolve() if folder else None


def quoted(word: str) -> str:
    """A word as it is typed: in quotes where it has blanks or signs of the shell."""
    return f'"{word}"' if set(word) & set(" *()[]?,") else word
