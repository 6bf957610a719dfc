"""Faults of the network: its head, its activations, its size."""

from __future__ import annotations

from wxb.doctor.fault import Evidence, Fault, Remedy
from wxb.doctor.measures import Measures
from wxb.doctor.rewrite import changed, with_activations
from wxb.notation.tree import PlannedTeam

ALMOST = 0.02  # a score this near is the same


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
        "network": found.base.score,
        "linear": references["linear"],
        "nearest_neighbour": references["nearest neighbour"],
    }


def activated(found: Measures) -> list[Remedy]:
    """A RELU between layers."""
    return [{"network": changed(found.plan, with_activations)}]


FAULTS = (Fault("N2", "no nonlinearity between layers", linear, activated),)
