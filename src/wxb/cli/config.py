"""`--config FILE`: the settings of `wxb train` from a TOML file, such as a run's own settings.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from wxb import storage
from wxb.errors import WxbError
from wxb.learning.events import read_events
from wxb.paths import exists, obstacle
from wxb.settings import NONE, SETTINGS, unknown
from wxb.settings.setting import OWN_ROWS, PartRows
from wxb.settings.spelling import as_key, spelled

WORDS = ("data", "network")  # the command line has them without a flag
BINDINGS = "bindings"  # a table: N = 2
EVENTS = "events"  # tables: what changed the training that the file is of
BEGUN = "begun"  # not in the file: what the run that it is of began with


def read_config(path: Path) -> dict[str, Any]:
    """Read the settings of a file: `data` and `network` as texts, `bindings` as a dict, each setting in its own type.

    `BEGUN` is added if the file lies in the folder of a run that began with pretrained weights. Keys have _ or -
    between words. Raises WxbError, naming the file, if it is not TOML, for a key that is not a setting, and for a value
    that its setting does not take.
    """
    if not exists(path):
        raise WxbError(f"there is no file {path}", obstacle(path), "--config FILE names a TOML file of settings")
    try:
        content = tomllib.loads(storage.read(path).decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        raise WxbError(
            f"{path} is no text in UTF-8, as TOML is", f"byte {problem.start + 1} of it is not", "save it as UTF-8"
        ) from problem
    except (ValueError, RecursionError) as problem:
        raise WxbError(f"{path} is no TOML", str(problem), "lines such as: learning_rate = 0.01") from problem
    if "replanned" in content:  # the settings.toml of a run of format 1
        from wxb.runs import version1

        content = version1.settings(content)
    if content.get("split") == OWN_ROWS:
        content["split"] = _own_rows(path)
    settings: dict[str, Any] = {}
    for written, value in content.items():
        key = written.replace("-", "_")
        if key in settings:
            raise WxbError(f"{path}: {written} is there twice, with - and with _")
        try:
            settings[key] = _value(key, value)
        except WxbError as problem:
            said = spelled(problem, as_key)
            raise WxbError(f"{path}: {said.what}", said.detail, said.fix) from None
    if settings.get("pretrained", NONE) != NONE:
        from wxb.runs.pretrained import began_with

        if began := began_with(path, settings["pretrained"]):
            settings[BEGUN] = began
    return settings


def _own_rows(path: Path) -> PartRows:
    """The rows of each part, which the folder of the run has that the settings are of."""
    from wxb.runs.files import RunFiles
    from wxb.runs.provenance import own_rows

    try:
        return own_rows(RunFiles.open(path.parent))
    except WxbError as problem:
        raise WxbError(
            f'{path}: split = "{OWN_ROWS}": the folder of the run has the row numbers',
            problem.what,
            "name the settings.toml in the run's folder, or write shares: split = [0.64, 0.11, 0.25]",
        ) from problem


def _value(key: str, value: Any) -> Any:
    if key in SETTINGS:
        return SETTINGS[key].validate(value)
    if key in WORDS:
        if not isinstance(value, str):
            raise WxbError(f"{key} = {value!r}: expected a text")
        return value
    if key == BINDINGS:
        if not isinstance(value, dict) or not all(type(number) is int for number in value.values()):
            raise WxbError(f"{key}: expected a table of whole numbers", fix="[bindings] and N = 2 below it")
        return value
    if key == EVENTS:
        return read_events(value)
    problem = unknown(key, [*SETTINGS, *WORDS, BINDINGS])
    raise WxbError(problem.what, fix="wxb train --help lists all settings")
