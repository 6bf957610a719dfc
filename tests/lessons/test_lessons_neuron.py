"""The simple neuron: what it was taught, and what the firing rule says of the rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import wxb
from wxb.errors import WxbError
from wxb.lessons.neuron import MOST_INPUTS, Neuron, neuron

FIRES, RESTS, OPEN = True, False, None
WORDS = {"0": RESTS, "1": FIRES, "0/1": OPEN}

T, H = "111/010/010", "101/111/101"


def outputs(made: Neuron) -> list[bool | None]:
    """The column of the truth table that the firing rule gives."""
    return [row.after for row in made.table()]


def words(text: str) -> list[bool | None]:
    return [WORDS[word] for word in text.split()]


def test_the_lecture_s_neuron_of_three_inputs():
    made = wxb.neuron(fire=["111", "101"], not_fire=["000", "001"])
    rows = made.table()
    assert [row.pattern for row in rows] == ["000", "001", "010", "011", "100", "101", "110", "111"]
    assert [row.before for row in rows] == words("0 0 0/1 0/1 0/1 1 0/1 1")
    assert [row.after for row in rows] == words("0 0 0 0/1 0/1 1 1 1")


@pytest.mark.parametrize(
    ("place", "expected"),
    [(0, "0 0 1 1 0 0 1 1"), (1, "1 0/1 1 0/1 0/1 0 0/1 0"), (2, "1 0 1 1 0 0 1 0")],
    ids=["top", "middle", "bottom"],
)
def test_three_neurons_of_a_row_each_tell_t_from_h(place, expected):
    # the lecture's figure: black is 0, T is all black at the output, H all white
    t, h = (letter.translate(str.maketrans("01", "10")).split("/")[place] for letter in (T, H))
    made = neuron(fire=[h], not_fire=[t])
    assert outputs(made) == words(expected)
    assert (made.ask(h), made.ask(t)) == (FIRES, RESTS)


def test_one_neuron_of_nine_inputs_tells_t_from_h_with_a_dot_wrong():
    made = neuron(fire=[T], not_fire=[H])
    assert (made.inputs, made.rows) == (9, 3)
    for letter, answer in ((T, FIRES), (H, RESTS)):
        for place in (place for place, sign in enumerate(letter) if sign != "/"):
            dot = "1" if letter[place] == "0" else "0"
            assert made.ask(letter[:place] + dot + letter[place + 1 :]) is answer


bits = st.text("01", min_size=4, max_size=4)


@given(st.sets(bits), st.sets(bits), bits)
def test_the_nearest_decides_and_ties_are_undecided(one, other, asked):
    fire, not_fire = one - other, other - one
    assume(fire | not_fire)
    made = neuron(fire, not_fire)

    def nearest(kind: set[str]) -> float:
        return min((sum(a != b for a, b in zip(asked, each, strict=True)) for each in kind), default=np.inf)

    expected = OPEN if nearest(fire) == nearest(not_fire) else nearest(fire) < nearest(not_fire)
    assert made.ask(asked) is expected
    assert made.taught(asked) is (FIRES if asked in fire else RESTS if asked in not_fire else OPEN)
    assert made.table()[int(asked, 2)].after is expected
    if asked in fire | not_fire:
        assert made.ask(asked) is made.taught(asked)


@given(st.sets(bits, min_size=1))
def test_who_was_taught_one_kind_knows_no_other(taught):
    assert set(outputs(neuron(fire=taught))) == {FIRES}
    assert set(outputs(neuron(not_fire=taught))) == {RESTS}


def test_distances_are_those_to_the_nearest_of_each_kind():
    made = neuron(fire=["111", "101"], not_fire=["000"])
    assert made.distances("110") == (1, 2)
    assert neuron(fire=["111"]).distances("000") == (3, None)


@pytest.mark.parametrize(
    "pattern",
    ["110", " 110\n", [1, 1, 0], (True, True, False), np.array([1, 1, 0]), np.array([1.0, 1.0, 0.0])],
    ids=repr,
)
def test_patterns_are_texts_lists_or_arrays(pattern):
    assert neuron(fire=[pattern]).fire == ("110",)


@pytest.mark.parametrize("pattern", [T, [[1, 1, 1], [0, 1, 0], [0, 1, 0]], np.array([[1, 1, 1], [0, 1, 0], [0, 1, 0]])])
def test_rows_stay_rows(pattern):
    made = neuron(fire=[pattern])
    assert made.fire == (T,)
    assert made.table()[0].pattern == "000/000/000"
    assert made.table()[-2].pattern == "111/111/110"


def test_what_is_taught_twice_is_taught():
    assert neuron(fire=["11", "11"], not_fire=["00"]) == neuron(fire=["11"], not_fire=["00"])


@pytest.mark.parametrize(
    ("fire", "not_fire", "said"),
    [
        ([], [], "the neuron is taught nothing"),
        (["111"], ["00"], "the pattern 00 has 2 inputs\n  expected 3 inputs, as 111 has"),
        (["1"], ["00"], "the pattern 00 has 2 inputs\n  expected 1 input, as 1 has"),
        ([T], ["111010010"], f"the pattern 111010010 has 9 inputs\n  expected 9 inputs in 3 rows, as {T} has"),
        (["111", "101"], ["101"], "101 is taught both to fire and not to fire\n  fix: one of both"),
        (["1a1"], ["000"], "the pattern 1a1 holds 'a'\n  a pattern is made of 0 and 1"),
        ([[1, 2]], [], "the pattern 12 holds '2'"),
        ([[0.5]], [], "the pattern 0.5 holds '.'"),
        (["11/1"], [], "the rows of the pattern 11/1 are not equally long"),
        (["/"], [], "the pattern / has an empty row"),
        ([""], [], "a pattern is empty"),
        ([[]], [], "a pattern is empty"),
    ],
    ids=str,
)
def test_what_cannot_be_taught_is_said(fire, not_fire, said):
    with pytest.raises(WxbError) as refused:
        neuron(fire, not_fire)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("mode", ["ask", "taught", "distances"])
@pytest.mark.parametrize(
    ("pattern", "said"), [("11", "the pattern 11 has 2 inputs"), ("11x", "the pattern 11x holds 'x'")]
)
def test_what_cannot_be_asked_is_said(mode, pattern, said):
    with pytest.raises(WxbError, match=said):
        getattr(neuron(fire=["111"]), mode)(pattern)


def test_a_table_has_a_bound_and_asking_has_none():
    assert len(neuron(fire=["1" * MOST_INPUTS]).table()) == 65_536
    large = neuron(fire=["1" * 400], not_fire=["0" * 400])
    assert large.ask("1" * 201 + "0" * 199) is FIRES
    with pytest.raises(WxbError) as refused:
        large.table()
    assert str(refused.value) == (
        "a truth table of 400 inputs is too long to be read\n"
        "  expected at most 16 inputs, which are 65,536 rows\n"
        "  fix: ask for single patterns"
    )
