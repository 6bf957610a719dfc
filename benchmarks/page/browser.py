"""A page that runs, and a browser that shows it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wxb.errors import WxbError

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass(frozen=True)
class Server:
    """A `wxb page` that runs: its address without a path, its token and its process."""

    address: str
    token: str
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.address.rpartition(":")[2])

    def memory(self) -> float:
        """MiB of memory that the process holds now."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Serve a folder of runs as `wxb page` does; its standard error is `page.log` beside the folder."""
    words = [sys.executable, "-m", "wxb", "page", str(folder), "--no-browser", "--port", "0"]
    with (
        (folder.parent / "page.log").open("w") as log,
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            printed = process.stdout.readline().split()[-1]
            place, _, token = printed.partition("#token=")
            yield Server(place.partition("/runs")[0], token, process)
        finally:
            process.terminate()


@contextmanager
def browsing() -> Iterator[Any]:
    """A browser without a window. Raises WxbError if there is none on this computer."""
    if CHROMIUM is None:
        raise WxbError("there is no Chromium", fix="apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
