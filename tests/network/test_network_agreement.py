"""What the plan says, counted again by torch: shapes, parameters, multiply-adds, receptive fields."""

from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from wxb.errors import WxbError
from wxb.network.build import Model, build, input_scale
from wxb.notation import Plan, plan, read
from wxb.notation.named import NAMED
from wxb.notation.tree import Planned, PlannedConcat, PlannedResidual


def every(items: tuple[Planned, ...]) -> list[Planned]:
    """Items and all that stand in them."""
    found = list(items)
    for item in items:
        if isinstance(item, PlannedResidual):
            found += every(item.arm) + every(item.shortcut)
        elif isinstance(item, PlannedConcat):
            found += [inner for branch in item.branches for inner in every(branch)]
    return found


def check_against_torch(planned: Plan, batch: int = 2) -> None:
    """Run the network on torch's meta device, where tensors have shapes and no numbers."""
    with torch.device("meta"):
        model = Model(planned, input_scale(planned.input, None, "std")).eval()
        x = torch.empty(batch, *planned.input)
    shapes: dict[str, tuple[int, ...]] = {}
    for item in every(planned.items):
        model.get_submodule(item.path).register_forward_hook(
            lambda module, inputs, out, path=item.path: shapes.update({path: tuple(out.shape)})
        )
    with FlopCounterMode(display=False) as counter:
        out = model(x)
    assert out.shape == (batch, planned.outputs)
    assert shapes == {item.path: (batch, *item.output) for item in every(planned.items)}
    assert sum(parameter.numel() for parameter in model.parameters()) == planned.parameters
    # torch counts a product and its addition as two operations
    assert counter.get_total_flops() == 2 * batch * planned.multiply_adds


@pytest.mark.parametrize("name", NAMED)
def test_named_networks_are_as_planned(name):
    known = NAMED[name]
    check_against_torch(plan(read(name), known.input, known.outputs))


# --- generated networks ---

numbers = st.integers


@st.composite
def layers_of_maps(draw: st.DrawFn) -> str:
    """One layer that reads maps and gives maps."""
    kind = draw(st.sampled_from(["CONV", "CONV", "POOL", "AVGPOOL", "RELU", "BN", "LRN", "DROP", "MAXOUT"]))
    if kind == "CONV":
        kernel = f"{draw(numbers(1, 4))}x{draw(numbers(1, 4))}"
        groups = draw(st.sampled_from([1, 1, 2, 4]))
        text = f"CONV{kernel}-{4 * draw(numbers(1, 3))}g{groups}/{draw(numbers(1, 3))}d{draw(numbers(1, 2))}"
        return text + draw(st.sampled_from(["", "p0", "p1", "p2", "b0"]))
    if kind in ("POOL", "AVGPOOL"):
        kernel = draw(numbers(1, 4))
        return f"{kind}{kernel}/{draw(numbers(1, 3))}p{draw(numbers(0, kernel // 2))}{draw(st.sampled_from(['', 'c']))}"
    return f"CONV1-8-MAXOUT{draw(numbers(2, 3))}" if kind == "MAXOUT" else kind


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A network for pictures of four channels."""
    parts = []
    for _ in range(draw(numbers(1, 4))):
        layer = layers_of_maps()
        kind = draw(st.sampled_from(["layer", "layer", "RES", "PAD", "CAT"]))
        if kind == "layer":
            parts.append(draw(layer))
        elif kind == "RES":
            parts.append(f"RES({draw(layer)}-{draw(layer)})({draw(st.sampled_from([0.5, 1.0]))})")
        elif kind == "PAD":
            parts.append(f"RES(CONV-16/{draw(numbers(1, 2))}-{draw(layer)}, PAD)")
        else:
            parts.append(f"CAT({draw(layer)}, ID, CONV3-4)")
    end = draw(st.sampled_from(["GAP", "FC-8-TANH", "FC-8-MAXOUT", "GAP-BN-RES(FC-12-ELU)", "GAP-CAT(ID, FC-4)-SILU"]))
    return "-".join([*parts, end]) + ", SOFTMAX"


@settings(max_examples=60)
@given(texts(), numbers(4, 17), numbers(4, 17))
def test_generated_networks_are_as_planned(text, height, width):
    try:
        planned = plan(read(text), (4, height, width), 5)
    except WxbError:
        assume(False)
    check_against_torch(planned)


@settings(max_examples=15)
@given(texts())
def test_generated_networks_learn(text):
    try:
        planned = plan(read(text), (4, 12, 12), 5)
    except WxbError:
        assume(False)
    model = build(planned)
    scores = model(torch.randint(0, 256, (3, 4, 12, 12), dtype=torch.uint8))
    model.head.loss(scores, torch.tensor([0, 4, 2])).sum().backward()
    assert bool(scores.isfinite().all())
    assert all(parameter.grad is not None for parameter in model.parameters())


# --- receptive fields: where the gradient of one output reaches ---


def seen_by(planned: Plan, items: tuple[Planned, ...], place: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """First and last row, first and last column of the pixels that the outputs of `items` at one place depend on.

    Weights are positive, so that no dependence cancels another.
    """
    model = build(planned).double().eval()
    for parameter in model.parameters():
        torch.nn.init.constant_(parameter, 0.1)
    x = torch.rand(1, *planned.input, dtype=torch.float64, requires_grad=True)
    out = x
    for item in items:
        out = model.get_submodule(item.path)(out)
    (gradient,) = torch.autograd.grad(out[0, :, *place].sum(), x)
    seen = gradient[0].abs().sum(0) > 0
    return tuple((int(places[0]), int(places[-1])) for places in (seen.any(1).nonzero(), seen.any(0).nonzero()))


@st.composite
def stacks(draw: st.DrawFn) -> str:
    """Layers without padding, so that no field is cut at the border; a mean reaches every pixel, a maximum but one."""
    parts = []
    for _ in range(draw(numbers(1, 4))):
        kernel, across, stride = draw(numbers(1, 4)), draw(numbers(1, 4)), draw(numbers(1, 2))
        parts.append(
            draw(
                st.sampled_from(
                    [
                        f"CONV{kernel}x{across}-2/{stride}d{draw(numbers(1, 2))}p0",
                        f"AVGPOOL{kernel}/{stride}",
                        "RELU",
                        "BN",
                    ]
                )
            )
        )
    return "-".join(parts)


@settings(max_examples=60)
@given(stacks())
def test_receptive_field_and_jump_are_where_the_gradient_reaches(stack):
    try:
        planned = plan(read(f"{stack}, SOFTMAX"), (1, 24, 25), 2)
    except WxbError:
        assume(False)
    maps = tuple(item for item in planned.items if len(item.output) == 3)
    last = maps[-1]
    first = seen_by(planned, maps, (0, 0))
    assert first == tuple((0, size - 1) for size in last.receptive_field)
    following = seen_by(planned, maps, (min(1, last.output[1] - 1), min(1, last.output[2] - 1)))
    for axis in (0, 1):
        if last.output[axis + 1] > 1:
            assert following[axis][0] - first[axis][0] == last.jump[axis]


@pytest.mark.parametrize(
    "text", ["CONV3-2-RES(CONV3-2-RELU-CONV3-2)", "CONV3-2-CAT(CONV1-2, CONV5-2, CONV3-2-CONV3x1-2)", "RES(CONV5-4/2)"]
)
def test_a_block_sees_what_the_widest_of_its_ways_sees(text):
    planned = plan(read(f"{text}-GAP, SOFTMAX"), (1, 40, 40), 2)
    items = planned.items[:-2]  # without GAP and the output layer
    middle = (items[-1].output[1] // 2, items[-1].output[2] // 2)
    seen = seen_by(planned, items, middle)
    assert tuple(last - first + 1 for first, last in seen) == items[-1].receptive_field
