"""A folder with a run in each state, and the server that shows it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from starlette.testclient import TestClient

import wxb
from tests.runs.small import NETWORK, SCORE, Epoch, reports, small_plan, three_blobs
from wxb.page.folder import Folder
from wxb.page.server import app
from wxb.runs.writer import Writer

PORT = 7860
TOKEN = "a-token-of-the-tests"
HOST = f"127.0.0.1:{PORT}"


def begin(path: Path) -> Writer:
    """A run that has just begun; its writer holds it until it is closed."""
    data = three_blobs()
    settings = {"data": "blobs", "network": NETWORK, "seed": 0, "epochs": 5, "learning_rate": 0.01}
    return Writer.create(data, small_plan(data), settings, steps=50, out=path)


def finish(path: Path, epochs: int = 5) -> None:
    """A run that has finished, with weights that are of no use."""
    run = begin(path)
    for epoch in range(1, epochs + 1):
        run.save(Epoch(epoch))
    run.finish({"weight": torch.ones(3)}, SCORE, reports(run.files))


@pytest.fixture
def running(folder: Path) -> Iterator[Writer]:
    """A run that this process is writing."""
    run = begin(folder / "running")
    run.note(Epoch(1))
    yield run
    run.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a finished run, a stopped one, one of a newer version, a damaged one, and what is no run."""
    runs = tmp_path / "runs"
    runs.mkdir()
    finish(runs / "finished")
    stopped = begin(runs / "stopped")
    stopped.save(Epoch(1))
    stopped.stop()
    for name, text in (("newer", '{"format": 99, "wxb": "9.0"}'), ("damaged", '{"format": 2, "wx')):
        (runs / name).mkdir()
        (runs / name / "run.json").write_text(text)
    (runs / "notes").mkdir()
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "run.json").write_text((runs / "finished" / "run.json").read_text())
    (secret / "report.html").write_text("a secret")
    os.symlink(secret, runs / "elsewhere")
    return runs


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    """Asks the server as a browser on this computer would; without the token."""
    with TestClient(app(Folder(folder), PORT, TOKEN), base_url=f"http://{HOST}") as asking:
        yield asking


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small run on pictures, with snapshots, and one on a table."""
    runs = tmp_path_factory.mktemp("runs")
    digits = wxb.load_data("digits", split="0.5,0.2,0.3")
    wxb.train(digits, "CONV3-4-RELU-POOL-FC-C, SOFTMAX", epochs=1, snapshots=3, out=runs / "digits")
    table = runs.parent / "table.csv"
    rows = [f"{place % 7},{'red' if place % 3 else 'blue'},{place % 7 + 10 * (place % 3)}" for place in range(200)]
    table.write_text("\n".join(["size,colour,price", *rows]) + "\n")
    wxb.train(wxb.load_data(table, target="price"), "FC-4-RELU, EUCLID", epochs=1, out=runs / "table")
    return runs
