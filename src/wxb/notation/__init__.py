"""The notation: one line of text to a network, its plan, and back."""

from __future__ import annotations

from .read import read
from .shapes import plan
from .tree import Network, Plan

__all__ = ["Network", "Plan", "plan", "read"]
