"""What a person says of a run: a name, tags and a note, in a file of the run's folder that training never reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from wxb.errors import WxbError
from wxb.paths import exists
from wxb.runs.folder import LABEL
from wxb.storage import decode, json_text, read, write

MOST_NAME, MOST_TAGS, MOST_NOTE = 120, 20, 20_000  # letters, tags of 40 letters, letters


class Label(Struct, frozen=True):
    """`label.json`: all of it is empty for a run of which nobody said anything."""

    name: Annotated[str, Meta(max_length=MOST_NAME)] = ""
    tags: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=40)], ...], Meta(max_length=MOST_TAGS)] = ()
    note: Annotated[str, Meta(max_length=MOST_NOTE)] = ""


NONE = Label()


def read_label(run: Path) -> Label:
    """The label of a run; an empty one if there is none, or if it cannot be read."""
    path = run / LABEL
    if not exists(path):
        return NONE
    try:
        return decode(path, read(path), Label)
    except WxbError:
        return NONE


def write_label(run: Path, label: Label) -> None:
    """Replace the label of a run, also of one that is being written: training does not touch it.

    Raises WxbError if the disk is full or the folder cannot be written.
    """
    path = run / LABEL
    if label == NONE:
        path.unlink(missing_ok=True)
    else:
        write(path, json_text(label))
