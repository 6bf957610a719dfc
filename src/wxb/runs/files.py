"""The files of a run, read: each is checked against the manifest once the run has finished, and never unpickled."""

from __future__ import annotations

import tomllib
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

import msgspec

from wxb.data.dataset import Split
from wxb.errors import FAILED, WxbError
from wxb.learning.watched import WatchedStep
from wxb.paths import exists, quoted
from wxb.runs import version1
from wxb.runs.folder import (
    CHECKPOINT,
    DATA,
    ENVIRONMENT,
    HISTORY,
    REPORTS,
    SETTINGS,
    SPLIT,
    SUMMARY,
    WATCHED,
    WEIGHTS,
    read_split,
)
from wxb.runs.journal import Checkpoint, Journal, read_epochs, read_watched, whole_lines
from wxb.runs.manifest import read_manifest
from wxb.runs.reported import Report
from wxb.runs.schema import DataFacts, Environment, Epoch, Settings, Summary
from wxb.runs.snapshots import name_of, need_snapshot, read_snapshot, steps_in, steps_of
from wxb.runs.standing import Standing, saved, standing, way_on
from wxb.runs.summary import read_summary
from wxb.settings.setting import PATH, Bounds, Setting
from wxb.storage import SMALL, damaged, decode, digest, file_digest, read, read_tensors, understanding
from wxb.text import count

if TYPE_CHECKING:
    from torch import Tensor

    from wxb.data.tables.columns import Preparation

T = TypeVar("T")
PLACE = Setting("path", str, None, "Folder of a run", "run", form=PATH)
STEP = Setting("at", int, None, "Step of a snapshot", "run", Bounds(0, 2**53))


class RunFiles:
    """A run as its files describe it. Reading them needs no torch, except for the tensors."""

    def __init__(self, path: Path, summary: Summary) -> None:
        self.path = path
        self.summary = summary
        self.step: int | None = None  # of the snapshot whose network it has; None: the one that it was trained to

    def __repr__(self) -> str:
        at = "" if self.step is None else f", at step {count(self.step)}"
        return f"{type(self).__name__}({str(self.path)!r}, {self.standing.state}{at})"

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a run for reading. Raises WxbError if there is none, or it is damaged or of a newer version."""
        folder = Path(PLACE.validate(path))
        run = cls(folder, read_summary(folder))
        if run.summary.state == "finished":
            run._check(SUMMARY, file_digest(folder / SUMMARY))
        return run

    def at(self, step: int) -> Self:
        """Return the run with the network that it had after a step, one of `snapshots`.

        What it predicts, how it scores and its views are those of that network; its report, its history and its test
        score stay those of the whole training. Raises WxbError, with the nearest, if there is no snapshot of that step.
        """
        need_snapshot(self.path, self.snapshots, STEP.validate(step))
        other = type(self)(self.path, self.summary)
        other.step = step
        return other

    @property
    def standing(self) -> Standing:
        """How far the run has come, and what it was saved at."""
        return standing(self.path, self.summary)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @cached_property
    def settings(self) -> Settings:
        """The settings of `train`, as used."""
        data = self._read(SETTINGS)
        with understanding(self.path / SETTINGS):
            stored = tomllib.loads(data.decode())
            settings = msgspec.convert(version1.settings(stored) if self.summary.format == 1 else stored, Settings)
        self._need_unchanged(SETTINGS, data)
        return settings

    @property
    def seed(self) -> int:
        """The seed of the training."""
        seed = self.settings.get("seed", 0)
        if not isinstance(seed, int):
            raise damaged(self.path / SETTINGS, f"Expected seed to be an integer, got {seed!r}")
        return seed

    @cached_property
    def environment(self) -> Environment:
        """Versions, processor, machine."""
        return self._decoded(ENVIRONMENT, Environment)

    @cached_property
    def data(self) -> DataFacts:
        """The data that the run was trained on: source, counts, shape, classes, fingerprint."""
        about, data = self.summary, self._decoded(DATA, DataFacts)
        if (data.task, data.classes, data.shape) != (about.task, about.classes, about.input):
            raise damaged(self.path / DATA, f"its task, classes or shape are not those of {SUMMARY}")
        return data

    @cached_property
    def preparation(self) -> Preparation | None:
        """How the network of a run on a table prepares its rows; None for a run on other data."""
        if self.data.table is None:
            return None
        from wxb.data.tables.table import preparation_of  # brings the readers of tables

        return preparation_of(self.data.table)

    @property
    def history(self) -> list[Epoch]:
        """One record per epoch: step, learning rate, training loss, validation score, seconds."""
        older = partial(version1.epoch, task=self.summary.task) if self.summary.format == 1 else None
        return read_epochs(self.path / HISTORY, whole_lines(self._read(HISTORY)), older)

    @property
    def watched(self) -> list[WatchedStep]:
        """What the layers did in the watched steps, in order; empty for a run without `watch`."""
        path = self.path / WATCHED
        return read_watched(path, self._read(WATCHED)) if self._has(WATCHED) else []

    def _has(self, name: str) -> bool:
        """Whether a file that not every run has belongs to this one."""
        return name in self.manifest if self.summary.state == "finished" else exists(self.path / name)

    @cached_property
    def split(self) -> Split:
        """The rows of the data in the training, validation and test part."""
        data = self._read(SPLIT, None)
        split = read_split(self.path / SPLIT, data, self.data.split.how, self.data.examples)
        self._need_unchanged(SPLIT, data)
        return split

    @cached_property
    def report(self) -> Report:
        """The content of `report.json`. Raises WxbError if the run has not finished."""
        self.need_finished("report")
        report = self._decoded(REPORTS[0], Report)
        if (report.task, report.data.task) != (self.summary.task, self.summary.task):
            raise damaged(self.path / REPORTS[0], f"its task is not that of {SUMMARY}")
        return report

    def text(self, name: str) -> str:
        """Return a report as text: "report.md" or "report.html". Raises WxbError if the run has not finished."""
        self.need_finished("report")
        data = self._read(name)
        with understanding(self.path / name):
            return data.decode()

    @property
    def snapshots(self) -> tuple[int, ...]:
        """The steps whose weights the run keeps, ascending; empty for a run without `snapshots`."""
        return steps_of(self.manifest) if self.summary.state == "finished" else steps_in(self.path)

    def weights(self) -> dict[str, Tensor]:
        """Return the weights that the report is about, by their names in the network.

        Those of `at(step)` are the snapshot's. Of a run that was stopped or is still going on they are those that its
        last checkpoint would end with. Raises WxbError if there is none, or if the run has failed.
        """
        if self.step is not None:
            self.need_own(name_of(self.step))
            return read_snapshot(self.path, self.step)
        if self.summary.state == "finished":
            self.need_own(WEIGHTS)
            return read_tensors(self.path / WEIGHTS)[0]
        self.need_weights()
        checkpoint = self.checkpoint()
        if checkpoint is None:  # its process has just ended it
            raise self._not_yet("weights")
        from wxb.learning.state import kept

        return kept(checkpoint.tensors)

    def need_weights(self) -> None:
        """Raise WxbError if the run has no weights: it has failed, or was stopped before its first checkpoint."""
        if self.summary.state == "failed" or (self.summary.state != "finished" and saved(self.path) == 0):
            raise self._not_yet("weights")

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known of the answers: that the network is not the final one, or how they are decided."""
        if self.step is not None:
            return (f"the network is that of step {count(self.step)} of {count(self.summary.steps.total)}",)
        step = saved(self.path) if self.summary.state in ("running", "stopped") else 0
        if not step:  # it has finished, or `weights` says that there is no network
            decision = self.summary.decision
            if decision is msgspec.UNSET:
                return ()
            said = f"answers are decided for {decision.optimize} by thresholds, and need not be the most probable"
            return (f"{said}; wxb report {quoted(self.path)} says them",)
        of = f"step {count(step)} of {count(self.summary.steps.total)}"
        return (f"{self.path} has not finished: its network is that of its last checkpoint, {of}",)

    @property
    def weights_file(self) -> Path:
        """The file that `weights` reads."""
        if self.step is not None:
            return self.path / name_of(self.step)
        return self.path / (WEIGHTS if self.summary.state == "finished" else CHECKPOINT)

    def checkpoint(self) -> Checkpoint | None:
        """Return the last checkpoint: None if training ended before the first, and in a finished run."""
        return None if self.summary.state == "finished" else Journal(self.path).checkpoint()

    @cached_property
    def manifest(self) -> dict[str, str]:
        """The blake3 digest of each file of a finished run. Raises WxbError if the manifest is missing or changed."""
        return read_manifest(self.path)

    def need_own(self, name: str) -> None:
        """Raise WxbError if a file of a finished run is not what it was when the run finished."""
        self._check(name, file_digest(self.path / name))

    def need_finished(self, what: str) -> None:
        """Raise WxbError if the run has not finished, and so has no `what`."""
        if self.summary.state != "finished":
            raise self._not_yet(what)

    def _not_yet(self, what: str) -> WxbError:
        return WxbError(f"{self.path} has no {what} yet: {self.standing.sentence}", fix=way_on(self.path, self.summary))

    def _decoded(self, name: str, kind: type[T]) -> T:
        older = version1.READERS.get(name) if self.summary.format == 1 else None
        data = self._read(name)
        value = decode(self.path / name, data, kind, older)
        self._need_unchanged(name, data)
        return value

    def _read(self, name: str, most: int | None = SMALL) -> bytes:
        """Return a file's bytes, at most `most`. Raises WxbError if the manifest of a finished run has another digest.

        None stands for the memory of this computer.
        """
        data = read(self.path / name, most)
        self._check(name, digest(data))
        return data

    def _check(self, name: str, found: str) -> None:
        if self.summary.state == "finished" and self.manifest.get(name) != found:
            raise WxbError(
                f"{self.path / name} was changed after the run had finished, or was cut short",
                fix=f"wxb verify {quoted(self.path)} lists every difference",
                exit_code=FAILED,
            )

    def _need_unchanged(self, name: str, data: bytes) -> None:
        """Raise WxbError if the content of a file is not what the run wrote; one of another form was refused before."""
        own = self.summary.files.get(name)
        if self.summary.state != "finished" and own is not None and digest(data) not in own:
            raise damaged(self.path / name, "it was changed since the run wrote it")
