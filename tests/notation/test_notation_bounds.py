"""Every text of up to 10,000 characters is read, printed and counted, or refused, in little time and memory."""

import contextlib
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wxb.errors import WxbError
from wxb.notation import plan, read
from wxb.notation.expand import MOST_LAYERS, MOST_NESTED
from wxb.notation.family import bind, variables
from wxb.notation.named import NAMED

LONGEST = 10_000  # characters of a text
SECONDS = 1.0  # of processor time: seven times what all steps below take, which read, print and plan more than once
MEMORY = 100_000_000  # bytes
QUOTED = 900  # characters of a message, at most: its sentences and 80 characters of the text for each of three mistakes

DIGITS = st.integers(0, 40).map(str) | st.sampled_from(["007", "0" * 50 + "3", "9" * 10, "9" * 300, "9" * 5_000])
DECIMALS = st.sampled_from(["0.1", "0.5", "00000000000.5", "99999999999999999999", "0.000000000000000001", "1" * 30])
PIECES = (
    st.sampled_from(["CONV", "FC", "BN", "RELU", "POOL", "GAP", "DROP", "MAXOUT", "RES(", "CAT(", "(", "[", ")", "]"])
    | st.sampled_from(
        ["conv", "GoogLeNet", "-", "-", "-", ",", ", ID", ", PAD", "?", "*N", "*M", "×", "/", "p", "g", "x"]
    )
    | st.builds("*{}".format, DIGITS)
    | st.builds("-{}".format, DIGITS)
    | st.builds("-{}W".format, DIGITS)
    | st.builds("({})".format, DECIMALS)
    | st.sampled_from(["ﬁ", "İ", "２", "\u202e", "\x00", "–", "#", "\n", " " * 50, "🙂"])
)

FORMS = ("({})", "[{}]", "({})*{n}", "({})*N", "RES({})", "CAT({}, ID)", "{}-{}", "{}-TANH")


@st.composite
def nested(draw) -> str:
    """Brackets, blocks and counts in one another, as deep and as often as the text allows; most are networks."""
    text = draw(st.sampled_from(["RELU", "CONV-RELU", "FC-8", "CONV3-16-BN-RELU", "LEAKY(0.25)"]))
    for _ in range(draw(st.integers(0, 40))):
        form = draw(
            st.sampled_from(["({})", "[{}]", "({})*{n}", "({})*N", "RES({})", "CAT({}, ID)", "{}-{}", "{}-TANH"])
        )
        longer = form.replace("{n}", draw(DIGITS)).replace("{}", text)
        text = longer if len(longer) < LONGEST - 20 else text
    return text + draw(st.sampled_from([", SOFTMAX", "-GAP, SVM", "-FC, EUCLID", ""]))


TEXTS = nested() | st.lists(PIECES, max_size=60).map("".join).map(lambda text: (text + ", SOFTMAX")[:LONGEST])


def outcome(text: str) -> str:
    """What comes of a text: "refused", or "read" after it was printed, read back and counted."""
    network = refused = None
    try:
        network = read(text)
    except WxbError as problem:
        refused = str(problem)
    if network is None:
        assert len(refused) <= QUOTED
        return "refused"
    assert read(str(network)) == network
    assert read(network.short()) == network
    for shape in ((3, 32, 32), (4,)):
        with contextlib.suppress(WxbError):
            plan(network, shape, 10, dict.fromkeys(variables(network), 1))
    return "read"


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_any_text_is_read_printed_and_counted_or_refused_in_little_time(text):
    began = time.process_time()
    outcome(text)
    assert time.process_time() - began < SECONDS


def odd_case(text: str) -> str:
    return "".join(c.lower() if place % 2 else c.upper() for place, c in enumerate(text))


HARD = {
    "a family in a count": ("(((CONV-RELU)*99)*N)*9, SOFTMAX", "read"),
    "the most layers": (f"(BN-RELU)*{MOST_LAYERS // 2}, SOFTMAX", "read"),
    "the most layers, of convolutions": (f"(CONV-8-RELU-CONV5-8)*{MOST_LAYERS // 3}-GAP, SOFTMAX", "read"),
    "the most layers, in blocks": (f"(CAT(CONV1, CONV3, ID)-RELU)*{MOST_LAYERS // 5}, SOFTMAX", "read"),
    "one more layer": (f"(BN-RELU)*{MOST_LAYERS // 2}-BN, SOFTMAX", "refused"),
    "a count of 301 digits": (f"(RELU)*1{'0' * 300}, SOFTMAX", "refused"),
    "a huge count times none": ("((RELU)*999999999)*0-FC-8-RELU, SOFTMAX", "read"),
    "many brackets": ("-".join(["(((RELU)))"] * 900) + ", SOFTMAX", "read"),
    "a named network in odd case": (odd_case("googlenet"), "read"),
    "the text of a network in odd case": (odd_case(NAMED["googlenet"].text), "read"),
    "a width of 5,000 digits": (f"CONV-{'9' * 5_000}, SOFTMAX", "refused"),
    "leading zeros": (f"CONV{'0' * 5_000}3-{'0' * 4_000}8, SOFTMAX", "read"),
    "a factor of 5,000 digits": (f"FC-{'9' * 5_000}W, SOFTMAX", "refused"),
    "a count of 5,000 digits": (f"RELU*{'9' * 5_000}, SOFTMAX", "refused"),
    "a survival of 5,000 digits": (f"RES(RELU)({'9' * 5_000}), SOFTMAX", "refused"),
    "a word of 10,000 letters": ("A" * LONGEST, "refused"),
    "brackets that never close": ("(" * LONGEST, "refused"),
    "blanks": ("FC" + " " * 9_000 + ", SOFTMAX", "read"),
    "a sequence without repeats": ("-".join(f"FC-{n}-RELU" for n in range(1, 800)) + ", SOFTMAX", "read"),
    "the same suffix again and again": ("CONV3-5" + "p1" * 2_000 + ", SOFTMAX", "refused"),
    "blocks in blocks": ("RES(" * 50 + "FC-8" + ")" * 50 + ", SOFTMAX", "refused"),
}


@pytest.mark.parametrize("name", HARD)
def test_a_text_that_is_hard_takes_little_time_and_memory(name):
    text, expected = HARD[name]
    began = time.process_time()
    assert outcome(text) == expected
    assert time.process_time() - began < SECONDS
    tracemalloc.start()
    try:
        outcome(text)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("form", ["RES({})", "CAT({}, ID)", "({})*N", "CAT(RELU, {})", "RES(FC-8, {})"])
def test_blocks_and_families_are_nested_twenty_deep_and_no_deeper(form):
    text = "FC-8"
    for _ in range(MOST_NESTED):
        text = form.format(text)
    network = read(f"{text}, SVM")
    assert read(str(network)) == network
    with pytest.raises(WxbError, match="nested more than 20 deep"):
        read(f"{form.format(text)}, SVM")


@given(st.sampled_from(["LEAKY", "ELU", "DROP"]), st.text(alphabet="0123456789", min_size=1, max_size=22), DIGITS)
def test_a_number_that_is_accepted_is_printed_as_it_is_read(name, whole, rest):
    for number in (whole, f"{whole}.{rest}", f"0.{whole}"):
        with contextlib.suppress(WxbError):
            network = read(f"{name}({number})-FC-8-RELU, SVM")
            assert read(str(network)) == network
            assert read(network.short()).body[0].number in (network.body[0].number, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("LEAKY(99999999999999999999), SVM", "the number of LEAKY is too large\n"),
        ("ELU(1000001), SVM", "the number of ELU is too large\n"),
        ("FC-2.5W-RELU, SVM", "the width of FC is a whole number, not 2.5\n"),
        ("FC-1234567890W-RELU, SVM", "the width of FC is too large\n"),
        ("RES(RELU)(0.0000000000000000000001), SVM", "a survival probability is too long\n"),
    ],
)
def test_a_number_out_of_bounds_is_refused(text, message):
    with pytest.raises(WxbError) as caught:
        read(text)
    assert str(caught.value).startswith(message)


def test_a_factor_counts_in_full():
    assert read("FC-123456789W-RELU, SVM").body[0].width.times == 123_456_789


@pytest.mark.parametrize(
    ("text", "value", "message"),
    [
        ("FC-W-RELU, SVM", 10**9, "the width of FC is too large: 1,000,000,000"),
        ("FC-4W-RELU, SVM", 300_000_000, "the width of FC is too large: 1,200,000,000"),
        ("FC-W-RELU, SVM", 10**5_000, "the value of W is too large"),
        ("FC-W-RELU, SVM", -(10**5_000), "the value of W is too large"),
        ("FC-W-RELU, SVM", True, "W is a whole number, not True"),
    ],
    ids=["width", "product", "long", "negative", "truth value"],
)
def test_the_value_of_a_variable_is_bounded(text, value, message):
    with pytest.raises(WxbError) as caught:
        bind(read(text), {"W": value}, lambda network: None)
    assert str(caught.value).startswith(message)


def test_a_message_quotes_the_beginning_of_a_long_text():
    text = "FC-N-RELU-" + "-".join(["RELU"] * 1_500) + ", SVM"
    with pytest.raises(WxbError) as caught:
        plan(read(text), (4,), 2, {"Q" * 5_000: 2})
    assert len(str(caught.value)) < QUOTED
    with pytest.raises(WxbError) as caught:
        plan(read(f"CONV{'0' * 5_000}9p0, SVM"), (1, 4, 4), 2)
    assert len(str(caught.value)) < QUOTED
