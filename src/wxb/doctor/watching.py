"""Watching anybody's training loop: what each step shows, read without changing a bit, never raising into the loop."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial, wraps
from types import TracebackType
from typing import Any, ParamSpec

import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from wxb.doctor.arguments import mistaken
from wxb.doctor.dynamics import Dynamics, Seen
from wxb.doctor.fault import Evidence, Remedy
from wxb.doctor.finding import SUSPECTED, Finding, ranked_findings
from wxb.doctor.labels import mixing
from wxb.doctor.plain import usual_rate
from wxb.learning.layerwise import Layers, Layerwise

FIRST = 4  # steps that are read one after the other; from then on each is half as far again as the last
FURTHER = 1.5
FAST = 0.5  # of the weights, that a step changes
STILL = 1e-7
# the same of a loop whose loss stays above this share, with a rate below this part of the usual one
CREEPING, FLAT, LOW = 1e-4, 0.9, 1 / 30
GROWN = 10.0  # times the norm of a weight at the start
FEW = 50  # steps,
SLOW = 0.5  # after which more than this share of the loss is left
DEAD = 0.9
SATURATED = 0.95
VANISHING = 1e-6
MIXED = 0.5  # of the entropy of labels that are dealt by chance
MOST_LABELS = 65_536  # of a batch that are kept
DECAY, DECOUPLED = 0.05, 0.5  # weight decay beyond the usual: in the gradient, and beside it as in AdamW,
LEAST_KEPT = 2  # steps that began with gradients of the step before
SHRUNK = 0.5  # and of the norm at the start, that is left

Given = ParamSpec("Given")


class Watching:
    """A watch over a loop: `with watch(model, optimizer) as watching:`, then `watching.findings`."""

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer | None = None,
        loss_fn: Callable[..., Any] | None = None,
    ) -> None:
        """Without an optimizer, the steps of any that holds the model's parameters count.

        `loss_fn` is a module whose losses are read; the loss of a plain function is not seen.
        """
        self.model = model
        self.optimizer = optimizer
        self.loss_fn = loss_fn
        self.broken: str | None = None  # why nothing is watched any more: a fault of ours, or an odd model
        self._hooks = ExitStack()
        self._reading = ExitStack()  # hooks of the step that is read
        self._seen: Seen | None = None
        self._step = 0
        self._due = 1
        self._loss: torch.Tensor | None = None
        self._evaluating = 0
        self._untouched: set[str] = set()
        self._targets: torch.Tensor | None = None  # class numbers of the last batch
        self._labels: list[torch.Tensor] = []  # of the steps that were read
        self._decay = 0.0
        self._rate = 0.0  # the largest learning rate so far, over the usual one
        self._wrong: list[str] = []  # arguments that are of another kind
        self._strange = False  # whether the optimizer has no parameter of the model
        self._moved: torch.Tensor | None = None  # a weight of the optimizer
        self._cleared_at = 0  # the step before the gradients that were looked at last
        self._kept: list[torch.Tensor] = []  # of gradients that were there before others came

    def __enter__(self) -> Watching:
        self._guarded(self._begin)()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._guarded(self._end)()

    def _guarded(self, function: Callable[Given, object]) -> Callable[Given, None]:
        """The function, whose faults end the watching and nothing else."""

        @wraps(function)
        def guarded(*values: Given.args, **named: Given.kwargs) -> None:
            if self.broken is not None:
                return
            try:
                function(*values, **named)
            except Exception as problem:  # the user's loop goes on, whatever happens here
                self.broken = f"{type(problem).__name__}: {problem}"

        return guarded

    def _begin(self) -> None:
        self._wrong = mistaken(self.model, self.loss_fn, self.optimizer, needed=False)
        if self._wrong:
            return
        self._parameters = {id(one): name for name, one in self.model.named_parameters()}
        if self.optimizer is not None and next(self.model.parameters(), None) is not None:
            self._strange = not self._own(self.optimizer)
        self._seen = Seen(self.model)
        self._untouched = {name for name, one in self.model.named_parameters() if one.requires_grad}
        self._layerwise = Layerwise(Layers.of_module(self.model))
        before = register_optimizer_step_pre_hook(self._guarded(self._before))
        self._hooks.callback(before.remove)
        after = register_optimizer_step_post_hook(self._guarded(self._after))
        self._hooks.callback(after.remove)
        if isinstance(self.loss_fn, nn.Module):
            hook = self.loss_fn.register_forward_hook(self._guarded(self._keep_loss))
            self._hooks.callback(hook.remove)
        self._attach()

    def _attach(self) -> None:
        self._reading.close()
        self._layerwise.clear()
        self._layerwise.attach(self._reading)
        weight = self._moved
        if weight is not None:  # before the first step all gradients are new
            hook = weight.register_hook(self._guarded(partial(self._before_gradient, weight)))
            self._reading.callback(hook.remove)

    def _before_gradient(self, weight: torch.Tensor, gradient: torch.Tensor) -> None:
        """What a weight's gradient holds when the first one since the last step comes to it."""
        if self._cleared_at < self._step:
            self._cleared_at = self._step
            if weight.grad is not None:
                self._kept.append(weight.grad.detach().abs().sum())

    def _keep_loss(self, module: nn.Module, inputs: object, output: object) -> None:
        given = inputs[1] if isinstance(inputs, tuple) and len(inputs) == 2 else None
        if isinstance(given, torch.Tensor) and given.ndim == 1 and given.dtype == torch.int64:
            self._targets = given if len(given) <= MOST_LABELS else None
        if isinstance(output, torch.Tensor) and output.requires_grad and output.numel() == 1:
            self._loss = output.detach()

    def _own(self, optimizer: torch.optim.Optimizer) -> bool:
        if self.optimizer is not None and optimizer is not self.optimizer:
            return False
        return any(id(one) in self._parameters for group in optimizer.param_groups for one in group["params"])

    def _before(self, optimizer: torch.optim.Optimizer, *rest: object) -> None:
        if not self._own(optimizer) or self._step + 1 < self._due:
            return
        moving = {id(one) for group in optimizer.param_groups for one in group["params"] if one.grad is not None}
        self._untouched -= {self._parameters[one] for one in moving if one in self._parameters}
        self._evaluating += not self.model.training
        self._layerwise.before_update()

    def _after(self, optimizer: torch.optim.Optimizer, *rest: object) -> None:
        if not self._own(optimizer) or self._seen is None:
            return
        self._step += 1
        if self._step < self._due:
            if self._step + 1 == self._due:
                self._attach()
            return
        self._layerwise.after_update()
        if self._targets is not None:
            self._labels.append(self._targets.clone())
        rates = [float(group.get("lr") or 0.0) for group in optimizer.param_groups]
        self._rate = max(self._rate, max(rates, default=0.0) / usual_rate(optimizer))
        decays = [float(group.get("weight_decay") or 0.0) for group in optimizer.param_groups]
        beside = any(group.get("decoupled_weight_decay") for group in optimizer.param_groups)
        moved = (one for group in optimizer.param_groups for one in group["params"] if id(one) in self._parameters)
        self._moved = next((one for one in moved if one.requires_grad), None)
        self._decay = max(decays, default=0.0) / (DECOUPLED if beside else DECAY)
        self._seen.take(self._step, self._loss, self._layerwise.take(), self._layerwise.layers.modules)
        self._reading.close()
        self._due = self._step + 1 if self._step < FIRST else math.ceil(self._step * FURTHER)
        if self._due == self._step + 1:
            self._attach()

    def _end(self) -> None:
        self._reading.close()
        self._hooks.close()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is suspected, the most likely first; empty for a training that looks well, or that was not seen."""
        if self._wrong:
            return tuple(ranked_findings([Finding("P1", one, SUSPECTED, {}, {}) for one in self._wrong]))
        if self._strange:
            cause = "an optimizer that has no parameter of the model"
            return tuple(ranked_findings([Finding("T16", cause, SUSPECTED, {"parameters": 0.0}, {})]))
        if self._seen is None or self._step == 0:
            return ()
        try:
            return self._findings(self._seen.dynamics())
        except Exception as problem:  # as in the loop
            self.broken = f"{type(problem).__name__}: {problem}"
            return ()

    def _findings(self, seen: Dynamics) -> tuple[Finding, ...]:
        fastest = seen.largest_update
        grown = max((end / start for start, end in seen.norms.values() if start > 0), default=0.0)
        rose = not seen.losses or not seen.losses[-1] < seen.losses[0]
        flawed = bool(seen.losses) and not math.isfinite(seen.losses[0])  # before any step
        fast = not flawed and (seen.diverged or fastest > FAST or (rose and not grown < GROWN))
        flat = len(seen.losses) > 2 and seen.losses[-1] > FLAT * seen.losses[0] and self._rate < LOW
        still = bool(seen.updates) and not fast and (fastest < STILL or (flat and fastest < CREEPING))
        falling = len(seen.losses) > 2 and SLOW * seen.losses[0] < seen.losses[-1] < seen.losses[0]
        ratio = seen.vanishing
        left = statistics.median([end / start for start, end in seen.norms.values() if start > 0] or [math.inf])
        scale = min((end / start for start, end in seen.scales.values() if start > 0), default=math.inf)
        kept = sum(bool(one > 0) for one in self._kept)
        unmoved = sum(update == 0 and seen.gradients.get(name, 0.0) > 0 for name, update in seen.updates.items())
        still_ones = len(self._untouched) + len(seen.frozen) + (unmoved if unmoved < len(seen.updates) else 0)
        mixed = mixing([one.cpu().numpy() for one in self._labels])
        normalized = any(isinstance(one, nn.modules.batchnorm._BatchNorm) for one in self.model.modules())
        named: list[tuple[str, str, bool, Evidence, Remedy]] = [
            (
                "P5", "gradients that are not cleared between steps", kept >= LEAST_KEPT,
                {"steps_with_old_gradients": float(kept)}, {"loop": "optimizer.zero_grad() before loss.backward()"},
            ),
            ("D9", "inputs that are no finite numbers", flawed, {"first_loss_is_finite": 0.0}, {"fill": "median"}),
            ("T16", "weights that no step changes", still_ones > 0, {"weights": float(still_ones)}, {}),
            (
                "T1", "learning rate too high", fast,
                {"relative_update": fastest, "weight_norm_end_over_start": grown}, {},
            ),
            (
                "T4", "examples not shuffled", mixed < MIXED,
                {"label_entropy_of_batch_over_all": mixed}, {"shuffle": True},
            ),
            (
                "T5", "weight decay too high", self._decay > 1 and left < SHRUNK,
                {"weight_norm_end_over_start": left}, {},
            ),
            (
                "T18", "weight decay on scales of normalizations", self._decay > 1 and scale < SHRUNK,
                {"scale_end_over_start": scale}, {},
            ),
            ("T9", "units that begin alike", bool(seen.alike), {"layers": float(len(seen.alike))}, {}),
            ("T2", "learning rate too low", still, {"relative_update": fastest}, {}),
            (
                "T14", "too few steps", self._step < FEW and falling,
                {"steps": float(self._step), "last_loss": seen.losses[-1] if seen.losses else math.nan}, {},
            ),
            ("N4", "dead RELU units", seen.dead > DEAD, {"share_of_dead_units": seen.dead}, {}),
            (
                "N3", "saturated activations", seen.saturated > SATURATED,
                {"share_of_saturated_outputs": seen.saturated}, {},
            ),
            (
                "T12", "vanishing gradients", ratio is not None and ratio < VANISHING,
                {"gradient_of_first_over_last_layer": ratio or 0.0}, {},
            ),
            (
                "T17", "a model that learns in evaluation mode", normalized and self._evaluating > 0,
                {"steps": float(self._evaluating)}, {},
            ),
        ]  # fmt: skip
        found = [
            Finding(code, cause, SUSPECTED, evidence, remedy) for code, cause, there, evidence, remedy in named if there
        ]
        return tuple(ranked_findings(found))


def watch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer | None = None,
    loss_fn: Callable[..., Any] | None = None,
) -> Watching:
    """Watch a training loop of plain PyTorch, or of a library on it.

        with wxb.doctor.watch(model, optimizer) as watching:
            ...                                  # the loop, as it is
        print(watching.findings)

    About ten steps, and some more of long trainings, are read: weights and gradients before and after the optimizer's
    step, and the outputs of ReLU, Tanh and Sigmoid. Nothing that is computed changes, and nothing is raised.
    """
    return Watching(model, optimizer, loss_fn)
