"""Examining anybody's module, loss, loader and optimizer: what is counted, then side runs of copies that prove."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from wxb.doctor.arguments import mistaken
from wxb.doctor.batches import Loss, Unusable, read_batches
from wxb.doctor.checks.plain import FAULTS, no_signal
from wxb.doctor.diagnose import BUDGET
from wxb.doctor.fault import Evidence, Remedy
from wxb.doctor.finding import SICK, Diagnosis, Finding, Proof, ranked_findings
from wxb.doctor.gradients import wrong_gradient
from wxb.doctor.misfits import ALMOST_ONE, misfit
from wxb.doctor.modules import leaves
from wxb.doctor.plain import PlainRuns, Subject
from wxb.doctor.plain_measures import PlainMeasures
from wxb.doctor.proof import Candidate, Race

SINGLE = "a softmax over a single output, which is always 1"
BOUNDED: dict[type[nn.Module], float] = {nn.Sigmoid: 1.0, nn.Tanh: 2.0}  # how far two scores can lie apart


def examine(
    model: nn.Module,
    loss_fn: Callable[..., Any] | None,
    loader: Iterable[Any],
    optimizer: torch.optim.Optimizer,
    *,
    budget: float = 3 * BUDGET,
) -> Diagnosis:
    """Examine a training of plain PyTorch before it is made; the answer's `findings` are the most likely causes.

        found = wxb.doctor.examine(model, nn.CrossEntropyLoss(), loader, optimizer)
        for finding in found.findings:
            print(finding.code, finding.cause, finding.evidence, finding.remedy)

    `loader` gives batches (inputs, targets), several inputs and then targets, or dicts of keywords with `labels`; its
    first 4,096 examples are looked at. `loss_fn` takes the model's output and the targets; None stands for a model
    that gives its `loss`. Model and optimizer stay as they are: side runs take copies, `budget` of them in full length.
    A model, loss or batch that raises is a finding (P1 to P4), never an error, and so is what is none of them.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what they warn of is found
            wrong = mistaken(model, loss_fn, optimizer)
            found: list[Finding] | Diagnosis = [_counted("P1", one, {}) for one in wrong]
            found = found or _examined(model, loss_fn, loader, optimizer, budget)
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
    candidates = []
    for fault in FAULTS:
        evidence = fault.symptom(measures)
        if evidence is None:
            continue
        remedies = fault.remedies(measures)
        if fault.counted(evidence):
            finding = _counted(fault.code, fault.cause, evidence, remedies[0])
            return Diagnosis(tuple(ranked_findings([finding])), (), runs.spent, {"network": base.score})
        candidates += [Candidate(fault, evidence, remedy) for remedy in remedies if fault.mends]
    proved = Race(measures, candidates).winner()
    scores_by_name = {"network": base.score}
    if proved is None:
        unlearned = no_signal(measures)
        if unlearned is not None:
            return Diagnosis(
                (_counted("D1", "labels that nothing predicts", unlearned),), (), runs.spent, scores_by_name
            )
        return Diagnosis((), (), runs.spent, scores_by_name)
    gain, fault = proved.gain, proved.candidate.fault
    proof = Proof(gain.before, gain.after, gain.interval, gain.seeds, "wxb.doctor.examine(…)", proved.share)
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
        found = _of_classes(subject, scores, targets, loss)
    else:
        found = _of_amounts(subject, scores, targets) if torch.is_floating_point(targets) else []
    if found:
        return found
    unfit = misfit(subject.operations, scores, targets, loss, subject.classes)
    return [] if unfit is None else [_counted(*unfit)]


def _of_classes(subject: Subject, scores: Tensor, targets: Tensor, loss: float) -> list[Finding]:
    outputs = scores.shape[1]
    given = torch.cat([one.targets.flatten() for one in subject.batches if isinstance(one.targets, Tensor)])
    if int(given.max()) >= outputs:
        evidence = {"outputs": float(outputs), "classes": float(given.max()) + 1}
        return [_counted("N1", "fewer outputs than classes", evidence)]
    if outputs == 1:
        return [_counted("N1", SINGLE, {"outputs": 1.0})]
    if len(given.unique()) < 2:
        return [_counted("D14", "batches of a single class", {"classes": 1.0})]
    entropy = float(nn.functional.cross_entropy(scores.float(), targets))
    bounded = BOUNDED.get(type(_last(subject.model)))
    if bounded is not None and math.isclose(entropy, loss, rel_tol=1e-3):
        least = math.log(1 + (outputs - 1) * math.exp(-bounded))
        remedy = {"network": "the same without its last activation"}
        return [
            _counted("N1", "an activation that bounds scores before a cross-entropy", {"least_loss": least}, remedy)
        ]
    return []


def _last(model: nn.Module) -> nn.Module:
    """The last module without parts, which is what the outputs pass last in a sequence."""
    return leaves(model)[-1]


def _of_amounts(subject: Subject, scores: Tensor, targets: Tensor) -> list[Finding]:
    if scores.shape != targets.shape and scores.numel() == targets.numel() > 1:
        shapes = {"outputs_dimensions": float(scores.ndim), "targets_dimensions": float(targets.ndim)}
        if math.prod(torch.broadcast_shapes(scores.shape, targets.shape)) > targets.numel():
            cause = f"outputs {tuple(scores.shape)} against targets {tuple(targets.shape)}: each against every other"
            return [_counted("T3", cause, shapes, {"data": "targets in the shape of the outputs"})]
    last = _last(subject.model)
    of_one = isinstance(last, nn.Softmax | nn.LogSoftmax) and scores.ndim == 2 and scores.shape[1] == 1
    if of_one and float((scores - float(isinstance(last, nn.Softmax))).abs().max()) < ALMOST_ONE:
        remedy = {"network": "the same with nn.Sigmoid in place of its softmax, or without it"}
        return [_counted("N1", SINGLE, {"outputs": 1.0}, remedy)]
    least = min(float(one.targets.min()) for one in subject.batches if isinstance(one.targets, Tensor))
    if least < 0 and isinstance(last, nn.ReLU | nn.Sigmoid | nn.Softmax | nn.Softplus) and bool((scores >= 0).all()):
        cause = "an activation that bounds the outputs, not the targets"
        return [_counted("N1", cause, {"least_target": least}, {"network": "the same without its last activation"})]
    return []
