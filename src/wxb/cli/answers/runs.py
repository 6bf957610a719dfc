"""Answers of the commands on runs."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from wxb.cli.answers.answer import Answer
from wxb.play.schema import Measured
from wxb.runs.reported import ClassFacts, FitFacts
from wxb.runs.schema import Amount, Count, DecisionFacts, Interval, Moment, Score, Share, Size, State, Text

Level = Annotated[float, Meta(description="of the intervals or sets, in per cent", ge=1, lt=100)]


class CoverageFacts(Struct, frozen=True):
    """How often prediction intervals or sets hold the true value."""

    level: Level
    share: Annotated[Share, Meta(description="of the examples")]
    interval: Interval
    name: Annotated[str | None, Meta(description="of the target; null for classes")]
    mean_width: Annotated[Amount | None, Meta(description="of intervals, in the target's units; null for sets")]
    mean_size: Annotated[Amount | None, Meta(description="classes in a set; null for intervals")]


class Evaluate(Answer, frozen=True, tag="wxb/evaluate/1"):
    """What wxb evaluate prints with --json."""

    run: str
    task: str
    classes: tuple[str, ...]
    test: Score
    confusion: Annotated[
        tuple[tuple[Count, ...], ...] | None,
        Meta(description="row: the class given, column: the class predicted; null except in classification"),
    ]
    notes: tuple[str, ...]
    confusion_classes: Annotated[
        tuple[str, ...] | UnsetType, Meta(description="those of `confusion`, if it is not of all classes")
    ] = UNSET
    per_class: tuple[ClassFacts, ...] | UnsetType = UNSET
    per_target: dict[str, FitFacts] | UnsetType = UNSET
    coverage: Annotated[
        tuple[CoverageFacts, ...] | UnsetType,
        Meta(description="with --interval: of each target, or of the classes"),
    ] = UNSET
    decision: Annotated[DecisionFacts | UnsetType, Meta(description="if --optimize asked for one in training")] = UNSET


class _Example(Struct, frozen=True, kw_only=True, omit_defaults=True):
    file: str
    row: Annotated[Count | UnsetType, Meta(description="of an array or a table, from 0")] = UNSET


Probabilities = Annotated[dict[str, Share] | None, Meta(description="by class or label; null if the network has none")]


class PredictedClass(_Example, frozen=True, kw_only=True):
    """The class of an example."""

    class_: str = msgspec.field(name="class")
    probability: Annotated[Share | None, Meta(description="of the class; null if the network has no probabilities")]
    probabilities: Probabilities
    set: Annotated[list[str] | UnsetType, Meta(description="with --interval: classes, the most likely first")] = UNSET


class PredictedLabels(_Example, frozen=True, kw_only=True):
    """The labels that hold for an example."""

    labels: list[str]
    probabilities: Probabilities


Ends = tuple[float, float]


class PredictedValue(_Example, frozen=True, kw_only=True):
    """The number predicted for an example, or the numbers by name."""

    value: float | dict[str, float]
    interval: Annotated[
        Ends | dict[str, Ends] | UnsetType, Meta(description="with --interval: low and high end, or those by name")
    ] = UNSET


Predicted = PredictedClass | PredictedLabels | PredictedValue
_PREDICTED = {"oneOf": [msgspec.json.schema(kind)["$defs"][kind.__name__] for kind in get_args(Predicted)]}


class Predict(Answer, frozen=True, kw_only=True, tag="wxb/predict/1"):
    """What wxb predict prints with --json."""

    run: str
    classes: tuple[str, ...]
    level: Annotated[Level | UnsetType, Meta(description="with --interval")] = UNSET
    predictions: list[Annotated[dict[str, Any], Meta(extra_json_schema=_PREDICTED)]]
    notes: Annotated[list[str], Meta(description="what is strange in the files")]
    left_out: Annotated[list[str], Meta(description="each file without predictions, and why")]


class Difference(Struct, frozen=True):
    """How far a score of a run lies above the first run's."""

    value: float
    interval: Interval


class Change(Struct, frozen=True):
    """A test example that two runs answer differently."""

    row: Annotated[Count, Meta(description="of the data set, or of the file of a table, from 0")]
    file: Annotated[str | None, Meta(description="of a folder of pictures")]
    given: str
    first: Annotated[str, Meta(description="what the first run says")]
    other: Annotated[str, Meta(description="what the other run says")]
    probability: Annotated[Share | None, Meta(description="of what the other run says; null if it has none")]


class Pair(Struct, frozen=True):
    """A run against the first."""

    run: str
    against: str
    differences: Annotated[
        dict[str, Difference], Meta(description="run minus first: accuracy, or exact_match, or r2 and rmse")
    ]
    p: Annotated[Share | None, Meta(description="of McNemar's exact test; null for numbers")]
    better: Annotated[Count, Meta(description="examples that only the run gets right; or comes closer to")]
    worse: Annotated[Count, Meta(description="the other way round")]
    now_right: Annotated[list[Change], Meta(description="the ten most confident, or most changed", max_length=10)]
    now_wrong: Annotated[list[Change], Meta(description="likewise of the worse ones", max_length=10)]


class ComparedRun(Struct, frozen=True):
    """A run in a comparison."""

    run: str
    test: Score


class Compare(Answer, frozen=True, tag="wxb/compare/1"):
    """What wxb compare prints with --json."""

    data: str
    task: str
    examples: Annotated[Size, Meta(description="that all runs are tested on")]
    runs: Annotated[list[ComparedRun], Meta(min_length=2)]
    pairs: Annotated[list[Pair], Meta(description="each run but the first, against the first", min_length=1)]
    settings: Annotated[
        dict[str, list[Any]], Meta(description="those that differ: one value per run, null if it has none")
    ]


class ListedRun(Struct, frozen=True):
    """A run in a list."""

    run: Annotated[str, Meta(description="the folder")]
    state: State | Literal["damaged"]
    data: str | None
    network: Text | None
    test: Score | None
    finished: Moment | None


class ListedPlay(Struct, frozen=True):
    """A run in a list that plays a game; all but its state is null if it is damaged."""

    run: Annotated[str, Meta(description="the folder")]
    state: State | Literal["damaged"]
    game: str | None
    network: Text | None
    results: tuple[Measured, ...] | None
    finished: Moment | None


class Runs(Answer, frozen=True, tag="wxb/runs/1"):
    """What wxb runs prints with --json."""

    runs: Annotated[list[ListedRun], Meta(description="the newest first")]
    plays: Annotated[tuple[ListedPlay, ...], Meta(description="runs that play a game, the newest first")] = ()


class TableRow(Struct, frozen=True):
    """A run in a table."""

    run: Annotated[str, Meta(description="the folder")]
    values: Annotated[dict[str, Any], Meta(description="by column; null if the run has none")]


class RunsTable(Answer, frozen=True, tag="wxb/runs-table/1"):
    """What wxb runs --table prints with --json."""

    columns: Annotated[list[str], Meta(description="names of settings and results, as asked for", min_length=1)]
    runs: list[TableRow]


class RunsDeleted(Answer, frozen=True, tag="wxb/runs-deleted/1"):
    """What wxb runs --delete and wxb runs --clean print with --json."""

    deleted: Annotated[list[str], Meta(description="the folders that are gone")]


class Verify(Answer, frozen=True, tag="wxb/verify/1"):
    """What wxb verify prints with --json."""

    ok: bool
    differences: tuple[str, ...]
    checked: Annotated[tuple[str, ...], Meta(description="what was looked at")]
