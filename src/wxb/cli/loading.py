"""From what a person calls data to the data set."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wxb.cli import printing
from wxb.cli.progress import ERASE, REDRAW, bar
from wxb.settings import DATA
from wxb.text import count, duration

if TYPE_CHECKING:
    from wxb.data import Dataset
    from wxb.data.pictures.folder import Decoded
    from wxb.runs.run import Run


def load(source: str, settings: Mapping[str, Any], quiet: bool = False) -> Dataset:
    """The data set that the word DATA names, with those of the settings that are about data.

    Folders and tables are taken by their whole path, so that what a run stores means the same from another folder.
    """
    about = {name: settings[name] for name in (*DATA, "like") if name in settings}
    if "data_dir" in about:
        about["data_dir"] = str(Path(about["data_dir"]).absolute())
    if _is_path(source):
        source = str(Path(source).absolute())
    return read(source, quiet, seed=settings.get("seed", 0), **about)


def load_like(run: Run, source: str, settings: Mapping[str, Any]) -> Dataset:
    """As `load`, prepared as the run's data were.

    Pictures of a folder are brought to the size that the network takes, unless `size` says else, and handwriting to the
    values and the ink that it had in training. Of the rows of a table remarks say what is different in them.
    """
    from wxb.data.known.ink import as_in_set
    from wxb.data.known.sets import INK
    from wxb.data.tables.frame import is_table

    if run.data.table is not None and is_table(source):
        data = load(source, {**settings, "like": run.data.table})
        for note in data.notes:
            printing.remark(printing.labelled("note", note))
        return data
    sizes = run.summary.input
    square = len(sizes) == 3 and sizes[1] == sizes[2]
    name, ink = str(run.data.source.get("source")), bool(run.data.source.get("ink", False))
    if not _is_path(source) or not Path(source).is_dir():
        return load(source, {**settings, "ink": True} if ink and source in INK else settings)
    if square and "size" not in settings and not ink:  # squares of ink are made of the pictures as they are
        settings = {**settings, "size": sizes[1]}
    data = load(source, settings)
    if name in INK and data.shape[0] == 1:
        data = replace(data, examples=as_in_set(data.examples.astype("uint8"), INK[name], ink))
    return data


def load_again(run: Run, data_dir: str | None = None, quiet: bool = False) -> Dataset:
    """The data that a run was trained on. Raises WxbError where it was given as arrays, or is not there any more."""
    from wxb.runs.provenance import whence

    source, stored = whence(run.path, run.data.source, data_dir)
    return read(source, quiet, **stored)


def read(source: str, quiet: bool = False, **settings: Any) -> Dataset:
    """As `load_data`; on a terminal a line moves while the pictures of a large folder are decoded."""
    from wxb.data.load import loading

    steps = loading(source, **settings)
    began = drawn = time.monotonic()
    try:
        while True:
            step = next(steps)
            now = time.monotonic()
            if not quiet and sys.stderr.isatty() and now - drawn >= REDRAW:
                text = printing.labelled("data", line(step, now - began))
                printing.remark(ERASE + text[: (printing.columns(sys.stderr) or len(text)) - 1], end="")
                drawn = now
    except StopIteration as end:
        data: Dataset = end.value
        return data
    finally:
        if drawn != began:
            printing.remark(ERASE, end="")


def line(step: Decoded, seconds: float) -> str:
    """ "decoding  ██████░░░░  12,000 of 60,000 files  8 s left"."""
    left = seconds / step.done * (step.files - step.done)
    done = f"{count(step.done)} of {count(step.files)} files"
    return f"decoding  {bar(step.done / step.files)}  {done}  {duration(left)} left"


def _is_path(source: str) -> bool:
    """Whether DATA is a folder or a file, and not the name of a set or toy that a folder here happens to have too."""
    from wxb.data.known.sets import KNOWN
    from wxb.data.toys import TOYS

    return source not in (*KNOWN, *TOYS) and Path(source).exists()
