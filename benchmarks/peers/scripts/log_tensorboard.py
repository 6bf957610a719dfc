"""Runs for TensorBoard: python log_tensorboard.py FOLDER RUNS POINTS, by the writer of TensorBoard itself."""

import sys
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter


def main() -> None:
    """Write so many runs with a loss and an accuracy at so many steps."""
    folder, runs, points = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for number in range(runs):
        writer = EventFileWriter(str(folder / f"run-{number:04d}"), max_queue_size=10_000)
        for step in range(1, points + 1):
            loss = 1 / (1 + step / 1000) + 0.05 * ((step * 7919) % 101) / 101
            for name, value in (("loss", loss), ("accuracy", 1 - loss / 2)):
                summary = Summary(value=[Summary.Value(tag=name, simple_value=value)])
                writer.add_event(Event(wall_time=1.7e9 + step, step=step, summary=summary))
        writer.close()


main()
