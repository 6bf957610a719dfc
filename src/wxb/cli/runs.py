"""`wxb runs`: the runs in a folder."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from wxb import numbers
from wxb.cli import options, printing, results

if TYPE_CHECKING:
    from wxb.runs.listing import Listed


def runs(folder: str | None, as_json: bool) -> None:
    """The runs in FOLDER, the newest first; without FOLDER those in WXB_RUNS, or in runs/."""
    from wxb.runs.folder import root
    from wxb.runs.listing import runs as listed

    found = listed(folder)
    if as_json:
        printing.result_json("wxb/runs/1", {"runs": [as_dict(one) for one in found]})
    elif not found:
        printing.remark(f"no runs in {folder or root()}; wxb train makes one")
    else:
        rows = [("run", "data", "test", "finished", "network"), *(row(one) for one in found)]
        printing.result(printing.table(rows, width=printing.columns(sys.stdout), gives_way=4))


def as_dict(one: Listed) -> dict[str, Any]:
    """A run of `--json`; `test` and `finished` are null where it has not finished, all is where it is damaged."""
    about = one.summary
    return {
        "run": str(one.path),
        "state": one.state,
        "data": about and about.data,
        "network": about and about.network,
        "test": about and about.test,
        "finished": about and about.finished,
    }


def row(one: Listed) -> tuple[str, ...]:
    """A run's line in the table."""
    about = one.summary
    if about is None:
        return (str(one.path), "", "", "damaged", one.problem)
    if about.finished is not None and one.state == "finished":
        when = about.finished[:16].replace("T", " ")
    else:
        when = f"{one.state} at step {numbers.count(about.steps.done)} of {numbers.count(about.steps.total)}"
    score = results.score_line(about.test) if about.test else ""
    return (str(one.path), about.data, score, when, about.network)


command = options.Command(runs, [click.Argument(["folder"], required=False), options.JSON])
