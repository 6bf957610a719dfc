"""Tags: every word of a sentence has a tag, such as the beginning of a person's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.randomness import generator
from wxb.tasks.columns import TargetColumn, all_alike
from wxb.tasks.entities import OUTSIDE, Entity, entities, has_entities, in_words, nonsense
from wxb.tasks.evaluation import MISTAKES, Difference, Evaluation, Mistake, Score
from wxb.tasks.measure import Interval, Measure
from wxb.tasks.metrics import ClassScore, class_score
from wxb.tasks.prediction import Prediction
from wxb.tasks.task import Answers, Encoded, Floats, Ints, Paired, Targets, Task
from wxb.text import count, first_of, natural, plural

BETWEEN = "\x1f"  # the words of a sentence, and its tags, in a column of sentences: "unit separator" in ASCII
NO_WORD = -1  # the target of a place after the end of its sentence
NO_SCORE = -1e9  # the scores there; those of words are far above
MOST_TAGS = 1_000
LISTED = 5  # transitions in a remark
SHOWN = 8  # tags of a mistake that are shown

F1 = Measure("f1", "F1 of entities", label="F1", interval_key="interval")
WORDS = Measure("word_accuracy", "accuracy of words", label="words")


@dataclass(frozen=True)
class TagScore(Score):
    """F1 of entities and accuracy of words on the validation part."""

    f1: float
    word_accuracy: float
    measures: ClassVar[tuple[Measure, ...]] = (F1, WORDS)

    @property
    def value(self) -> float:
        """F1."""
        return self.f1


@dataclass(frozen=True, repr=False)
class TagEvaluation(Evaluation):
    """F1 of entities with a bootstrapped interval over sentences, and what lies behind it."""

    f1: float
    precision: float
    recall: float
    word_accuracy: float
    words: int
    per_class: tuple[ClassScore, ...]  # of each type of entity
    nonsense: tuple[
        tuple[str, int], ...
    ]  # transitions of what is predicted that make no sense, the most frequent first
    given_nonsense: int  # how many transitions of the given tags make none
    measure: ClassVar[Measure] = F1

    def summary(self) -> dict[str, Any]:
        return {**super().summary(), "word_accuracy": self.word_accuracy}

    def further(self) -> dict[str, Any]:
        broken = sum(number for _, number in self.nonsense)
        return {"precision": self.precision, "recall": self.recall, "nonsense": float(broken)}

    def tables(self) -> dict[str, Any]:
        return {
            "per_class": [asdict(one) for one in self.per_class],
            "nonsense": [{"transition": name, "times": number} for name, number in self.nonsense],
            "given_nonsense": self.given_nonsense,
        }


class TagPrediction(Prediction):
    """Predicted tags; `values` (n, places) holds their numbers, −1 after the end of a sentence."""

    @property
    def tags(self) -> tuple[tuple[str, ...], ...]:
        return tuple(_named(row, self.names) for row in self.values)

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The probability of the least certain tag of each sentence."""
        if self.probabilities is None:
            return np.zeros(len(self))
        best = np.where(self.values == NO_WORD, 1.0, self.probabilities.max(axis=1)[:, : self.values.shape[1]])
        return np.asarray(best.min(axis=1), np.float64)

    @property
    def columns(self) -> tuple[str, ...]:
        return ("tags",)

    def cells(self, place: int) -> list[Any]:
        return [" ".join(self.tags[place])]

    def answer(self, place: int) -> dict[str, Any]:
        tags = _named(self.values[place], self.names)
        found: dict[str, Any] = {"tags": list(tags)}
        if self.probabilities is not None:
            best = self.probabilities[place].max(axis=0)[: len(tags)].tolist()
            found["probabilities"] = best
        return found

    def texts(self, place: int) -> tuple[str, ...]:
        return (" ".join(_named(self.values[place], self.names)),)

    def probabilities_of(self, place: int) -> dict[str, float] | None:
        return None


class Tags(Task):
    """A tag for each word of a sentence, stored as numbers (n, places) int64, −1 after the end of a sentence."""

    name = "tags"
    word = "tags"
    heads = ("TAGS",)
    of_words = True
    baseline = "majority"
    linear = "softmax"
    noun = "type"
    counted = "tag"
    kind = "tags of words"
    worst = "The worst tagged sentences"
    changed = ("better", "worse")
    measures = (F1, WORDS)
    shown = 2
    validated = TagScore.measures
    reachable = True

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        self.names = names  # of the tags, which say where entities begin; without them each word is one

    def of(self, names: tuple[str, ...]) -> Tags:
        return Tags(names)

    def recognizes(self, array: NDArray[Any]) -> bool:
        return False

    def from_array(self, array: NDArray[Any], names: tuple[str, ...] | None) -> Encoded:
        raise WxbError("tags come with their words", "an array was given", "a table of tokens, or a CoNLL file")

    def claims(self, columns: Sequence[TargetColumn]) -> bool:
        return False

    def from_columns(
        self, columns: Sequence[TargetColumn], names: tuple[str, ...] | None = None, guessed: bool = False
    ) -> Encoded:
        """Tags named in natural order, O first; those of a sentence stand in one text with BETWEEN between them."""
        (column,) = columns
        if column.texts is None or column.codes is None:
            raise WxbError(f"{column.name} of {column.table} holds numbers, no tags")
        split = [text.split(BETWEEN) for text in column.texts]
        different = {tag for tags in split for tag in tags}
        if names is None:
            if len(different) < 2:
                raise all_alike(column, next(iter(different), ""))
            if len(different) > MOST_TAGS:
                raise WxbError(f"{column.name} has {count(len(different))} different tags", f"at most {MOST_TAGS:,}")
            names = tuple(sorted(different, key=lambda tag: (tag != OUTSIDE, natural(tag))))
        place = {name: number for number, name in enumerate(names)}
        if unknown := sorted(different - set(names)):
            raise WxbError(
                f"unknown tag{'s' * (len(unknown) > 1)} in {column.name} of {column.table}: {first_of(unknown)}",
                f"expected {first_of(names, 20)}",
            )
        rows = np.full((len(split), max(map(len, split), default=1)), NO_WORD, np.int64)
        for row, tags in enumerate(split):
            rows[row, : len(tags)] = [place[tag] for tag in tags]
        targets = rows[column.codes]
        return Encoded(targets, names, _remarks(targets, names))

    def strata(self, targets: Targets, names: tuple[str, ...]) -> tuple[Ints, list[str]]:
        """Sentences with an entity, or several words of another tag than O, and those without."""
        outside = names.index(OUTSIDE) if OUTSIDE in names else NO_WORD
        some = ((targets != outside) & (targets != NO_WORD)).any(axis=1).astype(np.int64)
        present, codes = np.unique(some, return_inverse=True)
        return codes.reshape(-1).astype(np.int64), [("no entity", "entities")[number] for number in present]

    def counts(self, targets: Targets, names: tuple[str, ...]) -> dict[str, int] | None:
        """How many words have each tag."""
        numbers = np.bincount(targets[targets != NO_WORD].astype(np.int64), minlength=len(names))
        return {name: int(number) for name, number in zip(names, numbers, strict=True)}

    def reordered(self, targets: Targets, places: Ints) -> Targets:
        moved: Ints = np.where(targets == NO_WORD, NO_WORD, places[targets.astype(np.int64)]).astype(np.int64)
        return moved

    def columns(self, targets: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
        return targets

    def text(self, target: Any, names: tuple[str, ...]) -> str:
        tags = _named(np.asarray(target), names)
        return " ".join(tags[:SHOWN]) + " …" * (len(tags) > SHOWN)

    def predict(self, scores: NDArray[Any]) -> NDArray[Any]:
        """Scores (n, tags, places), `NO_SCORE` where there is no word → tags (n, places)."""
        return np.where(scores.max(axis=1) <= NO_SCORE, NO_WORD, scores.argmax(axis=1))

    def prediction(
        self, scores: NDArray[np.float32], probabilities: NDArray[np.float32] | None, names: tuple[str, ...]
    ) -> TagPrediction:
        return TagPrediction(names, self.predict(scores), scores, probabilities)

    def constant(
        self, targets: Targets, names: tuple[str, ...], weights: Floats | None = None
    ) -> tuple[NDArray[Any], str]:
        """The most frequent tag for every word."""
        most = np.bincount(targets[targets != NO_WORD].astype(np.int64), minlength=len(names)).argmax()
        return np.full(targets.shape[1], most), f"always {names[int(most)]}"

    def scored(
        self, targets: Targets, values: NDArray[Any], seed: int, weights: Floats | None = None
    ) -> tuple[float, Interval]:
        hits, said, given = _entity_counts(targets, fitting(values, targets.shape[1]), self.names)
        return f1_of(hits, said, given, weights), bootstrapped(hits, said, given, seed, weights)

    def each(self, targets: Targets, values: NDArray[Any]) -> Floats:
        """The share of words with the right tag."""
        return _right(targets, values)

    def validate(
        self, scores: NDArray[np.float32], targets: Targets, loss: float, weights: Floats | None = None
    ) -> TagScore:
        values = fitting(self.predict(scores), targets.shape[1])
        hits, said, given = _entity_counts(targets, values, self.names)
        right = (targets == values)[targets != NO_WORD]
        return TagScore(len(targets), loss, f1_of(hits, said, given, weights), float(right.mean()))

    def evaluate(self, answers: Answers) -> TagEvaluation:
        names, targets = answers.names, answers.targets.astype(np.int64)
        values = fitting(self.predict(answers.scores), targets.shape[1])
        given = [_named(row, names) for row in targets]
        said = [_named(row, names)[: len(one)] for row, one in zip(values, given, strict=True)]
        of = entities if has_entities(names) else in_words
        there, found = [of(tags) for tags in given], [of(tags) for tags in said]
        both = [set(one) & set(other) for one, other in zip(there, found, strict=True)]
        hits, many, all_given = (np.array([len(one) for one in each], np.float64) for each in (both, found, there))
        broken: Counter[tuple[str, str]] = Counter()
        for tags in said if of is entities else ():
            broken.update(nonsense(tags))
        weights = answers.weights
        f1, wrong = f1_of(hits, many, all_given, weights), many + all_given - 2 * hits
        totals = [float(one.sum() if weights is None else one @ weights) for one in (hits, many, all_given)]
        worst = [int(place) for place in np.argsort(-wrong, kind="stable")[:MISTAKES] if wrong[place] > 0]
        right = (targets == values)[targets != NO_WORD]
        return TagEvaluation(
            examples=len(targets),
            loss=answers.loss,
            interval=bootstrapped(hits, many, all_given, answers.seed, weights),
            mistakes=tuple(self._mistake(answers, place, there[place], found[place]) for place in worst),
            weighted=weights is not None,
            f1=f1,
            precision=totals[0] / totals[1] if totals[1] else 0.0,
            recall=totals[0] / totals[2] if totals[2] else 0.0,
            word_accuracy=float(right.mean()),
            words=len(right),
            per_class=_by_kind(there, found),
            nonsense=tuple((_transition(*which), number) for which, number in broken.most_common()),
            given_nonsense=sum(sum(nonsense(tags).values()) for tags in given) if of is entities else 0,
        )

    def _mistake(self, answers: Answers, place: int, there: list[Entity], found: list[Entity]) -> Mistake:
        missed = [one for one in there if one not in found]
        wrong = [one for one in found if one not in there]
        texts = [", ".join(_place(one) for one in some[:3]) + ", …" * (len(some) > 3) for some in (missed, wrong)]
        return Mistake(int(answers.rows[place]), texts[0] or "no other", texts[1] or "none", None)

    def compare(self, targets: Targets, first: Prediction, second: Prediction, seed: int) -> Paired:
        """Entities of both against the given ones; the interval is a bootstrap over sentences, the same for both."""
        before, after = (
            _entity_counts(targets, fitting(one.values, targets.shape[1]), one.names) for one in (first, second)
        )
        draw, drawn = generator(seed, "paired bootstrap"), []
        for _ in range(1000):
            rows = draw.integers(0, len(targets), len(targets))
            drawn.append(f1_of(*(one[rows] for one in after)) - f1_of(*(one[rows] for one in before)))
        low, high = np.quantile(drawn, [0.025, 0.975])
        gain = np.asarray(after[0] - before[0] - ((after[1] - before[1]) - (after[0] - before[0])), np.float64)
        difference = Difference(f1_of(*after) - f1_of(*before), (float(low), float(high)))
        return Paired({"f1": difference}, None, np.sign(gain), np.abs(gain))

    def table(self, tables: Mapping[str, Any]) -> tuple[list[str], list[list[str]]] | None:
        found = super().table(tables)
        if found is None:
            return None
        head, rows = found
        return [*head[:-1], "entities"], rows

    def about(self, number: int) -> str:
        return f"with {plural(number, 'tag')}"


Counts = tuple[Floats, Floats, Floats]  # of each sentence: entities that are right, that are predicted, that are given


def fitting(values: NDArray[Any], places: int) -> NDArray[Any]:
    """Tags (n, …) cut or filled up to so many places."""
    if values.shape[1] >= places:
        return values[:, :places]
    return np.pad(values, ((0, 0), (0, places - values.shape[1])), constant_values=NO_WORD)


def _named(row: NDArray[Any], names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(names[int(number)] for number in row if number != NO_WORD)


def _place(entity: Entity) -> str:
    words = f"word {entity.start + 1}" if entity.start == entity.end else f"words {entity.start + 1}–{entity.end + 1}"
    return f"{entity.kind} {words}"


def _transition(before: str, tag: str) -> str:
    return f"{tag} after {before}" if before else f"{tag} at the start"


def _entity_counts(targets: Targets, values: NDArray[Any], names: tuple[str, ...]) -> Counts:
    """The counts of entities of tags (n, places); without names each word is one."""
    names = names or tuple(map(str, range(1 + max(int(targets.max()), int(values.max())))))
    of = entities if has_entities(names) else in_words
    counts = np.zeros((3, len(targets)))
    for row, (given, said) in enumerate(zip(targets, values, strict=True)):
        there = of(_named(given, names))
        found = of(_named(said, names)[: int((given != NO_WORD).sum())])
        counts[:, row] = len(set(there) & set(found)), len(found), len(there)
    return counts[0], counts[1], counts[2]


def f1_of(hits: Floats, said: Floats, given: Floats, weights: Floats | None = None) -> float:
    """2 · right / (predicted + given) over all sentences; 1 if there is no entity and none is predicted."""
    right, both = (float(one.sum() if weights is None else one @ weights) for one in (hits, said + given))
    return 2 * right / both if both else 1.0


def bootstrapped(hits: Floats, said: Floats, given: Floats, seed: int, weights: Floats | None = None) -> Interval:
    """The 95 % interval of `f1_of`: a percentile bootstrap over sentences (Efron 1979)."""
    draw = generator(seed, "bootstrap")
    drawn = []
    for _ in range(1000 if len(hits) <= 20_000 else 200):
        rows = draw.integers(0, len(hits), len(hits))
        drawn.append(f1_of(hits[rows], said[rows], given[rows], None if weights is None else weights[rows]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def _right(targets: Targets, values: NDArray[Any]) -> Floats:
    """The share of words of each sentence whose tag is right (n,)."""
    there = targets != NO_WORD
    right = (targets == fitting(values, targets.shape[1])) & there
    return np.asarray(right.sum(axis=1) / np.maximum(1, there.sum(axis=1)), np.float64)


def _by_kind(there: Sequence[list[Entity]], found: Sequence[list[Entity]]) -> tuple[ClassScore, ...]:
    """Precision, recall and F1 of each type of entity."""
    given, said, hits = Counter[str](), Counter[str](), Counter[str]()
    for one, other in zip(there, found, strict=True):
        given.update(entity.kind for entity in one)
        said.update(entity.kind for entity in other)
        hits.update(entity.kind for entity in set(one) & set(other))
    kinds = sorted({*given, *said}, key=natural)
    return tuple(class_score(kind, hits[kind], said[kind], given[kind], given[kind]) for kind in kinds)


def _remarks(targets: Ints, names: tuple[str, ...]) -> tuple[str, ...]:
    """The remark on given tags whose order makes no sense."""
    if not has_entities(names):
        return ("the tags mark no entities by B- and I-: each word counts as one",)
    found: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], int] = {}
    for row, numbers in enumerate(targets):
        for which, number in nonsense(_named(numbers, names)).items():
            found[which] += number
            first.setdefault(which, row)
    if not found:
        return ()
    listed = first_of(
        [
            f"{_transition(*which)} ({number}, first in sentence {first[which]})"
            for which, number in found.most_common()
        ],
        LISTED,
    )
    return (f"{plural(sum(found.values()), 'transition')} of the tags make no sense: {listed}; taken as they are",)
