"""From what a person or a run calls data to the data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wxb.cli.options import LOADING
from wxb.errors import WxbError

if TYPE_CHECKING:
    from wxb.data import Dataset
    from wxb.runs.run import Run


def load(source: str, settings: Mapping[str, Any]) -> Dataset:
    """The data set that the word DATA names, with those of the settings that are about data.

    Folders are taken by their whole path, so that what a run stores means the same from another folder.
    """
    from wxb.data import load_data

    about = {name: settings[name] for name in LOADING if name in settings}
    if "data_dir" in about:
        about["data_dir"] = str(Path(about["data_dir"]).absolute())
    if _is_folder(source):
        source = str(Path(source).absolute())
    return load_data(source, seed=settings.get("seed", 0), **about)


def load_like(run: Run, source: str, settings: Mapping[str, Any]) -> Dataset:
    """As `load`; pictures of a folder are brought to the size that the run's network takes, unless `size` says else."""
    sizes = run.summary.input
    square = len(sizes) == 3 and sizes[1] == sizes[2]
    if square and "size" not in settings and _is_folder(source):
        settings = {**settings, "size": sizes[1]}
    return load(source, settings)


def load_again(run: Run, data_dir: str | None = None) -> Dataset:
    """The data that a run was trained on. Raises WxbError where it was given as arrays, or is not there any more."""
    from wxb.data import load_data

    stored = dict(run.data["source"])
    source = stored.pop("source")
    if source == "arrays":
        raise WxbError(
            f"{run.path} was trained on arrays, which only Python can give again",
            fix="in Python: wxb.Run.open(path).evaluate(data)",
        )
    if data_dir is not None:
        stored["data_dir"] = data_dir
    return load_data(source, **stored)


def _is_folder(source: str) -> bool:
    """Whether DATA is a folder, and not the name of a set or toy that a folder here happens to have too."""
    from wxb.data.known import KNOWN
    from wxb.data.toys import TOYS

    return source not in (*KNOWN, *TOYS) and Path(source).is_dir()
