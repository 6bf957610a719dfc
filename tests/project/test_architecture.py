"""What docs/architecture.md says about adding to wxb is done here, in a copy of the package."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text()
ADDITION = re.compile(r"<!-- add: (?P<file>\S+)(?: after: (?P<line>.+?))? -->\n```py\n(?P<body>.*?)```", re.S)
COMMAND = re.compile(r"<!-- try -->\n```sh\nwxb (?P<words>.+?)\n```", re.S)


@dataclass(frozen=True)
class Recipe:
    """A section on adding something: what is inserted where, and the command that then works."""

    title: str
    additions: tuple[tuple[str, str | None, str], ...]
    command: list[str]


def recipes() -> list[Recipe]:
    sections = re.split(r"^### ", PAGE.partition("## How to add something")[2], flags=re.M)[1:]
    return [
        Recipe(
            section.partition("\n")[0],
            tuple((found["file"], found["line"], found["body"]) for found in ADDITION.finditer(section)),
            shlex.split(COMMAND.search(section)["words"]),
        )
        for section in sections
    ]


def wxb(package: Path, words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wxb", *words],
        cwd=folder,
        env={"PATH": "", "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.title)
def test_what_the_page_adds_works_and_did_not_before(recipe, tmp_path):
    assert recipe.additions
    (tmp_path / "table.csv").write_text("x,y\n" + "".join(f"{i % 17},{i % 13 + 0.5}\n" for i in range(100)))
    assert wxb(ROOT / "src", recipe.command, tmp_path).returncode == 2  # a mistake: there is no such word yet
    package = tmp_path / "src"
    shutil.copytree(ROOT / "src", package, ignore=shutil.ignore_patterns("__pycache__"))
    for file, line, body in recipe.additions:
        path = package / "wxb" / file
        if line is None:
            assert not path.exists()
            path.write_text(body)
            continue
        lines = path.read_text().splitlines(keepends=True)
        places = [place for place, written in enumerate(lines) if written.split("  #")[0].strip() == line]
        assert len(places) == 1, f"{file} has the line {line!r} {len(places)} times"
        lines.insert(places[0] + 1, body)
        path.write_text("".join(lines))
    done = wxb(package, recipe.command, tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_page_names_every_room_and_no_other():
    table = PAGE.partition("## The rooms")[2].partition("## The way of a text")[0]
    named = {
        word.rstrip("/")
        for row in table.splitlines()
        for word in re.findall(r"`(\w+/?)`", row.partition("|")[2].partition("|")[0])
    }
    there = {
        path.stem
        for path in (ROOT / "src" / "wxb").iterdir()
        if not path.name.startswith("_") and path.suffix in ("", ".py")
    }
    assert named == there
