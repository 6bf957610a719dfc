"""wxb's network and recipe in a bare loop: the difference to wxb is the overhead of wxb itself.

Network and settings are those of `wxb train --dry-run --json` for the command of the same goal, built with wxb's own
layers, augmentation and optimizers. The loop has no records, checkpoints, validation, baselines or
report. It learns from all training examples and tests once, after the last epoch, when the rate has fallen to zero.
"""

import json
from pathlib import Path

import numpy as np
import protocol
import torch
from torch.nn.functional import cross_entropy

import wxb
from wxb.data.dataset import Dataset, Split
from wxb.learning import precision
from wxb.learning.augment import Augment
from wxb.learning.feed import Feed
from wxb.learning.machine import DTYPES, choose
from wxb.learning.optimizers import decay, optimizers
from wxb.learning.schedules import factor

given = protocol.options()
plan = json.loads(Path(given.recipe).read_text())
recipe = wxb.Recipe(**plan["recipe"] | {"seed": given.seed} | ({"epochs": given.epochs} if given.epochs else {}))
train_x, train_y, test_x, test_y = protocol.arrays(given)
rows = np.arange(len(train_x) + len(test_x))
data = Dataset(
    "the arrays",
    np.ascontiguousarray(np.concatenate([train_x, test_x]).transpose(0, 3, 1, 2)),
    np.concatenate([train_y, test_y]),
    "classification",
    tuple(map(str, range(10))),
    Split(rows[: len(train_x)], rows[:0], rows[len(train_x) :], "as published"),
)

model = wxb.build(
    plan["network"],
    data,
    seed=recipe.seed,
    normalize=recipe.normalize,
    initialization=recipe.initialization,
    first_layer=recipe.first_layer,
)
machine = choose(recipe.device, recipe.precision, recipe.threads, model.plan.multiply_adds * recipe.batch_size)
if recipe.precision == "auto":
    machine = precision.chosen(machine, model, data)
augment = Augment.read(recipe.augment)
batches = Feed(data.examples, data.split.train, recipe.batch_size, machine.device, recipe.seed, recipe.shuffle, augment)
targets = torch.from_numpy(data.part("train")[1])
its_optimizers = optimizers(
    model, [layer.path for layer in model.plan.output_layers], recipe, DTYPES[machine.precision]
)
weights = [parameter for parameter in model.parameters() if parameter.ndim > 1 and parameter.requires_grad]
steps = recipe.epochs * len(batches) if given.epochs else recipe.steps or recipe.epochs * len(batches)
step = 0
model.train()
with machine.in_force():
    for epoch in range(1, recipe.epochs + 1):
        batches.start(epoch)
        for place in range(min(len(batches), steps - step)):
            step += 1
            rate = torch.tensor(recipe.learning_rate * factor(recipe.schedule, recipe.warm_up, step, steps))
            its_rows = batches.rows(place)
            with machine.autocast():
                logits = model(batches.inputs(its_rows))
            loss = cross_entropy(logits.float(), targets[its_rows], label_smoothing=recipe.label_smoothing)
            model.zero_grad(set_to_none=True)
            loss.backward()
            with torch.no_grad():
                decay(weights, rate * recipe.weight_decay)
                for optimizer in its_optimizers:
                    optimizer.step(rate)

    def evaluate():
        """The fraction of the test part that is right."""
        examples, classes = (torch.from_numpy(array) for array in data.part("test"))
        model.eval()
        right = 0
        with torch.no_grad(), machine.autocast():
            for begin in range(0, len(examples), 500):
                found = model(examples[begin : begin + 500]).argmax(1)
                right += int((found == classes[begin : begin + 500]).sum())
        return right / len(examples)

    protocol.tell(recipe.epochs, evaluate)
