"""Runs side by side: the same test examples, how far the scores differ, which examples changed, which settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wxb.data.dataset import Dataset
from wxb.errors import WxbError
from wxb.runs.evaluate import Evaluation, evaluate
from wxb.runs.inputs import examples_of, target_offsets, targets_of
from wxb.runs.paired import Interval, bootstrap, mcnemar, newcombe
from wxb.runs.predict import Prediction, machine_of, prediction
from wxb.runs.provenance import changes
from wxb.runs.run import Run
from wxb.text import count, shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHOWN = 10  # changed examples of either kind that a pair keeps


@dataclass(frozen=True)
class Difference:
    """How far a score of a run lies above the first run's; the interval holds 95 %."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Change:
    """A test example that two runs answer otherwise."""

    row: int  # of the data set
    file: str | None  # of a picture folder
    given: str
    first: str  # what the first run says
    other: str
    probability: float | None  # of what the other says; None where its head has no probabilities


@dataclass(frozen=True)
class Pair:
    """A run against the first.

    An example is better where the run is right and the first is not; of numbers, where the run comes closer. The lists
    hold the first ten: the most confident, or those whose error changed most.
    """

    run: Path
    differences: dict[str, Difference]  # "accuracy", or "r2" and "rmse"
    p: float | None  # of McNemar's exact test; None of numbers
    better: int
    worse: int
    now_right: tuple[Change, ...]
    now_wrong: tuple[Change, ...]


@dataclass(frozen=True)
class Comparison:
    """What `compare` finds; `pairs` holds each run but the first, against the first."""

    data: str
    task: str  # "classes", "labels", "numbers"
    examples: int  # that the runs are tested on
    runs: tuple[Path, ...]
    scores: tuple[Evaluation, ...]  # of each run
    pairs: tuple[Pair, ...]
    settings: dict[str, tuple[Any, ...]]  # those that differ: a value a run, None where a run has no such setting


def compare(runs: Sequence[Run | str | Path], data: Dataset | None = None) -> Comparison:
    """Compares finished runs on their test examples, each with the first.

    `data` is what they were trained on; without it, it is loaded again. Raises WxbError for fewer than two runs, for
    runs of other data or with other test examples, and where the data has changed since.
    """
    opened = [run if isinstance(run, Run) else Run.open(run) for run in runs]
    if len(opened) < 2:
        raise WxbError("a comparison needs at least two runs", fix="wxb compare RUN RUN; wxb runs lists them")
    first = opened[0]
    for other in opened[1:]:
        _need_alike(first, other)
    loaded = first.load_data() if data is None else data
    if found := changes(first.data, loaded):
        raise WxbError(f"the data has changed since {first.path} was trained", "\n".join(found), "bring the data back")
    rows = first.split.test
    if not len(rows):
        raise WxbError(f"{first.path} has no test examples; there is nothing to compare on")
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
    )


def _need_alike(first: Run, other: Run) -> None:
    """Raises WxbError, with what differs, where two runs were not tested on the same examples."""
    found = []
    split = f"the split: {first.split.how}; {other.split.how}"
    if first.data.fingerprint != other.data.fingerprint:
        found = [
            f"{word}: {_said(getattr(first.data, key))}; {_said(getattr(other.data, key))}"
            for key, word in (("name", "data"), ("task", "task"), ("examples", "examples"), ("classes", "classes"))
            if getattr(first.data, key) != getattr(other.data, key)
        ]
        if first.data.shape != other.data.shape:
            found.append(f"one example: {shape(first.data.shape)}; {shape(other.data.shape)}")
        # the columns of a table are prepared by its training part
        same_split = first.split.how == other.split.how
        found = found or (["the content of some examples or their targets"] if same_split else [split])
    elif not np.array_equal(first.split.test, other.split.test):
        found = [split]
    if found:
        raise WxbError(
            f"{first.path} and {other.path} were not tested on the same examples",
            "\n".join(found),
            "train both on the same data with the same --split, and the same --seed where it makes the split",
        )


def _said(value: Any) -> str:
    return count(value) if isinstance(value, int) else ", ".join(value) if isinstance(value, tuple) else str(value)


def _settings(runs: list[Run]) -> dict[str, tuple[Any, ...]]:
    """The settings in which the runs differ, as the first has them in order."""
    names = dict.fromkeys(name for run in runs for name in run.settings)
    values = {name: tuple(run.settings.get(name) for run in runs) for name in names}
    return {name: found for name, found in values.items() if any(one != found[0] for one in found)}


@dataclass(frozen=True)
class _Answers:
    """One run's on the test examples."""

    score: Evaluation
    said: Prediction
    confidence: NDArray[np.float64]  # (n,): the probability of what is said, or how far it is ahead; of numbers zeros


def _answers(run: Run, data: Dataset, rows: NDArray[np.int64]) -> _Answers:
    from wxb.learning.inference import logits

    examples, offsets = examples_of(run, data), target_offsets(run)
    machine = machine_of(run)
    model = run.model().to(machine.device)
    scores = logits(model, examples, machine, rows=rows)
    seed = run.seed
    targets = targets_of(run, data)[rows]
    score = evaluate(scores, targets, model.head, data.task, data.classes, rows, seed, offsets)
    said = prediction(scores, model.head, data.task, data.classes, offsets)
    return _Answers(score, said, _confidence(said, scores.double().numpy()))


def _confidence(said: Prediction, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of classes the probability, or the lead over the second; of labels that of the least certain label."""
    if said.task == "numbers":
        return np.zeros(len(said))
    if said.task == "labels":
        sure = np.abs(scores) if said.probabilities is None else np.maximum(said.probabilities, 1 - said.probabilities)
        return np.asarray(sure.min(axis=1), np.float64)
    if said.probabilities is not None:
        return np.asarray(said.probabilities.max(axis=1), np.float64)
    ordered = np.sort(scores, axis=1)
    return np.asarray(ordered[:, -1] - ordered[:, -2], np.float64)


def _pair(run: Run, first: _Answers, other: _Answers, data: Dataset, rows: NDArray[np.int64]) -> Pair:
    targets = _in_units(data)[rows]
    if data.task == "numbers":
        assert first.said.values is not None and other.said.values is not None  # noqa: PT018
        given, before, after = (array.astype(np.float64) for array in (targets, first.said.values, other.said.values))
        seed = run.seed
        found = bootstrap(given, before, after, seed)
        spread = np.where(given.std(axis=0) > 0, given.std(axis=0), 1)
        off_before, off_after = (np.linalg.norm((given - one) / spread, axis=1) for one in (before, after))
        gain = np.sign(off_before - off_after)
        weight = np.abs(off_before - off_after)  # in standard deviations of the targets
        p = None
        differences = {name: Difference(*one) for name, one in found.items()}
    else:
        right, was_right = _right(other.said, targets), _right(first.said, targets)
        gained, lost = int((right & ~was_right).sum()), int((was_right & ~right).sum())
        both, neither = int((right & was_right).sum()), int((~right & ~was_right).sum())
        p = mcnemar(gained, lost)
        interval = newcombe(both, gained, lost, neither)
        differences = {"accuracy": Difference((gained - lost) / len(targets), interval)}
        gain = right.astype(np.float64) - was_right
        weight = other.confidence

    def changed(places: NDArray[np.intp]) -> tuple[Change, ...]:
        first_ones = places[np.argsort(-weight[places], kind="stable")][:SHOWN]
        return tuple(_change(first, other, data, rows, int(place)) for place in first_ones)

    return Pair(
        run=run.path,
        differences=differences,
        p=p,
        better=int((gain > 0).sum()),
        worse=int((gain < 0).sum()),
        now_right=changed(np.flatnonzero(gain > 0)),
        now_wrong=changed(np.flatnonzero(gain < 0)),
    )


def _in_units(data: Dataset) -> NDArray[Any]:
    """The targets, numbers in their own units."""
    return data.targets + data.target_offsets if data.task == "numbers" else data.targets


def _right(said: Prediction, targets: NDArray[Any]) -> NDArray[np.bool_]:
    """(n,): whether the class, or every label, is the given one."""
    assert said.numbers is not None
    same = said.numbers == (targets > 0.5) if said.task == "labels" else said.numbers == targets
    return np.asarray(same.all(axis=1) if same.ndim > 1 else same)


def _change(first: _Answers, other: _Answers, data: Dataset, rows: NDArray[np.int64], place: int) -> Change:
    row = int(rows[place])
    has_probability = data.task != "numbers" and other.said.probabilities is not None
    return Change(
        row=row,
        file=data.files[row] if data.files else None,
        given=_answer(data.task, data.classes, _in_units(data)[row]),
        first=_answer(data.task, data.classes, _of(first.said)[place]),
        other=_answer(data.task, data.classes, _of(other.said)[place]),
        probability=float(other.confidence[place]) if has_probability else None,
    )


def _of(said: Prediction) -> NDArray[Any]:
    found = said.values if said.numbers is None else said.numbers
    assert found is not None
    return found


def _answer(task: str, names: tuple[str, ...], value: Any) -> str:
    """A class's name, the labels that hold, or the numbers."""
    if task == "classes":
        return names[int(value)]
    if task == "labels":
        return ", ".join(name for name, one in zip(names, value, strict=True) if one > 0.5) or "none"
    numbers = [f"{one:.4g}" for one in np.atleast_1d(value)]
    return numbers[0] if len(names) == 1 else ", ".join(f"{n} {one}" for n, one in zip(names, numbers, strict=True))
