"""Where the files of a known set may lie: a folder that a person names, or the downloads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wxb.errors import WxbError

MOST_FOLDERS = 1_000  # that are looked into below the data folder
DEPTH = 2  # folders below the data folder


@dataclass(frozen=True)
class Home:
    """What the folders of a set are called, by their letters and digits in lower case."""

    called: tuple[str, ...]
    # whether the set is only looked for in folders so called: its files have names that other data have too
    only: bool = False


HOMES = {
    "mnist": Home(("mnist",)),
    "fashion-mnist": Home(("fashionmnist", "fashion"), only=True),
    "cifar10": Home(("cifar10", "cifar10batchesbin")),
    "cifar100": Home(("cifar100", "cifar100binary"), only=True),
    "usps": Home(("usps",)),
}
# sets that wxb does not know and whose files are called as MNIST's are
STRANGERS = ("kmnist", "kuzushijimnist", "emnist", "qmnist", "notmnist")


def cache_folder() -> Path:
    """Where downloads are kept, each set in a folder of its name: WXB_CACHE, or the user's cache folder for wxb."""
    given = os.environ.get("WXB_CACHE")
    if given:
        return Path(given).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("wxb"))


def places(name: str, data_dir: str | os.PathLike[str] | None) -> Iterator[Path]:
    """Folders to look in for a set: the data folders and those at most two below, the ones called after the set first;
    at last the set's downloads.

    A folder that is called after another set, itself or nearest above, is passed over.
    """
    for _, root in roots(data_dir):
        found = [(folder, _owner(folder, root)) for folder in (root, *_below(root, DEPTH))]
        if not HOMES[name].only and found[0][1] in (name, None):
            yield root
        yield from (folder for folder, owner in found if owner == name and (folder != root or HOMES[name].only))
        if not HOMES[name].only:
            yield from (folder for folder, owner in found[1:] if owner is None)
    yield cache_folder() / name


def roots(data_dir: str | os.PathLike[str] | None) -> list[tuple[str, Path]]:
    """What names a data folder, and the folder: --data-dir first, then WXB_DATA."""
    given = [("--data-dir", data_dir), ("WXB_DATA", os.environ.get("WXB_DATA"))]
    return [(how, Path(folder).expanduser().absolute()) for how, folder in given if folder]


def either(folder: Path, name: str) -> Path | None:
    """The file in a folder, gzipped or not, and as unpackers also write it (idx3 after a point); None: not there."""
    for spelling in (name, name.replace("-idx", ".idx")):
        for file in (folder / spelling, folder / f"{spelling}.gz"):
            if file.is_file():
                return file
    return None


def not_found(name: str, data_dir: str | os.PathLike[str] | None, files: str) -> WxbError:
    """Says where the files of a set were looked for, which files, and how to get them."""
    called = f" called {name}" if HOMES[name].only else ""
    lines = [f"looked in {folder} ({how}) and folders in it{called}" for how, folder in roots(data_dir)]
    lines += [f"looked in {cache_folder() / name} (downloads)", f"expected {files}"]
    return WxbError(
        f"the files of {name} are not found",
        "\n".join(lines),
        f"wxb fetch {name} downloads them; or --data-dir FOLDER, or WXB_DATA, says where they are",
    )


def _owner(folder: Path, root: Path) -> str | None:
    """The set that a folder is called after: by its own name, or the nearest above that says one, to that of `root`
    or, where `root` is a subfolder such as FashionMNIST/raw, the one above it.
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
    """The folders below one, by name; hidden and unreadable ones are passed over."""
    try:
        inner = sorted(child for child in folder.iterdir() if not child.name.startswith(".") and child.is_dir())
    except OSError:
        return
    for child in inner[:MOST_FOLDERS]:
        yield child
        if depth > 1:
            yield from _below(child, depth - 1)
