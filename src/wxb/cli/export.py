"""`wxb export`: a run as one file, to mail or to host."""

from __future__ import annotations

from pathlib import Path

import click

from wxb.cli import options, printing
from wxb.cli.answers.exports import Export
from wxb.errors import WxbError
from wxb.paths import is_folder

FORMS = ("html",)


def export(run: str, form: str, out: Path | None, as_json: bool) -> None:
    """Write a finished run as one file that needs nothing else.

    FORM html is the report with the network drawn. A network of up to 2 MB runs in it, in the browser: draw, drop a
    picture, or type a row, and see the answer. The file loads nothing and sends nothing.

    \b
    wxb export runs/digits-3f2a html --out digits.html
    """
    from wxb.page.export.html import html
    from wxb.runs.run import Run
    from wxb.storage import write

    opened = Run.open(run)
    path = Path(f"{opened.path.name}.html") if out is None else out
    if is_folder(path):
        raise WxbError(f"{path} is a folder", fix=f"a file in it: --out {path / 'run.html'}")
    text, why = html(opened)
    content = text.encode()
    write(path, content)
    if as_json:
        printing.result_json(Export(run=run, form=form, file=str(path), bytes=len(content), why_not_tried=why or None))
        return
    printing.result(printing.labelled("file", f"{path}  {len(content) / 1000:,.0f} kB"))
    if why:
        printing.result(printing.labelled("", f"the network cannot be tried in it: {why}"))


command = options.Command(
    export,
    [
        click.Argument(["run"]),
        click.Argument(["form"], type=click.Choice(FORMS)),
        options.SectionedOption(
            ["--out"], type=click.Path(path_type=Path), help="The file; default: the run's name with .html, here."
        ),
        options.JSON,
    ],
)
