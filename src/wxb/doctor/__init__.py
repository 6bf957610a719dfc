"""The doctor: why a network does not learn, with the remedy proved by paired side runs.

`examine` and `watch` are for anybody's PyTorch, `diagnose` for a case of data, network and settings.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wxb.doctor.examination import examine
    from wxb.doctor.finding import Diagnosis, Finding, Proof
    from wxb.doctor.gradients import check_gradients
    from wxb.doctor.watching import watch

__all__ = ["Diagnosis", "Finding", "Proof", "check_gradients", "examine", "watch"]

_HOMES = {
    "Diagnosis": "finding",
    "Finding": "finding",
    "Proof": "finding",
    "check_gradients": "gradients",
    "examine": "examination",
    "watch": "watching",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"wxb.doctor.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
