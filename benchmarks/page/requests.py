"""Requests that nobody should make: fuzzed ones, sent as bytes, with and without the token."""

from __future__ import annotations

import contextlib
import random
import re
import socket
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.page.browser import Server, serving
from benchmarks.page.folders import trained

METHODS = ("GET", "GET", "GET", "POST", "POST", "HEAD", "PUT", "OPTIONS", "BREW", "")
WORDS = (
    "api", "runs", "digits", "live", "curves", "views", "maps", "unit", "figures", "layers", "ask", "ink", "label",
    "delete", "deleted", "bring-back", "stop", "resume", "doctor", "report", "compare", "network", "notation", "tour",
    "networks", "playground", "open", "do", "..", "%2e%2e", ".", "", "%00", "%ff", "a" * 300, "\u00e9", "run.json",
)  # fmt: skip
VALUES = ("0", "-1", "1e308", "nan", "", "digits", "../digits", "9" * 40, "%00", "<script>", "1.CONV3-16", "test", "[]")
KEYS = ("from", "to", "buckets", "run", "example", "layer", "unit", "at", "network", "part", "name", "layers", "x")
BODIES = (
    b"", b"{", b"[]", b"null", b'{"values": 1}', b'{"values": [[[0]]]}', b'{"values": [[[1e999]]]}', b'{"row": {}}',
    b'{"name": 1}', b'{"name": "<script>", "tags": ["x"], "note": ""}', b'{"network": "FC-"}', b"\xff\xfe",
    b"\x89PNG\r\n", b"[" * 2000, b'{"a":' * 500, b'{"play": {"data": "ring"}}', b'{"do": "run"}',
    b'{"points": [[0, 0, 9]]}',
)  # fmt: skip
STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
SECONDS = 3.0  # for an answer


def fuzzed(requests: int) -> dict[str, float]:
    """Send so many fuzzed requests: how many were answered with which hundred, and how many showed a fault."""
    rng = random.Random(0)
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        run = trained(Path(folder), 1)
        with serving(run.parent) as server:
            for _ in range(requests):
                answer = sent(server, request(rng, server))
                status = STATUS.match(answer)
                found[f"{status[1].decode()[0]}xx" if status else "no answer"] += 1
                found["tracebacks"] += b"Traceback" in answer
            alive = server.process.poll() is None and b"200" in sent(server, asked(server))
        log = (Path(folder) / "page.log").read_text()
    found["tracebacks"] += log.count("Traceback")
    return {**{name: float(count) for name, count in sorted(found.items())}, "serves after": float(alive)}


def request(rng: random.Random, server: Server) -> bytes:
    """One request: an address, a query, headers and a body put together at random, a few bytes of it changed."""
    path = "/".join(("", "api", *(rng.choice(WORDS) for _ in range(rng.randint(0, 5)))))
    if path.endswith("/live"):
        path = path.removesuffix("live")  # which never ends
    query = "&".join(f"{rng.choice(KEYS)}={rng.choice(VALUES)}" for _ in range(rng.randint(0, 3)))
    host = f"127.0.0.1:{server.port}" if rng.random() < 0.95 else rng.choice(("", "evil.example", "localhost"))
    body = rng.choice(BODIES) if rng.random() < 0.8 else rng.randbytes(rng.randint(0, 400))
    lines = [f"{rng.choice(METHODS)} {path}{'?' + query if query else ''} HTTP/1.1", f"Host: {host}"]
    if rng.random() < 0.6:
        lines.append(f"x-wxb-token: {server.token}")
    if rng.random() < 0.3:
        lines.append(f"Content-Type: {rng.choice(('application/json', 'text/csv', 'image/png', 'x'))}")
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    text = bytearray("\r\n".join(lines).encode("latin-1", "replace") + body)
    if rng.random() < 0.15:
        for _ in range(rng.randint(1, 4)):
            text[rng.randrange(len(text))] = rng.randrange(256)
    return bytes(text)


def asked(server: Server) -> bytes:
    """A request as the page makes it."""
    return f"GET /api/runs HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n".encode()


def sent(server: Server, text: bytes) -> bytes:
    """The first 64 kB of the answer to a request; empty if there was none in time.

    A request that says it is longer than it is has no answer until the connection is closed.
    """
    answer = b""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), SECONDS) as connection:
        connection.settimeout(SECONDS)
        connection.sendall(text)
        while len(answer) < 2**16 and (piece := connection.recv(2**16)):
            answer += piece
    return answer
