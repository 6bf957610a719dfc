"""The folder of runs that the page shows: its runs by name, and no way out of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from wxb.errors import WxbError
from wxb.page.answer import missing
from wxb.paths import exists, is_folder, status
from wxb.runs.files import RunFiles
from wxb.runs.folder import PLAYING, SUMMARY


@dataclass(frozen=True)
class Folder:
    """A folder of runs."""

    path: Path

    def names(self) -> list[str]:
        """The names of the runs that lie in the folder itself; a link to a folder is none."""
        try:
            with os.scandir(self.path) as entries:
                return sorted(entry.name for entry in entries if is_run(entry))
        except OSError:  # it is made by the first training, or has gone
            return []

    def newest(self) -> str | None:
        """The name of the run that was written last; None without runs."""
        times = {name: found for name in self.names() if (found := status(self.path / name / SUMMARY)) is not None}
        return max(times, key=lambda name: times[name].st_mtime_ns, default=None)

    def place(self, name: str) -> Path:
        """The folder of the run of that name. Raises Refused if there is none."""
        # compared with the names that the disk gives, so that no text of an address becomes a path
        try:
            with os.scandir(self.path) as entries:
                kept = {entry.name: is_run(entry) for entry in entries if entry.name == name}
            if kept.get(name):
                return self.path / name
            if kept and exists(self.path / name / PLAYING):
                raise missing(f"{name} plays a game", "the place Play has it")
        except OSError:
            pass
        raise missing(f"there is no run {name}", "go back to the list of runs")

    def run(self, name: str) -> RunFiles:
        """The files of the run of that name. Raises Refused if there is none, WxbError if it cannot be read."""
        return RunFiles.open(self.place(name))


def is_run(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a run: a folder itself, with a `run.json`, and a name that an address can hold."""
    try:
        entry.name.encode()
    except UnicodeEncodeError:
        return False
    return entry.is_dir(follow_symlinks=False) and exists(os.path.join(entry.path, SUMMARY))


def inside(run: Path, name: str) -> Path:
    """A file of a run. Raises WxbError if it is a link that leads out of the run's folder."""
    path = run / name
    if os.path.commonpath([os.path.realpath(path), os.path.realpath(run)]) != os.path.realpath(run):
        raise WxbError(f"{path} is a link that leads out of the run", fix="put the file itself there")
    return path


def folder_of(place: Path) -> tuple[Folder, str | None]:
    """The folder that the page shows, and the run that it opens on, if `place` is a run itself.

    Raises WxbError if there is no such folder.
    """
    if exists(place / SUMMARY) or exists(place / PLAYING):
        whole = place.absolute()
        return Folder(whole.parent), whole.name
    if exists(place) and not is_folder(place):
        raise WxbError(f"{place} is not a folder", fix="wxb page FOLDER shows the runs that lie in FOLDER")
    return Folder(place), None
