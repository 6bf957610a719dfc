"""The stored results of a part and a form: its sessions, and a row for each training."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from benchmarks import results
from benchmarks.results import Result


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one training came to."""

    part: str
    form: str
    name: str
    fault: str  # what was put in; "" for a healthy one
    scores: list[float]  # of the training on the honest test part, for each seed
    twin: list[float]  # of the healthy twin; of a healthy one what the best single change scores
    least: float  # the gap that makes a faulty one strong, or a healthy one not
    seconds: float  # of the processor for one training, the median
    acceptable: list[str] = []  # codes
    changes: dict[str, float] = {}  # by change, the share of the gap that it closes; of a healthy one, the gain
    findings: list[tuple[str, str]] = []  # codes and severities of the doctor, the first first
    healthy: bool = True  # what the doctor says
    suspected: str = ""  # the code in the line at the end of the training, or of `watch`
    symptoms: list[str] = []  # codes of all symptoms in order: what rules say without a proof
    cost: float = 0.0  # of the side runs, in trainings
    ratio: float = 0.0  # processor time of the doctor over that of a training with its baselines and its last line
    mended: float | None = None  # the score after --fix
    mending: float | None = None  # processor time of --fix, without its training, over the same
    whole: float = 1.0  # processor time of a training with its baselines and its last line over `seconds`
    asked: bool = True  # whether the doctor was
    tried: bool = True  # all changes; else those of the causes that the doctor names in place of what was put in
    session: int = 0

    @property
    def gap(self) -> float:
        """How far the twin is better."""
        return sum(self.twin) / len(self.twin) - sum(self.scores) / len(self.scores)

    @property
    def counts(self) -> bool:
        """Whether a faulty one is strong, a healthy one healthy by measurement."""
        return self.gap >= self.least if self.fault else self.gap < self.least


def path(folder: Path, part: str, form: str) -> Path:
    """The file of a part and a form."""
    return folder / f"{part}-{form}.json"


def read(file: Path) -> Result:
    """The result in a file; one without rows where there is none."""
    return dict(json.loads(file.read_text())) if file.exists() else {"sessions": [], "rows": []}


def rows(result: Result) -> list[Row]:
    """The rows of a result. Raises ValueError where they are not such rows."""
    return msgspec.convert(result["rows"], list[Row])


def add(result: Result, row: Row, file: Path) -> None:
    """Put a row into a result, in the place of an earlier one of the same training, and save the file."""
    kept = [one for one in rows(result) if one.name != row.name]
    result["rows"] = [msgspec.to_builtins(one) for one in [*kept, row]]
    results.save(result, file)
