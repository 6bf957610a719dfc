"""From a planned network to a module that torch can train."""

from __future__ import annotations

from wxb.network.build import Model, build

__all__ = ["Model", "build"]
