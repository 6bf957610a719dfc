"""The setup of a training: everything it needs besides data."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wxb.learning import machine as machines
from wxb.learning import precision
from wxb.learning.bagging import apart, groups_of, learned
from wxb.learning.defaults import Rung, headed, ladder, recipe_for
from wxb.learning.events import Event, MicroBatches, micro_batches_at, ordered
from wxb.learning.feed import steps_per_epoch
from wxb.learning.machine import Machine
from wxb.learning.pace import TRIAL, seconds_per_step
from wxb.learning.recipe import Recipe
from wxb.learning.state import Progress, State, of_kind
from wxb.network.build import build
from wxb.network.memory import micro_batches_that_fit
from wxb.network.pretrained import Pretrained, freeze
from wxb.notation import Network, Plan, plan, read

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset
    from wxb.network.build import Model

TRIED = 0.02  # share of the training time that may be spent on trying a network that is probably too large


@dataclass(frozen=True)
class Setup:
    """A network, its recipe, and its untrained module on a machine.

    `events` are those to repeat, and one that sets the micro-batches if the memory does not hold whole batches.
    `transferred` are the paths of the items that begin with pretrained weights. `notes` are for the user.
    """

    plan: Plan
    recipe: Recipe
    model: Model
    machine: Machine
    events: tuple[Event, ...] = ()
    transferred: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def set_up(
    data: Dataset,
    network: str | Network | Rung,
    bindings: Mapping[str, int] | None = None,
    options: Mapping[str, Any] | None = None,
    machine: Machine | None = None,
    state: State | None = None,
    events: Iterable[Event] = (),
    pretrained: Pretrained | None = None,
    transferred: tuple[str, ...] = (),
) -> Setup:
    """Set up the training of a network on data, on the given machine or a chosen one.

    `options` are fields of `Recipe`; the others are chosen for the network and the data. `state` is the state of an
    earlier record from which training continues, and `events` are those to repeat. `pretrained` is what the network
    begins with. Of a state that has begun so, `transferred` names the items that did. Raises WxbError if network,
    recipe and data do not fit each other, or if the memory cannot hold the network and one example.
    """
    planned, recipe = _planned(data, network, bindings, options or {})
    events, notes = _fitting(planned, recipe, data, ordered(events), 0 if state is None else Progress.read(state).done)
    weights = None if state is None else of_kind(state, "model")
    if pretrained is not None:
        transferred, weights = pretrained.layers(planned), weights or dict(pretrained.tensors)
    model = build(
        planned,
        data,
        seed=recipe.seed,
        normalize=recipe.normalize,
        initialization=recipe.initialization,
        first_layer=recipe.first_layer,
        state=weights,
    )
    if pretrained is not None:
        pretrained.begin(model, transferred)
    if recipe.freeze:
        freeze(model, transferred)
    model.flip_average = recipe.flip_average
    if machine is None:
        work = planned.multiply_adds + sum(feature.multiply_adds for feature in model.designed)
        batch_size = min(recipe.batch_size, len(learned(data, recipe)))
        machine = machines.choose(recipe.device, recipe.precision, recipe.threads, work * batch_size, recipe.devices)
        if recipe.precision == "auto":
            machine = precision.chosen(machine, model, data)
    return Setup(planned, recipe, model.to(machine.device), machine, events, transferred, notes)


def _fitting(
    planned: Plan, recipe: Recipe, data: Dataset, events: tuple[Event, ...], step: int
) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """The events, and one more with a note on it if the micro-batches after `step` steps do not fit into memory."""
    size = min(recipe.batch_size * recipe.accumulate, len(learned(data, recipe)))
    count = micro_batches_at(step, events, recipe.accumulate)
    fitting = micro_batches_that_fit(planned, size, recipe.optimizer, count, recipe.device, smaller=data.smaller)
    if fitting <= count:
        return events, ()
    note = f"the memory does not hold a batch of {-(-size // count)}: a step is computed in {fitting} micro-batches"
    return ordered([*events, MicroBatches(step, fitting)]), (note,)


def _planned(
    data: Dataset, network: str | Network | Rung, bindings: Mapping[str, int] | None, options: Mapping[str, Any]
) -> tuple[Plan, Recipe]:
    """The plan of a network for data, and the recipe for both."""
    if isinstance(network, Rung):
        options = options_of(network, data, options)
        network = headed(network, data)
    planned = plan(read(network) if isinstance(network, str) else network, data.shape, data.outputs, bindings)
    return planned, recipe_for(planned, data, options)


def options_of(rung: Rung, data: Dataset, options: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a default network; what is chosen gives way to what the `options` ask for, and to few groups."""
    chosen = {"optimizer": rung.optimizer, **rung.options_with(options.get("optimizer"))}
    few = data.groups is not None and apart(data) < groups_of(plan(read(headed(rung, data)), data.shape, data.outputs))
    if options.get("mixup") or few:
        chosen["bagging"] = False
    if not options.get("bagging", chosen.get("bagging")) and not len(data.split.validation):
        chosen.pop("calibration", None)
    return {**chosen, **options}


def largest_within(data: Dataset, seconds: float, options: Mapping[str, Any]) -> tuple[Setup, float]:
    """Set up the largest default network that learns well in so many seconds; also returns its seconds per step."""
    ends = time.monotonic() + seconds
    on_cpu = machines.choose(str(options.get("device", "auto"))).device == "cpu"
    return (_from_the_smallest if on_cpu else _from_the_largest)(data, ends, options)


def _from_the_smallest(data: Dataset, ends: float, options: Mapping[str, Any]) -> tuple[Setup, float]:
    """Try one network after the other for a few steps, until one would not see the examples often enough.

    The duration of a trial is estimated from the previous one; a long trial that would probably fail is skipped.
    """
    best: tuple[Setup, float] | None = None
    for rung in ladder(data):
        if best is not None:
            planned, recipe = _planned(data, rung, None, options)
            guess = best[1] * _work(planned, recipe) / _work(best[0].plan, best[0].recipe)
            left = ends - time.monotonic()
            if TRIAL * guess > TRIED * left and _epochs(left, guess, data, recipe) < rung.least:
                break
        larger = _tried(data, rung, options, best)
        if best is not None and _epochs(ends - time.monotonic(), larger[1], data, larger[0].recipe) < rung.least:
            break
        best = larger
    assert best is not None  # no ladder is empty
    return best


def _from_the_largest(data: Dataset, ends: float, options: Mapping[str, Any]) -> tuple[Setup, float]:
    """Try one network after the other for a few steps, from the largest, until one sees the examples often enough.

    On a GPU a trial takes no longer than building the network, and does not predict the time of another network: larger
    layers are computed at a higher rate.
    """
    last: tuple[Setup, float] | None = None
    for rung in reversed(ladder(data)):
        last = _tried(data, rung, options, last)
        if _epochs(ends - time.monotonic(), last[1], data, last[0].recipe) >= rung.least:
            break
    assert last is not None  # no ladder is empty
    return last


def _tried(
    data: Dataset, rung: Rung, options: Mapping[str, Any], other: tuple[Setup, float] | None
) -> tuple[Setup, float]:
    """Set up a rung and measure its seconds per step; those of `other` are reused if the plan and batches are equal."""
    setup = set_up(data, rung, options=options)
    if other is not None and other[0].plan == setup.plan and other[0].recipe.batch_size == setup.recipe.batch_size:
        return setup, other[1]
    return setup, seconds_per_step(setup.model, data, setup.recipe, setup.machine, setup.events)


def _work(planned: Plan, recipe: Recipe) -> int:
    """The multiply-adds of the forward pass per step."""
    return planned.multiply_adds * recipe.batch_size * recipe.accumulate


def _epochs(seconds: float, step: float, data: Dataset, recipe: Recipe) -> float:
    return seconds / step / steps_per_epoch(len(learned(data, recipe)), recipe.batch_size * recipe.accumulate)
