"""Figures that explain what was chosen, for docs/performance.md: nothing is owed, each choice is undone or changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks import step
from benchmarks.choices import Choice, Choices
from benchmarks.figure import Figure
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


def options(settings: Mapping[str, Any]) -> dict[str, str]:
    """Settings as options of `wxb train`."""
    return {name.replace("_", "-"): str(value) for name, value in settings.items()}


def strided(*widths: int) -> str:
    """A network of the family that pictures below 32 pixels get, of other widths."""
    return f"{defaults.pairs('CONV4-32/2-RELU', widths)}, SOFTMAX"


EXPLAINED: dict[str, Figure] = {
    "recipe": Choices(
        1,
        "cifar10",
        COARSE,
        {"epochs": "1", **options(defaults.WHITENED)},
        (
            # what was chosen, undone
            Choice("first layer learned", {"first-layer": "learned"}),
            Choice("random start", {"start": "random"}),
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
            Choice("averaged weights", {"average": "0.95"}),
            Choice("GELU", network=COARSE.replace("RELU", "GELU")),
            Choice("residual", network=RESIDUAL),
            Choice("a pair of convolutions before the first pooling", network=COARSE_PAIR),
            Choice("full size", network=FINE),
            Choice("full size, pooled behind the pair", network=PAIRS),
        ),
        about="One epoch of CIFAR-10 by a coarse network and the recipe that `--time 15s` chooses, then with one thing "
        "changed at a time. With so little training an accuracy varies by a few tenths of a point from seed to seed.",
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
            Choice("random start", {"start": "random"}),
        ),
        about="MNIST in the same time by the default network, by others of its kind, and without what else it gets: "
        "which one learns most in fourteen seconds.",
    ),
    "step": Steps(
        "cifar10",
        FINE,
        {"first_layer": "whitened", "start": "identity"},
        (
            Undone("float32", {"precision": "float32"}),
            Undone("one thread", {"threads": 1}),
            Undone("freed memory given back", around=step.memory_given_back),
            Undone("channels first", change=step.channels_first),
            Undone("pictures one at a time", change=step.one_at_a_time),
            Undone("activations beside their inputs", change=step.beside),
            Undone("Muon's products in float32", change=step.orthogonal_in_float32),
            Undone("five iterations in Muon", around=step.five_iterations),
            Undone("GAP as a mean over two dimensions", around=step.mean_of_both_sides),
            Undone("first layer's bias learned", change=step.bias_learned),
            Undone("first layer learned", {"first_layer": "learned"}),
        ),
        about="A training step of the default network on CIFAR-10, batch 256, with one choice undone at a time; all in "
        "turn in one process.",
    ),
}
