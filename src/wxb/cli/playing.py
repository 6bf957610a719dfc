"""Following a policy while it learns, its result, and a person's game against it in the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from wxb.cli import printing
from wxb.cli.answers.playing import OverSeeds, Play, PlaySeeds
from wxb.cli.stopping import Stop
from wxb.errors import DONE, INTERRUPTED
from wxb.paths import quoted
from wxb.play import report
from wxb.play.policy import greedy
from wxb.play.run import PlayRun
from wxb.play.schema import StepLine
from wxb.play.training import Training
from wxb.progress import REDRAW, MovingLine, bar
from wxb.runs.folder import CURVE
from wxb.text import OWN_ESCAPE, count, duration, shortened

TOLD_EVERY = 10.0  # seconds between two lines where none can move
FRAME = 0.04  # seconds; a fiftieth of a second of the game passes in a move
LEAVES = ("q", "quit", "exit")


# --- while it learns ------------------------------------------------------------------------------------------------


def follow(training: Training, quiet: bool) -> tuple[int, PlayRun | None]:
    """Learn to the end, or save the run at the step at which a signal came; the exit code, and the finished run."""
    if not quiet:
        width = printing.columns(sys.stderr)
        for label, text in training.lines():
            printing.remark(printing.labelled(label, text, width))
    moving, line, drawn, score = sys.stderr.isatty() and not quiet, MovingLine(), -TOLD_EVERY, ""
    with Stop() as stop:
        for one in training:
            steps, now = training.learner.settings.steps, time.monotonic()
            if one.score is not None:
                score = f"{training.game.score} {training.game.shown(one.score)}"
            if moving and now - drawn >= REDRAW:
                line.draw(progress(one, steps, score, bar(one.step / steps)))
                drawn = now
            elif not (moving or quiet) and (now - drawn >= TOLD_EVERY or one.step == steps):
                printing.remark(progress(one, steps, score))
                drawn = now
            if (stop.code is not None or training.asked) and one.step < steps:
                line.draw("")
                step = training.stop()
                printing.remark(f"stopped after step {step}, saved; wxb resume {quoted(str(training.path))}")
                return stop.code or INTERRUPTED, None
        line.draw("")
        run = training.finish()
        for remark in training.remarks:
            printing.remark(printing.labelled("note", remark))
        return DONE if stop.code is None else stop.code, run


def progress(one: StepLine, steps: int, score: str, drawn: str = "") -> str:
    """A step as "step      12 of 100  mean return 187  4.2 s left"."""
    left = one.seconds / one.step * (steps - one.step)
    parts = (f"{one.step} of {count(steps)}", drawn, score, f"{duration(left)} left" if left else duration(one.seconds))
    return printing.labelled("step", "  ".join(part for part in parts if part))


# --- results --------------------------------------------------------------------------------------------------------


def show(run: PlayRun) -> None:
    """Print how good a run is, and where it lies."""
    width = printing.columns(sys.stdout)
    for one in run.about.results:
        printing.result(printing.labelled("result", f"{one.what}: {run.game.sentence(one)}", width))
    path = quoted(run.path)
    printing.result(printing.labelled("run", f"{run.path}    next: wxb play {path}", width))


def show_report(run: PlayRun) -> None:
    """Print what `wxb report` tells of a run that plays."""
    width = printing.columns(sys.stdout)
    for label, text in report.lines(run):
        printing.result(printing.labelled(*_fitted(label, text), width))
    if (run.path / CURVE).is_file():
        printing.result(printing.labelled("curve", str(run.path / CURVE), width))


def show_seeds(drawn: report.Seeds) -> None:
    """Print what several seeds are together."""
    width = printing.columns(sys.stdout)
    for label, text in report.seeds_lines(drawn):
        printing.result(printing.labelled(*_fitted(label, text), width))
    if drawn.picture is not None:
        printing.result(printing.labelled("curve", str(drawn.picture), width))


def _fitted(label: str, text: str) -> tuple[str, str]:
    """A label that is too long for its column goes before the text."""
    return (label, text) if len(label) < printing.LABEL else ("result", f"{label}: {text}")


def answer(run: PlayRun) -> Play:
    """What `--json` holds."""
    about, last = run.about, run.history[-1]
    return Play(
        run=str(run.path), game=about.game, network=about.network, parameters=about.parameters, settings=about.settings,
        games=last.games, moves=last.moves, seconds=last.seconds, results=about.results,
    )  # fmt: skip


def seeds_answer(drawn: report.Seeds) -> PlaySeeds:
    """What `--json` holds of several seeds."""
    return PlaySeeds(
        folder=str(drawn.folder),
        curve=None if drawn.picture is None else str(drawn.picture),
        runs=tuple(map(answer, drawn.runs)),
        results=tuple(OverSeeds(what, mean.mean, mean.interval) for what, mean in drawn.results.items()),
    )


# --- a person's game ------------------------------------------------------------------------------------------------


def against(run: PlayRun, begins: bool) -> int:
    """Let a person play against a run, or watch it where it plays alone; the exit code."""
    run.game.meet(greedy(run.policy()), begins, Terminal(), time.time_ns() % 2**31)
    return DONE


class Terminal:
    """A person at a terminal, or lines that are read from elsewhere."""

    def __init__(self) -> None:
        self._high = 0  # lines of the frame on the screen

    def say(self, text: str) -> None:
        """Print lines."""
        printing.result(text)

    def frame(self, text: str, last: bool) -> None:
        """Draw over the last frame, 25 a second; where nothing can be drawn over, print the last frame alone."""
        if not sys.stdout.isatty():
            if last:
                printing.result(text)
            return
        lines = text.splitlines()
        up = f"{OWN_ESCAPE}[{self._high}A" if self._high else ""
        printing.result(up + "\n".join(f"{printing.ERASE}{line}" for line in lines))
        printing.flush()
        self._high = len(lines)
        time.sleep(FRAME)

    def ask(self, actions: Sequence[str], legal: Sequence[bool]) -> int | None:
        """The number of an action that the rules allow; None if the person leaves. What is not one is asked again."""
        allowed = [action for action, can in zip(actions, legal, strict=True) if can]
        while True:
            printing.result(f"your move ({', '.join(allowed)}):", end=" ")
            printing.flush()
            line = sys.stdin.readline() if sys.stdin is not None else ""
            word = line.strip().lower()
            if not line or word in LEAVES:
                return None
            if word in allowed:
                return list(actions).index(word)
            why = "is taken" if word in actions else "is no move"
            printing.result(
                f"{shortened(word, 20) or 'nothing'} {why}: type one of {', '.join(allowed)}, or q to leave"
            )
