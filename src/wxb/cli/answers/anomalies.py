"""The answer of `wxb anomalies`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from wxb.cli.answers.answer import Answer
from wxb.runs.schema import Count


class AnomalyFacts(Struct, frozen=True):
    """An example."""

    example: Annotated[str, Meta(description="its file, or its row")]
    score: float
    error: Annotated[float | None, Meta(description="of the reconstruction; null without SELF")]
    distance: Annotated[float, Meta(description="from the nearest codes of training")]
    alarm: Annotated[bool, Meta(description="whether its score is above the threshold")]
    why: str


class Anomalies(Answer, frozen=True, tag="wxb/anomalies/1"):
    """What wxb anomalies prints with --json."""

    run: str
    data: str
    examples: Count
    alarms: Count
    threshold: float
    rate: Annotated[float, Meta(description="false alarms among normal examples, per cent")]
    area: Annotated[float | None, Meta(description="under the ROC curve; null where the truth is not known")]
    oddest: list[AnomalyFacts]
    notes: list[str]
    files: list[str]
