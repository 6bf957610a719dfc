"""Sets known by name: where they are looked for, what is said when they are not there, and the real ones."""

import gzip
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from test_data_formats import idx

from wxb.data import load_data
from wxb.data.known import sets as known
from wxb.data.known.formats import CIFAR_ROW
from wxb.errors import WxbError


@pytest.fixture(autouse=True)
def no_data_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("WXB_DATA", raising=False)
    monkeypatch.setenv("WXB_CACHE", str(tmp_path / "cache"))


def write_mnist(folder: Path, packed: bool = False, train: int = 60, test: int = 20, value: int = 1) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, count in (("train", train), ("t10k", test)):
        arrays = {
            f"{name}-images-idx3-ubyte": np.full((count, 28, 28), value, np.uint8),
            f"{name}-labels-idx1-ubyte": np.arange(count, dtype=np.uint8) % 10,
        }
        for file, array in arrays.items():
            data = idx(array)
            (folder / f"{file}{'.gz' * packed}").write_bytes(gzip.compress(data) if packed else data)


def write_cifar(folder: Path, rows: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate((*known.CIFAR_TRAIN, known.CIFAR_TEST)):
        data = np.full((rows, CIFAR_ROW), number, np.uint8)
        data[:, 0] = np.arange(rows) % 10
        (folder / name).write_bytes(data.tobytes())
    (folder / known.CIFAR_NAMES).write_text("\n".join(known.CIFAR_CLASSES) + "\n\n")


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(known, "CIFAR_BATCH", 20)


def test_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    data, expected = load_data("digits"), load_digits()
    assert data.examples.dtype == np.uint8
    assert np.array_equal(data.examples[:, 0], expected.images)
    assert np.array_equal(data.targets, expected.target)
    assert data.classes == tuple("0123456789")
    assert data.examples.flags.writeable


def test_digits_are_split_with_every_class_in_every_part():
    split = load_data("digits").split
    assert [len(split.train), len(split.validation), len(split.test)] == [1150, 198, 449]
    assert split.how == "stratified 0.64/0.11/0.25, seed 0"


def test_digits_without_scikit_learn_say_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WxbError) as caught:
        load_data("digits")
    assert str(caught.value) == (
        "the digits come with scikit-learn, which is not installed\n"
        "  expected the package sklearn with datasets/data/digits.csv.gz\n"
        "  fix: pip install scikit-learn"
    )


def test_reading_data_loads_no_heavy_package():
    code = (
        "import sys, wxb.data; assert 'numpy' not in sys.modules;"
        "wxb.data.load_data('digits'); wxb.data.load_data('ring');"
        "sys.exit(', '.join({'torch', 'sklearn', 'scipy', 'PIL', 'matplotlib'} & set(sys.modules)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=_environment(), check=False)
    assert (done.returncode, done.stderr) == (0, "")


def _environment() -> dict[str, str]:
    import wxb.data

    return {**os.environ, "PYTHONPATH": str(Path(wxb.data.__file__).parents[2])}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("where", ["", "mnist", "MNIST/raw"])
def test_mnist_is_found_in_the_folder_or_below(tmp_path, where, packed):
    write_mnist(tmp_path / where, packed)
    data = load_data("mnist", data_dir=tmp_path)
    assert data.shape == (1, 28, 28)
    assert data.split.test.tolist() == list(range(60, 80))
    assert len(data.split.train) + len(data.split.validation) == 60
    assert data.split.how == "test set as published, validation 10, seed 0"


def test_mnist_is_found_by_the_environment(tmp_path, monkeypatch):
    write_mnist(tmp_path)
    monkeypatch.setenv("WXB_DATA", str(tmp_path))
    assert len(load_data("mnist").examples) == 80


def test_the_option_goes_before_the_environment(tmp_path, monkeypatch):
    write_mnist(tmp_path / "a", value=7)
    write_mnist(tmp_path / "b", value=9)
    monkeypatch.setenv("WXB_DATA", str(tmp_path / "a"))
    assert load_data("mnist", data_dir=tmp_path / "b").examples.max() == 9


def test_a_set_with_the_same_file_names_is_not_taken_for_mnist(tmp_path):
    write_mnist(tmp_path / "FashionMNIST" / "raw", value=3)
    write_mnist(tmp_path / "MNIST" / "raw", value=4)
    assert load_data("mnist", data_dir=tmp_path).examples.max() == 4


def test_file_names_with_a_point_are_known_too(tmp_path):
    write_mnist(tmp_path)
    for file in tmp_path.iterdir():
        file.rename(tmp_path / file.name.replace("-idx", ".idx"))
    assert len(load_data("mnist", data_dir=tmp_path).examples) == 80


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_files_that_are_not_found_say_where_they_were_looked_for(tmp_path, monkeypatch, name):
    monkeypatch.setenv("WXB_DATA", str(tmp_path / "b"))
    with pytest.raises(WxbError) as caught:
        load_data(name, data_dir=tmp_path / "a")
    lines = str(caught.value).splitlines()
    assert lines[:4] == [
        f"the files of {name} are not found",
        f"  looked in {tmp_path / 'a'} (`data_dir`) and folders in it",
        f"  looked in {tmp_path / 'b'} (WXB_DATA) and folders in it",
        f"  looked in {tmp_path / 'cache' / name} (downloads)",
    ]
    expected = known.MNIST_FILES if name == "mnist" else (*known.CIFAR_TRAIN, known.CIFAR_TEST, known.CIFAR_ARCHIVE)
    assert all(file in lines[4] for file in expected)
    assert lines[5] == (f"  fix: wxb fetch {name} downloads them; or `data_dir` or WXB_DATA names their folder")


def test_a_missing_file_among_the_four_is_named(tmp_path):
    write_mnist(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(
        WxbError, match=r"does not have all files of mnist\n  missing: t10k-labels-idx1-ubyte \(each may"
    ):
        load_data("mnist", data_dir=tmp_path)


def test_pictures_and_labels_of_other_numbers_do_not_belong_together(tmp_path):
    write_mnist(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(np.zeros(19, np.uint8)))
    with pytest.raises(WxbError, match=r"do not belong together\n  20 pictures and 19 labels"):
        load_data("mnist", data_dir=tmp_path)


def test_training_and_test_pictures_of_other_sizes_do_not_belong_together(tmp_path):
    write_mnist(tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(np.zeros((20, 27, 28), np.uint8)))
    with pytest.raises(WxbError, match="training pictures 28x28, test pictures 27x28"):
        load_data("mnist", data_dir=tmp_path)


def test_a_label_out_of_range_names_the_file(tmp_path):
    write_mnist(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.arange(60, dtype=np.uint8) % 11))
    with pytest.raises(
        WxbError, match=r"train-labels-idx1-ubyte: 5 of 60 labels are out of range\n  the first is 10 at"
    ):
        load_data("mnist", data_dir=tmp_path)


@pytest.mark.parametrize("where", ["", "cifar-10-batches-bin", "sets/cifar-10-batches-bin"])
@pytest.mark.parametrize("form", ["plain", "gzip", "archive"])
def test_cifar10_is_found_in_the_folder_or_below(tmp_path, small_batches, where, form):
    folder = tmp_path / where
    write_cifar(folder, 20)
    files = sorted(folder.glob("*.bin"))
    if form == "gzip":
        for file in files:
            file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
    if form == "archive":
        with tarfile.open(folder / known.CIFAR_ARCHIVE, "w:gz") as archive:
            for file in folder.glob("*.[bt][ix][nt]"):
                archive.add(file, f"cifar-10-batches-bin/{file.name}")
    if form != "plain":
        for file in files:
            file.unlink()
    data = load_data("cifar10", data_dir=tmp_path)
    assert data.examples.shape == (120, 3, 32, 32)
    assert data.classes == known.CIFAR_CLASSES
    assert data.split.test.tolist() == list(range(100, 120))
    assert [int(data.examples[row, 0, 0, 0]) for row in (0, 20, 99, 100)] == [0, 1, 4, 5]


def test_a_batch_that_lacks_a_row_is_cut_short(tmp_path, small_batches):
    write_cifar(tmp_path, 20)
    file = tmp_path / "data_batch_3.bin"
    file.write_bytes(file.read_bytes()[:-CIFAR_ROW])
    with pytest.raises(WxbError, match=r"data_batch_3\.bin is cut short\n  58,387 of 61,460 bytes are there"):
        load_data("cifar10", data_dir=tmp_path)


def test_a_missing_batch_is_named(tmp_path, small_batches):
    write_cifar(tmp_path, 20)
    (tmp_path / "data_batch_3.bin").unlink()
    with pytest.raises(WxbError, match=r"missing: data_batch_3\.bin"):
        load_data("cifar10", data_dir=tmp_path)


def test_other_class_names_are_refused(tmp_path, small_batches):
    write_cifar(tmp_path, 20)
    (tmp_path / known.CIFAR_NAMES).write_text("apple\naquarium_fish\n")
    with pytest.raises(WxbError, match=r"batches\.meta\.txt does not name the classes of cifar10\n  expected airplane"):
        load_data("cifar10", data_dir=tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_archive_is_refused(tmp_path, small_batches, share):
    write_cifar(tmp_path / "in", 20)
    archive = tmp_path / known.CIFAR_ARCHIVE
    with tarfile.open(archive, "w:gz") as file:
        file.add(tmp_path / "in", "cifar-10-batches-bin")
    shutil.rmtree(tmp_path / "in")
    data = archive.read_bytes()
    archive.write_bytes(data[: int(share * len(data))])
    with pytest.raises(WxbError, match=r"cifar-10-binary\.tar\.gz (is cut short|does not have all files)"):
        load_data("cifar10", data_dir=tmp_path)


def test_an_archive_without_a_batch_names_it(tmp_path, small_batches):
    write_cifar(tmp_path / "in", 20)
    (tmp_path / "in" / "test_batch.bin").unlink()
    with tarfile.open(tmp_path / known.CIFAR_ARCHIVE, "w:gz") as file:
        file.add(tmp_path / "in", "other")
    shutil.rmtree(tmp_path / "in")
    with pytest.raises(WxbError, match=r"does not have all files of cifar10\n  not in it: test_batch\.bin"):
        load_data("cifar10", data_dir=tmp_path)


def test_another_split_says_how_much_of_training_validates(tmp_path):
    write_mnist(tmp_path)
    data = load_data("mnist", data_dir=tmp_path, split=(0.5, 0.5, 0))
    assert (len(data.split.train), len(data.split.validation), len(data.split.test)) == (30, 30, 20)


def test_the_real_mnist(real_data):
    data = load_data("mnist", data_dir=real_data)
    assert data.examples.shape == (70_000, 1, 28, 28)
    assert data.split.test.tolist() == list(range(60_000, 70_000))
    assert len(data.split.validation) == 2_500
    assert np.bincount(data.targets[:60_000]).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert data.targets[60_000:60_010].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


@pytest.mark.slow
def test_the_real_cifar10(real_data, tmp_path):
    script = real_data / "cifar10.py"
    if not script.is_file():
        pytest.skip(f"no {script.name} in the folder of real data")
    subprocess.run([sys.executable, str(script), "binary", str(tmp_path)], check=True)
    data = load_data("cifar10", data_dir=tmp_path)
    assert data.examples.shape == (60_000, 3, 32, 32)
    assert np.bincount(data.targets[:50_000]).tolist() == [5_000] * 10
    assert np.bincount(data.targets[data.split.test]).tolist() == [1_000] * 10
    assert np.bincount(data.targets[data.split.validation]).tolist() == [250] * 10
