"""From a network and its input to the plan: every shape, parameter, multiply-add and receptive field.

Sizes are in pixels, lengths along one axis. Receptive field and jump follow arXiv:1603.07285 and
doi:10.23915/distill.00021: a layer widens the field by (kernel - 1) * dilation * jump and then multiplies the jump by
its stride. The field is that of an output far from the border.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import NamedTuple

from ..errors import WxbError
from ..numbers import shape as shape_text
from .expand import default_bias, default_padding, normal, width_number
from .family import bind
from .features import feature
from .mistakes import misfit
from .tree import (
    Concat,
    Item,
    Layer,
    Network,
    Place,
    Plan,
    Planned,
    PlannedConcat,
    PlannedLayer,
    PlannedResidual,
    Residual,
    Shape,
    Variable,
)
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
        return _pair(self.field[axis] + (self.spread[axis] - 1) * self.jump[axis] for axis in (0, 1))


def plan(
    network: Network, input_shape: Sequence[int], targets: int, bindings: Mapping[str, int] | None = None
) -> Plan:
    """Bind, expand, fill in, check and count `network` for inputs of `input_shape` and `targets` scores.

    `input_shape` is (channels, height, width) of pictures or (features,) of vectors. Raises WxbError where the
    network does not fit.
    """
    shape = tuple(int(size) for size in input_shape)
    if len(shape) not in (1, 3) or min(shape) < 1:
        raise WxbError(
            f"an input of shape {shape_text(shape) or 'nothing'} is neither a picture nor a vector",
            fix="channels x height x width, as 3x32x32, or a number of features",
        )
    if targets < 1:
        raise WxbError(f"a network has at least 1 target, not {targets}", fix="the number of classes, labels or numbers")

    def smallest_map(candidate: Network) -> int | None:
        try:
            return _smallest_map(_plan(candidate, shape, targets).items)
        except WxbError:
            return None

    bound, choices = bind(network, bindings or {}, smallest_map)
    return replace(_plan(bound, shape, targets), choices=choices)


def _plan(network: Network, shape: Shape, targets: int) -> Plan:
    explicit = normal(network, targets)
    planner = Planner(explicit, shape, targets)
    items, end = planner.sequence(explicit.body, planner.start(), "", top=True)
    planner.check_output(items, end)
    return Plan(
        network=explicit,
        input=shape,
        targets=targets,
        items=items,
        head=explicit.head,
        parameters=sum(item.parameters for item in items),
        multiply_adds=sum(item.multiply_adds for item in items),
    )


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


class Planner:
    """One walk over an explicit network; `trail` holds the shapes on the way, for messages."""

    def __init__(self, network: Network, shape: Shape, targets: int) -> None:
        self.network = network
        self.input = shape
        self.targets = targets
        self.trail: list[Shape] = [shape]

    def start(self) -> Signal:
        spread = (self.input[1], self.input[2]) if len(self.input) == 3 else (1, self.input[0])
        return Signal(self.input, (1, 1), (1, 1), spread)

    def sequence(
        self, items: Sequence[Item], signal: Signal, path: str, top: bool = False
    ) -> tuple[tuple[Planned, ...], Signal]:
        """Plan siblings one after the other; `path` is what their paths begin with."""
        planned: list[Planned] = []
        for position, item in enumerate(items):
            prefix = f"{path}{position + 1}."
            done: Planned
            match item:
                case Layer():
                    if item.name in FEATURES and not (top and position == 0):
                        self.refuse_feature(item)
                    done, signal = self.layer(items, position, item, signal, prefix)
                case Residual():
                    done, signal = self.residual(item, signal, prefix + "RES")
                case Concat():
                    done, signal = self.concat(item, signal, prefix + "CAT", first=top and position == 0)
                case _:
                    raise TypeError(f"{item} in an expanded network")
            planned.append(done)
            if self.trail[-1] != signal.shape:
                self.trail.append(signal.shape)
        return tuple(planned), signal

    # --- layers ---

    def layer(
        self, items: Sequence[Item], position: int, layer: Layer, signal: Signal, prefix: str
    ) -> tuple[PlannedLayer, Signal]:
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
                self.need_maps(layer, signal)
                planned = replace(planned, output=signal.shape[:1], receptive_field=signal.joined())
            case "BN":
                planned = replace(planned, parameters=2 * signal.shape[0])
            case "LRN":
                self.need_maps(layer, signal)
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
        width = None if layer.width is None else width_number(layer.width, self.targets)
        kernel = None if layer.name == "MAXOUT" else layer.kernel
        pieces = layer.kernel[0] if layer.name == "MAXOUT" and layer.kernel else ""
        return layer_text(Layer(layer.name, kernel=kernel, width=width)) + str(pieces)

    def width(self, layer: Layer) -> int:
        width = width_number(layer.width or 0, self.targets)
        if width is None:
            raise TypeError(f"{layer} has no width in a bound network")
        return width

    def conv(self, layer: Layer, planned: PlannedLayer) -> PlannedLayer:
        """A convolution: kernel x input channels of a group x width products at each of its places."""
        signal_shape = planned.input
        self.need_maps(layer, signal_shape)
        channels, width, groups = signal_shape[0], self.width(layer), planned.groups
        for number, whose in ((channels, f"its input has {channels} channels"), (width, f"its width is {width}")):
            if number % groups:
                divisors = [divisor for divisor in range(groups, 0, -1) if channels % divisor == width % divisor == 0]
                raise self.misfit(
                    layer, f"{self.word(layer)} does not fit: {whose}, which {groups} does not divide", f"g{divisors[0]}"
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
        self.need_maps(layer, planned.input)
        planned = replace(planned, padding=(layer.padding or 0, layer.padding or 0))
        height, across = self.slide(layer, planned)
        return self.widened(replace(planned, output=(planned.input[0], height, across)))

    def slide(self, layer: Layer, planned: PlannedLayer) -> tuple[int, int]:
        """(height, width) of what a sliding kernel gives; WxbError where it does not fit."""
        sizes = planned.input[1:]
        found = _pair(
            length(sizes[axis], planned.kernel[axis], planned.stride, planned.padding[axis], planned.dilation, planned.ceil)
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
            receptive_field=_pair(before + more for before, more in zip(planned.receptive_field, reach, strict=True)),
            jump=_pair(jump * planned.stride for jump in planned.jump),
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
        words = width_number(layer.width, self.targets) if layer.width is not None else 0
        found = feature(layer.name, signal.shape, words or 0)
        if isinstance(found, str):
            raise self.misfit(layer, f"{layer.name} does not fit: {found}", "another first layer")
        planned = replace(planned, output=found.shape, receptive_field=found.field, jump=found.jump)
        return planned, Signal(found.shape, found.field, found.jump, found.spread)

    # --- blocks ---

    def residual(self, block: Residual, signal: Signal, path: str) -> tuple[PlannedResidual, Signal]:
        trail = list(self.trail)
        arm, out = self.sequence(block.arm, signal, path + ".")
        self.trail = trail
        shortcut: tuple[Planned, ...] = ()
        beside, stride = signal, 1
        if isinstance(block.shortcut, tuple):
            shortcut, beside = self.sequence(block.shortcut, signal, path + ".shortcut.")
            self.trail = trail
            if beside.shape != out.shape:
                what = f"RES cannot add {shape_text(out.shape)} of its arm and {shape_text(beside.shape)} of its shortcut"
                raise self.misfit(block, what, "a shortcut that gives the same shape, or none")
        elif block.shortcut == "PAD":
            stride = self.relating_stride(block, signal.shape, out.shape)
            if len(signal.shape) != len(out.shape) or signal.shape[0] > out.shape[0]:
                what = f"PAD appends channels, and {shape_text(signal.shape)} has more than {shape_text(out.shape)}"
                raise self.misfit(block, what, "RES without PAD: a projection")
            beside = signal._replace(jump=_pair(jump * stride for jump in signal.jump))
        elif out.shape != signal.shape:
            shortcut, beside = self.projection(block, signal, out.shape, path)
        field, jump = _widest((out, beside))
        planned = PlannedResidual(
            path=path,
            input=signal.shape,
            output=out.shape,
            arm=arm,
            shortcut=shortcut,
            pad=block.shortcut == "PAD",
            stride=stride,
            survival=1.0 if block.survival is None else block.survival,
            parameters=sum(item.parameters for item in (*arm, *shortcut)),
            multiply_adds=sum(item.multiply_adds for item in (*arm, *shortcut)),
            receptive_field=field,
            jump=jump,
        )
        return planned, out._replace(field=field, jump=jump)

    def projection(
        self, block: Residual, signal: Signal, output: Shape, path: str
    ) -> tuple[tuple[Planned, ...], Signal]:
        """The shortcut where shapes differ: CONV1-width/stride-BN, of vectors FC-width-BN."""
        if len(output) == 1:
            layer = Layer("FC", width=output[0], place=block.place)
        else:
            stride = self.relating_stride(block, signal.shape, output)
            layer = Layer("CONV", kernel=(1, 1), width=output[0], stride=stride, padding=0, place=block.place)
        return self.sequence((layer, Layer("BN", place=block.place)), signal, path + ".shortcut.")

    def relating_stride(self, block: Residual, before: Shape, after: Shape) -> int:
        """The least whole number s with ceil(before / s) = after on each axis."""
        stride = max((-(-old // new) for old, new in zip(before[1:], after[1:], strict=False)), default=1)
        if any(-(-old // stride) != new for old, new in zip(before[1:], after[1:], strict=False)):
            what = f"no stride relates the input {shape_text(before)} of RES to the output {shape_text(after)} of its arm"
            raise self.misfit(block, what, 'an arm that keeps its size (padding), or a shortcut: "RES(…, …)"')
        return stride

    def concat(self, block: Concat, signal: Signal, path: str, first: bool) -> tuple[PlannedConcat, Signal]:
        trail = list(self.trail)
        featured = [self.lone_feature(branch) for branch in block.branches]
        branches: list[tuple[Planned, ...]] = []
        ends: list[Signal] = []
        for number, branch in enumerate(block.branches, 1):
            prefix = f"{path}.{number}."
            layer = branch[0] if branch else None
            if first and all(featured) and isinstance(layer, Layer):
                planned, end = self.layer(branch, 0, layer, signal, f"{prefix}1.")
                branches.append((planned,))
            else:
                parts, end = self.sequence(branch, signal, prefix)
                branches.append(parts)
            ends.append(end)
            self.trail = list(trail)
        if len({end.shape[1:] for end in ends}) > 1 or len({len(end.shape) for end in ends}) > 1:
            shapes = ", ".join(shape_text(end.shape) for end in ends)
            what = f"CAT joins maps of one size or vectors; its branches give {shapes}"
            raise self.misfit(block, what, "the same strides in every branch, and padding that keeps sizes")
        output = (sum(end.shape[0] for end in ends), *ends[0].shape[1:])
        layers = [item for branch in branches for item in branch]
        field, jump = _widest(ends)
        done = PlannedConcat(
            path=path,
            input=signal.shape,
            output=output,
            branches=tuple(branches),
            parameters=sum(item.parameters for item in layers),
            multiply_adds=sum(item.multiply_adds for item in layers),
            receptive_field=field,
            jump=jump,
        )
        spread = _pair(max(end.spread[axis] for end in ends) for axis in (0, 1))
        return done, Signal(output, field, jump, spread)

    def lone_feature(self, branch: Sequence[Item]) -> bool:
        return len(branch) == 1 and isinstance(branch[0], Layer) and branch[0].name in FEATURES

    # --- the end, and messages ---

    def check_output(self, items: Sequence[Planned], end: Signal) -> None:
        """Raise where what reaches the head is not one vector with a number for each target."""
        body, targets = self.network.body, self.targets
        last = body[-1] if body else None
        if isinstance(last, Layer) and last.name == "FC" and end.shape != (targets,):
            raise self.misfit(
                last,
                f"{self.word(last)} before the head gives {end.shape[0]} numbers for {targets} targets, "
                "and nothing stands between two affine layers",
                f"write {layer_text(last)}-RELU for a hidden layer, FC-C for the output",
            )
        if end.shape != (targets,):
            what = f"what reaches the head is {shape_text(end.shape)}, not a vector of {targets} numbers"
            fix = "GAP before the head" if len(end.shape) == 3 and end.shape[0] == targets else "FC-C as the last layer"
            raise self.misfit(last if isinstance(last, Layer) else None, what, fix)

    def need_maps(self, layer: Layer, signal: Signal | Shape) -> None:
        shape = signal.shape if isinstance(signal, Signal) else signal
        if len(shape) == 3:
            return
        what = f"{layer.name} needs maps; its input is a vector of {shape[0]} numbers"
        vectors = len(self.input) == 1
        fix = "FC for data that are vectors" if vectors else f"{layer.name} before the layer that flattens"
        raise self.misfit(layer, what, fix)

    def refuse_feature(self, layer: Layer) -> None:
        what = f"{layer.name} reads the input only: it is the first layer, or a branch of a CAT that is first"
        raise self.misfit(layer, what, f'"{layer.name}-FC-RELU", or "CAT(PIXELS, {layer.name})-FC-RELU"')

    def word(self, layer: Layer) -> str:
        """The layer as it stands in the text, or as it would."""
        if layer.place and self.network.text:
            written = self.network.text[layer.place.start : layer.place.end]
            if not any(c.isspace() or c == "#" for c in written):
                return written
        return layer_text(layer)

    def misfit(self, item: Layer | Residual | Concat | None, what: str, fix: str) -> WxbError:
        place: Place | None = item.place if item else None
        return misfit(self.network, place, what, self.trail, fix)


def _pair(numbers: object) -> tuple[int, int]:
    first, second = numbers  # type: ignore[misc]
    return first, second


def _widest(signals: Sequence[Signal]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Receptive field and jump of what is joined or added from several ways."""
    field = _pair(max(signal.field[axis] for signal in signals) for axis in (0, 1))
    return field, _pair(max(signal.jump[axis] for signal in signals) for axis in (0, 1))


def _smallest_map(items: Sequence[Planned]) -> int:
    """Least height or width of all maps, as large as can be where there are none."""
    sides = [10**9]
    for item in items:
        if len(item.output) == 3:
            sides.append(min(item.output[1:]))
        match item:
            case PlannedResidual():
                sides.append(_smallest_map((*item.arm, *item.shortcut)))
            case PlannedConcat():
                sides += [_smallest_map(branch) for branch in item.branches]
    return min(sides)
