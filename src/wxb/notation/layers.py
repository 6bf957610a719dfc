"""What one layer makes of its input: shape, parameters, multiply-adds, receptive field.

Sizes are in pixels, lengths along one axis. Receptive field and jump follow arXiv:1603.07285 and
doi:10.23915/distill.00021: a layer widens the field by (kernel - 1) * dilation * jump and then multiplies the jump by
its stride. The field is that of an output far from the border.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import prod
from typing import NamedTuple

from ..errors import WxbError
from ..text import shape as shape_text
from .expand import default_bias, default_padding, width_number
from .features import feature
from .mistakes import misfit
from .tree import Concat, Item, Layer, Network, PlannedLayer, Residual, Shape
from .vocabulary import AFFINE, FEATURES, POOLING
from .write import layer_text


class Signal(NamedTuple):
    """What flows between layers. `spread` is how many places along each axis one reading all of it would join."""

    shape: Shape
    field: tuple[int, int]  # receptive field
    jump: tuple[int, int]
    spread: tuple[int, int]

    def joined(self) -> tuple[int, int]:
        """The receptive field of what reads all places."""
        return pair(self.field[axis] + (self.spread[axis] - 1) * self.jump[axis] for axis in (0, 1))


def pair(numbers: Iterable[int]) -> tuple[int, int]:
    """(height, width) from two numbers."""
    first, second = numbers
    return first, second


def length(size: int, kernel: int, stride: int, padding: int, dilation: int = 1, ceil: bool = False) -> int:
    """Places of a kernel along one axis; 0 or less where it spans more than the padded input.

    floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1. With `ceil` a last window that hangs over the
    edge counts as well, unless it begins in the padding behind the input.
    """
    free = size + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil:
        return free // stride + 1 if free >= 0 else 0
    places = -(-free // stride) + 1
    return places - 1 if (places - 1) * stride >= size + padding else places


class LayerPlanner:
    """Plans one layer after the other of an explicit network; `trail` holds the shapes on the way, for messages."""

    def __init__(self, network: Network, shape: Shape, outputs: int) -> None:
        self.network = network
        self.input = shape
        self.outputs = outputs
        self.trail: list[Shape] = [shape]

    def start(self) -> Signal:
        """The input."""
        spread = (self.input[1], self.input[2]) if len(self.input) == 3 else (1, self.input[0])
        return Signal(self.input, (1, 1), (1, 1), spread)

    def layer(
        self, items: Sequence[Item], position: int, layer: Layer, signal: Signal, prefix: str
    ) -> tuple[PlannedLayer, Signal]:
        """Plan the layer at `position` of its siblings; its path is `prefix` and its name."""
        following = items[position + 1] if position + 1 < len(items) else None
        pieces = 1
        if layer.name in AFFINE and isinstance(following, Layer) and following.name == "MAXOUT" and following.kernel:
            pieces = following.kernel[0]
        bias = default_bias(items, position) if layer.bias is None else layer.bias
        planned = PlannedLayer(
            path=prefix + self.segment(layer),
            name=layer.name,
            input=signal.shape,
            output=signal.shape,
            kernel=layer.kernel or (1, 1),
            stride=layer.stride or 1,
            dilation=layer.dilation or 1,
            groups=layer.groups or 1,
            bias=bias and layer.name in AFFINE,
            ceil=layer.ceil,
            pieces=pieces,
            number=layer.number,
            receptive_field=signal.field,
            jump=signal.jump,
            place=layer.place,
        )
        match layer.name:
            case "CONV":
                planned = self.conv(layer, planned)
            case "POOL" | "AVGPOOL":
                planned = self.pooling(layer, planned)
            case "FC":
                planned = self.fc(layer, planned, signal)
            case "GAP":
                self.need_maps(layer, signal.shape)
                planned = replace(planned, output=signal.shape[:1], receptive_field=signal.joined())
            case "BN":
                planned = replace(planned, parameters=2 * signal.shape[0])
            case "LRN":
                self.need_maps(layer, signal.shape)
            case "MAXOUT":
                planned = self.maxout(items, position, planned)
            case name if name in FEATURES:
                return self.feature(layer, planned, signal)
        joins = layer.name in ("FC", "GAP")
        spread = (1, 1) if joins else signal.spread
        if len(planned.output) == 3:
            spread = (planned.output[1], planned.output[2])
        return planned, Signal(planned.output, planned.receptive_field, planned.jump, spread)

    def segment(self, layer: Layer) -> str:
        """The name in a path: with kernel and width, C as its number, and never with a dot."""
        width = None if layer.width is None else width_number(layer.width, self.outputs)
        kernel = None if layer.name == "MAXOUT" else layer.kernel
        pieces = layer.kernel[0] if layer.name == "MAXOUT" and layer.kernel else ""
        return layer_text(Layer(layer.name, kernel=kernel, width=width)) + str(pieces)

    def width(self, layer: Layer) -> int:
        """The width as a number."""
        width = width_number(layer.width or 0, self.outputs)
        if width is None:
            raise TypeError(f"{layer} has no width in a bound network")
        return width

    def conv(self, layer: Layer, planned: PlannedLayer) -> PlannedLayer:
        """A convolution: kernel x input channels of a group x width products at each of its places."""
        self.need_maps(layer, planned.input)
        channels, width, groups = planned.input[0], self.width(layer), planned.groups
        for number, whose in ((channels, f"its input has {channels} channels"), (width, f"its width is {width}")):
            if number % groups:
                divisors = [divisor for divisor in range(groups, 0, -1) if channels % divisor == width % divisor == 0]
                raise self.misfit(
                    layer,
                    f"{self.word(layer)} does not fit: {whose}, which {groups} does not divide",
                    f"g{divisors[0]}",
                )
        padding = default_padding("CONV", planned.kernel, planned.dilation)
        if layer.padding is not None:
            padding = (layer.padding, layer.padding)
        planned = replace(planned, padding=padding)
        height, across = self.slide(layer, planned)
        filters = width * planned.pieces
        weights = prod(planned.kernel) * (channels // groups) * filters
        return self.widened(
            replace(
                planned,
                output=(filters, height, across),
                parameters=weights + (filters if planned.bias else 0),
                multiply_adds=weights * height * across,
            )
        )

    def pooling(self, layer: Layer, planned: PlannedLayer) -> PlannedLayer:
        """A pooling: each channel for itself."""
        self.need_maps(layer, planned.input)
        planned = replace(planned, padding=(layer.padding or 0, layer.padding or 0))
        height, across = self.slide(layer, planned)
        return self.widened(replace(planned, output=(planned.input[0], height, across)))

    def slide(self, layer: Layer, planned: PlannedLayer) -> tuple[int, int]:
        """(height, width) of what a sliding kernel gives; WxbError where it does not fit."""
        sizes = planned.input[1:]
        found = pair(
            length(
                sizes[axis], planned.kernel[axis], planned.stride, planned.padding[axis], planned.dilation, planned.ceil
            )
            for axis in (0, 1)
        )
        if min(found) >= 1:
            return found
        kernel = shape_text(planned.kernel)
        if planned.dilation > 1:
            spans = tuple(planned.dilation * (size - 1) + 1 for size in planned.kernel)
            kernel = f"{kernel} spread over {shape_text(spans)}"
        what = f"{self.word(layer)} does not fit: its input is {shape_text(sizes)}, its kernel {kernel}"
        raise self.misfit(layer, what, self.way_to_fit(layer, planned))

    def way_to_fit(self, layer: Layer, planned: PlannedLayer) -> str:
        """What would let a sliding kernel fit."""
        ways = []
        if len({shape[1:] for shape in self.trail if len(shape) == 3}) > 1:
            ways.append("one POOL fewer")
        sizes = planned.input[1:]
        most = min((sizes[axis] + 2 * planned.padding[axis] - 1) // planned.dilation + 1 for axis in (0, 1))
        if most >= (2 if layer.name in POOLING else 1):
            ways.append(f"a kernel of at most {most}")
        default = default_padding(layer.name, planned.kernel, planned.dilation)
        fits = (length(sizes[axis], planned.kernel[axis], 1, default[axis], planned.dilation) for axis in (0, 1))
        if layer.padding is not None and min(fits) >= 1:
            ways.append(f'padding ("{layer_text(replace(layer, padding=None))}")')
        elif layer.name in POOLING and not layer.ceil and len(ways) < 2:
            ways.append("no pooling here")
        return ", ".join(ways[:-1]) + (", or " if len(ways) > 1 else "") + ways[-1] if ways else "larger pictures"

    def widened(self, planned: PlannedLayer) -> PlannedLayer:
        """With the receptive field and the jump that follow from its kernel."""
        reach = ((planned.kernel[axis] - 1) * planned.dilation * planned.jump[axis] for axis in (0, 1))
        return replace(
            planned,
            receptive_field=pair(before + more for before, more in zip(planned.receptive_field, reach, strict=True)),
            jump=pair(jump * planned.stride for jump in planned.jump),
        )

    def fc(self, layer: Layer, planned: PlannedLayer, signal: Signal) -> PlannedLayer:
        """An affine layer on all that comes, flattened."""
        units = self.width(layer) * planned.pieces
        weights = prod(signal.shape) * units
        return replace(
            planned,
            output=(units,),
            parameters=weights + (units if planned.bias else 0),
            multiply_adds=weights,
            receptive_field=signal.joined(),
        )

    def maxout(self, items: Sequence[Item], position: int, planned: PlannedLayer) -> PlannedLayer:
        """The greatest of the pieces that the layer before computes."""
        before = items[position - 1] if position else None
        layer = items[position]
        assert isinstance(layer, Layer)
        if not (isinstance(before, Layer) and before.name in AFFINE):
            what = "MAXOUT takes the greatest of the pieces of a CONV or FC, and none stands directly before it"
            raise self.misfit(layer, what, "CONV-MAXOUT or FC-MAXOUT")
        pieces = planned.kernel[0]
        output = (planned.input[0] // pieces, *planned.input[1:])
        return replace(planned, output=output, pieces=pieces, kernel=(1, 1))

    def feature(self, layer: Layer, planned: PlannedLayer, signal: Signal) -> tuple[PlannedLayer, Signal]:
        """A designed feature of the input."""
        words = width_number(layer.width, self.outputs) if layer.width is not None else 0
        found = feature(layer.name, signal.shape, words or 0)
        if isinstance(found, str):
            raise self.misfit(layer, f"{layer.name} does not fit: {found}", "another first layer")
        planned = replace(planned, output=found.shape, receptive_field=found.field, jump=found.jump)
        return planned, Signal(found.shape, found.field, found.jump, found.spread)

    def need_maps(self, layer: Layer, shape: Shape) -> None:
        """Raise where a layer that reads maps gets a vector."""
        if len(shape) == 3:
            return
        what = f"{layer.name} needs maps; its input is a vector of {shape[0]} numbers"
        vectors = len(self.input) == 1
        fix = "FC for data that are vectors" if vectors else f"{layer.name} before the layer that flattens"
        raise self.misfit(layer, what, fix)

    def word(self, layer: Layer) -> str:
        """The layer as it stands in the text, or as it would."""
        if layer.place and self.network.text:
            written = self.network.text[layer.place.start : layer.place.end]
            if not any(c.isspace() or c == "#" for c in written):
                return written
        return layer_text(layer)

    def misfit(self, item: Layer | Residual | Concat | None, what: str, fix: str) -> WxbError:
        """The error for `item`, with the shapes up to it."""
        return misfit(self.network, item.place if item else None, what, self.trail, fix)
