"""A network with its recipe, its untrained module and its machine: all that training takes besides data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wxb.errors import WxbError
from wxb.learning import machine as machines
from wxb.learning import precision
from wxb.learning.batches import batches_an_epoch
from wxb.learning.defaults import Rung, headed, ladder, recipe_for
from wxb.learning.machine import Machine
from wxb.learning.pace import seconds_a_step
from wxb.learning.recipe import Recipe
from wxb.network.build import build
from wxb.network.memory import parts_that_fit
from wxb.notation import Network, Plan, plan, read

if TYPE_CHECKING:
    from torch import Tensor

    from wxb.data.dataset import Dataset
    from wxb.network.build import Model


@dataclass(frozen=True)
class Candidate:
    """What could be trained; `notes` say what a person should know of how it came about."""

    plan: Plan
    recipe: Recipe
    model: Model
    machine: Machine
    notes: tuple[str, ...] = ()


def candidate(
    data: Dataset,
    network: str | Network | Rung,
    bindings: Mapping[str, int] | None = None,
    options: Mapping[str, Any] | None = None,
    machine: Machine | None = None,
    found: Mapping[str, Tensor] | None = None,
) -> Candidate:
    """A network for data, with the recipe that fits both and `options` in its place, on the machine given or chosen.

    A batch that the memory does not hold is computed in parts; `found` is as in `build`. Raises WxbError where network,
    recipe and data do not fit each other, or the memory does not even hold the network and one example.
    """
    given = dict(options or {})
    if isinstance(network, Rung):
        given = {**network.options_with(str(given.get("optimizer", "muon"))), **given}
        network = headed(network, data)
    planned = plan(read(network) if isinstance(network, str) else network, data.shape, data.outputs, bindings)
    recipe = recipe_for(planned, data, given)
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
        found=found,
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
    return Candidate(planned, recipe, model, machine, notes)


def largest_within(data: Dataset, seconds: float, options: Mapping[str, Any]) -> tuple[Candidate, float]:
    """The largest default network that learns well within so many seconds, and the seconds of its step.

    From the smallest on, each is tried for a few steps; a larger one is worth it once this one would see the examples
    more often than it needs to.
    """
    rungs = ladder(data)
    for place, rung in enumerate(rungs):
        found = candidate(data, rung, options=options)
        step = seconds_a_step(found.model, data, found.recipe, found.machine)
        epochs = seconds / step / batches_an_epoch(len(data.split.train), found.recipe.batch_size)
        if place + 1 == len(rungs) or epochs < rung.enough:
            break
    return found, step
