"""`wxb fetch`: what can be downloaded, and a download from a server on this machine."""

from __future__ import annotations

import hashlib
import http.server
import threading
from functools import partial

import pytest
from conftest import valid

from wxb.data.known.download import SOURCES, File, Source


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """The address of a server that has the files of a small usps."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WXB_CACHE", str(tmp_path / "cache"))
    (tmp_path / "served").mkdir()
    contents = {}
    for name, rows in (("usps.bz2", 60), ("usps.t.bz2", 20)):
        pixels = " ".join(f"{place}:0.5" for place in range(1, 257))
        contents[name] = "".join(f"{row % 10 + 1} 1:{row / 100} {pixels[6:]}\n" for row in range(rows)).encode()
        (tmp_path / "served" / name).write_bytes(contents[name])
    files = tuple(File(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in contents.items())
    monkeypatch.setitem(SOURCES, "usps", Source((), files))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "served")))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_without_a_name_it_says_what_can_be_downloaded(call, mirror):
    ended = call("fetch")
    lines = ended.out.splitlines()
    assert (ended.code, ended.err, lines[0].split()) == (0, "", ["set", "bytes", "here", "folder"])
    assert [line.split()[0] for line in lines[1:]] == list(SOURCES)
    assert "mnist            11,594,722   no" in ended.out


def test_a_set_is_downloaded_and_then_found(call, mirror, tmp_path):
    before = call("data", "usps")
    assert (before.code, "fix: wxb fetch usps downloads them" in before.err) == (2, True)
    ended = call("fetch", "usps", "--mirror", mirror)
    assert (ended.code, ended.out.splitlines()[1].split()[2]) == (0, "yes")
    assert [line.split()[:2] for line in ended.err.splitlines()] == [["usps", "usps.bz2"], ["usps", "usps.t.bz2"]]
    assert ended.err.splitlines()[0].endswith(" bytes, checked")
    assert call("data", "usps").out.startswith("usps: 80 pictures 1x16x16 in 10 classes")
    assert call("data", "usps", "--ink").out.startswith("usps: 80 pictures 1x16x16 in 10 classes")


def test_json_says_what_is_there(call, mirror, tmp_path):
    content = valid(call("fetch", "usps", "--mirror", mirror, "--json", "-q").json)
    (found,) = content["sets"]
    assert (found["name"], found["complete"], found["folder"]) == ("usps", True, str(tmp_path / "cache" / "usps"))
    assert {one["name"]: one["complete"] for one in valid(call("fetch", "--json").json)["sets"]}["mnist"] is False


def test_quiet_is_quiet(call, mirror):
    assert call("fetch", "usps", "--mirror", mirror, "-q").err == ""


def test_a_terminal_sees_the_bytes_come(call, mirror, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    ended = call("fetch", "usps", "--mirror", mirror)
    assert "\r\x1b[2K" in ended.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["minst"], 2, "minst is not a data set that can be downloaded; mnist is"),
        (["usps", "--mirror", "http://example.org/"], 2, "http://example.org/ is not an https address"),
        (["usps"], 1, "usps.bz2 of usps could not be downloaded"),
    ],
)
def test_what_cannot_be_downloaded_is_said(call, mirror, words, code, said):
    ended = call("fetch", *words)
    assert (ended.code, said in ended.err, ended.out) == (code, True, "")
