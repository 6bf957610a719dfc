"""What every request passes before anything is done: who may ask, how much may be sent, and what an answer allows.

The server listens on this computer alone, but a page of another site can make the browser send requests here. So a
request must name the server as its host (a name that another site made point here is refused), must not come from
another site, and, if it changes anything, must carry the token that only the address given by `wxb page` holds.
"""

from __future__ import annotations

import secrets
import sys
import traceback

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wxb.errors import WxbError
from wxb.page.answer import Refused, mistake, mistaken

MOST_BYTES = 32 * 2**20  # of a request's body: a picture, not an archive
TOKEN = "x-wxb-token"  # the header that carries the token
READING = ("GET", "HEAD")
METHODS = (*READING, "POST")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """The outermost layer of the server; `hosts` are the names with ports under which it may be asked."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...], token: str) -> None:
        self.app = app
        self.hosts = hosts
        self.token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or pass it on with a bounded body and answer with the headers that every answer has."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing here speaks WebSocket
            await send({"type": "websocket.close", "code": 1008})
            return
        began = False

        async def sent(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            self.check(scope)
            await self.app(scope, bounded(receive), sent)
        except Exception as problem:
            if began:  # the answer is half sent: all that is left is to end the connection
                report(problem)
                return
            await refusal(problem)(scope, receive, sent)

    def check(self, scope: Scope) -> None:
        """Raise Refused if the request may not be made."""
        headers, method = Headers(scope=scope), scope["method"]
        if headers.getlist("host") not in [[host] for host in self.hosts]:
            raise Refused(
                403,
                "the request is for another host",
                f"host {self.hosts[0]}",
                "open the address that wxb page printed",
            )
        own = [f"http://{headers['host']}"]
        if headers.getlist("origin") not in ([], own):
            raise Refused(403, "the request comes from another site")
        if scope["path"].startswith("/api/") and headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise Refused(403, "the request comes from another site")
        if method not in METHODS:
            raise Refused(405, f"{method} is not answered here", ", ".join(METHODS))
        if method not in READING and not secrets.compare_digest(headers.get(TOKEN, "").encode(), self.token):
            raise Refused(
                403, "this window may look, not change anything", "the token of the address that wxb page printed",
                "open that address again",
            )  # fmt: skip
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or int(length) > MOST_BYTES:
            raise too_large()


def bounded(receive: Receive) -> Receive:
    """Receive a body of at most MOST_BYTES, whatever its header says. Raises Refused for more."""
    taken = 0

    async def receive_some() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MOST_BYTES:
            raise too_large()
        return message

    return receive_some


def too_large() -> Refused:
    """The refusal of a body that is too large."""
    return Refused(413, "the request is too large", f"at most {MOST_BYTES // 2**20} MiB")


def refusal(problem: Exception) -> Response:
    """The answer to a request that failed; a bug is reported on standard error, and never in an answer."""
    if isinstance(problem, Refused):
        return mistake(problem.status, problem.what, problem.expected, problem.fix)
    if isinstance(problem, WxbError):
        return mistaken(problem)
    report(problem)
    return mistake(500, "a bug in wxb", fix="report what the terminal of wxb page shows")


def report(problem: Exception) -> None:
    """Print a bug's traceback where `wxb page` runs."""
    sys.stderr.write("".join(traceback.format_exception(problem)))
