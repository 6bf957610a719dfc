"""The form of `report.json`, as msgspec structs; what they have in common with other files stands in `schema.py`."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from wxb.runs.schema import (
    Amount,
    Count,
    DataFacts,
    DecisionFacts,
    Environment,
    Epoch,
    Interval,
    Moment,
    Score,
    Settings,
    Share,
    Text,
    check_score,
)
from wxb.runs.words import WordFacts


class ReportRun(Struct, frozen=True, omit_defaults=True):
    """The run that a report is about."""

    name: str
    wxb: str
    created: Moment
    path: Annotated[
        str | UnsetType, Meta(description="its folder, which only `wxb report --json` knows: a run may be moved")
    ] = UNSET


class ReportNetwork(Struct, frozen=True):
    """The network that was trained."""

    text: Text
    short: str
    head: str
    parameters: Count
    multiply_adds: Count


class BaselineFacts(Struct, frozen=True):
    """A cheap way to answer, scored on the same test examples."""

    score: float
    interval: Interval
    about: str
    seconds: Amount


class MistakeFacts(Struct, frozen=True):
    """A test example that the network gets wrong."""

    row: Count
    given: str
    predicted: str
    probability: Annotated[Share | None, Meta(description="of what was predicted; null if the network has none")]
    file: str | UnsetType = UNSET
    picture: Annotated[str | UnsetType, Meta(description="a data: URI")] = UNSET
    values: Annotated[dict[str, str] | UnsetType, Meta(description="of a table: the row's, by column")] = UNSET


class ClassFacts(Struct, frozen=True):
    """How one class or label fares."""

    name: str
    precision: Share
    recall: Share
    f1: Share
    support: Count
    roc_area: Annotated[Share | UnsetType | None, Meta(description="of a label")] = UNSET


class BinFacts(Struct, frozen=True):
    """The predictions whose confidence lies in one bin."""

    low: Share
    high: Share
    examples: Count
    confidence: Share
    accuracy: Share


class FitFacts(Struct, frozen=True):
    """How close the predictions of one target come."""

    r2: float
    r2_interval: Interval
    rmse: Amount
    rmse_interval: Interval
    mae: Amount
    mae_interval: Interval


class SizeFacts(Struct, frozen=True):
    """The number of parameters beside that of training examples, by two rules of thumb."""

    parameters: Count
    examples: Count
    by_weights: tuple[Count, Count]
    by_error: Count | None


class ReportDecision(DecisionFacts, frozen=True):
    """The decision, and the test's measures by it and by the most probable answers."""

    measures: Annotated[dict[str, tuple[float, float]], Meta(description="without and with the decision, by name")]


class Sentences(Struct, frozen=True):
    """What the numbers say, in words; empty if there is nothing to say."""

    baselines: str
    generalization: str
    size: str
    weights: str
    curves: str = ""
    decision: str = ""


class NextStep(Struct, frozen=True):
    """A command to go on with."""

    command: Annotated[str, Meta(description="RUN stands for the run's folder in `report.json`")]
    what: str


class FilterFacts(Struct, frozen=True):
    """The weights of the first layer that looks at a picture."""

    layer: str
    units: Count
    shown: Annotated[Count, Meta(description="units in the picture, the first")]
    colours: Annotated[bool, Meta(description="whether red, green and blue are the weights of three channels")]
    picture: Annotated[str, Meta(description="a data: URI")]


class ColumnFacts(Struct, frozen=True):
    """A column, and how much the loss rises when it is shuffled."""

    column: str
    rise: float
    interval: Interval


class ImportanceFacts(Struct, frozen=True):
    """The columns that matter most, the first ones of all."""

    examples: Annotated[Count, Meta(description="of the test part that were shuffled")]
    repeats: Count
    columns: tuple[ColumnFacts, ...]
    of: Annotated[Count, Meta(description="columns in all")]


class PairFacts(Struct, frozen=True):
    """The two classes that are confused most, on a map of the features of the last hidden layer."""

    classes: tuple[str, str]
    layer: str
    examples: Annotated[Count, Meta(description="of the test part that are of the two classes")]
    mistakes: Annotated[Count, Meta(description="of them taken for the other class")]
    explained: Annotated[float, Meta(description="share of the variance that the map shows", ge=0, le=1.0001)]
    points: Annotated[
        tuple[tuple[float, float, int, int], ...],
        Meta(description="along the two principal components; which of the classes, 0 or 1; 1 if mistaken"),
    ]


class Inside(Struct, frozen=True):
    """What the network has learned, as far as a page shows it."""

    filters: FilterFacts | UnsetType = UNSET
    importance: ImportanceFacts | UnsetType = UNSET
    pair: PairFacts | UnsetType = UNSET


class Report(Struct, frozen=True, kw_only=True, tag_field="schema", tag="wxb/report/1"):
    """`report.json`, and what wxb report prints with --json."""

    run: ReportRun
    data: DataFacts
    network: ReportNetwork
    task: str
    measure: Annotated[str, Meta(description="the number in `test` that stands for all others")]
    test: Annotated[Score | None, Meta(description="null if there is no test part")]
    train: Score | None
    baselines: dict[str, BaselineFacts]
    mistakes: tuple[MistakeFacts, ...]
    history: tuple[Epoch, ...]
    epochs: Count
    seconds: Annotated[dict[str, Amount], Meta(description="by stage")]
    examples_per_second: Amount | None
    size: SizeFacts
    settings: Settings
    environment: Environment
    per_class: tuple[ClassFacts, ...] | UnsetType = UNSET
    per_target: dict[str, FitFacts] | UnsetType = UNSET
    words: Annotated[dict[str, tuple[WordFacts, ...]] | UnsetType, Meta(description="that count, by class")] = UNSET
    points: Annotated[
        dict[str, tuple[tuple[float, float], ...]] | UnsetType,
        Meta(description="given and predicted number of some test examples, by target"),
    ] = UNSET
    confusion: Annotated[
        tuple[tuple[Count, ...], ...] | UnsetType, Meta(description="row: the class given, column: the class predicted")
    ] = UNSET
    confusion_classes: Annotated[
        tuple[Text, ...] | UnsetType, Meta(description="those of `confusion`, if it is not of all classes")
    ] = UNSET
    calibration: tuple[BinFacts, ...] | UnsetType = UNSET
    inside: Inside | UnsetType = UNSET
    decision: ReportDecision | UnsetType = UNSET
    sentences: Sentences
    warnings: tuple[str, ...]
    next: tuple[NextStep, ...]

    def __post_init__(self) -> None:
        for score in (self.test, self.train):
            if score is not None:
                check_score(score)
        if self.test is not None and self.measure not in self.test:
            raise ValueError(f"Expected the test score to hold {self.measure}")
