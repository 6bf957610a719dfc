"""Designed features: functions of the raw example without weights, from before networks learned their features.

Each feature is a vector, whose numbers are then scaled one by one. No gradient passes through it. Everything fitted to
the training part (a codebook, the span of the numbers, the scale) is kept in buffers, so that a saved network is
complete.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from math import pi, prod
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wxb.errors import WxbError
from wxb.network.codebook import WORD_PATCHES, Whitening, fit_words
from wxb.notation.layers.features import BINS, BLOCK, CELL, ORIENTATIONS, PATCH, QUADRANTS, Feature, oriented_gradients
from wxb.notation.tree import PlannedLayer
from wxb.text import count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Examples = NDArray[np.uint8] | NDArray[np.float32]

LEVELS = 256  # of a byte
CLIP = 0.2  # Dalal, Triggs 2005, section 6.4: L2-Hys
SMALL = 1e-5  # prevents the division of blocks without gradients by 0
NUMBERS_AT_ONCE = 2**22  # similarities that BOW holds at a time, 16 MB


class Designed(nn.Module, ABC):
    """A feature of raw examples, standardized by `mean` and `std` (features,): (f(x) − mean) / std."""

    mean: Tensor
    std: Tensor
    multiply_adds = 0  # per example, if they are most of the work

    def __init__(self, layer: PlannedLayer) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(layer.output))
        self.register_buffer("std", torch.ones(layer.output))

    def fit(self, examples: Examples, generator: np.random.Generator) -> None:
        """Fit the feature to raw training examples (n, …); most features do not need this."""

    @abstractmethod
    def compute(self, x: Tensor) -> Tensor:
        """x: raw examples (batch, …), float → the unscaled feature (batch, features)."""

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        """x: raw examples (batch, …), uint8 or float → (batch, features) in the buffers' dtype."""
        with torch.autocast(x.device.type, enabled=False):
            return (self.compute(x.to(self.mean.dtype)) - self.mean) / self.std


class Pixels(Designed):
    """PIXELS: the numbers of the example, channel by channel, each row by row."""

    def compute(self, x: Tensor) -> Tensor:
        """x: (batch, …) → (batch, numbers)."""
        return x.flatten(1)


class Polar(Designed):
    """POLAR: (x, y) → (r, θ) with r = √(x² + y²) and θ = atan2(y, x) in (−π, π]."""

    def compute(self, x: Tensor) -> Tensor:
        """x: (batch, 2) → (batch, 2)."""
        return torch.stack([torch.hypot(x[:, 0], x[:, 1]), torch.atan2(x[:, 1], x[:, 0])], dim=1)


class Polynomials(Designed):
    """POLY: the Chebyshev polynomials T_1 to T_d of each number, d being the degree.

    `low` and `span` (numbers,) bring the range of the training part to [−1, 1], where T_k(cos t) = cos(kt). A linear
    layer behind them fits any polynomial of degree d of each number, as it would behind x, x², …, x^d, whose columns
    are nearly the same and hard to learn from. Products of different numbers are not among them.
    """

    low: Tensor
    span: Tensor

    def __init__(self, layer: PlannedLayer) -> None:
        super().__init__(layer)
        self.degree = layer.output[0] // layer.input[0]
        self.register_buffer("low", torch.full(layer.input, -1.0))
        self.register_buffer("span", torch.full(layer.input, 2.0))

    def fit(self, examples: Examples, generator: np.random.Generator) -> None:
        """Set the range of each number; a constant one is at 0."""
        least, most = examples.min(0).astype(np.float32), examples.max(0).astype(np.float32)
        varies = most > least
        self.low.copy_(torch.from_numpy(np.where(varies, least, least - 1)))
        self.span.copy_(torch.from_numpy(np.where(varies, most - least, 2)))

    def compute(self, x: Tensor) -> Tensor:
        """x: (batch, numbers) → (batch, degree · numbers), all numbers in degree 1, then in degree 2, and so on."""
        u = (x - self.low) / self.span * 2 - 1
        found = [torch.ones_like(u), u]
        while len(found) <= self.degree:
            found.append(2 * u * found[-1] - found[-2])
        return torch.cat(found[1 : self.degree + 1], dim=1)


class Levelled(Designed):
    """A feature that depends on the range of a picture's numbers: `low` and `span`, (channels, 1, 1).

    Bytes lie in [0, 256); floats between the minimum and the maximum of each channel in the training part.
    """

    low: Tensor
    span: Tensor

    def __init__(self, layer: PlannedLayer) -> None:
        super().__init__(layer)
        self.register_buffer("low", torch.zeros(layer.input[0], 1, 1))
        self.register_buffer("span", torch.full((layer.input[0], 1, 1), float(LEVELS)))

    def fit(self, examples: Examples, generator: np.random.Generator) -> None:
        """Set the span of floats; that of bytes is fixed."""
        if examples.dtype != np.uint8:
            least, most = examples.min((0, 2, 3)), examples.max((0, 2, 3))
            self.low.copy_(torch.from_numpy(least)[:, None, None])
            self.span.copy_(torch.from_numpy(np.where(most > least, most - least, 1))[:, None, None])

    def levels(self, x: Tensor) -> Tensor:
        """x: (batch, channels, height, width) → the same shape, scaled to 0–256; bytes do not change."""
        return (x - self.low) / self.span * LEVELS


class Histogram(Levelled):
    """HIST: the share of a picture's pixels in each of 16 bins of equal width, channel by channel.

    Numbers outside the range of the training part count in the outermost bins.
    """

    def compute(self, x: Tensor) -> Tensor:
        """x: (batch, channels, height, width) → (batch, channels · 16)."""
        bins = (self.levels(x) * (BINS / LEVELS)).floor().clamp(0, BINS - 1)
        return torch.stack([(bins == place).to(x.dtype).mean((2, 3)) for place in range(BINS)], dim=2).flatten(1)


class OrientedGradients(Designed):
    """HOG: histograms of oriented gradients (Dalal, Triggs 2005).

    Gradients are central differences, 0 at the border; a pixel of several channels has the longest of their gradients.
    Each pixel adds the length of its gradient to one of 9 orientations over half a turn, without interpolation, in its
    cell of 8×8 pixels. Blocks of 2×2 cells, one cell apart, are divided by their length, clipped at 0.2 and divided
    again (L2-Hys). Pixels after the last whole cell are ignored. This equals `hog(picture, orientations=9,
    pixels_per_cell=(8, 8), cells_per_block=(2, 2), block_norm="L2-Hys")` of scikit-image.
    """

    def compute(self, x: Tensor) -> Tensor:
        """x: (batch, channels, height, width) → (batch, blocks down · blocks across · 2 · 2 · 9)."""
        down, across = torch.zeros_like(x), torch.zeros_like(x)
        down[:, :, 1:-1] = x[:, :, 2:] - x[:, :, :-2]
        across[:, :, :, 1:-1] = x[:, :, :, 2:] - x[:, :, :, :-2]
        length = torch.hypot(down, across)
        strongest = length.argmax(1, keepdim=True)
        down, across, length = (each.gather(1, strongest) for each in (down, across, length))
        orientation = (torch.atan2(down, across).remainder(pi) * (ORIENTATIONS / pi)).floor() % ORIENTATIONS
        places = torch.arange(ORIENTATIONS, device=x.device, dtype=x.dtype)[:, None, None]
        cells = F.avg_pool2d(length * (orientation == places), CELL)  # (batch, orientations, rows, columns)
        blocks = cells.unfold(2, BLOCK, 1).unfold(3, BLOCK, 1).permute(0, 2, 3, 4, 5, 1).flatten(3)
        return _unit(_unit(blocks).clamp_max(CLIP)).flatten(1)


def _unit(blocks: Tensor) -> Tensor:
    """Blocks (…, numbers) divided by their length."""
    return blocks / (blocks.square().sum(-1, keepdim=True) + SMALL**2).sqrt()


class BagOfWords(Levelled):
    """BOW: the similarity of each quadrant of a picture to each visual word (Coates, Ng, Lee 2011).

    The patch of 6×6 pixels at every place is normalized to mean 0 and variance 1, whitened and compared with the words:
    at distance z_k from word k its similarity is max(0, mean(z) − z_k), which is 0 for words farther than average
    (their "triangle" assignment, equation 2). Similarities are averaged over each quadrant of the places; if the number
    of places along an axis is odd, the middle one belongs to both halves. The words are the means of k-means on patches
    of the training part.
    """

    centre: Tensor  # (patch,)
    whitening: Tensor  # (patch, patch)
    words: Tensor  # (words, patch), whitened

    def __init__(self, layer: PlannedLayer) -> None:
        super().__init__(layer)
        size, words = layer.input[0] * PATCH * PATCH, layer.output[0] // QUADRANTS
        self.register_buffer("centre", torch.zeros(size))
        self.register_buffer("whitening", torch.eye(size))
        self.register_buffer("words", torch.zeros(words, size))
        places = prod(side - PATCH + 1 for side in layer.input[1:])
        self.multiply_adds = places * size * (size + words)  # whitening, and distances to the words

    def fit(self, examples: Examples, generator: np.random.Generator) -> None:
        """Fit whitening and words to patches drawn with `generator`.

        Raises WxbError if there are fewer pictures than words.
        """
        words = len(self.words)
        if len(examples) < words:
            raise WxbError(
                f"BOW-{words} cannot find {words} visual words in {count(len(examples))} training pictures",
                "a codebook is fitted to the training part, and needs at least one picture per word",
                f"more pictures, or {_unfitted(examples.shape[1:])} instead, which is not fitted",
            )
        super().fit(examples, generator)
        drawn = torch.from_numpy(_draw(examples, WORD_PATCHES * words, generator)).to(self.words.dtype)
        patches = _contrast(self.levels(drawn).flatten(1))
        whitening = Whitening.of(patches)
        self.centre.copy_(whitening.centre)
        self.whitening.copy_(whitening.matrix)
        self.words.copy_(fit_words(whitening(patches), words, generator))

    def compute(self, x: Tensor) -> Tensor:
        """x: (batch, channels, height, width) → (batch, 4 · words), quadrant by quadrant, each row by row."""
        places = (x.shape[2] - PATCH + 1) * (x.shape[3] - PATCH + 1)
        at_once = max(1, NUMBERS_AT_ONCE // (places * len(self.words)))
        return torch.cat([self._quadrants(part) for part in x.split(at_once)])

    def _quadrants(self, x: Tensor) -> Tensor:
        grid = self.levels(x).unfold(2, PATCH, 1).unfold(3, PATCH, 1).permute(0, 2, 3, 1, 4, 5)
        batch, rows, columns = grid.shape[:3]
        white = (_contrast(grid.reshape(batch * rows * columns, -1)) - self.centre) @ self.whitening
        like = similarity(white, self.words).view(batch, rows, columns, -1)
        return torch.cat(
            [like[:, down, across].mean((1, 2)) for down in _halves(rows) for across in _halves(columns)], dim=1
        )


def similarity(patches: Tensor, words: Tensor) -> Tensor:
    """max(0, mean_j(z_j) − z_k), with z_k the distance between patch and word k: (patches, words)."""
    # |p − w|² = |p|² − 2pw + |w|²; the products are most of the work, and everything else is computed in place
    distance = torch.addmm(words.square().sum(1), patches, words.T, alpha=-2)
    distance.add_(patches.square().sum(1, keepdim=True)).clamp_min_(0).sqrt_()
    return distance.neg_().sub_(distance.mean(1, keepdim=True)).clamp_min_(0)


def _halves(length: int) -> tuple[slice, slice]:
    return slice(0, -(-length // 2)), slice(length // 2, length)


def _contrast(patches: Tensor) -> Tensor:
    """Normalize patches (n, patch) in 0–256 to mean 0 and variance 1; the 10 keeps patches without contrast small."""
    centred = patches - patches.mean(1, keepdim=True)
    return centred / (centred.square().mean(1, keepdim=True) + 10).sqrt()


def _draw(examples: Examples, most: int, generator: np.random.Generator) -> Examples:
    """Patches (n, channels, 6, 6) of pictures: all of them, or `most` drawn at random."""
    windows = np.lib.stride_tricks.sliding_window_view(examples, (PATCH, PATCH), axis=(2, 3))
    pictures, _, rows, columns = windows.shape[:4]
    total = pictures * rows * columns
    chosen = np.arange(total) if total <= most else generator.integers(0, total, most)
    picture, row, column = np.unravel_index(chosen, (pictures, rows, columns))
    return np.ascontiguousarray(windows[picture, :, row, column])


def _unfitted(shape: tuple[int, ...]) -> str:
    """The name of a feature for pictures of this shape that needs no fitting."""
    return "HOG" if isinstance(oriented_gradients(shape), Feature) else "HIST"


FEATURES: dict[str, Callable[[PlannedLayer], nn.Module]] = {
    "PIXELS": Pixels,
    "POLAR": Polar,
    "POLY": Polynomials,
    "HIST": Histogram,
    "HOG": OrientedGradients,
    "BOW": BagOfWords,
}
