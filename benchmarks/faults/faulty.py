"""What is put into which healthy training, and how strongly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.faults import injections as put

Put = tuple[str, str, put.Injection, tuple[str, ...], tuple[Any, ...]]  # code, kind, injection, bases, strengths


def _settings(*names: str) -> Callable[..., list[dict[str, Any]]]:
    def of(*values: Any) -> list[dict[str, Any]]:
        return [dict(zip(names, value if isinstance(value, tuple) else (value,), strict=True)) for value in values]

    return of


RATE, EPOCHS, BATCH = _settings("learning_rate"), _settings("epochs"), _settings("batch_size")
DECAY, MOMENTUM = _settings("weight_decay"), _settings("optimizer", "momentum", "learning_rate")

WXB: dict[str, tuple[Put, ...]] = {
    "tuning": (
        ("D1", "labels shuffled", put.labels_shuffled, ("digits", "ring", "cancer", "sine"), (1.0,)),
        ("D2", "labels wrong", put.labels_wrong, ("digits-rows", "cancer"), (0.4, 0.3)),
        ("D3", "labels moved", put.labels_moved, ("digits", "ring"), (1,)),
        ("D4", "columns scaled", put.columns_scaled, ("ring", "digits-rows"), (1e4,)),
        ("D4", "inputs scaled", put.inputs_scaled, ("ring", "moons", "sine"), (1e3, 1e-3)),
        ("D7", "target as feature", put.target_as_feature, ("digits-rows", "cancer"), (0.0,)),
        ("D12", "few examples", put.few, ("digits", "ring"), (20, 40)),
        ("N1", "head", put.network, ("digits",), ("FC-64-RELU-FC-C-RELU, SOFTMAX", "FC-64-RELU-FC-C-SIGMOID, SOFTMAX")),
        ("N1", "head", put.network, ("ring",), ("FC-32-RELU-FC-32-RELU-FC-C-SIGMOID, EUCLID",)),
        ("N1", "head", put.network, ("sine",), ("FC-32-RELU-FC-C-RELU, EUCLID", "FC-32-RELU-FC-C-SIGMOID, EUCLID")),
        ("N2", "no nonlinearity", put.network, ("ring",), ("FC-32-FC-32-FC-C, SOFTMAX", "FC-64-FC-32-FC-C, SOFTMAX")),
        ("N2", "no nonlinearity", put.network, ("sine",), ("FC-32-FC-32-FC-C, EUCLID",)),
        ("N3", "many sigmoids", put.network, ("digits", "ring"), ("(FC-32-SIGMOID)*4, SOFTMAX",)),
        ("N3", "many sigmoids", put.network, ("sine",), ("(FC-32-SIGMOID)*4, EUCLID",)),
        ("N6", "deep", put.network, ("digits", "ring"), ("(FC-32-RELU)*16, SOFTMAX", "(FC-32-TANH)*20, SOFTMAX")),
        ("N8", "dropout", put.network, ("digits", "ring"), ("FC-64-RELU-DROP(0.9)-FC-64-RELU-DROP(0.9), SOFTMAX",)),
        ("N9", "narrow", put.network, ("ring", "digits"), ("FC-2-RELU, SOFTMAX", "FC-3-RELU, SOFTMAX")),
        ("N9", "linear", put.network, ("ring", "moons"), ("SOFTMAX",)),
        ("T1", "rate", put.settings, ("digits", "ring", "cancer", "sine"), tuple(RATE(3.0, 30.0))),
        ("T1", "rate", put.settings, ("digits-conv", "moons"), tuple(RATE(10.0))),
        ("T2", "rate", put.settings, ("digits", "ring", "cancer", "sine"), tuple(RATE(1e-5, 1e-4))),
        ("T4", "in order", put.in_order_of_classes, ("digits", "digits-rows"),
         ({"optimizer": "sgd", "learning_rate": 0.1, "batch_size": 32, "schedule": "constant", "warm_up": 0.0},)),
        ("T5", "decay", put.settings, ("digits", "ring", "sine"), tuple(DECAY(10.0, 100.0))),
        ("T5", "l2", put.settings, ("ring", "cancer"), ({"l2": 3.0},)),
        ("T7", "batches", put.settings, ("cancer",), tuple(BATCH(1))),
        ("T8", "batches", put.settings, ("digits", "ring", "cancer", "sine"), tuple(BATCH(1_000))),
        ("T13", "momentum", put.settings, ("digits", "ring", "cancer"), tuple(MOMENTUM(("momentum", 0.999, 0.02)))),
        ("T14", "epochs", put.settings, ("digits", "ring", "moons", "sine"), tuple(EPOCHS(1, 3))),
    ),
    "final": (
        ("D1", "labels shuffled", put.labels_shuffled, ("digits-rows", "spirals", "wine", "steps"), (1.0,)),
        ("D2", "labels wrong", put.labels_wrong, ("digits", "wine"), (0.45, 0.35)),
        ("D3", "labels moved", put.labels_moved, ("digits-conv", "spirals", "steps"), (-1,)),
        ("D4", "columns scaled", put.columns_scaled, ("disc", "digits-rows"), (3e3,)),
        ("D4", "inputs scaled", put.inputs_scaled, ("spirals", "steps"), (300.0, 3e-3)),
        ("D4", "offset", put.inputs_moved, ("disc", "spirals", "wine"), (300.0,)),
        ("D7", "target as feature", put.target_as_feature, ("wine", "digits-rows"), (1.0,)),
        ("D8", "rare class", put.rare, ("disc", "quadrants"), (0.04,)),
        ("D10", "prepared otherwise", put.prepared_otherwise, ("digits-rows", "spirals", "disc"), (2.0,)),
        ("D12", "few examples", put.few, ("digits-rows", "spirals"), (30, 60)),
        ("D14", "split by class", put.split_by_class, ("digits", "digits-rows"), (2,)),
        ("N1", "head", put.network, ("digits",), ("FC-64-TANH-FC-C-TANH, SOFTMAX", "FC-64-TANH-FC-C-SIGMOID, EUCLID")),
        ("N1", "head", put.network, ("steps",), ("FC-48-RELU-FC-C-RELU, EUCLID", "FC-48-RELU-FC-C-TANH, EUCLID")),
        ("N2", "no nonlinearity", put.network, ("spirals",), ("FC-64-FC-64-FC-C, SOFTMAX",)),
        ("N2", "no nonlinearity", put.network, ("disc", "quadrants"), ("FC-24-FC-24-FC-24-FC-C, SOFTMAX",)),
        ("N3", "many sigmoids", put.network, ("digits", "spirals", "disc"), ("(FC-48-SIGMOID)*5, SOFTMAX",)),
        ("N5", "bottleneck", put.network, ("digits",), ("FC-64-RELU-FC-1-RELU-FC-64-RELU, SOFTMAX",
                                                        "FC-100-TANH-FC-2-TANH-FC-100-TANH, SOFTMAX")),
        ("N6", "deep", put.network, ("digits-rows", "disc"), ("(FC-24-RELU)*20, SOFTMAX", "(FC-40-TANH)*16, SOFTMAX")),
        ("N8", "dropout", put.network, ("digits-rows", "spirals", "disc"), ("FC-48-RELU-DROP(0.95), SOFTMAX",)),
        ("N9", "narrow", put.network, ("spirals", "quadrants", "digits"), ("FC-2-RELU, SOFTMAX", "FC-4-TANH, SOFTMAX")),
        ("N9", "linear", put.network, ("disc", "quadrants", "spirals"), ("SOFTMAX",)),
        ("N11", "pooled away", put.network, ("digits-conv",), ("(CONV3-8-RELU-POOL)*3-CONV3-8-RELU-GAP, SOFTMAX",)),
        ("T1", "rate", put.settings, ("digits", "spirals", "steps", "wine"), tuple(RATE(2.0, 50.0))),
        ("T1", "rate", put.settings, ("digits-conv", "disc", "quadrants"), tuple(RATE(20.0))),
        ("T2", "rate", put.settings, ("digits", "spirals", "steps", "wine", "disc"), tuple(RATE(3e-5, 2e-4))),
        ("T4", "in order", put.in_order_of_classes, ("digits", "digits-rows", "wine"),
         ({"optimizer": "sgd", "learning_rate": 0.2, "batch_size": 24, "schedule": "constant", "warm_up": 0.0},)),
        ("T5", "decay", put.settings, ("digits", "spirals", "steps", "disc"), tuple(DECAY(30.0))),
        ("T5", "penalty", put.settings, ("digits", "spirals"), ({"l2": 1.0}, {"l1": 0.3})),
        ("T8", "batches", put.settings, ("digits", "spirals", "disc", "steps"), tuple(BATCH(600))),
        ("T13", "momentum", put.settings, ("digits", "spirals"), tuple(MOMENTUM(("nesterov", 0.998, 0.02)))),
        ("T14", "epochs", put.settings, ("digits", "spirals", "disc", "steps"), tuple(EPOCHS(2, 4))),
        ("T15", "warm-up", put.settings, ("spirals", "steps"), ({"warm_up": 1.0, "epochs": 15},)),
        ("T19", "clip", put.settings, ("digits", "disc"), ({"optimizer": "sgd", "learning_rate": 0.1, "clip": 1e-3},)),
    ),
}  # fmt: skip
PLAIN: dict[str, tuple[Put, ...]] = {
    "tuning": (
        ("D1", "labels shuffled", put.labels_shuffled, ("digits", "ring"), (1.0,)),
        ("D4", "inputs scaled", put.inputs_scaled, ("digits", "ring", "sine"), (1e3,)),
        ("D9", "NaN", put.loop, ("digits", "cancer"), ({"inputs": "flaws"},)),
        ("D13", "targets not scaled", put.loop, ("sine",), ({"targets": "none"},)),
        ("N1", "last activation", put.loop, ("sine",), ({"last": "relu"}, {"last": "sigmoid"})),
        ("N2", "no nonlinearity", put.loop, ("ring", "sine"), ({"activation": "none"},)),
        ("N3", "many sigmoids", put.loop, ("digits", "ring"), ({"activation": "sigmoid", "widths": (32,) * 5},)),
        ("N4", "dead units", put.loop, ("digits", "ring"), ({"start": "dead"},)),
        ("N7", "softmax twice", put.loop, ("digits-sgd",), ({"last": "softmax", "epochs": 6},)),
        ("N8", "dropout", put.loop, ("digits", "ring"), ({"dropout": 0.9},)),
        ("N9", "narrow", put.loop, ("ring", "digits"), ({"widths": (2,)},)),
        ("T1", "rate", put.loop, ("digits", "ring", "cancer", "sine", "digits-sgd"), ({"rate": 3.0}, {"rate": 30.0})),
        ("T2", "rate", put.loop, ("digits", "ring", "cancer", "sine"), ({"rate": 1e-6}, {"rate": 1e-5})),
        ("T3", "shapes", put.loop, ("sine",), ({"targets": "flat"},)),
        ("T4", "in order", put.in_order_of_classes, ("digits-sgd",), ({"rate": 0.02},)),
        ("T5", "decay", put.loop, ("digits", "ring"), ({"decay": 3.0},)),
        ("T9", "units alike", put.loop, ("digits", "ring"), ({"start": "zero"},)),
        ("T10", "large start", put.loop, ("digits", "digits-sgd"), ({"start": "large"},)),
        ("T13", "momentum", put.loop, ("digits-sgd",), ({"momentum": 0.999},)),
        ("T14", "epochs", put.loop, ("ring", "sine"), ({"epochs": 1},)),
        ("T16", "frozen", put.loop, ("ring", "digits-conv"), ({"frozen": "missing"}, {"frozen": "all-but-last"})),
    ),
    "final": (
        ("D1", "labels shuffled", put.labels_shuffled, ("digits-norm", "spirals", "wine"), (1.0,)),
        ("D4", "inputs scaled", put.inputs_scaled, ("disc", "spirals", "steps"), (300.0,)),
        ("D4", "offset", put.inputs_moved, ("disc", "spirals"), (200.0,)),
        ("D9", "NaN", put.loop, ("digits-norm", "wine"), ({"inputs": "flaws"},)),
        ("D13", "targets not scaled", put.loop, ("steps",), ({"targets": "none", "epochs": 3},)),
        ("N1", "last activation", put.loop, ("steps",), ({"last": "relu"}, {"last": "tanh"})),
        ("N2", "no nonlinearity", put.loop, ("spirals", "disc", "steps"), ({"activation": "none"},)),
        ("N3", "many sigmoids", put.loop, ("digits", "spirals"), ({"activation": "sigmoid", "widths": (48,) * 6},)),
        ("N4", "dead units", put.loop, ("digits-sgd", "spirals"), ({"start": "dead", "activation": "relu"},)),
        ("N7", "softmax twice", put.loop, ("digits-sgd",), ({"last": "softmax", "epochs": 5},)),
        ("N8", "dropout", put.loop, ("digits", "spirals"), ({"dropout": 0.95},)),
        ("N9", "narrow", put.loop, ("spirals", "digits"), ({"widths": (3,)},)),
        ("T1", "rate", put.loop, ("digits", "spirals", "wine", "steps", "digits-sgd"), ({"rate": 1.0}, {"rate": 20.0})),
        ("T2", "rate", put.loop, ("digits", "spirals", "wine", "steps"), ({"rate": 3e-6}, {"rate": 2e-5})),
        ("T3", "shapes", put.loop, ("steps",), ({"targets": "flat"},)),
        ("T4", "in order", put.in_order_of_classes, ("digits", "digits-sgd"), ({"epochs": 6},)),
        ("T5", "decay", put.loop, ("digits-norm", "spirals"), ({"decay": 1.0, "optimizer": "adam"},)),
        ("T9", "units alike", put.loop, ("digits", "spirals"), ({"start": "zero"},)),
        ("T10", "large start", put.loop, ("digits-sgd",), ({"start": "large"},)),
        ("T13", "momentum", put.loop, ("digits-sgd",), ({"momentum": 0.998},)),
        ("T14", "epochs", put.loop, ("spirals", "steps"), ({"epochs": 2},)),
        ("T16", "frozen", put.loop, ("spirals", "digits-sgd"), ({"frozen": "missing"}, {"frozen": "all-but-last"})),
        ("T17", "evaluation mode", put.loop, ("digits-norm",), ({"mode": "eval", "inputs": "none", "rate": 1e-4},)),
    ),
}
