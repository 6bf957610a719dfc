"""The options of the commands: settings for the command line, and what the commands share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import click
from click.shell_completion import CompletionItem

from wxb.cli.main import show_help
from wxb.errors import WxbError, nearest
from wxb.settings import SETTINGS, Setting
from wxb.settings.data import DATA as DATA_SECTION
from wxb.settings.setting import spell
from wxb.settings.spelling import as_option
from wxb.text import shortened

MOST_DIGITS = 18  # of a whole number that is no setting


class Value(click.ParamType[Any]):
    """The value of a setting, read and checked by the table of settings."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.name = {int: "number", float: "number"}.get(setting.type, "text") if setting.name != "time" else "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value that a text stands for. Raises WxbError for one that the setting does not take."""
        return self.setting.read(value) if isinstance(value, str) else self.setting.validate(value)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        """The choices, as in "[best|last]", or None for click's own."""
        return f"[{'|'.join(self.setting.choices)}]" if self.setting.choices else None

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The choices that begin with what was typed."""
        return [CompletionItem(choice) for choice in self.setting.choices if choice.startswith(incomplete)]


class Whole(click.ParamType[int]):
    """A whole number of at least `least`, of an option that is no setting."""

    name = "number"

    def __init__(self, least: int = 0) -> None:
        self.least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """`value` as an integer. Raises WxbError for anything else, and for a smaller one."""
        text = str(value)
        if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS) or int(text) < self.least:
            raise WxbError(
                f"{flag_of(param)} {shortened(text)}: expected a whole number of at least {self.least}",
                fix=f"{flag_of(param)} {self.least}",
            )
        return int(text)


class OneOf(click.Choice[str]):
    """One of a few words, of an option that is no setting."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """`value` if it is one of them. Raises WxbError that names the nearest."""
        if value in self.choices:
            return str(value)
        like = nearest(str(value), self.choices)
        raise WxbError(
            f"{flag_of(param)} {shortened(str(value))}: expected {', '.join(self.choices)}",
            fix=f"{flag_of(param)} {like or self.choices[0]}",
        )


class Sizes(click.ParamType[tuple[int, ...]]):
    """The shape of one example: "3x32x32" (channels, height, width) or "64" (features)."""

    name = "shape"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """`value` as a tuple of sizes. Raises WxbError if it is not a shape."""
        if isinstance(value, tuple):
            return value
        parts = str(value).lower().replace("×", "x").split("x")
        if len(parts) in (1, 3) and all(re.fullmatch("0*[1-9][0-9]{0,8}", part) for part in parts):
            return tuple(int(part.lstrip("0")) for part in parts)
        raise WxbError(
            f"{flag_of(param)} {shortened(str(value))}: the shape of one example is expected",
            "3x32x32 is channels x height x width, 64 is a row of 64 features",
        )


def flag_of(param: click.Parameter | None) -> str:
    """The flag of an option: "--batch-size"."""
    return param.opts[0] if param is not None else "value"


# --- the table ------------------------------------------------------------------------------------------------------


class SectionedOption(click.Option):
    """An option that help lists under a heading."""

    def __init__(self, *args: Any, section: str = "Options", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section


class Command(click.Command):
    """A command of wxb: a function whose docstring is its help; options are listed under their headings."""

    def __init__(self, callback: Callable[..., int | None], params: list[click.Parameter]) -> None:
        name = callback.__name__
        super().__init__(name, callback=callback, params=params, help=callback.__doc__, no_args_is_help=False)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The option --help."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = show_help
        return option

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, one list per heading."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record is not None:
                sections.setdefault(getattr(param, "section", "Options"), []).append(record)
        for name, records in sections.items():
            with formatter.section(name):
                formatter.write_dl(records)


def option(setting: Setting) -> click.Option:
    """The option of a setting. Its default is None, so that a settings file and `train` can choose."""
    flag = as_option(setting.name)
    names = [f"{flag}/{as_option(setting.name, 'False')}" if setting.type is bool else flag, setting.name]
    bounds = f" ({setting.bounds})" if setting.bounds is not None else ""
    return SectionedOption(
        names,
        type=None if setting.type is bool else Value(setting),
        help=f"{spell(setting.help, SETTINGS, as_option)}{bounds}.",
        default=None,
        multiple=setting.several,
        callback=_joined if setting.several else None,
        section=setting.section.capitalize(),
    )


def _joined(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> str | None:
    return ",".join(values) if values else None


# --- what the commands share -----------------------------------------------------------------------------------------


# for commands that train nothing
DATA_SEED = option(replace(SETTINGS["seed"], section=DATA_SECTION, help="Seed of the split and of a toy's points"))


def params(table: Mapping[str, Setting], *names: str) -> list[click.Parameter]:
    """The options of a table of settings: the named ones, or all that the command line has."""
    return [option(table[name]) for name in names or table if table[name].option]


def switch(*flags: str, help: str) -> click.Option:
    """A switch under the heading "Output"."""
    return SectionedOption(flags, is_flag=True, help=help, section="Output")


JSON = switch("--json", "as_json", help="Print one JSON object, and nothing else, on standard output.")
QUIET = switch("-q", "--quiet", help="Print only results.")
VERBOSE = switch("-v", "--verbose", help="Also print the layers, the whole recipe, and a line per epoch.")


# --- words -----------------------------------------------------------------------------------------------------------


def split_words(words: Sequence[str], *names: str) -> tuple[list[str | None], dict[str, int]]:
    """Split the words of a command line into its arguments, None for missing ones, and its bindings, such as N=2.

    `names` are the names of the arguments, for messages. Raises WxbError for a surplus word, and for a binding to
    anything but a whole number; a range would be a sweep, which this version does not have.
    """
    plain = [word for word in words if not is_binding(word)]
    if len(plain) > len(names):
        raise WxbError(
            f"{shortened(plain[len(names)])!r} is a word too many",
            f"expected {' '.join(names)}, and bindings such as N=2",
            'a network with blanks or brackets stands in quotes: "FC-64-RELU, SOFTMAX"',
        )
    bindings = dict(binding(word) for word in words if is_binding(word))
    return [*plain, *[None] * (len(names) - len(plain))], bindings


def is_binding(word: str) -> bool:
    """Whether a word is a binding: it has a "=" with no "/" before it, unlike a path."""
    return "=" in word and "/" not in word.partition("=")[0]


def binding(word: str) -> tuple[str, int]:
    """ "N=2" as ("N", 2)."""
    name, _, value = word.partition("=")
    if ".." in value or "," in value:
        raise WxbError(
            f"{shortened(word)}: a range makes a sweep, and this version has no sweeps",
            fix=f"one training for each value: {shortened(name)}={shortened(value.replace('..', ',').split(',')[0])}",
        )
    setting = name.lower().replace("-", "_")
    if setting in SETTINGS:
        what = f"{shortened(word)}: {name} is an option, not a variable of the network"
        raise WxbError(what, fix=as_option(setting, shortened(value)))
    if not name or not (value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS):
        what = f"{shortened(word)} binds nothing: a name and a whole number are expected"
        raise WxbError(what, fix="N=2, W=64 or POOL=0")
    return name.upper(), int(value)
