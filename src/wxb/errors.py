"""The one error of wxb: what happened, what was expected or where it stands, and a way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

DONE = 0
FAILED = 1  # a broken run, a training that ended in NaN
MISTAKE = 2  # the user's
FOUND = 3  # a check found something
BUG = 70  # ours
INTERRUPTED = 130  # SIGINT, with the run saved
HUNG_UP = 129  # SIGHUP, as when the terminal is closed, with the run saved
TERMINATED = 143  # SIGTERM, with the run saved


class WxbError(Exception):
    """A mistake of the user's, or something broken outside the program; printed without a traceback.

    `what` says in one line what happened, `detail` (may be empty, may have several lines) shows the place, what was
    expected or what was found, `fix` (may be empty) is the way out. `exit_code` is what the command line ends with.
    `places` are the characters [start, end) of the text of a network that are mistaken.
    """

    places: tuple[tuple[int, int], ...] = ()

    def __init__(self, what: str, detail: str = "", fix: str = "", exit_code: int = MISTAKE) -> None:
        self.what = what
        self.detail = detail
        self.fix = fix
        self.exit_code = exit_code
        super().__init__(str(self))

    def __str__(self) -> str:
        lines = [self.what]
        lines += [f"  {line}" for line in self.detail.splitlines()]
        if self.fix:
            lines.append(f"  fix: {self.fix}")
        return "\n".join(lines)


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known word most like `word` (difflib's ratio, ignoring case), or None if none is similar."""
    by_lower = {name.lower(): name for name in known}
    matches = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[matches[0]] if matches else None
