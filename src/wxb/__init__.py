"""wxb: one line of text and labelled data to a trained, reported and reopenable network.

The public nouns are loaded when they are first asked for, so that `import wxb` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from wxb.version import __version__

if TYPE_CHECKING:
    from wxb.data import load_data
    from wxb.learning.loop import learn
    from wxb.learning.recipe import Recipe
    from wxb.lessons.neuron import neuron
    from wxb.network.build import build
    from wxb.notation import read
    from wxb.runs.run import Run
    from wxb.training import train

__all__ = ["Recipe", "Run", "__version__", "build", "learn", "load_data", "neuron", "read", "train"]

_HOMES = {
    "Recipe": "wxb.learning.recipe",
    "Run": "wxb.runs.run",
    "build": "wxb.network.build",
    "learn": "wxb.learning.loop",
    "load_data": "wxb.data",
    "neuron": "wxb.lessons.neuron",
    "read": "wxb.notation",
    "train": "wxb.training",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'wxb' has no attribute '{name}'")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return __all__
