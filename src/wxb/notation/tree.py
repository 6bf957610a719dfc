"""The tree that a line of notation reads into, and the plan that it becomes once input and outputs are known.

Both are plain frozen data. The tree (`Network`) is what was written: families, repeats, defaults left out. The plan
(`Plan`, made by `shapes.plan`) is what will stand: repeats expanded, every default filled in, every shape known.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Shape = tuple[int, ...]  # (channels, height, width) of pictures, (features,) of vectors

# --- the tree -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where something stands in the text: characters [start, end)."""

    start: int
    end: int


@dataclass(frozen=True)
class Variable:
    """A width or count that is bound later: `W`, or `4W` as Variable("W", times=4)."""

    name: str
    times: int = 1


@dataclass(frozen=True)
class Layer:
    """One layer as written; None is "not written"."""

    name: str  # "CONV", "FC", "RELU", …: always capitals
    kernel: tuple[int, int] | None = None  # (height, width); the pieces of a MAXOUT as (pieces, pieces)
    width: int | Variable | None = None
    stride: int | None = None
    padding: int | None = None
    groups: int | None = None
    dilation: int | None = None
    bias: bool | None = None
    ceil: bool = False
    number: float | None = None
    optional: bool = False  # "?"
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Group:
    """Items in brackets."""

    items: tuple[Item, ...]
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Repeat:
    """An item several times, one after the other."""

    item: Layer | Group | Residual | Concat
    count: int | Variable
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Residual:
    """RES(arm, shortcut)(survival). `shortcut` None: identity or, where shapes differ, a projection."""

    arm: tuple[Item, ...]
    shortcut: tuple[Item, ...] | str | None = None  # a sequence, "PAD", or None
    survival: float | None = None  # probability in (0, 1]
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Concat:
    """CAT(branch, branch, …); an empty branch is ID."""

    branches: tuple[tuple[Item, ...], ...]
    place: Place | None = field(default=None, compare=False)


Item = Layer | Group | Repeat | Residual | Concat


@dataclass(frozen=True)
class Network:
    """A whole text: what the input goes through, and the head."""

    body: tuple[Item, ...]
    head: str  # "SOFTMAX", "SVM", "EUCLID", "SIGMOIDS"
    text: str = field(default="", compare=False)  # as it was read, for messages

    def __str__(self) -> str:
        """The canonical text: every default written out, repeats folded; a family keeps its variables."""
        from .write import canonical

        return canonical(self)

    def short(self) -> str:
        """The text for people: defaults left out, repeats folded."""
        from .write import short

        return short(self)

    def __eq__(self, other: object) -> bool:
        """Two networks are equal when their expanded layer lists are, defaults filled in."""
        if not isinstance(other, Network):
            return NotImplemented
        from .expand import normal

        return self.head == other.head and normal(self).body == normal(other).body

    def __hash__(self) -> int:
        from .expand import normal

        return hash((normal(self).body, self.head))


# --- the plan -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PlannedLayer:
    """One layer with everything decided.

    `path` is its name everywhere (weights, views, findings): the 1-based position among its expanded siblings and its
    name with kernel and width, "3.RES.1.CONV3-64"; a shortcut's layers are "3.RES.shortcut.1.CONV1-64", those of a
    CAT's second branch "4.CAT.2.1.CONV3-64". Segments never hold a dot, so that they can name modules.

    `input` and `output` are the shapes of the tensors: a CONV3-64 of two pieces has 128 output channels, the MAXOUT
    that follows makes them 64. Receptive field and jump are (height, width); a vector counts as one row of pixels.
    """

    path: str
    name: str
    input: Shape
    output: Shape
    kernel: tuple[int, int] = (1, 1)
    stride: int = 1
    padding: tuple[int, int] = (0, 0)  # (height, width): "same" for CONV3x5 is (1, 2)
    dilation: int = 1
    groups: int = 1
    bias: bool = False  # whether a CONV or FC has one
    ceil: bool = False
    pieces: int = 1  # affine pieces a unit of this CONV or FC computes, > 1 where a MAXOUT follows; also MAXOUT's own
    number: float | None = None  # the parameter of LEAKY, ELU, DROP
    parameters: int = 0
    multiply_adds: int = 0  # of one example; products of CONV and FC, nothing else
    receptive_field: tuple[int, int] = (1, 1)  # pixels of the input that one output sees, not cut at the border
    jump: tuple[int, int] = (1, 1)  # pixels of the input between two neighbouring outputs
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class PlannedResidual:
    """The sum of an arm and a shortcut, with everything decided."""

    path: str  # "3.RES"
    input: Shape
    output: Shape
    arm: tuple[Planned, ...]
    shortcut: tuple[Planned, ...]  # empty: identity, or PAD
    pad: bool = False  # the shortcut takes every `stride`-th pixel from the first and appends zero channels
    stride: int = 1
    survival: float = 1.0
    parameters: int = 0
    multiply_adds: int = 0
    receptive_field: tuple[int, int] = (1, 1)
    jump: tuple[int, int] = (1, 1)


@dataclass(frozen=True)
class PlannedConcat:
    """Branches side by side, joined over channels or features, with everything decided."""

    path: str  # "4.CAT"
    input: Shape
    output: Shape
    branches: tuple[tuple[Planned, ...], ...]  # an empty branch passes the input on
    parameters: int = 0
    multiply_adds: int = 0
    receptive_field: tuple[int, int] = (1, 1)
    jump: tuple[int, int] = (1, 1)


Planned = PlannedLayer | PlannedResidual | PlannedConcat


@dataclass(frozen=True)
class Plan:
    """A network for a given input and number of outputs; the last item gives `outputs` scores to the head."""

    network: Network  # bound and explicit: what str() prints canonically
    input: Shape
    outputs: int
    items: tuple[Planned, ...]
    head: str
    parameters: int
    multiply_adds: int
    choices: tuple[str, ...] = ()  # what was chosen for a family, as "N=2", in order of appearance

    @property
    def layers(self) -> list[PlannedLayer]:
        """All layers, those of arms, shortcuts and branches included, in the order of their paths."""
        return _layers(self.items)

    @property
    def output_layer(self) -> PlannedLayer:
        """The CONV or FC that gives the logits: the last one at top level."""
        return next(
            item for item in reversed(self.items) if isinstance(item, PlannedLayer) and item.name in ("CONV", "FC")
        )

    @property
    def hidden_first(self) -> PlannedLayer | None:
        """The first layer, where it is an FC with biases and others stand behind it."""
        first = self.items[0]
        if isinstance(first, PlannedLayer) and first.name == "FC" and first.bias and first != self.output_layer:
            return first
        return None


def _layers(items: tuple[Planned, ...]) -> list[PlannedLayer]:
    found: list[PlannedLayer] = []
    for item in items:
        if isinstance(item, PlannedLayer):
            found.append(item)
        elif isinstance(item, PlannedResidual):
            found += _layers(item.arm) + _layers(item.shortcut)
        else:
            for branch in item.branches:
                found += _layers(branch)
    return found
