"""The designed features of a word in its sentence, for WINDOW.

The table is that of classical named-entity recognition: current, previous and next word; runs of characters of every
size; the word's tag and the tags around; its shape and the shapes around; presence of words in a window of four to the
left and to the right.
"""

from __future__ import annotations

import re
from functools import cache

SIDE = 4  # words to the left and to the right
START, END = "<", ">"  # before the first and after the last word, and around a word for its runs of characters
TAG = "\x1e"  # between a word and its tag: "record separator" in ASCII
LONG_WORD = 24  # characters of a word whose runs are taken
MOST_OF_WORD = 96  # features of one word


def parted(token: str) -> tuple[str, str]:
    """A token as its word and its tag, "" if it has none."""
    word, _, tag = token.partition(TAG)
    return word, tag


@cache
def shape_of(word: str) -> str:
    """The shape of a word: X for capitals, x for small letters, d for digits, others as they are, once each."""
    signs = ("X" if c.isupper() else "x" if c.isalpha() else "d" if c.isdigit() else c for c in word)
    return re.sub(r"(.)\1+", r"\1", "".join(signs))


@cache
def runs_of(word: str) -> tuple[str, ...]:
    """Every run of two and more characters in a word with marks at its ends."""
    whole = START + word[:LONG_WORD] + END
    return tuple(
        dict.fromkeys(whole[start:end] for start in range(len(whole) - 1) for end in range(start + 2, len(whole) + 1))
    )


def features_of(sentence: list[str]) -> list[list[str]]:
    """The features of each token of a sentence, named; a token without a tag has none of tags."""
    both = [parted(token) for token in sentence]
    names = [START, *(word for word, _ in both), END]
    tags = ["", *(tag for _, tag in both), ""]
    shapes = [START, *map(shape_of, names[1:-1]), END]
    found = []
    for place in range(1, len(both) + 1):
        before, here, after = names[place - 1 : place + 2]
        some = [f"word {here}", f"before {before}", f"after {after}"]
        some += [f"shape {shapes[place]}", f"shapes {shapes[place - 1]} {shapes[place]} {shapes[place + 1]}"]
        if tags[place]:
            some += [f"tag {tags[place]}", f"tags {tags[place - 1]} {tags[place]} {tags[place + 1]}"]
        some += [f"left {one}" for one in set(names[max(1, place - SIDE) : place])]
        some += [f"right {one}" for one in set(names[place + 1 : min(place + SIDE, len(both)) + 1])]
        some += [f"run {run}" for run in runs_of(here)]
        found.append(some)
    return found
