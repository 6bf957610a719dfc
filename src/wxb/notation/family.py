"""Families of networks: what can be bound, what is chosen if nothing is, and the network that results."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from ..errors import WxbError, nearest
from ..settings.setting import need
from ..text import shortened
from .expand import unbound
from .mistakes import misfit
from .network import Network
from .tree import OUTPUTS, Concat, Group, Item, Layer, Repeat, Residual, Team, Variable, replace
from .vocabulary import MOST_DIGITS

DEFAULTS = {"N": 2, "K": 1}
DEEP = "M"  # as many as leave maps of at least SMALLEST_MAP, at most MOST_DEEP
MOST_DEEP = 4
SMALLEST_MAP = 4
MOST_VALUE = 10**18  # below it, what is too much of something is said in its own words


def variables(network: Network) -> dict[str, str]:
    """What can be bound, in order of appearance: name → "count", "width" or "optional" (the name of a layer with `?`).

    A variable that is both a width and a count is a count. A network without variables is not a family.
    """
    uses: dict[str, str] = {}
    for name, use in unbound(network.normal):
        if name not in uses or use == "count":
            uses[name] = use
    return uses


def bind(
    network: Network, bindings: Mapping[str, int], smallest_map: Callable[[Network], int | None]
) -> tuple[Network, tuple[str, ...]]:
    """Bind every variable: the network, and the value of each variable, as "N=2", in order of appearance.

    `smallest_map` returns the side in pixels of the smallest map of a bound network (None if it does not fit its
    input), by which M is chosen. Raises WxbError for an unknown name, an impossible value, and a variable that has
    neither a value nor a default.
    """
    uses = variables(network)
    values = _checked(network, uses, bindings)
    missing = [name for name, use in uses.items() if name not in values and _default(name, use) is None]
    if missing:
        names = " and ".join(missing)
        raise misfit(
            network.text,
            None,
            f"{names} {'has' if len(missing) == 1 else 'have'} no value",
            fix="bind " + " ".join(f"{name}=2" if uses[name] == "count" else f"{name}=64" for name in missing),
        )
    choose_depth = DEEP in uses and DEEP not in values
    values |= {name: _default(name, use) or 0 for name, use in uses.items() if name not in values}
    if choose_depth:
        for depth in range(MOST_DEEP, 0, -1):
            values[DEEP] = depth
            side = smallest_map(bound(network, values))
            if side is not None and side >= SMALLEST_MAP:
                break
    return bound(network, values), tuple(f"{name}={values[name]}" for name in uses)


def bound(network: Network, values: Mapping[str, int]) -> Network:
    """The network with every variable replaced by its value."""
    return network if not values else dataclasses.replace(network, body=_bound(network.body, values))


def _default(name: str, use: str) -> int | None:
    if use == "optional":
        return 1
    return None if use == "width" else {**DEFAULTS, DEEP: 1}.get(name)


def _checked(network: Network, uses: Mapping[str, str], bindings: Mapping[str, int]) -> dict[str, int]:
    values: dict[str, int] = {}
    for key, value in bindings.items():
        need("bindings", key, str, "names of variables as texts")
        name = key.upper()
        if not isinstance(value, int) or isinstance(value, bool):
            raise WxbError(f"{shortened(key)} is a whole number, not {shortened(str(value))}", fix=f"{name[:1]}=2")
        if abs(value) >= MOST_VALUE:
            raise WxbError(f"the value of {shortened(key)} is too large", fix=f"at most {MOST_DIGITS} digits")
        if name == OUTPUTS:
            what = "C is the number of outputs, which the data decides; it cannot be bound"
            raise WxbError(what, fix=f"leave out {key}={value}")
        if name not in uses:
            near = nearest(name, uses)
            known = "its variables are " + ", ".join(uses) if uses else "it has no variables"
            raise WxbError(
                f"the network has no variable {shortened(key)}",
                f"{known}: {shortened(network.text or network.short())}",
                f"{near}={value}" if near else f"leave out {shortened(key)}={value}",
            )
        if uses[name] == "optional" and value not in (0, 1):
            raise WxbError(f"{name} is 0 (left out) or 1 (present), not {value}", fix=f"{name}=1")
        least = 1 if any(pair == (name, "width") for pair in unbound(network.body)) else 0
        if value < least:
            raise WxbError(f"{name} is at least {least}, not {value}", fix=f"{name}={least}")
        values[name] = value
    return values


def _bound(items: Sequence[Item], values: Mapping[str, int]) -> tuple[Item, ...]:
    result: list[Item] = []
    for item in items:
        match item:
            case Layer():
                width = item.width
                if isinstance(width, Variable) and width.name != OUTPUTS and width.name in values:
                    width = width.times * values[width.name]
                    if width >= 10**MOST_DIGITS:
                        what = f"the width of {item.name} is too large: {width:,}"
                        raise WxbError(what, fix=f"at most {MOST_DIGITS} digits")
                layer = replace(item, width=width, optional=False)
                present = values.get(item.name, 1) if item.optional else 1
                # a count of 0, so that an arm that ends up empty is still seen to be one
                result.append(layer if present else Repeat(layer, 0, item.place))
            case Group(inner):
                result.append(replace(item, items=_bound(inner, values)))
            case Repeat(inner, times):
                once = Group(_bound((inner,), values))
                if isinstance(times, Variable):
                    # a variable inside what a count of 0 removes is not bound: 0 as well
                    times = values.get(times.name, 0)
                result.append(replace(item, item=once, count=times))
            case Residual() | Concat() | Team():
                result.append(item.mapped(lambda way: _bound(way, values)))
    return tuple(result)
