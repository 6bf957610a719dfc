"""A data set whose examples are their own targets; what labels it has are kept beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from wxb.data.dataset import Dataset, Labels
from wxb.data.pictures.layout import ALL
from wxb.errors import WxbError
from wxb.tasks.reconstruction import Reconstruction
from wxb.tasks.task import Targets
from wxb.text import first_of

RECONSTRUCTION = Reconstruction.name
LABELS = "labels, not learned from"


def of_itself(data: Dataset) -> Dataset:
    """`data` with its examples, flat, as their targets; classes, labels and numbers become its `labels`.

    Raises WxbError for free text, of which no network makes the words again.
    """
    if data.task == RECONSTRUCTION and data.targets.shape[1]:
        return data
    if data.has_text:
        texts = [] if data.preparation is None else [column.name for column in data.preparation.texts]
        raise WxbError(
            "without a target free text has no numbers to go by: its features are shares of its terms",
            f"columns of free text: {first_of(texts)}"
            if data.columns and not data.files
            else f"{data.name} holds texts",
            f'`drop="{texts[0]}"`' if texts and not data.files else "pictures, or a table of numbers and categories",
        )
    labels = None if data.classes in ((), (ALL,)) else Labels(data.targets, data.task, data.classes)
    columns = data.columns
    if columns is not None:
        from wxb.data.tables.columns import LeftOut

        aside = tuple(LeftOut(target.name, 0, LABELS) for target in columns.targets if columns.given is None)
        given = columns.given
        if given is not None:
            import msgspec

            given = msgspec.structs.replace(given, targets=(), task=RECONSTRUCTION, classes=())
        columns = replace(
            columns, columns=(*columns.columns, *aside), targets=(), task=RECONSTRUCTION, classes=(), given=given,
            _fitted=[],
        )  # fmt: skip
        data = replace(data, columns=columns)
    inputs = np.ascontiguousarray(data.inputs[:]) if columns is not None else data.examples
    return replace(
        data,
        targets=cast("Targets", inputs.reshape(len(inputs), -1)),
        task=RECONSTRUCTION,
        classes=data.features,
        labels=labels,
        known=None,
        source={**data.source, "task": RECONSTRUCTION},
    )
