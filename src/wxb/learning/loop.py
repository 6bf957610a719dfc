"""The training loop: a generator that trains one step for each record that is asked for."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from wxb.allocator import kept
from wxb.data.dataset import need_data
from wxb.errors import WxbError
from wxb.learning import schedules
from wxb.learning.augment import NONE, Augment
from wxb.learning.bagging import folds_of, learned
from wxb.learning.calibration import CAUTION, CAUTION_SMOOTHED, divide_logits, temperature
from wxb.learning.devices import Devices, on_devices
from wxb.learning.duration import Duration
from wxb.learning.events import Change, End, Event, MicroBatches, ordered
from wxb.learning.feed import Feed, steps_per_epoch
from wxb.learning.inference import features, out_of_fold, score
from wxb.learning.machine import Ahead, Machine, choose, out_of_memory
from wxb.learning.recipe import Recipe
from wxb.learning.requirements import check_fit
from wxb.learning.state import (
    COUNTERS,
    Progress,
    State,
    first_memory,
    like,
    need,
    of_kind,
    of_optimizers,
    put,
    put_into_optimizers,
    tensors,
    with_preparation,
)
from wxb.learning.step import Step
from wxb.learning.watch import Reading, Watch
from wxb.network.build import Model
from wxb.network.memory import ran_short
from wxb.settings import setting

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.data.dataset import Dataset, Inputs
    from wxb.tasks.evaluation import Score


COMPUTED_NUMBERS = 2**27  # designed features are held, not computed at every step, up to so many numbers: 512 MB


class StateGone(WxbError):
    """The state of a record was asked for when training had gone on, or was in the middle of a step."""


@dataclass(frozen=True)
class Record:
    """What training says after a step."""

    step: int  # 1-based: the number of updates made
    steps: int
    epoch: int  # 1-based
    epochs: int
    learning_rate: float  # of this step
    seconds: float  # of training so far, including the time before it was resumed
    epoch_end: bool
    train_loss: float | None  # at the end of an epoch: the mean objective over its examples, with penalties
    validation: Score | None  # at the end of an epoch, if there are validation examples
    events: tuple[Event, ...]  # that took effect at this step
    recording: float  # seconds of this process spent on recording steps of a GPU, part of `seconds`
    reading: Reading | None  # of a watched step
    batch_loss: torch.Tensor = field(repr=False)
    take_state: Callable[[int], State] = field(repr=False)
    open_end: bool = False  # whether training may end before `steps`, by early stopping or `until`
    last: bool = False  # whether training ends with this step, unless an event that is sent now moves the end

    @property
    def loss(self) -> float:
        """The objective on this step's batch, before its update; reading it waits for the device."""
        return float(self.batch_loss)

    def state(self) -> State:
        """All that `learn` needs to continue from here, copied to the CPU.

        Raises StateGone if training has gone on: nothing is copied unless it is asked for.
        """
        return self.take_state(self.step)


def learn(
    model: Model,
    data: Dataset,
    recipe: Recipe,
    machine: Machine | None = None,
    state: State | None = None,
    events: Iterable[Event] = (),
    watch: Collection[str] = (),
    watched: int | None = None,
) -> Generator[Record, Event | None]:
    """Train `model` in place on the training part of `data`, and yield a record after every step.

    `state` is the state of an earlier record: training continues from there, and ends with the same bits as if it had
    never stopped. `events` are those of a training to repeat. An event can also be sent between two records, with
    `records.send(Change(step, "learning_rate", 0.001))`. `watch` names what a record's `reading` holds: "seconds",
    "activations", "layers". `watched` is the number of steps, spread over the training, that have a reading; None
    stands for every step.

    When the generator ends, the model has the weights that `recipe.keep` asks for. A loss that is not finite ends
    training with its epoch. Raises WxbError if the recipe does not fit the data, or the memory does not hold a step.
    """
    setting.need("model", model, Model, "a model, as `build` returns it")
    need_data(data)
    setting.need("recipe", recipe, Recipe, "a recipe, such as `Recipe(epochs=3)`")
    check_fit(recipe, model.plan, data)
    machine = machine or choose(recipe.device, recipe.precision, recipe.threads, devices=recipe.devices)
    training = Loop(model, data, recipe, machine, ordered(events), Watch(model, machine.device, watch, watched))
    if state is not None:
        training.load(state)
    return training.records()


def changed(recipe: Recipe, event: Event) -> Recipe:
    """The recipe after an event. Raises WxbError if the event sets a value that does not fit the others."""
    if not isinstance(event, Change):
        return recipe
    values: dict[str, Any] = {event.setting: event.value}
    return replace(recipe, **values)


def duration_of(recipe: Recipe, examples: int, events: Iterable[Event] = ()) -> Duration:
    """The duration of training on so many examples: `recipe.steps` or whole epochs, as the events changed it."""
    planned = recipe.steps or recipe.epochs * steps_per_epoch(examples, recipe.batch_size * recipe.accumulate)
    return Duration(planned, [event for event in events if isinstance(event, End)])


class Loop:
    """One training: how far it is, its best weights so far, and the events that are still to come."""

    def __init__(
        self,
        model: Model,
        data: Dataset,
        recipe: Recipe,
        machine: Machine,
        events: tuple[Event, ...],
        watch: Watch,
    ) -> None:
        self.model = model.to(machine.device)
        self.data = data
        self.recipe = recipe
        self.machine = machine
        self.watch = watch
        self.learned = learned(data, recipe)
        self.folds = folds_of(data, model.plan, recipe.seed) if recipe.bagging else None
        validation = data.split.validation if self.folds is None else self.learned
        inputs = model.inputs(data.model_inputs)
        self.validation = inputs, data.targets[validation], validation
        self.weights = data.weights_of(validation)  # of what validates
        feed = self._feed(inputs, self.learned, Augment.read(recipe.augment))
        targets = data.targets[self.learned]
        self.step = Step(
            model, feed, targets, data.outputs, recipe, machine, self.watch, self.folds,
            data.weights_of(self.learned),
        )  # fmt: skip
        self.together: Step | Devices = self.step  # on all devices, while it trains
        for event in events:
            changed(recipe, event)
        self.events = list(events)  # past and future ones
        self.duration = duration_of(recipe, len(self.learned), events)
        self.done = 0  # steps
        self.seconds = 0.0
        self.stale = 0  # epochs since the best validation
        self.reached = False  # whether validation has come to `until`
        self.best_value = -math.inf
        self.best: State | None = None
        self.resting = False  # whether all is as the last record left it

    def _feed(self, examples: Inputs, learned: NDArray[np.int64], augment: Augment = NONE) -> Feed:
        recipe = self.recipe
        batch_size = recipe.batch_size * recipe.accumulate
        return Feed(examples, learned, batch_size, self.machine.device, recipe.seed, recipe.shuffle, augment)

    # --- the loop ---------------------------------------------------------------------------------------------------

    def records(self) -> Generator[Record, Event | None]:
        """Train to the end, and yield a record after every step."""
        with kept():
            yield from self._records()

    def _records(self) -> Generator[Record, Event | None]:
        began = time.perf_counter() - self.seconds
        self._compute_features()
        self.step.record()
        with on_devices(self.step) as self.together:
            yield from self._steps(began)

    def _steps(self, began: float) -> Generator[Record, Event | None]:
        """Take the steps of a training that began at this time of `time.perf_counter`."""
        self.due: list[MicroBatches | Change] = [
            e for e in self.events if isinstance(e, Change) or (isinstance(e, MicroBatches) and e.step >= self.done)
        ]
        ahead = Ahead(self.machine)
        per_epoch = len(self.step.feed)
        while self.done < self.duration.steps and not self._ended_early():
            epoch, first = divmod(self.done, per_epoch)
            self.together.start(epoch + 1)
            for index in range(first, per_epoch):
                rate, loss = self._take_step(index)
                ahead.step()
                self.done += 1
                train_loss, validation = None, None
                end = index + 1 == per_epoch or self.done == self.duration.steps
                if end:
                    train_loss = float(self.step.loss_sum) / int(self.step.feed.bounds[index + 1])
                    self.step.loss_sum.zero_()
                    validation = self._score()
                    self._remember(validation)
                self.seconds = time.perf_counter() - began
                record = Record(
                    self.done, self.duration.steps, epoch + 1, -(-self.duration.steps // per_epoch), rate, self.seconds,
                    end, train_loss, validation, tuple(e for e in self.events if e.step == self.done - 1),
                    self.step.graphs.seconds if self.step.graphs else 0.0, self.watch.take(), loss, self.state,
                    bool(self.recipe.early_stopping or self.recipe.until),
                    end and (self.done == self.duration.steps or self._ended_early()),
                )  # fmt: skip
                self.resting = True
                while (event := (yield record)) is not None:
                    self._add(event)
                self.resting = False
                if end:
                    break
            if train_loss is not None and not math.isfinite(train_loss):
                return
        self._put_kept_weights()

    def _compute_features(self) -> None:
        """Compute designed features once, if nothing changes the examples and there is memory for them."""
        model, recipe, (examples, targets, rows) = self.model, self.recipe, self.validation
        changed = recipe.augment != "none" or recipe.cutout or recipe.mixup
        numbers = (self.step.feed.count + len(rows)) * math.prod(model.plan.items[0].output)
        if not model.designed or changed or numbers > COMPUTED_NUMBERS:
            return
        self.validation = features(model, examples, self.machine, rows), targets, np.arange(len(rows))
        computed = features(model, examples, self.machine, self.learned)
        self.step.feed = self._feed(computed, np.arange(len(computed)))
        self.step.on_features = True

    def _take_step(self, index: int) -> tuple[float, torch.Tensor]:
        """Take the next step, on batch `index` of the epoch: its learning rate, and the objective before it."""
        while self.due and self.due[0].step <= self.done:
            event = self.due.pop(0)
            if isinstance(event, Change):
                self.recipe = changed(self.recipe, event)
                self.together.follow(self.recipe)
            else:
                self.together.cut(event.count)
        recipe, duration, number = self.recipe, self.duration, self.done + 1
        rate = recipe.learning_rate * schedules.factor(
            recipe.schedule, recipe.warm_up, duration.at(number), duration.planned
        )
        count = self.step.micro_batches
        with self.machine.in_force(), self.watch.step(number, duration):
            try:
                loss = self.together.take(number, index, rate)
            except (RuntimeError, MemoryError) as error:
                if not out_of_memory(error):
                    raise
                raise ran_short(self.model.plan, recipe.optimizer, number, self.data.smaller) from error
        if self.step.micro_batches != count:
            self.events.append(MicroBatches(self.done, self.step.micro_batches))
        return rate, loss

    def _add(self, event: Event) -> None:
        if event.step < self.done:
            raise WxbError(
                f"an event of step {event.step} comes too late: {self.done} steps are done",
                fix="send events of the last record's step, or of a later one",
            )
        if isinstance(event, End):
            self.duration.move_end(event)
        else:
            changed(self.recipe, event)
            self.due = sorted([*self.due, event], key=lambda due: due.step)
        self.events.append(event)

    # --- validation and the weights that are kept -------------------------------------------------------------------

    def _score(self) -> Score | None:
        """The score on the validation part, with the averaged weights if there are any; None without such a part."""
        examples, targets, rows = self.validation
        if not len(rows):
            return None
        with self._averaged():
            return score(
                self.model, examples, targets, self.machine, self.step.on_features, rows, self.folds, self.weights
            )

    def _remember(self, validation: Score | None) -> None:
        """Keep the weights if they are the best so far; of equal ones the later, which have seen more."""
        if self.recipe.until and validation is not None:
            self.reached = validation.value >= self.recipe.until
        if validation is None or (self.recipe.keep == "last" and not self.recipe.early_stopping):
            return
        if -validation.loss >= self.best_value:
            self.best_value, self.stale = -validation.loss, 0
            if self.recipe.keep == "best":
                source = self.step.ema if self.step.ema is not None else tensors(self.model)
                self.best = {name: tensor.clone() for name, tensor in source.items()}
        else:
            self.stale += 1

    def _ended_early(self) -> bool:
        return self.reached or (bool(self.recipe.early_stopping) and self.stale >= self.recipe.early_stopping)

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """Let the model have the averaged weights inside."""
        if self.step.ema is None:
            yield
            return
        own = {name: tensor.clone() for name, tensor in tensors(self.model).items()}
        put(self.model, self.step.ema)
        try:
            yield
        finally:
            put(self.model, own)

    def _put_kept_weights(self) -> None:
        weights = self.best if self.best is not None else self.step.ema
        if weights is not None:
            put(self.model, weights)
        if self.recipe.calibration == "temperature":
            self._calibrate()

    def _calibrate(self) -> None:
        """Scale the logits so that the probabilities of what validates are right."""
        examples, targets, rows = self.validation
        computed = self.step.on_features
        scores = out_of_fold(self.model, examples, self.machine, rows, self.folds, computed, averaged=False)
        caution = CAUTION_SMOOTHED if self.recipe.label_smoothing else CAUTION
        found = temperature(self.model.head, scores, torch.from_numpy(targets), caution, self.weights)
        divide_logits(self.model, found)

    # --- stopping and continuing ------------------------------------------------------------------------------------

    def state(self, step: int) -> State:
        """All that continuing from `step` takes, copied to the CPU. Raises StateGone if training is elsewhere."""
        if not self.resting or step != self.done:
            raise StateGone(
                f"the state of step {step} is gone: training has gone on",
                fix="call record.state() before taking the next record",
            )
        out = self._parts(of_optimizers(self.model, self.step.optimizers), self.best)
        progress = Progress(self.done, self.stale, self.reached, self.step.micro_batches, self.seconds, self.best_value)
        out[COUNTERS] = progress.tensor()
        return {name: tensor.to("cpu", copy=True).contiguous() for name, tensor in out.items()}

    def _parts(self, memory: State, best: State | None) -> State:
        """The tensors of a state but its progress; `memory` is the optimizers'."""
        kinds = {"model": tensors(self.model), "optimizer": memory, "average": self.step.ema, "best": best}
        out = {f"{kind}/{name}": tensor for kind, values in kinds.items() for name, tensor in (values or {}).items()}
        return out | {"loss_sum": self.step.loss_sum}

    def load(self, state: State) -> None:
        """Continue from a state. Raises Misfit if its tensors are not those of this training."""
        state, progress = with_preparation(self.model, state), Progress.read(state)
        scored = progress.best_value > -math.inf or any(name.startswith("best/") for name in state)
        best = tensors(self.model) if scored and self.recipe.keep == "best" else None
        expected = self._parts(first_memory(self.model, self.step.optimizers), best)
        need({**expected, COUNTERS: state[COUNTERS]}, state)
        put(self.model, of_kind(state, "model"))
        put_into_optimizers(self.model, self.step.optimizers, of_kind(state, "optimizer"))
        if average := of_kind(state, "average"):
            self.step.ema = like(self.model, average)
        if best is not None:
            self.best = like(self.model, of_kind(state, "best"))
        self.step.loss_sum.copy_(state["loss_sum"])
        self.done, self.stale, self.reached = progress.done, progress.stale, progress.reached
        self.seconds, self.best_value = progress.seconds, progress.best_value
        self.step.cut(progress.micro_batches)
