"""The tree that a text is read into, and the planned layers that it becomes once input and outputs are known.

All of it is plain frozen data. The tree is what was written: families, repeats, defaults left out. Planned layers are
what will be built: repeats expanded, every default filled in, every shape known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import replace as replace  # so that the names and types of fields are checked
else:

    def replace(item, /, **fields):
        """`dataclasses.replace`, many times as fast: for a network of thousands of layers it takes most of the time."""
        copy = object.__new__(type(item))
        copy.__dict__.update(item.__dict__, **fields)
        return copy


Shape = tuple[int, ...]  # (channels, height, width) of maps, (features,) of vectors, (vocabulary, places) of sentences

# --- the tree -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A part of the text: characters [start, end)."""

    start: int
    end: int


@dataclass(frozen=True)
class Variable:
    """A width or a count that is bound later: `W`, or `4W` as Variable("W", times=4)."""

    name: str
    times: int = 1


OUTPUTS = "C"  # the variable that stands for the number of outputs


def width_number(width: int | Variable, outputs: int | None) -> int | None:
    """A written width as a number, C being `outputs`; None if it cannot be known."""
    if isinstance(width, int):
        return width
    return None if outputs is None or width.name != OUTPUTS else width.times * outputs


@dataclass(frozen=True)
class Layer:
    """One layer as written; None stands for "not written"."""

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

    item: Layer | Group | Residual | Concat | Team
    count: int | Variable
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Residual:
    """RES(arm, shortcut)(survival); a shortcut of None is the identity, or a projection if the shapes differ."""

    arm: tuple[Item, ...]
    shortcut: tuple[Item, ...] | str | None = None  # a sequence, "PAD", or None
    survival: float | None = None  # probability in (0, 1]
    place: Place | None = field(default=None, compare=False)

    @property
    def ways(self) -> tuple[tuple[Item, ...], ...]:
        """The arm, and the shortcut if it is a sequence."""
        return (self.arm, self.shortcut) if isinstance(self.shortcut, tuple) else (self.arm,)

    def mapped(self, change: Callable[[tuple[Item, ...]], tuple[Item, ...]]) -> Residual:
        """The block with every way changed."""
        shortcut = change(self.shortcut) if isinstance(self.shortcut, tuple) else self.shortcut
        return replace(self, arm=change(self.arm), shortcut=shortcut)


@dataclass(frozen=True)
class Concat:
    """CAT(branch, branch, …); an empty branch is ID."""

    branches: tuple[tuple[Item, ...], ...]
    place: Place | None = field(default=None, compare=False)

    @property
    def ways(self) -> tuple[tuple[Item, ...], ...]:
        """The branches."""
        return self.branches

    def mapped(self, change: Callable[[tuple[Item, ...]], tuple[Item, ...]]) -> Concat:
        """The block with every way changed."""
        return replace(self, branches=tuple(change(branch) for branch in self.branches))


@dataclass(frozen=True)
class Team:
    """TEAM-16(FC-64-RELU): members that share the weights of their layers, and of which each has its own last FC.

    TEAM-5x8(FC-64-RELU): 5 groups of 8 members; each group has its own weights, which its members share.
    """

    members: int  # of a group
    items: tuple[Item, ...]
    groups: int = 1
    place: Place | None = field(default=None, compare=False)

    @property
    def ways(self) -> tuple[tuple[Item, ...], ...]:
        """The layers, once."""
        return (self.items,)

    def mapped(self, change: Callable[[tuple[Item, ...]], tuple[Item, ...]]) -> Team:
        """The team with changed layers."""
        return replace(self, items=change(self.items))


Item = Layer | Group | Repeat | Residual | Concat | Team

# --- planned layers -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PlannedLayer:
    """One layer with everything decided.

    `path` names it everywhere (weights, views, findings): its 1-based position among its expanded siblings, then its
    name with kernel and width, "3.RES.1.CONV3-64". A shortcut's layers are "3.RES.shortcut.1.CONV1-64", those of the
    second branch of a CAT "4.CAT.2.1.CONV3-64". No segment holds a dot, so that segments can name modules.

    `input` and `output` are the shapes of the tensors: a CONV3-64 of two pieces has 128 output channels, which the
    following MAXOUT reduces to 64. Receptive field and jump are (height, width); a vector counts as one row of pixels.
    """

    path: str
    name: str
    input: Shape
    output: Shape
    kernel: tuple[int, int] = (1, 1)
    stride: int = 1
    padding: tuple[int, int] = (0, 0)  # (height, width): the padding of CONV3x5 is (1, 2)
    dilation: int = 1
    groups: int = 1  # of a CONV; of an FC the members of a TEAM that have weights of their own
    bias: bool = False  # whether a CONV or FC has one
    ceil: bool = False
    pieces: int = 1  # affine pieces per unit of this CONV or FC, more than 1 before a MAXOUT; also MAXOUT's own
    number: float | None = None  # the parameter of LEAKY, ELU, DROP
    members: int = 1  # outputs of this shape per example: one for each member of a TEAM
    tokens: int = 0  # words from one place of its input to the next, if its input is maps of a sentence
    parameters: int = 0
    multiply_adds: int = 0  # per example; the products of CONV and FC, nothing else
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
    shortcut: tuple[Planned, ...]  # empty: the identity, or PAD
    pad: bool = False  # the shortcut takes every `stride`-th pixel from the first and appends zero channels
    stride: int = 1
    survival: float = 1.0
    parameters: int = 0
    multiply_adds: int = 0
    receptive_field: tuple[int, int] = (1, 1)
    jump: tuple[int, int] = (1, 1)

    @property
    def ways(self) -> tuple[tuple[Planned, ...], ...]:
        """The arm and the shortcut."""
        return self.arm, self.shortcut


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

    @property
    def ways(self) -> tuple[tuple[Planned, ...], ...]:
        """The branches."""
        return self.branches


@dataclass(frozen=True)
class PlannedTeam:
    """Members that share weights, with everything decided: each multiplies the input by factors of its own."""

    path: str  # "2.TEAM"
    input: Shape
    output: Shape  # of a member, and of the team, which averages its members
    members: int  # of a group
    groups: tuple[tuple[Planned, ...], ...]  # the last item of each is the FC of which each member has its own
    parameters: int = 0
    multiply_adds: int = 0
    receptive_field: tuple[int, int] = (1, 1)
    jump: tuple[int, int] = (1, 1)

    @property
    def ways(self) -> tuple[tuple[Planned, ...], ...]:
        """The layers of every group."""
        return self.groups


Planned = PlannedLayer | PlannedResidual | PlannedConcat | PlannedTeam


def layers_of(items: Sequence[Planned]) -> Iterator[PlannedLayer]:
    """All layers, those inside blocks included, in the order of their paths."""
    for item in items:
        if isinstance(item, PlannedLayer):
            yield item
        else:
            for way in item.ways:
                yield from layers_of(way)
