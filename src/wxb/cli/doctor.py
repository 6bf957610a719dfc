"""`wxb doctor`: why a network does not learn, with the remedy proved."""

from __future__ import annotations

import dataclasses
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from wxb.cli import options, printing
from wxb.cli.answers import doctor as answers
from wxb.cli.loading import asked_by, load, load_again
from wxb.cli.misnamed import refuse_missing_run
from wxb.cli.stopping import nothing_written
from wxb.errors import DONE, FOUND, WxbError
from wxb.paths import exists, quoted
from wxb.progress import REDRAW, MovingLine, bar
from wxb.runs.folder import DIAGNOSIS, SUMMARY
from wxb.settings import DATA, RECIPE, SETTINGS, check_length, check_together
from wxb.storage import decode, json_text, read, write
from wxb.text import shortened

if TYPE_CHECKING:
    from wxb.doctor.case import Case
    from wxb.doctor.doing import Doing
    from wxb.doctor.finding import Doubling
    from wxb.tasks.measure import Measure

TAKEN = (*RECIPE, *DATA)


class Budget(click.ParamType[float]):
    """A number of trainings: "3x"."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """`value` as a float. Raises WxbError unless it is a number from 1 to 1,000, with an x or without."""
        found = re.fullmatch(r"(\d{1,4}(?:\.\d{1,6})?)x?", str(value), re.ASCII)
        number = float(found[1]) if found else 0.0
        if not 1 <= number <= 1_000:
            raise WxbError(
                f"--budget {shortened(str(value))}: expected a number of trainings from 1x to 1000x", fix="--budget 3x"
            )
        return number


class Waiting:
    """The line that moves on a terminal while the doctor works."""

    def __init__(self, quiet: bool) -> None:
        self._moving = sys.stderr.isatty() and not quiet
        self._line = MovingLine()
        self._drawn = -REDRAW  # time of the last drawing

    def __enter__(self) -> Waiting:
        return self

    def __exit__(self, *exception: object) -> None:
        self._line.draw("")

    def show(self, doing: Doing) -> None:
        """Draw what is done, ten times per second."""
        now = time.monotonic()
        if self._moving and now - self._drawn >= REDRAW:
            from wxb.doctor.words import doing_text

            self._line.draw(printing.labelled("doctor", f"{bar(doing.spent_share)}  {doing_text(doing)}"))
            self._drawn = now


def doctor(words: tuple[str, ...], budget: float, doubling: bool, as_json: bool, quiet: bool, **given: Any) -> int:
    """Say why a network does not learn: one cause, proved by side runs with the remedy and without it.

    RUN is a run; DATA and NETWORK are those of wxb train, with its options. The test part is never used. The exit code
    is 0 for a healthy training, and 3 for one with a proved cause or far behind a baseline. --doubling also says what
    twice the examples, the epochs or the width would gain.

    \b
    wxb doctor runs/digits-3f2a
    wxb doctor ring "FC-16-RELU, SOFTMAX" --learning-rate 10
    """
    asked = {name: value for name, value in given.items() if value is not None}
    with nothing_written():
        case = case_of(words, asked, quiet)

    from wxb.doctor.diagnose import diagnose
    from wxb.doctor.doubling import doublings, left_out
    from wxb.doctor.facts import facts
    from wxb.doctor.side import SideRuns
    from wxb.doctor.words import lines
    from wxb.tasks import TASKS

    doubled: tuple[Doubling, ...] = ()
    without: dict[str, str] = {}
    with nothing_written(), Waiting(quiet) as waiting:
        runs = SideRuns(case, budget, waiting.show)
        found = diagnose(case, budget, runs)
        if doubling:
            runs.budget = runs.spent + budget
            doubled = doublings(case, runs)
            without = left_out(case, doubled)
            found = dataclasses.replace(found, cost=runs.spent)
    code = DONE if found.healthy else FOUND
    answer = msgspec.convert(facts(found, case, doubled, without), answers.Doctor)
    if (run := run_of(words)) is not None:
        write(run / DIAGNOSIS, json_text(answer))
    if as_json:
        printing.result_json(answer)
        return code
    width = printing.columns(sys.stdout)
    measure = TASKS[case.data.task].measure
    for label, text in lines(found, measure, budget, doubled, without):
        printing.result(printing.labelled(label, text, width))
    if run is not None and (note := unfinished(run)):
        printing.result(printing.labelled("note", note, width))
    return code


def unfinished(path: Path) -> str:
    """What a reader must know of a run that has not finished; nothing of another one."""
    from wxb.runs.files import RunFiles

    if RunFiles.open(path).summary.state == "finished":
        return ""
    return f"{path} has not finished; its whole training was examined, and wxb resume {quoted(path)} goes on with it"


def run_of(words: tuple[str, ...]) -> Path | None:
    """The run that the words name; None for data and a network."""
    return Path(words[0]) if len(words) == 1 and (Path(words[0]) / SUMMARY).is_file() else None


def told(run: Path, measure: Measure) -> list[tuple[str, str]]:
    """What the doctor said of a run last, as labelled lines; none if it was not asked, or if that cannot be read."""
    from wxb.doctor.finding import Doubling, Finding, Proof
    from wxb.doctor.words import HEALTHY, doubling_lines, finding_lines, left_out_lines

    if not exists(run / DIAGNOSIS):
        return []
    try:
        said = decode(run / DIAGNOSIS, read(run / DIAGNOSIS), answers.Doctor)
    except WxbError:
        return []
    shown: list[tuple[str, str]] = []
    for one in said.findings:
        proof = None if one.proof is None else Proof(**msgspec.structs.asdict(one.proof))
        fields = {**msgspec.structs.asdict(one), "proof": proof, "examples": tuple(one.examples)}
        shown += finding_lines(Finding(**fields), measure)
    if not shown:
        shown = [("doctor", HEALTHY if said.healthy else "no cause found, but far behind a baseline")]
    facts = [msgspec.structs.asdict(one) for one in said.doubling]
    doubled = [Doubling(**{k: v for k, v in one.items() if k != "pays"}) for one in facts]
    return shown + doubling_lines(doubled, measure) + left_out_lines(said.left_out)


def case_of(words: tuple[str, ...], asked: dict[str, Any], quiet: bool) -> Case:
    """What the words name: a run, or data and a network with settings."""
    from wxb.doctor.case import Case

    (data, network), bindings = options.split_words(words, "RUN or DATA", "NETWORK")
    if data is None:
        raise WxbError("RUN, or DATA and NETWORK, are missing", fix='wxb doctor ring "FC-16-RELU, SOFTMAX"')
    if network is None and (Path(data) / SUMMARY).is_file():
        from wxb.runs.run import Run

        if surplus := [name for name in asked if name != "data_dir"]:
            raise WxbError(f"`{surplus[0]}` is for DATA and NETWORK; a run has its own settings", fix="leave it out")
        run = Run.open(data)
        return Case.of_run(run, load_again(run, asked.get("data_dir"), quiet))
    check_length(asked)
    check_together(asked)
    if network is not None:
        from wxb.notation import read

        read(network)
    else:
        refuse_missing_run(data, "wxb doctor")
    loaded = load(data, asked_by(network, asked), quiet)
    recipe = {name: asked[name] for name in RECIPE if name in asked}
    about = {name: asked[name] for name in DATA if name in asked}
    return Case.of(loaded, network, recipe, bindings, data, about)


command = options.Command(
    doctor,
    [
        click.Argument(["words"], nargs=-1, metavar="RUN | DATA [NETWORK] [N=2 …]"),
        options.SectionedOption(
            ["--budget"], type=Budget(), default="3x", show_default=True, metavar="3x",
            help="What all side runs may take together, in trainings.",
        ),
        options.SectionedOption(
            ["--doubling"], is_flag=True,
            help="Also say what twice the examples, epochs and width would gain, from runs with half and a quarter.",
        ),
        *options.params(SETTINGS, *(name for name in TAKEN if SETTINGS[name].option)),
        options.JSON,
        options.QUIET,
    ],
)  # fmt: skip
