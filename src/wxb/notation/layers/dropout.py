"""Dropout."""

from __future__ import annotations

from ..tree import Layer, PlannedLayer
from ..write import number_text
from .kind import Kind, Problem, Saved, size


def saved_mask(layer: PlannedLayer) -> Saved:
    """Which numbers were dropped."""
    return Saved(more=size(layer.output))


def problem(layer: Layer) -> Problem | None:
    """A share that drops everything."""
    if layer.number is not None and layer.number >= 1:
        return Problem(f"DROP takes a share in [0, 1), not {number_text(layer.number)}", "DROP(0.5) drops half")
    return None


DROPOUT = {
    "DROP": Kind(
        "dropout",
        "dropout of half of the numbers",
        saved=saved_mask,
        number=0.5,
        problem=problem,
        aliases=("DROPOUT",),
    )
}
