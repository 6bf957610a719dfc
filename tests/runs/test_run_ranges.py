"""Arrays that are not in the range, or in the shape, that the array to train on had."""

import msgspec
import numpy as np
import polars as pl
import pytest

import wxb
from wxb.errors import WxbError


@pytest.fixture(scope="module")
def fractions(tmp_path_factory):
    """Pictures of fractions (n, 1, 8, 8), their classes, and a run that was trained on them."""
    rng = np.random.default_rng(0)
    kinds = np.arange(60) % 2
    pictures = np.clip(rng.random((60, 8, 8)) * 0.5 + 0.5 * kinds[:, None, None], 0, 1)
    pictures[0, 0, :2] = 0, 1
    data = wxb.load_data(pictures, kinds)
    return pictures, kinds, wxb.train(data, "SOFTMAX", epochs=1, out=tmp_path_factory.mktemp("p") / "run")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Rows (60, 3), one of whose features never changes, and a run that was trained on them."""
    values = np.random.default_rng(0).random((60, 3)) * (2, 10, 0)
    data = wxb.load_data(values, values[:, 0] > 1)
    return values, wxb.train(data, "SOFTMAX", epochs=1, out=tmp_path_factory.mktemp("r") / "run")


def test_bytes_are_refused_by_a_network_that_was_trained_on_fractions(fractions, tmp_path):
    pictures, kinds, run = fractions
    assert run.data.ranges == ((0.0, 1.0),)
    picture_bytes = (255 * pictures).round().astype(np.uint8)
    np.save(tmp_path / "b.npy", picture_bytes)
    said = "trained on fractions from 0 to 1; the examples are bytes\n  expected 0 to 1, got 0 to 255\n  fix: .* / 255"
    for call in (run.predict, lambda array: run.evaluate(array, kinds)):
        with pytest.raises(WxbError, match=said):
            call(picture_bytes)
    with pytest.raises(WxbError, match=rf"b\.npy: the network was {said}"):
        run.predict(tmp_path / "b.npy")
    assert np.allclose(run.predict(picture_bytes / 255).scores, run.predict(pictures).scores, atol=0.05)
    assert run.predict((pictures > 0.5).astype(np.uint8)).notes == ()


def test_values_far_outside_of_the_range_of_training_are_noted(fractions, rows, tmp_path):
    pictures, _, run = fractions
    far = "2 examples far outside of the range that training had, 0 to 1, such as 255 (row 3)"
    strange = pictures.copy()
    strange[3:5, 2, 2] = 255
    assert run.predict(strange).notes == (far,)
    np.save(tmp_path / "b.npy", strange)
    assert run.predict(tmp_path / "b.npy").notes == (f"{tmp_path / 'b.npy'}: {far}",)
    values, run = rows
    assert run.predict(values).notes == run.predict(np.array([[3.0, 15.0, 1.0]])).notes == ()
    (note,) = run.predict(values * 1e6).notes
    assert note.startswith("feature 1: 60 far outside of the range that training had, 0.0")
    assert "; feature 2: 60 far" in note
    assert "feature 1: 1 far" in run.predict(values[0] * 1e6).notes[0]
    assert (
        "feature 3: 1 far outside of the range that training had, 0 to 0" in run.predict(np.array([1, 1, 99])).notes[0]
    )


def test_fractions_after_levels_in_floats_are_noted(tmp_path):
    levels = np.random.default_rng(0).integers(0, 17, (40, 8, 8)).astype(np.float32)
    run = wxb.train(wxb.load_data(levels, np.arange(40) % 2), "SOFTMAX", epochs=1, out=tmp_path / "run")
    assert run.predict(levels / 16).notes == ("all values lie from 0 to 1, those of training from 0 to 16",)
    assert run.predict(levels[:1]).notes == run.predict(0 * levels[:1]).notes == ()


def test_arrays_of_a_tables_columns_are_compared_with_its_ranges(tmp_path):
    table = pl.DataFrame({"x": [i % 7 for i in range(40)], "kind": ["a", "b"] * 20, "y": ["n", "y", "y", "n"] * 10})
    run = wxb.train(wxb.load_data(table, target="y"), "SOFTMAX", epochs=1, out=tmp_path / "run")
    assert run.predict(np.array([[3.0, 1.0]])).notes == ()
    (note,) = run.predict(np.array([[3.0, 1.0], [70.0, 0.0]])).notes
    assert note == "x: 1 far outside of the range that training had, 0 to 6, such as 70 (row 1)"


def test_pictures_are_predicted_in_each_shape_that_is_loaded(fractions, tmp_path):
    pictures, kinds, run = fractions
    expected = run.predict(pictures[:, None])
    np.save(tmp_path / "b.npy", pictures)
    for same in (pictures, pictures[..., None], list(pictures), tmp_path / "b.npy"):
        assert np.array_equal(run.predict(same).scores, expected.scores)
    for single in (pictures[0], pictures[0][None], pictures[0][..., None]):
        assert np.allclose(run.predict(single).scores, expected.scores[:1])
    assert run.evaluate(pictures[..., None], kinds).accuracy == run.evaluate(pictures, kinds).accuracy
    with pytest.raises(WxbError, match="the examples are 9x8; the network takes 1x8x8"):
        run.predict(np.zeros((5, 9, 8)))


def test_colours_are_predicted_with_channels_last(tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (20, 6, 6, 3), dtype=np.uint8)
    run = wxb.train(wxb.load_data(colours, np.arange(20) % 2), "SOFTMAX", epochs=1, out=tmp_path / "run")
    expected = run.predict(colours.transpose(0, 3, 1, 2)).scores
    assert np.array_equal(run.predict(colours).scores, expected)
    assert np.allclose(run.predict(colours[0]).scores, expected[:1])


def test_masked_values_are_missing(fractions, rows):
    pictures, _, run = fractions
    masked = np.ma.masked_array(pictures, mask=pictures > 0.9)
    with pytest.raises(WxbError, match="examples hold NaN"):
        run.predict(masked)
    assert np.array_equal(run.predict(np.ma.masked_array(pictures)).scores, run.predict(pictures).scores)
    values, _ = rows
    masked = np.ma.masked_array(values, mask=False)
    masked[7, 1] = np.ma.masked
    run = wxb.train(wxb.load_data(masked, values[:, 0] > 1, fill="zero"), "SOFTMAX", epochs=1)
    filled = values.copy()
    filled[7, 1] = 0
    assert np.array_equal(run.predict(masked).scores, run.predict(filled).scores)


def test_tensors_are_predicted_whatever_belongs_to_them(rows):
    import torch

    values, run = rows
    expected = run.predict(values).scores
    tensor = torch.tensor(values, dtype=torch.float32, requires_grad=True)
    for same in (tensor, list(tensor), 2 * tensor / 2):
        assert np.allclose(run.predict(same).scores, expected, atol=1e-6)
    assert np.allclose(run.predict(tensor.bfloat16()).scores, expected, atol=0.1)
    with pytest.raises(WxbError, match=r"sparse or a nested tensor\n  fix: examples\.to_dense\(\)"):
        run.predict(tensor.to_sparse())
    assert run.evaluate(tensor, values[:, 0] > 1).accuracy == run.evaluate(values, values[:, 0] > 1).accuracy


def test_a_run_that_knows_no_range_has_no_remark(fractions, tmp_path):
    from wxb.runs.schema import DataFacts

    plain = msgspec.to_builtins(fractions[2].data)
    del plain["ranges"]
    assert msgspec.convert(plain, DataFacts).ranges is msgspec.UNSET
