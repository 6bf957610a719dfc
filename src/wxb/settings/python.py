"""Settings as keyword arguments of a function."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar

from wxb.settings.table import SETTINGS, unknown

Given = ParamSpec("Given")
Returned = TypeVar("Returned")


def takes_settings(function: Callable[Given, Returned]) -> Callable[Given, Returned]:
    """Check the keyword arguments that are settings before the function is called.

    A keyword that the function does not have, and a value that its setting does not take, raise WxbError. None stands
    for "not set" where it is the argument's default. The signature stays as written.
    """
    known = signature(function).parameters

    @wraps(function)
    def checked(*values: Given.args, **named: Given.kwargs) -> Returned:
        for name, value in named.items():
            if name not in known:
                raise unknown(name, known)
            if name in SETTINGS and not (value is None and known[name].default is None):
                named[name] = SETTINGS[name].validate(value)
        return function(*values, **named)

    return checked
