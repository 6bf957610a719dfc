"""`manifest.json`: the checksum of each file of a finished run, and of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from wxb.errors import FAILED, WxbError
from wxb.runs.files import damaged, digest, json_text, read
from wxb.runs.folder import MANIFEST


class _Manifest(msgspec.Struct):
    files: dict[str, str]  # blake3 by name
    digest: str  # of `files`


def manifest_text(digests: Mapping[str, str]) -> bytes:
    """The file for these checksums."""
    return json_text(_Manifest(dict(digests), _digest(digests)))


def read_manifest(folder: Path) -> dict[str, str]:
    """blake3 of each file, by its name. Raises WxbError where the manifest is missing, damaged or itself changed."""
    path = folder / MANIFEST
    data = read(path)
    try:
        stored = msgspec.json.decode(data, type=_Manifest)
    except msgspec.DecodeError as error:
        raise damaged(path, detail=str(error)) from error
    if data != manifest_text(stored.files):
        raise WxbError(f"{path} was changed after the run had finished", exit_code=FAILED)
    return stored.files


def _digest(digests: Mapping[str, str]) -> str:
    return digest(msgspec.json.encode(dict(sorted(digests.items()))))
