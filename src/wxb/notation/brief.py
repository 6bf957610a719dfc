"""The short way to write a network: expanded items without their defaults."""

from __future__ import annotations

from collections.abc import Sequence

from .expand import RunningWidth, default_bias, has_conv, needs_output, output_of, unbound
from .layers import LAYERS
from .tree import Concat, Group, Item, Layer, Repeat, Residual, Team, replace
from .vocabulary import SELF
from .write import network_text


def short_text(body: Sequence[Item], head: str) -> str:
    """The text of a normal form without defaults, and without the output layer if it is understood.

    The widths of CONV that follow from the running width are left out unless the text is shorter with them: if a block
    has to write its widths only when it is repeated, the repeats cannot be folded.
    """
    if any(True for _ in unbound(body)):
        return network_text(_brief(body, None), head)
    body = tuple(body) if head == SELF else without_output(tuple(body), head)
    forms = (False, True) if has_conv(body) else (False,)
    return min((network_text(_brief(body, RunningWidth(), widths), head) for widths in forms), key=len)


def without_output(body: tuple[Item, ...], head: str = "") -> tuple[Item, ...]:
    """A normal form without its output layer, if that is understood; the opposite of `expand.with_output`."""
    if body and isinstance(team := body[-1], Team):
        return (*body[:-1], replace(team, items=without_output(team.items, head) or team.items))
    return body[:-1] if body and body[-1] == output_of(head) and needs_output(body[:-1], None, head) else body


def _brief(items: Sequence[Item], running: RunningWidth | None, widths: bool = True) -> tuple[Item, ...]:
    """`items` without defaults; with `widths` every CONV keeps its own. `running` is None in a family."""
    result: list[Item] = []
    done: dict[tuple[object, ...], Item] = {}  # items that a repeat stands for are one object, and stay one
    for position, item in enumerate(items):
        match item:
            case Layer():
                unwritten = running.step(item) if running else None
                same_width = item.name == "CONV" and not widths and item.width == unwritten
                same_bias = running is not None and item.bias == default_bias(items, position)
                key: tuple[object, ...] = id(item), same_width, same_bias
                if key not in done:
                    done[key] = _brief_layer(item, same_width, same_bias)
                result.append(done[key])
            case Group(inner):
                result.append(Group(_brief(inner, running, widths)))
            case Repeat(inner, times):
                brief = _brief((inner,), running, widths)[0]
                assert not isinstance(brief, Repeat)
                result.append(Repeat(brief, times))
            case Residual() | Concat() | Team():
                key = (id(item), running.value, running.started) if running else (id(item),)
                if key not in done:
                    done[key] = item.mapped(lambda way: _brief(way, running and running.branch(), widths))
                result.append(done[key])
        if running:
            running.leave(item)
    return tuple(result)


def _brief_layer(layer: Layer, same_width: bool, same_bias: bool) -> Layer:
    """The layer without its own defaults, nor a width or a bias that are those of its place."""
    kind = LAYERS[layer.name]
    kernel, width, stride, number = layer.kernel, layer.width, layer.stride, layer.number
    if kernel is not None and stride == kind.default_stride(kernel):
        stride = None
    if kernel == (kind.kernel, kind.kernel):
        kernel = None
    if same_width or (layer.name != "CONV" and width == kind.width):
        width = None
    if number == kind.number:
        number = None
    bias = None if same_bias else layer.bias
    return replace(layer, kernel=kernel, width=width, stride=stride, number=number, bias=bias)
