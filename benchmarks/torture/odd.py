"""An odd input: what it is, what wxb is asked, what is right, and how the answer is judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.results import Row

LIMIT = 60.0  # seconds for a command
QUOTED = 160  # characters of an answer that the table shows
FAILURES = ("Traceback (most recent call last)", "bug in wxb", "panicked at")


@dataclass(frozen=True)
class Answer:
    """How a command ended, and what it wrote."""

    code: int | None  # None if it ran past the limit
    out: str
    errors: str
    seconds: float
    folder: Path = Path()  # where it ran

    @property
    def content(self) -> dict[str, Any]:
        """The JSON object on standard output; empty if there is none."""
        try:
            content = json.loads(self.out, parse_constant=lambda word: f"not JSON: {word}")
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    @property
    def text(self) -> str:
        """All that it wrote."""
        return self.out + self.errors

    @property
    def came(self) -> str:
        """What came, in a line for the table."""
        content = self.content
        if self.code is None:
            return f"no end within {LIMIT:g} s"
        if self.code:
            said = self.errors.strip() or self.out.strip()  # what is damaged is an answer, not an error
            first = next((line for line in said.splitlines() if line.startswith("error: ")), said)
            return _short(f"exit {self.code}: {first.removeprefix('error: ')}")
        parts = [f"{content['examples']:,} examples"] if "examples" in content else []
        parts += content.get("notes", [])
        return _short("; ".join(parts) or self.text.strip().splitlines()[-1] if self.text.strip() else "exit 0")


Check = Callable[[Answer], bool]


@dataclass(frozen=True)
class Odd:
    """An odd input among good ones."""

    what: str
    make: Callable[[Path], object]  # writes it into a folder
    arguments: tuple[str, ...]  # of wxb, which runs in that folder
    right: str
    check: Check
    environment: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()  # the command that runs wxb, for example under a limit

    def row(self, folder: Path) -> Row:
        """The row of the table: what was tried, what is right, and what came."""
        self.make(folder)
        return self.judged(wxb(*self.arguments, folder=folder, environment=self.environment, before=self.before))

    def judged(self, answer: Answer) -> Row:
        """The row of an answer: no answer that is a crash, or no JSON, is right."""
        failed = answer.code is None or answer.code < 0 or any(words in answer.text for words in FAILURES)
        right = not failed and "NaN" not in answer.out and self.check(answer)
        return {"what": self.what, "right": self.right, "came": answer.came, "as_it_should": right}


def wxb(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None, before: tuple[str, ...] = ()
) -> Answer:
    """Run a command of wxb in a folder."""
    command = [*before, sys.executable, "-m", "wxb", *arguments]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("WXB_")}
    start = time.perf_counter()
    try:
        ended = subprocess.run(
            command,
            cwd=folder,
            env={**inherited, "OMP_NUM_THREADS": "1", **(environment or {})},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired:
        return Answer(None, "", "", LIMIT)
    out, errors = (stream.decode("utf-8", "backslashreplace") for stream in (ended.stdout, ended.stderr))
    return Answer(ended.returncode, out, errors, time.perf_counter() - start, folder)


def refused(*words: str) -> Check:
    """Refused as a user's mistake, in a message with these words."""
    return lambda answer: answer.code == 2 and all(word.lower() in answer.errors.lower() for word in words)


def read(examples: int | None = None, *notes: str, **facts: Any) -> Check:
    """Read with so many examples, with words in the notes, and with these facts of the JSON answer.

    The fact `columns` is a dict: the kind of each column that it names.
    """

    def check(answer: Answer) -> bool:
        content = answer.content
        if answer.code != 0 or (examples is not None and content.get("examples") != examples):
            return False
        if not all(note.lower() in " ".join(content.get("notes", [])).lower() for note in notes):
            return False
        kinds = {column["name"]: column["kind"] for column in content.get("columns", None) or []}
        if any(kinds.get(name) != kind for name, kind in facts.get("columns", {}).items()):
            return False
        return all(_plain(content.get(name)) == value for name, value in facts.items() if name != "columns")

    return check


def either(*checks: Check) -> Check:
    """One of several right answers."""
    return lambda answer: any(check(answer) for check in checks)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def _short(text: str) -> str:
    """A text on one line; a long one ends after a word, and not within what stands between backticks."""
    line = " ".join(text.split())
    if len(line) <= QUOTED:
        return line
    line = line[:QUOTED].rpartition(" ")[0]
    if line.count("`") % 2:
        line = line.rpartition("`")[0]
    return line.rstrip(" ;,:") + " …"
