"""How layers stand together: one after the other, around a shortcut, side by side.

Every module stands under its planned path: "3.RES.1.CONV3-64" is `model["3"]["RES"]["1"]["CONV3-64"]` in the sense of
`dict(model.named_modules())`, and so are its weights' names.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from wxb.network.layers import PadShortcut, Random, layer
from wxb.notation.tree import Planned, PlannedConcat, PlannedLayer, PlannedResidual

# layers whose output neither they nor another layer reads again, so that RELU may overwrite it
OVERWRITABLE = ("CONV", "FC", "BN", "POOL", "AVGPOOL")


class Items(nn.Module):
    """Planned items, one after the other.

    A RELU works in place where it can: the output that a hook is shown of the layer before it is then only good until
    the RELU has run.
    """

    def __init__(self, items: tuple[Planned, ...]) -> None:
        super().__init__()
        self.order: list[str] = []
        self.add(items)

    def add(self, items: tuple[Planned, ...]) -> None:
        """Puts the items' modules into this one, each as position, then name: the last two segments of its path."""
        before = ""
        for item in items:
            *_, position, name = item.path.split(".")
            layer = module(item)
            if isinstance(layer, nn.ReLU):
                layer.inplace = before in OVERWRITABLE
            self.add_module(position, Place(name, layer))
            self.order.append(position)
            before = item.name if isinstance(item, PlannedLayer) else ""

    def through(self, x: Tensor, first: int = 0) -> Tensor:
        """What the items from the `first` on, one after the other, make of x."""
        for position in self.order[first:]:
            x = self.get_submodule(position)(x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, …) as the first item takes it → as the last gives it."""
        return self.through(x)


class Place(nn.Module):
    """A position in front of a layer's name: the "3" of "3.CONV3-64"."""

    def __init__(self, name: str, inner: nn.Module) -> None:
        super().__init__()
        self.add_module(name, inner)

    def forward(self, x: Tensor) -> Tensor:
        """What the layer makes of x."""
        (inner,) = self.children()
        return cast(Tensor, inner(x))


class Residual(Items, Random):
    """arm(x) + shortcut(x) (He et al. 2016), the arm's layers standing directly in it.

    With `survival` p < 1 it has stochastic depth (Huang et al. 2016): in training an example goes through the arm with
    probability p; in evaluation the arm counts p times (their equation 5).
    """

    def __init__(self, planned: PlannedResidual) -> None:
        super().__init__(planned.arm)
        self.survival = planned.survival
        pad, items = planned.pad, planned.shortcut
        self.shortcut = PadShortcut(planned.stride, planned.output[0]) if pad else Items(items)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, …) → (batch, …) as the arm has it."""
        arm = self.through(x)
        if self.survival < 1:
            alive = (len(x),) + (1,) * (arm.ndim - 1)
            arm = arm * (self.kept(alive, self.survival, arm) if self.training else self.survival)
        return cast(Tensor, self.shortcut(x) + arm)

    def extra_repr(self) -> str:
        """For print(model)."""
        return f"survival={self.survival}" if self.survival < 1 else ""


class Concat(nn.Module):
    """Branches side by side, joined over channels or features; a branch without items passes x on."""

    def __init__(self, planned: PlannedConcat) -> None:
        super().__init__()
        for number, branch in enumerate(planned.branches, 1):
            self.add_module(str(number), Items(branch))

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, …) → (batch, sum of the branches' channels, …)."""
        return torch.cat([branch(x) for branch in self.children()], dim=1)


def module(planned: Planned) -> nn.Module:
    """The module of a planned item."""
    match planned:
        case PlannedLayer():
            return layer(planned)
        case PlannedResidual():
            return Residual(planned)
        case PlannedConcat():
            return Concat(planned)
