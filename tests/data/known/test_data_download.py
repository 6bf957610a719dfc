"""Downloads from a server on this machine: cut, wrong, silent, moved, and whole."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from test_data_known import write_mnist

from wxb.data import load_data
from wxb.data.known import download
from wxb.data.known import sets as known
from wxb.data.known.download import SOURCES, File, Source, fetch
from wxb.data.known.search import HOMES, cache_folder
from wxb.errors import FAILED, MISTAKE, WxbError

CONTENT = bytes(range(256)) * 1000
SET = "toy-set"


@dataclass
class Server:
    """Answers each request by the next of its answers, the last one again and again; keeps what was asked."""

    address: str = ""
    answers: list[Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)  # path, Range


@pytest.fixture
def servers() -> Iterator[Callable[..., Server]]:
    running: list[ThreadingHTTPServer] = []

    def start(*answers: Callable[[BaseHTTPRequestHandler], None]) -> Server:
        server = Server(answers=list(answers))

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append((self.path, self.headers.get("Range")))
                answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
                answer(self)

            def log_message(self, *_: object) -> None:
                pass

        listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        listening.daemon_threads = True
        listening.handle_error = lambda *_: None  # a client that hangs up is what is tested
        running.append(listening)
        server.address = f"http://127.0.0.1:{listening.server_port}/"
        threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
        return server

    yield start
    for listening in running:
        listening.shutdown()
        listening.server_close()


def gives(content: bytes, most: int | None = None, ranges: bool = True):
    """The content, or what of it is asked for; `most`: the connection is cut after so many bytes."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers.get("Range") if ranges else None
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if start >= len(content):
            handler.send_error(416)
            return
        handler.send_response(206 if asked else 200)
        if asked:
            handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        handler.send_header("Content-Length", str(len(content) - start))
        handler.end_headers()
        handler.wfile.write(content[start:][:most])

    return answer


def fails(code: int):
    return lambda handler: handler.send_error(code)


def leads_to(address: str):
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", address)
        handler.end_headers()

    return answer


def hangs(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(2)


def trickles(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def one_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A set of one file without mirrors of its own, no proxies, and an empty cache; the file's place in it."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "WXB_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WXB_CACHE", str(tmp_path / "cache"))
    file = File("file.bin", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setitem(SOURCES, SET, Source((), (file,)))
    return tmp_path / "cache" / SET / "file.bin"


def get(*servers: Server, timeout: float = 5.0) -> list[download.Arrived]:
    return list(fetch(SET, [server.address for server in servers], timeout))


def test_a_file_arrives_whole_and_leaves_nothing_beside_it(servers, one_set):
    server = servers(gives(CONTENT))
    records = get(server)
    assert one_set.read_bytes() == CONTENT
    assert sorted(path.name for path in one_set.parent.iterdir()) in (["file.bin"], [".lock", "file.bin"])
    assert server.asked == [("/file.bin", None)]
    assert [record.done for record in records] == sorted(record.done for record in records)
    assert (records[-1].whole, records[-1].done, records[-1].path) == (True, len(CONTENT), one_set)
    assert not any(record.whole for record in records[:-1])


def test_what_is_there_is_not_downloaded_again(servers, one_set):
    server = servers(gives(CONTENT))
    get(server)
    (record,) = get(server)
    assert (record.whole, len(server.asked)) == (True, 1)


def test_what_is_there_but_wrong_is(servers, one_set):
    one_set.parent.mkdir(parents=True)
    one_set.write_bytes(CONTENT[:-1] + b"x")
    get(servers(gives(CONTENT)))
    assert one_set.read_bytes() == CONTENT


def test_nothing_happens_before_a_record_is_asked_for(servers, one_set):
    server = servers(gives(CONTENT))
    fetch(SET, [server.address])
    assert (server.asked, one_set.parent.exists()) == ([], False)


def test_a_cut_connection_is_taken_up_where_it_was_cut(servers, one_set):
    server = servers(gives(CONTENT, most=100_000), gives(CONTENT, most=50_000), gives(CONTENT))
    get(server)
    assert one_set.read_bytes() == CONTENT
    assert [asked for _, asked in server.asked] == [None, "bytes=100000-", "bytes=150000-"]


def test_a_later_call_goes_on_with_what_is_there(servers, one_set):
    with pytest.raises(WxbError, match="could not be downloaded") as caught:
        get(servers(gives(CONTENT, most=1000), fails(500)))
    assert "continues after the 1,000 bytes that are there" in caught.value.fix
    assert one_set.with_name("file.bin.part").stat().st_size == 1000
    server = servers(gives(CONTENT))
    get(server)
    assert (one_set.read_bytes(), server.asked[0][1]) == (CONTENT, "bytes=1000-")


def test_a_server_without_ranges_gives_all_again(servers, one_set):
    server = servers(gives(CONTENT, most=1000), gives(CONTENT, ranges=False))
    get(server)
    assert one_set.read_bytes() == CONTENT


def test_a_beginning_of_another_file_is_thrown_away(servers, one_set):
    part = one_set.with_name("file.bin.part")
    part.parent.mkdir(parents=True)
    for wrong in (b"wrong", CONTENT[:-5] + b"wrong", CONTENT + b"more"):
        part.write_bytes(wrong)
        get(servers(gives(CONTENT)))
        assert one_set.read_bytes() == CONTENT
        one_set.unlink()


def test_a_download_that_was_whole_but_not_yet_in_its_place_needs_no_server(servers, one_set):
    one_set.parent.mkdir(parents=True)
    one_set.with_name("file.bin.part").write_bytes(CONTENT)
    server = servers(fails(500))
    get(server)
    assert (one_set.read_bytes(), server.asked) == (CONTENT, [])


def test_a_connection_that_is_always_cut_is_given_up(servers, one_set):
    server = servers(gives(CONTENT, most=10))
    with pytest.raises(WxbError, match="the connection was cut"):
        get(server)
    assert len(server.asked) == download.ATTEMPTS


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (fails(404), "404 Not Found"),
        (fails(503), "503 Service Unavailable"),
        (gives(b"x" * len(CONTENT)), "its SHA-256 is not the published one"),
        (gives(CONTENT[:-1]), "it has 255,999 bytes, not 256,000"),
        (gives(CONTENT + b"x"), "it has 256,001 bytes, not 256,000"),
        (hangs, "no answer within 0.5 s"),
        (trickles, "fewer than 1,000 bytes per second"),
        (leads_to("http://example.org/file.bin"), "it leads to http://example.org/file.bin, which is not https"),
        (leads_to("file:///etc/hostname"), "302 Found - Redirection to url 'file:///etc/hostname' is not allowed"),
        (lambda handler: handler.wfile.write(b"what?\r\n\r\n"), "no answer that is http"),
    ],
)
def test_a_mirror_that_gives_no_file_is_named_and_the_next_one_tried(servers, one_set, first, reason):
    bad, good = servers(first), servers(gives(CONTENT))
    with pytest.raises(WxbError) as caught:
        get(bad, timeout=0.5)
    assert caught.value.what == f"file.bin of {SET} could not be downloaded"
    assert caught.value.detail == f"{bad.address}file.bin: {reason}"
    assert caught.value.exit_code == FAILED
    assert not one_set.exists()
    get(bad, good, timeout=0.5)
    assert one_set.read_bytes() == CONTENT


def test_more_bytes_than_announced_are_not_kept(servers, one_set):
    def pours(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(CONTENT * 3)

    with pytest.raises(WxbError, match="it is longer than 256,000 bytes"):
        get(servers(pours))
    assert list(one_set.parent.glob("file*")) == []


def test_a_server_that_falls_silent_is_left_and_its_bytes_kept(servers, one_set):
    def silent(handler: BaseHTTPRequestHandler) -> None:
        gives(CONTENT, most=5000)(handler)
        handler.wfile.flush()
        time.sleep(1.5)

    good = servers(gives(CONTENT))
    started = time.monotonic()
    get(servers(silent, fails(500)), good, timeout=0.5)
    assert (one_set.read_bytes(), good.asked[0][1]) == (CONTENT, "bytes=5000-")
    assert time.monotonic() - started < 10


def test_a_server_that_is_not_there_is_said(one_set):
    with pytest.raises(WxbError, match="refused"):
        list(fetch(SET, ["http://127.0.0.1:1/"]))


def test_a_server_whose_head_never_ends_is_left_in_time(servers, one_set):
    def drips(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n")
        for number in range(30):
            handler.wfile.write(b"X-%d: y\r\n" % number)
            handler.wfile.flush()
            time.sleep(0.1)

    began = time.monotonic()
    with pytest.raises(WxbError, match=r"file\.bin: no answer within 0\.5 s"):
        get(servers(drips), timeout=0.5)
    assert time.monotonic() - began < 2


def test_a_name_that_is_looked_up_for_ever_is_left_in_time(one_set, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3) or [])
    began = time.monotonic()
    with pytest.raises(WxbError, match=r"mirror\.example/file\.bin: no answer within 0\.3 s"):
        list(fetch(SET, ["https://mirror.example/"], 0.3))
    assert time.monotonic() - began < 2


def test_a_redirect_within_this_machine_is_followed(servers, one_set):
    good = servers(gives(CONTENT))
    get(servers(leads_to(f"{good.address}file.bin")))
    assert one_set.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "mirror",
    ["http://example.org/", "ftp://example.org/", "file:///tmp/", "example.org/", "http://127.0.0.1.nip.io/", ""],
)
def test_a_mirror_without_https_is_refused(mirror):
    with pytest.raises(WxbError) as caught:
        list(fetch(SET, [mirror]))
    assert (caught.value.what, caught.value.exit_code) == (f"{mirror} is not an https address", MISTAKE)


def test_an_unknown_set_has_the_nearest_one():
    with pytest.raises(WxbError, match="fashion-mist is not a data set that can be downloaded; fashion-mnist is"):
        list(fetch("fashion-mist"))


def test_two_downloads_of_one_set_do_not_mix(servers):
    server = servers(gives(CONTENT))
    first = fetch(SET, [server.address])
    next(first)
    with pytest.raises(WxbError, match=f"{SET} is being downloaded by another process"):
        next(fetch(SET, [server.address]))
    first.close()
    assert get(server)[-1].whole


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WXB_CACHE", str(tmp_path / "file"))
    with pytest.raises(WxbError, match=f"{tmp_path}/file/{SET} cannot be written: Not a directory"):
        list(fetch(SET))


# --- what is published -------------------------------------------------------------------------------------------


def published() -> list[tuple[str, Source]]:
    return [(name, source) for name, source in SOURCES.items() if name != SET]


def test_every_set_that_has_files_can_be_downloaded():
    assert {name for name, _ in published()} == set(known.KNOWN) - {"digits"} == set(HOMES)


@pytest.mark.parametrize(("name", "source"), published())
def test_addresses_are_https_and_checksums_are_checksums(name, source):
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in source.mirrors)
    assert all(len(bytes.fromhex(file.sha256)) == 32 and file.size > 0 for file in source.files)
    assert len({file.sha256 for file in source.files}) == len(source.files)


def test_the_cache_is_where_the_system_has_it_unless_it_is_named(monkeypatch, tmp_path):
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("WXB_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "wxb"


def test_what_is_downloaded_is_found_without_being_named(servers, monkeypatch, tmp_path):
    write_mnist(tmp_path / "published", packed=True)
    contents = {f"/{path.name}": path.read_bytes() for path in (tmp_path / "published").iterdir()}
    files = tuple(
        File(file.name, len(contents[f"/{file.name}"]), hashlib.sha256(contents[f"/{file.name}"]).hexdigest())
        for file in SOURCES["mnist"].files
    )
    monkeypatch.setitem(SOURCES, "mnist", Source((), files))
    server = servers(lambda handler: gives(contents[handler.path])(handler))
    with pytest.raises(WxbError, match="wxb fetch mnist downloads them"):
        load_data("mnist")
    assert len(download.missing("mnist")) == 4
    list(fetch("mnist", [server.address]))
    assert download.missing("mnist") == []
    assert len(load_data("mnist").examples) == 80
