"""How much the browser loads first, and how soon a person can begin."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.page.browser import browsing, serving
from benchmarks.page.folders import copies, history, trained

RUN = ".table tbody tr td.name a"  # a run in the list
LOADED = """() => {
  const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  return all.filter((one) => !one.name.includes("/api/")).reduce((sum, one) => sum + one.transferSize, 0);
}"""
ZOOMED = 0.3, 0.6  # of the width of a curve


def first_load(repetitions: int) -> dict[str, list[float]]:
    """kB of files that the list of runs loads into an empty browser, and seconds until a run in it can be clicked."""
    found: dict[str, list[float]] = {"kB": [], "seconds": []}
    with tempfile.TemporaryDirectory() as folder, browsing() as browser:
        trained(Path(folder), 1)
        with serving(Path(folder) / "runs") as server:
            for _ in range(repetitions):
                context = browser.new_context()  # with an empty cache
                window = context.new_page()
                window.goto(f"{server.address}/runs", wait_until="commit")
                window.locator(RUN).first.click(trial=True)
                found["seconds"].append(window.evaluate("performance.now()") / 1000)
                window.wait_for_load_state("networkidle")
                found["kB"].append(window.evaluate(LOADED) / 1000)
                context.close()
    return found


def list_of(runs: int, repetitions: int) -> list[float]:
    """Seconds until the list of so many runs can be clicked, the server having read none of them before."""
    found = []
    with tempfile.TemporaryDirectory() as folder, browsing() as browser:
        run = trained(Path(folder), 1)
        copies(run, runs - 1)
        for _ in range(repetitions):
            with serving(run.parent) as server:
                context = browser.new_context()
                window = context.new_page()
                began = time.perf_counter()
                window.goto(f"{server.address}/runs", wait_until="commit")
                window.locator(RUN).first.click(trial=True)
                found.append(time.perf_counter() - began)
                context.close()
    return found


def zoom_of(points: int, repetitions: int) -> dict[str, list[float]]:
    """Seconds until the curves of so many points are first there, and until a part of them is after it was chosen."""
    found: dict[str, list[float]] = {"first": [], "zoom": []}
    with tempfile.TemporaryDirectory() as folder, browsing() as browser:
        run = trained(Path(folder), 1)
        history(run, points)
        with serving(run.parent) as server:
            window = browser.new_page()
            began = time.perf_counter()
            window.goto(f"{server.address}/runs/{run.name}", wait_until="commit")
            plot = window.locator(".plot").first
            plot.wait_for(timeout=600_000)
            found["first"].append(time.perf_counter() - began)
            window.wait_for_timeout(1000)
            box = plot.bounding_box()
            for _ in range(repetitions):
                for share in ZOOMED:
                    window.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
                    if share == ZOOMED[0]:
                        window.mouse.down()
                with window.expect_response(lambda one: "/curves" in one.url) as answered:
                    began = time.perf_counter()
                    window.mouse.up()
                answered.value.finished()
                window.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
                found["zoom"].append(time.perf_counter() - began)
                with window.expect_response(lambda one: "/curves" in one.url):
                    plot.dblclick()
                window.wait_for_timeout(300)  # nothing else is under way
    return found
