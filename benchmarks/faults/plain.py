"""A training in plain PyTorch: a network of a few lines, a loop, and everything that can be wrong with them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wxb.data.dataset import Dataset
from wxb.doctor.watching import Watching

WORST = -1.0
ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "leaky": nn.LeakyReLU, "none": nn.Identity,
}  # fmt: skip
LAST: dict[str, nn.Module] = {
    "softmax": nn.Softmax(dim=1), "relu": nn.ReLU(), "sigmoid": nn.Sigmoid(), "tanh": nn.Tanh(),
}  # fmt: skip


class Batches:
    """A loader: (inputs, targets) in a new order each time it is read, or in the order of the data."""

    def __init__(self, inputs: Tensor, targets: Tensor, size: int, shuffle: bool, seed: int) -> None:
        self.inputs, self.targets, self.size, self.shuffle = inputs, targets, size, shuffle
        self.order = np.random.default_rng(seed)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        count = len(self.inputs)
        rows = torch.from_numpy(self.order.permutation(count) if self.shuffle else np.arange(count))
        for some in rows.split(self.size):
            yield self.inputs[some], self.targets[some]


@dataclass(frozen=True, eq=False)
class Plain:
    """A loop of plain PyTorch, described by what it does; the defaults are right."""

    data: Dataset
    honest: Dataset | None = None
    convolutions: tuple[int, ...] = ()
    widths: tuple[int, ...] = (64,)
    activation: str = "relu"
    normalized: bool = False  # batch normalization
    dropout: float = 0.0
    last: str = ""  # an activation behind the outputs
    optimizer: str = "adam"
    rate: float = 1e-3
    momentum: float = 0.9
    decay: float = 0.0
    clip: float = 0.0
    batch: int = 64
    epochs: int = 15
    shuffle: bool = True
    inputs: str = "std"  # or "none", or "flaws": some are NaN
    targets: str = "std"  # of numbers; or "none", or "flat": (n,) against outputs (n, 1)
    start: str = "default"  # or "zero", "large", "dead": negative biases
    frozen: str = ""  # or "first": takes no gradient; "missing": unknown to the optimizer; "all-but-last"
    mode: str = "train"  # or "eval"

    @property
    def classes(self) -> bool:
        """Whether the targets are classes."""
        return self.data.task == "classification"

    def model(self, seed: int) -> nn.Sequential:
        """The network with its start."""
        torch.manual_seed(seed)
        layers: list[nn.Module] = []
        size = self.data.examples.shape[1]
        for channels in self.convolutions:
            layers += [nn.Conv2d(size, channels, 3, padding=1), ACTIVATIONS[self.activation](), nn.MaxPool2d(2)]
            size = channels
        if self.data.examples.ndim == 4:
            side = self.data.examples.shape[2] // 2 ** len(self.convolutions)
            layers, size = [*layers, nn.Flatten()], size * side * side
        for width in self.widths:
            layers += [nn.Linear(size, width), *([nn.BatchNorm1d(width)] if self.normalized else [])]
            layers += [ACTIVATIONS[self.activation](), *([nn.Dropout(self.dropout)] if self.dropout else [])]
            size = width
        layers += [nn.Linear(size, self.data.outputs), *([LAST[self.last]] if self.last else [])]
        model = nn.Sequential(*(one for one in layers if not isinstance(one, nn.Identity)))
        weights = [one for one in model.modules() if isinstance(one, nn.Linear | nn.Conv2d)]
        with torch.no_grad():
            for one in weights:
                if self.start == "zero":
                    one.weight.fill_(0.05)
                elif self.start == "large":
                    one.weight.mul_(30.0)
            if self.start == "dead" and weights[0].bias is not None:
                weights[0].bias.fill_(-60.0)
        moving = {"first": weights[:1], "all-but-last": weights[:-1]}.get(self.frozen, [])
        for layer in moving:
            layer.requires_grad_(False)
        return model

    def steps(self, model: nn.Sequential) -> torch.optim.Optimizer:
        """The optimizer of the model's parameters."""
        held = list(model.parameters())
        if self.frozen == "missing":
            held = list(model[-1 if isinstance(model[-1], nn.Linear) else -2].parameters())
        held = [one for one in held if one.requires_grad]
        if self.optimizer == "sgd":
            return torch.optim.SGD(held, self.rate, momentum=self.momentum, weight_decay=self.decay)
        kind = torch.optim.AdamW if self.optimizer == "adamw" else torch.optim.Adam
        return kind(held, self.rate, weight_decay=self.decay)

    @property
    def loss(self) -> nn.Module:
        """The loss of the task."""
        return nn.CrossEntropyLoss() if self.classes else nn.MSELoss()

    def _prepared(self, rows: NDArray[np.int64], data: Dataset) -> Tensor:
        values = np.asarray(data.examples[rows], np.float32)
        if self.inputs == "std":
            some = np.asarray(self.data.examples[self.data.split.train], np.float32)
            axes = (0, 2, 3) if some.ndim == 4 else (0,)
            spread = some.std(axes, keepdims=True)
            values = (values - some.mean(axes, keepdims=True)) / np.where(spread > 0, spread, 1)
        return torch.from_numpy(values)

    def _wanted(self, rows: NDArray[np.int64], data: Dataset) -> Tensor:
        if self.classes:
            return torch.from_numpy(data.targets[rows].astype(np.int64))
        given = data.targets_in_units().astype(np.float32)
        some = given[self.data.split.train]
        values = (given[rows] - some.mean(0)) / some.std(0) if self.targets != "none" else given[rows]
        return torch.from_numpy(values[:, 0] if self.targets == "flat" else values)

    def loader(self, seed: int) -> Batches:
        """The batches of the training part."""
        rows = np.sort(np.concatenate([self.data.split.train, self.data.split.validation]))
        inputs = self._prepared(rows, self.data)
        if self.inputs == "flaws":
            inputs = self._prepared(rows, self.data)
            inputs.reshape(len(inputs), -1)[::50, 0] = float("nan")
        return Batches(inputs, self._wanted(rows, self.data), self.batch, self.shuffle, seed)

    def parts(self, seed: int) -> tuple[nn.Sequential, nn.Module, Batches, torch.optim.Optimizer]:
        """Model, loss, loader and optimizer."""
        model = self.model(seed)
        return model, self.loss, self.loader(seed), self.steps(model)

    def trained(self, seed: int, watched: bool = False) -> tuple[nn.Sequential, Watching | None]:
        """The trained model, and what watched the loop."""
        model, loss_fn, loader, optimizer = self.parts(seed)
        watching = Watching(model, optimizer, loss_fn) if watched else None
        model.train(self.mode == "train")
        with watching or nullcontext():
            for _ in range(self.epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    loss_fn(model(x), y).backward()
                    if self.clip:
                        nn.utils.clip_grad_norm_(model.parameters(), self.clip)
                    optimizer.step()
        return model, watching

    def score(self, seed: int) -> tuple[float, float]:
        """The score on the test part after training with a seed, and the processor's seconds of the training."""
        began = time.process_time()
        model, _ = self.trained(seed)
        return self.score_of(model), time.process_time() - began

    @torch.no_grad()
    def score_of(self, model: nn.Module) -> float:
        """The score of a trained model on the honest test part."""
        data = self.honest or self.data
        rows = data.split.test
        scores = model.eval()(self._prepared(rows, data))
        finite = torch.isfinite(scores).all(1)
        wanted = self._wanted(rows, data)
        if self.classes:
            return float(((scores.argmax(1) == wanted) & finite).float().mean())
        wanted = wanted.reshape(scores.shape)
        each = 1 - (scores - wanted) ** 2 / wanted.var(correction=0)
        return float(each.nan_to_num(WORST, WORST, WORST).clamp_min(WORST).mean())
