"""What the server answers: values as JSON, and a mistake as what happened, what was expected and a way out."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from starlette.responses import Response

from wxb.errors import WxbError
from wxb.text import utf8

T = TypeVar("T")

JSON = "application/json"


class Refused(Exception):
    """A request that is refused before anything is read: `status` is HTTP's number for why."""

    def __init__(self, status: int, what: str, expected: str = "", fix: str = "") -> None:
        self.status = status
        self.what = what
        self.expected = expected
        self.fix = fix
        super().__init__(what)


def answer(value: Any, status: int = 200) -> Response:
    """A value as JSON; a number that is not finite is null."""
    return Response(msgspec.json.encode(value), status, media_type=JSON)


def mistake(status: int, what: str, expected: str = "", fix: str = "") -> Response:
    """An error as JSON. Paths may have bytes that are not UTF-8, which are shown as `\\xff`."""
    return answer({"what": utf8(what), "expected": utf8(expected), "fix": utf8(fix)}, status)


def mistaken(problem: WxbError) -> Response:
    """The error of a request that the server understood, and could not do."""
    return mistake(400, problem.what, problem.detail, problem.fix)


def decoded(body: bytes, kind: type[T]) -> T:
    """The JSON of a request's body as a value of a type. Raises Refused if it is none."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as problem:
        raise Refused(400, "what was sent is not understood", str(problem)) from problem


def missing(what: str, fix: str = "") -> Refused:
    """The refusal of a request for what is not there."""
    return Refused(404, what, fix=fix)


def whole_number(name: str, text: str) -> int:
    """A whole number of the query. Raises Refused if it is none."""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refused(400, f"{name} is {text[:40]}", "a whole number")
    return int(text)
