"""`wxb view`: what a run's network does, as a figure or as numbers."""

from __future__ import annotations

import hashlib
import sys
from contextlib import suppress
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from wxb.cli import options, printing
from wxb.cli.answers import views as answers
from wxb.errors import WxbError
from wxb.paths import exists, quoted
from wxb.settings import DATA
from wxb.settings.setting import spell
from wxb.storage import decode, json_text, read, write
from wxb.text import count
from wxb.views.options import OPTIONS, Option

if TYPE_CHECKING:
    from wxb.views.view import View

LONGEST_NAME = 100  # bytes of a picture's name that says what was asked; a longer one is a digest
FLAGS = {name: f"--{one.flag or name}" for name, one in OPTIONS.items()}


def view(run: str, what: str | None, out: Path | None, data_dir: str | None, as_json: bool, **given: Any) -> None:
    """Look inside a run's network: without WHAT, list the views that it can show.

    A view is drawn into the run's folder, or written to FILE: .png, .svg and .html are figures, .npz and .json the
    arrays that the figure is drawn from.

    \b
    wxb view runs/digits-3f2a
    wxb view runs/digits-3f2a maps --example 3
    """
    asked = {name: value for name, value in given.items() if value is not None}
    if what is None:
        if asked or out or data_dir:
            flags = [FLAGS[name] for name in asked] + ["--out"] * bool(out) + ["--data-dir"] * bool(data_dir)
            raise WxbError(f"{' and '.join(flags)} without WHAT: which view?", fix=f"wxb view {quoted(run)} lists them")
        list_views(run, as_json)
        return
    try:
        path, shown = drawn(run, what, dict(asked), out, data_dir)
    except WxbError as problem:
        raise as_flags(problem) from problem
    arrays = msgspec.convert(shown.described(), dict[str, answers.ArrayFacts])
    answer = answers.View(run=run, arrays=arrays, file=str(path), **shown.plain_facts())
    if shown.table and not asked and out is None:
        keep(Path(run), answer)
    if as_json:
        printing.result_json(answer)
        return
    width = printing.columns(sys.stdout)
    printing.result(printing.labelled("view", shown.title, width))
    for note in shown.notes:
        printing.result(printing.labelled("", note, width))
    if shown.table:
        printing.result(f"\n{printing.table(shown.table)}\n")
    printing.result(printing.labelled("file", str(path)))


def kept(run: Path, what: str) -> Path:
    """The file in a run's folder that holds what a view with a table said of the run."""
    from wxb.runs.folder import VIEWS

    return run / VIEWS / f"{what}.json"


def keep(run: Path, answer: answers.View) -> None:
    """Keep what a view said of a finished run, for its report; a training that goes on would make it untrue."""
    from wxb.runs.folder import MANIFEST

    if exists(run / MANIFEST):
        write(kept(run, answer.view), json_text(answer))


def told(run: Path) -> list[tuple[str, str]]:
    """What views with a table said of a run, as labelled lines; none of views that were not asked or cannot be read."""
    from wxb.views.table import VIEWS

    lines = []
    for name in VIEWS:
        if exists(file := kept(run, name)):
            with suppress(WxbError):
                said = decode(file, read(file), answers.View)
                lines += [("view", f"{name}: {note}") for note in said.notes[:1]]
    return lines


def drawn(run: str, what: str, asked: dict[str, Any], out: Path | None, data_dir: str | None) -> tuple[Path, View]:
    """The view, and the file that it was written to."""
    from wxb.runs.folder import VIEWS
    from wxb.views.table import entry
    from wxb.views.view import check

    takes = entry(what).flags
    if unknown := [FLAGS[name] for name in asked if name not in takes]:
        can = f"it takes {', '.join(FLAGS[name] for name in takes)}" if takes else "it takes no options"
        raise WxbError(f"{what} takes no {unknown[0]}", can)
    if out is not None:
        check(out)
    from wxb import views
    from wxb.runs.run import Run

    opened = Run.open(run)
    file = file_name(what, asked)
    if (step := asked.pop("at", None)) is not None:
        opened = opened.at(step)
    for note in opened.notes if step is None else ():  # its title says the step
        printing.remark(printing.labelled("note", note))
    show = getattr(views, what)
    if data_dir is not None and "x" not in asked and "x" in signature(show).parameters:
        asked["x"] = opened.unchanged_data(data_dir)
    shown = show(opened, **asked)
    if out is None:
        out = opened.path / VIEWS / f"{file}.png"
        try:
            out.parent.mkdir(exist_ok=True)
        except OSError as error:
            why = error.strerror or str(error)
            raise WxbError(f"{out.parent} cannot be made: {why}", fix="--out FILE writes elsewhere") from error
    return shown.save(out), shown


def file_name(what: str, asked: dict[str, Any]) -> str:
    """The name of a picture, which says what was asked, so that none replaces another: "maps-example-3"."""
    words = [what]
    for name, value in asked.items():
        text = Path(value).stem if FLAGS[name] == "--file" else str(value)
        plain = "".join(one if one.isalnum() or one in "-." else "-" for one in text)
        words += ["step" if name == "at" else FLAGS[name].lstrip("-"), plain]
    name = "-".join(words)
    if len(name.encode()) <= LONGEST_NAME and name.isascii():
        return name
    return f"{what}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def list_views(run: str, as_json: bool) -> None:
    """Print a line for each view: its command and what it shows, or why it does not apply."""
    from wxb.runs.files import RunFiles
    from wxb.views.table import VIEWS, about_run, offered

    opened = RunFiles.open(run)
    reasons, snapshots = offered(about_run(opened)), opened.snapshots
    commands = {name: f"wxb view {quoted(run)} {name} {one.also}".rstrip() for name, one in VIEWS.items()}
    if as_json:
        facts = [
            answers.ViewFacts(name, VIEWS[name].about, None if why else commands[name], why or None)
            for name, why in reasons.items()
        ]
        printing.result_json(answers.Views(run=run, views=facts, snapshots=list(snapshots)))
        return
    width = printing.columns(sys.stdout)
    rows = [("command", "shows")] + [(commands[name], VIEWS[name].about) for name, why in reasons.items() if not why]
    printing.result(printing.table(rows))
    if others := [why for why in reasons.values() if why]:
        printing.result()
        for why in others:
            printing.result(f"{why}.")
    if snapshots:
        printing.result()
        steps = ", ".join(map(count, snapshots))
        printing.result(printing.labelled("snapshots", f"--at STEP shows a view at one of the steps {steps}", width))


def as_flags(problem: WxbError) -> WxbError:
    """The error with the options of views spelled as the command line does."""
    what, detail, fix = (spell(text, OPTIONS, _flag) for text in (problem.what, problem.detail, problem.fix))
    return WxbError(what, detail, fix, problem.exit_code)


def _flag(name: str, value: str | None) -> str:
    text = (value or "").strip('"')
    return f"{FLAGS[name]} {quoted(text)}" if text else FLAGS[name]


def option(name: str, one: Option) -> click.Option:
    """The option of the command line."""
    kind: Any = options.OneOf(one.choices) if one.choices else options.Whole(one.least) if one.type is int else str
    return options.SectionedOption([FLAGS[name], name], type=kind, help=one.help, metavar=one.metavar)


command = options.Command(
    view,
    [
        click.Argument(["run"]),
        click.Argument(["what"], required=False),
        *(option(name, one) for name, one in OPTIONS.items()),
        *options.params(DATA, "data_dir"),
        options.SectionedOption(
            ["--out"], type=click.Path(path_type=Path), metavar="FILE",
            help="FILE.png, .svg, .html, .npz or .json; else a PNG in the run's folder.",
        ),
        options.JSON,
    ],
)  # fmt: skip
