"""The folder of a run: where it is, the names of its files, and the form of settings and split."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import tomli_w

from wxb.data.dataset import Split
from wxb.errors import FAILED, WxbError
from wxb.paths import exists, is_folder, need_text, quoted
from wxb.storage import LOCK, damaged, is_part, opened
from wxb.text import first_of, natural

PARTS = ("train", "validation", "test")
SUMMARY = "run.json"
PLAYING = "play.json"  # in its place, of a run that learned to play a game,
CURVE = "curve.svg"  # and its learning curve
SETTINGS = "settings.toml"
ENVIRONMENT = "environment.json"
DATA = "data.json"
SPLIT = "split.safetensors"
HISTORY = "history.jsonl"
CHECKPOINT = "checkpoint.safetensors"
WEIGHTS = "weights.safetensors"
NONCONFORMITY = "nonconformity.safetensors"  # of a run that was validated; not for every head and kind of target
RUN = "RUN"  # stands for the folder in its report, which moves with it
REPORTS = ("report.json", "report.md", "report.html")
MANIFEST = "manifest.json"
LABEL = "label.json"  # what a person said of the run; not in the manifest, since it may change
DIAGNOSIS = "doctor.json"  # what `wxb doctor` said of the run last; not in the manifest either
STOP = "stop"  # a file that asks the training to stop; it removes it
LOOK = "look"  # a file that asks the training for its weights of now,
NOW = "now.safetensors"  # which it writes; it removes both
WATCHED = "watched.jsonl"  # of a run with `watch`
SNAPSHOTS = "snapshots"  # the folder of a run with `snapshots`
SNAPSHOT = re.compile(SNAPSHOTS + r"/step-(0|[1-9]\d{0,15})\.safetensors")
VIEWS = "views"  # the folder that `wxb view` draws into
# of that folder: pictures, what tables said, the rows of a surface; another file in it does not belong to the run
VIEW = re.compile(VIEWS + r"/([a-z]+(-[A-Za-z0-9.-]+)?\.png|[a-z]+\.json|[a-z]+-[0-9a-f]{16}\.jsonl)")
FIXED = (SETTINGS, ENVIRONMENT, DATA, SPLIT)  # written before training, and read again by a resume
HEADING = "# wxb train --config settings.toml trains with these settings again\n"  # of SETTINGS
KEPT = (SUMMARY, SETTINGS, ENVIRONMENT, DATA, SPLIT, HISTORY, WEIGHTS, *REPORTS)  # of every finished run


def root() -> Path:
    """Return the folder of all runs: WXB_RUNS, or `runs` in the working directory."""
    return Path(os.environ.get("WXB_RUNS") or "runs")


def new_folder(data: str) -> Path:
    """Make a folder of its own for a run, named after the data and 4 hexadecimal digits."""
    plain = re.sub(r"[^A-Za-z0-9_.]+", "-", data).strip("-.")[:40] or "data"
    for _ in range(1000):
        folder = root() / f"{plain}-{secrets.token_hex(2)}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if is_folder(root()):
                continue  # taken: the next attempt has other digits
            raise WxbError(
                f"{root()} is a file, no folder for runs", fix="choose another folder with `out` or WXB_RUNS"
            ) from None
        except OSError as error:
            raise _cannot_be_made(folder, error) from error
        return folder
    raise WxbError(f"{root()} holds too many runs of {data}", fix="choose a folder with `out`")


def own_folder(folder: Path) -> Path:
    """Return the folder that the user named, made if it is missing. Raises WxbError if it holds anything."""
    need_text(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        others = content(folder)
    except OSError as error:
        raise _cannot_be_made(folder, error) from error
    if others:
        raise taken(folder, others)
    return folder


def content(folder: Path) -> list[str]:
    """Return the names of the files in a folder, except its lock and what is left of a run that never began.

    A run begins with its `run.json`; if its writer is killed before, nothing can be done with the files before it but
    to write them again.
    """
    names = sorted(path.name for path in folder.iterdir() if path.name != LOCK and not is_part(path.name))
    if set(names) <= {*FIXED, HISTORY} and SETTINGS in names:
        with opened(folder / SETTINGS) as file:
            if file.read(len(HEADING)) == HEADING.encode():
                return []
    return names


def within(folder: Path) -> list[str]:
    """The names of the runs directly in a folder, in natural order."""
    try:
        names = sorted((one.name for one in folder.iterdir()), key=natural)
    except (OSError, ValueError):
        return []
    return [name for name in names if exists(folder / name / SUMMARY) or exists(folder / name / PLAYING)]


def held(names: list[str]) -> str:
    """The names of runs in a sentence: "seed-0 and seed-1", "a, b, c and 3 more"."""
    return " and ".join(names) if len(names) <= 2 else first_of(names, 3)


def no_run(folder: Path, without: str) -> WxbError:
    """The error for a folder that is no run itself; it names those within."""
    if names := within(folder):
        return WxbError(f"{folder} is no run: it holds {held(names)}", fix=f"one of them: {quoted(folder / names[0])}")
    return WxbError(f"{folder} is no run: it has no {without}", fix="wxb runs lists those there are")


def taken(folder: Path, others: list[str]) -> WxbError:
    """Return the error for a run that would be written into a folder that holds `others`."""
    if SUMMARY in others or PLAYING in others:
        on = f"another `out`, or wxb resume {quoted(folder)} if it was stopped"
        return WxbError(f"{folder} already holds a run", fix=on)
    return WxbError(f"{folder} exists and is not empty", f"it holds {first_of(others, 3)}", "another `out`")


def _cannot_be_made(folder: Path, error: OSError) -> WxbError:
    return WxbError(
        f"{folder} cannot be made: {error.strerror or error}",
        fix="choose a folder that you may write with `out`, or set WXB_RUNS",
        exit_code=FAILED,
    )


def settings_text(settings: Mapping[str, Any]) -> str:
    """Encode settings as TOML, their `events` as an array of tables at the end.

    None is left out, since TOML has no null.
    """
    plain = plain_values({key: value for key, value in settings.items() if value is not None})
    events = plain.pop("events", [])
    text = HEADING + tomli_w.dumps(plain)
    return text + "".join(f"\n[[events]]\n{tomli_w.dumps(event)}" for event in events)


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as files hold them: numbers of NumPy as Python's, and what is not plain as its text."""
    plain: dict[str, Any] = msgspec.to_builtins(
        dict(values), enc_hook=lambda value: value.item() if isinstance(value, np.generic) else str(value)
    )
    return plain


def split_bytes(split: Split) -> bytes:
    """Encode the row numbers as safetensors."""
    from safetensors.numpy import save

    rows = {name: np.ascontiguousarray(getattr(split, name), np.int64) for name in PARTS}
    return bytes(save(rows, {"how": split.how}))


def read_split(path: Path, data: bytes, how: str, examples: int) -> Split:
    """Return the split of so many examples from the bytes made by `split_bytes`.

    Raises WxbError, naming `path`, if they hold anything else.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        parts = load(data)
        split = Split(parts["train"], parts["validation"], parts["test"], how)
    except (SafetensorError, KeyError) as error:
        raise damaged(path, detail=str(error)) from error
    for name in PARTS:
        rows = getattr(split, name)
        if rows.dtype != np.int64 or rows.ndim != 1 or (len(rows) and not 0 <= rows.min() <= rows.max() < examples):
            raise damaged(path, f"{name} is not a list of rows of the {examples} examples")
    return split
