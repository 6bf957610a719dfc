"""Examining anybody's module, loss, loader and optimizer: what is counted, then side runs of copies that prove."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from wxb.doctor.batches import Loss, Unusable, read_batches
from wxb.doctor.diagnose import BUDGET
from wxb.doctor.fault import Evidence, Fault, Remedy
from wxb.doctor.finding import SICK, Diagnosis, Finding, Proof, ranked_findings
from wxb.doctor.gradients import wrong_gradient
from wxb.doctor.plain import PlainRuns, Subject
from wxb.doctor.proof import Candidate, Race

RATIO, OFFSET, LARGE, TINY = 100.0, 10.0, 10.0, 1e-2  # of inputs, as in checks/data.py
LARGE_TARGET = 100.0
FAST = 0.1
SLOW = 1e-4
ALMOST_ONE = 1e-3


def examine(
    model: nn.Module,
    loss_fn: Callable[..., Any] | None,
    loader: Iterable[Any],
    optimizer: torch.optim.Optimizer,
    *,
    budget: float = 2 * BUDGET,
) -> Diagnosis:
    """Examine a training of plain PyTorch before it is made; the answer's `findings` are the most likely causes.

        found = wxb.doctor.examine(model, nn.CrossEntropyLoss(), loader, optimizer)
        for finding in found.findings:
            print(finding.code, finding.cause, finding.evidence, finding.remedy)

    `loader` gives batches (inputs, targets), several inputs and then targets, or dicts of keywords with `labels`; its
    first 4,096 examples are looked at. `loss_fn` takes the model's output and the targets; None stands for a model
    that gives its `loss`. Model and optimizer stay as they are: side runs take copies, `budget` of them in full length.
    A model, loss or batch that raises is a finding (P1 to P4), never an error.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what they warn of is found
            found = _examined(model, loss_fn, loader, optimizer, budget)
    except Unusable as problem:
        found = [_counted("P2", str(problem), {})]
    except Exception as problem:  # whatever the user's code raises
        text = str(problem).splitlines()[0][:200] if str(problem) else ""
        found = [_counted("P1", f"model, loss or data raise {type(problem).__name__}: {text}", {})]
    return found if isinstance(found, Diagnosis) else Diagnosis(tuple(ranked_findings(found)))


def _counted(code: str, cause: str, evidence: Evidence, remedy: Remedy | None = None) -> Finding:
    return Finding(code, cause, SICK, evidence, remedy or {})


def _examined(
    model: nn.Module, loss_fn: Loss | None, loader: Iterable[Any], optimizer: torch.optim.Optimizer, budget: float
) -> list[Finding] | Diagnosis:
    parameters = list(model.parameters())
    if not parameters:
        return [_counted("P3", "the model has no parameters", {"parameters": 0.0})]
    batches = read_batches(loader, parameters[0].device)
    subject = Subject(model, loss_fn, optimizer, batches)
    scores, targets, loss = subject.first
    found = [*_of_parameters(subject), *_of_numbers(subject), *_of_scores(subject, scores, targets, loss)]
    wrong = wrong_gradient(model, loss_fn, batches[0])
    if wrong is not None:
        found.append(_counted("P4", f"the gradient of {wrong[0]} is not that of the loss", wrong[1]))
    if found:
        return found
    runs = PlainRuns(subject, budget)
    base = runs.run({})
    if base is None:
        return [_counted("P1", "the model cannot be trained on its batches", {})]
    measures = PlainMeasures(subject, runs)
    candidates = [
        Candidate(fault, evidence, remedy)
        for fault in FAULTS
        if (evidence := fault.symptom(measures)) is not None
        for remedy in fault.remedies(measures)
    ]
    proved = Race(measures, candidates).winner()
    scores_by_name = {"network": base.score}
    if proved is None:
        return Diagnosis((), (), runs.spent, scores_by_name)
    gain, fault = proved.gain, proved.candidate.fault
    proof = Proof(gain.before, gain.after, (gain.low, gain.high), gain.seeds, "wxb.doctor.examine(…)")
    finding = Finding(fault.code, fault.cause, SICK, proved.candidate.evidence, proved.candidate.remedy, proof)
    return Diagnosis(tuple(ranked_findings([finding])), (), runs.spent, scores_by_name)


# --- what is counted -------------------------------------------------------------------------------------------------


def _of_parameters(subject: Subject) -> list[Finding]:
    held = {id(one) for group in subject.optimizer.param_groups for one in group["params"]}
    named = list(subject.model.named_parameters())
    missing = [name for name, one in named if id(one) not in held and one.requires_grad]
    frozen = [name for name, one in named if not one.requires_grad]
    if len(frozen) == len(named) or missing:
        cause = "parameters that the optimizer does not have" if missing else "all parameters are frozen"
        return [_counted("T16", cause, {"missing": float(len(missing)), "frozen": float(len(frozen))})]
    return []


def _of_numbers(subject: Subject) -> list[Finding]:
    for name in ("inputs", "targets"):
        values = [getattr(batch, name) for batch in subject.batches]
        tensors = [one for one in values if isinstance(one, Tensor) and one.is_floating_point()]
        bad = sum(int((~torch.isfinite(one)).sum()) for one in tensors)
        if bad:
            cause = f"{name} that are no finite numbers"
            return [_counted("D9", cause, {"not_finite": float(bad)}, {"fill": "median"})]
    return []


def _of_scores(subject: Subject, scores: Tensor, targets: Tensor | None, loss: float) -> list[Finding]:
    if targets is None:
        return []
    if subject.classes:
        return _of_classes(subject, scores, targets, loss)
    return _of_amounts(subject, scores, targets) if torch.is_floating_point(targets) else []


def _of_classes(subject: Subject, scores: Tensor, targets: Tensor, loss: float) -> list[Finding]:
    outputs = scores.shape[1]
    given = torch.cat([one.targets.flatten() for one in subject.batches if isinstance(one.targets, Tensor)])
    if int(given.max()) >= outputs:
        evidence = {"outputs": float(outputs), "classes": float(given.max()) + 1}
        return [_counted("N1", "fewer outputs than classes", evidence)]
    if outputs == 1:
        return [_counted("N1", "a softmax over a single output", {"outputs": 1.0})]
    if len(given.unique()) < 2:
        return [_counted("D14", "batches of a single class", {"classes": 1.0})]
    sums = scores.float().sum(1)
    probable = scores.ndim == 2 and bool((scores >= 0).all()) and float((sums - 1).abs().max()) < ALMOST_ONE
    if probable and math.isclose(float(nn.functional.cross_entropy(scores.float(), targets)), loss, rel_tol=1e-3):
        evidence = {"sum_of_scores": float(sums.mean()), "least_loss": math.log(outputs - 1 + math.e) - 1}
        remedy = {"network": "the same without its softmax"}
        return [_counted("N7", "a softmax before a loss that has one", evidence, remedy)]
    return []


def _of_amounts(subject: Subject, scores: Tensor, targets: Tensor) -> list[Finding]:
    if scores.shape != targets.shape and scores.numel() == targets.numel() > 1:
        shapes = {"outputs_dimensions": float(scores.ndim), "targets_dimensions": float(targets.ndim)}
        if math.prod(torch.broadcast_shapes(scores.shape, targets.shape)) > targets.numel():
            cause = f"outputs {tuple(scores.shape)} against targets {tuple(targets.shape)}: each against every other"
            return [_counted("T3", cause, shapes, {"data": "targets in the shape of the outputs"})]
    least = min(float(one.targets.min()) for one in subject.batches if isinstance(one.targets, Tensor))
    last = [one for one in subject.model.modules() if not list(one.children())][-1]
    if least < 0 and isinstance(last, nn.ReLU | nn.Sigmoid | nn.Softmax | nn.Softplus) and bool((scores >= 0).all()):
        cause = "an activation that bounds the outputs, not the targets"
        return [_counted("N1", cause, {"least_target": least}, {"network": "the same without its last activation"})]
    return []


# --- what side runs prove --------------------------------------------------------------------------------------------


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
    if not (dynamics.diverged or rose or update > FAST) or subject.rate <= subject.usual_rate / 10:
        return None
    return {"learning_rate": subject.rate, "update": update}


def _rate_too_low(found: PlainMeasures) -> Evidence | None:
    update = found.base.dynamics.largest_update
    if update > SLOW and found.subject.rate > found.subject.usual_rate / 30:
        return None
    return {"learning_rate": found.subject.rate, "update": update}


def _lower(found: PlainMeasures) -> list[Remedy]:
    rate, usual = found.subject.rate, found.subject.usual_rate
    return [{"learning_rate": one} for one in sorted({min(usual, rate / 10), rate / 100})[::-1]]


def _higher(found: PlainMeasures) -> list[Remedy]:
    return [{"learning_rate": found.subject.usual_rate}]


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


def _one(remedy: Remedy) -> Callable[[PlainMeasures], list[Remedy]]:
    return lambda found: [remedy]


FAULTS = (
    Fault("D4", "inputs not scaled", _inputs_not_scaled, _one({"normalize": "std"})),
    Fault("D13", "targets not scaled", _targets_not_scaled, _one({"target": "std"})),
    Fault("T9", "units that begin alike", _alike, _one({"initialization": "default"})),
    Fault("T10", "a start that is too large", _large_start, _one({"initialization": "default"})),
    Fault("T1", "learning rate too high", _rate_too_high, _lower),
    Fault("T2", "learning rate too low", _rate_too_low, _higher),
    Fault("T5", "weight decay too high", _decayed, _one({"weight_decay": 0.01})),
    Fault("T13", "momentum too high", _carried_on, _one({"momentum": 0.9})),
    Fault("T11", "exploding gradients", _exploding, _one({"clip": 1.0})),
    Fault("T12", "vanishing gradients", _vanishing, _one({"initialization": "default"})),
)
