"""Changes of pictures as the world makes them: they move, the light changes, something stands in front of them.

Each has a strength, of which 0 leaves a picture as it is. Lengths are shares of the shorter side, and amounts of light
shares of the range of values, so that strengths mean the same for pictures of any size and kind. What a picture shows
beyond its border is its background: of each channel the median of the pixels on the border.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from wxb.data.split import spread
from wxb.learning.augment import cutout
from wxb.randomness import generator

Shape = tuple[int, ...]  # of a picture: (channels, height, width)

LOOKED = 2_000  # training pictures whose values make the range,
OTHERS = 64  # and from which pieces are taken
PIECE = 4  # pieces on a side of a picture
MOST_PIECES = 16
POINTS = 5  # on a side of the grid that a deformation moves


@dataclass(frozen=True, eq=False)
class Scene:
    """What changes need besides a picture: the least and the greatest value, and other pictures (n, …)."""

    low: float
    high: float
    others: Tensor

    @staticmethod
    def of(pictures: NDArray[Any], rows: NDArray[np.int64]) -> Scene:
        """The scene of the pictures in some rows (n,); at most 2,000 of them, spread evenly, are looked at."""
        low, high = math.inf, -math.inf
        for row in spread(rows, LOOKED):
            low, high = min(low, float(pictures[row].min())), max(high, float(pictures[row].max()))
        return Scene(low, high, torch.from_numpy(np.array(pictures[spread(rows, OTHERS)])).float())


Draw = Callable[[np.random.Generator, Shape], Any]  # what is random of one picture, as numbers
Apply = Callable[[Tensor, Tensor, float, Scene], Tensor]  # pictures (n, …) float32, draws (n, …), strength


# --- where a pixel comes from -----------------------------------------------------------------------------------------


def background(pictures: Tensor) -> Tensor:
    """The median of the border of pictures (n, channels, height, width), by channel: (n, channels)."""
    border = (pictures[:, :, 0], pictures[:, :, -1], pictures[..., 0], pictures[..., -1])
    return torch.cat(border, 2).median(2).values


def moved(pictures: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Pictures whose pixels come from the places `y` and `x` (n, height, width) in pixels, bilinear between them."""
    high, wide = pictures.shape[2:]
    framed = background(pictures)[:, :, None, None].repeat(1, 1, high + 2, wide + 2)
    framed[:, :, 1:-1, 1:-1] = pictures
    shares = torch.stack([2 * (x + 1) / (wide + 1) - 1, 2 * (y + 1) / (high + 1) - 1], 3)
    return F.grid_sample(framed, shares, padding_mode="border", align_corners=True)


def places(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """The rows and the columns of the pixels of pictures (n, …, height, width): (n, height, width) each."""
    number, _, high, wide = pictures.shape
    y, x = torch.meshgrid(torch.arange(high).float(), torch.arange(wide).float(), indexing="ij")
    return y.expand(number, high, wide), x.expand(number, high, wide)


def about_centre(pictures: Tensor, along: Tensor, across: Tensor) -> Tensor:
    """Pictures turned and scaled: what is at (y, x) from the centre was at (along·y + across·x, along·x − across·y).

    `along` and `across` are (n,).
    """
    y, x = places(pictures)
    middle_y, middle_x = (pictures.shape[2] - 1) / 2, (pictures.shape[3] - 1) / 2
    y, x = y - middle_y, x - middle_x
    along, across = along[:, None, None], across[:, None, None]
    return moved(pictures, along * y + across * x + middle_y, along * x - across * y + middle_x)


def side(pictures: Tensor) -> int:
    """The shorter side of pictures (…, height, width), in pixels."""
    return min(pictures.shape[2:])


def shift(pictures: Tensor, draws: Tensor, strength: float, scene: Scene) -> Tensor:
    """Moved by a share of the side, in a direction that is drawn."""
    angle = 2 * math.pi * draws[:, :, None]
    y, x = places(pictures)
    return moved(pictures, y - strength * side(pictures) * angle.sin(), x - strength * side(pictures) * angle.cos())


def rotation(pictures: Tensor, draws: Tensor, strength: float, scene: Scene) -> Tensor:
    """Turned by an angle in degrees about the centre, to the side that is drawn."""
    angle = draws[:, 0] * math.radians(strength)
    return about_centre(pictures, angle.cos(), angle.sin())


def scale(pictures: Tensor, draws: Tensor, strength: float, scene: Scene) -> Tensor:
    """Larger or smaller by the factor 1 + strength, as is drawn."""
    along = (1 + strength) ** -draws[:, 0]
    return about_centre(pictures, along, torch.zeros_like(along))


def deformation(pictures: Tensor, draws: Tensor, strength: float, scene: Scene) -> Tensor:
    """Points of a grid moved at random, and what lies between them smoothly (Simard et al. 2003, section 2).

    The strength is the standard deviation of the way of a point, along each axis, as a share of the side.
    """
    high, wide = pictures.shape[2:]
    way = F.interpolate(draws, (high, wide), mode="bicubic", align_corners=True) * strength * side(pictures)
    y, x = places(pictures)
    return moved(pictures, y + way[:, 0], x + way[:, 1])


# --- light, and what stands in its way --------------------------------------------------------------------------------


def brightness(pictures: Tensor, draws: Tensor, strength: float, scene: Scene) -> Tensor:
    """Brighter or darker, as is drawn, by a share of the range."""
    return pictures + draws[:, :, None, None] * strength * (scene.high - scene.low)


def contrast(pictures: Tensor, draws: Tensor, strength: float, scene: Scene) -> Tensor:
    """Values nearer to the mean of their picture, by a share of their distance."""
    return torch.lerp(pictures, pictures.mean((1, 2, 3), keepdim=True), strength)


def occlusion(pictures: Tensor, draws: Tensor, strength: float, scene: Scene) -> Tensor:
    """A grey square within the picture, of a share of the side, at a place that is drawn."""
    size = round(strength * side(pictures))
    lengths = torch.tensor(pictures.shape[2:])
    first = (draws * (lengths - size + 1)).floor()
    grey = torch.full((pictures.shape[1], 1, 1), (scene.low + scene.high) / 2)
    return cutout(pictures, (first + size // 2 + 0.5) / lengths, size, grey)


def clutter(pictures: Tensor, draws: Tensor, strength: float, scene: Scene) -> Tensor:
    """Pieces of other pictures, a quarter of the side wide, at places that are drawn (Mnih et al. 2014, section 4.2).

    Of each pixel the one remains that differs more from the background of its picture, so that an empty place of a
    piece hides nothing. The strength is the number of pieces.
    """
    found, own = pictures.clone(), background(pictures)[:, None, None]
    others, theirs = scene.others, background(scene.others)[:, None, None]
    size = max(1, round(side(pictures) / PIECE))
    room = torch.tensor(pictures.shape[2:]) - size + 1
    each = torch.arange(len(pictures))[:, None, None]
    for piece in draws[:, : int(strength)].unbind(1):
        which = (piece[:, 0] * len(others)).long()[:, None, None]
        from_rows, from_columns = window((piece[:, 1:3] * room).long(), size)
        rows, columns = window((piece[:, 3:5] * room).long(), size)
        given, there = others[which, :, from_rows, from_columns], found[each, :, rows, columns]
        stands_out = (given - theirs[which[:, 0, 0]]).abs().sum(3) > (there - own).abs().sum(3)
        found[each, :, rows, columns] = torch.where(stands_out[..., None], given, there)
    return found


def window(corner: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """The rows (n, size, 1) and the columns (n, 1, size) of squares, by their upper left corners (n, 2)."""
    rows, columns = (corner[:, :, None] + torch.arange(size)).unbind(1)
    return rows[:, :, None], columns[:, None]


def noise(pictures: Tensor, draws: Tensor, strength: float, scene: Scene) -> Tensor:
    """Normal noise on every value, its standard deviation a share of the range."""
    return pictures + strength * (scene.high - scene.low) * draws


def blur(pictures: Tensor, draws: Tensor, strength: float, scene: Scene) -> Tensor:
    """Blurred by a normal distribution, its standard deviation a share of the side; the border goes on outside."""
    deviation = strength * side(pictures)
    reach = math.ceil(3 * deviation)
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / deviation) ** 2)
    kernel = kernel / kernel.sum()
    flat = F.pad(pictures.flatten(0, 1)[:, None], (reach, reach, reach, reach), mode="replicate")
    return F.conv2d(F.conv2d(flat, kernel[None, None, None]), kernel[None, None, :, None]).view_as(pictures)


# --- all of them ------------------------------------------------------------------------------------------------------


def nothing(rng: np.random.Generator, shape: Shape) -> Any:
    """No random number."""
    return ()


def either(rng: np.random.Generator, shape: Shape) -> Any:
    """1 or −1."""
    return (2 * rng.integers(0, 2) - 1,)


@dataclass(frozen=True)
class Change:
    """A change: the unit of its strengths in words, rising strengths, what is random of it, and what makes it."""

    unit: str
    strengths: tuple[float, ...]
    apply: Apply
    draw: Draw = nothing

    @property
    def steps(self) -> tuple[float, ...]:
        """The strengths, after 0."""
        return 0.0, *self.strengths

    def number(self, strength: float) -> float:
        """A strength in its unit: 0.1 is 10 where the unit is "% of the side"."""
        return round(100 * strength, 6) if self.unit.startswith("%") else strength

    def text(self, strength: float) -> str:
        """A strength in words: "10 % of the side"."""
        return f"{self.number(strength):g} {self.unit}"


CHANGES: dict[str, Change] = {
    "shift": Change("% of the side", (0.05, 0.1, 0.2, 0.3), shift, lambda rng, shape: rng.random(1)),
    "rotation": Change("degrees", (15, 30, 45, 60), rotation, either),
    "scale": Change("% larger or smaller", (0.1, 0.25, 0.5, 1.0), scale, either),
    "deformation": Change(
        "% of the side", (0.02, 0.04, 0.06, 0.1), deformation, lambda rng, shape: rng.normal(size=(2, POINTS, POINTS))
    ),
    "brightness": Change("% of the range", (0.1, 0.2, 0.4, 0.6), brightness, either),
    "contrast": Change("% less", (0.25, 0.5, 0.75, 0.9), contrast),
    "occlusion": Change("% of the side", (0.2, 0.3, 0.4, 0.5), occlusion, lambda rng, shape: rng.random(2)),
    "clutter": Change("pieces", (2, 4, 8, 16), clutter, lambda rng, shape: rng.random((MOST_PIECES, 5))),
    "noise": Change("% of the range", (0.05, 0.1, 0.2, 0.4), noise, lambda rng, shape: rng.standard_normal(shape)),
    "blur": Change("% of the side", (0.02, 0.04, 0.07, 0.1), blur),
}


def changed(pictures: NDArray[Any], rows: NDArray[np.int64], name: str, strength: float, scene: Scene) -> NDArray[Any]:
    """Pictures (n, channels, height, width) after a change, of the same type and within the range of the scene.

    What is random of a picture depends on the name of the change and on its number in `rows` (n,) alone, so that every
    strength, and every network, sees the same draws. A strength of 0 returns the pictures as they are.
    """
    if not strength:
        return pictures
    change, shape = CHANGES[name], pictures.shape[1:]
    draws = np.array([change.draw(generator(0, name, int(row)), shape) for row in rows], np.float32)
    given = torch.from_numpy(np.ascontiguousarray(pictures, np.float32))
    found = change.apply(given, torch.from_numpy(draws), strength, scene).clamp(scene.low, scene.high)
    return np.asarray((found if pictures.dtype.kind == "f" else found.round()).numpy().astype(pictures.dtype))


class Changed:
    """The pictures of a data set (n, channels, height, width), changed when rows of them are taken."""

    def __init__(self, pictures: NDArray[Any], name: str, strength: float, scene: Scene) -> None:
        self.pictures = pictures
        self.change = name, strength, scene

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """The pictures in these rows (n,), after the change."""
        return changed(self.pictures[rows], rows, *self.change)
