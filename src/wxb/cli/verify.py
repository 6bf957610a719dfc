"""`wxb verify`: whether a run is as it was when it finished."""

from __future__ import annotations

import click

from wxb.cli import options, printing
from wxb.cli.answers.runs import Verify
from wxb.errors import DONE, FOUND, WxbError
from wxb.settings import DATA


def verify(run: str, data_dir: str | None, as_json: bool) -> int:
    """Whether a run is as it was when it finished: its files, its weights and, where its data is there, its score.

    Exit code 0 says that nothing differs, 3 that something does.
    """
    from wxb.runs.run import Run
    from wxb.runs.verify import verify as verified

    found = verified(run)
    if found.ok:
        try:
            data = Run.open(run).load_data(data_dir)
        except WxbError as problem:
            printing.remark(f"the test score was not computed anew: {problem.what}")
        else:
            found = verified(run, data)
    if as_json:
        printing.result_json(Verify(ok=found.ok, differences=found.differences, checked=found.checked))
    elif found.ok:
        printing.result(f"{run} is as it was: {', '.join(found.checked)}")
    else:
        printing.result("\n".join([f"{run} is not as it was", *(f"  {line}" for line in found.differences)]))
    return DONE if found.ok else FOUND


command = options.Command(verify, [click.Argument(["run"]), *options.params(DATA, "data_dir"), options.JSON])
