"""The page in a browser: it opens on the runs, shows a run that trains, and follows it."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.page.browser import CHROMIUM, browsing
from tests.runs.small import Epoch
from wxb.page import built

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "page" / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium"),
    pytest.mark.skipif(not (built.FOLDER / built.INDEX).is_file(), reason="the page is not built: pip install -e ."),
]


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """The address that `wxb page` prints for the folder."""
    yield from served(folder)


def served(folder: Path, *program: str) -> Iterator[str]:
    """The address of a page on a folder, which ends when the test does; `program` is what Python runs, else wxb."""
    words = [sys.executable, *(program or ("-m", "wxb")), "page", str(folder), "--no-browser", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()[-1]
        server.terminate()


@pytest.fixture
def window(address: str) -> Iterator[Any]:
    """A window of the browser with the list of runs, in which nothing may go wrong."""
    yield from opened(of_list(address))


@pytest.fixture
def window_of_trained(trained: Path) -> Iterator[Any]:
    """The same, of a folder with trained networks."""
    for address in served(trained):
        yield from opened(of_list(address))


def of_list(address: str) -> str:
    """The address of the list in place of that of the newest run."""
    place, _, token = address.partition("#")
    return f"{place.partition('/runs')[0]}/runs#{token}"


def opened(address: str) -> Iterator[Any]:
    wrong: list[str] = []
    with browsing() as browser:
        page = browser.new_page()
        page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda problem: wrong.append(str(problem)))
        page.on("request", lambda request: wrong.append(request.url) if "127.0.0.1" not in request.url else None)
        page.wrong = wrong
        page.goto(address)
        yield page
    assert wrong == []


def test_a_run_is_opened_from_the_list_and_followed_while_it_trains(window, running):
    from playwright.sync_api import expect

    window.get_by_role("link", name="running").click()
    expect(window.get_by_role("heading", level=1)).to_have_text("running")
    plot = window.get_by_role("img", name="loss over 1 points")
    expect(plot).to_be_visible()
    running.note(Epoch(2))
    expect(window.get_by_role("img", name="loss over 2 points")).to_be_visible(timeout=30_000)
    assert "token" not in window.url


def test_the_keyboard_begins_at_the_top_of_a_run_and_the_chosen_tab_is_in_sight(window):
    window.set_viewport_size({"width": 380, "height": 800})
    window.goto(window.url.replace("/runs", "/runs/finished?show=settings"))
    tab = window.get_by_role("link", name="Data and settings")
    tab.wait_for()
    box = tab.bounding_box()
    assert box["x"] + box["width"] <= 380
    window.keyboard.press("Tab")
    assert window.evaluate("document.activeElement.innerText") == "To the content"


def test_a_comparison_of_nothing_says_what_to_do(window):
    from playwright.sync_api import expect

    window.goto(window.url.replace("/runs", "/compare"))
    expect(window.locator("main")).to_contain_text("Choose two runs or more in the list of runs to compare them.")


def test_a_run_of_a_newer_version_says_so(window):
    from playwright.sync_api import expect

    window.get_by_role("link", name="newer").click()
    expect(window.get_by_role("alert")).to_contain_text("was made by a newer wxb")
    expect(window.get_by_role("alert")).to_contain_text("pip install --upgrade wxb")


def test_what_the_pen_draws_is_answered_with_every_layer_s_maps(window_of_trained):
    from playwright.sync_api import expect

    window = window_of_trained
    window.get_by_role("link", name="Draw").click()
    box = window.get_by_label("pad to draw on").bounding_box()
    window.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.1 * box["height"])
    window.mouse.down()
    window.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.9 * box["height"], steps=5)
    window.mouse.up()
    for layer in ("1.CONV3-4", "2.RELU", "3.POOL2"):
        expect(window.get_by_role("img", name=f"maps of {layer}")).to_be_visible(timeout=150_000)
    shares = [float(text.removesuffix(" %")) for text in window.locator("td.value").all_inner_texts()]
    assert len(shares) == 10
    assert sum(shares) == pytest.approx(100, abs=0.6)


def test_a_layer_of_the_map_opens_its_view_and_the_address_holds_it(window_of_trained):
    from playwright.sync_api import expect

    window = window_of_trained
    window.get_by_role("link", name="digits").click()
    window.get_by_role("link", name="Network").click()
    window.get_by_role("button", name="CONV3-4-RELU").click()
    expect(window.get_by_role("img", name="2.RELU, 4x8x8")).to_be_visible(timeout=150_000)
    window.locator("section[aria-label=View] select").first.select_option("filters")
    expect(window.get_by_role("img", name="weights, 4x1x3x3")).to_be_visible(timeout=150_000)
    window.reload()
    expect(window.get_by_role("img", name="weights, 4x1x3x3")).to_be_visible(timeout=150_000)


def test_all_layers_of_a_run_are_shown_for_a_chosen_example(window_of_trained):
    from playwright.sync_api import expect

    window = window_of_trained
    window.get_by_role("link", name="digits").click()
    window.get_by_role("link", name="Layers").click()
    for name in ("maps of 1.CONV3-4", "gradients of 2.RELU", "filters of 1.CONV3-4", "filter gradients of 1.CONV3-4"):
        expect(window.get_by_role("img", name=name, exact=True)).to_be_visible(timeout=150_000)
    before = window.locator(".controls").inner_text()
    window.get_by_label("test example").fill("3")
    window.get_by_label("test example").blur()
    expect(window.locator(".controls")).not_to_have_text(before, timeout=60_000)
    expect(window).to_have_url(re.compile("show=layers.*example=3|example=3.*show=layers"))
    assert violations(window) == []
    window.get_by_label("test example").fill("99999")
    window.get_by_label("test example").blur()
    expect(window.get_by_role("alert")).to_contain_text("there is no example 99999")
    window.wrong.clear()  # the browser tells of the request that was refused


def test_a_run_is_named_deleted_and_brought_back(window):
    from playwright.sync_api import expect

    window.get_by_role("link", name="finished").click()
    window.get_by_role("button", name="name, tags, note").click()
    window.get_by_label("name").fill("<script>alert(1)</script>")
    window.get_by_label("tags").fill("small, first")
    window.get_by_role("button", name="Save").click()
    expect(window.get_by_role("heading", level=1)).to_have_text("<script>alert(1)</script>")
    window.get_by_role("link", name="Runs", exact=True).first.click()
    window.get_by_label("choose <script>").check()
    window.get_by_role("button", name="delete").click()
    window.get_by_role("button", name="bring back finished").click()
    expect(window.get_by_role("link", name="<script>alert(1)</script>")).to_be_visible()


PLACES = (
    "/runs",
    "/runs/finished",
    "/runs/finished?show=settings",
    "/runs/newer",
    "/compare?run=finished&run=stopped",
    "/playground",
)


def violations(window: Any) -> list[str]:
    """What axe-core finds wrong; nothing where it is not installed."""
    if not AXE.is_file():
        return []
    check = AXE.read_text() + ";axe.run(document).then(found => found.violations.map(one => one.id))"
    told = window.context.new_cdp_session(window).send(
        "Runtime.evaluate", {"expression": check, "awaitPromise": True, "returnByValue": True}
    )
    return told["result"]["value"]


def test_axe_finds_nothing(window):
    if not AXE.is_file():
        pytest.skip("axe-core is not there: npm ci in page/")
    base = window.url.partition("/runs")[0]
    found = {}
    for scheme, path in itertools.product(("light", "dark"), PLACES):
        window.emulate_media(color_scheme=scheme)
        window.goto(base + path)
        window.wait_for_selector("h1")
        window.wait_for_timeout(400)
        found[scheme, path] = violations(window)
    assert {place: violations for place, violations in found.items() if violations} == {}


def test_the_playground_reads_the_network_trains_it_and_makes_a_run(window, folder):
    from playwright.sync_api import expect

    window.get_by_role("link", name="Playground").click()
    window.get_by_role("spinbutton", name="points").fill("100")
    window.get_by_role("textbox", name="network").fill("FC-4-TAHN, SOFTMAX")
    expect(window.get_by_role("alert")).to_contain_text("TAHN is not a layer")
    assert "^^^^" in window.get_by_role("alert").inner_text()
    assert window.locator(".cm-lintRange-error").inner_text() == "TAHN"
    box = window.get_by_role("textbox", name="network")
    box.fill("FC-4-TANH, SELF")
    expect(window.get_by_role("alert")).to_contain_text("SELF does not fit the data")
    box.fill("FC-4-")
    box.press_sequentially("TA")
    expect(window.get_by_role("option", name="TANH", exact=True)).to_be_visible()
    box.fill("FC-4-TAHN, SOFTMAX")
    expect(window.get_by_role("alert")).to_contain_text("TAHN is not a layer")
    window.get_by_role("button", name="use").click()
    expect(window).to_have_url(re.compile("network=FC-4-TANH"))
    train = window.get_by_role("button", name="Train", exact=True)
    expect(train).to_be_enabled(timeout=60_000)
    train.click()
    expect(window.get_by_role("img", name="loss of training and validation by step")).to_be_visible(timeout=60_000)
    surface = window.get_by_role("region", name="Loss surface")
    expect(surface.get_by_role("img", name="with the path of the training")).to_be_visible(timeout=60_000)
    surface.get_by_label("plane").select_option("weights")
    expect(surface.get_by_text("these two weights")).to_be_visible(timeout=60_000)
    assert "plane=1.FC-4.weight" in window.url
    window.get_by_role("button", name="Pause").click()
    assert "examples=100" in window.url
    window.get_by_role("button", name="Save as a run").click()
    expect(window.get_by_role("link", name="Curves")).to_be_visible(timeout=60_000)
    assert [path.name for path in folder.iterdir() if path.name.startswith("ring-")]


def test_a_curve_is_learned_and_drawn_by_hand(window):
    from playwright.sync_api import expect

    window.goto(window.url.replace("/runs", "/playground/sine"))
    train = window.get_by_role("button", name="Train", exact=True)
    expect(train).to_be_enabled(timeout=60_000)
    train.click()
    expect(window.get_by_role("img", name="what the network says along the line")).to_be_visible()
    expect(window.get_by_text("root mean squared error")).to_be_visible(timeout=60_000)
    window.locator(".data select").first.select_option("points curve")
    window.get_by_text("Draw 20 points at least").wait_for()
    window.set_viewport_size({"width": 1280, "height": 1600})
    box = window.get_by_role("img", name="line to draw points on").bounding_box()
    for place in range(8):
        window.mouse.click(
            box["x"] + (0.2 + 0.08 * place) * box["width"], box["y"] + (0.3 + 0.05 * place) * box["height"]
        )
    expect(window.get_by_text("24 points")).to_be_visible(timeout=60_000)
    expect(train).to_be_enabled(timeout=60_000)
    expect(window).to_have_url(re.compile("points="))
    window.reload()
    expect(window.get_by_text("24 points")).to_be_visible(timeout=60_000)


def test_points_are_drawn_and_stand_in_the_address(window):
    from playwright.sync_api import expect

    window.goto(window.url.replace("/runs", "/playground"))
    expect(window.get_by_text("weights and biases")).to_be_visible(timeout=60_000)
    expect(window.get_by_label("optimizer")).to_be_visible(timeout=60_000)  # nothing moves from here on
    window.locator(".data select").first.select_option("points classes")
    window.get_by_text("Draw 20 points of two classes at least").wait_for()
    window.set_viewport_size({"width": 1280, "height": 1600})  # all of it, so that nothing scrolls
    box = window.get_by_label("plane to draw points on").bounding_box()
    for name, along in (("A", 0.2), ("B", 0.8)):
        window.get_by_role("radio", name=name).check()
        for place in range(6):
            window.mouse.click(box["x"] + along * box["width"], box["y"] + (0.2 + 0.1 * place) * box["height"])
    expect(window.get_by_text("36 points")).to_be_visible(timeout=60_000)
    expect(window.get_by_role("button", name="Train", exact=True)).to_be_enabled(timeout=60_000)
    expect(window).to_have_url(re.compile("points="))
    window.reload()
    expect(window.get_by_text("36 points")).to_be_visible(timeout=60_000)
