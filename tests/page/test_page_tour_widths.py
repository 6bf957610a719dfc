"""The scene of a fat and a thin network: both learn the same points, with about as many parameters."""

from __future__ import annotations

import re

from tests.page.test_page_browser import address, pytestmark, window  # noqa: F401  (fixtures, and when to skip)

SHOWN = 60_000  # milliseconds


def test_a_fat_and_a_thin_network_of_as_many_parameters_learn_the_same_points(window):  # noqa: F811
    from playwright.sync_api import expect

    window.goto(window.url.split("/runs")[0] + "/tour/fat-or-thin")
    scene = window.locator('[data-scene="fat-or-thin"]')
    expect(scene.get_by_text("not trained yet")).to_have_count(2, timeout=SHOWN)
    counts = [int(text) for text in re.findall(r"(\d+) parameters", scene.inner_text())]
    assert len(counts) == 2
    assert abs(counts[0] - counts[1]) < 0.2 * max(counts)
    scene.get_by_role("button", name="Learn both").click()
    expect(scene.get_by_role("button", name="Learn both")).to_be_visible(timeout=SHOWN)
    found = [int(text) for text in re.findall(r"test (\d+) %", scene.inner_text())]
    assert len(found) == 2
    assert min(found) > 60
