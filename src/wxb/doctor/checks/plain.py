"""Faults of anybody's module that side runs of copies prove."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from wxb.doctor.batches import Batch, BatchChange
from wxb.doctor.checks.labels import GAP, SMALL_GAP, rises, steep, untold
from wxb.doctor.fault import Evidence, Fault, Remedy
from wxb.doctor.modules import (
    WEIGHTED,
    activated,
    far_wider,
    leaky,
    neighbours,
    normalized,
    rectified,
    widened,
    widths,
    with_dropout,
    without_last,
)
from wxb.doctor.plain_measures import PlainMeasures
from wxb.doctor.proof import gain_of
from wxb.randomness import generator

RATIO, OFFSET, LARGE, TINY = 100.0, 10.0, 10.0, 1e-2  # of inputs, as in checks/data.py
LARGE_TARGET = 100.0
OUT_OF_REACH = 1e-4  # of the largest target, that the largest output has come to
LEAST_UNTOLD = 150  # examples that score, from which nothing to learn is told
FAST = 0.1
SLOW = 1e-4
SATURATED = 0.7
DEAD = 0.9  # as in watching.py: of a single input, half of the units rest for a batch
DROPPED = 0.6
SMALL = 16  # units of the widest layer
DEEP = 8  # layers with weights
BEHIND = 0.05  # of a baseline
MIXED = 0.5  # of the entropy of labels that are dealt by chance
NOISY, WRONG = 0.1, 0.2  # labels that are doubted, and that are wrong at random, as in checks/labels.py
FEW, LEARNED = 50, 0.95  # examples of a class; a score on training examples that are learned by heart
ENOUGH = 0.02  # by which a baseline is better that has the same examples
SHRUNK = 0.5  # of a scale at the start


def no_signal(found: PlainMeasures) -> Evidence | None:
    """Nothing predicts the targets better than a constant does: neither the side run nor a baseline."""
    references, error = found.references, max(found.base.error, 0.01)
    chance = 1 / found.subject.first[0].shape[1] if found.subject.classes else 0.0
    if references is None or len(found.base.both) < LEAST_UNTOLD:  # too few are left to score baselines
        if found.hint or found.base.score > chance + 2 * error:
            return None
        return {"validation_score": found.base.score, "constant": chance}
    constant, best = references["constant"], max(references["nearest_neighbour"], references["linear"])
    most = max(constant, chance)  # on few examples a constant may come to less than it will
    if max(best, found.base.score) > most + 2 * error or not untold(most, error) or found.linear_signal:
        return None
    return {"validation_score": found.base.score, "constant": constant, "best_baseline": best}


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
    return {
        "largest_standard_deviation": largest,
        "median_standard_deviation": usual,
        "mean_over_standard_deviation": offset,
    }


def _targets_not_scaled(found: PlainMeasures) -> Evidence | None:
    if found.subject.classes or not all(isinstance(one.targets, Tensor) for one in found.runs.learned):
        return None
    targets = found.runs.amounts
    mean, deviation = float(targets.mean().abs()), float(targets.std())
    if max(mean, deviation) <= LARGE_TARGET:
        return None
    return {"mean": mean, "standard_deviation": deviation, "largest_output_over_targets": found.runs.reach}


def _out_of_reach(evidence: Evidence) -> bool:
    """Whether outputs have hardly begun to move towards the targets: no side run is long enough to tell more."""
    return evidence["largest_output_over_targets"] < OUT_OF_REACH


def _rate_too_high(found: PlainMeasures) -> Evidence | None:
    dynamics, subject = found.base.dynamics, found.subject
    update = dynamics.largest_update
    rose = not (dynamics.losses and dynamics.losses[-1] < found.base.first_loss)
    if not (dynamics.diverged or rose or update > FAST or subject.rate > 30 * subject.usual_rate):
        return None
    if subject.rate <= subject.usual_rate / 10:
        return None
    return {"learning_rate": subject.rate, "relative_update": update, **_best_rate(found)}


def _best_rate(found: PlainMeasures) -> dict[str, float]:
    best = found.runs.best_rate
    return {} if best is None else {"best_rate": float(f"{best:.2g}")}


def _rate_too_low(found: PlainMeasures) -> Evidence | None:
    update, rate, usual = found.base.dynamics.largest_update, found.subject.rate, found.subject.usual_rate
    if rate > usual or (update > SLOW and rate > usual / 30):
        return None
    return {"learning_rate": found.subject.rate, "relative_update": update, **_best_rate(found)}


def _lower(found: PlainMeasures) -> list[Remedy]:
    rate, usual = found.subject.rate, found.subject.usual_rate
    several = dict.fromkeys((*_best_rate(found).values(), min(usual, rate / 10), rate / 100))
    return [{"learning_rate": one} for one in several if one < rate / 2]


def _higher(found: PlainMeasures) -> list[Remedy]:
    rate, usual = found.subject.rate, found.subject.usual_rate
    best = list(_best_rate(found).values()) or [10 * usual]
    several = dict.fromkeys((*best, usual, max(usual, rate * 30)))
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
    return {"first_loss": first, "expected_first_loss": expected} if not first < 3 * expected else None


def _exploding(found: PlainMeasures) -> Evidence | None:
    ratio = found.base.dynamics.vanishing
    return {"gradient_of_first_over_last_layer": ratio} if ratio is not None and ratio > 70 else None


def _vanishing(found: PlainMeasures) -> Evidence | None:
    ratio = found.base.dynamics.vanishing
    return {"gradient_of_first_over_last_layer": ratio} if ratio is not None and ratio < 1e-3 else None


def _bounded(found: PlainMeasures) -> Evidence | None:
    bounds = nn.Sigmoid | nn.Tanh | nn.Softmax | nn.ReLU | nn.Softplus
    sequence = widths(found.subject.model) is not None
    last = list(found.subject.model.children())[-1:] if sequence else []
    if not last or not isinstance(last[0], bounds) or (isinstance(last[0], nn.Softmax) and not found.stuck):
        return None
    if isinstance(last[0], nn.Sigmoid) and found.within(0.0, 1.0):  # it fits, whatever another one gains at first
        return None
    return {"validation_score": found.base.score, "first_loss": found.base.first_loss}


def _linear(found: PlainMeasures) -> Evidence | None:
    count = neighbours(found.subject.model)
    return {"layers_without_activation": float(count), "validation_score": found.base.score} if count else None


def _saturated(found: PlainMeasures) -> Evidence | None:
    count, dynamics = len(found.modules(nn.Sigmoid, nn.Tanh)), found.base.dynamics
    if not count or not (dynamics.saturated > SATURATED or (count > 2 and found.stuck)):
        return None
    ratio = dynamics.vanishing
    return {
        "share_of_saturated_outputs": dynamics.saturated,
        "gradient_of_first_over_last_layer": math.nan if ratio is None else ratio,
    }


def _dead(found: PlainMeasures) -> Evidence | None:
    share = found.base.dynamics.dead
    return {"share_of_dead_units": share} if share > DEAD else None


def _revived(found: PlainMeasures) -> list[Remedy]:
    rate = min(found.subject.usual_rate, found.subject.rate / 10)
    return [{"initialization": "default"}, {"learning_rate": rate}, {"network": leaky}]


def _dropped(found: PlainMeasures) -> Evidence | None:
    rates = [one.p for one in found.modules(nn.modules.dropout._DropoutNd) if isinstance(one.p, float)]
    return {"dropout": max(rates), "validation_score": found.base.score} if max(rates, default=0.0) >= DROPPED else None


def _deep(found: PlainMeasures) -> Evidence | None:
    count = len(found.modules(*WEIGHTED))
    if count <= DEEP or found.modules(nn.modules.batchnorm._BatchNorm) or not found.stuck:
        return None
    return {"layers": float(count), "validation_score": found.base.score}


def _small(found: PlainMeasures) -> Evidence | None:
    references, hidden = found.references, widths(found.subject.model)
    if references is None or hidden is None or max(hidden, default=0) > SMALL:
        return None
    if _partly_frozen(found) is not None or found.falling:  # a wider network would be trainable; or learn faster only
        return None
    best = references["nearest_neighbour"]
    if best < found.base.score + BEHIND or found.base.train > best:
        return None
    return {
        "widest_layer": float(max(hidden, default=0)),
        "validation_score": found.base.score,
        "nearest_neighbour": best,
    }


def _wider(found: PlainMeasures) -> list[Remedy]:
    return [{"network": one} for one in (widened, far_wider)]


def _partly_frozen(found: PlainMeasures) -> Evidence | None:
    named = list(found.subject.model.named_parameters())
    frozen = sum(not one.requires_grad for _, one in named)
    return {"frozen": float(frozen), "parameters": float(len(named))} if frozen else None


def _in_order(found: PlainMeasures) -> Evidence | None:
    share = found.runs.mixed
    return {"label_entropy_of_batch_over_all": share} if share < MIXED else None


def _wrong_labels(found: PlainMeasures) -> Evidence | None:
    noise = found.noise
    if noise is not None and noise.least > WRONG and found.base.score < 1 - noise.share + 2 * found.base.error:
        shares = {"share_of_wrong_labels": noise.share, "wrong_labels_at_least": noise.least}
        return {**shares, "validation_score": found.base.score}
    doubted = found.doubted
    if doubted is None or doubted.mean() <= NOISY or 1 - found.base.score <= NOISY:
        return None
    return {"share_of_doubted_labels": float(doubted.mean()), "doubted_labels": float(doubted.sum())}


def _pruned(found: PlainMeasures) -> list[Remedy]:
    doubted = found.doubted
    assert doubted is not None

    def prune(batches: Sequence[Batch]) -> list[Batch]:
        ends = np.cumsum([len(one) for one in batches])[:-1]
        kept = [torch.from_numpy(np.flatnonzero(~some)) for some in np.split(doubted, ends)]
        return [one.part(rows) for one, rows in zip(batches, kept, strict=True) if len(rows) > 1]

    text = (
        f"leave out, or label again, the {int(doubted.sum()):,} examples of {len(doubted):,} whose labels are doubted"
    )
    return [{"data": BatchChange(text, prune)}]


def _too_few(found: PlainMeasures) -> Evidence | None:
    targets = found.targets
    if targets is None or not found.whole or (found.noise is not None and found.noise.least > WRONG):
        return None
    per_class = len(targets) / len(np.unique(targets))
    gap = found.base.train - found.base.score
    if per_class >= FEW or gap < SMALL_GAP or found.base.train < LEARNED or found.runs.mixed < MIXED:
        return None
    if found.best_reference is not None and found.best_reference > found.base.score + ENOUGH:
        return None  # the same examples are enough for a baseline
    evidence = {
        "examples_per_class": per_class,
        "training_score": found.base.train,
        "validation_score": found.base.score,
    }
    half = found.runs.run({"data": BatchChange("half of the examples", _fewer(0.5))})
    quarter = found.runs.run({"data": BatchChange("a quarter of the examples", _fewer(0.25))})
    if half is None or quarter is None or not quarter.score <= half.score < found.base.score:
        return None
    gain = gain_of([quarter.both], [found.base.both])
    doubling = {"gain_of_a_doubling": gain.mean / 2, "gain_at_least": gain.low / 2}
    curve = {"score_with_half": half.score, **doubling}
    return {**evidence, **curve} if gap >= GAP or steep(found.base.score, curve) else None


def _fewer(share: float) -> Callable[[Sequence[Batch]], list[Batch]]:
    """A share of the examples of each batch, at least two of each."""

    def fewer(batches: Sequence[Batch]) -> list[Batch]:
        draw = generator(0, "doctor", "fewer")
        orders = [torch.from_numpy(draw.permutation(len(one))) for one in batches]
        return [one.part(order[: max(2, round(share * len(one)))]) for one, order in zip(batches, orders, strict=True)]

    return fewer


def _scales_decayed(found: PlainMeasures) -> Evidence | None:
    most = max(float(group.get("weight_decay") or 0.0) for group in found.subject.optimizer.param_groups)
    left = min((end / start for start, end in found.base.dynamics.scales.values() if start > 0), default=1.0)
    return {"weight_decay": most, "scale_end_over_start": left} if most and left < SHRUNK else None


def _one(remedy: Remedy) -> Callable[[PlainMeasures], list[Remedy]]:
    return lambda found: [remedy]


FAULTS = (
    Fault("D4", "inputs not scaled", _inputs_not_scaled, _one({"normalize": "std"})),
    Fault("D13", "targets not scaled", _targets_not_scaled, _one({"target": "std"}), counted=_out_of_reach),
    Fault(
        "D2", "labels partly wrong", _wrong_labels, _pruned,
        counted=lambda evidence: "share_of_wrong_labels" in evidence,
    ),
    Fault("N1", "a last activation that does not fit the targets", _bounded, _one({"network": without_last})),
    Fault("N2", "no nonlinearity between layers", _linear, _one({"network": activated})),
    Fault("T9", "units that begin alike", _alike, _one({"initialization": "default"})),
    Fault("T10", "a start that is too large", _large_start, _one({"initialization": "default"})),
    Fault("T16", "frozen parameters", _partly_frozen, _one({"trainable": True})),
    Fault("T1", "learning rate too high", _rate_too_high, _lower),
    Fault("T2", "learning rate too low", _rate_too_low, _higher),
    Fault("T13", "momentum too high", _carried_on, _one({"momentum": 0.9})),
    Fault("T5", "weight decay too high", _decayed, lambda found: [{"weight_decay": 0.01}, {"weight_decay": 0.0}]),
    Fault(
        "T18", "weight decay on scales of normalizations", _scales_decayed,
        _one({"decayed": "only what has more than one dimension"}),
    ),
    Fault("T4", "examples not shuffled", _in_order, _one({"shuffle": True})),
    Fault("N3", "saturated activations", _saturated, _one({"network": rectified})),
    Fault("N4", "dead RELU units", _dead, _revived),
    Fault("N8", "dropout too high", _dropped, _one({"network": with_dropout(0.2)})),
    Fault("T11", "exploding gradients", _exploding, _one({"clip": 1.0})),
    Fault(
        "T12", "vanishing gradients", _vanishing, lambda found: [{"initialization": "default"}, {"network": rectified}]
    ),
    Fault("N6", "too deep without normalization or residuals", _deep, _one({"network": normalized})),
    Fault("N9", "network too small", _small, _wider),
    Fault("D12", "too few examples", _too_few, _one({"data": "more examples"}), counted=rises, mends=False),
)  # fmt: skip
