"""What to do next with a run: commands that follow from what it shows."""

from __future__ import annotations

from wxb.data.dataset import Dataset
from wxb.learning.defaults import default_rate
from wxb.notation import plan, read
from wxb.report.sentences import Found, best_baseline, best_epoch, overfits, still_falls, test_score, underfits
from wxb.runs.folder import RUN
from wxb.settings.setting import SHARES

CONFIG = f"{RUN}/settings.toml"
PATIENCE = 5  # epochs without a better validation that training goes on for


def next_steps(found: Found, data: Dataset) -> list[dict[str, str]]:
    """Commands and what each is for, the most urgent first; RUN stands for the run's folder."""
    settings, epochs = found["settings"], max(found["epochs"], 1)
    steps: list[tuple[str, str]] = []
    if found["test"] is None:
        other = "FOLDER" if data.spatial or _texts(data) else "FILE"
        steps.append((f"wxb evaluate {RUN} {other}", "it was not tested: test it on examples that it has not seen"))
        again = f"wxb train --config {CONFIG} --split {SHARES.example}"
        steps.append((again, "or train anew and keep a quarter of the examples for a test"))
    best = best_epoch(found)
    if best is not None and settings.get("keep") != "best":
        stop = f"wxb train --config {CONFIG} --keep best --early-stopping {PATIENCE}"
        steps.append((stop, f"validation loss was lowest in epoch {best} of {epochs}: stop earlier"))
    baseline = best_baseline(found)
    lost = underfits(found) or (baseline is not None and baseline[1] > test_score(found)[0])
    if underfits(found) and settings.get("freeze"):
        steps.append(_all_layers(found, data))
    elif overfits(found) and not underfits(found):
        steps.append(_against_overfitting(found, data))
    elif best is None and (lost or still_falls(found)):
        why = "it loses to a baseline" if lost else "validation loss was still falling"
        steps.append((f"wxb train --config {CONFIG} --epochs {2 * epochs}", f"{why}: train longer"))
    if data.spatial:
        steps.append((f"wxb predict {RUN} FILE…", "what it says of your own pictures"))
    elif _texts(data):
        steps.append((f"wxb predict {RUN} TEXT.txt", "what it says of other texts"))
    elif data.table is not None:
        steps.append((f"wxb predict {RUN} TABLE.csv", "what it says of other rows"))
    if found["test"] is not None:
        steps.append((f"wxb train --config {CONFIG} --seeds 5", "how much of the score is luck"))
    steps.append((f"wxb verify {RUN}", "is the run still what it was"))
    return [{"command": command, "what": what} for command, what in steps]


def _texts(data: Dataset) -> bool:
    """Whether the data are a folder of texts."""
    return data.has_text and bool(data.files)


def _all_layers(found: Found, data: Dataset) -> tuple[str, str]:
    """The training of all layers, at their usual rate: that of new layers alone is higher."""
    planned = plan(read(found["network"]["text"]), data.shape, data.outputs)
    rate = default_rate(planned, found["settings"]["optimizer"])
    what = "it loses to a baseline, and only its new layers learned: train all layers"
    return f"wxb train --config {CONFIG} --no-freeze --learning-rate {rate:g}", what


def _against_overfitting(found: Found, data: Dataset) -> tuple[str, str]:
    settings = found["settings"]
    if data.spatial and settings.get("augment", "none") == "none" and min(data.shape[1:]) > 2:
        return f"wxb train --config {CONFIG} --augment shift-1", "it overfits: move the pictures at random"
    if settings.get("l2"):
        return (
            f"wxb train --config {CONFIG} --l2 {5 * float(settings['l2']):g}",
            "it overfits: penalize large weights more",
        )
    decay = max(5 * float(settings.get("weight_decay") or 0), 0.1)
    return f"wxb train --config {CONFIG} --weight-decay {decay:g}", "it overfits: shrink the weights more"
