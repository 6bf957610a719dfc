"""From the written tree to the list of layers that it stands for: repeats expanded, defaults filled in.

This list is the normal form of a network. Networks are equal if their normal forms are, and both ways of printing begin
from it. A family, whose variables are not bound, has a normal form as well: what is written with numbers is expanded,
what is written with variables stays, and widths stay as written, since they depend on the binding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .layers import LAYERS, family
from .mistakes import misfit
from .tree import OUTPUTS, Concat, Group, Item, Layer, Place, Repeat, Residual, Team, Variable, replace, width_number
from .vocabulary import SELF, TAGS

MOST_LAYERS = 4_000  # of convolutions, these are read, printed and planned in 40 ms; 50 ms is the bound
MOST_NESTED = 20  # blocks and families in one another: a module for each, and Python's stack is finite
WIDEST = 512  # where the running width stops doubling


def check_size(body: Sequence[Item], text: str = "") -> None:
    """Raise WxbError for too many layers, nested too deep, and for an empty arm of a block.

    Expands nothing, so that it is fast.
    """
    sizes = [_count(text, item, 0) for item in body]
    layers = sum(sizes)
    match body[-1:]:
        case (Layer(name="FC", width=Variable(name="C")),):
            layers -= 1  # the output layer: without it the network is the same
    if layers <= MOST_LAYERS:
        return
    place = next((item.place for item, size in zip(body, sizes, strict=True) if size > MOST_LAYERS), None)
    many = f"{layers:,}" if layers < 10**15 else "far more than a million"
    raise misfit(
        text,
        place or Place(0, len(text)),
        f"the network expands to {many} layers; at most {MOST_LAYERS:,} are possible",
        fix="fewer groups" if _grouped(body) else "smaller counts after *",
    )


def _grouped(body: Sequence[Item]) -> bool:
    """Whether the layers are too many only because a TEAM has several groups."""
    teams = [item for item in body if isinstance(item, Team) and item.groups > 1]
    return any(sum(_count("", inner, 1) for inner in team.items) < MOST_LAYERS for team in teams)


def _count(text: str, item: Item, depth: int) -> int:
    """How many layers the item expands to; a block counts as one more, a variable as 1. `depth`: what it is in."""
    if depth > MOST_NESTED:
        what = f"blocks and variable counts are nested more than {MOST_NESTED} deep"
        raise misfit(text, item.place, what, fix="fewer blocks in blocks")
    match item:
        case Layer():
            return 1
        case Group(items):
            return sum(_count(text, inner, depth) for inner in items)
        case Repeat(inner, times):
            if isinstance(times, int):
                return _count(text, inner, depth) * times
            return _count(text, inner, depth + 1)
        case Residual() | Concat() | Team():
            sizes = [sum(_count(text, inner, depth + 1) for inner in way) for way in item.ways]
            if isinstance(item, Residual) and 0 in sizes:
                part = "shortcut" if sizes[0] else "arm"
                fix = "a count of at least 1, or a RES without a shortcut: the input is then passed on"
                raise misfit(text, item.place, f"the {part} of a RES is empty", fix=fix)
            if isinstance(item, Team) and 0 in sizes:
                raise misfit(text, item.place, "a TEAM is empty", fix="TEAM-16(FC-64-RELU)")
            if any(way and not size for way, size in zip(item.ways, sizes, strict=True)):
                fix = "a count of at least 1, or ID for it"
                raise misfit(text, item.place, "a branch of a CAT is empty", fix=fix)
            return (1 + sum(sizes)) * (item.groups if isinstance(item, Team) else 1)


def normal(body: Sequence[Item], text: str = "", head: str = "") -> tuple[Item, ...]:
    """The normal form of a body before this head.

    Raises WxbError if it has too many layers, or a RES or CAT with an empty arm; `text` is for the message.
    """
    check_size(body, text)
    reduced = reduce(body)
    if any(True for _ in unbound(reduced)):
        return reduced
    explicit = _explicit(reduced, RunningWidth())
    return explicit if head == SELF else with_output(explicit, None, head)


def with_outputs(body: tuple[Item, ...], outputs: int, head: str = "") -> tuple[Item, ...]:
    """A normal form of a bound network in which the widths that follow from the number of outputs are numbers."""
    explicit = _explicit(body, RunningWidth(outputs)) if _lacks_widths(body) else body
    return explicit if head == SELF else with_output(explicit, outputs, head)


def _lacks_widths(items: Sequence[Item]) -> bool:
    """Whether a CONV has no width: it follows from a width of C."""
    for item in items:
        match item:
            case Layer():
                if item.width is None and item.name == "CONV":
                    return True
            case Residual() | Concat() | Team():
                if any(_lacks_widths(way) for way in item.ways):
                    return True
    return False


def with_output(body: tuple[Item, ...], outputs: int | None, head: str = "") -> tuple[Item, ...]:
    """An expanded body with the output layer that is understood: its last, or the last of a TEAM that is last."""
    if body and isinstance(team := body[-1], Team):
        return (*body[:-1], replace(team, items=with_output(team.items, outputs, head)))
    return (*body, output_of(head)) if needs_output(body, outputs, head) else body


def reduce(items: Sequence[Item]) -> tuple[Item, ...]:
    """`items` with groups dissolved, repeats by a number expanded, and each layer spelled in one way."""
    result: list[Item] = []
    for item in items:
        match item:
            case Layer():
                result.append(spelled_out(item))
            case Group(inner):
                result += reduce(inner)
            case Repeat(count=0):
                pass  # what it repeats may be longer than any network: it is not expanded
            case Repeat(inner, times):
                once = reduce(inner.items if isinstance(inner, Group) else (inner,))
                if isinstance(times, int):
                    result += once * times
                elif once:
                    single = once[0] if len(once) == 1 and not isinstance(once[0], Repeat) else Group(once)
                    assert not isinstance(single, Repeat)
                    result.append(Repeat(single, times, item.place))
            case Residual(survival=1):
                result.append(replace(item.mapped(reduce), survival=None))
            case Residual() | Concat() | Team():
                result.append(item.mapped(reduce))
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
            case Residual() | Concat() | Team():
                for way in item.ways:
                    yield from unbound(way)


def spelled_out(layer: Layer) -> Layer:
    """The layer with its own defaults written out, and without suffixes that only repeat the default."""
    kind = LAYERS[layer.name]
    kernel = layer.kernel
    if kernel is None and kind.kernel is not None:
        kernel = (kind.kernel, kind.kernel)
    stride, padding, dilation = layer.stride, layer.padding, None if layer.dilation == 1 else layer.dilation
    if kernel is not None and kind.family == "pooling":
        stride = stride or kernel[0]
    elif stride == 1:
        stride = None
    if padding is not None and kernel is not None and kind.default_padding(kernel, dilation or 1) == (padding,) * 2:
        padding = None
    return replace(
        layer,
        kernel=kernel,
        # a CONV without a width takes the running width
        width=kind.width if layer.width is None and layer.name != "CONV" else layer.width,
        stride=stride,
        padding=padding,
        groups=None if layer.groups == 1 else layer.groups,
        dilation=dilation,
        number=kind.number if layer.number is None else layer.number,
    )


def default_bias(items: Sequence[Item], position: int) -> bool:
    """Whether the CONV or FC at `position` has a bias if none is written: not directly before a BN."""
    after = position + 1
    if after < len(items) and isinstance(one := items[after], Layer) and one.name == "MAXOUT":
        after += 1
    return not (after < len(items) and isinstance(one := items[after], Layer) and one.name == "BN")


class RunningWidth:
    """The width of a CONV without one, followed in the order of the layers; None while it depends on an unknown C."""

    def __init__(self, outputs: int | None = None) -> None:
        self.outputs = outputs
        self.value: int | None = LAYERS["CONV"].width
        self.started = False  # whether a CONV was seen: only then does a stride double the width

    def step(self, layer: Layer) -> int | None:
        """Pass `layer`, and return the width that a CONV has here if none is written."""
        kind = LAYERS[layer.name]
        if not kind.slides:
            return self.value
        stride = layer.stride or kind.default_stride(layer.kernel or (1, 1)) or 1
        if self.started and stride > 1 and self.value is not None:
            self.value = max(self.value, min(2 * self.value, WIDEST))
        unwritten = self.value
        if layer.name == "CONV":
            self.started = True
            if layer.width is not None:
                self.value = width_number(layer.width, self.outputs)
        return unwritten

    def leave(self, item: Item) -> None:
        """Note that `item` was passed: a CONV inside a block counts as seen."""
        self.started = self.started or has_conv((item,))

    def branch(self) -> RunningWidth:
        """The same state, for a branch that goes its own way."""
        copy = RunningWidth(self.outputs)
        copy.value, copy.started = self.value, self.started
        return copy


def has_conv(items: Sequence[Item]) -> bool:
    """Whether there is a CONV anywhere in expanded items."""
    for item in items:
        match item:
            case Layer():
                if item.name == "CONV":
                    return True
            case Residual() | Concat() | Team():
                if any(has_conv(way) for way in item.ways):
                    return True
    return False


def _explicit(items: Sequence[Item], running: RunningWidth) -> tuple[Item, ...]:
    """Reduced items of a bound network with their widths and without biases that only repeat the default."""
    result: list[Item] = []
    done: dict[tuple[int, int | None, bool], Item] = {}  # items that a repeat stands for are one object, and stay one
    for position, item in enumerate(items):
        match item:
            case Layer():
                width = running.step(item)
                if family(item) == "affine":
                    default = default_bias(items, position)
                    key = id(item), width, default
                    if key not in done:
                        bias = None if item.bias == default else item.bias
                        done[key] = replace(item, width=width if item.width is None else item.width, bias=bias)
                    item = done[key]
                result.append(item)
            case Residual() | Concat() | Team():
                key = id(item), running.value, running.started
                if key not in done:
                    done[key] = item.mapped(lambda way: _explicit(way, running.branch()))
                result.append(done[key])
        running.leave(item)
    return tuple(result)


OUTPUT = Layer("FC", width=Variable(OUTPUTS))  # the output layer that is understood
OF_PLACES = Layer("CONV", kernel=(1, 1), width=Variable(OUTPUTS))  # the one before TAGS: scores at each place


def output_of(head: str) -> Layer:
    """The output layer that is understood before this head."""
    return OF_PLACES if head == TAGS else OUTPUT


def needs_output(body: Sequence[Item], outputs: int | None, head: str = "") -> bool:
    """Whether the output layer of this head is understood after a body; False if that depends on an unknown C."""
    affine = [item for item in body if isinstance(item, Layer) and family(item) == "affine"]
    if affine and affine[-1].width == OUTPUT.width:
        return False
    if head == TAGS:
        return True
    match body[-2:]:
        case (*_, Layer(name="FC")):
            return False  # another width than C is a mistake, which the plan finds
        case (Layer(name="CONV", width=width), Layer(name="GAP")):
            return outputs is not None and width != outputs
    return True
