"""Who may ask the server of the page, and what comes back whatever is asked."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from urllib.parse import quote, unquote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.page.conftest import HOST, PORT, TOKEN
from wxb.page.folder import Folder
from wxb.page.guard import MOST_BYTES
from wxb.page.server import app, listening

UP = ("..", "%2e%2e", "%2E.", ".%2e", "..%00", "....", "..;", "%252e%252e", "．．", "%c0%ae%c0%ae")
BETWEEN = ("/", "%2f", "\\", "%5c", "//", "/./")
TARGETS = ("secret/report.html", "secret/run.json", "etc/passwd")
PREFIXES = ("/", "/api/runs/", "/assets/", "/api/runs/finished/")
TRAVERSALS = [
    prefix + slash.join([up] * 3) + slash + target
    for prefix, up, slash, target in itertools.product(PREFIXES, UP, BETWEEN, TARGETS)
]


def test_an_answer_is_sent_without_delay():
    async def accepted() -> int:
        """Whether a connection that the server takes sends at once (TCP_NODELAY)."""
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            own = writer.get_extra_info("socket")
            found.set_result(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with listening(0) as own:
            async with await asyncio.start_server(take, sock=own):
                _, writer = await asyncio.open_connection(*own.getsockname())
                no_delay = await found
                writer.close()
        return no_delay

    assert asyncio.run(accepted())


def test_every_spelling_of_a_way_out_of_the_folder_is_refused(client):
    assert len(TRAVERSALS) >= 300
    for path in TRAVERSALS:
        status, text = asked(client, path)
        assert "secret" not in text.replace(path, ""), path
        assert "root:" not in text, path
        assert status in (400, 404) or text.startswith("<!doctype html>") or "no page" in text, path


def asked(client: TestClient, path: str) -> tuple[int, str]:
    """The answer to a path as it stands, given to the server below any client that would change it."""
    told: dict[str, object] = {"body": b""}

    async def once() -> None:
        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                told["status"] = message["status"]
            else:
                told["body"] += message.get("body", b"")  # type: ignore[operator]

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": unquote(path), "raw_path": path.encode(), "root_path": "", "query_string": b"",
            "headers": [(b"host", HOST.encode())], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", PORT),
        }  # fmt: skip
        await client.app(scope, receive, send)  # type: ignore[arg-type]

    asyncio.run(once())
    return int(str(told["status"])), bytes(told["body"]).decode(errors="replace")  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "host", ["example.org", f"example.org:{PORT}", "127.0.0.1", "127.0.0.1:1", f"[::1]:{PORT}", ""]
)
def test_a_request_for_another_host_is_refused(client, host):
    answered = client.get("/api/runs", headers={"host": host})
    assert (answered.status_code, answered.json()["what"]) == (403, "the request is for another host")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_the_server_has_two_names(client, name):
    assert client.get("/api/runs", headers={"host": f"{name}:{PORT}"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://example.org"}, {"origin": "null"}, {"origin": f"https://{HOST}"},
        {"origin": "http://127.0.0.1:1"}, {"origin": f"http://localhost:{PORT}"},
        {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_from_another_site_is_refused(client, headers, method):
    answered = client.request(method, "/api/runs", headers={**headers, "x-wxb-token": TOKEN})
    assert (answered.status_code, answered.json()["what"]) == (403, "the request comes from another site")


@pytest.mark.parametrize("token", [None, "", TOKEN[:-1], TOKEN + "x", "Ü"])
def test_nothing_is_changed_without_the_token(client, token):
    headers = {} if token is None else {"x-wxb-token": token.encode("latin-1")}
    answered = client.post("/api/runs/finished/anything", headers=headers)
    assert (answered.status_code, answered.json()["what"]) == (403, "this window may look, not change anything")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(client, method):
    assert client.request(method, "/api/runs", headers={"x-wxb-token": TOKEN}).status_code == 405


@pytest.mark.parametrize("length", [str(MOST_BYTES + 1), "9" * 30, "-1", "many"])
def test_a_body_that_is_too_large_is_refused_by_its_length(client, length):
    answered = client.post("/api/runs", content=b"", headers={"content-length": length, "x-wxb-token": TOKEN})
    assert answered.status_code == 413


@pytest.mark.parametrize("path", ["/", "/api/runs", "/api/runs/none", "/api/runs/finished/report"])
def test_every_answer_allows_as_little_as_it_can(client, path):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe-inline'" not in headers["content-security-policy"].partition("style-src")[0]
    assert "unsafe-eval" not in headers["content-security-policy"]


def test_a_report_may_not_run_a_script_nor_reach_the_page(client):
    policy = client.get("/api/runs/finished/report").headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")


def test_a_link_to_a_folder_elsewhere_is_no_run(client):
    assert client.get("/api/runs/elsewhere").status_code == 404
    assert "elsewhere" not in [one["name"] for one in client.get("/api/runs").json()["runs"]]


def test_a_file_that_is_a_link_out_of_the_run_is_not_read(client, folder):
    report = folder / "finished" / "report.html"
    report.unlink()
    report.symlink_to(folder.parent / "secret" / "report.html")
    answered = client.get("/api/runs/finished/report")
    assert answered.status_code == 400
    assert "leads out of the run" in answered.json()["what"]


def test_a_bug_shows_no_traceback_in_the_answer(folder, monkeypatch, capsys):
    def broken(self: object) -> None:
        raise RuntimeError("the inside of wxb")

    monkeypatch.setattr("wxb.page.listed.Listing.__call__", broken)
    with TestClient(app(Folder(folder), PORT, TOKEN), base_url=f"http://{HOST}") as asking:
        answered = asking.get("/api/runs")
    assert answered.status_code == 500
    assert answered.json() == {
        "what": "a bug in wxb",
        "expected": "",
        "fix": "report what the terminal of wxb page shows",
    }
    assert "the inside of wxb" in capsys.readouterr().err


WORDS = st.one_of(
    st.text(max_size=20), st.sampled_from(["runs", "finished", "stopped", "newer", "curves", "live", "api"])
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@example(["\n0"], {})
@given(
    st.lists(WORDS, max_size=5), st.dictionaries(st.sampled_from(["from", "to", "buckets", "x"]), st.text(max_size=8))
)
def test_whatever_is_asked_is_answered_without_a_fault(client, words, query):
    path = "/api/" + "/".join(words)
    if path.rstrip("/").endswith("/live"):
        return  # never ends
    answered = client.get("/api/" + "/".join(quote(word, safe="") for word in words), params=query)
    assert answered.status_code in (200, 400, 403, 404), answered.text
    assert "Traceback" not in answered.text
    if answered.status_code != 200:
        assert set(json.loads(answered.text)) == {"what", "expected", "fix"}
