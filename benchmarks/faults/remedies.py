"""The single changes of a faulty program that are tried to find out which causes are acceptable.

A change belongs to the codes of the doctor that would name it. What closes 80 % of the gap to the healthy twin makes
its codes acceptable; the inverse of what was put in is acceptable always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks.faults.plain import Plain
from benchmarks.faults.program import Program
from wxb.doctor.case import Case
from wxb.doctor.rewrite import (
    changed,
    headed,
    wider,
    with_activation,
    with_activations,
    with_dropout,
    with_normalization,
    without_last_activation,
    without_layers,
    without_pooling,
)
from wxb.errors import WxbError
from wxb.notation.layers import family
from wxb.tasks import TASKS

LOWER: tuple[str, ...] = ("T1", "N4", "T11")
HIGHER: tuple[str, ...] = ("T2",)
TIMES = (0.01, 0.1, 0.3, 3.0, 10.0, 100.0)  # the learning rate
Codes = tuple[str, ...]
Changes = Iterator[tuple[str, Codes, Program | Plain]]


def changes(program: Program | Plain) -> Changes:
    """Single changes by name, with the codes that would name each."""
    return _of_plain(program) if isinstance(program, Plain) else _of_wxb(program)


def _of_wxb(program: Program) -> Changes:
    case = program.case
    for name, codes, options in _settings(case):
        yield name, codes, replace(program, options={**program.options, **options})
    seen = {case.network, str(case.plan.network.short())}
    for name, codes, line in _networks(case):
        if line not in seen:
            seen.add(line)
            yield name, codes, replace(program, network=line)


def _settings(case: Case) -> Iterator[tuple[str, Codes, dict[str, object]]]:
    recipe, usual = case.recipe, case.usual
    for times in TIMES:
        codes = LOWER if times < 1 else HIGHER
        yield f"learning rate x {times:g}", codes, {"learning_rate": float(f"{recipe.learning_rate * times:.3g}")}
    if not recipe.steps:
        yield "epochs x 3", ("T14",), {"epochs": 3 * recipe.epochs}
    named: dict[str, Codes] = {
        "batch_size": ("T7", "T8"), "momentum": ("T13",), "shuffle": ("T4",), "normalize": ("D4", "T10"),
        "clip": ("T19",), "l2": ("T5",), "l1": ("T5",), "weight_decay": ("T5", "T6"), "initialization": ("T9", "T10"),
    }  # fmt: skip
    for name, codes in named.items():
        value = getattr(usual, name)
        if value != getattr(recipe, name) and not (name == "momentum" and "momentum" not in case.options):
            yield name.replace("_", " "), codes, {name: value}
    if not recipe.clip:
        yield "clip", ("T11",), {"clip": 1.0}
    if (recipe.schedule, recipe.warm_up) != (usual.schedule, usual.warm_up):
        yield "schedule", ("T15",), {"schedule": usual.schedule, "warm_up": usual.warm_up}
    if case.data.task == "classification":
        yield "class weight", ("D8",), {"class_weight": "balanced"}
    yield "best epoch", ("N10",), {"keep": "best"}


def _networks(case: Case) -> Iterator[tuple[str, Codes, str]]:
    network = case.plan
    ends = network.items[-1]
    bounded = getattr(ends, "name", "") in ("SIGMOID", "TANH", "RELU", "SOFTMAX")
    rewrites: list[tuple[str, Codes, Callable[[], str]]] = [
        ("width x 4", ("N9", "N5"), lambda: changed(network, wider(4, least=16))),
        ("a hidden layer", ("N9",), lambda: f"FC-64-RELU, {network.head}"),
        ("RELU between layers", ("N2",), lambda: changed(network, with_activations)),
        ("RELU", ("N3", "T12"), lambda: changed(network, with_activation("RELU"))),
        ("LEAKY", ("N4",), lambda: changed(network, with_activation("LEAKY"))),
        ("BN", ("N3", "N4", "N6", "T11", "T12"), lambda: changed(network, with_normalization)),
        ("three layers", ("N6",), lambda: changed(network, without_layers(3))),
        ("DROP(0.2)", ("N8",), lambda: changed(network, with_dropout(0.2))),
        ("a pooling less", ("N11",), lambda: changed(network, without_pooling)),
        ("head", ("N1",), lambda: headed(
            changed(network, without_last_activation) if bounded else case.network, TASKS[case.data.task].heads[0]
        )),
    ]  # fmt: skip
    hidden = [layer for layer in network.layers if family(layer) == "affine"]
    for name, codes, line in rewrites:
        if name == "a hidden layer" and len(hidden) > 1:
            continue
        try:
            yield name, codes, line()
        except WxbError:
            continue


def _of_plain(program: Plain) -> Changes:
    for times in TIMES:
        codes = LOWER if times < 1 else HIGHER
        yield f"learning rate x {times:g}", codes, replace(program, rate=program.rate * times)
    usual = Plain(program.data)
    named: dict[str, Codes] = {
        "momentum": ("T13",), "decay": ("T5", "T18"), "shuffle": ("T4",), "start": ("T9", "T10", "T11", "T12", "N4"),
        "frozen": ("T16",), "mode": ("T17",), "inputs": ("D4", "D9"), "targets": ("D13", "T3"), "last": ("N1", "N7"),
        "dropout": ("N8",), "clip": ("T19",), "batch": ("T7", "T8"),
    }  # fmt: skip
    for name, codes in named.items():
        if getattr(program, name) != getattr(usual, name) and not (name == "dropout" and program.dropout < 0.5):
            yield name, codes, replace(program, **{name: getattr(usual, name)})
    if program.activation != "relu":
        yield "RELU", (("N2",) if program.activation == "none" else ("N3", "T12")), replace(program, activation="relu")
    else:
        yield "LEAKY", ("N4",), replace(program, activation="leaky")
    if not program.normalized:
        yield "BN", ("N3", "N4", "N6", "T11", "T12"), replace(program, normalized=True)
    yield "clip 1", ("T11",), replace(program, clip=1.0)
    yield "width x 4", ("N9", "N5"), replace(program, widths=tuple(4 * width for width in program.widths) or (64,))
    yield "epochs x 3", ("T14",), replace(program, epochs=3 * program.epochs)
