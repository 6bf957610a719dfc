"""A run that learned without labels in the page: all that is asked of it is answered, or refused in a sentence."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

import wxb
from tests.page.conftest import HOST, PORT, TOKEN
from wxb.page.folder import Folder
from wxb.page.server import app


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    wxb.train(wxb.load_data("digits"), "CONV-4-RELU-POOL-FC-6, SELF", epochs=1, out=folder / "code")
    with TestClient(app(Folder(folder), PORT, TOKEN), base_url=f"http://{HOST}") as asking:
        yield asking


@pytest.mark.parametrize("path", ["", "/code", "/code/curves", "/code/report", "/code/network", "/code/views/maps"])
def test_what_the_page_asks_is_answered(client, path):
    assert client.get(f"/api/runs{path}").status_code == 200


def test_a_picture_is_made_again(client):
    picture = wxb.load_data("digits").examples[0].tolist()
    asked = client.post("/api/runs/code/ask?layers=1", headers={"x-wxb-token": TOKEN}, json={"values": picture})
    told = asked.json()
    assert asked.status_code == 200
    assert told["predicted"].startswith("64 numbers, mean ")
    assert len(told["answer"]["value"]) == 64
    assert told["scores"] == []
    assert [1, 8, 8] in [one["shape"] for one in told["layers"]]


def test_views_that_do_not_apply_say_so(client):
    refused = client.get("/api/runs/code/views/confusion")
    assert refused.status_code == 400
    assert "is for classes" in refused.json()["what"]
    offered = {one["name"] for one in client.get("/api/runs/code/network").json()["views"]}
    assert "reconstruction" in offered
