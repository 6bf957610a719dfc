"""Verifying a finished run: are its files, its weights and its test score still what they were?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wxb.errors import WxbError
from wxb.paths import exists, is_file
from wxb.runs.environment import environment
from wxb.runs.folder import KEPT, MANIFEST
from wxb.runs.manifest import read_manifest, strangers
from wxb.runs.predict import machine_of
from wxb.runs.provenance import changes
from wxb.runs.run import Run
from wxb.runs.standing import Summary, standing, way_on
from wxb.runs.summary import read_summary
from wxb.storage import file_digest
from wxb.tasks import TASKS

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset

# Another processor or another version of torch may round differently, which moves an example on the border between two
# classes to the other side; on the same ones every bit is the same.
TOLERANCE = 0.002


@dataclass(frozen=True)
class Verification:
    """The result of verifying a run."""

    differences: tuple[str, ...]  # a sentence each; empty if the run is what it was
    checked: tuple[str, ...]  # what was looked at, for people

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


def verify(path: str | Path, data: Dataset | None = None) -> Verification:
    """Compare a finished run with its manifest, and its weights with its network.

    Given the data that it was trained on, compute its test score again and compare that too. Raises WxbError if the
    folder holds no run, or one of a newer version, or one that has not finished: there is nothing to compare with.
    """
    folder = Path(path)
    differences, files = file_differences(folder, read_summary, KEPT)
    checked = [f"{files} files"]
    if not differences:
        try:
            run = Run.open(folder)
            run.model()
            checked.append("weights fit the network")
            if data is not None:
                differences += _score_differences(run, data)
                checked.append("data unchanged" if run.summary.test is None else "test score computed again")
        except WxbError as error:
            differences.append(str(error))
    return Verification(tuple(differences), tuple(checked))


def file_differences(folder: Path, about_of: Callable[[Path], Summary], kept: tuple[str, ...]) -> tuple[list[str], int]:
    """What differs from the manifest of a finished run, and how many files were compared with it.

    `about_of` reads what the run says of itself, and `kept` are the files that every finished run of its kind has.
    Raises WxbError if the folder holds no run, or one of a newer version, or one that has not finished.
    """
    try:
        about = about_of(folder)
    except WxbError as error:
        if not exists(folder / MANIFEST) or "newer" in error.what:
            raise
        return [error.what], 1
    if about.state != "finished":
        at = standing(folder, about).sentence
        raise WxbError(f"{folder} has not finished: {at}", "a finished run can be verified", way_on(folder, about))
    try:
        manifest = read_manifest(folder)
    except WxbError as error:
        return [error.what], 1
    lines = []
    for name in dict.fromkeys((*kept, *manifest)):
        if not is_file(folder / name):
            lines.append(f"{name} is missing")
        elif file_digest(folder / name) != manifest.get(name):
            lines.append(f"{name} is not what it was when the run finished")
    lines += [f"{name} does not belong to the run" for name in strangers(folder)]
    return lines, len(manifest) + 1


def _score_differences(run: Run, data: Dataset) -> list[str]:
    if changed := changes(run.data, data):
        return [f"the data is not what it was: {line}" for line in changed]
    if run.summary.test is None:  # not tested
        return []
    scores = run.evaluate(data).summary()
    measure = TASKS[run.summary.task].measure.name
    then, now = (run.summary.test or {}).get(measure), scores[measure]
    there, here = run.environment, environment({})
    exact = (
        there.versions == here.versions
        and there.processor == here.processor
        and there.machine.device == machine_of(run).device == "cpu"  # which GPU it was is not known
    )
    if isinstance(then, float) and abs(then - now) <= (0 if exact else TOLERANCE):
        return []
    texts = [f"{value:.4f}" if isinstance(value, float) else "nothing" for value in (then, now)]
    return [f"test {measure}: {texts[0]} stored, {texts[1]} computed now"]
