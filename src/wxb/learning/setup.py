"""A network with its recipe, its untrained module and its machine: all that training takes besides data."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wxb.errors import WxbError
from wxb.learning import machine as machines
from wxb.learning import precision
from wxb.learning.defaults import Rung, headed, ladder, recipe_for
from wxb.learning.feed import steps_per_epoch
from wxb.learning.machine import Machine
from wxb.learning.pace import TRIAL, seconds_per_step
from wxb.learning.recipe import Recipe
from wxb.network.build import build
from wxb.network.memory import parts_that_fit
from wxb.notation import Network, Plan, plan, read

if TYPE_CHECKING:
    from torch import Tensor

    from wxb.data.dataset import Dataset
    from wxb.network.build import Model

TRIED = 0.02  # share of a training's time that may go to trying a network that is likely too large for it


@dataclass(frozen=True)
class Setup:
    """What could be trained, the model on its machine; `notes` say what a person should know of how it came about."""

    plan: Plan
    recipe: Recipe
    model: Model
    machine: Machine
    notes: tuple[str, ...] = ()


def set_up(
    data: Dataset,
    network: str | Network | Rung,
    bindings: Mapping[str, int] | None = None,
    options: Mapping[str, Any] | None = None,
    machine: Machine | None = None,
    found: Mapping[str, Tensor] | None = None,
) -> Setup:
    """A network for data, with the recipe that fits both and `options` in its place, on the machine given or chosen.

    A batch that the memory does not hold is computed in parts; `found` is as in `build`. Raises WxbError where network,
    recipe and data do not fit each other, or the memory does not even hold the network and one example.
    """
    planned, recipe = _planned(data, network, bindings, options or {})
    size = min(recipe.batch_size, len(data.split.train))
    parts = parts_that_fit(planned, size, recipe.optimizer, recipe.accumulate, recipe.device, photos=bool(data.files))
    notes: tuple[str, ...] = ()
    if parts > recipe.accumulate:
        recipe = replace(recipe, accumulate=parts)
        notes = (
            f"the memory does not hold a batch of {size}: each is computed in {parts} parts (--accumulate {parts})",
        )
    model = build(
        planned,
        data,
        seed=recipe.seed,
        scale=recipe.scale,
        start=recipe.start,
        first_layer=recipe.first_layer,
        state=found,
    )
    if recipe.mirror_average and (data.kind != "pictures" or model.designed):
        raise WxbError(
            "--mirror-average is for networks that look at pictures themselves",
            "this one looks at " + ("designed features" if model.designed else "rows of numbers"),
            "--no-mirror-average",
        )
    model.mirror_average = recipe.mirror_average
    if machine is None:
        work = planned.multiply_adds + sum(feature.multiply_adds for feature in model.designed)
        machine = machines.choose(recipe.device, recipe.precision, recipe.threads, work * size)
        if recipe.precision == "auto":
            machine = precision.chosen(machine, model, data)
    return Setup(planned, recipe, model.to(machine.device), machine, notes)


def _planned(
    data: Dataset, network: str | Network | Rung, bindings: Mapping[str, int] | None, options: Mapping[str, Any]
) -> tuple[Plan, Recipe]:
    """The plan of a network for data, and the recipe that fits both."""
    if isinstance(network, Rung):
        options = {**network.options_with(str(options.get("optimizer", "muon"))), **options}
        network = headed(network, data)
    planned = plan(read(network) if isinstance(network, str) else network, data.shape, data.outputs, bindings)
    return planned, recipe_for(planned, data, options)


def largest_within(data: Dataset, seconds: float, options: Mapping[str, Any]) -> tuple[Setup, float]:
    """The largest default network that learns well within so many seconds, and the seconds of its step."""
    ends = time.monotonic() + seconds
    on_cpu = machines.choose(str(options.get("device", "auto"))).device == "cpu"
    return (_from_the_smallest if on_cpu else _from_the_largest)(data, ends, options)


def _from_the_smallest(data: Dataset, ends: float, options: Mapping[str, Any]) -> tuple[Setup, float]:
    """Each is tried for a few steps, until one would not see the examples as often as it needs to.

    What that trial takes is known by the arithmetic of the one before, and is not spent where it is much and promises
    nothing.
    """
    found: tuple[Setup, float] | None = None
    for rung in ladder(data):
        if found is not None:
            planned, recipe = _planned(data, rung, None, options)
            guess = found[1] * _work(planned, recipe) / _work(found[0].plan, found[0].recipe)
            left = ends - time.monotonic()
            if TRIAL * guess > TRIED * left and _epochs(left, guess, data, recipe) < rung.least:
                break
        larger = _tried(data, rung, options, found)
        if found is not None and _epochs(ends - time.monotonic(), larger[1], data, larger[0].recipe) < rung.least:
            break
        found = larger
    assert found is not None  # no ladder is empty
    return found


def _from_the_largest(data: Dataset, ends: float, options: Mapping[str, Any]) -> tuple[Setup, float]:
    """Each is tried for a few steps, until one sees the examples as often as it needs to.

    On a GPU a trial takes no longer than it takes to build the network, and one network's says nothing of another's:
    larger layers are computed at a higher rate.
    """
    found: tuple[Setup, float] | None = None
    for rung in reversed(ladder(data)):
        found = _tried(data, rung, options, found)
        if _epochs(ends - time.monotonic(), found[1], data, found[0].recipe) >= rung.least:
            break
    assert found is not None  # no ladder is empty
    return found


def _tried(
    data: Dataset, rung: Rung, options: Mapping[str, Any], other: tuple[Setup, float] | None
) -> tuple[Setup, float]:
    """A network and the seconds of its step, which are those of the `other` where that is the same."""
    found = set_up(data, rung, options=options)
    if other is not None and other[0].plan == found.plan and other[0].recipe.batch_size == found.recipe.batch_size:
        return found, other[1]
    return found, seconds_per_step(found.model, data, found.recipe, found.machine)


def _work(planned: Plan, recipe: Recipe) -> int:
    """Multiply-adds of a step, forward."""
    return planned.multiply_adds * recipe.batch_size


def _epochs(seconds: float, step: float, data: Dataset, recipe: Recipe) -> float:
    return seconds / step / steps_per_epoch(len(data.split.train), recipe.batch_size)
