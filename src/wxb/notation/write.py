"""Tree to text: items as they stand in the tree, with repeats folded."""

from __future__ import annotations

from collections.abc import Sequence

from .tree import Concat, Group, Item, Layer, Repeat, Residual, Team, Variable


def network_text(body: Sequence[Item], head: str) -> str:
    """A whole network."""
    return f"{sequence_text(body)}, {head}" if body else head


def team_text(members: int, groups: int, layers: str) -> str:
    """A TEAM around layers as they are written: "TEAM-16(FC-64-RELU)", with groups "TEAM-5x8(FC-64-RELU)"."""
    return f"TEAM-{f'{groups}x' if groups > 1 else ''}{members}({layers})"


def layer_text(layer: Layer) -> str:
    """One layer; parts that are None are left out."""
    parts = [layer.name]
    if layer.kernel:
        height, width = layer.kernel
        parts.append(f"{height}" if height == width else f"{height}x{width}")
    if layer.width is not None:
        parts.append(f"-{width_text(layer.width)}")
    for letter, value in (("/", layer.stride), ("p", layer.padding), ("g", layer.groups), ("d", layer.dilation)):
        if value is not None:
            parts.append(f"{letter}{value}")
    if layer.bias is not None:
        parts.append(f"b{int(layer.bias)}")
    if layer.ceil:
        parts.append("c")
    if layer.number is not None:
        parts.append(f"({number_text(layer.number)})")
    return "".join(parts) + ("?" if layer.optional else "")


def width_text(width: int | Variable) -> str:
    """64, or W, or 4W."""
    if isinstance(width, int):
        return str(width)
    return width.name if width.times == 1 else f"{width.times}{width.name}"


def number_text(number: float) -> str:
    """The shortest decimal digits that read back as `number`, without an exponent: 1e-05 -> "0.00001"."""
    mantissa, _, exponent = repr(number).partition("e")
    if not exponent:
        return mantissa.removesuffix(".0")
    whole, _, rest = mantissa.partition(".")
    point = len(whole) + int(exponent)
    digits = whole + ("" if rest == "0" else rest)
    if point <= 0:
        return "0." + "0" * -point + digits
    return digits.ljust(point, "0") if point >= len(digits) else f"{digits[:point]}.{digits[point:]}"


def sequence_text(items: Sequence[Item]) -> str:
    """Items joined by "-", repeats folded."""
    single = {id(item): item for item in items}  # items that a repeat stands for are one object
    texts = {key: item_text(item) for key, item in single.items()}
    return "-".join(fold([texts[id(item)] for item in items]))


def item_text(item: Item) -> str:
    """A layer, a group in ( ), a repeat or a block."""
    match item:
        case Layer():
            return layer_text(item)
        case Group(items):
            return f"({sequence_text(items)})"
        case Repeat(inner, times):
            return f"{item_text(inner)}*{times if isinstance(times, int) else times.name}"
        case Residual(arm, shortcut, survival):
            second = ""
            if shortcut is not None:
                second = ", " + (shortcut if isinstance(shortcut, str) else sequence_text(shortcut))
            probability = "" if survival is None else f"({number_text(survival)})"
            return f"RES({sequence_text(arm)}{second}){probability}"
        case Concat(branches):
            return f"CAT({', '.join(sequence_text(branch) or 'ID' for branch in branches)})"
        case Team(members, items, groups):
            return team_text(members, groups, sequence_text(items))


def fold(texts: Sequence[str]) -> list[str]:
    """Fold repeats from the left as (…)*n: at each place the repeat that covers most, of equal ones the shortest."""
    symbols: dict[str, str] = {}
    # one character per text, so that stretches compare as strings
    line = "".join(symbols.setdefault(text, chr(0x10000 + len(symbols))) for text in texts)
    return _fold(texts, line, recurrences(line), 0, len(line))


def _fold(texts: Sequence[str], line: str, again: Sequence[int], start: int, stop: int) -> list[str]:
    result: list[str] = []
    at = start
    while at < stop:
        length, times = longest_repeat(line, at, stop, again[at])
        if times == 1:
            result.append(texts[at])
        else:
            once = _fold(texts, line, again, at, at + length)
            # a text that already ends in a count needs brackets before it takes another
            simple = length == 1 and "*" not in texts[at].rpartition(")")[2]
            result.append(f"{once[0]}*{times}" if simple else f"({'-'.join(once)})*{times}")
        at += length * times
    return result


def recurrences(line: str) -> list[int]:
    """For each symbol of the line where it occurs next; the line's length if nowhere."""
    again = [len(line)] * len(line)
    last: dict[str, int] = {}
    for at, symbol in enumerate(line):
        if symbol in last:
            again[last[symbol]] = at
        last[symbol] = at
    return again


def longest_repeat(line: str, at: int, stop: int, again: int) -> tuple[int, int]:
    """(length, times) of the repeat starting at `at` that covers most of line[at:stop]; (1, 1) if there is none.

    `again` is where the symbol at `at` occurs next: what repeats is at least that long.
    """
    best, best_length = 1, 1
    half = (stop - at) // 2
    probe = 1 << (again - at).bit_length() - 1
    # lengths from `probe` to below 2 * probe can repeat only where the first `probe` symbols occur again
    while probe <= half and best < stop - at:
        begin = line[at : at + probe]
        found = line.find(begin, at + probe, min(stop, at + 2 * probe - 1 + probe))
        while found >= 0:
            length = found - at
            block = line[at:found]
            times = 1
            while line.startswith(block, at + times * length) and at + (times + 1) * length <= stop:
                times += 1
            if times > 1 and times * length > best:
                best, best_length = times * length, length
            found = line.find(begin, found + 1, min(stop, at + 2 * probe - 1 + probe))
        probe *= 2
    return best_length, best // best_length
