"""The learning loop: a generator of records, and everything that it takes to go on from any of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from wxb.allocator import kept
from wxb.learning import schedules
from wxb.learning.augment import Augment, Regularize
from wxb.learning.cuda_graph import CudaGraphs
from wxb.learning.duration import Duration
from wxb.learning.feed import Feed, steps_per_epoch
from wxb.learning.inference import Score, features, score
from wxb.learning.machine import DTYPES, Ahead, Machine, choose, out_of_memory
from wxb.learning.objective import Objective
from wxb.learning.optimizers import decay, optimizers
from wxb.learning.recipe import Recipe
from wxb.network.layers import set_generator
from wxb.network.memory import ran_short
from wxb.randomness import key

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset
    from wxb.network.build import Model

State = dict[str, torch.Tensor]
COMPUTED_NUMBERS = 2**27  # of designed features that are held rather than computed at every step: 512 MB


@dataclass(frozen=True)
class Record:
    """What training says after a step."""

    step: int  # 1-based; this many updates are done
    steps: int
    epoch: int  # 1-based
    epochs: int
    learning_rate: float  # of this step
    seconds: float  # of training so far, of earlier parts too where it was resumed
    epoch_end: bool
    train_loss: float | None  # at an epoch's end: mean objective over the epoch's examples, penalties included
    validation: Score | None  # at an epoch's end, where there are validation examples
    parts: int  # that the batch was computed in: as the recipe has it, or more where the memory did not hold them
    recording: float  # of the seconds, in this process: those in which a GPU's step was recorded to be launched as one
    batch_loss: torch.Tensor = field(repr=False)
    state: Callable[[], State] = field(repr=False)  # all that `learn` needs to go on from here; copies, on the CPU

    @property
    def loss(self) -> float:
        """The objective on this step's batch; reading it waits for the device."""
        return float(self.batch_loss)


def learn(
    model: Model,
    data: Dataset,
    recipe: Recipe,
    machine: Machine | None = None,
    state: State | None = None,
    course: Duration | None = None,
) -> Iterator[Record]:
    """Train `model` in place on `data`'s training part and yield a record after every step.

    `state` is an earlier record's `state()`: training goes on from there and ends with the same bits as if it had never
    stopped. `course` says when to end, and may be changed between two records; without it, the recipe says so. The
    weights that `recipe.keep` asks for are in the model when the generator ends. Raises WxbError where the recipe does
    not fit the data, or the memory does not hold a step; a loss that is not finite ends the epochs early, as the last
    record's `train_loss`.
    """
    machine = machine or choose(recipe.device, recipe.precision, recipe.threads)
    learner = Learner(model, data, recipe, machine, course)
    if state is not None:
        learner.load(state)
    return learner.records()


def duration_of(recipe: Recipe, examples: int) -> Duration:
    """The course that a recipe sets for so many training examples: its `steps`, or its whole epochs."""
    planned = recipe.steps or recipe.epochs * steps_per_epoch(examples, recipe.batch_size)
    return Duration.read(planned, recipe.replanned)


class Learner:
    """One training: the model, its optimizers and averages, and where it stands."""

    def __init__(
        self, model: Model, data: Dataset, recipe: Recipe, machine: Machine, course: Duration | None = None
    ) -> None:
        self.model = model.to(machine.device)
        self.data = data
        self.recipe = recipe
        self.machine = machine
        train, targets = data.split.train, data.targets[data.split.train]
        augment = Augment.read(recipe.augment)
        self.batches = Feed(
            data.examples, train, recipe.batch_size, machine.device, recipe.seed, recipe.shuffle, augment
        )
        self.targets = torch.from_numpy(targets).to(machine.device)
        rows = data.split.validation
        self.validation = data.examples, data.targets[rows], rows
        self.computed = False  # whether batches and validation are designed features, no raw examples
        self.objective = Objective(model, recipe, targets)
        self.regularize = Regularize(recipe, len(targets), data.outputs, model.scale.mean)
        self.optimizers = optimizers(model, model.plan.output_layer.path, recipe, DTYPES[machine.precision])
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        self.weights = list(self.objective.weights)
        self.generator = torch.Generator(machine.device)
        set_generator(model, self.generator)
        self.rate = torch.zeros((), device=machine.device)  # of the step that is made
        self.capture = True  # whether a step may be recorded, on a GPU
        self.captured: CudaGraphs | None = None

        self.course = course or duration_of(recipe, len(train))
        self.step = 0
        self.seconds = 0.0
        self.parts = recipe.accumulate
        self.fits = False  # whether a batch has been computed in so many parts
        self.reached = False  # whether validation has come to what `until` asks for
        self.stale = 0  # epochs since the best validation
        self.best_value = -math.inf
        self.best: State | None = None
        self.loss_sum = torch.zeros((), dtype=torch.float64, device=machine.device)  # over the epoch's examples
        self.average = {name: t.clone() for name, t in self._tensors().items()} if recipe.average else None

    # --- the loop ---------------------------------------------------------------------------------------------------

    def records(self) -> Iterator[Record]:
        """A record after every step, to the end of the course."""
        with kept():
            yield from self._records()

    def _records(self) -> Iterator[Record]:
        began = time.perf_counter() - self.seconds
        self._compute_features()
        if self.capture and self._can_be_captured():
            self.captured = CudaGraphs(self.machine.device, self.generator, self.parameters)
        ahead = Ahead(self.machine)
        per_epoch = len(self.batches)
        while self.step < self.course.steps and not self._ended_early():
            epoch, index = divmod(self.step, per_epoch)
            self.batches.start(epoch + 1)
            self.regularize.start(epoch + 1)
            for place in range(index, per_epoch):
                with self.machine.in_force():
                    try:
                        rate, loss = self._learn_from(place)
                    except (RuntimeError, MemoryError) as error:
                        if not out_of_memory(error):
                            raise
                        photos = bool(self.data.files)
                        raise ran_short(self.model.plan, self.recipe.optimizer, self.step + 1, photos) from error
                ahead.step()
                self.step += 1
                train_loss, validation = None, None
                end = place + 1 == per_epoch or self.step == self.course.steps
                if end:
                    train_loss = float(self.loss_sum) / int(self.batches.bounds[place + 1])
                    self.loss_sum.zero_()
                    validation = self.score()
                    self._remember(validation)
                self.seconds = time.perf_counter() - began
                yield Record(
                    self.step, self.course.steps, epoch + 1, -(-self.course.steps // per_epoch), rate, self.seconds,
                    end, train_loss, validation, self.parts, self.captured.seconds if self.captured else 0.0, loss,
                    self.state,
                )  # fmt: skip
                if end:
                    break
            if train_loss is not None and not math.isfinite(train_loss):
                return
        self._put_kept_weights()

    def _compute_features(self) -> None:
        """Designed features do not change in training: they are computed once, where nothing changes the examples."""
        model, recipe, (examples, targets, rows) = self.model, self.recipe, self.validation
        changed = recipe.augment != "none" or recipe.cutout or recipe.mixup
        numbers = (self.batches.count + len(rows)) * math.prod(model.plan.items[0].output)
        if not model.designed or changed or numbers > COMPUTED_NUMBERS:
            return
        self.validation = features(model, examples, self.machine, rows), targets, np.arange(len(rows))
        given = features(model, examples, self.machine, self.data.split.train)
        self.batches = Feed(
            given, np.arange(len(given)), recipe.batch_size, self.machine.device, recipe.seed, recipe.shuffle
        )
        self.computed = True

    def _learn_from(self, place: int) -> tuple[float, torch.Tensor]:
        """One step on batch `place` of the epoch: the rate it had and the objective before it."""
        recipe = self.recipe
        self.model.train()  # whoever looked at the last record may have left it in evaluation mode
        rate = recipe.learning_rate * schedules.factor(
            recipe.schedule, recipe.warm_up, self.course.at(self.step + 1), self.course.planned
        )
        self.rate.fill_(rate)
        rows = self.batches.rows(place)
        if self.captured is None:
            return rate, self._update(rows)
        self._seed()  # a recorded step does not come by `_gradients` again
        return rate, self.captured.step(self._update, rows)

    def _can_be_captured(self) -> bool:
        """Whether a step is the same kernels on the same addresses each time: mixup draws on the CPU, designed features
        may look at what they compute, and examples that do not fit on the GPU are sent to it.
        """
        cuda = torch.device(self.machine.device).type == "cuda"
        plain = not self.recipe.mixup and (self.computed or not self.model.designed)
        return cuda and plain and self.batches.elsewhere is None

    def _seed(self) -> None:
        self.generator.manual_seed(key(self.recipe.seed, "layers", self.step + 1))

    def _update(self, rows: torch.Tensor) -> torch.Tensor:
        """All that a step on these rows does on the device, at the rate that `self.rate` holds; the objective before
        it.
        """
        recipe = self.recipe
        loss = self._gradients(rows)
        self.loss_sum.add_(loss, alpha=len(rows))
        if recipe.clip:
            torch.nn.utils.clip_grad_norm_(self.parameters, recipe.clip, foreach=True)
        with torch.no_grad():
            if recipe.weight_decay:
                decay(self.weights, self.rate * recipe.weight_decay)
            for optimizer in self.optimizers:
                optimizer.step(self.rate)
            if self.average is not None:
                self._follow(self.average)
        return loss

    def _gradients(self, rows: torch.Tensor) -> torch.Tensor:
        """Gradients of the objective on these rows, in twice as many parts each time that the memory does not hold one;
        the objective's value, detached. What normalization saw of a batch that did not fit is taken back. Where single
        examples do not fit either, torch's error comes through.
        """
        while True:
            before = None if self.fits else [buffer.clone() for buffer in self.model.buffers()]
            for parameter in self.parameters:
                parameter.grad = None
            self._seed()
            try:
                loss = self._backward(rows)
            except (RuntimeError, MemoryError) as error:
                recorded = self.captured is not None and torch.cuda.is_current_stream_capturing()
                if not out_of_memory(error) or self.parts >= len(rows) or recorded:
                    raise  # a second try would be recorded behind what is left of the first
            else:
                self.fits = True
                return loss
            self.parts, self.fits = min(2 * self.parts, len(rows)), False
            for buffer, old in zip(self.model.buffers(), before or (), strict=False):
                buffer.copy_(old)

    def _backward(self, rows: torch.Tensor) -> torch.Tensor:
        """Adds the gradients of the objective on these rows, computed in `parts`; its value, detached."""
        targets = self.targets[rows]
        whole = self.objective.size(targets)
        parts = min(self.parts, len(rows))
        values = []
        for part, its in zip(_split(rows, parts), _split(targets, parts), strict=True):
            inputs, goals = self.regularize.apply(self.batches.inputs(part), its, part, self.step + 1)
            with self.machine.autocast():
                logits = (self.model.after_features if self.computed else self.model)(inputs)
            loss = self.objective.data_loss(logits.float(), goals, whole)
            loss.backward()
            values.append(loss.detach())
        if self.objective.penalizes:
            penalty = self.objective.penalty()
            penalty.backward()
            values.append(penalty.detach())
        return values[0] if len(values) == 1 else torch.stack(values).sum()

    def _follow(self, average: State) -> None:
        """The averaged tensors move towards the model's; counters, which have no mean, are taken as they are."""
        for name, tensor in self._tensors().items():
            if tensor.is_floating_point():
                average[name].lerp_(tensor, 1 - self.recipe.average)
            else:
                average[name].copy_(tensor)

    # --- validation and what is kept --------------------------------------------------------------------------------

    def score(self) -> Score | None:
        """The validation part's score, with the averaged weights where there are any; None without such a part."""
        examples, targets, rows = self.validation
        if not len(rows):
            return None
        with self._averaged():
            return score(self.model, examples, targets, self.machine, self.computed, rows)

    def _remember(self, validation: Score | None) -> None:
        """Keep the weights if they are the best so far (a tie goes to the later ones, which have seen more)."""
        if self.recipe.until and validation is not None and validation.accuracy is not None:
            self.reached = validation.accuracy >= self.recipe.until
        if validation is None or (self.recipe.keep == "last" and not self.recipe.early_stop):
            return
        if validation.value >= self.best_value:
            self.best_value, self.stale = validation.value, 0
            if self.recipe.keep == "best":
                source = self.average if self.average is not None else self._tensors()
                self.best = {name: tensor.clone() for name, tensor in source.items()}
        else:
            self.stale += 1

    def _ended_early(self) -> bool:
        return self.reached or (bool(self.recipe.early_stop) and self.stale >= self.recipe.early_stop)

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """The averaged weights stand in the model for a while."""
        if self.average is None:
            yield
            return
        own = {name: tensor.clone() for name, tensor in self._tensors().items()}
        self._put(self.average)
        try:
            yield
        finally:
            self._put(own)

    def _put_kept_weights(self) -> None:
        kept = self.best if self.best is not None else self.average
        if kept is not None:
            self._put(kept)

    def _tensors(self) -> State:
        """The model's own tensors, weights and buffers, by name."""
        return {name: tensor.detach() for name, tensor in self.model.state_dict(keep_vars=True).items()}

    @torch.no_grad()
    def _put(self, tensors: State) -> None:
        # copied into the tensors that are there: their memory layout stays, and with it the bits of what follows
        for name, tensor in self._tensors().items():
            tensor.copy_(tensors[name])

    # --- stopping and going on --------------------------------------------------------------------------------------

    def state(self) -> State:
        """Everything that going on from here takes, copied to the CPU."""
        out = {f"model/{name}": tensor for name, tensor in self._tensors().items()}
        names = {id(parameter): name for name, parameter in self.model.named_parameters()}
        for optimizer in self.optimizers:
            for parameter, values in optimizer.state.items():
                out |= {f"optimizer/{names[id(parameter)]}/{key}": value for key, value in values.items()}
        for kind, tensors in (("average", self.average), ("best", self.best)):
            out |= {f"{kind}/{name}": tensor for name, tensor in (tensors or {}).items()}
        out["loss_sum"] = self.loss_sum
        counters = [self.step, self.stale, self.reached, self.parts, self.seconds, self.best_value]
        out["counters"] = torch.tensor(counters, dtype=torch.float64)
        return {name: tensor.to("cpu", copy=True).contiguous() for name, tensor in out.items()}

    def load(self, state: State) -> None:
        """Go on from `state`."""
        self._put(part(state, "model"))
        parameters = dict(self.model.named_parameters())
        owner = {id(p): optimizer for optimizer in self.optimizers for p in optimizer.parameters}
        for name, tensor in part(state, "optimizer").items():
            of, key = name.rsplit("/", 1)
            parameter = parameters[of]
            like = parameter if tensor.shape == parameter.shape else tensor
            held = torch.empty_like(like, dtype=tensor.dtype, device=parameter.device)
            owner[id(parameter)].state.setdefault(parameter, {})[key] = held.copy_(tensor)
        for kind in ("average", "best"):
            if tensors := part(state, kind):
                layout = self._tensors()
                setattr(self, kind, {name: torch.empty_like(layout[name]).copy_(t) for name, t in tensors.items()})
        self.loss_sum.copy_(state["loss_sum"])
        step, stale, reached, parts, self.seconds, self.best_value = state["counters"].tolist()
        self.step, self.stale, self.reached, self.parts = int(step), int(stale), bool(reached), int(parts)


def _split(tensor: torch.Tensor, parts: int) -> tuple[torch.Tensor, ...]:
    return (tensor,) if parts == 1 else tensor.tensor_split(parts)


def part(state: State, kind: str) -> State:
    """The tensors of one kind: "model/1.CONV.weight" → "1.CONV.weight"."""
    return {name.removeprefix(kind + "/"): tensor for name, tensor in state.items() if name.startswith(kind + "/")}
