"""Anybody's module with one thing changed: what side runs of plain modules try as another network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from torch import nn

from wxb.doctor.batches import Unusable

WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
PASSING = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Identity, *NORMS)  # between two layers that are one linear layer
WITHOUT_WIDTH = (
    nn.ReLU, nn.LeakyReLU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.Dropout, nn.Dropout2d, nn.Flatten, nn.Identity,
    nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Softmax, nn.LogSoftmax,
)  # fmt: skip
HIDDEN = 64  # units of a hidden layer where there is none
TIMES, LEAST = 4, 32  # units of a wider layer: so many times those it has, and at least so many


class ModuleChange(str):
    """What to change in a module, in words; side runs do it to a copy by `apply`, which returns the changed module."""

    apply: Callable[[nn.Module], nn.Module]

    def __new__(cls, text: str, apply: Callable[[nn.Module], nn.Module]) -> ModuleChange:
        """The words, and the function that does it."""
        change = super().__new__(cls, text)
        change.apply = apply
        return change

    def __deepcopy__(self, memo: object) -> ModuleChange:
        return self


def leaves(model: nn.Module) -> list[nn.Module]:
    """The modules without parts, in order."""
    return [one for one in model.modules() if not list(one.children())]


def swapped(kinds: tuple[type[nn.Module], ...], made: Callable[[], nn.Module]) -> Callable[[nn.Module], nn.Module]:
    """A change that puts another module in the place of each of some kinds, but for what the outputs pass last."""

    def change(model: nn.Module) -> nn.Module:
        last = leaves(model)[-1]
        for parent in list(model.modules()):
            for name, child in list(parent.named_children()):
                if isinstance(child, kinds) and child is not last:
                    setattr(parent, name, made())
        return model

    return change


rectified = ModuleChange("the same with nn.ReLU between layers", swapped((nn.Sigmoid, nn.Tanh), nn.ReLU))
leaky = ModuleChange("the same with nn.LeakyReLU", swapped((nn.ReLU,), nn.LeakyReLU))


def with_dropout(rate: float) -> ModuleChange:
    """Every dropout at most at this rate."""

    def change(model: nn.Module) -> nn.Module:
        for one in model.modules():
            if isinstance(one, nn.modules.dropout._DropoutNd):
                one.p = min(one.p, rate)
        return model

    return ModuleChange(f"the same with dropout of {rate:g}", change)


def neighbours(model: nn.Module) -> int:
    """How many layers with weights in an nn.Sequential follow another one without an activation between them."""
    return sum(place is not None for one in _sequences(model) for place in _joints(one))


def _sequences(model: nn.Module) -> Iterator[nn.Sequential]:
    return (one for one in model.modules() if isinstance(one, nn.Sequential))


def _joints(sequence: nn.Sequential) -> Iterator[int]:
    """Places behind which an activation is missing."""
    weighted: int | None = None
    for place, one in enumerate(sequence):
        if isinstance(one, WEIGHTED):
            if weighted is not None:
                yield weighted
            weighted = place
        elif not isinstance(one, PASSING):
            weighted = None


def _activated(model: nn.Module) -> nn.Module:
    for one in list(_sequences(model)):
        for place in sorted(_joints(one), reverse=True):
            one.insert(place + 1, nn.ReLU())
    return model


activated = ModuleChange("the same with nn.ReLU between layers", _activated)


def _normalized(model: nn.Module) -> nn.Module:
    sequence = _plain_sequence(model)
    last = max(place for place, one in enumerate(sequence) if isinstance(one, WEIGHTED))
    made: list[nn.Module] = []
    for place, one in enumerate(sequence):
        made.append(one)
        if isinstance(one, WEIGHTED) and place < last:
            made.append(nn.BatchNorm1d(one.out_features) if isinstance(one, nn.Linear) else _norm(one))
    return nn.Sequential(*made)


def _norm(layer: nn.Module) -> nn.Module:
    assert isinstance(layer, nn.Conv1d | nn.Conv2d)
    return (nn.BatchNorm2d if isinstance(layer, nn.Conv2d) else nn.BatchNorm1d)(layer.out_channels)


normalized = ModuleChange("the same with batch normalization behind each layer but the last", _normalized)


def _plain_sequence(model: nn.Module) -> nn.Sequential:
    """The module itself, if it is a sequence of known layers. Raises Unusable for another one."""
    if not isinstance(model, nn.Sequential) or not all(
        isinstance(one, (*WEIGHTED, *NORMS, *WITHOUT_WIDTH)) for one in model
    ):
        raise Unusable("the module is no sequence of known layers")
    return model


def widths(model: nn.Module) -> list[int] | None:
    """The widths of the hidden layers of a sequence of known layers; None for other modules."""
    try:
        weighted = [one for one in _plain_sequence(model) if isinstance(one, WEIGHTED)]
    except Unusable:
        return None
    return [one.out_features if isinstance(one, nn.Linear) else one.out_channels for one in weighted[:-1]]


def _wider(times: int, model: nn.Module) -> nn.Module:
    sequence = _plain_sequence(model)
    weighted = [one for one in sequence if isinstance(one, WEIGHTED)]
    made: list[nn.Module] = []
    before, now = 1, 1  # units of the last layer, as it was and as it is
    for one in sequence:
        if isinstance(one, nn.Linear) and len(weighted) == 1:
            hidden = HIDDEN * times // TIMES
            made += [nn.Linear(one.in_features, hidden), nn.ReLU(), nn.Linear(hidden, one.out_features)]
        elif isinstance(one, nn.Linear):
            inputs = one.in_features // before * now
            before, now = one.out_features, one.out_features if one is weighted[-1] else _more(one.out_features, times)
            made.append(nn.Linear(inputs, now, one.bias is not None))
        elif isinstance(one, nn.Conv2d) and one.groups == 1 and one is not weighted[-1]:
            inputs = one.in_channels // before * now
            before, now = one.out_channels, _more(one.out_channels, times)
            about: dict[str, Any] = {name: getattr(one, name) for name in ("stride", "padding", "dilation")}
            made.append(nn.Conv2d(inputs, now, one.kernel_size, **about, bias=one.bias is not None))  # type: ignore[arg-type]
        elif isinstance(one, nn.BatchNorm1d | nn.BatchNorm2d):
            made.append(type(one)(one.num_features // before * now))
        elif isinstance(one, WEIGHTED):
            raise Unusable("a convolution that cannot be widened")
        else:
            made.append(one)
    return nn.Sequential(*made)


def _more(units: int, times: int) -> int:
    return max(times * units, LEAST * times // TIMES)


widened = ModuleChange("four times the width, or a hidden layer where there is none", partial(_wider, TIMES))
far_wider = ModuleChange("sixteen times the width, or a wide hidden layer where there is none", partial(_wider, 16))


def _without_last(model: nn.Module) -> nn.Module:
    return _plain_sequence(model)[:-1]


without_last = ModuleChange("the same without its last activation", _without_last)
