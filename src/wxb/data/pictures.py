"""A folder of pictures as one array: every file that can be read, at one size, grey or RGB."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Split
from wxb.data.decoding import Header, LeftOut, decode, quiet_decoders, read_header
from wxb.data.folders import TEST, TRAIN, VALIDATION, File, Layout, read_layout
from wxb.data.split import Fractions, copies, divide_apart, keep_test, plural, validation_share
from wxb.errors import WxbError
from wxb.numbers import count, shape

PARTS = (TRAIN, VALIDATION, TEST)
THREADS = 4  # decoding holds Python's lock for about half of its time
LARGEST_SIDE = 1024
DEFAULT_SIDES = (8, 64)  # least and greatest side chosen where sizes differ
MEMORY_SHARE = 0.5  # of the machine's memory, for the pictures


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures (n, 1 or 3, height, width) uint8, their classes, files and split, and what a person should know."""

    examples: NDArray[np.uint8]
    targets: NDArray[np.int64]
    classes: tuple[str, ...]
    files: tuple[str, ...]
    split: Split
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Readable:
    """A file whose header could be read."""

    file: File
    header: Header


@dataclass(frozen=True)
class Refused:
    """A file that is left out, why, and what else there is to say of it."""

    name: str
    why: str
    more: str = ""


@dataclass(frozen=True)
class Form:
    """What all pictures are brought to: `side` is None where they have one size and keep it."""

    grey: bool
    height: int
    width: int
    side: int | None

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        return (1 if self.grey else 3, self.height, self.width)


def read_pictures(folder: Path, fractions: Fractions, seed: int, size: int | None, max_pixels: int) -> Pictures:
    """The pictures of a folder (as folders.read_layout says what lies where).

    Files that give no picture are left out and listed in the notes. Grey if all pictures are stored as grey, else RGB.
    One size, if all have it; else, or where `size` is given, squares: the shorter side is scaled to `size` and the
    middle kept; without `size` it is the median of the shorter sides, rounded down to a multiple of 8, from 8 to 64.
    Copies (the same pixels after that) stand in one part. Raises WxbError where a class has no picture or too few to be
    split, or all would not fit into memory.
    """
    _check_options(size, max_pixels)
    layout = read_layout(folder)
    with quiet_decoders(), ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
        looked = list(pool.map(partial(_header, max_pixels=max_pixels), layout.files))
        left_out = [Refused(name, why) for name, why in layout.left_out]
        left_out += [found for found in looked if isinstance(found, Refused)]
        readable = [found for found in looked if isinstance(found, Readable)]
        while True:
            _check_classes(folder, layout, readable, left_out)
            form = _form([found.header for found in readable], size)
            examples, refused = _decoded(folder, readable, form, max_pixels, pool)
            if not refused:
                break
            # what is broken may have had the only other size, or the only colours: look again at what is left
            left_out += refused
            gone = {found.name for found in refused}
            readable = [found for found in readable if found.file.name not in gone]
    targets = np.array([found.file.class_number for found in readable], dtype=np.int64)
    split, notes = _split(layout, [found.file for found in readable], examples, targets, fractions, seed)
    if left_out:
        head = f"{folder.name}/: {plural(len(readable), 'picture')} in {len(layout.classes)} classes; "
        notes = (f"{head}{plural(len(left_out), 'file')} left out\n{listed(left_out)}", *notes)
    return Pictures(examples, targets, layout.classes, tuple(found.file.name for found in readable), split, notes)


def listed(left_out: Sequence[Refused], most: int = 2) -> str:
    """A line a reason, the most frequent first: how many, why, and the first names."""
    reasons: dict[str, list[Refused]] = {}
    for found in left_out:
        reasons.setdefault(found.why, []).append(found)
    width = max(len(why) for why in reasons)
    digits = max(len(count(len(files))) for files in reasons.values())
    lines = []
    for why, files in sorted(reasons.items(), key=lambda item: -len(item[1])):
        names = [f"{found.name} ({found.more})" if found.more else found.name for found in files[:most]]
        more = " …" if len(files) > most else ""
        lines.append(f"  {count(len(files)):>{digits}} {why:<{width}}  {' '.join(names)}{more}")
    return "\n".join(lines)


def _header(file: File, max_pixels: int) -> Readable | Refused:
    try:
        return Readable(file, read_header(file.path, max_pixels))
    except LeftOut as error:
        return Refused(file.name, error.reason, error.more)


def _pixels(file: File, form: Form, max_pixels: int) -> NDArray[np.uint8] | Refused:
    try:
        pixels = decode(file.path, form.grey, form.side, max_pixels)
    except LeftOut as error:
        return Refused(file.name, error.reason, error.more)
    return pixels if pixels.shape == form.shape else Refused(file.name, "broken")


def _decoded(
    folder: Path, readable: Sequence[Readable], form: Form, max_pixels: int, pool: ThreadPoolExecutor
) -> tuple[NDArray[np.uint8], list[Refused]]:
    """All pictures in one form, and those that could not be decoded (their rows are left empty)."""
    needed, there = len(readable) * int(np.prod(form.shape)), memory()
    if there is not None and needed > MEMORY_SHARE * there:
        raise WxbError(
            f"the pictures of {folder.name}/ do not fit into memory",
            f"{plural(len(readable), 'picture')} of {shape(form.shape)} are {needed / 2**30:.1f} GiB; "
            f"at most {MEMORY_SHARE * there / 2**30:.1f} GiB are for them",
            "--size 64 makes them smaller",
        )
    # stored with channels last, as training looks them up
    examples = np.zeros((len(readable), form.height, form.width, form.shape[0]), dtype=np.uint8).transpose(0, 3, 1, 2)
    refused = []
    pixels = pool.map(partial(_pixels, form=form, max_pixels=max_pixels), [found.file for found in readable])
    for row, found in enumerate(pixels):
        if isinstance(found, Refused):
            refused.append(found)
        else:
            examples[row] = found
    return examples, refused


def _form(headers: Sequence[Header], size: int | None) -> Form:
    """The form that pictures with these headers are brought to."""
    grey = all(header.grey for header in headers)
    sizes = {(header.height, header.width) for header in headers}
    if size is None and len(sizes) == 1:
        ((height, width),) = sizes
        return Form(grey, height, width, None)
    if size is None:
        middle = int(np.median([min(header.height, header.width) for header in headers]))
        least, greatest = DEFAULT_SIDES
        size = min(max(middle // 8 * 8, least), greatest)
    return Form(grey, size, size, size)


def _split(
    layout: Layout,
    files: Sequence[File],
    examples: NDArray[np.uint8],
    targets: NDArray[np.int64],
    fractions: Fractions,
    seed: int,
) -> tuple[Split, tuple[str, ...]]:
    """The parts as the folders have them; what is missing is taken from train/, and copies stand in one part only."""
    rows = {
        part: np.array([row for row, file in enumerate(files) if file.part == part], dtype=np.int64) for part in PARTS
    }
    held = [part for part in (TEST, VALIDATION) if part in layout.parts]
    if not held:
        return divide_apart(examples, targets, layout.classes, fractions, seed, "picture")
    groups = copies(examples)
    notes: list[str] = []
    seen = groups[rows[held[0]]]
    for part in (*held[1:], TRAIN):
        known = np.isin(groups[rows[part]], seen)
        if known.any():
            are = "is a copy" if known.sum() == 1 else "are copies"
            others = " or ".join(f"{layout.parts[other]}/" for other in held if other != part)
            notes.append(
                f"{plural(int(known.sum()), 'picture')} of {layout.parts[part]}/ {are} of one in {others}: not used"
            )
        rows[part] = rows[part][~known]
        seen = np.concatenate([seen, groups[rows[part]]])
    if held == [TEST, VALIDATION]:
        how = f"{layout.parts[TRAIN]}/ {layout.parts[VALIDATION]}/ {layout.parts[TEST]}/ as they are"
        return Split(rows[TRAIN], rows[VALIDATION], rows[TEST], how), tuple(notes)
    # pictures that are held back but called val/ are the test: what was never trained on says how good a network is
    share, what = validation_share(fractions), f"{layout.parts[held[0]]}/ as test"
    return keep_test(targets, layout.classes, rows[TRAIN], rows[held[0]], seed, share, groups, what), tuple(notes)


def _check_classes(folder: Path, layout: Layout, readable: Sequence[Readable], left_out: Sequence[Refused]) -> None:
    """Raises WxbError where a class has no picture, in one of the parts or at all."""
    present = {(found.file.part, found.file.class_number) for found in readable}
    for part, name in (layout.parts or {"": ""}).items():
        for number, class_name in enumerate(layout.classes):
            if (part, number) not in present:
                where = "/".join(piece for piece in (folder.name, name, class_name) if piece)
                inside = [found for found in left_out if f"{folder.name}/{found.name}".startswith(f"{where}/")]
                raise WxbError(
                    f"class folder {where}/ has no picture in it",
                    f"{plural(len(inside), 'file')} left out\n{listed(inside)}" if inside else "it is empty",
                    "put pictures into it, or remove it",
                )


def memory() -> int | None:
    """Bytes of memory that the machine has; None where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _check_options(size: int | None, max_pixels: int) -> None:
    if size is not None and not 1 <= size <= LARGEST_SIDE:
        raise WxbError(f"pictures of {size}x{size}", f"expected a size from 1 to {LARGEST_SIDE} pixels", "--size 64")
    if max_pixels < 1:
        raise WxbError(f"at most {max_pixels} pixels", "expected a positive number", "--max-pixels 50000000")
