"""Many files predicted: in order, as they come, a damaged one at the price of its own line."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PIL import Image

import wxb
from tests.cli.conftest import valid
from tests.runs.test_run_use import done
from wxb.cli.predict import Table, predict_files
from wxb.data.tables.content import STREAM
from wxb.progress import ERASE, of_files
from wxb.runs.inputs import AT_ONCE, ahead, batches, read_file
from wxb.runs.run import Run

MANY = 2 * AT_ONCE + 20
BROKEN = (3, AT_ONCE, MANY - 1)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> tuple[Path, list[str]]:
    """An untrained run on small pictures, and more of them than are read at once, three of them broken."""
    folder = tmp_path_factory.mktemp("many")
    rng = np.random.default_rng(0)
    data = wxb.load_data(rng.integers(0, 256, (MANY, 1, 8, 8)).astype(np.uint8), np.arange(MANY) % 2)
    done(data, folder / "run", "CONV3-4-BN-RELU-GAP, SOFTMAX")
    names = [str(folder / f"{number}.png") for number in range(MANY)]
    for number, name in enumerate(names):
        Image.fromarray(data.examples[number, 0]).save(name)
    for number in BROKEN:
        Path(names[number]).write_bytes(b"\x89PNG\r\n\x1a\n")
    return folder / "run", names


def test_many_pictures_are_predicted_in_order_and_broken_ones_cost_only_their_own_line(pictures, call):
    run, names = pictures
    ended = call("predict", run, *names, "--csv")
    whole = [name for number, name in enumerate(names) if number not in BROKEN]
    rows = list(csv.DictReader(io.StringIO(ended.out)))
    assert [row["file"] for row in rows] == whole
    assert ended.code == 2
    lines = ended.err.splitlines()
    assert lines[:3] == [f"left out  {names[number]}: not a picture" for number in BROKEN]
    assert lines[3] == f"error: 3 of {MANY} files cannot be predicted"
    opened = Run.open(run)
    for row in rows[:: AT_ONCE // 2]:
        found = opened.predict(np.asarray(Image.open(row["file"]))[None])
        assert float(row["probability"]) == pytest.approx(float(found.probabilities.max()), abs=1e-6)


def test_json_names_the_files_without_predictions(pictures, call):
    run, names = pictures
    ended = call("predict", run, names[0], names[3], "missing.png", "--json")
    found = valid(ended.json)
    assert [one["file"] for one in found["predictions"]] == [names[0]]
    assert found["left_out"] == [f"{names[3]}: not a picture", "missing.png: there is no such file"]
    assert ended.code == 2


def test_json_of_many_pictures_is_one_object_in_one_line(pictures, call):
    run, names = pictures
    ended = call("predict", run, *names, "--json")
    assert ended.out.count("\n") == 1
    assert len(valid(json.loads(ended.out))["predictions"]) == MANY - len(BROKEN)


def test_a_table_of_many_pictures_has_one_head_and_whole_names(pictures, call):
    run, names = pictures
    lines = call("predict", run, *names).out.splitlines()
    assert lines[0].split() == ["file", "prediction", "probability"]
    assert len(lines) == 1 + MANY - len(BROKEN)
    assert lines[-1].startswith(names[MANY - 2])
    assert not any(line.startswith("file ") for line in lines[1:])


def test_predictions_are_printed_before_the_last_files_are_read(pictures, monkeypatch, capsys):
    run, names = pictures
    read = []

    def reading(file, run, max_pixels):
        read.append(file)
        return read_file(file, run, max_pixels)

    monkeypatch.setattr("wxb.runs.inputs.read_file", reading)

    class Watched(Table):
        def add(self, examples, found):
            super().add(examples, found)
            seen.append(len(read))

    seen: list[int] = []
    problems, _ = predict_files(Run.open(run), tuple(names), Watched())
    assert len(problems) == len(BROKEN)
    assert len(seen) == 3
    assert seen[0] <= 2 * AT_ONCE + 3  # the batch in hand, the next one, and what was broken among them
    assert read == names


def test_the_next_is_made_while_the_caller_uses_one():
    used = Event()

    def items():
        yield 1
        assert used.wait(10)  # the caller has the first
        yield 2

    coming = ahead(items())
    assert next(coming) == 1
    used.set()
    assert list(coming) == [2]


def test_what_goes_wrong_in_reading_is_raised_where_it_is_used():
    def items():
        yield 1
        raise ZeroDivisionError

    coming = ahead(items())
    assert next(coming) == 1
    with pytest.raises(ZeroDivisionError):
        next(coming)


def test_a_file_with_numbers_that_are_none_costs_only_its_own_lines(call):
    data = wxb.load_data("ring", examples=60)
    done(data, Path("run"), "SOFTMAX")
    np.save("good.npy", np.zeros((3, 2), np.float32))
    np.save("bad.npy", np.array([[0, np.nan]], np.float32))
    np.save("none.npy", np.zeros((0, 2), np.float32))
    ended = call("predict", "run", "good.npy", "bad.npy", "none.npy", "good.npy", "--csv")
    assert ended.code == 2
    assert [row["file"] for row in csv.DictReader(io.StringIO(ended.out))] == ["good.npy"] * 6
    assert ended.err.startswith("left out  bad.npy: 1 example holds NaN or infinite values\n")
    alone = call("predict", "run", "bad.npy")
    assert (alone.code, alone.out) == (2, "")
    assert alone.err.startswith("error: bad.npy: 1 example holds NaN or infinite values\n  the first is example 0\n")
    assert call("predict", "run", "none.npy").err == "error: there is nothing to predict: the arrays have no rows\n"


def test_a_long_array_comes_in_batches_with_its_rows_counted_on(tmp_path):
    data = wxb.load_data("ring", examples=60)
    run, _ = done(data, tmp_path / "run", "SOFTMAX")
    np.save(tmp_path / "long.npy", np.zeros((3 * AT_ONCE + 5, 2), np.float32))
    made = list(batches([str(tmp_path / "long.npy")], run))
    assert [len(batch.examples) for batch in made] == [AT_ONCE, AT_ONCE, AT_ONCE, 5]
    assert [one.row for batch in made for one in batch.examples] == list(range(3 * AT_ONCE + 5))
    assert made[0].examples[0].file != STREAM


# --- how far it is ---------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only where a test says so."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def test_progress_of_many_files_is_one_line_that_goes_away(clock, monkeypatch):
    drawn: list[str] = []
    monkeypatch.setattr("wxb.progress.remark", lambda text="", end="\n": drawn.append(text + end))
    with of_files(4000) as progress:
        progress.moving = True
        progress.show(64)
        assert drawn == []  # a short list needs none
        clock[0] = 10.0
        progress.show(1000)
        assert "1,000 of 4,000" in drawn[0]
        assert drawn[0].endswith("30 s left")
        progress.remark("left out  a.png: broken")
        assert drawn[1:3] == [ERASE, "left out  a.png: broken\n"]
        assert drawn[3] == drawn[0]
    assert drawn[-1] == ERASE


def test_no_progress_is_drawn_where_nobody_looks(clock, monkeypatch):
    monkeypatch.setattr("wxb.progress.remark", lambda text="", end="\n": pytest.fail("drawn"))
    with of_files(4000) as progress:
        clock[0] = 10.0
        progress.show(1000)


def test_a_larger_picture_is_predicted_where_its_bound_is_raised(pictures, call, tmp_path):
    run, _ = pictures
    large = tmp_path / "large.png"
    Image.new("L", (7100, 7100)).save(large, compress_level=1)
    refused = call("predict", run, large)
    assert refused.code == 2
    assert "too large to open (7100x7100; --max-pixels)" in refused.err
    assert call("predict", run, large, "--max-pixels", "60000000").code == 0


def test_names_that_are_no_utf8_are_shown_by_their_bytes(pictures, call, tmp_path):
    run, names = pictures
    good, broken = (tmp_path / os.fsdecode(name) for name in (b"\xff.png", b"\xe9\xe8.png"))
    good.write_bytes(Path(names[0]).read_bytes())
    broken.write_bytes(b"")
    shown = str(tmp_path / r"\xff.png")
    ended = call("predict", run, good, broken)
    assert rf"left out  {tmp_path}/\xe9\xe8.png: empty" in ended.err
    assert r"\xff.png  " in ended.out
    assert next(csv.DictReader(io.StringIO(call("predict", run, good, "--csv").out)))["file"] == shown
    answer = valid(call("predict", run, tmp_path, "--json").json)
    assert answer["predictions"][0]["file"] == shown
    assert answer["left_out"] == [rf"{tmp_path}/\xe9\xe8.png: empty"]
    assert Run.open(run).predict(good).examples == (shown,)
    ended = call("predict", run, tmp_path / os.fsdecode(b"no\xff"))
    assert r"no\xff: there is no such file" in ended.err
