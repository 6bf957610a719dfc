"""Whether a finished run is still what it was: its files, its weights, its test score."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wxb.errors import WxbError
from wxb.runs.files import file_digest
from wxb.runs.folder import KEPT, MANIFEST, content
from wxb.runs.manifest import read_manifest
from wxb.runs.origin import changes, environment
from wxb.runs.run import Run
from wxb.runs.summary import read_summary

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset

# Another processor or another version of torch may round otherwise, and an example on the border between two classes
# fall to the other side; on the same ones every bit is the same.
TOLERANCE = 0.002


@dataclass(frozen=True)
class Verification:
    """What a look at a run found."""

    differences: tuple[str, ...]  # a sentence each; none: the run is what it was
    checked: tuple[str, ...]  # what was looked at, for people

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


def verify(path: str | Path, data: Dataset | None = None) -> Verification:
    """Compares a finished run with its manifest, its weights with its network, and, given the data that it was trained
    on, its test score with one computed anew.

    Raises WxbError where the folder is no run, of a newer version, or not finished: there is nothing to compare with.
    """
    folder = Path(path)
    differences = _file_differences(folder)
    if differences:
        return Verification(tuple(differences), (f"{len(KEPT) + 1} files",))
    run = Run.open(folder)
    checked = [f"{len(KEPT) + 1} files"]
    try:
        run.model()
        checked.append("weights fit the network")
        if data is not None:
            differences += _score_differences(run, data)
            checked.append("test score computed anew")
    except WxbError as error:
        differences.append(str(error))
    return Verification(tuple(differences), tuple(checked))


def _file_differences(folder: Path) -> list[str]:
    try:
        summary = read_summary(folder)
    except WxbError as error:
        if not (folder / MANIFEST).exists() or "newer" in error.what:
            raise
        return [error.what]
    if summary.state != "finished":
        raise WxbError(f"{folder} has not finished; only a finished run can be verified", fix=f"wxb resume {folder}")
    try:
        manifest = read_manifest(folder)
    except WxbError as error:
        return [error.what]
    found = []
    for name in KEPT:
        if not (folder / name).is_file():
            found.append(f"{name} is missing")
        elif file_digest(folder / name) != manifest.get(name):
            found.append(f"{name} is not what it was when the run finished")
    others = set(content(folder)) - set(KEPT) - {MANIFEST}
    return found + [f"{name} does not belong to the run" for name in sorted(others)]


def _score_differences(run: Run, data: Dataset) -> list[str]:
    if changed := changes(run.data, data):
        return [f"the data is not what it was: {line}" for line in changed]
    stored = run.summary.test or {}
    measure = "r2" if run.summary.task == "numbers" else "accuracy"
    then, now = stored.get(measure), run.evaluate(data).summary()[measure]
    here = environment({})
    same_machine = all(run.environment[key] == here[key] for key in ("versions", "processor"))
    if isinstance(then, float) and abs(then - now) <= (0 if same_machine else TOLERANCE):
        return []
    said = [f"{value:.4f}" if isinstance(value, float) else "nothing" for value in (then, now)]
    return [f"test {measure}: {said[0]} stored, {said[1]} computed now"]
