"""Training: from data and a line of text to a finished run with its report."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Unpack, cast

from msgspec import UNSET

from wxb.data.dataset import Dataset, need_data
from wxb.doctor.measures import comparable
from wxb.doctor.trained import Follower
from wxb.errors import FAILED, WxbError
from wxb.learning.devices import DeviceStopped
from wxb.learning.evaluate import NotFinite
from wxb.learning.events import Event, event_tables, read_events
from wxb.learning.loop import Record, StateGone
from wxb.learning.machine import Machine
from wxb.learning.recipe import Recipe
from wxb.learning.state import Misfit, Progress, State, tensors
from wxb.notation import Network
from wxb.paths import quoted
from wxb.progress import Progress as ProgressLine
from wxb.progress import of_training
from wxb.report import findings, report_files
from wxb.runs.folder import CHECKPOINT, root
from wxb.runs.predict import same_machine
from wxb.runs.pretrained import facts_of, need_same_weights
from wxb.runs.run import Run
from wxb.runs.snapshots import Room
from wxb.runs.writer import Writer
from wxb.settings import SETTINGS
from wxb.settings.python import RecipeOptions, takes_settings
from wxb.settings.setting import need
from wxb.storage import damaged
from wxb.trials.baselines import baselines
from wxb.trials.trial import TRAIN_SAMPLE, Trial

SAVE_EVERY = 20.0  # seconds between checkpoints; the time of a checkpoint does not change what is computed


class Training:
    """A trial that is written to a run: saved while it trains, then tested, compared with baselines and reported.

        training = Training(data, "FC-64-RELU, SOFTMAX", options={"epochs": 10})
        for record in training:
            print(record.step, record.loss)
        run = training.finish()

    Nothing is written before the first record is asked for.
    """

    def __init__(
        self,
        data: Dataset,
        network: str | Network | None = None,
        *,
        bindings: Mapping[str, int] | None = None,
        options: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        out: str | Path | None = None,
        snapshots: int | None = None,
        watch: int | None = None,
        machine: Machine | None = None,
        started: float | None = None,
        data_seconds: float = 0.0,
        seconds: float | str | None = None,
        state: State | None = None,
        transferred: tuple[str, ...] = (),
        events: Iterable[Event] = (),
    ) -> None:
        """Set up the trial; the arguments not named here are those of `Trial`.

        `settings` are those that the data was loaded with, for the run's settings.toml. `out` is the run's folder.
        """
        self.trial = Trial(
            data,
            network,
            bindings=bindings,
            time=seconds,
            machine=machine,
            state=state,
            transferred=transferred,
            events=events,
            watch=watch,
            started=started,
            data_seconds=data_seconds,
            **(options or {}),
        )
        self.out = out
        self.snapshots = snapshots
        self.watch = watch
        self._begins = state is None  # whether no step was made before
        self.settings = dict(settings or {})
        self.run: Writer | None = None
        self.undecided: float | None = None  # the test score of the most probable answers, if others are given
        self.result: dict[str, Any] = {}  # the answer of `wxb train --json`, once finished
        self.remarks: tuple[str, ...] = ()  # on its end
        self.doctor = Follower(self.trial)
        self._trained = False
        if snapshots and state is None:
            self._room.need(root() if out is None else Path(out))

    @classmethod
    def resume(cls, run: Run, data: Dataset) -> Training:
        """Continue a run that was stopped or killed, on the machine that it began with.

        Raises WxbError if the run has finished or failed, if another process writes it, or if the data has changed.
        """
        writer, checkpoint = Writer.resume(run.path, data)
        try:
            fields = {field.name for field in dataclasses.fields(Recipe)}
            options = {name: value for name, value in run.settings.items() if name in fields}
            if options.get("steps"):
                options.pop("epochs", None)  # earlier versions stored both
            asked = same_machine(run)
            state = None if checkpoint is None else checkpoint.tensors
            if checkpoint is not None and Progress.read(checkpoint.tensors).done != checkpoint.counters.step:
                raise _damaged_checkpoint(run.path, "its tensors are those of another step")
            events = read_events(run.settings.get("events", []))
            began = run.summary.pretrained
            if state is None:
                need_same_weights(run)  # a state has them
            training = cls(
                data,
                run.summary.network,
                options=options,
                snapshots=_kept(run, "snapshots"),
                watch=_kept(run, "watch"),
                machine=asked,
                state=state,
                transferred=() if state is None or began is UNSET else began.layers,
                events=events,
            )
        except BaseException as problem:
            writer.close()
            if isinstance(problem, Misfit):
                raise _damaged_checkpoint(run.path, problem.detail) from problem
            raise
        if began is not UNSET and training.trial.pretrained is None:  # else they were told
            training.trial.notes = (*began.notes, *training.trial.notes)
        training.run = writer
        return training

    def lines(self) -> list[tuple[str, str]]:
        """The lines shown before the first step, as (label, text)."""
        trial = self.trial
        shared = f"{trial.recipe.devices} devices, each with " if trial.recipe.devices > 1 else ""
        return [
            ("data", str(trial.data)),
            ("network", str(trial.plan)),
            *([("begins", trial.beginning)] * bool(trial.transferred)),
            ("machine", shared + str(trial.machine)),
            ("before", "; ".join(trial.checks.lines)),
            *([("snapshots", str(self._room))] * bool(self.snapshots)),
            *(("note", note) for note in trial.notes),
        ]

    @property
    def _room(self) -> Room:
        """The room that the snapshots take."""
        return Room.of(self.snapshots or 0, self.trial.steps, tensors(self.trial.model))

    def __iter__(self) -> Iterator[Record]:
        """Train, and yield a record after every step. The run is saved every 20 seconds, also within an epoch.

        Raises WxbError (exit code 1) if the loss is no longer finite, and the run is then marked as failed; and if the
        memory does not hold a step, and the run can then be resumed from its last checkpoint.
        """
        trial = self.trial
        began = time.perf_counter()
        run = self.run = self.run or self._create()
        if self.snapshots and self._begins:
            run.snapshot(0, tensors(trial.model))
        duration = trial.duration
        saved = time.perf_counter()
        trial.seconds["start"] += saved - began
        written = read_events(run.settings.get("events", []))
        for record in self._records(run):
            if record.train_loss is not None and not math.isfinite(record.train_loss):
                raise self._failed(run, f"the loss was no finite number in epoch {record.epoch}")
            self.doctor.follow(record)
            if record.reading is not None and self.watch is not None:
                run.watch(record)
            if record.epoch_end:
                run.note(record)
            if trial.events != written:
                written = trial.events
                duration = trial.duration
                run.change({"events": event_tables(written)}, duration.steps)
            if self.snapshots and (record.last or duration.among(record.step, self.snapshots)):
                run.snapshot(record.step, tensors(trial.model))
            if record.step < record.steps and time.perf_counter() - saved > SAVE_EVERY:
                run.save(record)
                saved = time.perf_counter()
            run.looked.show(record.step, lambda: tensors(trial.model))
            yield record
        self._trained = True

    def _records(self, run: Writer) -> Iterator[Record]:
        """The trial's records; if the memory runs short, the run stops at its last checkpoint."""
        try:
            yield from self.trial
        except Misfit as problem:
            run.close()
            raise _damaged_checkpoint(run.path, problem.detail) from problem
        except Exception as problem:
            if not isinstance(problem, WxbError) or problem.exit_code != FAILED:  # a resume would only repeat it
                run.close()  # this process may still resume it
                raise
            run.stop()
            where = "" if isinstance(problem, DeviceStopped) else ", where more memory is free"
            fix = f"{problem.fix}; or wxb resume {quoted(run.path)}{where}"
            raise WxbError(problem.what, problem.detail, fix, problem.exit_code) from problem

    def _create(self) -> Writer:
        trial = self.trial
        settings = {"data": trial.data.name, **self.settings, "network": str(trial.plan.network)}
        settings |= {**trial.recipe.settings(), "snapshots": self.snapshots, "watch": self.watch}
        if trial.events:
            settings["events"] = event_tables(trial.events)
        return Writer.create(
            trial.data,
            trial.plan,
            settings,
            steps=trial.steps,
            out=self.out,
            machine=dataclasses.asdict(trial.machine),
            pretrained=None if trial.pretrained is None else facts_of(trial.pretrained, trial.transferred, trial.moved),
        )

    def _failed(self, run: Writer, reason: str) -> WxbError:
        """Mark the run as failed, and return the error to raise."""
        run.fail(reason)
        rate = self.trial.recipe.learning_rate
        return WxbError(
            f"training broke down: {reason}",
            f"optimizer {self.trial.recipe.optimizer}, learning rate {rate:g}; the run is {run.path}",
            f"a lower rate, `learning_rate={rate / 10:g}`, or `clip=1`",
            exit_code=FAILED,
        )

    def stop(self) -> int:
        """Save the run at the last record's step, release it, and return the step that it is saved at.

        If training was interrupted within a step, that is the step of the last checkpoint.
        """
        record = self.trial.record
        if self.run is None or record is None:
            raise ValueError("nothing was trained yet")
        with contextlib.suppress(StateGone):
            self.run.save(record)
        self.run.stop()
        return self.run.summary.steps.done

    def finish(self) -> Run:
        """Test the final weights on the test part, if there is one, write the report, and end the run.

        Call it after the last record. Then `result` holds the answer of `wxb train --json`.
        """
        if self.run is None or not self._trained:
            raise ValueError("training has not ended: take all records first")
        run, trial = self.run, self.trial
        record, data, recipe = trial.record, trial.data, trial.recipe
        seconds, clock = dict(trial.seconds), time.perf_counter()

        def lap(stage: str) -> None:
            nonlocal clock
            seconds[stage] = time.perf_counter() - clock
            clock = time.perf_counter()

        try:
            test = trial.score("test") if len(data.split.test) else None
            plain = None if test is None or trial.decision is None else trial.score("test", decided=False)
            self.undecided = None if plain is None else plain.score
            lap("test")
            train = trial.score("train", TRAIN_SAMPLE)
            nonconformity = trial.nonconformity()
        except NotFinite as problem:
            raise self._failed(run, "the trained network's scores are not finite numbers") from problem
        # a run that was stopped after its last step yields no record when it is resumed
        epochs = record.epoch if record else len(run.files.history)
        steps = record.step if record else run.summary.steps.done
        # the baselines run on the CPU: a GPU's training is too short for them to take a share of it
        cheap = baselines(data, operations=trial.cpu_operations(steps), seed=recipe.seed, code=trial.plan.code)
        lap("baselines")
        self.doctor.look({name: comparable(baseline, data) for name, baseline in cheap.items()})
        lap("doctor")
        facts = findings(
            run.files, data, test=test, train=train, baselines=cheap, seconds=seconds, epochs=epochs, notes=trial.notes,
            decision=trial.decision, plain=plain, model=trial.model,
        )  # fmt: skip
        score = None if test is None else test.summary()
        left = run.finish(trial.model.state_dict(), score, report_files(facts), nonconformity, trial.decision)
        self.remarks = (*self.doctor.remarks, *((left,) if left else ()))
        lap("report")
        seconds["total"] = time.time() - trial.started
        self.result = {
            "run": str(run.path),
            "network": str(trial.plan.network),
            "parameters": trial.plan.parameters,
            "multiply_adds": trial.plan.multiply_adds,
            "epochs": epochs,
            "steps": steps,
            "batch_size": recipe.batch_size,
            "seconds": {stage: round(value, 3) for stage, value in seconds.items()},
            "test": score,
            "decision": facts["sentences"]["decision"],
            "baselines": {name: baseline.score for name, baseline in cheap.items()},
            "doctor": self.doctor.facts,
            "warnings": [*facts["warnings"], *self.remarks],
        }
        return Run.open(run.path)


@takes_settings
def train(
    data: Dataset,
    network: str | Network | None = None,
    *,
    bindings: Mapping[str, int] | None = None,
    out: str | Path | None = None,
    time: float | str | None = None,
    snapshots: int | None = None,
    watch: int | None = None,
    progress: bool | None = None,
    **options: Unpack[RecipeOptions],
) -> Run:
    """Train a network on data, test it, and write the report; return the run.

        run = train(data, "FC-64-RELU, SOFTMAX", epochs=10, optimizer="nesterov")

    `network` is a text of the notation, a name, or None for a default that fits the data; `bindings` are values of a
    family's variables. `out` is the folder of the run. `time` limits all of the work, in seconds or as "10m".
    `snapshots` is the number of steps, spread over the training, whose weights are kept: `run.at(step)`. `watch` is the
    number of steps whose statistics by layer are recorded: `run.watched`.
    `progress` is whether a line shows how far training is; by default it does on a terminal and in a notebook. The
    other arguments are the settings of `Recipe`; of those that are None, the value is chosen to fit the network and the
    data, and stands in the run's settings.toml. Ctrl-C saves the run and is raised again; `resume` continues it. Raises
    WxbError for an unknown setting, for a value that a setting does not take, and if something does not fit.
    """
    need_data(data)
    need("progress", progress, (bool, type(None)), "True, False or None")
    return _to_the_end(
        Training(
            data,
            network,
            bindings=bindings,
            options=options,
            settings=data.settings(options.get("seed", 0)),
            out=out,
            snapshots=snapshots,
            watch=watch,
            seconds=time,
        ),
        of_training(progress),
    )


def resume(run: Run | str | Path, data: Dataset, *, progress: bool | None = None) -> Run:
    """Train a stopped or killed run to its end, with the same bits as if it had never stopped.

    `progress` is that of `train`.
    """
    need_data(data)
    need("progress", progress, (bool, type(None)), "True, False or None")
    return _to_the_end(Training.resume(run if isinstance(run, Run) else Run.open(run), data), of_training(progress))


def _kept(run: Run, name: str) -> int | None:
    """A setting that says what the run keeps of its training beside the network."""
    value = run.settings.get(name)
    return None if value is None else cast(int, SETTINGS[name].validate(value))


def _damaged_checkpoint(run: Path, detail: str) -> WxbError:
    return damaged(run / CHECKPOINT, "it does not fit the network", detail)


def _to_the_end(training: Training, progress: ProgressLine) -> Run:
    try:
        try:
            with progress:
                for record in training:
                    progress.show(record)
                    if training.run is not None and training.run.asked and record.step < record.steps:
                        raise KeyboardInterrupt  # another process asks for what Ctrl-C does
        except KeyboardInterrupt:
            if training.trial.record is not None:
                training.stop()
            raise
        return training.finish()
    finally:  # whatever happened, this process may resume the run
        if training.run is not None:
            training.run.close()
