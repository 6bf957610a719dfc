"""Compare runs on the same test examples: scores, the examples that changed, and the settings that differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wxb.data.dataset import Dataset, fingerprint
from wxb.data.tables.encoding import Prepared, encoding
from wxb.errors import WxbError
from wxb.runs.evaluate import evaluate_rows
from wxb.runs.matching import decision_of, examples_of, target_offsets
from wxb.runs.provenance import need_unchanged
from wxb.runs.run import Run
from wxb.settings.setting import need
from wxb.tasks import TASKS
from wxb.tasks.evaluation import Difference, Evaluation
from wxb.tasks.prediction import Prediction
from wxb.text import count, shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHOWN = 10  # changed examples of either kind that a pair keeps


@dataclass(frozen=True)
class Change:
    """A test example for which two runs predict something else."""

    row: int  # of the data set, or its number in the file of a table; from 0
    file: str | None  # of a picture folder
    given: str
    first: str  # the first run's prediction
    other: str
    probability: float | None  # of the other's prediction; None if its head has no probabilities


@dataclass(frozen=True)
class Pair:
    """A run against the first.

    An example is better if the run is right and the first is not, or in regression if the run comes closer. The lists
    hold ten at most: the most confident, or those whose error changed most.
    """

    run: Path
    differences: dict[str, Difference]  # by measure: "accuracy", "exact_match", or "r2" and "rmse"
    p: float | None  # of McNemar's exact test; None in regression
    better: int
    worse: int
    now_right: tuple[Change, ...]
    now_wrong: tuple[Change, ...]


@dataclass(frozen=True)
class Comparison:
    """The result of `compare`; `pairs` holds each run but the first, against the first."""

    data: str
    task: str  # "classification", "multilabel", "regression"
    examples: int  # in the test part
    runs: tuple[Path, ...]
    scores: tuple[Evaluation, ...]  # of each run
    pairs: tuple[Pair, ...]
    settings: dict[str, tuple[Any, ...]]  # those that differ, one value per run; None if a run has no such setting
    notes: tuple[str, ...] = ()


def compare(runs: Sequence[Run | str | Path], data: Dataset | None = None) -> Comparison:
    """Compare finished runs on their test examples, each with the first.

    `data` is what they were trained on; it is loaded again if not given. Raises WxbError for fewer than two runs, for
    runs of other data or with other test examples, and if the data has changed since.
    """
    need("runs", runs, (list, tuple), "several runs, as objects or as paths of their folders")
    opened = [run if isinstance(run, Run) else Run.open(run) for run in runs]
    if len(opened) < 2:
        raise WxbError("a comparison needs at least two runs", fix="wxb compare RUN RUN; wxb runs lists them")
    for run in opened:
        run.need_finished("results")
    first = opened[0]
    for other in opened[1:]:
        _need_alike(first, other)
    loaded = first.load_data() if data is None else data
    need_unchanged(first.path, first.data, loaded)
    for other in opened[1:]:
        _need_unchanged(other, loaded)
    notes: tuple[str, ...] = ()
    if loaded.weights is not None:
        notes = (f"the examples have weights ({loaded.weight_name}); a comparison counts all the same",)
        loaded = replace(loaded, weights=None)
    rows = first.split.test
    if not len(rows):
        raise WxbError(
            f"{first.path} was not tested: its data have no test part",
            "runs are compared on the same test examples",
            "evaluate each on other data: wxb evaluate RUN FILE",
        )
    answers = [_answers(run, loaded, rows) for run in opened]
    return Comparison(
        data=loaded.name,
        task=loaded.task,
        examples=len(rows),
        runs=tuple(run.path for run in opened),
        scores=tuple(one.score for one in answers),
        pairs=tuple(
            _pair(run, answers[0], one, loaded, rows) for run, one in zip(opened[1:], answers[1:], strict=True)
        ),
        settings=_settings(opened),
        notes=notes,
    )


def _need_alike(first: Run, other: Run) -> None:
    """Raises WxbError, with the differences, if two runs were not tested on the same examples."""
    differences = []
    if _same_rows(first, other):
        return
    split = f"the split: {first.split.how}; {other.split.how}"
    if first.data.fingerprint != other.data.fingerprint:
        differences = [
            f"{word}: {_text(getattr(first.data, key))}; {_text(getattr(other.data, key))}"
            for key, word in (("name", "data"), ("task", "task"), ("examples", "examples"), ("classes", "classes"))
            if getattr(first.data, key) != getattr(other.data, key)
        ]
        if first.data.shape != other.data.shape:
            differences.append(f"one example: {shape(first.data.shape)}; {shape(other.data.shape)}")
        # the columns of a table are prepared by its training part
        same_split = first.split.how == other.split.how
        differences = differences or (["the content of some examples or their targets"] if same_split else [split])
    elif not np.array_equal(first.split.test, other.split.test):
        differences = [split]
    if differences:
        raise WxbError(
            f"{first.path} and {other.path} were not tested on the same examples",
            "\n".join(differences),
            "train both on the same data with the same `split` and, if it makes the split, the same `seed`",
        )


def _same_rows(first: Run, other: Run) -> bool:
    """Whether two runs on tables had the same targets in the same rows, and tested on the same ones.

    Their features may differ, because each run prepares the columns in its own way.
    """
    one, two = first.data, other.data
    return (
        one.table is not None
        and two.table is not None
        and (one.targets_fingerprint, one.classes, one.source.get("source"), one.source.get("test"))
        == (two.targets_fingerprint, two.classes, two.source.get("source"), two.source.get("test"))
        and np.array_equal(first.split.test, other.split.test)
    )


def _need_unchanged(run: Run, data: Dataset) -> None:
    """Raises WxbError if the rows, prepared as the run's were, are not those that it was trained on."""
    if run.preparation is None or data.columns is None or data.fingerprint == run.data.fingerprint:
        return
    rows = examples_of(run, data)
    prepared = rows if isinstance(rows, Prepared) else Prepared(rows, encoding(run.preparation))
    if fingerprint(data.task, data.classes, prepared, data.targets, *data.roles) != run.data.fingerprint:
        raise WxbError(f"the data has changed since {run.path} was trained", fix="bring the data back")


def _text(value: Any) -> str:
    return count(value) if isinstance(value, int) else ", ".join(value) if isinstance(value, tuple) else str(value)


def _settings(runs: list[Run]) -> dict[str, tuple[Any, ...]]:
    """The settings in which the runs differ, in the order of the first run."""
    names = dict.fromkeys(name for run in runs for name in run.settings)
    values = {name: tuple(run.settings.get(name) for run in runs) for name in names}
    return {name: ones for name, ones in values.items() if any(one != ones[0] for one in ones)}


@dataclass(frozen=True)
class _Answers:
    """One run's predictions for the test examples, and their evaluation."""

    score: Evaluation
    predicted: Prediction


def _answers(run: Run, data: Dataset, rows: NDArray[np.int64]) -> _Answers:
    from wxb.learning.evaluate import prediction

    scores, head, score = evaluate_rows(run, data, rows)
    return _Answers(score, prediction(scores, head, data.task, data.classes, target_offsets(run), decision_of(run)))


def _pair(run: Run, first: _Answers, other: _Answers, data: Dataset, rows: NDArray[np.int64]) -> Pair:
    targets = data.targets_in_units()[rows]
    task = TASKS[data.task]
    paired = task.compare(targets, first.predicted, other.predicted, run.seed)
    confidence = None if other.predicted.probabilities is None else other.predicted.confidence

    def change(place: int) -> Change:
        row = int(rows[place])
        return Change(
            row=data.row_number(row),
            file=data.files[row] if data.files else None,
            given=task.text(targets[place], data.classes),
            first=task.text(first.predicted.values[place], data.classes),
            other=task.text(other.predicted.values[place], data.classes),
            probability=None if confidence is None else float(confidence[place]),
        )

    def changed(places: NDArray[np.intp]) -> tuple[Change, ...]:
        largest = places[np.argsort(-paired.weight[places], kind="stable")][:SHOWN]
        return tuple(change(int(place)) for place in largest)

    return Pair(
        run=run.path,
        differences=paired.differences,
        p=paired.p,
        better=int((paired.gain > 0).sum()),
        worse=int((paired.gain < 0).sum()),
        now_right=changed(np.flatnonzero(paired.gain > 0)),
        now_wrong=changed(np.flatnonzero(paired.gain < 0)),
    )
