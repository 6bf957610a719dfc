"""Answers of `wxb train` and `wxb resume`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from wxb.cli.answers.answer import Answer
from wxb.cli.answers.doctor import FindingFacts
from wxb.runs.schema import Amount, Count, Interval, Score, Setting, Size, Text


class StageSeconds(Struct, frozen=True, omit_defaults=True):
    """Seconds of wall time by stage."""

    start: Amount
    data: Amount
    checks: Amount
    train: Amount
    test: Amount
    baselines: Amount
    doctor: Amount
    report: Amount
    total: Amount
    recording: Annotated[
        Amount | UnsetType, Meta(description="of a GPU's steps, to be launched as one each; a part of train")
    ] = UNSET


class Train(Answer, frozen=True, tag="wxb/train/1"):
    """What wxb train and wxb resume print with --json."""

    run: Annotated[str, Meta(description="the run's folder")]
    network: Text
    parameters: Count
    multiply_adds: Annotated[Count, Meta(description="of one example, forward")]
    epochs: Annotated[Count, Meta(description="that were made")]
    steps: Annotated[Count, Meta(description="that were made")]
    batch_size: Size
    seconds: StageSeconds
    test: Annotated[Score | None, Meta(description="null if there is no test part")]
    decision: Annotated[str, Meta(description="with --optimize: how answers are decided, and what that changed")]
    baselines: Annotated[dict[str, float], Meta(description="the main measure by name: accuracy, exact match or R²")]
    doctor: Annotated[FindingFacts | None, Meta(description="the most likely cause; null if it is healthy")]
    warnings: list[str]


class SeedsScore(Struct, frozen=True):
    """The scores of several seeds together."""

    measure: str
    mean: float
    std: float | None
    interval: Annotated[Interval | None, Meta(description="of the mean, 95 %, Student's t; null for one seed")]


class TrainSeeds(Answer, frozen=True, tag="wxb/train-seeds/1"):
    """What wxb train --seeds prints with --json."""

    runs: Annotated[list[Train], Meta(description="one per seed")]
    score: SeedsScore


class DryRun(Answer, frozen=True, tag="wxb/dry-run/1"):
    """What wxb train --dry-run prints with --json."""

    data: str
    network: Text
    parameters: Count
    multiply_adds: Annotated[Count, Meta(description="of one example, forward")]
    recipe: Annotated[dict[str, Setting], Meta(description="every setting by its name")]


class ProfilePart(Struct, frozen=True):
    """A part of a training step."""

    name: Annotated[str, Meta(description="of a layer its path")]
    kind: Literal["data", "forward", "loss", "backward", "optimizer", "other"]
    seconds: Annotated[Amount, Meta(description="median over the steps")]
    multiply_adds: Annotated[Count, Meta(description="of the whole batch; 0 if its work is not multiplying")]


class Profile(Answer, frozen=True, tag="wxb/profile/1"):
    """What wxb train --profile prints with --json."""

    data: str
    network: Text
    device: str
    precision: str
    threads: Size
    batch_size: Annotated[Size, Meta(description="examples per step")]
    seconds: Annotated[float, Meta(description="per step, median", gt=0)]
    gflops: Annotated[Amount, Meta(description="of a step: two operations per multiply-add, twice as many backward")]
    matrix_product_gflops: Annotated[
        float, Meta(description="of the product of two 2048x2048 matrices in the layers' precision", gt=0)
    ]
    parts: Annotated[list[ProfilePart], Meta(description="what a step does, in its order")]
