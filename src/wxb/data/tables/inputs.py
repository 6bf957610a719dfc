"""What a network takes of the rows of a table: features, or sentences of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from wxb.data.tables.columns import Preparation
from wxb.data.tables.encoding import Prepared, encoding
from wxb.data.tables.free_text import FreeText, bags
from wxb.data.tables.sentences import Sentences


def prepared(rows: NDArray[Any], preparation: Preparation, texts: Mapping[str, Sequence[str]]) -> Prepared:
    """The features of rows whose columns of free text hold places in `texts`, by the column's name.

    Rows of a network that reads words are sentences.
    """
    if preparation.vocabulary is not None:
        return Sentences(rows, preparation, texts)
    places = {name: place for place, name in enumerate(preparation.names)}
    of_texts = {
        places[column.name]: bags(column, texts[column.name])
        for column in preparation.texts
        if isinstance(column, FreeText)
    }
    return Prepared(rows, encoding(preparation), of_texts)
