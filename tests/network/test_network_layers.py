"""Every layer and block through one battery, and each against its definition."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from wxb.errors import WxbError
from wxb.network.blocks import Concat, PadShortcut, Residual, module
from wxb.network.build import build
from wxb.network.layers import LAYERS, Dropout, LocalResponseNorm, Maxout, set_generator
from wxb.network.layers.dropout import ones
from wxb.notation import plan, read
from wxb.notation.layers import LAYERS as WORDS
from wxb.notation.tree import Planned, PlannedConcat, PlannedLayer, PlannedResidual, Shape
from wxb.notation.vocabulary import BLOCKS

MAPS = (4, 5, 6)
VECTOR = (8,)


@torch.no_grad()
def drawn(made: nn.Module) -> nn.Module:
    """The module, its weights drawn at random, scales of normalization and biases too: they hold anything before."""
    generator = torch.Generator().manual_seed(1)
    for parameter in made.parameters():
        parameter.uniform_(-1, 1, generator=generator)
    for name, buffer in made.named_buffers():
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 2, generator=generator)
        elif buffer.is_floating_point():
            buffer.uniform_(-1, 1, generator=generator)
    return made


@dataclass(frozen=True)
class Case:
    """An item of the notation, the last of `text`, on inputs of `shape`."""

    text: str
    shape: Shape = MAPS
    scale: float = 1.0  # of its inputs
    random: bool = False  # draws in training
    one_number: bool = False  # in training a single example is one number per channel

    def __str__(self) -> str:
        return f"{self.text} of {'x'.join(map(str, self.shape))}"

    @property
    def planned(self) -> Planned:
        """The item with everything decided."""
        items = plan(read(f"{self.text}-FC-7-RELU, SOFTMAX"), self.shape, 3).items
        return items[-4]  # before FC-7, RELU and the output layer

    @property
    def name(self) -> str:
        """ "CONV", "RES", …"""
        planned = self.planned
        return planned.name if isinstance(planned, PlannedLayer) else planned.path.split(".")[-1]

    def module(self, dtype: torch.dtype = torch.float64) -> nn.Module:
        """The module, with every number of it drawn at random."""
        return drawn(module(self.planned).to(dtype))

    def inputs(self, batch: int = 3, dtype: torch.dtype = torch.float64) -> Tensor:
        """Numbers between -2 and 2, evenly spaced: none near 0 and no two near each other, where maxima have kinks."""
        sizes = (batch, *self.planned.input)
        count = math.prod(sizes)
        spaced = (torch.arange(count, dtype=torch.float64) + 0.5) / count * 4 - 2
        order = torch.randperm(count, generator=torch.Generator().manual_seed(2))
        return (spaced[order] * self.scale).view(sizes).to(dtype)


CASES = [
    Case("CONV3-6"),
    Case("CONV3x2-4/2p1b0"),
    Case("CONV2-6g2d2p0"),
    Case("CONV3-8g4"),
    Case("CONV1-5"),
    Case("FC-5"),
    Case("FC-5b0", VECTOR),
    Case("POOL"),
    Case("POOL3/2p1"),
    Case("POOL3/2c"),
    Case("AVGPOOL"),
    Case("AVGPOOL3/2p1"),
    Case("AVGPOOL3/2c"),
    Case("GAP"),
    Case("GMP"),
    Case("RNN-6", (4, 5, 1)),
    Case("UP"),
    Case("UP3x2"),
    Case("UP2x3-5"),
    Case("UP2x3", VECTOR),
    Case("UP2-3", VECTOR),
    Case("ELU(0.7)"),
    *(
        Case(name, shape)
        for name, kind in WORDS.items()
        if kind.family == "activation" and kind.kernel is None
        for shape in (MAPS, VECTOR)
    ),
    Case("CONV1-4-MAXOUT"),
    Case("FC-4-MAXOUT3", VECTOR),
    Case("BN"),
    Case("BN", VECTOR, one_number=True),
    Case("LRN", (7, 3, 4), scale=100.0),
    Case("DROP(0.4)", random=True),
    Case("DROP(0)", VECTOR),
    Case("RES(CONV3-4-TANH-CONV3-4)"),
    Case("RES(CONV3-6/2-BN-TANH)"),
    Case("RES(CONV3-6/2-TANH, PAD)"),
    Case("RES(CONV3-6/2, AVGPOOL2c-CONV1-6)"),
    Case("RES(CONV3-4-TANH)(0.6)", random=True),
    Case("RES(FC-8-TANH)", VECTOR),
    Case("RES(FC-5-TANH)", VECTOR, one_number=True),
    Case("RES(FC-9-TANH, PAD)", VECTOR),
    Case("CAT(CONV3-2-TANH, ID, CONV1-3)"),
    Case("CAT(FC-2, ID)", VECTOR),
]
each_case = pytest.mark.parametrize("case", CASES, ids=str)


def seeded(case: Case, made: nn.Module) -> Callable[[Tensor], Tensor]:
    """The module as a function that draws the same at every call."""
    generator = torch.Generator()
    set_generator(made, generator)

    def run(x: Tensor) -> Tensor:
        generator.manual_seed(5)
        return made(x)

    return run


def test_no_layer_of_the_notation_is_forgotten():
    assert set(LAYERS) == set(WORDS)
    assert {case.name for case in CASES} == {
        name for name in LAYERS if WORDS[name].family not in ("feature", "tokens")
    } | set(BLOCKS) - {
        "TEAM"  # stands last: test_network_team
    }


@each_case
@pytest.mark.parametrize("training", [True, False])
def test_output_has_the_planned_shape(case, training):
    run = seeded(case, case.module(torch.float32).train(training))
    out = run(case.inputs(dtype=torch.float32))
    assert out.shape == (3, *case.planned.output)
    assert out.dtype == torch.float32


@each_case
def test_the_module_has_as_many_parameters_as_planned(case):
    assert sum(parameter.numel() for parameter in case.module().parameters()) == case.planned.parameters


def numeric_gradient(value: Callable[[], Tensor], tensor: Tensor, step: float) -> Tensor:
    """Central differences of fourth order: (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h in every entry of `tensor`."""
    found = torch.zeros_like(tensor)
    for place in np.ndindex(*tensor.shape):
        middle = float(tensor[place])
        at = []
        for shift in (step, -step, 2 * step, -2 * step):
            tensor[place] = middle + shift
            at.append(value())
        tensor[place] = middle
        found[place] = (8 * (at[0] - at[1]) - (at[2] - at[3])) / (12 * step)
    return found


@each_case
@pytest.mark.parametrize("training", [True, False])
def test_gradients_are_the_numeric_ones(case, training):
    made = case.module().train(training)
    run = seeded(case, made)
    x = case.inputs().requires_grad_()
    out = run(x)
    direction = torch.randn(out.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    tensors = {"input": x, **dict(made.named_parameters())}
    gradients = torch.autograd.grad((out * direction).sum(), list(tensors.values()))
    for (name, tensor), gradient in zip(tensors.items(), gradients, strict=True):
        with torch.no_grad():
            step = 1e-3 * (case.scale if name == "input" else 1)
            numeric = numeric_gradient(lambda: (run(x) * direction).sum(), tensor, step)
        # an identity of no slope (a bias before BN) has a gradient of rounding only
        difference = (gradient - numeric).norm() / max(float(numeric.norm()), 1e-3)
        assert difference <= 1e-7, f"{name}: {float(difference):.1e}"


@each_case
def test_only_normalization_and_random_layers_tell_training_from_evaluation(case):
    made = case.module()
    run = seeded(case, made)
    x = case.inputs()
    same = torch.equal(run(x), seeded(case, made.eval())(x))
    differs = case.random or any(isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d) for part in made.modules())
    assert same != differs


@pytest.mark.parametrize("case", [case for case in CASES if len(case.planned.input) == 3], ids=str)
@pytest.mark.parametrize("training", [True, False])
def test_channels_last_gives_equal_results(case, training):
    x = case.inputs()
    expected = seeded(case, case.module().train(training))(x)
    last = case.module().train(training).to(memory_format=torch.channels_last)
    got = seeded(case, last)(x.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-12)


@each_case
def test_one_example_alone_is_computed_as_among_others(case):
    run = seeded(case, case.module().eval())
    x = case.inputs()
    torch.testing.assert_close(run(x[1:2]), run(x)[1:2], rtol=1e-12, atol=1e-12)


@each_case
def test_one_example_alone_is_learned_from_but_where_it_has_no_variance(case):
    run = seeded(case, case.module().train())
    if not case.one_number:
        assert run(case.inputs(1)).isfinite().all()
        return
    with pytest.raises(WxbError, match="BN cannot learn from one number per channel") as error:
        run(case.inputs(1))
    assert "`batch_size=2`" in error.value.fix


# --- definitions ---


def convolved(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, layer: PlannedLayer) -> np.ndarray:
    """out[o, i, j] = b[o] + sum over c, u, v of W[o, c, u, v] x[c, i s + u d - p, j s + v d - p], in groups."""
    (down, across), stride, dilation = layer.padding, layer.stride, layer.dilation
    x = np.pad(x, ((0, 0), (down, down), (across, across)))
    out = np.zeros(layer.output)
    each_in, each_out = layer.input[0] // layer.groups, layer.output[0] // layer.groups
    for o, i, j in np.ndindex(*layer.output):
        first = o // each_out * each_in
        out[o, i, j] = bias[o] + sum(
            weight[o, c, u, v] * x[first + c, i * stride + u * dilation, j * stride + v * dilation]
            for c, u, v in np.ndindex(each_in, *layer.kernel)
        )
    return out


@pytest.mark.parametrize("case", [case for case in CASES if case.name == "CONV"], ids=str)
def test_conv_is_a_correlation_by_definition(case):
    made, x = case.module(), case.inputs(1)
    weight = made.weight.detach().numpy()
    bias = np.zeros(len(weight)) if made.bias is None else made.bias.detach().numpy()
    expected = convolved(x[0].numpy(), weight, bias, case.planned)
    np.testing.assert_allclose(made(x)[0].detach().numpy(), expected, rtol=1e-12, atol=1e-12)


def windows(x: np.ndarray, layer: PlannedLayer) -> list[tuple[tuple[int, ...], np.ndarray]]:
    """Each place of a pooling and the pixels, without padding, that its window holds."""
    found = []
    for c, i, j in np.ndindex(*layer.output):
        rows = [i * layer.stride - layer.padding[0] + u for u in range(layer.kernel[0])]
        columns = [j * layer.stride - layer.padding[1] + v for v in range(layer.kernel[1])]
        inside = [x[c, u, v] for u in rows for v in columns if 0 <= u < x.shape[1] and 0 <= v < x.shape[2]]
        found.append(((c, i, j), np.array(inside)))
    return found


@pytest.mark.parametrize("case", [case for case in CASES if case.name in ("POOL", "AVGPOOL")], ids=str)
def test_pooling_is_the_greatest_or_the_mean_of_the_pixels_in_its_window(case):
    x = case.inputs(1)
    out = case.module()(x)[0].numpy()
    taken = np.mean if case.name == "AVGPOOL" else np.max
    for place, pixels in windows(x[0].numpy(), case.planned):
        assert out[place] == pytest.approx(taken(pixels), rel=1e-12)


ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "SIGMOID": lambda x: 1 / (1 + math.exp(-x)),
    "TANH": lambda x: (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x)),
    "RELU": lambda x: max(0, x),
    "GELU": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "SILU": lambda x: x / (1 + math.exp(-x)),
    "LEAKY(0.1)": lambda x: max(0.1 * x, x),
    "ELU(0.7)": lambda x: x if x >= 0 else 0.7 * (math.exp(x) - 1),
}


@pytest.mark.parametrize("text", ACTIVATIONS)
def test_activations_are_their_formulas(text):
    x = torch.linspace(-4, 4, 161, dtype=torch.float64)
    expected = [ACTIVATIONS[text](float(number)) for number in x]
    np.testing.assert_allclose(Case(text, VECTOR).module()(x).numpy(), expected, rtol=1e-12, atol=1e-15)


def test_leaky_and_elu_have_the_lecture_s_numbers_where_none_is_written():
    x = torch.tensor([[-1.0]], dtype=torch.float64)
    assert Case("LEAKY", VECTOR).module()(x).item() == pytest.approx(-0.1)
    assert Case("ELU", VECTOR).module()(x).item() == pytest.approx(math.exp(-1) - 1)


def test_maxout_is_the_greatest_of_the_affine_pieces_of_its_unit():
    (affine, maxout, *_) = plan(read("FC-4-MAXOUT3-FC-2-RELU, SVM"), VECTOR, 2).items
    first, second = drawn(module(affine).double()), module(maxout)
    x = torch.randn(5, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weight, bias = first.weight.view(4, 3, 8), first.bias.view(4, 3)
    pieces = torch.einsum("upf,bf->bup", weight, x) + bias
    torch.testing.assert_close(second(first(x)), pieces.max(2).values)
    assert isinstance(second, Maxout)


def test_up_repeats_each_number_in_a_window():
    x = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]], dtype=torch.float64)
    assert Case("UP", (1, 2, 2)).module()(x)[0, 0].tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]
    assert Case("UP1x2", (1, 2, 2)).module()(x)[0, 0].tolist() == [[1, 1, 2, 2], [3, 3, 4, 4]]


@pytest.mark.parametrize("case", [Case("UP2x3-5"), Case("UP2-3", VECTOR)], ids=str)
def test_up_with_filters_fills_the_window_of_each_place_by_definition(case):
    made, x = case.module(), case.inputs(1)
    weight, bias = made.weight.detach().numpy(), made.bias.detach().numpy()
    maps = x[0].numpy().reshape(*case.shape, *((1, 1) if len(case.shape) == 1 else ()))
    (tall, wide), expected = case.planned.kernel, np.zeros(case.planned.output)
    for o, i, j in np.ndindex(*case.planned.output):
        expected[o, i, j] = bias[o] + weight[:, o, i % tall, j % wide] @ maps[:, i // tall, j // wide]
    np.testing.assert_allclose(made(x)[0].detach().numpy(), expected, rtol=1e-12, atol=1e-12)


def test_lrn_is_the_formula_of_2012_with_a_sum_that_is_not_divided():
    x = 100 * torch.randn(2, 9, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    out = LocalResponseNorm()(x)
    for i in range(9):
        around = x[:, max(0, i - 2) : min(9, i + 3)]
        expected = x[:, i] / (2 + 1e-4 * around.square().sum(1)) ** 0.75
        torch.testing.assert_close(out[:, i], expected)


def test_bn_learns_from_the_batch_and_evaluates_by_what_it_saw():
    case = Case("BN")
    made, x = case.module(), case.inputs()
    mean, variance = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), unbiased=False, keepdim=True)
    scale, shift = made.weight.view(1, -1, 1, 1), made.bias.view(1, -1, 1, 1)
    before = made.running_mean.clone()
    torch.testing.assert_close(made(x), (x - mean) / (variance + 1e-5).sqrt() * scale + shift)
    torch.testing.assert_close(made.running_mean, 0.9 * before + 0.1 * mean.flatten())
    seen_mean, seen_variance = made.running_mean.view(1, -1, 1, 1), made.running_var.view(1, -1, 1, 1)
    torch.testing.assert_close(made.eval()(x), (x - seen_mean) / (seen_variance + 1e-5).sqrt() * scale + shift)


def test_fc_reads_maps_channel_by_channel_in_either_layout():
    made = Case("FC-5").module()
    x = Case("FC-5").inputs()
    expected = x.numpy().reshape(3, -1) @ made.weight.detach().numpy().T + made.bias.detach().numpy()
    for layout in (torch.contiguous_format, torch.channels_last):
        np.testing.assert_allclose(made(x.contiguous(memory_format=layout)).detach().numpy(), expected, rtol=1e-12)


def test_pad_takes_every_second_pixel_from_the_first_and_appends_zeros():
    x = torch.arange(2 * 5 * 4, dtype=torch.float32).view(1, 2, 5, 4)
    out = PadShortcut(2, 3)(x)
    assert out[0, :2].tolist() == [[[0, 2], [8, 10], [16, 18]], [[20, 22], [28, 30], [36, 38]]]
    assert out[0, 2].count_nonzero() == 0


def test_dropout_drops_a_share_and_keeps_the_mean():
    layer = Dropout(0.3)
    layer.generator = torch.Generator().manual_seed(0)
    out = layer(torch.ones(400, 500))
    kept = out != 0
    assert torch.equal(out[kept].unique(), torch.tensor([1 / 0.7]))
    assert float(kept.float().mean()) == pytest.approx(0.7, abs=5 * math.sqrt(0.21 / out.numel()))
    assert torch.equal(layer.eval()(torch.ones(3)), torch.ones(3))


@pytest.mark.parametrize("probability", [1e-3, 0.5, 0.9, 1 - 1e-3, 1 - 1e-9])
def test_masks_have_the_asked_share_of_ones_in_every_place(probability):
    drawn = np.stack([ones((7, 11), probability, seed) for seed in range(4_000)])
    assert drawn.dtype == np.float32
    assert set(np.unique(drawn)) <= {0.0, 1.0}
    deviation = math.sqrt(probability * (1 - probability) / 4_000) + 2**-16
    np.testing.assert_allclose(drawn.mean(axis=0), probability, atol=5 * deviation)


def test_masks_of_other_seeds_and_the_numbers_of_one_mask_are_independent():
    one, other = (ones((40_000,), 0.5, seed) for seed in (1, 2))
    assert np.array_equal(one, ones((40_000,), 0.5, 1))
    for first, second in ((one, other), (one[:-1], one[1:]), (one[:-4], one[4:])):
        assert abs(np.corrcoef(first, second)[0, 1]) < 0.03


def survivors(survival: float) -> tuple[Residual, Tensor]:
    (block, *_) = plan(read(f"RES(FC-2)({survival})-FC-1-RELU, SVM"), (2,), 2).items
    assert isinstance(block, PlannedResidual)
    made = Residual(block)
    nn.init.zeros_(made.get_submodule("1.FC-2").weight)
    nn.init.ones_(made.get_submodule("1.FC-2").bias)
    return made, torch.zeros(20_000, 2)


def test_stochastic_depth_drops_the_arm_of_an_example_as_a_whole():
    made, x = survivors(0.8)
    made.generator = torch.Generator().manual_seed(0)
    out = made(x).detach()
    assert set(out.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(out[:, 0], out[:, 1])
    assert float(out[:, 0].mean()) == pytest.approx(0.8, abs=5 * math.sqrt(0.16 / len(x)))


def test_stochastic_depth_counts_the_arm_by_its_survival_in_evaluation():
    made, x = survivors(0.8)
    torch.testing.assert_close(made.eval()(x), torch.full_like(x, 0.8))


def test_without_stochastic_depth_nothing_is_drawn():
    made, x = survivors(1.0)
    assert torch.equal(made(x), torch.ones_like(x))
    assert torch.equal(made.eval()(x), torch.ones_like(x))


def test_cat_joins_its_branches_in_their_order():
    (block, *_) = plan(read("CAT(ID, FC-3, ID)-FC-1-RELU, SVM"), (2,), 2).items
    assert isinstance(block, PlannedConcat)
    made = drawn(Concat(block))
    x = torch.randn(4, 2)
    middle = made.get_submodule("2.1.FC-3")(x)
    assert torch.equal(made(x), torch.cat([x, middle, x], dim=1))


# --- what draws at random ---


def test_a_generator_decides_what_every_random_layer_draws():
    model = build("FC-50-DROP-RES(FC-50-DROP)(0.5)-RELU, SVM", input_shape=(4,), outputs=3)
    x = torch.randn(64, 4)
    generator = torch.Generator()
    set_generator(model, generator)
    outs = []
    for seed in (1, 1, 2):
        generator.manual_seed(seed)
        torch.rand(1)  # torch's own generator moves on; nothing depends on it
        outs.append(model(x))
    assert torch.equal(outs[0], outs[1])
    assert not torch.equal(outs[0], outs[2])


@pytest.mark.parametrize("numbers", [100, 5_000])
def test_without_a_generator_layers_draw_from_torch_s_own(numbers):
    layer = Dropout(0.5)
    torch.manual_seed(3)
    first = layer(torch.ones(numbers))
    assert not torch.equal(layer(torch.ones(numbers)), first)
    torch.manual_seed(3)
    assert torch.equal(layer(torch.ones(numbers)), first)


POINTWISE = """
import torch
from wxb.network.build import build
from wxb.notation import plan, read

for text in ("CONV1-6/2", "CONV1-16/3", "CONV1-8g2/2", "RES(CONV3-8/2)"):
    for _ in range(20):
        model = build(plan(read(text + "-GAP, SOFTMAX"), (4, 12, 12), 5))
        pictures = torch.randint(0, 256, (8, 4, 12, 12), dtype=torch.uint8)
        targets = torch.arange(8) % 5
        model.head.loss(model(pictures), targets).sum().backward()
        found = [parameter.grad.double() for parameter in model.parameters()]
        model.zero_grad()
        model.double()
        model.head.loss(model(pictures), targets).sum().backward()
        for gradient, parameter in zip(found, model.parameters(), strict=True):
            torch.testing.assert_close(gradient, parameter.grad, rtol=1e-4, atol=1e-5)
"""


@pytest.mark.parametrize("threads", [1, 2])
def test_gradients_of_strided_pointwise_filters_are_right_without_avx512(threads):
    settings = {"ONEDNN_MAX_CPU_ISA": "AVX2", "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(
        [sys.executable, "-c", POINTWISE], env=os.environ | settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
