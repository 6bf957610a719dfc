"""The files of a folder whose headers can be read, and whether there are enough of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wxb.data.pictures.decoding import Header
from wxb.data.pictures.layout import ALL, File, Layout
from wxb.data.pictures.refused import Refused, counted, listed
from wxb.data.pictures.tree import shown
from wxb.errors import WxbError
from wxb.text import count, plural

DOUBTED_FROM, DOUBTED_SHARE = 10_000, 0.05  # a folder with so many files and so few pictures is refused


@dataclass(frozen=True)
class Readable:
    """A file with a readable header."""

    file: File
    header: Header


def check_pictures(folder: Path, headers: Sequence[Readable | Refused]) -> None:
    """Raise WxbError if many files have been opened and hardly any is a picture, as in a folder of programs."""
    readable = sum(isinstance(header, Readable) for header in headers)
    if len(headers) >= DOUBTED_FROM and readable < DOUBTED_SHARE * len(headers):
        refused = [header for header in headers if isinstance(header, Refused)]
        head = f"of the first {count(len(headers))} files {plural(readable, 'is a picture', 'are pictures')}"
        raise WxbError(
            f"{shown(folder)} does not look like a folder of pictures",
            f"{head}\n{listed(refused)}",
            "name the folder that holds a folder of pictures for each class",
        )


def check_classes(folder: Path, layout: Layout, readable: Sequence[Readable], left_out: Sequence[Refused]) -> None:
    """Raise WxbError if a class has no picture in one of the parts, or none at all."""
    present = {(each.file.part, each.file.class_number) for each in readable}
    for part, name in layout.parts.items():
        for number, class_name in enumerate(layout.classes):
            if (part, number) not in present:
                inner = "" if class_name == ALL else class_name
                where = "/".join(piece for piece in (shown(folder.name), name, inner) if piece)
                whole = [*layout.left_out, *left_out]
                inside = [file for file in whole if f"{shown(folder.name)}/{file.name}".startswith(f"{where}/")]
                raise WxbError(
                    f"{'class ' * bool(inner)}folder {where}/ has no picture in it",
                    f"{counted(inside)} left out\n{listed(inside)}" if inside else "it is empty",
                    "put pictures into it, or remove it",
                )
