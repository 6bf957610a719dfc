"""`wxb resume`: continue a training that was stopped."""

from __future__ import annotations

import click

from wxb.cli import options, printing
from wxb.cli.following import follow_to_result
from wxb.cli.loading import load_again
from wxb.cli.stopping import untouched
from wxb.settings import DATA


def resume(run: str, data_dir: str | None, page: bool, as_json: bool, quiet: bool, verbose: bool) -> int:
    """Go on with a training that was stopped, or killed, from where it was saved last.

    It ends with the same bits as if it had never stopped. The data must be what it was.
    """
    from wxb.play.run import is_playing

    if is_playing(run):
        from wxb.cli.play import resumed

        return resumed(run, page, as_json, quiet)
    with untouched(run):
        from wxb.runs.run import Run
        from wxb.runs.writer import need_resumable
        from wxb.training import Training

        opened = Run.open(run)
        need_resumable(opened.path, opened.summary)  # before its data are read
        from_where = opened.standing.sentence
        training = Training.resume(opened, load_again(opened, data_dir, quiet))
    if not quiet:
        printing.remark(printing.labelled("resume", f"{opened.path}: {from_where}"))
    return follow_to_result(training, as_json, quiet, verbose, page)


command = options.Command(
    resume,
    [
        click.Argument(["run"]),
        *options.params(DATA, "data_dir"),
        options.SectionedOption(
            ["--page"], is_flag=True, help="Open the run in the browser, until Ctrl-C after the training."
        ),
        options.JSON,
        options.QUIET,
        options.VERBOSE,
    ],
)
