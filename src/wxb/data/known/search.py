"""The search for the files of a known set: in data folders, and in the downloads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wxb.errors import WxbError
from wxb.paths import absolute, is_file, is_folder

MOST_FOLDERS = 1_000  # searched in each folder
DEPTH = 2  # levels searched below the data folder


@dataclass(frozen=True)
class Home:
    """Names of a set's folders, reduced to letters and digits in lower case."""

    called: tuple[str, ...]
    only: bool = False  # search only folders with these names, because other sets have files of the same names


HOMES = {
    "mnist": Home(("mnist",)),
    "fashion-mnist": Home(("fashionmnist", "fashion"), only=True),
    "cifar10": Home(("cifar10", "cifar10batchesbin")),
    "cifar100": Home(("cifar100", "cifar100binary"), only=True),
    "usps": Home(("usps",)),
}
# other sets whose files have the same names as MNIST's
STRANGERS = ("kmnist", "kuzushijimnist", "emnist", "qmnist", "notmnist")


def cache_folder() -> Path:
    """The folder of all downloads, one folder per set: WXB_CACHE, or the user's cache folder for wxb.

    Raises WxbError if the user has no home folder, as in some containers.
    """
    folder = _cache()
    if folder is None:
        raise WxbError(
            "there is no folder to keep files in: the user has no home folder", fix="set WXB_CACHE to a folder"
        )
    return folder


def has_cache() -> bool:
    """Whether there is a folder to keep files in; the user of some containers has no home folder."""
    return _cache() is not None


def _cache() -> Path | None:
    chosen = os.environ.get("WXB_CACHE")
    if chosen:
        return absolute(chosen)
    import platformdirs

    try:
        return Path(platformdirs.user_cache_dir("wxb"))
    except RuntimeError:
        return None


def places(name: str, data_dir: str | os.PathLike[str] | None) -> Iterator[Path]:
    """The folders to search for a set, in order: data folders, up to two levels deep, and then the set's downloads.

    Folders named after the set come first. A folder is skipped if it, or the nearest named one above it, is named after
    another set.
    """
    for _, root in roots(data_dir):
        owned = [(folder, _owner(folder, root)) for folder in (root, *_below(root, DEPTH))]
        if not HOMES[name].only and owned[0][1] in (name, None):
            yield root
        yield from (folder for folder, owner in owned if owner == name and (folder != root or HOMES[name].only))
        if not HOMES[name].only:
            yield from (folder for folder, owner in owned[1:] if owner is None)
    if has_cache():
        yield cache_folder() / name


def roots(data_dir: str | os.PathLike[str] | None) -> list[tuple[str, Path]]:
    """The data folders with the setting that names each: `data_dir` first, then WXB_DATA."""
    named = [("`data_dir`", data_dir), ("WXB_DATA", os.environ.get("WXB_DATA"))]
    return [(how, absolute(folder)) for how, folder in named if folder]


def either(folder: Path, name: str) -> Path | None:
    """The file of this name in a folder, gzipped or not, with "-idx" or ".idx" in its name; None if there is none."""
    for spelling in (name, name.replace("-idx", ".idx")):
        for file in (folder / spelling, folder / f"{spelling}.gz"):
            if is_file(file):
                return file
    return None


def not_found(name: str, data_dir: str | os.PathLike[str] | None, files: str) -> WxbError:
    """The error for a set that is not found: the folders searched, the files expected, and how to get them."""
    called = f" called {name}" if HOMES[name].only else ""
    lines = [f"looked in {folder} ({how}) and folders in it{called}" for how, folder in roots(data_dir)]
    lines += [f"looked in {cache_folder() / name} (downloads)"] if has_cache() else []
    lines.append(f"expected {files}")
    return WxbError(
        f"the files of {name} are not found",
        "\n".join(lines),
        f"wxb fetch {name} downloads them; or `data_dir` or WXB_DATA names their folder",
    )


def _owner(folder: Path, root: Path) -> str | None:
    """The set that a folder, or the nearest named one above it, is named after; None if there is none.

    The search ends with the folder above `root`, which may be a subfolder such as FashionMNIST/raw.
    """
    parts = [*root.parts[-2:], *folder.relative_to(root).parts]
    for part in reversed(parts):
        word = "".join(letter for letter in part.lower() if letter.isalnum())
        if word in STRANGERS:
            return word
        for name, home in HOMES.items():
            if word in home.called:
                return name
    return None


def _below(folder: Path, depth: int) -> Iterator[Path]:
    """The folders below a folder, sorted by name, without hidden and unreadable ones."""
    try:
        inner = sorted(child for child in folder.iterdir() if not child.name.startswith(".") and is_folder(child))
    except OSError:
        return
    for child in inner[:MOST_FOLDERS]:
        yield child
        if depth > 1:
            yield from _below(child, depth - 1)
