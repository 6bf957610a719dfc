"""What `--watch 50` takes of a training: `python -m benchmarks.views.watching`, on a machine with nothing else to do.

The steps of one training are compared with each other, those that are watched with those that are not, so that the pace
of the machine does not matter. A step that ends an epoch counts as neither.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass

import wxb
from wxb.data.dataset import Dataset
from wxb.settings.python import RecipeOptions
from wxb.trials import Trial

WATCHED = 50
OWED = 0.03  # of the time of a training
CASES = (("digits", None, None), ("mnist", "lenet5", 1_000))  # data, network, steps; None: the default


@dataclass(frozen=True)
class Watching:
    """The seconds of a watched and of another step, medians, and the share that watching takes of all steps."""

    watched: float
    other: float
    steps: int

    @property
    def share(self) -> float:
        """The seconds that watching adds, of those of a training without it."""
        return WATCHED * (self.watched - self.other) / (self.steps * self.other)


def measured(data: Dataset, network: str | None, steps: int | None) -> Watching:
    """Train once, watching so many steps."""
    options: RecipeOptions = {} if steps is None else {"steps": steps}
    seconds: dict[bool, list[float]] = {True: [], False: []}
    last = None
    for record in Trial(data, network, watch=WATCHED, **options):
        now = time.perf_counter()
        if last is not None and not record.epoch_end:
            seconds[record.reading is not None].append(now - last)
        last = time.perf_counter()
    return Watching(statistics.median(seconds[True]), statistics.median(seconds[False]), record.steps)


def main() -> None:
    """Measure every case a few times and print what watching takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=3)
    repetitions = parser.parse_args().repetitions
    for name, network, steps in CASES:
        data = wxb.load_data(name)
        found = [measured(data, network, steps) for _ in range(repetitions)]
        one = sorted(found, key=lambda each: each.share)[len(found) // 2]
        shares = [each.share for each in found]
        print(f"{name} {network or 'default network'}, {one.steps} steps, {repetitions} trainings")
        print(f"  a watched step takes {1e3 * one.watched:.2f} ms, another {1e3 * one.other:.2f} ms")
        print(f"  {WATCHED} of them add {one.share:.1%} [{min(shares):.1%}, {max(shares):.1%}], owed ≤ {OWED:.0%}")


if __name__ == "__main__":
    main()
