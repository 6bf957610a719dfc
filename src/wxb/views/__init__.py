"""Views: what a network does, as arrays first and a figure from them.

`wxb.views.maps(run)` and the like are imported on first use; `VIEWS` lists them.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from wxb.views.table import VIEWS

if TYPE_CHECKING:
    from wxb.views.view import View

__all__ = ["VIEWS"]


def __getattr__(name: str) -> Callable[..., View]:
    if name not in VIEWS:
        raise AttributeError(f"module 'wxb.views' has no attribute '{name}'")
    found: Callable[..., View] = getattr(import_module(f"wxb.views.gallery.{name}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, *VIEWS]
