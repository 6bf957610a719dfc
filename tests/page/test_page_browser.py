"""The page in a browser: it opens on the runs, shows a run that trains, and follows it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runs.small import Epoch
from wxb.page import built

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium"),
    pytest.mark.skipif(not (built.FOLDER / built.INDEX).is_file(), reason="the page is not built: pip install -e ."),
]


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """The address that `wxb page` prints for the folder."""
    words = [sys.executable, "-m", "wxb", "page", str(folder), "--no-browser", "--port", "0"]
    sources = str(Path(__file__).resolve().parents[2] / "src")
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": sources}
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()[-1]
        server.terminate()


@pytest.fixture
def window(address: str) -> Iterator[object]:
    """A window of the browser, in which nothing may go wrong."""
    from playwright.sync_api import sync_playwright

    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda problem: wrong.append(str(problem)))
        page.on("request", lambda request: wrong.append(request.url) if "127.0.0.1" not in request.url else None)
        page.goto(address)
        yield page
        browser.close()
    assert wrong == []


def test_a_run_is_opened_from_the_list_and_followed_while_it_trains(window, running):
    from playwright.sync_api import expect

    window.get_by_role("link", name="running").click()
    expect(window.get_by_role("heading", level=1)).to_have_text("running")
    plot = window.get_by_role("img", name="loss over 1 points")
    expect(plot).to_be_visible()
    running.note(Epoch(2))
    expect(window.get_by_role("img", name="loss over 2 points")).to_be_visible(timeout=3000)
    assert "token" not in window.url


def test_a_run_of_a_newer_version_says_so(window):
    from playwright.sync_api import expect

    window.get_by_role("link", name="newer").click()
    expect(window.get_by_role("alert")).to_contain_text("was made by a newer wxb")
    expect(window.get_by_role("alert")).to_contain_text("pip install --upgrade wxb")
