"""Designed features against their definitions, what they learn of the training part, and networks that begin with them.

HOG's numbers below are scikit-image's (0.26), of `painted(channels, height, width)`:

    from skimage.feature import hog

    hog(painted(3, 17, 25).transpose(1, 2, 0), orientations=9, pixels_per_cell=(8, 8), cells_per_block=(2, 2),
        block_norm="L2-Hys", channel_axis=-1)
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import wxb
from wxb.data.dataset import Dataset, Split
from wxb.errors import WxbError
from wxb.learning.inference import features as computed_features
from wxb.learning.inference import logits
from wxb.learning.loop import learn
from wxb.learning.machine import Machine
from wxb.learning.recipe import Recipe
from wxb.network.build import build
from wxb.network.codebook import Whitening, fit_words
from wxb.network.layers.features import FEATURES, Designed, similarity
from wxb.notation import plan, read
from wxb.notation.layers.features import FEATURES as WORDS
from wxb.notation.tree import PlannedLayer

HERE = Machine("cpu", "float32", 1)


def painted(channels: int, height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    maps = [(x * x * (3 + c) + 5 * y * y + 7 * x * y + 11 * c * x) % (151 + 40 * c) for c in range(channels)]
    return np.stack(maps).astype(np.uint8)


def pictures(n: int, channels: int = 3, height: int = 16, width: int = 16, seed: int = 0) -> np.ndarray:
    """Noise on stripes: every second picture's lie down."""
    chance = np.random.default_rng(seed)
    stripes = np.where(np.arange(max(height, width)) // 2 % 2, 180, 20)
    out = chance.integers(0, 60, (n, channels, height, width))
    out[::2] += stripes[:height, None]
    out[1::2] += stripes[:width]
    return out.astype(np.uint8)


def dataset(examples: np.ndarray, test: int = 20, validation: int = 0) -> Dataset:
    """Two classes taking turns; the last examples are for validation and test."""
    n = len(examples)
    rows, end = np.arange(n), n - test - validation
    split = Split(rows[:end], rows[end : end + validation], rows[end + validation :], "by hand")
    return Dataset("made", examples, rows % 2, "classification", ("a", "b"), split)


def planned(name: str, shape: tuple[int, ...]) -> PlannedLayer:
    layer = plan(read(f"{name}, SOFTMAX"), shape, 2).items[0]
    assert isinstance(layer, PlannedLayer)
    return layer


def feature(name: str, shape: tuple[int, ...]):
    """The module, neither fitted nor scaled."""
    return FEATURES[name.split("-")[0]](planned(name, shape))


def of(name: str, *examples: np.ndarray) -> np.ndarray:
    return feature(name, examples[0].shape)(torch.from_numpy(np.stack(examples))).numpy()


SHAPES = {
    "PIXELS": (3, 9, 7),
    "POLAR": (2,),
    "POLY-4": (3,),
    "HIST": (3, 9, 7),
    "HOG": (3, 25, 34),
    "BOW-5": (2, 9, 12),
}
each_feature = pytest.mark.parametrize(("name", "shape"), SHAPES.items())


def test_no_designed_feature_is_forgotten():
    assert set(FEATURES) == set(WORDS) == {name.split("-")[0] for name in SHAPES}


def raw(shape: tuple[int, ...], n: int = 12) -> np.ndarray:
    chance = np.random.default_rng(3)
    if len(shape) == 1:
        return chance.normal(size=(n, *shape)).astype(np.float32)
    return chance.integers(0, 256, (n, *shape), dtype=np.uint8)


def fitted(name: str, shape: tuple[int, ...]):
    made = feature(name, shape)
    made.fit(raw(shape), np.random.default_rng(0))
    return made


# --- every feature ---


@each_feature
def test_a_feature_has_the_planned_length_and_no_parameters(name, shape):
    made = fitted(name, shape)
    assert made(torch.from_numpy(raw(shape))).shape == (12, *planned(name, shape).output)
    assert list(made.parameters()) == []


@each_feature
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_example_is_computed_as_among_others_in_any_layout_and_precision(name, shape, dtype):
    made, x = fitted(name, shape).to(dtype), torch.from_numpy(raw(shape))
    whole = made(x)
    assert whole.dtype == dtype
    torch.testing.assert_close(torch.cat([made(one[None]) for one in x]), whole, rtol=1e-4, atol=1e-5)
    if len(shape) == 3:
        torch.testing.assert_close(made(x.contiguous(memory_format=torch.channels_last)), whole)
    torch.testing.assert_close(made(x.to(dtype)), whole)


@each_feature
def test_mixed_precision_leaves_features_as_they_are(name, shape):
    made, x = fitted(name, shape), torch.from_numpy(raw(shape))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = made(x)
    assert torch.equal(found, made(x))


@each_feature
def test_no_gradient_goes_through_a_feature(name, shape):
    x = torch.from_numpy(raw(shape)).float().requires_grad_()
    assert not fitted(name, shape)(x).requires_grad


@pytest.mark.parametrize(
    ("name", "shape", "down", "across"),
    [("HOG", (2, 40, 48), 4, 5), ("BOW-3", (1, 16, 13), 2, 2), ("BOW-3", (1, 11, 18), 2, 2)],
)
def test_a_number_depends_on_the_pixels_of_its_receptive_field(name, shape, down, across):
    layer, made = planned(name, shape), feature(name, shape)
    if name.startswith("BOW"):
        made.fit(pictures(30, *shape), np.random.default_rng(0))
    picture = torch.from_numpy(pictures(1, *shape, seed=5)[0]).double()
    made = made.double()
    height, width = shape[1:]
    changed = picture.repeat(height * width, 1, 1, 1)
    for place in range(height * width):
        changed[place, 0, place // width, place % width] += 40
    moved = (made(changed) != made(picture[None])).view(height, width, down, across, -1).any(4)
    for row in range(down):
        for column in range(across):
            seen = moved[:, :, row, column].nonzero()
            first, last = seen.amin(0).tolist(), seen.amax(0).tolist()
            for axis, place in enumerate((row, column)):
                start = place * layer.jump[axis] - (name == "HOG")  # a gradient's pixel before the first cell
                end = start + layer.receptive_field[axis] - 1
                assert first[axis] == max(0, start)
                assert last[axis] == min(end, shape[1 + axis] - 1)


# --- each against its definition ---


def test_pixels_are_the_numbers_channel_by_channel():
    x = painted(3, 4, 5)
    assert of("PIXELS", x).tolist() == [x.reshape(-1).tolist()]


def test_polar_is_radius_and_angle():
    points = np.array([[1, 0], [0, 2], [-3, 0], [0, -1], [3, 4], [0, 0]], np.float32)
    turns = [0, math.pi / 2, math.pi, -math.pi / 2, math.atan2(4, 3), 0]
    expected = np.stack([[1, 2, 3, 1, 5, 0], turns], 1)
    np.testing.assert_allclose(of("POLAR", *points), expected, rtol=1e-6)


@pytest.mark.parametrize("degree", [1, 2, 3, 9])
def test_polynomials_are_numpy_s_of_chebyshev_over_the_training_range(degree):
    examples = np.array([[-2, 5], [4, 5], [1, 5]], np.float32)  # the second number is constant
    made = feature(f"POLY-{degree}", (2,))
    made.fit(examples, np.random.default_rng(0))
    asked = np.array([[-2, 5], [4, 5.5], [0.3, 5], [7, 4]], np.float32)
    scaled = np.stack([(asked[:, 0] - 1) / 3, asked[:, 1] - 5], 1).astype(float)
    expected = [np.polynomial.chebyshev.Chebyshev.basis(k)(scaled) for k in range(1, degree + 1)]
    np.testing.assert_allclose(made(torch.from_numpy(asked)).numpy(), np.concatenate(expected, 1), rtol=2e-4, atol=1e-5)


def test_a_linear_layer_behind_polynomials_fits_a_polynomial_of_the_degree_and_none_of_a_lower_one(tmp_path):
    x = np.linspace(-1, 3, 400, dtype=np.float32)[:, None]
    y = (x**3 - 2 * x**2)[:, 0]
    data = wxb.load_data(x, y, task="regression")
    score = {
        degree: wxb.train(
            data, f"POLY-{degree}, EUCLID", epochs=30, learning_rate=0.05, optimizer="adam", out=tmp_path / f"{degree}"
        ).evaluate(data).score
        for degree in (1, 3)
    }  # fmt: skip
    assert score[3] > 0.999
    assert score[1] < 0.9


@given(st.integers(0, 2**32 - 1))
def test_a_histogram_is_numpy_s_as_shares(seed):
    picture = np.random.default_rng(seed).integers(0, 256, (3, 5, 8), dtype=np.uint8)
    expected = [np.histogram(channel, 16, (0, 256))[0] / 40 for channel in picture]
    np.testing.assert_allclose(of("HIST", picture)[0], np.concatenate(expected), atol=1e-6)


def test_a_histogram_of_floats_spans_what_training_has_seen():
    made = feature("HIST", (2, 4, 4))
    seen = np.zeros((3, 2, 4, 4), np.float32)
    seen[:, 0] = np.linspace(-1, 1, 16).reshape(4, 4)  # the second channel never changes
    made.fit(seen, np.random.default_rng(0))
    assert made(torch.from_numpy(seen[:1])).tolist() == [[1 / 16] * 16 + [1] + [0] * 15]
    far = made(torch.from_numpy(100 * seen[:1])).reshape(2, 16)[0]
    assert far[0] == far[15] == 0.5


HOG_COLOUR = [
    0.1285, 0.27212, 0.27212, 0.10374, 0.21944, 0.03673, 0.03191, 0.02214, 0.0, 0.27212, 0.19866, 0.27212, 0.12418,
    0.06774, 0.04028, 0.13343, 0.0837, 0.16524, 0.02826, 0.22353, 0.27212, 0.14183, 0.25228, 0.11247, 0.07388, 0.02609,
    0.05731, 0.0502, 0.27212, 0.27212, 0.11449, 0.24546, 0.1655, 0.16254, 0.02769, 0.05559, 0.26875, 0.19494, 0.26875,
    0.12186, 0.06648, 0.03953, 0.13093, 0.08214, 0.16215, 0.2511, 0.26875, 0.12763, 0.16983, 0.12143, 0.10485, 0.19178,
    0.15446, 0.14476, 0.04926, 0.26875, 0.26875, 0.11235, 0.24086, 0.1624, 0.1595, 0.02717, 0.05455, 0.14393, 0.19226,
    0.26875, 0.11937, 0.15018, 0.08375, 0.07002, 0.04094, 0.07381,
]  # fmt: skip
HOG_GREY = [
    0.16694, 0.23418, 0.23702, 0.05167, 0.19193, 0.06995, 0.06932, 0.0476, 0.14033, 0.19153, 0.23702, 0.10042, 0.23702,
    0.22037, 0.08689, 0.23702, 0.06161, 0.07534, 0.23702, 0.08688, 0.0, 0.2358, 0.23702, 0.07179, 0.20228, 0.12411,
    0.14531, 0.23702, 0.0, 0.0, 0.10841, 0.23702, 0.20522, 0.14733, 0.20415, 0.14617,
]  # fmt: skip


@pytest.mark.parametrize(("shape", "expected"), [((3, 17, 25), HOG_COLOUR), ((1, 16, 16), HOG_GREY)])
def test_hog_is_scikit_image_s(shape, expected):
    np.testing.assert_allclose(of("HOG", painted(*shape))[0], expected, atol=1e-5)


def test_hog_tells_edges_by_their_direction_alone():
    lying, standing = np.zeros((2, 1, 16, 16), np.uint8)
    lying[:, ::4], lying[:, 1::4] = 200, 200
    standing[:, :, ::4], standing[:, :, 1::4] = 200, 200
    orientations = of("HOG", lying, standing, 255 - standing).reshape(3, 4, 9)
    assert (orientations[0] > 0.01).tolist() == [[place == 4 for place in range(9)]] * 4  # 80° to 100°
    assert (orientations[1] > 0.01).tolist() == [[place == 0 for place in range(9)]] * 4
    np.testing.assert_allclose(orientations[2], orientations[1])


def test_hog_of_an_even_picture_is_0():
    assert not of("HOG", np.full((3, 16, 16), 77, np.uint8)).any()


def test_visual_words_are_compared_with_every_patch_by_the_triangle():
    """The definition of Coates, Ng and Lee, patch by patch."""
    made, train = feature("BOW-4", (2, 9, 8)), pictures(20, 2, 9, 8)
    made.fit(train, np.random.default_rng(1))
    made, picture = made.double(), train[3].astype(np.float64)
    centre, whitening, words = (t.numpy() for t in (made.centre, made.whitening, made.words))
    like = np.zeros((4, 3, 4))
    for row in range(4):
        for column in range(3):
            patch = picture[:, row : row + 6, column : column + 6].reshape(-1)
            patch = (patch - patch.mean()) / np.sqrt(patch.var() + 10)
            distance = np.linalg.norm((patch - centre) @ whitening - words, axis=1)
            like[row, column] = np.maximum(0, distance.mean() - distance)
    quadrants = [
        like[rows, columns].mean((0, 1)) for rows in (slice(2), slice(2, 4)) for columns in (slice(2), slice(1, 3))
    ]
    found = made(torch.from_numpy(train[3:4]))[0]
    np.testing.assert_allclose(found, np.concatenate(quadrants), atol=1e-6)


def test_visual_words_do_not_depend_on_the_unit_of_floats():
    examples = pictures(40).astype(np.float32) / 256
    small, large = (build("BOW-4, SOFTMAX", dataset(x)) for x in (examples, 1000 * examples + 3))
    found = small.features(torch.from_numpy(examples))
    torch.testing.assert_close(found, large.features(torch.from_numpy(1000 * examples + 3)), atol=0.01, rtol=0.01)


@given(st.integers(0, 2**32 - 1))
def test_similarity_is_0_for_words_farther_than_average(seed):
    generator = torch.Generator().manual_seed(seed)
    patches, words = torch.randn(7, 5, generator=generator), torch.randn(6, 5, generator=generator)
    distance = torch.cdist(patches, words)
    expected = (distance.mean(1, keepdim=True) - distance).clamp_min(0)
    torch.testing.assert_close(similarity(patches, words), expected, atol=1e-4, rtol=1e-4)


def test_pictures_in_parts_have_the_words_of_the_whole(monkeypatch):
    made, x = fitted("BOW-5", (2, 9, 12)), torch.from_numpy(raw((2, 9, 12)))
    whole = made(x)
    monkeypatch.setattr("wxb.network.layers.features.NUMBERS_AT_ONCE", 1)
    torch.testing.assert_close(made(x), whole)


# --- codebook ---


def test_whitened_patches_are_uncorrelated():
    chance = np.random.default_rng(0)
    patches = torch.from_numpy(chance.normal(size=(5000, 6)) @ chance.normal(size=(6, 6)) * 30 + 7).float()
    white = Whitening.of(patches)(patches)
    torch.testing.assert_close(white.T @ white / 5000, torch.eye(6), atol=0.02, rtol=0)
    torch.testing.assert_close(white.mean(0), torch.zeros(6), atol=1e-3, rtol=0)


def test_words_are_the_means_of_the_patches_that_are_nearest_to_them():
    chance = np.random.default_rng(0)
    centres = chance.normal(size=(5, 8)) * 20
    patches = torch.from_numpy(np.repeat(centres, 40, 0) + chance.normal(size=(200, 8)) * 0.1).float()
    words = fit_words(patches, 5, np.random.default_rng(2))
    means = patches.view(5, 40, 8).mean(1)
    distance = torch.cdist(means, words)
    assert distance.min(1).values.max() < 1e-3


def test_a_word_without_patches_moves_to_where_they_are_far_from_theirs():
    patches = torch.zeros(100, 2)
    patches[50], patches[51] = torch.tensor([9.0, 0.0]), torch.tensor([0.0, 5.0])
    words = fit_words(patches, 3, np.random.default_rng(0))
    assert sorted(words.tolist()) == [[0, 0], [0, 5], [9, 0]]


def test_a_codebook_follows_from_seed_and_training_part():
    data = dataset(pictures(60))
    other = dataset(np.concatenate([data.examples[:40], 255 - data.examples[40:]]))

    def words(data: Dataset, seed: int) -> torch.Tensor:
        return build("BOW-8, SOFTMAX", data, seed=seed).get_submodule("1.BOW-8").words

    assert torch.equal(words(data, 0), words(data, 0))
    assert torch.equal(words(data, 0), words(other, 0))  # they differ in the test part
    assert not torch.equal(words(data, 0), words(data, 1))


@pytest.mark.parametrize(("side", "instead"), [(16, "HOG"), (12, "HIST")])
def test_a_codebook_of_fewer_pictures_than_words_is_refused(side, instead):
    data = dataset(pictures(30, height=side, width=side))
    with pytest.raises(WxbError) as error:
        build("CAT(BOW-256, HIST), SOFTMAX", data)
    assert str(error.value) == (
        "BOW-256 cannot find 256 visual words in 10 training pictures\n"
        "  a codebook is fitted to the training part, and needs at least one picture per word\n"
        f"  fix: more pictures, or {instead} instead, which is not fitted"
    )
    build("BOW-10, SOFTMAX", data)
    build(f"{instead}, SOFTMAX", data)


def test_blank_pictures_have_a_codebook_and_finite_features():
    data = dataset(np.full((60, 1, 8, 8), 9, np.uint8))
    scores = build("CAT(BOW-8, HIST), SOFTMAX", data)(torch.from_numpy(data.examples))
    assert bool(scores.isfinite().all())


# --- in a network ---

NETWORKS = [
    "PIXELS, SOFTMAX",
    "HIST, SVM",
    "HOG-FC-4-RELU, SOFTMAX",
    "BOW-8, SOFTMAX",
    "CAT(HOG, HIST, BOW-4), SOFTMAX",
]


@pytest.mark.parametrize("text", NETWORKS)
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_what_features_give_is_standardized_by_the_training_part(text, kind):
    data = dataset(pictures(80).astype(kind))
    model = build(text, data)
    found = model.features(torch.from_numpy(data.part("train")[0])).double()
    std = found.std(0, correction=0)
    assert found.mean(0).abs().max() < 1e-4
    assert bool((((std - 1).abs() < 1e-3) | (std < 1e-6)).all())
    assert float((std > 0.5).double().mean()) > 0.1


def test_range_takes_features_to_0_to_1_and_none_leaves_them():
    data = dataset(pictures(80))
    x = torch.from_numpy(data.part("train")[0])
    least, most = build("HOG, SOFTMAX", data, normalize="range").features(x).aminmax(dim=0)
    assert bool((least == 0).all())
    torch.testing.assert_close(most[most > 0], torch.ones_like(most[most > 0]))
    plain = build("HOG, SOFTMAX", data, normalize="none").features(x)
    np.testing.assert_allclose(plain, of("HOG", *x.numpy()), atol=1e-6)


def test_features_read_examples_before_they_are_scaled():
    data = dataset(pictures(60))
    model = build("CAT(HIST, PIXELS), SOFTMAX", data, normalize="none")
    x = data.examples[:3]
    expected = np.concatenate([of("HIST", *x), of("PIXELS", *x)], 1)
    np.testing.assert_allclose(model.features(torch.from_numpy(x)), expected, atol=1e-6)


def test_the_parts_of_a_network_make_its_whole():
    data = dataset(pictures(40))
    x = torch.from_numpy(data.examples)
    for text in ("CAT(HOG, HIST)-FC-3-RELU, SOFTMAX", "CONV-RELU-GAP, SOFTMAX"):
        model = build(text, data).eval()
        assert torch.equal(model.after_features(model.features(x)), model(x))
        assert [type(each) for each in model.designed] == ([FEATURES["HOG"], FEATURES["HIST"]] if "CAT" in text else [])


@settings(max_examples=20)
@given(st.sampled_from([*NETWORKS, "BOW-8-FC-4-RELU-BN, SVM"]), st.integers(0, 5))
def test_networks_on_features_learn(text, seed):
    data = dataset(pictures(40, seed=seed))
    model = build(text, data, seed=seed)
    model.head.loss(model(torch.from_numpy(data.examples)), torch.from_numpy(data.targets)).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


# --- in training ---


def count_examples(model) -> list[int]:
    seen: list[int] = []
    model.designed[0].register_forward_hook(lambda module, inputs, out: seen.append(len(out)))
    return seen


def test_features_are_computed_once_for_the_whole_training():
    data = dataset(pictures(100), validation=20)
    model = build("HOG, SOFTMAX", data)
    seen = count_examples(model)
    for _ in learn(model, data, Recipe(epochs=5, batch_size=16), HERE):
        pass
    assert sum(seen) == 80


@pytest.mark.parametrize(("option", "value"), [("augment", "flip"), ("mixup", 0.2), ("cutout", 4)])
def test_features_of_examples_that_change_are_computed_anew(option, value):
    data = dataset(pictures(100))
    model = build("HOG, SOFTMAX", data)
    seen = count_examples(model)
    for _ in learn(model, data, Recipe(epochs=3, batch_size=16, **{option: value}), HERE):
        pass
    assert sum(seen) == 3 * 80


def test_features_too_many_to_hold_are_computed_at_every_step_with_equal_results(monkeypatch):
    data = dataset(pictures(60), validation=10)

    def weights() -> torch.Tensor:
        model = build("HOG-FC-4-RELU, SOFTMAX", data)
        *_, last = learn(model, data, Recipe(epochs=3, batch_size=16), HERE)
        assert last.validation is not None
        return logits(model, data.examples, HERE)

    held = weights()
    monkeypatch.setattr("wxb.learning.loop.COMPUTED_NUMBERS", 0)
    torch.testing.assert_close(weights(), held, atol=1e-4, rtol=1e-4)


def test_a_training_that_goes_on_computes_features_by_the_codebook_that_it_began_with():
    data = dataset(pictures(60))
    recipe = Recipe(epochs=2, batch_size=16)
    model = build("BOW-4, SOFTMAX", data)
    records = learn(model, data, recipe, HERE)
    state = next(records).state()
    for _ in records:
        pass
    other = build("BOW-4, SOFTMAX", data, seed=1)  # another codebook, which the state replaces
    for _ in learn(other, data, recipe, HERE, state):
        pass
    assert torch.equal(logits(other, data.examples, HERE), logits(model, data.examples, HERE))
    assert np.array_equal(computed_features(other, data.examples, HERE), computed_features(model, data.examples, HERE))


@pytest.mark.parametrize("text", ["CAT(HOG, HIST), SOFTMAX", "BOW-8, SOFTMAX"])
def test_a_run_on_features_learns_and_is_opened_without_its_data(text, tmp_path):
    data = dataset(pictures(120), test=40)
    run = wxb.train(data, text, out=tmp_path / "run", epochs=8)
    evaluation = run.evaluate(data)
    assert evaluation.score == 1
    opened = wxb.Run.open(tmp_path / "run").predict(data.examples[-40:])
    assert opened.values is not None
    assert np.array_equal(opened.values, data.targets[-40:])


def test_no_augmentation_is_chosen_for_networks_that_begin_with_features(tmp_path):
    data = dataset(pictures(60))
    run = wxb.train(data, "HOG, SOFTMAX", out=tmp_path / "run", epochs=1)
    assert run.settings["augment"] == "none"


def test_the_disc_is_told_apart_by_its_radius_alone(tmp_path):
    data = wxb.load_data("disc", examples=1_000)
    plane = wxb.train(data, "SOFTMAX", epochs=10, out=tmp_path / "plane").evaluate(data).score
    polar = wxb.train(data, "POLAR, SOFTMAX", out=tmp_path / "polar").evaluate(data).score
    assert plane <= 0.75
    assert polar >= 0.98


def test_the_ring_is_solved_behind_polar_coordinates(tmp_path):
    """Scores that are linear in r have one bound on it, and what is not of the ring lies on both of its sides."""
    data = wxb.load_data("ring", examples=2_000)
    linear = wxb.train(data, "POLAR, SOFTMAX", out=tmp_path / "linear").evaluate(data).score
    bent = wxb.train(data, "POLAR-FC-16-RELU, SOFTMAX", out=tmp_path / "bent").evaluate(data).score
    assert 0.7 < linear < 0.92
    assert bent > 0.95


def test_a_feature_that_computes_nothing_cannot_be_made():
    class Empty(Designed):
        pass

    with pytest.raises(TypeError, match="abstract method"):
        Empty(plan(read("PIXELS, SOFTMAX"), (4,), 2).layers[0])
