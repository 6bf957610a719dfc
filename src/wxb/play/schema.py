"""The files of a run that plays, as msgspec structs, beside those of `wxb.runs.schema` that every run shares.

play.json               what it is and how far it has come; its state "finished" is what ends a run
environment.json        versions, processor, machine
history.jsonl           one line per step
checkpoint.safetensors  all that a resume needs; removed when the run has finished
weights.safetensors     the policy
curve.svg               the learning curve, where matplotlib is installed
manifest.json           checksums of all these, once the run has finished
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from wxb.runs.schema import Amount, Count, Digest, Interval, Moment, Shape, Size, State, Steps, Text

FORMAT = 1  # of the folder; a run with a greater one is refused


class Measured(Struct, frozen=True, omit_defaults=True):
    """How good a player is by one measure: a mean return, or a share of games won."""

    what: Annotated[str, Meta(description="the games: '100 games', 'against a random player'")]
    games: Size
    value: Annotated[float, Meta(description="mean return, or the share of games won")]
    interval: Annotated[Interval | None, Meta(description="null if these are all the games there are")]
    least: Annotated[float | UnsetType, Meta(description="the lowest return")] = UNSET
    won: Count | UnsetType = UNSET
    drawn: Count | UnsetType = UNSET
    lost: Count | UnsetType = UNSET


class StepLine(Struct, frozen=True):
    """A line of `history.jsonl`: a step, that is games played and what was learned from them."""

    step: Size
    games: Annotated[Count, Meta(description="from the first step on")]
    moves: Annotated[Count, Meta(description="that were learned from, from the first step on")]
    score: Annotated[float | None, Meta(description="a point of the learning curve; not every step has one")]
    learning_rate: float
    loss: Annotated[float, Meta(description="of the moves: policy gradient or PPO, before the step")]
    value_loss: Annotated[float, Meta(description="mean squared error of the baseline, in units of the game's returns")]
    entropy: Annotated[Amount, Meta(description="of the policy, nats per move")]
    seconds: Annotated[Amount, Meta(description="since training began, pauses not counted")]


class PlaySettings(Struct, frozen=True):
    """How a policy is trained."""

    seed: Count
    steps: Size
    batch_size: Annotated[Size, Meta(description="games per step")]
    optimizer: str
    learning_rate: float
    schedule: str
    clip: Annotated[Amount, Meta(description="largest norm of the gradient; 0 for no limit")]
    ppo: Annotated[bool, Meta(description="PPO's clipped objective, several passes over each step's games")]
    threads: Size


class Playing(Struct):
    """`play.json`: what a run that plays is."""

    format: Size
    wxb: Annotated[str, Meta(description="version that made the run")]
    notation: Annotated[Size, Meta(description="version of the notation that `network` is written in")]
    state: State
    name: str
    game: str
    network: Text
    input: Shape
    actions: tuple[str, ...]
    parameters: Annotated[Count, Meta(description="of the network and the baseline")]
    created: Moment
    settings: PlaySettings
    finished: Moment | None = None
    steps: Steps = msgspec.field(default_factory=Steps)
    results: tuple[Measured, ...] = ()
    reason: Annotated[str | None, Meta(description="of a failed run: what ended it")] = None
    checksum: Annotated[Digest | None, Meta(description="of all the other values")] = None
