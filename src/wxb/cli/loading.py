"""Load the data set that DATA names."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wxb.cli import printing
from wxb.cli.misnamed import refuse_run
from wxb.paths import absolute, exists
from wxb.progress import ERASE, REDRAW, bar
from wxb.settings import DATA
from wxb.text import count, duration

if TYPE_CHECKING:
    from wxb.data import Dataset
    from wxb.data.pictures.folder import Decoded
    from wxb.data.pictures.layout import Searched
    from wxb.runs.run import Run


def asked_by(network: str | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that concern the data of a network: one that ends in SELF learns its input, and needs no labels."""
    from wxb.data.itself import RECONSTRUCTION
    from wxb.notation import read
    from wxb.notation.vocabulary import SELF

    itself = network is not None and read(network).head == SELF
    return {**settings, "task": RECONSTRUCTION} if itself else dict(settings)


def load(source: str, settings: Mapping[str, Any], quiet: bool = False) -> Dataset:
    """Load the data set `source` with the settings that concern data.

    Paths are made absolute, so that a run's settings mean the same from another working directory.
    """
    about = {name: settings[name] for name in (*DATA, "like") if name in settings and name != "data_seed"}
    if "data_dir" in about:
        about["data_dir"] = str(absolute(about["data_dir"]))
    if _is_path(source):
        refuse_run(source)
        source = str(absolute(source))
    return read(source, quiet, seed=settings.get("data_seed", settings.get("seed", 0)), **about)


def load_like(run: Run, source: str, settings: Mapping[str, Any]) -> Dataset:
    """Load data in the form of the run's data."""
    from wxb.runs.matching import as_in_training, settings_like

    return as_in_training(run, load(source, settings_like(run, source, settings)))


def load_again(run: Run, data_dir: str | None = None, quiet: bool = False) -> Dataset:
    """Load the data that a run was trained on. Raises WxbError if it was given as arrays, or no longer exists."""
    from wxb.runs.provenance import whence

    source, stored = whence(run, data_dir)
    return read(source, quiet, **stored)


def read(source: str, quiet: bool = False, **settings: Any) -> Dataset:
    """Call `load_data`, with a progress line on a terminal while the pictures of a large folder are decoded."""
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


def line(step: Decoded | Searched, seconds: float) -> str:
    """The progress line: "searching  12,000 files", "decoding  ██████░░░░  12,000 of 60,000 files  8 s left"."""
    from wxb.data.pictures.layout import Searched

    if isinstance(step, Searched):
        return f"searching  {count(step.files)} files"
    left = seconds / step.done * (step.files - step.done)
    done = f"{count(step.done)} of {count(step.files)} files"
    return f"decoding  {bar(step.done / step.files)}  {done}  {duration(left)} left"


def _is_path(source: str) -> bool:
    """Whether DATA is an existing path; the names of known sets and toys take precedence over paths."""
    from wxb.data.known.sets import KNOWN
    from wxb.data.toys import TOYS

    return source not in (*KNOWN, *TOYS) and exists(absolute(source))
