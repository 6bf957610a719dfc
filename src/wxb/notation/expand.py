"""From what is written to the list of layers that it stands for: repeats expanded, defaults filled in.

The normal form of a network is that list. Networks are equal when their normal forms are, and both ways of printing
begin from it. A family, whose variables are not bound, has a normal form as well: what is written with numbers is
expanded, what is written with variables stays, and its widths stay as written, since they depend on the binding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from .mistakes import misfit
from .tree import Concat, Group, Item, Layer, Network, Place, Repeat, Residual, Variable
from .vocabulary import AFFINE, LAYERS, MOST_LAYERS, OUTPUTS, POOLING, WIDEST


def check_size(network: Network) -> None:
    """Raise WxbError for more layers than are read or an empty arm of a block; expands nothing, so that it is fast."""
    sizes = [_count(network, item) for item in network.body]
    layers = sum(sizes)
    match network.body[-1:]:
        case (Layer(name="FC", width=Variable(name="C")),):
            layers -= 1  # the output layer, which is the same network where it is left out
    if layers <= MOST_LAYERS:
        return
    place = next((item.place for item, size in zip(network.body, sizes, strict=True) if size > MOST_LAYERS), None)
    many = f"{layers:,}" if layers < 10**15 else "far more than a million"
    raise misfit(
        network,
        place or Place(0, len(network.text)),
        f"the network expands to {many} layers; at most {MOST_LAYERS:,} are possible",
        fix="smaller counts after *",
    )


def _count(network: Network, item: Item) -> int:
    """How many layers the item expands to; a block counts as one more, a variable as 1."""
    match item:
        case Layer():
            return 1
        case Group(items):
            return sum(_count(network, inner) for inner in items)
        case Repeat(inner, times):
            return _count(network, inner) * (times if isinstance(times, int) else 1)
        case Residual(arm, shortcut):
            sizes = [sum(_count(network, inner) for inner in arm)]
            if isinstance(shortcut, tuple):
                sizes.append(sum(_count(network, inner) for inner in shortcut))
            if 0 in sizes:
                part = "shortcut" if sizes[0] else "arm"
                fix = "a count of at least 1, or a RES without a shortcut: the input is then passed on"
                raise misfit(network, item.place, f"the {part} of a RES is empty", fix=fix)
            return 1 + sum(sizes)
        case Concat(branches):
            sizes = [sum(_count(network, inner) for inner in branch) for branch in branches]
            if any(branch and not size for branch, size in zip(branches, sizes, strict=True)):
                fix = "a count of at least 1, or ID for it"
                raise misfit(network, item.place, "a branch of a CAT is empty", fix=fix)
            return 1 + sum(sizes)


def normal(network: Network, outputs: int | None = None) -> Network:
    """The normal form. `outputs` (C), where it is known, lets a width that follows from C be written as a number.

    Raises WxbError where it has more than 10,000 layers or a RES or CAT with an empty arm.
    """
    check_size(network)
    body = reduce(network.body)
    if any(True for _ in unbound(body)):
        return replace(network, body=body)
    body = _explicit(body, RunningWidth(outputs))
    if needs_output(body, outputs):
        body += (Layer("FC", width=Variable(OUTPUTS)),)
    return replace(network, body=body)


def reduce(items: Sequence[Item]) -> tuple[Item, ...]:
    """`items` with groups dissolved, repeats by a number expanded, and layers spelled in one way."""
    result: list[Item] = []
    for item in items:
        match item:
            case Layer():
                result.append(spelled_out(item))
            case Group(inner):
                result += reduce(inner)
            case Repeat(inner, times):
                once = reduce(inner.items if isinstance(inner, Group) else (inner,))
                if isinstance(times, int):
                    result += once * times if once else ()
                elif once:
                    single = once[0] if len(once) == 1 and not isinstance(once[0], Repeat) else Group(once)
                    assert not isinstance(single, Repeat)
                    result.append(Repeat(single, times, item.place))
            case Residual(arm, shortcut, survival):
                shortcut = reduce(shortcut) if isinstance(shortcut, tuple) else shortcut
                result.append(Residual(reduce(arm), shortcut, None if survival == 1 else survival, item.place))
            case Concat(branches):
                result.append(Concat(tuple(reduce(branch) for branch in branches), item.place))
    return tuple(result)


def unbound(items: Sequence[Item]) -> Iterator[tuple[str, str]]:
    """What has to be bound, in order of appearance, with repetitions: (name, "count" | "width" | "optional")."""
    for item in items:
        match item:
            case Layer():
                if isinstance(item.width, Variable) and item.width.name != OUTPUTS:
                    yield item.width.name, "width"
                if item.optional:
                    yield item.name, "optional"
            case Group(inner):
                yield from unbound(inner)
            case Repeat(inner, times):
                yield from unbound((inner,))
                if isinstance(times, Variable):
                    yield times.name, "count"
            case Residual(arm, shortcut):
                yield from unbound(arm)
                if isinstance(shortcut, tuple):
                    yield from unbound(shortcut)
            case Concat(branches):
                for branch in branches:
                    yield from unbound(branch)


def spelled_out(layer: Layer) -> Layer:
    """The layer with the defaults that are its own written out, and suffixes that say the default left out."""
    kind = LAYERS[layer.name]
    kernel = layer.kernel
    if kernel is None and kind.kernel is not None:
        kernel = (kind.kernel, kind.kernel)
    stride = layer.stride
    if layer.name in POOLING and stride is None and kernel is not None:
        stride = kernel[0]
    elif layer.name == "CONV" and stride == 1:
        stride = None
    dilation = None if layer.dilation == 1 else layer.dilation
    padding = layer.padding
    if padding is not None and kernel is not None and default_padding(layer.name, kernel, dilation) == (padding,) * 2:
        padding = None
    return Layer(
        name=layer.name,
        kernel=kernel,
        width=kind.width if layer.width is None and layer.name != "CONV" else layer.width,
        stride=stride,
        padding=padding,
        groups=None if layer.groups == 1 else layer.groups,
        dilation=dilation,
        bias=layer.bias,
        ceil=layer.ceil,
        number=kind.number if layer.number is None else layer.number,
        optional=layer.optional,
        place=layer.place,
    )


def default_padding(name: str, kernel: tuple[int, int], dilation: int | None) -> tuple[int, int]:
    """Padding where none is written, in pixels (height, width): "same" for a CONV of odd kernels, 0 for a pooling."""
    if name in POOLING:
        return 0, 0
    return (dilation or 1) * (kernel[0] - 1) // 2, (dilation or 1) * (kernel[1] - 1) // 2


def default_bias(items: Sequence[Item], position: int) -> bool:
    """Whether the CONV or FC at `position` has a bias where none is written: not directly before a BN."""
    following = [item.name if isinstance(item, Layer) else "" for item in items[position + 1 : position + 3]]
    return not (following[:1] == ["BN"] or following == ["MAXOUT", "BN"])


class RunningWidth:
    """The width of a CONV without one, in the order of the layers; None while it follows from an unknown C."""

    def __init__(self, outputs: int | None = None) -> None:
        self.outputs = outputs
        self.value: int | None = LAYERS["CONV"].width
        self.started = False  # whether a CONV was seen: only then does a stride double

    def step(self, layer: Layer) -> int | None:
        """Pass `layer`; the width that a CONV has here if none is written."""
        stride = layer.stride or (layer.kernel or (1, 1))[0]
        if layer.name == "CONV":
            stride = layer.stride or 1
        elif layer.name not in POOLING:
            return self.value
        if self.started and stride > 1 and self.value is not None:
            self.value = max(self.value, min(2 * self.value, WIDEST))
        unwritten = self.value
        if layer.name == "CONV":
            self.started = True
            if layer.width is not None:
                self.value = width_number(layer.width, self.outputs)
        return unwritten

    def branch(self) -> RunningWidth:
        """The same place, for a branch that goes its own way."""
        copy = RunningWidth(self.outputs)
        copy.value, copy.started = self.value, self.started
        return copy


def width_number(width: int | Variable, outputs: int | None) -> int | None:
    """A written width as a number, C being `outputs`; None where it cannot be known."""
    if isinstance(width, int):
        return width
    return None if outputs is None or width.name != OUTPUTS else width.times * outputs


def has_conv(items: Sequence[Item]) -> bool:
    """Whether a CONV stands anywhere in expanded items."""
    for item in items:
        match item:
            case Layer():
                if item.name == "CONV":
                    return True
            case Residual(arm, shortcut):
                if has_conv(arm) or (isinstance(shortcut, tuple) and has_conv(shortcut)):
                    return True
            case Concat(branches):
                if any(has_conv(branch) for branch in branches):
                    return True
    return False


def _explicit(items: Sequence[Item], running: RunningWidth) -> tuple[Item, ...]:
    result: list[Item] = []
    for position, item in enumerate(items):
        match item:
            case Layer():
                width = running.step(item)
                if item.name in AFFINE:
                    bias = None if item.bias == default_bias(items, position) else item.bias
                    item = replace(item, width=width if item.width is None else item.width, bias=bias)
                result.append(item)
            case Residual(arm, shortcut):
                arm = _explicit(arm, running.branch())
                if isinstance(shortcut, tuple):
                    shortcut = _explicit(shortcut, running.branch())
                result.append(replace(item, arm=arm, shortcut=shortcut))
            case Concat(branches):
                parts = tuple(_explicit(branch, running.branch()) for branch in branches)
                result.append(replace(item, branches=parts))
        running.started = running.started or has_conv((item,))
    return tuple(result)


def needs_output(body: Sequence[Item], outputs: int | None) -> bool:
    """Whether an `FC-C` is understood after an expanded body; False where that depends on an unknown C."""
    affine = [item for item in body if isinstance(item, Layer) and item.name in AFFINE]
    if affine and affine[-1].width == Variable(OUTPUTS):
        return False
    match body[-2:]:
        case (*_, Layer(name="FC")):
            return False  # with another width than C's it is a mistake, which the plan finds
        case (Layer(name="CONV", width=width), Layer(name="GAP")):
            return outputs is not None and width != outputs
    return True
