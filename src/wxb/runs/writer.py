"""A run being written while it trains, so that a reader or a resume finds a valid run at any moment.

    run.json                what it is and how far it has come; its state "finished" is what ends a run
    settings.toml           the settings of `wxb train`; `wxb train --config settings.toml` trains with them again
    environment.json        versions, processor, machine
    data.json               the data it was trained on, with its fingerprint
    split.safetensors       the rows in the training, validation and test part
    history.jsonl           one line per epoch
    watched.jsonl           what the layers did, one line per watched step, of a run with `watch`
    snapshots/              the weights after some steps, a file each, of a run with `snapshots`
    checkpoint.safetensors  all that a resume needs; removed when the run has finished
    weights.safetensors     the weights that the report is about
    nonconformity.safetensors  how far off the answers to what validated are, for prediction intervals and sets
    report.json .md .html   the results
    manifest.json           checksums of all these, once the run has finished

History and watched steps are appended to, every other file is replaced atomically; `journal.py` keeps them and the
checkpoint in step. The manifest, which holds the checksum of the final `run.json`, is written before it: the run
finishes in the one moment in which `run.json` says so.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from wxb import storage
from wxb.data.dataset import Dataset
from wxb.errors import FAILED, WxbError
from wxb.learning.watched import WatchedStep
from wxb.notation import Plan
from wxb.paths import exists, quoted
from wxb.runs.environment import environment
from wxb.runs.files import RunFiles
from wxb.runs.folder import (
    CHECKPOINT,
    DATA,
    ENVIRONMENT,
    HISTORY,
    KEPT,
    MANIFEST,
    NONCONFORMITY,
    REPORTS,
    SETTINGS,
    SPLIT,
    SUMMARY,
    WATCHED,
    WEIGHTS,
    content,
    new_folder,
    own_folder,
    settings_text,
    split_bytes,
    taken,
)
from wxb.runs.intervals import write_scores
from wxb.runs.journal import Checkpoint, Journal
from wxb.runs.looking import Looked
from wxb.runs.manifest import manifest_text
from wxb.runs.provenance import data_facts, need_same
from wxb.runs.schema import (
    FORMAT,
    NOTATION,
    Counters,
    DecisionFacts,
    PretrainedFacts,
    Score,
    Settings,
    State,
    Steps,
    Summary,
)
from wxb.runs.snapshots import name_of, steps_in, write_snapshot
from wxb.runs.standing import way_on
from wxb.runs.stopping import Asked
from wxb.runs.summary import now, read_summary, sealed
from wxb.version import __version__

if TYPE_CHECKING:
    import numpy as np
    from filelock import BaseFileLock
    from numpy.typing import NDArray
    from torch import Tensor

    from wxb.learning.loop import Record
    from wxb.tasks.decision import Decision

TELL_EVERY = 1.0  # seconds between updates of run.json at the ends of epochs, at least


class Writer:
    """The one process that writes a run, from `create` or `resume` to `stop`, `fail`, `finish` or `close`."""

    def __init__(self, path: Path, summary: Summary, lock: BaseFileLock, journal: Journal) -> None:
        self.path = path
        self.summary = summary
        self._lock = lock
        self._journal = journal
        self.asked = Asked(path)  # whether another process asks this training to save and stop
        self.looked = Looked(path)  # whether another process looks at the network of now
        self._told = -math.inf  # time.monotonic() at which run.json was written
        self._watched: list[Record] = []  # not yet written, since reading them waits for the device
        self._saved = 0  # steps before the last checkpoint that this process wrote or read

    def __repr__(self) -> str:
        return f"Writer({str(self.path)!r}, {self.summary.state})"

    @property
    def files(self) -> RunFiles:
        """The run as it is now, for reading."""
        return RunFiles(self.path, self.summary)

    @cached_property
    def settings(self) -> Settings:
        """The settings of `train`, as written."""
        return self.files.settings

    # --- begin -------------------------------------------------------------------------------------------------------

    @classmethod
    def create(
        cls,
        data: Dataset,
        plan: Plan,
        settings: Mapping[str, Any],
        *,
        steps: int,
        out: str | Path | None = None,
        machine: Mapping[str, object] | None = None,
        pretrained: PretrainedFacts | None = None,
    ) -> Writer:
        """Create a run's folder and lock it for writing: `out`, or a new one named after the data in `runs/`.

        WXB_RUNS names another folder in place of `runs/`. `settings` are those of `train` as used; None, which TOML has
        no word for, is left out. `steps` is how many training will take, `pretrained` what it begins with. Raises
        WxbError if `out` exists and is not empty, or cannot be written.
        """
        path = own_folder(Path(out)) if out is not None else new_folder(data.name)
        lock = storage.hold(path)
        try:
            if others := content(path):
                raise taken(path, others)
            summary = Summary(
                format=FORMAT,
                wxb=__version__,
                notation=NOTATION,
                state="running",
                name=path.name,
                data=data.name,
                task=data.task,
                network=str(plan.network),
                head=plan.head,
                input=plan.input,
                outputs=plan.outputs,
                classes=data.classes,
                parameters=plan.parameters,
                multiply_adds=plan.multiply_adds,
                created=now(),
                steps=Steps(0, steps),
                pretrained=UNSET if pretrained is None else pretrained,
            )
            fixed = {
                SETTINGS: settings_text(settings).encode(),
                ENVIRONMENT: storage.json_text(environment(machine or {})),
                DATA: storage.json_text(data_facts(data)),
                SPLIT: split_bytes(data.split),
            }
            for name, content_of in fixed.items():
                storage.write(path / name, content_of)
                summary.files[name] = (storage.digest(content_of),)
            storage.write(path / HISTORY, "")
            writer = cls(path, summary, lock, Journal(path))
            writer._write_summary()  # last: a folder without run.json is no run yet
        except BaseException as problem:
            lock.release()
            if isinstance(problem, WxbError) and problem.exit_code == FAILED:  # it could not be written
                raise WxbError(problem.what, problem.detail, f"{problem.fix} with `out`", FAILED) from problem
            raise
        return writer

    @classmethod
    def resume(cls, path: str | Path, data: Dataset) -> tuple[Writer, Checkpoint | None]:
        """Lock a run for writing; return the checkpoint to resume from too, or None to train from the start.

        Raises WxbError if the run has finished or failed, another process is writing it, or `data` has changed.
        """
        folder = Path(path)
        need_resumable(folder, read_summary(folder))
        lock = storage.hold(folder)
        try:
            files = RunFiles.open(folder)  # read again: the process that held it may have finished it
            need_resumable(folder, files.summary)
            need_same(folder, files.data, files.split, data)
            journal = Journal(folder)
            checkpoint = journal.checkpoint()
            journal.rewind(checkpoint)
            writer = cls(folder, files.summary, lock, journal)
            if files.summary.format < FORMAT:
                writer._convert(files)
            writer.summary.state = "running"
            writer._saved = writer.summary.steps.done = checkpoint.counters.step if checkpoint else 0
            writer._write_summary()
        except BaseException:
            lock.release()
            raise
        return writer, checkpoint

    def _convert(self, files: RunFiles) -> None:
        """Write the files of a run of an older format in this one; `run.json`, which tells the format, is the last."""
        self._rewrite(DATA, storage.json_text(files.data))
        self._rewrite(SETTINGS, settings_text(files.settings).encode())
        self.summary.format = FORMAT

    # --- while training ----------------------------------------------------------------------------------------------

    def note(self, record: Record) -> None:
        """Append the line of a record that ends an epoch to the history, and say in `run.json` how far training is.

        `run.json` is written at most once per second: epochs may be shorter.
        """
        with self._saving():
            self._write_watched()
            if self._journal.note(record):
                self.summary.steps.done = record.step
                if time.monotonic() - self._told >= TELL_EVERY:
                    self._write_summary()

    def watch(self, record: Record) -> None:
        """Keep what a watched step read; the next note, or the end, writes it."""
        self._watched.append(record)

    def snapshot(self, step: int, tensors: Mapping[str, Tensor]) -> None:
        """Write the network's weights and running statistics after a step."""
        with self._saving():
            write_snapshot(self.path, step, tensors)

    def _write_watched(self) -> None:
        self._journal.watched([_watched_step(record) for record in self._watched])
        self._watched = []

    def change(self, settings: Mapping[str, Any], steps: int) -> None:
        """Write settings that changed during training, and the step at which training now ends."""
        with self._saving():
            self.settings = {**self.settings, **settings}
            self._rewrite(SETTINGS, settings_text(self.settings).encode())
            self.summary.steps.total = steps
            self._write_summary()

    def _rewrite(self, name: str, content: bytes) -> None:
        """Replace one of the files whose digests are in `run.json`, which has the digests of both contents meanwhile.

        So the two files agree whenever the process dies.
        """
        digest = storage.digest(content)
        self.summary.files[name] = (*self.summary.files.get(name, ()), digest)
        self._write_summary()
        storage.write(self.path / name, content)
        self.summary.files[name] = (digest,)

    def save(self, record: Record) -> None:
        """Note the record and write the checkpoint that a resume continues from.

        Raises WxbError if the disk is full; the checkpoint before this one is then still intact. Raises StateGone if
        training has gone on from the record.
        """
        state = record.state()
        with self._saving():
            self.note(record)
            self._journal.save(state, Counters(record.step, record.epoch))
            self._saved = self.summary.steps.done = record.step
            self._write_summary()

    def _write_summary(self) -> None:
        storage.write(self.path / SUMMARY, sealed(self.summary))
        self._told = time.monotonic()

    @contextmanager
    def _saving(self) -> Iterator[None]:
        """Add to the error of a write that failed what is still intact."""
        try:
            yield
        except WxbError as problem:
            if self._journal.exists and not problem.detail:
                on = f"wxb resume {quoted(self.path)} goes on from it"
                kept = f"what was saved before is whole: step {self._saved}; {on}"
                raise WxbError(problem.what, kept, problem.fix, problem.exit_code) from problem
            raise

    # --- end ---------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End an interrupted training; a resume continues from what was saved last."""
        self.summary.steps.done = self._saved
        self.asked.forget()
        self._end("stopped")

    def fail(self, reason: str) -> None:
        """End a training that broke down and would again; `reason` says why ("the loss is NaN from step 12 on")."""
        self.summary.reason = reason
        self._end("failed")

    def _end(self, state: State) -> None:
        with self._saving():
            self._write_watched()
            self.summary.state = state
            self._write_summary()
        self.close()

    def finish(
        self,
        weights: Mapping[str, Tensor],
        test: Mapping[str, Any] | None,
        report: Mapping[str, str | bytes],
        nonconformity: NDArray[np.float64] | None = None,
        decision: Decision | None = None,
    ) -> str:
        """Write the kept weights, the report and the manifest, which finishes the run; return what must be said then.

        `test` is the `test` object of `wxb train --json`, None without a test part; `report` holds the content of each
        of REPORTS. `nonconformity` (n, k) are the scores for prediction intervals and sets, each column ascending; None
        if there are none. `decision` says how answers are decided. The text is empty unless the checkpoint, which a
        finished run needs no more, could not be removed.
        """
        if set(report) != set(REPORTS):
            raise ValueError(f"a report has the files {', '.join(REPORTS)}; got {', '.join(report)}")
        with self._saving():
            self._write_watched()
            self._journal.sync()
            about = {"network": self.summary.network, "notation": str(self.summary.notation)}
            storage.write_tensors(self.path / WEIGHTS, weights, about)
            further = []
            if nonconformity is not None:
                write_scores(self.path / NONCONFORMITY, nonconformity)
                further.append(NONCONFORMITY)
            if exists(self.path / WATCHED):
                further.append(WATCHED)
            further += [name_of(step) for step in steps_in(self.path)]
            for name, text in report.items():
                storage.write(self.path / name, text)
            score = msgspec.convert(test, Score | None)
            decided = UNSET if decision is None else DecisionFacts(**vars(decision))
            ended = msgspec.structs.replace(
                self.summary, state="finished", finished=now(), test=score, decision=decided
            )
            final = sealed(ended)
            digests = {name: storage.file_digest(self.path / name) for name in (*KEPT, *further) if name != SUMMARY}
            digests[SUMMARY] = storage.digest(final)
            storage.write(self.path / MANIFEST, manifest_text(digests))
            storage.write(self.path / SUMMARY, final)
            storage.sync_folder(self.path)  # a power cut must not leave a run with neither a checkpoint nor an end
            self.summary = ended
        try:
            return without_checkpoint(self.path)
        finally:
            self.close()

    def close(self) -> None:
        """Unlock the folder, so that another process may write it."""
        self.looked.forget()
        self._lock.release()


def _watched_step(record: Record) -> WatchedStep:
    """The line of a watched step; this waits for the device."""
    assert record.reading is not None  # it was watched
    loss = record.loss
    loss_or_none = loss if math.isfinite(loss) else None
    return WatchedStep(record.step, record.epoch, record.learning_rate, loss_or_none, dict(record.reading.layers))


def without_checkpoint(path: Path) -> str:
    """Remove the checkpoint of a finished run; return what to say if it cannot be removed."""
    try:
        (path / CHECKPOINT).unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or error
        return f"the run has finished, but its checkpoint cannot be removed ({why}): rm {quoted(path / CHECKPOINT)}"
    return ""


def need_resumable(path: Path, summary: Summary) -> None:
    """Raise WxbError for a run that has finished, whose checkpoint goes if one was left, or that has failed."""
    if summary.state == "finished":
        left = exists(path / CHECKPOINT)
        detail = left and (without_checkpoint(path) or "the checkpoint that was left in it has been removed")
        raise WxbError(
            f"{path} has finished; there is nothing to resume",
            detail or "",
            fix=f"wxb report {quoted(path)} shows it; wxb train --config {quoted(path / SETTINGS)} runs it again",
        )
    if summary.state == "failed":
        raise WxbError(f"{path} has failed and would fail again: {summary.reason}", fix=way_on(path, summary))
