"""Temperature scaling: logits divided by one number, so that the probabilities of held-out examples are right."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from wxb.network.heads import Head
from wxb.network.layers.affine import AffineEach

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wxb.network.build import Model

FURTHEST = math.log(10)  # of the logarithm of a temperature
CAUTION = 5.0  # the penalty, in nats of the loss summed over examples, on a temperature of e or 1/e: few examples
# that are all answered rightly would ask for a temperature of 0
CAUTION_SMOOTHED = 1.0  # of logits that label smoothing has held back, for which a temperature below 1 is expected


def temperature(
    head: Head,
    logits: Tensor,
    targets: Tensor,
    caution: float = CAUTION,
    weights: NDArray[np.float64] | None = None,
) -> float:
    """The T > 0 that minimizes the loss of logits / T (Guo et al. 2017, arXiv:1706.04599, section 4.2).

    `logits` are (n, outputs), or (n, members, outputs) of a TEAM, whose members are averaged after the division; n > 0.
    `caution` is the penalty on a temperature other than 1, 0 for the temperature that fits best. `weights` (n,) say how
    much each example counts.
    """
    from scipy.optimize import minimize_scalar  # takes a tenth of a second to import

    logits = logits.double()
    share = None if weights is None else torch.from_numpy(weights * (len(weights) / weights.sum()))

    def loss(log_temperature: float) -> float:
        scores = logits / math.exp(log_temperature)
        scores = head.averaged(scores) if scores.ndim == 3 else scores
        losses = head.loss(scores, targets)
        return float((losses if share is None else losses * share).sum()) + caution * log_temperature**2

    found = minimize_scalar(loss, bounds=(-FURTHEST, FURTHEST), method="bounded", options={"xatol": 1e-3})
    return math.exp(float(found.x))


@torch.no_grad()
def divide_logits(model: Model, by: float) -> None:
    """Divide the logits of a model, by the weights and biases of its output layers."""
    for planned in model.plan.output_layers:
        layer = model.get_submodule(planned.path)
        assert isinstance(layer, torch.nn.Linear | torch.nn.Conv2d | AffineEach)
        layer.weight.div_(by)
        if layer.bias is not None:
            layer.bias.div_(by)
