"""The words of a text and their pieces, in any script.

A text is read without regard to capitals and to how Unicode composes its letters (NFKC). A word is a run of letters,
digits and the marks that belong to them; every other character that is no blank, such as a comma, a currency sign or an
emoji, is a word of its own. So is each character of the scripts that write words without blanks between them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from wxb.text import count, plural

SHORTEST, LONGEST = 2, 5  # characters of a piece
LONG_WORD = 40  # characters of a word that are looked at: longer ones are codes or broken texts
MOST_CHARACTERS = 100_000  # of a text that are read
EDGE = " "  # before the first and after the last character of a word, so that its ends are pieces too

# Chinese characters and their compatibility forms, Japanese kana, Thai, Lao, Burmese and Khmer letters
UNSPACED = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
UNSPACED += "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"


@cache
def _pattern() -> re.Pattern[str]:
    """A word. Marks are no word characters of `re`, but Hindi, Tamil and many others write vowels with them."""
    codes = [*range(0x300, 0x3000), *range(0xFE00, 0xFE30), 0x200C, 0x200D]
    marks = "".join(
        chr(code) for code in codes if unicodedata.category(chr(code))[0] == "M" or 0x200C <= code <= 0x200D
    )
    more = f"[{marks}]*"
    return re.compile(rf"[{UNSPACED}]{more}|(?:[^\W_{UNSPACED}]{more})+|[^\w\s]|_")


def unread(column: str, texts: Iterable[str | None]) -> list[str]:
    """Remarks on the texts of a column that are cut, and on those that are empty or missing (None)."""
    cut = empty = 0
    for text in texts:
        cut += text is not None and len(text) > MOST_CHARACTERS
        empty += text is None or not text.strip()
    are = "is" if empty == 1 else "are"
    said = [f"{column}: {plural(empty, 'text')} {are} empty or missing"] if empty else []
    if cut:
        has = "has" if cut == 1 else "have"
        longer = f"{plural(cut, 'text')} {has} more than {count(MOST_CHARACTERS)} characters"
        said.append(f"{column}: {longer}; the rest is not read")
    return said


def words(text: str) -> list[str]:
    """The words of a text in their order, in small letters, each of at most 40 characters."""
    plain = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS].casefold())
    return [word[:LONG_WORD] for word in _pattern().findall(plain)]


def pieces(word: str) -> list[str]:
    """The runs of 2 to 5 characters in a word with a blank at its ends; of "ab": " a", "ab", "b ", " ab", "ab ", …"""
    whole = EDGE + word + EDGE
    return [
        whole[start : start + size]
        for size in range(SHORTEST, min(LONGEST, len(whole)) + 1)
        for start in range(len(whole) - size + 1)
    ]
