"""The files below a folder: links are followed without circles; hidden names and wxb's own runs are passed over."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wxb.errors import WxbError
from wxb.text import count, natural

PICTURE_SUFFIXES = {
    ".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".heic", ".heif", ".ppm", ".pgm",
    ".pbm",
}  # fmt: skip
# names that file systems, network drives and viewers use for files of their own, in lower case
SYSTEM_NAMES = {
    "thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "@tmp", "@recycle", "#recycle", "#snapshot",
    "$recycle.bin", "system volume information", "lost+found",
}  # fmt: skip
RUN_FILES = (("run.json",), ("settings.toml", "environment.json"))  # a run holds all files of one of these groups
RUNS = "runs"  # the name of a folder of runs, if nothing else is chosen
MOST_FILES = 2_000_000  # below a folder; ImageNet has 1.3 million

# why files and folders are passed over
HIDDEN, RUN, CIRCLE, UNREADABLE = (
    "hidden, or the system's", "a run of wxb", "a link to a folder around it", "not readable",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A file to read, or a file or folder that is passed over, and why."""

    path: Path
    why: str = ""  # "" for a file to read
    folder: bool = False


@dataclass(frozen=True)
class Children:
    """What lies directly in a folder, in natural order, and what is passed over there."""

    entries: tuple[Entry, ...]
    passed: tuple[Entry, ...]

    @property
    def folders(self) -> list[Path]:
        """The folders."""
        return [entry.path for entry in self.entries if entry.folder]

    @property
    def files(self) -> list[Path]:
        """What is no folder."""
        return [entry.path for entry in self.entries if not entry.folder]

    @property
    def has_pictures(self) -> bool:
        """Whether a file has the name of a picture."""
        return any(is_picture_name(file.name) for file in self.files)


def children(folder: Path) -> Children:
    """List a folder. Raises OSError if it cannot be read.

    Passed over are hidden names, those of the system, runs of wxb, and links to a folder that holds them. Hidden files
    that are no pictures, which nobody misses, are not mentioned.
    """
    entries, passed = [], []
    with os.scandir(folder) as found:
        for entry in sorted(found, key=lambda entry: natural(entry.name)):
            path, is_folder = folder / entry.name, _is_folder(entry)
            if entry.name.startswith(".") or entry.name.lower() in SYSTEM_NAMES:
                if is_folder or is_picture_name(entry.name):
                    passed.append(Entry(path, HIDDEN, is_folder))
            elif is_folder and is_run(path):
                passed.append(Entry(path, RUN, is_folder))
            elif is_folder and entry.is_symlink() and _inside(os.path.realpath(folder), os.path.realpath(path)):
                passed.append(Entry(path, CIRCLE, is_folder))
            else:
                entries.append(Entry(path, folder=is_folder))
    return Children(tuple(entries), tuple(passed))


def walk(folder: Path, also: Iterable[Path] = ()) -> Iterator[Entry]:
    """Yield the files at any depth below a folder, in natural order of their paths, and what is passed over.

    A link to a folder is followed, unless that folder is read anyway, with this folder or with those that are `also`
    read. Raises WxbError if there are too many files.
    """
    roots = [os.path.realpath(one) for one in (folder, *also)]
    waiting = [iter((Entry(folder, folder=True),))]
    files = 0
    while waiting:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
        elif not entry.folder:
            files += 1
            if files > MOST_FILES:
                raise too_many(folder)
            yield entry
        elif len(waiting) == 1 or not entry.path.is_symlink() or _is_new(os.path.realpath(entry.path), roots):
            try:
                inner = children(entry.path)
            except OSError:
                yield Entry(entry.path, UNREADABLE, folder=True)
                continue
            yield from inner.passed
            waiting.append(iter(inner.entries))


def too_many(folder: Path) -> WxbError:
    """The error for a folder with more than MOST_FILES files."""
    return WxbError(
        f"{shown(folder)} holds more than {count(MOST_FILES)} files",
        "it is searched for pictures at any depth",
        "name the folder that holds the folders of the classes",
    )


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run of wxb, finished or not."""
    return any(all(os.path.exists(os.path.join(folder, name)) for name in names) for names in RUN_FILES)


def holds_runs(folder: Path) -> bool:
    """Whether a folder holds runs of wxb and nothing that may be a picture; one called `runs` may be empty."""
    has_run = folder.name == RUNS
    for entry in walk(folder):
        if not entry.why and (is_picture_name(entry.path.name) or not entry.path.suffix):
            return False
        has_run = has_run or entry.why == RUN
    return has_run


def is_picture_name(name: str) -> bool:
    """Whether a file's name has the ending of a picture."""
    return os.path.splitext(name)[1].lower() in PICTURE_SUFFIXES


def name_of(path: Path, folder: Path) -> str:
    """The path relative to the folder, with /, in characters that UTF-8 can hold."""
    return shown(below(path, folder).replace(os.sep, "/"))


def below(path: Path, folder: Path) -> str:
    """The path relative to the folder; faster than pathlib's `relative_to`."""
    return os.fspath(path).removeprefix(os.path.join(folder, ""))


def shown(path: str | os.PathLike[str]) -> str:
    r"""A path in characters that UTF-8 can hold: bytes that are not UTF-8 become \xff, so that names stay different."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a circle of links
        return False


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))


def _is_new(target: str, roots: list[str]) -> bool:
    """Whether the target of a link is not read with one of the `roots`; it is then one of them."""
    for root in roots:
        if _inside(target, root):
            parts = target[len(root) :].split(os.sep)
            if not any(part.startswith(".") or part.lower() in SYSTEM_NAMES for part in parts):
                return False
    roots.append(target)
    return True
