"""Toys: their regions, balance and hardness for a line."""

import numpy as np
import pytest

from wxb.data import load_data
from wxb.data.toys import TOYS, Curves, Function, Regions
from wxb.errors import WxbError

REGIONS = [name for name, toy in TOYS.items() if isinstance(toy, Regions)]
CURVES = [name for name, toy in TOYS.items() if isinstance(toy, Curves)]
FUNCTIONS = [name for name, toy in TOYS.items() if isinstance(toy, Function)]


@pytest.mark.parametrize("name", [*REGIONS, *CURVES])
def test_classes_are_balanced_points_in_the_plane(name):
    data = load_data(name, examples=1001)
    assert data.examples.shape == (1001, 2)
    assert data.examples.dtype == np.float32
    assert np.bincount(data.targets).tolist() == [501, 500]
    assert np.abs(data.examples).max() <= 2.5


def test_spirals_are_one_curve_turned_by_half_a_turn():
    data = load_data("spirals", noise=0)
    points = data.examples.astype(np.float64)
    radius = np.linalg.norm(points, axis=1)
    assert (radius.min() == pytest.approx(0.225, abs=0.01), radius.max() == pytest.approx(2.25, abs=0.01)) == (
        True,
    ) * 2
    turned = np.where(data.targets == 0, 0, np.pi)
    angle = np.arctan2(points[:, 1], points[:, 0])
    off = angle - turned - 3 * np.pi * radius / 2.25  # three half turns to the end
    assert np.abs((off + np.pi) % (2 * np.pi) - np.pi).max() < 1e-5
    # as many points on a stretch of the arm near its end as near its beginning
    assert np.median(radius) == pytest.approx(2.25 * np.sqrt((1 + 0.1**2) / 2), rel=0.02)


def test_moons_are_halves_of_two_circles_that_reach_into_each_other():
    data = load_data("moons", noise=0)
    points = data.examples.astype(np.float64)
    upper, lower = points[data.targets == 0] + (0.5, 0.25), points[data.targets == 1] - (0.5, 0.25)
    assert data.classes == ("upper", "lower")
    assert np.allclose(np.linalg.norm(upper, axis=1), 1, atol=1e-5)
    assert np.allclose(np.linalg.norm(lower, axis=1), 1, atol=1e-5)
    assert (upper[:, 1].min() > -1e-6, lower[:, 1].max() < 1e-6) == (True, True)
    assert points[data.targets == 0][:, 1].min() < points[data.targets == 1][:, 1].max()


@pytest.mark.parametrize(
    ("name", "value"), [("sine", lambda x: np.sin(np.pi * x)), ("steps", np.floor), ("noisy-line", lambda x: x / 2)]
)
def test_a_function_is_its_formula_and_normal_noise(name, value):
    exact, drawn = load_data(name, noise=0), load_data(name)
    assert (exact.task, exact.examples.shape, exact.targets.shape) == ("regression", (8000, 1), (8000, 1))
    assert (exact.targets.dtype, len(exact.classes)) == (np.float32, 1)
    assert np.allclose(exact.targets, value(exact.examples.astype(np.float64)), atol=1e-6)
    assert (exact.examples.min() < -2.49, exact.examples.max() > 2.49) == (True, True)
    assert np.array_equal(exact.examples, drawn.examples)
    off = drawn.targets - exact.targets
    assert off.std() == pytest.approx(TOYS[name].noise, rel=0.03)
    assert off.mean() == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_part_of_a_function_spans_its_arguments(name):
    data = load_data(name)
    assert [len(getattr(data.split, part)) for part in ("train", "validation", "test")] == [5120, 880, 2000]
    assert all(data.part(part)[0].max() - data.part(part)[0].min() > 4.9 for part in ("train", "validation", "test"))
    assert data.notes == ()


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


def test_the_disc_lies_in_a_ring_with_a_gap_between():
    data = load_data("disc")
    norm = np.linalg.norm(data.examples.astype(np.float64), axis=1)
    disc, ring = norm[data.targets == 0], norm[data.targets == 1]
    assert data.classes == ("disc", "ring")
    assert (disc.max(), ring.min(), ring.max()) == pytest.approx((1, 1.5, 2), abs=0.01)
    assert (disc.max() < 1 + 1e-6, ring.min() > 1.5 - 1e-6, ring.max() < 2 + 1e-6) == (True,) * 3
    # uniform over their regions: half of a disc's area lies within 1 / √2
    assert (disc < np.sqrt(0.5)).mean() == pytest.approx(0.5, abs=0.03)
    assert (ring**2 < (1.5**2 + 2**2) / 2).mean() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("name", REGIONS)
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
        ({"examples": 1}, "`examples=1`: expected a whole number from 20 to 10,000,000"),
        ({"examples": 10**8}, "`examples=100000000`: expected a whole number from 20 to 10,000,000"),
        ({"noise": -1.0}, "`noise=-1.0`: expected a number from 0 to 100"),
        ({"noise": float("nan")}, "`noise=nan`: expected a number from 0 to 100"),
    ],
)
def test_sizes_without_sense_are_refused(options, message):
    with pytest.raises(WxbError) as caught:
        load_data("ring", **options)
    assert str(caught.value).startswith(message)


def test_the_regions_stay_what_they_are():
    # runs on disk hold their fingerprints
    found = {name: load_data(name, examples=100).fingerprint[:16] for name in REGIONS}
    assert found == PINNED


@pytest.mark.parametrize(
    ("name", "network", "least"),
    [
        ("spirals", "FC-64-RELU-FC-64-RELU, SOFTMAX", 0.95),
        ("moons", "FC-16-RELU, SOFTMAX", 0.95),
        ("sine", "FC-32-TANH-FC-32-TANH, EUCLID", 0.9),
        ("steps", "FC-32-RELU-FC-32-RELU, EUCLID", 0.95),
        ("noisy-line", "FC-C, EUCLID", 0.6),  # the noise leaves 1 - 0.25 / (0.25 + 25 / 48) = 0.676
    ],
)
def test_a_small_network_learns_it(name, network, least, tmp_path):
    from wxb.training import train

    run = train(load_data(name, examples=2000), network, out=tmp_path / "run", epochs=40, learning_rate=0.01)
    score = run.summary.test
    assert score["accuracy" if name in CURVES else "r2"] >= least


PINNED = {
    "ring": "71962be17a0d12ca",
    "quadrants": "cae46a04bf56d741",
    "modes": "f81c412fb1c2adc1",
    "disc": "a2c919eb7a123a3e",
}
