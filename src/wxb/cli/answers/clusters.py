"""The answer of `wxb cluster`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from wxb.cli.answers.answer import Answer
from wxb.runs.schema import Count


class ClusterFacts(Struct, frozen=True):
    """A cluster."""

    cluster: Count
    examples: Count
    label: Annotated[str | None, Meta(description="the most frequent; null without classes")]
    share: Annotated[float | None, Meta(description="of the examples that have it")]
    apart: Annotated[dict[str, float], Meta(description="columns whose mean is far off, in standard deviations")]


class Cluster(Answer, frozen=True, tag="wxb/cluster/1"):
    """What wxb cluster prints with --json."""

    data: str
    examples: Count
    how: str
    tried: Annotated[dict[str, float], Meta(description="a score by the number of clusters, where that was chosen")]
    silhouette: float | None
    agreement: Annotated[float | None, Meta(description="adjusted Rand index with the classes; null without any")]
    clusters: list[ClusterFacts]
    none: Annotated[Count, Meta(description="examples in no cluster")]
    files: Annotated[list[str], Meta(description="that were written")]
