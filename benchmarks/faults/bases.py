"""The healthy trainings into which faults are put: of each form some for tuning and others for the final figure."""

from __future__ import annotations

from typing import Any

from benchmarks.faults.plain import Plain
from benchmarks.faults.program import Program
from benchmarks.faults.sources import load

FIRST_SEED = {"tuning": 0, "final": 90_000}  # of data, weights and batches; three in a row are taken

# by part and name: source, network, settings
WXB: dict[str, dict[str, tuple[str, str, dict[str, Any]]]] = {
    "tuning": {
        "digits": ("digits:1000", "FC-64-RELU, SOFTMAX", {"epochs": 20, "learning_rate": 0.006}),
        "digits-conv": ("digits:1000", "CONV3-8-RELU-POOL-FC-32-RELU, SOFTMAX", {"epochs": 8}),
        "digits-rows": ("digits-rows:1000", "FC-64-RELU-FC-32-RELU, SOFTMAX", {"epochs": 15}),
        "ring": (
            "ring:1200",
            "FC-32-RELU-FC-32-RELU, SOFTMAX",
            {"epochs": 40, "batch_size": 64, "learning_rate": 0.01},
        ),
        "moons": ("moons:500", "FC-32-RELU-FC-16-RELU, SOFTMAX", {"epochs": 30, "learning_rate": 0.01}),
        "cancer": ("breast-cancer", "FC-32-RELU, SOFTMAX", {"epochs": 30}),
        "iris": ("iris", "FC-16-RELU, SOFTMAX", {"epochs": 80, "learning_rate": 0.01}),
        "sine": ("sine:800", "FC-32-RELU-FC-32-RELU, EUCLID", {"epochs": 60, "batch_size": 64, "learning_rate": 0.01}),
    },
    "final": {
        "digits": ("digits:1000", "FC-100-TANH, SOFTMAX", {"epochs": 20}),
        "digits-conv": ("digits:1000", "CONV3-12-RELU-POOL-CONV3-16-RELU-POOL-FC-C, SOFTMAX", {"epochs": 10}),
        "digits-rows": ("digits-rows:1000", "FC-128-RELU-DROP(0.2)-FC-64-RELU, SOFTMAX", {"epochs": 12}),
        "spirals": (
            "spirals:1000",
            "FC-64-RELU-FC-64-RELU, SOFTMAX",
            {"epochs": 60, "batch_size": 64, "learning_rate": 0.01},
        ),
        "disc": ("disc:800", "FC-24-TANH-FC-24-TANH, SOFTMAX", {"epochs": 40, "batch_size": 64, "learning_rate": 0.02}),
        "quadrants": ("quadrants:900", "FC-48-RELU, SOFTMAX", {"epochs": 50, "batch_size": 64, "learning_rate": 0.02}),
        "wine": ("wine", "FC-24-RELU, SOFTMAX", {"epochs": 60}),
        "steps": (
            "steps:800",
            "FC-48-RELU-FC-48-RELU, EUCLID",
            {"epochs": 60, "batch_size": 64, "learning_rate": 0.01},
        ),
    },
}
PLAIN: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {
    "tuning": {
        "digits": ("digits-rows:1000", {"rate": 2e-3}),
        "digits-sgd": ("digits-rows:1000", {"widths": (48,), "optimizer": "sgd", "rate": 0.05}),
        "digits-conv": ("digits:1000", {"convolutions": (8,), "widths": (32,), "rate": 4e-3, "epochs": 8}),
        "ring": ("ring:1200", {"widths": (32, 32), "rate": 1e-2, "epochs": 30}),
        "cancer": ("breast-cancer", {"widths": (16,), "rate": 5e-3}),
        "sine": ("sine:800", {"widths": (32, 32), "rate": 1e-2, "epochs": 40}),
    },
    "final": {
        "digits": ("digits-rows:1000", {"widths": (100,), "activation": "tanh", "rate": 2e-3}),
        "digits-sgd": ("digits-rows:1000", {"widths": (80, 40), "optimizer": "sgd", "rate": 0.05}),
        "digits-norm": ("digits-rows:1000", {"widths": (64, 64), "normalized": True, "rate": 3e-3, "epochs": 12}),
        "spirals": ("spirals:1000", {"widths": (64, 64), "rate": 1e-2, "epochs": 50}),
        "disc": ("disc:800", {"widths": (24,), "activation": "tanh", "rate": 2e-2, "epochs": 30}),
        "wine": ("wine", {"widths": (24,), "rate": 5e-3, "epochs": 40, "batch": 16}),
        "steps": ("steps:800", {"widths": (48, 48), "rate": 1e-2, "epochs": 50}),
    },
}


def base(part: str, form: str, name: str) -> Program | Plain:
    """A healthy training."""
    seed = FIRST_SEED[part]
    if form == "wxb":
        source, network, options = WXB[part][name]
        return Program(load(source, seed), network, {**options, "seed": seed})
    source, lines = PLAIN[part][name]
    return Plain(load(source, seed), **lines)
