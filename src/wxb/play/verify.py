"""Verifying a finished run that plays: are its files what they were, and does it still play as well?"""

from __future__ import annotations

from pathlib import Path

from wxb.errors import WxbError
from wxb.paths import exists, is_file
from wxb.play.run import KEPT, PlayRun, read_playing
from wxb.runs.environment import environment
from wxb.runs.folder import MANIFEST
from wxb.runs.manifest import read_manifest, strangers
from wxb.runs.standing import way_on
from wxb.runs.verify import Verification
from wxb.storage import file_digest


def verify(path: str | Path) -> Verification:
    """Compare a finished run with its manifest, and its results with those of its games played again.

    Raises WxbError if the folder holds no run, or one of a newer version, or one that has not finished.
    """
    folder = Path(path)
    try:
        about = read_playing(folder)
    except WxbError as problem:
        if not exists(folder / MANIFEST) or "newer" in problem.what:
            raise
        return Verification((problem.what,), ())
    run = PlayRun(folder, about)
    if about.state != "finished":
        raise WxbError(
            f"{folder} has not finished: {run.standing.sentence}", "a finished run can be verified",
            way_on(folder, about),
        )  # fmt: skip
    try:
        manifest = read_manifest(folder)
    except WxbError as problem:
        return Verification((problem.what,), ())
    differences = []
    for name in dict.fromkeys((*KEPT, *manifest)):
        if not is_file(folder / name):
            differences.append(f"{name} is missing")
        elif file_digest(folder / name) != manifest.get(name):
            differences.append(f"{name} is not what it was when the run finished")
    differences += [f"{name} does not belong to the run" for name in strangers(folder)]
    checked = [f"{len(manifest) + 1} files"]
    if not differences:
        try:
            differences += _other_results(run)
            checked += ["weights fit the network", "games played again"]
        except WxbError as problem:
            differences.append(str(problem))
    return Verification(tuple(differences), tuple(checked))


def _other_results(run: PlayRun) -> list[str]:
    """What the policy now plays otherwise, on the processor and with the versions that it was measured with."""
    again, there, here = run.measure(), run.environment, environment({})
    if there.versions != here.versions or there.processor != here.processor:
        return []  # other rounding may choose other moves
    return [
        f"{one.what}: {one.value:.4f} stored, {two.value:.4f} now"
        for one, two in zip(run.about.results, again, strict=True)
        if one != two
    ]
