"""Files of a run that were edited by hand, with a manifest made right again: clear errors, never a traceback."""

from __future__ import annotations

import copy
import json
import shutil
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wxb
from tests.runs.small import table_of_sums
from wxb.cli.main import main
from wxb.errors import DONE, FAILED, FOUND, MISTAKE
from wxb.learning.events import End, MicroBatches
from wxb.runs.folder import KEPT
from wxb.runs.manifest import manifest_text
from wxb.storage import digest

JSON = ("run.json", "environment.json", "data.json", "report.json", "manifest.json")
ENDED = {DONE, FAILED, MISTAKE, FOUND}  # a traceback would be BUG
BRACKETS = 100_000

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 2, 2**31, 10**30, -(10**30), 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf")]),
    st.sampled_from(["", "x", "auto", "cpu", "SOFTMAX", "../up", "é" * 300, "\x00", "9" * 400, "FC-999999999, SVM"]),
    st.sampled_from([[], {}, [0], [0, 0, 0], [1, 2, 3], ["x"], [None], {"x": 1}, {"examples": 3}, [[[]]], [1e308] * 9]),
)
DELETE, REPEAT, DEEP = object(), object(), object()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good run of a toy, one of a table, one of format 1, a run that was stopped, and examples of both kinds."""
    folder = tmp_path_factory.mktemp("edited")
    ring = wxb.load_data("ring", examples=60)
    table = wxb.load_data(table_of_sums(folder), target="sum")
    wxb.train(ring, "FC-4-RELU, SOFTMAX", epochs=2, threads=1, out=folder / "runs" / "good")
    wxb.train(table, "FC-4-RELU, EUCLID", epochs=2, threads=1, out=folder / "runs" / "table")
    options, events = {"epochs": 8, "batch_size": 16, "threads": 1}, [End(3, 12), MicroBatches(4, 2)]
    training = wxb.training.Training(ring, "SOFTMAX", options=options, events=events, out=folder / "stopped")
    for record in training:
        if record.step == 5:
            training.stop()
            break
    shutil.copytree(Path(__file__).parent / "version-1" / "classification", folder / "runs" / "old")
    np.save(folder / "rows.npy", ring.examples[:2])
    return folder


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each value within a JSON value; of a long list the first and the last."""
    yield above
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if isinstance(value, dict) or key in (0, len(value) - 1):
            yield from places(item, (*above, key))


def edited(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return a copy of a JSON value that is other in one place."""
    if not path:
        return new
    changed = copy.deepcopy(value)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    if new is DELETE:
        del inner[path[-1]]
    elif new is REPEAT:
        inner[path[-1]] = [copy.deepcopy(inner[path[-1]])] * 2
    else:
        inner[path[-1]] = new
    return changed


def use(folder: Path, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Do with a run all that a user does. Fails on a traceback, and where the good runs are not listed any more."""
    files = folder / ("table.csv" if "table" in run.parent.name else "rows.npy")
    for words in (
        ["report", run], ["report", run, "--json"], ["predict", run, files], ["evaluate", run], ["verify", run],
        ["compare", folder / "runs" / "good", run], ["resume", run, "-q"],
    ):  # fmt: skip
        code = main([str(word) for word in words])
        said = capsys.readouterr()
        assert code in ENDED, f"{words[0]}: {said.err}"
        assert "Traceback" not in said.err
    for more in ([], ["--json"], ["--table", "accuracy,loss,data,learning_rate"]):
        assert main(["runs", str(folder / "runs"), str(run.parent), *more]) in (DONE, MISTAKE)
        assert f"{folder / 'runs' / 'good'}" in capsys.readouterr().out


def write_edited(folder: Path, of: str, name: str, change: Callable[[bytes], bytes]) -> Path:
    """Copy a run, change one of its files, and make the manifest right again; checksums in `run.json` are left out."""
    path = folder / f"edited-{of}" / "run"
    shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(folder / "runs" / of if of != "stopped" else folder / of, path)
    about = json.loads((path / "run.json").read_text())
    (path / "run.json").write_text(json.dumps({**about, "checksum": None, "files": {}}))
    (path / name).write_bytes(change((path / name).read_bytes()))
    if of != "stopped" and name != "manifest.json":
        (path / "manifest.json").write_bytes(manifest_text({one: digest((path / one).read_bytes()) for one in KEPT}))
    return path


@pytest.mark.parametrize("name", [*JSON, "settings.toml", "history.jsonl"])
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_value_that_was_edited_is_a_clear_error(name: str, data: st.DataObject, folder: Path, capsys: Any):
    of = data.draw(st.sampled_from(["good", "table", "old", "stopped"]))
    if of == "stopped" and name in ("report.json", "manifest.json"):
        of = "good"

    def change(content: bytes) -> bytes:
        if name == "settings.toml":
            stored = tomllib.loads(content.decode())
        elif name == "history.jsonl":
            stored = [json.loads(line) for line in content.splitlines()]
        else:
            stored = json.loads(content)
        path = data.draw(st.sampled_from(list(places(stored))))
        new = data.draw(st.one_of(VALUES, st.sampled_from([DELETE, REPEAT] if path else [{}])))
        changed = edited(stored, path, new)
        if name == "history.jsonl" and isinstance(changed, list):
            return b"".join(json.dumps(line).encode() + b"\n" for line in changed)
        if name == "settings.toml":
            try:
                return tomli_w.dumps(changed).encode()
            except (TypeError, AttributeError):  # TOML has no such value
                return content
        return json.dumps(changed).encode()

    use(folder, write_edited(folder, of, name, change), capsys)


@pytest.mark.parametrize("path", [("history", 0), ("history",), ("data",), ("settings",), ("test",)])
def test_a_report_of_format_1_with_another_kind_of_value_is_a_clear_error(path, folder, capsys):
    def change(content: bytes) -> bytes:
        return json.dumps(edited(json.loads(content), path, None)).encode()

    use(folder, write_edited(folder, "old", "report.json", change), capsys)


@pytest.mark.parametrize(
    ("name", "path", "new", "said"),
    [
        ("run.json", ["network"], "FC-999999999-RELU-FC-2, SOFTMAX", "does not fit the network of run.json"),
        ("run.json", ["input"], [0, 0], "Expected 'int' >= 1 - at '$.input[0]'"),
        ("run.json", ["classes"], ["ring"], "Expected 2 classes, one for each output, got 1"),
        ("run.json", ["task"], "poetry", "run.json is damaged: poetry is not a kind of target"),
        ("run.json", ["task"], "multilabel", "its test score has no exact_match"),
        ("run.json", ["test"], {"examples": 3, "loss": 1.0}, "its test score has no accuracy"),
        ("run.json", ["network"], "FC-4-RELU-FC-C, SVM", "names another head than its network's"),
        ("environment.json", ["machine", "threads"], "two", "Expected 'int', got 'str' - at '$.machine.threads'"),
    ],
)
def test_an_edit_is_named_when_the_run_is_used(name, path, new, said, folder: Path, capsys: Any):
    run = write_edited(folder, "good", name, lambda text: json.dumps(edited(json.loads(text), path, new)).encode())
    assert main(["predict", str(run), str(folder / "rows.npy")]) in (FAILED, MISTAKE)
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", [*KEPT, "manifest.json", "checkpoint.safetensors"])
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_bytes_that_were_edited_are_a_clear_error(name: str, data: st.DataObject, folder: Path, capsys: Any):
    def change(content: bytes) -> bytes:
        place = data.draw(st.integers(0, len(content)))
        new = data.draw(
            st.sampled_from([None, b"", b"\xff", b"\x00", b"{", b'"', b"[" * BRACKETS, b'{"a":' * BRACKETS])
        )
        return content[:place] if new is None else content[:place] + new + content[place + len(new[:1]) :]

    of = "stopped" if name == "checkpoint.safetensors" else data.draw(st.sampled_from(["good", "table"]))
    use(folder, write_edited(folder, of, name, change), capsys)


@pytest.mark.parametrize("content", [b"[" * BRACKETS, b"a = " + b"[" * BRACKETS, b"\xff", b"", b"null", b"1" * 5000])
@pytest.mark.parametrize("name", [*JSON, "settings.toml", "history.jsonl", "split.safetensors"])
def test_other_content_altogether_is_a_clear_error(name: str, content: bytes, folder: Path, capsys: Any):
    use(folder, write_edited(folder, "good", name, lambda _: content), capsys)
