"""A toy of sentences: names of persons, places and organizations in sentences of a small grammar.

The names are made of syllables. Those of the training, the validation and the test part are different ones, so that a
network has to tell a name from its shape and from the words around it. Some words are a name in one sentence and none
in another, and some names are persons in one sentence and places in another.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from wxb.randomness import generator
from wxb.settings.setting import PartRows

if TYPE_CHECKING:
    from wxb.data.tables.tokens import Tokens

GRAMMARS = ("names",)
EXAMPLES = 3_000
SHARES = (0.6, 0.15, 0.25)  # of the training, the validation and the test part
NAMES = 200  # of each kind in a part

FIRST = [
    "an",
    "be",
    "ca",
    "da",
    "el",
    "fi",
    "ga",
    "ha",
    "is",
    "jo",
    "ka",
    "li",
    "ma",
    "ni",
    "ol",
    "pa",
    "ra",
    "sa",
    "ta",
    "vi",
]
MIDDLE = ["ra", "li", "no", "ve", "mi", "la", "do", "ri", "sta", "ne"]
PERSON = ["na", "ko", "son", "man", "sen", "ez", "ova", "rick", "a", "o", "ia"]
PLACE = ["burg", "ton", "ville", "stad", "grad", "mouth", "field", "dorf", "ia", "ona", "a", "o"]
ORGANIZATION = ["tech", "corp", "soft", "gen", "com", "net", "dyne", "ex", "a", "o"]
KIND = ["Bank", "Group", "Systems", "University", "Institute", "Motors"]
TITLES = ["Dr.", "Mr.", "Mrs.", "President"]

# a word of a pattern is word/part of speech; P, L and O in capitals with a dot stand for a name
PATTERNS = tuple(
    pattern.split()
    for pattern in (
        ".P said/VBD on/IN DAY/NNP that/IN .O will/MD open/VB a/DT plant/NN in/IN .L ./.",
        ".P moved/VBD from/IN .L to/TO .L last/JJ year/NN ./.",
        ".O hired/VBD .P as/IN its/PRP$ new/JJ director/NN ./.",
        "The/DT mayor/NN of/IN .L met/VBD .P and/CC .P ./.",
        "Shares/NNS of/IN .O fell/VBD on/IN DAY/NNP after/IN .P left/VBD ./.",
        "In/IN .L ,/, .O opened/VBD a/DT new/JJ office/NN ./.",
        "Reports/NNS from/IN .L were/VBD denied/VBN by/IN .O ./.",
        ".T .P of/IN .O spoke/VBD in/IN .L on/IN DAY/NNP ./.",
        "Many/JJ people/NNS in/IN .L like/VBP the/DT river/NN ./.",
        "Yesterday/NN it/PRP rained/VBD all/DT day/NN ./.",
        "Nobody/NN knows/VBZ what/WP the/DT Committee/NNP decided/VBD ./.",
        ".L beat/VBD .L by/IN two/CD goals/NNS ./.",
        ".P likes/VBZ .L ,/, but/CC .P does/VBZ not/RB ./.",
        "Critics/NNS praised/VBD .P ,/, while/IN .O stayed/VBD silent/JJ ./.",
        "Talks/NNS between/IN .O and/CC .O ended/VBD on/IN DAY/NNP ./.",
        "Trains/NNS to/TO .L were/VBD late/JJ on/IN DAY/NNP ./.",
        "According/VBG to/TO .P ,/, prices/NNS in/IN .L rose/VBD ./.",
    )
)
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]

Name = list[str]


def written(name: str, examples: int | None, seed: int) -> tuple[list[Tokens], PartRows]:
    """The sentences of a toy, and the places of its parts."""
    from wxb.data.tables.tokens import Tokens

    total = EXAMPLES if examples is None else examples
    ends = np.round(np.cumsum((0, *SHARES)) * total).astype(int)
    draw = generator(seed, "toy", name)
    taken: set[str] = set()
    sentences: list[Tokens] = []
    for start, end in itertools.pairwise(ends):
        names = _names(draw, taken)
        for place in range(start, end):
            sentences.append(_sentence(Tokens(f"sentence {place}"), names, draw))
    train, validation, test = (
        tuple(range(start, end)) for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
    )
    return sentences, PartRows(train, validation, test, of_examples=True)


def _names(draw: np.random.Generator, taken: set[str]) -> dict[str, list[Name]]:
    """Names of persons, places and organizations, of which no word is `taken`; every tenth surname is a place too."""

    def word(endings: list[str]) -> str:
        while True:
            middle = [str(draw.choice(MIDDLE)) for _ in range(draw.integers(0, 3))]
            made = "".join((str(draw.choice(FIRST)), *middle, str(draw.choice(endings)))).capitalize()
            if made not in taken:
                taken.add(made)
                return made

    def some(make: Callable[[], Name]) -> list[Name]:
        return [make() for _ in range(NAMES)]

    persons = some(lambda: [word(PERSON)] if draw.random() < 0.3 else [word(PERSON), word(PERSON + PLACE[-3:])])
    places = some(lambda: [word(PLACE)] if draw.random() < 0.8 else ["New", word(PLACE)])
    places += [[name[-1]] for name in persons[::10]]
    organizations = some(
        lambda: [word(ORGANIZATION)] if draw.random() < 0.5 else [word(ORGANIZATION + PLACE), str(draw.choice(KIND))]
    )
    return {"P": persons, "L": places, "O": organizations}


def _sentence(tokens: Tokens, names: dict[str, list[Name]], draw: np.random.Generator) -> Tokens:
    """Fill `tokens` by a pattern."""
    kinds = {"P": "PER", "L": "LOC", "O": "ORG"}
    for part in PATTERNS[draw.integers(len(PATTERNS))]:
        if part == ".T":
            tokens.words.append(str(draw.choice(TITLES)))
            tokens.parts.append("NNP")
            tokens.tags.append("O")
        elif part[0] == "." and part[1:] in kinds:
            name = names[part[1]][draw.integers(len(names[part[1]]))]
            tokens.words += name
            tokens.parts += ["NNP"] * len(name)
            tokens.tags += [f"{'I' if place else 'B'}-{kinds[part[1]]}" for place in range(len(name))]
        else:
            word, _, speech = part.rpartition("/")
            tokens.words.append(str(draw.choice(DAYS)) if word == "DAY" else word)
            tokens.parts.append(speech)
            tokens.tags.append("O")
    return tokens
