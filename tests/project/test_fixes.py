"""The ways out that messages name: every command and option in them is there, and those that can be run work."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import wxb
from wxb.cli.main import COMMANDS, group, main
from wxb.errors import MISTAKE, WxbError
from wxb.settings.table import NAMED
from wxb.training import Training, resume
from wxb.views.options import OPTIONS

# arguments of single functions: of series, parts, clusters and anomalies
OF_COMMANDS = {"count", "part", "k", "method", "on", "odd", "out", "rate"}

COMMAND = re.compile(r"\bwxb ([a-z]+)((?: [^\s;,)]+)*)")


def texts(root: Path) -> Iterator[tuple[str, str]]:
    """Each text in the package that is no docstring, with its place; what a text is filled with is "X"."""
    for path in sorted((root / "src" / "wxb").rglob("*.py")):
        tree = ast.parse(path.read_text())
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            place = f"{path.relative_to(root)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.JoinedStr):
                yield place, "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings | inner:
                yield place, node.value


def options_of(command: str) -> set[str]:
    found = group.get_command(None, command)
    assert found is not None
    return {"--help", "-h", *(name for param in found.params for name in (*param.opts, *param.secondary_opts))}


def test_every_command_in_a_message_is_there_with_its_options(root):
    commands = [(place, match) for place, text in texts(root) for match in COMMAND.finditer(text)]
    named = [(place, match) for place, match in commands if match[1] in COMMANDS]
    assert len(named) > 30
    for place, match in named:
        flags = re.findall(r"(?<!\S)--[a-z][a-z0-9-]*", match[2])
        assert set(flags) <= options_of(match[1]), f"{place}: {match[0]}"


def test_every_setting_in_a_way_out_is_there(root):
    for path in sorted((root / "src" / "wxb").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "WxbError":
                fixes = [word.value for word in node.keywords if word.arg == "fix"] + node.args[2:3]
                for fix in fixes:
                    text = "".join(
                        part.value
                        for part in ast.walk(fix)
                        if isinstance(part, ast.Constant) and isinstance(part.value, str)
                    )
                    for name in re.findall(r"`([a-z_0-9]+)(?:=[^`]*)?`", text):
                        assert name in {*NAMED, *OPTIONS, *OF_COMMANDS}, f"{path}:{node.lineno}: {name}"


# --- the ways out of a run --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder of runs whose names have a blank: one finished, one stopped, one failed, and the table of all."""
    folder = tmp_path_factory.mktemp("ways out")
    rows = np.random.default_rng(0).normal(size=(60, 2))
    (folder / "table.csv").write_text("a,b,y\n" + "".join(f"{a:.3f},{b:.3f},{'pq'[int(a > 0)]}\n" for a, b in rows))
    data = wxb.load_data(folder / "table.csv", target="y")
    wxb.train(data, "FC-4-RELU, SOFTMAX", epochs=1, threads=1, out=folder / "a finished")
    training = Training(
        data, "SOFTMAX", options={"epochs": 4, "batch_size": 16, "threads": 1}, out=folder / "a stopped"
    )
    for record in training:
        if record.step == 3:
            training.stop()
            break
    with pytest.raises(WxbError, match="training broke down"):
        wxb.train(
            data, "FC-4-RELU, SOFTMAX", epochs=50, threads=1, out=folder / "a failed", optimizer="sgd",
            learning_rate=1000, weight_decay=1,
        )  # fmt: skip
    return folder


USES = [
    "predict RUN table.csv",
    "evaluate RUN",
    "report RUN",
    "verify RUN",
    "compare RUN RUN",
    "resume RUN",
    "predict RUN no.csv",
]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("name", ["a finished", "a stopped", "a failed"])
def test_the_commands_that_a_message_about_a_run_names_are_not_refused(
    use, name, folder, tmp_path, monkeypatch, capsys
):
    shutil.copytree(folder, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    words = [{"RUN": name}.get(word, word) for word in use.split()]
    code = main(words)
    said = capsys.readouterr().err
    ways = [line.partition("fix: ")[2] for line in said.splitlines() if "fix: " in line]
    for command in (match[0] for way in ways for match in COMMAND.finditer(way)):
        words = shlex.split(command)[1:]
        if "FILE" in command or words[0] not in COMMANDS:
            continue
        words = words[
            : next((place for place, word in enumerate(words) if word in ("shows", "runs", "goes", "lists")), None)
        ]
        assert main([*words, *(["--dry-run"] if words[0] == "train" else [])]) != MISTAKE, (use, name, command)
    assert code in (0, 1) or ways


def test_the_data_of_a_run_that_was_moved_is_named_with_a_way_back(folder, tmp_path, monkeypatch, capsys):
    shutil.copytree(folder, tmp_path / "copy")
    data = wxb.load_data(tmp_path / "copy" / "table.csv", target="y")
    run = wxb.train(data, "SOFTMAX", epochs=1, threads=1, out=tmp_path / "run")
    (tmp_path / "copy").rename(tmp_path / "elsewhere")
    assert main(["evaluate", str(run.path)]) == MISTAKE
    said = capsys.readouterr().err
    assert f"the data of {run.path} is no longer at {tmp_path / 'copy' / 'table.csv'}" in said
    (tmp_path / "copy").symlink_to(tmp_path / "elsewhere")
    assert main(["evaluate", str(run.path)]) == 0


def test_a_run_of_a_device_that_is_not_here_is_told_what_resume_can_do(folder, tmp_path, monkeypatch):
    import wxb.learning.machine as machines

    shutil.copytree(folder / "a stopped", tmp_path / "run")
    data = wxb.load_data(folder / "table.csv", target="y")

    def choose(*asked):
        raise WxbError("no such device", "available: cpu", '`device="auto"`')

    monkeypatch.setattr(machines, "choose", choose)
    with pytest.raises(WxbError, match="there is no such device here") as refused:
        resume(tmp_path / "run", data)
    assert refused.value.fix.startswith("resume it where there is one, or train anew: wxb train --config ")
    assert refused.value.fix.endswith("settings.toml --device auto")
