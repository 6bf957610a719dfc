"""Upsampling: UP, by repetition or by transposed filters."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from wxb.notation.tree import PlannedLayer


class Repeated(nn.Module):
    """UP without filters: each number fills a window (nearest neighbour)."""

    def __init__(self, window: tuple[int, int]) -> None:
        super().__init__()
        self.window = window

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, height, width) or (batch, channels) → maps, as many times as tall and wide."""
        return nn.functional.interpolate(_maps(x), scale_factor=self.window)

    def extra_repr(self) -> str:
        """For print(model)."""
        return f"window={self.window}"


class Transposed(nn.ConvTranspose2d):
    """UP with filters W (channels, width, height, width of the window): each place fills a window of its own.

    The number at row y and column x of a window is Σ_c W[c, :, y, x] · input[c] + b (Dumoulin, Visin 2016,
    arXiv:1603.07285, section 4, with a stride equal to the kernel). From a vector it is an affine layer whose output is
    arranged as maps.
    """

    def __init__(self, layer: PlannedLayer) -> None:
        super().__init__(layer.input[0], layer.output[0], layer.kernel, layer.kernel, bias=layer.bias)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """x: (batch, channels, height, width) or (batch, channels) → (batch, width, …)."""
        return super().forward(_maps(x), output_size)

    def reset_parameters(self) -> None:
        """Do nothing: `start.initialize` draws the weights."""


def _maps(x: Tensor) -> Tensor:
    return x[:, :, None, None] if x.ndim == 2 else x


UPSAMPLING: dict[str, Callable[[PlannedLayer], nn.Module]] = {
    "UP": lambda layer: Transposed(layer) if layer.parameters else Repeated(layer.kernel)
}
