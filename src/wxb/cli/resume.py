"""`wxb resume`: on with a training that was stopped."""

from __future__ import annotations

import click

from wxb.cli import options, printing
from wxb.cli.following import follow, show_result
from wxb.cli.loading import load_again


def resume(run: str, data_dir: str | None, as_json: bool, quiet: bool, verbose: bool) -> int:
    """Go on with a training that was stopped, or killed, from where it was saved last.

    It ends with the same bits as if it had never stopped. The data must be what it was.
    """
    from wxb.runs.run import Run
    from wxb.training import Training

    opened = Run.open(run)
    training = Training.resume(opened, load_again(opened, data_dir, quiet))
    code = follow(training, quiet, verbose)
    if training.result and as_json:
        printing.result_json("wxb/train/1", training.result)
    elif training.result:
        show_result(training)
    return code


command = options.Command(
    resume,
    [
        click.Argument(["run"]),
        *options.params(options.LOADING, "data_dir"),
        options.JSON,
        options.QUIET,
        options.VERBOSE,
    ],
)
