"""Text to tree: recursive descent over a hand-written scanner, which collects mistakes on the way."""

from __future__ import annotations

import re

from ..errors import WxbError, nearest
from .expand import check_size
from .layers import LAYERS
from .mistakes import Mistake, error
from .named import NAMED
from .network import Network
from .scan import FORMS, LETTERS, WORD, Scanner, Stop, known_name, need_text, short
from .spelling import PLAIN, Written, check, wrong_number
from .tree import OUTPUTS, Concat, Group, Item, Layer, Place, Repeat, Residual, Team, Variable, replace
from .vocabulary import (
    ARMS,
    BLOCKS,
    HEADS,
    MOST_CHARACTERS,
    MOST_DIGITS,
    NO_VARIABLES,
    RESERVED,
    the_layers,
    words,
)

DIGITS = re.compile(r"[0-9]+")
COUNTS = re.compile(r"(?:([0-9]+)\s*[X×]\s*)?([0-9]+)")  # the groups and members of a TEAM
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
IN_BRACKETS = re.compile(r"\(\s*([0-9]+(?:\.[0-9]+)?)\s*\)")
NO_NUMBER = re.compile(r"\([^()A-Z]*\)?")  # brackets that were meant for a number
# a letter that is not part of a longer word, unless suffixes follow at once
SUFFIX = re.compile(r"C(?=[PGDB][0-9]|[^A-Z]|$)|[PGDB](?=[0-9])")
VARIABLE = re.compile(r"[A-Z](?=C?[PGDB][0-9]|[^A-Z]|$)")

THE_HEADS = 'after "," stands a head: ' + " ".join(HEADS) + '; layers are joined by "-"'
EXAMPLE = 'for example "CONV-RELU-POOL, SOFTMAX"'


def read(text: str) -> Network:
    """Read one line of notation, or the name of one of the networks that `wxb networks` lists.

    Raises WxbError for a text that is not a network: its first three mistakes, where they are, and a way out.
    """
    named = NAMED.get(text.strip().lower()) if len(need_text(text)) <= MOST_CHARACTERS else None
    return Reader(named.text if named else text).network()


class Reader(Scanner):
    """One reading of one text; each rule of the grammar is a method."""

    def __init__(self, text: str) -> None:
        if len(text) > MOST_CHARACTERS:
            raise WxbError(
                f"the network is a text of {len(text):,} characters; at most {MOST_CHARACTERS:,} are read",
                fix="repeats: (CONV-RELU)*3 stands for CONV-RELU-CONV-RELU-CONV-RELU",
            )
        super().__init__(text)
        self.alone = re.compile(rf"[,)\]*×?]|-{self.name.pattern}")  # what may follow a name that carries nothing

    def network(self) -> Network:
        """Read the network, or raise the error that shows the mistakes."""
        try:
            body, head = self.whole()
        except Stop:
            body, head = (), ""
        if self.mistakes:
            self.refuse_unknown_network()
            raise error(self.text, self.mistakes)
        check_size(body, self.text)
        return Network(body, head, self.text)

    # --- the grammar, from the whole to its parts ---

    def whole(self) -> tuple[tuple[Item, ...], str]:
        """network = [ sequence ] separator head"""
        if not self.peek():
            self.stop("the network is empty", Place(0, len(self.text.rstrip())), fix=EXAMPLE)
        if self.head_ahead():
            return (), self.head()
        if self.peek() in ",-":
            self.stop("nothing stands before the separator", Place(self.at, self.at + 1), fix=EXAMPLE)
        body = self.sequence()
        sign = self.peek()
        if not sign:
            end = Place(self.end, self.end)
            self.stop(
                "the network has no head", end, edit=(end, "-RELU, SOFTMAX" if _ends_affine(body) else ", SOFTMAX")
            )
        if sign in ")]":
            self.stop(f"{sign} closes nothing", Place(self.at, self.at + 1), edit=(Place(self.at, self.at + 1), ""))
        if sign not in ",-":
            self.unexpected("- or the head", EXAMPLE)
        self.take()
        return body, self.head()

    def head(self) -> str:
        """The head and the end of the text."""
        if not LETTERS.match(self.peek()):
            self.unexpected("a head", THE_HEADS)
        start, name = self.word()
        if name not in HEADS:
            place = Place(start, self.end)
            if name in RESERVED:
                self.stop(f"{name} is not a head yet: the word is reserved for later", place, fix=THE_HEADS)
            near = None if name in words() else known_name(name, HEADS)
            if near:
                self.stop(f"{self.text[start : self.end]} is not a head; {near} is", place, edit=(place, near))
            self.stop(f"{self.text[start : self.end][:40]} is not a head", place, fix=THE_HEADS)
        if self.peek():
            self.stop(f"nothing stands after the head {name}", self.rest(), fix=f'"…, {name}" ends a network')
        return name

    def sequence(self) -> tuple[Item, ...]:
        """sequence = item { "-" item }; stops before a "-" that separates the head."""
        items = [self.item()]
        while True:
            mark, sign = self.at, self.peek()
            if sign == "-":
                self.take()
                if self.depth == 0 and self.head_ahead():
                    self.at = mark
                    return tuple(items)
            elif (sign and sign in "([") or LETTERS.match(sign):
                gap = Place(self.end, self.at if self.text[self.end : self.at].isspace() else self.end)
                self.note("a - is missing here", Place(self.at, self.at + 1), edit=(gap, "-"))
                if self.depth == 0 and self.head_ahead():
                    raise Stop
            else:
                return tuple(items)
            items.append(self.item())

    def item(self) -> Item:
        """item = ( layer | group | block ) [ "?" ] [ "*" count ]"""
        sign = self.peek()
        start = self.at
        thing: Layer | Group | Residual | Concat | Team
        if sign and sign in "([":
            thing = self.group()
        elif LETTERS.match(sign):
            thing = self.layer_or_block()
        else:
            self.unexpected("a layer", the_layers())
        sign = self.peek()
        if sign == "?":
            self.take()
            if isinstance(thing, Layer):
                thing = replace(thing, optional=True)
            else:
                place = Place(self.end - 1, self.end)
                self.note("? stands directly after a layer only", place, edit=(place, ""))
            sign = self.peek()
        elif not isinstance(thing, Layer) and (number := IN_BRACKETS.match(self.line, self.at)):
            place = Place(self.at, number.end())
            self.move(number.end())
            what = f"{number[0]} stands after a layer or a RES that takes a number, such as DROP(0.5) or RES(…)(0.8)"
            self.note(what, place, edit=(place, ""))
            sign = self.peek()
        if sign and sign in "*×":
            self.take()
            return Repeat(thing, self.count(), Place(start, self.end))
        return thing

    def group(self) -> Group:
        """group = "(" sequence ")" | "[" sequence "]" """
        start = self.at
        closing = ")" if self.take() == "(" else "]"
        self.deeper(start)
        items = self.sequence()
        self.close(closing, start)
        return Group(items, Place(start, self.end))

    def layer_or_block(self) -> Layer | Residual | Concat | Team:
        """A layer or a block; a word that is neither is a mistake here."""
        start, name = self.word()
        if name in BLOCKS:
            return self.block(name, start)
        if name in LAYERS:
            layer, mistake = check(name, self.written(), Place(start, self.end))
            if mistake:
                self.add(mistake)
            return layer
        place = Place(start, self.end)
        if name in HEADS:
            self.stop(f"{name} is a head: it stands once, at the end", place, fix="close every bracket before it")
        if name in ARMS:
            where = "a branch of CAT" if name == "ID" else "the shortcut of RES"
            form = "CAT(ID, CONV)" if name == "ID" else "RES(CONV, PAD)"
            self.stop(f"{name} is not a layer: it stands alone as {where}", place, fix=form)
        if name in RESERVED:
            self.note(f"{name} is not a layer yet: the word is reserved for later", place, fix=the_layers())
            self.written()
            return placeholder(start, self.end)
        return self.unknown(start, name)

    def unknown(self, start: int, name: str) -> Layer | Residual | Concat | Team:
        """Note an unknown name, and read on as if it were the nearest known one."""
        shown, place = self.text[start : self.end][:40], Place(start, self.end)
        if whole := self.network_ahead(start):
            place = Place(start, start + len(whole))
            self.stop(f"{whole} is a whole network: it stands alone", place, fix=f'"{whole}"')
        near = known_name(name, (*LAYERS, *BLOCKS, *HEADS))
        if near in HEADS:
            self.stop(f"{shown} is not a layer; {near} is a head", place, edit=(place, near))
        if near is None:
            self.note(f"{shown} is not a layer", place, fix=the_layers())
        else:
            self.note(f"{shown} is not a layer; {near} is", place, edit=(place, near))
        if near in BLOCKS and self.peek() == ("-" if near == "TEAM" else "("):
            return self.block(near, start)
        self.written()
        return placeholder(start, self.end)

    def block(self, name: str, start: int) -> Residual | Concat | Team:
        """The block of this name, which has been read."""
        if name == "TEAM":
            return self.team(start)
        return self.residual(start) if name == "RES" else self.concat(start)

    def residual(self, start: int) -> Residual:
        """ "(" sequence [ "," shortcut ] ")" [ "(" number ")" ]"""
        self.open("RES", start)
        arm = self.sequence()
        shortcut: tuple[Item, ...] | str | None = None
        if self.peek() == ",":
            self.take()
            shortcut = "PAD" if self.arm_ahead("PAD") else self.sequence()
        self.close(")", start, "RES")
        survival = None
        if self.peek() == "(":
            number = IN_BRACKETS.match(self.line, self.at)
            if not number:
                self.unexpected_number("RES(…)(0.8)")
            place = Place(self.at, number.end())
            self.move(number.end())
            survival = float(number[1])
            if wrong := wrong_number("a survival probability", short(number, 1)):
                self.note(wrong[0], place, fix=wrong[1])
            elif not 0 < survival <= 1:
                self.note(f"a survival probability is in (0, 1], not {short(number, 1)}", place, fix="RES(…)(0.8)")
        return Residual(arm, shortcut, survival, Place(start, self.end))

    def concat(self, start: int) -> Concat:
        """ "(" branch { "," branch } ")" """
        self.open("CAT", start)
        branches = [() if self.arm_ahead("ID") else self.sequence()]
        while self.peek() == ",":
            self.take()
            branches.append(() if self.arm_ahead("ID") else self.sequence())
        self.close(")", start)
        place = Place(start, self.end)
        if len(branches) < 2:
            self.note("a CAT has at least two branches", place, fix="CAT(CONV1, CONV3)")
        return Concat(tuple(branches), place)

    def team(self, start: int) -> Team:
        """ "-" [ groups "x" ] members "(" sequence ")" """
        form = FORMS["TEAM"]
        if self.peek() != "-":
            self.stop("TEAM is followed by its number of members", Place(start, self.end), fix=form)
        self.take()
        self.skip()
        counts = COUNTS.match(self.line, self.at)
        if not counts:
            self.unexpected("the number of members", form)
        place = Place(self.at, counts.end())
        self.move(counts.end())
        sizes = [short(counts, number) for number in (1, 2) if counts[number]]
        if any(len(size) > MOST_DIGITS or not int(size) for size in sizes):
            self.note("a TEAM has at least one member, in at most nine digits", place, fix=form)
            sizes = ["1"]
        self.open("TEAM", start)
        items = self.sequence()
        self.close(")", start, "TEAM")
        return Team(int(sizes[-1]), items, int(sizes[0]) if len(sizes) > 1 else 1, Place(start, self.end))

    def written(self) -> Written:
        """The parts after a name: kernel, width, suffixes, number, whether or not the layer may carry them."""
        if self.alone.match(self.line, self.at):
            return PLAIN
        written = Written()
        if first := NUMBER.match(self.line, self.skip()):
            self.move(first.end())
            written.kernel = [short(first)]
            mark = self.mark()
            if self.peek() in ("X", "×"):
                self.take()
                if second := DIGITS.match(self.line, self.skip()):
                    self.move(second.end())
                    written.kernel.append(short(second))
                else:
                    self.back(mark)
        self.width(written)
        while (sign := self.peek()) == "/" or SUFFIX.match(self.line, self.at):
            start = self.at
            self.take()
            value = "1"
            if sign != "C":
                digits = DIGITS.match(self.line, self.skip() if sign == "/" else self.at)
                if not digits:
                    self.unexpected("a stride: a whole number", "CONV/2")
                self.move(digits.end())
                value = short(digits)
            if sign in written.suffixes:
                self.note(f"{sign.lower()} is written twice", Place(start, self.end), edit=(Place(start, self.end), ""))
            written.suffixes[sign] = value
        if number := IN_BRACKETS.match(self.line, self.at):
            written.number = short(number, 1)
            self.move(number.end())
        elif NO_NUMBER.match(self.line, self.at):
            self.unexpected_number("DROP(0.5)")
        return written

    def width(self, written: Written) -> None:
        """ "-" width, unless a name follows the "-"."""
        mark = self.mark()
        if self.peek() != "-":
            return
        self.take()
        times = NUMBER.match(self.line, self.skip())
        if times:
            self.move(times.end())
            written.width = short(times)
        letter = VARIABLE.match(self.line, self.skip())
        if letter and not times and self.name_ahead():
            letter = None  # UP2 is a name, not U with a padding
        if letter and (not times or letter[0] not in NO_VARIABLES):
            self.move(letter.end())
            if letter[0] in NO_VARIABLES:
                place = Place(letter.start(), self.end)
                self.refuse_variable(letter[0], place)
            factor = short(times) if times else "1"
            # a factor that cannot be one stays a text, which `check` refuses
            whole = factor.isdigit() and len(factor) <= MOST_DIGITS
            written.width = Variable(letter[0], int(factor)) if whole else factor
        elif not times:
            self.back(mark)

    def count(self) -> int | Variable:
        """A whole number or a variable after a "*"."""
        self.skip()
        place = Place(self.at, self.at + 1)
        if digits := DIGITS.match(self.line, self.at):
            self.move(digits.end())
            count = short(digits)
            # longer numbers are beyond the limit of layers anyway
            return int(count) if len(count) < 18 else 10**18
        letter = VARIABLE.match(self.line, self.at)
        if not letter:
            self.unexpected("a count: a whole number or a letter", "(CONV-RELU)*2")
        self.move(letter.end())
        if letter[0] == OUTPUTS:
            self.note("C is the number of outputs, not a count", place, fix="another letter")
        elif letter[0] in NO_VARIABLES:
            self.refuse_variable(letter[0], place)
        return Variable(letter[0])

    def refuse_unknown_network(self) -> None:
        """Raise WxbError if the text is a single word that is close to the name of a network."""
        word = self.text.strip()[:80]
        near = nearest(word, NAMED, cutoff=0.75) if WORD.fullmatch(word) else None
        if near:
            start = self.text.index(word)
            place = Place(start, start + len(word))
            raise error(self.text, [Mistake(f"{word} is not a network; {near} is", place, (place, near))])


def placeholder(start: int, end: int) -> Layer:
    """A layer in place of one that could not be read, so that reading goes on."""
    return Layer("RELU", place=Place(start, end))


def _ends_affine(items: tuple[Item, ...]) -> bool:
    """Whether the last layer is an FC with a width of its own: before the output layer it lacks an activation."""
    match items[-1] if items else None:
        case Layer(name="FC", width=width):
            return width is not None and not (isinstance(width, Variable) and width.name == OUTPUTS)
        case Group(inner):
            return _ends_affine(inner)
        case Repeat(inner):
            return _ends_affine((inner,))
        case _:
            return False
