"""Whether a layer carries what it may: from the parts as written to the layer, or to the nearest right spelling."""

from __future__ import annotations

from dataclasses import dataclass, field

from .mistakes import Mistake
from .tree import Layer, Place, Variable
from .vocabulary import LAYERS, MOST_DIGITS, POOLING, Kind
from .write import layer_text

SUFFIXES = {"/": "stride", "P": "padding", "G": "groups", "D": "dilation", "B": "bias", "C": "ceil"}
LONGEST_NUMBER = 20  # characters of a decimal number


@dataclass
class Written:
    """The parts behind a name, digits as they stand in the text."""

    kernel: list[str] = field(default_factory=list)  # none, one, or height and width
    width: str | Variable | None = None
    suffixes: dict[str, str] = field(default_factory=dict)
    number: str | None = None


PLAIN = Written()  # of a name alone


def check(name: str, written: Written, place: Place) -> tuple[Layer, Mistake | None]:
    """The layer, and what is wrong with it; a wrong one is a layer without its parts."""
    if written == PLAIN:
        return Layer(name, place=place), None
    kind = LAYERS[name]
    foreign = _foreign(kind, written)
    if foreign:
        repaired = _repaired(name, kind, written)
        return Layer(name, place=place), Mistake(
            f"{name} takes no {foreign}; write {repaired}", place, edit=(place, repaired)
        )
    if problem := _value_problem(name, written):
        what, fix = problem
        return Layer(name, place=place), Mistake(what, place, fix=fix)
    layer = _layer(name, written, place)
    if name in POOLING:
        kernel = layer.kernel or (kind.kernel or 1,) * 2
        if kernel[0] != kernel[1] and layer.stride is None:
            repaired = layer_text(_layer(name, written, place)) + f"/{min(kernel)}"
            return layer, Mistake(
                f"{name} with a kernel that is not square needs its stride; write {repaired}",
                place,
                edit=(place, repaired),
            )
        if 2 * (layer.padding or 0) > min(kernel):
            fix = f"p{min(kernel) // 2} at most"
            return layer, Mistake(
                f"the padding of a pooling is at most half its kernel, not {layer.padding}", place, fix=fix
            )
    return layer, None


def _foreign(kind: Kind, written: Written) -> str:
    """The first part that the layer cannot carry, by its name."""
    if written.kernel and kind.kernel is None:
        return "kernel"
    if written.width is not None and kind.width is None:
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
    if kind.width is not None:
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
    if _value_problem(name, right):
        return name
    return layer_text(_layer(name, right, None))


def _value_problem(name: str, written: Written) -> tuple[str, str] | None:
    """What is wrong with a number, and the way out."""
    whole = [("kernel", text, 1) for text in written.kernel]
    if isinstance(written.width, str):
        whole.append(("width", written.width, 1))
    elif written.width is not None and written.width.times < 1:
        whole.append(("width", "0", 1))
    for letter, text in written.suffixes.items():
        whole.append((SUFFIXES[letter], text, 0 if letter in "PB" else 1))
    for part, text, least in whole:
        if not text.isdigit():
            return f"the {part} of {name} is a whole number, not {text[:LONGEST_NUMBER]}", f"a whole {part}"
        if len(text.lstrip("0")) > MOST_DIGITS:
            return f"the {part} of {name} is too large", f"at most {MOST_DIGITS} digits"
        if int(text) < least:
            return f"the {part} of {name} is at least {least}, not {int(text)}", f"{least} or more"
    if written.suffixes.get("B", "0").lstrip("0") not in ("", "1"):
        return f"the bias of {name} is b0 or b1, not b{int(written.suffixes['B'])}", "b0 for none"
    if name == "MAXOUT" and written.kernel and (len(written.kernel) > 1 or int(written.kernel[0]) < 2):
        return "MAXOUT takes the number of its pieces, 2 or more", "MAXOUT2"
    if written.number is not None:
        if len(written.number) > LONGEST_NUMBER:
            return f"the number of {name} is too long", f"at most {LONGEST_NUMBER} characters"
        if name == "DROP" and float(written.number) >= 1:
            return f"DROP takes a share in [0, 1), not {written.number}", "DROP(0.5) drops half"
    return None


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
