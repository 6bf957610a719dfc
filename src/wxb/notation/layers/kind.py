"""What wxb knows about a kind of layer without torch: the row from which every list of layers is derived."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal, NamedTuple

from ...errors import WxbError
from ..mistakes import misfit
from ..tree import Item, Layer, PlannedLayer, Shape, width_number
from ..write import layer_text

FLOAT32, INT64 = 4, 8  # bytes
LONGEST_WORD = 40  # characters of a layer that a message quotes as it was written

Family = Literal[
    "affine", "pooling", "upsampling", "activation", "normalization", "dropout", "feature", "tokens", "recurrent"
]


def pair(numbers: Iterable[int]) -> tuple[int, int]:
    """(height, width) from two numbers."""
    first, second = numbers
    return first, second


def as_written(layer: Layer, text: str) -> str:
    """The layer as it is written in `text`, or as it would be."""
    if layer.place and text:
        written = text[layer.place.start : layer.place.end]
        if len(written) <= LONGEST_WORD and not any(c.isspace() or c == "#" for c in written):
            return written
    return layer_text(layer)


class Signal(NamedTuple):
    """What flows from one layer to the next.

    Receptive field and jump follow arXiv:1603.07285 and doi:10.23915/distill.00021: a layer widens the field by
    (kernel - 1) * dilation * jump, then multiplies the jump by its stride. The field is that of an output far from the
    border.
    """

    shape: Shape
    field: tuple[int, int]  # receptive field in pixels of the input
    jump: tuple[int, int]
    places: tuple[int, int]  # outputs along each axis that a layer which reads all of them joins

    def joined(self) -> tuple[int, int]:
        """The receptive field of a layer that reads all places."""
        return pair(self.field[axis] + (self.places[axis] - 1) * self.jump[axis] for axis in (0, 1))


class Saved(NamedTuple):
    """What a layer keeps for its backward pass, per example."""

    input: bool = False  # the tensor that comes in
    output: bool = False  # the tensor that goes out
    more: int = 0  # bytes of further tensors, in training in float32


class Problem(NamedTuple):
    """A layer that is written well and cannot be; `repaired` is the layer as it should be written, if that is known."""

    what: str
    fix: str = ""
    repaired: str = ""


class Site(NamedTuple):
    """A layer at its place in a network, as its shape rule sees it."""

    layer: Layer
    planned: PlannedLayer  # what the text decides; output, counts and field are those of an identity
    signal: Signal  # what comes in
    before: Item | None  # the sibling before it
    outputs: int  # of the network: what a width of C stands for
    text: str  # of the network and, below, the shapes up to here: both for messages
    trail: Sequence[Shape]

    @property
    def width(self) -> int:
        """The width as a number."""
        width = width_number(self.layer.width or 0, self.outputs)
        if width is None:
            raise TypeError(f"{self.layer} has no width in a bound network")
        return width

    @property
    def word(self) -> str:
        """The layer as it is written in the text, or as it would be."""
        return as_written(self.layer, self.text)

    def need_maps(self) -> None:
        """Raise WxbError if the layer reads a vector."""
        if len(self.signal.shape) == 3:
            return
        name = self.layer.name
        what = f"{name} needs maps; its input is a vector of {self.signal.shape[0]} numbers"
        rows = len(self.trail[0]) == 1
        raise self.misfit(what, "FC for data that are vectors" if rows else f"{name} before the layer that flattens")

    def misfit(self, what: str, fix: str) -> WxbError:
        """The error for this layer, with the shapes up to it."""
        return misfit(self.text, self.layer.place, what, self.trail, fix)

    def result(self, planned: PlannedLayer, places: tuple[int, int] | None = None) -> tuple[PlannedLayer, Signal]:
        """The planned layer and what it passes on. `places` of a vector are those of the input if not given."""
        if len(planned.output) == 3:
            places = (planned.output[1], planned.output[2])
        return planned, Signal(planned.output, planned.receptive_field, planned.jump, places or self.signal.places)


def keep_shape(site: Site) -> tuple[PlannedLayer, Signal]:
    """The shape rule of a layer that computes each number of its output from its input's number at the same place."""
    return site.result(site.planned)


def saves(input: bool = False, output: bool = False) -> Callable[[PlannedLayer], Saved]:
    """What every layer of a kind keeps, whatever its shapes."""
    return lambda layer: Saved(input, output)


def size(shape: Shape) -> int:
    """Bytes of a float32 tensor of this shape."""
    return FLOAT32 * prod(shape)


@dataclass(frozen=True)
class Kind:
    """A kind of layer: what it means, what its word may carry, and what it does to shapes, counts and memory."""

    family: Family
    means: str  # what it computes, for the documentation
    rule: Callable[[Site], tuple[PlannedLayer, Signal]] = keep_shape  # raises WxbError if the layer does not fit
    saved: Callable[[PlannedLayer], Saved] = lambda layer: Saved()
    # what may follow the word: each value is the default, None if the layer cannot carry it
    kernel: int | None = None  # of MAXOUT: its pieces
    width: int | None = None  # of CONV: where the running width starts
    suffixes: str = ""
    number: float | None = None
    problem: Callable[[Layer], Problem | None] = lambda layer: None  # in values that are right one by one
    initial: Callable[[PlannedLayer, bool], float] | None = None  # standard deviation of first weights; before a ReLU?
    rectifies: bool = False  # whether it is a ReLU or a relative of one, for the weights of the layer before
    filters: bool = False  # whether it may carry a width although it has none by default: then it has filters
    aliases: tuple[str, ...] = ()  # what others call it, in capitals
    slope: str = ""  # of an activation, for the documentation

    @property
    def two_sided(self) -> bool:
        """Whether its kernel has a height and a width."""
        return self.slides or self.filters

    @property
    def slides(self) -> bool:
        """Whether its kernel slides over maps."""
        return "/" in self.suffixes

    def default_stride(self, kernel: tuple[int, int]) -> int | None:
        """The stride if none is written; that of a pooling is its kernel, if the kernel is square."""
        if self.family != "pooling":
            return 1
        return kernel[0] if kernel[0] == kernel[1] else None

    def default_padding(self, kernel: tuple[int, int], dilation: int) -> tuple[int, int]:
        """The padding if none is written, in pixels (height, width): a CONV of odd kernels keeps the size of its maps.

        A pooling and an UP have none.
        """
        if self.family != "affine":
            return 0, 0
        return dilation * (kernel[0] - 1) // 2, dilation * (kernel[1] - 1) // 2
