import contextlib
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wxb.errors import WxbError
from wxb.notation import Network, read
from wxb.notation.layers import LAYERS
from wxb.notation.named import NAMED
from wxb.notation.tree import Concat, Group, Layer, Repeat, Residual, Variable
from wxb.notation.vocabulary import HEADS

VALID = (
    "[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K, SOFTMAX",
    "RES(CONV3-8-BN-RELU-CONV3-8-BN, PAD)(0.8)*2-CAT(ID, CONV1-4g2, POOL3/1p1)-GAP-FC-4W-LEAKY(0.2)-SVM",
    "CONV5x3-16/2p1d2b0-MAXOUT3-DROP(0.25)-AVGPOOL2c # comment\n-FC-C, SIGMOIDS",
    *(named.text for named in NAMED.values()),
)


def layer(text: str) -> Layer:
    item = read(f"{text}, SOFTMAX").body[0]
    assert isinstance(item, Layer)
    return item


def test_a_layer_carries_kernel_width_and_suffixes_in_any_order():
    expected = Layer("CONV", kernel=(5, 3), width=16, stride=2, padding=1, groups=4, dilation=2, bias=False)
    assert layer("CONV5x3-16/2p1g4d2b0") == expected
    assert layer("CONV5x3-16b0d2g4p1/2") == expected
    assert layer("conv 5 x 3 - 16 /2 p1 g4 d2 b0") == expected


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_is_read_by_its_name_alone_in_any_case(name):
    assert layer(name) == layer(name.lower()) == Layer(name)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("form", ["CONV-RELU, {}", "CONV-RELU,{}", "CONV-RELU-{}", "CONV-RELU – {}"])
def test_every_head_follows_a_comma_or_a_dash(form, head):
    assert read(form.format(head)).head == head
    assert read(form.format(head.lower())).body == (Layer("CONV"), Layer("RELU"))


@pytest.mark.parametrize("head", HEADS)
def test_a_head_stands_alone(head):
    assert read(head).body == ()
    assert read(f"  {head} # f = Wx + b").head == head


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("(CONV-RELU)*2, SVM", "CONV-RELU-CONV-RELU, SVM"),
        ("[CONV-(RELU)], SVM", "CONV-RELU, SVM"),
        ("CONV-RELU×2, SVM", "CONV-RELU*2, SVM"),
        ("CONV5×3-8, SVM", "CONV5x3-8, SVM"),
        ("CONV–RELU−POOL, SVM", "CONV-RELU-POOL, SVM"),
        ("CONV # the first\r\n - RELU\n\n, SVM", "CONV-RELU, SVM"),
        ("CONV-POOL*0-RELU, SVM", "CONV-RELU, SVM"),
        ("((POOL*0)-RELU*0)*999999999-CONV, SVM", "CONV, SVM"),
        ("SIGMOID-SIGMOIDS", "SIGMOID, SIGMOIDS"),
        ("CONV, SVM", "CONV3-32, SVM"),
        ("CONV3-32p1d1g1/1, SVM", "CONV, SVM"),
        ("POOL-CONV, SVM", "POOL2/2-CONV3-32, SVM"),
        ("CONV-POOL-CONV, SVM", "CONV3-32-POOL-CONV3-64, SVM"),
        ("FC-RELU, SVM", "FC-128-RELU-FC-C, SVM"),
        ("CONV-BN, SVM", "CONVb0-BN, SVM"),
        ("CONV-RELU, SVM", "CONVb1-RELU, SVM"),
        ("CONV-MAXOUT-BN, SVM", "CONVb0-MAXOUT2-BN, SVM"),
        ("LEAKY-ELU-DROP, SVM", "LEAKY(0.1)-ELU(1.0)-DROP(0.50), SVM"),
        ("RES(CONV)(1), SVM", "RES(CONV), SVM"),
        ("[(CONV-RELU)*N]*M, SVM", "((CONV3-RELU)*N)*M, SVM"),
        ("((CONV-RELU)*2)*N, SVM", "(CONV-RELU-CONV-RELU)*N, SVM"),
        ("FC-W*0-CONV, SVM", "CONV3-32, SVM"),
        ("ReSnEt18", NAMED["resnet18"].text),
    ],
)
def test_texts_are_equal_when_their_expanded_layers_are(text, same):
    assert read(text) == read(same)
    assert hash(read(text)) == hash(read(same))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("CONV, SVM", "CONV, SOFTMAX"),
        ("CONV-BN, SVM", "CONVb1-BN, SVM"),
        ("CONV-POOL-CONV, SVM", "CONV-POOL-CONV3-32, SVM"),
        ("(CONV-RELU)*N, SVM", "(CONV-RELU)*M, SVM"),
        ("(CONV-RELU)*N, SVM", "(CONV-RELU)*2, SVM"),
        ("RES(CONV), SVM", "RES(CONV, PAD), SVM"),
        ("CAT(ID, CONV), SVM", "CAT(CONV, ID), SVM"),
        ("POOLc, SVM", "POOL, SVM"),
    ],
)
def test_texts_of_other_layers_are_not_equal(text, other):
    assert read(text) != read(other)


def test_a_network_is_not_equal_to_its_text():
    assert read("CONV, SVM") != "CONV, SVM"


def test_a_variable_is_a_width_a_multiple_of_one_or_a_count():
    assert layer("FC-W") == Layer("FC", width=Variable("W"))
    assert layer("FC-4w b0") == Layer("FC", width=Variable("W", 4), bias=False)
    assert layer("FC-Cb0") == Layer("FC", width=Variable("C"), bias=False)
    assert read("RELU*N, SVM").body == (Repeat(Layer("RELU"), Variable("N")),)


def test_blocks_hold_an_arm_a_shortcut_and_a_survival_or_branches():
    assert read("RES(CONV-BN)(0.8), SVM").body == (Residual((Layer("CONV"), Layer("BN")), None, 0.8),)
    assert read("RES(CONV, pad), SVM").body == (Residual((Layer("CONV"),), "PAD"),)
    assert read("RES(FC, RELU-FC), SVM").body == (Residual((Layer("FC"),), (Layer("RELU"), Layer("FC"))),)
    assert read("CAT(id, FC), SVM").body == (Concat(((), (Layer("FC"),))),)


def test_a_question_mark_and_a_count_follow_a_layer():
    assert read("[CONV-POOL?*2], SVM").body == (Group((Layer("CONV"), Repeat(Layer("POOL", optional=True), 2))),)


def test_places_are_those_of_the_text():
    text = "conv5-6 – RELU*2\n - (fc - 3)*2, svm"
    network = read(text)
    places = [item.place for item in network.body]
    assert [text[place.start : place.end] for place in places if place] == ["conv5-6", "RELU*2", "(fc - 3)*2"]


def test_four_thousand_layers_are_read_and_one_more_is_refused():
    network = read("RELU*4000, SVM")
    assert read(str(network)) == network
    assert str(network) == "RELU*4000-FC-C, SVM"
    with pytest.raises(WxbError, match="expands to 4,001 layers; at most 4,000 are possible"):
        read("RELU*4001, SVM")


@pytest.mark.parametrize("count", ["999999999", "9" * 500, "99999*99999)*9"])
def test_a_huge_count_is_refused_before_anything_is_expanded(count):
    start = time.process_time()
    with pytest.raises(WxbError):
        read(f"FC*{count}, SOFTMAX")
    with pytest.raises(WxbError, match="expands to"):
        read("((FC*999999999)*999999999)*999999999, SOFTMAX")
    assert time.process_time() - start < 0.5


def test_a_text_of_more_than_a_megabyte_is_refused():
    with pytest.raises(WxbError, match=r"a text of 1,000,001 characters; at most 1,000,000 are read"):
        read("C" * 1_000_001)


def test_a_megabyte_of_text_is_an_error_and_no_crash():
    for text in ("RELU-" * 200_000, "(" * 1_000_000, "A" * 1_000_000, "9" * 1_000_000, "CONV" + "-9" * 499_998):
        with pytest.raises(WxbError):
            read(text)


def test_brackets_are_nested_a_hundred_deep_and_no_deeper():
    text = "(" * 100 + "FC-RELU" + ")" * 100 + ", SVM"
    assert read(str(read(text))) == read(text)
    with pytest.raises(WxbError, match="nested more than 100 deep"):
        read("(" * 101 + "FC-RELU" + ")" * 101 + ", SVM")


@settings(max_examples=300)
@given(st.text(max_size=200) | st.text(alphabet="CONVPLRESUATFXDGMK0123456789-*×x(),[]?/.# \n", max_size=200))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(WxbError):
        assert isinstance(read(text), Network)


@settings(max_examples=300)
@given(st.sampled_from(VALID), st.randoms(use_true_random=False), st.integers(1, 4))
def test_a_valid_text_with_random_changes_is_read_or_refused(text: str, chance: random.Random, changes: int):
    characters = list(text)
    for _ in range(changes):
        at = chance.randrange(len(characters))
        other = chance.choice("CNPRX059-*(),[]?/.c#×é\0 ")
        characters[at : at + chance.randrange(2)] = [other] * chance.randrange(3)
        characters = characters or ["-"]
    with contextlib.suppress(WxbError):
        network = read("".join(characters))
        assert read(str(network)) == network


@pytest.mark.parametrize(
    "text",
    [
        "RELU-" * 1998 + "SVM",
        "BN-" * 3330 + "SVM",
        "(CONV-BN-RELU)*3333, SVM",
        "CONF-" * 1999,
        "(" * 9999,
        "A" * 9999,
        "RES(" * 2499,
        "[RELU*1]*1-" * 900 + "SVM",
        "CAT(ID, CONV)-" * 700 + "SVM",
        " " * 9999,
        "# " * 4999,
        "9" * 9999,
    ],
    ids=lambda text: text[:12].strip() or "blanks",
)
def test_ten_kilobytes_are_read_in_fifty_milliseconds(text):
    seconds = []
    for _ in range(3):
        start = time.process_time()
        with contextlib.suppress(WxbError):
            read(text)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.05
