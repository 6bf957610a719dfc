"""What the browser loads: built from locked packages, small, and served as what it is."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from wxb.errors import WxbError
from wxb.page import built

ROOT = Path(__file__).resolve().parents[2]
needs_build = pytest.mark.skipif(
    not (built.FOLDER / built.INDEX).is_file(), reason="the page is not built: pip install -e ."
)


def test_the_lock_file_names_every_package_by_its_content_and_no_registry():
    packages = json.loads((ROOT / "page" / "package-lock.json").read_text())["packages"]
    assert all(one.get("integrity", "").startswith("sha512-") for name, one in packages.items() if name)
    assert "resolved" not in (ROOT / "page" / "package-lock.json").read_text()


@needs_build
def test_the_first_load_is_small():
    found = built.files()
    scripts_and_styles = [data for name, data in found.items() if name.endswith((".js", ".css", ".html"))]
    assert sum(len(gzip.compress(data)) for data in scripts_and_styles) < 500_000


@needs_build
def test_the_page_brings_the_licence_of_each_package_in_it(client):
    told = client.get("/licences.txt")
    assert told.headers["content-type"].startswith("text/plain")
    for name in ("svelte", "uplot"):
        assert f"{name} " in told.text
    assert "MIT" in told.text


@needs_build
@pytest.mark.parametrize("path", ["/", "/runs", "/runs/finished", "/anything/else?show=network"])
def test_every_address_outside_of_the_interface_is_the_page(client, path):
    assert client.get(path).text.startswith("<!doctype html>")


@needs_build
def test_the_page_holds_no_script_or_style_in_itself(client):
    text = client.get("/").text
    assert "<style" not in text
    assert all('src="' in part for part in text.split("<script")[1:])


def test_without_its_files_the_page_says_how_to_build_it(monkeypatch, tmp_path):
    monkeypatch.setattr(built, "FOLDER", tmp_path)
    built.files.cache_clear()
    with pytest.raises(WxbError, match="has no page") as problem:
        built.files()
    assert "pip install" in problem.value.fix
    built.files.cache_clear()
