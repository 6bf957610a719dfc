"""Missing values of arrays: `fill` replaces them in prediction by what replaced them in training."""

from __future__ import annotations

import numpy as np
import pytest

import wxb
from wxb.errors import WxbError


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    examples = rng.normal(5, 1, (80, 3)).astype(np.float32)
    targets = (examples[:, 0] > 5).astype(int)
    examples[::9, 1] = np.nan
    return examples, targets


@pytest.mark.parametrize("shift", [0.0, 1e9])
@pytest.mark.parametrize("fill", ["median", "zero"])
def test_a_missing_value_is_predicted_as_the_value_that_stood_for_it_in_training(arrays, tmp_path, fill, shift):
    examples, targets = arrays
    examples = examples.astype(np.float64) + np.array([shift, 0, 0])
    data = wxb.load_data(examples, targets, fill=fill)
    run = wxb.train(data, "FC-4-RELU, SOFTMAX", epochs=1, out=tmp_path / "run", progress=False)
    instead = np.array(run.data.fill)
    expected = np.nanmedian(examples[data.split.train], axis=0) if fill == "median" else instead
    np.testing.assert_allclose(instead, expected, rtol=1e-6)
    assert fill == "median" or instead[1] == 0
    asked = examples[:4].copy()
    asked[:, 2] = np.nan
    whole = np.where(np.isnan(asked), instead, asked)
    missing, given = run.predict(asked), run.predict(whole)
    np.testing.assert_array_equal(missing.probabilities, given.probabilities)
    assert run.evaluate(asked, targets[:4]).loss == run.evaluate(whole, targets[:4]).loss


@pytest.mark.parametrize("shift", [0.0, 1e9])
def test_without_fill_a_missing_value_of_an_array_is_refused(arrays, tmp_path, shift):
    examples, targets = arrays
    examples = np.nan_to_num(examples, nan=1.0).astype(np.float64) + np.array([shift, 0, 0])
    run = wxb.train(
        wxb.load_data(examples, targets), "FC-4-RELU, SOFTMAX", epochs=1, out=tmp_path / "run", progress=False
    )
    examples[2, 1] = np.nan
    with pytest.raises(WxbError, match=r"^1 example holds NaN"):
        run.predict(examples[:4])
