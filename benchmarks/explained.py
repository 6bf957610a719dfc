"""Figures without bounds for docs/performance.md, which undo or change one choice of wxb at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks import step
from benchmarks.choices import Choice, Choices, options
from benchmarks.devices import Devices, Shared
from benchmarks.figure import Figure
from benchmarks.lengths import Lengths, Tried
from benchmarks.step import Steps, Undone
from wxb.learning import defaults

COARSE = f"{defaults.COARSE.network}, SOFTMAX"
COARSE_PAIR = COARSE.replace("CONV3-32b0-POOL-BN-RELU", "(CONV3-32-BN-RELU)*2-POOL")
FINE = f"{defaults.pairs('CONV3-32-RELU', (32, 64, 128))}, SOFTMAX"
PAIRS = "CONV3-32-RELU-(CONV3-32-BN-RELU)*2-POOL-(CONV3-64-BN-RELU)*2-POOL-(CONV3-128-BN-RELU)*2-GAP, SOFTMAX"
RESIDUAL = (
    "CONV4-32/2-RELU-CONV3-32-BN-RELU-RES(CONV3-32-BN)-RELU-POOL-CONV3-64-BN-RELU-RES(CONV3-64-BN)-RELU-POOL-"
    "CONV3-128-BN-RELU-RES(CONV3-128-BN)-RELU-GAP, SOFTMAX"
)


def strided(*widths: int) -> str:
    """A network of the family for pictures below 32 pixels, with other widths."""
    return f"{defaults.pairs('CONV4-32/2-RELU', widths)}, SOFTMAX"


PATCHES = "CONV3-32-GELU"
CHANGED = {"augment": "flip,shift-4", "cutout": 8}


def pairs(widths: tuple[int, ...], epochs: int, changed: Mapping[str, Any] = {}, seeds: int = 1) -> Tried:
    """Pairs with GELU and the settings of long trainings."""
    network = defaults.pairs(PATCHES, widths, "GELU")
    return Tried(f"pairs {listed(widths)}", network, defaults.LONG, epochs, changed, tuple(range(seeds)))


def trios(
    widths: tuple[int, ...],
    epochs: int,
    changed: Mapping[str, Any] = {},
    seeds: int = 1,
    settings: Mapping[str, Any] = defaults.LONG,
) -> Tried:
    """Trios with GELU, and the settings of long trainings or others."""
    batches = "" if settings is defaults.LONG else ", batches of 256"
    network = defaults.trios(PATCHES, widths, "GELU")
    return Tried(f"trios {listed(widths)}{batches}", network, settings, epochs, changed, tuple(range(seeds)))


def pairs_of_relu(widths: tuple[int, ...], epochs: int) -> Tried:
    """Pairs as `--time` chooses them for shorter trainings."""
    network = defaults.pairs("CONV3-32-RELU", widths)
    return Tried(f"pairs {listed(widths)}, RELU, batches of 256", network, SHORT, epochs)


def listed(widths: tuple[int, ...]) -> str:
    """(64, 128) -> "64, 128"."""
    return ", ".join(map(str, widths))


SHORT = {**defaults.WHITENED, "batch_size": 256, "weight_decay": 0.02}
NARROW, EVEN, WIDE, WIDEST = (64, 128, 256), (64, 256, 256), (128, 256, 512), (128, 384, 384)
RESIDUAL_PAIRS = "-".join(
    (PATCHES, *(f"CONV3-{width}b0-POOL-BN-GELU-RES(CONV3-{width}-BN)-GELU" for width in WIDE), "GAP")
)
PAIR = "RES(CONV3-{0}-BN-GELU-CONV3-{0}-BN)-GELU"
QUINTS = "-".join(
    (PATCHES, *(f"CONV3-{width}b0-POOL-BN-GELU-{'-'.join([PAIR.format(width)] * 2)}" for width in NARROW), "GAP")
)
DROPPED = f"{defaults.pairs(PATCHES, WIDE, 'GELU')}-DROP(0.2)"
LEARNED = defaults.trios("CONV3-64-BN-GELU", EVEN, "GELU")
FIRST_LEARNED = {**CHANGED, "first_layer": "learned"}
BEHIND = f"{PATCHES}-(CONV3-64-BN-GELU)*2-POOL-(CONV3-128-BN-GELU)*2-POOL-(CONV3-256-BN-GELU)*2-GAP"

EXPLAINED: dict[str, Figure] = {
    "lengths": Lengths(
        "cifar10",
        7500,
        (
            # as much arithmetic as two cores with fast bfloat16 do in five minutes
            pairs_of_relu(NARROW, 9),
            trios(NARROW, 7, settings=SHORT),
            pairs_of_relu(EVEN, 5),
            trios(EVEN, 4, settings=SHORT),
            # eight
            pairs_of_relu(NARROW, 14),
            trios(NARROW, 11, settings=SHORT),
            pairs(EVEN, 8),
            pairs(EVEN, 8, {"batch_size": 2048, "learning_rate": 0.11}),
            trios(EVEN, 6),
            trios(EVEN, 6, {"momentum": 0.6, "learning_rate": 0.12}),
            pairs(WIDE, 4),
            # a quarter of an hour
            trios(NARROW, 18, settings=SHORT),
            trios(EVEN, 8),
            trios(EVEN, 11),
            pairs(WIDE, 6),
            pairs(WIDE, 7),
            trios(WIDE, 4),
            trios(WIDE, 5),
            # half an hour
            pairs(WIDE, 15),
            trios(WIDE, 10),
            trios(WIDE, 10, CHANGED),
            trios(EVEN, 21),
            trios(EVEN, 21, CHANGED),
            # an hour
            pairs(WIDE, 30, seeds=2),
            pairs(WIDE, 30, {"augment": "flip,shift-4"}),
            pairs(WIDE, 30, {"cutout": 8}),
            pairs(WIDE, 30, {"weight_decay": 0.2}),
            pairs(WIDE, 30, {"learning_rate": 0.04}),
            pairs(WIDE, 30, {"ema": 0.99}),
            Tried("pairs 128, 256, 512, DROP(0.2) behind GAP", DROPPED, defaults.LONG, 30),
            Tried("pairs 128, 256, 512, second residual", RESIDUAL_PAIRS, defaults.LONG, 30),
            trios(WIDE, 21, seeds=2),
            trios(WIDE, 21, CHANGED, seeds=2),
            trios(WIDE, 21, {**CHANGED, "cutout": 12}),
            trios(WIDE, 21, {"label_smoothing": 0.2}),
            trios(WIDE, 21, {"learning_rate": 0.04}),
            trios(WIDEST, 18),
            trios((64, 256, 512), 28),
            trios(EVEN, 43),
            trios(EVEN, 43, CHANGED, seeds=2),
            trios(EVEN, 43, {**CHANGED, "cutout": 12}),
            trios(EVEN, 43, {**CHANGED, "weight_decay": 0.2}),
            trios(EVEN, 43, {**CHANGED, "batch_size": 512, "learning_rate": 0.056}),
            trios(EVEN, 43, {**CHANGED, "label_smoothing": 0.2}),
            trios(EVEN, 43, {**CHANGED, "learning_rate": 0.16}),
            trios(EVEN, 43, {**CHANGED, "mixup": 0.2}),
            Tried("trios 64, 256, 256 behind 64 learned filters and BN", LEARNED, defaults.LONG, 43, FIRST_LEARNED),
            trios(NARROW, 73, CHANGED),
            Tried("64, 128, 256, two residual pairs a width", QUINTS, defaults.LONG, 50, CHANGED),
            Tried("64, 128, 256, pooled behind pairs", BEHIND, defaults.LONG, 30, CHANGED),
        ),
    ),
    "recipe": Choices(
        1,
        "cifar10",
        COARSE,
        {"epochs": "1", **options(defaults.WHITENED)},
        (
            # what was chosen, undone
            Choice("first layer learned", {"first-layer": "learned"}),
            Choice("random start", {"initialization": "random"}),
            Choice("AdamW", {"optimizer": "adamw", "learning-rate": "0.003", "momentum": None}),
            Choice("Nesterov's momentum", {"optimizer": "nesterov", "learning-rate": "0.05", "momentum": "0.9"}),
            Choice("no augmentation", {"augment": "none"}),
            Choice("no label smoothing", {"label-smoothing": "0"}),
            Choice("one-cycle along cosines", {"schedule": "one-cycle"}),
            Choice("float32", {"precision": "float32"}),
            # what was tried
            Choice("batches of 128", {"batch-size": "128"}),
            Choice("batches of 512", {"batch-size": "512"}),
            Choice("twice the rate", {"learning-rate": "0.08"}),
            Choice("averaged weights", {"ema": "0.95"}),
            Choice("GELU", network=COARSE.replace("RELU", "GELU")),
            Choice("residual", network=RESIDUAL),
            Choice("a pair of convolutions before the first pooling", network=COARSE_PAIR),
            Choice("full size", network=FINE),
            Choice("full size, pooled behind the pair", network=PAIRS),
        ),
    ),
    "sizes": Choices(
        2,
        "mnist",
        strided(64, 128),
        {"time": "14s", **options(defaults.IDENTITY)},
        (
            Choice("half as wide", network=strided(32, 64)),
            Choice("three quarters as wide", network=strided(48, 96)),
            Choice("twice as wide", network=strided(128, 256)),
            Choice("a third pair", network=strided(64, 128, 256)),
            Choice("full size", network=f"{defaults.pairs('CONV3-18-RELU', (64, 128))}, SOFTMAX"),
            Choice(
                "pooled behind the pairs",
                network="CONV4-32/2-RELU-(CONV3-64-BN-RELU)*2-POOL-(CONV3-128-BN-RELU)*2-POOL-GAP, SOFTMAX",
            ),
            Choice("whitened patches", {"first-layer": "whitened"}),
            Choice("random start", {"initialization": "random"}),
        ),
    ),
    "devices": Devices(
        (
            Shared("MNIST, FC-256-RELU, batch 128", "mnist", "FC-256-RELU, SOFTMAX", 128),
            Shared("MNIST, lenet5, batch 128", "mnist", "lenet5", 128),
            Shared("MNIST, lenet5, batch 1,024", "mnist", "lenet5", 1_024),
            Shared("CIFAR-10, default network, batch 256", "cifar10", FINE, 256),
        )
    ),
    "step": Steps(
        "cifar10",
        FINE,
        {"first_layer": "whitened", "initialization": "identity"},
        (
            Undone("float32", {"precision": "float32"}),
            Undone("one thread", {"threads": 1}),
            Undone("freed memory given back", around=step.memory_given_back),
            Undone("channels first", change=step.filters_channels_first, around=step.pictures_channels_first),
            Undone("pictures one at a time", around=step.one_at_a_time),
            Undone("activations beside their inputs", change=step.beside),
            Undone("Muon's products in float32", around=step.orthogonal_in_float32),
            Undone("five iterations in Muon", around=step.five_iterations),
            Undone("GAP as a mean over two dimensions", around=step.mean_of_both_sides),
            Undone("first layer's bias learned", change=step.bias_learned),
            Undone("first layer learned", {"first_layer": "learned"}),
        ),
    ),
}
