"""Runs for Trackio: TRACKIO_DIR=FOLDER python log_trackio.py FOLDER RUNS POINTS, by the storage of Trackio itself."""

import sys

from trackio.sqlite_storage import SQLiteStorage

PROJECT = "page"


def main() -> None:
    """Write so many runs with a loss and an accuracy at so many steps."""
    runs, points = int(sys.argv[2]), int(sys.argv[3])
    SQLiteStorage.init_db(PROJECT)
    steps = list(range(1, points + 1))
    losses = [1 / (1 + step / 1000) + 0.05 * ((step * 7919) % 101) / 101 for step in steps]
    values = [{"loss": loss, "accuracy": 1 - loss / 2} for loss in losses]
    for number in range(runs):
        SQLiteStorage.bulk_log(PROJECT, f"run-{number:04d}", values, steps=steps, config={"learning_rate": 0.01})


main()
