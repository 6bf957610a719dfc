"""Weights before the first step: drawn, passing on what comes in, or found in the training part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import nn

from wxb.errors import WxbError
from wxb.notation.tree import Plan, Planned, PlannedConcat, PlannedLayer, PlannedResidual
from wxb.randomness import key

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset

RECTIFIERS = ("RELU", "LEAKY", "ELU", "GELU", "SILU", "MAXOUT")
BETWEEN = ("BN", "LRN", "DROP", "POOL", "AVGPOOL", "GAP")  # may stand between a layer and its activation
WHITENED_ON = 5_000  # training pictures, spread evenly, whose patches give the whitened filters
SMALLEST_VARIANCE = 5e-4  # added to each component's, so that noise is not blown up


@torch.no_grad()
def initialize(model: nn.Module, plan: Plan, seed: int) -> None:
    """Draw the weights of every CONV and FC from (seed, "weights", path).

    Normal with variance 2 / fan-in before a rectifier (He et al. 2015, equation 10), else 2 / (fan-in + fan-out)
    (Glorot, Bengio 2010, equation 12); biases 0. The layer that gives the logits starts at a tenth of that, so that the
    first loss is near what knowing nothing costs, ln C. Normalization starts as the identity.
    """
    output = plan.output_layer.path
    for planned, rectified in _followed(plan.items):
        layer = model.get_submodule(planned.path)
        assert isinstance(layer, nn.Conv2d | nn.Linear)
        weight, bias = layer.weight, layer.bias
        fan_in = weight[0].numel()
        fan_out = weight.shape[0] // planned.groups * (weight[0, 0].numel() if weight.ndim == 4 else 1)
        variance = 2 / fan_in if rectified else 2 / (fan_in + fan_out)
        std = variance**0.5 * (0.1 if planned.path == output else 1)
        generator = torch.Generator().manual_seed(key(seed, "weights", planned.path))
        weight.copy_(torch.empty(weight.shape).normal_(0, std, generator=generator))
        if bias is not None:
            bias.zero_()


def _followed(items: tuple[Planned, ...]) -> list[tuple[PlannedLayer, bool]]:
    """Every CONV and FC, and whether a rectifier is the first activation behind it among its siblings."""
    found: list[tuple[PlannedLayer, bool]] = []
    for place, item in enumerate(items):
        match item:
            case PlannedLayer(name="CONV" | "FC"):
                behind = [other.name for other in items[place + 1 :] if isinstance(other, PlannedLayer)]
                first = next((name for name in behind if name not in BETWEEN), "")
                found.append((item, first in RECTIFIERS))
            case PlannedResidual():
                found += _followed(item.arm) + _followed(item.shortcut)
            case PlannedConcat():
                for branch in item.branches:
                    found += _followed(branch)
    return found


@torch.no_grad()
def identify(model: nn.Module, plan: Plan) -> None:
    """Let convolutions begin by passing on as many of their input's channels as they have filters for.

    Those are CONV layers at top level that keep the size of their maps, but for the output layer; the filters that are
    left over stay as they were drawn (Zagoruyko, Komodakis 2017, "DiracNets", arXiv:1706.00388; Jordan 2024,
    arXiv:2404.00498, section 3.3).
    """
    for item in plan.items:
        if (
            isinstance(item, PlannedLayer)
            and item.name == "CONV"
            and item.groups == 1
            and item.pieces == 1
            and item.input[1:] == item.output[1:]
            and item.path != plan.output_layer.path
        ):
            weight = model.get_submodule(item.path).weight
            assert isinstance(weight, torch.Tensor)
            nn.init.dirac_(weight[: weight.shape[1]])


@torch.no_grad()
def spread(model: nn.Module, plan: Plan, seed: int) -> None:
    """Let the units of the first layer turn at places spread over the inputs, rather than all of them at their mean.

    With weights w a unit's bias is uniform in ±√3·|w|, drawn from (seed, "biases", path): a standardized input that is
    uniform reaches just so far along any axis. After Nguyen, Widrow (1990), "Improving the learning speed of 2-layer
    neural networks by choosing initial values of the adaptive weights". Raises WxbError where the network does not
    begin with an FC, behind which others stand, that has biases.
    """
    first = plan.hidden_first
    if first is None:
        raise WxbError(
            "--start spread is for networks that begin with a hidden layer FC that has biases",
            f"this one begins with {plan.items[0].path}",
            "--start random",
        )
    layer = model.get_submodule(first.path)
    assert isinstance(layer, nn.Linear)
    generator = torch.Generator().manual_seed(key(seed, "biases", first.path))
    bound = 3**0.5 * layer.weight.norm(dim=1)
    layer.bias.copy_(torch.empty(layer.bias.shape).uniform_(-1, 1, generator=generator) * bound)


@torch.no_grad()
def whiten(
    model: nn.Module,
    plan: Plan,
    scale: nn.Module,
    data: Dataset | None,
    found: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Let the first convolution's filters be the principal components of its patches. They and its bias are not learned
    from then on, so that nothing needs the gradient of the maps behind it, a twelfth to a sixth of a step.

    Of n filters the first n/2 are the leading components v of the scaled training patches, each divided by √(its
    variance + 0.0005), the other half are their negatives, so that nothing is lost behind a rectifier (Page 2019, "How
    to train your ResNet 8"; Jordan 2024, arXiv:2404.00498, section 3.2). `found` are weights by their names in the
    network, where these filters were found before. Raises WxbError where the network does not begin with a CONV that
    has as many filters as that takes.
    """
    first = plan.items[0]
    if data is None or not isinstance(first, PlannedLayer) or first.name != "CONV" or first.groups != 1:
        raise WxbError(
            "--first-layer whitened is for a network that begins with CONV, and for data",
            f"this one begins with {getattr(first, 'name', 'a block')}",
            "--first-layer learned",
        )
    layer = model.get_submodule(first.path)
    assert isinstance(layer, nn.Conv2d)
    filters, size = len(layer.weight), layer.weight[0].numel()
    if filters % 2 or filters > 2 * size:
        raise WxbError(
            f"--first-layer whitened needs an even number of filters, at most {2 * size}; {first.path} has {filters}",
            f"a patch of {first.input[0]}x{first.kernel[0]}x{first.kernel[1]} has {size} components, each is there "
            "with both signs",
            "--first-layer learned, or another width",
        )
    layer.weight.copy_(_whitened(first, filters, scale, data) if found is None else found[f"{first.path}.weight"])
    layer.requires_grad_(False)


def _whitened(first: PlannedLayer, filters: int, scale: nn.Module, data: Dataset) -> torch.Tensor:
    """Whitened patches of the training part: (filters, channels, height, width)."""
    size = first.input[0] * first.kernel[0] * first.kernel[1]
    train = data.split.train
    examples = torch.from_numpy(data.examples[train[:: -(-len(train) // WHITENED_ON)]])
    correlation = torch.zeros(size, size, dtype=torch.float64)
    patches = 0
    for part in examples.split(500):
        columns = (
            torch.nn.functional.unfold(scale(part), first.kernel, stride=first.kernel).transpose(1, 2).flatten(0, 1)
        )
        correlation += (columns.T @ columns).double()
        patches += len(columns)
    variances, components = torch.linalg.eigh(correlation / patches)
    half = filters // 2
    leading = components.T.flip(0)[:half] / (variances.flip(0)[:half, None] + SMALLEST_VARIANCE).sqrt()
    # an eigenvector's sign is the library's choice: here its largest number is positive
    largest = leading.gather(1, leading.abs().argmax(1, keepdim=True))
    leading = leading * largest.sign()
    return torch.cat([leading, -leading]).view(filters, first.input[0], *first.kernel)
