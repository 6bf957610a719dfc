"""Programs that people asked others about, written anew in PyTorch: `python -m benchmarks.faults.real`.

Those of DeepLocalize (M. Wardat, W. Le, H. Rajan, ICSE 2021) are questions of Stack Overflow about Keras, named by
their numbers; those of TrainCheck (Y. Jiang et al., OSDI 2025) are about PyTorch. What matters is written anew, on data
that come with scikit-learn or are made. Acceptable causes are those of the accepted answer, and what else is wrong
beyond doubt.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_iris
from torch import Tensor, nn

import wxb.doctor
from benchmarks import results
from benchmarks.faults.loops import Program, adam, dealt, digits, image_net, net, numbers, sgd
from benchmarks.faults.well import WELL
from wxb.doctor.watching import Watching

FILE = results.path("faults", "real")


@dataclass(frozen=True)
class Question:
    """A program with what is acceptable as its cause; none for one that is well."""

    name: str
    about: str
    made: Callable[[], Program]
    acceptable: tuple[str, ...] = ()


def _ones_and_zeros() -> Program:
    y = np.arange(2_000) % 2
    model = net(
        nn.Linear(128, 50), nn.ReLU(), nn.Dropout(0.2), nn.Linear(50, 50), nn.ReLU(), nn.Dropout(0.2),
        nn.Linear(50, 1), nn.Softmax(1),
    )  # fmt: skip
    loader = dealt(np.repeat(y[:, None], 128, 1), numbers(y), 16)
    return Program(model, nn.BCELoss(), loader, torch.optim.RMSprop(model.parameters(), 1e-3), 3)


def _weighted_sum() -> Program:
    x = np.random.default_rng(0).uniform(0, 10_000, (4_000, 3))
    model = net(
        nn.Linear(3, 3), nn.Tanh(), nn.Dropout(0.5), nn.Linear(3, 2), nn.Tanh(), nn.Dropout(0.5), nn.Linear(2, 1),
        nn.Softmax(1), start=0.05,
    )  # fmt: skip
    return Program(model, nn.MSELoss(), dealt(x, numbers(x @ [2.0, 1.0, 0.5]), 32), sgd(model, 0.1, 0.9), 5)


def _few_steps() -> Program:
    x, y = digits()
    model = net(nn.Linear(64, 500), nn.ReLU(), nn.Linear(500, 60), nn.ReLU(), nn.Linear(60, 10))
    return Program(model, nn.CrossEntropyLoss(), dealt(x, y, 600), sgd(model, 0.01, 0.9), 5)


def _no_activation() -> Program:
    x, y = digits()
    model = net(nn.Linear(64, 30), nn.Linear(30, 10))
    return Program(model, nn.MSELoss(), dealt(x, np.eye(10, dtype=np.float32)[y], 10), sgd(model, 3.0), 10)


def _sigmoid_before_entropy() -> Program:
    x, y = load_iris(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    model = net(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3), nn.Sigmoid(), start=0.05)
    return Program(model, nn.CrossEntropyLoss(), dealt(x, y, 5), adam(model), 50)


def _fourth_power() -> Program:
    x = np.arange(-100, 100, 0.5)[:, None]
    model = net(nn.Linear(1, 50), nn.Sigmoid(), nn.Linear(50, 50), nn.ELU(), nn.Linear(50, 1))
    return Program(model, nn.MSELoss(), dealt(x, numbers(x**4), 50), adam(model), 100)


def _pixels_to_255() -> Program:
    x, y = digits(16 / 255)
    model = net(nn.Linear(64, 64), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10), nn.Sigmoid())
    return Program(model, nn.CrossEntropyLoss(), dealt(x, y, 100), sgd(model, 0.5), 10)


def _labels_divided() -> Program:
    x, y = digits()
    model = net(nn.Linear(64, 128), nn.Linear(128, 10))
    return Program(model, nn.CrossEntropyLoss(), dealt(x, (y / 255).astype(np.int64), 32), adam(model), 2)


def _bounded_curve() -> Program:
    x = np.random.default_rng(0).uniform(-10, 10, (1_000, 1))
    model = net(nn.Linear(1, 5), nn.Sigmoid(), nn.Linear(5, 1), nn.Sigmoid())
    return Program(model, nn.MSELoss(), dealt(x, numbers(x[:, 0] ** 2 / 10 - 3), 32), adam(model), 50)


def _two_sigmoids() -> Program:
    draw = np.random.default_rng(0)
    low, high = draw.uniform(0.2, 0.4, (200, 2)), draw.uniform(0.5, 0.7, (200, 2))
    model = net(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 2))
    loader = dealt(np.concatenate([low, high]), np.repeat([0, 1], 200), 32)
    return Program(model, nn.CrossEntropyLoss(), loader, adam(model), 5)


def _bits() -> Program:
    x = (np.arange(256)[:, None] >> np.arange(8) & 1).astype(np.float32)
    layers = [part for _ in range(3) for part in (nn.Linear(8, 8), nn.Sigmoid())]
    model = net(*layers, start=0.05)
    target = np.random.default_rng(0).permutation(x)
    return Program(model, nn.MSELoss(), dealt(x, target, 50), sgd(model, 0.01), 50)


def _frozen_but_for_norms() -> Program:
    model, loader = image_net()
    for name, one in model.named_parameters():
        one.requires_grad_(name.startswith("1."))
    return Program(model, nn.CrossEntropyLoss(), loader, adam(model), 5)


def _never_cleared(program: Program, x: Tensor, y: Tensor) -> None:
    program.loss_fn(program.model(x), y).backward()
    program.optimizer.step()


def _without_zero_grad() -> Program:
    model, loader = image_net()
    return Program(model, nn.CrossEntropyLoss(), loader, adam(model, 3e-3), 5, _never_cleared)


def _skipping(program: Program, x: Tensor, y: Tensor) -> None:
    """A compiled step that goes on skipping the weights that had no gradient when it was compiled: the first ones."""
    program.optimizer.zero_grad()
    program.loss_fn(program.model(x), y).backward()
    next(program.model.parameters()).grad = None
    program.optimizer.step()


def _step_without_effect() -> Program:
    model, loader = image_net()
    return Program(model, nn.CrossEntropyLoss(), loader, adam(model, 3e-3), 5, _skipping)


SO, TRAINCHECK = "Stack Overflow", "TrainCheck"
QUESTIONS = (
    Question(f"{SO} 31880720", "a softmax over one output", _ones_and_zeros, ("N1",)),
    Question(f"{SO} 33969059", "numbers up to 10,000, a softmax over one output", _weighted_sum, ("N1", "D4", "D13")),
    Question(f"{SO} 44164749", "batches of 600 for five epochs", _few_steps, ("T8", "T14", "T2")),
    Question(f"{SO} 48385830", "no activations, squared error of classes, rate 3", _no_activation, ("N2", "T1", "T3")),
    Question(f"{SO} 59278771", "a sigmoid before the cross-entropy", _sigmoid_before_entropy, ("N1",)),
    Question(f"{SO} 52800582", "targets up to 100,000,000", _fourth_power, ("D13", "D4", "N3")),
    Question(f"{SO} 55328966", "pixels up to 255, a sigmoid before the loss", _pixels_to_255, ("D4", "N1", "T1")),
    Question(f"{SO} 59325381", "labels divided by 255", _labels_divided, ("D14", "N2", "D1")),
    Question(f"{SO} 48221692", "a sigmoid over targets beyond 0 to 1", _bounded_curve, ("N1",)),
    Question(f"{SO} 50306988", "five epochs of two units", _two_sigmoids, ("T14", "T2", "N9")),
    Question(f"{SO} 39217567", "three sigmoids, SGD at 0.01", _bits, ("T2", "N3", "N1", "T14", "D1")),
    Question(f"{TRAINCHECK}: PyTorch forum 84911", "all frozen but normalizations", _frozen_but_for_norms, ("T16",)),
    Question(f"{TRAINCHECK}: {SO} 60335387", "no zero_grad()", _without_zero_grad, ("P5",)),
    Question(f"{TRAINCHECK}: PyTorch 115607", "a step that leaves weights as they are", _step_without_effect, ("T16",)),
    *(Question(name, "healthy", made) for name, made in WELL.items()),
)


def _usual(program: Program, x: Tensor, y: Tensor) -> None:
    program.optimizer.zero_grad()
    program.loss_fn(program.model(x), y).backward()
    program.optimizer.step()


def asked(question: Question) -> dict[str, Any]:
    """What `examine` says before the loop and `watch` around it: codes, the first the most likely."""
    program = question.made()
    found = wxb.doctor.examine(program.model, program.loss_fn, program.loader, program.optimizer)
    watching = Watching(program.model, program.optimizer, program.loss_fn)
    before = [one.code for one in found.findings]
    if "P1" not in before:
        torch.manual_seed(0)
        with watching:
            for _ in range(program.epochs):
                for x, y in program.loader:
                    (program.loop or _usual)(program, x, y)
    seen = [one.code for one in watching.findings]
    return {
        "name": question.name, "about": question.about, "acceptable": list(question.acceptable),
        "examined": before, "watched": seen, "broken": watching.broken,
    }  # fmt: skip


def main(words: Iterable[str] = ()) -> int:
    """Ask about all programs, and save what was said."""
    torch.set_num_threads(1)
    rows = []
    for question in QUESTIONS:
        rows.append(asked(question))
        print(json.dumps(rows[-1]), file=sys.stderr)
    session = results.session("python -m benchmarks.faults.real", "")
    results.save({"sessions": [session], "rows": rows}, FILE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
