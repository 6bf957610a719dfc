"""Readers of the known data sets, from their published files. Nothing is downloaded."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wxb.data.known.archive import members
from wxb.data.known.formats import MOST_TEXT, check_labels, opened, read_cifar, read_idx, read_libsvm
from wxb.data.known.search import either, not_found, places
from wxb.errors import WxbError
from wxb.paths import is_file
from wxb.text import count, first_of, shape

CIFAR_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CIFAR_TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
CIFAR_TEST = "test_batch.bin"
CIFAR_NAMES = "batches.meta.txt"
CIFAR_ARCHIVE = "cifar-10-binary.tar.gz"
CIFAR_BATCH = 10_000  # pictures per file
CIFAR100_FILES = ("train.bin", "test.bin")
CIFAR100_NAMES = "fine_label_names.txt"
CIFAR100_ARCHIVE = "cifar-100-binary.tar.gz"
CIFAR100_ROWS = (50_000, 10_000)
_FINE_CLASSES = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle
    caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant
    flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree
    motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate
    poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider
    squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle
    wardrobe whale willow_tree wolf woman worm
"""
CIFAR100_CLASSES = tuple(_FINE_CLASSES.split())

MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)

FASHION_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip

USPS_FILES = ("usps.bz2", "usps.t.bz2")
USPS_SIDE = 16
DIGITS = tuple("0123456789")


@dataclass(frozen=True, eq=False)
class Published:
    """The content of a set's files: pictures (n, channels, height, width) uint8 and classes (n,) int64."""

    examples: NDArray[np.uint8]
    targets: NDArray[np.int64]
    classes: tuple[str, ...]
    train: int | None  # number of training examples, which come first; the others are the test set. None: not divided
    folder: Path | None  # of the files


def digits(data_dir: str | os.PathLike[str] | None = None) -> Published:
    """Read the handwritten digits that come with scikit-learn: 1,797 pictures 1x8x8, values 0–16, not divided.

    E. Alpaydin, C. Kaynak (1998), "Optical recognition of handwritten digits", UCI repository (its test set). The file
    is read from scikit-learn's folder, without importing scikit-learn. `data_dir` is ignored.
    Raises WxbError if scikit-learn or its file is missing.
    """
    spec = importlib.util.find_spec("sklearn")
    homes = list(spec.submodule_search_locations or ()) if spec else []
    files = [Path(home) / "datasets" / "data" / "digits.csv.gz" for home in homes]
    path = next((file for file in files if is_file(file)), None)
    if path is None:
        raise WxbError(
            "the digits come with scikit-learn, which is not installed" if not homes else "scikit-learn has no digits",
            f"expected {files[0]}" if homes else "expected the package sklearn with datasets/data/digits.csv.gz",
            "pip install scikit-learn",
        )
    with opened(path) as file:
        numbers = np.fromstring(file.read(MOST_TEXT).decode("ascii").replace("\n", ","), dtype=np.float64, sep=",")
    table = numbers.astype(np.uint8).reshape(-1, 65)
    pictures, targets = table[:, :64].reshape(-1, 1, 8, 8), table[:, 64].astype(np.int64)
    return Published(pictures, targets, DIGITS, None, path.parent)


def mnist(data_dir: str | os.PathLike[str] | None = None) -> Published:
    """Read the handwritten digits of MNIST: 60,000 + 10,000 pictures 1x28x28, values 0–255, from four IDX files.

    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998), "Gradient-based learning applied to document recognition".
    Raises WxbError if the files are not found, damaged, or do not belong together.
    """
    return _like_mnist("mnist", DIGITS, data_dir)


def fashion_mnist(data_dir: str | os.PathLike[str] | None = None) -> Published:
    """Read Fashion-MNIST: 60,000 + 10,000 pictures 1x28x28 of ten kinds of clothes, in IDX files named like MNIST's.

    H. Xiao, K. Rasul, R. Vollgraf (2017), arXiv:1708.07747. Only folders named after the set are searched.
    Raises WxbError if the files are not found, damaged, or do not belong together.
    """
    return _like_mnist("fashion-mnist", FASHION_CLASSES, data_dir)


def cifar10(data_dir: str | os.PathLike[str] | None = None) -> Published:
    """Read CIFAR-10: 50,000 + 10,000 pictures 3x32x32, values 0–255, from its binary version, unpacked or archived.

    A. Krizhevsky (2009), "Learning multiple layers of features from tiny images".
    Raises WxbError if the files are not found or damaged.
    """
    rows = dict.fromkeys((*CIFAR_TRAIN, CIFAR_TEST), CIFAR_BATCH)
    return _cifar("cifar10", data_dir, rows, CIFAR_ARCHIVE, CIFAR_NAMES, CIFAR_CLASSES)


def cifar100(data_dir: str | os.PathLike[str] | None = None) -> Published:
    """Read CIFAR-100: 50,000 + 10,000 pictures 3x32x32 of a hundred fine classes, from its binary version or archive.

    A. Krizhevsky (2009), "Learning multiple layers of features from tiny images". The coarse label of each picture, one
    of twenty classes, is ignored. Only folders named after the set are searched.
    Raises WxbError if the files are not found or damaged.
    """
    rows = dict(zip(CIFAR100_FILES, CIFAR100_ROWS, strict=True))
    return _cifar("cifar100", data_dir, rows, CIFAR100_ARCHIVE, CIFAR100_NAMES, CIFAR100_CLASSES, labels=2)


def usps(data_dir: str | os.PathLike[str] | None = None) -> Published:
    """Read the handwritten digits of the US Postal Service: 7,291 + 2,007 pictures 1x16x16 in LIBSVM's format.

    J. J. Hull (1994), "A database for handwritten text recognition research", IEEE PAMI 16(5). The published values,
    from -1 (paper) to 1 (ink), are scaled to 0–255; the published labels 1–10 are the digits 0–9.
    Raises WxbError if the files are not found, damaged, or in another format.
    """
    for folder in places("usps", data_dir):
        files = [_unpacked_too(folder, name) for name in USPS_FILES]
        present = [file for file in files if file is not None]
        if len(present) == len(USPS_FILES):
            break
        if present:
            lacking = ", ".join(name for name, file in zip(USPS_FILES, files, strict=True) if file is None)
            raise WxbError(
                f"{folder} does not have all files of usps", f"missing: {lacking}", "put both into one folder"
            )
    else:
        raise not_found("usps", data_dir, f"{' and '.join(USPS_FILES)}, also unpacked, without .bz2")
    parts = [read_libsvm(file, USPS_SIDE**2, (-1.0, 1.0), (1, 10)) for file in present]
    values = np.concatenate([numbers for numbers, _ in parts])
    pictures = np.rint((values + 1) * 127.5).astype(np.uint8).reshape(-1, 1, USPS_SIDE, USPS_SIDE)
    targets = np.concatenate([labels for _, labels in parts]) - 1
    return Published(pictures, targets, DIGITS, len(parts[0][1]), folder)


KNOWN = {
    "digits": digits,
    "mnist": mnist,
    "fashion-mnist": fashion_mnist,
    "cifar10": cifar10,
    "cifar100": cifar100,
    "usps": usps,
}
INK = {"digits": 16, "mnist": 255, "usps": 255}  # the value of full ink in sets of handwriting, whose paper is 0


def _cifar(
    name: str,
    data_dir: str | os.PathLike[str] | None,
    rows: Mapping[str, int],
    archive: str,
    names_file: str,
    classes: tuple[str, ...],
    labels: int = 1,
) -> Published:
    """Read a set in CIFAR's format: files with so many `rows` each, the test set last, or an archive of them."""
    for folder in places(name, data_dir):
        if files := _all_or_none(name, folder, tuple(rows)):
            batches = []
            for path, number in zip(files, rows.values(), strict=True):
                with opened(path) as file:
                    batches.append(read_cifar(file, path, number, labels, len(classes)))
            break
        if is_file(folder / archive):
            batches = _archived(name, folder / archive, rows, labels, len(classes))
            break
    else:
        raise not_found(name, data_dir, f"{', '.join(rows)} (each may end in .gz), or {archive}")
    _check_names(name, folder / names_file, classes)
    examples = np.concatenate([pictures for pictures, _ in batches])
    targets = np.concatenate([numbers for _, numbers in batches])
    return Published(examples, targets, classes, len(targets) - len(batches[-1][1]), folder)


def _like_mnist(name: str, classes: tuple[str, ...], data_dir: str | os.PathLike[str] | None) -> Published:
    for folder in places(name, data_dir):
        files = _all_or_none(name, folder, MNIST_FILES)
        if files:
            break
    else:
        raise not_found(name, data_dir, f"{', '.join(MNIST_FILES)} (each may end in .gz)")
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
    return Published(np.concatenate(pictures)[:, None], targets, classes, len(labels[0]), folder)


def _all_or_none(set_name: str, folder: Path, names: Sequence[str]) -> list[Path]:
    """The files of these names in a folder, or an empty list. Raises WxbError if it has only some of them."""
    files = [either(folder, name) for name in names]
    present = [file for file in files if file is not None]
    if present and len(present) < len(names):
        lacking = ", ".join(name for name, file in zip(names, files, strict=True) if file is None)
        raise WxbError(
            f"{folder} does not have all files of {set_name}",
            f"missing: {lacking} (each may end in .gz)",
            "put all files into one folder",
        )
    return present


def _unpacked_too(folder: Path, name: str) -> Path | None:
    """A bzip2 file in a folder, or the unpacked file; None if neither is there."""
    return next((file for file in (folder / name, folder / name.removesuffix(".bz2")) if is_file(file)), None)


def _archived(
    set_name: str, path: Path, rows: Mapping[str, int], labels: int, classes: int
) -> list[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    """Read the files of an archive, in the order of `rows`, which maps their names to their numbers of pictures.

    Nothing is unpacked onto the disk: members are read up to their known length.
    """
    batches: dict[str, tuple[NDArray[np.uint8], NDArray[np.int64]]] = {}
    with opened(path) as archive:
        for member, file in members(archive, path):
            name = member.rsplit("/", 1)[-1]
            if name in rows:
                batches[name] = read_cifar(file, path / name, rows[name], labels, classes)
    if lacking := [name for name in rows if name not in batches]:
        raise WxbError(f"{path} does not have all files of {set_name}", f"not in it: {', '.join(lacking)}")
    return [batches[name] for name in rows]


def _check_names(set_name: str, path: Path, classes: tuple[str, ...]) -> None:
    """Raise WxbError if the file of class names beside the pictures names other classes than the set's."""
    if not is_file(path):
        return
    with opened(path) as file:
        names = tuple(file.read(10_000).decode("utf-8", "replace").split())
    if names != classes:
        raise WxbError(
            f"{path} does not name the classes of {set_name}",
            f"expected {first_of(classes)}",
            "get the file again from where the data set is published, or remove it",
        )
