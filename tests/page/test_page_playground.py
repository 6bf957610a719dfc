"""The playground: a training that is watched and changed, and the run that repeats it to the last bit."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import wxb
from tests.page.conftest import HOST, PORT, TOKEN
from tests.page.test_page_trainings import until
from wxb.cli.main import main
from wxb.errors import WxbError
from wxb.page.folder import Folder
from wxb.page.live import Live, Told, obey
from wxb.page.play import Play
from wxb.page.playground import Playing
from wxb.page.server import app

SETTINGS: dict[str, Any] = {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 16}
RING = Play(examples=60, network="FC-4-RELU-FC-2-TANH, SOFTMAX", settings=SETTINGS)
BLOBS = [
    (float(x), float(y), name) for name, at in (("a", 0.0), ("b, c", 6.0)) for x in range(4) for y in np.arange(4) + at
]
DRAWN = Play(data="points", points=BLOBS, network="FC-3-RELU, SVM", settings=SETTINGS)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(app(Folder(tmp_path), PORT, TOKEN), base_url=f"http://{HOST}") as asking:
        yield asking


def post(client: TestClient, path: str, body: Any):
    return client.post(path, json=json.loads(json.dumps(body)), headers={"x-wxb-token": TOKEN})


def as_json(play: Play) -> dict[str, Any]:
    return {name: getattr(play, name) for name in play.__struct_fields__}


@pytest.mark.parametrize("play", [RING, DRAWN], ids=["toy", "points"])
def test_what_was_played_and_changed_becomes_a_run_of_the_same_bits(client, tmp_path, play):
    live = Live()
    live.begin(play, tmp_path / "points")
    for step in range(1, 18):
        live.step()
        if step == 5:
            live.change("learning_rate", 0.003)
        if step == 9:
            live.change("l2", 0.01)
    frame = live.frame(0.0)
    assert (frame["step"], len(frame["events"])) == (17, 2)
    saved = post(client, "/api/playground/save", {"play": as_json(play), "steps": 17, "events": frame["events"]})
    assert saved.status_code == 200, saved.text
    name = saved.json()["name"]
    until(lambda: client.get(f"/api/runs/{name}").json().get("state") == "finished" or told(client, name) != "")
    assert told(client, name) == ""
    run = wxb.Run.open(tmp_path / name)
    for path, tensor in live.model.state_dict().items():
        assert np.array_equal(tensor.numpy(), run.model().state_dict()[path].numpy()), path
    assert run.settings["events"][1]["setting"] == "l2"


def told(client: TestClient, name: str) -> str:
    return client.get(f"/api/trainings/{name}").json().get("problem", "")


def test_the_line_to_type_trains_the_same_bits(tmp_path, monkeypatch):
    live = Live()
    line = live.begin(RING, tmp_path)["line"]
    for _ in range(12):
        live.step()
    monkeypatch.chdir(tmp_path)
    words = [*shlex.split(line)[1:], "--steps", "12", "--out", "run", "--quiet"]
    assert main(words) == 0
    for path, tensor in live.model.state_dict().items():
        assert np.array_equal(tensor.numpy(), wxb.Run.open("run").model().state_dict()[path].numpy()), path


def test_a_frame_has_the_regions_the_units_and_the_bent_plane(tmp_path):
    live = Live()
    begun = live.begin(RING, tmp_path)
    assert begun["classes"] == ["ring", "rest"]
    assert len(begun["points"]) == len(begun["labels"]) == len(begun["parts"]) == 60
    live.grid = 20
    frame = live.frame(0.0)
    assert len(frame["answers"]) == len(frame["sure"]) == 4 * -(-400 // 3)
    assert [one["count"] for one in frame["layers"]] == [4, 2, 2]
    hidden = frame["layers"][1]
    assert (len(hidden["lines"]), len(hidden["examples"])) == (17**2, 60)
    assert "lines" not in frame["layers"][2]  # the scores


def test_the_regions_are_what_the_network_says(tmp_path):
    live = Live()
    live.begin(DRAWN, tmp_path)
    for _ in range(200):
        live.step()
    live.grid = 50
    answers, _ = live._regions()
    left, right, bottom, top = live.box
    for x, y, name in BLOBS:
        row = round((top - y) / (top - bottom) * 49)
        column = round((x - left) / (right - left) * 49)
        assert live.data.classes[answers.reshape(50, 50)[row, column]] == name


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"data": "/etc/passwd"}, "is not for the playground"),
        ({"data": "sine"}, "is not for the playground"),
        ({"settings": {"device": "cuda"}}, "is no setting of the playground"),
        ({"settings": {"learning_rate": "fast"}}, "learning_rate"),
        ({"data": "points"}, "the points have 0 classes"),
        ({"data": "points", "points": [(0.0, 0.0, "a"), (1.0, 1.0, "b")]}, "there are 2 points"),
        ({"examples": 10**9}, "examples"),
        ({"network": "FC-1-" * 2000}, "characters"),
    ],
)
def test_what_cannot_be_played_is_refused(changes, what):
    play = Play(**{**as_json(RING), **changes})
    with pytest.raises(WxbError, match=what):
        play.checked()


def test_a_text_is_explained_while_it_is_written(client):
    found = client.get("/api/notation", params={"text": "FC-4-TANH, SVM", "input": "2", "outputs": "3"}).json()
    assert (found["head"], found["parameters"]) == ("SVM", 4 * 3 + 3 * 5)
    assert "nn.Linear(2, 4)" in found["pytorch"]
    wrong = client.get("/api/notation", params={"text": "FC-4-TAHN, SVM"})
    assert wrong.status_code == 200
    mistake = wrong.json()["mistake"]
    line, caret = mistake["expected"].splitlines()[:2]
    assert line[caret.index("^") : caret.rindex("^") + 1] == "TAHN"
    assert mistake["fix"] == "FC-4-TANH, SVM"


@pytest.mark.parametrize("query", [{"outputs": "-1"}, {"input": "2xx"}, {"outputs": "9" * 30}])
def test_sizes_that_are_none_are_refused(client, query):
    assert client.get("/api/notation", params={"text": "FC-4-TANH, SVM", **query}).status_code == 400


def test_nothing_is_opened_or_saved_without_the_token(client, tmp_path):
    for path in ("open", "save", "x/begin", "x/do"):
        assert client.post(f"/api/playground/{path}", json={}).status_code == 403
    assert list(tmp_path.iterdir()) == []
    assert post(client, "/api/playground/x/do", {"do": "run"}).status_code == 404


def test_a_process_trains_pauses_and_ends_with_the_page(tmp_path):
    one = Playing(tmp_path)
    try:
        one.tell(do="begin", play=as_json(RING), folder=str(tmp_path))
        one.tell(do="run")
        until(lambda: b'"step":0,' not in (one.frame or b'"step":0,'))
        one.tell(do="change", setting="l1", value=0.01)
        one.tell(do="begin", play={**as_json(RING), "network": "FC-x, SOFTMAX"}, folder=str(tmp_path))
        until(lambda: one.mistake != b"")
        assert "X is not a variable" in json.loads(one.mistake)["what"]
        assert one.alive
        one.tell(do="begin", play=as_json(RING), folder=str(tmp_path))
        until(lambda: one.mistake == b"" and one.frame != b"")
        assert json.loads(one.frame)["step"] == 0
    finally:
        assert one._process.stdin is not None
        one._process.stdin.close()
        until(lambda: not one.alive)
    with pytest.raises(WxbError, match="has ended"):
        one.tell(do="run")


def test_a_training_that_breaks_down_says_so(tmp_path):
    live = Live()
    live.begin(
        Play(examples=60, network="FC-4-RELU, EUCLID", settings={"optimizer": "sgd", "learning_rate": 900.0}), tmp_path
    )
    live.running = True
    for _ in range(2000):
        live.step()
        if live.ended:
            break
    assert "no finite number" in live.ended
    assert not live.running
    assert live.frame(0.0)["ended"] == live.ended
    assert obey(live, Told(do="run"))
    assert not live.running
