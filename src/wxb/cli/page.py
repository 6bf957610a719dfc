"""`wxb page`: the runs of a folder in the browser."""

from __future__ import annotations

from pathlib import Path

import click

from wxb.cli import options, printing

MOST_PORT = 65535


def page(folder: Path | None, port: int | None, no_browser: bool) -> None:
    """Show the runs in FOLDER in the browser, while they train and afterwards.

    By default they are those in WXB_RUNS, or in runs/. FOLDER may also be a run. The page is served
    on this computer alone, until Ctrl-C. Trainings do not end with it.

    \b
    wxb page
    wxb page runs/digits-3f2a
    """
    from wxb.page.server import serve

    def tell(address: str) -> None:
        printing.result(printing.labelled("page", address))
        printing.flush()
        printing.remark("Ctrl-C ends the page; trainings go on")

    serve(folder, port, not no_browser, tell)


class Port(options.Whole):
    """The number of a port."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """`value` as the number of a port. Raises WxbError if it is none."""
        from wxb.errors import WxbError

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
    ],
)
