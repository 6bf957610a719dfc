"""Activations: functions of one number, and MAXOUT, which compares several."""

from __future__ import annotations

from collections.abc import Callable

from ..tree import Layer, PlannedLayer, replace
from .affine import AFFINE
from .kind import Kind, Problem, Saved, Signal, Site, saves


def activation(
    formula: str,
    slope: str,
    saved: Callable[[PlannedLayer], Saved],
    *,
    rectifies: bool = True,
    number: float | None = None,
    aliases: tuple[str, ...] = (),
) -> Kind:
    """A function of one number z. `number` is the default of its parameter a, if it has one."""
    return Kind("activation", formula, saved=saved, number=number, rectifies=rectifies, aliases=aliases, slope=slope)


def greatest_piece(site: Site) -> tuple[PlannedLayer, Signal]:
    """The greatest of the pieces that the layer before computes."""
    if not (isinstance(site.before, Layer) and site.before.name in AFFINE):
        what = "MAXOUT takes the greatest of the pieces of a CONV or FC, and none stands directly before it"
        raise site.misfit(what, "CONV-MAXOUT or FC-MAXOUT")
    planned, pieces = site.planned, site.planned.kernel[0]
    output = (planned.input[0] // pieces, *planned.input[1:])
    return site.result(replace(planned, output=output, pieces=pieces, kernel=(1, 1)))


def problem(layer: Layer) -> Problem | None:
    """Too few pieces."""
    if layer.kernel and layer.kernel[0] < 2:
        return Problem("MAXOUT takes the number of its pieces, 2 or more", "MAXOUT2")
    return None


ACTIVATIONS = {
    "SIGMOID": activation(
        "σ(z) = 1 / (1 + e^−z)", "σ(1 − σ), at most 1/4", saves(output=True), rectifies=False, aliases=("LOGISTIC",)
    ),
    "TANH": activation("(e^z − e^−z) / (e^z + e^−z)", "1 − y²", saves(output=True), rectifies=False),
    "RELU": activation("max(0, z)", "0 or 1", saves(output=True)),
    "GELU": activation(
        "zΦ(z), Φ being the normal distribution's", "Φ(z) + zφ(z), φ being its density", saves(input=True)
    ),
    "SILU": activation("zσ(z)", "σ(z) + zσ(z)(1 − σ(z))", saves(input=True), aliases=("SWISH",)),
    "LEAKY": activation("max(az, z), a = 0.1", "a or 1", saves(input=True), number=0.1, aliases=("LEAKYRELU", "LRELU")),
    "ELU": activation("z, or a(e^z − 1) below 0, a = 1", "1, or y + a below 0", saves(input=True), number=1.0),
    "MAXOUT": Kind(
        "activation",
        "the greatest of 2 affine pieces, which the `CONV` or `FC` directly before it computes",
        greatest_piece,
        saves(input=True, output=True),  # the gradient goes where they are equal
        kernel=2,
        problem=problem,
        rectifies=True,
        slope="that of the greatest piece",
    ),
}
