"""A run: the folder that a training leaves, written so that a reader or a resume sees a valid run at any moment.

    run.json              what it is and how far it came; its state "finished" is what ends a run
    settings.toml         the options of `wxb train`; `wxb train --config settings.toml` runs it again
    environment.json      versions, processor, machine
    data.json             what it was trained on, with the fingerprint
    split.safetensors     which rows train, validate and test
    history.jsonl         a line an epoch
    checkpoint.safetensors  all that a resume needs; gone when the run has finished
    weights.safetensors   the weights that the report is about
    report.json .md .html what came out
    manifest.json         checksums of all these, from the finish on

Every file takes its place whole; `journal.py` says how history and checkpoint stay in step. The manifest, which holds
the checksum of the finished `run.json`, comes before it: the run is finished at the one moment `run.json` says so.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from wxb.data.dataset import Dataset, Split
from wxb.errors import FAILED, WxbError
from wxb.notation.tree import Plan
from wxb.runs import files
from wxb.runs.folder import (
    CHECKPOINT,
    DATA,
    ENVIRONMENT,
    HISTORY,
    KEPT,
    MANIFEST,
    REPORTS,
    SETTINGS,
    SPLIT,
    SUMMARY,
    WEIGHTS,
    content,
    new_folder,
    own_folder,
    read_split,
    settings_text,
    split_bytes,
    taken,
)
from wxb.runs.journal import Checkpoint, Journal, Saveable
from wxb.runs.manifest import manifest_text, read_manifest
from wxb.runs.origin import DATA_KEYS, ENVIRONMENT_KEYS, data_facts, environment, need_same, whence
from wxb.runs.summary import FORMAT, NOTATION, State, Steps, Summary, now, read_summary
from wxb.text import count
from wxb.version import __version__

if TYPE_CHECKING:
    from filelock import BaseFileLock
    from numpy.typing import NDArray
    from torch import Tensor

    from wxb.network.build import Model
    from wxb.runs.evaluate import Evaluation
    from wxb.runs.predict import Prediction, Predictor

T = TypeVar("T")
_OBJECT = msgspec.json.Decoder(dict[str, Any])


class Run:
    """One training, in its folder. Made by `create`, or opened by `open`; nothing in it is ever unpickled."""

    def __init__(self, path: Path, summary: Summary, lock: BaseFileLock | None = None) -> None:
        self.path = path
        self.summary = summary
        self._journal = Journal(path)
        self._lock = lock
        self._saved = 0  # steps behind the last checkpoint that this process wrote or read

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}, {self.summary.state})"

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

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
    ) -> Run:
        """A new run's folder: `out`, or one named after the data in `runs/` (or WXB_RUNS). It is held for writing.

        `settings` are the options of `train` as used; None is left out (TOML has none). `steps` is how many steps
        training will take. Raises WxbError where `out` exists and is not empty, or cannot be written.
        """
        path = own_folder(Path(out)) if out is not None else new_folder(data.name, settings)
        lock = files.hold(path)
        if others := content(path):
            lock.release()
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
            targets=plan.outputs,
            classes=data.classes,
            parameters=plan.parameters,
            multiply_adds=plan.multiply_adds,
            created=now(),
            steps=Steps(0, steps),
        )
        run = cls(path, summary, lock)
        files.write(path / SETTINGS, settings_text(settings))
        files.write(path / ENVIRONMENT, files.json_text(environment(machine or {})))
        files.write(path / DATA, files.json_text(data_facts(data)))
        files.write(path / SPLIT, split_bytes(data.split))
        files.write(path / HISTORY, "")
        run._write_summary()  # last: a folder without run.json is no run yet
        return run

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """An existing run, for reading. Raises WxbError where it is none, damaged, or of a newer version."""
        folder = Path(path)
        run = cls(folder, read_summary(folder))
        if run.summary.state == "finished":
            run._check(SUMMARY, files.read(folder / SUMMARY))
        return run

    # --- what is in it -----------------------------------------------------------------------------------------------

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Options of `train`, as used."""
        return self._parsed(SETTINGS, lambda data: tomllib.loads(data.decode()))

    @cached_property
    def environment(self) -> dict[str, Any]:
        """Versions, processor, machine."""
        return self._object(ENVIRONMENT, ENVIRONMENT_KEYS)

    @cached_property
    def data(self) -> dict[str, Any]:
        """What the run was trained on: source, counts, shape, classes, fingerprint."""
        return self._object(DATA, DATA_KEYS)

    @property
    def history(self) -> list[dict[str, Any]]:
        """A dict an epoch: epoch, step, learning_rate, train_loss, validation (or None), seconds."""
        return self._parsed(HISTORY, _OBJECT.decode_lines)

    @cached_property
    def report(self) -> dict[str, Any]:
        """What came out, as `report.json` has it."""
        self._need_finished("report")
        return self._parsed(REPORTS[0], _OBJECT.decode)

    def text(self, name: str) -> str:
        """A report's file, "report.md" or "report.html"."""
        self._need_finished("report")
        return self._parsed(name, bytes.decode)

    @cached_property
    def split(self) -> Split:
        """Which rows of the data train, validate and test."""
        return read_split(self.path / SPLIT, self._read(SPLIT), str(self.data["split"]["how"]))

    def _object(self, name: str, keys: tuple[str, ...]) -> dict[str, Any]:
        """A file's JSON object, which has all of `keys`."""
        found = self._parsed(name, _OBJECT.decode)
        if missing := [key for key in keys if key not in found]:
            raise files.damaged(self.path / name, f"it has no {', '.join(missing)}")
        return found

    def _parsed(self, name: str, parse: Callable[[bytes], T]) -> T:
        data = self._read(name)
        try:
            return parse(data)
        except (msgspec.DecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise files.damaged(self.path / name, detail=str(error)) from error

    def _read(self, name: str) -> bytes:
        """A file's bytes; those of a finished run as the manifest has them, or an error."""
        data = files.read(self.path / name)
        if self.summary.state == "finished":
            self._check(name, data)
        return data

    def _check(self, name: str, data: bytes) -> None:
        if self.manifest.get(name) != files.digest(data):
            raise WxbError(
                f"{self.path / name} was changed after the run had finished, or was cut short",
                fix=f"wxb verify {self.path} lists every difference",
                exit_code=FAILED,
            )

    @cached_property
    def manifest(self) -> dict[str, str]:
        """blake3 of each file of a finished run. Raises WxbError where the manifest is missing or itself changed."""
        return read_manifest(self.path)

    # --- while training ----------------------------------------------------------------------------------------------

    def note(self, record: Saveable) -> None:
        """Adds the line of a record that ends an epoch to the history, and says how far training is."""
        if self._journal.note(record, self._kept()):
            self.summary.steps.done = record.step
            self._write_summary()

    def change(self, settings: Mapping[str, Any], steps: int) -> None:
        """Writes settings that changed on the way, and at which step training ends with them."""
        self.settings = {**self.settings, **settings}
        files.write(self.path / SETTINGS, settings_text(self.settings), self._kept())
        self.summary.steps.total = steps
        self._write_summary()

    def save(self, record: Saveable, counters: Mapping[str, Any] | None = None) -> None:
        """Notes the record and writes the checkpoint that a resume goes on from."""
        self.note(record)
        self.save_checkpoint(record.state(), {"epoch": record.epoch, **(counters or {}), "step": record.step})

    def save_checkpoint(
        self, tensors: Mapping[str, Tensor], counters: Mapping[str, Any], history_line: Mapping[str, Any] | None = None
    ) -> None:
        """Writes the checkpoint in one file, after the history that it counts.

        `counters` are values of JSON, "step" among them. Raises WxbError where the disk is full; the checkpoint before
        this one is then still whole.
        """
        if history_line is not None:
            self._journal.add(history_line, self._kept())
        self._journal.save(tensors, counters, self._kept())
        self._saved = self.summary.steps.done = int(counters["step"])
        self._write_summary()

    def checkpoint(self) -> Checkpoint | None:
        """The last checkpoint; None where training ended before the first, and in a finished run."""
        return self._journal.checkpoint()

    def resume(self, data: Dataset) -> Checkpoint | None:
        """Takes the run for writing and gives what to go on from; None: from the start.

        Raises WxbError where the run has finished or failed, another process writes it, or `data` is not what it was.
        """
        self._need_resumable()
        self._lock = files.hold(self.path)
        try:
            self.summary = read_summary(self.path)  # the one who held it may have finished it
            self._need_resumable()
            need_same(self.path, self.data, self.split, data)
            self._journal = Journal(self.path)
            checkpoint = self._journal.checkpoint()
            if checkpoint and (epochs := len(self.history)) < checkpoint.epochs:
                raise files.damaged(self.path / HISTORY, f"it has {epochs} of {checkpoint.epochs} epochs")
            self._journal.rewind(checkpoint)
        except WxbError:
            self.close()
            raise
        self.summary.state = "running"
        self._saved = self.summary.steps.done = int(checkpoint.counters["step"]) if checkpoint else 0
        self._write_summary()
        return checkpoint

    def _need_resumable(self) -> None:
        if self.summary.state == "finished":
            raise WxbError(
                f"{self.path} has finished; there is nothing to resume",
                fix=f"wxb report {self.path} shows it; wxb train --config {self.path / SETTINGS} runs it again",
            )
        if self.summary.state == "failed":
            raise WxbError(
                f"{self.path} has failed and would fail again: {self.summary.reason}",
                fix="train again with other settings, for example a lower --learning-rate",
            )

    def _write_summary(self) -> None:
        files.write(self.path / SUMMARY, files.json_text(self.summary), self._kept())

    def _kept(self) -> str:
        if not self._journal.exists:
            return ""
        return f"what was saved before is whole: step {self._saved}; wxb resume {self.path} goes on from it"

    # --- end ---------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Training was interrupted; what was saved last is what a resume goes on from."""
        self._end("stopped")

    def fail(self, reason: str) -> None:
        """Training broke down, and would again: `reason` is what ended it ("the loss is NaN from step 12 on")."""
        self.summary.reason = reason
        self._end("failed")

    def _end(self, state: State) -> None:
        self.summary.state = state
        self._write_summary()
        self.close()

    def finish(self, weights: Mapping[str, Tensor], test: Mapping[str, Any], report: Mapping[str, str | bytes]) -> None:
        """Writes the kept weights, the report's files and the manifest; then the run is finished.

        `test` is the `test` object of `wxb train --json`, `report` gives the content of each of REPORTS.
        """
        if set(report) != set(REPORTS):
            raise ValueError(f"a report has the files {', '.join(REPORTS)}; got {', '.join(report)}")
        about = {"network": self.summary.network, "notation": str(self.summary.notation)}
        files.write_tensors(self.path / WEIGHTS, weights, about, self._kept())
        for name, text in report.items():
            files.write(self.path / name, text, self._kept())
        ended = msgspec.structs.replace(
            self.summary, state="finished", finished=now(), test=msgspec.to_builtins(dict(test))
        )
        final = files.json_text(ended)
        digests = {name: files.file_digest(self.path / name) for name in KEPT if name != SUMMARY}
        digests[SUMMARY] = files.digest(final)
        files.write(self.path / MANIFEST, manifest_text(digests), self._kept())
        files.write(self.path / SUMMARY, final, self._kept())
        self.summary = ended
        (self.path / CHECKPOINT).unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Lets the folder go; another process may write it."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _need_finished(self, what: str) -> None:
        if self.summary.state != "finished":
            steps = self.summary.steps
            verb = "is" if self.summary.state == "running" else "ended"
            raise WxbError(
                f"{self.path} has no {what} yet: it {verb} at step {count(steps.done)} of {count(steps.total)}",
                fix=f"wxb resume {self.path}",
            )

    # --- use ---------------------------------------------------------------------------------------------------------

    def weights(self) -> dict[str, Tensor]:
        """The weights that the report is about, by their names in the network."""
        self._need_finished("weights")
        self._read(WEIGHTS)  # is it what it was
        return files.read_tensors(self.path / WEIGHTS)[0]

    def model(self) -> Model:
        """The trained network, in evaluation mode."""
        from wxb.runs.predict import trained

        return trained(self)

    def predict(self, array: NDArray[Any]) -> Prediction:
        """What the network says of examples (n, …), or of one (…), as the training data had them."""
        return self.predictor.predict(array)

    @cached_property
    def predictor(self) -> Predictor:
        """The trained network made ready for prediction: the first call loads it, the others find it here."""
        from wxb.runs.predict import Predictor

        return Predictor(self)

    def evaluate(self, data: Dataset | None = None, part: str | None = None) -> Evaluation:
        """How good the network is on a part of `data`: by default on the test part of the run's own data, and on all
        examples of any other. Classes are matched by name; raises WxbError where they cannot be.
        """
        from wxb.runs.evaluate import evaluate_run

        return evaluate_run(self, self.load_data() if data is None else data, part)

    def load_data(self, data_dir: str | Path | None = None) -> Dataset:
        """The data that the run was trained on, from where it came, or from `data_dir`.

        Raises WxbError where it was given as arrays, or is not there any more.
        """
        from wxb.data import load_data

        name, settings = whence(self.path, self.data["source"], data_dir)
        return load_data(name, **settings)
