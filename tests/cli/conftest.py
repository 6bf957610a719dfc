"""The command line called within the tests' process, and as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from wxb.cli.main import main
from wxb.cli.schema import ANSWERS, schema_of


@dataclass
class Ended:
    """How a command ended: its exit code and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object of standard output; fails where there is none, or more."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """`call("show", "lenet5")` in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def called(*words: object) -> Ended:
        capsys.readouterr()
        code = main([str(word) for word in words])
        return Ended(code, *capsys.readouterr())

    return called


COMMAND = (sys.executable, "-m", "wxb")


def environment(**more: str) -> dict[str, str]:
    """For a process of its own: the sources of this checkout, one thread."""
    kept = {name: value for name, value in os.environ.items() if name not in ("WXB_RUNS", "WXB_DATA", "PYTHONWARNINGS")}
    sources = str(Path(__file__).resolve().parents[2] / "src")
    return {**kept, "PYTHONPATH": sources, "OMP_NUM_THREADS": "1", **more}


@pytest.fixture
def process(tmp_path: Path) -> Callable[..., Ended]:
    """`process("show", "lenet5")` as a process of its own, in an empty folder."""

    def call(*words: object, more: Mapping[str, str] | None = None) -> Ended:
        ended = subprocess.run(
            [*COMMAND, *(str(word) for word in words)],
            cwd=tmp_path, env=environment(**(more or {})), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    return call


SCHEMAS = {name: schema_of(name) for name in ANSWERS}


def valid(content: dict[str, Any]) -> dict[str, Any]:
    """Checks a command's JSON against the schema that it names."""
    name = content["schema"].split("/")[1]
    assert content["schema"] == SCHEMAS[name]["$id"]
    jsonschema.Draft202012Validator(SCHEMAS[name]).validate(content)
    return content
