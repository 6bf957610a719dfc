"""`wxb runs`: list the runs of a folder, show them as a table, or delete some of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wxb.cli import options, printing, results
from wxb.cli.answers import runs as answers
from wxb.errors import WxbError, nearest
from wxb.paths import quoted
from wxb.text import NOT_TESTED, count, plural

if TYPE_CHECKING:
    from wxb.play.run import Found
    from wxb.runs.listing import Listed
    from wxb.runs.standing import Standing

UNITS = {"m": 60, "h": 3600, "d": 86400}  # seconds


class Age(click.ParamType[float]):
    """A time such as "7d", "12h" or "30m", in seconds."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Convert a text to seconds. Raises WxbError if it is not a time."""
        if isinstance(value, float):
            return value
        number, unit = str(value)[:-1], str(value)[-1:]
        if unit not in UNITS or not (number.isascii() and number.isdigit()):
            raise WxbError(
                f"{options.flag_of(param)} {value}: expected a time such as 7d, 12h or 30m",
                fix=f"{options.flag_of(param)} 7d",
            )
        return float(int(number) * UNITS[unit])


def runs(
    places: tuple[str, ...],
    table: str | None,
    delete: bool,
    clean: bool,
    older_than: float | None,
    yes: bool,
    as_csv: bool,
    as_json: bool,
) -> None:
    """List the runs in FOLDER, newest first; by default those in WXB_RUNS, or in runs/. FOLDER may also be a run.

    \b
    wxb runs --table accuracy,epochs,learning_rate
    wxb runs --delete runs/digits-3f2a
    wxb runs --clean --older-than 30d
    """
    from wxb.play.run import found, is_playing
    from wxb.runs.folder import root
    from wxb.runs.listing import find

    _check(table, delete, clean, older_than, yes, as_csv, as_json)
    if delete or clean:
        remove(places, clean, older_than, yes, as_json)
        return
    plays = found(places or [root()])
    others = [place for place in places if not is_playing(place)]
    listed = find(others) if others or not places else []
    for one in listed:
        if one.has_leftover:
            why = f"{one.path} has finished, and a checkpoint is left in it"
            printing.remark(printing.labelled("note", f"{why}: wxb resume {quoted(one.path)} removes it"))
    if table is not None:
        show_table(listed, table.split(","), as_csv, as_json)
    elif as_json:
        printing.result_json(answers.Runs(runs=[answer(one) for one in listed], plays=tuple(map(played, plays))))
    elif not listed and not plays:
        printing.remark(f"no runs in {', '.join(places) or root()}; wxb train makes one")
    else:
        show(listed, plays)


def _check(
    table: str | None, delete: bool, clean: bool, older_than: float | None, yes: bool, as_csv: bool, as_json: bool
) -> None:
    """Raise WxbError if options do not go together."""
    flags = [flag for flag, used in (("--table", table is not None), ("--delete", delete), ("--clean", clean)) if used]
    if len(flags) > 1:
        raise WxbError(f"{' and '.join(flags)} do not go together", fix="one of them")
    if older_than is not None and not clean:
        raise WxbError("--older-than is for --clean", fix="wxb runs --clean --older-than 7d")
    if yes and not (delete or clean):
        raise WxbError("--yes is for --delete and --clean")
    if as_csv and table is None:
        raise WxbError("--csv is for --table", fix="wxb runs --table accuracy,learning_rate --csv")
    if as_csv and as_json:
        raise WxbError("--csv and --json are two forms of one thing", fix="one of them")


def show(listed: Sequence[Listed], plays: Sequence[Found]) -> None:
    """Print the list for people, runs that play below those that learned from data."""
    width = printing.columns(sys.stdout)
    if listed:
        rows = [("run", "data", "test", "finished", "network"), *(row(one) for one in listed)]
        printing.result(printing.table(rows, width=width, gives_way=4))
    if plays:
        rows = [("run", "game", "result", "finished", "network"), *(row_of_playing(one) for one in plays)]
        printing.result(printing.table(rows, width=width, gives_way=4))


def played(one: Found) -> answers.ListedPlay:
    """Return a run that plays as `--json` has it."""
    if isinstance(one, tuple):
        return answers.ListedPlay(str(one[0]), "damaged", None, None, None, None)
    about = one.about
    return answers.ListedPlay(
        str(one.path), one.standing.state, about.game, about.network, about.results, about.finished
    )


def row_of_playing(one: Found) -> tuple[str, ...]:
    """Return the line of a run that plays; of several results the last, against the strongest player."""
    if isinstance(one, tuple):
        return (str(one[0]), "", "", "damaged", one[1])
    from wxb.play.games import GAMES

    about, game = one.about, GAMES[one.about.game]
    result = f"{about.results[-1].what}: {game.shown(about.results[-1].value)}" if about.results else ""
    return (str(one.path), about.game, result, _when(about.finished, one.standing), about.network)


def _when(finished: str | None, at: Standing | None) -> str:
    """When a run finished, or how far it has come."""
    return finished[:16].replace("T", " ") if finished is not None and at and at.state == "finished" else str(at)


def answer(one: Listed) -> answers.ListedRun:
    """Return a run as `--json` has it: all but its state is None if it is damaged."""
    about = one.summary
    if about is None:
        return answers.ListedRun(str(one.path), one.state, None, None, None, None)
    return answers.ListedRun(str(one.path), one.state, about.data, about.network, about.test, about.finished)


def row(one: Listed) -> tuple[str, ...]:
    """Return a run's line in the list."""
    about = one.summary
    if about is None:
        return (str(one.path), "", "", "damaged", one.problem)
    when = _when(about.finished, one.standing)
    score = results.score_line(about.task, about.test) if about.test else NOT_TESTED if one.state == "finished" else ""
    return (str(one.path), about.data, score, when, about.network)


# --- a table ---------------------------------------------------------------------------------------------------------


def show_table(listed: Sequence[Listed], names: list[str], as_csv: bool, as_json: bool) -> None:
    """Print the settings and results `names` of the runs in columns. Raises WxbError for a name that no run has."""
    columns = list(dict.fromkeys(name.strip().replace("-", "_") for name in names))
    values = [values_of(one) for one in listed]
    known = dict.fromkeys(name for one in values for name in one)
    for name in columns:
        if listed and name not in known:
            like = nearest(name, known)
            raise WxbError(
                f"{name} is not a setting or result of a run" + (f"; {like} is" if like else ""),
                f"known: {', '.join(known)}",
            )
    rows = [
        (str(one.path), {name: cells.get(name) for name in columns}) for one, cells in zip(listed, values, strict=True)
    ]
    head = ["run", *columns]
    if as_json:
        content = [answers.TableRow(path, cells) for path, cells in rows]
        printing.result_json(answers.RunsTable(columns=columns, runs=content))
    elif as_csv:
        printing.result_csv([head, *([path, *cells.values()] for path, cells in rows)])
    else:
        texts = [[path, *(text(name, cell) for name, cell in cells.items())] for path, cells in rows]
        right = [
            i for i, name in enumerate(head) if i and all(isinstance(c[name], int | float | None) for _, c in rows)
        ]
        printing.result(printing.table([head, *texts], numbers=right, width=printing.columns(sys.stdout)))


def values_of(one: Listed) -> dict[str, Any]:
    """Return a run's settings and results by name; a damaged one has none, and standard error says why."""
    from wxb.runs.files import RunFiles
    from wxb.runs.listing import results as results_of

    try:
        return {**RunFiles.open(one.path).settings, **results_of(one)}
    except WxbError as problem:
        printing.remark(f"{one.path} is left empty: {problem.what}")
        return {}


def text(name: str, value: Any) -> str:
    """Format a cell for people."""
    if value is None:
        return ""
    from wxb.tasks import TASKS

    measures = {measure.name: measure for task in TASKS.values() for measure in task.measures}
    if name in measures:
        return measures[name].text(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    return count(value) if name in ("parameters", "multiply_adds", "steps") else str(value)


# --- deleting -------------------------------------------------------------------------------------------------------


def remove(places: tuple[str, ...], clean: bool, older_than: float | None, yes: bool, as_json: bool) -> None:
    """Delete the named runs, or those in the named folders that were stopped long ago, after listing and asking.

    Raises WxbError, before anything is deleted, if one of them is not a run or is being written.
    """
    from wxb.play.run import found, unfinished
    from wxb.runs import removal
    from wxb.runs.folder import root
    from wxb.runs.listing import find

    rows: dict[Path, tuple[str, ...]] = {}
    if clean:
        age = 7.0 * UNITS["d"] if older_than is None else older_than
        stale = {one.path: row(one) for place in places or (None,) for one in removal.unfinished(place, age)}
        stale |= {one.path: row_of_playing(one) for one in unfinished(places or [root()], age)}
        for path, line in stale.items():
            try:
                removal.check(path)
                rows[path] = line
            except WxbError as problem:
                printing.remark(str(problem))
        if not rows:
            printing.remark("there is nothing to clean")
    elif places:
        for path in removal.distinct(places):
            removal.check(path)
            rows[path] = row_of_playing(found([path])[0]) if found([path]) else row(find([path])[0])
    else:
        raise WxbError("--delete names no run", fix="wxb runs --delete RUN…; wxb runs lists them")
    if rows and not yes:
        printing.remark(printing.table(rows.values(), width=printing.columns(sys.stderr), gives_way=4))
        if not agreed(f"delete {plural(len(rows), 'run')}?"):
            printing.remark("nothing was deleted")
            rows = {}
    for path in rows:
        removal.delete(path)
    if as_json:
        printing.result_json(answers.RunsDeleted(deleted=[str(path) for path in rows]))
    elif rows:
        printing.result("\n".join(f"deleted {path}" for path in rows))


def agreed(question: str) -> bool:
    """Return whether the user agrees. Raises WxbError if there is no terminal to ask on."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise WxbError("nothing was deleted: there is no terminal to ask on", fix="--yes deletes without asking")
    printing.remark(f"{question} [y/N]", end=" ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


command = options.Command(
    runs,
    [
        click.Argument(["places"], nargs=-1, metavar="[FOLDER]…"),
        options.SectionedOption(
            ["--table"],
            metavar="NAME,…",
            help="Show settings and results in columns, such as accuracy,epochs.",
        ),
        options.SectionedOption(["--delete"], is_flag=True, help="Delete the named runs."),
        options.SectionedOption(
            ["--clean"], is_flag=True, help="Delete runs that were stopped or failed some time ago."
        ),
        options.SectionedOption(
            ["--older-than"], type=Age(), help="With --clean: how long ago, such as 7d, 12h or 30m; default 7d."
        ),
        options.SectionedOption(["-y", "--yes"], is_flag=True, help="Delete without asking."),
        options.switch("--csv", "as_csv", help="Print the table as comma-separated values."),
        options.JSON,
    ],
)
