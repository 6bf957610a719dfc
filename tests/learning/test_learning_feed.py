"""Which examples each step takes, and that augmentation belongs to the example."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wxb.errors import WxbError
from wxb.learning.augment import Augment
from wxb.learning.feed import Feed, bounds


@given(examples=st.integers(1, 5000), batch_size=st.integers(1, 600))
def test_batches_cover_every_example_with_sizes_that_differ_by_at_most_one(examples, batch_size):
    edges = bounds(examples, batch_size)
    sizes = np.diff(edges)
    assert edges[0] == 0
    assert edges[-1] == examples
    assert sizes.max() <= batch_size
    assert sizes.max() - sizes.min() <= 1
    assert len(sizes) == -(-examples // batch_size)


def feed_all(examples, *settings, **more):
    """The feed of all examples."""
    return Feed(examples, np.arange(len(examples)), *settings, **more)


def pictures(n=40, channels=3, size=6):
    return np.arange(n * channels * size * size, dtype=np.int64).astype(np.uint8).reshape(n, channels, size, size)


def test_an_epoch_shows_every_example_once_and_the_next_in_another_order():
    batches = feed_all(pictures(), 7, "cpu", seed=3)
    orders = []
    for epoch in (1, 2):
        batches.start(epoch)
        rows = torch.cat([batches.rows(i) for i in range(len(batches))])
        assert sorted(rows.tolist()) == list(range(40))
        orders.append(rows.tolist())
    assert orders[0] != orders[1]


@pytest.mark.parametrize("augment", ["none", "flip,shift-1"])
@pytest.mark.parametrize("channels", [1, 3])
def test_batches_of_some_examples_are_those_of_a_set_that_has_no_others(channels, augment):
    data, learned = pictures(channels=channels), np.arange(39, 4, -3)
    some = Feed(data, learned, 5, "cpu", seed=3, augment=Augment.read(augment))
    alone = feed_all(data[learned], 5, "cpu", seed=3, augment=Augment.read(augment))
    some.start(2)
    alone.start(2)
    assert len(some) == len(alone) == 3
    for index in range(3):
        assert torch.equal(some.rows(index), alone.rows(index))
        assert torch.equal(some.inputs(some.rows(index)), alone.inputs(alone.rows(index)))


@pytest.mark.parametrize("data", [pictures(channels=1), pictures().transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2)])
def test_examples_that_lie_channels_last_are_not_copied(data):
    batches = Feed(data, np.arange(10), 7, "cpu", seed=3)
    batches.start(1)
    data[:] = 7
    assert bool((batches.inputs(batches.rows(0)) == 7).all())


def test_without_shuffle_examples_come_in_their_own_order():
    batches = feed_all(pictures(), 7, "cpu", seed=3, shuffle=False)
    batches.start(1)
    assert torch.cat([batches.rows(i) for i in range(len(batches))]).tolist() == list(range(40))


def test_a_batch_is_the_examples_themselves_where_nothing_is_augmented():
    data = pictures()
    batches = feed_all(data, 7, "cpu", seed=3)
    batches.start(1)
    rows = batches.rows(2)
    assert np.array_equal(batches.inputs(rows).numpy(), data[rows.numpy()])
    assert batches.inputs(rows).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("text", ["flip", "shift-2", "flip,shift-1"])
def test_augmentation_belongs_to_the_example_not_to_its_batch(text):
    data = pictures()
    small = feed_all(data, 3, "cpu", seed=5, augment=Augment.read(text))
    large = feed_all(data, 40, "cpu", seed=5, shuffle=False, augment=Augment.read(text))
    small.start(4)
    large.start(4)
    every = large.inputs(torch.arange(40))
    for index in range(len(small)):
        rows = small.rows(index)
        assert torch.equal(small.inputs(rows), every[rows])


def test_flipped_pictures_are_mirrored_and_about_half_are():
    data = pictures(200)
    batches = feed_all(data, 200, "cpu", seed=0, augment=Augment.read("flip"))
    batches.start(1)
    out = batches.inputs(torch.arange(200)).numpy()
    mirrored = [np.array_equal(out[i], data[i, :, :, ::-1]) for i in range(200)]
    same = [np.array_equal(out[i], data[i]) for i in range(200)]
    assert all(m or s for m, s in zip(mirrored, same, strict=True))
    assert 70 < sum(mirrored) < 130


@settings(max_examples=30)
@given(seed=st.integers(0, 1000), reach=st.integers(1, 3))
def test_shifted_pictures_are_the_mirrored_padding_moved(seed, reach):
    data = pictures(5, 1, 6)
    batches = feed_all(data, 5, "cpu", seed=seed, augment=Augment.read(f"shift-{reach}"))
    batches.start(1)
    out = batches.inputs(torch.arange(5)).numpy()
    for i in range(5):
        dy, dx = batches.moves.shifts[:, i].tolist()
        assert abs(dy) <= reach
        assert abs(dx) <= reach
        padded = np.pad(data[i, 0], reach, mode="reflect")
        assert np.array_equal(out[i, 0], padded[reach + dy : reach + dy + 6, reach + dx : reach + dx + 6])


@pytest.mark.parametrize("text", ["flop", "shift", "shift-x", "flip,", ""])
def test_an_unknown_augmentation_is_refused_with_the_known_ones(text):
    with pytest.raises(WxbError, match="flip,shift-N"):
        Augment.read(text)
