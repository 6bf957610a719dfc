"""Classification: every example belongs to exactly one class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.tasks.classified import ClassificationPrediction, in_sets
from wxb.tasks.columns import TargetColumn, all_alike, numbers_of, whole_numbers_note
from wxb.tasks.conformal import Coverage, share_within
from wxb.tasks.decision import for_classes
from wxb.tasks.evaluation import MISTAKES, Evaluation, Mistake, Score
from wxb.tasks.measure import Interval, Measure
from wxb.tasks.metrics import (
    Bin,
    ClassScore,
    balanced_accuracy,
    calibration,
    class_scores,
    confusion,
    log_loss,
    mean,
    most_confused,
    roc_area,
    share,
)
from wxb.tasks.paired import compare_right
from wxb.tasks.prediction import Prediction
from wxb.tasks.task import Answers, Encoded, Floats, Ints, Paired, Targets, Task
from wxb.text import count, first_of, known_as, natural, number_name, plural

MOST_CLASSES = 20  # different whole numbers in a table that are taken for classes
ROWS_PER_CLASS = 5  # but only if there are so many rows for each, or only two classes
LISTED = 5  # classes in a remark
MOST_CONFUSED = 100  # classes of a confusion matrix, which grows with their square
WHOLE_NUMBERS = "iu"  # kinds of dtype: signed and unsigned
TEXTS = "US"

ACCURACY = Measure("accuracy", "accuracy", interval_key="interval")


@dataclass(frozen=True)
class ClassificationScore(Score):
    """Accuracy on the validation part."""

    accuracy: float
    measures: ClassVar[tuple[Measure, ...]] = (ACCURACY,)

    @property
    def value(self) -> float:
        """Accuracy."""
        return self.accuracy


@dataclass(frozen=True, repr=False)
class ClassificationEvaluation(Evaluation):
    """Accuracy with Wilson's interval, and what lies behind it."""

    accuracy: float
    balanced_accuracy: float
    roc_area: float | None  # of two classes
    log_loss: float | None  # None, like the calibration, if the head has no probabilities
    calibration_error: float | None
    calibration: tuple[Bin, ...]
    per_class: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]  # row: given, column: predicted, of the `confusion_classes`
    confusion_classes: tuple[str, ...]  # all classes, or of many the `MOST_CONFUSED` with the most mistakes
    measure: ClassVar[Measure] = ACCURACY

    def further(self) -> dict[str, Any]:
        return {
            name: getattr(self, name) for name in ("balanced_accuracy", "roc_area", "log_loss", "calibration_error")
        }

    def tables(self) -> dict[str, Any]:
        cut = len(self.confusion_classes) < len(self.per_class)
        return {
            "per_class": [asdict(one) for one in self.per_class],
            "confusion": [list(row) for row in self.confusion],
            **({"confusion_classes": list(self.confusion_classes)} if cut else {}),
            "calibration": [asdict(bin) for bin in self.calibration],
        }


class Classification(Task):
    """One class per example, stored as its number: (n,) int64."""

    name = "classification"
    word = "classes"
    heads = ("SOFTMAX", "SVM", "EUCLID")
    baseline = "majority"
    linear = "softmax"
    noun = "class"
    kind = "classes"
    measures = (
        ACCURACY,
        Measure("balanced_accuracy", "balanced accuracy"),
        Measure("roc_area", "area under the ROC curve", "score"),
        Measure("log_loss", "log loss", "amount"),
        Measure("calibration_error", "calibration error (expected, 15 bins)"),
    )
    validated = ClassificationScore.measures
    exclusive = True
    decides = True
    reachable = True

    def recognizes(self, array: NDArray[Any]) -> bool:
        """One column of texts, booleans or whole numbers."""
        if array.ndim == 2 and (array.shape[1] > 1 or np.isin(array, (0, 1)).all()):
            return False
        return array.dtype.kind in "biu" + TEXTS

    def from_array(self, array: NDArray[Any], names: tuple[str, ...] | None) -> Encoded:
        """Classes named after the values, in natural order; whole numbers may be places in `names`."""
        array = array.reshape(-1)
        different, codes = np.unique(array, return_inverse=True)
        texts = [
            value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value) for value in different
        ]
        if array.dtype.kind == "f":  # a class is called 1, not 1.0
            texts = [number_name(text) or text for text in texts]
        if array.dtype.kind in TEXTS:  # texts that look the same are one, as in a table
            known = set(names or ())
            alike = [text if text in known else normalize("NFC", text.strip()) for text in texts]
            texts = list(dict.fromkeys(alike))
            codes = np.array([texts.index(text) for text in alike])[codes.reshape(-1)]
        texts = texts if names is None else known_as(texts, names)
        if names is None:
            if array.dtype.kind == "b":
                texts, codes = ["False", "True"], array.astype(np.int64)
            _need_several(texts, array)
            if array.dtype.kind in TEXTS:
                names, places = _ordered(texts)
            else:  # NumPy has sorted the numbers
                names, places = tuple(texts), np.arange(len(texts))
        elif set(texts) <= set(names):
            places = np.array([names.index(text) for text in texts])
        elif array.dtype.kind in WHOLE_NUMBERS:
            _refuse_out_of_range(array.astype(np.int64), names)
            places = different.astype(np.int64)
        else:
            raise _unknown([text for text in texts if text not in names], "the targets", names)
        return Encoded(places[codes.reshape(-1)].astype(np.int64), names)

    def claims(self, columns: Sequence[TargetColumn]) -> bool:
        """One column of texts or booleans, or of few whole numbers."""
        if len(columns) != 1:
            return False
        numbers = columns[0].numbers
        if columns[0].texts is not None or numbers is None:
            return True
        different = np.unique(numbers)
        few = len(different) <= 2 or len(different) <= min(MOST_CLASSES, len(numbers) / ROWS_PER_CLASS)
        return few and bool((different == np.round(different)).all())

    def from_columns(
        self, columns: Sequence[TargetColumn], names: tuple[str, ...] | None = None, guessed: bool = False
    ) -> Encoded:
        """Classes named after the values of one column, numbers in order of size, texts in natural order."""
        if len(columns) > 1:
            raise WxbError(
                f'`task="classification"` is for one column, not for {", ".join(column.name for column in columns)}',
                "several columns are labels if they hold 0 and 1, else numbers",
            )
        (column,) = columns
        classes, codes = _as_classes(column)
        if names is not None:
            known = {name: place for place, name in enumerate(names)}
            unknown = [value for value in classes if value not in known]
            if unknown:
                raise _unknown(unknown, f"{column.name} of {column.table}", names)
            places = np.array([known[value] for value in classes], dtype=np.int64)
            return Encoded(places[codes], names)
        if len(classes) < 2:
            raise all_alike(column, classes[0])
        if len(classes) > max(2, len(codes) / 2):
            many = f"{count(len(classes))} different"
            if column.dates:
                what = f"{column.name} of {column.table} holds dates, {many} in {plural(len(codes), 'row')}"
                raise WxbError(what, *column.no_date)
            raise WxbError(
                f"{column.name} has {many} values in {plural(len(codes), 'row')}",
                "a class needs several rows",
                "another `target`" if column.numbers is None else '`task="regression"`',
            )
        notes = _same_numbers(column.name, classes)
        if guessed and column.texts is None:
            notes = (whole_numbers_note(column, len(classes), "classes", "regression", "numbers"),)
        return Encoded(codes, classes, notes)

    def strata(self, targets: Targets, names: tuple[str, ...]) -> tuple[Ints, list[str]]:
        present = np.unique(targets)
        return np.searchsorted(present, targets).astype(np.int64), [names[number] for number in present]

    def counts(self, targets: Targets, names: tuple[str, ...]) -> dict[str, int] | None:
        numbers = np.bincount(targets.astype(np.int64), minlength=len(names))
        return {name: int(number) for name, number in zip(names, numbers, strict=True)}

    def reordered(self, targets: Targets, places: Ints) -> Targets:
        return places[targets.astype(np.int64)].astype(np.int64)

    def samples(self, targets: Targets, names: tuple[str, ...]) -> Ints:
        return np.asarray(np.unique(targets, return_index=True)[1], np.int64)

    def columns(self, targets: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
        return targets

    def text(self, target: Any, names: tuple[str, ...]) -> str:
        return names[int(target)]

    def predict(self, scores: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(scores.argmax(axis=1))

    def prediction(
        self, scores: NDArray[np.float32], probabilities: NDArray[np.float32] | None, names: tuple[str, ...]
    ) -> ClassificationPrediction:
        return ClassificationPrediction(names, self.predict(scores), scores, probabilities)

    def decision(self, optimize: str, scores: Floats, targets: Targets, weights: Floats | None) -> Floats:
        return for_classes(optimize, scores, targets.astype(np.int64), weights)

    def no_limits(self, probabilities: bool) -> WxbError | None:
        if probabilities:
            return None
        return WxbError(
            "prediction sets need probabilities of the classes, and this network's head has none",
            fix="train a network that ends in SOFTMAX",
        )

    def nonconformity(self, targets: Targets, prediction: Prediction) -> Floats:
        """1 - the probability of the true class (Sadinle, Lei, Wasserman 2019, arXiv:1609.00451)."""
        assert prediction.probabilities is not None
        return (
            1 - prediction.probabilities[np.arange(len(targets)), targets.astype(np.int64)].astype(np.float64)[:, None]
        )

    def coverage(self, targets: Targets, prediction: Prediction) -> tuple[Coverage, ...]:
        if prediction.limits is None:
            return ()
        members = in_sets(prediction)
        within = members[np.arange(len(targets)), targets.astype(np.int64)]
        size = float(members.sum(axis=1).mean())
        return (Coverage(prediction.limits.level, *share_within(within), mean_size=size),)

    def constant(
        self, targets: Targets, names: tuple[str, ...], weights: Floats | None = None
    ) -> tuple[NDArray[Any], str]:
        """The most frequent class."""
        most = np.bincount(targets.astype(np.int64), weights=weights, minlength=len(names)).argmax()
        return np.asarray(most), f"always {names[int(most)]}"

    def scored(
        self, targets: Targets, values: NDArray[Any], seed: int, weights: Floats | None = None
    ) -> tuple[float, Interval]:
        return share(values == targets, weights)

    def validate(
        self, scores: NDArray[np.float32], targets: Targets, loss: float, weights: Floats | None = None
    ) -> ClassificationScore:
        return ClassificationScore(len(targets), loss, mean(self.predict(scores) == targets, weights))

    def evaluate(self, answers: Answers) -> ClassificationEvaluation:
        scores, probabilities, names = answers.scores, answers.probabilities, answers.names
        given, predicted = answers.targets.astype(np.int64), self.predict(answers.decided)
        right, every, weights = predicted == given, np.arange(len(given)), answers.weights
        accuracy, interval = share(right, weights)
        confused = most_confused(given, predicted, len(names), MOST_CONFUSED)
        per_class = class_scores(given, predicted, names, weights)
        error, losses, bins = None, None, ()  # type: float | None, float | None, tuple[Bin, ...]
        if probabilities is not None:
            error, bins = calibration(probabilities[every, predicted], right, weights=weights)
            losses = log_loss(probabilities[every, given], weights)
            confidence = probabilities[every, predicted]
        else:  # ranked by the lead of the wrong class over the given one
            confidence = scores[every, predicted] - scores[every, given]
        wrong = np.flatnonzero(~right)
        worst = wrong[np.argsort(-confidence[wrong], kind="stable")[:MISTAKES]]
        return ClassificationEvaluation(
            examples=len(given),
            loss=answers.loss,
            mistakes=tuple(
                Mistake(
                    int(answers.rows[i]),
                    names[given[i]],
                    names[predicted[i]],
                    None if probabilities is None else float(confidence[i]),
                )
                for i in worst
            ),
            accuracy=accuracy,
            interval=interval,
            weighted=weights is not None,
            balanced_accuracy=balanced_accuracy(per_class),
            roc_area=roc_area(given == 1, scores[:, 1] - scores[:, 0], weights) if len(names) == 2 else None,
            log_loss=losses,
            calibration_error=error,
            calibration=bins,
            per_class=per_class,
            confusion=tuple(tuple(row) for row in confusion(given, predicted, confused).tolist()),
            confusion_classes=tuple(names[number] for number in confused),
        )

    def compare(self, targets: Targets, first: Prediction, second: Prediction, seed: int) -> Paired:
        return compare_right("accuracy", first.values == targets, second.values == targets, second.confidence)

    def about(self, number: int) -> str:
        return f"in {plural(number, 'class', 'classes')}"


def _as_classes(column: TargetColumn) -> tuple[tuple[str, ...], Ints]:
    """A column's values as names in order, and the place of each row's: "1", "2.5" by size, texts in natural order."""
    if column.texts is None or column.codes is None:
        numbers, codes = np.unique(numbers_of([column])[:, 0], return_inverse=True)
        # the shortest text that tells float64 numbers apart, without a point for whole ones
        names = [str(int(value)) if value == np.round(value) else repr(float(value)) for value in numbers]
        return tuple(names), codes.reshape(-1).astype(np.int64)
    order, places = _ordered(column.texts)
    return order, places[column.codes]


def _ordered(texts: Sequence[str]) -> tuple[tuple[str, ...], Ints]:
    """Texts in natural order, and the place of each in that order."""
    order = tuple(sorted(texts, key=natural))
    places = {text: place for place, text in enumerate(order)}
    return order, np.array([places[text] for text in texts], dtype=np.int64)


def _same_numbers(column: str, classes: Sequence[str]) -> tuple[str, ...]:
    """The remark on classes that are one number written in two ways, such as 1 and 1.0."""
    ways: dict[str, list[str]] = {}
    for name in classes:
        ways.setdefault(number_name(name) or name, []).append(name)
    twice = [" and ".join(names) for names in ways.values() if len(names) > 1]
    if not twice:
        return ()
    numbers = all(number_name(name) for name in classes)
    way = f'`types="{column}=number"` makes one of them' if numbers else "written alike they are one"
    return (f"{column} has classes that are the same number, {first_of(twice, LISTED)}; {way}",)


def _unknown(values: Sequence[str], where: str, names: tuple[str, ...]) -> WxbError:
    return WxbError(
        f"unknown class{'es' * (len(values) > 1)} in {where}: {first_of(values)}",
        f"expected {first_of(names, 20)}",
    )


def _need_several(texts: Sequence[str], array: NDArray[Any]) -> None:
    if len(texts) < 2:
        raise WxbError(
            f"all examples are of one class, {texts[0]}", "expected at least two", "examples of a second class"
        )
    if len(texts) > max(2, len(array) / 2):
        raise WxbError(
            f"{count(len(texts))} classes in {count(len(array))} examples",
            "a class needs several examples",
            "targets.astype(float), if they are numbers to predict" * (array.dtype.kind in WHOLE_NUMBERS),
        )


def _refuse_out_of_range(targets: Ints, names: tuple[str, ...]) -> None:
    wrong = np.flatnonzero((targets < 0) | (targets >= len(names)))
    if len(wrong):
        raise WxbError(
            f"{count(len(wrong))} of {plural(len(targets), 'label')} {'is' if len(wrong) == 1 else 'are'} out of range",
            f"the first is {targets[wrong[0]]} at row {count(int(wrong[0]))}; expected 0 to {len(names) - 1}, "
            f"{len(names)} classes: {first_of(names)}",
        )
