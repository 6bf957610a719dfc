"""The measurements of a plain module: each is computed once, when a check first asks for it."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wxb.doctor import labels
from wxb.doctor.batches import MOST_BATCHES, MOST_EXAMPLES
from wxb.doctor.groups import MOST as MOST_GROUPED
from wxb.doctor.groups import hint, linear_signal, noise_in_groups
from wxb.doctor.plain import PlainRuns, Subject

NEIGHBOURS = 5
MOST_NUMBERS = 20_000_000  # of the inputs, that baselines look at
LEAST_HELD = 100  # examples
STUCK = 0.7  # of the first loss
FALLING = 0.85  # of the loss before


class PlainMeasures:
    """What the faults of plain modules ask for."""

    def __init__(self, subject: Subject, runs: PlainRuns) -> None:
        self.subject = subject
        self.runs = runs
        base = runs.run({})
        assert base is not None
        self.base = base

    def class_weights(self, half: str) -> None:
        """No fault of plain modules is judged by the mean over classes."""
        return None

    @property
    def inputs(self) -> Tensor | None:
        """The inputs of the batches that learn, if they are tensors of numbers."""
        found = [one.inputs for one in self.runs.learned]
        if not all(isinstance(one, Tensor) and one.is_floating_point() for one in found):
            return None
        if len({one.shape[1:] for one in found}) > 1:
            return None
        return torch.cat(found).float()

    def within(self, low: float, high: float) -> bool:
        """Whether the targets are numbers, none of which is below `low` or above `high`."""
        given = [one.targets for one in self.subject.batches]
        if self.subject.classes or not all(isinstance(one, Tensor) and one.numel() for one in given):
            return False
        return all(low <= float(one.min()) and float(one.max()) <= high for one in given)

    @property
    def whole(self) -> bool:
        """Whether the batches that are looked at are all that the loader gives."""
        batches = self.subject.batches
        return len(batches) < MOST_BATCHES and sum(map(len, batches)) < MOST_EXAMPLES

    @cached_property
    def targets(self) -> NDArray[np.int64] | None:
        """The classes of the examples that learn; None of other targets."""
        if not self.subject.classes:
            return None
        found = torch.cat([one.targets.flatten() for one in self.runs.learned]).cpu().numpy()
        return np.asarray(found, np.int64) if self.subject.first[0].ndim == 2 else None

    @cached_property
    def _neighbours(self) -> NDArray[np.int64] | None:
        inputs = self.inputs
        if (
            inputs is None
            or self.targets is None
            or inputs.numel() > MOST_NUMBERS
            or len(inputs) < 2 * labels.NEIGHBOURS
        ):
            return None
        if not bool(torch.isfinite(inputs).all()) or len(inputs) != len(self.targets):
            return None
        return labels.neighbours(inputs.flatten(1).cpu().numpy(), shared_unit=inputs.ndim > 2)

    @cached_property
    def doubted(self) -> NDArray[np.bool_] | None:
        """Which labels of those that learn their neighbours contradict, as `labels.doubted`."""
        if self._neighbours is None or self.targets is None:
            return None
        return labels.doubted(self.targets, self._neighbours, self.subject.first[0].shape[1])

    @cached_property
    def noise(self) -> labels.Noise | None:
        """The share of labels that are wrong at random: as `labels.noise`; of two or three classes as in `groups`."""
        if self._neighbours is None or self.targets is None:
            return None
        classes = self.subject.first[0].shape[1]
        if classes >= labels.LEAST_CLASSES:
            return labels.noise(self.targets, self._neighbours, classes)
        return None if self._labelled is None else noise_in_groups(*self._labelled, classes)

    @cached_property
    def linear_signal(self) -> bool:
        """Whether a linear model, left without each example in turn, surely tells classes, as `linear_signal`."""
        return self._labelled is not None and linear_signal(*self._labelled, self.subject.first[0].shape[1])

    @cached_property
    def hint(self) -> bool:
        """Whether a linear model or neighbours may tell classes, as `groups.hint`; of other targets they may."""
        return self._labelled is None or hint(*self._labelled, self.subject.first[0].shape[1])

    @cached_property
    def _labelled(self) -> tuple[NDArray[np.float32], NDArray[np.int64]] | None:
        """Inputs (n, features) and classes (n,) of the first 1,000 examples; None of others than rows of numbers."""
        some = self.inputs
        if some is None or self.targets is None or some.numel() > MOST_NUMBERS or not bool(torch.isfinite(some).all()):
            return None
        try:
            inputs, targets = (
                torch.cat([getattr(one, name) for one in self.subject.batches])[:MOST_GROUPED].cpu().numpy()
                for name in ("inputs", "targets")
            )
        except (RuntimeError, TypeError):  # batches that do not fit each other
            return None
        flat = np.asarray(inputs, np.float32).reshape(len(inputs), -1)
        return (flat, np.asarray(targets, np.int64)) if len(flat) == len(targets) else None

    def modules(self, *kinds: type[nn.Module]) -> list[nn.Module]:
        """The parts of the model that are of some kinds."""
        return [one for one in self.subject.model.modules() if isinstance(one, kinds)]

    @property
    def stuck(self) -> bool:
        """Whether the loss has hardly fallen in the side run."""
        losses = self.base.dynamics.losses
        return len(losses) < 2 or not losses[-1] < STUCK * losses[0]

    @property
    def falling(self) -> bool:
        """Whether the loss still falls at the end of the side run: in its last third far below that in the second."""
        losses = self.base.dynamics.losses
        third = len(losses) // 3
        if not third:
            return False
        middle, last = losses[third : 2 * third], losses[-third:]
        return sum(last) / len(last) < FALLING * sum(middle) / len(middle)

    @property
    def best_reference(self) -> float | None:
        """The score of the best baseline; None if there is none."""
        return None if self.references is None else max(self.references.values())

    @cached_property
    def references(self) -> dict[str, float] | None:
        """The scores of a constant and of baselines on the held batches; None for inputs that are no numbers."""
        inputs = self.inputs
        held = [one for half in self.runs.halves for one in half]
        if inputs is None or not all(isinstance(one.targets, Tensor) for one in (*self.runs.learned, *held)):
            return None
        there = torch.cat([one.inputs for one in held]).float().flatten(1)
        x = inputs.flatten(1)
        if x.numel() > MOST_NUMBERS or len(there) < LEAST_HELD or not bool(torch.isfinite(x).all()):
            return None
        y, wanted = (torch.cat([one.targets for one in some]).flatten() for some in (self.runs.learned, held))
        if len(y) != len(x) or len(wanted) != len(there):
            return None
        deviation = x.std(0)
        x, there = (((one - x.mean(0)) / torch.where(deviation > 0, deviation, 1.0)).double() for one in (x, there))
        coded = nn.functional.one_hot(y.long()).double() if self.subject.classes else y.double()[:, None]
        nearest = torch.cdist(there, x).topk(min(NEIGHBOURS, len(x)), largest=False).indices
        ones = [torch.cat([one, torch.ones_like(one[:, :1])], 1) for one in (x, there)]
        gram = ones[0].T @ ones[0] + torch.eye(ones[0].shape[1], dtype=torch.float64, device=x.device)
        answers = {
            "constant": coded.mean(0).expand(len(there), -1),
            "nearest_neighbour": coded[nearest].mean(1),
            "linear": ones[1] @ torch.linalg.solve(gram, ones[0].T @ coded),
        }
        if self.subject.classes:
            return {name: float((one.argmax(1) == wanted).double().mean()) for name, one in answers.items()}
        spread = float(((wanted - wanted.double().mean()) ** 2).mean())
        errors = {name: float(((one[:, 0] - wanted) ** 2).mean()) for name, one in answers.items()}
        return {name: 1 - error / max(spread, 1e-30) for name, error in errors.items()}
