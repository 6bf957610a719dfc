import pytest

from wxb.errors import WxbError
from wxb.notation import plan, read


def error_of(text: str) -> WxbError:
    with pytest.raises(WxbError) as caught:
        read(text)
    return caught.value


def test_an_unknown_layer_shows_place_nearest_name_and_repaired_text():
    assert str(error_of("CONF5-6-RELU-POOL, SOFTMAX")) == (
        "CONF is not a layer; CONV is\n  CONF5-6-RELU-POOL, SOFTMAX\n  ^^^^\n  fix: CONV5-6-RELU-POOL, SOFTMAX"
    )


def test_a_layer_that_does_not_fit_shows_the_shapes_up_to_it():
    with pytest.raises(WxbError) as caught:
        plan(read("CONV3-32-POOL-CONV3-64-POOL-CONV7-64p0, SOFTMAX"), (3, 20, 20), 10)
    assert str(caught.value) == (
        "CONV7-64p0 does not fit: its input is 5x5, its kernel 7x7\n"
        "  CONV3-32-POOL-CONV3-64-POOL-CONV7-64p0, SOFTMAX\n"
        "                              ^^^^^^^^^^ 3x20x20 > 32x20x20 > 32x10x10 > 64x10x10 > 64x5x5\n"
        '  fix: one POOL fewer, a kernel of at most 5, or padding ("CONV7-64")'
    )


def test_independent_mistakes_are_reported_together_with_one_repaired_text():
    assert str(error_of("CONF5-6-DROP-0.5-POLL, SOFTMAX")) == (
        "CONF is not a layer; CONV is\n"
        "  CONF5-6-DROP-0.5-POLL, SOFTMAX\n"
        "  ^^^^\n"
        "  also: DROP takes no width; write DROP(0.5)\n"
        "  CONF5-6-DROP-0.5-POLL, SOFTMAX\n"
        "          ^^^^^^^^\n"
        "  also: POLL is not a layer; POOL is\n"
        "  CONF5-6-DROP-0.5-POLL, SOFTMAX\n"
        "                   ^^^^\n"
        "  fix: CONV5-6-DROP(0.5)-POOL, SOFTMAX"
    )


def test_mistakes_without_one_repair_each_have_their_way_out():
    assert str(error_of("CONV0-RELU-POLL, SOFTMAX")) == (
        "the kernel of CONV is at least 1, not 0\n"
        "  CONV0-RELU-POLL, SOFTMAX\n"
        "  ^^^^^\n"
        "  fix: 1 or more\n"
        "  also: POLL is not a layer; POOL is\n"
        "  CONV0-RELU-POLL, SOFTMAX\n"
        "             ^^^^\n"
        "  fix: CONV0-RELU-POOL, SOFTMAX"
    )


def test_the_first_three_mistakes_are_reported():
    error = error_of("AAA-QQQ-VVV-ZZZ-EEE, SOFTMAX")
    assert str(error).count("is not a layer") == 3
    assert "ZZZ is" not in str(error)


def test_a_long_text_shows_the_part_around_the_caret():
    error = error_of("RELU-" * 100 + "CONF5-6-" + "RELU-" * 100 + "SOFTMAX")
    line, pointer = error.detail.splitlines()
    assert (line[0], line[-1]) == ("…", "…")
    assert len(line) <= 78
    assert line[pointer.index("^") : pointer.rindex("^") + 1] == "CONF"
    assert error.fix == 'write "CONV"'


def test_a_text_of_several_lines_shows_the_line_of_the_place():
    assert error_of("CONV-RELU\n-CONF\t# here\n, SVM").detail == "-CONF # here\n ^^^^"


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("DROP-0.5, SVM", "DROP(0.5), SVM"),
        ("DROP0.5, SVM", "DROP(0.5), SVM"),
        ("LEAKY-0.1, SVM", "LEAKY(0.1), SVM"),
        ("RELU(0.1), SVM", "LEAKY(0.1), SVM"),
        ("FC64-RELU, SVM", "FC-64-RELU, SVM"),
        ("FC(64)-RELU, SVM", "FC-64-RELU, SVM"),
        ("CONV(5), SVM", "CONV5, SVM"),
        ("POOL-3/2, SVM", "POOL3/2, SVM"),
        ("MAXOUT-3, SVM", "MAXOUT3, SVM"),
        ("BOW64, SVM", "BOW-64, SVM"),
        ("RELU-64, SVM", "RELU, SVM"),
        ("RELU-N, SVM", "RELU, SVM"),
        ("GAP7, SVM", "GAP, SVM"),
        ("BN(0.9), SVM", "BN, SVM"),
        ("FC-64/2, SVM", "FC-64, SVM"),
        ("CONVc, SVM", "CONV, SVM"),
        ("POOLg2, SVM", "POOL, SVM"),
        ("POOL3x2, SVM", "POOL3x2/2, SVM"),
        ("CONV RELU, SVM", "CONV-RELU, SVM"),
        ("CONV3-64RELU, SVM", "CONV3-64-RELU, SVM"),
        ("(CONV)(RELU), SVM", "(CONV)-(RELU), SVM"),
        ("CONV-RELU", "CONV-RELU, SOFTMAX"),
        ("CONV-RELU)-POOL, SVM", "CONV-RELU-POOL, SVM"),
        ("[CONV-RELU)*2, SVM", "[CONV-RELU]*2, SVM"),
        ("CONV-RELU, SOFTMX", "CONV-RELU, SOFTMAX"),
        ("CONV-RELU-SOFTMX", "CONV-RELU-SOFTMAX"),
        ("CONV3-64p1p2, SVM", "CONV3-64p1, SVM"),
        ("RESS(CONV, PAD), SVM", "RES(CONV, PAD), SVM"),
        ("CATS(CONV, ID), SVM", "CAT(CONV, ID), SVM"),
        ("DENSE-64-BatchNorm-DROPOUT(0.2), SVM", "FC-64-BN-DROP(0.2), SVM"),
        ("MAXPOOL2, CROSSENTROPY", "POOL2, SOFTMAX"),
        ("resnet19", "resnet18"),
        ("lenet", "lenet5"),
    ],
)
def test_the_way_out_is_the_repaired_text_which_reads(text, repaired):
    assert error_of(text).fix == repaired
    read(repaired)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "the network is empty"),
        ("  # nothing", "the network is empty"),
        (", SOFTMAX", "nothing stands before the separator"),
        ("-CONV, SOFTMAX", "nothing stands before the separator"),
        ("CONV-, SOFTMAX", "expected a layer, found ,"),
        ("CONV--RELU, SOFTMAX", "expected a layer, found -"),
        ("CONV-", "expected a layer, found the end"),
        ("(), SOFTMAX", "expected a layer, found )"),
        ("TEAM(FC), SVM", "TEAM is followed by its number of members"),
        ("TEAM-N(FC), SVM", "expected the number of members, found N"),
        ("TEAM-0(FC), SVM", "a TEAM has at least one member, in at most nine digits"),
        ("TEAM-4, SVM", "TEAM is followed by its parts in ( )"),
        ("TEAM-4((FC)*0), SVM", "a TEAM is empty"),
        ("CONV-é, SOFTMAX", "expected a layer, found é"),
        ("CONV-\0, SOFTMAX", "expected a layer, found the character U+0000"),
        ("CONV & RELU, SVM", "expected - or the head, found &"),
        ("(CONV & RELU), SVM", "expected - or ), found &"),
        ("CONV,", "expected a head, found the end"),
        ("CONV, 5", "expected a head, found 5"),
        ("CONV, RELU, SVM", "RELU is not a head"),
        ("CONV, XYZZY", "XYZZY is not a head"),
        ("CONV, SOFTMAX-FC", "nothing stands after the head SOFTMAX"),
        ("SOFTMAX, SVM", "nothing stands after the head SOFTMAX"),
        ("(CONV-SOFTMAX)", "SOFTMAX is a head: it stands once, at the end"),
        ("(CONV, SOFTMAX", "( is never closed"),
        ("[CONV-RELU", "[ is never closed"),
        ("RES(CONV", "R is never closed"),
        ("RES, SVM", "RES is followed by its parts in ( )"),
        ("CAT, SVM", "CAT is followed by its parts in ( )"),
        ("RES(CONV, PAD, CONV), SVM", "RES has an arm and at most one shortcut"),
        ("RES(CONV)(0), SVM", "a survival probability is in (0, 1], not 0"),
        ("RES(CONV)(1.5), SVM", "a survival probability is in (0, 1], not 1.5"),
        ("RES(CONV)(x), SVM", "a number is expected in these brackets"),
        ("RES(CONV*0), SVM", "the arm of a RES is empty"),
        ("RES(CONV, RELU*0), SVM", "the shortcut of a RES is empty"),
        ("CAT(ID, RELU*0), SVM", "a branch of a CAT is empty"),
        ("CAT(CONV), SVM", "a CAT has at least two branches"),
        ("ID-CONV, SVM", "ID is not a layer: it stands alone as a branch of CAT"),
        ("CAT(ID-CONV, FC), SVM", "expected - or ), found -"),
        ("CONV-PAD, SVM", "PAD is not a layer: it stands alone as the shortcut of RES"),
        ("(CONV-RELU)?, SVM", "? stands directly after a layer only"),
        ("POOL??, SVM", "expected - or the head, found ?"),
        ("CONV*, SVM", "expected a count: a whole number or a letter, found ,"),
        ("RELU*C, SVM", "C is the number of outputs, not a count"),
        ("RELU*X, SVM", "X is not a variable: the letter has another meaning"),
        ("FC-X-RELU, SVM", "X is not a variable: the letter has another meaning"),
        ("RELU*2*3, SVM", "expected - or the head, found *"),
        ("CONV3-0, SVM", "the width of CONV is at least 1, not 0"),
        ("CONV/0, SVM", "the stride of CONV is at least 1, not 0"),
        ("CONVg0, SVM", "the groups of CONV is at least 1, not 0"),
        ("FC-0W, SVM", "the width of FC is at least 1, not 0"),
        ("FC-0.5, SVM", "the width of FC is a whole number, not 0.5"),
        ("CONV-99999999999, SVM", "the width of CONV is too large"),
        ("FC-1b2, SVM", "the bias of FC is b0 or b1, not b2"),
        ("CONV/x, SVM", "expected a stride: a whole number, found x"),
        ("POOL2p2, SVM", "the padding of a pooling is at most half its kernel, not 2"),
        ("FC-MAXOUT1, SVM", "MAXOUT takes the number of its pieces, 2 or more"),
        ("FC-MAXOUT2x3, SVM", "MAXOUT takes one whole number, not 2x3"),
        ("DROP(1), SVM", "DROP takes a share in [0, 1), not 1"),
        ("DROP(-1), SVM", "a number is expected in these brackets"),
        ("DROP(), SVM", "a number is expected in these brackets"),
        ("DROP(.5), SVM", "a number is expected in these brackets"),
        ("LEAKY(0.123456789012345678901), SVM", "the number of LEAKY is too long"),
        ("ATTN, SVM", "ATTN is not a layer yet: the word is reserved for later"),
        ("resnet18-FC, SVM", "resnet18 is a whole network: it stands alone"),
        ("XYZZY-CONV, SVM", "XYZZY is not a layer"),
        ("N-CONV, SVM", "N is not a layer"),
    ],
)
def test_the_first_line_says_what_happened(text, what):
    error = error_of(text)
    assert error.what == what
    assert error.fix


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        ("TEAM-5x8[FC-8-RELU], SOFTMAX", "the parts of TEAM stand in ( ), not in [ ]", "TEAM-5x8(FC-8-RELU), SOFTMAX"),
        ("RES[FC-8]-FC-8, SOFTMAX", "the parts of RES stand in ( ), not in [ ]", "RES(FC-8)-FC-8, SOFTMAX"),
        ("CAT[FC-8, FC-4], SOFTMAX", "the parts of CAT stand in ( ), not in [ ]", "CAT(FC-8, FC-4), SOFTMAX"),
        (
            "TEAM-4(FC-8, SOFTMAX)",
            "a TEAM holds layers joined by -, and the head stands after its )",
            "TEAM-16(FC-64-RELU), SOFTMAX",
        ),
        (
            "RES(FC-8, FC-8, FC-8), SOFTMAX",
            "RES has an arm and at most one shortcut",
            "CAT(…, …) joins several branches",
        ),
        (
            "TEAM-4(FC-8)(0.5), SOFTMAX",
            "(0.5) stands after a layer or a RES",
            "TEAM-4(FC-8), SOFTMAX",
        ),
        ("CAT(FC-8, FC-4)(0.5), SOFTMAX", "(0.5) stands after a layer or a RES", "CAT(FC-8, FC-4), SOFTMAX"),
        ("(FC-8-RELU)(0.5), SOFTMAX", "(0.5) stands after a layer or a RES", "(FC-8-RELU), SOFTMAX"),
        ("TEAM-4(FC-8)?, SOFTMAX", "? stands directly after a layer only", "TEAM-4(FC-8), SOFTMAX"),
        ("(FC-8-RELU)?*2, SOFTMAX", "? stands directly after a layer only", "(FC-8-RELU)*2, SOFTMAX"),
        (
            "TEAM-100000x8(FC-8), SOFTMAX",
            "the network expands to 200,000 layers",
            "fewer groups",
        ),
        ("TEAM-4(FC-8*9999), SOFTMAX", "the network expands to", "smaller counts after *"),
    ],
)
def test_a_block_in_another_form_is_named_with_the_way_out_that_reads(text, what, fix):
    error = error_of(text)
    assert error.what.startswith(what)
    assert error.fix == fix
    if fix.endswith("SOFTMAX"):
        read(fix)
