"""Side runs of anybody's module: copies that learn from the first batches of its loader, scored on the last of them."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from wxb.doctor.batches import Batch, BatchChange, Loss, Unusable, loss_of, outputs_of, scores_in
from wxb.doctor.dynamics import Seen
from wxb.doctor.fault import Fault, Remedy, identity
from wxb.doctor.labels import mixing
from wxb.doctor.modules import ModuleChange
from wxb.doctor.operations import Operations, operations_of
from wxb.doctor.side import WORST, Outcome
from wxb.learning.layerwise import Layers, Layerwise
from wxb.randomness import key

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS = 120  # of a side run in full length
READ_EVERY = 10  # steps
HELD = 0.3  # share of the batches that score,
LEAST_BATCHES = 4  # of so many; of fewer a share of the examples of each,
LEAST_LEARNED = 8  # if so many are left
RANGE_STEPS = 80  # of the range test,
LOWEST, HIGHEST = -7.0, 1.0  # from 10 to this power, to 10 to that

RATES = {"SGD": 0.05, "Adagrad": 0.02, "Muon": 0.02}  # usual learning rates by the name of the optimizer; others 1e-3


@dataclass(frozen=True, eq=False)
class Subject:
    """A module with its loss, its optimizer, and some batches, none of which a side run changes."""

    model: nn.Module
    loss_fn: Loss | None
    optimizer: torch.optim.Optimizer
    batches: Sequence[Batch]
    clip: float = 0.0

    @property
    def rate(self) -> float:
        """The largest learning rate of the optimizer's groups."""
        return max(float(group.get("lr", math.nan)) for group in self.optimizer.param_groups)

    @property
    def usual_rate(self) -> float:
        """The usual rate of such an optimizer."""
        return usual_rate(self.optimizer)

    @cached_property
    def first(self) -> tuple[Tensor, Tensor | None, float]:
        """Scores, targets and loss of the untrained copy on the first batch, in evaluation mode.

        Raises what the model, the loss or the batch raises, and Unusable for what nothing can be learned from.
        """
        model = copy.deepcopy(self.model).eval()
        with torch.no_grad():
            output = outputs_of(model, self.batches[0])
            scores = scores_in(output)
            if scores is None:
                raise Unusable(f"the model gives {type(output).__name__}, and no tensor is in it")
            loss = loss_of(self.loss_fn, output, self.batches[0])
        targets = self.batches[0].targets
        return scores, targets if isinstance(targets, Tensor) else None, float(loss)

    @cached_property
    def operations(self) -> Operations:
        """What makes the scores of the first batch, and the loss of them."""
        model = copy.deepcopy(self.model).eval()
        with torch.enable_grad(), torch.random.fork_rng(devices=[]):
            output = outputs_of(model, self.batches[0])
            scores = scores_in(output)
            assert scores is not None  # as in `first`
            return operations_of(scores, loss_of(self.loss_fn, output, self.batches[0]))

    @property
    def classes(self) -> bool:
        """Whether the targets are class numbers."""
        scores, targets, _ = self.first
        whole = targets is not None and not torch.is_floating_point(targets)
        return whole and targets is not None and scores.ndim == targets.ndim + 1


def usual_rate(optimizer: torch.optim.Optimizer) -> float:
    """The usual learning rate of an optimizer of this kind."""
    return RATES.get(type(optimizer).__name__, 1e-3)


class PlainRuns:
    """The side runs of one subject; 1 is a side run in full length. Each learns from the same batches."""

    def __init__(self, subject: Subject, budget: float) -> None:
        self.subject = subject
        self.budget = budget
        self.spent = 0.0
        self.about: Fault[Any] | None = None  # what the next side runs are for
        self.learned, self.halves = parted(subject.batches)
        self.reach = math.inf  # the largest output of the trained copy over the size of targets that are numbers
        self._done: dict[tuple[object, ...], Outcome | None] = {}

    brief = False

    def cost(self, remedy: Remedy, share: float, seed: int = 0) -> float | None:
        """What a run of this share of the length would cost; nothing if it was made."""
        return 0.0 if _key(remedy, share, seed) in self._done else share

    def affords(self, *costs: float) -> bool:
        """Whether so much more fits into the budget."""
        return self.spent + sum(costs) <= self.budget + 1e-9

    def run(self, remedy: Remedy, share: float = 1.0, seed: int = 0) -> Outcome | None:
        """Train a copy with a remedy; None if it cannot be trained. The same run is made once."""
        name = _key(remedy, share, seed)
        if name not in self._done:
            try:
                with torch.random.fork_rng(devices=self._devices):
                    torch.manual_seed(key(seed, "doctor", "side run") % 2**31)
                    self._done[name] = self._train(remedy, max(10, round(share * STEPS)), seed)
            except (RuntimeError, ValueError, TypeError, IndexError, Unusable):
                self._done[name] = None
            self.spent += share
        return self._done[name]

    def _train(self, remedy: Remedy, steps: int, seed: int) -> Outcome:
        subject = self.subject
        model, optimizer = _changed(*copy.deepcopy((subject.model, subject.optimizer)), remedy)
        change = _Inputs(self.learned, remedy)
        learned = self._mixed(seed) if remedy.get("shuffle") else self.learned
        if isinstance(change_of := remedy.get("data"), BatchChange):
            learned = change_of.apply(learned)
        order = np.random.default_rng(key(seed, "doctor", "batches"))
        seen, layerwise = Seen(model), Layerwise(Layers.of_module(model))
        model.train(subject.model.training)
        first_loss = math.nan
        for step in range(1, steps + 1):
            if (step - 1) % len(learned) == 0:  # batches of single classes come in the order of the loader
                places = list(order.permutation(len(learned)) if self.mixed > 0.5 else range(len(learned)))
            batch = change(learned[places[(step - 1) % len(learned)]])
            with ExitStack() as hooks:
                if step % READ_EVERY == 1:
                    layerwise.attach(hooks)
                optimizer.zero_grad(set_to_none=True)
                loss = self._loss(model, batch, remedy)
                loss.backward()
            if step == 1:
                first_loss = float(loss.detach())
            if "clip" in remedy:
                nn.utils.clip_grad_norm_(model.parameters(), remedy["clip"])
            if step % READ_EVERY == 1:
                layerwise.before_update()
            optimizer.step()
            if step % READ_EVERY == 1:
                layerwise.after_update()
                seen.take(step, loss.detach(), layerwise.take(), layerwise.layers.modules)
        seen.steps = steps
        first, second = (self._scores(model, [change(one) for one in half], remedy) for half in self.halves)
        train = self._scores(model, [change(one) for one in learned[: len(self.halves[0])]], remedy)
        if not remedy and not subject.classes:
            self.reach = self._reach(model)
        return Outcome(
            first, second, float(train.mean()), seen.dynamics(subject.clip), (), (), (), first_loss, None, steps / STEPS
        )

    @cached_property
    def best_rate(self) -> float | None:
        """A third of the learning rate at which the loss is lowest while the rate rises from 10⁻⁷ to 10, in 80 steps.

        L. Smith, "Cyclical learning rates for training neural networks", WACV 2017. None if no rate lowers the loss.
        """
        subject = self.subject
        model, optimizer = copy.deepcopy((subject.model, subject.optimizer))
        model.train(subject.model.training)
        best, found, smooth, first = math.inf, None, math.nan, math.nan
        self.spent += RANGE_STEPS / STEPS
        with torch.random.fork_rng(devices=self._devices):
            torch.manual_seed(key(0, "doctor", "range test") % 2**31)
            for step in range(RANGE_STEPS):
                rate = 10 ** (LOWEST + (HIGHEST - LOWEST) * step / (RANGE_STEPS - 1))
                for group in optimizer.param_groups:
                    group["lr"] = rate
                optimizer.zero_grad(set_to_none=True)
                try:
                    loss = self._loss(model, self.learned[step % len(self.learned)], {})
                    loss.backward()
                except (RuntimeError, ValueError, TypeError, IndexError, Unusable):
                    return None
                value = float(loss.detach())
                smooth = value if step == 0 else 0.8 * smooth + 0.2 * value
                first = smooth if step == 0 else first
                if not math.isfinite(smooth) or smooth > 4 * abs(best) + abs(first):
                    break
                if smooth < best:
                    best, found = smooth, rate
                optimizer.step()
        return None if found is None or not best < 0.98 * first else found / 3

    @property
    def _devices(self) -> list[torch.device]:
        return [one.device for one in self.subject.model.parameters() if one.device.type == "cuda"][:1]

    def _loss(self, model: nn.Module, batch: Batch, remedy: Remedy) -> Tensor:
        output = outputs_of(model, batch)
        if "loss" in remedy:  # the logits behind a softmax
            scores = scores_in(output)
            assert scores is not None
            return nn.functional.nll_loss(scores.clamp_min(1e-12).log(), batch.targets)
        if "target" in remedy and remedy["target"] == "shape":
            scores = scores_in(output)
            assert scores is not None
            return loss_of(self.subject.loss_fn, scores.reshape(batch.targets.shape), batch)
        return loss_of(self.subject.loss_fn, output, batch)

    @torch.no_grad()
    def _scores(self, model: nn.Module, batches: Sequence[Batch], remedy: Remedy) -> NDArray[np.float64]:
        """How good each example of the batches is: right or wrong, or 1 − squared error / variance."""
        model.eval()
        found: list[NDArray[np.float64]] = []
        for batch in batches:
            scores = scores_in(outputs_of(model, batch))
            targets = batch.targets
            assert scores is not None
            if self.subject.classes:
                right = (scores.argmax(1) == targets).double().flatten()
                found.append(torch.where(torch.isfinite(scores).all(1).flatten(), right, 0.0).cpu().numpy())
            elif isinstance(targets, Tensor) and targets.numel() == scores.numel():
                given, spread = targets.double().flatten(), self.spread / (self._scale(remedy) ** 2)
                centre = 0.0 if remedy.get("target") == "std" else self.centre
                least = (1 - (given - centre) ** 2 / spread).clamp_max(WORST)  # as in `side.scores`
                good = 1 - (scores.double().flatten() - given) ** 2 / spread
                found.append(torch.where(good.isnan(), least, good).maximum(least).cpu().numpy())
            else:  # a loss of its own: better by how much it is lower
                loss = float(loss_of(self.subject.loss_fn, outputs_of(model, batch), batch))
                found.append(np.array([-loss if math.isfinite(loss) else WORST]))
        return np.concatenate(found)

    @torch.no_grad()
    def _reach(self, model: nn.Module) -> float:
        targets = [one.targets for one in self.learned if isinstance(one.targets, Tensor)]
        outputs = [scores_in(outputs_of(model, one)) for one in self.learned]
        size = max((float(one.abs().max()) for one in targets if one.numel()), default=0.0)
        largest = max((float(one.abs().max()) for one in outputs if one is not None and one.numel()), default=math.inf)
        return largest / size if size > 0 and math.isfinite(largest) else math.inf

    def _scale(self, remedy: Remedy) -> float:
        return float(self.spread**0.5) if remedy.get("target") == "std" else 1.0

    @cached_property
    def mixed(self) -> float:
        """How well the batches mix the classes, as `labels.mixing`; 1 where targets are no classes."""
        targets = [one.targets for one in self.learned]
        return mixing([one.flatten().cpu().numpy() for one in targets]) if self.subject.classes else 1.0

    def _mixed(self, seed: int) -> list[Batch]:
        """The examples that learn, dealt into batches by chance. Raises Unusable where inputs are no single tensors."""
        if not all(isinstance(one.inputs, Tensor) for one in self.learned):
            raise Unusable("the examples cannot be dealt anew")
        inputs = torch.cat([one.inputs for one in self.learned])
        targets = torch.cat([one.targets for one in self.learned])
        places = torch.from_numpy(np.random.default_rng(key(seed, "doctor", "mixed")).permutation(len(inputs)))
        return [Batch(inputs[some], targets[some]) for some in places.split(len(self.learned[0]))]

    @cached_property
    def amounts(self) -> Tensor:
        """The targets that are numbers, of the examples that learn, (n,) in float64."""
        return torch.cat([one.targets.double().flatten() for one in self.learned])

    @cached_property
    def centre(self) -> float:
        """The mean of targets that are numbers."""
        return float(self.amounts.mean())

    @cached_property
    def spread(self) -> float:
        """The variance of targets that are numbers."""
        return max(float(self.amounts.var()), 1e-30)


def _key(remedy: Remedy, share: float, seed: int) -> tuple[object, ...]:
    """What tells side runs apart."""
    return identity(remedy), round(share, 6), seed


class _Inputs:
    """Batches with what a remedy changes: standardized inputs, standardized targets."""

    def __init__(self, batches: Sequence[Batch], remedy: Remedy) -> None:
        self.remedy = remedy
        if remedy.get("normalize") == "std":
            values = torch.cat([one.inputs.float() for one in batches])
            axes = [0, *range(2, values.ndim)]
            self.mean, deviation = values.mean(axes, keepdim=True), values.std(axes, keepdim=True)
            self.deviation = torch.where(deviation > 0, deviation, 1.0)
        if remedy.get("target") == "std":
            given = torch.cat([one.targets.float().flatten() for one in batches])
            self.target_mean, self.target_deviation = given.mean(), given.std().clamp_min(1e-12)

    def __call__(self, batch: Batch) -> Batch:
        """The batch with the changes."""
        inputs, targets = batch.inputs, batch.targets
        if self.remedy.get("normalize") == "std":
            inputs = ((inputs.float() - self.mean) / self.deviation).to(inputs.dtype)
        if self.remedy.get("target") == "std":
            targets = (targets - self.target_mean) / self.target_deviation
        return Batch(inputs, targets)


def parted(batches: Sequence[Batch]) -> tuple[list[Batch], tuple[list[Batch], list[Batch]]]:
    """The batches that learn, and two halves of those that score.

    Of fewer than four batches, some examples of each are set aside; where that cannot be done, what was learned is
    scored.
    """
    if len(batches) >= LEAST_BATCHES:
        held = spread(len(batches), max(2, round(HELD * len(batches))))
        scored = [batches[place] for place in sorted(held)]
        return [one for place, one in enumerate(batches) if place not in held], (scored[0::2], scored[1::2])
    learned: list[Batch] = []
    halves: tuple[list[Batch], list[Batch]] = ([], [])
    try:
        for one in batches:
            if len(one) < LEAST_LEARNED + 2:  # the rest of the last batch
                learned.append(one)
                continue
            held = spread(len(one), max(2, round(HELD * len(one))))
            learned.append(one.part(torch.tensor([row for row in range(len(one)) if row not in held])))
            rows = sorted(held)
            halves[0].append(one.part(torch.tensor(rows[0::2])))
            halves[1].append(one.part(torch.tensor(rows[1::2])))
    except Unusable:
        learned = []
    if not learned or max(map(len, learned)) < LEAST_LEARNED or not halves[0]:
        return list(batches), (list(batches[0::2]), list(batches[1::2] or batches))
    return learned, halves


def spread(count: int, some: int) -> set[int]:
    """So many places of `count`, evenly spread."""
    return {round((place + 0.5) * count / some - 0.5) for place in range(some)}


def _changed(
    model: nn.Module, optimizer: torch.optim.Optimizer, remedy: Remedy
) -> tuple[nn.Module, torch.optim.Optimizer]:
    """The copies with a remedy: the module, the settings of the optimizer, and the start."""
    if isinstance(change := remedy.get("network"), ModuleChange):
        mode = model.training
        model = change.apply(model).train(mode)
        held = {id(one) for group in optimizer.param_groups for one in group["params"]}
        if held != {id(one) for one in model.parameters()}:
            first = {name: optimizer.param_groups[0][name] for name in optimizer.defaults}
            made: Any = type(optimizer)
            optimizer = made(model.parameters(), **first)
    if remedy.get("initialization") == "default":
        for module in model.modules():
            reset = getattr(module, "reset_parameters", None)
            if callable(reset):
                reset()
    names: dict[str, Any] = {"learning_rate": "lr", "weight_decay": "weight_decay", "momentum": "momentum"}
    for group in optimizer.param_groups:
        for name, own in names.items():
            if name in remedy and own in group:
                group[own] = remedy[name]
    if remedy.get("decayed"):
        _decay_less(optimizer)
    if remedy.get("trainable"):
        held = {id(one) for group in optimizer.param_groups for one in group["params"]}
        missing = [one for one in model.parameters() if id(one) not in held]
        for one in model.parameters():
            one.requires_grad_(True)
        if missing:
            optimizer.add_param_group({"params": missing})
    return model, optimizer


def _decay_less(optimizer: torch.optim.Optimizer) -> None:
    """Decay nothing that has one dimension: biases, and scales of normalizations."""
    for group in list(optimizer.param_groups):
        thin = [one for one in group["params"] if one.ndim < 2]
        if thin and group.get("weight_decay"):
            group["params"] = [one for one in group["params"] if one.ndim >= 2]
            optimizer.add_param_group({**group, "params": thin, "weight_decay": 0.0})
