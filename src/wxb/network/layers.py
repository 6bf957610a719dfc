"""Every layer of the notation as a plain module; torch's own wherever it has one."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wxb.errors import WxbError
from wxb.network.features import DESIGNED
from wxb.notation.tree import PlannedLayer

# Of fewer channels than its kernels take at a time oneDNN computes wrong gradients of 1x1 filters with a stride, or
# writes where it must not, on processors without AVX-512 (uxlfoundation/oneDNN, issue 6035). What such filters do not
# read is therefore left out before.
LEAST_CHANNELS = 16


class Affine(nn.Linear):
    """f(x) = Wx + b of all numbers of an example, W (width, features): FC.

    Maps are read channel by channel, each row by row, whatever their layout in memory.
    """

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, features) or (batch, channels, height, width) → (batch, width)."""
        return super().forward(x.flatten(1))

    def reset_parameters(self) -> None:
        """Nothing: `build.initialize` draws the weights, and torch's own generator is left to others."""


class Convolution(nn.Conv2d):
    """Filters (width, channels / groups, height, width) over maps: CONV, a correlation."""

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, height, width) → (batch, width, …)."""
        (down, right), few = self.stride, self.in_channels // self.groups < LEAST_CHANNELS
        if few and max(down, right) > 1 and self.kernel_size == (1, 1) and self.padding == (0, 0):
            return F.conv2d(x[:, :, ::down, ::right], self.weight, self.bias, groups=self.groups)
        return super().forward(x)

    def reset_parameters(self) -> None:
        """Nothing: `build.initialize` draws the weights, and torch's own generator is left to others."""


class Maxout(nn.Module):
    """The greatest of `pieces` neighbouring channels or features (Goodfellow et al. 2013)."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, width · pieces, …) → (batch, width, …)."""
        pieces: Tensor = x.unflatten(1, (-1, self.pieces))
        return pieces.amax(2)

    def extra_repr(self) -> str:
        """For print(model)."""
        return f"pieces={self.pieces}"


class LocalResponseNorm(nn.Module):
    """x_i / (k + α Σ_j x_j²)^β over the n channels j around i, n = 5, α = 1e-4, β = 0.75, k = 2.

    Krizhevsky, Sutskever, Hinton 2012, section 3.3. torch's own divides α by n, which the paper does not.
    """

    channels, alpha, beta, k = 5, 1e-4, 0.75, 2.0

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, height, width) → the same shape."""
        return F.local_response_norm(x, self.channels, self.alpha * self.channels, self.beta, self.k)


class GlobalAverage(nn.Module):
    """Mean over each channel's whole map: GAP."""

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, height, width) → (batch, channels)."""
        # as rows of channels: the gradient then lies as the maps do, which the layers before are faster with
        return x.permute(0, 2, 3, 1).flatten(1, 2).mean(1)


class Random(nn.Module):
    """A layer that draws in training: from `generator`, or from torch's own where that is None."""

    generator: torch.Generator | None = None

    def kept(self, shape: tuple[int, ...], probability: float, like: Tensor) -> Tensor:
        """1 with `probability`, else 0, in the shape and dtype asked for."""
        drawn = torch.empty(shape, device=like.device, dtype=torch.float32)
        return drawn.bernoulli_(probability, generator=self.generator).to(like.dtype)


class Dropout(Random):
    """In training each number is 0 with probability p, else 1/(1 − p) times itself; in evaluation it passes.

    Srivastava et al. 2014, section 10: scaled in training, so that nothing is left to do in evaluation.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """x: any shape → the same."""
        if not self.training or self.p == 0:
            return x
        return x * (self.kept(tuple(x.shape), 1 - self.p, x) / (1 - self.p))

    def extra_repr(self) -> str:
        """For print(model)."""
        return f"p={self.p}"


class PadShortcut(nn.Module):
    """Every `stride`-th pixel from the first, with zero channels appended (He et al. 2016, section 3.3, option A)."""

    def __init__(self, stride: int, channels: int) -> None:
        super().__init__()
        self.stride = stride
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, in, height, width) → (batch, channels, ⌈height/stride⌉, ⌈width/stride⌉).

        Vectors: (batch, in) → (batch, channels).
        """
        if x.ndim == 4:
            x = x[:, :, :: self.stride, :: self.stride]
            return F.pad(x, (0, 0, 0, 0, 0, self.channels - x.shape[1]))
        return F.pad(x, (0, self.channels - x.shape[1]))


def _convolution(layer: PlannedLayer) -> nn.Module:
    return Convolution(
        layer.input[0],
        layer.output[0],
        layer.kernel,
        layer.stride,
        layer.padding,
        layer.dilation,
        layer.groups,
        layer.bias,
    )


def _affine(layer: PlannedLayer) -> nn.Module:
    features = 1
    for size in layer.input:
        features *= size
    return Affine(features, layer.output[0], layer.bias)


def _max_pooling(layer: PlannedLayer) -> nn.Module:
    return nn.MaxPool2d(layer.kernel, layer.stride, layer.padding, ceil_mode=layer.ceil)


def _average_pooling(layer: PlannedLayer) -> nn.Module:
    return nn.AvgPool2d(layer.kernel, layer.stride, layer.padding, layer.ceil, count_include_pad=False)


def _normalization(layer: PlannedLayer) -> nn.Module:
    module = nn.BatchNorm2d(layer.input[0]) if len(layer.input) == 3 else nn.BatchNorm1d(layer.input[0])
    module.register_forward_pre_hook(_need_spread)
    return module


def _need_spread(module: nn.Module, inputs: tuple[Tensor]) -> None:
    """Raises WxbError where a batch has but one number a channel, whose variance is 0."""
    (x,) = inputs
    if module.training and x.numel() == x.shape[1]:
        raise WxbError(
            "BN cannot learn from one number a channel: they are normalized by their variance",
            f"what reaches it is one example of {'x'.join(map(str, x.shape[1:]))}",
            "--batch-size 2 or more, and fewer parts where --accumulate divides the batches",
        )


def _number(layer: PlannedLayer) -> float:
    if layer.number is None:
        raise ValueError(f"{layer.path} has no number")
    return layer.number


LAYERS: dict[str, Callable[[PlannedLayer], nn.Module]] = {
    "CONV": _convolution,
    "FC": _affine,
    "POOL": _max_pooling,
    "AVGPOOL": _average_pooling,
    "GAP": lambda layer: GlobalAverage(),
    "SIGMOID": lambda layer: nn.Sigmoid(),
    "TANH": lambda layer: nn.Tanh(),
    "RELU": lambda layer: nn.ReLU(),
    "GELU": lambda layer: nn.GELU(),
    "SILU": lambda layer: nn.SiLU(),
    "LEAKY": lambda layer: nn.LeakyReLU(_number(layer)),
    "ELU": lambda layer: nn.ELU(_number(layer)),
    "MAXOUT": lambda layer: Maxout(layer.pieces),
    "BN": _normalization,
    "LRN": lambda layer: LocalResponseNorm(),
    "DROP": lambda layer: Dropout(_number(layer)),
}


def layer(planned: PlannedLayer) -> nn.Module:
    """The module of one planned layer.

    Weights of CONV and FC hold anything until `build.initialize` draws them; what a designed feature knows of the
    training part, `build.fit_features` tells it.
    """
    if planned.name in DESIGNED:
        return DESIGNED[planned.name](planned)
    return LAYERS[planned.name](planned)


def set_generator(model: nn.Module, generator: torch.Generator | None) -> None:
    """Let every layer of `model` that draws at random draw from `generator`."""
    for module in model.modules():
        if isinstance(module, Random):
            module.generator = generator


def bias_in_weights(weight: Tensor, bias: Tensor) -> Tensor:
    """The bias trick: W (outputs, features) and b (outputs,) as one matrix, b its last column.

    (outputs, features + 1); of rows with a 1 appended (`with_one`) it gives the scores Wx + b.
    """
    return torch.cat([weight, bias[:, None]], dim=1)


def with_one(x: Tensor) -> Tensor:
    """The other half of the bias trick: rows (batch, features) with a 1 appended, so that W'x' = Wx + b."""
    return torch.cat([x, x.new_ones(len(x), 1)], dim=1)
