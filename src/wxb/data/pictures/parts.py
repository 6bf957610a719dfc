"""Folders that are named after the parts of a data set: train/, "Test Data/", seg_val/."""

from __future__ import annotations

import re
from collections.abc import Sequence

TRAIN, VALIDATION, TEST = "train", "validation", "test"
# the words for each part, and words that may stand around them, each also without a gap: trainset, test_images
WORDS = {
    TRAIN: "training|train|trainval",
    VALIDATION: "validation|valid|val|development|dev",
    TEST: "testing|test|evaluation|eval",
}
AROUND = "set|sets|data|dataset|datasets|image|images|img|imgs|picture|pictures|photo|photos|sample|samples|seg|split"

_PART = re.compile(f"(?:{AROUND})*(?:{'|'.join(f'(?P<{part}>{words})' for part, words in WORDS.items())})(?:{AROUND})*")
_AROUND = re.compile(f"(?:{AROUND})+")
_WORD = re.compile(r"[^\W\d_]+")  # letters
_NEXT_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")  # TrainData


def part_of(name: str) -> tuple[str, tuple[str, ...]] | None:
    """The part that a folder is named after, and the name's other words: "Cats_Train-2" -> ("train", ("cats",)).

    None if the name has no word for a part, or several.
    """
    found, rest = [], []
    for word in _WORD.findall(_NEXT_WORD.sub(" ", name).lower()):
        match = _PART.fullmatch(word)
        if match:
            found.append(match.lastgroup or "")
        elif not _AROUND.fullmatch(word):
            rest.append(word)
    return (found[0], tuple(rest)) if len(found) == 1 else None


def parts_of(names: Sequence[str]) -> dict[str, str]:
    """The parts that folders beside each other are named after: {"Train Data": "train", "Test Data": "test"}.

    Other words in a name must stand in the names of several parts: pets_train and pets_test, but not train_cats and
    train_dogs. Empty if no folder, or more than one group of folders, is for training.
    """
    groups: dict[tuple[str, ...], dict[str, str]] = {}
    for name in names:
        if named := part_of(name):
            groups.setdefault(named[1], {})[name] = named[0]
    plain = groups.pop((), {})
    if TRAIN in plain.values():
        return plain
    several = [group for group in groups.values() if TRAIN in group.values() and len({*group.values()}) > 1]
    return several[0] | plain if len(several) == 1 else {}


def is_wrapper(name: str, around: str) -> bool:
    """Whether a lone folder only wraps its content: archive/archive/, train/images/, "Test Data/test/"."""
    named, outer = part_of(name), part_of(around)
    words = _WORD.findall(_NEXT_WORD.sub(" ", name).lower())
    return (
        name.lower() == around.lower()
        or bool(words and all(_AROUND.fullmatch(word) for word in words))
        or (named is not None and outer is not None and named == (outer[0], ()))
    )
