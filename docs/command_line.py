"""The page on the command line, generated from the help of the commands.

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
    errors.DONE: "done, also if the network has not learned, which its report says",
    errors.FAILED: "failed: a damaged run, a diverged training, a full disk",
    errors.MISTAKE: "a mistake in the command; the message says what is wrong, and how to fix it",
    errors.FOUND: "a check found something: `wxb verify`",
    errors.BUG: "a bug in wxb; the traceback is shown",
    errors.INTERRUPTED: "stopped by Ctrl-C; a training that has begun is saved, and `wxb resume` continues it",
    errors.HUNG_UP: "stopped by SIGHUP, as when a terminal is closed; saved likewise",
    errors.TERMINATED: "stopped by SIGTERM; saved likewise",
}

HEAD = """\
# Command line

The rules for all commands, and the `--help` of each.

Results go to standard output; progress, warnings and errors go to standard error. With `--json`, standard output holds
exactly one JSON object. Its `schema` names its form, such as `wxb/train/1`, and `wxb schema train` prints the JSON
schema of that form. A later version may add keys to a form, but does not change the meaning of a key. Colours and
moving lines appear only on a terminal; `NO_COLOR` turns colours off.

A word with `=` is a binding (`N=2`), never a network. Put a network with blanks, brackets or stars in quotes.

The first Ctrl-C, SIGTERM or SIGHUP (a closed terminal) lets a training finish its step and saves it; the second ends it
at once.

| exit code | meaning |
| ---: | --- |
"""

COMPLETION = """\
## Completion

Add one line to the start file of your shell, and it completes commands, options and their values:

| shell | line |
| --- | --- |
| bash | `eval "$(_WXB_COMPLETE=bash_source wxb)"` |
| zsh | `eval "$(_WXB_COMPLETE=zsh_source wxb)"` |
| fish | `_WXB_COMPLETE=fish_source wxb \\| source` |
"""

SETTINGS = """\
## Settings files

`wxb train --config FILE` reads settings from a TOML file: the names of the options without the dashes in front, with
`_` or `-` between words. The keys `data` and `network` stand for the words of the command line, and a table `bindings`
binds variables. An option of the command line overrides the file, and the file overrides the defaults. A value that a
setting does not take is refused as on the command line, with the name of the file.

The `settings.toml` of a run is such a file, also if the run was made in Python:
`wxb train --config runs/digits-3f2a/settings.toml` trains the same network again, to the bit.
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
