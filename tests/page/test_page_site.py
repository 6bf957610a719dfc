"""The tour and runs as static files, served by a server that knows nothing of wxb."""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.page.test_page_browser import opened, pytestmark, violations  # noqa: F401
from tests.page.test_page_tour import paths
from wxb.errors import WxbError
from wxb.page.export.site import export
from wxb.page.folder import Folder


@pytest.fixture(scope="module")
def site(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    left_out: list[str] = []
    assert export(Folder(trained), None, out, left_out.append) == 2
    assert left_out == []
    return out


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(site: Path) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_every_scene_has_its_file(site):
    assert {path.name for path in (site / "tour").iterdir() if path.is_dir()} == set(paths())
    assert "".join((site / "tour" / "softmax" / "index.html").read_text().split()).count("data-static") == 1


def test_scenes_and_runs_are_shown_without_a_server_of_wxb(served):
    from playwright.sync_api import expect

    for window in opened(f"{served}/tour/pixels/"):
        expect(window.locator('[data-scene="pixels"]').locator("svg, canvas, table").first).to_be_visible(
            timeout=60_000
        )
        assert [link.inner_text() for link in window.get_by_label("Places").get_by_role("link").all()] == [
            "Tour",
            "Runs",
        ]
        window.goto(f"{served}/")
        window.get_by_role("link", name="Begin with the first").click()
        expect(window.locator('[data-scene="pixels"]')).to_be_visible(timeout=60_000)
        window.get_by_role("link", name="Runs", exact=True).click()
        expect(window.get_by_role("row", name="digits")).to_contain_text("CONV-4-RELU-POOL, SOFTMAX")
        expect(window.get_by_role("row", name="digits")).to_contain_text("% [")
        assert violations(window) == []
        window.get_by_role("link", name="digits").click()
        expect(window.get_by_role("heading", name="Try it")).to_be_visible()
        window.get_by_role("button", name="test example 0").first.click()
        expect(window.locator(".predicted")).not_to_be_empty()


def test_a_folder_with_other_files_is_left_alone(tmp_path, trained):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(WxbError, match="holds other files"):
        export(Folder(trained), None, tmp_path, print)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_run_that_has_not_finished_is_left_out_and_named(folder, tmp_path):
    told: list[str] = []
    export(Folder(folder), "stopped", tmp_path / "site", told.append)
    assert len(told) == 1
    assert told[0].startswith("stopped: ")


def test_a_folder_that_is_not_there_has_no_site(tmp_path):
    words = [sys.executable, "-m", "wxb", "page", str(tmp_path / "nope"), "--export", str(tmp_path / "site")]
    ended = subprocess.run(words, capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"error: there is no folder {tmp_path / 'nope'}")
    assert not (tmp_path / "site").exists()


def test_the_command_writes_them_and_writes_them_again(trained, tmp_path):
    words = [sys.executable, "-m", "wxb", "page", str(trained / "digits"), "--export", "site"]
    for _ in range(2):
        told = subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
        assert "site: the tour and 1 run" in told
    assert len(list((tmp_path / "site" / "runs").glob("*-digits.html"))) == 1
    both = subprocess.run([*words, "--port", "0"], cwd=tmp_path, capture_output=True, text=True)
    assert both.returncode == 2
    assert "--export writes files and serves nothing" in both.stderr
