"""A run as one HTML file: what it holds, and that the network in it says what wxb says, in a real browser."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import wxb
from benchmarks.page.browser import browsing
from tests.page.test_page_browser import pytestmark  # noqa: F401
from wxb.errors import WxbError
from wxb.network.build import build
from wxb.page.export.html import drawn, html, in_script
from wxb.page.export.program import Program
from wxb.views.gallery.graph import planned

MOST = 1e-4  # how far an answer may be from Python's

# every operation that a layer of the notation may become
NETWORKS = [
    ("FC-8-RELU-DROP(0.5)-FC-6-TANH-FC-4b0-BN-SIGMOID, SOFTMAX", (7,)),
    ("FC-8-GELU-FC-8-SILU-FC-8-ELU(0.5)-FC-6-LEAKY(0.2), SVM", (7,)),
    ("FC-6-MAXOUT3-FC-C, EUCLID", (5,)),
    ("POLAR-FC-4-RELU, SOFTMAX", (2,)),
    ("POLY-5-FC-4-RELU, SOFTMAX", (3,)),
    ("PIXELS-FC-4-RELU, SOFTMAX", (3, 6, 5)),
    ("CONV5-6-BN-RELU-POOL-CONV3-8/2-TANH-AVGPOOL3-FC-9-RELU, SOFTMAX", (1, 28, 28)),
    ("CONV3x5-4-RELU-CONV3-8d2-LRN-POOL3/2c-CONV1-8g2-RELU-AVGPOOL3/2p1-GAP, SOFTMAX", (3, 16, 20)),
    ("CONV3-4-MAXOUT2-POOL2c-FC-C, SOFTMAX", (1, 9, 9)),
    ("CONV3-4-RELU-RES(CONV3-4-BN-RELU-CONV3-4)(0.8)-RES(CONV3-8/2-RELU-CONV3-8, PAD)-GAP, SOFTMAX", (3, 9, 8)),
    ("RES(CONV3-6-RELU, CONV1-6)-CAT(CONV1-2, CONV3-3-RELU, POOL3/1p1)-FC-C, SOFTMAX", (2, 6, 6)),
    ("TEAM-3(FC-8-RELU-FC-8-RELU), SOFTMAX", (4,)),
    ("TEAM-2x3(FC-8-RELU), SIGMOIDS", (4,)),
    ("TEAM-2(CONV3-4-RELU-GAP), SVM", (2, 6, 6)),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as launched:
        yield launched


def opened(browser: Any, path: Path) -> Any:
    """The file in a window, in which nothing may go wrong and from which nothing may be asked."""
    window = browser.new_page()
    wrong: list[str] = []
    window.on("console", lambda message: wrong.append(message.text))
    window.on("pageerror", lambda problem: wrong.append(str(problem)))
    window.on("request", lambda asked: wrong.append(asked.url) if asked.url.startswith("http") else None)
    window.goto(path.as_uri())
    window.wrong = wrong
    return window


def shaken(model: Any) -> Any:
    """The model with numbers in all that training would have moved."""
    torch.manual_seed(0)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(
                    torch.rand_like(tensor) + 0.5 if "var" in name or "std" in name else torch.randn_like(tensor) / 3
                )
    return model.eval()


@pytest.mark.parametrize(("text", "shape"), NETWORKS, ids=[text for text, _ in NETWORKS])
def test_every_operation_gives_the_scores_of_the_network(browser, tmp_path, text, shape):
    model = shaken(build(text, input_shape=shape, outputs=4))
    held = {
        "task": "classification", "head": model.plan.head, "classes": list("abcd"), "kind": "numbers", "input": shape,
        "bytes": False, "ink": {"paper": 0, "ink": 1}, "columns": [], "encoding": None, "decision": None,
        "offsets": [0] * 4, "examples": [], "program": Program(model).plain,
    }  # fmt: skip
    from wxb.page.export.html import _script

    page = tmp_path / "network.html"
    page.write_text(
        f'<meta charset="utf-8"><script type="application/json" id="wxb-network">{in_script(held)}</script>'
        f'<div id="wxb-try"></div><script>{_script()}</script>'
    )
    x = np.random.default_rng(0).standard_normal((3, *shape)).astype(np.float32)
    with torch.no_grad():
        expected = model(torch.from_numpy(x)).numpy()
    window = opened(browser, page)
    found = window.evaluate("xs => xs.map(x => wxb.scores(x))", x.reshape(3, -1).tolist())
    assert window.wrong == []
    window.close()
    assert np.abs(np.array(found) - expected).max() < MOST * max(1, np.abs(expected).max())


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs on pictures, on a table of numbers, texts and dates, on points, and one that a browser cannot compute."""
    folder = tmp_path_factory.mktemp("runs")
    digits = wxb.load_data("digits", split="0.3,0.1,0.6")
    wxb.train(digits, "CONV3-4-BN-RELU-POOL-FC-C, SOFTMAX", epochs=2, out=folder / "digits", precision="float32")
    wxb.train(digits, "HIST, SOFTMAX", epochs=1, out=folder / "hist")
    table = folder / "table.csv"
    rows = []
    for place in range(300):
        size, colour = place % 7 if place % 5 else "", "<b>red" if place % 3 else "blue"
        rows.append(f"{size},{colour},2024-0{place % 9 + 1}-11,{place % 7 + 10 * (place % 3)}")
    table.write_text("\n".join(["size,colour,day,price", *rows]) + "\n")
    wxb.train(wxb.load_data(table, target="price"), "FC-8-BN-RELU, EUCLID", epochs=2, out=folder / "table")
    wxb.train(wxb.load_data("ring", examples=300), "FC-8-RELU, SVM", epochs=1, out=folder / "ring")
    return folder


@pytest.mark.parametrize("name", ["digits", "table", "ring"])
def test_the_file_answers_as_the_run_does(browser, runs, tmp_path, name):
    run = wxb.Run.open(runs / name)
    text, why = html(run)
    assert why == ""
    page = tmp_path / "run.html"
    page.write_text(text)
    data = run.unchanged_data()
    rows = run.split.test[:20]
    values = np.asarray(data.examples[rows])
    with torch.no_grad():
        expected = run.model()(torch.from_numpy(values)).double().numpy()
    window = opened(browser, page)
    plain = [[None if value != value else value for value in row.ravel().tolist()] for row in values]
    found = np.array(window.evaluate("xs => xs.map(x => wxb.scores(x))", plain))
    assert np.abs(found - expected).max() < MOST * max(1, np.abs(expected).max())
    window.get_by_role("button", name="test example 0").first.click()
    assert window.locator(".predicted").inner_text().strip() != ""
    if name == "table":
        window.get_by_label("size").fill("3")
        window.get_by_label("colour").select_option("<b>red")
        window.get_by_label("day").fill("2024-03-11")
        window.get_by_role("button", name="Ask").click()
        frame = "size,colour,day\n3,<b>red,2024-03-11\n"
        (tmp_path / "row.csv").write_text(frame)
        said = float(run.predict(tmp_path / "row.csv").values[0, 0])
        assert float(window.locator(".predicted").inner_text()) == pytest.approx(said, rel=1e-3)
        window.get_by_label("size").fill("three")
        window.get_by_label("day").fill("soon")
        window.get_by_role("button", name="Ask").click()
        first, second = window.locator(".wrong p").all_inner_texts()
        assert first.startswith("size: “three” is no number; expected a number, such as 1.5")
        assert second.startswith("day: “soon” is no date; expected a date, such as 2026-11-30")
    if name == "digits":
        box = window.get_by_label("pad to draw on").bounding_box()
        window.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.2 * box["height"])
        window.mouse.down()
        window.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.8 * box["height"], steps=4)
        window.mouse.up()
        shares = window.locator(".bars .number").all_inner_texts()
        assert sum(float(share.removesuffix(" %")) for share in shares) == pytest.approx(100, abs=0.6)
    assert window.wrong == []
    window.close()


def test_a_network_that_a_browser_cannot_compute_is_left_out_and_said(runs):
    text, why = html(wxb.Run.open(runs / "hist"))
    assert why == "1.HIST is computed by wxb only, not in a browser"
    assert why in text
    assert "<script" not in text
    assert 'aria-label="the layers of the network"' in text


def test_a_run_that_has_not_finished_is_not_exported(folder):
    with pytest.raises(WxbError, match="report"):
        html(wxb.Run.open(folder / "stopped"))


def test_no_text_ends_the_script_that_holds_it():
    held = in_script({"classes": ["</script><script>alert(1)</script>"]})
    assert "<" not in held
    assert json.loads(held)["classes"] == ["</script><script>alert(1)</script>"]


def test_the_graph_joins_what_is_joined():
    plan = build("CONV-4-RELU-RES(CONV-4-RELU-CONV-4)-GAP, SOFTMAX", input_shape=(3, 8, 8), outputs=2).plan
    shown = drawn(planned(plan))
    assert shown.count("<circle") == len(planned(plan))
    assert shown.count("<path") == 1


def test_the_command_writes_the_file(runs, tmp_path):
    words = [sys.executable, "-m", "wxb", "export", str(runs / "ring"), "html", "--out", "ring.html", "--json"]
    told = subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert json.loads(told)["why_not_tried"] is None
    assert (tmp_path / "ring.html").stat().st_size == json.loads(told)["bytes"]


def test_a_run_that_learned_its_own_input_is_exported_without_its_network(tmp_path):
    run = wxb.train(wxb.load_data("digits", task="reconstruction"), "FC-8, SELF", epochs=1, out=tmp_path / "run")
    text, why = html(run)
    assert why.startswith("it gives its input again")
    assert 'id="wxb-network"' not in text
