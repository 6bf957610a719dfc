"""What is left out of a picture folder, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wxb.text import count, first_of, plural


@dataclass(frozen=True)
class Refused:
    """A file or a folder (its name ends in /) that is left out: the reason, and details."""

    name: str
    why: str
    more: str = ""


def counted(left_out: Sequence[Refused]) -> str:
    """How many files and folders: "7 files", "1 folder", "7 files and 1 folder"."""
    folders = sum(one.name.endswith("/") for one in left_out)
    kinds = ((len(left_out) - folders, "file"), (folders, "folder"))
    return " and ".join(plural(number, noun) for number, noun in kinds if number)


def listed(left_out: Sequence[Refused], most: int = 2) -> str:
    """One line per reason, the most frequent first: how many files, why, and the first names."""
    reasons: dict[str, list[Refused]] = {}
    for file in left_out:
        reasons.setdefault(file.why, []).append(file)
    width = max(len(why) for why in reasons)
    digits = max(len(count(len(files))) for files in reasons.values())
    lines = []
    for why, files in sorted(reasons.items(), key=lambda item: -len(item[1])):
        names = [f"{file.name} ({file.more})" if file.more else file.name for file in files]
        lines.append(f"  {count(len(files)):>{digits}} {why:<{width}}  {first_of(names, most, ' ')}")
    return "\n".join(lines)
