"""The main job: from data and a line of text to a trained network, tested, reported and saved in a run."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wxb import numbers
from wxb.allocator import kept
from wxb.data.dataset import Dataset
from wxb.errors import FAILED, WxbError
from wxb.learning import machine as machines
from wxb.learning.batches import batches_an_epoch
from wxb.learning.candidate import Candidate, candidate, largest_within
from wxb.learning.checks import check
from wxb.learning.defaults import default
from wxb.learning.inference import logits
from wxb.learning.loop import Record, State, course_of, learn
from wxb.learning.loop import part as tensors_of
from wxb.learning.machine import Machine
from wxb.learning.pace import Deadline, seconds_a_step, seconds_an_example
from wxb.learning.recipe import Recipe
from wxb.notation import Network
from wxb.report import findings, report_files
from wxb.runs.baselines import baselines
from wxb.runs.evaluate import Evaluation, evaluate
from wxb.runs.run import Run

SAVE_EVERY = 20.0  # seconds between checkpoints; when one is saved decides nothing that is computed
REPORTING = 0.03  # share of a given time that is kept for baselines and report,
LEAST_REPORTING = 1.0  # and so many seconds more
TRAIN_SAMPLE = 2_000  # training examples that the kept weights are scored on, to set beside the test score


class Training:
    """One training, from what was asked for to the finished run.

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
        machine: Machine | None = None,
        started: float | None = None,
        data_seconds: float = 0.0,
        seconds: float | None = None,
        state: State | None = None,
    ) -> None:
        """Plan, build and look at what will be trained.

        `options` are fields of `Recipe`; what is not given fits network and data. `settings` are those that the data
        was loaded with, as the command line spells them, for the run's settings.toml. `machine` is taken as it is
        instead of chosen. `started` is the time (of time.time()) at which the work began, `data_seconds` what reading
        the data took. `seconds` is how long all of it may take, from `started` to the end of `finish`: the number of
        steps follows from it, and without a network the size of the default one. `state` is an earlier record's, which
        training goes on from. Raises WxbError where network, recipe and data do not fit each other, or the memory does
        not hold them.
        """
        self._started = time.time() - data_seconds if started is None else started
        self.data = data
        self.out = out
        self.settings = dict(settings or {})
        need_examples(data)
        self._ends: float | None = None  # time.time() at which learning and scoring are to be over; None: whenever
        self._kept = 0.0  # of it for scoring, in steps
        if seconds is None:
            earlier = None if state is None else tensors_of(state, "model")
            found = candidate(data, network or default(data), bindings, options, machine, earlier)
        else:
            found = self._within(seconds, network, bindings, options or {})
        self.plan, self.recipe, self.model, self.machine = found.plan, found.recipe, found.model, found.machine
        self.notes = (*data.notes, *found.notes)
        self.course = course_of(self.recipe, len(data.split.train))
        began = time.perf_counter()
        self.checks = check(self.model, data, self.machine)
        checked = time.perf_counter() - began
        self.seconds: dict[str, float] = {
            "start": time.time() - self._started - data_seconds - checked,
            "data": data_seconds,
            "checks": checked,
        }
        self.run: Run | None = None
        self.record: Record | None = None
        self.result: dict[str, Any] = {}  # what `wxb train --json` says, once finished
        self._state = state
        self._trained = False

    def _within(
        self,
        seconds: float,
        network: str | Network | None,
        bindings: Mapping[str, int] | None,
        options: Mapping[str, Any],
    ) -> Candidate:
        """What is trained in so many seconds: its recipe ends after the steps that there is time for."""
        data = self.data
        if named := [f"--{name}" for name in ("epochs", "steps", "replanned") if name in options]:
            raise WxbError(f"--time and {named[0]} both say when training ends", fix="one of them")
        ends = self._started + seconds - REPORTING * seconds - LEAST_REPORTING
        if network is None:
            found, step = largest_within(data, ends - time.time(), options)
        else:
            found = candidate(data, network, bindings, options)
            step = seconds_a_step(found.model, data, found.recipe, found.machine)
        scored = len(data.split.test) + len(data.split.validation) + TRAIN_SAMPLE
        self._ends, self._kept = ends, scored * seconds_an_example(found.model, data, found.machine) / step
        steps = max(1, int((ends - time.time()) / step - self._kept))
        epochs = -(-steps // batches_an_epoch(len(data.split.train), found.recipe.batch_size))
        return dataclasses.replace(found, recipe=dataclasses.replace(found.recipe, steps=steps, epochs=epochs))

    @classmethod
    def resume(cls, run: Run, data: Dataset) -> Training:
        """Go on with a run that was stopped or killed, on the machine settings that it began with.

        Raises WxbError where it has finished or failed, is being written, or the data is not what it was.
        """
        checkpoint = run.resume(data)
        try:
            fields = {field.name for field in dataclasses.fields(Recipe)}
            options = {name: value for name, value in run.settings.items() if name in fields}
            began_with = run.environment["machine"]
            asked = machines.choose(began_with["device"], began_with["precision"], began_with["threads"])
            state = checkpoint.tensors if checkpoint else None
            training = cls(data, run.summary.network, options=options, machine=asked, state=state)
        except BaseException:
            run.close()
            raise
        training.run = run
        return training

    # --- what will happen -------------------------------------------------------------------------------------------

    def lines(self) -> list[tuple[str, str]]:
        """What a person sees before the first step, as (label, text)."""
        data, plan_ = self.data, self.plan
        parts = ", ".join(
            f"{name} {numbers.count(len(getattr(data.split, name)))}" for name in ("train", "validation", "test")
        )
        noun = {"classes": "classes", "labels": "labels", "numbers": "targets"}[data.task]
        chosen = f" ({', '.join(plan_.choices)})" if plan_.choices else ""
        found = [
            (
                "data",
                f"{data.name}: {numbers.count(len(data.examples))} "
                f"{'pictures' if data.kind == 'pictures' else 'rows of'} {numbers.shape(data.shape)} "
                f"in {data.outputs} {noun}; {parts} ({data.split.how})",
            ),
            (
                "network",
                f"{plan_.network.short()}{chosen}    {numbers.count(plan_.parameters)} parameters, "
                f"{numbers.large(plan_.multiply_adds)} multiply-adds",
            ),
            ("machine", str(self.machine)),
            ("before", "; ".join(self.checks.lines)),
        ]
        return found + [("note", note) for note in (*self.notes, *self.checks.warnings)]

    # --- training ---------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Record]:
        """Train, and give a record after every step. The run is saved every 20 seconds, within epochs too.

        Raises WxbError (exit code 1) where the loss is no longer a finite number, and the run then says so; and where
        the memory does not hold a step, and the run can then be resumed from where it was saved last.
        """
        began = time.perf_counter()
        if self.run is None:
            self.run = self._create()
        run = self.run
        deadline = None
        if self._ends is not None:
            deadline = Deadline(time.monotonic() + self._ends - time.time(), self.course, self._kept)
        saved = time.perf_counter()
        self.seconds["start"] += saved - began
        for record in self._learned(run):
            self.record = record
            if record.train_loss is not None and not math.isfinite(record.train_loss):
                self._fail(run, record)
            if record.epoch_end:
                run.note(record)
            if record.parts != self.recipe.accumulate:
                self.recipe = dataclasses.replace(self.recipe, accumulate=record.parts)
                run.change({"accumulate": record.parts}, self.course.steps)
            if deadline is not None and deadline.look(record):
                run.change({"replanned": str(self.course)}, self.course.steps)
            if record.step < record.steps and time.perf_counter() - saved > SAVE_EVERY:
                run.save(record)
                saved = time.perf_counter()
            yield record
        self._trained = True

    def _learned(self, run: Run) -> Iterator[Record]:
        """The records of learning; where the memory ran short, the run is let go as it was saved last."""
        try:
            yield from learn(self.model, self.data, self.recipe, self.machine, self._state, self.course)
        except WxbError as problem:
            if problem.exit_code != FAILED:  # a mistake, which going on would make again
                raise
            run.stop()
            fix = f"{problem.fix}; or wxb resume {run.path}, where more memory is free"
            raise WxbError(problem.what, problem.detail, fix, problem.exit_code) from problem

    def _create(self) -> Run:
        return Run.create(
            self.data,
            self.plan,
            {"data": self.data.name, **self.settings, "network": str(self.plan.network), **self.recipe.settings()},
            steps=self.course.steps,
            out=self.out,
            machine=dataclasses.asdict(self.machine),
        )

    def _fail(self, run: Run, record: Record) -> None:
        reason = f"the loss was no finite number in epoch {record.epoch}"
        run.fail(reason)
        rate = self.recipe.learning_rate
        raise WxbError(
            f"training broke down: {reason}",
            f"optimizer {self.recipe.optimizer}, learning rate {rate:g}; the run is {run.path}",
            f"a lower rate (--learning-rate {rate / 10:g}), or --clip 1",
            exit_code=FAILED,
        )

    def stop(self) -> int:
        """Save where training stands and let the run go; at which step that was."""
        if self.run is None or self.record is None:
            raise ValueError("nothing was trained yet")
        self.run.save(self.record)
        self.run.stop()
        return self.record.step

    # --- the end ----------------------------------------------------------------------------------------------------

    def finish(self) -> Run:
        """Test the kept weights, set cheap answers beside them, write the report and end the run.

        To be called when all records were taken. `result` then holds what `wxb train --json` says.
        """
        if self.run is None or not self._trained:
            raise ValueError("training has not ended: take all records first")
        run, data = self.run, self.data
        seconds = self.seconds | {"train": self.record.seconds if self.record else 0.0}
        if self.record and self.record.recording:
            seconds["recording"] = self.record.recording  # a part of "train"
        clock = time.perf_counter()

        def lap(stage: str) -> None:
            nonlocal clock
            seconds[stage] = time.perf_counter() - clock
            clock = time.perf_counter()

        with kept():
            test = self._score("test")
            lap("test")
            train = self._score("train", TRAIN_SAMPLE)
        # a training that was stopped behind its last step has no record of its own
        epochs = self.record.epoch if self.record else len(run.history)
        steps = self.record.step if self.record else run.summary.steps.done
        cheap = baselines(data, operations=self._operations(steps), seed=self.recipe.seed)
        lap("baselines")
        notes = (*self.notes, *self.checks.warnings)
        found = findings(
            run, data, test=test, train=train, baselines=cheap, seconds=seconds, epochs=epochs, notes=notes
        )
        run.finish(self.model.state_dict(), test.summary(), report_files(found))
        lap("report")
        seconds["total"] = time.time() - self._started
        self.result = {
            "run": str(run.path),
            "network": str(self.plan.network),
            "parameters": self.plan.parameters,
            "multiply_adds": self.plan.multiply_adds,
            "epochs": epochs,
            "steps": steps,
            "batch_size": self.recipe.batch_size,
            "seconds": {stage: round(value, 3) for stage, value in seconds.items()},
            "test": test.summary(),
            "baselines": {name: baseline.score for name, baseline in cheap.items()},
            "warnings": found["warnings"],
        }
        return run

    def _operations(self, steps: int) -> float:
        """The multiply-adds of so many steps where the CPU computed them, on which the baselines are computed too; a
        GPU's take too little time for the baselines to have a share of.
        """
        if self.machine.device != "cpu":
            return 0.0
        return 3.0 * self.plan.multiply_adds * steps * min(self.recipe.batch_size, len(self.data.split.train))

    def _score(self, part: str, most: int | None = None) -> Evaluation:
        """The evaluation of the model on a part of the data, or on `most` examples spread evenly over it."""
        rows = getattr(self.data.split, part)
        if most is not None:
            rows = rows[:: max(1, -(-len(rows) // most))]
        targets = self.data.targets[rows]
        scores = logits(self.model, self.data.examples, self.machine, rows=rows)
        return evaluate(scores, targets, self.model.head, self.data.task, self.data.classes, rows, self.recipe.seed)


def train(
    data: Dataset,
    network: str | Network | None = None,
    *,
    bindings: Mapping[str, int] | None = None,
    out: str | Path | None = None,
    time: float | None = None,
    **options: Any,
) -> Run:
    """Train a network on data, test it, write the report, and give the run.

    `network` is a text of the notation, a name, or None for a default that fits the data; `time` is how many seconds
    all of it may take, None for as many as the recipe takes; `options` are fields of `Recipe`:
    train(data, "FC-64-RELU, SOFTMAX", epochs=10, optimizer="nesterov"). Ctrl-C saves the run and goes on
    rising; `resume` continues it. Raises WxbError where something does not fit.
    """
    settings = _settings(data)
    return _to_the_end(
        Training(data, network, bindings=bindings, options=options, settings=settings, out=out, seconds=time)
    )


def resume(run: Run | str | Path, data: Dataset) -> Run:
    """Train a stopped or killed run to its end, with the bits that it would have had undisturbed."""
    return _to_the_end(Training.resume(run if isinstance(run, Run) else Run.open(run), data))


def _to_the_end(training: Training) -> Run:
    try:
        for _ in training:
            pass
    except KeyboardInterrupt:
        if training.record is not None:
            training.stop()
        raise
    return training.finish()


def need_examples(data: Dataset) -> None:
    """Raises WxbError where nothing can be learned from, or nothing is left to be tested on."""
    for part, use in (("train", "to learn from"), ("test", "to test on")):
        if not len(getattr(data.split, part)):
            raise WxbError(
                f"{data.name} has no examples {use}: its {part} part is empty",
                f"split: {data.split.how}",
                "--split 0.64,0.11,0.25",
            )


def _settings(data: Dataset) -> dict[str, Any]:
    """What `load_data` was called with, as settings of `train`."""
    return {("data" if name == "source" else name): value for name, value in data.source.items() if name != "seed"}


def spread(scores: Sequence[float]) -> dict[str, Any]:
    """Mean, standard deviation and the 95 % interval of the mean (Student's t) of the scores of several seeds."""
    from statistics import fmean, stdev

    from scipy.special import stdtrit

    mean = fmean(scores)
    if len(scores) < 2:
        return {"mean": mean, "std": None, "interval": None}
    deviation = stdev(scores)
    half = float(stdtrit(len(scores) - 1, 0.975)) * deviation / math.sqrt(len(scores))
    return {"mean": mean, "std": deviation, "interval": [mean - half, mean + half]}
