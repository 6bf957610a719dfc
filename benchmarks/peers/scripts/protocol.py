"""The shared part of all scripts: options, arrays, and the line of JSON after each epoch.

A script is run as

    python benchmarks/peers/scripts/keras_mnist.py --data mnist.npz --seed 0

and trains until it is stopped, or until its recipe ends. After each epoch it prints one line of JSON:

    {"epoch": 1, "seconds": 31.2, "test_accuracy": 0.9712, "evaluation": [5123.4, 5124.1]}

`seconds` counts from the start of the process, imports included, without what testing took; `evaluation` is when the
test began and ended on the system's monotonic clock, so that whoever watches can leave it out itself.
"""

import argparse
import json
import os
import time

evaluating = 0.0  # seconds of all tests so far


def process_start():
    """When this process began, on the monotonic clock; if the system does not say, the time this file was imported."""
    try:
        with open("/proc/self/stat") as file:
            ticks = int(file.read().rpartition(")")[2].split()[19])  # since the machine's start, as the clock
    except OSError:
        return time.monotonic()
    return ticks / os.sysconf("SC_CLK_TCK")


STARTED = process_start()


def options():
    """--data FILE, --seed, --examples (of the training part, for trying), --epochs (0: until stopped)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True, help="an .npz of train_x, train_y, test_x, test_y")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--examples", type=int, help="only the first so many training examples")
    parser.add_argument("--epochs", type=int, default=0, help="end after so many epochs; 0: when the recipe ends")
    parser.add_argument("--recipe", help="for ours.py: what `wxb train --dry-run --json` says")
    return parser.parse_args()


def arrays(given):
    """Pictures uint8 (n, height, width, channels), and classes int64: training and test part."""
    import numpy as np

    with np.load(given.data) as held:
        train_x, train_y, test_x, test_y = (held[name] for name in ("train_x", "train_y", "test_x", "test_y"))
    return train_x[: given.examples], train_y[: given.examples], test_x, test_y


def epochs(given):
    """1, 2, 3 … up to the number of `--epochs`, or without end."""
    epoch = 0
    while not given.epochs or epoch < given.epochs:
        epoch += 1
        yield epoch


def tell(epoch, evaluate):
    """Test, which gives a fraction, and print the line of this epoch."""
    global evaluating
    begin = time.monotonic()
    accuracy = float(evaluate())
    end = time.monotonic()
    line = {
        "epoch": epoch,
        "seconds": round(begin - STARTED - evaluating, 3),
        "test_accuracy": accuracy,
        "evaluation": [begin, end],
    }
    evaluating += end - begin
    print("\n" + json.dumps(line), flush=True)  # on a line of its own, whatever a progress bar has left


class Pictures:
    """A map-style data set that prepares each picture when it is accessed, as torchvision's data sets do.

    `mean` and `deviation` are those of `transforms.Normalize` after `transforms.ToTensor`; `augment` is applied
    between the two, to the float tensor (channels, height, width) in [0, 1].
    """

    def __init__(self, x, y, mean, deviation, augment=None):
        import torch

        self.x, self.y, self.augment = x, y, augment
        self.mean = torch.tensor(mean).view(-1, 1, 1)
        self.deviation = torch.tensor(deviation).view(-1, 1, 1)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        import torch

        picture = torch.from_numpy(self.x[index]).permute(2, 0, 1).contiguous().float().div(255)
        if self.augment is not None:
            picture = self.augment(picture)
        return (picture - self.mean) / self.deviation, int(self.y[index])


def accuracy_of(model, loader):
    """The fraction that a torch model has right over a loader."""
    import torch

    was_training = model.training
    model.eval()
    right = total = 0
    with torch.no_grad():
        for x, y in loader:
            right += int((model(x).argmax(1) == y).sum())
            total += len(y)
    model.train(was_training)
    return right / total
