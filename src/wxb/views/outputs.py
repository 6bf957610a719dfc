"""Outputs of a network by name."""

from __future__ import annotations

from wxb.errors import WxbError, nearest


def output_of(given: str, names: tuple[str, ...]) -> int:
    """The place of an output by its name, or by its number where no name is the same.

    Raises WxbError, with the nearest, if there is none.
    """
    if given in names:
        return names.index(given)
    if given.isascii() and given.isdigit() and int(given) < len(names):
        return int(given)
    like = nearest(given, names)
    raise WxbError(
        f"{given} is not an output of this network" + (f"; {like} is" if like else ""),
        f"there are {', '.join(names[:12])}{' …' if len(names) > 12 else ''}",
    )
