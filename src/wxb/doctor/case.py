"""What is examined: data, a network and its settings; and the same with a remedy."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from wxb.data import load_data
from wxb.data.dataset import Dataset, Split
from wxb.doctor.fault import DataChange
from wxb.doctor.words import option
from wxb.learning.defaults import default, headed, recipe_for
from wxb.learning.recipe import Recipe
from wxb.learning.setup import options_of
from wxb.notation import Plan, plan, read
from wxb.randomness import generator
from wxb.runs.pretrained import need_same_weights
from wxb.settings import DATA, RECIPE
from wxb.trials.trial import pretrained_of

if TYPE_CHECKING:
    from wxb.runs.run import Run

LEAST_VALIDATION = 400  # examples; fewer are filled up from the training part,
MOST_TAKEN = 0.25  # of which at most this share is taken


@dataclass(frozen=True, eq=False)
class Case:
    """Data, a network in the notation, and the settings of `train` that were asked for."""

    data: Dataset
    network: str
    options: Mapping[str, Any] = field(default_factory=dict)
    bindings: Mapping[str, int] = field(default_factory=dict)
    source: str = ""  # DATA as the command line has it
    asked: Mapping[str, Any] = field(default_factory=dict)  # settings of the data, for commands
    implied: Collection[str] = ()  # options that would have the same values if they were not given

    @classmethod
    def of(
        cls,
        data: Dataset,
        network: str | None,
        options: Mapping[str, Any],
        bindings: Mapping[str, int] | None = None,
        source: str = "",
        asked: Mapping[str, Any] | None = None,
    ) -> Case:
        """A case; without a network, the default for the data with its settings."""
        given = dict(options)
        if network is None and (begun := pretrained_of(data, given)) is not None:
            network = str(begun.network(data))
        if network is None:
            rung = default(data)
            network, given = headed(rung, data), options_of(rung, data, given)
        return cls(data, network, given, dict(bindings or {}), source, dict(asked or {}))

    @classmethod
    def of_run(cls, run: Run, data: Dataset) -> Case:
        """The training of a run, on its data that were loaded again.

        Raises WxbError if it began with the weights of a run that are no longer there.
        """
        need_same_weights(run)
        options = {name: value for name, value in run.settings.items() if name in RECIPE}
        if options.get("steps"):
            options.pop("epochs", None)
        asked = {name: value for name, value in run.settings.items() if name in DATA and name != "split"}
        case = cls(data, run.summary.network, options, {}, str(run.settings.get("data", run.path)), asked)
        chosen = recipe_for(case.plan, data, {})  # a run holds the value of every setting
        return replace(case, implied={name for name, value in options.items() if value == getattr(chosen, name)})

    @cached_property
    def plan(self) -> Plan:
        """Shapes and counts of the network."""
        return plan(read(self.network), self.data.shape, self.data.outputs, self.bindings)

    @cached_property
    def recipe(self) -> Recipe:
        """Every setting; side runs train on one device."""
        return recipe_for(self.plan, self.data, {**self.options, "devices": 1})

    @cached_property
    def usual(self) -> Recipe:
        """The settings that wxb would choose for this network and data."""
        kept = {name: self.options[name] for name in ("bagging", "seed", "device") if name in self.options}
        return recipe_for(self.plan, self.data, kept)

    @cached_property
    def held(self) -> Dataset:
        """The data with half of the validation examples as validation part, the other half as test part.

        The test part of the data is left out: no side run sees it. A small validation part is filled up with
        training examples, drawn by the seed.
        """
        split = self.data.split
        train, held = split.train, split.validation
        draw = generator(0, "doctor", "validation")
        if len(held) < LEAST_VALIDATION:
            taken = min(LEAST_VALIDATION - len(held), int(MOST_TAKEN * len(train)))
            chosen = np.sort(draw.choice(len(train), taken, replace=False))
            held, train = np.sort(np.concatenate([held, train[chosen]])), np.delete(train, chosen)
        mixed = draw.permutation(held)
        first, second = np.sort(mixed[: len(mixed) // 2]), np.sort(mixed[len(mixed) // 2 :])
        return replace(self.data, split=Split(train, first, second, "two halves of validation, without test"))

    def with_remedy(self, remedy: Mapping[str, Any]) -> Case:
        """The case with changed settings; settings of the data load it anew."""
        options = {**self.options, **{name: value for name, value in remedy.items() if name in RECIPE}}
        for name, other in (("weight_decay", "l2"), ("l2", "weight_decay")):
            if remedy.get(name) and options.get(other):
                del options[other]
        if "optimizer" in remedy and "momentum" not in remedy:
            options.pop("momentum", None)
        if remedy.get("epochs"):
            options.pop("steps", None)
        if remedy.get("steps"):
            options.pop("epochs", None)
        about = {name: value for name, value in remedy.items() if name in DATA}
        data, held = self.data, None
        if isinstance(change := remedy.get("data"), DataChange):
            data, held = change.apply(data), change.apply(self.held)
        if about:
            source = {**self.data.source, **about}
            data = load_data(source.pop("source"), **source)
        network = remedy.get("network", self.network)
        bindings = self.bindings if network == self.network else {}
        changed = Case(data, network, options, bindings, self.source, {**self.asked, **about})
        changed = replace(changed, implied={name for name in self.implied if name not in remedy})
        if held is not None:  # the same examples score, whatever has changed
            changed.__dict__["held"] = held
        return changed

    @property
    def _needed(self) -> Mapping[str, Any]:
        """The options that a command has to name."""
        needed = {name: value for name, value in self.options.items() if name not in self.implied}
        return needed if recipe_for(self.plan, self.data, {**needed, "devices": 1}) == self.recipe else self.options

    def command(self, verb: str = "train", **more: str) -> str:
        """The command line of this case."""
        words = ["wxb", verb, shlex.quote(self.source or self.data.name), shlex.quote(self.network)]
        words += [f"{name}={value}" for name, value in self.bindings.items()]
        settings = {name: value for name, value in {**self.asked, **self._needed}.items() if value is not None}
        words += [option(name, value) for name, value in settings.items()]
        return " ".join([*words, *(f"--{name} {value}" for name, value in more.items())])
