"""The plan of a network: every layer with its shapes and counts, and which of them give the output and the code."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from ..markup import shown
from ..text import count, large
from .layers import family
from .network import Network
from .tree import Planned, PlannedLayer, PlannedTeam, Shape, layers_of
from .vocabulary import SELF
from .way_back import code_of


@dataclass(frozen=True, repr=False)
class Plan:
    """A network for a given input and number of outputs; its last item gives `outputs` scores to the head."""

    network: Network  # bound and explicit: str() prints it canonically
    input: Shape
    outputs: int
    items: tuple[Planned, ...]
    head: str
    parameters: int
    multiply_adds: int
    choices: tuple[str, ...] = ()  # what was chosen for a family, as "N=2", in order of appearance

    def __repr__(self) -> str:
        return f"Plan({self})"

    def _repr_html_(self) -> str:
        return shown(str(self))

    def __str__(self) -> str:
        """ "FC-64-RELU, SOFTMAX    4,810 parameters, 4.7 k multiply-adds", with the choices after the text."""
        chosen = f" ({', '.join(self.choices)})" if self.choices else ""
        counts = f"{count(self.parameters)} parameters, {large(self.multiply_adds)} multiply-adds"
        return f"{self.network.short()}{chosen}    {counts}"

    @property
    def layers(self) -> list[PlannedLayer]:
        """All layers, those inside blocks included, in the order of their paths."""
        return list(layers_of(self.items))

    @property
    def output_layer(self) -> PlannedLayer:
        """The first of the `output_layers`."""
        return self.output_layers[0]

    @property
    def output_layers(self) -> tuple[PlannedLayer, ...]:
        """The CONV or FC that gives the logits, the last one outside of blocks; of a TEAM one for each group."""
        groups = self.items[-1].groups if isinstance(self.items[-1], PlannedTeam) else (self.items,)
        affine = (
            [item for item in items if isinstance(item, PlannedLayer) and family(item) == "affine"] for items in groups
        )
        return tuple(layers[-1] for layers in affine)

    @property
    def code_item(self) -> Planned:
        """The item whose output is the code: before SELF the narrowest place, before another head the last hidden one.

        A network without a hidden layer has its first item.
        """
        if self.head == SELF:
            return self.items[code_of(self.items)]
        before = self.items.index(self.output_layer) if self.output_layer in self.items else len(self.items) - 1
        return self.items[max(0, before - 1)]

    @property
    def code(self) -> int:
        """How many numbers the code has."""
        return prod(self.code_item.output)

    @property
    def hidden_first(self) -> PlannedLayer | None:
        """The first layer, if it is a hidden FC with biases."""
        first = self.items[0]
        if isinstance(first, PlannedLayer) and first.name == "FC" and first.bias and first != self.output_layer:
            return first
        return None
