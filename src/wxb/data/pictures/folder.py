"""Reading a folder of pictures into one array: every readable file, at one size, grey or RGB."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wxb.allocator import kept
from wxb.data.copies import copies
from wxb.data.dataset import Split
from wxb.data.known.search import has_cache
from wxb.data.pictures import cache as packs
from wxb.data.pictures.cache import About
from wxb.data.pictures.decoding import (
    DECODERS,
    Header,
    LeftOut,
    decode,
    quiet_decoders,
    read_header,
    read_range,
)
from wxb.data.pictures.layout import SEARCHED_EACH, File, Layout, Searched, reading_layout
from wxb.data.pictures.levels import Deep, Levels, Range, levels_for
from wxb.data.pictures.pack import Damaged, Wanted, Writing, open_pack
from wxb.data.pictures.parts import TEST, TRAIN, VALIDATION
from wxb.data.pictures.readable import Readable, check_classes, check_pictures
from wxb.data.pictures.refused import Refused, counted, listed
from wxb.data.pictures.threads import in_order
from wxb.data.pictures.tree import shown
from wxb.data.split import Fractions, Rows, divide_apart, keep_test, validation_share
from wxb.errors import WxbError
from wxb.hardware import cores, memory
from wxb.text import plural, shape

PARTS = (TRAIN, VALIDATION, TEST)
DEFAULT_SIDES = (8, 64)  # bounds of the default side, which is used if sizes differ
MEMORY_SHARE = 0.5  # of the machine's memory that the pictures may take
FEW = 50  # pictures for validation, of which the twentieth of a small train/ has fewer
PACKED_FROM = 64_000_000  # bytes of pixels from which a folder's decoded pictures are cached


@dataclass(frozen=True)
class Decoded:
    """The progress of reading."""

    done: int  # files decoded or left out
    files: int


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures (n, 1 or 3, height, width) uint8 with their classes, files and split, and notes for the user."""

    examples: NDArray[np.uint8]
    targets: NDArray[np.int64]
    classes: tuple[str, ...]
    files: tuple[str, ...]
    split: Split
    notes: tuple[str, ...]
    fingerprint: str | None  # of the data set, if it is known without reading all pixels
    levels: tuple[float, float] | None  # `Levels` of the deep greys among them


@dataclass(frozen=True)
class Like:
    """The colours and the levels of the pictures that a network was trained on."""

    channels: int
    levels: tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class Content:
    """The pictures (n, channels, height, width) that were read, their files, the files left out, and the copies."""

    examples: NDArray[np.uint8]
    files: tuple[File, ...]
    left_out: list[Refused]
    groups: Rows  # as returned by `copies`
    fingerprint: str | None
    deep: Deep


@dataclass(frozen=True)
class Form:
    """The common form of all pictures; `side` is None if they have one size and keep it."""

    grey: bool
    height: int
    width: int
    side: int | None

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        return (1 if self.grey else 3, self.height, self.width)


class Holding:
    """Decoded pictures in memory, with the interface of `Writing`."""

    def __init__(self, many: int, form: Form) -> None:
        channels, height, width = form.shape
        self.examples = np.zeros((many, height, width, channels), dtype=np.uint8)
        self.count = 0

    def __enter__(self) -> Holding:
        return self

    def __exit__(self, *error: object) -> None:
        """There is nothing to clean up."""

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """Add the next picture (height, width, channels)."""
        self.examples[self.count] = pixels
        self.count += 1


def reading(
    folder: Path,
    fractions: Fractions,
    seed: int,
    size: int | None,
    max_pixels: int,
    cache: bool = True,
    like: Like | None = None,
    tested: bool = False,
    labelled: bool = True,
) -> Generator[Decoded | Searched, None, Pictures]:
    """Read the pictures of a folder, arranged as layout.reading_layout says, and yield a record per decoded picture.

    Unreadable files are left out and listed in the notes. Pictures are grey if all are stored as grey, else RGB. Greys
    of more than eight bits become bytes by the levels that all of them need. `like` decides both instead. Pictures keep
    their size if they all have the same one. Otherwise, or with `size`, their middle squares are scaled to `size`;
    its default is the median of the shorter sides, rounded down to a multiple of 8, from 8 to 64. Copies (the same
    pixels after that) are in one part. With `cache`, pictures that take more than PACKED_FROM are kept in a pack and
    mapped into memory, which changes only time and memory. Unless `labelled`, there need not be classes.

    Raises WxbError if a class has no picture or too few to be split, or if the pictures fit neither into the cache nor
    into memory.
    """
    layout = yield from reading_layout(folder, labelled)
    wanted = Wanted(folder, layout.files, size, max_pixels, DECODERS)
    cache = cache and has_cache()
    opened, damaged = _opened(wanted, cache)
    if like is not None and (opened is None or Like(opened[1].shape[3], opened[1].deep.levels) != like):
        wanted = replace(wanted, like=repr(like))
        opened, damaged = _opened(wanted, cache)
    content = _packed(opened, layout) if opened else (yield from _decoded(folder, layout, wanted, cache, like))
    targets = np.array([file.class_number for file in content.files], dtype=np.int64)
    split, notes = _split(layout, content, targets, fractions, seed, tested)
    if damaged:
        notes = ("the decoded pictures that the cache kept were damaged; they have been decoded again", *notes)
    notes = (*layout.notes, *content.deep.notes(), *_double_classes(content, targets), *notes)
    left_out = [*layout.left_out, *content.left_out]
    if left_out:
        head = f"{shown(folder.name)}/: {plural(len(content.files), 'picture')} in {len(layout.classes)} classes; "
        notes = (f"{head}{counted(left_out)} left out\n{listed(left_out)}", *notes)
    names = tuple(file.name for file in content.files)
    return Pictures(
        content.examples, targets, layout.classes, names, split, notes, content.fingerprint, content.deep.levels
    )


def _opened(wanted: Wanted, cache: bool) -> tuple[tuple[NDArray[np.uint8], About] | None, bool]:
    """What `open_pack` gives, if the cache may be used, and whether the pack is damaged."""
    try:
        return (open_pack(wanted) if cache else None), False
    except Damaged:
        return None, True


def _double_classes(content: Content, targets: NDArray[np.int64]) -> tuple[str, ...]:
    """A note on pictures that stand in several classes, with the paths of the first."""
    rows = np.flatnonzero(targets != targets[content.groups])
    if not len(rows):
        return ()
    one, other = (content.files[row].name for row in (content.groups[rows[0]], rows[0]))
    are = "is also in another class" if len(rows) == 1 else "are also in another class"
    return (f"{plural(len(rows), 'picture')} {are}, with the same pixels: {one} and {other}" + " …" * (len(rows) > 1),)


def _header(file: File, max_pixels: int) -> Readable | Refused:
    try:
        return Readable(file, read_header(file.path, max_pixels))
    except LeftOut as error:
        return Refused(file.name, error.reason, error.more)


def _range(readable: Readable, max_pixels: int) -> Range | None:
    try:
        return read_range(readable.file.path, max_pixels)
    except LeftOut:  # decoding will refuse it
        return None


def _pixels(
    readable: Readable, form: Form, max_pixels: int, levels: Levels | None, of_run: bool
) -> tuple[NDArray[np.uint8], str] | Refused:
    """Decode the picture (height, width, channels) of a file, and say what is strange in it for a run's levels."""
    file = readable.file
    try:
        pixels, remark = decode(file.path, readable.header, form.grey, form.side, max_pixels, levels, of_run)
    except LeftOut as error:
        return Refused(file.name, error.reason, error.more)
    if pixels.shape != form.shape:
        return Refused(file.name, "broken")
    return pixels.transpose(1, 2, 0), remark and f"{file.name}: {remark}"


def _decoded(
    folder: Path, layout: Layout, wanted: Wanted, cache: bool, like: Like | None
) -> Generator[Decoded | Searched, None, Content]:
    """Decode a folder with as many threads as there are cores, into a pack or into memory."""
    with quiet_decoders(), kept(), ThreadPoolExecutor(cores()) as pool:
        headers = []
        for number, one in enumerate(layout.files, 1):  # in one thread, because opening files holds the GIL
            headers.append(_header(one, wanted.max_pixels))
            if number % SEARCHED_EACH == 0:
                check_pictures(folder, headers)
                yield Searched(number)
        left_out = [file for file in headers if isinstance(file, Refused)]
        readable = [file for file in headers if isinstance(file, Readable)]
        if like is None:
            deep = [file for file in readable if file.header.deep]
            ranges = list(in_order(pool, partial(_range, max_pixels=wanted.max_pixels), deep))
            bounds = levels_for([one for one in ranges if one is not None])
        else:
            bounds = like.levels
        levels = Levels(*bounds) if bounds else None
        while True:
            check_classes(folder, layout, readable, left_out)
            form = _form([file.header for file in readable], wanted.size, like)
            decoder = partial(_pixels, form=form, max_pixels=wanted.max_pixels, levels=levels, of_run=like is not None)
            try:
                with _place(wanted, len(readable), form, cache) as place:
                    if isinstance(place, Writing) and (opened := _opened(wanted, cache)[0]):
                        return _packed(opened, layout)  # another process has written it in the meantime
                    examples, refused, remarks = [], [], []
                    for file, decoded in zip(readable, in_order(pool, decoder, readable), strict=True):
                        if isinstance(decoded, Refused):
                            refused.append(decoded)
                        else:
                            pixels, remark = decoded
                            place.add(pixels)
                            examples.append(file)
                            remarks += [remark] if remark else []
                        yield Decoded(place.count + len(refused) + len(left_out), len(layout.files))
                    readable, left_out = examples, left_out + refused
                    check_classes(folder, layout, readable, left_out)
                    if _form([file.header for file in readable], wanted.size, like) == form:
                        return _finished(place, layout, readable, left_out, bounds, tuple(remarks))
                    # only broken files had another size, or colours: decode again without them
            except OSError:
                if not cache:
                    raise
                cache = False  # the pack cannot be written: hold the pictures in memory


def _place(wanted: Wanted, many: int, form: Form, cache: bool) -> Writing | Holding:
    """Choose the place for decoded pictures. Raises WxbError if they fit nowhere, OSError if there can be no cache."""
    needed, there = many * prod(form.shape), memory()
    if cache and needed >= PACKED_FROM and packs.make_room(needed):
        return Writing(wanted)
    if there is not None and needed > MEMORY_SHARE * there:
        raise WxbError(
            f"the pictures of {wanted.folder.name}/ do not fit into memory" + (", nor into the cache" if cache else ""),
            f"{plural(many, 'picture')} of {shape(form.shape)} are {needed / 2**30:.1f} GiB; "
            f"at most {MEMORY_SHARE * there / 2**30:.1f} GiB are for them"
            + (f", and of the disk of {packs.folder()} {packs.most() / 2**30:.1f} GiB" if cache else ""),
            "`size=64` makes them smaller" + ("; WXB_CACHE names a folder on another disk" if cache else ""),
        )
    return Holding(many, form)


def _finished(
    place: Writing | Holding,
    layout: Layout,
    readable: Sequence[Readable],
    left_out: list[Refused],
    levels: tuple[float, float] | None,
    remarks: tuple[str, ...],
) -> Content:
    files = [file.file for file in readable]
    greys, colours = (sum(getattr(one.header, kind) for one in readable) for kind in ("deep", "deep_colours"))
    deep = Deep(greys, colours, levels, remarks)
    if isinstance(place, Holding):
        pixels = place.examples[: place.count]
        return Content(pixels.transpose(0, 3, 1, 2), tuple(files), left_out, copies(pixels), None, deep)
    kept_files = set(files)
    gone = [number for number, file in enumerate(layout.files) if file not in kept_files]
    reasons = [(refused.name, refused.why, refused.more) for refused in left_out]
    targets = np.array([file.class_number for file in files], dtype=np.int64)
    return _packed(place.finish(gone, reasons, layout.classes, targets, deep), layout)


def _packed(opened: tuple[NDArray[np.uint8], About], layout: Layout) -> Content:
    """The content of a folder, taken from its pack."""
    examples, about = opened
    gone, groups = set(about.gone), np.arange(len(examples))
    for row, first in about.copies:
        groups[row] = first
    files = tuple(file for number, file in enumerate(layout.files) if number not in gone)
    return Content(
        examples, files, [Refused(*reason) for reason in about.left_out], groups, about.fingerprint, about.deep
    )


def _form(headers: Sequence[Header], size: int | None, like: Like | None) -> Form:
    """The common form of pictures with these headers."""
    grey = all(header.grey for header in headers) if like is None else like.channels == 1
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
    layout: Layout, content: Content, targets: NDArray[np.int64], fractions: Fractions, seed: int, tested: bool
) -> tuple[Split, tuple[str, ...]]:
    """Use the folder's own parts, take missing ones from train/, and keep copies in one part only.

    If the data are `tested` on another folder, val/ alone is the validation part.
    """
    groups = content.groups
    rows = {
        part: np.array([row for row, file in enumerate(content.files) if file.part == part], dtype=np.int64)
        for part in PARTS
    }
    held = [part for part in (TEST, VALIDATION) if part in layout.parts]
    if not held:
        return divide_apart(content.examples, targets, layout.classes, fractions, seed, "picture", groups)
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
    if held == [TEST, VALIDATION] or (tested and held == [VALIDATION]):
        names = " ".join(f"{layout.parts[part]}/" for part in (TRAIN, VALIDATION, TEST) if part in layout.parts)
        return Split(rows[TRAIN], rows[VALIDATION], rows[TEST], f"{names} as they are"), tuple(notes)
    # if val/ is the only part that is held back, it is the test part
    share, what = validation_share(fractions), f"{layout.parts[held[0]]}/ as test"
    split = keep_test(targets, layout.classes, rows[TRAIN], rows[held[0]], seed, share, groups, what)
    if share is None and len(split.validation) < FEW:
        notes.append(
            f"validation has only {plural(len(split.validation), 'picture')}, a twentieth of {layout.parts[TRAIN]}/: "
            "the split 0.8,0.2,0 takes a fifth"
        )
    return split, tuple(notes)
