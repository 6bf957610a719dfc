"""The layout of a picture folder on the disk: the class and the part of each file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wxb.errors import WxbError
from wxb.text import natural

TRAIN, VALIDATION, TEST = "train", "validation", "test"
PARTS = {"train": TRAIN, "val": VALIDATION, "valid": VALIDATION, "validation": VALIDATION, "test": TEST}
PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm"}
SYSTEM_FILES = {"thumbs.db", "desktop.ini", "__macosx"}  # ignored, like names that begin with a dot


@dataclass(frozen=True)
class File:
    """A file that should be a picture."""

    path: Path
    name: str  # relative to the folder, with /
    class_number: int
    part: str  # TRAIN, VALIDATION or TEST; "" if the folder is not divided


@dataclass(frozen=True)
class Layout:
    """The classes and files of a folder, in natural order (files by part and class), and the files left out."""

    classes: tuple[str, ...]
    files: tuple[File, ...]
    parts: dict[str, str]  # part → its folder's name: {"train": "train", "validation": "val"}
    left_out: tuple[tuple[str, str], ...]  # (name, why)


def read_layout(folder: Path) -> Layout:
    """Read the layout of a folder of class folders, or of train/, val/ (or valid/, validation/) and test/ with these.

    Files are found at any depth below a class folder; hidden files are ignored, and files in no class folder are left
    out. Raises WxbError if there are no classes, only one, or different ones in the parts.
    """
    shown = f"{folder.name}/"
    folders, loose_files = _children(folder)
    parts = {child.name: PARTS[child.name.lower()] for child in folders if child.name.lower() in PARTS}
    if not _is_divided(folders, parts):
        parts = {}
    left_out = [(name_of(file, folder), "in no class folder") for file in loose_files]
    if not parts:
        classes = _class_names(folders, shown)
        class_folders = [(child, number, "") for number, child in enumerate(classes.values())]
        names = tuple(classes)
    else:
        names, class_folders, strays = _divided(folder, folders, parts)
        left_out += strays
    files = tuple(
        File(path, name_of(path, folder), number, part)
        for child, number, part in class_folders
        for path in files_below(child)
    )
    by_part = {part: name for name, part in parts.items()}
    return Layout(names, files, by_part, tuple(left_out))


def _is_divided(folders: list[Path], parts: dict[str, str]) -> bool:
    """Whether train/ is a part, not a class: all its siblings are parts, or it holds folders and no pictures itself."""
    train = next((child for child in folders if parts.get(child.name) == TRAIN), None)
    if train is None:
        return False
    if len(parts) == len(folders):
        return True
    inside, beside = _children(train)
    return bool(inside) and not any(file.suffix.lower() in PICTURE_SUFFIXES for file in beside)


def _divided(
    folder: Path, folders: list[Path], parts: dict[str, str]
) -> tuple[tuple[str, ...], list[tuple[Path, int, str]], list[tuple[str, str]]]:
    """Class names, (class folder, class number, part) and files left out, for a folder that is divided into parts."""
    by_part: dict[str, Path] = {}
    left_out = []
    for child in folders:
        part = parts.get(child.name)
        if part is None:
            left_out += [(name_of(path, folder), "in no part (train, val, test)") for path in files_below(child)]
        elif part in by_part:
            raise WxbError(
                f"{folder.name}/ has {by_part[part].name}/ and {child.name}/, both for {part}", "expected one of them"
            )
        else:
            by_part[part] = child
    classes: dict[str, dict[str, Path]] = {}
    for part in (TRAIN, VALIDATION, TEST):
        if part in by_part:
            inside, loose = _children(by_part[part])
            left_out += [(name_of(file, folder), "in no class folder") for file in loose]
            classes[part] = _class_names(inside, f"{folder.name}/{by_part[part].name}/")
    for part, inner in classes.items():
        if set(inner) != set(classes[TRAIN]):
            train_name, name = f"{by_part[TRAIN].name}/", f"{by_part[part].name}/"
            sides = ((train_name, set(classes[TRAIN]) - set(inner)), (name, set(inner) - set(classes[TRAIN])))
            raise WxbError(
                f"{folder.name}/{name} does not have the class folders of {train_name}",
                "\n".join(f"only in {where}: {', '.join(sorted(only, key=natural))}" for where, only in sides if only),
                "the same class folders in every part",
            )
    names = tuple(classes[TRAIN])
    class_folders = [(classes[part][name], number, part) for part in classes for number, name in enumerate(names)]
    return names, class_folders, left_out


def _class_names(folders: list[Path], shown: str) -> dict[str, Path]:
    """Class folders by name, in natural order. Raises WxbError if there are fewer than two."""
    if len(folders) < 2:
        there = f"only {folders[0].name}/ is there" if folders else "there are no folders in it"
        raise WxbError(
            f"{shown} is not a folder of class folders",
            f"expected a folder for each class, at least two, or train/ val/ test/ over such folders; {there}",
            f"{shown}CLASS/picture.jpg",
        )
    return {_text(child.name): child for child in folders}


def _children(folder: Path) -> tuple[list[Path], list[Path]]:
    """The folders and the files directly in a folder, each in natural order, without hidden ones."""
    try:
        children = sorted((c for c in folder.iterdir() if not _hidden(c.name)), key=lambda child: natural(child.name))
    except OSError as error:
        raise WxbError(f"{folder} cannot be read", error.strerror or str(error)) from error
    return [child for child in children if child.is_dir()], [child for child in children if not child.is_dir()]


def files_below(folder: Path) -> Iterator[Path]:
    """Yield files at any depth, in natural order of their paths; links to folders are not followed."""
    paths = []
    for where, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not _hidden(name)]
        above = [natural(part) for part in Path(where).relative_to(folder).parts]
        paths += [([*above, natural(name)], os.path.join(where, name)) for name in files if not _hidden(name)]
    yield from (Path(path) for _, path in sorted(paths))


def is_file(path: Path) -> bool:
    """Whether a path is a regular file, and not a pipe or device whose reading might block."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def name_of(path: Path, folder: Path) -> str:
    """The path relative to the folder, with /, in printable characters."""
    return _text(below(path, folder).replace(os.sep, "/"))


def below(path: Path, folder: Path) -> str:
    """The path relative to the folder; faster than pathlib's `relative_to`."""
    return os.fspath(path).removeprefix(os.path.join(folder, ""))


def _text(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace")


def _hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in SYSTEM_FILES
