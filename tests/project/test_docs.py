"""The documentation keeps its word: its Python runs, its commands exist, its sessions come out as shown."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

import click
import pytest

import wxb
from docs import sessions
from wxb.cli.main import COMMANDS, group
from wxb.errors import WxbError

PAGES = {path.name: path.read_text() for path in sessions.files()}
SESSIONS = {name: text for name, text in PAGES.items() if sessions.blocks(text, "console")}
OPTIONS = re.compile(r"`(--[a-z][^`]*)`")
OF_BENCHMARKS = ("--again", "--alone", "--limit", "--only", "--shared")  # of `python -m benchmarks…`
INLINE = re.compile(r"`(?:python -m )?wxb ([^`]+)`")
# where a person may put anything in an example of usage: DATA, [NETWORK], FILE…, a value after an option
SHELL = {"|", ">", "<", "&&", ";"}


def wrong_with(command: str) -> str | None:
    """Why these words after `wxb` are no command with options that it has; None where they are."""
    words = shlex.split(command)
    for place, word in enumerate(words):
        if word in SHELL or word == "#":
            words = words[:place]
            break
    if not words or words[0] in ("--help", "-h", "--version"):
        return None
    name, *rest = words
    if name not in COMMANDS:
        return f"wxb has no command {name}"
    with click.Context(group, info_name="wxb") as context:
        subcommand = group.get_command(context, name)
    assert subcommand is not None
    with click.Context(subcommand, info_name=name, help_option_names=["-h", "--help"]) as context:
        known = {
            spelling for option in subcommand.get_params(context) for spelling in (*option.opts, *option.secondary_opts)
        }
    unknown = [
        word.partition("=")[0]
        for word in rest
        if re.match(r"--?[A-Za-z]", word) and word.partition("=")[0] not in known
    ]
    return f"wxb {name} has no option {', '.join(unknown)}" if unknown else None


@pytest.mark.parametrize("name", [name for name, text in PAGES.items() if sessions.blocks(text, "python")])
def test_python_of_the_documentation_runs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in sessions.blocks(PAGES[name], "python"):
        # line numbers of a failure are those of the page
        lines_before = PAGES[name][: block.start].count("\n")
        exec(compile("\n" * lines_before + block.body, name, "exec"), namespace)


@pytest.mark.parametrize("name", SESSIONS)
def test_sessions_of_the_documentation_show_commands_that_exist(name):
    commands = [command for block in sessions.blocks(PAGES[name], "console") for command in block.commands]
    assert commands, "a console block without a command"
    ours = [shlex.split(command)[1:] for command in commands if command.startswith("wxb ")]
    assert [wrong for words in ours if (wrong := wrong_with(shlex.join(words)))] == []


@pytest.mark.parametrize("name", [name for name, text in PAGES.items() if INLINE.search(text)])
def test_commands_named_in_a_sentence_exist(name):
    assert [wrong for command in INLINE.findall(PAGES[name]) if (wrong := wrong_with(command))] == []


def takes(name: str, words: list[str]) -> bool:
    """Whether a command takes these options with these values; what it is about may be missing."""
    command = group.get_command(click.Context(group), name)
    assert command is not None
    options = click.Command(name, params=[param for param in command.params if isinstance(param, click.Option)])
    try:
        options.make_context(name, list(words))
    except (click.ClickException, WxbError):
        return False
    return True


def refused(options: str) -> bool:
    """Whether no command takes options as a page spells them; an option without a value only has to exist."""
    words = ["1" if len(word) == 1 and not word.isdigit() else word for word in shlex.split(options)]  # N, λ
    if words[0] in OF_BENCHMARKS:
        return False
    if len(words) == 1:
        return all(wrong_with(f"{name} {options}") for name in COMMANDS)
    return not any(takes(name, words) for name in COMMANDS)


@pytest.mark.parametrize("name", [name for name, text in PAGES.items() if OPTIONS.search(text)])
def test_options_named_in_a_sentence_are_taken_with_the_values_shown(name):
    assert [options for options in OPTIONS.findall(PAGES[name]) if refused(options)] == []


def test_an_option_with_a_value_that_it_does_not_take_is_noticed():
    assert not refused("--no-shuffle")
    assert not refused("--augment flip,shift-2")
    assert refused("--shuffle no")
    assert refused("--learning-rate 0")
    assert refused("--lerning-rate")


@pytest.mark.parametrize(
    "name", [name for name, text in PAGES.items() if any(block.mark for block in sessions.blocks(text, "console"))]
)
def test_sessions_that_are_marked_as_run_end_as_marked_and_exact_ones_as_shown(name, tmp_path):
    for block in sessions.blocks(PAGES[name], "console"):
        if block.mark == "run":
            sessions.session(with_one_epoch(block), tmp_path)
        elif block.mark:
            assert sessions.session(block, tmp_path) == block.body


def test_networks_of_the_readme_are_read():
    texts = re.findall(r"^\| `([^`]+)` \|", PAGES["README.md"], re.MULTILINE)
    assert len(texts) == 6
    for text in texts:
        network = wxb.read(text)
        assert wxb.read(str(network)) == network


def with_one_epoch(block: sessions.Block) -> sessions.Block:
    """The same trainings, but short: whether they end well is asked here, not how good they are."""
    return replace(
        block, body=re.sub(r"^(\$ wxb train .*?)( --epochs \d+)?$", r"\1 --epochs 1", block.body, flags=re.MULTILINE)
    )


def test_sessions_are_shortened_to_one_epoch():
    (block,) = sessions.blocks(
        "```console\n$ wxb train ring --epochs 9\nx\n$ wxb train digits\n$ wxb runs\n```\n", "console"
    )
    assert with_one_epoch(block).commands == ["wxb train ring --epochs 1", "wxb train digits --epochs 1", "wxb runs"]


def test_a_command_or_option_that_is_not_there_is_noticed():
    assert wrong_with("train digits --learning-rate 0.1") is None
    assert wrong_with("train digits --lerning-rate=0.1") == "wxb train has no option --lerning-rate"
    assert wrong_with("trian digits") == "wxb has no command trian"


def test_marks_and_commands_of_a_session_are_read():
    text = (
        "x\n\n<!-- run: exact -->\n```console\n$ wxb show \\\n  lenet5\ntable\n$ wxb runs\n```\n\n```python\n1\n```\n"
    )
    (block,) = sessions.blocks(text, "console")
    assert block.mark == "run: exact"
    assert block.commands == ["wxb show   lenet5", "wxb runs"]
    assert sessions.blocks(text, "python")[0].mark is None


def test_a_marked_session_is_written_with_what_the_terminal_shows():
    before = (
        '<!-- run -->\n```console\n$ printf "one\\rtwo\\n\\033[31mred\\033[0m"\nold\n```\n\n```console\n$ false\n```\n'
    )
    assert sessions.taken_again(before) == before.replace("old\n", "two\nred\n")


def test_a_line_that_is_written_over_shows_what_came_last():
    assert sessions.screen("epoch 1\r\x1b[Kepoch 2\r\nend\r\n") == "epoch 2\nend"
    assert sessions.screen("abc\rx") == "xbc"
    assert sessions.screen("a\nb\x1b[1A\r\x1b[2Kc\n") == "c\nb"


def test_a_session_that_fails_is_not_written(tmp_path):
    (block,) = sessions.blocks("```console\n$ false\n```\n", "console")
    with pytest.raises(SystemExit, match=r"\$ false"):
        sessions.session(block, tmp_path)
