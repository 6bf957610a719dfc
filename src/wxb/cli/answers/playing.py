"""The answer of `wxb play`, and of `wxb report` on a run that plays."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from wxb.cli.answers.answer import Answer
from wxb.play.schema import Measured, PlaySettings
from wxb.runs.schema import Count, Interval


class Play(Answer, frozen=True, tag="wxb/play/1"):
    """What wxb play prints with --json."""

    run: str
    game: str
    network: str
    parameters: Annotated[Count, Meta(description="of the network and the baseline")]
    settings: PlaySettings
    games: Annotated[Count, Meta(description="that were learned from")]
    moves: Annotated[Count, Meta(description="that were learned from")]
    seconds: float
    results: tuple[Measured, ...]


class OverSeeds(Struct, frozen=True):
    """A result over seeds."""

    what: str
    mean: float
    interval: Annotated[Interval | None, Meta(description="of the mean over seeds; null for one seed")]


class PlaySeeds(Answer, frozen=True, tag="wxb/play-seeds/1"):
    """What wxb play prints with --seeds and --json, and wxb report of such a folder."""

    folder: str
    curve: Annotated[str | None, Meta(description="the picture; null if it could not be drawn")]
    runs: tuple[Play, ...]
    results: tuple[OverSeeds, ...]
