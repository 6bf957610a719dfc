"""The built page: the files that the browser loads, read once into memory, so that no address is ever a path."""

from __future__ import annotations

import mimetypes
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from wxb.errors import WxbError
from wxb.page.answer import missing

FOLDER = Path(__file__).parent / "static"
INDEX = "index.html"
ASSETS = "/assets/"  # their names hold a digest of their content
READING = ("GET", "HEAD")
FOREVER = {"cache-control": "public, max-age=31536000, immutable"}


@cache
def files() -> dict[str, bytes]:
    """The built files by their address. Raises WxbError if the page was not built."""
    if not (FOLDER / INDEX).is_file():
        raise WxbError(
            "this installation of wxb has no page: it was installed where its packages could not be fetched",
            fix="with a connection to the npm registry: pip install --force-reinstall --no-deps .  (in a checkout)",
        )
    return {
        "/" + path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()
    }


async def show(request: Request) -> Response:
    """A built file; for every other address outside of /api the page itself, which reads the address."""
    path = request.url.path
    found = files().get(path)
    if request.method not in READING or (found is None and path.startswith((ASSETS, "/api/"))):
        raise missing("there is nothing at this address")
    if found is None:
        path, found = f"/{INDEX}", files()[f"/{INDEX}"]
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return Response(found, media_type=kind, headers=FOREVER if path.startswith(ASSETS) else {})
