"""What a run came from: the machine and versions (`environment.json`) and the data (`data.json`)."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wxb.data.dataset import Dataset, Split
from wxb.data.load import ARRAYS
from wxb.errors import WxbError
from wxb.hardware import cores, memory_gib, processor
from wxb.runs.files import digest
from wxb.runs.folder import SETTINGS
from wxb.text import count, shape
from wxb.version import __version__

ENVIRONMENT_KEYS = ("versions", "processor", "machine")  # that are read again, here and below
DATA_KEYS = (
    "source", "task", "examples", "shape", "dtype", "classes", "counts", "split", "fingerprint", "targets_fingerprint",
)  # fmt: skip
LIBRARIES = ("torch", "numpy", "safetensors")


def environment(machine: Mapping[str, object]) -> dict[str, object]:
    """Versions, processor, memory in GiB, and `machine`: what training ran on."""
    return {
        "versions": {
            "python": platform.python_version(),
            "wxb": __version__,
            **_libraries(),
        },
        "system": platform.platform(),
        "processor": processor(),
        "cores": cores(),
        "memory_gib": memory_gib(),
        "machine": dict(machine),
    }


def _libraries() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in LIBRARIES}  # without importing them


def data_facts(data: Dataset) -> dict[str, object]:
    """What a person wants to know of the data, and what tells whether it is still the same."""
    split = data.split
    return {
        "name": data.name,
        "source": {key: _plain(value) for key, value in data.source.items()},
        "task": data.task,
        "kind": data.kind,
        "examples": len(data.examples),
        "shape": list(data.shape),
        "dtype": str(data.examples.dtype),
        "classes": list(data.classes),
        "counts": _counts(data),
        "split": {
            "train": len(split.train),
            "validation": len(split.validation),
            "test": len(split.test),
            "how": split.how,
        },
        "features": list(data.features),
        "table": data.table,
        "notes": list(data.notes),
        "fingerprint": data.fingerprint,
        "targets_fingerprint": digest(np.ascontiguousarray(data.targets).tobytes()),
    }


def changes(facts: Mapping[str, object], data: Dataset) -> list[str]:
    """How `data` differs from the data that `facts` were taken of, a line a difference; empty: it is the same."""
    now = data_facts(data)
    if now["fingerprint"] == facts["fingerprint"]:
        return []
    found = []
    if now["examples"] != facts["examples"]:
        found.append(f"examples: {_number(facts['examples'])} then, {_number(now['examples'])} now")
    if now["shape"] != facts["shape"] or now["dtype"] != facts["dtype"]:
        found.append(f"one example: {_example(facts)} then, {_example(now)} now")
    found += _class_changes(facts, now)
    if not found and now["targets_fingerprint"] != facts["targets_fingerprint"]:
        found.append("the targets of some examples")
    return found or ["the content of some examples; their number, shape and targets are the same"]


def need_same(path: Path, facts: Mapping[str, object], split: Split, data: Dataset) -> None:
    """Raises WxbError, with what changed, where `data` is not what the run in `path` began with."""
    found = changes(facts, data)
    parts = ("train", "validation", "test")
    if not found and any(not np.array_equal(getattr(split, part), getattr(data.split, part)) for part in parts):
        found = [f"the split: {split.how} then, {data.split.how} now"]
    if found:
        raise WxbError(
            f"the data has changed since {path} began; it cannot be resumed",
            "\n".join(found),
            f"bring the data back, or train anew: wxb train --config {path / SETTINGS}",
        )


def whence(path: Path, source: Mapping[str, Any], data_dir: str | Path | None = None) -> tuple[str, dict[str, Any]]:
    """What `load_data` is called with for the data of the run in `path`. Raises WxbError where it came as arrays."""
    stored = dict(source)
    name = stored.pop("source")
    if name == ARRAYS:
        raise WxbError(
            f"{path} was trained on arrays, which only the one who has them can give again",
            fix=f"in Python: wxb.Run.open({str(path)!r}).evaluate(data)",
        )
    return name, stored | ({} if data_dir is None else {"data_dir": str(data_dir)})


def _class_changes(then: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    names_then, names_now = _texts(then["classes"]), _texts(now["classes"])
    found = []
    if gone := [name for name in names_then if name not in names_now]:
        found.append(f"classes gone: {', '.join(gone)}")
    if new := [name for name in names_now if name not in names_then]:
        found.append(f"classes new: {', '.join(new)}")
    if not found and names_then != names_now:
        found.append("the order of the classes")
    counts_then, counts_now = then["counts"], now["counts"]
    if not found and isinstance(counts_then, dict) and isinstance(counts_now, dict):
        found += [
            f"{name}: {_number(counts_then[name])} examples then, {_number(counts_now[name])} now"
            for name in names_now
            if counts_then[name] != counts_now[name]
        ]
    return found


def _counts(data: Dataset) -> dict[str, int] | None:
    """Examples a class, or examples that have a label; None for numbers."""
    if data.task == "numbers":
        return None
    if data.task == "labels":
        sums = data.targets.sum(axis=0)
    else:
        sums = np.bincount(data.targets.astype(np.int64), minlength=len(data.classes))
    return {name: int(number) for name, number in zip(data.classes, sums, strict=True)}


def _plain(value: object) -> object:
    """A value of the source as JSON has it."""
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return str(value)


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _number(value: object) -> str:
    return count(value) if isinstance(value, int) else str(value)


def _example(facts: Mapping[str, object]) -> str:
    sizes = facts["shape"]
    return f"{shape(tuple(sizes)) if isinstance(sizes, list) else sizes} {facts['dtype']}"
