"""How the command line, reports and settings files spell the settings that a message names."""

from __future__ import annotations

from collections.abc import Callable

from wxb.errors import WxbError
from wxb.settings.setting import spell
from wxb.settings.table import NAMED


def as_option(name: str, value: str | None = None) -> str:
    """A setting as an option: "--learning-rate 0.1", "--no-shuffle"; without a value "--learning-rate"."""
    flag = name.replace("_", "-")
    if NAMED[name].type is bool and value == "False":
        return f"--no-{flag}"
    if value is None or (NAMED[name].type is bool and value == "True"):
        return f"--{flag}"
    text = value.strip('"')
    return f"--{flag} {text if text and ' ' not in text else value}"


def as_key(name: str, value: str | None = None) -> str:
    """A setting as a line of a settings file: "learning_rate = 0.1"; without a value "learning_rate"."""
    return name if value is None else f"{name} = {value.lower() if value in ('True', 'False') else value}"


def as_options(text: str) -> str:
    """A message with its settings spelled as options."""
    return spell(text, NAMED, as_option)


def spelled(problem: WxbError, spelling: Callable[[str, str | None], str] = as_option) -> WxbError:
    """Return the error with its settings spelled as options, or by another `spelling`."""
    what, detail, fix = (spell(text, NAMED, spelling) for text in (problem.what, problem.detail, problem.fix))
    return WxbError(what, detail, fix, problem.exit_code)
