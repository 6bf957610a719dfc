"""`--config FILE`: the options of `wxb train` from a TOML file, as a run's own settings.toml is one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wxb.cli.options import Option
from wxb.errors import WxbError, nearest

WORDS = ("data", "network")  # what stands without a flag on the command line
BINDINGS = "bindings"  # a table: N = 2


def read_config(path: Path, options: Mapping[str, Option]) -> dict[str, Any]:
    """The settings of a file: `data` and `network` as texts, `bindings` as a dict, every option as its own type.

    Keys are spelled as the options are, with _ or -. Raises WxbError for a file that is none, a key that is no option
    (with the nearest that is) and a value of another type (with the key).
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WxbError(f"there is no file {path}", fix="--config FILE names a TOML file of options") from None
    except OSError as problem:
        raise WxbError(f"{path} cannot be read: {problem.strerror or problem}") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise WxbError(f"{path} is no TOML", str(problem), "lines such as: learning_rate = 0.01") from problem
    settings: dict[str, Any] = {}
    for written, value in content.items():
        key = written.replace("-", "_")
        if key in settings:
            raise WxbError(f"{path}: {written} is there twice, with - and with _")
        settings[key] = _value(path, key, written, value, options)
    return settings


def _value(path: Path, key: str, written: str, value: object, options: Mapping[str, Option]) -> Any:
    if key in options:
        try:
            return options[key].read(value)
        except WxbError as problem:
            raise WxbError(f"{path}: {problem.what}", problem.detail, problem.fix) from None
    if key in WORDS:
        if not isinstance(value, str):
            raise WxbError(f"{path}: {key} = {value!r}: a text is expected")
        return value
    if key == BINDINGS:
        if not isinstance(value, dict) or not all(type(number) is int for number in value.values()):
            raise WxbError(f"{path}: {key}: a table of whole numbers is expected", fix="[bindings] and N = 2 below it")
        return value
    like = nearest(key, [*options, *WORDS, BINDINGS])
    raise WxbError(
        f"{path}: {written} is not a setting" + (f"; {like} is" if like else ""), fix="wxb train --help lists all"
    )
