"""wxb with a fault at its n-th operation on files of a run: `python -m benchmarks.torture.fault 7 ENOSPC train …`.

The fault is an error by its name, or `kill`. Operations are those that Python reports to audit hooks (open to write,
rename, remove, make a folder), and fsync.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

WRITES = os.O_WRONLY | os.O_RDWR


class Fault:
    """Counts operations on files below a folder, and fails at one of them, and at all later ones if it lasts."""

    def __init__(self, number: int, kind: str, folder: Path, lasts: bool) -> None:
        self.left = number
        self.kind = kind
        self.folder = str(folder.resolve())
        self.lasts = lasts

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """The audit hook."""
        changes = event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")
        if event == "open" and isinstance(arguments[2], int):
            changes = bool(arguments[2] & WRITES)
        if changes and isinstance(arguments[0], str | bytes | os.PathLike):
            self.count(os.path.abspath(os.fsdecode(arguments[0])))

    def count(self, path: str) -> None:
        """Count an operation on a path."""
        if not path.startswith(self.folder):
            return
        self.left -= 1
        if self.left == 0 or (self.left < 0 and self.lasts):
            if self.kind == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            number = getattr(errno, self.kind)
            raise OSError(number, os.strerror(number), path)


def _counted(operation: Callable[[int], None], fault: Fault) -> Callable[[int], None]:
    def run(descriptor: int) -> None:
        fault.count(os.path.realpath(f"/proc/self/fd/{descriptor}"))
        operation(descriptor)

    return run


def main() -> None:
    """Run wxb with a fault: number, kind (a `+` after it: and at all later operations), and its arguments."""
    from wxb.cli.main import main as wxb

    number, kind, *arguments = sys.argv[1:]
    fault = Fault(int(number), kind.rstrip("+"), Path("run"), kind.endswith("+"))
    setattr(os, "fsync", _counted(os.fsync, fault))  # noqa: B010 (the type checker takes only its own signature)
    sys.addaudithook(fault.hook)
    sys.argv[1:] = arguments
    sys.exit(wxb())


if __name__ == "__main__":
    main()
