"""Odd files and folders among 1,000 good pictures."""

from __future__ import annotations

import bz2
import functools
import io
import os
import struct
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.torture.odd import Check, Odd, either, read, refused

GOOD = 1000
SIDE = 12
Make = Callable[[Path], object]


@functools.cache
def good() -> tempfile.TemporaryDirectory[str]:
    """A folder of 1,000 grey pictures in the classes a and b."""
    folder = tempfile.TemporaryDirectory()
    pixels = np.random.default_rng(0).integers(0, 256, (GOOD, SIDE, SIDE), dtype=np.uint8)
    for place, one in enumerate(pixels):
        path = Path(folder.name, "ab"[place % 2], f"{place:04}.png")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(encoded(one))
    return folder


def place_good(to: Path, count: int = GOOD) -> None:
    """Link the good pictures into a folder, in their classes."""
    for number, path in enumerate(sorted(Path(good().name).rglob("*.png"))):
        if number < count // 2 or GOOD // 2 <= number < GOOD // 2 + count // 2:
            target = to / path.parent.name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, target)


def encoded(pixels: Any, kind: str = "PNG", mode: str | None = None, **options: Any) -> bytes:
    """A picture as the bytes of a file."""
    from PIL import Image

    picture = Image.fromarray(np.asarray(pixels))
    buffer = io.BytesIO()
    (picture if mode is None else picture.convert(mode)).save(buffer, kind, **options)
    return buffer.getvalue()


def noise(seed: int = 9, *shape: int, high: int = 256, dtype: str = "uint8") -> Any:
    """Random pixels, other ones than those of the good pictures."""
    return np.random.default_rng(seed).integers(0, high, shape or (SIDE, SIDE)).astype(dtype)


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG that says so many pixels and holds these bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def among(
    what: str, content: bytes | Make, right: str, check: Check, name: str = "odd.png", arguments: tuple[str, ...] = ()
) -> Odd:
    """A file among the pictures of class a, or what is done to the folder."""

    def make(folder: Path) -> None:
        place_good(folder / "pictures")
        if isinstance(content, bytes):
            (folder / "pictures" / "a" / name).write_bytes(content)
        else:
            content(folder / "pictures")

    return Odd(what, make, ("data", "pictures", "--json", *arguments), right, check)


def _left_out(*words: str) -> Check:
    return read(GOOD, *words, classes=["a", "b"])


READ = read(GOOD + 1, classes=["a", "b"])
JPEG = encoded(noise(1, 40, 40), "JPEG")
PNG = encoded(noise())
ROTATED = encoded(noise(2, SIDE, SIDE), "TIFF", tiffinfo={274: 6})

FILES = (
    among("an empty file", b"", "left out with a note", _left_out("odd.png")),
    among("a text called .png", b"no picture at all", "left out with a note", _left_out("odd.png")),
    among("a PNG cut in half", PNG[: len(PNG) // 2], "left out with a note", _left_out("odd.png")),
    among("a PNG with a flipped byte", bytes([*PNG[:60], PNG[60] ^ 255, *PNG[61:]]), "left out with a note",
          _left_out("odd.png")),
    among("the head of a PNG alone", PNG[:33], "left out with a note", _left_out("odd.png")),
    among("a JPEG cut in half", JPEG[: len(JPEG) // 2], "left out with a note", _left_out("odd.jpg"), "odd.jpg"),
    among("a JPEG without its end", JPEG[:-2], "read, or left out with a note",
          either(READ, _left_out("odd.jpg")), "odd.jpg"),
    among("a JPEG called .png", JPEG, "read", READ),
    among("a PNG called .jpg", PNG, "read", READ, "odd.jpg"),
    among("an upper-case suffix", PNG, "read", READ, "ODD.PNG"),
    among("a picture without a suffix", PNG, "read, or noted", either(READ, _left_out("odd")), "odd"),
    among("a GIF of two frames", encoded(noise(), "GIF"), "read", READ, "odd.gif"),
    among("a BMP", encoded(noise(), "BMP"), "read", READ, "odd.bmp"),
    among("a WebP", encoded(noise(), "WEBP", lossless=True), "read", READ, "odd.webp"),
    among("an AVIF", encoded(noise(3, 32, 32), "AVIF"), "read", READ, "odd.avif"),
    among("a JPEG 2000", encoded(noise(4, 32, 32), "JPEG2000"), "read, or named in a note",
          either(READ, _left_out("odd.jp2")), "odd.jp2"),
    among("a HEIC", b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(99), "named as a HEIC in a note",
          _left_out("HEIC"), "odd.heic"),
    among("an SVG", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "named in a note", _left_out("odd.svg"), "odd.svg"),
    among("a TIFF", encoded(noise(), "TIFF"), "read", READ, "odd.tiff"),
    among("a TIFF with an orientation", ROTATED, "read", READ, "odd.tif"),
    among("a PNG of 16 bits", encoded(noise(5, SIDE, SIDE, high=2**16, dtype="uint16")), "read", READ),
    among("a TIFF of 12 bits in 16", encoded(noise(6, SIDE, SIDE, high=2**12, dtype="uint16"), "TIFF"),
          "read with its levels, or noted", either(READ, _left_out("odd.tif")), "odd.tif"),
    among("a TIFF of float32", encoded(np.random.default_rng(7).random((SIDE, SIDE), np.float32), "TIFF"),
          "read, or left out with a note", either(READ, _left_out("odd.tif")), "odd.tif"),
    among("a PNG with transparency", encoded(noise(8, SIDE, SIDE, 4)), "read", READ),
    among("a PNG with a palette", encoded(noise(9, SIDE, SIDE, 3), mode="P"), "read", READ),
    among("a PNG of one bit", encoded(noise(10), mode="1"), "read", READ),
    among("a JPEG in CMYK", encoded(noise(11, SIDE, SIDE, 3), "JPEG", mode="CMYK"), "read", READ, "odd.jpg"),
    among("a colour among greys", encoded(noise(12, SIDE, SIDE, 3)), "read", READ),
    among("a picture of one pixel", encoded(noise(13, 1, 1)), "read", READ),
    among("a picture of 1 x 5,000", encoded(noise(14, 1, 5000)), "read", READ),
    among("a PNG that says 100,000 x 100,000", png(100_000, 100_000), "left out with a note", _left_out("odd.png")),
    among("a PNG that says 7,000 x 7,000 of nothing", png(7000, 7000), "left out with a note", _left_out("odd.png")),
    among("a PNG bomb of 60 MP", png(8000, 7500, bytes(8001 * 7500)), "left out with a note", _left_out("odd.png")),
    among("a PNG of no pixels", png(0, 0), "left out with a note", _left_out("odd.png")),
    among("a copy of a picture", encoded(noise(15)), "read", READ),
    among("a file that starts like a ZIP", b"PK\3\4" + bytes(99), "left out with a note", _left_out("odd.png")),
    among("a PDF called .png", b"%PDF-1.7\n" + bytes(99), "left out with a note", _left_out("odd.png")),
    among("a web page called .jpg", b"<!doctype html><title>404</title>", "left out with a note",
          _left_out("odd.jpg"), "odd.jpg"),
    among("a table beside the pictures", b"file,class\n1.png,a\n", "noted", _left_out(), "labels.csv"),
    among("Thumbs.db", b"\xd0\xcf\x11\xe0", "passed over", _left_out(), "Thumbs.db"),
    among("a hidden file of a Mac", b"\0\5\x16\7" + bytes(99), "passed over", _left_out(), "._0001.png"),
    among("a name with an escape sequence", PNG, "read", READ, "\x1b[31modd.png"),
    among("a name with a line break", PNG, "read", READ, "odd\nfile.png"),
    among("a name of 250 characters", PNG, "read", READ, "o" * 246 + ".png"),
    among("a name with markup", PNG, "read", READ, "<img src=x>.png"),
)  # fmt: skip


def _picture(path: str, seed: int = 20) -> Make:
    def make(folder: Path) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(encoded(noise(seed)))

    return make


def _bytes_name(part: bytes, content: bytes = PNG) -> Make:
    def make(folder: Path) -> None:
        target = os.path.join(os.fsencode(folder), part)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(content)

    return make


def _two_odd_classes(folder: Path) -> None:
    for name in (b"caf\xe9", b"caf\xe8"):
        for number in range(5):
            _bytes_name(name + b"/%d.png" % number, encoded(noise(70 + 10 * name[-1] + number)))(folder)


def _linked(folder: Path) -> None:
    other = folder.parent / "elsewhere"
    for number in range(5):
        _picture(f"{number}.png", 30 + number)(other)
    (folder / "a" / "more").symlink_to(other)


def _circle(folder: Path) -> None:
    (folder / "a" / "again").symlink_to(folder)


def _same(folder: Path) -> None:
    (folder / "b" / "same.png").write_bytes((folder / "a" / "0000.png").read_bytes())


def _parts(*names: str) -> Make:
    def make(folder: Path) -> None:
        for place, name in enumerate(names):
            for label in "ab":
                files = sorted((folder / label).glob("*.png"))
                for file in files[place :: len(names)]:
                    target = folder / name / label / file.name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    os.link(file, target)
        for label in "ab":
            for file in (folder / label).glob("*.png"):
                file.unlink()
            (folder / label).rmdir()

    return make


def _run_folder(folder: Path) -> None:
    for name in ("one", "two"):
        (folder / "runs" / name).mkdir(parents=True)
        (folder / "runs" / name / "run.json").write_text('{"format": 2, "state": "finished"}')
        (folder / "runs" / name / "picture.png").write_bytes(encoded(noise(50)))


def _fifo(folder: Path) -> None:
    os.mkfifo(folder / "a" / "odd.png")


def _dangling(folder: Path) -> None:
    (folder / "a" / "odd.png").symlink_to("nowhere.png")


def _folder_png(folder: Path) -> None:
    (folder / "a" / "odd.png").mkdir()


def _one_each(folder: Path) -> None:
    for seed in range(60, 360):
        _picture(f"c{seed}/1.png", seed)(folder)


PARTS = read(GOOD, classes=["a", "b"])
FOLDERS = (
    among("the thumbnails of a NAS", _picture("a/@eaDir/0000.png/SYNOPHOTO_THUMB_M.jpg"), "passed over", _left_out()),
    among("__MACOSX", _picture("__MACOSX/a/0000.png"), "passed over", _left_out()),
    among(".ipynb_checkpoints", _picture(".ipynb_checkpoints/0000.png"), "passed over", _left_out()),
    among("an empty class", lambda folder: (folder / "c").mkdir(), "refused by its name",
          refused("class folder pictures/c/ has no picture in it")),
    among("a picture in no class", _picture("odd.png"), "noted", _left_out("odd.png")),
    among("pictures deep in a class", _picture("a/2024/summer/odd.png"), "read", READ),
    among("a linked folder in a class", _linked, "followed, or noted",
          either(read(GOOD + 5, classes=["a", "b"]), _left_out("more"))),
    among("a link that goes in a circle", _circle, "passed over", either(_left_out(), _left_out("again"))),
    among("a link to nothing", _dangling, "left out with a note", _left_out("odd.png")),
    among("a pipe called .png", _fifo, "left out with a note", _left_out("odd.png")),
    among("a folder called .png", _folder_png, "passed over", _left_out()),
    among("a name that is no UTF-8", _bytes_name(b"a/\xff\xfe.png"), "read", READ),
    among("two classes whose names are no UTF-8", _two_odd_classes, "four classes",
          lambda answer: answer.code == 0 and len(answer.content["classes"]) == 4),
    among("the same picture in two classes", _same, "noted with both names", read(GOOD + 1, "same.png")),
    among("Training and Testing", _parts("Training", "Testing"), "parts", PARTS),
    among("train and test", _parts("train", "test"), "parts", PARTS),
    among("training_set and test_set", _parts("training_set", "test_set"), "parts", PARTS),
    among("seg_train and seg_test, nested", _parts("seg_train/seg_train", "seg_test/seg_test"), "parts", PARTS),
    among("Train Data and Testing Data", _parts("Train Data", "Testing Data"), "parts", PARTS),
    among("train, val and test", _parts("train", "val", "test"), "parts", PARTS),
    among("all in one folder below", _parts("dataset"), "classes", PARTS),
    among("runs in the folder of pictures", _run_folder, "passed over", _left_out()),
    among("300 classes of one picture", _one_each, "refused, or said", either(refused("class"), read(GOOD + 300))),
)  # fmt: skip


def _usps(folder: Path) -> None:
    (folder / "usps").mkdir()
    for name in ("usps.bz2", "usps.t.bz2"):
        (folder / "usps" / name).write_bytes(bz2.compress(b"1 1:0.5\n" * 20_000_000))


KNOWN = (Odd("160 MB that bzip2 makes of 120 bytes, as USPS", _usps, ("data", "usps", "--data-dir", "usps", "--json"),
             "refused", refused()),)  # fmt: skip


def odds() -> tuple[Odd, ...]:
    """All odd files and folders."""
    return (*FILES, *FOLDERS, *KNOWN)
