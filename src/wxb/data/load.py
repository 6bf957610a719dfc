"""`load_data`: from a name, a folder or a pair of arrays to a Dataset."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from wxb.data.dataset import Dataset
from wxb.data.known import KNOWN
from wxb.data.split import DEFAULT, Fractions, divide, keep_test, read_fractions
from wxb.data.toys import TOYS, draw
from wxb.errors import WxbError, nearest


def load_data(
    source: str | os.PathLike[str] | ArrayLike,
    targets: ArrayLike | None = None,
    *,
    data_dir: str | os.PathLike[str] | None = None,
    split: str | Sequence[float] = DEFAULT,
    seed: int = 0,
    examples: int | None = None,
    noise: float | None = None,
) -> Dataset:
    """The data set that `source` names."""
    fractions = read_fractions(split)
    text = str(source)
    made_from = {"source": text, "data_dir": data_dir, "split": fractions, "seed": seed}
    if text in KNOWN:
        return _known(text, data_dir, fractions, seed, made_from)
    if text in TOYS:
        points, drawn = draw(text, examples, noise, seed)
        names = TOYS[text].classes
        made_from |= {"examples": examples, "noise": noise}
        return Dataset(text, points, drawn, "classes", names, divide(drawn, names, fractions, seed), made_from)
    known = [*KNOWN, *TOYS]
    near = nearest(text, known)
    raise WxbError(
        f"there is no data set {text}" + (f"; there is {near}" if near else ""), f"known: {', '.join(known)}"
    )


def _known(
    name: str, data_dir: str | os.PathLike[str] | None, fractions: Fractions, seed: int, made_from: dict[str, object]
) -> Dataset:
    found = KNOWN[name](data_dir)
    if found.train is None:
        split = divide(found.targets, found.classes, fractions, seed)
    else:
        rows = np.arange(len(found.targets))
        split = keep_test(found.targets, rows[: found.train], rows[found.train :], seed)
    return Dataset(name, found.examples, found.targets, "classes", found.classes, split, made_from)
