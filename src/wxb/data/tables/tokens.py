"""Sentences of tokens, one token a row: of a CoNLL file, of a table with a column of sentences, or typed in.

They become a table with a row for each sentence: its words, each with its part of speech where there is one, and its
tags. Nothing is left out: a token without a tag, and a sentence longer than `MOST_TOKENS`, are errors.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from wxb.data.tables.content import as_utf8, name_of, read_content
from wxb.data.tables.frame import Frame, frame_of
from wxb.data.tables.window import TAG
from wxb.errors import WxbError
from wxb.tasks.entities import OUTSIDE, has_entities
from wxb.tasks.tags import BETWEEN
from wxb.text import count, plural

SUFFIXES = (".conll", ".conllu", ".iob", ".iob2", ".bio", ".ner")
MOST_TOKENS = 1_000  # of a sentence
WORD, POS, TAGS, SENTENCE = "word", "pos", "tag", "sentence"
WORDS = (WORD, "token", "form", "words", "tokens", "text")  # what columns of words are called,
PARTS = (POS, "pos_tag", "upos", "xpos", "part of speech")  # those of parts of speech,
SENTENCES = (SENTENCE, "sentence_id", "sentence id", "sentence #", "sent_id", "sent", "sentence number")
WHOLE = ("text", SENTENCE, "sentences", "words")  # what columns with a sentence in each row are called
DOCUMENT = "-DOCSTART-"
TYPED = re.compile(r"\w+(?:['’\-.]\w+)*|[^\w\s]")  # a word of a sentence that is typed in


@dataclass
class Tokens:
    """The tokens of one sentence, and where it begins, for messages."""

    where: str
    words: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)  # of speech; empty if there are none
    tags: list[str] = field(default_factory=list)  # empty if there are none


def is_conll(path: str | Path) -> bool:
    """Whether a path is by its name that of a file with a token a line."""
    return Path(path).suffix.lower() in SUFFIXES


def frame_of_sentences(
    name: str, sentences: Sequence[Tokens], word: str = WORD, tag: str = TAGS, notes: tuple[str, ...] = ()
) -> Frame:
    """A table with a row for each sentence: its words in a column `word`, and its tags, if it has some, in `tag`.

    Raises WxbError if there is no sentence, or one is too long.
    """
    import polars as pl

    if not sentences:
        raise WxbError(f"{name} has no sentences", "expected a token a line and a blank line after each sentence")
    for one in sentences:
        if len(one.words) > MOST_TOKENS:
            raise WxbError(
                f"the sentence at {one.where} of {name} has {count(len(one.words))} words",
                f"at most {count(MOST_TOKENS)} are read",
                "a blank line, or another sentence, where each sentence ends",
            )
    texts = [
        BETWEEN.join(
            f"{text}{TAG}{part}" if part else text
            for text, part in zip(one.words, one.parts or [""] * len(one.words), strict=True)
        )
        for one in sentences
    ]
    columns = {word: pl.Series(texts, dtype=pl.String)}
    if all(one.tags for one in sentences):
        columns[tag] = pl.Series([BETWEEN.join(one.tags) for one in sentences], dtype=pl.String)
    made = frame_of(pl.DataFrame(columns), name)
    return replace(made, notes=(*made.notes, *notes))


def read_conll(path: Path, word: str = WORD, tag: str = TAGS, tagged: bool = True) -> Frame:
    """The sentences of a file with a token a line, the fields of which blanks or tabs part.

    The first field is the word, the last one the tag, the second of three and more the part of speech. Of CoNLL-U, with
    ten fields, the word is the second and the tag the fourth. Unless `tagged`, a line may be a word alone.
    """
    name = name_of(path)
    data, notes = as_utf8(name, b"".join(read_content(path)))
    return frame_of_sentences(name, sentences_in(data.decode(), name, tagged), word, tag, notes)


def sentences_in(text: str, name: str, tagged: bool = True) -> list[Tokens]:
    """The sentences of a text with a token a line. Raises WxbError where lines have different numbers of fields."""
    found: list[Tokens] = []
    current: Tokens | None = None
    width, first = 0, 0
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split("\t") if line.count("\t") >= 9 else line.split()
        if not fields or fields[0] == DOCUMENT or (line.startswith("#") and (len(fields) == 1 or width == 10)):
            current = None
            continue
        if line.startswith("# ") and not width:  # a comment before the first token
            continue
        if len(fields) == 10 and not fields[0].isdigit():
            continue  # of CoNLL-U: several tokens written as one
        width, first = (width, first) if width else (len(fields), number)
        if len(fields) != width:
            raise WxbError(
                f"line {count(number)} of {name} has {plural(len(fields), 'field')}, line {first} has {width}",
                f"line {count(number)}: {line.strip()[:80]}",
                "a word and its tag in every line, and a blank line after each sentence",
            )
        if width == 1 and tagged:
            raise WxbError(
                f"line {count(number)} of {name} holds a word and no tag",
                f"line {count(number)}: {line.strip()[:80]}",
                "a word and its tag in every line, with a blank between them",
            )
        if current is None:
            current = Tokens(f"line {count(number)}")
            found.append(current)
        if width == 10:
            current.words.append(fields[1])
            current.tags.append(fields[3])
            continue
        current.words.append(fields[0])
        if width > 2:
            current.parts.append(fields[1])
        if width > 1:
            current.tags.append(fields[-1])
    return found


def words_of(line: str) -> list[str]:
    """The words of a line that is typed in."""
    return TYPED.findall(line)


def typed(text: str, name: str, word: str = WORD) -> Frame:
    """The sentences that are typed in, one a line; a word is a run of letters and digits, other signs are words too."""
    lines = [(number, words_of(line)) for number, line in enumerate(text.splitlines(), 1)]
    return frame_of_sentences(name, [Tokens(f"line {number}", words) for number, words in lines if words], word)


def grouped(frame: Frame, tag: str | None, sentence: str, word: str = "", part: str | None = None) -> Frame:
    """The sentences of a table with a token a row; rows in sequence with one value of `sentence`, or none, are one.

    `word` and `part` are the columns of words and of parts of speech, by default those that are called so, else the
    first column that is left. Raises WxbError for a token without a word or a tag.
    """
    columns = [name for name in frame.columns if name not in (tag, sentence)]
    word = word or called(columns, WORDS) or next(iter(columns), "")
    if not word:
        raise WxbError(f"{frame.name} has no column of words", f"columns: {frame.listed}", "a column word")
    part = called([name for name in columns if name != word], PARTS) if part is None else part
    values = [_texts(frame, name) for name in (word, part, tag) if name]
    words, *others = values
    parts = others.pop(0) if part else [""] * len(words)
    tags: list[str | None] = others.pop(0) if tag else []
    for what, some in (("word", words), ("tag", tags)):
        if None in some:
            row = some.index(None)
            raise WxbError(
                f"row {count(int(frame.rows[row]))} of {frame.name} has no {what}",
                "every token has a word and a tag; none is guessed or left out",
                "O for a word that belongs to nothing" if what == "tag" else "",
            )
    groups: list[str | None] = []
    for value in _texts(frame, sentence):
        groups.append(value if value is not None or not groups else groups[-1])
    found = []
    for _, rows in groupby(range(len(words)), key=groups.__getitem__):
        places = list(rows)
        one = Tokens(f"row {count(int(frame.rows[places[0]]))}", [words[place] or "" for place in places])
        one.parts = [parts[place] or "" for place in places] if part else []
        one.tags = [tags[place] or "" for place in places] if tag else []
        found.append(one)
    return frame_of_sentences(frame.name, found, word, tag or TAGS, frame.notes)


def in_rows(frame: Frame, tag: str | None, word: str) -> Frame:
    """The sentences of a table with one in each row: its words, and its tags, with blanks between them.

    Raises WxbError for a row without words, or with another number of tags than words.
    """
    words = [(text or "").split() for text in _texts(frame, word)]
    tags = [(text or "").split() for text in _texts(frame, tag)] if tag else [[] for _ in words]
    found = []
    for row, some, own in zip(frame.rows.tolist(), words, tags, strict=True):
        if not some or (tag and len(own) != len(some)):
            raise WxbError(
                f"row {count(row)} of {frame.name} has {plural(len(some), 'word')}"
                + (f" and {plural(len(own), 'tag')}" if tag else ""),
                f"row {count(row)}: {' '.join(some)[:60]}" + (f" | {' '.join(own)[:60]}" if tag else ""),
                "in every row a sentence" + (" and as many tags, with blanks between them" if tag else ""),
            )
        found.append(Tokens(f"row {count(row)}", some, tags=own))
    return frame_of_sentences(frame.name, found, word, tag or TAGS, frame.notes)


def of_texts(frame: Frame, text: str, word: str) -> Frame:
    """The sentences of a table with one in each row of its column `text`, read as those that are typed in."""
    lines = zip(frame.rows.tolist(), _texts(frame, text), strict=True)
    found = [Tokens(f"row {count(row)}", TYPED.findall(one or "")) for row, one in lines]
    if empty := [one.where for one in found if not one.words]:
        raise WxbError(f"{empty[0]} of {frame.name} has no words", "expected a sentence in every row")
    note = f"each row of {text} is read as a sentence"
    return frame_of_sentences(frame.name, found, word, notes=(*frame.notes, note))


def hold_sentences(frame: Frame, column: str) -> bool:
    """Whether the values of a column are whole sentences, not words: most have blanks."""
    values = [one for one in _texts(frame, column) if one is not None]
    return 2 * sum(" " in one.strip() for one in values) > len(values)


def like_tokens(frame: Frame, target: str) -> str:
    """The column of sentences, if a table looks like one with a token a row and tags in `target`; else ""."""
    sentence = called([name for name in frame.columns if name != target], SENTENCES)
    if not sentence or not called([name for name in frame.columns if name not in (target, sentence)], WORDS):
        return ""
    tags = {one for one in _texts(frame, target) if one is not None}
    return sentence if any(one != OUTSIDE for one in tags) and has_entities([*tags]) else ""


def _texts(frame: Frame, column: str) -> list[str | None]:
    import polars as pl

    found: list[str | None] = frame.series(frame.need(column)).cast(pl.String).to_list()
    return found


def called(columns: Sequence[str], names: Sequence[str]) -> str:
    """The first column that is called one of these names."""
    return next((name for name in columns if name.strip().casefold() in names), "")
