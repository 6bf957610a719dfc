"""The effect of each choice in the computation of a step: the same training steps with one choice undone at a time."""

from __future__ import annotations

import contextlib
import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from unittest import mock

import torch
from torch import nn

import wxb
from benchmarks.figure import Figure, Rows, Scope, Table
from benchmarks.parts import first_examples
from wxb.data.dataset import Dataset
from wxb.learning import loop, optimizers, step
from wxb.learning.feed import Feed
from wxb.learning.loop import learn
from wxb.learning.setup import set_up
from wxb.network.build import Model
from wxb.network.layers.pooling import GlobalAverage

FIRST, COUNTED = 3, 10  # steps that are not counted, and that are


@dataclass(frozen=True)
class Undone:
    """One choice undone: by an option of the training, by a change of the model, or by a patch around it."""

    what: str
    options: Mapping[str, Any] = field(default_factory=dict)
    change: Callable[[Model], object] = lambda model: None
    around: Callable[[], contextlib.AbstractContextManager[object]] = contextlib.nullcontext


@dataclass(frozen=True)
class Steps(Figure):
    """Milliseconds of a training step of a default network, as it is and with each choice undone."""

    data: str
    network: str
    options: Mapping[str, Any]
    rows: tuple[Undone, ...]
    repetitions: int = 5

    def measure(self, scope: Scope) -> Rows:
        """All of them in turn, several times: milliseconds at the median of each turn's steps."""
        data = first_examples(wxb.load_data(self.data), 10_000)
        ways = (Undone("as chosen"), *self.rows)
        rows: Rows = [{"what": way.what, "network": self.network, "milliseconds": []} for way in ways]
        for _ in range(scope.repetitions or self.repetitions):
            for way, row in zip(ways, rows, strict=True):
                row["milliseconds"].append(round(1000 * seconds(way, data, self.network, self.options), 2))
                print(f"  {way.what}: {row['milliseconds'][-1]:.1f} ms a step", file=sys.stderr)
        return rows

    def table(self, rows: Rows) -> Table:
        """Milliseconds of a step in its fastest turn, which other work of the machine has slowed least, and how many
        times those of the first row; the median turn in brackets.
        """
        measured = {row["what"]: row["milliseconds"] for row in rows}
        base = min(measured["as chosen"])
        return [
            ("step", "milliseconds: least (median)", "against the first, by the least"),
            *(
                (
                    what,
                    f"{min(taken):.1f} ({statistics.median(taken):.1f})",
                    "" if what == "as chosen" else f"{min(taken) / base:.2f}×",
                )
                for what in ("as chosen", *(row.what for row in self.rows))
                if (taken := measured.get(what))
            ),
        ]


def seconds(way: Undone, data: Dataset, network: str, options: Mapping[str, Any]) -> float:
    """Median seconds of a step."""
    setup = set_up(data, network, options={**options, **way.options})
    way.change(setup.model)
    with way.around():
        records = learn(setup.model, data, replace(setup.recipe, steps=FIRST + COUNTED), setup.machine)
        ends = [record.seconds for record in records]
    return statistics.median(later - sooner for sooner, later in zip(ends[FIRST - 1 :], ends[FIRST:], strict=False))


def memory_given_back() -> contextlib.AbstractContextManager[object]:
    """The C library gives freed memory back to the system, as it does by itself."""
    return mock.patch.object(loop, "kept", contextlib.nullcontext)


def filters_channels_first(model: Model) -> None:
    """Filters lie channel by channel, as torch has them by default."""
    # torch's stub of `to` does not know the memory format
    model.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]


def pictures_channels_first() -> contextlib.AbstractContextManager[object]:
    """Pictures lie channel by channel."""
    return _inputs(lambda inputs, rows: inputs(rows).contiguous())


def one_at_a_time() -> contextlib.AbstractContextManager[object]:
    """Every picture is looked up, shifted and flipped by itself, and the batch is made of them."""
    return _inputs(lambda inputs, rows: torch.cat([inputs(row[None]) for row in rows]))


def beside(model: Model) -> None:
    """Activations do not overwrite their input."""
    for layer in model.modules():
        if isinstance(layer, nn.ReLU):
            layer.inplace = False


def orthogonal_in_float32() -> contextlib.AbstractContextManager[object]:
    """Muon multiplies its matrices in float32."""
    made = optimizers.optimizers
    return mock.patch.object(step, "optimizers", lambda model, output, recipe, dtype: made(model, output, recipe))


def bias_learned(model: Model) -> None:
    """The gradient of the first layer's bias is computed, and with it that of the maps after it."""
    first = next(layer for layer in model.modules() if isinstance(layer, nn.Conv2d))
    assert first.bias is not None
    first.bias.requires_grad_()


def five_iterations() -> contextlib.AbstractContextManager[object]:
    """Muon's matrices are made orthogonal by as many iterations as in its author's program."""
    return mock.patch.object(optimizers, "ITERATIONS", 5)


def mean_of_both_sides() -> contextlib.AbstractContextManager[object]:
    """GAP in its obvious form."""
    return mock.patch.object(GlobalAverage, "forward", lambda layer, x: x.mean((2, 3)))


def _inputs(changed: Callable[[Callable[[Any], Any], torch.Tensor], torch.Tensor]) -> mock._patch[Any]:
    inputs = Feed.inputs
    return mock.patch.object(Feed, "inputs", lambda feed, rows: changed(lambda these: inputs(feed, these), rows))
