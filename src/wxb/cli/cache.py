"""`wxb cache`: list the decoded pictures that are kept on the disk, or remove them."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from wxb.cli import options, printing
from wxb.cli.answers.sets import Cache, CachedPack
from wxb.cli.runs import Age
from wxb.errors import WxbError
from wxb.paths import absolute
from wxb.text import count, shape

if TYPE_CHECKING:
    from wxb.data.pictures.cache import Pack


def cache(folders: tuple[str, ...], clean: bool, older_than: float | None, as_json: bool) -> None:
    """List the decoded pictures of large folders that are kept on the disk, last used first: those of FOLDER, or all.

    They are kept in the folder WXB_CACHE, or in the system's cache folder, and take at most a quarter of the disk's
    free space; those unused for longest are removed first. With --clean they are removed until they are needed again.

    \b
    wxb cache --clean photos
    wxb cache --clean --older-than 30d
    """
    from wxb.data.pictures import cache as packs

    if older_than is not None and not clean:
        raise WxbError("--older-than is for --clean", fix="wxb cache --clean --older-than 30d")
    named = [absolute(folder) for folder in folders]
    listed = packs.clean(named, older_than or 0.0) if clean else packs.of(named)
    if as_json:
        content = [answer(pack) for pack in listed]
        printing.result_json(Cache(folder=str(packs.folder()), removed=clean, packs=content))
        return
    if not listed:
        printing.remark("there is nothing to clean" if clean else f"nothing is kept in {packs.folder()}")
        return
    rows = [("pictures", "size", "bytes", "last used", "of"), *(row(pack) for pack in listed)]
    printing.result(printing.table(rows, numbers=(0, 2), width=printing.columns(sys.stdout), gives_way=4))
    if clean:
        freed = count(sum(pack.bytes for pack in listed))
        printing.remark(f"removed {count(len(listed))}, {freed} bytes")


def answer(pack: Pack) -> CachedPack:
    """Return a pack as `--json` has it; folder, examples and shape are None if it is damaged."""
    file, about, used = str(pack.path), pack.about, moment(pack.used)
    if about is None:
        return CachedPack(file, None, None, None, pack.bytes, used)
    examples, height, width, channels = about.shape
    return CachedPack(file, about.folder, examples, (channels, height, width), pack.bytes, used)


def row(pack: Pack) -> tuple[str, ...]:
    """Return a pack's line in the list."""
    when = moment(pack.used)[:16].replace("T", " ")
    if pack.about is None:
        return ("", "damaged", count(pack.bytes), when, str(pack.path))
    pictures, height, width, channels = pack.about.shape
    size = shape((channels, height, width))
    return (count(pictures), size, count(pack.bytes), when, pack.about.folder)


def moment(when: float) -> str:
    """Format a time as local time, "2026-01-31T12:00:00"."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(when))


command = options.Command(
    cache,
    [
        click.Argument(["folders"], nargs=-1, metavar="[FOLDER]…"),
        options.SectionedOption(["--clean"], is_flag=True, help="Remove them."),
        options.SectionedOption(
            ["--older-than"], type=Age(), help="With --clean: only those unused for this long, such as 30d, 12h or 30m."
        ),
        options.JSON,
    ],
)
