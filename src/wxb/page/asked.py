"""What a run's network says of an example that the page sends: a picture, numbers, a row of a table, or a sentence."""

from __future__ import annotations

import csv
import io
from itertools import zip_longest
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from wxb.data.kinds import kind_of
from wxb.data.tables.tokens import words_of
from wxb.errors import WxbError
from wxb.page.answer import decoded
from wxb.page.inside import Inside
from wxb.page.numbers import MOST_LAYERS, numbers, rounded
from wxb.runs.inputs import reads_tokens
from wxb.runs.run import Run
from wxb.tasks import TASKS
from wxb.tasks.prediction import Prediction


class Asked(msgspec.Struct):
    """An example as JSON: the values of a picture or of features, the texts of a row by column, or a sentence."""

    values: list[Any] | None = None
    row: dict[str, str] | None = None
    sentence: str | None = None

    @property
    def words(self) -> list[str]:
        """The words of a sentence, or of a row with one."""
        return words_of(self.sentence or " ".join((self.row or {}).values()))


def said(inside: Inside, body: bytes, plain: bool, whole: bool) -> dict[str, Any]:
    """What the network says of the example in a body. Raises WxbError if it is none that the network takes."""
    run = inside.run
    values, notes = example_of(run, body, plain)
    if reads_tokens(run):
        return tagged(run, decoded(body, Asked).words if plain else [], values, notes)
    from wxb.views.layers import passed
    from wxb.views.subject import as_batch

    found = run.predictor.predict(values[:1])
    chances = found.probabilities_of(0)
    told = {
        "predicted": found.texts(0)[0],
        "answer": found.answer(0),
        "probabilities": None if chances is None else list(chances.items()),
        # a picture that is made again has numbers without names, which the answer holds
        "scores": list(zip(found.names, found.scores[0].tolist(), strict=True)) if found.names else [],
        "notes": [*notes, *found.notes],
        "example": picture_of(run, values),
    }
    if TASKS[run.summary.task].of_inputs:
        told["made"] = made_again(inside, values[:1], found)
    if whole:
        layers = [
            {"name": name, "shape": list(one.output.shape[1:]), "values": numbers(one.output[0].float().cpu().numpy())}
            for name, one in passed(inside.subject, as_batch(values[:1])).items()
            if len(one.output) == 1
        ]
        told["layers"] = layers[:MOST_LAYERS]
    return told


def tagged(run: Run, words: list[str], values: NDArray[Any], notes: tuple[str, ...]) -> dict[str, Any]:
    """Each word of a sentence with its tag and the tag's probability."""
    found = run.predictor.predict(values[:1])
    told = found.answer(0)
    return {
        "predicted": "",
        "probabilities": None,
        "scores": [],
        "notes": [*notes, *found.notes],
        "example": None,
        "tags": list(zip_longest(words, told["tags"], told["probabilities"], fillvalue="")),
    }


def made_again(inside: Inside, values: NDArray[Any], found: Prediction) -> dict[str, Any]:
    """An example as the network makes it again: a picture, or its features beside those given; and the error.

    The error is the root of the mean squared difference, which of pictures is in their greys; `usual` is that of the
    test part.
    """
    from wxb.views.plane import prepared

    given = prepared(inside.subject, values).reshape(1, -1).double().cpu().numpy()[0]
    made = found.values[0].astype(np.float64)
    test = inside.run.summary.test
    named = zip(found.names, given.tolist(), made.tolist(), strict=True) if found.names else ()
    spatial = kind_of(inside.run.summary.input).spatial
    return {
        "picture": rounded(made.reshape(inside.run.summary.input)) if spatial else None,
        "features": list(named),
        "error": float(np.sqrt(np.mean((made - given) ** 2))),
        "usual": None if test is None else msgspec.to_builtins(test).get("rmse"),
    }


def example_of(run: Run, body: bytes, plain: bool) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Examples (1, …) as the network takes them, and remarks on them."""
    from wxb.runs.inputs import read_bytes
    from wxb.runs.matching import like_training

    if not plain:
        read = read_bytes(body, "the file", run)
        return read.values[:], read.notes
    asked = decoded(body, Asked)
    if reads_tokens(run):
        if not (line := " ".join(asked.words)):
            raise WxbError("no word is given", fix="type a sentence")
        read = read_bytes(line.encode(), "the sentence", run)
        return read.values[:], read.notes
    if asked.row is not None:
        if not any(text.strip() for text in asked.row.values()):
            raise WxbError("no value is given", "an empty field is a missing value", "type one value at least")
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(asked.row)
        writer.writerow(asked.row.values())
        read = read_bytes(text.getvalue().encode(), "the row", run)
        return read.values[:], read.notes
    try:
        array = np.array(asked.values, np.uint8 if run.data.dtype == "uint8" else np.float32)
    except (ValueError, TypeError, OverflowError) as problem:
        raise WxbError("the values are no array of numbers", str(problem)) from problem
    return like_training(run, array.reshape(1, *array.shape)), ()


def picture_of(run: Run, values: NDArray[Any]) -> Any:
    """The example as the network sees it, if it is a picture."""
    return values[0].tolist() if kind_of(run.summary.input).spatial else None
