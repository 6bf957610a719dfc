"""Labelled data: known sets, picture folders, arrays and toys, read into whole arrays with a split."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset, Split, match_classes
    from wxb.data.load import load_data

__all__ = ["Dataset", "Split", "load_data", "match_classes"]

_HOME = {"Dataset": "dataset", "Split": "dataset", "match_classes": "dataset", "load_data": "load"}


def __getattr__(name: str) -> Any:
    """Public names load their module, and NumPy with it, when they are first used."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"wxb.data.{_HOME[name]}"), name)
