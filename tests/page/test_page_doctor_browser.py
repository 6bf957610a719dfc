"""The Doctor tab of a run in a browser: while it works, stopped, and with what it found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.page.test_page_browser import of_list, opened, pytestmark, served, violations  # noqa: F401 (the mark skips)

COMMAND = "wxb train ring 'FC-4-TANH, SOFTMAX' --examples 100 --epochs 1"
DOING = {
    "kind": "doing", "text": "tries --learning-rate 0.02 for T1, 10 % of the length, step 20 of 60", "code": "T1",
    "cause": "learning rate too high", "remedy": "--learning-rate 0.02", "spent": 1.1, "budget": 3.0, "share": 0.1,
    "seed": 0, "step": 20, "steps": 60, "score": None,
}  # fmt: skip
RAN = {**DOING, "kind": "ran", "remedy": "", "share": 1.0, "score": 0.112}
SICK = {
    "code": "T1", "cause": "learning rate too high", "severity": "sick", "evidence": {"update_ratio": 0.4},
    "told": "update ratio 0.4", "options": "--learning-rate 0.02", "remedy": {"learning_rate": 0.02}, "examples": [],
    "proof": {
        "before": 0.112, "after": 0.941, "interval": [0.81, 0.846], "seeds": 3, "command": COMMAND,
        "gain": "+82.9 points [81.0, 84.6]", "runs": "3 pairs of side runs",
    },
}  # fmt: skip
FOUND = {
    "kind": "found", "healthy": False, "findings": [SICK], "scores": {"network": 0.112, "linear": 0.9}, "train": 0.114,
    "stands": "nothing", "learned": "", "untried": ["T4"], "cost": 2.2, "budget": 3.0,
    "measure": {"title": "accuracy", "form": "share"},
}  # fmt: skip
WRONG_LABELS = {
    **SICK, "code": "D2", "cause": "labels partly wrong", "told": "share of doubted labels 0.3", "proof": None,
    "options": "leave out, or label again, the 12 training examples whose labels are doubted",
    "examples": [f"class a/{place}.png" for place in range(11)] + ["<b>odd</b>.png"],
}  # fmt: skip
HEALTHY = {**FOUND, "healthy": True, "findings": [], "stands": "good", "untried": []}


def doctor_that_says(folder: Path, place: Path, *lines: dict[str, Any]) -> Iterator[Any]:
    """A window of a server whose doctor says the lines, and then waits unless it has found something."""
    script = "".join(f"print({json.dumps(line)!r}, flush=True)\n" for line in lines)
    if lines[-1]["kind"] != "found":
        script += "import time; time.sleep(600)"
    start = place / "start.py"
    start.write_text(
        "import sys\nfrom wxb.page import doctor\nfrom wxb.cli.main import main\n"
        f"doctor.COMMAND = (sys.executable, '-c', {script!r})\nsys.exit(main(sys.argv[1:]))\n"
    )
    for address in served(folder, str(start)):
        yield from opened(of_list(address))


@pytest.fixture
def window(request: Any, folder: Path, tmp_path: Path) -> Iterator[Any]:
    """A window on the Doctor tab of a run, whose doctor says what the test names."""
    for window in doctor_that_says(folder, tmp_path, *request.param):
        window.get_by_role("link", name="finished").click()
        window.get_by_role("link", name="Doctor").click()
        window.get_by_role("button", name="Examine").click()
        yield window


@pytest.mark.parametrize("window", [(RAN, DOING)], indirect=True)
def test_it_says_what_it_does_and_stops_when_told_to(window):
    from playwright.sync_api import expect

    expect(window.get_by_role("status")).to_have_text(DOING["text"], timeout=60_000)
    expect(window.get_by_role("progressbar")).to_have_attribute("value", "1.1")
    expect(window.locator("main")).to_contain_text("side runs of 1.1 of at most 3 trainings")
    expect(window.get_by_role("row", name="the training as it is")).to_contain_text("11.2 %")
    assert violations(window) == []
    window.reload()
    expect(window.get_by_role("status")).to_have_text(DOING["text"])
    window.get_by_role("button", name="Stop").click()
    expect(window.locator("main")).to_contain_text("The examination was stopped")
    expect(window.get_by_role("button", name="Examine again")).to_be_visible()


@pytest.mark.parametrize("window", [(RAN, DOING, FOUND)], indirect=True)
def test_it_shows_the_cause_its_proof_and_trains_a_run_with_the_remedy(window):
    from playwright.sync_api import expect

    expect(window.get_by_role("heading", name="Sick: one cause is proved")).to_be_visible(timeout=60_000)
    expect(window.get_by_role("heading", name="learning rate too high")).to_contain_text("T1")
    main = window.locator("main")
    for text in (
        "update ratio 0.4", "--learning-rate 0.02", "11.2 % → 94.1 %", "+82.9 points [81.0, 84.6]", COMMAND,
        "Not tried within 3 trainings: T4", "11.4 % on training examples",
    ):  # fmt: skip
        expect(main).to_contain_text(text)
    expect(window.locator(".end[aria-current]")).to_have_text("Look for a mistake before anything elsethis run")
    expect(window.get_by_role("button", name="Examine again")).to_be_visible()  # nothing moves any more
    window.get_by_text("1 side run, as much as 2.2 trainings").click()
    expect(window.get_by_role("row", name="the training as it is")).to_be_visible()
    for scheme, width in (("light", 1200), ("dark", 380)):
        window.emulate_media(color_scheme=scheme)
        window.set_viewport_size({"width": width, "height": 900})
        assert window.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(window) == []
    window.get_by_role("button", name="Train a new run with the remedy").click()
    expect(window.get_by_role("heading", level=1)).to_contain_text("finished-", timeout=60_000)
    expect(window.locator("main")).to_contain_text("FC-4-TANH-FC-C, SOFTMAX")
    window.wrong.clear()  # the browser tells of each request for the run before it is there


@pytest.mark.parametrize("window", [({**FOUND, "findings": [WRONG_LABELS]},)], indirect=True)
def test_the_examples_whose_labels_are_doubted_are_named(window):
    from playwright.sync_api import expect

    main = window.locator("main")
    expect(main).to_contain_text("class a/0.png, class a/1.png", timeout=60_000)
    expect(window.get_by_text("<b>odd</b>.png")).to_be_hidden()
    expect(window.get_by_role("button", name="Examine again")).to_be_visible()
    window.get_by_text("and 2 more").click()
    expect(main).to_contain_text("class a/10.png, <b>odd</b>.png")
    expect(main).to_contain_text("counted: no side run could tell more")
    assert violations(window) == []


@pytest.mark.parametrize("window", [(HEALTHY,)], indirect=True)
def test_a_healthy_training_has_its_place_in_the_recipe(window):
    from playwright.sync_api import expect

    expect(window.get_by_role("heading", name="Healthy")).to_be_visible(timeout=60_000)
    expect(window.locator(".end[aria-current]")).to_contain_text("Good. Now make sure that it is true")
    expect(window.get_by_role("button", name="Train a new run with the remedy")).to_have_count(0)
    assert violations(window) == []
