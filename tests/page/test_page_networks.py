"""What the page is told of a run's network, and what the network says when it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

import wxb
from tests.page.conftest import HOST, PORT, TOKEN
from wxb.page.folder import Folder
from wxb.page.server import app


@pytest.fixture
def client(trained: Path) -> Iterator[TestClient]:
    with TestClient(app(Folder(trained), PORT, TOKEN), base_url=f"http://{HOST}") as asking:
        yield asking


def ask(client: TestClient, run: str, query: str = "", **sent):
    return client.post(f"/api/runs/{run}/ask{query}", headers={"x-wxb-token": TOKEN}, **sent)


def test_the_map_has_every_layer_with_its_shape(client):
    told = client.get("/api/runs/digits/network").json()
    assert [(one["layer"], one["output"]) for one in told["nodes"]] == [
        ("input", [1, 8, 8]), ("CONV3-4-RELU", [4, 8, 8]), ("POOL2", [4, 4, 4]), ("FC-10", [10]),
    ]  # fmt: skip
    assert told["nodes"][1]["paths"] == ["1.CONV3-4", "2.RELU"]
    assert len(told["snapshots"]) == 3
    assert {"maps", "filters", "confusion"} <= {one["name"] for one in told["views"]}


@pytest.mark.parametrize("name", ["maps", "filters", "unit", "confusion"])
def test_a_view_s_arrays_are_those_of_the_room_of_views(client, trained, name):
    told = client.get(f"/api/runs/digits/views/{name}").json()
    view = getattr(wxb.views, name)(wxb.Run.open(trained / "digits"))
    assert told["title"] == view.title
    assert list(told["arrays"]) == list(view.arrays)
    for key, one in told["arrays"].items():
        if view[key].dtype.kind in "fiu":
            most = np.abs(view[key]).max() or 1
            np.testing.assert_allclose(np.array(one["values"], float), view[key], atol=1e-4 * most)


def test_a_view_at_a_snapshot_is_that_of_its_network(client, trained):
    run = wxb.Run.open(trained / "digits")
    told = client.get(f"/api/runs/digits/views/filters?at={run.snapshots[0]}&layer=1").json()
    (key,) = [name for name in told["arrays"] if "CONV" in name or name == "weights"] or list(told["arrays"])[:1]
    expected = wxb.views.filters(run.at(run.snapshots[0]), layer="1")[key]
    np.testing.assert_allclose(np.array(told["arrays"][key]["values"]), expected, atol=1e-3)


def test_a_figure_is_a_drawing_that_may_run_nothing(client):
    answered = client.get("/api/runs/digits/figures/graph")
    assert answered.headers["content-type"] == "image/svg+xml"
    assert answered.text.startswith("<svg")
    assert answered.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize(
    "path",
    ["views/maps?x=/etc/passwd", "views/curves?against=/etc", "figures/maps?layer=none", "views/nothing",
     "views/maps?example=-1", "views/maps?part=all", "views/maps?at=7777"],
)  # fmt: skip
def test_options_that_a_view_does_not_take_are_refused(client, path):
    answered = client.get(f"/api/runs/digits/{path}")
    assert answered.status_code in (400, 404)
    assert answered.json()["what"]


def test_a_picture_is_answered_as_the_run_answers_it(client, trained):
    digits = wxb.load_data("digits")
    told = ask(client, "digits", "?layers=1", json={"values": digits.examples[5].tolist()}).json()
    run = wxb.Run.open(trained / "digits")
    expected = run.predict(digits.examples[5:6])
    assert told["predicted"] == expected.classes[0]
    np.testing.assert_allclose([one for _, one in told["probabilities"]], expected.probabilities[0], rtol=1e-5)
    maps = wxb.views.maps(run, digits.examples[5:6])
    assert [one["name"] for one in told["layers"]] == [name for name in maps.arrays if name != "input"]
    for one in told["layers"]:
        most = np.abs(maps[one["name"]]).max()
        np.testing.assert_allclose(np.array(one["values"]), maps[one["name"]], atol=1e-4 * most)


def test_the_bytes_of_a_picture_are_answered(client, tmp_path):
    from PIL import Image

    picture = tmp_path / "seven.png"
    Image.fromarray(np.full((8, 8), 9, np.uint8)).save(picture)
    told = ask(client, "digits", content=picture.read_bytes()).json()
    assert told["predicted"] in [str(digit) for digit in range(10)]
    assert np.shape(told["example"]) == (1, 8, 8)


def test_a_row_that_was_typed_is_answered(client):
    told = ask(client, "table", json={"row": {"size": "3", "colour": "red"}}).json()
    assert float(told["answer"]["price"] if "price" in told["answer"] else told["predicted"])
    assert told["probabilities"] is None


@pytest.mark.parametrize(
    ("run", "sent"),
    [
        ("digits", {"content": b"no picture"}), ("digits", {"json": {"values": [[1, 2], [3]]}}),
        ("digits", {"json": {"values": [[[300] * 8] * 8]}}), ("digits", {"json": {"values": "all"}}),
        ("digits", {"json": {}}), ("table", {"json": {"row": {"size": "large"}}}),
        ("digits", {"json": {"row": {"a": "1"}}}), ("table", {"json": {"row": {"size": " ", "colour": ""}}}),
    ],
)  # fmt: skip
def test_what_is_no_example_is_refused_with_a_reason(client, run, sent):
    answered = ask(client, run, **sent)
    assert answered.status_code == 400
    assert answered.json()["what"]


def test_ink_and_paper_are_those_of_the_run_s_pictures(client):
    assert client.get("/api/runs/digits/ink").json() == {"paper": 0, "ink": 16}


def test_a_network_that_makes_its_input_again_shows_it_with_the_error(tmp_path):
    pictures = wxb.load_data("digits", split="0.5,0.2,0.3", task="reconstruction")
    wxb.train(pictures, "FC-8-TANH, SELF", epochs=1, out=tmp_path / "pictures")
    table = tmp_path / "table.csv"
    table.write_text(
        "\n".join(["size,colour", *(f"{place % 7},{'red' if place % 3 else 'blue'}" for place in range(100))])
    )
    wxb.train(wxb.load_data(table, task="reconstruction"), "FC-2-TANH, SELF", epochs=1, out=tmp_path / "table")
    with TestClient(app(Folder(tmp_path), PORT, TOKEN), base_url=f"http://{HOST}") as asking:
        example = pictures.examples[0]
        made = ask(asking, "pictures", json={"values": example.tolist()}).json()["made"]
        expected = wxb.Run.open(tmp_path / "pictures").predict(example).values[0].reshape(1, 8, 8)
        assert np.allclose(made["picture"], expected, atol=1e-3)
        assert made["error"] == pytest.approx(np.sqrt(np.mean((expected - example) ** 2)), rel=1e-3)
        assert made["usual"] > 0
        of_row = ask(asking, "table", json={"row": {"size": "3", "colour": "red"}}).json()["made"]
        assert [(name, given) for name, given, _ in of_row["features"]] == [
            ("size", 3), ("colour=blue", 0), ("colour=red", 1),
        ]  # fmt: skip
        assert "made" in ask(asking, "pictures", "?layers=1", json={"values": example.tolist()}).json()


@pytest.fixture(scope="module")
def of_words(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A page on a run whose words get tags, and on one of a folder of texts."""
    place = tmp_path_factory.mktemp("words")
    for name, word in (("spam", "prize"), ("ham", "dinner")):
        (place / "letters" / name).mkdir(parents=True)
        for number in range(40):
            text = f"the {word} is {number}"
            (place / "letters" / name / f"{number}.txt").write_text(text)
    runs = place / "runs"
    names = wxb.load_data("names", examples=60)
    wxb.train(names, "EMBED-4, TAGS", epochs=1, out=runs / "names")
    wxb.train(wxb.load_data(place / "letters"), "EMBED-4-GMP, SOFTMAX", epochs=1, out=runs / "letters")
    with TestClient(app(Folder(runs), PORT, TOKEN), base_url=f"http://{HOST}") as asking:
        yield asking


def test_each_word_of_a_sentence_gets_a_tag(of_words):
    told = of_words.get("/api/runs/names/network").json()
    assert told["sentences"] is True
    for sent in ({"sentence": " Anna  went to\tOslo. "}, {"row": {"word": "Anna went to Oslo ."}}):
        answered = ask(of_words, "names", json=sent).json()
        assert [word for word, _, _ in answered["tags"]] == ["Anna", "went", "to", "Oslo", "."]
        assert all(isinstance(tag, str) and 0 <= probability <= 1 for _, tag, probability in answered["tags"])
    empty = ask(of_words, "names", json={"sentence": "  "})
    assert (empty.status_code, empty.json()["what"]) == (400, "no word is given")


def test_a_folder_of_texts_that_were_read_as_words_is_read_so_again(of_words):
    told = of_words.get("/api/runs/letters/network").json()
    assert (told["columns"], told["texts"], told["sentences"]) == (["text"], ["text"], False)
    assert of_words.get("/api/runs/letters/layers?example=0").status_code == 200
    assert of_words.get("/api/runs/letters/figures/confusion").status_code == 200
    answered = ask(of_words, "letters", json={"row": {"text": "the prize is 3"}}).json()
    assert answered["predicted"] in ("spam", "ham")
    assert of_words.get("/api/runs/letters").json()["data_facts"]["kind"] == "sentences"
