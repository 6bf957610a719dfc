"""`wxb verify`: check that a run is as it was when it finished."""

from __future__ import annotations

import click

from wxb.cli import options, printing
from wxb.cli.answers.runs import Verify
from wxb.errors import DONE, FOUND, WxbError
from wxb.settings import DATA


def verify(run: str, data_dir: str | None, as_json: bool) -> int:
    """Check that a run is as it was when it finished: its files, its weights and, if its data is available, its score.

    Exit code 0 means that nothing differs, 3 that something does.
    """
    from wxb.play import verify as playing
    from wxb.play.run import is_playing
    from wxb.runs.run import Run
    from wxb.runs.verify import verify as verified

    plays = is_playing(run)
    result = playing.verify(run) if plays else verified(run)
    if result.ok and not plays:
        try:
            data = Run.open(run).load_data(data_dir)
        except WxbError as problem:
            printing.remark(f"the test score was not computed again: {problem.what}")
        else:
            result = verified(run, data)
    if as_json:
        printing.result_json(Verify(ok=result.ok, differences=result.differences, checked=result.checked))
    elif result.ok:
        printing.result(f"{run} is as it was: {', '.join(result.checked)}")
    else:
        printing.result("\n".join([f"{run} is not as it was", *(f"  {line}" for line in result.differences)]))
    return DONE if result.ok else FOUND


command = options.Command(verify, [click.Argument(["run"]), *options.params(DATA, "data_dir"), options.JSON])
