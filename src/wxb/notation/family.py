"""Families of networks: what is to be bound, what is chosen where nothing is, and the network that results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ..errors import WxbError, nearest
from .expand import check_size, reduce, unbound
from .mistakes import misfit
from .tree import Concat, Group, Item, Layer, Network, Repeat, Residual, Variable
from .vocabulary import OUTPUTS

DEFAULTS = {"N": 2, "K": 1}
DEEP = "M"  # as many as leave maps of at least SMALLEST_MAP, at most MOST_DEEP
MOST_DEEP = 4
SMALLEST_MAP = 4


def variables(network: Network) -> dict[str, str]:
    """What can be bound, in order of appearance: name → "count", "width" or "optional" (the name of a layer with `?`).

    A variable that is both a width and a count is a count. An empty dict: the network is no family.
    """
    found: dict[str, str] = {}
    check_size(network)
    for name, use in unbound(reduce(network.body)):
        if name not in found or use == "count":
            found[name] = use
    return found


def bind(
    network: Network, bindings: Mapping[str, int], smallest_map: Callable[[Network], int | None]
) -> tuple[Network, tuple[str, ...]]:
    """The network with every variable bound, and what each was bound to, as "N=2", in order of appearance.

    `smallest_map` gives the side in pixels of the smallest map in a bound network (None where it does not fit its
    input); M is chosen by it. Raises WxbError for a name that is not there, a value that is none, and a variable
    without a value and without a default.
    """
    there = variables(network)
    given = _checked(network, there, bindings)
    missing = [name for name, use in there.items() if name not in given and _default(name, use) is None]
    if missing:
        names = " and ".join(missing)
        raise misfit(
            network,
            None,
            f"{names} {'has' if len(missing) == 1 else 'have'} no value",
            fix="bind " + " ".join(f"{name}=2" if there[name] == "count" else f"{name}=64" for name in missing),
        )
    values = given | {name: _default(name, use) or 0 for name, use in there.items() if name not in given}
    if DEEP in there and DEEP not in given:
        for depth in range(MOST_DEEP, 0, -1):
            values[DEEP] = depth
            side = smallest_map(bound(network, values))
            if side is not None and side >= SMALLEST_MAP:
                break
    return bound(network, values), tuple(f"{name}={values[name]}" for name in there)


def bound(network: Network, values: Mapping[str, int]) -> Network:
    """The network with every variable replaced by its value."""
    return replace(network, body=_bound(network.body, values))


def _default(name: str, use: str) -> int | None:
    if use == "optional":
        return 1
    return None if use == "width" else {**DEFAULTS, DEEP: 1}.get(name)


def _checked(network: Network, there: Mapping[str, str], bindings: Mapping[str, int]) -> dict[str, int]:
    given: dict[str, int] = {}
    for key, value in bindings.items():
        name = key.upper()
        if name == OUTPUTS:
            raise WxbError(
                "C is the number of outputs, which the data decides; it cannot be bound", fix=f"leave out {key}={value}"
            )
        if name not in there:
            near = nearest(name, there)
            known = "its variables are " + ", ".join(there) if there else "it has no variables"
            fix = f"{near}={value}" if near else f"leave out {key}={value}"
            raise WxbError(
                f"the network has no variable {key}", f"{known}: {network.text or network.short()}"[:400], fix
            )
        if not isinstance(value, int):
            raise WxbError(f"{name} is a whole number, not {value}", fix=f"{name}=2")
        use = there[name]
        if use == "optional" and value not in (0, 1):
            raise WxbError(f"{name} is 0 (left out) or 1 (present), not {value}", fix=f"{name}=1")
        least = 1 if any(pair == (name, "width") for pair in unbound(network.body)) else 0
        if value < least:
            raise WxbError(f"{name} is at least {least}, not {value}", fix=f"{name}={least}")
        given[name] = value
    return given


def _bound(items: Sequence[Item], values: Mapping[str, int]) -> tuple[Item, ...]:
    result: list[Item] = []
    for item in items:
        match item:
            case Layer():
                width = item.width
                if isinstance(width, Variable) and width.name != OUTPUTS and width.name in values:
                    width = width.times * values[width.name]
                layer = replace(item, width=width, optional=False)
                present = values.get(item.name, 1) if item.optional else 1
                # a count of 0, so that an arm that ends up empty is still seen to be one
                result.append(layer if present else Repeat(layer, 0, item.place))
            case Group(inner):
                result.append(replace(item, items=_bound(inner, values)))
            case Repeat(inner, times):
                once = Group(_bound((inner,), values))
                if isinstance(times, Variable):
                    # 0 for what a count of 0 around it removes, so that it was nobody's to bind
                    times = values.get(times.name, 0)
                result.append(replace(item, item=once, count=times))
            case Residual(arm, shortcut):
                shortcut = _bound(shortcut, values) if isinstance(shortcut, tuple) else shortcut
                result.append(replace(item, arm=_bound(arm, values), shortcut=shortcut))
            case Concat(branches):
                result.append(replace(item, branches=tuple(_bound(branch, values) for branch in branches)))
    return tuple(result)
