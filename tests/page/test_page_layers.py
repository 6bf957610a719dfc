"""All layers of a run at once, with the gradients of an example's loss."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from starlette.testclient import TestClient

import wxb
from tests.page.conftest import HOST, PORT, TOKEN
from wxb.page.folder import Folder
from wxb.page.server import app


@pytest.fixture
def trained_client(trained: Path) -> Iterator[TestClient]:
    with TestClient(app(Folder(trained), PORT, TOKEN), base_url=f"http://{HOST}") as asking:
        yield asking


def layers(client: TestClient, query: str) -> Any:
    answered = client.get(f"/api/runs/{query}")
    assert answered.status_code == 200, answered.text
    return answered.json()


def test_every_layer_has_its_maps_its_filters_and_the_gradients_of_both(trained_client, trained):
    told = layers(trained_client, "digits/layers?example=2")
    by_name = {one["name"]: one for one in told["layers"]}
    assert list(by_name) == ["1.CONV3-4", "2.RELU", "3.POOL2", "4.FC-10"]
    conv = by_name["1.CONV3-4"]
    assert np.shape(conv["values"]) == np.shape(conv["gradient"]) == (4, 8, 8)
    assert np.shape(conv["filters"]) == np.shape(conv["filter_gradients"]) == (4, 3, 3)
    assert "filters" not in by_name["4.FC-10"]

    run = wxb.Run.open(trained / "digits")
    data = run.unchanged_data()
    row = run.split.test[2]
    x, y = torch.from_numpy(data.examples[row : row + 1].astype(np.float32)), torch.tensor([int(data.targets[row])])
    scores = torch.tensor(by_name["4.FC-10"]["values"])
    expected = scores.softmax(0) - torch.nn.functional.one_hot(y[0], 10)  # of the cross-entropy
    assert torch.allclose(torch.tensor(by_name["4.FC-10"]["gradient"]), expected, atol=1e-3)
    model = run.model()
    loss = torch.nn.functional.cross_entropy(model(x), y)
    assert told["loss"] == pytest.approx(float(loss.detach()), rel=1e-4)
    (found,) = torch.autograd.grad(loss, [model.get_submodule("1.CONV3-4").weight])
    assert np.allclose(conv["filter_gradients"], found.mean(1).numpy(), atol=1e-3 * float(found.abs().max()) + 1e-6)
    step = run.snapshots[0]
    assert layers(trained_client, f"digits/layers?at={step}")["step"] == step


def test_a_table_has_its_layers_too(trained_client):
    told = layers(trained_client, "table/layers")
    assert [one["name"] for one in told["layers"]] == ["1.FC-4", "2.RELU", "3.FC-1"]
    assert all(one["change"] >= 0 for one in told["layers"] if "change" in one)


def test_an_example_that_is_not_there_is_refused(trained_client):
    answered = trained_client.get("/api/runs/digits/layers?example=999999")
    assert answered.status_code == 400
    assert "there is no example 999999" in answered.json()["what"]
    assert trained_client.get("/api/runs/digits/layers?example=-1").status_code == 400


def test_a_page_opens_on_the_run_that_was_written_last(folder):
    assert Folder(folder).newest() in ("damaged", "newer", "stopped", "finished")
    (folder / "finished" / "run.json").touch()
    assert Folder(folder).newest() == "finished"
    assert Folder(folder / "notes").newest() is None


@pytest.mark.parametrize("source", ["ring", "table"])
def test_layers_are_those_of_a_training_now(tmp_path, monkeypatch, source):
    for name in ("LOOK_EVERY", "EVERY"):
        monkeypatch.setattr(f"wxb.runs.looking.{name}", 0.0)
    monkeypatch.setattr("wxb.runs.looking.SHARE", 1e9)
    runs = tmp_path / "runs"
    runs.mkdir()
    if source == "table":
        source = tmp_path / "table.csv"
        rows = [f"{place % 7},{'red' if place % 3 else 'blue'},{'yes' if place % 2 else 'no'}" for place in range(100)]
        source.write_text("\n".join(["size,colour,sold", *rows]) + "\n")
    data = wxb.load_data(source, split="0.5,0.2,0.3", target=None if source == "ring" else "sold")
    training = wxb.training.Training(
        data, "FC-4-RELU, SOFTMAX", options={"epochs": 3}, settings=data.source, out=runs / "run"
    )
    with TestClient(app(Folder(runs), PORT, TOKEN), base_url=f"http://{HOST}") as client:

        def look() -> bool:
            return client.post("/api/runs/run/look", headers={"x-wxb-token": TOKEN}).json()["shown"]

        for record in training:
            if record.step == 1:
                assert client.get("/api/runs/run/layers").status_code == 400
                assert not look()
            if record.step == 2:
                assert look()
                told = layers(client, "run/layers?now=1")
                assert told["step"] == 2
                first = training.trial.model.get_submodule("1.FC-4").weight
                assert told["layers"][0]["change"] > 0
                assert first.shape[0] == len(told["layers"][0]["values"])
                break
        training.stop()
        assert not look()
        assert client.post("/api/runs/run/look").status_code == 403
