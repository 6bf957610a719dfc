"""Augmentation: flips, shifts, cutout and mixup.

The flip, shift and cutout of an example are drawn once per epoch, for all examples, from (seed, purpose, epoch); mixup
is drawn per step, for the whole batch. So no draw depends on how a batch is computed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from wxb.randomness import generator
from wxb.settings import validate


@dataclass(frozen=True)
class Augment:
    """The setting `augment`: pictures are flipped left-right in every second epoch, and shifted by up to `shift`
    pixels.
    """

    flip: bool = False
    shift: int = 0

    @staticmethod
    def read(text: str) -> Augment:
        """Read "none", "flip", "shift-2" or "flip,shift-2". Raises WxbError for anything else."""
        shifts = re.findall(r"shift-(\d+)", validate("augment", text))
        return Augment("flip" in text, int(shifts[-1]) if shifts else 0)


NONE = Augment()


class Moves:
    """The flips and shifts of `count` pictures, drawn anew for each epoch."""

    def __init__(self, augment: Augment, count: int, seed: int, device: str) -> None:
        self.augment = augment
        self.count = count
        self.seed = seed
        self.device = device
        self.flips: Tensor | None = None  # (count,) 1 for a flipped example
        self.shifts: Tensor | None = None  # (2, count) pixels down and right

    def start(self, epoch: int) -> None:
        """Draw the flips and shifts of an epoch (1-based)."""
        if self.augment.flip:
            # half of the examples in the first epoch, the other half in the next, and so on: each side is seen equally
            # often, which independent draws would leave to chance (Jordan 2024, arXiv:2404.00498, section 3.6)
            first = generator(self.seed, "flip").integers(0, 2, self.count, dtype=np.int64)
            self.flips = in_place(self.flips, torch.from_numpy((first + epoch) % 2).to(self.device))
        if self.augment.shift:
            reach = self.augment.shift
            shifts = generator(self.seed, "shift", epoch).integers(-reach, reach + 1, (2, self.count), dtype=np.int64)
            self.shifts = in_place(self.shifts, torch.from_numpy(shifts).to(self.device))

    def look_up(self, pictures: Tensor, places: Tensor, rows: Tensor) -> Tensor:
        """The pictures of examples `rows`, flipped and shifted in one look-up: (batch, height, width, channels).

        `pictures` (n, height, width, channels) holds them at `places` (batch,). A shifted picture is continued by
        reflection at its border, without repeating the border itself.
        """
        height, width, channels = pictures.shape[1:]
        device = pictures.device
        y = torch.arange(height, device=device).expand(len(rows), height)
        x = torch.arange(width, device=device).expand(len(rows), width)
        if self.shifts is not None:
            dy, dx = self.shifts[:, rows, None]
            y, x = _reflected(y + dy, height), _reflected(x + dx, width)
        if self.flips is not None:
            x = torch.where(self.flips[rows, None] == 1, width - 1 - x, x)
        pixel = (places[:, None] * height + y)[:, :, None] * width + x[:, None, :]
        return pictures.view(-1, channels)[pixel.view(-1)].view(len(rows), height, width, channels)


def _reflected(places: Tensor, length: int) -> Tensor:
    """Places outside [0, length) reflected back in: -1 → 1, length → length - 2."""
    if length == 1:
        return torch.zeros_like(places)
    period = 2 * (length - 1)
    places = places % period
    return torch.where(places < length, places, period - places)


class Cutout:
    """A square of `side` pixels in each picture, filled with `fill` (channels, 1, 1); its place is drawn per epoch.

    The fill is what the normalization takes to 0: the mean of standardized data.
    """

    def __init__(self, side: int, count: int, seed: int, fill: Tensor) -> None:
        self.side = side
        self.count = count
        self.seed = seed
        self.fill = fill
        self.centres: Tensor | None = None  # (count, 2) shares of height and width

    def start(self, epoch: int) -> None:
        """Draw the places of an epoch (1-based)."""
        if self.side:
            centres = generator(self.seed, "cutout", epoch).random((self.count, 2), dtype=np.float32)
            self.centres = in_place(self.centres, torch.from_numpy(centres).to(self.fill.device))

    def apply(self, pictures: Tensor, rows: Tensor) -> Tensor:
        """The pictures (batch, channels, height, width) of examples `rows`, with their squares filled."""
        return pictures if self.centres is None else cutout(pictures, self.centres[rows], self.side, self.fill)


def cutout(pictures: Tensor, centres: Tensor, side: int, fill: Tensor) -> Tensor:
    """Pictures (batch, channels, height, width) with a square of `side` pixels around each centre filled.

    `centres` (batch, 2) are shares of height and width in [0, 1); a square may reach over the border
    (DeVries, Taylor 2017, section 3.2). `fill` (channels, 1, 1).
    """
    height, width = pictures.shape[2:]

    def inside(length: int, centre: Tensor) -> Tensor:
        first = (centre * length).floor().long() - side // 2
        place = torch.arange(length, device=pictures.device)
        return (place >= first[:, None]) & (place < first[:, None] + side)

    square = inside(height, centres[:, 0])[:, None, :, None] & inside(width, centres[:, 1])[:, None, None, :]
    return torch.where(square, fill.to(pictures.dtype), pictures)


@dataclass(frozen=True)
class Mixup:
    """The mixup of one batch, λx + (1 − λ)x' (Zhang et al. 2018, equation 1)."""

    share: float  # λ
    partners: Tensor  # (batch,) int64: for each example, the place of x' in the batch

    @staticmethod
    def draw(alpha: float, seed: int, step: int, batch: int, device: torch.device) -> Mixup:
        """λ from Beta(alpha, alpha) and a permutation of the batch, for a step (1-based)."""
        drawn = generator(seed, "mixup", step)
        share = float(drawn.beta(alpha, alpha))
        return Mixup(share, torch.from_numpy(drawn.permutation(batch)).to(device))

    def mix(self, x: Tensor, others: Tensor) -> Tensor:
        """λx + (1 − λ)x' of examples or goals and those of their partners, in float."""
        return self.share * x + (1 - self.share) * others


def goals(targets: Tensor, classes: int) -> Tensor:
    """Targets that can be mixed: class numbers as one-hot rows (batch, classes), others as they are."""
    return targets if targets.is_floating_point() else F.one_hot(targets, classes).float()


def in_place(held: Tensor | None, drawn: Tensor) -> Tensor:
    """The draws of an epoch, in the tensor that held the last epoch's: a recorded step reads them there."""
    return drawn if held is None else held.copy_(drawn)
