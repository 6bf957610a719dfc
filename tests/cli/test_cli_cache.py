"""`wxb cache`, and commands on a folder whose decoded pictures are kept."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import valid
from PIL import Image

import wxb
from wxb.data.pictures import cache as packs
from wxb.data.pictures import folder as pictures


@pytest.fixture
def photos(tmp_path, monkeypatch) -> Path:
    """A picture folder, in an empty cache, all of which is kept."""
    monkeypatch.setenv("WXB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(pictures, "PACKED_FROM", 1)
    random = np.random.default_rng(0)
    for home in ("photos", "more"):
        for name in ("a", "b"):
            (tmp_path / home / name).mkdir(parents=True)
            for i in range(12):
                pixels = random.integers(0, 256, (9, 8, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(tmp_path / home / name / f"{i}.png")
    return tmp_path / "photos"


def test_what_is_kept_is_listed_and_removed(call, photos):
    assert (call("cache").out, call("cache").err) == ("", f"nothing is kept in {packs.folder()}\n")
    call("data", "photos")
    call("data", "more")
    ended = call("cache")
    head, *lines = ended.out.splitlines()
    assert head.split() == ["pictures", "size", "bytes", "last", "used", "of"]
    assert [line.split()[-1] for line in lines] == [str(photos.parent / "more"), str(photos)]
    assert all(line.split()[:2] == ["24", "3x9x8"] for line in lines)
    assert call("cache", "photos").out.count("3x9x8") == 1
    cleaned = call("cache", "--clean", "photos")
    assert (cleaned.code, cleaned.out.count("3x9x8"), cleaned.err[:10]) == (0, 1, "removed 1,")
    assert call("cache", "--clean", "--older-than", "1d").err == "there is nothing to clean\n"
    assert call("cache", "--clean").out.count("3x9x8") == 1
    assert packs.packs() == []


def test_json_says_what_is_kept(call, photos):
    call("data", "photos")
    (pack,) = packs.packs()
    content = valid(call("cache", "--json").json)
    (found,) = content["packs"]
    assert (found["folder"], found["examples"], found["shape"]) == (str(photos), 24, [3, 9, 8])
    assert (content["removed"], content["folder"]) == (False, str(packs.folder()))
    os.truncate(pack.path, 9)
    assert "damaged" in call("cache").out
    content = valid(call("cache", "--clean", "--json").json)
    assert (content["removed"], content["packs"][0]["folder"]) == (True, None)
    assert valid(call("cache", "--json").json)["packs"] == []


def test_older_than_is_for_clean(call, photos):
    ended = call("cache", "--older-than", "3d")
    assert (ended.code, "--older-than is for --clean" in ended.err) == (2, True)


def test_a_run_on_kept_pictures_is_verified_and_one_without_says_so(call, photos):
    words = ("FC-4-RELU, SOFTMAX", "--epochs", 1, "-q")
    assert call("train", "photos", *words, "--out", "kept").code == 0
    assert call("train", "photos", *words, "--no-cache", "--out", "held").code == 0
    kept, held = wxb.Run.open("kept"), wxb.Run.open("held")
    assert kept.data.fingerprint == held.data.fingerprint
    assert "cache" not in kept.settings
    assert held.settings["cache"] is False
    assert call("train", "--config", "held/settings.toml", "--out", "again").code == 0
    assert call("verify", "kept").code == 0
    packs.clean()
    assert call("evaluate", "kept").out == call("evaluate", "held").out.replace("held", "kept")
    (photos / "a" / "0.png").write_bytes((photos / "b" / "0.png").read_bytes())
    assert call("verify", "kept").code == 3


def test_a_terminal_sees_how_far_decoding_has_come_and_then_no_more_of_it(call, photos, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    clock = iter(range(10_000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    shown = call("data", "photos").err
    assert "data      decoding  " in shown
    assert "12 of 24 files" in shown
    assert shown.endswith("\r\x1b[2K")
    assert call("data", "photos").err == ""
    packs.clean()
    assert "decoding" not in call("train", "photos", "SOFTMAX", "--epochs", 1, "-q", "--dry-run").err
