"""Entities in sequences of tags: the rules of the CoNLL evaluation, as seqeval has them by default.

A tag is a prefix (B, I, E, S, O) and, after "-", the type of an entity: B-PER begins a person, I-PER goes on with it.
Tags without such a prefix, such as parts of speech, are entities of one word each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

OUTSIDE = "O"
PREFIXES = "BIESO"


class Entity(NamedTuple):
    """The words from `start` to `end`, both included, as one entity."""

    kind: str
    start: int
    end: int


def parts(tag: str) -> tuple[str, str]:
    """A tag as its prefix and its type: B and PER of B-PER; a tag without a type is its own prefix's."""
    prefix, mark, kind = tag.partition("-")
    return (prefix, kind) if mark else (tag, "_")


def has_entities(tags: Sequence[str]) -> bool:
    """Whether tags mark the beginnings and insides of entities: every one is O or a prefix with a type."""
    return all(tag == OUTSIDE or (tag[:1] in PREFIXES and tag[1:2] == "-" and len(tag) > 2) for tag in tags)


def entities(tags: Sequence[str]) -> list[Entity]:
    """The entities of a sentence by its tags, in their order.

    One begins at B and S, where its type changes, and at I or E after O, E or S; it ends before the next one begins,
    before O, and with E and S.
    """
    found: list[Entity] = []
    before, kind_before, start = OUTSIDE, "", 0
    for place, tag in enumerate((*tags, OUTSIDE)):
        prefix, kind = parts(tag)
        if before != OUTSIDE and _ends(before, prefix, kind_before, kind):
            found.append(Entity(kind_before, start, place - 1))
        if prefix != OUTSIDE and _begins(before, prefix, kind_before, kind):
            start = place
        before, kind_before = prefix, kind
    return found


def _ends(before: str, now: str, kind_before: str, kind: str) -> bool:
    return before in "ES" or now in "BSO" or kind_before != kind


def _begins(before: str, now: str, kind_before: str, kind: str) -> bool:
    return now in "BS" or before in "ESO" or kind_before != kind


def in_words(tags: Sequence[str]) -> list[Entity]:
    """Each tag as an entity of one word."""
    return [Entity(tag, place, place) for place, tag in enumerate(tags)]


def nonsense(tags: Sequence[str]) -> Counter[tuple[str, str]]:
    """The transitions that make no sense, and how often each stands: an inside or an end without a beginning before.

    I-LOC after B-PER, after O, and at the start of a sentence ("" before it).
    """
    found: Counter[tuple[str, str]] = Counter()
    before = ""
    for tag in tags:
        prefix, kind = parts(tag)
        prefix_before, kind_before = parts(before) if before else (OUTSIDE, "")
        if prefix in ("I", "E") and (prefix_before not in ("B", "I") or kind_before != kind):
            found[before, tag] += 1
        before = tag
    return found
