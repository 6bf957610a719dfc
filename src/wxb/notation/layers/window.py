"""Windows that slide over maps: where they fit, how many places they have, what they see."""

from __future__ import annotations

from ...text import shape as shape_text
from ..tree import PlannedLayer, replace
from ..write import layer_text
from .kind import Kind, Site


def length(size: int, kernel: int, stride: int, padding: int, dilation: int = 1, ceil: bool = False) -> int:
    """Number of places of a kernel along one axis, sizes in pixels; 0 or less if it spans more than the padded input.

    floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1. With `ceil` a last window that hangs over the
    edge counts as well, unless it begins in the padding after the input.
    """
    free = size + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil:
        return free // stride + 1 if free >= 0 else 0
    places = -(-free // stride) + 1
    return places - 1 if (places - 1) * stride >= size + padding else places


def slide(site: Site, padding: tuple[int, int], kind: Kind) -> PlannedLayer:
    """The layer with its padding, the maps that its sliding kernel gives, one per input channel, and what a place sees.

    Raises WxbError if the kernel does not fit.
    """
    planned, sizes = site.planned, site.planned.input[1:]
    stride, dilation, (tall, wide) = planned.stride, planned.dilation, planned.kernel
    height = length(sizes[0], tall, stride, padding[0], dilation, planned.ceil)
    width = length(sizes[1], wide, stride, padding[1], dilation, planned.ceil)
    if height < 1 or width < 1:
        kernel = shape_text(planned.kernel)
        if planned.dilation > 1:
            spans = tuple(planned.dilation * (size - 1) + 1 for size in planned.kernel)
            kernel = f"{kernel} spread over {shape_text(spans)}"
        what = f"{site.word} does not fit: its input is {shape_text(sizes)}, its kernel {kernel}"
        raise site.misfit(what, _way_to_fit(site, replace(planned, padding=padding), kind))
    (seen_height, seen_width), (down, right) = planned.receptive_field, planned.jump
    return replace(
        planned,
        padding=padding,
        output=(planned.input[0], height, width),
        receptive_field=(seen_height + (tall - 1) * dilation * down, seen_width + (wide - 1) * dilation * right),
        jump=(down * stride, right * stride),
    )


def _way_to_fit(site: Site, planned: PlannedLayer, kind: Kind) -> str:
    layer, sizes, pooling = site.layer, planned.input[1:], kind.family == "pooling"
    ways = []
    if len({shape[1:] for shape in site.trail if len(shape) == 3}) > 1:
        ways.append("one POOL fewer")
    most = min((sizes[axis] + 2 * planned.padding[axis] - 1) // planned.dilation + 1 for axis in (0, 1))
    if most >= (2 if pooling else 1):
        ways.append(f"a kernel of at most {most}")
    default = kind.default_padding(planned.kernel, planned.dilation)
    fits = (length(sizes[axis], planned.kernel[axis], 1, default[axis], planned.dilation) for axis in (0, 1))
    if layer.padding is not None and min(fits) >= 1:
        ways.append(f'padding ("{layer_text(replace(layer, padding=None))}")')
    elif pooling and not layer.ceil and len(ways) < 2:
        ways.append("no pooling here")
    return ", ".join(ways[:-1]) + (", or " if len(ways) > 1 else "") + ways[-1] if ways else "larger pictures"
