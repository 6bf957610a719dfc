"""The answer of `wxb lesson`."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from wxb.cli.answers.answer import Answer

Markdown = Annotated[str, Meta(description="Markdown")]


class LessonTable(Struct, frozen=True):
    """A table of a lesson."""

    caption: Markdown
    head: list[str]
    rows: list[list[str]]


class LessonResult(Struct, frozen=True):
    """A lesson that was run."""

    name: str
    title: str
    text: Annotated[str, Meta(description="Markdown: what the lecture says and what is done")]
    full: bool
    seeds: list[int]
    seconds: float
    rows: Annotated[list[dict[str, Any]], Meta(description="what was measured; the keys depend on the lesson")]
    tables: list[LessonTable]
    findings: Markdown
    picture: Annotated[str | None, Meta(description="the file of --out")]


class Lesson(Answer, frozen=True, tag="wxb/lesson/1"):
    """What wxb lesson prints with --json."""

    lessons: Annotated[dict[str, str], Meta(description="titles by name")]
    result: Annotated[LessonResult | None, Meta(description="null for the list")]
