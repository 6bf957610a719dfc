"""The tour and finished runs as static files, for a server that knows nothing of wxb."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from html import escape
from pathlib import Path

import msgspec

from wxb.errors import WxbError
from wxb.page import built, tour
from wxb.page.export.html import html
from wxb.page.folder import Folder
from wxb.paths import exists, is_folder
from wxb.runs.run import Run
from wxb.storage import write

SCENES = "/scenes.json"  # of the built page: the words of the scenes' addresses
NOT_SERVED = (SCENES, "/built-from", "/single.js")
PLACE = '<div id="page">'
HEAD = (
    '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
    "<style>body{margin:3rem auto;max-width:46rem;padding:0 1rem;font:16px/1.6 system-ui,sans-serif}</style>\n"
)


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
            text, _ = html(Run.open(folder.place(name)))
        except WxbError as problem:
            tell(f"{name}: {problem.what}")
            continue
        file = (
            f"{len(rows) + 1}-{''.join(letter if letter.isalnum() or letter in '-_' else '-' for letter in name)}.html"
        )
        _write(out / "runs" / file, text.encode())
        rows.append(f'<li><a href="{escape(file)}">{escape(name)}</a></li>')
    listed = "\n".join(rows) or "<li>none</li>"
    body = f'<title>Runs</title>\n<p><a href="/tour/">Tour</a></p>\n<h1>Runs</h1>\n<ul>\n{listed}\n</ul>\n'
    _write(out / "runs/index.html", (HEAD + body).encode())
    return len(rows)


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WxbError(f"{path.parent} cannot be made: {error.strerror or error}", fix="another folder") from error
    write(path, content)
