"""A trial: one training that writes nothing."""

from __future__ import annotations

import dataclasses
import time as clock
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Unpack, cast

import numpy as np

from wxb.allocator import kept
from wxb.data.dataset import Dataset, need_data
from wxb.data.itself import of_itself
from wxb.data.learned_words import as_words, read_by
from wxb.data.split import thinned
from wxb.data.weights import need_weight
from wxb.errors import WxbError
from wxb.learning.bagging import learned, validation_logits
from wxb.learning.checks import check
from wxb.learning.defaults import default
from wxb.learning.duration import Duration
from wxb.learning.evaluate import evaluate, prediction
from wxb.learning.events import Event
from wxb.learning.feed import steps_per_epoch
from wxb.learning.inference import logits
from wxb.learning.loop import Record, duration_of, learn
from wxb.learning.machine import Machine
from wxb.learning.pace import Deadline, seconds_per_example, seconds_per_step
from wxb.learning.setup import Setup, largest_within, set_up
from wxb.learning.state import State
from wxb.learning.watch import LAYERS
from wxb.network.build import need_head
from wxb.network.pretrained import Pretrained, beginning
from wxb.notation import Network, read
from wxb.notation.vocabulary import SELF
from wxb.runs.pretrained import read_pretrained
from wxb.settings import INTERVAL, NONE, SETTINGS, check_length
from wxb.settings.python import RecipeOptions, takes_settings
from wxb.settings.setting import SHARES, Bounds, Setting, named
from wxb.tasks import TASKS
from wxb.tasks.conformal import Limits, limits
from wxb.tasks.decision import Decision
from wxb.tasks.evaluation import Evaluation
from wxb.text import count, plural

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from wxb.learning.recipe import Recipe
    from wxb.network.build import Model
    from wxb.notation import Plan

REPORTING_SHARE = 0.03  # share of the given time that is kept for baselines and the report,
REPORTING_SECONDS = 1.0  # and this many seconds more
MOST = Setting("most", int, None, "Examples that a score looks at", "series", Bounds(1, 10**12))
BYTES_OF_SCORE = 12  # of an example and a class in the test: logits, probabilities, and what is on its way
MANY_BYTES = 2**28  # of a test from which its memory is told before training
TRAIN_SAMPLE = 2_000  # training examples that the final weights are scored on, for comparison with the test score


class Trial:
    """A network, a recipe and a machine for a data set; iterating over the trial trains the network.

        trial = Trial(data, "FC-64-RELU, SOFTMAX", epochs=10)
        for record in trial:
            print(record.step, record.loss)
        print(trial.score("test").accuracy)

    Attributes: `plan` (shapes and counts), `recipe` (every setting), `model` (trained in place), `machine`,
    `pretrained` (what was read to begin with, or None), `transferred` (paths of the items that began with it), `moved`
    (what the user should know of these), `checks` (what was looked at before training), `notes` (what the user should
    know), `events` (those to repeat, and those that took effect so far), `record` (the last one, or None), `seconds`
    (per stage: "start", "data", "checks", "train").
    """

    @takes_settings
    def __init__(
        self,
        data: Dataset,
        network: str | Network | None = None,
        *,
        bindings: Mapping[str, int] | None = None,
        time: float | str | None = None,
        machine: Machine | None = None,
        state: State | None = None,
        transferred: tuple[str, ...] = (),
        events: Iterable[Event] = (),
        watch: int | None = None,
        started: float | None = None,
        data_seconds: float = 0.0,
        **options: Unpack[RecipeOptions],
    ) -> None:
        """Plan and build the network, choose the machine, and check the data.

        The arguments are those of `wxb.train`. Without a `network`, a default that fits the data is built. A given
        `machine` is used as it is. `time` limits the whole work, counted from `started` (of time.time()): the number of
        steps follows from it, and so does the size of a default network. `state` is the state of an earlier record,
        from which training continues, and `events` are those to repeat; `transferred` are the paths of the items that
        it began with pretrained weights, which are then not read again. `watch` is the number of steps, spread over the
        training, whose records have the `layers` in their `reading`. `data_seconds` is the time that loading the
        data took. Raises WxbError if network, recipe and data do not fit each other, or if the memory is too small.
        """
        need_data(data)
        check_length({"time": time, **options})
        if head_of(network) == SELF:
            data = of_itself(data)
        asked = cast("dict[str, Any]", options)
        self.pretrained = None if transferred else pretrained_of(data, asked)
        if self.pretrained is not None:
            asked = self.pretrained.options(asked)
            network = self.pretrained.network(data) if network is None else network
        tree = _tree(network)
        if tree is not None and (words := read_by(tree.body)):
            data = as_words(data, words)
        if tree is not None:  # before its layers are planned, whose shapes say less
            need_head(tree.head, data)
        self.started = clock.time() - data_seconds if started is None else started
        self.data = data
        need_examples(data, "train")
        need_weight(data)
        self._ends: float | None = None  # time.time() by which training and scoring must be done; None: no limit
        self._scoring_steps = 0.0  # time reserved for scoring, in steps
        events = tuple(events)
        if time is not None and events:
            raise WxbError("`time` and events both say when training ends", fix="set only one of them")
        if time is None:
            setup = set_up(
                data, default(data) if network is None else network, bindings, asked, machine, state, events,
                self.pretrained, transferred,
            )  # fmt: skip
        else:
            setup = self._within(SETTINGS["time"].validate(time), network, bindings, asked)
        self.plan: Plan = setup.plan
        self.recipe: Recipe = setup.recipe
        self.model: Model = setup.model
        self.machine: Machine = setup.machine
        self.transferred = setup.transferred
        self.events = setup.events
        began = clock.perf_counter()
        self.checks = check(self.model, data, self.machine, learned(data, self.recipe))
        checked = clock.perf_counter() - began
        self.moved = () if self.pretrained is None else self.pretrained.notes(data)
        self.notes = (*data.notes, *self.moved, *setup.notes, *self.checks.warnings, *about_size(data))
        self.seconds: dict[str, float] = {
            "start": clock.time() - self.started - data_seconds - checked,
            "data": data_seconds,
            "checks": checked,
            "train": 0.0,
        }
        self.record: Record | None = None
        self.decision: Decision | None = None  # once it is trained, if `optimize` asks for one
        self._state = state
        self.watch = watch

    def __repr__(self) -> str:
        done = f"step {count(self.record.step)} of {count(self.record.steps)}" if self.record else "not begun"
        return f"Trial({self.plan.network.short()} on {self.data.name}, {done})"

    def _within(
        self,
        seconds: float,
        network: str | Network | None,
        bindings: Mapping[str, int] | None,
        options: Mapping[str, Any],
    ) -> Setup:
        """A setup whose training and scoring take about `seconds`."""
        data = self.data
        ends = self.started + seconds - REPORTING_SHARE * seconds - REPORTING_SECONDS
        if network is None:
            setup, step = largest_within(data, ends - clock.time(), options)
        else:
            setup = set_up(data, network, bindings, options, pretrained=self.pretrained)
            step = seconds_per_step(setup.model, data, setup.recipe, setup.machine, setup.events)
        # the validation part is scored by the last epoch, and again for prediction intervals
        scored = len(data.split.test) + 2 * len(data.split.validation) + TRAIN_SAMPLE
        self._ends = ends
        self._scoring_steps = scored * seconds_per_example(setup.model, data, setup.machine) / step
        steps = max(1, int((ends - clock.time()) / step - self._scoring_steps))
        recipe = setup.recipe
        epochs = -(-steps // steps_per_epoch(len(learned(data, recipe)), recipe.batch_size * recipe.accumulate))
        return dataclasses.replace(setup, recipe=dataclasses.replace(recipe, steps=steps, epochs=epochs))

    @property
    def beginning(self) -> str:
        """What begins with pretrained weights and what is new, in words; empty if all of it is new."""
        about = beginning(self.plan, self.transferred, self.recipe.freeze)
        source = self.recipe.pretrained if self.pretrained is None else self.pretrained.name
        return f"{about} of {source}" if about else ""

    @property
    def steps(self) -> int:
        """The step after which training ends, as far as is known."""
        return self.duration.steps

    @property
    def duration(self) -> Duration:
        """The steps of the training, as far as its events are known."""
        return duration_of(self.recipe, len(learned(self.data, self.recipe)), self.events)

    def __iter__(self) -> Iterator[Record]:
        """Train, and yield a record after every step.

        `record` and `events` are up to date when a record is yielded. Raises WxbError (exit code 1) if the memory does
        not hold a step.
        """
        deadline = None
        if self._ends is not None:
            deadline = Deadline(clock.monotonic() + self._ends - clock.time(), self._scoring_steps)
        watch = [LAYERS] if self.watch else []
        records = learn(self.model, self.data, self.recipe, self.machine, self._state, self.events, watch, self.watch)
        for record in records:
            self.record = record
            self.seconds["train"] = record.seconds
            if record.recording:
                self.seconds["recording"] = record.recording  # a part of "train"
            new = [event for event in record.events if event not in self.events]
            if deadline is not None and (end := deadline.look(record)) is not None:
                records.send(end)
                new.append(end)
            self.events = (*self.events, *new)
            yield record
        self.decision = self._decision()

    def train(self) -> Trial:
        """Train to the end, and return the trial itself."""
        for _ in self:
            pass
        return self

    def cpu_operations(self, steps: int) -> float:
        """The multiply-adds that so many training steps take on the CPU; 0 if the training runs on a GPU."""
        if self.machine.device != "cpu":
            return 0.0
        examples = min(self.recipe.batch_size * self.recipe.accumulate, len(learned(self.data, self.recipe)))
        return 3.0 * self.plan.multiply_adds * steps * examples

    def score(
        self, part: str = "test", most: int | None = None, *, decided: bool = True, interval: float | None = None
    ) -> Evaluation:
        """Evaluate the model on a part of the data, or on `most` examples spread evenly over that part.

        Answers are by the trial's decision, if it has one; unless `decided`, they are the most probable ones.
        `interval=90` tells the coverage of the prediction intervals or sets of 90 %, fitted as those of a run. Raises
        WxbError for another part than "train", "validation" and "test", for a part without examples, and if there are
        no intervals.
        """
        rows = self.data.split.part(part)
        if not len(rows):
            raise WxbError(f"{self.data.name} has no examples in its {part} part", f"split: {self.data.split.how}")
        if most is not None:
            most = MOST.validate(most)
            rows = thinned(rows, most)
        reach = None if interval is None else self._limits(INTERVAL.validate(interval))
        targets = self.data.targets[rows]
        with kept():
            data, seed = self.data, self.recipe.seed
            scores = self._logits(rows, part == "validation")
            head, weights = self.model.head, data.weights_of(rows)
            offsets = np.array(self.decision.offsets) if decided and self.decision is not None else None
            found = evaluate(
                scores, targets, head, data.task, data.classes, rows, seed, data.target_offsets, weights, offsets
            )
            if reach is None:
                return found
            said = prediction(scores, head, data.task, data.classes, decision=offsets)
        limited = dataclasses.replace(said, limits=reach)
        return dataclasses.replace(found, coverage=TASKS[data.task].coverage(targets, limited))

    def _limits(self, level: float) -> Limits:
        """The limits of intervals or sets of a level; raises WxbError if there are none."""
        problem = TASKS[self.data.task].no_limits(self.model.head.to_probabilities is not None)
        if problem is not None:
            raise problem
        scores = self.nonconformity()
        bagged = self.recipe.bagging
        examples = "examples answered out of fold" if bagged else "validation examples"
        return limits(np.empty((0, 1)) if scores is None else scores, level, examples)

    def each(self, part: str, most: int | None = None) -> NDArray[np.float64]:
        """How good the model is on each example of a part (n,), as `Task.each`; NaN where a score is not finite.

        `most` are as many examples, spread evenly over the part.
        """
        rows = self.data.split.part(part)
        rows = rows if most is None else thinned(rows, most)
        with kept():
            scores = self._logits(rows, part == "validation").numpy()
        task = TASKS[self.data.task]
        finite = np.isfinite(scores).reshape(len(scores), -1).all(axis=1)
        scores = np.where(finite.reshape(-1, *(1,) * (scores.ndim - 1)), scores, 0)
        good = task.each(self.data.targets[rows], task.predict(scores))
        return np.where(finite, good, np.nan)

    def nonconformity(self) -> NDArray[np.float64] | None:
        """How far the targets of what validates are from the predictions (n, k), each column ascending.

        What validates is the validation part, or with bagging every example, answered out of fold. None if there is no
        such example, and for targets or heads without prediction intervals and sets. Raises NotFinite if a score of the
        network is NaN or infinite.
        """
        data, head, task = self.data, self.model.head, TASKS[self.data.task]
        rows = data.split.learned if self.recipe.bagging else data.split.validation
        if not len(rows) or task.no_limits(head.to_probabilities is not None):
            return None
        with kept():
            found = prediction(self._logits(rows, True), head, data.task, data.classes)
        return np.sort(task.nonconformity(data.targets[rows], found), axis=0)

    def _decision(self) -> Decision | None:
        """The decision that is best for what validates, as in `nonconformity`."""
        data, optimize, task = self.data, self.recipe.optimize, TASKS[self.data.task]
        if optimize == "none":
            return None
        rows = data.split.learned if self.recipe.bagging else data.split.validation
        with kept():
            scores = self._logits(rows, True)
        offsets = task.decision(optimize, scores.double().numpy(), data.targets[rows], data.weights_of(rows))
        return Decision(optimize, tuple(offsets.tolist()), len(rows))

    def _logits(self, rows: NDArray[np.int64], validates: bool) -> Tensor:
        """The logits (n, outputs) of some rows; with bagging, those that validate are answered out of fold."""
        if validates and self.recipe.bagging:
            return validation_logits(
                self.model, self.data, self.data.model_inputs, self.machine, self.recipe.seed, rows
            )
        return logits(self.model, self.data.model_inputs, self.machine, rows=rows)


def head_of(network: str | Network | None) -> str | None:
    """The head of a network; None if there is none."""
    tree = _tree(network)
    return None if tree is None else tree.head


def _tree(network: str | Network | None) -> Network | None:
    network = read(network) if isinstance(network, str) else network
    return network if isinstance(network, Network) else None


def about_size(data: Dataset) -> tuple[str, ...]:
    """A note on what a test with many classes, labels or targets takes; empty for few."""
    scores = BYTES_OF_SCORE * len(data.split.test) * data.outputs
    if scores < MANY_BYTES:
        return ()
    noun = TASKS[data.task].noun
    tested = plural(len(data.split.test), "test example")
    what = plural(data.outputs, noun, "classes" * (noun == "class"))
    return (f"{what} and {tested}: the test takes about {scores / 2**30:.1f} GiB of memory",)


def pretrained_of(data: Dataset, options: Mapping[str, Any]) -> Pretrained | None:
    """The weights that the options say a network for the data begins with; None for none.

    Raises WxbError if they cannot be read, or if the data have other inputs than these weights expect.
    """
    path = options.get("pretrained", NONE)
    if path == NONE:
        return None
    read_in = read_pretrained(path)
    read_in.need_like(data)
    return read_in


USES = {"train": "to learn from", "test": "to test on"}


def need_examples(data: Dataset, *parts: str) -> None:
    """Raise WxbError if one of the parts, "train" or "test", has no examples."""
    for part in parts:
        if not len(data.split.part(part)):
            raise WxbError(
                f"{data.name} has no examples {USES[part]}: its {part} part is empty",
                f"split: {data.split.how}",
                named("split", SHARES.example),
            )
