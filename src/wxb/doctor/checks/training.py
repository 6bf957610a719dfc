"""Faults of the training: rate, batches, penalties, length."""

from __future__ import annotations

import math
import statistics

from wxb.doctor.fault import Evidence, Fault, Remedy
from wxb.doctor.measures import Measures
from wxb.doctor.rewrite import changed, with_activation, with_normalization
from wxb.learning.augment import NONE, Augment
from wxb.learning.defaults import default_augment
from wxb.settings.training import WITH_MOMENTUM

FAST = 0.1  # of the weights, that a step changes
SLOW = 1e-3
TIMES = 3.0  # the usual value of a setting
HIGH = 4.0  # times the usual rate
EXPLODING = 70.0  # gradient norm of the first weights over that of the last
VANISHING = 1e-3
GAP = 0.15  # of the score on training and on validation examples
FEW_STEPS = 300
CLIPPED = 0.9  # share of the steps


def rate_too_high(found: Measures) -> Evidence | None:
    """Steps so large that the loss does not fall, or that weights change beyond recognition."""
    dynamics, ratio = found.base.dynamics, found.recipe.learning_rate / found.usual_rate
    rose = len(dynamics.losses) > 1 and not dynamics.losses[-1] < found.base.first_loss
    update = dynamics.largest_update
    if not (dynamics.diverged or (ratio > HIGH and (rose or update > FAST or ratio > TIMES**2))):
        return None
    return {
        "learning_rate": found.recipe.learning_rate,
        "usual_learning_rate": found.usual_rate,
        "relative_update": update,
    }


def rate_too_low(found: Measures) -> Evidence | None:
    """Steps so small that training ends before it has learned."""
    ratio, update = found.recipe.learning_rate / found.usual_rate, found.base.dynamics.largest_update
    if ratio > 1 / TIMES or (update > SLOW and ratio > 1 / TIMES**2):
        return None
    return {
        "learning_rate": found.recipe.learning_rate,
        "usual_learning_rate": found.usual_rate,
        "relative_update": update,
    }


def lower(found: Measures) -> list[Remedy]:
    """The usual rate, and one between it and the present one, at most 10 times the usual one; else a tenth of it."""
    rate, usual = found.recipe.learning_rate, found.usual_rate
    if rate <= usual:
        return [{"learning_rate": float(f"{rate / 10:.2g}")}]
    between = float(f"{min(math.sqrt(rate * usual), usual * 10):.2g}")
    return [{"learning_rate": one} for one in dict.fromkeys((usual, between))]


def higher(found: Measures) -> list[Remedy]:
    """The usual rate, and a higher one, with which a short training comes further."""
    rate, usual = found.recipe.learning_rate, found.usual_rate
    return [{"learning_rate": one} for one in (usual, float(f"{TIMES * usual:.2g}")) if one > rate]


def in_order(found: Measures) -> Evidence | None:
    """Examples in the order of the file, so that batches differ from each other."""
    if found.recipe.shuffle:
        return None
    return {"label_entropy_of_batch_over_all": found.mixing, "validation_score": found.base.score}


def shuffled(found: Measures) -> list[Remedy]:
    """A new order in each epoch."""
    return [{"shuffle": True}]


def penalties(found: Measures) -> dict[str, float]:
    """The penalties that are far larger than usual."""
    usual = max(found.usual.weight_decay, 0.01)
    recipe = found.recipe
    chosen = {"weight_decay": recipe.weight_decay / usual, "l2": recipe.l2 / 1e-3, "l1": recipe.l1 / 1e-4}
    return {name: getattr(recipe, name) for name, times in chosen.items() if times > TIMES**2}


def decay_too_high(found: Measures) -> Evidence | None:
    """A penalty that shrinks the weights to nothing."""
    large = penalties(found)
    if not large:
        return None
    ratios = [end / start for start, end in found.base.dynamics.norms.values() if start > 0]
    return {**large, "weight_norm_end_over_start": statistics.median(ratios) if ratios else math.nan}


def without_penalty(found: Measures) -> list[Remedy]:
    """The usual decay, or no penalty."""
    none = dict.fromkeys(penalties(found), 0.0)
    return [{**none, **found.unusual("weight_decay")}, none] if "weight_decay" in none else [none]


def no_regularization(found: Measures) -> Evidence | None:
    """Training examples learned by heart, with nothing against it."""
    recipe = found.recipe
    against = recipe.weight_decay > 0.02 or recipe.l2 or recipe.l1 or recipe.mixup or found.layers("dropout")
    if found.gap < GAP or against or recipe.keep == "best":
        return None
    return {
        "training_score": found.base.train,
        "validation_score": found.base.score,
        "weight_decay": recipe.weight_decay,
    }


def regularized(found: Measures) -> list[Remedy]:
    """Changed pictures, or decay of the weights."""
    remedies: list[Remedy] = []
    usual = default_augment(found.case.data)
    if Augment.read(found.recipe.augment) == NONE and usual != "none":
        remedies.append({"augment": usual})
    if found.recipe.optimizer in ("adamw", "muon"):
        remedies.append({"weight_decay": 0.2})
    else:
        remedies.append({"l2": 1e-3})
    return remedies


def batch_too_small(found: Measures) -> Evidence | None:
    """Batches of so few examples that steps are mostly noise."""
    size = found.recipe.batch_size * found.recipe.accumulate
    few = 4 if found.layers("normalization") else 2
    return {"batch_size": float(size), "usual_batch_size": float(found.usual.batch_size)} if size <= few else None


def batch_too_large(found: Measures) -> Evidence | None:
    """Batches so large that there are few steps."""
    size = min(found.recipe.batch_size * found.recipe.accumulate, len(found.case.held.split.train))
    steps = found.base.dynamics.steps
    if steps >= FEW_STEPS or size < 4 * found.usual.batch_size:
        return None
    return {"batch_size": float(size), "usual_batch_size": float(found.usual.batch_size), "steps": float(steps)}


def usual_batch(found: Measures) -> list[Remedy]:
    """The usual size."""
    return [{"batch_size": found.usual.batch_size, **({"accumulate": 1} if found.recipe.accumulate > 1 else {})}]


def alike(found: Measures) -> Evidence | None:
    """Units that begin equal and stay equal."""
    names = found.base.dynamics.alike
    return {"layers": float(len(names)), "validation_score": found.base.score} if names else None


def too_large_start(found: Measures) -> Evidence | None:
    """A first loss far above that of scores that know nothing."""
    expected = found.base.expected_loss
    if expected is None or found.base.first_loss < TIMES * expected:
        return None
    return {"first_loss": found.base.first_loss, "expected_first_loss": expected}


def usual_start(found: Measures) -> list[Remedy]:
    """The usual initial weights and scale of the inputs."""
    return (
        [found.unusual("initialization", "first_layer", "normalize")]
        if found.unusual("initialization", "first_layer", "normalize")
        else []
    )


def frozen(found: Measures) -> Evidence | None:
    """Pretrained layers that stay as they are, in a network behind a baseline."""
    if not found.recipe.freeze or not found.behind(found.best_reference):
        return None
    return {"training_score": found.base.train, "validation_score": found.base.score}


def fine_tuned(found: Measures) -> list[Remedy]:
    """Train all layers."""
    return [{"freeze": False, "learning_rate": found.usual_rate}]


def exploding(found: Measures) -> Evidence | None:
    """Gradients that grow from layer to layer on their way back, or end as no number."""
    ratio = found.base.dynamics.vanishing
    if len(found.weighted) < 3 or ratio is None or ratio <= EXPLODING:
        return None
    if not (found.base.dynamics.diverged or found.behind(found.best_reference)):
        return None
    return {"gradient_of_first_over_last_layer": ratio}


def tamed(found: Measures) -> list[Remedy]:
    """Clipped gradients, or BN."""
    return [{"clip": 1.0}, {"network": changed(found.plan, with_normalization)}]


def vanishing(found: Measures) -> Evidence | None:
    """Gradients that shrink to nothing on their way back."""
    ratio = found.base.dynamics.vanishing
    if len(found.weighted) < 3 or ratio is None or ratio >= VANISHING:
        return None
    return {"gradient_of_first_over_last_layer": ratio, "layers": float(len(found.weighted))}


def carried(found: Measures) -> list[Remedy]:
    """BN, or RELU."""
    names = {layer.name for layer in found.layers("activation")}
    remedies: list[Remedy] = []
    if names & {"SIGMOID", "TANH"}:
        remedies.append({"network": changed(found.plan, with_activation("RELU"))})
    if not found.layers("normalization"):
        remedies.append({"network": changed(found.plan, with_normalization)})
    return remedies


def momentum_too_high(found: Measures) -> Evidence | None:
    """Momentum that carries old gradients on for so long that steps swing."""
    if found.recipe.optimizer not in WITH_MOMENTUM or found.recipe.momentum <= 0.96:
        return None
    return {"momentum": found.recipe.momentum, "steps_averaged": 1 / max(1e-9, 1 - found.recipe.momentum)}


def usual_momentum(found: Measures) -> list[Remedy]:
    """0.9."""
    return [{"momentum": 0.9}]


def too_short(found: Measures) -> Evidence | None:
    """A training that ends while its validation still improves."""
    recipe, losses = found.recipe, found.base.validation_losses
    few = found.steps_over_usual
    if few >= 1 / TIMES or (recipe.keep == "best" and recipe.early_stopping):
        return None
    falling = len(losses) < 2 or losses[-1] <= min(losses) * 1.01 or found.far_behind
    return {"share_of_usual_steps": few, "last_loss": losses[-1] if losses else math.nan} if falling else None


def longer(found: Measures) -> list[Remedy]:
    """As long as usual, or three times as long."""
    if found.recipe.steps:
        return [{"steps": times * found.recipe.steps} for times in (3, 2)]
    epochs, usual = found.recipe.epochs, found.usual.epochs
    return [{"epochs": many} for many in dict.fromkeys((usual, 3 * epochs)) if many > epochs]


def odd_schedule(found: Measures) -> Evidence | None:
    """A rate that rises for most of the training, or another schedule than usual."""
    changes = found.unusual("schedule", "warm_up")
    if not changes or (found.recipe.warm_up <= 0.5 and found.recipe.schedule != "step"):
        return None
    return {"warm_up": found.recipe.warm_up, "validation_score": found.base.score}


def usual_schedule(found: Measures) -> list[Remedy]:
    """The usual one."""
    return [found.unusual("schedule", "warm_up")]


def clipped_tight(found: Measures) -> Evidence | None:
    """Gradients that are clipped in nearly every step, to a small part of their size."""
    clip, dynamics = found.recipe.clip, found.base.dynamics
    if not clip or dynamics.clipped <= CLIPPED or not clip < 0.1 * dynamics.total:
        return None
    return {"clip": clip, "share_of_clipped_steps": dynamics.clipped, "gradient_norm": dynamics.total}


def less_clipped(found: Measures) -> list[Remedy]:
    """At 1, or not at all."""
    return [{"clip": one} for one in (1.0, 0.0) if one == 0 or one > found.recipe.clip]


START_AND_RATE = (
    Fault("T9", "units that begin alike", alike, usual_start),
    Fault("T10", "a start that is too large", too_large_start, usual_start),
    Fault("T5", "weight decay too high", decay_too_high, without_penalty),
    Fault("T13", "momentum too high", momentum_too_high, usual_momentum),
    Fault("T19", "gradients clipped too tightly", clipped_tight, less_clipped),
    Fault("T16", "frozen layers", frozen, fine_tuned),
    Fault("T1", "learning rate too high", rate_too_high, lower),
    Fault("T2", "learning rate too low", rate_too_low, higher),
    Fault("T4", "examples not shuffled", in_order, shuffled),
    Fault("T7", "batches too small", batch_too_small, usual_batch),
    Fault("T8", "batches too large", batch_too_large, usual_batch),
    Fault("T15", "a schedule that wastes the training", odd_schedule, usual_schedule),
    Fault("T14", "too few epochs", too_short, longer, late=True),
    Fault("T11", "exploding gradients", exploding, tamed),
    Fault("T12", "vanishing gradients", vanishing, carried),
)
PENALTIES = (Fault("T6", "no regularization", no_regularization, regularized, late=True),)
