"""Mixup and cutout: what makes training examples harder, beyond moving them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from wxb.errors import WxbError
from wxb.learning.recipe import Recipe
from wxb.randomness import generator


@dataclass(frozen=True)
class Augment:
    """What may happen to a picture: mirrored left-right in every second epoch, moved by up to `shift` pixels."""

    flip: bool = False
    shift: int = 0

    @staticmethod
    def read(text: str) -> Augment:
        """ "none", "flip", "shift-2", "flip,shift-2". Raises WxbError for anything else."""
        flip, shift = False, 0
        for word in () if text == "none" else text.split(","):
            if word.strip() == "flip":
                flip = True
            elif match := re.fullmatch(r"shift-(\d{1,3})", word.strip()):
                shift = int(match[1])
            else:
                raise WxbError(
                    f"--augment {text}: {word.strip() or 'nothing'} is no augmentation",
                    "known: flip (left-right), shift-N (up to N pixels each way), none",
                    "--augment flip,shift-2",
                )
        return Augment(flip, shift)


NONE = Augment()


class Regularize:
    """Applies a recipe's mixup and cutout to batches.

    `count` examples, `classes` of them for targets that are class numbers, `fill` (channels, 1, 1) what a cut-out
    square shows: what the scaling takes to 0, the mean of standardized data.
    """

    def __init__(self, recipe: Recipe, count: int, classes: int, fill: Tensor) -> None:
        if recipe.cutout and fill.ndim != 3:
            raise WxbError("--cutout is for pictures; these examples are rows of numbers", fix="--cutout 0")
        self.recipe = recipe
        self.count = count
        self.classes = classes
        self.fill = fill
        self.centres: Tensor | None = None  # (count, 2)

    def start(self, epoch: int) -> None:
        """Draw where the squares of an epoch (1-based) lie: a share of height and width for every example."""
        if self.recipe.cutout:
            centres = generator(self.recipe.seed, "cutout", epoch).random((self.count, 2), dtype=np.float32)
            self.centres = in_place(self.centres, torch.from_numpy(centres).to(self.fill.device))

    def apply(self, inputs: Tensor, targets: Tensor, rows: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """A batch (batch, …) of examples `rows` and its targets, as they are to be learned in this step (1-based)."""
        if self.centres is not None:
            inputs = cutout(inputs, self.centres[rows], self.recipe.cutout, self.fill)
        if self.recipe.mixup:
            drawn = generator(self.recipe.seed, "mixup", step)
            share = float(drawn.beta(self.recipe.mixup, self.recipe.mixup))
            partners = torch.from_numpy(drawn.permutation(len(rows))).to(rows.device)
            goals = targets if targets.is_floating_point() else F.one_hot(targets, self.classes).float()
            return mixup(inputs.float(), share, partners), mixup(goals, share, partners)
        return inputs, targets


def mixup(x: Tensor, share: float, partners: Tensor) -> Tensor:
    """λx + (1 − λ)x' with x' = x[partners], float (Zhang et al. 2018, equation 1)."""
    return share * x + (1 - share) * x[partners]


def cutout(pictures: Tensor, centres: Tensor, side: int, fill: Tensor) -> Tensor:
    """Pictures (batch, channels, height, width) with a square of `side` pixels around each centre filled.

    `centres` (batch, 2) are shares of height and width in [0, 1); a square may hang over the border
    (DeVries, Taylor 2017, section 3.2). `fill` (channels, 1, 1).
    """
    height, width = pictures.shape[2:]

    def inside(length: int, centre: Tensor) -> Tensor:
        first = (centre * length).floor().long() - side // 2
        place = torch.arange(length, device=pictures.device)
        return (place >= first[:, None]) & (place < first[:, None] + side)

    square = inside(height, centres[:, 0])[:, None, :, None] & inside(width, centres[:, 1])[:, None, None, :]
    return torch.where(square, fill.to(pictures.dtype), pictures)


def in_place(held: torch.Tensor | None, drawn: torch.Tensor) -> torch.Tensor:
    """What was drawn for an epoch, where that of the last one stood: a recorded step looks for it there."""
    return drawn if held is None else held.copy_(drawn)
