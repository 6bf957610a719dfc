"""Fashion-MNIST, CIFAR-100 and USPS in their published files, and digits as ink and no ink."""

import bz2
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from test_data_known import write_mnist

from wxb.data import load_data
from wxb.data.known import sets as known
from wxb.data.known.formats import CIFAR_PIXELS, read_libsvm
from wxb.data.known.ink import inked
from wxb.errors import WxbError


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.delenv("WXB_DATA", raising=False)
    monkeypatch.setenv("WXB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


# --- Fashion-MNIST -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["fashion-mnist", "FashionMNIST/raw", "data/fashion"])
def test_fashion_mnist_is_found_in_a_folder_called_so(tmp_path, where):
    write_mnist(tmp_path / where, value=3)
    data = load_data("fashion-mnist", data_dir=tmp_path)
    assert (data.shape, data.classes[0], data.classes[9]) == ((1, 28, 28), "T-shirt/top", "Ankle boot")
    assert data.split.test.tolist() == list(range(60, 80))
    assert data.name == "fashion-mnist"


@pytest.mark.parametrize("root", ["", "fashion-mnist", "FashionMNIST", "FashionMNIST/raw"])
def test_the_folder_itself_may_be_given(tmp_path, root):
    write_mnist(tmp_path / "FashionMNIST" / "raw")
    (tmp_path / "fashion-mnist").symlink_to(tmp_path / "FashionMNIST")
    assert len(load_data("fashion-mnist", data_dir=tmp_path / root).examples) == 80


@pytest.mark.parametrize("other", ["fashion-mnist", "FashionMNIST/raw", "KMNIST/raw"])
def test_mnist_never_takes_the_files_of_another_set(tmp_path, other):
    write_mnist(tmp_path / other)
    for folder in (tmp_path, tmp_path / other):
        with pytest.raises(WxbError, match="the files of mnist are not found"):
            load_data("mnist", data_dir=folder)


def test_fashion_mnist_never_takes_mnist(tmp_path):
    for where in ("", "mnist", "sets"):
        write_mnist(tmp_path / where)
    with pytest.raises(WxbError, match="the files of fashion-mnist are not found") as caught:
        load_data("fashion-mnist", data_dir=tmp_path)
    assert f"looked in {tmp_path} (`data_dir`) and folders in it called fashion-mnist" in str(caught.value)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_downloads_are_found_without_being_named(cache, name):
    write_mnist(cache / "mnist", value=1)
    write_mnist(cache / "fashion-mnist", value=2)
    assert load_data(name).examples.max() == ("mnist", "fashion-mnist").index(name) + 1


def test_a_folder_that_is_given_goes_before_the_downloads(cache, tmp_path):
    write_mnist(cache / "mnist", value=1)
    write_mnist(tmp_path / "mine", value=2)
    assert load_data("mnist", data_dir=tmp_path / "mine").examples.max() == 2


# --- CIFAR-100 ---------------------------------------------------------------------------------------------------


@pytest.fixture
def small_files(monkeypatch):
    monkeypatch.setattr(known, "CIFAR100_ROWS", (300, 100))


def write_cifar100(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train.bin", 300), ("test.bin", 100)):
        data = np.full((rows, 2 + CIFAR_PIXELS), len(name), np.uint8)
        data[:, 0] = 19  # the coarse class
        data[:, 1] = np.arange(rows) % 100
        (folder / name).write_bytes(data.tobytes())
    (folder / known.CIFAR100_NAMES).write_text("\n".join(known.CIFAR100_CLASSES) + "\n")


def test_cifar100_has_a_hundred_classes_in_the_published_order():
    assert len(set(known.CIFAR100_CLASSES)) == 100
    assert sorted(known.CIFAR100_CLASSES) == list(known.CIFAR100_CLASSES)


@pytest.mark.parametrize("form", ["plain", "archive"])
def test_cifar100_takes_the_fine_class(tmp_path, small_files, form):
    folder = tmp_path / "cifar-100-binary"
    write_cifar100(folder)
    if form == "archive":
        with tarfile.open(folder / known.CIFAR100_ARCHIVE, "w:gz") as archive:
            for file in ("train.bin", "test.bin"):
                archive.add(folder / file, f"cifar-100-binary/{file}")
                (folder / file).unlink()
    data = load_data("cifar100", data_dir=tmp_path)
    assert (data.examples.shape, data.classes) == ((400, 3, 32, 32), known.CIFAR100_CLASSES)
    assert data.targets[:100].tolist() == list(range(100))
    assert data.split.test.tolist() == list(range(300, 400))
    assert {int(value) for value in data.examples[[0, 399], 0, 0, 0]} == {9, 8}


def test_a_fine_class_out_of_range_is_named(tmp_path, small_files):
    write_cifar100(tmp_path / "cifar100")
    file = tmp_path / "cifar100" / "test.bin"
    data = bytearray(file.read_bytes())
    data[1] = 100
    file.write_bytes(data)
    with pytest.raises(WxbError, match=r"test\.bin: 1 of 100 labels are out of range"):
        load_data("cifar100", data_dir=tmp_path)


def test_files_called_train_and_test_elsewhere_are_not_cifar100(tmp_path, small_files):
    write_cifar100(tmp_path / "words")
    with pytest.raises(WxbError, match="the files of cifar100 are not found"):
        load_data("cifar100", data_dir=tmp_path)


# --- USPS --------------------------------------------------------------------------------------------------------


def libsvm(labels: list[int], rows: np.ndarray) -> bytes:
    lines = (
        f"{label} " + " ".join(f"{place}:{value:g}" for place, value in enumerate(row, 1))
        for label, row in zip(labels, rows, strict=True)
    )
    return ("\n".join(lines) + "\n").encode()


def write_usps(folder: Path, packed: bool = True) -> np.ndarray:
    folder.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(0).integers(-1000, 1001, (80, 256)) / 1000
    for name, rows in (("usps.bz2", slice(0, 60)), ("usps.t.bz2", slice(60, 80))):
        labels = [row % 10 + 1 for row in range(80)][rows]
        text = libsvm(labels, values[rows])
        path = folder / (name if packed else name.removesuffix(".bz2"))
        path.write_bytes(bz2.compress(text) if packed else text)
    return values


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("where", ["", "usps"])
def test_usps_is_read_from_the_published_files(tmp_path, where, packed):
    values = write_usps(tmp_path / where, packed)
    data = load_data("usps", data_dir=tmp_path)
    assert (data.shape, data.examples.dtype, data.classes) == ((1, 16, 16), np.uint8, tuple("0123456789"))
    assert data.targets.tolist() == [row % 10 for row in range(80)]
    assert data.split.test.tolist() == list(range(60, 80))
    assert np.abs(data.examples.reshape(80, 256) / 127.5 - 1 - values).max() <= 0.5 / 127.5 + 1e-9


def test_values_that_are_not_written_are_0(tmp_path):
    (tmp_path / "file").write_bytes(b"2 2:0.5 4:-1\n1\n")
    rows, labels = read_libsvm(tmp_path / "file", 4, (-1, 1), (1, 2))
    assert (rows.tolist(), labels.tolist()) == ([[0, 0.5, 0, -1], [0, 0, 0, 0]], [2, 1])


@pytest.mark.parametrize(
    "line",
    [
        "", "x 1:0", "0 1:0", "11 1:0", "1.5 1:0", "1 0:0", "1 257:0", "1 1:2", "1 1:nan", "1 1:inf", "1 2:0 1:0",
        "1 1:0 1:0", "1 1", "1 1:0:0", "1 1.5:0", "1 :0", "1 1: 0", "1 nan:0", "1 1e300:0",
    ],
)  # fmt: skip
def test_a_line_that_is_not_of_the_format_is_named(tmp_path, line):
    (tmp_path / "usps").write_text(f"1 1:0\n{line}\n")
    (tmp_path / "usps.t").write_text("1 1:0\n")
    with pytest.raises(WxbError, match=r"usps: line 2 is not in the format\n  expected a label from 1 to 10, then"):
        load_data("usps", data_dir=tmp_path)


@pytest.mark.parametrize(
    ("share", "said"), [(0.5, "is cut short\n  its bzip2 data end too early"), (None, "is damaged")]
)
def test_a_damaged_bzip2_file_is_named(tmp_path, share, said):
    write_usps(tmp_path)
    file = tmp_path / "usps.t.bz2"
    data = bytearray(file.read_bytes())
    if share is None:
        data[50] ^= 255
    file.write_bytes(data if share is None else data[: int(share * len(data))])
    with pytest.raises(WxbError, match=rf"usps\.t\.bz2 {said}"):
        load_data("usps", data_dir=tmp_path)


def test_one_file_of_two_is_not_enough(tmp_path):
    write_usps(tmp_path)
    (tmp_path / "usps.t.bz2").unlink()
    with pytest.raises(WxbError, match=r"does not have all files of usps\n  missing: usps\.t\.bz2"):
        load_data("usps", data_dir=tmp_path)


# --- ink ---------------------------------------------------------------------------------------------------------


def test_digits_are_16x16_of_ink_and_no_ink():
    data, plain = load_data("digits", ink=True), load_data("digits")
    assert (data.shape, data.examples.dtype, np.unique(data.examples).tolist()) == ((1, 16, 16), np.uint8, [0, 1])
    assert np.array_equal(data.targets, plain.targets)
    # 8x8 doubles exactly: each pixel is four squares
    assert np.array_equal(data.examples, np.kron(plain.examples >= 8, np.ones((1, 1, 2, 2))))
    again = load_data(**data.source)
    assert (again.fingerprint, data.source["ink"]) == (data.fingerprint, True)


@pytest.mark.parametrize("name", ["mnist", "usps"])
def test_other_digits_are_too(tmp_path, name):
    write_mnist(tmp_path, value=128)
    values = write_usps(tmp_path)
    data = load_data(name, data_dir=tmp_path, ink=True)
    expected = np.ones((80, 1, 16, 16)) if name == "mnist" else values.reshape(80, 1, 16, 16) > 0
    assert data.shape == (1, 16, 16)
    assert (data.examples == expected).mean() > 0.99


@given(arrays(np.uint8, (1, 1, 28, 28)))
def test_a_square_is_ink_where_half_of_its_area_is(picture):
    # in units of 1/4 of a pixel a square of 28/16 is 7 wide
    fine = np.kron(picture[0, 0].astype(np.int64), np.ones((4, 4), np.int64))
    sums = fine.reshape(16, 7, 16, 7).sum(axis=(1, 3))
    assert np.array_equal(inked(picture, 255)[0, 0], sums * 2 >= 255 * 49)


@given(st.integers(1, 40), st.integers(1, 40))
def test_full_ink_stays_ink_and_paper_paper(height, width):
    assert inked(np.full((1, 1, height, width), 16, np.uint8), 16).all()
    assert not inked(np.zeros((1, 1, height, width), np.uint8), 16).any()


@pytest.mark.parametrize("source", ["fashion-mnist", "cifar10", "ring"])
def test_what_is_no_handwriting_has_no_ink(source):
    with pytest.raises(
        WxbError, match=f"`ink` is for handwritten digits, not for {source}\n  these are: digits, mnist, usps"
    ):
        load_data(source, ink=True)


def test_the_classic_network_reads_ink(tmp_path):
    from wxb.training import train

    run = train(load_data("digits", ink=True), "FC-32-SIGMOID, SOFTMAX", out=tmp_path / "run", epochs=15)
    assert run.summary.test["accuracy"] > 0.85
