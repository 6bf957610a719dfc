"""Answers of the commands on networks and data."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from wxb.cli.answers.answer import Answer
from wxb.runs.schema import Count, Shape, Size, Text


class LayerRow(Struct, frozen=True):
    """A layer, or a repeated group of layers."""

    layer: str
    output: Shape
    parameters: Count
    multiply_adds: Count
    receptive_field: Annotated[str, Meta(description='in pixels: "5", "6, every 2" or "all"')]


class Show(Answer, frozen=True, tag="wxb/show/1"):
    """What wxb show prints with --json."""

    network: Text
    input: Shape
    outputs: Annotated[Size, Meta(description="scores that the network ends in")]
    parameters: Count
    multiply_adds: Annotated[Count, Meta(description="of one example, forward")]
    layers: list[LayerRow]


class Networks(Answer, frozen=True, tag="wxb/networks/1"):
    """What wxb networks prints with --json."""

    networks: Annotated[dict[str, str], Meta(description="text by name")]


class PartSizes(Struct, frozen=True):
    """Examples in each part."""

    train: Count
    validation: Count
    test: Count


class ColumnFacts(Struct, frozen=True, omit_defaults=True):
    """A column of a table."""

    name: str
    kind: Literal["number", "date", "category", "left out", "weight", "group"]
    missing: Annotated[Count, Meta(description="rows without a value")]
    features: Annotated[list[str], Meta(description="what the column becomes")]
    min: Annotated[float | str | UnsetType, Meta(description="of dates as texts, 2024-12-31")] = UNSET
    max: float | str | UnsetType = UNSET
    values: Annotated[list[str] | UnsetType, Meta(description="of a category: those that have a feature")] = UNSET
    different: Annotated[Count | UnsetType, Meta(description="how many values a category has")] = UNSET
    why: Annotated[str | UnsetType, Meta(description="it is no feature")] = UNSET


class ValueRange(Struct, frozen=True):
    """The range of values."""

    min: float
    max: float
    mean: float
    std: float


class Data(Answer, frozen=True, tag="wxb/data/1"):
    """What wxb data prints with --json."""

    name: str
    kind: str
    task: str
    examples: Count
    shape: Shape
    dtype: Literal["uint8", "float32"]
    classes: Annotated[list[str], Meta(description="names of the classes, labels or numbers")]
    counts: Annotated[dict[str, Count] | None, Meta(description="examples by class or label; null for numbers")]
    splits: PartSizes
    split_counts: Annotated[dict[str, dict[str, Count] | None], Meta(description="`counts` of each part")]
    split: Annotated[str, Meta(description="how the parts were made")]
    values: Annotated[ValueRange, Meta(description="of all examples")]
    target_values: Annotated[dict[str, ValueRange] | None, Meta(description="of numbers, by name; else null")]
    features: Annotated[list[str], Meta(description="of a table: what each number of an example is")]
    columns: Annotated[list[ColumnFacts] | None, Meta(description="of a table, but for the targets; else null")]
    notes: list[str]
    fingerprint: str


class KnownSet(Struct, frozen=True):
    """A data set that can be downloaded."""

    name: str
    bytes: Annotated[int | None, Meta(description="of all files; null if it is not published")]
    folder: Annotated[str, Meta(description="where its files are, or would be")]
    files: list[str]
    complete: Annotated[bool, Meta(description="whether all files are there")]


class Fetch(Answer, frozen=True, tag="wxb/fetch/1"):
    """What wxb fetch prints with --json."""

    sets: Annotated[list[KnownSet], Meta(description="those named, or all")]


class CachedPack(Struct, frozen=True):
    """The decoded pictures of a folder."""

    file: str
    folder: Annotated[str | None, Meta(description="null, as are examples and shape, if the file is damaged")]
    examples: Count | None
    shape: Annotated[Shape | None, Meta(description="channels, height, width")]
    bytes: Count
    used: Annotated[str, Meta(description="when it was last, as 2026-01-31T12:00:00")]


class Cache(Answer, frozen=True, tag="wxb/cache/1"):
    """What wxb cache prints with --json."""

    folder: Annotated[str, Meta(description="where decoded pictures are kept")]
    removed: Annotated[bool, Meta(description="whether those listed were removed, by --clean")]
    packs: Annotated[list[CachedPack], Meta(description="the last used first")]
