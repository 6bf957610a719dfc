"""Anomalies in data: the examples that a run's network finds odd, the oddest first, and what is odd about each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wxb.anomalies.detector import Detector, Odd
from wxb.data.dataset import PARTS, Dataset, Labels
from wxb.data.in_memory import ARRAYS
from wxb.data.itself import of_itself
from wxb.data.kinds import kind_of
from wxb.errors import WxbError, nearest
from wxb.notation.vocabulary import SELF
from wxb.runs.matching import examples_of
from wxb.runs.predict import machine_of
from wxb.runs.provenance import changes
from wxb.runs.run import Run
from wxb.settings.setting import Bounds, Setting
from wxb.tasks import TASKS
from wxb.tasks.metrics import roc_area
from wxb.text import count, first_of, percent, plural, rounded

RATE = Setting("rate", float, 1.0, "False alarms that are accepted, per cent", "anomalies", Bounds(0, 50, above=True))
PART = Setting("part", str, "all", "Part of the data", "anomalies", choices=("all", *PARTS))
NAMED = 2  # columns that are named for what is odd
HALF = 0.5  # of the 1 of a category's value, from which another value was expected
DIGITS = 6  # decimals of a score at most
SURE = 2.0  # standard deviations from which a column is odd


@dataclass(frozen=True, eq=False, repr=False)
class Anomalies:
    """How odd the examples of a data set are for a run's network.

    `order` (n,) are places among the examples, the oddest first; `alarms` (n,) says whether each is above the
    `threshold`; `rows` (n,) are their places in `data`. `truth` (n,) says which are odd and `area` is the area under
    the ROC curve where that is known; both are None elsewhere. `notes` are remarks on what was asked.
    """

    run: Run
    data: Dataset
    rows: NDArray[np.int64]
    odd: Odd
    detector: Detector
    rate: float  # per cent
    threshold: float
    truth: NDArray[np.bool_] | None
    area: float | None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Anomalies({self.data.name}: {self.found} of {count(len(self.rows))} above {self.threshold:.3g})"

    @property
    def order(self) -> NDArray[np.int64]:
        """Places of the examples, the oddest first."""
        return np.argsort(-self.odd.score, kind="stable")

    @property
    def alarms(self) -> NDArray[np.bool_]:
        """Whether each example is above the threshold (n,)."""
        return self.odd.score > self.threshold

    @property
    def found(self) -> int:
        """How many examples are above the threshold."""
        return int(self.alarms.sum())

    def name(self, place: int) -> str:
        """The file or the row of an example."""
        row = int(self.rows[place])
        return self.data.called(row)

    def why(self, place: int) -> str:
        """What is odd about an example: the columns that came out otherwise, or where a picture did."""
        if self.odd.made is None:
            return f"{rounded(float(self.odd.distance[place]), 3)} times as far from the nearest codes as these are"
        given, made = self.given(place), self.odd.made[place].astype(np.float64)
        if self.data.spatial:
            off = np.abs(given - made).reshape(self.data.shape).mean(axis=0)
            row, column = (int(one) for one in np.unravel_index(off.argmax(), off.shape))
            return f"most around row {row}, column {column}"
        names, restore = self._called, self.detector.model.restore
        std = np.ones(len(given)) if restore is None else restore.std.cpu().numpy()
        far = np.abs(given - made) / std
        worst = [one for one in np.argsort(-far, kind="stable")[:NAMED] if far[one] >= SURE] or [int(far.argmax())]
        told: dict[str, None] = {}  # a category may be odd in several features
        words = self._words(place)
        for one in worst:
            name, block = names[one]
            if block is None or name not in words:
                told[f"{name} {given[one]:.4g}, expected {made[one]:.4g}"] = None
            else:
                wrong = np.abs(given - made)[block].max() >= HALF
                doubt = "which was not expected" if wrong else "which was expected in part"
                told[f"{name} is {words[name] or 'missing'}, {doubt}"] = None
        return ", ".join(told)

    def decimals(self, most: int) -> int:
        """How many decimals tell the scores of the oddest examples from the threshold, at least two."""
        scores = {float(one) for one in self.odd.score[self.order[:most]]} - {self.threshold}
        for places in range(2, DIGITS):
            if round(self.threshold, places) not in {round(one, places) for one in scores}:
                return places
        return DIGITS

    def given(self, place: int) -> NDArray[np.float64]:
        """The numbers of an example as the network takes them, flat."""
        return np.asarray(self._inputs[self.rows[place : place + 1]], np.float64).reshape(-1)

    @cached_property
    def _called(self) -> list[tuple[str, slice | None]]:
        """What each number of an example is called; those of a category by its column, with their places."""
        preparation = self.run.preparation
        names = self.run.data.features or tuple(f"number {one + 1}" for one in range(math.prod(self.data.shape)))
        called: list[tuple[str, slice | None]] = [(name, None) for name in names]
        if preparation is None or preparation.features != names:
            return called
        from wxb.data.tables.columns import Category

        begin = 0
        for column in preparation.used:
            block = slice(begin, begin + len(column.features))
            if isinstance(column, Category):
                called[block] = [(column.name, block)] * len(column.features)
            begin = block.stop
        return called

    def _words(self, place: int) -> dict[str, str]:
        """The columns of a row as texts."""
        columns = self.data.columns
        return {} if columns is None else columns.words(self.data.examples[int(self.rows[place])])

    @cached_property
    def _inputs(self) -> Any:
        return self.detector.model.inputs(examples_of(self.run, self.data))


def anomalies(
    run: Run | str | PathLike[str],
    data: Dataset | None = None,
    *,
    rate: float | None = None,
    odd: str | Sequence[str] | None = None,
    part: str | None = None,
    learned: Dataset | None = None,
) -> Anomalies:
    """How odd examples are for a run's network, which has learned from examples that are normal.

    `data` is a data set, by default the test part of the run's own data. An example is an alarm if it is odder than all
    but `rate` per cent of the normal examples that were held back: the validation part, or the test part without one.
    The rate is 1 by default, or the least that so many examples can tell. `odd` are the names of the classes in `data`
    that are odd, where it is known: they give the area under the ROC curve. `learned` is the data that the run was
    trained on, with whose codes examples are compared; it has to be given where these came as arrays or data frames,
    which a run does not keep. Raises WxbError if the examples do not fit the network, if too few are held back for the
    rate, and for classes that are not there.
    """
    opened = Run.open(str(run)) if isinstance(run, (str, PathLike)) else run
    if not kind_of(opened.summary.input).scaled:
        raise WxbError(
            "anomalies are told by the distance between examples as numbers, and this network reads words",
            fix="a run on pictures or on a table of numbers and categories",
        )
    if rate is not None:
        rate = RATE.validate(rate)
    own = _learned(opened, data, learned)
    machine = machine_of(opened)
    model = opened.model().to(machine.device)
    split = opened.split
    held = split.validation if len(split.validation) else split.test
    detector = Detector.fit(model, machine, examples_of(opened, own), split.train, held)
    asked = _seen(opened, own if data is None else data)
    rows = split.part(part or "test") if data is None else _rows(asked, part or "all")
    if not len(rows):
        raise WxbError(f"{asked.name} has no examples in its {part or 'test'} part")
    found = detector.of(examples_of(opened, asked), rows)
    notes = [] if data is None else list(data.notes)
    if rate is None:
        rate = max(RATE.default, 100 * detector.least_rate)
        if rate > RATE.default:
            held_back = plural(len(detector.held), "normal example")
            notes.append(f"{held_back} held back tell no rate of false alarms below {rate:.3g} %, which is taken")
    truth = None
    if odd is not None:
        labels, names = _named(asked, odd)
        truth = np.isin(labels.targets[rows], [labels.names.index(name) for name in names])
        notes += _doubts(names, labels, rows, _labels(_seen(opened, own)), split.train)
    return Anomalies(
        opened, asked, rows, found, detector, rate, detector.threshold(rate / 100), truth,
        None if truth is None else roc_area(truth, found.score), tuple(notes),
    )  # fmt: skip


def _learned(run: Run, data: Dataset | None, learned: Dataset | None) -> Dataset:
    """The data that a run was trained on. Raises WxbError if they are not at hand."""
    for one in (learned, data):
        if one is not None and one.fingerprint == run.data.fingerprint:
            return one
    if learned is not None:
        raise WxbError(
            f"{learned.name} is not the data that {run.path} was trained on",
            "\n".join(changes(run.data, learned)),
            "learned=TRAINING_DATA, as they were given to the training",
        )
    if run.data.source.get("source", ARRAYS) == ARRAYS:
        raise WxbError(
            f"{run.path} was trained on arrays, which it does not keep",
            "examples are compared with those of training: expected these beside the ones that are looked at",
            f"in Python: anomalies({str(run.path)!r}, data, learned=TRAINING_DATA), each by wxb.load_data",
        )
    return run.unchanged_data()


def _seen(run: Run, data: Dataset) -> Dataset:
    """Data as they are looked at: as their own targets, but for texts that a network with another head has learned."""
    return data if data.has_text and run.model().plan.head != SELF else of_itself(data)


def _labels(data: Dataset) -> Labels | None:
    """What is known of the examples beside what is looked at."""
    return data.labels or (None if TASKS[data.task].of_inputs else data.told)


def _rows(data: Dataset, part: str) -> NDArray[np.int64]:
    return np.arange(len(data.examples)) if PART.validate(part) == "all" else data.split.part(part)


def _named(data: Dataset, odd: str | Sequence[str]) -> tuple[Labels, list[str]]:
    """The labels of data, and the names of the classes that are odd. Raises WxbError for one that is not there."""
    names = [one.strip() for one in odd.split(",")] if isinstance(odd, str) else list(odd)
    labels = _labels(data)
    if labels is None or not TASKS[labels.task].exclusive:
        raise WxbError(f"{data.name} has no classes: which examples are odd is not known", fix="leave out `odd`")
    if unknown := [name for name in names if name not in labels.names]:
        like = nearest(unknown[0], labels.names)
        what = f"{unknown[0]} is no class of {data.name}" + (f"; {like} is" if like else "")
        raise WxbError(what, f"classes: {first_of(labels.names)}", "classes of that list, with commas between them")
    return labels, names


def _doubts(
    odd: list[str], labels: Labels, rows: NDArray[np.int64], own: Labels | None, train: NDArray[np.int64]
) -> list[str]:
    """Remarks on classes that are called odd and were learned as normal ones, or the other way round."""
    if own is None or not TASKS[own.task].exclusive:
        return []
    learned = {own.names[number] for number in np.unique(own.targets[train])}
    shown = [labels.names[number] for number in np.unique(labels.targets[rows])]
    both = [name for name in odd if name in learned]
    new = [name for name in shown if name not in learned and name not in odd]
    said = [f"{first_of(both)}: learned in training, so the network takes this for normal"] if both else []
    return said + ([f"{first_of(new)}: not learned in training, and counted as normal here"] if new else [])


def lines(found: Anomalies, most: int) -> list[tuple[str, str]]:
    """What was looked at and what was found, as (label, text), where the `most` oddest examples are shown."""
    threshold = f"{found.threshold:.{found.decimals(most)}f}"
    held = count(len(found.detector.held))
    measure = "reconstruction error and distance in the code" if found.odd.error is not None else "distance in the code"
    said = [
        ("data", f"{found.data.name}, {plural(len(found.rows), 'example')}"),
        ("measure", f"{measure}, against {held} normal examples that were held back"),
        (
            "alarms",
            f"{count(found.found)} above {threshold}, which {found.rate:.3g} % of normal examples exceed",
        ),
    ]
    if found.truth is not None and found.area is not None:
        normal, alarms = ~found.truth, found.alarms
        said.append(
            (
                "known",
                f"ROC area {found.area:.3f}; {percent(float(alarms[found.truth].mean()))} of "
                f"{count(int(found.truth.sum()))} odd ones are found, {percent(float(alarms[normal].mean()))} of "
                f"{count(int(normal.sum()))} normal ones are false alarms",
            )
        )
    return said


def plain(found: Anomalies, most: int) -> list[dict[str, Any]]:
    """The oddest examples as plain values."""
    return [
        {
            "example": found.name(int(place)),
            "score": float(found.odd.score[place]),
            "error": None if found.odd.error is None else float(found.odd.error[place]),
            "distance": float(found.odd.distance[place]),
            "alarm": bool(found.alarms[place]),
            "why": found.why(int(place)),
        }
        for place in found.order[:most]
    ]
