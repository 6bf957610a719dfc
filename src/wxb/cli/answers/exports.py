"""Answers of wxb export."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from wxb.cli.answers.answer import Answer
from wxb.runs.schema import Count


class Export(Answer, frozen=True, tag="wxb/export/1"):
    """What wxb export prints with --json."""

    run: str
    form: str
    file: Annotated[str, Meta(description="that was written")]
    bytes: Count
    why_not_tried: Annotated[
        str | None, Meta(description="why the network cannot be tried in the file; null if it can")
    ]
