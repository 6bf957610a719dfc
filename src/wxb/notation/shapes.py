"""From a network and its input to the plan: every shape, parameter, multiply-add and receptive field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..errors import WxbError
from ..text import shape as shape_text
from .expand import normal
from .family import bind
from .layers import LayerPlanner, Signal, pair
from .tree import (
    Concat,
    Item,
    Layer,
    Network,
    Plan,
    Planned,
    PlannedConcat,
    PlannedResidual,
    Residual,
    Shape,
)
from .vocabulary import FEATURES
from .write import layer_text


def plan(network: Network, input_shape: Sequence[int], outputs: int, bindings: Mapping[str, int] | None = None) -> Plan:
    """Bind, expand, fill in, check and count `network` for inputs of `input_shape` and `outputs` scores.

    `input_shape` is (channels, height, width) of pictures or (features,) of vectors. Raises WxbError where the
    network does not fit.
    """
    shape = tuple(int(size) for size in input_shape)
    if len(shape) not in (1, 3) or min(shape) < 1:
        raise WxbError(
            f"an input of shape {shape_text(shape) or 'nothing'} is neither a picture nor a vector",
            fix="channels x height x width, as 3x32x32, or a number of features",
        )
    if outputs < 1:
        raise WxbError(
            f"a network has at least 1 output, not {outputs}", fix="the number of classes, labels or numbers"
        )

    def smallest_map(candidate: Network) -> int | None:
        try:
            return _smallest_map(_plan(candidate, shape, outputs).items)
        except WxbError:
            return None

    bound, choices = bind(network, bindings or {}, smallest_map)
    return replace(_plan(bound, shape, outputs), choices=choices)


def _plan(network: Network, shape: Shape, outputs: int) -> Plan:
    explicit = normal(network, outputs)
    planner = Planner(explicit, shape, outputs)
    items, end = planner.sequence(explicit.body, planner.start(), "", top=True)
    planner.check_output(items, end)
    return Plan(
        network=explicit,
        input=shape,
        outputs=outputs,
        items=items,
        head=explicit.head,
        parameters=sum(item.parameters for item in items),
        multiply_adds=sum(item.multiply_adds for item in items),
    )


class Planner(LayerPlanner):
    """One walk over an explicit network: sequences, blocks, and what reaches the head."""

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

    def residual(self, block: Residual, signal: Signal, path: str) -> tuple[PlannedResidual, Signal]:
        """The sum of an arm and a shortcut."""
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
            what = (
                f"no stride relates the input {shape_text(before)} of RES to the output {shape_text(after)} of its arm"
            )
            raise self.misfit(block, what, 'an arm that keeps its size (padding), or a shortcut: "RES(…, …)"')
        return stride

    def concat(self, block: Concat, signal: Signal, path: str, first: bool) -> tuple[PlannedConcat, Signal]:
        """Branches joined over channels or features; `first`: the block reads the input."""
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
        spread = pair(max(end.spread[axis] for end in ends) for axis in (0, 1))
        return done, Signal(output, field, jump, spread)

    def lone_feature(self, branch: Sequence[Item]) -> bool:
        """Whether a branch is one designed feature."""
        return len(branch) == 1 and isinstance(branch[0], Layer) and branch[0].name in FEATURES

    def check_output(self, items: Sequence[Planned], end: Signal) -> None:
        """Raise where what reaches the head is not one vector of `outputs` numbers."""
        body, outputs = self.network.body, self.outputs
        last = body[-1] if body else None
        if isinstance(last, Layer) and last.name == "FC" and end.shape != (outputs,):
            raise self.misfit(
                last,
                f"{self.word(last)} before the head gives {end.shape[0]} numbers for {outputs} outputs, "
                "and nothing stands between two affine layers",
                f"write {layer_text(last)}-RELU for a hidden layer, FC-C for the output",
            )
        if end.shape != (outputs,):
            what = f"what reaches the head is {shape_text(end.shape)}, not a vector of {outputs} numbers"
            fix = "GAP before the head" if len(end.shape) == 3 and end.shape[0] == outputs else "FC-C as the last layer"
            raise self.misfit(last if isinstance(last, Layer) else None, what, fix)

    def refuse_feature(self, layer: Layer) -> None:
        """Raise for a designed feature that does not read the input."""
        what = f"{layer.name} reads the input only: it is the first layer, or a branch of a CAT that is first"
        raise self.misfit(layer, what, f'"{layer.name}-FC-RELU", or "CAT(PIXELS, {layer.name})-FC-RELU"')


def _widest(signals: Sequence[Signal]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Receptive field and jump of what is joined or added from several ways."""
    field = pair(max(signal.field[axis] for signal in signals) for axis in (0, 1))
    return field, pair(max(signal.jump[axis] for signal in signals) for axis in (0, 1))


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
