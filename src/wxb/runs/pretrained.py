"""A finished run as pretrained weights that another training begins with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import UNSET

from wxb.data.in_memory import ARRAYS
from wxb.errors import WxbError
from wxb.paths import absolute, exists, quoted
from wxb.runs.files import RunFiles
from wxb.runs.folder import SETTINGS, WEIGHTS
from wxb.runs.predict import trained
from wxb.runs.schema import PretrainedFacts

if TYPE_CHECKING:
    from wxb.network.pretrained import Pretrained


def read_pretrained(path: str | Path) -> Pretrained:
    """The trained network of a run, read with all the checks that a prediction makes.

    Raises WxbError if there is no run, if it has not finished or is damaged, and if its network reads a table or texts.
    """
    run = RunFiles.open(path)
    run.need_finished("final weights")
    if run.data.table is not None:
        what = "texts by their words" if run.data.kind == "sentences" else "a table by its own columns"
        raise WxbError(
            f"{run.path} cannot be `pretrained`: its network reads {what}",
            "other data have other ones, so its first layer would read something else",
            "a run on pictures or arrays",
        )
    model = trained(run)

    from wxb.learning.state import tensors
    from wxb.network.pretrained import Pretrained

    return Pretrained(
        name=str(run.path),
        plan=model.plan,
        tensors=tensors(model),
        normalize=str(run.settings.get("normalize", "std")),
        kind=run.data.kind,
        bytes=run.data.dtype == "uint8",
        digest=run.manifest[WEIGHTS],
        origin=(str(run.data.source.get("source", ARRAYS)), run.data.examples),
        fingerprint=run.data.fingerprint,
        learned=run.split.learned if run.settings.get("bagging") else run.split.train,
    )


def facts_of(pretrained: Pretrained, layers: tuple[str, ...], notes: tuple[str, ...]) -> PretrainedFacts:
    """What a run remembers of the weights that it began with; `notes` are those of `Pretrained.notes`."""
    return PretrainedFacts(str(absolute(pretrained.name)), pretrained.digest, layers, notes)


def need_same_weights(run: RunFiles) -> None:
    """Raise WxbError unless the weights that a run began with are still where they were: it is to begin again."""
    began = run.summary.pretrained
    if began is UNSET:
        return
    others = f"wxb train --config {quoted(run.path / SETTINGS)} --pretrained RUN"
    try:
        now = read_pretrained(began.run)
    except WxbError as problem:
        back = "bring those weights back"
        if not exists(began.run):
            back = f"move it back there, or make a link: ln -s NEW-PLACE {quoted(began.run)}"
        raise WxbError(
            f"{run.path} begins with the weights of {began.run}: {problem.what}",
            problem.detail,
            f"{back}; or begin with others: {others}",
        ) from None
    if now.digest != began.weights:
        raise WxbError(
            f"{began.run} has other weights than when {run.path} began with them",
            fix=f"bring those weights back, or begin with others: {others}",
        )


def began_with(settings: Path, pretrained: object) -> PretrainedFacts | None:
    """What the run whose settings.toml this is began with; None if it tells nothing of the weights of `pretrained`."""
    try:
        began = RunFiles.open(settings.parent).summary.pretrained
    except WxbError:
        return None
    return None if began is UNSET or began.run != pretrained else began


def other_weights(began: PretrainedFacts, now: Pretrained | None) -> tuple[str, ...]:
    """A note if a training begins with other weights than the run whose settings it takes did."""
    if now is None or now.digest == began.weights:
        return ()
    return (
        f"{began.run} has other weights now ({now.digest[:8]}) than when these settings were written "
        f"({began.weights[:8]}): this is another training",
    )
