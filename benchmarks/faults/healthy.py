"""Healthy trainings, most of them awkward: few examples, hard data, noisy losses, what looks odd and is right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.faults import injections as put
from benchmarks.faults.bases import PLAIN, WXB
from benchmarks.faults.plain import Plain
from benchmarks.faults.program import Program

Awkward = tuple[str, put.Injection, tuple[str, ...], tuple[Any, ...]]  # in what way, what is done, bases, with what


def as_it_is(program: Any, _: object) -> Any:
    """Nothing is changed."""
    return program


def double_columns(program: Any, _: object) -> Any:
    """The last number repeats the first one."""
    data = program.data
    examples = data.examples.copy()
    examples[:, -1] = examples[:, 0]
    return replace(program, data=replace(data, examples=examples, known=None))


def small(program: Any, share: float) -> Any:
    """A share of the training examples."""
    split = program.data.split
    rows = split.train[: max(40, round(share * len(split.train)))]
    return replace(program, data=replace(program.data, split=replace(split, train=rows)))


def times_rate(program: Program | Plain, times: float) -> Program | Plain:
    """A learning rate so many times larger."""
    if isinstance(program, Plain):
        return replace(program, rate=program.rate * times)
    rate = program.case.recipe.learning_rate * times
    return replace(program, options={**program.options, "learning_rate": rate})


CLASSES = {
    "tuning": ("digits", "ring", "moons", "cancer", "iris"),
    "final": ("digits", "digits-rows", "spirals", "disc", "wine"),
}
OF_WXB: dict[str, tuple[Awkward, ...]] = {
    part: (
        ("as it is", as_it_is, tuple(WXB[part]), (None,)),
        ("fewer examples", small, tuple(WXB[part]), shares),
        ("noisy labels", put.labels_wrong, CLASSES[part], noise),
        ("large rate", times_rate, tuple(WXB[part]), rates),
        ("noisy loss", put.settings, CLASSES[part], ({"batch_size": batch},)),
        ("inputs beyond 1", put.inputs_scaled, toys, (times,)),
        ("double column", double_columns, rows, (None,)),
        ("without decay", put.settings, tuple(WXB[part]), ({"weight_decay": 0.0},)),
        ("longer", put.settings, CLASSES[part], ({"epochs": epochs},)),
        ("momentum", put.settings, CLASSES[part], ({"optimizer": "momentum", "learning_rate": 0.05, "epochs": 60},)),
        *networks,
    )
    for part, shares, noise, rates, batch, toys, times, rows, epochs, networks in (
        (
            "tuning", (0.5,), (0.1, 0.2), (2.5,), 8, ("ring", "moons"), 2.0, ("digits-rows", "cancer"), 60,
            (
                ("linear is enough", put.network, ("cancer", "iris", "digits"), ("SOFTMAX",)),
                ("validation above train", put.network, ("digits", "cancer"), ("FC-128-RELU-DROP(0.5), SOFTMAX",)),
                ("one sigmoid", put.network, ("cancer", "iris"), ("FC-32-SIGMOID, SOFTMAX",)),
                ("wide", put.network, ("digits", "ring", "moons"), ("FC-256-RELU-FC-128-RELU, SOFTMAX",)),
            ),
        ),
        (
            "final", (0.6, 0.4), (0.08, 0.15), (2.0, 3.0), 12, ("spirals", "disc"), 3.0, ("digits-rows", "wine"), 70,
            (
                ("linear is enough", put.network, ("wine", "digits-rows"), ("SOFTMAX",)),
                ("validation above train", put.network, ("digits", "wine"), ("FC-160-RELU-DROP(0.6), SOFTMAX",)),
                ("one sigmoid", put.network, ("digits", "wine"), ("FC-48-SIGMOID, SOFTMAX",)),
                ("wide", put.network, ("digits", "spirals", "disc"), ("FC-192-RELU-FC-192-RELU, SOFTMAX",)),
                ("normalized", put.network, ("digits", "spirals"), ("FC-64-BN-RELU-FC-64-BN-RELU, SOFTMAX",)),
            ),
        ),
    )
}  # fmt: skip
OF_PLAIN: dict[str, tuple[Awkward, ...]] = {
    part: (
        ("as it is", as_it_is, tuple(PLAIN[part]), (None,)),
        ("fewer examples", small, tuple(PLAIN[part]), shares),
        ("large rate", times_rate, tuple(PLAIN[part]), rates),
        ("noisy loss", put.loop, tuple(PLAIN[part]), ({"batch": batch, "epochs": 15},)),
        ("dropout", put.loop, tuple(PLAIN[part]), ({"dropout": 0.2, "epochs": 40},)),
        ("decay", put.loop, tuple(PLAIN[part]), ({"decay": 1e-4},)),
        ("clipped", put.loop, tuple(PLAIN[part]), ({"clip": 5.0},)),
        ("normalized", put.loop, normed, ({"normalized": True},)),
        ("wide", put.loop, tuple(PLAIN[part]), ({"widths": width},)),
        ("noisy labels", put.labels_wrong, linear, (noise,)),
        ("linear is enough", put.loop, linear, ({"widths": (), "epochs": 60, "rate": 5e-3},)),
    )
    for part, shares, rates, batch, width, linear, normed, noise in (
        ("tuning", (0.5,), (2.0,), 16, (192, 96), ("digits", "cancer"), ("digits", "ring", "cancer"), 0.1),
        ("final", (0.6,), (1.5, 3.0), 12, (160, 160), ("digits", "wine"), ("digits", "spirals", "disc", "wine"), 0.12),
    )
}
