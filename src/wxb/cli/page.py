"""`wxb page`: the runs of a folder in the browser."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from wxb.cli import options, printing
from wxb.errors import WxbError
from wxb.paths import exists, quoted
from wxb.text import plural

MOST_PORT = 65535
ENDS_WITHIN = 5.0  # seconds


def page(folder: Path | None, port: int | None, no_browser: bool, export: Path | None) -> None:
    """Show the runs in FOLDER in the browser, while they train and afterwards.

    By default they are those in WXB_RUNS, or in runs/. FOLDER may also be a run. The page is served on this computer
    alone, until Ctrl-C. Trainings do not end with it. With --export, the tour and the finished runs are written as
    files instead.

    \b
    wxb page
    wxb page runs/digits-3f2a
    """
    if export is not None:
        if port is not None or no_browser:
            raise WxbError("--export writes files and serves nothing", fix="wxb page --export DIR")
        write_site(folder, export)
        return
    from wxb.page.server import serve

    def tell(address: str) -> None:
        printing.result(printing.labelled("page", address))
        printing.flush()
        printing.remark("Ctrl-C ends the page; trainings go on")

    with contextlib.suppress(KeyboardInterrupt):  # the way in which it is meant to end
        serve(folder, port, not no_browser, tell)


def write_site(folder: Path | None, out: Path) -> None:
    """`--export`: the tour and finished runs as static files."""
    from wxb.page.export.site import export
    from wxb.page.folder import folder_of
    from wxb.runs.folder import root

    place = root() if folder is None else folder
    if folder is not None and not exists(folder):
        raise WxbError(f"there is no folder {folder}", fix="wxb page FOLDER --export DIR, FOLDER with runs in it")
    found, only = folder_of(place)
    runs = export(found, only, out, lambda name: printing.remark(printing.labelled("left out", name)))
    printing.result(printing.labelled("files", f"{out}: the tour and {plural(runs, 'run')}"))
    printing.remark(f"at the root of any web server, such as: python -m http.server -d {quoted(out)}")


class Beside:
    """A page beside a training: a process of its own, which takes no time of the training's and ends with the block."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Beside:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(ENDS_WITHIN)
            except subprocess.TimeoutExpired:  # it waits for a browser that does not let go
                self._process.kill()
                self._process.wait()

    def open(self, run: Path) -> None:
        """Open the page on a run, once. It prints its address itself, when it is ready."""
        if self._process is None:
            # in a session of its own: Ctrl-C stops the training, and the page shows that
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "wxb", "page", str(run)],
                stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno(), start_new_session=True,
            )  # fmt: skip

    def wait(self) -> None:
        """Keep the page open until Ctrl-C."""
        if self._process is not None:
            with contextlib.suppress(KeyboardInterrupt):
                self._process.wait()


class Port(options.Whole):
    """The number of a port."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """`value` as the number of a port. Raises WxbError if it is none."""
        number = super().convert(value, param, ctx)
        if number > MOST_PORT:
            raise WxbError(f"--port {number}: expected a number up to {MOST_PORT}")
        return number


command = options.Command(
    page,
    [
        click.Argument(["folder"], required=False, type=click.Path(path_type=Path)),
        options.SectionedOption(
            ["--port"],
            type=Port(),
            help="Serve on this port; 0 is any free one. Default: the first free one from 7860.",
        ),
        options.SectionedOption(["--no-browser"], is_flag=True, help="Print the address without opening it."),
        options.SectionedOption(
            ["--export"],
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Write the tour and the finished runs into DIR, as files for any web server.",
        ),
    ],
)
