"""Data sets that are known by name, in the files in which they are published; nothing is downloaded."""

from __future__ import annotations

import gzip
import importlib.util
import os
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wxb.data.formats import check_labels, opened, read_cifar, read_idx
from wxb.errors import WxbError
from wxb.numbers import count, shape

CIFAR_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CIFAR_TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
CIFAR_TEST = "test_batch.bin"
CIFAR_NAMES = "batches.meta.txt"
CIFAR_ARCHIVE = "cifar-10-binary.tar.gz"
CIFAR_BATCH = 10_000  # pictures a file

MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)

MOST_FOLDERS = 1_000  # that are looked into below the data folder


@dataclass(frozen=True, eq=False)
class Published:
    """A known set as its files have it: pictures (n, channels, height, width) uint8, classes (n,) int64."""

    examples: NDArray[np.uint8]
    targets: NDArray[np.int64]
    classes: tuple[str, ...]
    train: int | None  # the first so many are for training, the others are the test set; None: not divided
    folder: Path | None  # where the files were


def digits(data_dir: str | os.PathLike[str] | None = None) -> Published:
    """Handwritten digits that come with scikit-learn: 1,797 pictures 1x8x8, values 0–16, not divided.

    E. Alpaydin, C. Kaynak (1998), "Optical recognition of handwritten digits", UCI repository (its test set). The file
    is read where scikit-learn lies, without loading scikit-learn. `data_dir` does not matter.
    Raises WxbError where scikit-learn or its file is not there.
    """
    spec = importlib.util.find_spec("sklearn")
    homes = list(spec.submodule_search_locations or ()) if spec else []
    files = [Path(home) / "datasets" / "data" / "digits.csv.gz" for home in homes]
    path = next((file for file in files if file.is_file()), None)
    if path is None:
        raise WxbError(
            "the digits come with scikit-learn, which is not installed" if not homes else "scikit-learn has no digits",
            f"expected {files[0]}" if homes else "expected the package sklearn with datasets/data/digits.csv.gz",
            "pip install scikit-learn",
        )
    with opened(path) as file:
        numbers = np.fromstring(file.read().decode("ascii").replace("\n", ","), dtype=np.float64, sep=",")
    table = numbers.astype(np.uint8).reshape(-1, 65)
    return Published(
        table[:, :64].reshape(-1, 1, 8, 8), table[:, 64].astype(np.int64), tuple("0123456789"), None, path.parent
    )


def mnist(data_dir: str | os.PathLike[str] | None = None) -> Published:
    """Handwritten digits of MNIST: 60,000 + 10,000 pictures 1x28x28, values 0–255, from its four IDX files.

    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998), "Gradient-based learning applied to document recognition".
    Raises WxbError where the files are not found, not whole, or do not belong together.
    """
    places = _places(data_dir, ("mnist",))
    for folder in places:
        found = [_either(folder, name) for name in MNIST_FILES]
        files = [file for file in found if file is not None]
        if len(files) == len(MNIST_FILES):
            break
        if files:
            lacking = ", ".join(name for name, file in zip(MNIST_FILES, found, strict=True) if file is None)
            raise WxbError(
                f"{folder} has not all files of mnist",
                f"not there: {lacking} (each may end in .gz)",
                "put all four files into one folder",
            )
    else:
        raise _not_found("mnist", data_dir, f"{', '.join(MNIST_FILES)} (each may end in .gz)")
    pictures, labels = [read_idx(files[i], 3) for i in (0, 2)], [read_idx(files[i], 1) for i in (1, 3)]
    for i in range(2):
        check_labels(labels[i], 10, files[2 * i + 1])
        if len(pictures[i]) != len(labels[i]):
            raise WxbError(
                f"{files[2 * i]} and {files[2 * i + 1].name} do not belong together",
                f"{count(len(pictures[i]))} pictures and {count(len(labels[i]))} labels",
                "get both files again from where the data set is published",
            )
    if pictures[0].shape[1:] != pictures[1].shape[1:]:
        raise WxbError(
            f"{files[0]} and {files[2].name} do not belong together",
            f"training pictures {shape(pictures[0].shape[1:])}, test pictures {shape(pictures[1].shape[1:])}",
            "get both files again from where the data set is published",
        )
    targets = np.concatenate(labels).astype(np.int64)
    return Published(np.concatenate(pictures)[:, None], targets, tuple("0123456789"), len(labels[0]), folder)


def cifar10(data_dir: str | os.PathLike[str] | None = None) -> Published:
    """CIFAR-10: 50,000 + 10,000 pictures 3x32x32, values 0–255, from its binary version, unpacked or in its archive.

    A. Krizhevsky (2009), "Learning multiple layers of features from tiny images".
    Raises WxbError where the files are not found or not whole.
    """
    names = (*CIFAR_TRAIN, CIFAR_TEST)
    for folder in _places(data_dir, ("cifar-10-batches-bin", "cifar10", "cifar-10")):
        files = [_either(folder, name) for name in names]
        whole = [file for file in files if file is not None]
        if len(whole) == len(names):
            batches = [_batch(file) for file in whole]
            break
        if whole:
            lacking = ", ".join(name for name, file in zip(names, files, strict=True) if file is None)
            raise WxbError(
                f"{folder} has not all files of cifar10",
                f"not there: {lacking} (each may end in .gz)",
                "put all six files into one folder",
            )
        if (folder / CIFAR_ARCHIVE).is_file():
            batches = _archived(folder / CIFAR_ARCHIVE, names)
            break
    else:
        raise _not_found("cifar10", data_dir, f"{', '.join(names)} (each may end in .gz), or {CIFAR_ARCHIVE}")
    _check_names(folder / CIFAR_NAMES)
    examples = np.concatenate([pictures for pictures, _ in batches])
    targets = np.concatenate([labels for _, labels in batches])
    return Published(examples, targets, CIFAR_CLASSES, len(CIFAR_TRAIN) * CIFAR_BATCH, folder)


KNOWN = {"digits": digits, "mnist": mnist, "cifar10": cifar10}


def _batch(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    with opened(path) as file:
        return read_cifar(file, path, CIFAR_BATCH)


def _archived(path: Path, names: Sequence[str]) -> list[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    """The batches in the archive. Nothing is unpacked onto the disk: members are read to their known length."""
    found: dict[str, tuple[NDArray[np.uint8], NDArray[np.int64]]] = {}
    try:
        with tarfile.open(path, "r|gz") as archive:
            for member in archive:
                name = member.name.rsplit("/", 1)[-1]
                file = archive.extractfile(member) if name in names and member.isfile() else None
                if file is not None:
                    found[name] = read_cifar(file, path / name, CIFAR_BATCH)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise WxbError(
            f"{path} is damaged", str(error), "get the file again from where the data set is published"
        ) from error
    except OSError as error:
        raise WxbError(f"{path} cannot be read", error.strerror or str(error)) from error
    if lacking := [name for name in names if name not in found]:
        raise WxbError(f"{path} has not all files of cifar10", f"not in it: {', '.join(lacking)}")
    return [found[name] for name in names]


def _check_names(path: Path) -> None:
    """The class names beside the batches, where they are there, are CIFAR-10's own."""
    if not path.is_file():
        return
    with opened(path) as file:
        names = tuple(file.read(10_000).decode("utf-8", "replace").split())
    if names != CIFAR_CLASSES:
        raise WxbError(
            f"{path} does not name the classes of cifar10",
            f"expected {' '.join(CIFAR_CLASSES)}",
            "get the file again from where the data set is published, or remove it",
        )


def _roots(data_dir: str | os.PathLike[str] | None) -> list[tuple[str, Path]]:
    """What names a data folder, and the folder: --data-dir first, then WXB_DATA."""
    given = [("--data-dir", data_dir), ("WXB_DATA", os.environ.get("WXB_DATA"))]
    return [(how, Path(folder).expanduser().absolute()) for how, folder in given if folder]


def _places(data_dir: str | os.PathLike[str] | None, likely: tuple[str, ...]) -> Iterator[Path]:
    """Folders to look in: the data folder and those at most two below, the ones named after the set first."""
    for _, root in _roots(data_dir):
        below = list(_below(root, 2))
        # another set may have files of the same names in a folder of its own (Fashion-MNIST has)
        named = [folder for folder in below if any(part.lower() in likely for part in folder.relative_to(root).parts)]
        yield root
        yield from named
        yield from (folder for folder in below if folder not in named)


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


def _either(folder: Path, name: str) -> Path | None:
    """The file in a folder, gzipped or not, and as unpackers also write it (idx3 after a point); None: not there."""
    for spelling in (name, name.replace("-idx", ".idx")):
        for file in (folder / spelling, folder / f"{spelling}.gz"):
            if file.is_file():
                return file
    return None


def _not_found(name: str, data_dir: str | os.PathLike[str] | None, files: str) -> WxbError:
    roots = _roots(data_dir)
    looked = [f"{folder} ({how}) and folders in it" for how, folder in roots]
    lines = [f"looked in {place}" for place in looked] or [
        "no folder to look in: neither --data-dir nor WXB_DATA is given"
    ]
    return WxbError(
        f"the files of {name} are not found",
        "\n".join([*lines, f"expected {files}"]),
        "--data-dir FOLDER, or set WXB_DATA to the folder; nothing is downloaded",
    )
