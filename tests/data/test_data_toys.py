"""Toys: their regions, balance and hardness for a line."""

import numpy as np
import pytest

from wxb.data import load_data
from wxb.data.toys import TOYS
from wxb.errors import WxbError


@pytest.mark.parametrize("name", TOYS)
def test_classes_are_balanced_points_in_the_plane(name):
    data = load_data(name, examples=1001)
    assert data.examples.shape == (1001, 2)
    assert data.examples.dtype == np.float32
    assert np.bincount(data.targets).tolist() == [501, 500]
    assert np.abs(data.examples).max() <= 2.5


def test_the_ring_is_where_the_norm_is_from_one_to_two():
    data = load_data("ring")
    norm = np.linalg.norm(data.examples.astype(np.float64), axis=1)
    inside = (norm > 1 - 1e-6) & (norm < 2 + 1e-6)
    assert data.classes == ("ring", "rest")
    assert inside[data.targets == 0].all()
    assert ((norm < 1 + 1e-6) | (norm > 2 - 1e-6))[data.targets == 1].all()


def test_quadrants_are_told_apart_by_equal_signs():
    data = load_data("quadrants")
    assert ((np.prod(data.examples, axis=1) >= 0) == (data.targets == 0)).all()


def test_modes_are_three_separate_discs():
    data = load_data("modes")
    modes = data.examples[data.targets == 0].astype(np.float64)
    turn = np.arctan2(modes[:, 0], modes[:, 1]) % (2 * np.pi)
    third = np.round(turn / (2 * np.pi / 3)).astype(int) % 3
    centres = np.array([modes[third == i].mean(axis=0) for i in range(3)])
    assert np.bincount(third).min() > 1000
    assert np.allclose(np.linalg.norm(centres, axis=1), 1.5, atol=0.05)
    assert np.linalg.norm(modes - centres[third], axis=1).max() < 0.8
    rest = data.examples[data.targets == 1]
    assert np.linalg.norm(rest[:, None] - centres, axis=2).min() > 0.7


@pytest.mark.parametrize("name", TOYS)
def test_no_line_tells_more_than_three_quarters(name):
    data = load_data(name)
    turns = np.linspace(0, np.pi, 90, endpoint=False)
    first = data.targets == 0
    best = 0.0
    projected = data.examples @ np.array([np.cos(turns), np.sin(turns)], dtype=np.float32)
    for along in projected.T:
        order = np.argsort(along)
        # accuracy of every threshold along this direction
        right = (np.cumsum(first[order]) + (~first).sum() - np.cumsum(~first[order])) / len(first)
        best = max(best, right.max(), 1 - right.min())
    assert 0.5 < best <= 0.75


@pytest.mark.parametrize("name", TOYS)
def test_a_toy_is_the_same_for_the_same_seed(name):
    first, again, other = (load_data(name, seed=seed, examples=100) for seed in (1, 1, 2))
    assert first.fingerprint == again.fingerprint
    assert np.array_equal(first.split.test, again.split.test)
    assert first.fingerprint != other.fingerprint


def test_noise_moves_points_by_its_standard_deviation():
    still, moved = load_data("ring", noise=0), load_data("ring", noise=0.5)
    difference = moved.examples - still.examples
    assert np.array_equal(still.targets, moved.targets)
    assert difference.std() == pytest.approx(0.5, rel=0.03)
    assert difference.mean() == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"examples": 3}, "3 examples of ring\n  expected 20 to 10,000,000\n  fix: --examples 8000"),
        ({"noise": -1.0}, "noise -1\n  expected a standard deviation from 0 to 100\n  fix: --noise 0.1"),
        ({"noise": float("nan")}, "noise nan\n  expected a standard deviation from 0 to 100\n  fix: --noise 0.1"),
    ],
)
def test_sizes_without_sense_are_refused(options, message):
    with pytest.raises(WxbError) as caught:
        load_data("ring", **options)
    assert str(caught.value) == message
