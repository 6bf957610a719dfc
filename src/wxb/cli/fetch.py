"""`wxb fetch`: download known data sets into the user's cache."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from wxb.cli import options, printing
from wxb.cli.answers.sets import Fetch, KnownSet
from wxb.progress import ERASE, REDRAW, bar
from wxb.text import count

if TYPE_CHECKING:
    from wxb.data.known.download import Arrived


def fetch(names: tuple[str, ...], mirror: tuple[str, ...], as_json: bool, quiet: bool) -> None:
    """Download known data sets into the user's cache, where every command finds them from then on without a network.

    Without NAME: which sets can be downloaded, how large they are and which are there. What is there is not downloaded
    again, and what was cut goes on. Files come by https and are checked by their SHA-256. The cache is the folder
    WXB_CACHE, or where the system has such things.

    \b
    wxb fetch mnist
    wxb train mnist
    """
    from wxb.data.known import download

    for name in names:
        arrive(name, mirror, quiet)
    content = [state(name) for name in names or download.SOURCES]
    if as_json:
        printing.result_json(Fetch(sets=content))
        return
    rows = [["set", "bytes", "here", "folder"]]
    for one in content:
        size = "" if one.bytes is None else count(one.bytes)
        rows.append([one.name, size, "yes" if one.complete else "no", one.folder])
    printing.result(printing.table(rows, numbers=(1,), width=printing.columns(sys.stdout), gives_way=3))


def arrive(name: str, mirrors: tuple[str, ...], quiet: bool) -> None:
    """Download one set, with a progress line per file on standard error."""
    from wxb.data.known.download import fetch as records

    moving, drawn = sys.stderr.isatty(), 0.0
    for arrived in records(name, mirrors):
        now = time.monotonic()
        if quiet or not (arrived.whole or (moving and now - drawn >= REDRAW)):
            continue
        text = line(name, arrived)
        width = printing.columns(sys.stderr)
        printing.remark((ERASE if moving else "") + text[:width], end="\n" if arrived.whole else "")
        drawn = now


def line(name: str, arrived: Arrived) -> str:
    """ "mnist     train-images-idx3-ubyte.gz  ██████░░░░  4,112,384 of 9,912,422 bytes"."""
    if arrived.whole:
        return printing.labelled(name, f" {arrived.file.name}  {count(arrived.done)} bytes, checked")
    share = f"{bar(arrived.done / arrived.file.size)}  " if arrived.file.exact else ""
    total = f" of {count(arrived.file.size)}" if arrived.file.exact else ""
    return printing.labelled(name, f" {arrived.file.name}  {share}{count(arrived.done)}{total} bytes")


def state(name: str) -> KnownSet:
    """Return a set's folder and files, and whether all of them are there."""
    from wxb.data.known.download import SOURCES, missing
    from wxb.data.known.search import cache_folder

    files = SOURCES[name].files
    sizes = [file.size for file in files if file.exact]
    return KnownSet(
        name=name,
        bytes=sum(sizes) if len(sizes) == len(files) else None,
        folder=str(cache_folder() / name),
        files=[file.name for file in files],
        complete=not missing(name),
    )


command = options.Command(
    fetch,
    [
        click.Argument(["names"], nargs=-1, metavar="[NAME]…"),
        options.SectionedOption(
            ["--mirror"], multiple=True, metavar="URL", help="Where the files are too, tried first: https://…/"
        ),
        options.JSON,
        options.QUIET,
    ],
)
