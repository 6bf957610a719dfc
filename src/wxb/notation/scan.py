"""The characters and words of a text, and the mistakes found in it."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import NoReturn

from .mistakes import MOST, Mistake
from .tree import Place
from .vocabulary import ARMS, BLOCKS, HEADS, LAYERS, RESERVED

NAMES = frozenset((*LAYERS, *BLOCKS, *HEADS, *ARMS, *RESERVED))
COMMENT = re.compile(r"#[^\n\r]*")
BLANKS = re.compile(r"\s*")
LETTERS = re.compile(r"[A-Z]+")
# the longest name first; behind it stand no letters but those of suffixes
NAME = re.compile(f"({'|'.join(sorted(NAMES, key=len, reverse=True))})(?=C?[PGDB][0-9]|C(?![A-Z])|[^A-Z]|$)")

# the same length, so that places in the prepared line are places in the text
SIGNS = {ord(dash): "-" for dash in "–−"} | {ord(c): c.upper() for c in "abcdefghijklmnopqrstuvwxyz"}


class Stop(Exception):
    """Reading cannot go on behind a mistake; those found so far are reported."""


class Scanner:
    """`at` is the place of the next character, `end` that after the last token, `line` the text with capitals only."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.line = COMMENT.sub(lambda comment: " " * len(comment[0]), text).translate(SIGNS)
        self.at = 0
        self.end = 0
        self.mistakes: list[Mistake] = []

    def word(self) -> tuple[int, str]:
        """The longest name that stands here, or the whole run of letters where none does; moves behind it."""
        start = self.skip()
        found = NAME.match(self.line, start) or LETTERS.match(self.line, start)
        if not found:
            self.unexpected("a name", " ".join(LAYERS))
        self.move(found.end())
        return start, found[0]

    def name_ahead(self, names: Container[str] = NAMES) -> bool:
        """Whether one of `names` stands here; moves over blanks only."""
        found = NAME.match(self.line, self.skip())
        return found is not None and found[0] in names

    def head_ahead(self) -> bool:
        """Whether a head stands here; moves over blanks only."""
        return self.name_ahead(HEADS)

    def arm_ahead(self, name: str) -> bool:
        """Whether `name` (ID or PAD) stands here; if so, move behind it."""
        if not self.name_ahead((name,)):
            return False
        self.word()
        return True

    def skip(self) -> int:
        """Move over blanks; the place behind them."""
        if self.line[self.at : self.at + 1].isspace():
            self.at = BLANKS.match(self.line, self.at).end()  # type: ignore[union-attr]  # it matches everywhere
        return self.at

    def peek(self) -> str:
        """The next character that is no blank; "" at the end."""
        sign = self.line[self.at : self.at + 1]
        return self.line[self.skip() : self.at + 1] if sign.isspace() else sign

    def take(self) -> str:
        """The character that stands here; moves behind it."""
        self.move(self.at + 1)
        return self.line[self.at - 1]

    def move(self, to: int) -> None:
        """Go behind a token that ends at `to`."""
        self.at = self.end = to

    def mark(self) -> tuple[int, int]:
        """Where reading is, for `back`."""
        return self.at, self.end

    def back(self, mark: tuple[int, int]) -> None:
        """Return to a mark."""
        self.at, self.end = mark

    def rest(self) -> Place:
        """From the next character to the end of the text."""
        return Place(self.skip(), max(self.at + 1, len(self.text.rstrip())))

    def add(self, mistake: Mistake) -> None:
        """Note a mistake; the third ends the reading."""
        self.mistakes.append(mistake)
        if len(self.mistakes) >= MOST:
            raise Stop

    def note(self, what: str, place: Place, *, edit: tuple[Place, str] | None = None, fix: str = "") -> None:
        """Note a mistake and read on."""
        self.add(Mistake(what, place, edit, fix))

    def stop(self, what: str, place: Place, *, edit: tuple[Place, str] | None = None, fix: str = "") -> NoReturn:
        """Note a mistake behind which nothing can be read."""
        self.note(what, place, edit=edit, fix=fix)
        raise Stop

    def unexpected(self, expected: str, fix: str) -> NoReturn:
        """Stop at the next character, where something else was expected."""
        sign = self.text[self.skip() : self.at + 1]
        found = "the end" if not sign else sign if sign.isprintable() else f"the character U+{ord(sign):04X}"
        self.stop(f"expected {expected}, found {found}", Place(self.at, self.at + 1), fix=fix)
