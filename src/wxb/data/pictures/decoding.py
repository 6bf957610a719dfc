"""Decoding picture files to arrays of bytes: of bounded size, upright, without transparency."""

from __future__ import annotations

import os
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import PIL
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError, features

from wxb.data.pictures.foreign import HEAD, camera_raw, name_of_format
from wxb.data.pictures.levels import (
    MOST_BEYOND,
    SIXTEEN_BITS,
    Levels,
    Range,
    fit_of,
    is_deep,
    number,
    range_of,
    values_of,
)
from wxb.data.pictures.scaling import middle_square
from wxb.paths import is_file

# formats that are decoded in this process from their bytes (PostScript would start another program)
HEIC = find_spec("pillow_heif") is not None  # the extra wxb[heic]
if HEIC:
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False)
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "PPM", *(["HEIF"] if HEIC else []))
ORIENTATION = 0x0112  # the EXIF tag; values 2–8 describe how the picture is to be turned upright
TURNED = 5  # from this value on, height and width are exchanged
UPRIGHT: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    2: np.fliplr,
    3: partial(np.rot90, k=2),
    4: np.flipud,
    5: lambda pixels: pixels.transpose(1, 0, 2),
    6: partial(np.rot90, k=3),
    7: lambda pixels: np.rot90(pixels, k=2).transpose(1, 0, 2),
    8: np.rot90,
}
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY_MODES = ("1", "L", "LA", "La")  # and deep ones
JPEG_COLOURS = {"L": "GRAY", "RGB": "RGB"}  # Pillow's modes that simplejpeg decodes to, and its names for them

# versions of the libraries that determine the decoded pixels
DECODERS = ", ".join(
    [
        "Pillow " + PIL.__version__,
        *(f"{name} {features.version(name)}" for name in ("jpg", "zlib", "webp", "avif", "libtiff")),
        *(f"{name} {version(name)}" for name in ("simplejpeg", "torch", *(["pillow_heif"] if HEIC else []))),
    ]
)


class LeftOut(Exception):
    """A file without a usable picture: the reason, and details of this file."""

    def __init__(self, reason: str, more: str = "") -> None:
        self.reason = reason
        self.more = more
        super().__init__(reason)


@dataclass(frozen=True)
class Header:
    """The properties of a picture that are known before decoding; height and width are those of the upright picture."""

    height: int
    width: int
    grey: bool
    orientation: int  # EXIF's, 1 to 8
    jpeg: str  # Pillow's mode of a JPEG; "" for other formats
    deep: bool = False  # greys of more than eight bits, or of floating point
    deep_colours: bool = False  # more than eight bits per colour, of which Pillow reads the upper eight


def read_header(path: Path, max_pixels: int) -> Header:
    """Read the header of a picture. Raises LeftOut if it is not a picture, or has more pixels than `max_pixels`."""
    with _opened(path, max_pixels) as picture:
        tiles = getattr(picture, "tile", ())  # the modes in the file; reading the orientation may clear them
        deep_colours = not is_deep(picture) and any(";16" in str(tile[3]) for tile in tiles)
        if picture.format == "PNG":
            _check_png(path)
        orientation = _orientation(picture)
        width, height = picture.size
        if orientation >= TURNED:
            width, height = height, width
        jpeg = picture.mode if picture.format == "JPEG" else ""
        return Header(height, width, _is_grey(picture), orientation, jpeg, is_deep(picture), deep_colours)


def _check_png(path: Path) -> None:
    """Raise LeftOut if the checksum of a PNG's pixels is wrong; Pillow reads such a file without a word."""
    with path.open("rb") as file:
        file.seek(len(PNG_SIGNATURE))
        while len(head := file.read(8)) == 8 and head[4:] != b"IEND":
            length = int.from_bytes(head[:4], "big")
            if head[4:] != b"IDAT":
                file.seek(length + 4, os.SEEK_CUR)
                continue
            data, checksum = file.read(length), file.read(4)
            if len(checksum) == 4 and zlib.crc32(data, zlib.crc32(b"IDAT")) != int.from_bytes(checksum, "big"):
                raise LeftOut("broken")


def read_range(path: Path, max_pixels: int) -> Range | None:
    """The range of values of a deep picture; None if it has no data. Raises LeftOut if the file is broken."""
    with _opened(path, max_pixels) as picture:
        picture.load()
        return range_of(picture)


def _fitting(picture: Image.Image, levels: Levels | None) -> str:
    """What is strange in a deep picture for a run with these levels, or with bytes; "" if it fits.

    Raises LeftOut if it is of another scale.
    """
    levels = levels or SIXTEEN_BITS
    fit = fit_of(picture, levels)
    if fit.beyond > MOST_BEYOND:
        share = f"{fit.beyond:.0%}".replace("%", " %")
        reason = f"values beyond the run's range of {levels}, to which they must be scaled"
        raise LeftOut(reason, f"{share} of its pixels, up to {number(fit.high)}")
    return fit.remark(levels)


def decode(
    path: Path,
    header: Header,
    grey: bool,
    side: int | None,
    max_pixels: int,
    levels: Levels | None = None,
    of_run: bool = False,
) -> tuple[NDArray[np.uint8], str]:
    """Decode a picture, or the first of several, to (1 or 3, height, width) uint8; `header` is that of `read_header`.

    With `side`, the middle square is scaled to (…, side, side). Transparent pixels are put on white. Deep greys become
    bytes by `levels`; without them 16-bit greys keep their upper eight bits. The text says what is strange in deep
    greys if the levels are those of a run (`of_run`); "" if nothing is. Raises LeftOut if the file is broken, or its
    greys are of another scale than the run's.
    """
    mode, remark = "L" if grey else "RGB", ""
    orientation = header.orientation
    pixels = _jpeg(path, header, mode, side) if header.jpeg == mode else None
    if pixels is None:
        with _opened(path, max_pixels) as picture:
            orientation = _orientation(picture)
            picture.load()
            if of_run and header.deep:
                remark = _fitting(picture, levels)
            pixels = np.array(_flat(picture, mode, levels))
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    if orientation in UPRIGHT:
        pixels = np.ascontiguousarray(UPRIGHT[orientation](pixels))
    if side is not None:
        pixels = middle_square(pixels, side)
    return pixels.transpose(2, 0, 1), remark


def _jpeg(path: Path, header: Header, mode: str, side: int | None) -> NDArray[np.uint8] | None:
    """Decode a JPEG with simplejpeg, which releases the GIL, at a reduced size of at least twice the side.

    Returns None if simplejpeg cannot read it, or reports another size than the one that was checked against the bound.
    Pillow then reads it or raises the error.
    """
    scaled = {} if side is None else {"min_height": 2 * side, "min_width": 2 * side, "min_factor": 2}
    size = (header.height, header.width) if header.orientation < TURNED else (header.width, header.height)
    with suppress(ValueError, OSError):
        data = path.read_bytes()
        height, width, *_ = simplejpeg.decode_jpeg_header(data)
        if (height, width) == size:
            pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(data, JPEG_COLOURS[mode], **scaled)
            return pixels
    return None


_bounds: list[int | None] = []  # Pillow's bound on pixels when each running `quiet_decoders` began


@contextmanager
def quiet_decoders() -> Iterator[None]:
    """Switch off Pillow's warnings and its bound on pixels in this process; `max_pixels` replaces the bound.

    Both are global and not safe to change in threads, so enter this once around all decoding, not for each picture. If
    it is entered several times, the last one to exit restores the bound.
    """
    _bounds.append(Image.MAX_IMAGE_PIXELS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            first = _bounds[0]
            _bounds.pop()
            if _bounds:
                _bounds[0] = first
            else:
                Image.MAX_IMAGE_PIXELS = first


@contextmanager
def _opened(path: Path, max_pixels: int) -> Iterator[Image.Image]:
    if not is_file(path):
        raise LeftOut("not a file that can be opened")
    try:
        with path.open("rb") as file:
            if not os.fstat(file.fileno()).st_size:  # some files of the system without a size never end
                raise LeftOut("empty")
            head = file.read(HEAD)
            file.seek(0)
            if raw := camera_raw(path, head):
                raise _unread(raw)
            try:
                opened = Image.open(file, formats=FORMATS)
            except UnidentifiedImageError as error:
                name = name_of_format(path, head)
                raise (_unread(name) if name else LeftOut("not a picture")) from error
            with opened as picture:
                width, height = picture.size
                if width * height > max_pixels:
                    raise LeftOut("too large to open", f"{width}x{height}; `max_pixels`")
                yield picture
    except LeftOut:
        raise
    except PermissionError as error:
        raise LeftOut("not readable") from error
    # damaged bytes make decoders raise anything: OSError, SyntaxError, ValueError, struct.error, IndexError …
    except Exception as error:
        short = isinstance(error, EOFError) or any(word in str(error).lower() for word in ("truncated", "eof"))
        raise LeftOut("cut short" if short else "broken") from error


def _unread(name: str) -> LeftOut:
    """The reason for a file of a known format that is not read."""
    if name == "HEIC" and not HEIC:
        return LeftOut("HEIC, which wxb reads after: pip install 'wxb[heic]'")
    return LeftOut("broken" if name in ("HEIC", "AVIF") else f"a format that wxb does not read ({name})")


def _is_grey(picture: Image.Image) -> bool:
    """Whether the picture is stored without colours, or with a palette of greys only."""
    if picture.mode in ("P", "PA"):
        palette = np.array(picture.getpalette("RGB") or [0, 0, 0]).reshape(-1, 3)
        return bool((palette == palette[:, :1]).all())
    return picture.mode in GREY_MODES or is_deep(picture)


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) if there is none, or Pillow turns the picture itself."""
    if picture.format == "TIFF":
        return 1
    try:
        value = picture.getexif().get(ORIENTATION, 1)
    except Exception:  # damaged metadata say nothing about the pixels
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _flat(picture: Image.Image, mode: str, levels: Levels | None) -> Image.Image:
    """The picture in mode L or RGB, without transparency."""
    if picture.mode == "F" and levels is None:
        raise LeftOut("of floating-point pixels")
    if is_deep(picture):
        return Image.fromarray((levels or SIXTEEN_BITS).bytes_of(values_of(picture))).convert(mode)
    if "transparency" in picture.info or picture.mode in ("RGBA", "RGBa", "LA", "La", "PA"):
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture.convert("RGBA"))
        return white.convert("RGB").convert(mode)
    return picture.convert(mode)
