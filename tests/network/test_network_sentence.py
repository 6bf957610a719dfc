"""Layers along a sentence: what stands after its last word never matters."""

from __future__ import annotations

import pytest
import torch

from wxb.errors import WxbError
from wxb.network.build import build
from wxb.network.folded import fold
from wxb.notation import plan, read

SHAPE, OUTPUTS = (30, 12), 4
NETWORKS = [
    "EMBED-8-GAP, SOFTMAX",
    "EMBED-8-GMP, SOFTMAX",
    "EMBED-8-CONV3x1-6-BN-RELU-GMP, SOFTMAX",
    "EMBED-8-CONV3x1-6-SIGMOID-POOL2x1/2-CONV3x1-6-RELU-GAP, SOFTMAX",
    "EMBED-8-CONV3x1-6-TANH-AVGPOOL4x1/2-GMP, SOFTMAX",
    "EMBED-8-RNN-6-GAP, SOFTMAX",
    "EMBED-8-CONV3x1-6/2-RNN-6-GMP, SOFTMAX",
    "EMBED-8-SIGMOID-FC-8-RELU, SOFTMAX",
    "EMBED-8-RES(CONV3x1-8-BN-RELU)-GAP, SOFTMAX",
    "CAT(WINDOW-20, EMBED-8-CONV3x1-6-RELU)-GMP, SOFTMAX",
    "CAT(WINDOW-20, EMBED-8-RNN-6), TAGS",
    "EMBED-8-CONV3x1-6-BN-RELU, TAGS",
    "WINDOW-20, TAGS",
    "EMBED-8-GMP-TEAM-3(FC-8-RELU), SOFTMAX",
    "EMBED-8-TEAM-3(CONV3x1-4-RELU-GMP-FC-8-RELU), SOFTMAX",
]


def batch(lengths: tuple[int, ...], seed: int = 0) -> torch.Tensor:
    """Sentences of these lengths, each word with three features of WINDOW."""
    draw = torch.Generator().manual_seed(seed)
    x = torch.zeros(len(lengths), 4, SHAPE[1])
    for row, length in enumerate(lengths):
        x[row, 0, :length] = torch.randint(1, SHAPE[0] + 1, (length,), generator=draw).float()
        x[row, 1:, :length] = torch.randint(0, 25, (3, length), generator=draw).float()
    return x


def made(text: str, dtype: torch.dtype = torch.float64):
    model = build(text, input_shape=SHAPE, outputs=OUTPUTS, seed=3).to(dtype)
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.uniform_(-1, 1, generator=draw)
    return model


@pytest.mark.parametrize("text", NETWORKS)
def test_a_sentence_alone_gives_what_it_gives_among_longer_ones(text):
    model, x = made(text).eval(), batch((3, 12, 1, 7))
    together = model(x)
    for row in range(len(x)):
        assert torch.allclose(model(x[row : row + 1])[0], together[row], atol=1e-12)


@pytest.mark.parametrize("text", NETWORKS)
def test_the_folded_network_gives_the_same(text):
    model, x = made(text, torch.float32).eval(), batch((3, 12, 1, 7))
    assert torch.allclose(fold(model)(x), model(x), atol=1e-4)


@pytest.mark.parametrize("text", NETWORKS)
def test_gradients_in_training_do_not_depend_on_the_places_that_fill_up(text):
    gradients = []
    for more in (0, 1):  # a third sentence, as long as there is room, of weight 0
        if "BN" in text and more:
            pytest.skip("normalization joins the sentences of a batch")
        model = made(text).train()
        out = model(batch((3, 5, 12)[: 2 + more]))[:2]
        weights = torch.arange(out[0].numel(), dtype=torch.float64).view(out[0].shape)
        there = out > -1e6
        (torch.where(there, out, 0) * weights).sum().backward()
        gradients.append([parameter.grad.clone() for parameter in model.parameters()])
    for one, other in zip(*gradients, strict=True):
        assert torch.allclose(one, other, atol=1e-10)


def test_statistics_of_normalization_are_those_of_words():
    alone, among = (made("EMBED-8-BN-GAP, SOFTMAX").train() for _ in range(2))
    alone(batch((4, 4)))
    x = batch((4, 4))
    among(torch.cat([x, torch.zeros(2, 4, 0)], dim=2))
    for one, other in zip(alone.buffers(), among.buffers(), strict=True):
        assert torch.equal(one, other)
    words = alone.get_submodule("1.EMBED-8").weight[(x[:, 0, :4].long() - 1).flatten()]
    assert torch.allclose(alone.get_submodule("2.BN").running_mean, 0.1 * words.mean(0))


@pytest.mark.parametrize("text", NETWORKS)
def test_parameters_are_as_planned(text):
    planned = plan(read(text), SHAPE, OUTPUTS)
    assert sum(parameter.numel() for parameter in made(text).parameters()) == planned.parameters


def test_multiply_adds_of_an_rnn_are_those_of_its_products():
    layer = plan(read("EMBED-8-RNN-6-GAP, SOFTMAX"), SHAPE, OUTPUTS).layers[1]
    assert layer.multiply_adds == 12 * 2 * 3 * (3 * 8 + 3 * 3)
    assert layer.parameters == 2 * 3 * (3 * 8 + 3 * 3 + 2 * 3)


def test_a_gru_is_its_formulas():
    model = made("EMBED-2-RNN-2-GAP, SOFTMAX").eval()
    layer = model.get_submodule("2.RNN-2")
    x = torch.randn(1, 2, 4, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    layer.tokens = 0
    found = layer(x)[0, :, :, 0]
    for direction, (suffix, order) in enumerate((("", range(4)), ("_reverse", range(3, -1, -1)))):
        w, u, b, c = (
            getattr(layer.gru, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        state = torch.zeros(1, dtype=torch.float64)
        for place in order:
            given, own = w @ x[0, :, place, 0] + b, u @ state + c
            reset, update = torch.sigmoid(given[0] + own[0]), torch.sigmoid(given[1] + own[1])
            state = (1 - update) * torch.tanh(given[2:] + reset * own[2:]) + update * state
            assert torch.allclose(found[direction, place], state[0])


@pytest.mark.parametrize(
    ("text", "shape", "what"),
    [
        ("FC-8-RELU, SOFTMAX", SHAPE, "FC reads numbers, and its input is words"),
        ("SOFTMAX", SHAPE, "FC reads numbers, and its input is words"),
        ("EMBED-8-EMBED-8-GAP, SOFTMAX", SHAPE, "EMBED reads words, and what comes is no words any more"),
        ("EMBED-8-GAP, SOFTMAX", (3, 8, 8), "EMBED reads words, and the data hold no words"),
        ("EMBED-8-GAP, SOFTMAX", (9,), "EMBED reads words, and the data hold no words"),
        ("CONV-RNN-8-GAP, SOFTMAX", (3, 8, 8), "RNN-8 reads one place of a sentence after the other, and the data"),
        ("RNN-8, SOFTMAX", (9,), "RNN-8 reads one place of a sentence after the other, and the data hold no words"),
        ("EMBED-8-GMP-FC-8-RELU, TAGS", SHAPE, "TAGS needs every word, and GMP makes one vector of the sentence"),
        ("FC-8, TAGS", (9,), "TAGS gives each word of a sentence its tag, and the data hold no sentences"),
        ("EMBED-8-GAP-RNN-8, SOFTMAX", SHAPE, "RNN needs maps"),
        ("EMBED-RNN-7-GAP, SOFTMAX", SHAPE, "the width of RNN-7 is odd"),
        ("EMBED-8-GAP, TAGS", SHAPE, "TAGS needs every word, and GAP makes one vector of the sentence"),
        ("EMBED-8-POOL2x1/2, TAGS", SHAPE, "what reaches TAGS is 4x6x1, not 4x12x1"),
        ("CONV, TAGS", (3, 8, 8), "TAGS gives each word of a sentence its tag, and the data hold no sentences"),
        ("EMBED-8-TEAM-3(CONV3x1-8), TAGS", SHAPE, "TAGS takes no TEAM"),
        ("EMBED-8, SELF", SHAPE, "SELF gives numbers again, and the input is words"),
        ("RES(EMBED-8)-GAP, SOFTMAX", SHAPE, "RES adds numbers, and its input is words"),
        ("CAT(EMBED-8, ID)-GAP, SOFTMAX", SHAPE, "CAT joins maps of one size or vectors"),
    ],
)
def test_what_does_not_fit_is_said(text, shape, what):
    with pytest.raises(WxbError) as error:
        plan(read(text), shape, OUTPUTS)
    assert what in error.value.what
    assert error.value.fix


def test_texts_are_read_back():
    for text in NETWORKS:
        network = read(text)
        assert read(str(network)) == network
        assert read(network.short()) == network
    assert str(read("EMBED-RNN, TAGS")) == "EMBED-64-RNN-64-CONV1-C, TAGS"
