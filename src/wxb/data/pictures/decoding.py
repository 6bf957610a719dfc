"""One picture file to an array of bytes, within bounds, upright, without transparency."""

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

from wxb.data.pictures.layout import is_file
from wxb.data.pictures.scaling import middle_square

# formats whose decoders work in this process on bytes alone (PostScript, for one, would start another program)
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
ORIENTATION = 0x0112  # the EXIF tag; its values 2–8 say how to turn the picture upright,
TURNED = 5  # and from this one on height and width change places
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
JPEG_COLOURS = {"L": "GRAY", "RGB": "RGB"}  # modes in which simplejpeg decodes, and what it calls them

# what the same file may come out differently by
DECODERS = ", ".join(
    [
        "Pillow " + PIL.__version__,
        *(f"{name} {features.version(name)}" for name in ("jpg", "zlib", "webp", "libtiff")),
        *(f"{name} {version(name)}" for name in ("simplejpeg", "torch")),
    ]
)


class LeftOut(Exception):
    """A file that gives no picture: the reason, and what else a person should know of this file."""

    def __init__(self, reason: str, more: str = "") -> None:
        self.reason = reason
        self.more = more
        super().__init__(reason)


@dataclass(frozen=True)
class Header:
    """What a file says of its picture before it is decoded: sizes in pixels, upright, and whether it has no colour."""

    height: int
    width: int
    grey: bool
    orientation: int  # as EXIF has it, 1 to 8
    jpeg: str  # the mode of a JPEG; of other formats ""


def read_header(path: Path, max_pixels: int) -> Header:
    """Size and kind of a picture. Raises LeftOut where the file is none, or has more pixels than `max_pixels`."""
    with _opened(path, max_pixels) as picture:
        orientation = _orientation(picture)
        width, height = picture.size
        if orientation >= TURNED:
            width, height = height, width
        jpeg = picture.mode if picture.format == "JPEG" else ""
        return Header(height, width, _is_grey(picture), orientation, jpeg)


def decode(path: Path, header: Header, grey: bool, side: int | None, max_pixels: int) -> NDArray[np.uint8]:
    """The picture, of several the first: (1 or 3, height, width) uint8; `header` is what `read_header` said of it.

    `side`: the shorter side is scaled to it and the middle square kept: (…, side, side). Transparent pixels stand on
    white; 16-bit greys keep their upper eight bits. Raises LeftOut where the file is broken.
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
    """A JPEG by simplejpeg, which holds up no other thread, at half its size or less where that leaves twice the side.

    None where it cannot be read, simplejpeg complains, or finds another size than the one that was held against the
    bound: Pillow then says what is wrong, or reads it all the same.
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


_bounds: list[int | None] = []  # Pillow's own, as each user of `quiet_decoders` found it


@contextmanager
def quiet_decoders() -> Iterator[None]:
    """Pillow without its warnings and its own bound on pixels, for this process; `max_pixels` is the bound here.

    Both are global and not safe to change in threads, so this stands around all decoding, not around each picture. The
    last of several users that leaves, in whatever order, puts the bound back.
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
    # decoders raise whatever damaged bytes lead them to: OSError, SyntaxError, ValueError, struct.error, IndexError …
    except Exception as error:
        short = isinstance(error, EOFError) or any(word in str(error).lower() for word in ("truncated", "eof"))
        raise LeftOut("cut short" if short else "broken") from error


def _is_grey(picture: Image.Image) -> bool:
    """Whether the picture is stored without colours, or with a palette of greys alone."""
    if picture.mode in ("P", "PA"):
        palette = np.array(picture.getpalette("RGB") or [0, 0, 0]).reshape(-1, 3)
        return bool((palette == palette[:, :1]).all())
    return picture.mode in GREY_MODES or picture.mode.startswith("I;")


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) where there is none."""
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
