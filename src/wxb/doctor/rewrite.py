"""A network with one thing changed: what the remedies of the doctor write in place of its line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wxb.notation import Network, Plan, read
from wxb.notation.layers import family
from wxb.notation.tree import Concat, Item, Layer, Residual, Team, replace

RELU, BN = Layer("RELU"), Layer("BN")
FOLLOWS = ("normalization", "dropout", "pooling")  # families between a layer and its activation

Change = Callable[[tuple[Item, ...]], tuple[Item, ...]]


def changed(plan: Plan, change: Change) -> str:
    """The network's text with `change` applied to the sequences of its expanded layers, the innermost first."""
    network = plan.network
    return Network(_mapped(network.normal, change), network.head).short()


def _mapped(items: tuple[Item, ...], change: Change) -> tuple[Item, ...]:
    return change(
        tuple(
            item.mapped(lambda way: _mapped(way, change)) if isinstance(item, Residual | Concat | Team) else item
            for item in items
        )
    )


def _affine(item: Item) -> bool:
    return isinstance(item, Layer) and family(item) == "affine"


def with_activations(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """A RELU behind every CONV and FC that another one follows without an activation between them."""
    out: list[Item] = []
    for place, item in enumerate(items):
        out.append(item)
        behind = _behind(items, place)
        if _affine(item) and behind is not None and _affine(behind):
            out.append(RELU)
    return tuple(out)


def _behind(items: Sequence[Item], place: int) -> Item | None:
    """The first item behind a place that is no normalization, dropout or pooling."""
    return next(
        (item for item in items[place + 1 :] if not (isinstance(item, Layer) and family(item) in FOLLOWS)), None
    )


def with_activation(name: str, number: float | None = None) -> Change:
    """Every activation becomes this one."""

    def change(items: tuple[Item, ...]) -> tuple[Item, ...]:
        return tuple(
            Layer(name, number=number) if isinstance(item, Layer) and _pointwise(item) else item for item in items
        )

    return change


def _pointwise(layer: Layer) -> bool:
    return family(layer) == "activation" and layer.name != "MAXOUT"


def with_normalization(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """A BN between every CONV or FC and its activation."""
    out: list[Item] = []
    for place, item in enumerate(items):
        out.append(item)
        following = items[place + 1] if place + 1 < len(items) else None
        if _affine(item) and isinstance(following, Layer) and family(following) == "activation":
            out.append(BN)
    return tuple(out)


def wider(times: float, least: int = 1, but: int = 0) -> Change:
    """Every CONV and FC with a written width other than `but` is `times` as wide, and at least `least`."""

    def change(items: tuple[Item, ...]) -> tuple[Item, ...]:
        return tuple(
            replace(item, width=max(least, round(item.width * times)))
            if isinstance(item, Layer) and isinstance(item.width, int) and item.width != but
            else item
            for item in items
        )

    return change


def with_dropout(rate: float) -> Change:
    """Every DROP at most at this rate."""

    def change(items: tuple[Item, ...]) -> tuple[Item, ...]:
        return tuple(
            replace(item, number=min(rate, 0.5 if item.number is None else item.number))
            if isinstance(item, Layer) and item.name == "DROP"
            else item
            for item in items
        )

    return change


def without_pooling(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The sequence without its last POOL or AVGPOOL."""
    places = [place for place, item in enumerate(items) if isinstance(item, Layer) and item.name in ("POOL", "AVGPOOL")]
    return items if not places else items[: places[-1]] + items[places[-1] + 1 :]


def without_layers(count: int) -> Change:
    """The sequence with only its first `count` hidden blocks of CONV or FC and what follows each."""

    def change(items: tuple[Item, ...]) -> tuple[Item, ...]:
        out: list[Item] = []
        seen = 0
        last = max((place for place, item in enumerate(items) if _affine(item)), default=0)
        for place, item in enumerate(items):
            seen += _affine(item)
            if seen <= count or place >= last or not isinstance(item, Layer):
                out.append(item)
        return tuple(out)

    return change


def without_last_activation(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The sequence without activations behind its last CONV or FC."""
    last = max((place for place, item in enumerate(items) if _affine(item)), default=len(items))
    return tuple(
        item
        for place, item in enumerate(items)
        if not (place > last and isinstance(item, Layer) and family(item) == "activation")
    )


def headed(text: str, head: str) -> str:
    """The network's text with another head."""
    network = read(text)
    return Network(network.body, head).short()
