"""What is clustered: the examples of a data set as points, by their numbers, designed features or a network's code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Dataset, need_data
from wxb.data.itself import of_itself
from wxb.data.kinds import KINDS
from wxb.data.split import spread
from wxb.data.tables.encoding import MISSING, Prepared
from wxb.errors import WxbError
from wxb.notation.layers.features import FEATURES
from wxb.randomness import generator
from wxb.runs.matching import examples_of
from wxb.runs.run import Run
from wxb.tasks import TASKS
from wxb.text import count

if TYPE_CHECKING:
    from wxb.data.dataset import Inputs

SHARE_STD = 0.5  # of columns of 0 and 1, so that rare categories do not weigh most
CODE, NUMBERS = "code", "numbers"


@dataclass(frozen=True, eq=False)
class Points:
    """Examples as points, (n, numbers) float32, and what their numbers are."""

    data: Dataset
    rows: NDArray[np.int64]  # (n,): their places in the data set
    values: NDArray[np.float32]
    about: str  # "the code of runs/digits-3f2a, 16 numbers"


def points_of(of: Run | Dataset, data: Dataset | None, on: str | None, part: str, most: int | None) -> Points:
    """The examples of a part ("all" for every part) as points; at most so many, spread evenly.

    `on` is "code", "numbers", or a designed feature such as "HOG". By default a run's examples are seen in its code, a
    data set's by their numbers: pixels as they are, columns of a table in standard deviations.

    Raises WxbError if there is no code, or if the examples have no such feature.
    """
    if isinstance(of, Run):
        data = of.unchanged_data() if data is None else data
    else:
        need_data(of)
        data = of
    own = isinstance(of, Run) and data.fingerprint == of.data.fingerprint
    split = of.split if isinstance(of, Run) and own else data.split
    data = data if data.has_text else of_itself(data)
    rows = np.arange(len(data.examples)) if part == "all" else split.part(part)
    rows = rows if most is None else spread(rows, most)
    on = on or (CODE if isinstance(of, Run) else NUMBERS)
    if on == CODE:
        if not isinstance(of, Run):
            raise WxbError(
                "a data set has no code: that of a network is meant",
                fix='a run, such as that of wxb train digits "FC-64-RELU-FC-16, SELF"',
            )
        values = code_of(of, data, rows)
        return Points(data, rows, values, f"the code of {of.name}, {count(values.shape[1])} numbers")
    if not KINDS[data.kind].scaled:
        raise WxbError(
            f"{data.name} holds words, which are no numbers to compare", fix="a run whose network reads them"
        )
    if on == NUMBERS:
        inputs = data.inputs[rows]
        if isinstance(data.inputs, Prepared):  # what is missing says more of the table than of the row
            inputs = inputs[:, data.inputs.how.kind != MISSING]
        values = scaled(inputs, data.spatial)
        what = "pixels" if data.spatial else "columns" if data.columns is not None else "numbers"
        return Points(data, rows, values, f"{what}, {count(values.shape[1])} numbers")
    values = designed(data, on.upper(), rows)
    return Points(data, rows, values, f"{on.upper()}, {count(values.shape[1])} numbers")


def code_of(run: Run, data: Dataset, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """The code (n, numbers) that a run's network has for some examples."""
    if TASKS[run.summary.task].of_words:
        what = f"clusters compare whole examples, and the network of {run.name} has an answer for each word"
        raise WxbError(what, fix="a run that has one answer for an example")
    from wxb.learning.inference import codes
    from wxb.runs.predict import machine_of

    machine = machine_of(run)
    inputs: Inputs = examples_of(run, data)
    return codes(run.model().to(machine.device), inputs, machine, rows)


def designed(data: Dataset, name: str, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """A designed feature of some examples (n, numbers), in standard deviations. Raises WxbError if there is none."""
    if name not in FEATURES:
        raise WxbError(f"{name} is no designed feature", fix=f"one of {', '.join((CODE, NUMBERS, *FEATURES))}")
    from wxb.learning.inference import features
    from wxb.learning.machine import choose
    from wxb.network.build import build
    from wxb.notation import plan, read

    planned = plan(read(f"{name}-FC-2-RELU, EUCLID"), data.shape, data.outputs)
    model = build(planned, input_shape=data.shape, outputs=data.outputs)
    for one in model.designed:
        one.fit(data.inputs[spread(data.split.train if len(data.split.train) else rows, 5_000)], generator(0, name))
    return scaled(features(model, data.inputs, choose("cpu", "float32"), rows), False)


def scaled(values: NDArray[np.uint8] | NDArray[np.float32], spatial: bool) -> NDArray[np.float32]:
    """Pixels in one standard deviation of all, other numbers each in its own; those of 0 and 1 in half of one."""
    flat = np.asarray(values, np.float32).reshape(len(values), -1)
    if spatial:
        return np.asarray((flat - flat.mean(axis=0)) / (float(flat.std(axis=0).mean()) or 1.0), np.float32)
    std = flat.std(axis=0)
    std = np.where(((flat == 0) | (flat == 1)).all(axis=0), SHARE_STD, np.where(std > 0, std, 1))
    return np.asarray((flat - flat.mean(axis=0)) / std, np.float32)
