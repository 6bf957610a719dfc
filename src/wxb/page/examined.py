"""The doctor for the page: `python -m wxb.page.examined RUN` examines a run in a process of its own.

Every line that it prints is a message: "doing", what is done now; "ran", a side run that has ended; and at last "found"
or "mistake". It ends with its standard input.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import asdict
from typing import Any

import msgspec

from wxb.doctor.case import Case
from wxb.doctor.diagnose import BUDGET, diagnose
from wxb.doctor.doing import Doing
from wxb.doctor.facts import facts
from wxb.doctor.side import SideRuns
from wxb.doctor.words import doing_text, handful_text, numbers, remedy_text, side_runs
from wxb.errors import WxbError
from wxb.runs.run import Run
from wxb.tasks import TASKS

PAUSE = 0.2  # seconds between two messages of what is done


class Teller:
    """Says what is done, a few times per second, and every side run that has ended."""

    def __init__(self) -> None:
        self._said = -PAUSE  # time of the last message

    def tell(self, doing: Doing) -> None:
        """Say it, if there is time."""
        now = time.monotonic()
        if doing.score is not None:
            say("ran", **asdict(doing))
        elif now - self._said >= PAUSE:
            say("doing", text=doing_text(doing), **asdict(doing))
            self._said = now


def say(kind: str, **what: Any) -> None:
    """Print a message as a line of JSON."""
    sys.stdout.buffer.write(msgspec.json.encode({"kind": kind, **what}) + b"\n")
    sys.stdout.buffer.flush()


def examined(place: str) -> dict[str, Any]:
    """What is found of a run: the facts of `wxb doctor --json`, and texts for people. Raises WxbError."""
    run = Run.open(place)
    case = Case.of_run(run, run.load_data())
    found = diagnose(case, BUDGET, SideRuns(case, BUDGET, Teller().tell))
    measure = TASKS[case.data.task].measure
    told = facts(found, case)
    for one, finding in zip(told["findings"], found.findings, strict=True):
        one["told"] = numbers(finding.evidence)
        one["options"] = remedy_text(finding.remedy)
        if (proof := finding.proof) is not None:
            gain = measure.difference_text(proof.after - proof.before, proof.interval)
            one["proof"] |= {"gain": gain, "runs": side_runs(proof)}
    learned = "" if found.handful is None else handful_text(found.handful, measure)
    return {**told, "learned": learned, "budget": BUDGET, "measure": {"title": measure.title, "form": measure.form}}


def end_with_input() -> None:
    """End the process when nobody is there to read what it says."""
    while os.read(sys.stdin.fileno(), 4096):  # not through the buffer: the interpreter takes its lock when it ends
        continue
    os._exit(0)


def main() -> None:
    """Examine the run that the command line names."""
    threading.Thread(target=end_with_input, daemon=True).start()
    try:
        say("found", **examined(sys.argv[1]))
    except WxbError as problem:
        say("mistake", what=problem.what, expected=problem.detail, fix=problem.fix)


if __name__ == "__main__":
    main()
