"""The answer of `wxb neuron`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from wxb.cli.answers.answer import Answer
from wxb.runs.schema import Count, Size

Pattern = Annotated[str, Meta(description="inputs of 0 and 1, rows apart by /", pattern="^[01]+(/[01]+)*$")]
Fires = Annotated[
    Literal[0, 1] | None, Meta(description="1 fires, 0 does not, null is undecided (as taught: not taught)")
]
Distance = Annotated[
    Count | None, Meta(description="inputs that differ from the nearest taught pattern; null if there is none")
]


class TruthRow(Struct, frozen=True):
    """A row of the truth table."""

    pattern: Pattern
    taught: Fires
    rule: Fires


class NeuronAnswer(Struct, frozen=True):
    """The answer to a pattern."""

    pattern: Pattern
    taught: Fires
    rule: Fires
    distance_to_fire: Distance
    distance_to_not_fire: Distance


class Neuron(Answer, frozen=True, tag="wxb/neuron/1"):
    """What wxb neuron prints with --json."""

    inputs: Size
    fire: Annotated[list[Pattern], Meta(description="patterns that it was taught to fire at")]
    not_fire: Annotated[list[Pattern], Meta(description="patterns that it was taught not to fire at")]
    table: Annotated[list[TruthRow] | None, Meta(description="the truth table; null with --ask")]
    answers: Annotated[list[NeuronAnswer] | None, Meta(description="of --ask, in order; null without")]
