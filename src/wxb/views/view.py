"""A view: named arrays with their axes, and the figure that is drawn from them."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from wxb import markup, storage
from wxb.errors import WxbError
from wxb.paths import absolute, is_folder
from wxb.text import one_line, rounded

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".html", ".npz", ".json")
STYLE = (
    "body{margin:0 auto;padding:16px;max-width:46rem;font:15px/1.5 system-ui,sans-serif}"
    "body{background:#fffffe;color:#1b1b1f}"
    "svg{max-width:100%;height:auto}code{font-size:13px}td,th{text-align:left;padding:2px 12px 2px 0;font-size:13px}"
    "@media(prefers-color-scheme:dark){body{background:#17171b;color:#ececf0}}"
)


@dataclass(frozen=True)
class Axis:
    """An axis of an array: what it counts, in which unit, and the names of its places where they have any."""

    name: str
    unit: str = ""
    ticks: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Values:
    """An array of numbers or texts, what it holds, and an axis for each of its dimensions."""

    array: NDArray[Any]
    axes: tuple[Axis, ...]
    about: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        if len(self.axes) != self.array.ndim:
            raise ValueError(f"{self.about}: {len(self.axes)} axes for an array of {self.array.ndim} dimensions")
        for axis, length in zip(self.axes, self.array.shape, strict=True):
            if axis.ticks and len(axis.ticks) != length:
                raise ValueError(f"{self.about}: {len(axis.ticks)} names for {length} places of {axis.name}")


@dataclass(frozen=True, eq=False, repr=False)
class View:
    """What a network does, as arrays: `view["3.CONV3-64"]` is one of them, `view.figure()` draws them.

    `facts` are single numbers and texts, such as the example and what the network says of it. `notes` are sentences
    that a reader needs, such as what the figure leaves out. `table` says the numbers in rows of texts, the first of
    which is the head, and its first note what follows from them; a view that is better seen than read has none.
    """

    name: str
    title: str
    arrays: Mapping[str, Values]
    draw: Callable[[View], Figure]
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.arrays[name].array

    def __repr__(self) -> str:
        shapes = (f"{name} {'x'.join(map(str, one.array.shape))}" for name, one in self.arrays.items())
        return f"View({self.name}: {', '.join(shapes)})"

    def figure(self) -> Figure:
        """A figure of matplotlib. Raises WxbError if matplotlib is not installed."""
        from wxb.views.drawing import style

        with style():
            return self.draw(self)

    def svg(self) -> str:
        """The figure as one `<svg>` element whose paper and ink follow light and dark."""
        from wxb.views.drawing import svg_of

        return svg_of(self.figure())

    def _repr_html_(self) -> str:
        try:
            return f"<div>{self.svg()}</div>"
        except WxbError as problem:  # without matplotlib: what the arrays are
            rows = [(name, "x".join(map(str, one.array.shape)), one.about) for name, one in self.arrays.items()]
            return markup.shown(self.title, ("array", "shape", "content"), rows, [problem.what])

    def plain(self) -> dict[str, Any]:
        """The view as plain values for JSON; a number that is not finite is null."""
        values = {name: {**about, "values": listed(self[name])} for name, about in self.described().items()}
        return {**self.plain_facts(), "arrays": values}

    def plain_facts(self) -> dict[str, Any]:
        """The view without its arrays, as plain values for JSON."""
        said = {"facts": dict(self.facts), "notes": list(self.notes), "table": [list(row) for row in self.table]}
        return {"view": self.name, "title": self.title, **said}

    def described(self) -> dict[str, Any]:
        """What each array is, as plain values without its numbers: its axes, shape, unit and meaning."""
        return {name: _described(one) for name, one in self.arrays.items()}

    def save(self, path: str | Path) -> Path:
        """Write the view in the form that the file's name ends in: png, svg, html, npz or json; return the path.

        Raises WxbError if the name ends otherwise, or if the file cannot be written.
        """
        path = Path(path)
        check(path)
        match path.suffix.lower():
            case ".png":
                from wxb.views.drawing import png_of

                data: bytes | str = png_of(self.figure())
            case ".svg":
                data = self.svg()
            case ".html":
                data = self._page()
            case ".npz":
                data = self._packed()
            case _:
                data = msgspec.json.encode(self.plain()) + b"\n"
        storage.write(path, data)
        return path

    def _page(self) -> str:
        told = ((key, rounded(one) if isinstance(one, float) else one) for key, one in self.facts.items())
        facts = "".join(f"<tr><td>{_shown(key)}</td><td>{_shown(one)}</td></tr>" for key, one in told)
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>{_shown(self.title)}</title><style>{STYLE}</style>{self.svg()}"
            f"{f'<table>{facts}</table>' if facts else ''}</html>\n"
        )

    def _packed(self) -> bytes:
        """The arrays under their names, and `about`: the view without its values, as JSON."""
        packed = io.BytesIO()
        text = msgspec.json.encode({**self.plain_facts(), "arrays": self.described()}).decode()
        arrays: dict[str, Any] = {"about": np.array(text)} | {name: one.array for name, one in self.arrays.items()}
        np.savez_compressed(packed, **arrays)
        return packed.getvalue()


def _described(one: Values) -> dict[str, Any]:
    axes = [{"name": axis.name, "unit": axis.unit, "ticks": list(axis.ticks)} for axis in one.axes]
    return {"about": one.about, "unit": one.unit, "shape": list(one.array.shape), "axes": axes}


def listed(array: NDArray[Any]) -> Any:
    """An array as nested lists; a number that is not finite is None, since JSON has no such numbers."""
    plain = array.tolist()
    return plain if array.dtype.kind != "f" or np.isfinite(array).all() else _without_infinite(plain)


def _without_infinite(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_infinite(one) for one in value]
    return value if math.isfinite(value) else None


def check(path: Path) -> None:
    """Raise WxbError if no view can be written to a file of this name, or in its folder."""
    if path.suffix.lower() not in FORMATS:
        raise WxbError(
            f"{one_line(path.name)} is not the name of a view's file", fix=f"a name that ends in {', '.join(FORMATS)}"
        )
    folder = absolute(path).parent
    if not is_folder(folder):
        raise WxbError(f"{path} cannot be written: there is no folder {folder}", fix="a name in a folder that exists")
    if is_folder(path) or not os.access(folder, os.W_OK):
        why = "it is a folder" if is_folder(path) else f"{folder} is read-only"
        raise WxbError(f"{path} cannot be written: {why}", fix="another name or another folder")


def _shown(text: object) -> str:
    """A text for HTML: escaped, without control characters."""
    return escape(one_line(str(text)))
