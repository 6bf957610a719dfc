"""`wxb resume`: on with a training that was stopped."""

from __future__ import annotations

import click

from wxb.cli import options
from wxb.cli.loading import load_again
from wxb.cli.train import follow


def resume(run: str, data_dir: str | None, as_json: bool, quiet: bool, verbose: bool) -> int:
    """Go on with a training that was stopped, or killed, from where it was saved last.

    It ends with the same bits as if it had never stopped. The data must be what it was.
    """
    from wxb.runs.run import Run
    from wxb.train import Training

    opened = Run.open(run)
    training = Training.resume(opened, load_again(opened, data_dir))
    return follow(training, as_json=as_json, quiet=quiet, verbose=verbose)


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
