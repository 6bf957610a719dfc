"""Answers of wxb view."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from wxb.cli.answers.answer import Answer
from wxb.runs.schema import Count


class ViewFacts(Struct, frozen=True):
    """A view of the list."""

    view: str
    about: str
    command: Annotated[str | None, Meta(description="that shows it; null if it does not apply")]
    why_not: Annotated[str | None, Meta(description="a sentence; null if it applies")]


class Views(Answer, frozen=True, tag="wxb/views/1"):
    """What wxb view RUN prints with --json."""

    run: str
    views: list[ViewFacts]
    snapshots: Annotated[list[Count], Meta(description="the steps that --at takes")]


class AxisFacts(Struct, frozen=True):
    """An axis of an array."""

    name: str
    unit: str
    ticks: Annotated[list[str], Meta(description="names of its places; empty if they have none")]


class ArrayFacts(Struct, frozen=True):
    """An array, without its values, which --out FILE.json and --out FILE.npz write."""

    about: str
    unit: str
    shape: list[Count]
    axes: Annotated[list[AxisFacts], Meta(description="one for each number of the shape")]


class View(Answer, frozen=True, tag="wxb/view/1"):
    """What wxb view RUN WHAT prints with --json."""

    run: str
    view: str
    title: str
    facts: dict[str, str | int | float]
    notes: list[str]
    table: Annotated[list[list[str]], Meta(description="its numbers as texts, the head first; empty if it has none")]
    arrays: dict[str, ArrayFacts]
    file: Annotated[str, Meta(description="that was written")]
