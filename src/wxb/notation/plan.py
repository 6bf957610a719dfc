"""From a network and its input to the plan: every shape, parameter, multiply-add and receptive field."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import prod

from ..errors import WxbError
from ..settings.setting import named, need
from ..text import shape as shape_text
from .expand import default_bias, with_outputs
from .family import bind
from .layers import LAYERS, family
from .layers.kind import Signal, Site, as_written, pair
from .mistakes import misfit, one_vector
from .network import Network
from .planned import Plan
from .tree import (
    Concat,
    Item,
    Layer,
    Planned,
    PlannedConcat,
    PlannedLayer,
    PlannedResidual,
    PlannedTeam,
    Residual,
    Shape,
    Team,
    replace,
    width_number,
)
from .vocabulary import SELF, TAGS
from .way_back import complete, way_back
from .write import layer_text


def plan(network: Network, input_shape: Sequence[int], outputs: int, bindings: Mapping[str, int] | None = None) -> Plan:
    """Bind, expand, fill in, check and count `network` for inputs of `input_shape` and `outputs` scores.

    `input_shape` is (channels, height, width) of pictures, (features,) of rows, (vocabulary, places) of sentences.
    Before SELF there are as many outputs
    as numbers in the input, whatever is asked for. Raises WxbError if the network does
    not fit.
    """
    need("network", network, Network, "a network, as `read` returns it")
    need("bindings", bindings, (Mapping, type(None)), 'values of variables, such as {"N": 2}')
    shape, outputs = _whole("input_shape", input_shape, "sizes such as (3, 32, 32)"), _whole("outputs", [outputs])[0]
    if len(shape) not in (1, 2, 3) or min(shape) < 1:
        raise WxbError(
            f"an input of shape {shape_text(shape) or 'nothing'} is neither a picture nor a row of numbers",
            fix="channels x height x width, as 3x32x32, or a number of features",
        )
    if outputs < 1:
        raise WxbError(
            f"a network has at least 1 output, not {outputs}", fix="the number of classes, labels or numbers"
        )

    outputs = prod(shape) if network.head == SELF else outputs  # as many numbers come out as go in

    def smallest_map(candidate: Network) -> int | None:
        """The least height or width of all maps, 1,000,000,000 without maps; None if the network does not fit."""
        try:
            layers = _plan(candidate, shape, outputs).layers
        except WxbError:
            return None
        return min((min(layer.output[1:]) for layer in layers if len(layer.output) == 3), default=10**9)

    bound, choices = bind(network, bindings or {}, smallest_map)
    return dataclasses.replace(_plan(bound, shape, outputs), choices=choices)


def _whole(name: str, sizes: object, expected: str = "a whole number") -> Shape:
    """Sizes as whole numbers. Raises WxbError for anything else."""
    try:
        return tuple(operator.index(size) for size in sizes)  # type: ignore[attr-defined]
    except TypeError:
        raise WxbError(f"{named(name, sizes)}: expected {expected}") from None


def _plan(network: Network, shape: Shape, outputs: int) -> Plan:
    if network.head == TAGS and network.body and isinstance(network.body[-1], Team):
        raise misfit(network.text, network.body[-1].place, "TAGS takes no TEAM", [shape], "layers without a TEAM")
    explicit = dataclasses.replace(network, body=with_outputs(network.normal, outputs, network.head))
    planner = Planner(explicit, shape, outputs)
    if network.head == SELF:
        planner.check_code()
    items, end = planner.sequence(explicit.body, planner.start(), "", top=True)
    if network.head == SELF and not complete(explicit.body, end.shape, shape):
        explicit = dataclasses.replace(explicit, body=(*explicit.body, *way_back(items, shape)))
        planner = Planner(explicit, shape, outputs)
        items, end = planner.sequence(explicit.body, planner.start(), "", top=True)
    planner.check_output(end)
    return Plan(
        network=explicit,
        input=shape,
        outputs=outputs,
        items=items,
        head=explicit.head,
        parameters=sum(item.parameters for item in items),
        multiply_adds=sum(item.multiply_adds for item in items),
    )


class Planner:
    """One walk over an explicit network; `trail` holds the shapes on the way, for messages."""

    def __init__(self, network: Network, shape: Shape, outputs: int) -> None:
        self.network = network
        self.input = shape
        self.outputs = outputs
        self.trail: list[Shape] = [shape]
        self.members = 1  # of the TEAM that is planned
        # what is known of each layer from the text: layers that a repeat stands for are one object
        self.layers: dict[tuple[int, bool, int], tuple[Layer, PlannedLayer]] = {}

    def start(self) -> Signal:
        """The input."""
        places = pair((*self.input[1:], 1)[:2]) if len(self.input) > 1 else (1, self.input[0])
        return Signal(self.input, (1, 1), (1, 1), places)

    def sequence(
        self, items: Sequence[Item], signal: Signal, path: str, top: bool = False
    ) -> tuple[tuple[Planned, ...], Signal]:
        """Plan siblings one after the other; `path` is the beginning of their paths."""
        planned: list[Planned] = []
        for position, item in enumerate(items):
            prefix = f"{path}{position + 1}."
            done: Planned
            match item:
                case Layer():
                    if family(item) == "feature" and not (top and position == 0):
                        self.refuse_feature(item)
                    done, signal = self.layer(items, position, item, signal, prefix)
                case Residual():
                    done, signal = self.residual(item, signal, prefix + "RES")
                case Concat():
                    done, signal = self.concat(item, signal, prefix + "CAT", first=top and position == 0)
                case Team():
                    if not top or position + 1 < len(items):
                        what = "a TEAM stands last, directly before the head"
                        raise self.misfit(item, what, "TEAM-16(…) around the layers after it")
                    done, signal = self.team(item, signal, prefix + "TEAM")
                case _:
                    raise TypeError(f"{item} in an expanded network")
            planned.append(done)
            if self.trail[-1] != signal.shape:
                self.trail.append(signal.shape)
        return tuple(planned), signal

    def layer(
        self, items: Sequence[Item], position: int, layer: Layer, signal: Signal, prefix: str
    ) -> tuple[PlannedLayer, Signal]:
        """Plan the layer at `position` among its siblings; its path is `prefix` and its name."""
        kind = LAYERS[layer.name]
        if len(signal.shape) == 2 and kind.family != "tokens":
            raise self.misfit(layer, f"{layer.name} reads numbers, and its input is words", f"EMBED-64-{layer.name}")
        if self.network.head == TAGS and len(signal.shape) == 1:
            raise self.misfit(*one_vector(layer, items[position - 1] if position else None, self.input))
        bias, pieces = False, 1
        if kind.family == "affine":
            bias = default_bias(items, position) if layer.bias is None else layer.bias
            match items[position + 1 : position + 2]:
                case (Layer(name="MAXOUT", kernel=(pieces, _)),):
                    pass
        shape = signal.shape
        written = self.written(layer, bias, pieces)
        path, field, jump = prefix + written.path, signal.field, signal.jump
        planned = replace(written, path=path, input=shape, output=shape, receptive_field=field, jump=jump)
        planned = replace(planned, tokens=jump[0] if len(self.input) == 2 and len(shape) == 3 else 0)
        before = items[position - 1] if position else None
        done, after = kind.rule(Site(layer, planned, signal, before, self.outputs, self.network.text, self.trail))
        if self.members > 1:
            done = replace(done, members=self.members, multiply_adds=self.members * done.multiply_adds)
        return done, after

    def written(self, layer: Layer, bias: bool, pieces: int) -> PlannedLayer:
        """What the text alone says of a layer."""
        key = id(layer), bias, pieces
        if key not in self.layers:
            planned = replace(
                PLAIN,
                path=self.segment(layer),
                name=layer.name,
                kernel=layer.kernel or (1, 1),
                stride=layer.stride or 1,
                dilation=layer.dilation or 1,
                groups=layer.groups or 1,
                bias=bias,
                ceil=layer.ceil,
                pieces=pieces,
                number=layer.number,
                place=layer.place,
            )
            self.layers[key] = layer, planned
        return self.layers[key][1]

    def segment(self, layer: Layer) -> str:
        """The name of a layer in its path: with kernel and width, C as a number, and never with a dot."""
        width = None if layer.width is None else width_number(layer.width, self.outputs)
        return _segment(layer.name, layer.kernel, width)

    def misfit(self, item: Item | None, what: str, fix: str) -> WxbError:
        """The error for `item`, with the shapes up to it."""
        return misfit(self.network.text, item.place if item else None, what, self.trail, fix)

    def residual(self, block: Residual, signal: Signal, path: str) -> tuple[PlannedResidual, Signal]:
        """The sum of an arm and a shortcut."""
        if len(signal.shape) == 2:
            raise self.misfit(block, "RES adds numbers, and its input is words", "EMBED-64-RES(…)")
        trail = list(self.trail)
        arm, out = self.sequence(block.arm, signal, path + ".")
        self.trail = trail
        shortcut: tuple[Planned, ...] = ()
        beside, stride = signal, 1
        if isinstance(block.shortcut, tuple):
            shortcut, beside = self.sequence(block.shortcut, signal, path + ".shortcut.")
            self.trail = trail
            if beside.shape != out.shape:
                what = (
                    f"RES cannot add {shape_text(out.shape)} of its arm and {shape_text(beside.shape)} of its shortcut"
                )
                raise self.misfit(block, what, "a shortcut that gives the same shape, or none")
        elif block.shortcut == "PAD":
            stride = self.relating_stride(block, signal.shape, out.shape)
            if len(signal.shape) != len(out.shape) or signal.shape[0] > out.shape[0]:
                what = f"PAD appends channels, and {shape_text(signal.shape)} has more than {shape_text(out.shape)}"
                raise self.misfit(block, what, "RES without PAD: a projection")
            beside = signal._replace(jump=pair(jump * stride for jump in signal.jump))
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
        """The shortcut if the shapes differ: CONV1-width/stride-BN, for vectors FC-width-BN."""
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
            what = (
                f"no stride relates the input {shape_text(before)} of RES to the output {shape_text(after)} of its arm"
            )
            raise self.misfit(block, what, 'an arm that keeps its size (padding), or a shortcut: "RES(…, …)"')
        return stride

    def concat(self, block: Concat, signal: Signal, path: str, first: bool) -> tuple[PlannedConcat, Signal]:
        """Branches joined over channels or features; `first`: the block reads the input."""
        trail = list(self.trail)
        featured = all(len(branch) == 1 and family(branch[0]) == "feature" for branch in block.branches)
        branches: list[tuple[Planned, ...]] = []
        ends: list[Signal] = []
        for number, branch in enumerate(block.branches, 1):
            planned, end = self.sequence(branch, signal, f"{path}.{number}.", top=first and featured)
            branches.append(planned)
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
        places = pair(max(end.places[axis] for end in ends) for axis in (0, 1))
        return done, Signal(output, field, jump, places)

    def team(self, block: Team, signal: Signal, path: str) -> tuple[PlannedTeam, Signal]:
        """Members that share weights; each has a factor for each channel or feature of the input, and its last FC."""
        self.members = block.members
        groups = []
        for group in range(1, block.groups + 1):
            items, end = self.sequence(block.items, signal, f"{path}.{group}.")
            last = items[-1]
            if not isinstance(last, PlannedLayer) or last.name != "FC":
                raise self.misfit(block, "a TEAM ends in an FC, of which each member has its own", "TEAM-16(…-FC-C)")
            if block.members > 1:
                last = replace(last, groups=block.members, parameters=block.members * last.parameters)
            groups.append((*items[:-1], last))
        self.members = 1
        inside = [item for items in groups for item in items]
        planned = PlannedTeam(
            path=path,
            input=signal.shape,
            output=end.shape,
            members=block.members,
            groups=tuple(groups),
            parameters=sum(item.parameters for item in inside) + len(groups) * block.members * signal.shape[0],
            multiply_adds=sum(item.multiply_adds for item in inside),
            receptive_field=end.field,
            jump=end.jump,
        )
        return planned, end

    def check_output(self, end: Signal) -> None:
        """Raise WxbError unless a vector of `outputs` numbers reaches the head."""
        body, outputs = self.network.body, self.outputs
        last = body[-1] if body else None
        if self.network.head in (SELF, TAGS):
            check = self.check_size if self.network.head == SELF else self.check_places
            check(last if isinstance(last, Layer) else None, end)
            return
        if len(end.shape) == 2:
            raise self.misfit(None, f"{self.network.head} reads numbers, and its input is words", "EMBED-64-GAP")
        if isinstance(last, Team):
            last = last.items[-1]
        if isinstance(last, Layer) and last.name == "FC" and end.shape != (outputs,):
            raise self.misfit(
                last,
                f"{as_written(last, self.network.text)} before the head gives {end.shape[0]} numbers for {outputs} "
                "outputs, and nothing stands between two affine layers",
                f"write {layer_text(last)}-RELU for a hidden layer, FC-C for the output",
            )
        if end.shape != (outputs,):
            what = f"what reaches the head is {shape_text(end.shape)}, not a vector of {outputs} numbers"
            fix = "GAP before the head" if len(end.shape) == 3 and end.shape[0] == outputs else "FC-C as the last layer"
            raise self.misfit(last if isinstance(last, Layer) else None, what, fix)

    def check_code(self) -> None:
        """Raise WxbError for a body before SELF that learns nothing, or that cannot be turned back."""
        body = self.network.body
        if len(self.input) == 2:
            raise self.misfit(None, "SELF gives numbers again, and the input is words", "SOFTMAX")
        if not any(family(item) == "affine" or not isinstance(item, Layer) for item in body):
            what = "SELF learns the input from itself, and no layer with weights stands before it"
            raise self.misfit(body[0] if body else None, what, "FC-32-RELU, SELF")
        for item in body:
            if isinstance(item, Team):
                raise self.misfit(item, "SELF takes no TEAM: the input is one, not one for each member", "FC-32-RELU")
            if isinstance(item, Layer) and family(item) == "feature":
                raise self.misfit(item, f"SELF learns the input itself, not {item.name}", "no designed feature")

    def check_size(self, last: Layer | None, end: Signal) -> None:
        """Raise WxbError unless the input's shape, or a vector of as many numbers, reaches SELF."""
        if end.shape not in (self.input, (self.outputs,)):
            what = f"what reaches SELF is {shape_text(end.shape)}, not the input's {shape_text(self.input)}"
            raise self.misfit(last, what, "UP and CONV up to that shape, or no UP: the way back is then added")

    def check_places(self, last: Layer | None, end: Signal) -> None:
        """Raise WxbError unless `outputs` numbers for each word of a sentence reach TAGS."""
        if len(self.input) != 2:
            raise self.misfit(*one_vector(None, None, self.input))
        if end.shape != (expected := (self.outputs, self.input[1], 1)):
            what = f"what reaches TAGS is {shape_text(end.shape)}, not {shape_text(expected)}, scores for each word"
            raise self.misfit(last, what, "no pooling, stride or FC before TAGS, as in EMBED-64-RNN-64, TAGS")

    def refuse_feature(self, layer: Layer) -> None:
        """Raise WxbError for a designed feature that does not read the input."""
        what = f"{layer.name} reads the input only: it is the first layer, or a branch of a CAT that is first"
        raise self.misfit(layer, what, f'"{layer.name}-FC-RELU", or "CAT(PIXELS, {layer.name})-FC-RELU"')


PLAIN = PlannedLayer("", "", (), ())


@lru_cache(1024)
def _segment(name: str, kernel: tuple[int, int] | None, width: int | None) -> str:
    return layer_text(Layer(name, kernel=kernel, width=width))


def _widest(signals: Sequence[Signal]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Receptive field and jump of several ways that are joined or added."""
    field = pair(max(signal.field[axis] for signal in signals) for axis in (0, 1))
    return field, pair(max(signal.jump[axis] for signal in signals) for axis in (0, 1))
