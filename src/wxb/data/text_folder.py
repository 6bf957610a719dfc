"""A folder of text files in class folders: a table of two columns, the text of each file and its class."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wxb.data.pictures.layout import File, Searched, Sought, reading_layout
from wxb.data.pictures.parts import TEST, TRAIN, VALIDATION
from wxb.data.pictures.refused import Refused, counted, listed
from wxb.data.pictures.tree import shown
from wxb.data.split import Fractions, keep_test, validation_share
from wxb.data.tables.choices import Choices
from wxb.data.tables.content import as_utf8, read_content
from wxb.data.tables.frame import Frame, frame_of
from wxb.data.tables.table import Table, read_like, read_table
from wxb.errors import WxbError
from wxb.settings.setting import PartRows, kinds_of

TEXT, CLASS = "text", "class"  # the columns
MOST_BYTES = 2**24  # of a file
CHOICES = Choices(types={TEXT: "text", CLASS: "category"}, missing=("",))


@dataclass(frozen=True, eq=False)
class Texts:
    """The table of a folder's texts, and the file of each row."""

    table: Table
    files: tuple[str, ...]


def text_of(path: Path, name: str) -> str:
    """The text of a file, in UTF-8, UTF-16 or UTF-32. Raises WxbError if it cannot be read as one."""
    data = b"".join(read_content(path))
    if len(data) > MOST_BYTES:
        raise WxbError(f"{name} is too large for a text: {len(data) / 2**20:.0f} MB", "at most 16 MB are read")
    try:
        return as_utf8(name, data)[0].decode()
    except WxbError as error:
        raise WxbError(error.what.replace("as CSV", "as a text"), error.detail, error.fix) from error


def frame_of_texts(texts: list[str], name: str, classes: list[str] | None = None) -> Frame:
    """Texts, and their classes if they are known, as a table."""
    import polars as pl

    columns = {TEXT: pl.Series(texts, dtype=pl.String)}
    if classes is not None:
        columns[CLASS] = pl.Series(classes, dtype=pl.String)
    return frame_of(pl.DataFrame(columns), name)


def read_folder(
    folder: Path,
    fractions: Fractions | PartRows,
    seed: int,
    like: Mapping[str, object] | None = None,
    types: str | None = None,
) -> Generator[Searched, None, Texts]:
    """Read a folder of class folders, or of folders of these for train, validation and test.

    `types` says how texts are read, as "text=words"; by default by their terms. Files that are no texts are left out
    and named in a note. With `like`, the table of a run, all texts are test.
    Yields the progress of the search. Raises WxbError if there are too few classes or texts.
    """
    sought = Sought("text.txt", "" if like is None else "wxb predict RUN FOLDER takes texts without classes")
    layout = yield from reading_layout(folder, sought=sought)
    left_out = list(layout.left_out)
    files: list[File] = []
    texts: list[str] = []
    for file in layout.files:
        try:
            texts.append(text_of(file.path, file.name))
            files.append(file)
        except WxbError as error:
            left_out.append(Refused(file.name, "not a text", error.detail))
    name = f"{shown(folder.name)}/"
    frame = frame_of_texts(texts, name, [layout.classes[file.class_number] for file in files])
    if like is not None:
        table = read_like(frame, like)
    else:
        parts = None if isinstance(fractions, PartRows) else _parts(files, layout.classes, fractions, seed)
        table = read_table(frame, (CLASS,), "classification", parts or fractions, seed, choices=_choices(types))
        if parts is not None:
            table = replace(table, split=replace(table.split, how=f"the parts of the folder, seed {seed}"))
    notes = [*layout.notes, *table.notes]
    if left_out:
        notes.append(f"{name}: {counted(left_out)} left out\n{listed(left_out)}")
    return Texts(replace(table, notes=tuple(notes)), tuple(files[row].name for row in table.numbers.tolist()))


def _choices(types: str | None) -> Choices:
    given = kinds_of(types or "")
    if other := [column for column, _ in given if column != TEXT]:
        raise WxbError(
            f"`types={other[0]}=…`: a folder of texts has one column to read, {TEXT}", fix='types="text=words"'
        )
    return replace(CHOICES, types={**CHOICES.types, **dict(given)})


def _parts(files: list[File], classes: tuple[str, ...], fractions: Fractions, seed: int) -> PartRows | None:
    """The rows of the parts that the folder is divided into; None if it has no test part.

    Validation is taken from the training part if the folder has none.
    """
    of_part = {
        part: np.array([row for row, file in enumerate(files) if file.part == part], dtype=np.int64)
        for part in (TRAIN, VALIDATION, TEST)
    }
    train, validation, test = of_part[TRAIN], of_part[VALIDATION], of_part[TEST]
    if not len(test):
        return None
    if not len(validation):
        numbers = np.array([file.class_number for file in files])
        split = keep_test(numbers, classes, train, test, seed, validation_share(fractions))
        train, validation = split.train, split.validation
    return PartRows(tuple(train.tolist()), tuple(validation.tolist()), tuple(test.tolist()))
