"""The memory of a training, estimated from its plan before anything is allocated."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path

import torch

from wxb.errors import FAILED, WxbError
from wxb.hardware import memory
from wxb.notation import Plan
from wxb.notation.layers import LAYERS
from wxb.notation.layers.kind import FLOAT32, size
from wxb.notation.tree import Planned, PlannedLayer, PlannedTeam
from wxb.text import byte_size

STATE = {  # numbers that an optimizer keeps per parameter; the few parameters that Muon leaves to Adam have one more
    "sgd": 0,
    "momentum": 1,
    "nesterov": 1,
    "adagrad": 1,
    "rmsprop": 1,
    "adam": 2,
    "adamw": 2,
    "muon": 1,
}


@dataclass(frozen=True)
class Estimate:
    """The bytes that a training needs besides its data: float32, without temporary memory of libraries."""

    weights: int
    gradients: int
    optimizer: int
    activations: int  # of the examples that pass through the network at once

    @property
    def total(self) -> int:
        """The sum of all parts."""
        return self.weights + self.gradients + self.optimizer + self.activations


def estimate(plan: Plan, batch_size: int, optimizer: str, micro_batches: int = 1) -> Estimate:
    """Estimate the memory of training in steps of `batch_size` examples, each computed in `micro_batches` parts.

    Activations are the tensors that the backward pass reads again, and the input and output gradients of the layer
    where they are largest.
    """
    weights = FLOAT32 * plan.parameters
    kept, reads_input = _kept(plan.items, True)
    if reads_input:
        kept += size(plan.input)
    passing = max((layer.members * (size(layer.input) + size(layer.output)) for layer in plan.layers), default=0)
    at_once = -(-batch_size // micro_batches)
    return Estimate(weights, weights, STATE[optimizer] * weights, at_once * (kept + passing))


def _kept(items: tuple[Planned, ...], read_after: bool) -> tuple[int, bool]:
    """Bytes per example of the outputs and inner tensors that the items keep, and whether their input is read again.

    A tensor is kept once, however many layers read it; `read_after` is whether anything reads the last output again.
    """
    total = 0
    for item in reversed(items):
        if isinstance(item, PlannedLayer):
            saved = LAYERS[item.name].saved(item)
            if read_after or saved.output:
                total += item.members * size(item.output)
            total += item.members * saved.more
            read_after = saved.input
        else:
            if read_after:
                total += size(item.output)
            if isinstance(item, PlannedTeam):
                total += len(item.groups) * item.members * size(item.input)
            inside = [_kept(way, False) for way in item.ways]
            total += sum(kept for kept, _ in inside)
            read_after = any(read for _, read in inside)
    return total, read_after


# --- free memory ----------------------------------------------------------------------------------------------------


def available(root: Path = Path("/")) -> int | None:
    """The bytes that the machine and the process's control groups still allow it; None if unknown.

    `root` is the folder of `proc` and `sys`.
    """
    return min((free for free in (_machine(root), *_groups(root)) if free is not None), default=None)


def _machine(root: Path) -> int | None:
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
        words = next(line for line in lines if line.startswith("MemAvailable:")).split()
        return int(words[1]) * 1024
    except (OSError, StopIteration):
        return memory()


def _groups(root: Path) -> list[int]:
    """The free bytes under each limit on the process: of its control group and those above (version 2 or version 1)."""
    free_bytes = []
    top = root / "sys/fs/cgroup"
    try:
        rows = [line.split(":", 2) for line in (root / "proc/self/cgroup").read_text().splitlines()]
    except OSError:
        return []
    for number, controllers, path in rows:
        if number == "0":
            base, names = top, ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            base = top / "memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        group = base / path.lstrip("/")
        for folder in (group, *group.parents):
            if folder == base or base in folder.parents:
                free = _free(folder, *names)
                if free is not None:
                    free_bytes.append(free)
    return free_bytes


def _free(folder: Path, limit: str, usage: str, cache: str) -> int | None:
    """The limit minus the usage of a control group; cached files that can be dropped at once do not count as used."""
    try:
        most, used = int((folder / limit).read_text()), int((folder / usage).read_text())
        statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return max(0, most - used + int(statistics.get(cache, 0)))
    except (OSError, ValueError):  # "max" means no limit
        return None


# --- fitting a training into it -------------------------------------------------------------------------------------


def micro_batches_that_fit(
    plan: Plan,
    batch_size: int,
    optimizer: str,
    count: int = 1,
    device: str = "auto",
    there: int | None = None,
    smaller: str = "",
) -> int:
    """The number of micro-batches with which a step fits into memory: `count`, doubled until it fits.

    `device` is the device of the training; "auto" is a GPU if there is one. `there` replaces the free memory measured
    on it. `smaller` says how to make the examples smaller. If the free memory is unknown, everything fits. Raises
    WxbError, with the estimate and a fix, if not even single examples fit.
    """
    if there is None:
        there = _on(device)
    if there is None:
        return count
    while (needs := estimate(plan, batch_size, optimizer, count)).total > there:
        if count >= batch_size:
            raise WxbError(
                f"training this network takes about {byte_size(needs.total)} of memory; {byte_size(there)} are free",
                _sizes(needs, optimizer),
                _narrower(plan, smaller),
            )
        count = min(2 * count, batch_size)
    return count


def ran_short(plan: Plan, optimizer: str, step: int, smaller: str = "") -> WxbError:
    """The error for a step that did not fit into memory although its examples were computed one at a time."""
    needs = estimate(plan, 1, optimizer)
    return WxbError(
        f"the memory ran short in step {step}: with one example at a time, training this network takes about "
        f"{byte_size(needs.total)} beside its data",
        _sizes(needs, optimizer),
        _narrower(plan, smaller),
        exit_code=FAILED,
    )


def _sizes(needs: Estimate, optimizer: str) -> str:
    sizes = (
        ("weights", needs.weights),
        ("gradients", needs.gradients),
        (optimizer, needs.optimizer),
        ("activations of one example", needs.activations),
    )
    return ", ".join(f"{name} {byte_size(size)}" for name, size in sizes if size)


def refuse_if_weights_too_large(plan: Plan, there: int | None = None, smaller: str = "") -> None:
    """Raise WxbError if not even the weights would fit into the free memory."""
    there = available() if there is None else there
    weights = FLOAT32 * plan.parameters
    if there is not None and weights > there:
        raise WxbError(
            f"the weights of this network take {byte_size(weights)} of memory; {byte_size(there)} are free",
            fix=_narrower(plan, smaller),
        )


def _on(device: str) -> int | None:
    kind = device.split(":")[0]
    if kind == "cpu" or not torch.cuda.is_available():
        return available()
    if kind not in ("cuda", "auto"):
        return None
    free, _ = torch.cuda.mem_get_info(None if device == "auto" else device)
    return free


def _narrower(plan: Plan, smaller: str) -> str:
    """Advice to shrink the layer with most parameters, or with the largest output if there are no parameters.

    Smaller pictures shrink all layers, fewer features only those that read them.
    """
    largest = max(plan.layers, key=lambda layer: (layer.parameters, prod(layer.output)))
    advice = f"a smaller {largest.path}: it has {largest.parameters:,} of the network's {plan.parameters:,} parameters"
    return f"{advice}; or {smaller}" if smaller and (len(plan.input) > 1 or largest.input == plan.input) else advice
