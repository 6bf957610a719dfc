"""How soon the maps of every layer follow the pen."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

from benchmarks.page.browser import browsing, serving
from benchmarks.page.folders import trained

MOVES = 60
# from the time the browser gives a movement of the pen to the frame after what was answered to it is on the screen
WATCH = """() => {
  window.took = [];
  let moved = 0;
  addEventListener("pointermove", (event) => (moved = moved || event.timeStamp), true);
  const fetched = window.fetch;
  window.fetch = async (...words) => {
    const began = moved;
    const asked = String(words[0]).includes("/ask");
    if (asked) moved = 0;
    const answer = await fetched(...words);
    if (asked && began) {
      const whole = answer.clone().text();
      whole.then(() => requestAnimationFrame(() => requestAnimationFrame(() =>
        window.took.push(performance.now() - began))));
    }
    return answer;
  };
}"""


def pen(repetitions: int) -> list[float]:
    """Milliseconds from a movement of the pen to the answer on the screen, of every movement that was asked about."""
    found: list[float] = []
    with tempfile.TemporaryDirectory() as folder, browsing() as browser:
        run = trained(Path(folder))
        with serving(run.parent) as server:
            window = browser.new_page()
            window.goto(f"{server.address}/draw#token={server.token}")
            pad = window.locator("canvas[aria-label='pad to draw on']")
            pad.wait_for()
            box = pad.bounding_box()
            middle, side = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), box["width"] / 3
            for repetition in range(repetitions + 1):
                window.evaluate(WATCH if repetition == 0 else "() => { window.took = [] }")
                window.mouse.move(middle[0] + side, middle[1])
                window.mouse.down()
                for move in range(MOVES):
                    turn = 2 * math.pi * move / MOVES
                    window.mouse.move(middle[0] + side * math.cos(turn), middle[1] + side * math.sin(turn))
                window.mouse.up()
                window.wait_for_timeout(500)
                if repetition:  # the first answers wait for libraries
                    found += window.evaluate("() => window.took")
                window.get_by_role("button", name="Clear").click()
    return found
