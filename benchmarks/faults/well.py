"""Healthy programs of plain PyTorch, of the kinds that are common as examples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.faults.loops import Program, adam, dealt, digits, image_net, net, numbers, sgd


def _classifier() -> Program:
    model, loader = image_net()
    return Program(model, nn.CrossEntropyLoss(), loader, adam(model, 3e-3), 8)


def _regression() -> Program:
    x = np.random.default_rng(0).normal(size=(640, 1)).astype(np.float32)
    powers = np.concatenate([x, x**2, x**3, x**4], 1)
    model = net(nn.Linear(4, 1))
    y = powers @ np.array([[1.0], [-2.0], [0.5], [0.3]], np.float32) + 1
    return Program(model, nn.SmoothL1Loss(), dealt(powers, y, 32), sgd(model, 0.02), 60)


class Recurrent(nn.Module):
    """An LSTM over sequences (batch, time, features), whose last state gives the scores."""

    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(features, 32, batch_first=True)
        self.last = nn.Linear(32, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Scores (batch, outputs)."""
        scores: Tensor = self.last(self.lstm(x)[0][:, -1])
        return scores


def _rows_as_sequence() -> Program:
    x, y = digits()
    torch.manual_seed(0)
    model = Recurrent(8, 10)
    return Program(model, nn.CrossEntropyLoss(), dealt(x.reshape(-1, 8, 8), y, 32), adam(model, 5e-3), 8)


def _waves() -> Program:
    draw = np.random.default_rng(0)
    waves = np.sin((np.arange(21) + draw.integers(-80, 80, (1_500, 1))) / 3)
    torch.manual_seed(0)
    model = Recurrent(1, 1)
    return Program(model, nn.MSELoss(), dealt(waves[:, :20, None], numbers(waves[:, 20]), 50), adam(model, 5e-3), 8)


def _autoencoder() -> Program:
    x, _ = digits()
    model = net(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 8), nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 64))
    return Program(model, nn.MSELoss(), dealt(x, np.asarray(x, np.float32), 64), adam(model, 3e-3), 15)


def _residual() -> Program:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.way = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())

        def forward(self, x: Tensor) -> Tensor:
            moved: Tensor = x + self.way(x)
            return moved

    x, y = digits()
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), Block(), Block(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 10)
    )
    loader = dealt(x.reshape(-1, 1, 8, 8), y, 64)
    return Program(model, nn.CrossEntropyLoss(), loader, torch.optim.SGD(model.parameters(), 0.05, 0.9), 8)


class Variational(nn.Module):
    """A variational autoencoder of rows (batch, 64): what it rebuilds, means and logarithms of variances."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.out = nn.Linear(64, 32), nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 64))
        self.mean, self.spread = nn.Linear(32, 8), nn.Linear(32, 8)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Rebuild."""
        hidden = torch.relu(self.into(x))
        mean, spread = self.mean(hidden), self.spread(hidden)
        return self.out(mean + torch.randn_like(mean) * torch.exp(spread / 2)), mean, spread


class Divergence(nn.Module):
    """The loss of a variational autoencoder."""

    def forward(self, output: tuple[Tensor, Tensor, Tensor], y: Tensor) -> Tensor:
        """Squared error and divergence."""
        rebuilt, mean, spread = output
        divergence = -0.5 * (1 + spread - mean**2 - spread.exp()).sum(1).mean()
        return nn.functional.mse_loss(rebuilt, y) + 1e-3 * divergence


def _variational() -> Program:
    x, _ = digits()
    torch.manual_seed(0)
    model = Variational()
    return Program(model, Divergence(), dealt(x, np.asarray(x, np.float32), 64), adam(model, 3e-3), 15)


class Words(nn.Module):
    """A language model: tokens (batch, time) to scores (batch, vocabulary, time)."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.embedding, self.lstm = nn.Embedding(vocabulary, 16), nn.LSTM(16, 32, batch_first=True)
        self.last = nn.Linear(32, vocabulary)

    def forward(self, tokens: Tensor) -> Tensor:
        """Scores of the next token."""
        scores: Tensor = self.last(self.lstm(self.embedding(tokens))[0])
        return scores.transpose(1, 2)


def _language() -> Program:
    begin, step = np.random.default_rng(0).integers(0, 12, (2, 800, 1))
    tokens = torch.from_numpy((begin + step * np.arange(17)) % 12)
    loader = list(zip(tokens[:, :-1].split(32), tokens[:, 1:].split(32), strict=True))
    torch.manual_seed(0)
    model = Words(12)
    return Program(model, nn.CrossEntropyLoss(), loader, adam(model, 1e-2), 10)


class Siamese(nn.Module):
    """Two pictures (batch, 2, 64) that one network looks at: whether they show the same digit."""

    def __init__(self) -> None:
        super().__init__()
        self.look, self.compare = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32)), nn.Linear(32, 1)

    def forward(self, x: Tensor) -> Tensor:
        """A score above 0 if they are the same."""
        same: Tensor = self.compare((self.look(x[:, 0]) - self.look(x[:, 1])).abs())
        return same


def _siamese() -> Program:
    x, y = digits()
    other = np.random.default_rng(0).permutation(len(x))
    equal = np.argsort(y, kind="stable")
    first, second = np.concatenate([np.arange(len(x)), equal[:-1]]), np.concatenate([other, equal[1:]])
    torch.manual_seed(0)
    model = Siamese()
    loader = dealt(np.stack([x[first], x[second]], 1), numbers(y[first] == y[second]), 64)
    return Program(model, nn.BCEWithLogitsLoss(), loader, adam(model, 3e-3), 8)


WELL: dict[str, Callable[[], Program]] = {
    "convolutions": _classifier,
    "polynomial regression": _regression,
    "an LSTM over rows of pixels": _rows_as_sequence,
    "an LSTM that continues waves": _waves,
    "an autoencoder": _autoencoder,
    "residual blocks": _residual,
    "a variational autoencoder": _variational,
    "a language model": _language,
    "a siamese network": _siamese,
}
