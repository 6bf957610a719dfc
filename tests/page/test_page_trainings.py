"""Trainings that the page starts and stops are processes of their own, and end with the same bits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

import wxb
from tests.page.conftest import HOST, PORT, TOKEN
from wxb.cli import following
from wxb.page.folder import Folder
from wxb.page.server import app
from wxb.runs.stopping import Asked, ask_to_stop

SETTINGS = {"epochs": 30, "seed": 3}
SOURCES = Path(__file__).resolve().parents[2] / "src"
NETWORK = "FC-8-RELU, SOFTMAX"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(app(Folder(tmp_path), PORT, TOKEN), base_url=f"http://{HOST}") as asking:
        yield asking


def post(client: TestClient, path: str, **body):
    return client.post(path, json=body, headers={"x-wxb-token": TOKEN})


def until(true: Callable[[], bool], seconds: float = 200) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def state(client: TestClient, name: str) -> str:
    answered = client.get(f"/api/runs/{name}")
    return answered.json()["state"] if answered.status_code == 200 else ""


def test_a_training_is_stopped_and_resumed_to_the_same_bits(client, tmp_path, monkeypatch):
    data = wxb.load_data("ring", examples=400)
    whole = wxb.train(data, NETWORK, **SETTINGS, out=tmp_path / "whole")
    monkeypatch.setattr("wxb.runs.stopping.LOOK_EVERY", 0.0)
    training = wxb.training.Training(data, NETWORK, options=SETTINGS, settings=data.source, out=tmp_path / "cut")
    for record in training:
        if record.step == 20:
            post(client, "/api/runs/cut/stop")
        if training.run.asked and record.step < record.steps:
            break
    assert record.step == 20
    training.stop()
    assert state(client, "cut") == "stopped"
    wxb.resume(tmp_path / "cut", data)
    assert (tmp_path / "cut" / "weights.safetensors").read_bytes() == (whole.path / "weights.safetensors").read_bytes()


def test_a_training_of_packaged_data_is_started(client, tmp_path):
    settings = {"epochs": "1", "optimizer": "sgd"}
    begun = post(client, "/api/train", source="moons", network="FC-2-TANH, SOFTMAX", settings=settings)
    assert begun.status_code == 200, begun.text
    name = begun.json()["name"]
    until(lambda: state(client, name) == "finished")
    run = wxb.Run.open(tmp_path / name)
    assert (run.summary.network, run.settings["optimizer"], run.settings["epochs"]) == (
        "FC-2-TANH-FC-C, SOFTMAX", "sgd", 1,
    )  # fmt: skip


@pytest.mark.parametrize(
    "asked",
    [
        {"source": "/etc/passwd"},
        {"source": "cifar10"},
        {"source": "ring", "settings": {"out": "/tmp/x"}},
        {"source": "ring", "settings": {"epochs": "many"}},
        {"source": "ring", "network": "FC-1-" * 2000},
        {"source": "ring", "more": 1},
    ],
)
def test_a_training_of_anything_else_is_refused(client, tmp_path, asked):
    assert post(client, "/api/train", **asked).status_code == 400
    assert client.post("/api/train", json={"source": "ring"}).status_code == 403
    assert list(tmp_path.iterdir()) == []


def test_train_in_python_is_stopped_as_by_ctrl_c(tmp_path, monkeypatch):
    monkeypatch.setattr("wxb.runs.stopping.LOOK_EVERY", 0.0)
    noted = wxb.runs.writer.Writer.note

    def note(self, record):
        noted(self, record)
        ask_to_stop(self.path)

    monkeypatch.setattr("wxb.runs.writer.Writer.note", note)
    with pytest.raises(KeyboardInterrupt):
        wxb.train(wxb.load_data("ring", examples=400), NETWORK, epochs=5, out=tmp_path / "run")
    assert wxb.Run.open(tmp_path / "run").summary.state == "stopped"
    assert not (tmp_path / "run" / "stop").exists()


def test_a_request_from_before_the_beginning_does_not_count(tmp_path, monkeypatch):
    monkeypatch.setattr("wxb.runs.stopping.LOOK_EVERY", 0.0)
    ask_to_stop(tmp_path)
    asked = Asked(tmp_path)
    assert not asked
    ask_to_stop(tmp_path)
    assert asked


def test_a_run_is_trained_anew_with_other_settings(client, tmp_path):
    wxb.train(wxb.load_data("ring", examples=400), NETWORK, epochs=1, out=tmp_path / "ring-0000")
    answered = post(
        client, "/api/runs/ring-0000/fork", settings={"learning_rate": "0.01", "network": "FC-4-TANH, SOFTMAX"}
    )
    name = answered.json()["name"]
    assert name.startswith("ring-")
    assert name != "ring-0000"
    until(lambda: state(client, name) == "finished" or client.get(f"/api/trainings/{name}").json()["problem"] != "")
    assert client.get(f"/api/trainings/{name}").json()["problem"] == ""
    run = wxb.Run.open(tmp_path / name)
    assert run.settings["learning_rate"] == 0.01
    assert run.summary.network == "FC-4-TANH-FC-C, SOFTMAX"


@pytest.mark.parametrize(
    "settings", [{"out": "/tmp/x"}, {"data": "/etc"}, {"learning_rate": "fast"}, {"epochs": "--help"}, {"nothing": "1"}]
)
def test_settings_that_a_new_training_cannot_change_are_refused(client, tmp_path, settings):
    wxb.train(wxb.load_data("ring", examples=400), NETWORK, epochs=1, out=tmp_path / "ring-0000")
    assert post(client, "/api/runs/ring-0000/fork", settings=settings).status_code == 400
    assert [path.name for path in tmp_path.iterdir()] == ["ring-0000"]


def test_a_training_that_ends_with_a_mistake_says_it(client, tmp_path):
    wxb.train(wxb.load_data("ring", examples=400), NETWORK, epochs=1, out=tmp_path / "ring-0000")
    name = post(client, "/api/runs/ring-0000/fork", settings={"network": "--FC-x"}).json()["name"]
    until(lambda: not client.get(f"/api/trainings/{name}").json()["alive"])
    assert "error: " in client.get(f"/api/trainings/{name}").json()["problem"]


def test_a_finished_run_is_neither_stopped_nor_resumed(client, tmp_path):
    wxb.train(wxb.load_data("ring", examples=400), NETWORK, epochs=1, out=tmp_path / "ring-0000")
    assert "does not train" in post(client, "/api/runs/ring-0000/stop").json()["what"]
    assert "has finished" in post(client, "/api/runs/ring-0000/resume").json()["what"]


@pytest.mark.parametrize(
    ("code", "result", "ended", "waits"),
    [(0, {"run": "r"}, 0, True), (130, {"run": "r"}, 0, False), (143, {"run": "r"}, 143, False), (130, {}, 130, False)],
)
def test_ctrl_c_after_the_last_step_ends_the_page_once(monkeypatch, code, result, ended, waits):
    waited = []

    class Page:
        def __enter__(self):
            return self

        def __exit__(self, *exception):
            """Nothing to end."""

        def wait(self):
            waited.append(True)

    monkeypatch.setattr(following, "Beside", Page)
    monkeypatch.setattr(following, "follow", lambda *words: code)
    monkeypatch.setattr(following, "show_result", lambda training: None)
    training = types.SimpleNamespace(result=result)
    assert following.follow_to_result(training, False, True, False, page=True) == ended
    assert bool(waited) == waits


def test_a_page_beside_it_changes_no_bit_of_a_training(tmp_path):
    """The real command with `--page`, watched in the browser's stead, and without."""
    words = [sys.executable, "-m", "wxb", "train", "ring", NETWORK, "--examples", "400", "--epochs", "20", "--quiet"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(SOURCES),
        "OMP_NUM_THREADS": "1",
        "BROWSER": "true",
        "COLUMNS": "200",
    }
    subprocess.run([*words, "--out", "alone"], cwd=tmp_path, env=environment, check=True, capture_output=True)
    with subprocess.Popen(
        [*words, "--out", "watched", "--page"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background ignore it
    ) as training:  # fmt: skip
        assert training.stderr is not None
        address = next((line for line in training.stderr if line.startswith("page")), "").split()[-1]
        base, _, _ = address.partition("/runs/")
        until(lambda: httpx2.get(f"{base}/api/runs/watched", timeout=60).json()["state"] == "finished")
        assert httpx2.get(f"{base}/api/runs/watched/curves", timeout=60).json()["points"] == 20
        training.send_signal(signal.SIGINT)
        assert training.wait(30) == 0
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(base)
    weights = [(tmp_path / name / "weights.safetensors").read_bytes() for name in ("alone", "watched")]
    assert weights[0] == weights[1]
