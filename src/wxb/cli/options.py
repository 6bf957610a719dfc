"""The options of the commands, each in one place and with one spelling.

An option of training is a field of `Recipe` or a setting of the data; its flag is its name with - for _. The same
table is the command line, the keys that a `--config` file may hold, and the settings that a run stores.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import click

from wxb.errors import WxbError, nearest
from wxb.learning import recipe as recipes


class Whole(click.ParamType[int]):
    """A whole number, at least `least`."""

    name = "number"

    def __init__(self, least: int = 0) -> None:
        self.least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """`value` as an integer. Raises WxbError where it is none, or too small."""
        try:
            number = int(value)
            whole = isinstance(value, str) or (number == value and not isinstance(value, bool))
        except (TypeError, ValueError, OverflowError):
            whole = False
        if not whole:
            raise WxbError(f"{flag_of(param)} {value}: a whole number is expected")
        if number < self.least:
            raise WxbError(f"{flag_of(param)} {value}: at least {self.least} is expected")
        return number


class Number(click.ParamType[float]):
    """A number from `least` to `most`; NaN is none."""

    name = "number"

    def __init__(self, least: float = 0.0, most: float = math.inf) -> None:
        self.least = least
        self.most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """`value` as a number. Raises WxbError where it is none, or outside the range."""
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if math.isnan(number):
            raise WxbError(f"{flag_of(param)} {value}: a number is expected")
        if not self.least <= number <= self.most or math.isinf(number):
            span = f"from {self.least:g} to {self.most:g}" if self.most < math.inf else f"of at least {self.least:g}"
            raise WxbError(f"{flag_of(param)} {value}: a number {span} is expected")
        return number


class Duration(click.ParamType[float]):
    """A time in seconds: "90", "90s", "10m", "1h30m"."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """`value` as seconds. Raises WxbError where it is no time, or none at all."""
        text = str(value).strip().lower()
        match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", text)
        parts = [float(part or 0) for part in match.groups()] if match else [0.0]
        seconds = sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
        if not seconds:
            raise WxbError(
                f"{flag_of(param)} {value}: a time is expected", "30s, 10m, 1h30m; a number alone is seconds"
            )
        return seconds


class OneOf(click.Choice[str]):
    """One of a few words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """`value` where it is one of them. Raises WxbError that names the nearest."""
        if value in self.choices:
            return str(value)
        like = nearest(str(value), self.choices)
        raise WxbError(
            f"{flag_of(param)} {value}: not known" + (f"; {like} is" if like else ""),
            f"known: {', '.join(self.choices)}",
        )


class Sizes(click.ParamType[tuple[int, ...]]):
    """The shape of one example: "3x32x32" (channels, height, width) or "64" (features)."""

    name = "shape"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """`value` as a tuple of sizes. Raises WxbError where it is no shape."""
        if isinstance(value, tuple):
            return value
        parts = str(value).lower().replace("×", "x").split("x")
        if len(parts) in (1, 3) and all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
            return tuple(int(part) for part in parts)
        raise WxbError(
            f"{flag_of(param)} {value}: the shape of one example is expected",
            "3x32x32 is channels x height x width, 64 is a row of 64 numbers",
        )


def flag_of(param: click.Parameter | None) -> str:
    """What the user calls an option: "--batch-size"."""
    return param.opts[0] if param is not None else "value"


# --- the table ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Option:
    """One option: what it means, what it takes, and where `wxb train --help` lists it."""

    name: str  # as in Recipe, in files and in JSON: "learning_rate"
    help: str
    type: click.ParamType[Any] | None  # None: a switch, --shuffle or --no-shuffle
    section: str
    several: bool = False  # may be given more than once; the values are then one text, with commas between

    @property
    def flag(self) -> str:
        """ "--learning-rate"."""
        return "--" + self.name.replace("_", "-")

    def click(self) -> click.Option:
        """For click; not given is None, so that a file and the defaults have their say."""
        names = [self.flag, self.name]
        if self.type is None:
            names[0] += f"/--no-{self.name.replace('_', '-')}"
        if self.several:
            return SectionedOption(
                names, type=self.type, help=self.help, multiple=True, callback=_joined, section=self.section
            )
        return SectionedOption(names, type=self.type, help=self.help, default=None, section=self.section)

    def read(self, value: object) -> Any:
        """A value of a settings file as this option has it. Raises WxbError that names the key."""
        if self.type is None:
            if not isinstance(value, bool):
                raise WxbError(f"{self.name} = {value!r}: true or false is expected")
            return value
        wants_text = not isinstance(self.type, Whole | Number)
        if isinstance(value, bool) or isinstance(value, str) != wants_text:
            expected = "a text" if wants_text else "a whole number" if isinstance(self.type, Whole) else "a number"
            raise WxbError(f"{self.name} = {value!r}: {expected} is expected")
        return self.type.convert(value, _Named(self.name), None)


def _joined(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> str | None:
    return ",".join(values) if values else None


class _Named(click.Option):
    """Stands for a key of a settings file in messages."""

    def __init__(self, name: str) -> None:
        super().__init__([f"--{name}"])
        self.opts = [f"{name} ="]


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

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, a list a heading."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record is not None:
                sections.setdefault(getattr(param, "section", "Options"), []).append(record)
        for name, records in sections.items():
            with formatter.section(name):
                formatter.write_dl(records)


TRAINING, OBJECTIVE, INPUTS, MACHINE, DATA = "Training", "Objective", "Inputs", "Machine", "Data"

_SHARE = Number(0, 1)
_WORDS = click.STRING

# One line a field of Recipe: its section, its meaning, and its type where the field's own says too little.
_RECIPE: dict[str, tuple[str, str, click.ParamType[Any] | None]] = {
    "seed": (TRAINING, "What all randomness comes from: split, weights, order.", None),
    "epochs": (TRAINING, "Passes over the training examples.", Whole(1)),
    "steps": (TRAINING, "End after so many steps, within an epoch too; 0 for whole epochs.", Whole()),
    "replanned": (TRAINING, "STEP:STEPS,…: from STEP on, training ends at STEPS, as --time had it.", _WORDS),
    "until": (TRAINING, "End when this share is right in validation, 0.9 for 90 %; 0 for never.", _SHARE),
    "batch_size": (TRAINING, "Examples a step.", Whole(1)),
    "optimizer": (TRAINING, "How gradients become steps.", OneOf(recipes.OPTIMIZERS)),
    "learning_rate": (TRAINING, "The greatest rate of the schedule.", Number()),
    "momentum": (TRAINING, "Of the optimizers momentum, nesterov and muon.", _SHARE),
    "schedule": (TRAINING, "How the rate changes over training.", OneOf(recipes.SCHEDULES)),
    "warm_up": (TRAINING, "Share of all steps in which the rate rises.", _SHARE),
    "clip": (TRAINING, "Greatest norm of the gradient; 0 for none.", Number()),
    "accumulate": (TRAINING, "Parts that a batch is computed in, to save memory.", Whole(1)),
    "average": (TRAINING, "Decay a step of averaged weights; 0 for none.", _SHARE),
    "early_stop": (TRAINING, "Epochs without a better validation that end training; 0 for never.", Whole()),
    "keep": (TRAINING, "Which weights the report is about: the best in validation, or the last.", OneOf(recipes.KEEPS)),
    "shuffle": (TRAINING, "Examples in another order each epoch.", None),
    "l2": (OBJECTIVE, "λ of the penalty λΣW².", Number()),
    "l1": (OBJECTIVE, "λ of the penalty λΣ|W|.", Number()),
    "elastic_beta": (OBJECTIVE, "β of the penalty λΣ(βW² + |W|), whose λ is --l1.", Number()),
    "weight_decay": (OBJECTIVE, "Decoupled: weights shrink by rate · decay a step. Not together with --l2.", Number()),
    "class_weight": (OBJECTIVE, "balanced: each class weighs the same in the loss.", OneOf(("none", "balanced"))),
    "label_smoothing": (OBJECTIVE, "Share of each target that is spread over all classes.", _SHARE),
    "reduction": (OBJECTIVE, "The loss of a batch: mean or sum of its examples.", OneOf(recipes.REDUCTIONS)),
    "augment": (INPUTS, "none, flip, shift-N (by up to N pixels), or flip,shift-N.", _WORDS),
    "mixup": (INPUTS, "α of Beta(α, α), by which two examples are mixed; 0 for none.", Number()),
    "cutout": (INPUTS, "Side in pixels of the square that is blanked; 0 for none.", Whole()),
    "start": (INPUTS, "Random; CONV as the identity; the biases of a first FC spread.", OneOf(recipes.STARTS)),
    "first_layer": (INPUTS, "Filters of the first CONV: learned, or whitened patches.", OneOf(recipes.FIRST_LAYERS)),
    "scale": (INPUTS, "Inputs standardized, brought to [0, 1], or as they are.", OneOf(recipes.SCALES)),
    "mirror_average": (INPUTS, "Score a picture by the mean of its own and its mirror image's logits.", None),
    "device": (MACHINE, "auto, cpu, cuda, cuda:1, mps.", _WORDS),
    "threads": (MACHINE, "Threads on the CPU; 0 for one a physical core.", Whole()),
    "precision": (MACHINE, "Of the layers' arithmetic; weights stay float32.", OneOf(recipes.PRECISIONS)),
}  # fmt: skip


_BY_ANNOTATION: dict[object, click.ParamType[Any] | None] = {
    "int": Whole(),
    "float": Number(),
    "str": _WORDS,
    "bool": None,
}
_ANNOTATIONS = {field.name: field.type for field in fields(recipes.Recipe)}

RECIPE = {
    name: Option(name, text, own or _BY_ANNOTATION[_ANNOTATIONS[name]], section)
    for name, (section, text, own) in _RECIPE.items()
}

TASKS = ("classes", "numbers")
FILLS = ("none", "zero", "median")
LOADING = {
    option.name: option
    for option in (
        Option("target", "Column of a table to predict; several as a,b or given again.", _WORDS, DATA, several=True),
        Option("task", "A table's target as classes or numbers, where the guess is wrong.", OneOf(TASKS), DATA),
        Option("pieces", "Features that a table's number has besides itself; 0 for none.", Whole(), DATA),
        Option("data_dir", "Where known sets lie, or a folder above; else WXB_DATA, else the downloads.", _WORDS, DATA),
        Option("split", "Shares of train, validation and test; a published test set stays the test set.", _WORDS, DATA),
        Option("examples", "How many examples of a toy.", Whole(1), DATA),
        Option("noise", "How much noise in a toy.", Number(), DATA),
        Option("size", "Side in pixels that the pictures of a folder are brought to.", Whole(1), DATA),
        Option("ink", "Handwritten digits as 16x16 squares of ink, 1, and no ink, 0.", None, DATA),
        Option("fill", "What stands for NaN and infinite values: none (an error), zero, median.", OneOf(FILLS), DATA),
        Option("max_pixels", "Pictures of a folder with more pixels are left out.", Whole(1), DATA),
        Option("cache", "Keep the decoded pictures of a large folder on the disk (as is usual), or not.", None, DATA),
    )
}
# where nothing is trained
DATA_SEED = replace(RECIPE["seed"], section=DATA, help="Of the split, and of a toy's points.")
RUN = {
    option.name: option
    for option in (
        Option("out", "The run's folder; else a new one in runs/ or WXB_RUNS.", _WORDS, "Run"),
        Option("time", "Train as well as this time allows, 10m or 90s, all of it counted.", Duration(), "Run"),
        Option("seeds", "Train with this many seeds, from --seed on; mean and interval.", Whole(1), "Run"),
    )
}
TRAIN = {**RECIPE, **LOADING, **RUN}

# --- what the commands share -----------------------------------------------------------------------------------------


def params(table: Mapping[str, Option], *names: str) -> list[click.Parameter]:
    """Options of a table for a command: those named, or all."""
    return [table[name].click() for name in names or table]


def switch(*flags: str, help: str) -> click.Option:
    """An option of a command's output, without a value."""
    return SectionedOption(flags, is_flag=True, help=help, section="Output")


JSON = switch("--json", "as_json", help="One JSON object on standard output, nothing else there.")
QUIET = switch("-q", "--quiet", help="Nothing but results.")
VERBOSE = switch("-v", "--verbose", help="Also the layers and the whole recipe, and a line for every epoch.")


# --- words -----------------------------------------------------------------------------------------------------------


def split_words(words: Sequence[str], *names: str) -> tuple[list[str | None], dict[str, int]]:
    """The words of a command line as its arguments, None for those not given, and its bindings: any word with "=".

    `names` are what the arguments are called, for messages. Raises WxbError for a word too many or a binding that
    binds no whole number; a range makes a sweep, which this version has not.
    """
    plain = [word for word in words if not is_binding(word)]
    if len(plain) > len(names):
        raise WxbError(
            f"{plain[len(names)]!r} is a word too many",
            f"expected {' '.join(names)}, and bindings such as N=2",
            'a network with blanks or brackets stands in quotes: "FC-64-RELU, SOFTMAX"',
        )
    bindings = dict(binding(word) for word in words if is_binding(word))
    return [*plain, *[None] * (len(names) - len(plain))], bindings


def is_binding(word: str) -> bool:
    """Whether a word binds a variable: it has a "=", and no "/" before it as a path may have."""
    return "=" in word and "/" not in word.partition("=")[0]


def binding(word: str) -> tuple[str, int]:
    """ "N=2" as ("N", 2)."""
    name, _, value = word.partition("=")
    if ".." in value or "," in value:
        raise WxbError(
            f"{word}: a range makes a sweep, and this version has no sweeps",
            fix=f"one training for each value: {name}={value.replace('..', ',').split(',')[0]}",
        )
    if not name or not (value.isascii() and value.isdigit()):
        raise WxbError(f"{word} binds nothing: a name and a whole number are expected", fix="N=2, W=64 or POOL=0")
    return name.upper(), int(value)
