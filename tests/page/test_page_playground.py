"""The playground: a training that is watched and changed, and the run that repeats it to the last bit."""

from __future__ import annotations

import base64
import json
import math
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
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
SINE = Play(data="sine", examples=60, network="FC-4-TANH, EUCLID", settings=SETTINGS)
BLOBS = [
    (float(x), float(y), name) for name, at in (("a", 0.0), ("b, c", 6.0)) for x in range(4) for y in np.arange(4) + at
]
HILL = Play(
    data="points", form="heights", network="FC-4-TANH, EUCLID", settings=SETTINGS,
    points=[(float(x), float(y), f"{x * y / 9:.6g}") for x in range(6) for y in range(6)],
)  # fmt: skip
WAVE = Play(
    data="points", form="curve", columns=("time", "level"), network="FC-4-TANH, EUCLID", settings=SETTINGS,
    points=[(x / 6, float(f"{np.sin(x / 6):.6g}"), "") for x in range(40)],
)  # fmt: skip
DRAWN = Play(data="points", points=BLOBS, network="FC-3-RELU, SVM", settings=SETTINGS)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(app(Folder(tmp_path), PORT, TOKEN), base_url=f"http://{HOST}") as asking:
        yield asking


def post(client: TestClient, path: str, body: Any):
    return client.post(path, json=json.loads(json.dumps(body)), headers={"x-wxb-token": TOKEN})


def as_json(play: Play) -> dict[str, Any]:
    return {name: getattr(play, name) for name in play.__struct_fields__}


@pytest.mark.parametrize("play", [RING, DRAWN, HILL, WAVE], ids=["toy", "points", "heights", "curve"])
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
    answers = np.frombuffer(base64.b64decode(live._answers()["answers"]), np.uint8)
    left, right, bottom, top = live.box
    for x, y, name in BLOBS:
        row = round((top - y) / (top - bottom) * 49)
        column = round((x - left) / (right - left) * 49)
        assert live.data.classes[answers.reshape(50, 50)[row, column]] == name


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"data": "/etc/passwd"}, "is not for the playground"),
        ({"data": "iris"}, "is not for the playground"),
        ({"data": "points", "form": "song"}, "is no form of points"),
        ({"data": "points", "form": "heights", "points": [(0.0, 0.0, "high")] * 20}, "is no finite number"),
        ({"data": "points", "form": "curve", "points": [(0.0, 0.0, "")] * 20, "columns": ("x", "x")}, "the same name"),
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
    found = client.get("/api/notation", params={"text": "FC-4-TANH, SVM", "outputs": "3"}).json()
    assert (found["head"], found["parameters"]) == ("SVM", 4 * 3 + 3 * 5)
    assert "nn.Linear(2, 4)" in found["pytorch"]
    wrong = client.get("/api/notation", params={"text": "FC-4-TAHN, SVM"})
    assert wrong.status_code == 200
    mistake = wrong.json()["mistake"]
    line, caret = mistake["expected"].splitlines()[:2]
    assert line[caret.index("^") : caret.rindex("^") + 1] == "TAHN"
    assert mistake["fix"] == "FC-4-TANH, SVM"
    assert mistake["places"] == [[5, 9]]


@pytest.mark.parametrize(("form", "head"), [("classes", "SELF"), ("classes", "sigmoids"), ("curve", "SOFTMAX")])
def test_a_head_that_cannot_learn_the_data_is_a_mistake_with_its_place(client, form, head):
    text = f"FC-4-TANH, {head}"
    mistake = client.get("/api/notation", params={"text": text, "form": form}).json()["mistake"]
    assert f"{head.upper()} does not fit the data" in mistake["what"]
    assert [text[slice(*place)] for place in mistake["places"]] == [head]
    with pytest.raises(WxbError, match="does not fit the data"):
        Live().begin(
            Play(**{**as_json(RING), "data": "ring" if form == "classes" else "sine", "network": text}), Path()
        )


@pytest.mark.parametrize("query", [{"outputs": "-1"}, {"form": "2xx"}, {"outputs": "9" * 30}])
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


@pytest.mark.parametrize("play", [SINE, HILL, WAVE], ids=["sine", "heights", "curve"])
def test_numbers_are_told_as_the_network_predicts_them(tmp_path, play):
    live = Live()
    begun = live.begin(play, tmp_path)
    assert (begun["form"], begun["measure"]["title"]) == (play.shape.name, "root mean squared error")
    for _ in range(20):
        live.step()
    live.grid = 10
    frame = live.frame(0.0)
    said = np.frombuffer(base64.b64decode(frame["heights"]), np.float32)
    rows, columns = live.form.grid(10)
    assert said.shape == (rows * columns,)
    with torch.no_grad():
        expected = live.model.eval()(torch.from_numpy(live.form.inputs(live.box, rows, columns)).float())
    assert np.allclose(said, expected[:, 0].numpy(), atol=1e-4)
    assert len(frame["layers"][0]["units"]) == 4 * math.ceil(4 * math.prod(begun["small"]) / 3)


def drawn_surface(live: Live, plane: str) -> dict[str, Any]:
    obey(live, Told(do="surface", setting=plane))
    while live.computes:
        found = live.surface.work(1.0, running=False)
        if found is not None:
            return found
    raise AssertionError(live.surface.why)


def loss_now(live: Live) -> float:
    """Of the examples that a surface looks at."""
    with torch.no_grad():
        scores = live.model.eval().after_preparation(live.surface.inputs)
        return float(live.model.head.loss(scores, live.surface.targets).mean())


@pytest.mark.parametrize("play", [RING, SINE, HILL], ids=["classes", "curve", "heights"])
def test_the_path_lies_on_its_loss_surface(tmp_path, play):
    live = Live()
    live.begin(play, tmp_path)
    assert live.surface.path() == []
    for _ in range(30):
        live.step()
        live.frame(0.0)
    found = drawn_surface(live, "path")
    path = live.frame(0.0)["path"]
    assert [step for step, _, _ in path] == list(range(31))
    assert path[-1][1:] == [0, 0]
    assert all(found[axis][0] < one[place] < found[axis][1] for one in path for place, axis in ((1, "x"), (2, "y")))
    xs, ys = (np.linspace(*found[axis], found["side"]) for axis in "xy")
    row, column = np.abs(ys).argmin(), np.abs(xs).argmin()
    assert found["losses"][row][column] == pytest.approx(loss_now(live), rel=0.2)
    before = live.model.state_dict()
    assert found["losses"] == drawn_surface(live, "path")["losses"]
    assert all(torch.equal(before[name], value) for name, value in live.model.state_dict().items())


def test_a_surface_over_two_weights_is_read_by_their_values(tmp_path):
    live = Live()
    first, second = live.begin(RING, tmp_path)["weights"][:2]
    for _ in range(10):
        live.step()
        live.frame(0.0)
    found = drawn_surface(live, f"{second} {first}")
    assert found["names"] == (second, first)
    weight = live.model.get_parameter(first.partition("[")[0]).detach()[0]
    assert live.surface.path()[-1][1:] == pytest.approx([float(weight[1]), float(weight[0])], rel=1e-4)
    with pytest.raises(WxbError, match="is no weight"):
        obey(live, Told(do="surface", setting="a[0] b[0]"))


def test_a_path_of_one_place_has_no_surface_and_says_why(tmp_path):
    live = Live()
    live.begin(RING, tmp_path)
    obey(live, Told(do="surface", setting="path"))
    assert live.surface.work(1.0, running=False) is None
    assert not live.computes
    assert "after a few more steps" in live.frame(0.0)["why"]
