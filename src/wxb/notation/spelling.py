"""From the parts of a layer as written to the layer, or to a mistake with the nearest right spelling."""

from __future__ import annotations

from dataclasses import dataclass, field

from .layers import LAYERS, Kind
from .mistakes import Mistake
from .tree import Layer, Place, Variable
from .vocabulary import LONGEST_NUMBER, MOST_DIGITS, MOST_NUMBER
from .write import layer_text

SUFFIXES = {"/": "stride", "P": "padding", "G": "groups", "D": "dilation", "B": "bias", "C": "ceil"}


@dataclass
class Written:
    """The parts after a name, with digits as they stand in the text, but for leading zeros."""

    kernel: list[str] = field(default_factory=list)  # empty, one side, or height and width
    width: str | Variable | None = None
    suffixes: dict[str, str] = field(default_factory=dict)
    number: str | None = None


PLAIN = Written()  # of a name alone


def check(name: str, written: Written, place: Place) -> tuple[Layer, Mistake | None]:
    """The layer, and what is wrong with it; a wrong one is a layer without its parts."""
    if written == PLAIN:
        return Layer(name, place=place), None
    kind, bare = LAYERS[name], Layer(name, place=place)
    if foreign := _foreign(kind, written):
        repaired = _repaired(name, kind, written)
        return bare, Mistake(f"{name} takes no {foreign}; write {repaired}", place, edit=(place, repaired))
    if wrong := _wrong_value(name, kind, written):
        what, fix = wrong
        return bare, Mistake(what, place, fix=fix)
    layer = _layer(name, written, place)
    if problem := kind.problem(layer):
        edit = (place, problem.repaired) if problem.repaired else None
        return bare, Mistake(problem.what, place, edit=edit, fix=problem.fix)
    return layer, None


def _foreign(kind: Kind, written: Written) -> str:
    """The name of the first part that the layer cannot carry."""
    if written.kernel and kind.kernel is None:
        return "kernel"
    if written.width is not None and kind.width is None and not kind.filters:
        return "width"
    for letter in written.suffixes:
        if letter not in kind.suffixes:
            return SUFFIXES[letter]
    return "number" if written.number is not None and kind.number is None else ""


def _repaired(name: str, kind: Kind, written: Written) -> str:
    """The nearest right spelling: what the layer cannot carry moves to where it can, or goes."""
    if name == "RELU" and written.number is not None:
        name, kind = "LEAKY", LAYERS["LEAKY"]
    right = Written(suffixes={letter: value for letter, value in written.suffixes.items() if letter in kind.suffixes})
    strays: list[str] = []
    if kind.kernel is not None:
        right.kernel = written.kernel
    else:
        strays += written.kernel
    if kind.width is not None or kind.filters:
        right.width = written.width
    elif isinstance(written.width, str):
        strays.append(written.width)
    if kind.number is not None:
        right.number = written.number
    elif written.number is not None:
        strays.append(written.number)
    for stray in strays:
        if kind.number is not None and right.number is None:
            right.number = stray
        elif kind.kernel is not None and not right.kernel and stray.isdigit():
            right.kernel = [stray]
        elif kind.width is not None and right.width is None and stray.isdigit():
            right.width = stray
    if _wrong_value(name, kind, right) or kind.problem(_layer(name, right, None)):
        return name
    return layer_text(_layer(name, right, None))


def _wrong_value(name: str, kind: Kind, written: Written) -> tuple[str, str] | None:
    """What is wrong with a single value, and the way out."""
    whole = [("kernel", text, 1) for text in written.kernel]
    if isinstance(written.width, str):
        whole.append(("width", written.width, 1))
    elif written.width is not None:
        whole.append(("width", str(written.width.times), 1))
    for letter, text in written.suffixes.items():
        whole.append((SUFFIXES[letter], text, 0 if letter in "PB" else 1))
    for part, text, least in whole:
        if not text.isdigit():
            return f"the {part} of {name} is a whole number, not {text[:LONGEST_NUMBER]}", f"a whole {part}"
        if len(text) > MOST_DIGITS:
            return f"the {part} of {name} is too large", f"at most {MOST_DIGITS} digits"
        if int(text) < least:
            return f"the {part} of {name} is at least {least}, not {int(text)}", f"{least} or more"
    if written.suffixes.get("B", "0") not in ("0", "1"):
        return f"the bias of {name} is b0 or b1, not b{int(written.suffixes['B'])}", "b0 for none"
    if len(written.kernel) > 1 and not kind.two_sided:
        return f"{name} takes one whole number, not {'x'.join(written.kernel)}", f"{name}{written.kernel[0]}"
    return None if written.number is None else wrong_number(f"the number of {name}", written.number)


def wrong_number(what: str, text: str) -> tuple[str, str] | None:
    """What is wrong with a decimal number, and the way out; one that is right is printed as it can be read."""
    if len(text) > LONGEST_NUMBER:
        return f"{what} is too long", f"at most {LONGEST_NUMBER} characters"
    return (f"{what} is too large", f"at most {MOST_NUMBER:,}") if float(text) > MOST_NUMBER else None


def _layer(name: str, written: Written, place: Place | None) -> Layer:
    sizes = [int(text) for text in written.kernel]
    suffixes = {letter: int(text) for letter, text in written.suffixes.items()}
    bias = suffixes.get("B")
    return Layer(
        name,
        kernel=(sizes[0], sizes[-1]) if sizes else None,
        width=int(written.width) if isinstance(written.width, str) else written.width,
        stride=suffixes.get("/"),
        padding=suffixes.get("P"),
        groups=suffixes.get("G"),
        dilation=suffixes.get("D"),
        bias=None if bias is None else bool(bias),
        ceil="C" in suffixes,
        number=None if written.number is None else float(written.number),
        place=place,
    )
