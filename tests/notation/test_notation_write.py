import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxb.notation import Network, read
from wxb.notation.expand import normal
from wxb.notation.layers import LAYERS
from wxb.notation.named import NAMED
from wxb.notation.tree import Concat, Group, Item, Layer, Repeat, Residual, Team, Variable
from wxb.notation.vocabulary import HEADS
from wxb.notation.write import fold, number_text

SMALL = st.integers(1, 4)
NUMBERS = st.floats(0, 0.999, allow_subnormal=False).map(lambda number: float(number_text(number)[:18]))


def maybe(strategy):
    return st.none() | strategy


@st.composite
def layers(draw, family: bool) -> Layer:
    name = draw(st.sampled_from(sorted(LAYERS)))
    kind = LAYERS[name]
    layer = Layer(name)
    if kind.kernel is not None:
        sides = st.integers(2, 5).map(lambda k: (k, k))
        if name == "CONV":
            sides |= st.tuples(st.integers(1, 5), st.integers(1, 5))
        layer = replace(layer, kernel=draw(maybe(sides)))
    if kind.width is not None:
        widths = st.sampled_from((1, 16, 32, 64, 128, 256)) | st.builds(Variable, st.just("C"), SMALL)
        if family:
            widths |= st.builds(Variable, st.sampled_from("WV"), SMALL)
        layer = replace(layer, width=draw(maybe(widths)))
    if "/" in kind.suffixes:
        layer = replace(layer, stride=draw(maybe(SMALL)), padding=draw(maybe(st.integers(0, 1))))
    if "G" in kind.suffixes:
        layer = replace(layer, groups=draw(maybe(SMALL)), dilation=draw(maybe(SMALL)))
    if "B" in kind.suffixes:
        layer = replace(layer, bias=draw(maybe(st.booleans())))
    if "C" in kind.suffixes:
        layer = replace(layer, ceil=draw(st.booleans()))
    if kind.number is not None:
        layer = replace(layer, number=draw(maybe(NUMBERS)))
    return replace(layer, optional=draw(st.booleans())) if family else layer


@st.composite
def items(draw, family: bool, depth: int) -> Item:
    kinds = ["layer"] * 4 + (["group", "repeat", "residual", "concat"] if depth else [])
    match draw(st.sampled_from(kinds)):
        case "group":
            return Group(draw(bodies(family, depth - 1)))
        case "repeat":
            inner = draw(items(family, depth - 1).filter(lambda item: not isinstance(item, Repeat)))
            count: int | Variable = draw(st.integers(1, 3))
            if family and draw(st.booleans()):
                count = Variable(draw(st.sampled_from("NMK")))
            return Repeat(inner, count)
        case "residual":
            shortcut = draw(st.none() | st.just("PAD") | bodies(family, depth - 1))
            return Residual(draw(bodies(family, depth - 1)), shortcut, draw(maybe(NUMBERS.filter(bool))))
        case "concat":
            return Concat(tuple(draw(st.lists(st.just(()) | bodies(family, depth - 1), min_size=2, max_size=3))))
        case _:
            return draw(layers(family))


def bodies(family: bool, depth: int, least: int = 1) -> st.SearchStrategy[tuple[Item, ...]]:
    return st.lists(items(family, depth), min_size=least, max_size=4).map(tuple)


@st.composite
def networks(draw) -> Network:
    """Trees of every kind of item, families among them; widths, counts and depths small."""
    family = draw(st.booleans())
    body = draw(bodies(family, 3, least=0))
    if draw(st.booleans()):
        body = (*body, Team(draw(SMALL), draw(bodies(family, 2))))
    return Network(body, draw(st.sampled_from(HEADS)))


@given(networks())
def test_reading_what_was_printed_gives_the_same_network(network):
    assert read(str(network)) == network


@given(networks())
def test_reading_the_short_text_gives_the_same_network(network):
    assert read(network.short()) == network


@given(networks())
def test_the_canonical_text_is_a_fixed_point(network):
    assert str(read(str(network))) == str(network)
    assert str(read(network.short())) == str(network)


@given(networks())
def test_equal_networks_have_equal_texts_and_hashes(network):
    expanded = replace(network, body=network.normal)
    assert expanded == network
    assert str(expanded) == str(network)
    assert hash(expanded) == hash(network)


@pytest.mark.parametrize("name", NAMED)
def test_named_networks_survive_both_ways_of_printing(name):
    network = read(name)
    assert read(str(network)) == network == read(network.short())
    assert len(network.short()) <= len(str(network))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("SOFTMAX", "FC-C, SOFTMAX"),
        ("lenet5", "CONV5-6-TANH-AVGPOOL2/2-CONV5-16p0-TANH-AVGPOOL2/2-FC-120-TANH-FC-84-TANH-FC-C, SOFTMAX"),
        ("conv-bn-relu-pool-conv, svm", "CONV3-32-BN-RELU-POOL2/2-CONV3-64-FC-C, SVM"),
        ("CONV3x5p1, SVM", "CONV3x5-32p1-FC-C, SVM"),
        ("CONV3x5, SVM", "CONV3x5-32-FC-C, SVM"),
        ("CONV3p1/1d1g1b1, SVM", "CONV3-32-FC-C, SVM"),
        ("CONVb0-CONVb1-BN-CONVb0-BN, SVM", "CONV3-32b0-CONV3-32b1-BN-CONV3-32-BN-FC-C, SVM"),
        ("POOL3-POOL3/2p1c, SVM", "POOL3/3-POOL3/2p1c-FC-C, SVM"),
        ("LEAKY-ELU-DROP-FC-RELU-MAXOUT, SVM", "LEAKY(0.1)-ELU(1)-DROP(0.5)-FC-128-RELU-MAXOUT2-FC-C, SVM"),
        ("BOW, EUCLID", "BOW-256-FC-C, EUCLID"),
        ("RES(CONV, pad)(1), SVM", "RES(CONV3-32, PAD)-FC-C, SVM"),
        ("CONV1-C-GAP, SVM", "CONV1-C-GAP, SVM"),
        ("CONV-GAP, SVM", "CONV3-32-GAP, SVM"),  # whether 32 is the number of outputs, only the plan knows
        ("FC-10, SVM", "FC-10, SVM"),
        ("CONV1-C-RELU-FC-7-RELU, SVM", "CONV1-C-RELU-FC-7-RELU-FC-C, SVM"),
        ("[(CONV-RELU)*N-POOL?]*M-FC-2W, SVM", "((CONV3-RELU)*N-POOL2/2?)*M-FC-2W, SVM"),
    ],
)
def test_the_canonical_text_says_every_default(text, canonical):
    assert str(read(text)) == canonical


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("FC-C, SOFTMAX", "SOFTMAX"),
        ("CONV3-32-RELU-POOL2/2-CONV3-64-FC-128-RELU-FC-C, SVM", "CONV-RELU-POOL-CONV-FC-RELU, SVM"),
        ("CONV3-32-RELU-POOL2/2-CONV3-64-RELU-POOL2/2, SVM", "(CONV-RELU-POOL)*2, SVM"),
        ("CONV3-32-POOL2/2-CONV3-32-CONV-64, SVM", "CONV-POOL-CONV-32-CONV-64, SVM"),
        ("POOL3/2-POOL2/1, SVM", "POOL3/2-POOL/1, SVM"),
        ("DROP(0.5)-DROP(0.25), SVM", "DROP-DROP(0.25), SVM"),
        ("FC-64-FC-C, SVM", "FC-64-FC-C, SVM"),  # without FC-C the text would end in FC-64
        ("CONV-10-GAP-FC-C, SVM", "CONV-10-GAP-FC-C, SVM"),
    ],
)
def test_the_short_text_leaves_defaults_out(text, short):
    assert read(text).short() == short


@pytest.mark.parametrize(
    ("letters", "folded"),
    [
        ("", ""),
        ("A", "A"),
        ("AA", "A*2"),
        ("AAAAAA", "A*6"),
        ("ABAB", "(A-B)*2"),
        ("ABABA", "(A-B)*2-A"),
        ("AABAAB", "(A*2-B)*2"),
        ("ABABCABABC", "((A-B)*2-C)*2"),
        ("XAAAAB", "X-A*4-B"),
        ("ABCDE", "A-B-C-D-E"),
    ],
)
def test_repeats_are_folded_from_the_left_the_longest_first(letters, folded):
    assert "-".join(fold(letters)) == folded


def test_what_already_has_a_count_is_folded_in_brackets():
    assert fold(["A*N", "A*N"]) == ["(A*N)*2"]
    assert str(read("CONV*N-CONV*N, SVM")) == "(CONV3*N)*2, SVM"


def folded_slowly(texts: list[str]) -> list[str]:
    """What `fold` gives, by trying every length."""
    result: list[str] = []
    while texts:
        best, length = 1, 1
        for tried in range(1, len(texts) // 2 + 1):
            times = 1
            while texts[times * tried : (times + 1) * tried] == texts[:tried]:
                times += 1
            if times > 1 and times * tried > best:
                best, length = times * tried, tried
        once = "-".join(folded_slowly(texts[:length])) if best > 1 else texts[0]
        count = f"*{best // length}" if best > 1 else ""
        result.append(f"{once}{count}" if length == 1 else f"({once}){count}")
        texts = texts[best:]
    return result


PIECES = st.lists(st.sampled_from("ABCD"), min_size=1, max_size=6)
REPEATED = st.lists(st.tuples(PIECES, st.integers(1, 9)), max_size=6).map(
    lambda pieces: [letter for piece, times in pieces for letter in piece * times]
)


@given(REPEATED, st.integers(1, 3), st.lists(st.sampled_from("ABX"), max_size=3))
def test_every_repeat_is_found_that_trying_all_lengths_finds(letters, times, end):
    sequence = letters * times + end
    assert fold(sequence) == folded_slowly(sequence)


@given(st.lists(st.sampled_from("AB"), max_size=60))
def test_folded_repeats_unfold_to_what_they_were(letters):
    names = {"A": "RELU", "B": "TANH"}
    text = "-".join(fold([names[letter] for letter in letters]))
    network = read(f"{text}, SVM" if text else "SVM")
    read_back = [item.name for item in network.normal[:-1] if isinstance(item, Layer)]
    assert read_back == [names[letter] for letter in letters]


def test_four_thousand_layers_without_repeats_are_printed_in_a_second():
    state, bits = 1, []
    for _ in range(3_990):  # a sequence of period 2¹⁵ - 1, so that little of it repeats
        state = (state >> 1) ^ (0x6000 if state & 1 else 0)
        bits.append("RELU" if state & 1 else "TANH")
    start = time.process_time()
    text = str(read("-".join(bits) + ", SVM"))
    assert time.process_time() - start < 1
    assert read(text) == read("-".join(bits) + ", SVM")


SEQUENCES = {
    "all different": [str(place) for place in range(5_000)],
    "halves that differ in one layer": [*map(str, range(2_499)), "x", *map(str, range(2_499)), "y"],
    "a period with one odd layer": ["a", "b"] * 1_250 + ["c"] + ["a", "b"] * 1_249,
    "ever longer periods": [letter for length in range(1, 99) for letter in "a" * length + "b"],
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_sequence_of_five_thousand_layers_is_folded_in_little_time(name):
    start = time.process_time()
    fold(SEQUENCES[name])
    assert time.process_time() - start < 0.02


@given(st.floats(0, 1e20, allow_subnormal=True))
def test_a_number_is_printed_with_digits_that_read_back(number):
    text = number_text(number)
    assert set(text) <= set("0123456789.")
    assert float(text) == number


def test_comparing_and_printing_expand_each_network_at_most_once(monkeypatch):
    expanded: list[str] = []

    def counted(body, text="", head=""):
        expanded.append(text)
        return normal(body, text)

    monkeypatch.setattr("wxb.notation.network.normal", counted)
    first, second = read("resnet152"), read("resnet152")
    assert first == second
    assert expanded == []  # equal trees are equal networks
    assert len({str(first), first.short(), str(first)}) == 2
    assert hash(first) == hash(first)
    assert len(expanded) == 1
    other = read("CONV-RELU, SVM")
    assert other == read("CONV3-32-RELU, SVM") != first
    assert len(expanded) == 3  # the heads of the last two differ


@pytest.mark.parametrize(
    "text", ["(CONV-BN-RELU)*500-GAP, SOFTMAX", "(RES(CONV-BN-RELU-CONV-BN)-RELU)*500-GAP, SOFTMAX"]
)
def test_the_layers_of_a_repeat_stay_one_object_so_that_each_is_written_once(text):
    body = read(text).normal
    assert len(body) > 1_000
    assert len({id(item) for item in body}) < 8


def test_a_network_is_shown_as_the_call_that_reads_it():
    network = read("(CONV3-32-RELU)*2-FC-C, SOFTMAX")
    assert repr(network) == "read('(CONV-RELU)*2, SOFTMAX')"
