"""The layout of a picture folder on the disk: the class and the part of each file."""

from __future__ import annotations

import unicodedata
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from wxb.data.pictures.parts import TEST, TRAIN, VALIDATION, is_wrapper, part_of, parts_of
from wxb.data.pictures.refused import Refused
from wxb.data.pictures.tree import (
    MOST_FILES,
    Children,
    Entry,
    children,
    holds_runs,
    name_of,
    shown,
    too_many,
    walk,
)
from wxb.errors import WxbError
from wxb.text import composed_as, first_of, natural, normal

ALL = "all"  # the class of pictures that are in no class folder
SEARCHED_EACH = 1_000  # files between two records of progress
WRAPPERS = 4  # at most so many folders around the folders of classes are opened
PLAIN = ("train", "val", "valid", "validation", "test")  # names of parts that need no note


class Sought(NamedTuple):
    """What the files of a folder are, for messages."""

    example: str  # the name of one
    unclassed: str = ""  # a way out where there are no classes


PICTURES = Sought("picture.jpg", "a network that ends in SELF learns from pictures without classes")


@dataclass(frozen=True)
class Searched:
    """The progress of the search for files, and of reading their headers."""

    files: int


@dataclass(frozen=True)
class File:
    """A file that should be a picture."""

    path: Path
    name: str  # relative to the folder, with /
    class_number: int
    part: str  # TRAIN, VALIDATION or TEST; "" if the folder is not divided


@dataclass(frozen=True)
class Layout:
    """The classes and files of a folder, in natural order (files by part and class), and what is left out."""

    classes: tuple[str, ...]
    files: tuple[File, ...]
    parts: dict[str, str]  # part → its folder: {"train": "train", "validation": "val"}; {"": ""} if there are none
    left_out: tuple[Refused, ...]
    notes: tuple[str, ...]  # how the folder was read, if that is not plain


@dataclass
class _Plan:
    """The class folders of each part, before they are searched."""

    classes: dict[str, dict[str, Path]]  # part → class → its folder
    parts: dict[str, str]
    left_out: list[Refused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def reading_layout(folder: Path, labelled: bool = True, sought: Sought = PICTURES) -> Generator[Searched, None, Layout]:
    """Read the layout of a folder of class folders, or of folders named after parts (`parts.parts_of`) with these.

    Files are found at any depth below a class folder (`tree.walk`); those in no class folder are left out. Unless
    `labelled`, a folder of pictures, or of parts with pictures, without classes is one class, `ALL`. Yields the
    progress. Raises WxbError if there are no classes, only one, or different ones in the parts, or too many files.
    """
    plan = _planned(folder, labelled, sought)
    files: list[File] = []
    numbers = {name: number for number, name in enumerate(next(iter(plan.classes.values())))}
    every = [one for class_folders in plan.classes.values() for one in class_folders.values()]
    for part, class_folders in plan.classes.items():
        for name, number in numbers.items():
            for entry in walk(class_folders[name], every):
                if entry.why:
                    plan.left_out.append(_left_out(entry, folder))
                    continue
                files.append(File(entry.path, name_of(entry.path, folder), number, part))
                if len(files) % SEARCHED_EACH == 0:
                    yield Searched(len(files))
                if len(files) > MOST_FILES:
                    raise too_many(folder)
    plan.notes += [*_doubts(plan, files), *_alike(numbers)]
    return Layout(tuple(numbers), tuple(files), plan.parts, tuple(plan.left_out), tuple(plan.notes))


def _alike(classes: Iterable[str]) -> Iterator[str]:
    """A note on each class whose name looks like that of another."""
    seen: dict[str, str] = {}
    for name in classes:
        first = seen.setdefault(normal(name), name)
        if first != name:
            composed = unicodedata.normalize("NFC", first) == unicodedata.normalize("NFC", name)
            how = "how Unicode composes letters" if composed else "characters that show nothing"
            yield f"two class folders are called {normal(name)}: their names differ only in {how}"


def _planned(folder: Path, labelled: bool, sought: Sought) -> _Plan:
    """The class folders of a data set. Raises WxbError if they are not found."""
    home, inner = _unwrapped(folder, _children(folder))
    left_out = [_left_out(entry, folder) for entry in inner.passed]
    left_out += [Refused(name_of(file, folder), "in no class folder") for file in inner.files]
    runs = [child for child in inner.folders if holds_runs(child)]
    left_out += [Refused(f"{name_of(child, folder)}/", "runs of wxb") for child in runs]
    folders = [child for child in inner.folders if child not in runs]
    parts = _parts(folders, sought)
    if not labelled and _is_flat(parts or {home: ""}):
        if not parts:
            return _Plan({"": {ALL: folder}}, {"": ""}, [one for one in left_out if one.why == "runs of wxb"])
        named = {part: child for child, part in parts.items()}
        return _Plan({part: {ALL: child} for part, child in named.items()}, {p: c.name for p, c in named.items()})
    if parts:
        return _divided(folder, folders, parts, left_out, sought)
    notes = [] if home == folder else [f"the classes are the folders in {shown(folder.name)}/{name_of(home, folder)}/"]
    wrapper = "" if home == folder else name_of(home, folder)
    return _Plan({"": _class_names(folders, f"{shown(home.name)}/", sought)}, {"": wrapper}, left_out, notes)


def _is_flat(folders: Iterable[Path]) -> bool:
    """Whether one of these folders holds pictures, or fewer than two folders that do, so that nothing is classed."""
    inner = [_unwrapped(child, _children(child))[1] for child in folders]
    return any(one.has_pictures or len(one.folders) < 2 for one in inner)


def _parts(folders: list[Path], sought: Sought) -> dict[Path, str]:
    """The part of each of these folders beside each other, if they divide a data set into parts; else empty.

    Folders named after parts are parts if all folders are, or if the one for training holds folders and no pictures
    (train may be a class) and there is another part, or no folder beside it holds the same folders.

    Raises WxbError if all are named after parts and hold folders alone, but none is for training.
    """
    names = parts_of([child.name for child in folders])
    parts = {child: names[child.name] for child in folders if child.name in names}
    train = next((child for child, part in parts.items() if part == TRAIN), None)
    if train is None:
        _need_train(folders, sought)
        return {}
    if len(parts) == len(folders):
        return parts
    train_inner = _unwrapped(train, _children(train))[1]
    if not train_inner.folders or train_inner.has_pictures:
        return {}
    classes = {child.name for child in train_inner.folders}
    others = [child for child in folders if child not in parts]
    alone = len({*parts.values()}) == 1
    if alone and any(classes & {inside.name for inside in _children(child).folders} for child in others):
        return {}
    return parts


def _need_train(folders: list[Path], sought: Sought) -> None:
    named = [part for child in folders if (part := part_of(child.name)) and not part[1]]
    inner = [_children(child) for child in folders] if len(named) == len(folders) > 1 else []
    if inner and all(one.folders and not one.has_pictures for one in inner):
        where = folders[0].parent
        raise WxbError(
            f"{shown(where.name)}/ has no folder for training",
            f"it has {', '.join(f'{shown(child.name)}/' for child in folders)}, which are named after other parts",
            f"{shown(where.name)}/train/CLASS/{sought.example}",
        )


def _divided(
    folder: Path, folders: list[Path], parts: dict[Path, str], left_out: list[Refused], sought: Sought
) -> _Plan:
    """The plan of a folder that is divided into `parts`."""
    by_part: dict[str, Path] = {}
    for child in folders:
        part = parts.get(child)
        if part is None:
            left_out += [
                Refused(name_of(entry.path, folder), "in no part (train, val, test)")
                for entry in walk(child)
                if not entry.why
            ]
        elif part in by_part:
            raise WxbError(
                f"{shown(folder.name)}/ has {shown(by_part[part].name)}/ and {shown(child.name)}/, both for {part}",
                "expected one of them",
            )
        else:
            by_part[part] = child
    classes: dict[str, dict[str, Path]] = {}
    names: dict[str, str] = {}
    for part in (TRAIN, VALIDATION, TEST):
        if part in by_part:
            inside, inner = _unwrapped(by_part[part], _children(by_part[part]))
            names[part] = name_of(inside, folder)
            left_out += [_left_out(entry, folder) for entry in inner.passed]
            left_out += [Refused(name_of(file, folder), "in no class folder") for file in inner.files]
            classes[part] = _class_names(inner.folders, f"{shown(folder.name)}/{names[part]}/", sought)
    for part, folders_of in classes.items():
        named = composed_as(list(folders_of), classes[TRAIN])
        classes[part] = dict(zip(named, folders_of.values(), strict=True))
    _need_same_classes(folder, classes, names)
    notes = []
    if any(name.lower() not in PLAIN for name in names.values()):
        read = ", ".join(f"{name}/ is {part}" for part, name in names.items())
        notes.append(f"{shown(folder.name)}/ is divided into parts by the names of its folders: {read}")
    return _Plan(classes, names, left_out, notes)


def _need_same_classes(folder: Path, classes: dict[str, dict[str, Path]], names: dict[str, str]) -> None:
    """Raise WxbError unless all parts have the class folders of train/."""
    train = set(classes[TRAIN])
    for part, inner in classes.items():
        if set(inner) != train:
            sides = ((names[TRAIN], train - set(inner)), (names[part], set(inner) - train))
            raise WxbError(
                f"{shown(folder.name)}/{names[part]}/ does not have the class folders of {names[TRAIN]}/",
                "\n".join(f"only in {where}/: {', '.join(sorted(only, key=natural))}" for where, only in sides if only),
                "the same class folders in every part",
            )


def _unwrapped(folder: Path, inner: Children) -> tuple[Path, Children]:
    """The folder inside of folders that hold nothing but one folder and only wrap it (`parts.is_wrapper`)."""
    for _ in range(WRAPPERS):
        if len(inner.folders) != 1 or inner.has_pictures or not is_wrapper(inner.folders[0].name, folder.name):
            break
        deeper = _children(inner.folders[0])
        if not deeper.folders or deeper.has_pictures:
            break
        folder, inner = inner.folders[0], deeper
    return folder, inner


def _class_names(folders: list[Path], where: str, sought: Sought) -> dict[str, Path]:
    """Class folders by name, in natural order. Raises WxbError if there are fewer than two, or two of one name."""
    if len(folders) < 2:
        there = f"only {shown(folders[0].name)}/ is there" if folders else "there are no folders in it"
        raise WxbError(
            f"{where} is not a folder of class folders",
            f"expected a folder for each class, at least two, or train/ val/ test/ over such folders; {there}",
            "; ".join(filter(None, (f"{where}CLASS/{sought.example}", sought.unclassed))),
        )
    named: dict[str, Path] = {}
    for child in folders:
        if (name := shown(child.name)) in named:
            raise WxbError(
                f"two class folders of {where} are called {name}",
                "the name of one of them holds bytes that are not UTF-8, which are shown so",
                "another name for one of them",
            )
        named[name] = child
    return named


def _doubts(plan: _Plan, files: list[File]) -> Iterator[str]:
    """Notes on class folders that look like something else."""
    if TRAIN in plan.parts or ALL in plan.classes[""]:
        return
    class_folders = plan.classes[""]
    named = {name: part for name in class_folders if (part := part_of(name))}
    if len({part for part, _ in named.values()}) > 1:
        yield f"{', '.join(f'{name}/' for name in named)} are read as classes, not as parts of the data"
    prefix = f"{plan.parts['']}/" if plan.parts[""] else ""
    inner = [_first_folders(number, f"{prefix}{name}/", files) for number, name in enumerate(class_folders)]
    if len(inner[0]) > 1 and all(names == inner[0] for names in inner):
        listed = first_of(sorted(inner[0], key=natural), 4)
        yield f"each class folder holds the same folders ({listed}); the classes are the outer ones"


def _first_folders(number: int, where: str, files: list[File]) -> set[str]:
    """The folders directly in a class folder that hold files; empty if it holds files itself."""
    places = [file.name.removeprefix(where).split("/") for file in files if file.class_number == number]
    return {place[0] for place in places} if all(len(place) > 1 for place in places) else set()


def _children(folder: Path) -> Children:
    try:
        return children(folder)
    except OSError as error:
        raise WxbError(f"{shown(folder)} cannot be read", error.strerror or str(error)) from error


def _left_out(entry: Entry, folder: Path) -> Refused:
    return Refused(name_of(entry.path, folder) + "/" * entry.folder, entry.why)
