"""Verifying a finished run that plays: are its files what they were, and does it still play as well?"""

from __future__ import annotations

from pathlib import Path

from wxb.errors import WxbError
from wxb.play.run import KEPT, PlayRun, read_playing
from wxb.runs.environment import environment
from wxb.runs.verify import Verification, file_differences


def verify(path: str | Path) -> Verification:
    """Compare a finished run with its manifest, and its results with those of its games played again.

    Raises WxbError if the folder holds no run, or one of a newer version, or one that has not finished.
    """
    folder = Path(path)
    differences, files = file_differences(folder, read_playing, KEPT)
    checked = [f"{files} files"]
    if not differences:
        try:
            differences += _other_results(PlayRun(folder, read_playing(folder)))
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
