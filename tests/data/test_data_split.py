"""Splits: shares, strata, copies on one side, the same for the same seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxb.data.copies import copies
from wxb.data.split import DEFAULT, divide, divide_apart, keep_test, validation_share
from wxb.errors import WxbError
from wxb.settings import validate


def parts(split):
    return [split.train, split.validation, split.test]


fractions = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20)).filter(any)
shares = fractions.map(lambda whole: tuple(part / sum(whole) for part in whole))


@st.composite
def classes_with_copies(draw):
    """Strata of at least three different examples each, with copies; rows in no order."""
    sizes = draw(st.lists(st.integers(3, 40), min_size=2, max_size=5))
    strata = np.repeat(np.arange(len(sizes)), sizes)
    order = np.random.default_rng(draw(st.integers(0, 999))).permutation(len(strata))
    extra = draw(st.lists(st.integers(0, len(strata) - 1), max_size=20))
    strata, groups = strata[order], np.arange(len(strata))
    return np.concatenate([strata, strata[extra]]), np.concatenate([groups, np.array(extra, dtype=np.int64)])


@given(classes_with_copies(), shares, st.integers(0, 2**40))
def test_every_example_stands_in_exactly_one_part(data, fractions, seed):
    strata, groups = data
    names = [str(i) for i in range(strata.max() + 1)]
    split = divide(strata, names, fractions, seed, groups)
    assert sorted(np.concatenate(parts(split))) == list(range(len(strata)))
    assert all((np.diff(rows) > 0).all() for rows in parts(split))
    assert all(rows.dtype == np.int64 for rows in parts(split))


@given(classes_with_copies(), shares, st.integers(0, 2**40))
def test_copies_stand_on_one_side(data, fractions, seed):
    strata, groups = data
    split = divide(strata, [str(i) for i in range(strata.max() + 1)], fractions, seed, groups)
    sets = [set(groups[rows]) for rows in parts(split)]
    assert sum(len(one) for one in sets) == len(set.union(*sets))


@given(classes_with_copies(), shares, st.integers(0, 2**40))
def test_every_class_stands_in_every_part_that_is_asked_for(data, fractions, seed):
    strata, groups = data
    classes = range(strata.max() + 1)
    split = divide(strata, [str(i) for i in classes], fractions, seed, groups)
    for rows, share in zip(parts(split), fractions, strict=True):
        assert set(strata[rows]) == (set(classes) if share else set())


@given(st.lists(st.integers(20, 400), min_size=1, max_size=12), st.integers(0, 2**40))
def test_shares_are_met_as_near_as_whole_examples_allow(sizes, seed):
    strata = np.repeat(np.arange(len(sizes)), sizes)
    split = divide(strata, [str(i) for i in range(len(sizes))], DEFAULT, seed)
    for rows, share in zip(parts(split), DEFAULT, strict=True):
        assert abs(len(rows) - share * len(strata)) < 1.01
        of_class = np.bincount(strata[rows], minlength=len(sizes))
        assert (np.abs(of_class - share * np.array(sizes)) < 2).all()


def test_the_same_seed_gives_the_same_split_and_another_seed_another():
    strata = np.arange(300) % 3
    first, again, other = (divide(strata, "abc", DEFAULT, seed) for seed in (5, 5, 6))
    assert all(np.array_equal(a, b) for a, b in zip(parts(first), parts(again), strict=True))
    assert not np.array_equal(first.train, other.train)


def test_the_split_of_seed_zero_stays_what_it_is():
    # a run stores its split, but a figure that is measured again must meet the same test examples
    split = divide(np.arange(20) % 2, "ab", DEFAULT, 0)
    assert (split.validation.tolist(), split.test.tolist()) == ([3, 6], [0, 10, 13, 16, 19])


def test_two_examples_of_a_class_train_and_test():
    split = divide(np.array([0] * 10 + [1] * 2), ["many", "two"], DEFAULT, 0)
    assert (split.train >= 10).sum() == 1
    assert (split.test >= 10).sum() == 1


def test_one_example_of_a_class_cannot_be_split():
    with pytest.raises(WxbError) as caught:
        divide(np.array([0] * 10 + [1]), ["cat", "dog"], DEFAULT, 0, noun="picture")
    assert str(caught.value) == (
        "class dog cannot be split: 1 picture\n"
        "  expected at least 2 different ones, one in train and one in test\n"
        "  fix: add pictures, or remove those of the class"
    )


def test_a_class_of_one_example_is_in_train_where_nothing_is_tested():
    strata = np.array([0] * 20 + [1])
    split = divide(strata, ["cat", "dog"], (0.9, 0.1, 0.0), seed=0)
    assert 20 in split.train
    assert (len(split.train), len(split.validation), len(split.test)) == (19, 2, 0)


def test_copies_alone_are_all_in_train():
    split = divide(np.array([0, 0, 0, 1, 1, 1]), "ab", DEFAULT, 0, np.array([0, 1, 2, 3, 3, 3]))
    assert set(split.train) >= {3, 4, 5}
    with pytest.raises(WxbError, match="the data cannot be split: 1 example"):
        divide(np.zeros(3, np.int64), ["all"], DEFAULT, 0, np.zeros(3, np.int64))


def test_all_may_be_test():
    split = divide(np.array([0, 0, 1]), "ab", (0, 0, 1), 0)
    assert [len(rows) for rows in parts(split)] == [0, 0, 3]


@pytest.mark.parametrize(
    "split",
    [
        "0.5,0.5",
        "0.5,0.2,0.2",
        (0.7, 0.4, -0.1),
        "a,b,c",
        (1, 1, 1),
        (float("nan"), 0, 1),
        "",
        (0.5, 0.5),
        1.5,
        None,
        True,
    ],
)
def test_shares_that_do_not_divide_are_refused(split):
    with pytest.raises(WxbError, match=r'^`split=.*`: expected three shares .*\n  fix: `split="0.64,0.11,0.25"`$'):
        validate("split", split)


@pytest.mark.parametrize("split", ["0.8, 0.1,0.1", [0.8, 0.1, 0.1], (0.8, 0.1, 0.1), np.array([0.8, 0.1, 0.1])])
def test_shares_are_read_from_text_and_sequences_alike(split):
    assert validate("split", split) == (0.8, 0.1, 0.1)


@pytest.mark.parametrize("split", [0.5, "0.5"])
def test_one_share_is_that_of_train_and_the_rest_is_halved(split):
    assert validate("split", split) == (0.5, 0.25, 0.25)


def test_copies_are_the_first_row_with_the_same_numbers():
    examples = np.array([[1, 2], [3, 4], [1, 2], [1, 3], [3, 4]], np.float32)
    assert copies(examples).tolist() == [0, 1, 0, 3, 1]


def test_the_note_says_how_many_copies_would_have_stood_on_both_sides():
    examples = np.arange(400, dtype=np.float32)[:, None] // 2
    strata = (np.arange(400) // 2) % 2
    split, notes = divide_apart(examples, strata, "ab", DEFAULT, 0)
    assert not set(examples[split.train, 0]) & set(examples[split.test, 0])
    careless = divide(strata, "ab", DEFAULT, 0)
    leaked = sum(value in set(examples[careless.train, 0]) for value in examples[careless.test, 0])
    assert leaked > 10
    assert notes == (
        f"200 examples are copies of another; {leaked} of them would have stood in test as well as in train: "
        "kept on one side",
    )


def test_vectors_that_mostly_repeat_are_split_like_others():
    examples = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 25, dtype=np.float32)
    split, notes = divide_apart(examples, np.array([0, 1, 1, 0] * 25), "ab", DEFAULT, 0)
    assert len(np.unique(examples[split.train], axis=0)) == 4
    assert notes == ("100 examples, 4 different ones: repeats stand in train as well as in test",)


def test_pictures_that_mostly_repeat_stand_on_one_side():
    pictures = np.repeat(np.arange(20, dtype=np.uint8), 5).reshape(-1, 1, 1, 1)
    split, _ = divide_apart(pictures, np.arange(100) // 5 % 2, "ab", DEFAULT, 0)
    assert not set(pictures[split.train].flat) & set(pictures[split.test].flat)


def test_a_class_of_copies_of_other_classes_has_none_of_its_own():
    pictures = np.array([0, 1, 2, 3, 0, 1], dtype=np.uint8).reshape(-1, 1, 1, 1)
    with pytest.raises(WxbError, match="class b has no picture of its own\n  none is there that is not a copy"):
        divide_apart(pictures, np.array([0, 0, 0, 0, 1, 1]), "ab", DEFAULT, 0, "picture")


def test_no_copies_no_note():
    assert divide_apart(np.arange(40, dtype=np.float32)[:, None], np.arange(40) % 2, "ab", DEFAULT, 0)[1] == ()


@pytest.mark.parametrize(("train", "validation"), [(50_000, 2_500), (60_000, 2_500), (2_000, 100), (40, 2)])
def test_a_test_set_stays_and_a_twentieth_of_training_validates(train, validation):
    strata = np.arange(train + 100) % 2
    rows = np.arange(train + 100)
    split = keep_test(strata, "ab", rows[:train], rows[train:], 0)
    assert np.array_equal(split.test, rows[train:])
    assert (len(split.train), len(split.validation)) == (train - validation, validation)
    assert np.bincount(strata[split.validation]).tolist() == [validation / 2] * 2


def test_one_training_example_of_a_class_stays_in_training():
    rows = np.arange(10)
    split = keep_test(np.array([0] * 7 + [1, 0, 1]), "ab", rows[:8], rows[8:], 0)
    assert 7 in split.train
    assert split.how == "test set as published, validation 1, seed 0"


def test_validation_takes_the_share_that_is_asked_for():
    assert validation_share(DEFAULT) is None
    assert validation_share((0.6, 0.2, 0.2)) == pytest.approx(0.25)
    assert validation_share((0, 0, 1)) is None
