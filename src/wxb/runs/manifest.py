"""`manifest.json`: the files that belong to a finished run, with a digest of each and one of all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import msgspec

from wxb.errors import FAILED, WxbError
from wxb.paths import exists
from wxb.runs.folder import (
    CHECKPOINT,
    CURVE,
    DIAGNOSIS,
    KEPT,
    LABEL,
    LOOK,
    MANIFEST,
    NONCONFORMITY,
    NOW,
    PLAYING,
    SNAPSHOT,
    SNAPSHOTS,
    STOP,
    VIEW,
    VIEWS,
    WATCHED,
)
from wxb.runs.schema import Manifest
from wxb.storage import LOCK, damaged, decode, digest, is_leftover, json_text, read


def manifest_text(digests: Mapping[str, str]) -> bytes:
    """Encode the manifest for these digests."""
    return json_text(Manifest(dict(digests), _digest(digests)))


def read_manifest(folder: Path) -> dict[str, str]:
    """Return the digest of each file by its name, relative to the folder and with "/" between the parts of a path.

    Raises WxbError if the manifest is missing, damaged or changed, or names anything outside the folder.
    """
    path = folder / MANIFEST
    data = read(path)
    stored = decode(path, data, Manifest)
    if data != manifest_text(stored.files):
        raise WxbError(f"{path} was changed after the run had finished", exit_code=FAILED)
    for name in stored.files:
        if not _inside(name):
            raise damaged(path, f"{name!r} is not a file in the run's folder")
    return stored.files


def strangers(folder: Path) -> list[str]:
    """Return what lies in a run's folder and does not belong to the run, sorted; a foreign folder is named once.

    The manifest decides, and before there is one, the names that every run has. Views that were drawn into the folder
    belong to the run, and so does a file that was being written when its writer was killed. Raises WxbError if the
    folder cannot be read.
    """
    own = {*KEPT, MANIFEST, CHECKPOINT, LOCK, LABEL, DIAGNOSIS, STOP, LOOK, NOW}
    if exists(folder / PLAYING):
        own.update((PLAYING, CURVE))
    folders = {VIEWS: VIEW}
    try:
        own.update(read_manifest(folder))
    except WxbError:  # not finished yet, or damaged: what more there is stays
        own.update((NONCONFORMITY, WATCHED))
        folders[SNAPSHOTS] = SNAPSHOT
    try:
        return sorted(_strangers(folder, "", own, folders))
    except OSError as error:
        raise WxbError(f"{folder} cannot be read: {error.strerror or error}", fix="make it readable") from error


def _strangers(folder: Path, above: str, own: set[str], folders: Mapping[str, re.Pattern[str]]) -> Iterator[str]:
    """`own` are names of files, `folders` the forms of those of all files in a folder that belongs to the run."""
    for entry in os.scandir(folder):
        name = above + entry.name
        if entry.is_dir(follow_symlinks=False):
            if name in folders or any(one.startswith(f"{name}/") for one in own):
                yield from _strangers(folder / entry.name, f"{name}/", own, folders)
            else:
                yield name
        elif (
            name not in own and not any(one.fullmatch(name) for one in folders.values()) and not is_leftover(entry.name)
        ):
            yield name


def _inside(name: str) -> bool:
    """Return whether a name stays in its folder, whatever the system's path separator is."""
    parts = PurePosixPath(name).parts
    plain = "/".join(parts) == name and not set(name) & set("\\:\0")
    return plain and bool(parts) and ".." not in parts and parts[0] != "/"


def _digest(digests: Mapping[str, str]) -> str:
    return digest(msgspec.json.encode(dict(sorted(digests.items()))))
