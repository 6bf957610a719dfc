"""Eight hours of a training's records, replayed at speed: does the server's memory stay flat?"""

from __future__ import annotations

import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from benchmarks.page.browser import Server, serving
from benchmarks.page.folders import line, trained

RECORDS = 8 * 3600  # one a second
WINDOWS = 2
ASK_EVERY = 40  # records: a window asks for the curves about as often as it is told of changes
BEGAN = 0.1  # of the records: libraries are loaded and caches filled by then
BATCH = 8  # records appended at a time
PAUSE = 0.01  # seconds after each


def replayed() -> dict[str, list[float]]:
    """MiB of the server's memory after each tenth of the records, with two windows that follow them."""
    memory = []
    with tempfile.TemporaryDirectory() as folder:
        run = trained(Path(folder), 1)
        history = run / "history.jsonl"
        history.write_bytes(b"")
        with serving(run.parent) as server:
            ended = threading.Event()
            windows = [threading.Thread(target=follow, args=(server, run.name, ended)) for _ in range(WINDOWS)]
            for window in windows:
                window.start()
            try:
                for first in range(0, RECORDS, BATCH):
                    with history.open("ab") as file:
                        file.write(b"".join(line(place + 1) for place in range(first, first + BATCH)))
                    if first % ASK_EVERY == 0:
                        look(server, run.name)
                    if (first + BATCH) % (RECORDS // 10) < BATCH:
                        memory.append(round(server.memory(), 1))
                    time.sleep(PAUSE)
            finally:
                ended.set()
                for window in windows:
                    window.join()
    return {"MiB": memory}


def look(server: Server, name: str) -> None:
    """Ask for what a window shows of a run."""
    for path in ("/api/runs", f"/api/runs/{name}", f"/api/runs/{name}/curves?buckets=600"):
        with urllib.request.urlopen(server.address + path, timeout=30) as answer:
            answer.read()


def follow(server: Server, name: str, ended: threading.Event) -> None:
    """Take the events of a run as a window does, and open them anew now and then, as a reload does."""
    while not ended.is_set():
        with urllib.request.urlopen(f"{server.address}/api/runs/{name}/live", timeout=60) as stream:
            for _ in range(60):
                if ended.is_set() or not stream.readline():
                    break
