"""Settings as keyword arguments of a function."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, signature
from os import PathLike
from pathlib import Path
from typing import ParamSpec, Protocol, TypedDict, TypeVar

from wxb.errors import WxbError
from wxb.settings.table import RECIPE, SETTINGS, unknown

Given = ParamSpec("Given")
Returned = TypeVar("Returned")
Made = TypeVar("Made")


class HasPath(Protocol):
    """A run, which knows its folder."""

    path: Path


class RecipeOptions(TypedDict, total=False):
    """The settings of a recipe as keyword arguments; None lets `train` choose what fits the network and the data."""

    seed: int
    epochs: int | None
    steps: int
    until: float
    batch_size: int | None
    optimizer: str | None
    learning_rate: float | None
    momentum: float | None
    schedule: str | None
    warm_up: float | None
    clip: float | None
    accumulate: int
    ema: float | None
    early_stopping: int | None
    keep: str | None
    bagging: bool | None
    calibration: str | None
    pretrained: str | PathLike[str] | HasPath | None
    freeze: bool
    shuffle: bool
    l2: float
    l1: float
    elastic_beta: float
    weight_decay: float | None
    class_weight: str
    optimize: str
    label_smoothing: float | None
    reduction: str
    augment: str | None
    mixup: float
    cutout: int | None
    initialization: str | None
    first_layer: str | None
    normalize: str
    flip_average: bool
    device: str
    threads: int
    devices: int
    precision: str


def takes_settings(function: Callable[Given, Returned]) -> Callable[Given, Returned]:
    """Check the keyword arguments that are settings before the function is called.

    A keyword that the function does not have, a missing argument, and a value that its setting does not take, raise
    WxbError. None stands for "not set" if it is the argument's default. `**options` of the function stands for the
    settings of a recipe: its signature, and so `help`, shows each of them with its type and default.
    """
    shown = _with_recipe(signature(function))
    known = shown.parameters
    called = function.__qualname__.removesuffix(".__init__")

    @wraps(function)
    def checked(*values: Given.args, **named: Given.kwargs) -> Returned:
        for name in named:
            if name not in known:
                raise unknown(name, known)
        try:
            shown.bind(*values, **named)
        except TypeError as problem:
            raise WxbError(f"{called}: {problem}", fix=f"help(wxb.{called}) lists the arguments") from None
        for name, value in list(named.items()):
            if name in SETTINGS and not (value is None and known[name].default is None):
                named[name] = SETTINGS[name].validate(value)
            elif name in RECIPE:
                del named[name]
        return function(*values, **named)

    checked.__signature__ = shown  # type: ignore[attr-defined]
    return checked


def made_from_settings(made: type[Made]) -> type[Made]:
    """Check the keyword arguments of a class's constructor as `takes_settings` does."""
    made.__init__ = takes_settings(made.__init__)  # type: ignore[method-assign]
    return made


def _with_recipe(written: Signature) -> Signature:
    """Replace `**options` by the settings of a recipe."""
    named = [one for one in written.parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
    if len(named) < len(written.parameters):
        for setting in RECIPE.values():
            kind = f"{setting.type.__name__}{' | None' * setting.fitted}"
            default = None if setting.fitted else setting.default
            named.append(Parameter(setting.name, Parameter.KEYWORD_ONLY, default=default, annotation=kind))
    return written.replace(parameters=named)
