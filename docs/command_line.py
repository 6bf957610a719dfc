"""The page on the command line, made of the commands' own help texts.

python -m docs.command_line      writes docs/command-line.md
"""

from __future__ import annotations

from pathlib import Path

import click

from wxb import errors
from wxb.cli.main import COMMANDS, group

PAGE = Path(__file__).resolve().parent / "command-line.md"
WIDTH = 100

CODES = {
    errors.DONE: "done; a training that ended without having learned is done too, and its report says so",
    errors.FAILED: "failed: a damaged run, a training that broke down, a full disk",
    errors.MISTAKE: "a mistake in what was asked for; the message says what, where and a way out",
    errors.FOUND: "a check found something: `wxb verify`",
    errors.BUG: "a bug in wxb; the traceback is shown",
    errors.INTERRUPTED: "stopped by Ctrl-C; a training is saved, and `wxb resume` goes on with it",
    errors.TERMINATED: "stopped by SIGTERM, likewise",
}

HEAD = """\
# Command line

What holds for all commands, and what each says with `--help`.

Results go to standard output; progress, warnings and errors go to standard error. With `--json` standard output holds
exactly one JSON object whose `schema` names its form, as in `wxb/train/1`; `wxb schema train` prints the JSON schema of
that form. Keys may be added to a form, but never change their meaning. Colours and moving lines are for
terminals only, and `NO_COLOR` turns colours off.

A word with a `=` is a binding (`N=2`), never a network. A network with blanks, brackets or stars stands in quotes.

The first Ctrl-C, or a SIGTERM, lets a training finish its step and saves it; a second one ends it at once.

| exit code | meaning |
| ---: | --- |
"""

COMPLETION = """\
## Completion

The shell completes commands, options and their values once it is told to:

| shell | line for its start file |
| --- | --- |
| bash | `eval "$(_WXB_COMPLETE=bash_source wxb)"` |
| zsh | `eval "$(_WXB_COMPLETE=zsh_source wxb)"` |
| fish | `_WXB_COMPLETE=fish_source wxb \\| source` |
"""

SETTINGS = """\
## Settings files

`wxb train --config FILE` reads options from a TOML file, spelled as on the command line without the dashes in front,
with `_` or `-` between words. `data` and `network` are keys too, and a table `bindings` binds variables. The command
line goes over the file, and the file over the defaults. A run's `settings.toml` is such a file: with it
`wxb train --config runs/digits-3f2a/settings.toml` trains the same again, to the bit.
"""


def page() -> str:
    """The whole page."""
    codes = "\n".join(f"| {code} | {meaning} |" for code, meaning in CODES.items())
    parts = [HEAD + codes + "\n", SETTINGS, COMPLETION]
    parts += [f"## wxb {name}\n\n```text\n{help_of(name)}\n```\n" for name in COMMANDS]
    return "\n".join(parts)


def help_of(name: str) -> str:
    """What `wxb NAME --help` prints."""
    with click.Context(group, info_name="wxb", help_option_names=["-h", "--help"]) as above:
        command = group.get_command(above, name)
        assert command is not None
        with click.Context(command, info_name=name, parent=above, terminal_width=WIDTH) as context:
            return command.get_help(context)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
