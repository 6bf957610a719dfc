"""A data set from a table: a file, a folder of parts, a stream or a data frame."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wxb.data.arrays import array_of
from wxb.data.dataset import Dataset
from wxb.data.split import Fractions
from wxb.data.tables.choices import choices_of
from wxb.data.tables.content import stem_of
from wxb.data.tables.frame import Frame, frame_of, read_frame
from wxb.data.tables.table import Table, preparation_of, read_like, read_table
from wxb.data.tables.target import named
from wxb.errors import WxbError
from wxb.settings.setting import PartRows
from wxb.tasks.reconstruction import Reconstruction
from wxb.text import count

RECONSTRUCTION = Reconstruction.name


def of_table(
    source: object,
    settings: Mapping[str, Any],
    header: bool | None,
    like: Mapping[str, object] | None,
    fractions: Fractions | PartRows,
    seed: int,
) -> Dataset:
    """A data set from a table: a path or a data frame, read by the `settings` of tables or `like` a run's.

    Raises WxbError if both are given, and for what the readers refuse.
    """
    given = [name for name, value in settings.items() if value is not None]
    if like is not None and given:
        raise WxbError("the run says how a table is read", fix=f"leave out `{'`, `'.join(given)}`")
    expected = () if like is None else preparation_of(like).all_names
    frame = read_frame(source, header, expected) if isinstance(source, Path) else frame_of(source)
    if like is not None:
        table = read_like(frame, like)
    else:
        labelled = settings["target"] is not None or settings["task"] != RECONSTRUCTION
        names = named(frame, settings["target"]) if labelled else ()
        task = None if labelled and settings["task"] == RECONSTRUCTION else settings["task"]
        roles: dict[str, str | None] = {}
        for role in ("weight", "group"):
            frame, roles[role] = _with_role(frame, role, settings[role])
        choices = choices_of(frame, names, settings["drop"], settings["types"], settings["missing"], **roles)
        table = read_table(frame, names, task, fractions, seed, settings["pieces"], choices)
    return dataset_of(stem_of(source) if isinstance(source, Path) else "frame", table)


def dataset_of(name: str, table: Table, files: tuple[str, ...] = ()) -> Dataset:
    """The data set of a table; `files` are those of its rows, if each is a file."""
    about = table.columns
    return Dataset(
        name,
        table.rows,
        table.targets,
        about.task,
        about.classes,
        table.split,
        files=files,
        notes=table.notes,
        columns=about,
        row_numbers=table.numbers,
        weights=table.weights,
        groups=table.groups,
    )


def _with_role(frame: Frame, role: str, given: Any) -> tuple[Frame, str | None]:
    """The frame and the name of its column for a role; values given in an array become a column of that name."""
    if given is None or isinstance(given, str):
        return frame, given
    values = array_of(given, role)
    if values.shape not in ((len(frame),), (len(frame), 1)):
        raise WxbError(
            f"`{role}` of shape {values.shape} for {count(len(frame))} rows", "expected one value for each row, (n,)"
        )
    return frame.with_column(role, values.reshape(-1).tolist())
