"""The characters and words of a text, and the mistakes found in it."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from typing import NoReturn

from ..errors import nearest
from ..settings.setting import need
from .mistakes import MOST, Mistake
from .named import NAMED
from .tree import Place
from .vocabulary import DEEPEST, HEADS, aliases, the_layers, words

COMMENT = re.compile(r"#[^\n\r]*")
BLANKS = re.compile(r"\s*")
LETTERS = re.compile(r"[A-Z]+")
WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")  # could be meant as the name of a network
LONGEST_NETWORK = max(map(len, NAMED))

# the same length, so that places in the prepared line are places in the text
SIGNS = {ord(dash): "-" for dash in "–−"} | {ord(c): c.upper() for c in "abcdefghijklmnopqrstuvwxyz"}


def name_pattern() -> re.Pattern[str]:
    """Matches a word of the notation, the longest that fits, followed by no letters but those of suffixes."""
    names = "|".join(sorted(words(), key=len, reverse=True))
    return re.compile(f"({names})(?=C?[PGDB][0-9]|C(?![A-Z])|[^A-Z]|$)")


def need_text(text: object) -> str:
    """A text that is to be read as a network. Raises WxbError for anything else."""
    need("text", text, str, "a text of the notation, or the name of a network")
    return str(text)


FORMS = {"RES": "RES(CONV-BN-RELU-CONV-BN)", "CAT": "CAT(CONV1, CONV3)", "TEAM": "TEAM-16(FC-64-RELU)"}


class Stop(Exception):
    """Reading cannot go on after a mistake; those found so far are reported."""


class Scanner:
    """A text and the place in it.

    `at` is the place of the next character, `end` the one after the last token, `line` the text in capitals.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.line = COMMENT.sub(lambda comment: " " * len(comment[0]), text).translate(SIGNS)
        self.at = 0
        self.end = 0
        self.mistakes: list[Mistake] = []
        self.depth = 0  # of brackets
        self.square: set[int] = set()  # where blocks begin whose parts stand in [ ], which is a mistake
        self.name = name_pattern()

    def word(self) -> tuple[int, str]:
        """Read the longest word that starts here, or the whole run of letters if there is none; (its start, it)."""
        start = self.skip()
        match = self.name.match(self.line, start) or LETTERS.match(self.line, start)
        if not match:
            self.unexpected("a name", the_layers())
        self.move(match.end())
        return start, match[0]

    def name_ahead(self, names: Container[str] | None = None) -> bool:
        """Whether one of `names` comes next, by default any word; moves over blanks only."""
        match = self.name.match(self.line, self.skip())
        return match is not None and (names is None or match[0] in names)

    def head_ahead(self) -> bool:
        """Whether a head comes next; moves over blanks only."""
        return self.name_ahead(HEADS)

    def arm_ahead(self, name: str) -> bool:
        """Whether `name` (ID or PAD) comes next; if so, read it."""
        if not self.name_ahead((name,)):
            return False
        self.word()
        return True

    def network_ahead(self, start: int) -> str:
        """The name of a network at `start`, as written; "" if there is none."""
        match = WORD.match(self.text, start, start + LONGEST_NETWORK)
        word = match[0] if match else ""
        while word and word.lower() not in NAMED:
            word = word.rpartition("-")[0]
        return word

    def skip(self) -> int:
        """Move over blanks and return the place after them."""
        if self.line[self.at : self.at + 1].isspace():
            self.at = BLANKS.match(self.line, self.at).end()  # type: ignore[union-attr]  # it matches everywhere
        return self.at

    def peek(self) -> str:
        """The next character that is not blank; "" at the end."""
        sign = self.line[self.at : self.at + 1]
        return self.line[self.skip() : self.at + 1] if sign.isspace() else sign

    def take(self) -> str:
        """Read one character."""
        self.move(self.at + 1)
        return self.line[self.at - 1]

    def move(self, to: int) -> None:
        """Go to the end of a token."""
        self.at = self.end = to

    def mark(self) -> tuple[int, int]:
        """The current state, for `back`."""
        return self.at, self.end

    def back(self, mark: tuple[int, int]) -> None:
        """Return to a mark."""
        self.at, self.end = mark

    def rest(self) -> Place:
        """From the next character to the end of the text."""
        return Place(self.skip(), max(self.at + 1, len(self.text.rstrip())))

    def add(self, mistake: Mistake) -> None:
        """Note a mistake; the third one ends the reading."""
        self.mistakes.append(mistake)
        if len(self.mistakes) >= MOST:
            raise Stop

    def note(self, what: str, place: Place, *, edit: tuple[Place, str] | None = None, fix: str = "") -> None:
        """Note a mistake and read on."""
        self.add(Mistake(what, place, edit, fix))

    def stop(self, what: str, place: Place, *, edit: tuple[Place, str] | None = None, fix: str = "") -> NoReturn:
        """Note a mistake after which nothing can be read."""
        self.note(what, place, edit=edit, fix=fix)
        raise Stop

    def unexpected(self, expected: str, fix: str) -> NoReturn:
        """Stop at the next character because something else was expected."""
        sign = self.text[self.skip() : self.at + 1]
        actual = "the end" if not sign else sign if sign.isprintable() else f"the character U+{ord(sign):04X}"
        self.stop(f"expected {expected}, found {actual}", Place(self.at, self.at + 1), fix=fix)

    def unexpected_number(self, form: str) -> NoReturn:
        """Stop at brackets that should hold a number."""
        closing = self.line.find(")", self.at)
        place = Place(self.at, closing + 1 if closing >= 0 else self.at + 1)
        self.stop("a number is expected in these brackets", place, fix=form)

    def refuse_variable(self, letter: str, place: Place) -> None:
        """Note a letter that cannot be a variable."""
        self.note(f"{letter} is not a variable: the letter has another meaning", place, fix="another letter")

    # --- brackets ---

    def deeper(self, start: int) -> None:
        """Enter a bracket."""
        self.depth += 1
        if self.depth > DEEPEST:
            place = Place(start, start + 1)
            self.stop(f"brackets are nested more than {DEEPEST} deep", place, fix="fewer brackets in brackets")

    def open(self, name: str, start: int) -> None:
        """Read the opening bracket of a block."""
        sign = self.peek()
        if sign == "[":
            place = Place(self.at, self.at + 1)
            self.note(f"the parts of {name} stand in ( ), not in [ ]", place, edit=(place, "("))
            self.square.add(start)
        elif sign != "(":
            self.stop(f"{name} is followed by its parts in ( )", Place(start, self.end), fix=FORMS[name])
        self.take()
        self.deeper(start)

    def close(self, bracket: str, start: int, name: str = "") -> None:
        """Read the closing bracket of what began at `start`, a block of this name or a group."""
        sign = self.peek()
        here, opening = Place(self.at, self.at + 1), Place(start, start + 1)
        if sign == "]" and start in self.square:
            self.note("a ) is expected, not ]", here, edit=(here, bracket))
        if sign == bracket or (sign == "]" and start in self.square):
            self.take()
            self.depth -= 1
            return
        if sign == "," and name == "RES":
            self.stop("RES has an arm and at most one shortcut", here, fix="CAT(…, …) joins several branches")
        if sign == "," and name == "TEAM":
            what = "a TEAM holds layers joined by -, and the head stands after its )"
            self.stop(what, here, fix="TEAM-16(FC-64-RELU), SOFTMAX")
        if not sign or sign == ",":
            self.stop(f"{self.text[start : start + 1]} is never closed", opening, fix=f"a {bracket} where it ends")
        if sign in ")]":
            self.stop(f"a {bracket} is expected, not {sign}", here, edit=(here, bracket))
        self.unexpected(f"- or {bracket}", 'layers are joined by "-"')


def short(number: re.Match[str], group: int = 0) -> str:
    """A number as it was written, without leading zeros."""
    return re.sub("^0+(?=[0-9])", "", number[group])


def known_name(word: str, names: Sequence[str]) -> str | None:
    """The word that may have been meant: one of `names` by another name, or the nearest of them."""
    meant = aliases().get(word)
    if meant in names:
        return meant
    return nearest(word[:40], names, cutoff=0.6) if len(word) > 1 else None
