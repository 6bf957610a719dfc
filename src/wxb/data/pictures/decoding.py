"""Decoding picture files to arrays of bytes: of bounded size, upright, without transparency."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
import PIL
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError, features

from wxb.data.pictures.scaling import middle_square
from wxb.data.pictures.tree import is_file

# formats that are decoded in this process from their bytes (PostScript would start another program)
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
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
GREY_MODES = ("1", "L", "LA", "La", "I")  # and I;16 in all byte orders
JPEG_COLOURS = {"L": "GRAY", "RGB": "RGB"}  # Pillow's modes that simplejpeg decodes to, and its names for them

# versions of the libraries that determine the decoded pixels
DECODERS = ", ".join(
    [
        "Pillow " + PIL.__version__,
        *(f"{name} {features.version(name)}" for name in ("jpg", "zlib", "webp", "libtiff")),
        *(f"{name} {version(name)}" for name in ("simplejpeg", "torch")),
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


def read_header(path: Path, max_pixels: int) -> Header:
    """Read the header of a picture. Raises LeftOut if it is not a picture, or has more pixels than `max_pixels`."""
    with _opened(path, max_pixels) as picture:
        orientation = _orientation(picture)
        width, height = picture.size
        if orientation >= TURNED:
            width, height = height, width
        jpeg = picture.mode if picture.format == "JPEG" else ""
        return Header(height, width, _is_grey(picture), orientation, jpeg)


def decode(path: Path, header: Header, grey: bool, side: int | None, max_pixels: int) -> NDArray[np.uint8]:
    """Decode a picture, or the first of several, to (1 or 3, height, width) uint8; `header` is that of `read_header`.

    With `side`, the middle square is scaled to (…, side, side). Transparent pixels are put on white, and 16-bit greys
    keep their upper eight bits. Raises LeftOut if the file is broken.
    """
    mode = "L" if grey else "RGB"
    orientation = header.orientation
    pixels = _jpeg(path, header, mode, side) if header.jpeg == mode else None
    if pixels is None:
        with _opened(path, max_pixels) as picture:
            orientation = _orientation(picture)
            picture.load()
            pixels = np.array(_flat(picture, mode))
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    if orientation in UPRIGHT:
        pixels = np.ascontiguousarray(UPRIGHT[orientation](pixels))
    if side is not None:
        pixels = middle_square(pixels, side)
    return pixels.transpose(2, 0, 1)


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
        with path.open("rb") as file, Image.open(file, formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > max_pixels:
                raise LeftOut("too large to open", f"{width}x{height}; --max-pixels")
            yield picture
    except LeftOut:
        raise
    except UnidentifiedImageError as error:
        raise LeftOut("not a picture" if path.stat().st_size else "empty") from error
    except PermissionError as error:
        raise LeftOut("not readable") from error
    # damaged bytes make decoders raise anything: OSError, SyntaxError, ValueError, struct.error, IndexError …
    except Exception as error:
        short = isinstance(error, EOFError) or any(word in str(error).lower() for word in ("truncated", "eof"))
        raise LeftOut("cut short" if short else "broken") from error


def _is_grey(picture: Image.Image) -> bool:
    """Whether the picture is stored without colours, or with a palette of greys only."""
    if picture.mode in ("P", "PA"):
        palette = np.array(picture.getpalette("RGB") or [0, 0, 0]).reshape(-1, 3)
        return bool((palette == palette[:, :1]).all())
    return picture.mode in GREY_MODES or picture.mode.startswith("I;")


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) if there is none."""
    try:
        value = picture.getexif().get(ORIENTATION, 1)
    except Exception:  # damaged metadata say nothing about the pixels
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _flat(picture: Image.Image, mode: str) -> Image.Image:
    """The picture in mode L or RGB, without transparency."""
    if picture.mode == "F":
        raise LeftOut("of floating-point pixels")
    if picture.mode.startswith("I"):
        return Image.fromarray((np.asarray(picture).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)).convert(mode)
    if "transparency" in picture.info or picture.mode in ("RGBA", "RGBa", "LA", "La", "PA"):
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture.convert("RGBA"))
        return white.convert("RGB").convert(mode)
    return picture.convert(mode)
