"""A network as it was written, and how it is printed and compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from ..markup import shown
from .brief import short_text
from .expand import normal
from .tree import Item
from .write import network_text


@dataclass(frozen=True, eq=False)
class Network:
    """A whole text: what the input goes through, and the head.

    Two networks are equal if their normal forms are: the lists of layers that they expand to, defaults filled in. Each
    network is expanded at most once, and equal trees are compared without expanding them.
    """

    body: tuple[Item, ...]
    head: str  # "SOFTMAX", "SVM", "EUCLID", "SIGMOIDS", "SELF"
    text: str = field(default="", compare=False)  # as it was read, for messages

    @cached_property
    def normal(self) -> tuple[Item, ...]:
        """The normal form of the body. Raises WxbError if it has more layers than are possible."""
        return normal(self.body, self.text, self.head)

    @cached_property
    def _canonical(self) -> str:
        return network_text(self.normal, self.head)

    def __str__(self) -> str:
        """The canonical text: every default written out, repeats folded; a family keeps its variables."""
        return self._canonical

    def __repr__(self) -> str:
        return f"read({self.short()!r})"

    def _repr_html_(self) -> str:
        return shown(self.short())

    def short(self) -> str:
        """The text for people: defaults left out, repeats folded."""
        return short_text(self.normal, self.head)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Network):
            return NotImplemented
        return self.head == other.head and (self.body == other.body or self.normal == other.normal)

    def __hash__(self) -> int:
        return hash((self.normal, self.head))
