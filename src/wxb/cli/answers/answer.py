"""The form that all answers have."""

from __future__ import annotations

from msgspec import Struct


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="schema"):
    """The one JSON object that a command prints; `schema` names its form."""
