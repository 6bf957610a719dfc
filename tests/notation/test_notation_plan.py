import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxb.errors import WxbError
from wxb.notation import plan, read
from wxb.notation.layers.window import length
from wxb.notation.tree import PlannedConcat, PlannedLayer, PlannedResidual


def planned(text: str, shape=(3, 32, 32), outputs=10):
    return plan(read(text), shape, outputs)


def output_shapes(text: str, shape=(3, 32, 32), outputs=10):
    return [item.output for item in planned(text, shape, outputs).items]


# --- shapes ---


def test_the_lecture_s_convolution_of_5x5_gives_28x28x6():
    assert output_shapes("CONV5-6p0, SVM")[0] == (6, 28, 28)
    assert output_shapes("CONV5-6, SVM")[0] == (6, 32, 32)


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 4), st.integers(0, 4), st.integers(1, 3))
def test_places_of_a_kernel_are_those_that_sliding_it_finds(size, kernel, stride, padding, dilation):
    span = dilation * (kernel - 1) + 1
    found = [start for start in range(-padding, size + padding, stride) if start + span <= size + padding]
    assert length(size, kernel, stride, padding, dilation) == len(found)


@given(st.integers(1, 12), st.integers(1, 6), st.integers(1, 7), st.data())
def test_with_c_the_last_window_may_hang_over_but_begins_before_the_end(size, kernel, stride, data):
    padding = data.draw(st.integers(0, kernel // 2))
    size += max(0, kernel - size - 2 * padding)  # at least one whole window
    found = 0
    for start in range(-padding, size, stride):
        found += 1
        if start + kernel >= size + padding:
            break
    assert length(size, kernel, stride, padding, ceil=True) == found


def test_default_padding_keeps_the_size_for_odd_kernels_on_each_axis():
    conv = planned("CONV3x5-4, SVM").items[0]
    assert isinstance(conv, PlannedLayer)
    assert (conv.output, conv.padding) == ((4, 32, 32), (1, 2))
    assert output_shapes("CONV3-4d4, SVM")[0] == (4, 32, 32)
    assert output_shapes("CONV2-4, SVM")[0] == (4, 31, 31)


def test_a_partial_window_is_dropped_unless_c_keeps_it():
    assert output_shapes("POOL-POOLc-POOL3/2p1, SVM", (1, 11, 9))[:3] == [(1, 5, 4), (1, 3, 2), (1, 2, 1)]


def test_the_running_width_doubles_with_strides_after_the_first_conv_up_to_512():
    text = "POOL-CONV/2-CONV-POOL-CONV-AVGPOOL3/1-CONV-CONV/2-CONV-(POOLc-CONV)*4, SVM"
    channels = [item.output[0] for item in planned(text, (3, 256, 256)).items if item.name == "CONV"]
    assert channels == [32, 32, 64, 64, 128, 128, 256, 512, 512, 512]


def test_a_written_width_sets_the_running_width():
    channels = [item.output[0] for item in planned("CONV-12-CONV-POOL-CONV-CONV-700-POOL-CONV, SVM").items]
    assert channels[:7] == [12, 12, 12, 24, 700, 700, 700]


def test_a_width_of_c_sets_the_running_width_to_the_outputs():
    assert str(planned("CONV1-C-POOL-CONV, SVM", outputs=7).network) == "CONV1-C-POOL2/2-CONV3-14-FC-C, SVM"


def test_branches_start_from_the_width_before_the_block_and_leave_it_as_it_was():
    text = "CONV-8-CAT(POOL/2-CONV, CONV/2-CONV-4-CONV)-CONV, SVM"
    assert str(planned(text).network) == ("CONV3-8-CAT(POOL2/2-CONV3-16, CONV3-16/2-CONV3-4*2)-CONV3-8-FC-C, SVM")
    assert str(planned("RES(CONV, CONV1)-POOL-CONV, SVM").network) == (
        "RES(CONV3-32, CONV1-32)-POOL2/2-CONV3-64-FC-C, SVM"
    )


def test_a_layer_before_normalization_has_no_bias_unless_written():
    plan_ = planned("CONV-4-BN-CONV-4b1-BN-CONV-4-MAXOUT-BN-CONV-4-RELU-BN-CONV-4b0-RELU-FC-3-BN-RELU, SVM")
    assert [item.bias for item in plan_.items if item.name in ("CONV", "FC")] == [
        False,
        True,
        False,
        True,
        False,
        False,
        True,
    ]


def test_maxout_takes_the_greatest_of_the_pieces_of_the_layer_before():
    conv, maxout, fc, second, output = planned("CONV3-4-MAXOUT-FC-5-MAXOUT3, SVM", (1, 8, 8)).items
    assert (conv.output, conv.pieces, conv.path) == ((8, 8, 8), 2, "1.CONV3-4")
    assert (conv.parameters, conv.multiply_adds) == (2 * 4 * 10, 2 * 4 * 9 * 64)
    assert (maxout.output, maxout.pieces, maxout.path) == ((4, 8, 8), 2, "2.MAXOUT2")
    assert (fc.output, fc.parameters, second.output) == ((15,), 15 * 257, (5,))
    assert output.input == (5,)


def test_paths_are_positions_among_expanded_siblings():
    plan_ = planned("(CONV-4-RELU)*2-RES(CONV3x1-8-DROP(0.25))-CAT(ID, CONV1-4-BN)-LEAKY(0.2)-FC-5-RELU, SVM")
    first = [item.path for item in plan_.items]
    assert first == [
        "1.CONV3-4",
        "2.RELU",
        "3.CONV3-4",
        "4.RELU",
        "5.RES",
        "6.CAT",
        "7.LEAKY",
        "8.FC-5",
        "9.RELU",
        "10.FC-10",
    ]
    residual, concat = plan_.items[4], plan_.items[5]
    assert isinstance(residual, PlannedResidual)
    assert isinstance(concat, PlannedConcat)
    assert [item.path for item in residual.arm] == ["5.RES.1.CONV3x1-8", "5.RES.2.DROP"]
    assert [item.path for item in residual.shortcut] == ["5.RES.shortcut.1.CONV1-8", "5.RES.shortcut.2.BN"]
    assert [item.path for item in concat.branches[1]] == ["6.CAT.2.1.CONV1-4", "6.CAT.2.2.BN"]
    assert concat.branches[0] == ()


# --- blocks ---


def residual(text: str, shape=(4, 9, 8)) -> PlannedResidual:
    item = planned(text, shape).items[0]
    assert isinstance(item, PlannedResidual)
    return item


def test_a_shortcut_is_the_identity_where_shapes_agree():
    block = residual("RES(CONV-4)(0.8), SVM")
    assert (block.shortcut, block.pad, block.survival, block.output) == ((), False, 0.8, (4, 9, 8))


def test_a_shortcut_is_a_projection_where_shapes_differ():
    block = residual("RES(CONV3-6/2-CONV3-6/2), SVM")
    conv, norm = block.shortcut
    assert (conv.path, conv.stride, conv.bias, conv.output, conv.parameters) == (
        "1.RES.shortcut.1.CONV1-6", 4, False, (6, 3, 2), 24,
    )  # fmt: skip
    assert (norm.name, norm.parameters) == ("BN", 12)
    assert block.parameters == sum(item.parameters for item in (*block.arm, conv, norm))
    vectors = residual("RES(FC-3), SVM", (5,))
    assert [item.path for item in vectors.shortcut] == ["1.RES.shortcut.1.FC-3", "1.RES.shortcut.2.BN"]
    assert vectors.parameters == 3 * 6 + 3 * 5 + 6


def test_pad_takes_every_sth_pixel_and_has_no_parameters():
    block = residual("RES(CONV3-6/2, PAD), SVM")
    assert (block.pad, block.stride, block.shortcut, block.output) == (True, 2, (), (6, 5, 4))
    assert residual("RES(FC-8, PAD), SVM", (5,)).output == (8,)


def test_branches_are_joined_over_channels_or_features():
    assert output_shapes("CAT(ID, CONV1-5, POOL3/1p1), SVM")[0] == (11, 32, 32)
    assert output_shapes("CAT(ID, FC-5), SVM", (4,))[0] == (9,)


# --- the output layer ---


@pytest.mark.parametrize(
    ("text", "explicit"),
    [
        ("SOFTMAX", "FC-C, SOFTMAX"),
        ("CONV1-C-RELU-GAP, SVM", "CONV1-C-RELU-GAP, SVM"),
        ("FC-64-RELU-FC-10, SVM", "FC-64-RELU-FC-10, SVM"),
        ("FC-C-DROP, SVM", "FC-C-DROP(0.5), SVM"),
        ("CONV1-10-GAP, SVM", "CONV1-10-GAP, SVM"),
        ("CONV1-11-GAP, SVM", "CONV1-11-GAP-FC-C, SVM"),
        ("CONV1-10-RELU-GAP, SVM", "CONV1-10-RELU-GAP-FC-C, SVM"),
        ("CONV1-C-GAP-FC-7-RELU, SVM", "CONV1-C-GAP-FC-7-RELU-FC-C, SVM"),
        ("CAT(CONV1-C, ID)-GAP, SVM", "CAT(CONV1-C, ID)-GAP-FC-C, SVM"),
        ("CONV-8, SVM", "CONV3-8-FC-C, SVM"),
    ],
)
def test_an_fc_of_c_is_understood_unless_the_body_says_its_output(text, explicit):
    plan_ = planned(text)
    assert str(plan_.network) == explicit
    assert plan_.items[-1].output == (10,)
    assert plan(plan_.network, (3, 32, 32), 10).items == plan_.items


# --- counts, by other ways of counting ---


def counted(layer: PlannedLayer) -> tuple[int, int]:
    """(parameters, multiply-adds) of a CONV by going over every product."""
    inputs, (filters, rows, columns) = layer.input[0], layer.output
    weights, products = set(), 0
    for f, _ in itertools.product(range(filters), range(rows * columns)):
        group = f // (filters // layer.groups)
        members = range(group * inputs // layer.groups, (group + 1) * inputs // layer.groups)
        for channel, i, j in itertools.product(members, range(layer.kernel[0]), range(layer.kernel[1])):
            weights.add((f, channel, i, j))
            products += 1
    return len(weights) + filters * layer.bias, products


@pytest.mark.parametrize("text", ["CONV3-4", "CONV5x3-6g2/2", "CONV3-4p0d2b0", "CONV1-2g2", "CONV3-2-MAXOUT3"])
def test_parameters_and_products_are_those_that_counting_each_finds(text):
    conv = planned(f"{text}, SVM", (4, 7, 6)).items[0]
    assert isinstance(conv, PlannedLayer)
    assert (conv.parameters, conv.multiply_adds) == counted(conv)


def seen(layers: list[PlannedLayer], axis: int, output: int) -> tuple[int, int]:
    """First and last pixel that an output far from the border sees, found by going back through the layers."""
    first = last = output
    for layer in reversed(layers):
        first = first * layer.stride - layer.padding[axis]
        last = last * layer.stride - layer.padding[axis] + (layer.kernel[axis] - 1) * layer.dilation
    return first, last


SLIDING = st.one_of(
    st.builds("CONV{}x{}-2/{}d{}".format, *[st.integers(1, 4)] * 2, st.integers(1, 3), st.integers(1, 2)),
    st.builds("POOL{}x{}/{}".format, *[st.integers(1, 3)] * 2, st.integers(1, 2)),
    st.just("RELU"),
)


@given(st.lists(SLIDING, min_size=1, max_size=5))
def test_receptive_field_and_jump_are_those_that_going_back_finds(parts):
    items = [
        item for item in planned("-".join(parts) + ", SVM", (2, 2000, 2000)).items if isinstance(item, PlannedLayer)
    ]
    for end in range(1, len(items)):  # all but the output layer
        for axis in (0, 1):
            first, last = seen(items[:end], axis, 100)
            assert items[end - 1].receptive_field[axis] == last - first + 1
            assert items[end - 1].jump[axis] == seen(items[:end], axis, 101)[0] - first


def test_blocks_see_as_far_as_their_widest_branch():
    assert planned("CAT(ID, CONV3-CONV5, CONV3), SVM").items[0].receptive_field == (7, 7)
    block = planned("CONV3-4/2-RES(CONV3-8/2), SVM").items[1]
    assert (block.receptive_field, block.jump) == ((7, 7), (4, 4))


def test_what_reads_all_places_sees_what_they_see_together():
    fields = [item.receptive_field for item in planned("CONV3-2p0-POOL-GAP-FC-4-RELU, SVM", (1, 9, 8)).items]
    assert fields == [(3, 3), (4, 4), (8, 8), (8, 8), (8, 8), (8, 8)]  # 9 rows leave 7, of which the pooling drops one
    assert [item.receptive_field for item in planned("RELU-FC-4-RELU, SVM", (6,)).items] == [(1, 1), *[(1, 6)] * 3]


# --- designed features ---


@pytest.mark.parametrize(
    ("text", "shape", "features"),
    [
        ("PIXELS", (3, 32, 32), 3072),
        ("PIXELS", (7,), 7),
        ("POLAR", (2,), 2),
        ("POLY", (5,), 15),
        ("POLY-9", (1,), 9),
        ("HIST", (3, 32, 32), 48),
        ("HOG", (3, 32, 32), 324),
        ("HOG", (1, 28, 28), 144),
        ("BOW-256", (3, 32, 32), 1024),
        ("BOW", (1, 7, 9), 1024),
        ("CAT(HIST, HOG, PIXELS)", (3, 32, 32), 48 + 324 + 3072),
        ("(HOG)", (3, 16, 16), 36),
    ],
)
def test_designed_features_are_vectors_of_known_length(text, shape, features):
    plan_ = planned(f"{text}-FC-RELU, SVM", shape)
    assert plan_.items[0].output == (features,)
    assert plan_.items[0].parameters == 0


# --- errors ---


@pytest.mark.parametrize(
    ("text", "shape", "what", "fix"),
    [
        ("FC-12, SVM", (4,), "FC-12 before the head gives 12 numbers for 10 outputs, and nothing stands between two "
         "affine layers", "write FC-12-RELU for a hidden layer, FC-C for the output"),
        ("FC, SVM", (4,), "FC before the head gives 128 numbers for 10 outputs, and nothing stands between two "
         "affine layers", "write FC-128-RELU for a hidden layer, FC-C for the output"),
        ("CONV1-C-RELU, SVM", (1, 8, 8), "what reaches the head is 10x8x8, not a vector of 10 numbers",
         "GAP before the head"),
        ("FC-C-MAXOUT-CAT(ID, ID), SVM", (4,), "what reaches the head is 20, not a vector of 10 numbers",
         "FC-C as the last layer"),
        ("POOL*4, SVM", (1, 8, 8), "POOL does not fit: its input is 1x1, its kernel 2x2",
         "one POOL fewer, or no pooling here"),
        ("CONV3p0d5, SVM", (1, 8, 8), "CONV3p0d5 does not fit: its input is 8x8, its kernel 3x3 spread over 11x11",
         'a kernel of at most 2, or padding ("CONV3-32d5")'),
        ("CONV, SVM", (4,), "CONV needs maps; its input is a vector of 4 numbers", "FC for data that are vectors"),
        ("FC-RELU-POOL, SVM", (1, 8, 8), "POOL needs maps; its input is a vector of 128 numbers",
         "POOL before the layer that flattens"),
        ("GAP, SVM", (4,), "GAP needs maps; its input is a vector of 4 numbers", "FC for data that are vectors"),
        ("LRN, SVM", (4,), "LRN needs maps; its input is a vector of 4 numbers", "FC for data that are vectors"),
        ("CONV-6g4, SVM", (6, 8, 8), "CONV-6g4 does not fit: its input has 6 channels, which 4 does not divide", "g3"),
        ("CONV-6g4, SVM", (4, 8, 8), "CONV-6g4 does not fit: its width is 6, which 4 does not divide", "g2"),
        ("MAXOUT, SVM", (4,), "MAXOUT takes the greatest of the pieces of a CONV or FC, and none stands "
         "directly before it", "CONV-MAXOUT or FC-MAXOUT"),
        ("CONV-BN-MAXOUT, SVM", (1, 8, 8), "MAXOUT takes the greatest of the pieces of a CONV or FC, and none stands "
         "directly before it", "CONV-MAXOUT or FC-MAXOUT"),
        ("RES(CONV-4p0), SVM", (4, 8, 8), "no stride relates the input 4x8x8 of RES to the output 4x6x6 of its arm",
         'an arm that keeps its size (padding), or a shortcut: "RES(…, …)"'),
        ("RES(CONV-4/2, CONV1-5/2), SVM", (4, 8, 8), "RES cannot add 4x4x4 of its arm and 5x4x4 of its shortcut",
         "a shortcut that gives the same shape, or none"),
        ("RES(CONV-2, PAD), SVM", (4, 8, 8), "PAD appends channels, and 4x8x8 has more than 2x8x8",
         "RES without PAD: a projection"),
        ("CAT(CONV-4, POOL), SVM", (4, 8, 8), "CAT joins maps of one size or vectors; its branches give 4x8x8, 4x4x4",
         "the same strides in every branch, and padding that keeps sizes"),
        ("CAT(ID, GAP), SVM", (4, 8, 8), "CAT joins maps of one size or vectors; its branches give 4x8x8, 4",
         "the same strides in every branch, and padding that keeps sizes"),
        ("FC-RELU-HOG, SVM", (3, 32, 32), "HOG reads the input only: it is the first layer, or a branch of a CAT that "
         "is first", '"HOG-FC-RELU", or "CAT(PIXELS, HOG)-FC-RELU"'),
        ("CAT(HOG, FC), SVM", (3, 32, 32), "HOG reads the input only: it is the first layer, or a branch of a CAT "
         "that is first", '"HOG-FC-RELU", or "CAT(PIXELS, HOG)-FC-RELU"'),
        ("HOG-FC-RELU, SVM", (1, 8, 8), "HOG does not fit: its input is 8x8, and a block of cells is 16x16",
         "another first layer"),
        ("POLAR-FC-RELU, SVM", (3,), "POLAR does not fit: its input is 3, not a vector of x and y",
         "another first layer"),
        ("HIST-FC-RELU, SVM", (3,), "HIST does not fit: it needs pictures, and its input is a vector of 3 numbers",
         "another first layer"),
        ("BOW-FC-RELU, SVM", (3, 6, 6), "BOW does not fit: its input is 6x6, and each quadrant needs a patch of 6x6",
         "another first layer"),
        ("TEAM-4(FC-8)-RELU, SVM", (4,), "a TEAM stands last, directly before the head",
         "TEAM-16(…) around the layers after it"),
        ("RES(TEAM-4(FC-8)), SVM", (4,), "a TEAM stands last, directly before the head",
         "TEAM-16(…) around the layers after it"),
        ("TEAM-4(CONV1-C-GAP), SVM", (3, 8, 8), "a TEAM ends in an FC, of which each member has its own",
         "TEAM-16(…-FC-C)"),
        ("SVM", (3, 6, 2, 2), "an input of shape 3x6x2x2 is neither a picture nor a row of numbers",
         "channels x height x width, as 3x32x32, or a number of features"),
        ("SVM", (), "an input of shape nothing is neither a picture nor a row of numbers",
         "channels x height x width, as 3x32x32, or a number of features"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_a_way_out(text, shape, what, fix):
    with pytest.raises(WxbError) as caught:
        planned(text, shape)
    assert (caught.value.what, caught.value.fix) == (what, fix)


def test_no_outputs_are_refused():
    with pytest.raises(WxbError, match="a network has at least 1 output, not 0"):
        planned("SVM", (4,), 0)


def test_a_long_way_of_shapes_is_shortened_in_the_middle():
    with pytest.raises(WxbError) as caught:
        planned("(CONV-POOL)*5-CONV7p0, SVM")
    assert caught.value.detail.splitlines()[1].endswith(
        "3x32x32 > 32x32x32 > … > 128x4x4 > 256x4x4 > 256x2x2 > 512x2x2 > 512x1x1"
    )


def test_a_network_without_a_text_is_refused_with_its_shapes():
    bare = read(str(read("CONV-POOL*4, SVM")))
    network = type(bare)(bare.body, bare.head)
    with pytest.raises(WxbError) as caught:
        plan(network, (1, 8, 8), 2)
    assert caught.value.detail == "1x8x8 > 32x8x8 > 32x4x4 > 32x2x2 > 32x1x1"
