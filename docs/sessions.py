"""The terminal sessions of the documentation: found, run in a terminal of their own, written back with what was seen.

    python -m docs.sessions [FILE…]      takes the sessions of README.md and docs/*.md again

A session is a block marked `console`; its commands follow `$ `. The comment line `<!-- run -->` directly above says
that its output is real and taken by this script; `<!-- run: exact -->` that it comes out the same everywhere, and a
test compares it; `<!-- run: mistake -->` that besides it is answered as a mistake of the user's; `<!-- run: found -->`
that it is real, and ends with the exit code of a finding. The sessions of one
file run in order in one empty folder: a later one finds an earlier one's runs.
"""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DONE, MISTAKE, FOUND = 0, 2, 3  # exit codes
EXPECTED = {"run: mistake": MISTAKE, "run: found": FOUND}
ROOT = Path(__file__).resolve().parent.parent
COLUMNS, LINES = 112, 50

BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>run(?:: exact|: mistake|: found)?) -->\n)?```(?P<language>\w+)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
# what a terminal is told beside text: colours and other settings, or a movement
CONTROL = re.compile(r"\x1b\[(?P<number>[0-9;?]*)(?P<what>[A-Za-z])")


@dataclass(frozen=True)
class Block:
    """A fenced block of a Markdown text; `start` and `end` are the places of its body."""

    language: str
    mark: str | None  # "run", "run: exact", "run: mistake", "run: found"
    body: str
    start: int
    end: int

    @property
    def commands(self) -> list[str]:
        """The lines after `$ `; one that ends in a backslash goes on in the next line."""
        joined = self.body.replace("\\\n", "")
        return [line[2:].strip() for line in joined.splitlines() if line.startswith("$ ")]


def files() -> list[Path]:
    """README.md and the pages."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(text: str, language: str) -> list[Block]:
    """The blocks of a language, in order."""
    found = (
        Block(match["language"], match["mark"], match["body"], match.start("body"), match.end("body"))
        for match in BLOCK.finditer(text)
    )
    return [block for block in found if block.language == language]


def taken_again(text: str) -> str:
    """The text with the output of every marked session as it is now."""
    with tempfile.TemporaryDirectory() as folder:
        for place, block in enumerate(blocks(text, "console")):
            if block.mark:
                # the places move with what was written before
                block = blocks(text, "console")[place]
                text = text[: block.start] + session(block, Path(folder)) + text[block.end :]
    return text


def session(block: Block, folder: Path) -> str:
    """The block's commands, each with what the terminal shows. One that ends otherwise than marked ends the script."""
    expected = EXPECTED.get(block.mark or "", DONE)
    shown = []
    for command in block.commands:
        code, screen = in_terminal(command, folder)
        if code != expected:
            raise SystemExit(f"$ {command}\n{screen}\nended with {code}")
        shown.append(f"$ {command}\n{screen}\n" if screen else f"$ {command}\n")
    return "\n".join(shown)


def in_terminal(command: str, folder: Path) -> tuple[int, str]:
    """Exit code of a command, and the lines that a terminal without colours shows when it has ended."""
    words = shlex.split(command)
    if words[0] == "wxb":
        words[:1] = [sys.executable, "-m", "wxb"]
    settings = {"NO_COLOR": "1", "COLUMNS": str(COLUMNS), "LINES": str(LINES), "TERM": "xterm"}
    environment = {name: value for name, value in os.environ.items() if name != "WXB_RUNS"} | settings
    terminal, program = pty.openpty()
    with subprocess.Popen(
        words, cwd=folder, env=environment, stdin=program, stdout=program, stderr=program, start_new_session=True
    ) as process:
        os.close(program)  # so that reading ends with the process
        output = b"".join(read(terminal))
    os.close(terminal)
    return process.returncode, screen(output.decode())


def read(terminal: int) -> Iterator[bytes]:
    """What a program writes to its terminal until it closes it."""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux's way to say that the program has ended
            return
        if not part:
            return
        yield part


def screen(output: str) -> str:
    """The lines that stay on a terminal: a line that was written over shows what was written last."""
    lines, row, column = [""], 0, 0
    place = 0
    while place < len(output):
        control = CONTROL.match(output, place)
        if control:
            place = control.end()
            number = int(control["number"]) if control["number"].isdigit() else 0
            if control["what"] == "K":
                lines[row] = "" if number == 2 else lines[row][:column]
            elif control["what"] == "A":
                row = max(0, row - (number or 1))
            continue
        sign = output[place]
        place += 1
        if sign == "\r":
            column = 0
        elif sign == "\n":
            row, column = row + 1, 0
            if row == len(lines):
                lines.append("")
        else:
            lines[row] = lines[row][:column].ljust(column) + sign + lines[row][column + 1 :]
            column += 1
    return "\n".join(line.rstrip() for line in lines).rstrip("\n")


def main(paths: list[Path]) -> None:
    """Take the sessions of these files again."""
    for path in paths:
        before = path.read_text()
        after = taken_again(before)
        if after != before:
            path.write_text(after)
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main([Path(argument).resolve() for argument in sys.argv[1:]] or files())
