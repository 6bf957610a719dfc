"""Columns that tell the rows of a table apart and say nothing about them: row numbers, indexes, identifiers."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from wxb.data.tables.written import Numbers

COUNTER, INDEX, IDENTIFIER = "numbers the rows", "an index", "an identifier"
# what libraries call the index that they write, and people a row's number; an empty name is read as "column 1"
INDEX_NAME = re.compile(
    r"|column 1|index|unnamed: \d+(\.\d+)?|__index_level_\d+__|row( ?(id|num|number|names?))?|no\.?|nr\.?|#"
)
FEWEST = 20  # rows of which all numbers from 1 on, in any order, are no coincidence


def identity(name: str, numbers: Numbers, rows: NDArray[np.int64]) -> str | None:
    """Why a column of numbers only tells the rows apart; None if it does more. `rows` are their numbers in the file."""
    if (np.diff(numbers) == np.diff(rows)).all():
        return COUNTER
    if np.isnan(numbers).any() or (numbers != np.round(numbers)).any() or len(np.unique(numbers)) < len(numbers):
        return None
    if INDEX_NAME.fullmatch(name.strip().lower().replace("_", " ")) or INDEX_NAME.fullmatch(name.strip().lower()):
        return INDEX
    if name.lower() == "id" or name.endswith(("_id", "Id", "ID", " id", "-id")):
        return IDENTIFIER
    total = int(rows[-1]) + 1  # of the file, of which some may be left out
    if len(numbers) >= max(FEWEST, total / 2) and numbers.min() >= 0 and numbers.max() <= total:
        return COUNTER
    return None
