"""Changes of pictures: what each does to the numbers, and that nothing but its strength and the example decides it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxb.views.changes import CHANGES, Changed, Scene, changed

GRADUAL = [name for name in CHANGES if name not in ("occlusion", "clutter")]  # these change by whole pixels and pieces
MOVING = ("shift", "rotation", "scale", "deformation")
ROWS = np.arange(6)


def pictures(channels=1, high=12, wide=12, low=0, high_value=255, dtype=np.uint8, seed=0):
    values = np.random.default_rng(seed).uniform(low, high_value, (6, channels, high, wide))
    return values.round().astype(dtype) if dtype == np.uint8 else values.astype(dtype)


def whole(dtype=np.uint8):
    """The scene of pictures whose values fill their range."""
    return Scene(0.0, 255.0 if dtype == np.uint8 else 1.0, Scene.of(pictures(dtype=dtype), ROWS).others)


@st.composite
def cases(draw):
    dtype = draw(st.sampled_from([np.uint8, np.float32]))
    shape = draw(st.sampled_from([1, 3])), draw(st.integers(1, 20)), draw(st.integers(1, 20))
    given = pictures(*shape, -1 if dtype == np.float32 else 0, 3 if dtype == np.float32 else 255, dtype)
    name = draw(st.sampled_from(list(CHANGES)))
    return given, name, draw(st.sampled_from(CHANGES[name].strengths))


@given(cases())
def test_a_change_keeps_shape_type_and_range_and_leaves_what_it_was_given(case):
    given_pictures, name, strength = case
    before, scene = given_pictures.copy(), Scene.of(given_pictures, ROWS)
    found = changed(given_pictures, ROWS, name, strength, scene)
    assert (found.shape, found.dtype) == (given_pictures.shape, given_pictures.dtype)
    assert np.isfinite(found).all()
    assert scene.low <= found.min() <= found.max() <= scene.high
    assert np.array_equal(given_pictures, before)
    assert np.array_equal(found, changed(given_pictures, ROWS, name, strength, scene))


@given(cases(), st.integers(0, 5))
def test_what_happens_to_a_picture_depends_on_its_row_alone(case, place):
    given_pictures, name, strength = case
    scene = Scene.of(given_pictures, ROWS)
    together = Changed(given_pictures, name, strength, scene)[ROWS].astype(float)
    alone = Changed(given_pictures, name, strength, scene)[ROWS[[place]]].astype(float)
    assert np.abs(together[[place]] - alone).max() <= (1 if given_pictures.dtype == np.uint8 else 1e-4)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("name", CHANGES)
def test_a_strength_of_0_leaves_pictures_as_they_are(name, dtype):
    given_pictures = pictures(3, 9, 14, dtype=dtype)
    assert np.array_equal(changed(given_pictures, ROWS, name, 0.0, whole(dtype)), given_pictures)


@pytest.mark.parametrize("name", GRADUAL)
def test_a_small_strength_changes_little_and_each_greater_one_more(name):
    given_pictures, scene = pictures(high_value=1, dtype=np.float32), whole(np.float32)
    strengths = (1e-4, *CHANGES[name].strengths)
    far = [np.abs(changed(given_pictures, ROWS, name, one, scene) - given_pictures).mean() for one in strengths]
    assert far[0] < 0.01
    assert far[0] < far[1] < far[-1]


@pytest.mark.parametrize("name", [*MOVING, "blur", "contrast"])
def test_a_picture_of_one_value_shows_no_motion_blur_or_loss_of_contrast(name):
    flat = np.full((2, 3, 10, 7), 93, np.uint8)
    assert np.array_equal(changed(flat, ROWS[:2], name, CHANGES[name].strengths[-1], whole()), flat)


def test_a_whole_turn_is_none_and_a_quarter_is_that_of_numpy():
    given_pictures, scene = pictures(3, dtype=np.float32, high_value=1), whole(np.float32)
    turned = changed(given_pictures, ROWS, "rotation", 360.0, scene)
    assert turned == pytest.approx(given_pictures, abs=1e-4)
    quarter = changed(given_pictures, ROWS, "rotation", 90.0, scene)
    sides = []
    for one, before in zip(quarter, given_pictures, strict=True):
        left, right = (np.rot90(before, turns, axes=(1, 2)) for turns in (1, 3))
        sides.append(np.abs(one - left).max() < 1e-4)
        assert sides[-1] or np.abs(one - right).max() < 1e-4
    assert 0 < sum(sides) < len(sides)


def test_a_shift_moves_the_centre_by_its_share_of_the_shorter_side():
    dots = np.zeros((6, 1, 30, 40), np.float32)
    dots[:, 0, 15, 20] = 1
    found = changed(dots, ROWS, "shift", 0.3, whole(np.float32))[:, 0]
    y, x = ((found * axis).sum((1, 2)) / found.sum((1, 2)) for axis in np.mgrid[:30, :40])
    assert np.hypot(y - 15, x - 20) == pytest.approx(np.full(6, 9), abs=0.5)
    assert len(np.unique(y.round())) > 1


def test_a_scale_makes_half_of_the_pictures_larger_and_the_others_smaller():
    squares = np.zeros((60, 1, 40, 40), np.float32)
    squares[:, 0, 15:25, 15:25] = 1
    area = changed(squares, np.arange(60), "scale", 1.0, whole(np.float32)).sum((1, 2, 3)) / 100
    assert ((np.abs(area - 4) < 0.5) | (np.abs(area - 0.25) < 0.1)).all()
    assert 15 < (area > 1).sum() < 45


@given(st.floats(0.01, 0.3))
def test_brightness_moves_the_mean_by_its_share_of_the_range(strength):
    given_pictures = pictures(low=0.35, high_value=0.65, dtype=np.float32)
    moved = changed(given_pictures, ROWS, "brightness", strength, whole(np.float32)) - given_pictures
    assert np.abs(moved.mean((1, 2, 3))) == pytest.approx(np.full(6, strength), abs=1e-5)
    assert moved.std((1, 2, 3)).max() < 1e-5
    assert moved.min() < 0 < moved.max()


@given(st.floats(0.01, 1))
def test_contrast_brings_values_nearer_to_their_mean_by_its_share(strength):
    given_pictures = pictures(3, high_value=1, dtype=np.float32)
    found = changed(given_pictures, ROWS, "contrast", strength, whole(np.float32))
    assert found.mean((1, 2, 3)) == pytest.approx(given_pictures.mean((1, 2, 3)), abs=1e-5)
    assert found.std((1, 2, 3)) == pytest.approx((1 - strength) * given_pictures.std((1, 2, 3)), abs=1e-5)


@given(st.sampled_from([0.2, 0.3, 0.4, 0.5]), st.integers(4, 40), st.integers(4, 40))
def test_occlusion_hides_a_grey_square_of_its_share_of_the_side(strength, high, wide):
    light = np.full((6, 3, high, wide), 200, np.uint8)
    hidden = changed(light, ROWS, "occlusion", strength, whole()) != 200
    size = round(strength * min(high, wide))
    assert (hidden.sum((2, 3)) == size**2).all()
    rows, columns = hidden[:, 0].any(2).sum(1), hidden[:, 0].any(1).sum(1)
    assert (rows == size).all()
    assert (columns == size).all()


def test_clutter_adds_pieces_of_other_pictures_and_hides_nothing_behind_an_empty_one():
    strokes = np.zeros((6, 1, 16, 16), np.uint8)
    strokes[:, 0, 7:9, 2:14] = 180
    scene = Scene.of(strokes, ROWS)
    for pieces in (2, 16):
        found = changed(strokes, ROWS, "clutter", pieces, scene)
        assert (found >= strokes).all()
        assert (found != strokes).sum((1, 2, 3)).max() <= pieces * 16
    assert (found != strokes).any((1, 2, 3)).all()
    empty = Scene(0.0, 255.0, Scene.of(np.zeros_like(strokes), ROWS).others)
    assert np.array_equal(changed(strokes, ROWS, "clutter", 16, empty), strokes)


def test_noise_has_its_share_of_the_range_as_standard_deviation():
    grey = np.full((6, 3, 40, 40), 0.5, np.float32)
    found = changed(grey, ROWS, "noise", 0.1, Scene(-2.0, 3.0, whole().others)) - grey
    assert found.std() == pytest.approx(0.5, rel=0.05)
    assert np.corrcoef(found.reshape(6, -1))[0, 1] == pytest.approx(0, abs=0.06)


def test_a_blur_spreads_a_dot_by_its_share_of_the_side():
    dot = np.zeros((6, 1, 41, 61), np.float32)
    dot[:, :, 20, 30] = 1
    found = changed(dot, ROWS, "blur", 0.05, whole(np.float32))[0, 0]
    y, x = np.mgrid[-20:21, -30:31]
    assert found.sum() == pytest.approx(1, abs=1e-4)
    assert (found * y**2).sum() ** 0.5 == pytest.approx(0.05 * 41, rel=0.05)
    assert (found * x**2).sum() ** 0.5 == pytest.approx(0.05 * 41, rel=0.05)


def test_a_deformation_moves_points_by_its_share_of_the_side():
    ramp = np.tile(np.arange(64, dtype=np.float32) / 64, (6, 1, 64, 1))
    found = changed(ramp, ROWS, "deformation", 0.02, whole(np.float32))
    inside = (found - ramp)[..., 8:-8]
    assert 0.01 < inside.std() < 0.025


def test_the_range_is_that_of_the_training_pictures():
    given_pictures = pictures(dtype=np.float32)
    given_pictures[0], given_pictures[1] = -7, 300
    scene = Scene.of(given_pictures, np.array([1, 2, 3]))
    assert (scene.low, scene.high) == (given_pictures[1:4].min(), 300)
