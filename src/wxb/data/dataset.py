"""A labelled data set: whole arrays, in memory or mapped from a file, and which examples train, validate and test."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from wxb.data.copies import copies, pieces
from wxb.data.groups import Groups
from wxb.data.kinds import KINDS, Shape, counted, kind_of
from wxb.errors import WxbError
from wxb.markup import shown
from wxb.settings.setting import Setting, need
from wxb.tasks import TASKS
from wxb.text import composed_as, count, first_of

if TYPE_CHECKING:
    from wxb.data.tables.columns import Preparation
    from wxb.data.tables.encoding import Prepared
    from wxb.data.tables.rows import Columns

    Inputs = NDArray[np.uint8] | NDArray[np.float32] | Prepared  # examples as a network's text takes them

Examples = NDArray[np.uint8] | NDArray[np.float32] | NDArray[np.float64]
PARTS = ("train", "validation", "test")
PART = Setting("part", str, "test", "Part of the data", "data", choices=PARTS)


@dataclass(frozen=True, eq=False)
class Known:
    """The fingerprint of a data set with these arrays and classes, known without reading them."""

    examples: NDArray[np.uint8]
    targets: NDArray[np.int64]
    classes: tuple[str, ...]
    fingerprint: str


@dataclass(frozen=True, eq=False)
class Labels:
    """What the examples are labelled with where nothing is learned from that: to compare with."""

    targets: NDArray[np.int64] | NDArray[np.float32]
    task: str
    names: tuple[str, ...]  # of the classes, labels or numbers


# eq=False: comparing arrays gives arrays; two data sets are the same when their fingerprints are
@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers (int64, ascending) of the parts; no row stands in two parts."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    how: str  # for people: "stratified 0.64/0.11/0.25, seed 0", "test set as published, validation 2,500, seed 0"

    def __str__(self) -> str:
        """ "train 1,150, validation 198, test 449 (stratified 0.64/0.11/0.25, seed 0)"."""
        return ", ".join(f"{part} {count(len(self.part(part)))}" for part in PARTS) + f" ({self.how})"

    def __repr__(self) -> str:
        return f"Split({self})"

    @property
    def learned(self) -> NDArray[np.int64]:
        """The row numbers of train and validation, ascending: with bagging a training learns from both."""
        return np.sort(np.concatenate([self.train, self.validation]))

    def part(self, name: str) -> NDArray[np.int64]:
        """The row numbers of "train", "validation" or "test". Raises WxbError for another name."""
        rows: NDArray[np.int64] = getattr(self, PART.validate(name))
        return rows


@dataclass(frozen=True, eq=False)
class Dataset:
    """Examples, targets, their names, and the split.

    `examples`: pictures (n, channels, height, width) uint8 or float32; rows (n, features) float32; rows of a table
    (n, columns) float64 as they are in the table, with codes for texts and NaN for missing values.
    `targets`: class numbers (n,) int64; labels (n, labels) float32 of 0 and 1; numbers (n, targets) float32, less the
    `target_offsets`; the inputs themselves, flat. `task` says which, a name in `wxb.tasks.TASKS`.
    """

    name: str
    examples: Examples
    targets: NDArray[np.int64] | NDArray[np.float32]
    task: str  # "classification", "multilabel", "regression", "reconstruction"
    classes: tuple[str, ...]  # names of the classes, labels or targets; empty for pixels
    split: Split
    source: dict[str, object] = field(default_factory=dict)  # what load_data was called with: enough to load it again
    files: tuple[str, ...] = ()  # of a picture folder: path of each example, relative to the folder
    notes: tuple[str, ...] = ()  # what a person should know: files left out, copies found
    known: Known | None = None  # of a folder whose decoded pictures are cached
    columns: Columns | None = None  # of a table: what its rows hold
    row_numbers: NDArray[np.int64] | None = None  # of a table: the number of each row in the file, from 0
    fill: NDArray[np.float64] | None = None  # of arrays: what replaces a missing value of each feature
    weights: NDArray[np.float64] | None = None  # (n,): how much each example counts; None if all count the same
    groups: Groups | None = None  # of the examples, each of which stands in one part and one fold
    independent: bool = False  # whether equal examples were drawn independently, so that none is a copy
    labels: Labels | None = None  # if the examples are their own targets
    levels: tuple[float, float] | None = None  # of deep greys: the values that became 0 and 255 (pictures/levels.py)

    def __str__(self) -> str:
        """ "digits: 1,797 pictures 1x8x8 in 10 classes; train 1,150, validation 198, test 449 (stratified …)"."""
        columns = None if self.preparation is None else len(self.preparation.used)
        what = f"{counted(len(self.examples), self.shape, columns)} {TASKS[self.task].about(len(self.classes))}"
        weighted = "" if self.weights is None else f", weighted by {self.weight_name}"
        return f"{self.name}: {what}{weighted}; {self.split}"

    def __repr__(self) -> str:
        return f"Dataset({self})"

    def _repr_html_(self) -> str:
        task = TASKS[self.task]
        counted = {part: task.counts(self.targets[self.split.part(part)], self.classes) for part in PARTS}
        if any(one is None for one in counted.values()):
            rows = [[name] for name in self.classes]
            return shown(str(self), [task.noun], rows, self.notes)
        rows = [[name, *(count((counted[part] or {})[name]) for part in PARTS)] for name in self.classes]
        return shown(str(self), [task.counted or task.noun, *PARTS], rows, self.notes)

    @property
    def kind(self) -> str:
        """The name of the kind of input, in `wxb.data.kinds.KINDS`: "pictures" or "rows"."""
        return kind_of(self.shape).name

    @property
    def spatial(self) -> bool:
        """Whether examples have height and width."""
        return KINDS[self.kind].spatial

    @property
    def shape(self) -> Shape:
        """Shape of an example as a network's text takes it: (channels, height, width) or (features,)."""
        return tuple(self.inputs.shape[1:]) if self.preparation is None else self.preparation.shape

    @cached_property
    def preparation(self) -> Preparation | None:
        """How the rows of a table become features, fitted on the training part; None for other data."""
        return None if self.columns is None else self.columns.fit(self.examples, self.split.train)

    @cached_property
    def inputs(self) -> Inputs:
        """The examples as a network's text takes them: of a table its features, of other data what `examples` holds."""
        if self.preparation is None or self.columns is None:
            return cast("Inputs", self.examples)
        from wxb.data.tables.inputs import prepared

        return prepared(self.examples, self.preparation, self.columns.texts)

    @property
    def has_text(self) -> bool:
        """Whether a column of a table is free text."""
        return self.preparation is not None and bool(self.preparation.texts)

    @property
    def model_inputs(self) -> Examples | Inputs:
        """What a model takes: the examples, or their inputs if a column is free text, of which rows hold a number."""
        return self.inputs if self.has_text else self.examples

    @property
    def features(self) -> tuple[str, ...]:
        """Names of a table's features; empty for other data."""
        return () if self.preparation is None else self.preparation.features

    def column_of(self, feature: int) -> tuple[str, int] | None:
        """The column of a table that a feature comes from: its name, and its number in the table, from 1.

        None for other data, and for words.
        """
        if self.preparation is None or self.columns is None or self.preparation.vocabulary is not None:
            return None
        name = [column.name for column in self.preparation.used for _ in column.features][feature]
        return (name, self.columns.order.index(name) + 1) if name in self.columns.order else None

    @property
    def smaller(self) -> str:
        """How its examples can be made smaller, for errors about memory; "" if no setting does that."""
        if self.files and self.columns is None:
            return "smaller pictures (`size`)"
        if self.columns is None or self.columns.given is not None:
            return ""
        without = len(self.columns.fit(self.examples, self.split.train).without_pieces().features)
        return (
            f"`pieces=0`: {count(without)} features, not {count(len(self.features))}"
            if without < len(self.features)
            else ""
        )

    @cached_property
    def copies(self) -> NDArray[np.int64]:
        """The first row with the same numbers as each example (n,); of a table, in all columns that are used."""
        if self.independent:
            return np.arange(len(self.examples))
        return copies(self.inputs if self.columns is None else self.columns.alike(self.examples))

    @property
    def table(self) -> dict[str, Any] | None:
        """The preparation of a table as plain values; None for other data."""
        return None if self.preparation is None else self.preparation.plain()

    @property
    def weight_name(self) -> str:
        """The column of the weights; "weight" if they came as an array."""
        return (None if self.preparation is None else self.preparation.weight) or "weight"

    def weights_of(self, rows: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """The weights of some examples; None if all count the same."""
        return None if self.weights is None else self.weights[rows]

    @property
    def target_offsets(self) -> NDArray[np.float64]:
        """What was subtracted from each target that is a number (outputs,): 0, unless float32 is not precise enough."""
        return offsets_of_targets(self.columns, self.classes)

    def targets_in_units(self) -> NDArray[Any]:
        """The targets, with their offsets added in float64 if they have any."""
        offsets = self.target_offsets
        return self.targets + offsets if offsets.any() else self.targets

    @property
    def told(self) -> Labels:
        """What the examples are for people: their targets; if these are the examples themselves, the labels.

        Without labels all examples are one class of their name.
        """
        if not TASKS[self.task].of_inputs:
            return Labels(self.targets_in_units(), self.task, self.classes)
        return self.labels or Labels(np.zeros(len(self.examples), np.int64), "classification", (self.name,))

    @property
    def outputs(self) -> int:
        """How many scores a network for this data ends in, one per class, label or number (the notation's C)."""
        return int(self.targets.shape[1]) if TASKS[self.task].of_inputs else len(self.classes)

    def row_number(self, row: int) -> int:
        """The number of a row where the data came from, from 0: of a table its number in the file, else `row`."""
        return row if self.row_numbers is None else int(self.row_numbers[row])

    def called(self, row: int) -> str:
        """A row in words: its file, or its number where the data came from."""
        return self.files[row] if self.files else f"row {self.row_number(row)}"

    def settings(self, seed: int) -> dict[str, Any]:
        """The arguments of `load_data` as settings of `train`; a seed other than the recipe's is named `data_seed`."""
        settings = {("data" if name == "source" else name): value for name, value in self.source.items()}
        data_seed = settings.pop("seed", seed)
        return settings if data_seed == seed else {**settings, "data_seed": data_seed}

    def part(self, name: str) -> tuple[Examples, NDArray[np.int64] | NDArray[np.float32]]:
        """Examples and targets of "train", "validation" or "test" (copies). Raises WxbError for another name."""
        rows = self.split.part(name)
        return self.examples[rows], self.targets[rows]

    @cached_property
    def fingerprint(self) -> str:
        """blake3 (hex) of the task, the class names, and shape, dtype and bytes of inputs, targets, weights and groups.

        Split and notes do not count. Bytes are taken as little-endian, so that all machines agree.
        """
        known = self.known
        if known and all(getattr(known, name) is getattr(self, name) for name in ("examples", "targets", "classes")):
            return known.fingerprint
        return fingerprint(self.task, self.classes, self.inputs, self.targets, *self.roles)

    @property
    def roles(self) -> tuple[NDArray[Any], ...]:
        """The weights and the groups of the examples, as far as there are some."""
        return tuple(one for one in (self.weights, None if self.groups is None else self.groups.of) if one is not None)


def need_data(data: object) -> None:
    """Raise WxbError for anything but a data set where one is needed."""
    what = "a data set, as `load_data` returns it"
    need("data", data, Dataset, what, f'wxb.load_data("{data}")' if isinstance(data, str) else "")


def offsets_of_targets(table: Columns | Preparation | None, names: tuple[str, ...]) -> NDArray[np.float64]:
    """The offset of each target (outputs,) in the columns of a table; 0 for other names, and without a table."""
    offsets = {} if table is None else {target.name: target.offset for target in table.targets}
    return np.array([offsets.get(name, 0.0) for name in names])


def fingerprint(
    task: str, classes: tuple[str, ...], examples: Inputs, targets: NDArray[Any], *further: NDArray[Any]
) -> str:
    """The fingerprint of a data set, as in `Dataset.fingerprint`."""
    hasher = blake3(repr((TASKS[task].word, classes)).encode("utf-8", "surrogateescape"))
    for array in (examples, targets, *further):
        hasher.update(repr((array.shape, array.dtype.name)).encode())
        for piece in pieces(array):
            little = piece.astype(array.dtype.newbyteorder("<"), copy=False)
            hasher.update(little.reshape(-1).view(np.uint8).data)
    return hasher.hexdigest()


def match_classes(data: Dataset, classes: tuple[str, ...]) -> Dataset:
    """`data` with its classes (or labels, or targets) in the order of `classes`, matched by name.

    Raises WxbError, naming the differences, if the names are not the same set.
    """
    if data.classes == classes:
        return data
    place_of = {name: place for place, name in enumerate(classes)}
    data = replace(data, classes=composed_as(data.classes, classes))
    there = set(data.classes)
    missing = [name for name in classes if name not in there]
    unknown = [name for name in data.classes if name not in place_of]
    if missing or unknown:
        lines = [f"not in {data.name}: {first_of(missing)}"] if missing else []
        lines += [f"only in {data.name}: {first_of(unknown)}"] if unknown else []
        raise WxbError(
            f"the classes of {data.name} are not the expected ones",
            "\n".join([f"expected {len(classes)}: {first_of(classes)}", *lines]),
            "data with the same class names; their order does not matter",
        )
    places = np.array([place_of[name] for name in data.classes])
    return replace(data, targets=TASKS[data.task].reordered(data.targets, places), classes=classes)
