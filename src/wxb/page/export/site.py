"""The tour and finished runs as static files, for a server that knows nothing of wxb."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from html import escape
from pathlib import Path

import msgspec

from wxb.errors import WxbError
from wxb.notation import read
from wxb.page import built, tour
from wxb.page.export.html import html
from wxb.page.folder import Folder
from wxb.paths import exists, is_folder
from wxb.runs.run import Run
from wxb.storage import write
from wxb.tasks import TASKS
from wxb.text import NOT_TESTED, count

SCENES = "/scenes.json"  # of the built page: the words of the scenes' addresses
NOT_SERVED = (SCENES, "/built-from", "/single.js")
PLACE = '<div id="page">'
HEAD = (
    '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
    f"<style>{Path(__file__).with_name('site.css').read_text(encoding='utf-8')}</style>\n"
)
COLUMNS = ("run", "data", "network", "test", "parameters")


def export(folder: Folder, only: str | None, out: Path, tell: Callable[[str], None]) -> int:
    """Write the tour, and the finished runs of a folder or only one of them, into a folder; how many runs there are.

    `tell` is given the name of a run that is left out, with why. Raises WxbError if the folder holds other files.
    """
    if exists(out) and (not is_folder(out) or (any(out.iterdir()) and not exists(out / "tour"))):
        raise WxbError(f"{out} holds other files", fix="a new folder: wxb page --export DIR")
    files = dict(built.files())
    page = files["/index.html"].decode().replace(PLACE, '<div id="page" data-static>')
    scenes = json.loads(files[SCENES])
    if exists(out / "tour"):
        shutil.rmtree(out / "tour")
        shutil.rmtree(out / "runs", ignore_errors=True)
    for name, content in files.items():
        if name not in NOT_SERVED:
            _write(out / name.lstrip("/"), content)
    for place in ("index.html", "tour/index.html", *(f"tour/{scene}/index.html" for scene in scenes)):
        _write(out / place, page.encode())
    _write(out / "api/tour/digits", msgspec.json.encode(tour.digits()))
    _write(out / "api/tour/networks", msgspec.json.encode(tour.networks()))
    rows: list[str] = []
    for name in [only] if only else folder.names():
        try:
            run = Run.open(folder.place(name))
            text, _ = html(run)
        except WxbError as problem:
            tell(f"{name}: {problem.what}")
            continue
        file = (
            f"{len(rows) + 1}-{''.join(letter if letter.isalnum() or letter in '-_' else '-' for letter in name)}.html"
        )
        _write(out / "runs" / file, text.encode())
        rows.append(_row(run, file))
    heads = "".join(f'<th scope="col">{title}</th>' for title in COLUMNS)
    table = f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{chr(10).join(rows)}\n</tbody>\n</table>"
    listed = f'<div class="scroll" tabindex="0" role="region" aria-label="Runs">\n{table}\n</div>'
    shown = listed if rows else '<p class="quiet">No run has finished.</p>'
    body = f'<title>Runs · wxb</title>\n<main>\n<p><a href="/tour/">Tour</a></p>\n<h1>Runs</h1>\n{shown}\n</main>\n'
    _write(out / "runs/index.html", (HEAD + body).encode())
    return len(rows)


def _row(run: Run, file: str) -> str:
    """A run as a row of the list: its link, data, network, score and size."""
    about = run.summary
    score = NOT_TESTED if about.test is None else TASKS[about.task].line(msgspec.to_builtins(about.test))
    return (
        f'<tr><th scope="row"><a href="{escape(file)}">{escape(run.name)}</a></th><td>{escape(about.data)}</td>'
        f"<td><code>{escape(read(about.network).short())}</code></td>"
        f'<td class="number">{escape(score)}</td><td class="number">{count(about.parameters)}</td></tr>'
    )


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WxbError(f"{path.parent} cannot be made: {error.strerror or error}", fix="another folder") from error
    write(path, content)
