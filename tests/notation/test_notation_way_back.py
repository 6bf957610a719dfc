"""SELF: the way back to the input's size, and where the code is."""

from __future__ import annotations

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxb.errors import WxbError
from wxb.notation import Plan, plan, read
from wxb.notation.tree import Shape


def planned(text: str, shape: Shape) -> Plan:
    return plan(read(text), shape, prod(shape))


@pytest.mark.parametrize(
    ("text", "shape", "whole"),
    [
        ("FC-8, SELF", (20,), "FC-8-FC-C, SELF"),
        ("FC-64-RELU-FC-8, SELF", (20,), "FC-64-RELU-FC-8-FC-64-RELU-FC-C, SELF"),
        ("FC-64-RELU-FC-8-RELU, SELF", (1, 8, 8), "FC-64-RELU-FC-8-RELU-FC-64-RELU-FC-C, SELF"),
        ("(CONV-RELU-POOL)*2, SELF", (1, 28, 28), "(CONV-RELU-POOL)*2-UP-CONV-32-RELU-UP-CONV-1, SELF"),
        (
            "(CONV-RELU-POOL)*2-FC-16, SELF",
            (1, 28, 28),
            "(CONV-RELU-POOL)*2-FC-16-UP7-64-RELU-UP-CONV-32-RELU-UP-CONV-1, SELF",
        ),
        ("CONV-8-TANH, SELF", (3, 8, 8), "CONV-8-TANH-CONV-3, SELF"),
        ("CONV-8-RELU-GAP, SELF", (3, 8, 8), "CONV-8-RELU-GAP-UP8-8-RELU-CONV-3, SELF"),
        ("CONV-8-RELU-POOL, SELF", (1, 9, 9), "CONV-8-RELU-POOL-UP-CONV2-1p1, SELF"),
        ("CONV5-6p0-RELU, SELF", (1, 9, 9), "CONV5-6p0-RELU-CONV-1p3, SELF"),
        ("CONV-8-RELU-POOL, SELF", (1, 9, 8), "CONV-8-RELU-POOL-FC-C, SELF"),  # no one padding serves both sides
        ("FC-16-RELU-FC-4-RELU-FC-16-RELU, SELF", (20,), "FC-16-RELU-FC-4-RELU-FC-16-RELU-FC-C, SELF"),
    ],
)
def test_the_way_back_mirrors_the_way_to_the_code(text, shape, whole):
    network = planned(text, shape).network
    assert network.short() == whole
    assert planned(str(network), shape).network == network == read(whole)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("FC-16-RELU-FC-4-FC-16-RELU-FC-20, SELF", (20,)),
        ("CONV-8-RELU-POOL-CONV-4-UP2-CONV-1, SELF", (1, 8, 8)),
        ("FC-4-UP4-8-RELU-UP2-1, SELF", (1, 8, 8)),
        ("CONV-8-RELU-FC-4-RELU-FC-64, SELF", (1, 8, 8)),
    ],
)
def test_a_text_with_a_way_back_of_its_own_stays_as_it_is(text, shape):
    assert planned(text, shape).network == read(text)


@pytest.mark.parametrize(
    ("text", "shape", "path", "numbers"),
    [
        ("FC-64-RELU-FC-8, SELF", (20,), "3.FC-8", 8),
        ("FC-64-RELU-FC-8-BN-TANH, SELF", (20,), "5.TANH", 8),
        ("(CONV-RELU-POOL)*2-FC-16, SELF", (1, 28, 28), "7.FC-16", 16),
        ("DROP(0.2)-CONV-8-RELU-POOL, SELF", (1, 8, 8), "4.POOL2", 128),
        ("CONV-8-RELU, SELF", (1, 8, 8), "2.RELU", 512),  # more numbers than the input has
    ],
)
def test_the_code_is_where_fewest_numbers_pass(text, shape, path, numbers):
    made = planned(text, shape)
    assert (made.code_item.path, made.code) == (path, numbers)


def test_the_code_of_a_classifier_is_what_its_output_layer_weighs():
    assert plan(read("FC-64-RELU-FC-8-RELU, SOFTMAX"), (20,), 3).code_item.path == "4.RELU"


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        ("SELF", "no layer with weights stands before it", "FC-32-RELU, SELF"),
        ("POOL, SELF", "no layer with weights stands before it", "FC-32-RELU, SELF"),
        ("FC-8-UP7-1, SELF", "what reaches SELF is 1x7x7, not the input's 1x8x8", "the way back is then added"),
        ("HOG-FC-8, SELF", "SELF learns the input itself, not HOG", "no designed feature"),
        ("TEAM-4(FC-8-RELU), SELF", "SELF takes no TEAM", "FC-32-RELU"),
    ],
)
def test_a_text_that_cannot_be_turned_back_is_refused(text, what, fix):
    shape = (1, 32, 32) if "HOG" in text else (1, 8, 8)
    with pytest.raises(WxbError) as refused:
        planned(text, shape)
    assert what in refused.value.what
    assert fix in refused.value.fix


def test_there_are_as_many_outputs_as_numbers_in_the_input():
    assert plan(read("FC-8, SELF"), (1, 8, 8), 10).outputs == 64


@pytest.mark.parametrize("text", ["UP0, SVM", "UP2-0, SVM", "UP2/2, SVM", "UP2(3), SVM"])
def test_up_carries_a_kernel_and_a_width_only(text):
    with pytest.raises(WxbError):
        read(text)


steps = st.lists(
    st.sampled_from(["CONV-4", "CONV5-3p0", "CONV-6/2", "RELU", "TANH", "BN", "POOL", "POOL3/2", "DROP(0.2)"]),
    min_size=1,
    max_size=5,
)


@given(steps, st.sampled_from(["", "-FC-6", "-FC-9-RELU-FC-5", "-GAP"]), st.integers(8, 21), st.sampled_from([1, 3]))
def test_any_body_that_fits_its_input_comes_back_to_its_size(layers, end, side, channels):
    shape = (channels, side, side)
    text = f"CONV-4-{'-'.join(layers)}{end}, SELF"
    try:
        plan(read(f"CONV-4-{'-'.join(layers)}, SOFTMAX"), shape, 3)  # whether the maps are large enough
    except WxbError:
        return
    made = planned(text, shape)
    assert made.items[-1].output in (shape, (prod(shape),))
    assert read(str(made.network)) == made.network == read(made.network.short())
    assert planned(str(made.network), shape).items == made.items
