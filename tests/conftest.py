"""What every test has: one thread, no settings of the person who runs it, and the real data where it lies."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch loads; two workers on two cores
os.environ["MPLBACKEND"] = "Agg"
for _name in ("WXB_RUNS", "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
    os.environ.pop(_name, None)
os.environ["WXB_CACHE"] = os.path.join(os.devnull, "no downloads")

import hypothesis  # noqa: E402
import pytest  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent

# time limits of single examples say more about the machine than about the code
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets: WXB_DATA, or ../shared/data beside the checkout; skips where neither is there."""
    given = os.environ.get("WXB_DATA")
    folder = Path(given) if given else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no real data: WXB_DATA is not set and ../shared/data is not there")
    return folder


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT
