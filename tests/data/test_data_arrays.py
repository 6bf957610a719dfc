"""Arrays as data: shapes, dtypes and targets that are taken, and what is said of those that are not."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxb.data import load_data
from wxb.errors import WxbError

RANDOM = np.random.default_rng(0)
VECTORS = RANDOM.normal(size=(60, 4))
CLASSES = np.arange(60) % 3


def message(*arguments, **options) -> str:
    with pytest.raises(WxbError) as caught:
        load_data(*arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("shape", "dtype", "taken", "as_dtype"),
    [
        ((60, 4), np.float64, (4,), np.float32),
        ((60, 4), np.uint8, (4,), np.float32),
        ((60, 4), np.int64, (4,), np.float32),
        ((60, 4), np.bool_, (4,), np.float32),
        ((60, 5, 6), np.uint8, (1, 5, 6), np.uint8),
        ((60, 5, 6), np.float16, (1, 5, 6), np.float32),
        ((60, 5, 6, 3), np.uint8, (3, 5, 6), np.uint8),
        ((60, 5, 6, 1), np.uint8, (1, 5, 6), np.uint8),
        ((60, 3, 5, 6), np.uint8, (3, 5, 6), np.uint8),
        ((60, 3, 5, 3), np.uint8, (3, 5, 3), np.uint8),
        ((60, 2, 5, 6), np.uint8, (2, 5, 6), np.uint8),
        ((60, 5, 6), np.int32, (1, 5, 6), np.float32),
    ],
)
def test_shapes_and_dtypes_that_are_taken(shape, dtype, taken, as_dtype):
    given = (RANDOM.random(shape) * 200).astype(dtype)
    data = load_data(given, CLASSES)
    assert data.shape == taken
    assert data.examples.dtype == as_dtype
    moved = given.transpose(0, 3, 1, 2) if given.ndim == 4 and data.shape != given.shape[1:] else given
    assert np.array_equal(data.examples.reshape(60, -1), moved.reshape(60, -1).astype(as_dtype))


def test_the_data_do_not_change_with_the_arrays_they_came_from():
    pictures = np.zeros((60, 1, 4, 4), np.uint8)
    pictures[:, 0, 0, 0] = np.arange(60)
    data = load_data(pictures, CLASSES)
    fingerprint = data.fingerprint
    pictures[:] = 9
    assert data.examples[5, 0, 0, 0] == 5
    assert load_data(data.examples, CLASSES).fingerprint == fingerprint


@pytest.mark.parametrize(
    ("targets", "classes", "first"),
    [
        (np.arange(60) % 3, ("0", "1", "2"), [0, 1, 2]),
        (np.arange(60) % 3 + 7, ("7", "8", "9"), [0, 1, 2]),
        (np.array([-1, 1] * 30), ("-1", "1"), [0, 1, 0]),
        (np.array([5, 0, 100] * 20, np.uint8), ("0", "5", "100"), [1, 0, 2]),
        (np.array(["img10", "img2", "Img1"] * 20), ("Img1", "img2", "img10"), [2, 1, 0]),
        (np.array([b"b", b"a", b"c"] * 20), ("a", "b", "c"), [1, 0, 2]),
        (["dog", "cat", "dog"] * 20, ("cat", "dog"), [1, 0, 1]),
        (np.array(["dog", "cat", "dog"] * 20, dtype=object), ("cat", "dog"), [1, 0, 1]),
        (np.array([True, False, True] * 20), ("False", "True"), [1, 0, 1]),
        (np.arange(60)[:, None] % 3, ("0", "1", "2"), [0, 1, 2]),
    ],
)
def test_targets_become_class_numbers_with_names(targets, classes, first):
    data = load_data(VECTORS, targets)
    assert (data.task, data.classes) == ("classification", classes)
    assert data.targets.dtype == np.int64
    assert data.targets[:3].tolist() == first


@given(st.lists(st.integers(-(2**40), 2**40), min_size=2, max_size=6, unique=True))
def test_a_class_is_named_after_its_number(numbers):
    targets = np.array(numbers * 10)
    data = load_data(np.arange(len(targets))[:, None], targets)
    assert [int(data.classes[number]) for number in data.targets] == targets.tolist()


def test_floats_are_numbers():
    data = load_data(VECTORS, VECTORS[:, 0])
    assert (data.task, data.classes, data.targets.shape, data.targets.dtype) == (
        "regression",
        ("target",),
        (60, 1),
        "float32",
    )
    assert load_data(VECTORS, VECTORS[:, :2]).classes == ("target 1", "target 2")
    assert load_data(VECTORS, VECTORS[:, :2], classes=("x", "y")).classes == ("x", "y")
    assert data.split.how == "random 0.64/0.11/0.25, seed 0"


def test_whole_floats_are_numbers_and_the_note_says_how_they_become_classes():
    assert load_data(VECTORS, CLASSES.astype(float)).notes == (
        "the targets are floats, so they are numbers to predict; targets.astype(int) makes classes of them",
    )


@pytest.mark.parametrize("dtype", [np.int64, np.float64, np.bool_])
def test_a_matrix_of_zero_and_one_is_labels(dtype):
    matrix = (VECTORS[:, :3] > 0).astype(dtype)
    data = load_data(VECTORS, matrix)
    assert (data.task, data.classes, data.notes) == ("multilabel", ("label 1", "label 2", "label 3"), ())
    assert np.array_equal(data.targets, matrix.astype(np.float32))


def test_a_one_hot_matrix_is_labels_and_the_note_says_how_they_become_classes():
    data = load_data(VECTORS, np.eye(3)[CLASSES])
    assert data.task == "multilabel"
    assert data.notes == ("every example has exactly one of the labels; targets.argmax(axis=1) makes classes of them",)


def test_class_numbers_are_places_in_the_names_that_are_given():
    assert load_data(VECTORS, CLASSES, classes=["cat", "dog", "bird"]).classes == ("cat", "dog", "bird")
    data = load_data(VECTORS, CLASSES, classes=["cat", "dog", "bird", "never seen"])
    assert len(data.classes) == 4


def test_class_numbers_that_are_names_are_matched_by_name():
    data = load_data(VECTORS, np.array([2, 3] * 30), classes=("1", "2", "3"))
    assert data.targets[:2].tolist() == [1, 2]


def test_labels_out_of_range_are_counted_and_the_first_is_named():
    targets = CLASSES.copy()
    targets[[7, 30]] = 5, -2
    assert message(VECTORS, targets, classes=("cat", "dog", "bird")) == (
        "2 of 60 labels are out of range\n  the first is 5 at row 7; expected 0 to 2, 3 classes: cat, dog, bird"
    )


def test_unknown_class_names_are_named():
    text = message(VECTORS, ["cat", "cow", "dog"] * 20, classes=("cat", "dog"))
    assert text == "unknown class in the targets: cow\n  expected cat, dog"


def test_nan_in_the_examples_is_counted_and_placed_with_a_way_out():
    examples = VECTORS.copy()
    examples[[3, 3, 9], [1, 2, 0]] = np.nan, np.inf, -np.inf
    assert message(examples, CLASSES) == (
        "3 values of the examples are NaN or infinite\n"
        "  1 NaN, 2 infinite, in 2 of 60 rows; the first at row 3, feature 1\n"
        '  fix: `fill="median"`, the median of the training part, or `fill="zero"`'
    )


def test_nan_in_a_picture_says_which_pixel():
    pictures = np.zeros((60, 3, 4, 5), np.float32)
    pictures[:, 0, 0, 0] = np.arange(60)
    pictures[8, 2, 1, 4] = np.nan
    assert (
        "1 value of the examples is NaN or infinite\n  1 NaN, in 1 of 60 rows; the first at row 8, pixel 2, 1, 4"
        in message(pictures, CLASSES)
    )


def test_nan_in_the_targets_has_no_filling():
    targets = VECTORS[:, 0].copy()
    targets[4] = np.nan
    assert message(VECTORS, targets, fill="median") == (
        "1 value of the targets is NaN or infinite\n"
        "  1 NaN, in 1 of 60 rows; the first at row 4\n"
        "  fix: leave these examples out"
    )


def test_missing_values_become_the_median_of_the_training_part():
    examples = VECTORS.copy()
    examples[::7, 1] = np.nan
    examples[2, 3] = np.inf
    data = load_data(examples, CLASSES, fill="median")
    known = [row for row in data.split.train if row % 7]
    assert data.examples[0, 1] == np.float32(np.median(examples[known, 1].astype(np.float32)))
    assert data.notes == ("10 missing values filled with the training part's median of their feature",)
    untouched = np.isfinite(examples)
    assert np.array_equal(data.examples[untouched], examples.astype(np.float32)[untouched])


def test_a_feature_that_training_never_knows_becomes_zero():
    examples = VECTORS.copy()
    examples[:, 2] = np.nan
    assert not load_data(examples, CLASSES, fill="median").examples[:, 2].any()


def test_missing_values_become_zero():
    examples = VECTORS.copy()
    examples[5, 1] = np.nan
    data = load_data(examples, CLASSES, fill="zero")
    assert data.examples[5, 1] == 0
    assert data.notes == ("1 missing value filled with zero",)


def test_copies_among_arrays_stand_on_one_side():
    examples = np.concatenate([VECTORS, VECTORS[:30]])
    data = load_data(examples, np.concatenate([CLASSES, CLASSES[:30]]))
    train, test = (set(map(bytes, data.part(part)[0])) for part in ("train", "test"))
    assert not train & test
    assert data.notes[0].startswith("30 examples are copies of another; ")


@pytest.mark.parametrize(
    ("examples", "targets", "options", "expected"),
    [
        (VECTORS, CLASSES[:59], {}, "60 examples and 59 targets\n  expected one target per example"),
        (VECTORS, None, {}, "an array of examples needs targets\n  load_data(examples, targets)"),
        (VECTORS[:, 0], CLASSES, {}, "examples of shape (60,) are neither rows nor pictures"),
        (np.zeros((60, 0)), CLASSES, {}, "examples of shape (60, 0) have nothing in them"),
        (VECTORS.astype(str), CLASSES, {}, "are not numbers\n  expected uint8, float32, or what converts"),
        (VECTORS.astype(complex), CLASSES, {}, "examples of dtype complex128 are not numbers"),
        ([[1, 2], [3]], [0, 1], {}, "the examples are not one array\n  NumPy says: "),
        (VECTORS * 1e39, CLASSES, {}, "values of the examples are too large for float32\n  the first is "),
        (VECTORS, np.zeros(60, int), {}, "all examples are of one class, 0\n  expected at least two"),
        (VECTORS, np.arange(60), {}, "60 classes in 60 examples\n  a class needs several examples"),
        (VECTORS, CLASSES[:, None] + np.arange(2), {}, "a matrix of whole numbers is labels only if all are 0 or 1"),
        (VECTORS, np.array([None] * 60), {}, "targets of shape (60,) and dtype object are not understood"),
        (VECTORS, np.zeros((60, 2, 2)), {}, "targets of shape (60, 2, 2) and dtype float64 are not understood"),
        (VECTORS, CLASSES, {"classes": ("a", "b", "a")}, "a class name stands twice in classes"),
        (VECTORS, VECTORS, {"classes": ("a", "b")}, "2 names for 4 targets\n  given: a, b\n  fix: one name per column"),
        (VECTORS, VECTORS[:, 0] * 1e300, {}, "of the targets (as float32) are NaN or infinite"),
        (
            VECTORS,
            np.array([0.5] * 58 + [3.4e38, -1.1e30]),
            {},
            "2 values of the targets (as float32) are NaN, infinite or no data\n  2 beyond 1e+30, in 2 of 60 rows",
        ),
        (
            VECTORS,
            CLASSES,
            {"fill": "medain"},
            '`fill="medain"`: expected none, zero or median\n  fix: `fill="median"`',
        ),
        (VECTORS, CLASSES, {"size": 8}, "`size` is for folders of pictures, not for arrays"),
        (VECTORS, CLASSES, {"noise": 1.0}, "`noise` is for toys, not for arrays\n  toys: ring, quadrants, modes"),
        (VECTORS, [0] * 59 + [1], {}, "class 1 cannot be split: 1 example"),
    ],
)
def test_what_is_said_of_arrays_that_make_no_sense(examples, targets, options, expected):
    assert expected in message(examples, targets, **options)


def test_arrays_cannot_be_read_again_from_their_source():
    data = load_data(VECTORS, CLASSES, name="mine")
    assert data.name == "mine"
    assert message(**data.source) == (
        "data that came as arrays cannot be read again\n"
        "  a run keeps their fingerprint, not their numbers\n"
        "  fix: give the arrays again: load_data(examples, targets)"
    )


@pytest.mark.parametrize("value", [-3.4028235e38, 3.4e38, 1.1e30])
@pytest.mark.parametrize("shape", [(60, 3), (60, 1, 2, 2)])
def test_values_for_no_data_are_missing(value, shape):
    examples = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    examples.reshape(60, -1)[4, 1] = value
    with pytest.raises(WxbError) as caught:
        load_data(examples, np.arange(60) % 2)
    assert str(caught.value).startswith(
        "1 value of the examples is NaN, infinite or no data\n  1 beyond 1e+30, in 1 of 60 rows; the first at row 4, "
    )
    data = load_data(examples, np.arange(60) % 2, fill="zero")
    assert data.inputs[:].reshape(60, -1)[4, 1] == 0
    assert np.abs(data.inputs[:]).max() < 10


def test_large_values_that_are_data_stay(tmp_path):
    examples = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    examples[4, 1] = 9e29
    assert load_data(examples, np.arange(60) % 2).examples[4, 1] == np.float32(9e29)


@pytest.mark.parametrize("scale", [1e-40, 1e-50, 1e-320])
def test_targets_too_small_for_float32_are_refused_with_a_scale(scale, tmp_path):
    targets = np.arange(1.0, 61.0) * scale
    frame = pl.DataFrame({"x": np.arange(60.0) ** 2, "y": targets})
    for arguments, options in (((VECTORS[:60], targets), {}), ((frame,), {"target": "y"})):
        with pytest.raises(WxbError, match=r"differ by less than 1\.2e-38: they are too small for float32") as caught:
            load_data(*arguments, task="regression", **options)
        assert caught.value.fix.startswith("scale them, for example times 1e")
    assert load_data(VECTORS[:60], targets / scale * 1e-36, task="regression").targets.max() > 0


def test_masked_values_are_missing_and_masked_targets_refused():
    values = np.random.default_rng(0).normal(size=(40, 2))
    masked = np.ma.masked_array(values, mask=np.arange(80).reshape(40, 2) == 5)
    kinds = np.arange(40) % 2
    with pytest.raises(
        WxbError, match=r"1 value of the examples is NaN or infinite\n  1 NaN, in 1 of 40 rows; the first at row 2"
    ):
        load_data(masked, kinds)
    assert load_data(masked, kinds, fill="zero").examples[2, 1] == 0
    assert load_data(list(masked), kinds, fill="zero").examples[2, 1] == 0
    whole = np.ma.masked_array(np.arange(80).reshape(40, 2), mask=masked.mask)
    assert load_data(whole, kinds, fill="zero").examples[2].tolist() == [4, 0]
    pictures = np.ma.masked_array(np.random.default_rng(0).integers(0, 256, (40, 4, 4), dtype=np.uint8))
    assert load_data(pictures, kinds).examples.dtype == np.uint8
    for targets in (kinds, values[:, 0], np.array(["a", "b"])[kinds]):
        with pytest.raises(WxbError, match=r"1 value of the targets is masked\n  fix: leave these examples out"):
            load_data(values, np.ma.masked_array(targets, mask=np.arange(40) == 3))


def test_tensors_and_sparse_matrices_are_read_or_refused():
    import scipy.sparse
    import torch

    values = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    tensor, kinds = torch.tensor(values, requires_grad=True), torch.arange(40) % 2
    expected = load_data(values, kinds.numpy()).fingerprint
    assert load_data(tensor, kinds).fingerprint == load_data(list(tensor), list(kinds)).fingerprint == expected
    with pytest.raises(WxbError, match=r"fix: examples\.to_dense\(\)"):
        load_data(tensor.to_sparse(), kinds)
    with pytest.raises(WxbError, match=r"fix: targets\.to_dense\(\)"):
        load_data(values, kinds.to_sparse())
    with pytest.raises(WxbError, match=r"the examples are a sparse matrix\n  fix: examples\.toarray\(\)"):
        load_data(scipy.sparse.csr_matrix(values), kinds)


@pytest.mark.parametrize("kind", [str, object, bytes])
def test_texts_that_look_the_same_are_one_class_as_in_a_table(kind):
    texts = ["a ", "a", "b", " b", "a"] if kind is bytes else ["a ", "a", "Zoe\u0301", "Zo\u00e9", "a"]
    targets = np.array([text.encode() if kind is bytes else text for text in texts] * 8, dtype=kind)
    data = load_data(np.arange(80.0).reshape(40, 2), targets)
    found = [data.classes[number] for number in data.targets[:5]]
    assert found == (["a", "a", "b", "b", "a"] if kind is bytes else ["a", "a", "Zoé", "Zoé", "a"])
    assert len(data.classes) == 2
    named = load_data(np.arange(80.0).reshape(40, 2), np.array(["a ", "b"] * 20), classes=["a ", "b"])
    assert named.classes == ("a ", "b")
