"""Initial weights: random, the identity, with spread biases, or whitening filters computed from the training part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import torch
from torch import nn

from wxb.errors import WxbError
from wxb.network.blocks import Team
from wxb.network.layers import Embedding, Recurrent
from wxb.network.layers.affine import AffineEach
from wxb.notation import Plan
from wxb.notation.layers import LAYERS, family
from wxb.notation.tree import Planned, PlannedLayer, PlannedTeam
from wxb.randomness import key

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset

BETWEEN = ("normalization", "dropout", "pooling")  # families that may stand between a layer and its activation
WHITENED_ON = 5_000  # training pictures, spread evenly, whose patches the whitening filters are computed from
SMALLEST_VARIANCE = 5e-4  # added to the variance of each component, so that noise is not amplified


@torch.no_grad()
def initialize(model: nn.Module, plan: Plan, seed: int) -> None:
    """Draw the weights of every CONV and FC from (seed, "weights", path) and set biases to 0.

    Weights are normal with the standard deviation that the notation defines for the layer; the output layer gets a
    tenth of it, so that the first loss is near ln C, the loss of uninformed scores. Normalization starts as the
    identity.
    """
    outputs = [layer.path for layer in plan.output_layers]
    for team in (item for item in plan.items if isinstance(item, PlannedTeam)):
        draw_factors(model, team, seed)
    for planned, std in _deviations(plan.items):
        layer = model.get_submodule(planned.path)
        generator = torch.Generator().manual_seed(key(seed, "weights", planned.path))
        if isinstance(layer, Recurrent):
            for name, values in layer.gru.named_parameters():
                values.zero_() if "bias" in name else values.normal_(0, std, generator=generator)
            continue
        assert isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear | AffineEach | Embedding)
        std = std * (0.1 if planned.path in outputs else 1)
        layer.weight.copy_(torch.empty(layer.weight.shape).normal_(0, std, generator=generator))
        if layer.bias is not None:
            layer.bias.zero_()


def draw_factors(model: nn.Module, planned: PlannedTeam, seed: int) -> None:
    """Draw the factors of a TEAM's members from (seed, "factors", path): 1 or −1 with equal probability.

    The single member of a group, whose factors tell it from no other, has the factors 1.
    """
    team = model.get_submodule(planned.path)
    assert isinstance(team, Team)
    if planned.members > 1:
        generator = torch.Generator().manual_seed(key(seed, "factors", planned.path))
        signs = torch.randint(2, team.factors.shape, generator=generator)
        team.factors.copy_(2 * signs - 1)


def _deviations(items: tuple[Planned, ...]) -> Iterator[tuple[PlannedLayer, float]]:
    """Each layer with weights and their standard deviation, which depends on the first activation after the layer."""
    for place, item in enumerate(items):
        if isinstance(item, PlannedLayer):
            initial = LAYERS[item.name].initial
            if initial is not None and item.parameters:
                following = (layer for layer in items[place + 1 :] if isinstance(layer, PlannedLayer))
                first = next((layer for layer in following if family(layer) not in BETWEEN), None)
                yield item, initial(item, first is not None and LAYERS[first.name].rectifies)
        else:
            for way in item.ways:
                yield from _deviations(way)


@torch.no_grad()
def identify(model: nn.Module, plan: Plan) -> None:
    """Initialize convolutions as the identity, as far as they have filters for the channels of their input.

    This applies to every CONV outside of blocks that keeps the size of its maps, except the output layer; the remaining
    filters keep their random weights (Zagoruyko, Komodakis 2017, "DiracNets", arXiv:1706.00388; Jordan 2024,
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
    """Draw the biases of the first layer, so that the kinks of its units are spread over the inputs.

    With biases of 0 they would all pass through the mean. The bias of a unit with weights w is uniform in ±√3·|w|,
    drawn from (seed, "biases", path), because a uniform standardized input reaches to ±√3 along any axis. After Nguyen,
    Widrow (1990), "Improving the learning speed of 2-layer neural networks by choosing initial values of the adaptive
    weights". Raises WxbError unless the network begins with a hidden FC that has biases.
    """
    first = plan.hidden_first
    if first is None:
        raise WxbError(
            '`initialization="spread-biases"` is for networks that begin with a hidden layer FC that has biases',
            f"this one begins with {plan.items[0].path}",
            '`initialization="random"`',
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
    state: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Set the filters of the first convolution to the principal components of its patches, and freeze them.

    The first half of the filters are the leading components of the scaled training patches, each divided by √(its
    variance + 0.0005); the second half are their negatives, so that a rectifier after them loses nothing (Page 2019,
    "How to train your ResNet 8"; Jordan 2024, arXiv:2404.00498, section 3.2). Since neither these filters nor their
    bias are learned, the gradient of their maps is not needed, which saves a twelfth to a sixth of a step. `state`
    holds weights by name if the filters were computed before; filters of another shape are not taken. Raises WxbError
    unless the network begins with a CONV that has a suitable number of filters.
    """
    first = plan.items[0]
    if data is None or not isinstance(first, PlannedLayer) or first.name != "CONV" or first.groups != 1:
        raise WxbError(
            '`first_layer="whitened"` needs a network that begins with CONV and is built for a data set',
            f"this one begins with {getattr(first, 'name', 'a block')}" + (" and has no data" if data is None else ""),
            '`first_layer="learned"`',
        )
    layer = model.get_submodule(first.path)
    assert isinstance(layer, nn.Conv2d)
    filters, size = len(layer.weight), layer.weight[0].numel()
    if filters % 2 or filters > 2 * size:
        raise WxbError(
            f'`first_layer="whitened"` needs an even number of filters, at most {2 * size}; {first.path} has {filters}',
            f"a patch of {first.input[0]}x{first.kernel[0]}x{first.kernel[1]} has {size} components, each is there "
            "with both signs",
            '`first_layer="learned"`, or another width',
        )
    stored = None if state is None else state.get(f"{first.path}.weight")
    if stored is None or stored.shape != layer.weight.shape:
        stored = _whitened(first, filters, scale, data)
    layer.weight.copy_(stored)
    layer.requires_grad_(False)


def _whitened(first: PlannedLayer, filters: int, scale: nn.Module, data: Dataset) -> torch.Tensor:
    """Whitening filters of the patches of the training part: (filters, channels, height, width)."""
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
    # the sign of an eigenvector depends on the library; make its largest number positive
    largest = leading.gather(1, leading.abs().argmax(1, keepdim=True))
    leading = leading * largest.sign()
    return torch.cat([leading, -leading]).view(filters, first.input[0], *first.kernel)
