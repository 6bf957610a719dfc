"""The tables of layers in the documentation, made from the rows of the notation.

python -m docs.layer_tables      writes them into docs/notation.md and docs/layers.md
"""

from __future__ import annotations

from pathlib import Path

from wxb.notation.layers import LAYERS
from wxb.notation.tree import Layer
from wxb.notation.write import layer_text

DOCS = Path(__file__).resolve().parent
END = "<!-- end -->"


def in_full(name: str) -> str:
    """A word with its default kernel, width and number: "CONV3-32"."""
    kind = LAYERS[name]
    kernel = None if kind.kernel is None else (kind.kernel, kind.kernel)
    return layer_text(Layer(name, kernel=kernel, width=kind.width, number=kind.number))


def layer_row(name: str) -> str:
    """The line of a layer in docs/notation.md."""
    suffixes = " ".join(f"`{letter.lower()}`" for letter in LAYERS[name].suffixes)
    return f"| `{in_full(name)}` | {suffixes} | {LAYERS[name].means} |"


def activation_row(name: str) -> str:
    """The line of an activation in docs/layers.md."""
    return f"| `{in_full(name)}` | {LAYERS[name].means} | {LAYERS[name].slope} |"


def tables() -> dict[str, list[str]]:
    """The lines of each table, by the page that has it."""
    activations = [name for name, kind in LAYERS.items() if kind.family == "activation"]
    return {
        "notation": [
            "| layer with its defaults | suffixes | computes |",
            "|---|---|---|",
            *(layer_row(name) for name in LAYERS),
        ],
        "layers": ["| layer | y | slope |", "|---|---|---|", *(activation_row(name) for name in activations)],
    }


def page(name: str) -> str:
    """The text of a page with its table as it should be."""
    head, mark, rest = (DOCS / f"{name}.md").read_text(encoding="utf-8").partition("<!-- layers -->\n")
    _, end, tail = rest.partition(END)
    return head + mark + "\n".join(tables()[name]) + "\n" + end + tail


if __name__ == "__main__":
    for name in tables():
        (DOCS / f"{name}.md").write_text(page(name), encoding="utf-8")
