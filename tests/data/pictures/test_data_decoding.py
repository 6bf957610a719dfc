"""Greys of more than eight bits, and formats by their content."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin

from wxb.data import load_data
from wxb.data.pictures import folder as pictures
from wxb.data.pictures.decoding import HEIC, LeftOut, decode, read_header
from wxb.data.pictures.levels import Levels, Range, levels_for
from wxb.errors import WxbError


def store(values: np.ndarray, path: Path, **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path, **options)
    return path


def fill(home: Path, make, ending: str, each: int = 6) -> Path:
    """Class folders a and b of `make(generator)`."""
    for number, name in enumerate("ab"):
        for i in range(each):
            store(make(np.random.default_rng(100 * number + i)), home / name / f"{i}.{ending}")
    return home


def ramp(bits: int, kind: str = "uint16") -> np.ndarray:
    """All 256 levels of so many bits, from the lowest to the highest value."""
    return np.linspace(0, 2**bits - 1, 256).round().astype(kind).reshape(16, 16)


def row_of(data, name: str) -> np.ndarray:
    return data.examples[data.files.index(name)][0]


# --- levels -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [8, 9, 10, 12, 14, 16])
@pytest.mark.parametrize("ending", ["png", "tif", "pgm"])
def test_greys_of_any_bits_keep_all_levels(tmp_path, bits, ending):
    home = fill(tmp_path / "x", lambda random: random.integers(0, 2**bits, (16, 16)).astype("uint16"), ending)
    store(ramp(bits), home / "a" / f"ramp.{ending}")
    data = load_data(home)
    assert row_of(data, f"a/ramp.{ending}").ravel().tolist() == (ramp(bits).astype(int) >> (bits - 8)).ravel().tolist()
    assert len(np.unique(row_of(data, f"a/ramp.{ending}"))) > 250
    assert data.levels == (0, 2**bits)
    assert data.notes[0] == (
        f"13 pictures are of greys of more than 8 bits: values from 0 to {2**bits - 1:,} became 256 levels"
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.float32([[0, 0.5], [0.25, 1]]), [[0, 128], [64, 255]]),
        (np.float32([[0, 100], [254.6, 255]]), [[0, 100], [254, 255]]),
        (np.float32([[-1000, 1000], [0, 3000]]), [[0, 128], [64, 255]]),
        (np.float32([[0, 0.5], [-3.4e38, 1]]), [[0, 128], [0, 255]]),
        (np.float32([[0, 0.5], [np.nan, np.inf]]), [[0, 128], [0, 0]]),
        (np.int32([[0, 2**19], [2**18, 2**20 - 1]]), [[0, 128], [64, 255]]),
        (np.int32([[-1024, 1024], [0, 3072]]), [[0, 128], [64, 255]]),
        (np.float32([[7, 7], [7, 6]]), [[7, 7], [7, 6]]),
    ],
)
def test_floats_and_large_or_negative_numbers_have_levels(tmp_path, values, expected):
    for i, name in enumerate("aabb"):
        store(np.rot90(values, i), tmp_path / "x" / name / f"{i}.tif")
    data = load_data(tmp_path / "x")
    assert row_of(data, "a/0.tif").tolist() == expected


@pytest.mark.parametrize(
    ("levels", "text"),
    [
        ((0, 4096), "0 to 4,095"),
        ((0, 256), "0 to 255"),
        ((0, 1), "0 to 1"),
        ((-1000, 3000), "-1,000 to 3,000"),
        ((0.25, 0.75), "0.25 to 0.75"),
    ],
)
def test_levels_are_shown_with_their_last_value(levels, text):
    assert str(Levels(*map(float, levels))) == text


def test_the_number_that_a_tiff_names_for_no_data_is_none(tmp_path):
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[42113] = "-9999"
    for i, name in enumerate("aabb"):
        values = np.float32([[0, 0.5], [-9999, 0.1 * i + 0.7]])
        store(values, tmp_path / "x" / name / f"{i}.tif", tiffinfo=tags)
    data = load_data(tmp_path / "x")
    assert data.levels == (0, 1)
    assert row_of(data, "a/0.tif").tolist() == [[0, 128], [0, 179]]


def test_bytes_beside_deep_greys_stay_as_they_are(tmp_path):
    home = fill(tmp_path / "x", lambda random: random.integers(0, 4096, (16, 16)).astype("uint16"), "png")
    store(ramp(8, "uint8"), home / "b" / "ramp.png")
    assert row_of(load_data(home), "b/ramp.png").ravel().tolist() == list(range(256))


@given(st.integers(8, 16), st.integers(0, 65_535))
def test_levels_of_whole_numbers_are_their_upper_bits(bits, value):
    value %= 2**bits
    levels = levels_for([Range(0, 2**bits - 1, True)])
    assert levels == (0, 2**bits)
    assert Levels(*levels).bytes_of(np.array([[value]], float))[0, 0] == value >> (bits - 8)


def test_without_levels_sixteen_bits_keep_their_upper_eight(tmp_path):
    values = np.array([[0, 256, 65535], [32768, 511, 512]], np.uint16)
    path = store(values, tmp_path / "x.png")
    header = read_header(path, 100)
    assert header.grey
    assert decode(path, header, True, None, 100)[0].tolist() == [[[0, 1, 255], [128, 1, 2]]]
    path = store(np.float32([[0, 1]]), tmp_path / "x.tif")
    with pytest.raises(LeftOut, match="of floating-point pixels"):
        decode(path, read_header(path, 100), True, None, 100)


def test_levels_come_from_the_pack_as_well(tmp_path, monkeypatch):
    monkeypatch.setenv("WXB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(pictures, "PACKED_FROM", 1)
    home = fill(tmp_path / "x", lambda random: random.integers(0, 1000, (16, 16)).astype("uint16"), "png")
    held, made, opened = load_data(home, cache=False), load_data(home), load_data(home)
    for data in (made, opened):
        assert np.array_equal(data.examples, held.examples)
        assert (data.levels, data.notes, data.fingerprint) == ((0, 1024), held.notes, held.fingerprint)


def test_like_gives_colours_and_levels(tmp_path, monkeypatch):
    monkeypatch.setenv("WXB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(pictures, "PACKED_FROM", 1)
    home = fill(tmp_path / "x", lambda random: random.integers(0, 1000, (16, 16)).astype("uint16"), "png")
    plain = load_data(home)
    for _ in range(2):
        data = load_data(home, like={"channels": 3, "levels": [0, 4096]})
        assert data.shape == (3, 16, 16)
        assert data.levels == (0, 4096)
        assert np.array_equal(data.examples[:, 1], plain.examples[:, 0] // 4)
    same = load_data(home, like={"channels": 1, "levels": [0, 1024]})
    assert same.fingerprint == plain.fingerprint
    assert len(list((tmp_path / "cache" / "pictures").glob("*.pixels"))) == 2
    with pytest.raises(WxbError, match="`like` does not describe pictures"):
        load_data(home, like={"channels": "three"})


def sixteen_bit_colours(path: Path, side: int) -> None:
    """Write a square PNG with 16 bits per colour, which Pillow cannot write."""
    rows = b"".join(b"\0" + np.full((side, 3), 3000, ">u2").tobytes() for _ in range(side))
    head = struct.pack(">II5B", side, side, 16, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    png = b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + png)


def test_colours_of_sixteen_bits_are_noted(tmp_path):
    home = fill(tmp_path / "x", lambda random: random.integers(0, 256, (4, 4, 3)).astype("uint8"), "png")
    sixteen_bit_colours(home / "a" / "deep.png", 4)
    assert "1 picture is of colours of 16 bits: only the upper 8 were read" in load_data(home).notes


# --- formats ----------------------------------------------------------------------------------------------------------

FTYP = b"\0\0\0\x18ftyp"
FOREIGN = {
    "JPEG XL": ("x.jxl", b"\xff\x0a" + bytes(50)),
    "JPEG 2000": ("x.jp2", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(50)),
    "SVG": ("x.svg", b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "PDF": ("x.png", b"%PDF-1.7\n" + bytes(50)),
    "a web page": ("x.jpg", b"\n<!DOCTYPE html><title>404</title>"),
    "a zip archive": ("x.png", b"PK\x03\x04" + bytes(50)),
    "a video": ("x.mp4", FTYP + b"isom" + bytes(50)),
    "CR3": ("x.cr3", FTYP + b"crx " + bytes(50)),
    "CR2": ("x.cr2", b"II*\0\x10\0\0\0CR\x02\0" + bytes(50)),
    "RAF": ("x.raf", b"FUJIFILMCCD-RAW " + bytes(50)),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_other_formats_are_named(tmp_path, name):
    file, content = FOREIGN[name]
    (tmp_path / file).write_bytes(content)
    with pytest.raises(LeftOut) as caught:
        read_header(tmp_path / file, 10**6)
    assert caught.value.reason == f"a format that wxb does not read ({name})"


def test_the_preview_of_a_camera_is_not_taken_for_its_picture(tmp_path):
    path = store(np.zeros((8, 8), np.uint8), tmp_path / "x.tif").rename(tmp_path / "x.NEF")
    with pytest.raises(LeftOut, match=r"a format that wxb does not read \(NEF\)"):
        read_header(path, 100)


def test_heic_is_read_with_its_extra_and_named_without(tmp_path):
    home = fill(tmp_path / "x", lambda random: random.integers(0, 256, (16, 16)).astype("uint8"), "png")
    if not HEIC:
        (home / "a" / "x.jpg").write_bytes(FTYP + b"heic" + bytes(50))
        assert "1 HEIC, which wxb reads after: pip install 'wxb[heic]'  a/x.jpg" in load_data(home).notes[0]
        return
    (home / "a" / "x.jpg").write_bytes(FTYP + b"heic" + bytes(50))
    assert "1 broken  a/x.jpg" in load_data(home).notes[0]
    store(np.full((16, 16, 3), (200, 100, 50), np.uint8), home / "a" / "phone.heic", quality=-1)
    data = load_data(home)
    assert np.abs(data.examples[data.files.index("a/phone.heic")][:, 8, 8].astype(int) - (200, 100, 50)).max() < 4


def test_a_png_whose_pixels_do_not_fit_their_checksum_is_broken(tmp_path):
    path = store(np.random.default_rng(0).integers(0, 256, (12, 12), dtype=np.uint8), tmp_path / "x.png")
    whole = path.read_bytes()
    start = whole.index(b"IDAT") + 4
    for place in range(start, whole.index(b"IEND") - 4):
        path.write_bytes(bytes([*whole[:place], whole[place] ^ 8, *whole[place + 1 :]]))
        with pytest.raises(LeftOut, match="broken"):
            read_header(path, 1000)
    path.write_bytes(whole[: whole.index(b"IEND") - 4])  # the pixels are whole
    assert decode(path, read_header(path, 1000), True, None, 1000)[0].shape == (1, 12, 12)


def test_a_file_of_the_system_without_a_size_is_not_read(tmp_path):
    with pytest.raises(LeftOut, match="empty"):
        read_header(Path("/proc/self/status"), 100)
