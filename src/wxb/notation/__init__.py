"""The notation: from one line of text to a network and its plan, and back."""

from __future__ import annotations

from .network import Network
from .plan import plan
from .planned import Plan
from .read import read

__all__ = ["Network", "Plan", "plan", "read"]
