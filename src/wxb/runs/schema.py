"""The form of every file of a run, as msgspec structs that write it, read it and check each of its values.

A file that has another form is refused with its name, the place in it and what was expected there. The JSON schemas
that `wxb schema` prints are generated from these structs. A line of `watched.jsonl` is `learning.watched.WatchedStep`.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from wxb.notation.vocabulary import SELF

FORMAT = 2  # of the run folder; a run with a greater one is refused
NOTATION = 1  # version of the notation that canonical texts are written in

State = Literal["running", "stopped", "finished", "failed"]

Count = Annotated[int, Meta(ge=0, le=2**53)]  # every reader of JSON has such numbers exactly
Size = Annotated[int, Meta(ge=1, le=2**53)]
Amount = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Interval = Annotated[tuple[float, float], Meta(description="low and high, 95 %")]
Levels = Annotated[tuple[float, float], Meta(description="of greys of more than 8 bits: what became 0 and 255")]
Fill = Annotated[tuple[float, ...], Meta(description="of arrays: what replaces a missing value, by feature")]
Ranges = Annotated[tuple[tuple[float, float], ...], Meta(description="of arrays of floats, by feature or of all")]
Shape = Annotated[tuple[Size, ...], Meta(description="of one example", min_length=1, max_length=3)]
Digest = Annotated[str, Meta(description="blake3, as 64 hexadecimal digits", pattern="^[0-9a-f]{64}$")]
Moment = Annotated[str, Meta(description="ISO 8601, UTC")]
Text = Annotated[str, Meta(description="canonical")]

Plain = bool | int | float | str | None
Setting = Plain | list[Plain | list[Plain] | dict[str, Plain]]  # the events of a training are dicts
Settings = dict[str, Setting]


# --- scores ----------------------------------------------------------------------------------------------------------


class _Score(Struct):
    examples: Count
    loss: Annotated[float | None, Meta(description="null if it is too large for a float")]


class _Classified(_Score):
    accuracy: Share
    interval: Interval


class _Labelled(_Score):
    exact_match: Share
    interval: Interval
    label_accuracy: Share | UnsetType = UNSET  # format 1 has it in the report alone


class _Fitted(_Score):
    r2: float
    r2_interval: Interval
    rmse: Amount
    rmse_interval: Interval
    mae: Amount
    mae_interval: Interval


class _Reconstructed(_Score):
    explained_variance: float
    explained_variance_interval: Interval
    rmse: Amount


_SCORE = {
    "required": ["examples", "loss"],
    "properties": {
        name: schema
        for kind in (_Classified, _Labelled, _Fitted, _Reconstructed)
        for name, schema in msgspec.json.schema(kind)["$defs"][kind.__name__]["properties"].items()
    },
    "oneOf": [
        {"required": ["accuracy", "interval"]},
        {"required": ["exact_match", "interval", "label_accuracy"]},
        {"required": ["r2", "r2_interval", "rmse", "rmse_interval", "mae", "mae_interval"]},
        {"required": ["explained_variance", "explained_variance_interval", "rmse"]},
    ],
}
Score = Annotated[
    dict[str, bool | int | float | list[float] | None],
    Meta(
        description="the measures of a score by name: accuracy, exact match, R² and errors, or explained variance",
        extra_json_schema=_SCORE,
    ),
]


def check_score(score: Score) -> None:
    """Raise msgspec.ValidationError if a score lacks one of its numbers, or one is out of its range."""
    kinds = {"accuracy": _Classified, "exact_match": _Labelled, "r2": _Fitted, "explained_variance": _Reconstructed}
    msgspec.convert(score, next((kind for measure, kind in kinds.items() if measure in score), _Score))


# --- run.json --------------------------------------------------------------------------------------------------------


class DecisionFacts(Struct, frozen=True):
    """How answers are decided where `optimize` asks for another measure than the most probable answer gives."""

    optimize: Annotated[str, Meta(description="the measure")]
    offsets: Annotated[tuple[float, ...], Meta(description="added to the score of each class or label")]
    examples: Annotated[Size, Meta(description="that they were fitted to: validation, or out of fold")]


class PretrainedFacts(Struct, frozen=True):
    """The trained weights that a training began with."""

    run: Annotated[str, Meta(description="the folder of the run that they were those of")]
    weights: Annotated[Digest, Meta(description="of the file that held them")]
    layers: Annotated[tuple[str, ...], Meta(description="the paths of what began with them")]
    notes: Annotated[
        tuple[str, ...], Meta(description="what must be known of them, as that they know test examples")
    ] = ()


class Steps(Struct):
    """How far training has come; the checkpoint may lie before it."""

    done: Count = 0
    total: Count = 0


class Summary(Struct):
    """`run.json`: what a run is."""

    format: Size
    wxb: Annotated[str, Meta(description="version that made the run")]
    notation: Annotated[Size, Meta(description="version of the notation that `network` is written in")]
    state: State
    name: str
    data: str
    task: str
    network: Text
    head: str
    input: Shape
    outputs: Size
    classes: Annotated[tuple[str, ...], Meta(description="names of the classes, labels or numbers")]
    parameters: Count
    multiply_adds: Annotated[Count, Meta(description="of one example, forward")]
    created: Moment
    finished: Moment | None = None
    steps: Steps = msgspec.field(default_factory=Steps)
    test: Score | None = None
    reason: Annotated[str | None, Meta(description="of a failed run: what ended it")] = None
    decision: Annotated[DecisionFacts | UnsetType, Meta(description="if `optimize` asked for one")] = UNSET
    pretrained: Annotated[PretrainedFacts | UnsetType, Meta(description="if `pretrained` named a run")] = UNSET
    files: Annotated[
        dict[str, tuple[Digest, ...]],
        Meta(description="the digests of the files that training does not change; two of one that is being replaced"),
    ] = msgspec.field(default_factory=dict)
    checksum: Annotated[Digest | None, Meta(description="of all the other values")] = None

    def __post_init__(self) -> None:
        if len(self.classes) != self.outputs and (self.classes or self.head != SELF):  # pixels have no names
            raise ValueError(f"Expected {self.outputs} classes, one for each output, got {len(self.classes)}")
        if self.test is not None:
            check_score(self.test)
        if self.decision is not UNSET and len(self.decision.offsets) != self.outputs:
            raise ValueError("Expected an offset for each class or label")
        if self.state == "finished" and self.finished is None:
            raise ValueError("Expected a finished run to have an end")


class Version(Struct):
    """The part of `run.json` that every version has, and will have."""

    format: Size
    wxb: str = "a newer wxb"


# --- environment.json ------------------------------------------------------------------------------------------------


class MachineFacts(Struct, frozen=True):
    """The machine that was chosen for training."""

    device: str = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    threads: Annotated[int, Meta(ge=0, le=2**16)] = 0


class Environment(Struct, frozen=True):
    """`environment.json`: what training ran on."""

    versions: Annotated[dict[str, str], Meta(description="of Python, wxb and its libraries")]
    system: str
    processor: str
    cores: Size
    memory_gib: Amount | None
    machine: MachineFacts


# --- data.json -------------------------------------------------------------------------------------------------------


class SplitFacts(Struct, frozen=True):
    """How many examples each part has, and how the parts were made."""

    train: Count
    validation: Count
    test: Count
    how: str


class DataFacts(Struct, frozen=True):
    """`data.json`: the data of a run, and what tells whether it is still the same."""

    name: str
    source: Annotated[dict[str, Setting], Meta(description="the arguments that load the data again")]
    task: str
    kind: str
    examples: Size
    shape: Shape
    dtype: Literal["uint8", "float32"]
    classes: tuple[str, ...]
    counts: Annotated[dict[str, Count] | None, Meta(description="examples by class or label; null for numbers")]
    split: SplitFacts
    features: Annotated[tuple[str, ...], Meta(description="of a table: what each number of an example is")]
    table: Annotated[dict[str, Any] | None, Meta(description="of a table: how its columns became features")]
    notes: tuple[str, ...]
    fingerprint: Digest
    targets_fingerprint: Digest | UnsetType = UNSET
    levels: Levels | UnsetType = UNSET
    fill: Fill | UnsetType = UNSET
    ranges: Ranges | UnsetType = UNSET
    weight: Annotated[str | UnsetType, Meta(description="what says how much each example counts")] = UNSET
    group: Annotated[str | UnsetType, Meta(description="what says which examples stay together")] = UNSET

    def __post_init__(self) -> None:
        from wxb.data.kinds import KINDS

        if self.kind not in KINDS:
            raise ValueError(f"Expected a kind of input, {' or '.join(KINDS)}")
        if not isinstance(self.source.get("source", ""), str):
            raise ValueError("Expected the source to name a data set")
        if self.counts is not None and set(self.counts) != set(self.classes):
            raise ValueError("Expected counts of each class, and of no others")
        if self.levels is not UNSET and not self.levels[0] < self.levels[1]:
            raise ValueError("Expected levels that rise")
        if self.fill is not UNSET and len(self.fill) != math.prod(self.shape):
            raise ValueError("Expected a value that replaces a missing one for each feature")


# --- history.jsonl, the checkpoint's counters, manifest.json ---------------------------------------------------------


Validation = Annotated[
    dict[str, int | float | None],
    Meta(
        description="the score on the validation part after an epoch: examples, loss, and measures by name",
        extra_json_schema={"required": ["loss"]},
    ),
]


class Epoch(Struct, frozen=True):
    """A line of `history.jsonl`. Losses are null if they were no finite number."""

    epoch: Size
    step: Size
    learning_rate: float
    train_loss: float | None
    validation: Validation | None
    seconds: Amount


class Counters(Struct, frozen=True):
    """What a checkpoint counts: updates made, and the epoch of the last one."""

    step: Count
    epoch: Count = 0


class Manifest(Struct, frozen=True):
    """`manifest.json`: the files that belong to a finished run, with their digests."""

    files: Annotated[dict[str, Digest], Meta(description="by name, relative to the run's folder")]
    digest: Annotated[Digest, Meta(description="of `files`, so that a change of the manifest shows too")]
