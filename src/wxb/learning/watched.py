"""What is recorded of a watched step: a line of a run's `watched.jsonl`. Needs no torch.

    {"step": 120, "epoch": 3, "learning_rate": 0.004, "loss": 0.31, "layers": {
        "1.CONV5-6": {"gradient_norm": 0.12, "update_ratio": 0.0011}, "2.TANH": {"saturated": 0.04}, …}}

`layers` is in the order of the network and by path; layers without learned weights and other activations than RELU,
TANH and SIGMOID are not in it.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Count = Annotated[int, Meta(ge=1, le=2**53)]
Amount = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]


class LayerStatistics(Struct, frozen=True, omit_defaults=True):
    """What a layer did in one step; None for what such a layer does not have, and for what was no finite number.

    The weights are the layer's matrix, filters or scales, without biases. A unit is a feature, or a channel of maps.
    """

    gradient_norm: Annotated[
        Amount | None, Meta(description="Euclidean norm of the gradient of the weights, before clipping")
    ] = None
    update_ratio: Annotated[
        Amount | None, Meta(description="norm of the change of the weights, divided by their norm before it")
    ] = None
    dead: Annotated[
        Share | None, Meta(description="of RELU: share of the units that gave 0 at every place of every example")
    ] = None
    saturated: Annotated[
        Share | None,
        Meta(description="of TANH and SIGMOID: share of the outputs where the slope is below a tenth of its greatest"),
    ] = None


class WatchedStep(Struct, frozen=True):
    """A line of `watched.jsonl`."""

    step: Annotated[Count, Meta(description="1-based: the number of updates made")]
    epoch: Annotated[Count, Meta(description="1-based")]
    learning_rate: float
    loss: Annotated[float | None, Meta(description="the objective on the step's batch, before its update")]
    layers: Annotated[dict[str, LayerStatistics], Meta(description="by path")]
