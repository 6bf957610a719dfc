"""The page beside TensorBoard and Trackio: the same runs, the same browser, the same questions."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bounds import amount
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table, lines
from benchmarks.page.browser import browsing, serving
from benchmarks.page.folders import copies, history, trained
from benchmarks.results import ROOT

PYTHON = ROOT / "build" / "peers" / "page" / "bin" / "python"  # of benchmarks/peers/environment.sh build/peers page
SCRIPTS = ROOT / "benchmarks" / "peers" / "scripts"
RUNS, POINTS, EPOCHS = 1_000, 100_000, 3
REPETITIONS = 3
WAIT = 120  # seconds for a server or a page
CORNERS = (0.3, 0.25), (0.6, 0.6)  # of a plot, between which the mouse draws: one is a width, one an area
QUIET = 500  # ms without a change, after which a plot is drawn
# milliseconds from the release of the mouse to the last change of a plot: of its texts, or of a picture in it
SETTLED = """([selector, quiet]) => new Promise((done) => {
  const plot = document.querySelector(selector);
  const look = () => plot.textContent + [...plot.querySelectorAll("canvas")].map((one) => {
    try { return one.toDataURL(); } catch { return ""; }
  }).join();
  const before = look();
  let released = null, seen = before, changed = null;
  addEventListener("pointerup", () => (released = performance.now()), { capture: true, once: true });
  const frame = () => {
    const now = performance.now(), found = look();
    if (released !== null && found !== seen) [seen, changed] = [found, now];
    if (changed !== null && now - changed > quiet) done(changed - released);
    else requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})"""


@dataclass(frozen=True)
class Program:
    """What shows runs: where its list of them is, and where its plot is."""

    what: str
    listed: str  # a run in the list
    all_listed: str  # what is there once the list has all runs
    plot: str
    script: str = ""  # that writes the runs; wxb's own are copies of a run
    show: tuple[str, ...] = ()  # the arguments of Python that serve a folder at a port

    @contextmanager
    def serving(self, folder: Path) -> Iterator[str]:
        """The address of a server that shows the runs in a folder."""
        if not self.script:
            with serving(folder) as server:
                yield f"{server.address}/runs"
            return
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        words = [one.format(folder=folder, port=port) for one in self.show]
        environment = {**os.environ, "TRACKIO_DIR": str(folder)}
        with subprocess.Popen(
            [str(PYTHON), *words], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                answers(f"http://127.0.0.1:{port}/")
                yield f"http://127.0.0.1:{port}/"
            finally:
                process.terminate()

    def fill(self, folder: Path, runs: int, points: int) -> Path:
        """Write runs into a folder; returns the one that is to be served."""
        if self.script:
            words = [str(PYTHON), str(SCRIPTS / self.script), str(folder), str(runs), str(points)]
            subprocess.run(words, check=True, env={**os.environ, "TRACKIO_DIR": str(folder)}, capture_output=True)
            return folder
        run = trained(folder, 1)
        history(run, points)
        copies(run, runs - 1)
        return run.parent


PROGRAMS = (
    Program("wxb page", ".table tbody tr td.name a", ".table tbody tr:nth-child({runs})", ".plot"),
    Program(
        "TensorBoard", "tb-data-table-content-row", "tb-data-table-content-row:nth-of-type({runs})",
        "scalar-card line-chart", "log_tensorboard.py",
        ("-m", "tensorboard.main", "--logdir", "{folder}", "--port", "{port}", "--host", "127.0.0.1"),
    ),
    Program(
        "Trackio", "label.checkbox-item", "label.checkbox-item:nth-of-type({runs})", ".plot-container",
        "log_trackio.py",
        ("-c", "import trackio; trackio.show('page', open_browser=False, server_port={port}, host='127.0.0.1', "
         "block_thread=True)"),
    ),
)  # fmt: skip


def answers(address: str) -> None:
    """Wait until a server answers. Raises OSError if it does not."""
    end = time.monotonic() + WAIT
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def listed(program: Program, folder: Path, browser: Any) -> float:
    """Seconds until all runs are in the list and one can be clicked, in an empty browser, by a server that answers."""
    with program.serving(folder) as address:
        context = browser.new_context()
        window = context.new_page()
        began = time.perf_counter()
        window.goto(address, wait_until="commit")
        window.locator(program.all_listed.format(runs=RUNS)).first.wait_for(state="attached", timeout=1000 * WAIT)
        window.locator(program.listed).first.click(trial=True, timeout=1000 * WAIT)
        seconds = time.perf_counter() - began
        context.close()
    return seconds


def zoomed(program: Program, folder: Path, browser: Any, repetitions: int) -> list[float]:
    """Seconds from the release of the mouse, which chose a part of a curve, to the last change of the plot."""
    found = []
    with program.serving(folder) as address:
        for _ in range(repetitions):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            window = context.new_page()
            window.goto(address if program.script else f"{address}/digits", wait_until="commit")
            plot = window.locator(program.plot).first
            plot.locator("canvas").first.wait_for(timeout=1000 * WAIT)
            window.wait_for_timeout(3000)  # nothing else is under way
            box = plot.bounding_box()
            window.evaluate(f"(given) => {{ window.taken = ({SETTLED})(given); }}", [program.plot, QUIET])
            for across, down in CORNERS:
                window.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"], steps=4)
                if (across, down) == CORNERS[0]:
                    window.mouse.down()
            window.mouse.up()
            found.append(window.evaluate("() => window.taken") / 1000)
            context.close()
    return found


@dataclass(frozen=True)
class Others(Figure):
    """The page beside other programs that show runs, each in turn on the same computer."""

    rows: tuple[Program, ...] = PROGRAMS

    def measure(self, scope: Scope) -> Rows:
        """A row for each program; without the environment of the others there is none of them."""
        repetitions = scope.repetitions or REPETITIONS
        able = [one for one in self.rows if not one.script or PYTHON.exists()]
        with browsing() as browser:
            return [self._row(one, repetitions, browser) for one in able]

    def _row(self, program: Program, repetitions: int, browser: Any) -> Row:
        with tempfile.TemporaryDirectory() as many, tempfile.TemporaryDirectory() as long:
            full = program.fill(Path(many), RUNS, EPOCHS)
            lists = [listed(program, full, browser) for _ in range(repetitions)]
            one = program.fill(Path(long), 1, POINTS)
            zooms = zoomed(program, one, browser, repetitions)
        values = {"list": lists, "zoom": zooms}
        return {
            "what": program.what,
            "values": {name: [round(one, 4) for one in some] for name, some in values.items()},
        }

    def table(self, rows: Rows) -> Table:
        """Medians in seconds."""
        head = ("program", f"list of {RUNS:,} runs", f"zoom into a curve of {POINTS:,} points")
        return [head, *lines(self.rows, rows, line)]


def line(program: Program, row: Row) -> Cells:
    """The line of a program."""
    return (program.what, *(amount(statistics.median(row["values"][name]), "s") for name in ("list", "zoom")))
