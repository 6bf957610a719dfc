"""From what a person or a run calls data to the data set."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wxb.cli.options import LOADING
from wxb.errors import WxbError

if TYPE_CHECKING:
    from wxb.data import Dataset
    from wxb.runs.run import Run


def load(source: str, settings: Mapping[str, Any]) -> Dataset:
    """The data set that the word DATA names, with those of the settings that are about data."""
    from wxb.data import load_data

    about = {name: settings[name] for name in LOADING if name in settings}
    return load_data(source, seed=settings.get("seed", 0), **about)


def load_again(run: Run, data_dir: str | None = None) -> Dataset:
    """The data that a run was trained on. Raises WxbError where it was given as arrays, or is not there any more."""
    from wxb.data import load_data

    stored = dict(run.data["source"])
    source = stored.pop("source", None)
    if source is None:
        raise WxbError(f"{run.path} was trained on arrays, which only Python can give again", fix="run.evaluate(data)")
    if data_dir is not None:
        stored["data_dir"] = data_dir
    return load_data(source, **stored)


def lasting(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with whole paths, so that they mean the same from another folder."""
    kept = dict(settings)
    for name in ("data", "data_dir"):
        if name in kept and os.path.isdir(kept[name]):
            kept[name] = str(Path(kept[name]).resolve())
    return kept
