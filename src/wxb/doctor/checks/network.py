"""Faults of the network: its head, its activations, its size and depth."""

from __future__ import annotations

import math

from wxb.doctor.fault import Evidence, Fault, Remedy
from wxb.doctor.measures import Measures
from wxb.doctor.rewrite import (
    changed,
    headed,
    wider,
    with_activation,
    with_activations,
    with_dropout,
    with_normalization,
    without_last_activation,
    without_layers,
    without_pooling,
)
from wxb.notation.layers import family
from wxb.notation.tree import PlannedLayer, PlannedTeam
from wxb.notation.vocabulary import SELF

ALMOST = 0.02  # a score this near is the same
SATURATED = 0.7  # share of the outputs at their limits
DEAD = 0.5  # share of the units
VANISHING = 1e-3  # gradient norm of the first weights over that of the last
DEEP = 8  # layers with weights
DROPPED = 0.6  # rate
GAP = 0.1  # of the score on training and on validation examples
NARROW = 1 / 8  # of both neighbours' widths
SMALL = 64  # units of the widest layer


def _ends_in_activation(found: Measures) -> bool:
    last = found.plan.items[-1]
    return isinstance(last, PlannedLayer) and family(last) == "activation"


def wrong_head(found: Measures) -> Evidence | None:
    """Scores that an activation bounds, or another loss than the usual one of the task: it fits, and may do worse."""
    bounded, other = _ends_in_activation(found), found.plan.head != found.task.heads[0]
    if not bounded and not (other and found.behind(found.best_reference)):
        return None
    scores = {"validation_score": found.base.score, "best_baseline": found.best_reference}
    return {"outputs_are_bounded": 1.0, **scores} if bounded else scores


def right_head(found: Measures) -> list[Remedy]:
    """The task's own head behind unbounded scores."""
    change = without_last_activation if _ends_in_activation(found) else lambda items: items
    return [{"network": headed(changed(found.plan, change), found.task.heads[0])}]


def linear(found: Measures) -> Evidence | None:
    """Several layers that together are one linear layer, where the data are not linear."""
    curved = found.layers("activation", "pooling", "feature", "window")
    if len(found.weighted) < 2 or curved or isinstance(found.plan.items[-1], PlannedTeam):
        return None
    references = found.references
    if "linear" not in references or references["nearest neighbour"] <= references["linear"] + ALMOST:
        return None
    return {
        "layers": float(len(found.weighted)),
        "validation_score": found.base.score,
        "linear": references["linear"],
        "nearest_neighbour": references["nearest neighbour"],
    }


def activated(found: Measures) -> list[Remedy]:
    """A RELU between layers."""
    return [{"network": changed(found.plan, with_activations)}]


def saturated(found: Measures) -> Evidence | None:
    """Sigmoids or tangents at their limits, or so many of them that no gradient comes through."""
    bounded = [layer for layer in found.layers("activation") if layer.name in ("SIGMOID", "TANH")]
    if not bounded:
        return None
    share, ratio = found.base.dynamics.saturated, found.base.dynamics.vanishing
    deep = len(bounded) > 2 and ((ratio is not None and ratio < VANISHING) or found.far_behind)
    if share <= SATURATED and not deep:
        return None
    first = {"share_of_saturated_outputs": share} if share > SATURATED else {"bounded_layers": float(len(bounded))}
    return {**first, "gradient_of_first_over_last_layer": math.nan if ratio is None else ratio}


def unsaturated(found: Measures) -> list[Remedy]:
    """RELU instead, or BN before."""
    return [
        {"network": changed(found.plan, with_activation("RELU"))},
        {"network": changed(found.plan, with_normalization)},
    ]


def dead(found: Measures) -> Evidence | None:
    """Units of RELU that give 0 for every example."""
    share = found.base.dynamics.dead
    return {"share_of_dead_units": share} if share > DEAD and found.behind(found.best_reference) else None


def revived(found: Measures) -> list[Remedy]:
    """A lower rate, a RELU that leaks, or BN."""
    rate = float(f"{min(found.recipe.learning_rate / 10, found.usual_rate):.2g}")
    return [
        {"learning_rate": rate},
        {"network": changed(found.plan, with_activation("LEAKY"))},
        {"network": changed(found.plan, with_normalization)},
    ]


def _widths(found: Measures) -> list[int]:
    return [layer.output[0] for layer in found.weighted[:-1]]


def _maps(found: Measures) -> bool:
    """Whether there are layers whose cost grows with the picture."""
    return any(layer.name == "CONV" for layer in found.weighted)


def bottleneck(found: Measures) -> Evidence | None:
    """A hidden layer far narrower than both its neighbours, or than the classes need."""
    if isinstance(found.plan.items[-1], PlannedTeam) or found.plan.head == SELF:  # whose bottleneck is its code
        return None
    widths = _widths(found)
    outputs = found.plan.outputs
    inputs = math.prod(found.plan.input)
    around = [inputs, *widths, outputs]
    narrow = [
        width
        for place, width in enumerate(widths, 1)
        if width < math.log2(max(outputs, 2))
        or (width < NARROW * around[place - 1] and width < NARROW * around[place + 1])
    ]
    narrow = [width for width in narrow if width < 32]
    if not narrow or not found.behind(found.best_reference):
        return None
    return {"narrowest_width": float(min(narrow)), "outputs": float(outputs), "validation_score": found.base.score}


def opened(found: Measures) -> list[Remedy]:
    """Eight times the width of what is narrow, at least."""
    least = 8 * min(_widths(found))
    return [{"network": changed(found.plan, wider(1, least=least if _maps(found) else max(least, SMALL)))}]


def too_deep(found: Measures) -> Evidence | None:
    """Many layers without BN or a residual, whose first ones hardly get a gradient."""
    ratio = found.base.dynamics.vanishing
    blocks = any(not isinstance(item, PlannedLayer) for item in found.plan.items)
    if len(found.weighted) <= DEEP or blocks or found.layers("normalization"):
        return None
    if ratio is None or not (ratio < VANISHING * 100 or found.behind(found.best_reference)):
        return None
    return {"layers": float(len(found.weighted)), "gradient_of_first_over_last_layer": ratio}


def shallower(found: Measures) -> list[Remedy]:
    """BN, or fewer layers."""
    return [
        {"network": changed(found.plan, with_normalization)},
        {"network": changed(found.plan, without_layers(3))},
    ]


def dropout_too_high(found: Measures) -> Evidence | None:
    """Dropout that leaves too little to learn from."""
    rates = [layer.number if layer.number is not None else 0.5 for layer in found.layers("dropout")]
    if not rates or max(rates) < DROPPED:
        return None
    return {"dropout": max(rates), "training_score": found.base.train, "validation_score": found.base.score}


def less_dropout(found: Measures) -> list[Remedy]:
    """A rate of 0.2."""
    return [{"network": changed(found.plan, with_dropout(0.2))}]


def too_small(found: Measures) -> Evidence | None:
    """A narrow network that is as bad on training examples, where the nearest neighbour is better."""
    widths = _widths(found)
    if max(widths, default=0) >= SMALL or isinstance(found.plan.items[-1], PlannedTeam):
        return None
    neighbour = found.references.get("nearest neighbour", 0.0)
    if max(found.base.train, found.base.score + 0.05) > neighbour or not found.behind(neighbour):
        return None
    wide = {"widest_layer": float(max(widths))} if widths else {"hidden_layers": 0.0}
    return {**wide, "validation_score": found.base.score, "nearest_neighbour": neighbour}


def enlarged(found: Measures) -> list[Remedy]:
    """Several times the width, or two hidden layers where there is none."""
    if not _widths(found):
        return [{"network": f"(FC-{SMALL}-RELU)*2, {found.plan.head}"}]
    code = min(_widths(found)) if found.plan.head == SELF else 0  # as narrow as it is meant to be
    change = wider(4, least=16, but=code) if _maps(found) else wider(2, least=SMALL, but=code)
    network = changed(found.plan, change)
    return [] if network == found.plan.network.short() else [{"network": network}]


def too_big(found: Measures) -> Evidence | None:
    """A network whose loss on validation rises while that on training falls."""
    losses = found.base.validation_losses
    if len(losses) < 4 or found.gap < GAP or found.recipe.keep == "best":
        return None
    best = min(losses)
    if not losses[-1] > 1.2 * best + 1e-9:
        return None
    return {
        "best_loss": best,
        "last_loss": losses[-1],
        "best_epoch": float(losses.index(best) + 1),
        "training_minus_validation_score": found.gap,
    }


def stopped(found: Measures) -> list[Remedy]:
    """Keep the best epoch, or take a narrower network."""
    return [{"keep": "best"}, {"network": changed(found.plan, wider(0.25, least=8))}]


def pooled_away(found: Measures) -> Evidence | None:
    """Maps of one pixel long before the head."""
    maps = [layer for layer in found.plan.layers if len(layer.output) == 3]
    tiny = [layer for layer in maps if max(layer.output[1:]) <= 1 and layer.name != "GAP"]
    if not maps or not tiny or not found.layers("pooling"):
        return None
    return {"layers_on_one_pixel": float(len(tiny)), "validation_score": found.base.score}


def less_pooling(found: Measures) -> list[Remedy]:
    """A pooling less."""
    return [{"network": changed(found.plan, without_pooling)}]


HEAD = (
    Fault(
        "N1", "a head or last activation that does not fit the targets", wrong_head, right_head,
        likely=lambda evidence: "outputs_are_bounded" in evidence,
    ),
    Fault("N2", "no nonlinearity between layers", linear, activated),
)  # fmt: skip
CAPACITY = (
    Fault("N3", "saturated activations", saturated, unsaturated),
    Fault("N4", "dead RELU units", dead, revived),
    Fault("N6", "too deep without normalization or residuals", too_deep, shallower),
    Fault("N5", "a bottleneck", bottleneck, opened),
    Fault("N8", "dropout too high", dropout_too_high, less_dropout),
    Fault("N11", "pooled away", pooled_away, less_pooling),
    Fault("N9", "network too small", too_small, enlarged),
    Fault("N10", "network too big: it learns by heart", too_big, stopped, late=True),
)
