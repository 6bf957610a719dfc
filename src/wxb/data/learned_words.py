"""A data set whose texts are read as words that a network learns itself, as its first layer asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from wxb.data.dataset import Dataset
from wxb.data.tables.sentences import Sentences
from wxb.errors import WxbError
from wxb.notation.tree import Concat, Group, Item, Layer, Repeat, Residual, Team
from wxb.settings.setting import kinds_of
from wxb.text import count, plural

if TYPE_CHECKING:
    from wxb.data.tables.rows import Held

READ = {"EMBED": "words", "WINDOW": "window"}  # what type of column a layer reads


def read_by(items: tuple[Item, ...]) -> str:
    """What a network reads of words: "" nothing, "words", or "window" if it needs their designed features too."""
    found = {READ.get(name, "") for name in _names(items)}
    return max(found, key=("", "words", "window").index, default="")


def _names(items: tuple[Item, ...]) -> set[str]:
    found: set[str] = set()
    for item in items:
        match item:
            case Layer():
                found.add(item.name)
            case Group(inner):
                found |= _names(inner)
            case Repeat(inner, _):
                found |= _names((inner,))
            case Residual() | Concat() | Team():
                for way in item.ways:
                    found |= _names(way)
    return found


def as_words(data: Dataset, kind: str) -> Dataset:
    """`data` with its columns of free text read as words ("words"), or as words with designed features ("window").

    Raises WxbError if it has no free text.
    """
    columns = data.columns
    held = () if columns is None else columns.held
    free = [column for column in held if column.free]
    if columns is None or not free:
        raise WxbError(
            f"{data.name} has no words: EMBED and WINDOW read texts",
            "expected a table with a column of free text, a folder of text files, or sentences of tokens",
            '`types="column=text"` makes free text of a column' if columns is not None else "another first layer",
        )
    if any(column.learned not in (kind, "window") for column in free):
        changed = tuple(replace(one, learned=kind) if one in free else one for one in columns.columns)
        source = _source(data, free, kind)
        data = replace(data, columns=replace(columns, columns=changed, _fitted=[]), source=source)
    cut = data.inputs.cut if isinstance(data.inputs, Sentences) else 0
    if not cut:
        return data
    has = "has" if cut == 1 else "have"
    note = f"{plural(cut, 'text')} {has} more than {count(data.shape[1])} words; the rest is not read"
    return replace(data, notes=(*data.notes, note))


def _source(data: Dataset, free: list[Held], kind: str) -> dict[str, object]:
    names = {column.name for column in free}
    said = data.source.get("types") or ""
    pairs = said.items() if isinstance(said, Mapping) else ()
    types = said if isinstance(said, str) else ",".join(f"{name}={one}" for name, one in pairs)
    others = [f"{name}={one}" for name, one in kinds_of(types) if name not in names]
    return {**data.source, "types": ",".join([*others, *(f"{name}={kind}" for name in names)])}
