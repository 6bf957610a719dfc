"""A folder of pictures as it lies on the disk: which file belongs to which class and part."""

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
SYSTEM_FILES = {"thumbs.db", "desktop.ini", "__macosx"}  # beside those whose names begin with a point


@dataclass(frozen=True)
class File:
    """A file that should be a picture."""

    path: Path
    name: str  # relative to the folder, with /
    class_number: int
    part: str  # TRAIN, VALIDATION or TEST; "" where the folder is not divided


@dataclass(frozen=True)
class Layout:
    """Classes in natural order, files part by part, class by class, in natural order, and what belongs nowhere."""

    classes: tuple[str, ...]
    files: tuple[File, ...]
    parts: dict[str, str]  # part → its folder's name: {"train": "train", "validation": "val"}
    left_out: tuple[tuple[str, str], ...]  # (name, why)


def read_layout(folder: Path) -> Layout:
    """What lies in a folder of class folders, or of train/ val/ (or valid/ validation/) test/ over class folders.

    Files are found at any depth below a class folder; hidden ones are passed over. What belongs nowhere is left out.
    Raises WxbError where there are no classes, only one, or the parts have different ones.
    """
    shown = f"{folder.name}/"
    folders, loose_files = _children(folder)
    parts = {child.name: PARTS[child.name.lower()] for child in folders if child.name.lower() in PARTS}
    if not _is_divided(folders, parts):
        parts = {}
    left_out = [(name_of(file, folder), "in no class folder") for file in loose_files]
    if not parts:
        classes = _class_names(folders, shown)
        found = [(child, number, "") for number, child in enumerate(classes.values())]
        names = tuple(classes)
    else:
        names, found, strays = _divided(folder, folders, parts)
        left_out += strays
    files = tuple(
        File(path, name_of(path, folder), number, part) for child, number, part in found for path in files_below(child)
    )
    by_part = {part: name for name, part in parts.items()}
    return Layout(names, files, by_part, tuple(left_out))


def _is_divided(folders: list[Path], parts: dict[str, str]) -> bool:
    """Whether train/ is a part and no class: it stands among parts alone, or holds folders and no picture itself."""
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
    """Class names, (class folder, class number, part) and what is left out, of a folder that is divided into parts."""
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
    found = [(classes[part][name], number, part) for part in classes for number, name in enumerate(names)]
    return names, found, left_out


def _class_names(folders: list[Path], shown: str) -> dict[str, Path]:
    """Class folders by name, in natural order. Raises WxbError where there are fewer than two."""
    if len(folders) < 2:
        there = f"only {folders[0].name}/ is there" if folders else "there are no folders in it"
        raise WxbError(
            f"{shown} is no folder of class folders",
            f"expected a folder for each class, at least two, or train/ val/ test/ over such folders; {there}",
            f"{shown}CLASS/picture.jpg",
        )
    return {_text(child.name): child for child in folders}


def _children(folder: Path) -> tuple[list[Path], list[Path]]:
    """Folders and files directly in a folder, each in natural order, without hidden ones."""
    try:
        children = sorted((c for c in folder.iterdir() if not _hidden(c.name)), key=lambda child: natural(child.name))
    except OSError as error:
        raise WxbError(f"{folder} cannot be read", error.strerror or str(error)) from error
    return [child for child in children if child.is_dir()], [child for child in children if not child.is_dir()]


def files_below(folder: Path) -> Iterator[Path]:
    """Files at any depth, in natural order of their paths; links to folders are not followed."""
    found = []
    for where, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not _hidden(name)]
        above = [natural(part) for part in Path(where).relative_to(folder).parts]
        found += [([*above, natural(name)], os.path.join(where, name)) for name in files if not _hidden(name)]
    yield from (Path(path) for _, path in sorted(found))


def is_file(path: Path) -> bool:
    """Whether it is a file, and not a pipe or device that reading would wait for."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def name_of(path: Path, folder: Path) -> str:
    """Path relative to the folder, with /, in characters that print."""
    return _text(below(path, folder).replace(os.sep, "/"))


def below(path: Path, folder: Path) -> str:
    """Path relative to the folder; of many files, faster than pathlib's."""
    return os.fspath(path).removeprefix(os.path.join(folder, ""))


def _text(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace")


def _hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in SYSTEM_FILES
