"""The data that a run came from (`data.json`): what identifies it, whether it is still the same, how to load it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import UNSET

from wxb.data.dataset import PARTS, Dataset, Split
from wxb.data.in_memory import ARRAYS
from wxb.data.tables.content import STREAM, is_stream
from wxb.errors import WxbError
from wxb.paths import exists, obstacle, quoted
from wxb.runs.folder import SETTINGS, plain_values
from wxb.runs.ranges import ranges_of
from wxb.runs.schema import DataFacts, SplitFacts
from wxb.settings.setting import PartRows
from wxb.storage import digest
from wxb.tasks import TASKS
from wxb.text import count, shape

if TYPE_CHECKING:
    from wxb.runs.files import RunFiles


def data_facts(data: Dataset) -> DataFacts:
    """Return what a person wants to know of the data, and what tells whether it is still the same."""
    split = data.split
    return DataFacts(
        name=data.name,
        source=plain_values(data.source),
        task=data.task,
        kind=data.kind,
        examples=len(data.examples),
        shape=data.shape,
        dtype="uint8" if data.examples.dtype == np.uint8 else "float32",
        classes=data.classes,
        counts=TASKS[data.task].counts(data.targets, data.classes),
        split=SplitFacts(len(split.train), len(split.validation), len(split.test), split.how),
        features=data.features,
        table=data.table,
        notes=data.notes,
        fingerprint=data.fingerprint,
        targets_fingerprint=digest(np.ascontiguousarray(data.targets).tobytes()),
        levels=UNSET if data.levels is None else data.levels,
        fill=UNSET if data.fill is None else tuple(data.fill.tolist()),
        weight=UNSET if data.weights is None else data.weight_name,
        group=UNSET if data.groups is None else data.groups.called,
        ranges=UNSET if (ranges := ranges_of(data)) is None else ranges,
    )


def changes(then: DataFacts, data: Dataset) -> list[str]:
    """Return how `data` differs from the data described by `then`, one line per difference; empty if it is the same."""
    if data.fingerprint == then.fingerprint:
        return []
    now = data_facts(data)
    lines = []
    if now.examples != then.examples:
        lines.append(f"examples: {count(then.examples)} then, {count(now.examples)} now")
    if now.shape != then.shape or now.dtype != then.dtype:
        lines.append(f"one example: {_example(then)} then, {_example(now)} now")
    lines += _class_changes(then, now)
    for role, before, after in (("weight", then.weight, now.weight), ("group", then.group, now.group)):
        if before != after:
            lines.append(f"{role}: {before or 'none'} then, {after or 'none'} now")
    if not lines and now.targets_fingerprint != then.targets_fingerprint:
        lines.append("the targets of some examples")
    return lines or ["the content of some examples; their number, shape and targets are the same"]


def need_same(path: Path, then: DataFacts, split: Split, data: Dataset) -> None:
    """Raise WxbError, saying what changed, if `data` is not what the run in `path` began with."""
    lines = changes(then, data)
    if not lines and any(not np.array_equal(getattr(split, part), getattr(data.split, part)) for part in PARTS):
        lines = [f"the split: {split.how} then, {data.split.how} now"]
    if lines:
        raise WxbError(
            f"the data has changed since {path} began; it cannot be resumed",
            "\n".join(lines),
            f"bring the data back, or train anew: wxb train --config {quoted(path / SETTINGS)}",
        )


def need_unchanged(path: Path, then: DataFacts, data: Dataset) -> None:
    """Raise WxbError, saying what changed, if `data` is not what the run in `path` was trained on."""
    if lines := changes(then, data):
        raise WxbError(
            f"the data has changed since {path} was trained",
            "\n".join(lines),
            f"bring the data back; wxb evaluate {quoted(path)} FILE takes it as other data",
        )


def own_rows(run: RunFiles) -> PartRows:
    """The split of a run as the numbers of its examples."""
    train, validation, test = (tuple(run.split.part(part).tolist()) for part in PARTS)
    return PartRows(train, validation, test, of_examples=True)


def whence(run: RunFiles, data_dir: str | Path | None = None) -> tuple[str, dict[str, Any]]:
    """Return the arguments with which `load_data` loads the data of a run again.

    Raises WxbError if it came as arrays, or is not where it was.
    """
    stored: dict[str, Any] = dict(run.data.source)
    if isinstance(stored.get("split"), str):
        stored["split"] = own_rows(run)
    name = stored.pop("source", ARRAYS)
    if name == ARRAYS:
        raise WxbError(
            f"{run.path} was trained on arrays, which only the one who has them can give again",
            fix=f"in Python, with that data: wxb.Run.open({str(run.path)!r}).evaluate(data), wxb.views.maps(run, data)",
        )
    if is_stream(str(name)) and name != STREAM:
        raise WxbError(
            f"the data of {run.path} came through a pipe, {name}, and cannot be read again",
            fix="give them as a file: wxb evaluate RUN FILE",
        )
    if os.path.isabs(str(name)) and not exists(str(name)):
        raise WxbError(
            f"the data of {run.path} is no longer at {name}",
            obstacle(str(name)),
            f"move it back there, or make a link: ln -s NEW-PLACE {quoted(str(name))}",
        )
    if "test" in stored and not exists(str(stored["test"])):
        raise WxbError(
            f"the test part of {run.path} is no longer at {stored['test']}",
            obstacle(str(stored["test"])),
            f"move it back there, or make a link: ln -s NEW-PLACE {quoted(str(stored['test']))}",
        )
    return str(name), stored | ({} if data_dir is None else {"data_dir": str(data_dir)})


def _class_changes(then: DataFacts, now: DataFacts) -> list[str]:
    lines = []
    if gone := [name for name in then.classes if name not in now.classes]:
        lines.append(f"classes gone: {', '.join(gone)}")
    if new := [name for name in now.classes if name not in then.classes]:
        lines.append(f"classes new: {', '.join(new)}")
    if not lines and then.classes != now.classes:
        lines.append("the order of the classes")
    if not lines and then.counts is not None and now.counts is not None:
        lines += [
            f"{name}: {count(then.counts[name])} examples then, {count(now.counts[name])} now"
            for name in now.classes
            if then.counts[name] != now.counts[name]
        ]
    return lines


def _example(facts: DataFacts) -> str:
    return f"{shape(facts.shape)} {facts.dtype}"
