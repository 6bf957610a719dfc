"""A data set from a table: a file, a folder of parts, a stream or a data frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from wxb.data.arrays import array_of
from wxb.data.dataset import Dataset
from wxb.data.split import Fractions
from wxb.data.tables.choices import Choices, choices_of, listed
from wxb.data.tables.columns import Preparation
from wxb.data.tables.content import stem_of
from wxb.data.tables.frame import Frame, frame_of, read_frame
from wxb.data.tables.grammar import written
from wxb.data.tables.table import Table, preparation_of, read_like, read_table
from wxb.data.tables.target import named
from wxb.data.tables.tokens import (
    PARTS,
    POS,
    SENTENCE,
    SENTENCES,
    WHOLE,
    WORD,
    WORDS,
    called,
    frame_of_sentences,
    grouped,
    hold_sentences,
    in_rows,
    like_tokens,
    of_texts,
    read_conll,
)
from wxb.data.tables.tokens import TAGS as TAG_COLUMN
from wxb.data.tables.vocabulary import Words
from wxb.errors import WxbError
from wxb.settings.setting import PartRows, kinds_of
from wxb.tasks.reconstruction import Reconstruction
from wxb.tasks.tags import Tags
from wxb.text import count

RECONSTRUCTION, TAGS = Reconstruction.name, Tags.name


def of_table(
    source: object,
    settings: Mapping[str, Any],
    header: bool | None,
    like: Mapping[str, object] | None,
    fractions: Fractions | PartRows,
    seed: int,
) -> Dataset:
    """A data set from a table: a path or a data frame, read by the `settings` of tables or `like` a run's.

    Raises WxbError if both are given, and for what the readers refuse.
    """
    given = [name for name, value in settings.items() if value is not None]
    if like is not None and given:
        raise WxbError("the run says how a table is read", fix=f"leave out `{'`, `'.join(given)}`")
    expected = () if like is None else preparation_of(like).all_names
    frame = read_frame(source, header, expected) if isinstance(source, Path) else frame_of(source)
    if like is not None:
        table = read_like(in_sentences(frame, preparation_of(like)), like)
    elif settings["task"] == TAGS:
        table = _tagged(frame, settings, fractions, seed)
    else:
        labelled = settings["target"] is not None or settings["task"] != RECONSTRUCTION
        names = named(frame, settings["target"]) if labelled else ()
        task = None if labelled and settings["task"] == RECONSTRUCTION else settings["task"]
        roles: dict[str, str | None] = {}
        for role in ("weight", "group"):
            frame, roles[role] = _with_role(frame, role, settings[role])
        choices = choices_of(frame, names, settings["drop"], settings["types"], settings["missing"], **roles)
        table = read_table(frame, names, task, fractions, seed, settings["pieces"], choices)
        if len(names) == 1 and (sentence := like_tokens(frame, names[0])):
            how = f'`task="{TAGS}"` with `group="{sentence}"`'
            note = f"the rows look like the words of sentences, and are read as single examples; {how} tags sentences"
            table = replace(table, notes=(note, *table.notes))
    return dataset_of(stem_of(source) if isinstance(source, Path) else "frame", table)


def in_sentences(frame: Frame, preparation: Preparation) -> Frame:
    """A table for a run: its tokens as sentences, if the run was trained on sentences of tokens."""
    own = next((column for column in preparation.texts if isinstance(column, Words) and column.tokens), None)
    if own is None:
        return frame
    tag = next((target.name for target in preparation.targets if target.name in frame.places), None)
    word, part, sentence = own.tokens
    if word not in frame.places:
        text = "" if sentence in frame.places else called(frame.columns, WHOLE)
        return of_texts(frame, text, word) if text else frame
    sentence = sentence if sentence in frame.places else called(frame.columns, SENTENCES)
    if sentence:
        return grouped(frame, tag, sentence, word, part if own.tokens[2] or part in frame.places else "")
    if hold_sentences(frame, word):
        return in_rows(frame, tag, word)
    raise WxbError(
        f"{frame.name} has a word in each row, and no column says where a sentence ends",
        f"columns: {frame.listed}",
        f"a column {own.tokens[2] or SENTENCE} with the same value in all rows of a sentence",
    )


def _tagged(frame: Frame, settings: Mapping[str, Any], fractions: Fractions | PartRows, seed: int) -> Table:
    """A table of tokens: `target` is the column of tags, `group` that of sentences; without it a row is a sentence."""
    (tag,) = named(frame, settings["target"])
    sentence = settings["group"]
    columns = [name for name in frame.columns if name not in listed(settings["drop"])]
    if not isinstance(sentence, str):
        others = [name for name in columns if name != tag]
        word = called(others, WORDS) or called(others, WHOLE) or next(iter(others), "")
        if hold_sentences(frame, tag) and word:
            whole = in_rows(frame, tag, word)
            return table_of_tokens(whole, (word, "", ""), settings["types"], fractions, seed, tag)
        left = [name for name in others if name != word]
        column = called(left, SENTENCES) or next(iter(left), "")
        raise WxbError(
            f"{frame.name} has a word in each row: which of its columns says where a sentence ends?",
            f"columns: {frame.listed}",
            f'`group="{column}"`' if column else f"a column {SENTENCE} with the same value in all rows of a sentence",
        )
    sentence = frame.need(sentence)
    word = called([name for name in columns if name not in (tag, sentence)], WORDS) or next(
        (name for name in columns if name not in (tag, sentence)), ""
    )
    part = called([name for name in columns if name not in (tag, sentence, word)], PARTS)
    sentences = grouped(frame, tag, sentence, word, part)
    return table_of_tokens(sentences, (word, part, sentence), settings["types"], fractions, seed, tag)


def table_of_tokens(
    frame: Frame,
    tokens: tuple[str, ...],
    types: str | None,
    fractions: Fractions | PartRows,
    seed: int,
    tag: str = TAG_COLUMN,
) -> Table:
    """A table of sentences (wxb.data.tables.tokens), whose words are learned; `types` says with what features."""
    kinds = dict(kinds_of(types or ""))
    how = {tokens[0]: kinds.get(tokens[0], "words"), tag: "category"}
    choices = Choices(types=how, missing=("",), tokens=tokens)
    return read_table(frame, (tag,), TAGS, fractions, seed, choices=choices)


def of_conll(
    path: Path, types: str | None, like: Mapping[str, object] | None, fractions: Fractions | PartRows, seed: int
) -> Dataset:
    """The sentences of a CoNLL file, or `like` those of a run, all of which are then test."""
    if like is None:
        table = table_of_tokens(read_conll(path), (WORD, POS, ""), types, fractions, seed)
    else:
        word, tag = column_names(preparation_of(like))
        table = read_like(read_conll(path, word, tag), like)
    return dataset_of(stem_of(path), table)


def of_grammar(
    name: str, types: str | None, examples: int | None, fractions: Fractions | PartRows, seed: int
) -> Dataset:
    """The sentences of a toy grammar; the names in its validation and its test part stand in no other part."""
    sentences, parts = written(name, examples, seed)
    frame = frame_of_sentences(name, sentences)
    own = fractions if isinstance(fractions, PartRows) else parts
    table = table_of_tokens(frame, (WORD, POS, ""), types, own, seed)
    if own is parts:
        table = replace(table, split=replace(table.split, how=f"names of each part in no other, seed {seed}"))
    return replace(dataset_of(name, table), independent=True)


def column_names(preparation: Preparation) -> tuple[str, str]:
    """What a run on sentences of tokens calls its columns of words and of tags. Raises WxbError for another run."""
    own = next((column for column in preparation.texts if isinstance(column, Words) and column.tokens), None)
    if own is None:
        raise WxbError("a file of tokens; the network was not trained on sentences of tokens")
    return own.name, preparation.targets[0].name if preparation.targets else TAG_COLUMN


def dataset_of(name: str, table: Table, files: tuple[str, ...] = ()) -> Dataset:
    """The data set of a table; `files` are those of its rows, if each is a file."""
    about = table.columns
    return Dataset(
        name,
        table.rows,
        table.targets,
        about.task,
        about.classes,
        table.split,
        files=files,
        notes=table.notes,
        columns=about,
        row_numbers=table.numbers,
        weights=table.weights,
        groups=table.groups,
    )


def _with_role(frame: Frame, role: str, given: Any) -> tuple[Frame, str | None]:
    """The frame and the name of its column for a role; values given in an array become a column of that name."""
    if given is None or isinstance(given, str):
        return frame, given
    values = array_of(given, role)
    if values.shape not in ((len(frame),), (len(frame), 1)):
        raise WxbError(
            f"`{role}` of shape {values.shape} for {count(len(frame))} rows", "expected one value for each row, (n,)"
        )
    return frame.with_column(role, values.reshape(-1).tolist())
