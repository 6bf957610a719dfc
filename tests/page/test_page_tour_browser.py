"""The tour in a browser: a walk through all scenes with the keyboard, and addresses that hold what was set."""

from __future__ import annotations

import re

from tests.page.test_page_browser import address, pytestmark, window  # noqa: F401  (fixtures, and when to skip)
from tests.page.test_page_tour import paths

SHOWN = 60_000  # milliseconds within which a scene must stand, also where the machine is busy


def test_a_walk_through_the_tour_shows_every_scene_with_the_numbers_of_the_lecture(window):  # noqa: F811
    from playwright.sync_api import expect

    window.get_by_role("link", name="Tour").click()
    window.get_by_role("link", name="Begin with the first").click()
    for place, path in enumerate(paths(), start=1):
        scene = window.locator(f'[data-scene="{path}"]')
        expect(scene.locator("svg, canvas, table, ol").first).to_be_visible(timeout=SHOWN)
        expect(window.get_by_role("heading", level=1)).not_to_be_empty()
        assert window.get_by_text(f"{place} of {len(paths())}", exact=True).is_visible()
        if path == "linear":
            expect(scene.get_by_role("table", name="scores", exact=True)).to_have_text(
                re.compile(r"−96.8\s*437.9\s*60.75")
            )
        if path == "svm-loss":
            expect(scene.locator("[data-svm]")).to_have_text("10.58")
            scene.get_by_label("Score of cat").fill("9.1")  # the true class wins by more than 1
            expect(scene.locator("[data-svm]")).to_have_text("0.00")
        if path == "sigmoid-network":
            expect(scene.locator("[data-result]")).to_have_text("0.62 0.83")
        if path == "pooling":
            expect(scene.locator("[data-pooled]")).to_have_text(["6", "8", "3", "4"])
        window.get_by_role("heading", level=1).focus()
        window.keyboard.press("ArrowRight")
    assert window.url.endswith(f"/tour/{paths()[-1]}")


def test_what_is_set_in_a_scene_is_in_its_address_and_shown_again(window):  # noqa: F811
    from playwright.sync_api import expect

    window.goto(window.url.split("/runs")[0] + "/tour/softmax-loss?scores=0,0,0")
    expect(window.locator("[data-scene]")).to_contain_text("1.10", timeout=SHOWN)
    window.get_by_label("Score of cat").fill("4")
    window.wait_for_url(re.compile("scores=4%2C0%2C0|scores=4,0,0"))
    window.reload()
    expect(window.get_by_label("Score of cat")).to_have_value("4", timeout=SHOWN)


def test_a_scene_opens_in_the_playground_and_trains_as_a_run(window, folder):  # noqa: F811
    from playwright.sync_api import expect

    window.goto(window.url.split("/runs")[0] + "/tour/polar")
    window.get_by_role("link", name="Open in the playground").click(timeout=SHOWN)
    expect(window.get_by_role("textbox", name="network")).to_have_text("POLAR, SOFTMAX", timeout=SHOWN)
    expect(window.get_by_role("img", name="Loss surface")).to_have_count(0)
    assert "data=disc" in window.url
    window.go_back()
    window.get_by_role("button", name="Train it as a run").click(timeout=SHOWN)
    expect(window).to_have_url(re.compile("/runs/disc-"), timeout=SHOWN)
    expect(window.get_by_text("POLAR-FC-C, SOFTMAX")).to_be_visible(timeout=4 * SHOWN)
    expect(window.locator("main")).to_contain_text("finished", timeout=4 * SHOWN)


def test_a_convnet_learns_to_read_digits_in_the_browser(window):  # noqa: F811
    from playwright.sync_api import expect

    window.goto(window.url.split("/runs")[0] + "/tour/convnet-live")
    window.get_by_role("button", name="Learn", exact=True).click(timeout=SHOWN)
    expect(window.locator("[data-accuracy]")).to_have_text(re.compile(r"[6-9]\d\.\d %"), timeout=4 * SHOWN)
    expect(window.get_by_role("img", name="Filter 1", exact=True)).to_be_visible()
