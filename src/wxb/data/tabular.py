"""A folder of texts as a data set."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path

from wxb.data.dataset import Dataset
from wxb.data.pictures.layout import Searched
from wxb.data.pictures.tree import is_picture_name, shown, walk
from wxb.data.split import Fractions
from wxb.settings.setting import PartRows

Shares = Fractions | PartRows
TEXT_SUFFIXES = (".txt", ".text", ".md", ".eml")
LOOKED_AT = 200  # files whose names tell what a folder holds


def is_text_name(name: str) -> bool:
    """Whether a file's name has the ending of a text."""
    return name.lower().endswith(TEXT_SUFFIXES)


def holds_texts(folder: Path) -> bool:
    """Whether the first files below a folder are texts, and none is a picture."""
    texts = 0
    for place, entry in enumerate(walk(folder)):
        if place >= LOOKED_AT:
            break
        if is_picture_name(entry.path.name):
            return False
        texts += not entry.why and is_text_name(entry.path.name)
    return texts > 0


def of_texts(
    folder: Path, fractions: Shares, seed: int, like: Mapping[str, object] | None, types: str | None = None
) -> Generator[Searched, None, Dataset]:
    """The texts in a folder of class folders (text_folder.read_folder). Yields the progress of the search."""
    from wxb.data.tables.load import dataset_of
    from wxb.data.text_folder import read_folder  # imports polars

    texts = yield from read_folder(folder, fractions, seed, like, types)
    return dataset_of(shown(folder.name), texts.table, texts.files)
