"""wxb: one line of text and labelled data to a trained, reported and reopenable network.

The public names are imported on first use, so that `import wxb` takes next to no time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from wxb.version import __version__

if TYPE_CHECKING:
    from wxb import views
    from wxb.data import load_data
    from wxb.data.dataset import Dataset, Split
    from wxb.errors import WxbError
    from wxb.learning.loop import Record, learn
    from wxb.learning.recipe import Recipe
    from wxb.lessons.neuron import neuron
    from wxb.network.build import build
    from wxb.notation import Network, plan, read
    from wxb.page.watched import show_page
    from wxb.runs.compare import compare
    from wxb.runs.run import Run
    from wxb.training import resume, train
    from wxb.trials.series import folds, pairs, seeds
    from wxb.trials.trial import Trial

__all__ = [
    "Dataset",
    "Network",
    "Recipe",
    "Record",
    "Run",
    "Split",
    "Trial",
    "WxbError",
    "__version__",
    "build",
    "compare",
    "folds",
    "learn",
    "load_data",
    "neuron",
    "pairs",
    "plan",
    "read",
    "resume",
    "seeds",
    "show_page",
    "train",
    "views",
]

_HOMES = {
    "Dataset": "wxb.data.dataset",
    "Network": "wxb.notation",
    "Recipe": "wxb.learning.recipe",
    "Record": "wxb.learning.loop",
    "Run": "wxb.runs.run",
    "Split": "wxb.data.dataset",
    "Trial": "wxb.trials.trial",
    "WxbError": "wxb.errors",
    "build": "wxb.network.build",
    "compare": "wxb.runs.compare",
    "folds": "wxb.trials.series",
    "learn": "wxb.learning.loop",
    "load_data": "wxb.data",
    "neuron": "wxb.lessons.neuron",
    "pairs": "wxb.trials.series",
    "plan": "wxb.notation",
    "read": "wxb.notation",
    "resume": "wxb.training",
    "seeds": "wxb.trials.series",
    "show_page": "wxb.page.watched",
    "train": "wxb.training",
}


def __getattr__(name: str) -> object:
    if name == "views":  # a room of functions, as `wxb.views.maps`
        return import_module("wxb.views")
    if name not in _HOMES:
        raise AttributeError(f"module 'wxb' has no attribute '{name}'")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return __all__
