"""The place Play of the page: runs that play, positions and the run's answers, in the server and in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.page import test_page_browser as browser
from tests.page.conftest import HOST, PORT, TOKEN
from wxb.page.folder import Folder
from wxb.page.server import app
from wxb.play.training import play

SMALL = {"steps": 6, "batch_size": 64, "threads": 1}


@pytest.fixture(scope="module")
def playing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with runs of both board games, one of them in a folder of seeds, and a damaged one."""
    runs = tmp_path_factory.mktemp("games")
    play("tictactoe", "FC-16-RELU, SOFTMAX", out=runs / "ttt", **SMALL)
    play("connect4", "FC-16-RELU, SOFTMAX", out=runs / "four" / "seed-0", **SMALL)
    (runs / "broken").mkdir()
    (runs / "broken" / "play.json").write_text("{")
    return runs


@pytest.fixture
def client(playing: Path) -> Iterator[TestClient]:
    with TestClient(app(Folder(playing), PORT, TOKEN), base_url=f"http://{HOST}") as asking:
        yield asking


def position(client: TestClient, name: str, moves: list[int]):
    return client.post(f"/api/games/{name}/position", headers={"x-wxb-token": TOKEN}, json={"moves": moves})


def test_runs_that_play_are_listed_with_their_curves(client):
    listed = {one["name"]: one for one in client.get("/api/games").json()["runs"]}
    assert set(listed) == {"ttt", "four/seed-0", "broken"}
    assert listed["broken"]["state"] == "damaged"
    assert "play.json is damaged" in listed["broken"]["problem"]
    assert listed["ttt"]["results"][0]["what"] == "first, whatever the other does"
    told = client.get("/api/games/four/seed-0").json()
    assert told["title"] == "Connect Four"
    assert [games for games, _ in told["curve"]] == [64, 384]
    assert client.get("/api/games/none").status_code == 404
    assert client.get("/api/games/..%2Fsecret").status_code == 404
    assert client.get("/api/runs").json()["runs"] == []  # they are no runs on data


def test_a_position_has_the_board_and_what_the_run_would_do(client):
    told = position(client, "ttt", [4, 0]).json()
    assert told["board"] == [[2, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert told["legal"] == [False, True, True, True, False, True, True, True, True]
    assert sum(told["likely"]) == pytest.approx(1, abs=1e-5)
    assert told["likely"][4] == 0
    won = position(client, "ttt", [0, 3, 1, 4, 2]).json()
    assert (won["over"], won["winner"], any(won["legal"])) == (True, 1, False)
    dropped = position(client, "four/seed-0", [3, 3]).json()
    assert [line[3] for line in dropped["board"]] == [0, 0, 0, 0, 2, 1]


@pytest.mark.parametrize("moves", [[0, 0], [9], [-1], [0, 3, 1, 4, 2, 5]])
def test_a_move_against_the_rules_is_refused(client, moves):
    refused = position(client, "ttt", moves)
    assert refused.status_code == 400
    assert "is not allowed" in refused.json()["what"]


def test_a_position_needs_the_token_and_a_list_of_moves(client):
    assert client.post("/api/games/ttt/position", json={"moves": []}).status_code == 403
    odd = client.post("/api/games/ttt/position", headers={"x-wxb-token": TOKEN}, json={"moves": ["a"]})
    assert (odd.status_code, odd.json()["what"]) == (400, "what was sent is not understood")


def test_a_game_of_cart_and_pole_is_sent_as_a_whole(tmp_path):
    pytest.importorskip("gymnasium")
    play("cartpole", "FC-4-TANH, SOFTMAX", steps=1, batch_size=4, out=tmp_path / "cart")
    with TestClient(app(Folder(tmp_path), PORT, TOKEN), base_url=f"http://{HOST}") as client:
        told = position(client, "cart", []).json()
    assert 5 < len(told["track"]) <= 500
    assert abs(told["track"][0][0]) <= 0.05
    assert {push for _, _, push in told["track"]} <= {0, 1}


@browser.pytestmark[1]
def test_the_page_opens_on_a_run_that_plays(playing):
    for address in browser.served(playing / "ttt"):
        assert "/play/ttt#token=" in address


# --- in a browser ---------------------------------------------------------------------------------------------------


@pytest.fixture
def window(playing: Path) -> Iterator[Any]:
    for address in browser.served(playing):
        yield from browser.opened(browser.of_list(address))


@browser.pytestmark[0]
@browser.pytestmark[1]
def test_a_person_plays_against_a_run_in_the_browser(window):
    from playwright.sync_api import expect

    window.get_by_role("link", name="Play", exact=True).click()
    window.get_by_role("link", name="ttt").click()
    expect(window.get_by_text("Your move: you play X.")).to_be_visible(timeout=60_000)
    for _ in range(5):
        window.locator("button.cell:enabled").first.click()
        expect(window.get_by_text("The run is to move.")).not_to_be_visible()
        over = window.get_by_role("status").inner_text()
        if over in ("You have won.", "The run has won.", "A draw."):
            break
    assert over in ("You have won.", "The run has won.", "A draw.")
    window.get_by_role("button", name="New game, the run begins").click()
    expect(window.get_by_text("Your move: you play O.")).to_be_visible()
    assert window.locator("button.cell:enabled").count() == 8


@browser.pytestmark[0]
@browser.pytestmark[1]
def test_the_place_is_accessible_and_fits_a_phone(window):
    from playwright.sync_api import expect

    window.set_viewport_size({"width": 360, "height": 740})
    window.goto(window.url.partition("/runs")[0] + "/play/four/seed-0")
    expect(window.get_by_text("Your move: you play X.")).to_be_visible(timeout=60_000)
    assert window.evaluate("document.documentElement.scrollWidth") <= 360
    if not browser.AXE.is_file():
        pytest.skip("axe-core is not there: npm ci in page/")
    check = browser.AXE.read_text() + ";axe.run(document).then(found => found.violations.map(one => one.id))"
    for scheme in ("light", "dark"):
        window.emulate_media(color_scheme=scheme)
        answered = window.context.new_cdp_session(window).send(
            "Runtime.evaluate", {"expression": check, "awaitPromise": True, "returnByValue": True}
        )
        assert answered["result"]["value"] == []


def test_the_address_of_a_run_that_plays_is_answered_with_where_it_is(client):
    refused = client.get("/api/runs/ttt")
    assert refused.status_code == 404
    assert "ttt plays a game" in refused.text
    assert "the place Play has it" in refused.text
    assert "there is no run" in client.get("/api/runs/tt").text
