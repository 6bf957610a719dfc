"""Faults of the system: operations that fail or are killed, limits, odd environments, streams that are closed."""

from __future__ import annotations

import functools
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.results import ROOT, Row
from benchmarks.timing import environment
from benchmarks.torture.odd import Answer, Check, Odd, either, wxb
from benchmarks.torture.runs import TRAINING, ended, made
from benchmarks.torture.tables import PLAIN

TRAIN = (*TRAINING, "--out", "run")
LONG = (*TRAINING[:5], "--epochs", "100000", "--out", "run")
WEIGHTS = "weights.safetensors"


def table(folder: Path) -> None:
    """Write the table that is trained on."""
    (folder / "t.csv").write_text(PLAIN)


@functools.cache
def weights() -> bytes:
    """The weights of a training that nothing disturbs."""
    return (Path(made().name) / "run" / WEIGHTS).read_bytes()


def same(answer: Answer) -> bool:
    """Whether it ended well, or had nothing to do, and the run has the weights of one that nothing disturbs."""
    run = answer.folder / "run"
    well = answer.code == 0 or "has finished" in answer.errors
    if not well or not (run / WEIGHTS).is_file() or (run / WEIGHTS).read_bytes() != weights():
        return False
    return wxb("verify", "run", folder=answer.folder).code == 0


def faulted(folder: Path, number: int, kind: str, *arguments: str) -> int:
    """Run wxb with a fault; returns the exit status."""
    command = [sys.executable, "-m", "benchmarks.torture.fault", str(number), kind, *arguments]
    ended = subprocess.run(command, cwd=folder, env=environment(PYTHONPATH=str(ROOT)), capture_output=True)
    return ended.returncode


def repaired(answer: Answer) -> bool:
    """Whether the run went on to the weights of one that nothing disturbs, or trains anew in the same folder.

    A run that was stopped before its first state can only begin again.
    """
    return same(answer) or same(wxb(*TRAIN, folder=answer.folder))


def killed(number: int) -> Odd:
    """A training that is killed at an operation, and resumed."""

    def make(folder: Path) -> None:
        table(folder)
        faulted(folder, number, "kill", *TRAIN)

    return Odd(f"killed at operation {number} on files", make, ("resume", "run", "-q"), "the same weights", repaired)


def full(number: int, kind: str = "ENOSPC+") -> Odd:
    """A training whose operations fail from one on, and which is resumed when they work again."""

    def make(folder: Path) -> None:
        table(folder)
        faulted(folder, number, kind, *TRAIN)

    what = f"{kind.rstrip('+')} {'from' if kind.endswith('+') else 'at'} operation {number} on files"
    return Odd(what, make, ("resume", "run", "-q"), "the same weights when it is resumed", repaired)


@dataclass(frozen=True)
class Failing(Odd):
    """A training with a fault whose own answer is judged."""

    number: int = 1
    kind: str = "ENOSPC+"

    def row(self, folder: Path) -> Row:
        """The row of the table."""
        table(folder)
        command = [sys.executable, "-m", "benchmarks.torture.fault", str(self.number), self.kind, *self.arguments]
        done = subprocess.run(command, cwd=folder, env=environment(PYTHONPATH=str(ROOT)), capture_output=True)
        answer = Answer(done.returncode, done.stdout.decode(), done.stderr.decode(), 0, folder)
        return self.judged(answer)


def said(number: int, kind: str, *words: str) -> Odd:
    """A training with a fault, which is said."""
    what = f"{kind.rstrip('+')} {'from' if kind.endswith('+') else 'at'} operation {number}: what is said"
    check = either(*(ended(1, words=word) for word in words))
    return Failing(what, table, TRAIN, "an error that names it", check, number=number, kind=kind)


def under(what: str, limit: str, arguments: tuple[str, ...], right: str, check: Check, **variables: str) -> Odd:
    """A command in a shell that sets a limit or a stream first."""
    return Odd(what, table, arguments, right, check, variables, ("sh", "-c", f'{limit}; exec "$@"', "sh"))


def _redirected(what: str, redirection: str, arguments: tuple[str, ...], right: str, check: Check) -> Odd:
    return Odd(what, table, arguments, right, check, {}, ("sh", "-c", f'"$@" {redirection}', "sh"))


def _with(what: str, right: str, check: Check, *arguments: str, **variables: str) -> Odd:
    return Odd(what, table, arguments or TRAIN, right, check, variables)


SAID = ended(1, 2)
LOOK = ("data", "t.csv", "--target", "y")

FAULTS = (
    *(killed(number) for number in (1, 2, 3, 5, 8, 13, 18, 24, 30, 36, 42, 48, 52, 56, 60, 64)),
    *(full(number) for number in (1, 3, 8, 21, 42, 56)),
    *(full(number, "EIO") for number in (2, 13, 34, 50)),
    said(1, "ENOSPC+", "space"),
    said(12, "ENOSPC+", "space"),
    said(40, "EIO+", "input/output", "i/o"),
    said(5, "EACCES+", "permission"),
    said(5, "EROFS+", "read-only"),
    said(5, "EDQUOT+", "quota", "full"),
)
LIMITS = (
    under("16 open files", "ulimit -n 16", LOOK, "said, or done", ended(0, 1, 2)),
    under("48 open files", "ulimit -n 48", TRAIN, "said, or done", either(same, SAID)),
    under("files of at most 4 KiB", "ulimit -f 8", TRAIN, "said", SAID),
    under("files of no byte", "ulimit -f 0", TRAIN, "said", SAID),
    under("1 GB of addresses", "ulimit -v 1000000", TRAIN, "said, or done", ended(0, 1, 2)),
    under("a stack of 64 KiB", "ulimit -s 256", LOOK, "done", ended(0)),
    under("a folder that is gone", "mkdir gone; cd gone; rmdir ../gone", ("data", "digits"), "done, or said",
          ended(0, 1, 2)),
    under("training in a folder that is gone", "mkdir gone; cd gone; rmdir ../gone",
          ("train", "digits", "FC-8-RELU", "--epochs", "1"), "said", SAID),
    under("an interrupt while it trains", "(sleep 6; kill -INT $$) & true", LONG,
          "stopped, and saved", lambda answer: answer.code == 130 or "resume" in answer.text),
    under("SIGTERM while it trains", "(sleep 6; kill -TERM $$) & true", LONG,
          "stopped, and saved", lambda answer: answer.code is not None and "resume" in answer.text),
)  # fmt: skip
STREAMS = (
    _redirected("standard output is full", "> /dev/full", LOOK, "said", ended(1)),
    _redirected("standard output is full, in training", "> /dev/full", TRAIN, "said, the run whole", ended(0, 1)),
    _redirected("--help on a full disk", "> /dev/full", ("--help",), "said", ended(1)),
    _redirected("standard output is closed", ">&-", LOOK, "said, or nothing", ended(0, 1)),
    _redirected("standard errors are closed", "2>&-", TRAIN, "the same weights", same),
    _redirected("standard input is closed", "<&-", TRAIN, "the same weights", same),
    _redirected("a pipe that nobody reads", "| true", LOOK, "ended without a word", ended(0)),
    _redirected("deleting without standard input", "<&-", ("runs", "--delete", "run"), "refused, or said",
                ended(1, 2)),
)  # fmt: skip
PLACES = (
    _with("no HOME", "the same weights", same, HOME=""),
    _with("a HOME that is not there", "the same weights", same, HOME="/nonexistent/home"),
    _with("a cache that is a file", "done, or said", ended(0, 1, 2), *LOOK, WXB_CACHE="/dev/null"),
    _with("runs in a file", "said", SAID, *TRAINING, WXB_RUNS="/dev/null"),
    _with("no folder for temporary files", "the same weights", same, TMPDIR="/nonexistent"),
    _with("the locale C", "the same weights", same, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"),
    _with("ASCII for output", "done", ended(0), *LOOK, PYTHONIOENCODING="ascii"),
    _with("Latin-1 for output", "done", ended(0), *LOOK, PYTHONIOENCODING="latin-1"),
    _with("Python that drops assertions", "the same weights", same, PYTHONOPTIMIZE="2"),
    _with("another hash seed", "the same weights", same, PYTHONHASHSEED="12345"),
    _with("warnings that are errors", "the same weights", same, PYTHONWARNINGS="error::UserWarning"),
    _with("a terminal of 1 column", "done", ended(0), *LOOK, COLUMNS="1"),
    _with("columns that are no number", "done", ended(0), *LOOK, COLUMNS="wide"),
    _with("a time zone that there is not", "the same weights", same, TZ="Nowhere/Land"),
    _with("--out a file", "refused", SAID, *TRAINING, "--out", "t.csv"),
    _with("--out in a file", "refused", SAID, *TRAINING, "--out", "t.csv/run"),
    _with("--out in /proc", "said", SAID, *TRAINING, "--out", "/proc/run"),
    _with("--out of 5,000 characters", "refused", SAID, *TRAINING, "--out", "r" * 5000),
    _with("--out with a line break", "done, or refused", ended(0, 1, 2), *TRAINING, "--out", "a\nb"),
    _with("DATA of 5,000 characters", "refused", SAID, "train", "d" * 5000, "FC-8-RELU"),
    _with("a home of nobody", "refused", SAID, "data", "~nosuchuser/t.csv"),
)  # fmt: skip


def odds() -> tuple[Odd, ...]:
    """All faults."""
    return (*FAULTS, *LIMITS, *STREAMS, *PLACES)
