"""Faults of anybody's module that side runs of copies prove."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor, nn

from wxb.doctor.fault import Evidence, Fault, Remedy
from wxb.doctor.modules import (
    WEIGHTED,
    activated,
    leaky,
    neighbours,
    normalized,
    rectified,
    widened,
    widths,
    with_dropout,
    without_last,
)
from wxb.doctor.plain import PlainRuns, Subject

RATIO, OFFSET, LARGE, TINY = 100.0, 10.0, 10.0, 1e-2  # of inputs, as in checks/data.py
LARGE_TARGET = 100.0
FAST = 0.1
SLOW = 1e-4
SATURATED = 0.7
DEAD = 0.5
DROPPED = 0.6
SMALL = 16  # units of the widest layer
DEEP = 8  # layers with weights
NEIGHBOURS = 5
MOST_NUMBERS = 20_000_000  # of the inputs, that baselines look at
LEAST_HELD = 150  # examples
STUCK = 0.7  # of the first loss
BEHIND = 0.05  # of a baseline
MIXED = 0.5  # of the entropy of all labels


class PlainMeasures:
    """What the faults of plain modules ask for."""

    def __init__(self, subject: Subject, runs: PlainRuns) -> None:
        self.subject = subject
        self.runs = runs
        base = runs.run({})
        assert base is not None
        self.base = base

    def class_weights(self, half: str) -> None:
        """No fault of plain modules is judged by the mean over classes."""
        return None

    @property
    def inputs(self) -> Tensor | None:
        """The inputs of the batches that learn, if they are tensors of numbers."""
        found = [one.inputs for one in self.runs.learned]
        if not all(isinstance(one, Tensor) and one.is_floating_point() for one in found):
            return None
        if len({one.shape[1:] for one in found}) > 1:
            return None
        return torch.cat(found).float()

    def modules(self, *kinds: type[nn.Module]) -> list[nn.Module]:
        """The parts of the model that are of some kinds."""
        return [one for one in self.subject.model.modules() if isinstance(one, kinds)]

    @property
    def stuck(self) -> bool:
        """Whether the loss has hardly fallen in the side run."""
        losses = self.base.dynamics.losses
        return len(losses) < 2 or not losses[-1] < STUCK * losses[0]

    @cached_property
    def references(self) -> dict[str, float] | None:
        """The scores of a constant and of baselines on the held batches; None for inputs that are no numbers."""
        inputs = self.inputs
        held = [one for half in self.runs.halves for one in half]
        if inputs is None or not all(isinstance(one.targets, Tensor) for one in (*self.runs.learned, *held)):
            return None
        there = torch.cat([one.inputs for one in held]).float().flatten(1)
        x = inputs.flatten(1)
        if x.numel() > MOST_NUMBERS or len(there) < LEAST_HELD or not bool(torch.isfinite(x).all()):
            return None
        y, wanted = (torch.cat([one.targets for one in some]).flatten() for some in (self.runs.learned, held))
        if len(y) != len(x) or len(wanted) != len(there):
            return None
        deviation = x.std(0)
        x, there = (((one - x.mean(0)) / torch.where(deviation > 0, deviation, 1.0)).double() for one in (x, there))
        coded = nn.functional.one_hot(y.long()).double() if self.subject.classes else y.double()[:, None]
        nearest = torch.cdist(there, x).topk(min(NEIGHBOURS, len(x)), largest=False).indices
        ones = [torch.cat([one, torch.ones_like(one[:, :1])], 1) for one in (x, there)]
        gram = ones[0].T @ ones[0] + torch.eye(ones[0].shape[1], dtype=torch.float64, device=x.device)
        answers = {
            "constant": coded.mean(0).expand(len(there), -1),
            "nearest_neighbour": coded[nearest].mean(1),
            "linear": ones[1] @ torch.linalg.solve(gram, ones[0].T @ coded),
        }
        if self.subject.classes:
            return {name: float((one.argmax(1) == wanted).double().mean()) for name, one in answers.items()}
        spread = float(((wanted - wanted.double().mean()) ** 2).mean())
        errors = {name: float(((one[:, 0] - wanted) ** 2).mean()) for name, one in answers.items()}
        return {name: 1 - error / max(spread, 1e-30) for name, error in errors.items()}


def no_signal(found: PlainMeasures) -> Evidence | None:
    """Nothing predicts the targets better than a constant does: neither the side run nor a baseline."""
    references = found.references
    if references is None:
        return None
    constant, best = references["constant"], max(references["nearest_neighbour"], references["linear"])
    error = max(found.base.error, 0.01)
    if max(best, found.base.score) > constant + 2 * error:
        return None
    return {"network": found.base.score, "constant": constant, "best_baseline": best}


def _inputs_not_scaled(found: PlainMeasures) -> Evidence | None:
    values = found.inputs
    if values is None or values.ndim < 2:
        return None
    axes = [0, *range(2, values.ndim)]
    mean, deviation = values.mean(axes).abs(), values.std(axes)
    moving = deviation > 0
    if not bool(moving.any()):
        return None
    mean, deviation = mean[moving], deviation[moving]
    # beside the median: a pixel that hardly ever changes hides nothing
    usual, largest, offset = float(deviation.median()), float(deviation.max()), float((mean / deviation).median())
    if largest <= RATIO * usual and offset <= OFFSET and largest <= LARGE and usual >= TINY:
        return None
    return {"largest_deviation": largest, "median_deviation": usual, "mean_in_deviations": offset}


def _targets_not_scaled(found: PlainMeasures) -> Evidence | None:
    if found.subject.classes or not all(isinstance(one.targets, Tensor) for one in found.runs.learned):
        return None
    targets = torch.cat([one.targets.double().flatten() for one in found.runs.learned])
    mean, deviation = float(targets.mean().abs()), float(targets.std())
    return {"mean": mean, "deviation": deviation} if max(mean, deviation) > LARGE_TARGET else None


def _rate_too_high(found: PlainMeasures) -> Evidence | None:
    dynamics, subject = found.base.dynamics, found.subject
    update = dynamics.largest_update
    rose = not (dynamics.losses and dynamics.losses[-1] < found.base.first_loss)
    if not (dynamics.diverged or rose or update > FAST or subject.rate > 30 * subject.usual_rate):
        return None
    if subject.rate <= subject.usual_rate / 10:
        return None
    return {"learning_rate": subject.rate, "update": update, **_best_rate(found)}


def _best_rate(found: PlainMeasures) -> dict[str, float]:
    best = found.runs.best_rate
    return {} if best is None else {"best_rate": float(f"{best:.2g}")}


def _rate_too_low(found: PlainMeasures) -> Evidence | None:
    update, rate, usual = found.base.dynamics.largest_update, found.subject.rate, found.subject.usual_rate
    if rate > usual or (update > SLOW and rate > usual / 30):
        return None
    return {"learning_rate": found.subject.rate, "update": update, **_best_rate(found)}


def _lower(found: PlainMeasures) -> list[Remedy]:
    rate, usual = found.subject.rate, found.subject.usual_rate
    several = dict.fromkeys((*_best_rate(found).values(), min(usual, rate / 10), rate / 100))
    return [{"learning_rate": one} for one in several if one < rate / 2]


def _higher(found: PlainMeasures) -> list[Remedy]:
    rate, usual = found.subject.rate, found.subject.usual_rate
    several = dict.fromkeys((*_best_rate(found).values(), usual, max(usual, rate * 30)))
    return [{"learning_rate": one} for one in several if one > 2 * rate]


def _decayed(found: PlainMeasures) -> Evidence | None:
    most = max(float(group.get("weight_decay", 0.0)) for group in found.subject.optimizer.param_groups)
    return {"weight_decay": most} if most > 0.2 else None


def _carried_on(found: PlainMeasures) -> Evidence | None:
    most = max(float(group.get("momentum", 0.0)) for group in found.subject.optimizer.param_groups)
    return {"momentum": most} if most > 0.96 else None


def _alike(found: PlainMeasures) -> Evidence | None:
    names = found.base.dynamics.alike
    return {"layers": float(len(names))} if names else None


def _large_start(found: PlainMeasures) -> Evidence | None:
    if not found.subject.classes:
        return None
    expected = math.log(found.subject.first[0].shape[1])
    first = found.subject.first[2]
    return {"first_loss": first, "expected": expected} if not first < 3 * expected else None


def _exploding(found: PlainMeasures) -> Evidence | None:
    ratio = found.base.dynamics.vanishing
    return {"gradient_first_over_last": ratio} if ratio is not None and ratio > 70 else None


def _vanishing(found: PlainMeasures) -> Evidence | None:
    ratio = found.base.dynamics.vanishing
    return {"gradient_first_over_last": ratio} if ratio is not None and ratio < 1e-3 else None


def _bounded(found: PlainMeasures) -> Evidence | None:
    bounds = nn.Sigmoid | nn.Tanh | nn.Softmax | nn.ReLU | nn.Softplus
    sequence = widths(found.subject.model) is not None
    last = list(found.subject.model.children())[-1:] if sequence else []
    if not last or not isinstance(last[0], bounds) or (isinstance(last[0], nn.Softmax) and not found.stuck):
        return None
    return {"score": found.base.score, "first_loss": found.base.first_loss}


def _linear(found: PlainMeasures) -> Evidence | None:
    count = neighbours(found.subject.model)
    return {"layers_without_activation": float(count), "score": found.base.score} if count else None


def _saturated(found: PlainMeasures) -> Evidence | None:
    count, dynamics = len(found.modules(nn.Sigmoid, nn.Tanh)), found.base.dynamics
    if not count or not (dynamics.saturated > SATURATED or (count > 2 and found.stuck)):
        return None
    ratio = dynamics.vanishing
    return {"saturated": dynamics.saturated, "gradient_first_over_last": math.nan if ratio is None else ratio}


def _dead(found: PlainMeasures) -> Evidence | None:
    share = found.base.dynamics.dead
    return {"dead": share} if share > DEAD else None


def _revived(found: PlainMeasures) -> list[Remedy]:
    rate = min(found.subject.usual_rate, found.subject.rate / 10)
    return [{"initialization": "default"}, {"learning_rate": rate}, {"network": leaky}]


def _dropped(found: PlainMeasures) -> Evidence | None:
    rates = [one.p for one in found.modules(nn.modules.dropout._DropoutNd) if isinstance(one.p, float)]
    return {"rate": max(rates), "score": found.base.score} if max(rates, default=0.0) >= DROPPED else None


def _deep(found: PlainMeasures) -> Evidence | None:
    count = len(found.modules(*WEIGHTED))
    if count <= DEEP or found.modules(nn.modules.batchnorm._BatchNorm) or not found.stuck:
        return None
    return {"layers": float(count), "score": found.base.score}


def _small(found: PlainMeasures) -> Evidence | None:
    references, hidden = found.references, widths(found.subject.model)
    if references is None or hidden is None or max(hidden, default=0) > SMALL:
        return None
    best = references["nearest_neighbour"]
    if best < found.base.score + BEHIND or found.base.train > best:
        return None
    return {"widest": float(max(hidden, default=0)), "score": found.base.score, "nearest_neighbour": best}


def _partly_frozen(found: PlainMeasures) -> Evidence | None:
    named = list(found.subject.model.named_parameters())
    frozen = sum(not one.requires_grad for _, one in named)
    return {"frozen": float(frozen), "parameters": float(len(named))} if frozen else None


def _in_order(found: PlainMeasures) -> Evidence | None:
    share = found.runs.mixed
    return {"batch_entropy_share": share} if share < MIXED else None


def _one(remedy: Remedy) -> Callable[[PlainMeasures], list[Remedy]]:
    return lambda found: [remedy]


FAULTS = (
    Fault("D4", "inputs not scaled", _inputs_not_scaled, _one({"normalize": "std"})),
    Fault("D13", "targets not scaled", _targets_not_scaled, _one({"target": "std"})),
    Fault("N1", "a last activation that does not fit the targets", _bounded, _one({"network": without_last})),
    Fault("N2", "no nonlinearity between layers", _linear, _one({"network": activated})),
    Fault("T9", "units that begin alike", _alike, _one({"initialization": "default"})),
    Fault("T10", "a start that is too large", _large_start, _one({"initialization": "default"})),
    Fault("T16", "frozen parameters", _partly_frozen, _one({"trainable": True})),
    Fault("T1", "learning rate too high", _rate_too_high, _lower),
    Fault("T2", "learning rate too low", _rate_too_low, _higher),
    Fault("T13", "momentum too high", _carried_on, _one({"momentum": 0.9})),
    Fault("T5", "weight decay too high", _decayed, _one({"weight_decay": 0.01})),
    Fault("T4", "examples not shuffled", _in_order, _one({"shuffle": True})),
    Fault("N3", "saturated activations", _saturated, _one({"network": rectified})),
    Fault("N4", "dead RELU units", _dead, _revived),
    Fault("N8", "dropout too high", _dropped, _one({"network": with_dropout(0.2)})),
    Fault("T11", "exploding gradients", _exploding, _one({"clip": 1.0})),
    Fault(
        "T12", "vanishing gradients", _vanishing, lambda found: [{"initialization": "default"}, {"network": rectified}]
    ),
    Fault("N6", "too deep without normalization or residuals", _deep, _one({"network": normalized})),
    Fault("N9", "network too small", _small, _one({"network": widened})),
)
