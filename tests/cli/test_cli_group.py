"""The group of commands: help, words that are none, streams, exit codes, what is loaded and when."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tomllib

import click
import msgspec
import pytest

import wxb
from tests.cli.conftest import COMMAND, environment
from wxb.cli import main, printing
from wxb.errors import WxbError


def modules_after(code: str) -> set[str]:
    ended = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(' '.join(sys.modules), file=sys.stderr)"],
        env=environment(), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return set(ended.stderr.split())


HEAVY = {"torch", "numpy", "rich", "PIL", "sklearn", "matplotlib"}


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["train", "--help"],
        ["show", "resnet18"],
        ["networks"],
        ["neuron", "--fire", "111,101", "--not", "000"],
        ["runs"],
        ["show", "CONF, SOFTMAX"],
    ],
    ids=" ".join,
)
def test_quick_commands_load_no_library_for_numbers(words, tmp_path):
    loaded = modules_after(f"import os; os.chdir({str(tmp_path)!r}); from wxb.cli.main import main; main({words!r})")
    assert "wxb.cli.main" in loaded
    # the list of runs alone may name types of arrays
    assert loaded & (HEAVY - {"numpy"} if words == ["runs"] else HEAVY) == set()


def test_importing_wxb_loads_nothing_else_of_it():
    assert {name for name in modules_after("import wxb") if name.startswith("wxb")} == {"wxb", "wxb.version"}


def test_the_simple_neuron_needs_no_library_for_numbers():
    assert modules_after("import wxb; wxb.neuron(['111'], ['000']).ask('110')") & HEAVY == set()


def test_help_of_the_group_loads_no_command():
    loaded = modules_after("from wxb.cli.main import main; main(['--help'])")
    assert not {f"wxb.cli.{name}" for name in main.COMMANDS} & loaded


@pytest.mark.parametrize("name", wxb.__all__)
def test_public_nouns_are_there(name):
    assert name in dir(wxb)
    assert getattr(wxb, name) is not None


def test_a_noun_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'wxb' has no attribute 'trian'"):
        wxb.trian  # noqa: B018


def test_version_is_that_of_the_package(process, root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert process("--version").out == f"wxb {project['version']}\n"


@pytest.mark.parametrize("name", main.COMMANDS)
def test_every_command_has_a_module_of_its_name_and_helps(name, call):
    assert isinstance(importlib.import_module(f"wxb.cli.{name}").command, click.Command)
    ended = call(name, "--help")
    assert ended.code == 0
    assert f"Usage: wxb {name}" in ended.out
    assert ended.err == ""


def test_help_lists_every_command_with_its_line(call):
    ended = call("--help")
    assert ended.code == 0
    for name, line in main.COMMANDS.items():
        assert f"  {name} " in ended.out
        assert line in ended.out


def test_no_command_is_a_mistake_and_helps(call):
    ended = call()
    assert (ended.code, ended.out) == (2, "")
    assert "Usage: wxb" in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["trian", "digits"], "error: trian is not a command; train is\n  fix: wxb --help lists them\n"),
        (["xyz"], "error: xyz is not a command\n  fix: wxb --help lists them\n"),
        (
            ["train", "digits", "--epoch", "3"],
            "error: --epoch is not an option of wxb train; --epochs is\n  fix: wxb train --help lists what it takes\n",
        ),
        (["predict"], "error: RUN is missing\n  fix: wxb predict --help lists what it takes\n"),
        (
            ["neuron", "111", "000"],
            "error: wxb neuron does not know what to do with 111 000\n  fix: wxb neuron --help lists what it takes\n",
        ),
        (["train", "digits", "--epochs"], "error: Option '--epochs' requires an argument\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_words_that_mean_nothing_name_the_nearest_that_do(words, said, call):
    ended = call(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(said)


def test_an_error_with_json_leaves_standard_output_empty(call):
    ended = call("show", "CONF, SOFTMAX", "--json")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: CONF is not a layer; CONV is\n")


def test_the_exit_code_is_the_errors(call, monkeypatch):
    def broken(*_: object) -> None:
        raise WxbError("the run is broken", exit_code=1)

    monkeypatch.setattr("wxb.runs.listing.runs", broken)
    ended = call("runs")
    assert (ended.code, ended.err) == (1, "error: the run is broken\n")


@pytest.mark.parametrize("problem", [RuntimeError("odd"), OSError("odd")])
def test_a_bug_shows_its_traceback_and_says_whose_it_is(problem, call, monkeypatch):
    def broken(*_: object) -> None:
        raise problem

    monkeypatch.setattr("wxb.runs.listing.runs", broken)
    ended = call("runs", "--json")
    assert (ended.code, ended.out) == (70, "")
    assert "Traceback" in ended.err
    assert f"{type(problem).__name__}: odd" in ended.err
    assert ended.err.splitlines()[-1].startswith("This is a bug in wxb ")


@pytest.mark.parametrize("problem", [MemoryError(), ImportError("x.so: failed to map segment from shared object")])
def test_a_want_of_memory_is_no_bug(problem, call, monkeypatch):
    def broken(*_: object) -> None:
        raise problem

    monkeypatch.setattr("wxb.runs.listing.runs", broken)
    ended = call("runs", "--json")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("error: the memory ran short\n")


def test_ctrl_c_before_there_is_anything_to_save_ends_with_130(call, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wxb.runs.listing.runs", interrupted)
    ended = call("runs")
    assert (ended.code, ended.out, ended.err) == (130, "", "stopped\n")


@pytest.mark.skipif(os.name == "nt", reason="pipes of a POSIX shell")
def test_a_closed_pipe_is_quiet(tmp_path):
    script = f"{sys.executable} -m wxb networks | true; echo $?"
    for _ in range(3):
        ended = subprocess.run(
            ["bash", "-c", f"set -o pipefail; sleep 0; {script}"],
            cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        assert (ended.stdout, ended.stderr) == ("0\n", "")


@pytest.mark.skipif(os.name == "nt", reason="pipes of a POSIX system")
def test_a_reader_that_has_gone_ends_the_command_in_peace(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as gone:
        ended = subprocess.run(
            [*COMMAND, "networks"],
            cwd=tmp_path, env=environment(), stdout=gone, stderr=subprocess.PIPE, timeout=60, check=False,
        )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_output_that_cannot_be_written_is_said(tmp_path):
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [*COMMAND, "networks"],
            cwd=tmp_path, env=environment(), stdout=full, stderr=subprocess.PIPE, timeout=60, check=False,
        )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr == b"error: standard output cannot be written: No space left on device\n"


def test_a_standard_error_that_nobody_reads_changes_nothing(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as gone:
        ended = subprocess.run(
            [*COMMAND, "show", "CONV-RELU, SOFTMAX"],
            cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=gone, timeout=60, check=False,
        )  # fmt: skip
    assert ended.returncode == 0
    assert b"total" in ended.stdout


def test_python_dash_m_and_the_group_are_one_command(process):
    assert process("networks", "nin").out == process("networks", "nin").out
    assert process("nothing").code == 2


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("wxb tr", ["train"]),
        ("wxb train --ep", ["--epochs"]),
        ("wxb train --optimizer ada", ["adagrad", "adam", "adamw"]),
    ],
)
def test_the_shell_completes_commands_options_and_choices(typed, offered, process):
    words = typed.split()
    more = {"_WXB_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)}
    ended = process(more=more)
    assert [line.partition(",")[2] for line in ended.out.splitlines()] == offered
    assert ended.err == ""


class Terminal:
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("settings", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_that_want_them(settings, coloured, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert printing.has_colours(Terminal()) is coloured  # type: ignore[arg-type]


def test_errors_have_no_colour_where_there_is_no_terminal(process):
    assert "\x1b" not in process("nothing").err


def test_json_is_ascii_and_one_line(capsys):
    class Named(msgspec.Struct, tag_field="schema", tag="wxb/test/1"):
        name: str
        odd: str

    printing.result_json(Named("café ×", "\udc80"))
    out = capsys.readouterr().out
    assert out.isascii()
    assert out.count("\n") == 1
    assert json.loads(out) == {"schema": "wxb/test/1", "name": "café ×", "odd": "\\x80"}


def test_a_table_shortens_the_middle_of_names_never_numbers():
    rows = [("layer", "parameters"), ("CONV3-64-BN-RELU-CONV3-64", "1,234,567"), ("FC", "12")]
    assert printing.table(rows, numbers=[1], width=26) == (
        "layer           parameters\nCONV3-…NV3-64    1,234,567\nFC                      12"
    )
    assert "CONV3-64-BN-RELU-CONV3-64    1,234,567" in printing.table(rows, numbers=[1])


@pytest.mark.parametrize("width", [3, 5, 8, 9, 20])
def test_a_short_text_is_as_wide_as_it_may_be(width):
    text = "ABCDEFGHI"
    assert len(printing.short(text, width)) == min(width, len(text))


def test_labels_stand_in_a_column_of_their_own_and_long_text_goes_on_below():
    assert printing.labelled("data", "ten words") == "data      ten words"
    assert printing.labelled("data", "one two three four five six seven", 32) == (
        "data      one two three four\n          five six seven"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="the shell has no ulimit")
@pytest.mark.parametrize(("limit", "noted"), [("1000000", True), ("unlimited", False)])
def test_a_limit_of_addresses_that_can_end_the_process_is_noted(limit, noted):
    ended = subprocess.run(
        ["sh", "-c", f'ulimit -v {limit}; exec "$@"', "sh", sys.executable, "-m", "wxb", "show", "FC-8-RELU, SOFTMAX"],
        capture_output=True,
        text=True,
    )
    assert ("note: a limit of 1.0 GB of addresses is set (ulimit -v)" in ended.stderr) is noted
