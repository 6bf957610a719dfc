"""Batches of anybody's loader, and what a module makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn

TARGETS = ("labels", "label", "targets", "target", "y")  # the names of targets in a batch that is a dict
MOST_BATCHES = 64  # of a loader that are looked at: it may be without end
MOST_EXAMPLES = 4_096

Loss = Callable[[Any, Any], Any]


class Unusable(Exception):
    """A batch, an output or a loss that nothing can be learned from; the text says why."""


@dataclass(frozen=True)
class Batch:
    """What a loader gives for one step."""

    inputs: Any  # a tensor, several, or a dict of keywords
    targets: Any  # a tensor, or None

    def part(self, rows: Tensor) -> Batch:
        """Some of the examples. Raises Unusable where the batch holds what has no rows."""
        return Batch(_rows(self.inputs, rows, len(self)), _rows(self.targets, rows, len(self)))

    def __len__(self) -> int:
        first = first_tensor(self.inputs)
        return 0 if first is None or first.ndim == 0 else len(first)


class BatchChange(str):
    """What to do with the examples, in words; side runs do it to the batches that learn by `apply`."""

    apply: Callable[[Sequence[Batch]], list[Batch]]

    def __new__(cls, text: str, apply: Callable[[Sequence[Batch]], list[Batch]]) -> BatchChange:
        """The words, and the function that does it."""
        change = super().__new__(cls, text)
        change.apply = apply
        return change


def _rows(value: Any, rows: Tensor, count: int) -> Any:
    if isinstance(value, Tensor) and value.ndim and len(value) == count:
        return value[rows.to(value.device)]
    if isinstance(value, Mapping):
        return {name: _rows(one, rows, count) for name, one in value.items()}
    if isinstance(value, tuple | list):
        made = [_rows(one, rows, count) for one in value]
        return tuple(made) if isinstance(value, tuple) else made
    if value is None:
        return None
    raise Unusable("the batches hold something that is no tensor with a row for each example")


def read_batches(loader: Iterable[Any], device: torch.device) -> list[Batch]:
    """The first batches of a loader, on a device. Raises Unusable for one without batches."""
    found: list[Batch] = []
    examples = 0
    for given in islice(iter(loader), MOST_BATCHES):
        batch = unpacked(moved(given, device))
        if (first := first_tensor(batch.inputs)) is not None and first.ndim and not len(first):
            raise Unusable("the loader gives a batch without examples")
        found.append(batch)
        examples += max(1, len(batch))
        if examples >= MOST_EXAMPLES:
            break
    if not found:
        raise Unusable("the loader gives no batch")
    return found


def unpacked(given: Any) -> Batch:
    """A batch as inputs and targets: of a pair, of several the last of which are targets, of a dict by their names."""
    if isinstance(given, Mapping):
        name = next((name for name in TARGETS if name in given), None)
        return Batch(given, None if name is None else given[name])
    if isinstance(given, tuple | list) and len(given) >= 2:
        return Batch(given[0] if len(given) == 2 else tuple(given[:-1]), given[-1])
    return Batch(given[0] if isinstance(given, tuple | list) and given else given, None)


def moved(value: Any, device: torch.device) -> Any:
    """A value whose tensors are on a device."""
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, Mapping):
        return {name: moved(one, device) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [moved(one, device) for one in value]
    return value


def first_tensor(value: Any) -> Tensor | None:
    """The first tensor of a value: of numbers with a fraction, if there is one."""
    tensors = _tensors(value)
    return next((one for one in tensors if one.is_floating_point()), tensors[0] if tensors else None)


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Mapping):
        return [one for part in value.values() for one in _tensors(part)]
    if isinstance(value, tuple | list):
        return [one for part in value for one in _tensors(part)]
    return []


def outputs_of(model: nn.Module, batch: Batch) -> Any:
    """What a module makes of a batch: called with keywords, with several values, or with one."""
    if isinstance(batch.inputs, Mapping):
        return model(**batch.inputs)
    if isinstance(batch.inputs, tuple):
        return model(*batch.inputs)
    return model(batch.inputs)


def scores_in(output: Any) -> Tensor | None:
    """The scores in an output: a tensor, its first one, or what is called `logits`."""
    if isinstance(output, Tensor):
        return output
    named = output.get("logits") if isinstance(output, Mapping) else getattr(output, "logits", None)
    return named if isinstance(named, Tensor) else first_tensor(output)


def loss_of(loss_fn: Loss | None, output: Any, batch: Batch) -> Tensor:
    """The loss: of the function, or that which the output holds. Raises Unusable for one that is no single number."""
    if loss_fn is not None:
        loss = loss_fn(output, batch.targets)
    else:
        loss = output.get("loss") if isinstance(output, Mapping) else getattr(output, "loss", None)
    if not isinstance(loss, Tensor):
        raise Unusable(f"the loss is {type(loss).__name__}, not a tensor")
    if loss.numel() != 1:
        raise Unusable(f"the loss has {loss.numel()} numbers: a mean or a sum makes it one")
    return loss.reshape(())
